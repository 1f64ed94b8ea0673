"""Relays between a real store and simulated receivers on loopback. Time stands still; pauses move it forward."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from core.accounts import Account
from core.bus import LocalBus
from core.clock import ManualClock
from core.database import Database
from core.jobs import Jobs
from core.tasks import Tasks
from tests.servers import postgres_server
from tests.transcripts.conftest import segment
from transcripts.relays.delivery import DeliveryOptions
from transcripts.relays.model import Kind, Relay
from transcripts.relays.runner import RelayOptions, Relays
from transcripts.relays.service import RelayLimits, RelayService
from transcripts.relays.simulators import SIMULATORS, Receiver
from transcripts.relays.sink import CaptionSink
from transcripts.relays.sinks import make_sinks
from transcripts.relays.sinks.http import CaptionHttp
from transcripts.relays.store import relays_table
from transcripts.service import MeetingService
from translation.service import Translator

ANN = Account(id="ann", name="ann", role="staff", display_name="Ann", department="")
# A hanging receiver is waited for in real time, so briefly.
QUICK = RelayOptions(delivery=DeliveryOptions(request_s=0.2), poll_s=0.05)


@dataclass(kw_only=True)
class Process:
    """One process: its own bus and senders. `kill` drops it as if it had died; its leases stay."""

    relays: Relays
    bus: LocalBus
    tasks: Tasks

    async def kill(self) -> None:
        for task in (*self.tasks._tasks, *self.relays._tasks._tasks):
            task.cancel()
        await self.tasks.close()
        self.relays._tasks._closing = True


@dataclass(kw_only=True)
class World:
    """A store, the receivers, and any number of processes."""

    database: Database
    clock: ManualClock
    bus: LocalBus
    meetings: MeetingService
    service: RelayService
    sinks: dict[Kind, CaptionSink]
    receivers: dict[Kind, Receiver]
    bases: dict[Kind, str]
    pauses: list[float] = field(default_factory=list)
    processes: list[Process] = field(default_factory=list)
    options: RelayOptions = QUICK

    async def meeting(self, *languages: str) -> str:
        made = await self.meetings.create(title="Briefing", language="en", languages=languages, account=None)
        await self.meetings.start(made.meeting.id)
        return made.meeting.id

    def url(self, kind: Kind) -> str:
        return self.receivers[kind].url(self.bases[kind])

    async def add(self, meeting_id: str, kind: Kind, language: str = "en") -> Relay:
        return await self.service.add(
            meeting_id, kind=kind, language=language, url=self.url(kind), account=ANN
        )

    async def say(self, meeting_id: str, seq: int, text: str) -> None:
        await self.meetings.commit_segment(meeting_id, segment(seq, text))

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.clock.advance(seconds)
        await asyncio.sleep(0)

    def start(self, options: RelayOptions | None = None, **changed: object) -> Process:
        relays = Relays(
            database=self.database,
            bus=self.bus,
            clock=self.clock,
            sinks=self.sinks,
            options=replace(options or self.options, **changed),  # type: ignore[arg-type]
            pause=self.pause,
            uniform=lambda low, high: high,
        )
        tasks = Tasks()
        tasks.spawn("relays", relays.run())
        process = Process(relays=relays, bus=self.bus, tasks=tasks)
        self.processes.append(process)
        return process

    async def relay(self, known: Relay) -> Relay:
        found = {one.id: one for one in await self.service.of_meeting(known.meeting_id)}
        return found[known.id]

    async def reaches(self, known: Relay, wanted: Callable[[Relay], bool]) -> Relay:
        """The relay once it is as wanted."""
        async with asyncio.timeout(10):
            while not wanted(found := await self.relay(known)):  # noqa: ASYNC110 -- a row gives no hints
                await asyncio.sleep(0.01)
        return found

    async def shown(self, kind: Kind, count: int) -> list[str]:
        """What viewers see once there are so many captions."""
        async with asyncio.timeout(10):
            await self.receivers[kind].until(count)
        return [one.text for one in self.receivers[kind].shown]

    async def close(self) -> None:
        for process in self.processes:
            await process.tasks.close()
            await process.relays.close(grace_s=0.5)


@asynccontextmanager
async def open_world(database: Database, clock: ManualClock, limits: RelayLimits) -> AsyncIterator[World]:
    bus = LocalBus()
    http = CaptionHttp(allow_local=True)
    sinks = make_sinks(
        http,
        zoom_hosts=("127.0.0.1",),
        teams_hosts=("127.0.0.1",),
        youtube_hosts=("127.0.0.1",),
        allow_local=True,
    )
    receivers = {kind: make(clock) for kind, make in SIMULATORS.items()}
    servers = {kind: TestServer(receiver.app(), host="127.0.0.1") for kind, receiver in receivers.items()}
    for server in servers.values():
        await server.start_server()
    meetings = MeetingService(
        database=database, jobs=Jobs(database, bus, clock), bus=bus, clock=clock, translator=Translator([])
    )
    world = World(
        database=database,
        clock=clock,
        bus=bus,
        meetings=meetings,
        service=RelayService(
            database=database,
            bus=bus,
            clock=clock,
            meetings=meetings,
            places={kind: sink.place for kind, sink in sinks.items()},
            limits=limits,
        ),
        sinks=sinks,
        receivers=receivers,
        bases={kind: str(server.make_url("/")) for kind, server in servers.items()},
    )
    try:
        yield world
    finally:
        await world.close()
        await http.close()
        for server in servers.values():
            await server.close()


@pytest.fixture
async def world(database: Database, clock: ManualClock) -> AsyncIterator[World]:
    async with open_world(database, clock, RelayLimits()) as made:
        yield made


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with postgres_server() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
async def any_world(
    request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock
) -> AsyncIterator[World]:
    """The same on both databases."""
    if request.param == "sqlite":
        address = f"sqlite+aiosqlite:///{tmp_path / 'relays.db'}"
    else:
        address = request.getfixturevalue("postgres")
    database = Database(address)
    await database.open()
    await database.create_all()
    async with open_world(database, clock, RelayLimits()) as made:
        yield made
    async with database.write() as connection:
        await connection.execute(relays_table.delete())  # the server is shared by the tests of a module
    await database.close()
