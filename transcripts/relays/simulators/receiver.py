"""What all simulated receivers do."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from aiohttp import web

from core.clock import Clock

BODY_LIMIT = 8192  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One caption as viewers see it."""

    text: str
    number: int | None = None
    language: str | None = None
    at: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """How one request fails. It can be taken all the same, so that only the answer is lost.

    "status": answered with `status`. "cut": the connection is dropped. "hang": no answer comes for as long as the
    caller waits. "wait": nothing happens until `until` is set, then all goes well.
    """

    how: Literal["status", "cut", "hang", "wait"] = "status"
    status: int = 500
    taken: bool = False
    until: asyncio.Event = field(default_factory=asyncio.Event)
    location: str = ""  # where a redirect leads


class Refusal(Exception):
    """A request that breaks a rule."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Receiver:
    """A simulated receiver of one meeting's captions."""

    path = ""
    query = ""

    def __init__(self, clock: Clock, *, skew_s: float = 0.0) -> None:
        """`skew_s`: how far the receiver's clock is ahead."""
        self._clock = clock
        self._skew_s = skew_s
        self.started = True
        self.expired = False
        self.shown: list[Shown] = []
        self.statuses: list[int] = []  # of all requests; 0 where there was no answer
        self.violations: list[str] = []  # rules broken that are no reason to refuse
        self.faults: deque[Fault] = deque()
        self._at_work = 0
        self._changed = asyncio.Event()

    def app(self) -> web.Application:
        """The receiver as a web application."""
        app = web.Application()
        app.add_routes([web.route("*", self.path, self.take), *self.more_routes()])
        return app

    def more_routes(self) -> list[web.AbstractRouteDef]:
        """Routes beside the one that takes captions."""
        return []

    def url(self, base: str) -> str:
        """The secret URL, with the receiver reachable at `base`."""
        return f"{base.rstrip('/')}{self.path}?{self.query}"

    def now(self) -> dt.datetime:
        """The receiver's time."""
        return self._clock.now() + dt.timedelta(seconds=self._skew_s)

    async def until(self, count: int) -> None:
        """Wait until so many captions are shown."""
        while len(self.shown) < count:
            await self._changed.wait()
            self._changed.clear()

    async def requests(self, count: int) -> None:
        """Wait until so many requests have come."""
        while len(self.statuses) + self._at_work < count:
            await self._changed.wait()
            self._changed.clear()

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Take one caption, or fail as told."""
        self._at_work += 1
        self._changed.set()
        if self._at_work > 1:
            self.violations.append("two requests at the same time")
        status = 0
        try:
            fault = self.faults.popleft() if self.faults else None
            answer = await self._answer(request, fault)
            status = answer.status
            return answer
        finally:
            self._at_work -= 1
            self.statuses.append(status)
            self._changed.set()

    async def _answer(self, request: web.Request, fault: Fault | None) -> web.StreamResponse:
        if fault is not None and fault.how == "wait":
            await fault.until.wait()
        answer = await self._judge(request) if fault is None or fault.how == "wait" or fault.taken else None
        if fault is None or fault.how == "wait":
            assert answer is not None
            return answer
        if fault.how == "status":
            headers = {"Location": fault.location} if fault.location else {}
            return web.Response(status=fault.status, text="told to fail", headers=headers)
        if fault.how == "hang":
            await fault.until.wait()
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionResetError("told to fail")

    async def _judge(self, request: web.Request) -> web.Response:
        try:
            if request.method != "POST":
                raise Refusal(405, "only POST")
            self.check_query(request)
            text = await self._text(request)
            self.show(request, text)
        except Refusal as refusal:
            return web.Response(status=refusal.status, text=str(refusal))
        return web.Response(text=self.now().replace(tzinfo=None).isoformat(timespec="milliseconds"))

    async def _text(self, request: web.Request) -> str:
        if request.content_type != "text/plain":
            raise Refusal(400, "not text/plain")
        if (request.content_length or 0) > BODY_LIMIT:
            raise Refusal(413, "too long")
        try:
            text = (await request.read()).decode("utf-8")
        except UnicodeDecodeError as error:
            raise Refusal(400, "not UTF-8") from error
        if not text.strip() or len(text) > 1000:
            raise Refusal(400, "empty, or more than 1000 characters")
        return text

    def check_query(self, request: web.Request) -> None:
        """Raise Refusal unless the URL is right and the meeting takes captions."""
        raise NotImplementedError

    def show(self, request: web.Request, text: str) -> None:
        """Show the caption to viewers. Raises Refusal."""
        raise NotImplementedError

    def add(self, shown: Shown) -> None:
        """One more caption for viewers."""
        self.shown.append(shown)
        self._changed.set()


class NumberedReceiver(Receiver):
    """A receiver whose captions have numbers: Zoom and YouTube."""

    def __init__(self, clock: Clock, *, skew_s: float = 0.0) -> None:
        super().__init__(clock, skew_s=skew_s)
        self.last = 0
        self.gaps = 0  # numbers left out, as after giving a packet up
        self._last_text = ""

    def check_query(self, request: web.Request) -> None:
        if not self.started:
            raise Refusal(400, "the meeting has not begun")
        if self.expired or not request.rel_url.raw_query_string.startswith(self.query):
            raise Refusal(403, "bad id, signature or expiry")
        if not request.query.get("seq", "").isdigit() or int(request.query["seq"]) < max(1, self.last):
            raise Refusal(403, "bad seq")

    def is_new(self, request: web.Request, text: str) -> bool:
        """Whether the number is a new one; a repeated one is taken and not shown again."""
        number = int(request.query["seq"])
        if number == self.last:
            if text != self._last_text:
                self.violations.append("another text under the same number")
            return False
        self.gaps += number - self.last - 1
        self.last, self._last_text = number, text
        return True
