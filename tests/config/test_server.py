"""The service as a process: started, asked, stopped, killed, and started again, with the LINE simulator beside it."""

from __future__ import annotations

import asyncio
import json
import resource
import signal
import socket
import sqlite3
import statistics
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from bot.simulator import SimulatorOptions, make_simulator
from core.clock import SystemClock
from tests.config.conftest import PROGRAM, Madoguchi

SECRET = "0123456789abcdef0123456789abcdef"
TOKEN = "a-long-lived-token"
QUESTION = "How do I throw away an old sofa?"
IN_ANSWER = "045-000-1200"  # the telephone number in the article
THANKS, IN_THANKS = "Thank you", "welcome"
STOP_S = 5.0
PATIENCE_S = 40.0


@dataclass
class Line:
    """LINE, played by the simulator, and the residents' phones."""

    address: str
    http: aiohttp.ClientSession
    milliseconds: list[float] = field(default_factory=list)

    async def point_at(self, service: str) -> None:
        async with self.http.put(
            f"{self.address}/v2/bot/channel/webhook/endpoint",
            json={"endpoint": f"{service}/line/webhook"},
            headers={"Authorization": f"Bearer {TOKEN}"},
        ) as answer:
            answer.raise_for_status()

    async def resident(self, name: str) -> str:
        async with self.http.post(
            f"{self.address}/simulator/api/users", json={"name": name, "language": "en"}
        ) as answer:
            return str((await answer.json())["id"])

    async def say(self, who: str, text: str) -> tuple[int, str]:
        """Send a message; gives the webhook's status and the event's id."""
        async with self.http.post(
            f"{self.address}/simulator/api/users/{who}/send", json={"type": "text", "text": text}
        ) as answer:
            sent = await answer.json()
        self.milliseconds.append(sent["webhook"]["ms"])
        return sent["webhook"]["status"], sent["event_id"]

    async def _received(self, who: str, after: float, wait_s: float) -> list[dict[str, Any]]:
        query = {"after": str(after), "wait": str(wait_s), "from": "bot"}
        async with self.http.get(
            f"{self.address}/simulator/api/users/{who}/messages", params=query
        ) as answer:
            found: list[dict[str, Any]] = (await answer.json())["messages"]
        return found

    async def count(self, who: str, words: str) -> int:
        """How many messages with `words` the phone shows now."""
        return sum(words in json.dumps(one["message"]) for one in await self._received(who, 0, 0))

    async def wait_for(self, who: str, words: str) -> None:
        """Return when the phone shows `words`."""
        after = 0.0
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for one in await self._received(who, after, 10):
                    after = max(after, one["position"])
                    if words in json.dumps(one["message"]):
                        return

    async def count_for_good(self, who: str, words: str) -> int:
        """How many messages with `words` came. What is asked later is answered later, so no more can follow."""
        assert (await self.say(who, THANKS))[0] == 200
        await self.wait_for(who, IN_THANKS)
        return await self.count(who, words)


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    options = SimulatorOptions(channel_secret=SECRET, access_token=TOKEN)
    async with (
        TestServer(make_simulator(options, SystemClock())) as server,
        aiohttp.ClientSession() as http,
    ):
        yield Line(address=str(server.make_url("/")).rstrip("/"), http=http)


class Served:
    """A running `madoguchi serve`."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self.process = process
        self.address = ""
        self._log = log
        self._reading: asyncio.Task[None] | None = None
        self._noted = asyncio.Condition()

    async def wait_until_ready(self) -> None:
        assert self.process.stderr is not None
        async with asyncio.timeout(PATIENCE_S):
            while text := (await self.process.stderr.readline()).decode():
                await self._note(text)
                if text.startswith("Serving at "):
                    self.address = text.removeprefix("Serving at ").strip()
                    break
        assert self.address, self.log
        self._reading = asyncio.get_running_loop().create_task(self._read_on())

    async def _read_on(self) -> None:
        assert self.process.stderr is not None
        while text := (await self.process.stderr.readline()).decode():
            await self._note(text)

    async def _note(self, text: str) -> None:
        with self._log.open("a") as file:
            file.write(text)
        async with self._noted:
            self._noted.notify_all()

    async def wait_for_log(self, words: str) -> None:
        """Return when a line of the log holds `words`."""
        async with asyncio.timeout(PATIENCE_S), self._noted:
            await self._noted.wait_for(lambda: words in self.log)

    @property
    def log(self) -> str:
        return self._log.read_text() if self._log.exists() else ""

    async def end(self, number: signal.Signals) -> tuple[int, float]:
        """Send a signal; gives the exit status and the seconds until it came."""
        clock = SystemClock()
        started = clock.monotonic()
        self.process.send_signal(number)
        async with asyncio.timeout(PATIENCE_S):
            code = await self.process.wait()
        seconds = clock.monotonic() - started
        if self._reading is not None:
            await self._reading
        return code, seconds


def settings_for(madoguchi: Madoguchi, line: Line, **more: str) -> dict[str, str]:
    return madoguchi.environment | {
        "MADOGUCHI_HTTP__PORT": "0",
        "MADOGUCHI_LINE__CHANNEL_SECRET": SECRET,
        "MADOGUCHI_LINE__CHANNEL_ACCESS_TOKEN": TOKEN,
        "MADOGUCHI_LINE__API_BASE": line.address,
        "MADOGUCHI_LINE__DATA_API_BASE": line.address,
        "MADOGUCHI_WORK__LEASE_S": "3",
        **{f"MADOGUCHI_{name}": value for name, value in more.items()},
    }


@asynccontextmanager
async def serving(
    madoguchi: Madoguchi, line: Line, *arguments: str, largest_file: int | None = None, **settings: str
) -> AsyncIterator[Served]:
    """The service in a process; `largest_file` in bytes makes the disk full for it."""

    def limit() -> None:
        if largest_file is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

    process = await asyncio.create_subprocess_exec(
        PROGRAM,
        "serve",
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        cwd=madoguchi.folder,
        env=settings_for(madoguchi, line, **settings),
        preexec_fn=limit,
    )
    served = Served(process, madoguchi.folder.parent / "serve.log")
    try:
        await served.wait_until_ready()
        await line.point_at(served.address)
        yield served
    finally:
        if process.returncode is None:
            await served.end(signal.SIGKILL)


async def open_stream(http: aiohttp.ClientSession, address: str) -> aiohttp.ClientResponse:
    """Log in at the desk and open its stream of events."""
    form = {"name": "ito", "password": "a long secret"}
    async with http.post(f"{address}/login", data=form, allow_redirects=False) as answer:
        assert answer.status == 303
    stream = await http.get(f"{address}/desk/events")
    assert stream.status == 200
    assert await stream.content.readline() == b"retry: 3000\n"
    return stream


async def test_stopped_service_ends_in_time_and_answers_what_it_had_promised(
    fresh: Madoguchi, line: Line
) -> None:
    fresh("users", "add", "ito", "--role", "staff", stdin="a long secret\n")
    maria, john = await line.resident("Maria"), await line.resident("John")
    async with serving(fresh, line) as served:
        async with line.http.get(f"{served.address}/readyz") as answer:
            assert (answer.status, await answer.json()) == (
                200,
                {"status": "ready", "parts": {"database": True}},
            )
        assert (await line.say(maria, QUESTION))[0] == 200
        await line.wait_for(maria, IN_ANSWER)

        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
            stream = await open_stream(browser, served.address)
            assert (await line.say(john, QUESTION))[0] == 200
            code, seconds = await served.end(signal.SIGTERM)
            await stream.content.read()  # ends

    assert code == 0, served.log
    assert seconds < STOP_S, served.log
    assert "Traceback" not in served.log
    async with serving(fresh, line):
        await line.wait_for(john, IN_ANSWER)
        assert await line.count_for_good(john, IN_ANSWER) == 1
        assert await line.count_for_good(maria, IN_ANSWER) == 1
    median = statistics.median(line.milliseconds)
    sys.stdout.write(f"stopped after {seconds:.2f} s; webhook median {median:.0f} ms\n")


async def test_sound_whose_meeting_is_gone_is_deleted_without_zoom_being_set_up(
    fresh: Madoguchi, line: Line
) -> None:
    kept = fresh.data_dir / "sound" / "abcdefghij"
    kept.mkdir(parents=True)
    (kept / "part-0001.wav").write_bytes(b"RIFF")
    async with serving(fresh, line, "--role", "web") as served:
        await served.wait_for_log("sound_deleted")

    assert not kept.exists()


async def test_killed_service_answers_each_event_once_after_it_is_started_again(
    fresh: Madoguchi, line: Line
) -> None:
    people = [await line.resident(f"Resident {number}") for number in range(4)]
    async with serving(fresh, line) as served:
        answers = await asyncio.gather(*(line.say(who, QUESTION) for who in people))
        code, _ = await served.end(signal.SIGKILL)

    assert [status for status, _ in answers] == [200] * 4
    assert code == -signal.SIGKILL
    async with serving(fresh, line):
        for who in people:
            await line.wait_for(who, IN_ANSWER)
        assert [await line.count_for_good(who, IN_ANSWER) for who in people] == [1] * 4


async def test_full_disk_refuses_events_and_loses_none_that_it_took(fresh: Madoguchi, line: Line) -> None:
    fresh("db", "upgrade")
    file = fresh.data_dir / "madoguchi.db"
    maria = await line.resident("Maria")
    taken, refused = [], []
    async with serving(fresh, line, "--role", "web", largest_file=file.stat().st_size + 64 * 1024) as served:
        for number in range(400):
            status, event = await line.say(maria, f"{number} " + "sofa " * 600)
            (taken if status == 200 else refused).append((status, event))
            if len(refused) == 3:
                break
        async with line.http.get(f"{served.address}/healthz") as answer:
            assert answer.status == 200
        code, _ = await served.end(signal.SIGTERM)

    assert code == 0, served.log
    assert {status for status, _ in refused} == {503}
    with sqlite3.connect(file) as connection:
        stored = {row[0] for row in connection.execute("SELECT dedupe FROM jobs WHERE queue = 'line.inbox'")}
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert stored == {event for _, event in taken}
    assert len(taken) > 0


async def test_port_that_is_taken_gets_one_sentence(fresh: Madoguchi) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        answer = await asyncio.to_thread(
            fresh, "serve", HTTP__PORT=str(port), LINE__CHANNEL_SECRET=SECRET, LOG__LEVEL="ERROR"
        )

    assert answer.code == 1
    assert answer.refusal == (
        f"Port {port} on 127.0.0.1 cannot be opened (address already in use); "
        "set MADOGUCHI_HTTP__PORT to a free one."
    )


def test_database_that_cannot_be_opened_gets_one_sentence(fresh: Madoguchi) -> None:
    answer = fresh("serve", DATABASE_URL="sqlite:////proc/nowhere/city.db", LINE__CHANNEL_SECRET=SECRET)

    assert answer.refusal == (
        "The database at /proc/nowhere/city.db cannot be opened; check that it exists and may be written to."
    )
