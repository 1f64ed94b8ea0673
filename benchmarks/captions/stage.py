"""A captions service for measuring: real database, real HTTP, no models.

    python -m benchmarks.captions.stage FOLDER

serves it in a process of its own and takes one order a line on stdin, as JSON, with one answer a line on stdout.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop
from aiohttp import web

import core.web
import transcripts
from benchmarks.captions.bench import CLOCK
from core import log
from core.accounts import Accounts
from core.bus import LocalBus
from core.database import Database
from core.jobs import Jobs
from core.tasks import Tasks
from core.web import Site, make_app
from core.web.pages import Pages
from core.web.sessions import DatabaseStorage, SessionOptions
from core.words import Words
from transcripts.hub import Hub, HubOptions
from transcripts.model import Partial, Segment, Word
from transcripts.pool import RecogniserPool
from transcripts.recognisers.scripted import ScriptedRecogniser
from transcripts.service import MeetingService
from transcripts.session import LiveOptions
from transcripts.sources import LiveMeetings, SourceOptions
from transcripts.web import CaptionsSite, routes
from translation.service import Translator

HOST = "127.0.0.1"
STAMP = "~"  # before the moment of publication, at the end of a text


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A running service."""

    service: MeetingService
    hub: Hub
    live: LiveMeetings
    port: int


@asynccontextmanager
async def staged(
    folder: Path,
    *,
    script: Sequence[Word] = (),
    recogniser: RecogniserPool | None = None,
    hub: HubOptions | None = None,
    meetings: int = 2,
) -> AsyncIterator[Stage]:
    """A service that keeps its rows in `folder` and hears `script`, or with `recogniser`, until the block is left."""
    bus, tasks = LocalBus(), Tasks()
    database = Database(f"sqlite+aiosqlite:///{folder / 'captions.db'}")
    await database.open()
    await database.create_all()
    service = MeetingService(
        database=database, jobs=Jobs(database, bus, CLOCK), bus=bus, clock=CLOCK, translator=Translator([])
    )
    fan = Hub(read_after=service.read_after, bus=bus, clock=CLOCK, tasks=tasks, options=hub)
    live = LiveMeetings(
        service=service,
        hub=fan,
        recogniser=recogniser or RecogniserPool(ScriptedRecogniser(script), clock=CLOCK),
        live=LiveOptions(),
        clock=CLOCK,
        tasks=tasks,
        options=SourceOptions(meetings=meetings),
    )
    accounts = Accounts(database, CLOCK)
    runner = web.AppRunner(
        _app(CaptionsSite(service=service, hub=fan, live=live), database, accounts),
        access_log=None,
        handler_cancellation=True,
        shutdown_timeout=1.0,
    )
    await runner.setup()
    listening = web.TCPSite(runner, HOST, 0, backlog=4096)
    await listening.start()
    try:
        yield Stage(service=service, hub=fan, live=live, port=runner.addresses[0][1])
    finally:
        fan.close_all()
        await runner.cleanup()
        await live.close()
        await tasks.close()
        accounts.close()
        await database.close()


def _app(site: CaptionsSite, database: Database, accounts: Accounts) -> web.Application:
    """The same middlewares as the service has."""
    folders = {name: Path(package.__path__[0]) for name, package in PACKAGES.items()}
    return make_app(
        Site(
            accounts=accounts,
            storage=DatabaseStorage(database, CLOCK, SessionOptions(secure=False)),
            clock=CLOCK,
            pages=Pages(
                words=Words(*(folder / "words" for folder in folders.values())),
                city_name={"ja": "あおば市"},
                language_names={},
                static_folders={name: folder / "static" for name, folder in folders.items()},
            ),
            templates=[folder / "templates" for folder in folders.values()],
            routes=routes(site),
            ready=_ready,
        )
    )


PACKAGES: dict[str, Any] = {"core": core.web, "transcripts": transcripts}


async def _ready() -> dict[str, bool]:
    return {}


def segment(seq: int, text: str) -> Segment:
    """The `seq`-th segment of a meeting, two seconds long."""
    return Segment(seq=seq, start=2.0 * seq, end=2.0 * seq + 1.5, language="en", text=text, words=())


class Orders:
    """What the measuring process may ask for."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def meeting(self) -> dict[str, Any]:
        """A new meeting."""
        made = await self._stage.service.create(
            title="Measured", language="en", languages=["en"], account=None
        )
        return {"meeting": made.meeting.id}

    async def readers(self, meeting: str) -> dict[str, Any]:
        """How many viewers follow it."""
        return {"readers": self._stage.hub.readers(meeting).get("en", 0)}

    async def memory(self) -> dict[str, Any]:
        """Resident bytes of this process, after a collection of garbage."""
        gc.collect()
        return {"resident": resident_bytes()}

    async def fill(self, meeting: str, first: int, count: int, size: int) -> dict[str, Any]:
        """Publish `count` captions of `size` characters without a stamp."""
        for seq in range(first, first + count):
            await self._stage.service.commit_segment(meeting, segment(seq, "x" * size))
            await asyncio.sleep(0.05)
        return {}

    async def publish(
        self, meeting: str, first: int, count: int, every_s: float, text: str
    ) -> dict[str, Any]:
        """Publish `count` captions with stamps, one each `every_s`, and three partials before each."""
        busy = 0.0
        began = CLOCK.monotonic()
        spent = _cpu_s()
        for seq in range(first, first + count):
            for part in range(3):
                self._say_partial(meeting, seq, f"{text[: 20 * (part + 1)]} ")
                await asyncio.sleep(every_s / 4)
            # The stamp is taken before the caption is stored: the time includes the commit.
            stamped = f"{text} {STAMP}{CLOCK.monotonic():.6f}{STAMP}"
            await self._stage.service.commit_segment(meeting, segment(seq, stamped))
            await asyncio.sleep(every_s / 4)
        busy = (_cpu_s() - spent) / (CLOCK.monotonic() - began)
        return {"cpu_share": round(busy, 3)}

    def _say_partial(self, meeting: str, seq: int, text: str) -> None:
        stamped = f"{text}{STAMP}p{CLOCK.monotonic():.6f}{STAMP}"
        partial = Partial(start=2.0 * seq, text=stamped, stable_chars=4, language="en")
        self._stage.hub.show_partial(meeting, partial)


def resident_bytes() -> int:
    """Resident memory of this process (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _cpu_s() -> float:
    return sum(os.times()[:2])


async def _serve(folder: Path) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with staged(folder, hub=HubOptions(viewers=20_000)) as stage:
        orders = Orders(stage)
        print(json.dumps({"port": stage.port}), flush=True)
        while line := await reader.readline():
            order = json.loads(line)
            answer = await getattr(orders, order.pop("do"))(**order)
            print(json.dumps(answer), flush=True)


def main() -> None:
    """Serve until stdin is closed."""
    log.set_up(level="ERROR")
    uvloop.run(_serve(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
