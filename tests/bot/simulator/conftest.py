"""A simulator and a bot on loopback ports, and LINE's own SDK as the bot's client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from linebot.v3.messaging import (
    AsyncApiClient,
    AsyncMessagingApi,
    AsyncMessagingApiBlob,
    Configuration,
)

from bot.simulator import SimulatorOptions, make_simulator
from core.clock import ManualClock

SECRET = "8c570fa6dd201bb328f1c1eac23a96d8"
TOKEN = "long-lived-token"


@dataclass
class ListeningBot:
    """Takes webhooks and keeps the bytes. It answers with `statuses` in turn and then 200; `release` holds its
    answers back."""

    bodies: list[bytes] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    release: asyncio.Event = field(default_factory=asyncio.Event)
    came: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self, request: web.Request) -> web.Response:
        async with self.came:
            self.bodies.append(await request.read())
            self.signatures.append(request.headers["x-line-signature"])
            self.came.notify_all()
        await self.release.wait()
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)

    async def until(self, count: int) -> None:
        """Wait until `count` webhooks have come."""
        async with self.came:
            await self.came.wait_for(lambda: len(self.bodies) >= count)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for body in self.bodies for event in json.loads(body)["events"]]

    @property
    def reply_token(self) -> str:
        """Of the newest event."""
        token: str = self.events[-1]["replyToken"]
        return token


@dataclass
class Rig:
    """Everything that a test needs."""

    bot: ListeningBot
    clock: ManualClock
    http: TestClient[Any, Any]
    line: AsyncMessagingApi
    blob: AsyncMessagingApiBlob
    base: str
    user: str  # a resident who is a friend

    async def call(self, method: str, path: str, **parts: Any) -> tuple[int, Any]:
        """Status and JSON of any request to the simulator."""
        async with self.http.request(method, path, **parts) as response:
            return response.status, await response.json()

    async def control(self, method: str, path: str, **parts: Any) -> Any:
        """The JSON of a control call that must succeed."""
        status, body = await self.call(method, f"/simulator/api{path}", **parts)
        assert status < 300, body
        return body

    async def send(self, kind: str, user: str = "", **action: Any) -> Any:
        return await self.control("POST", f"/users/{user or self.user}/send", json={"type": kind, **action})

    async def shown(self, user: str = "", **query: Any) -> list[dict[str, Any]]:
        """What the phone shows."""
        found = await self.control("GET", f"/users/{user or self.user}/messages", params=query)
        messages: list[dict[str, Any]] = found["messages"]
        return messages

    async def bot_call(
        self, method: str, path: str, headers: dict[str, str] | None = None, **parts: Any
    ) -> Any:
        """A raw call of the bot: the response, already read."""
        response = await self.http.request(
            method, path, headers={"Authorization": f"Bearer {TOKEN}"} | (headers or {}), **parts
        )
        await response.read()
        return response

    async def push(self, *messages: Any, to: str = "", **parts: Any) -> Any:
        """A raw push, so that wrong messages can be sent too."""
        body = {"to": to or self.user, "messages": list(messages)}
        return await self.bot_call("POST", "/v2/bot/message/push", json=body, **parts)

    async def log(self) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = (await self.control("GET", "/log"))["log"]
        return entries


@asynccontextmanager
async def rigs(clock: ManualClock) -> AsyncIterator[Callable[..., Any]]:
    """Gives a function that builds rigs; all of them are taken down at the end."""
    async with AsyncExitStack() as stack:

        async def make(**options: Any) -> Rig:
            bot = ListeningBot()
            bot.release.set()
            stack.callback(bot.release.set)
            app = web.Application()
            app.router.add_post("/line/webhook", bot.take)
            server = await stack.enter_async_context(TestServer(app))
            options = {"webhook_url": str(server.make_url("/line/webhook")), **options}
            simulator = make_simulator(
                SimulatorOptions(channel_secret=SECRET, access_token=TOKEN, **options), clock
            )
            http = await stack.enter_async_context(TestClient(TestServer(simulator)))
            base = str(http.make_url("/")).rstrip("/")
            client = await stack.enter_async_context(
                AsyncApiClient(Configuration(access_token=TOKEN, host=base))
            )
            rig = Rig(
                bot=bot,
                clock=clock,
                http=http,
                line=AsyncMessagingApi(client),
                blob=AsyncMessagingApiBlob(client),
                base=base,
                user="",
            )
            created = await rig.control("POST", "/users", json={"name": "Maria", "language": "pt-BR"})
            rig.user = created["id"]
            return rig

        yield make


@pytest.fixture
async def make_rig(clock: ManualClock) -> AsyncIterator[Callable[..., Any]]:
    """Build a rig with other options: `rig = await make_rig(monthly_quota=1)`."""
    async with rigs(clock) as make:
        yield make


@pytest.fixture
async def rig(make_rig: Callable[..., Any]) -> Rig:
    made: Rig = await make_rig()
    return made
