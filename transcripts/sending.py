"""Sends sound to a meeting of some Madoguchi service, as docs/protocol.md says.

What was sent is kept until its words are stored there, so that a connection that breaks, or a service that starts anew,
loses nothing. Nothing is ever dropped: when too much waits to be sent, no more is taken from where the sound comes
from, so a pipe or a file waits. What has arrived there but is not stored yet makes room first.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp

from core.clock import Clock
from core.errors import AppError, InvalidInput, Unavailable
from core.ids import new_id
from core.tasks import Tasks

RATE = 16_000
SAMPLE_BYTES = 2
MESSAGE = 3_200  # bytes of one message: 100 ms
AGAIN = {"busy", "unavailable", "recognition_unavailable"}  # refusals that waiting can mend


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOptions:
    """Limits of a sender."""

    keep_s: float = 300.0  # sound that is kept while it cannot be sent or is not stored there
    give_up_s: float = 600.0  # without a connection
    silent_s: float = 30.0  # without an answer after which a connection counts as broken
    most_pause_s: float = 10.0  # between tries to connect


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where the sound goes."""

    url: str  # of the WebSocket
    token: str


def target(address: str, token: str) -> Target:
    """The WebSocket of the meeting at `address`, which may be that of its page, of its sender page with the token in
    it, or of the WebSocket itself. Raises InvalidInput."""
    parts = urlsplit(address)
    scheme = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}.get(parts.scheme)
    path = parts.path.rstrip("/").removesuffix("/send").removesuffix("/audio")
    before, found, meeting = path.rpartition("/meetings/")
    if scheme is None or not parts.netloc or not found or not meeting or "/" in meeting:
        raise InvalidInput(
            "Give the address of a meeting, such as https://captions.city.example/meetings/abc."
        )
    token = token or next(iter(parse_qs(parts.query).get("token", [])), "")
    if not token:
        raise InvalidInput(
            "Give the meeting's sender token with --token; it was shown when the meeting was made."
        )
    return Target(url=f"{scheme}://{parts.netloc}{before}/meetings/{meeting}/audio", token=token)


class Tape:
    """Sound by sample number: from the oldest that is kept to the newest."""

    def __init__(self, keep: int) -> None:
        self._keep = keep  # samples
        self._pieces: deque[bytes] = deque()
        self.first = 0
        self.end = 0
        self.arrived = 0  # samples before this have reached the service
        self.closed = False  # nothing will be added

    @property
    def full(self) -> bool:
        """Whether there is no room: what is kept has not even arrived."""
        return self.end - max(self.first, self.arrived) >= self._keep

    def add(self, pcm: bytes) -> None:
        """Append whole samples."""
        self._pieces.append(pcm)
        self.end += len(pcm) // SAMPLE_BYTES
        while self.end - self.first > self._keep and self._first_end() <= self.arrived:
            self._drop()

    def forget(self, sample: int) -> None:
        """Let what is before `sample` go, in whole pieces."""
        while self._pieces and self._first_end() <= sample:
            self._drop()

    def _first_end(self) -> int:
        return self.first + len(self._pieces[0]) // SAMPLE_BYTES

    def _drop(self) -> None:
        self.first = self._first_end()
        self._pieces.popleft()

    def after(self, sample: int) -> bytes:
        """What follows `sample`, as far as one piece reaches; empty at the end."""
        start = self.first
        for piece in self._pieces:
            until = start + len(piece) // SAMPLE_BYTES
            if sample < until:
                return piece[(sample - start) * SAMPLE_BYTES :]
            start = until
        return b""


Event = dict[str, Any]


class SoundSender:
    """One recording on its way to a meeting. `tell` hears what happens, as JSON objects."""

    def __init__(
        self,
        target: Target,
        *,
        clock: Clock,
        tell: Callable[[Event], None],
        options: SendOptions | None = None,
    ) -> None:
        self._target = target
        self._clock = clock
        self._tell = tell
        self._options = options or SendOptions()
        self._tape = Tape(int(self._options.keep_s * RATE))
        self._name = new_id()
        self._origin: int | None = None  # number, in the meeting, of the tape's sample 0
        self._next = 0
        self._changed = asyncio.Condition()
        self._ended = False
        self._failures = 0
        self._reached = False  # by the connection at hand
        self._tasks = Tasks()

    async def send(self, sound: AsyncIterator[bytes]) -> None:
        """Send all of `sound` (s16le, 16 kHz, mono, in pieces of any length) and return when its words are stored.

        Raises what the service refuses it for, InvalidInput for a wrong token or meeting, and Unavailable when
        there was no connection for too long.
        """
        reading = self._tasks.spawn("reading", self._read(sound))
        lost_at = self._clock.monotonic()
        try:
            async with aiohttp.ClientSession() as session:
                while not await self._connection(session):
                    if self._reached:
                        lost_at = self._clock.monotonic()
                    if self._clock.monotonic() - lost_at > self._options.give_up_s:
                        raise Unavailable(
                            "There was no connection to the service for too long; start again later."
                        )
                    await self._pause()
            if reading.done():
                reading.result()
        finally:
            await self._tasks.close()

    async def _read(self, sound: AsyncIterator[bytes]) -> None:
        odd = b""
        try:
            async for chunk in sound:
                data = odd + chunk
                whole = len(data) // SAMPLE_BYTES * SAMPLE_BYTES
                odd = data[whole:]
                for at in range(0, whole, MESSAGE):
                    async with self._changed:
                        await self._changed.wait_for(lambda: not self._tape.full)
                        self._tape.add(data[at : min(at + MESSAGE, whole)])
                        self._changed.notify_all()
        finally:
            self._tape.closed = True
            async with self._changed:
                self._changed.notify_all()

    async def _connection(self, session: aiohttp.ClientSession) -> bool:
        """One connection, until it breaks or all is stored. Gives whether all is stored."""
        self._reached = False
        headers = {"Authorization": f"Bearer {self._target.token}"}
        silent_s = self._options.silent_s
        try:
            async with session.ws_connect(
                self._target.url,
                headers=headers,
                heartbeat=silent_s / 2,
                timeout=aiohttp.ClientWSTimeout(ws_close=2),
            ) as socket:
                await self._talk(socket)
        except aiohttp.WSServerHandshakeError as error:
            if error.status in (401, 403, 404):
                raise InvalidInput(
                    "The service does not know this meeting or its sender token; copy the address again."
                ) from error
            self._lost(f"status {error.status}")
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            self._lost(type(error).__name__)
        return self._ended

    async def _talk(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        start: Event = {"type": "start", "sender": self._name}
        if self._origin is not None:
            start["resume"] = self._origin + self._tape.first
        await socket.send_json(start)
        pushing: asyncio.Task[None] | None = None
        try:
            async for message in socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    break
                body = json.loads(message.data)
                if body["type"] == "ready":
                    self._begin(body)
                    pushing = self._tasks.spawn("pushing", self._push(socket))
                else:
                    await self._hear(body)
                if self._ended:
                    return
        finally:
            if pushing is not None:
                pushing.cancel()
        self._lost("closed")

    def _begin(self, body: Event) -> None:
        received = int(body["received_samples"])
        if self._origin is None:
            self._origin = received - self._tape.first
        self._next = received - self._origin
        self._tape.arrived = max(self._tape.arrived, self._next)
        self._failures, self._reached = 0, True
        self._tell({"type": "connected", "received_s": received / RATE, "kept_s": self._kept_s()})

    async def _hear(self, body: Event) -> None:
        if body["type"] == "error":
            if body["code"] not in AGAIN:
                raise refused(body)
            self._tell({"type": "refused", "code": body["code"], "message": body["message"]})
            return
        assert self._origin is not None
        async with self._changed:
            self._tape.arrived = max(self._tape.arrived, int(body["received_samples"]) - self._origin)
            if body["type"] == "ended":
                self._ended = True
            else:
                self._tape.forget(int(body["stored_samples"]) - self._origin)
            self._changed.notify_all()
        if self._ended:
            self._tell({"type": "ended", "received_s": body["received_samples"] / RATE})
        else:
            self._tell(
                {
                    "type": "progress",
                    "received_s": body["received_samples"] / RATE,
                    "stored_s": body["stored_samples"] / RATE,
                    "behind_s": body["behind_s"],
                    "kept_s": self._kept_s(),
                }
            )

    async def _push(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Send what there is, and the end when there will be no more. The socket itself says when it is full."""
        try:
            while True:
                async with self._changed:
                    await self._changed.wait_for(lambda: self._next < self._tape.end or self._tape.closed)
                    piece = self._tape.after(self._next)
                if not piece:
                    await socket.send_json({"type": "end"})
                    return
                await socket.send_bytes(piece)
                self._next += len(piece) // SAMPLE_BYTES
        except (aiohttp.ClientError, OSError):
            return  # who listens to the socket notices too

    def _kept_s(self) -> float:
        return (self._tape.end - max(self._next, self._tape.first)) / RATE

    def _lost(self, reason: str) -> None:
        if not self._failures:
            self._tell({"type": "lost", "reason": reason, "kept_s": self._kept_s()})

    async def _pause(self) -> None:
        pause = min(self._options.most_pause_s, 0.5 * 2.0**self._failures)
        self._failures += 1
        await asyncio.sleep(pause * random.uniform(0.75, 1.25))


def refused(body: Event) -> AppError:
    """The service's refusal as an error of ours."""
    error = InvalidInput(str(body["message"]))
    error.code = str(body["code"])
    return error
