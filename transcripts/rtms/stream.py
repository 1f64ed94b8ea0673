"""One stream: signaling and media, keep-alive, and connecting again until it is over."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from core.clock import Clock
from core.errors import AppError, InvalidInput, Unavailable
from core.log import get_logger
from core.metrics import counter
from core.tasks import Tasks
from transcripts.relays.address import PublicResolver
from transcripts.rtms.address import check_server
from transcripts.rtms.protocol import Credentials, Kind, Started, handshake, is_over, media_url, sound_of

log = get_logger(__name__)

RECONNECTS = counter("rtms_reconnects", "Times that a stream from Zoom was connected again")
DROPPED = counter("rtms_packets_dropped", "Packets of sound from Zoom that were not used", ["reason"])

Feed = Callable[[bytes], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamOptions:
    """Limits of a stream."""

    hosts: tuple[str, ...] = ("*.zoom.us", "*.zoomgov.com")
    allow_local: bool = False  # for the simulator
    handshake_s: float = 10.0  # longest wait for an answer
    silent_s: float = 65.0  # without any message after which a connection counts as broken
    pauses_s: tuple[float, ...] = (
        3.0,
        6.0,
        12.0,
        24.0,
        30.0,
    )  # before connecting again; the last one repeats
    give_up_s: float = 300.0  # without a connection
    waiting: int = 300  # packets that may wait for recognition: 30 s
    message_limit: int = 256 * 1024  # bytes of one message


class Over(Exception):
    """The stream has ended for good."""


class Refused(Exception):
    """A handshake was answered with a status that is not 0."""

    def __init__(self, status: object) -> None:
        super().__init__("refused")
        self.status = status


class RtmsStream:
    """Fetches one stream and hands its sound to `feed`."""

    def __init__(
        self,
        started: Started,
        *,
        credentials: Credentials,
        feed: Feed,
        clock: Clock,
        options: StreamOptions | None = None,
    ) -> None:
        self._started = started
        self._credentials = credentials
        self._feed = feed
        self._clock = clock
        self._options = options or StreamOptions()
        self._sound: asyncio.Queue[bytes] = asyncio.Queue(self._options.waiting)
        self._connected = False  # in the attempt at hand

    async def run(self) -> None:
        """Until the stream is over. Raises Unavailable when it cannot be had any more, and what `feed` raises."""
        resolver = None if self._options.allow_local else PublicResolver()
        connector = aiohttp.TCPConnector(resolver=resolver, limit=4)
        feeding = Tasks()
        task = feeding.spawn("rtms.feed", self._carry())
        try:
            async with aiohttp.ClientSession(connector=connector) as session:
                connecting = feeding.spawn("rtms.connect", self._keep_connected(session))
                await asyncio.wait([task, connecting], return_when=asyncio.FIRST_COMPLETED)
                if task.done():
                    task.result()
                await connecting
                await self._sound.join()
        finally:
            await feeding.close()

    async def _carry(self) -> None:
        while True:
            await self._feed(await self._sound.get())
            self._sound.task_done()

    async def _keep_connected(self, session: aiohttp.ClientSession) -> None:
        failures, away_since, urls = 0, self._clock.monotonic(), self._started.server_urls
        while True:
            self._connected = False
            try:
                await self._connection(session, urls[failures % len(urls)])
            except Over:
                return
            except (Refused, InvalidInput, ValueError, aiohttp.ClientError, OSError, TimeoutError) as error:
                reason = str(error.status) if isinstance(error, Refused) else type(error).__name__
                log.warning("rtms_connection_lost", stream=self._started.stream_id, reason=reason)
            if self._connected:
                failures, away_since = 0, self._clock.monotonic()
            if self._clock.monotonic() - away_since > self._options.give_up_s:
                raise Unavailable("The stream from Zoom cannot be reached any more; start it in Zoom again.")
            pauses = self._options.pauses_s
            await asyncio.sleep(pauses[min(failures, len(pauses) - 1)])
            failures += 1
            RECONNECTS.inc()

    async def _connection(self, session: aiohttp.ClientSession, url: str) -> None:
        """Both connections, until either breaks. Raises Over when nothing more will come."""
        async with self._open(session, url) as signaling:
            answer = await self._shake(signaling, Kind.SIGNALING_REQUEST, Kind.SIGNALING_ANSWER)
            async with self._open(session, media_url(answer)) as media:
                await self._shake(media, Kind.MEDIA_REQUEST, Kind.MEDIA_ANSWER)
                await signaling.send_json(
                    {"msg_type": int(Kind.READY), "rtms_stream_id": self._started.stream_id}
                )
                self._connected = True
                log.info("rtms_connected", stream=self._started.stream_id)
                await self._listen_to_both(signaling, media)

    def _open(self, session: aiohttp.ClientSession, url: str) -> Any:
        options = self._options
        return session.ws_connect(
            check_server(url, options.hosts, allow_local=options.allow_local),
            max_msg_size=options.message_limit,
            timeout=aiohttp.ClientWSTimeout(ws_close=2),
        )

    async def _shake(self, socket: Any, ask: Kind, answer: Kind) -> Mapping[str, Any]:
        await socket.send_json(handshake(ask, self._started, self._credentials))
        async with asyncio.timeout(self._options.handshake_s):
            while True:
                body = _object(await socket.receive())
                if body.get("msg_type") == answer:
                    if body.get("status_code") != 0:
                        raise Refused(body.get("status_code"))
                    return body
                await self._heed(socket, body)

    async def _listen_to_both(self, signaling: Any, media: Any) -> None:
        tasks = Tasks()
        both = [
            tasks.spawn("rtms.signaling", _quiet(self._listen(signaling))),
            tasks.spawn("rtms.media", _quiet(self._listen(media))),
        ]
        try:
            done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            error = next(iter(done)).result()
            if error is not None:
                raise error
        finally:
            await tasks.close()

    async def _listen(self, socket: Any) -> None:
        while True:
            async with asyncio.timeout(self._options.silent_s):
                await self._heed(socket, _object(await socket.receive()))

    async def _heed(self, socket: Any, body: Mapping[str, Any]) -> None:
        kind = body.get("msg_type")
        if kind == Kind.KEEP_ALIVE:
            await socket.send_json({"msg_type": int(Kind.ALIVE), "timestamp": body.get("timestamp")})
        elif kind == Kind.AUDIO:
            self._take(body)
        elif is_over(body):
            raise Over

    def _take(self, body: Mapping[str, Any]) -> None:
        pcm = sound_of(body)
        if pcm is None:
            DROPPED.labels("unusable").inc()
        elif self._sound.full():
            DROPPED.labels("late").inc()  # keep-alives must be answered, so nobody may wait here
        else:
            self._sound.put_nowait(pcm)


async def _quiet(work: Awaitable[None]) -> Exception | None:
    """Run `work` and give the error that ended it: a connection that breaks is no fault of the task."""
    try:
        await work
    except (Over, AppError, ValueError, aiohttp.ClientError, OSError, TimeoutError) as error:
        return error
    return None


def _object(message: aiohttp.WSMessage) -> Mapping[str, Any]:
    """The JSON object in a message. Raises ConnectionResetError at the end, ValueError for anything else."""
    if message.type in (
        aiohttp.WSMsgType.CLOSE,
        aiohttp.WSMsgType.CLOSING,
        aiohttp.WSMsgType.CLOSED,
        aiohttp.WSMsgType.ERROR,
    ):
        raise ConnectionResetError("closed")
    body = json.loads(message.data)
    if not isinstance(body, dict):
        raise ValueError("not an object")
    return body
