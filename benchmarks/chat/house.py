"""The service as an operator runs it, and LINE beside it.

The simulator lives in the measuring process, the service in its own: started by its command, with settings from the
environment, and known from outside only.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler

from benchmarks.captions.bench import CLOCK, NotMeasured, say
from bot.simulator import SimulatorOptions, make_simulator
from bot.simulator.api import CALL
from config.demo.stage import PASSWORD
from core.tasks import Tasks

PROGRAM = Path(sys.executable).parent / "madoguchi"
HOST = "127.0.0.1"
START_S = 300.0  # the first start embeds what the city's vectors lack
STOP_S = 20.0
CLERK = "bench"


@dataclass(slots=True)
class Replies:
    """Replies as they arrive at LINE: by resident, the moment and the body."""

    waiting: dict[str, asyncio.Future[tuple[float, str]]] = field(default_factory=dict)
    pushes: int = 0  # answers that came another way

    def expect(self, user: str) -> asyncio.Future[tuple[float, str]]:
        """The next reply to `user`."""
        expected: asyncio.Future[tuple[float, str]] = asyncio.get_running_loop().create_future()
        self.waiting[user] = expected
        return expected

    @web.middleware
    async def note(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Around everything that the simulator does itself."""
        arrived = CLOCK.monotonic()
        response: web.StreamResponse = await handler(request)
        call = request.get(CALL)
        if call is not None and call.action in ("reply", "push"):
            self.pushes += call.action == "push"
            expected = self.waiting.pop(call.resident, None)
            if expected is not None and not expected.done():
                expected.set_result((arrived, json.dumps(json.loads(call.body), ensure_ascii=False)))
        return response


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A running service and its LINE."""

    address: str
    simulator: str
    process: int  # of the service
    replies: Replies
    http: aiohttp.ClientSession


@asynccontextmanager
async def open_house(folder: Path) -> AsyncIterator[House]:
    """Start both, with the service's files in `folder`; stop both on leaving. Raises NotMeasured."""
    secret, token = secrets.token_hex(16), secrets.token_urlsafe(32)
    replies = Replies()
    app = make_simulator(SimulatorOptions(channel_secret=secret, access_token=token), CLOCK)
    app.middlewares.insert(0, replies.note)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, HOST, 0).start()
    simulator = f"http://{HOST}:{runner.addresses[0][1]}"
    settings = os.environ | {
        "MADOGUCHI_DATA_DIR": str(folder),
        "MADOGUCHI_HTTP__PORT": "0",
        "MADOGUCHI_LINE__CHANNEL_SECRET": secret,
        "MADOGUCHI_LINE__CHANNEL_ACCESS_TOKEN": token,
        "MADOGUCHI_LINE__API_BASE": simulator,
        "MADOGUCHI_LINE__DATA_API_BASE": simulator,
    }
    try:
        await _command(settings, "users", "add", CLERK, "--role", "admin", given=PASSWORD)
        async with _serving(settings) as (process, address), aiohttp.ClientSession() as http:
            await _point_webhook(http, simulator, token, address)
            yield House(address=address, simulator=simulator, process=process.pid, replies=replies, http=http)
    finally:
        await runner.cleanup()


async def _command(settings: dict[str, str], *arguments: str, given: str = "") -> None:
    process = await asyncio.create_subprocess_exec(
        PROGRAM,
        *arguments,
        env=settings,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, complaint = await process.communicate(given.encode() + b"\n")
    if process.returncode:
        raise NotMeasured(complaint.decode().strip())


@asynccontextmanager
async def _serving(settings: dict[str, str]) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    process = await asyncio.create_subprocess_exec(
        PROGRAM,
        "serve",
        env=settings,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    tasks = Tasks()
    try:
        async with asyncio.timeout(START_S):
            address = await _address(process.stderr)
        tasks.spawn("complaints", _drain(process.stderr))
        yield process, address
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), STOP_S)
            except TimeoutError:
                process.kill()
        await tasks.close()


async def _address(lines: asyncio.StreamReader) -> str:
    seen: list[str] = []
    while line := (await lines.readline()).decode():
        if found := re.match(r"Serving at (\S+)", line):
            return found[1]
        seen.append(line)
    raise NotMeasured("The service did not start:\n" + "".join(seen[-20:]))


async def _drain(lines: asyncio.StreamReader) -> None:
    """A pipe that nobody reads would stop the service; only its complaints are shown."""
    while line := (await lines.readline()).decode():
        if "error" in line.lower():
            say(line.rstrip())


async def _point_webhook(http: aiohttp.ClientSession, simulator: str, token: str, service: str) -> None:
    async with http.put(
        f"{simulator}/v2/bot/channel/webhook/endpoint",
        json={"endpoint": f"{service}/line/webhook"},
        headers={"Authorization": f"Bearer {token}"},
    ) as answer:
        answer.raise_for_status()
