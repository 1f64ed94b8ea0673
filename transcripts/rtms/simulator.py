"""Zoom's side of RTMS: signed webhooks, the two WebSockets, sound in real time, and the rules that a client must keep.

Broken rules are remembered, not forgiven. A second client of a stream takes it from the first, as at Zoom. Sound waits
while nobody is connected, so that tests can say exactly what must arrive.
"""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import aiohttp
from aiohttp import web

from core.clock import Clock
from core.tasks import Tasks
from transcripts.rtms.protocol import (
    Credentials,
    Kind,
    Started,
    StreamState,
    handshake_signature,
    webhook_signature,
)

PACKET = 3_200  # bytes: 100 ms
HEARTBEAT_S = 5.0


class RtmsSimulator:
    """One Zoom meeting with one stream."""

    def __init__(
        self,
        clock: Clock,
        credentials: Credentials,
        pcm: bytes,
        *,
        speed: float = 1.0,
        heartbeat_s: float = HEARTBEAT_S,
        number: str = "85746065432",
    ) -> None:
        """`speed`: times speaking speed; 0: as fast as it goes."""
        self._clock = clock
        self._credentials = credentials
        self._pcm = pcm
        self._speed = speed
        self._heartbeat_s = heartbeat_s
        self._tasks = Tasks()
        self._at = 0  # bytes of sound that were sent
        self._ready = asyncio.Event()
        self._signaling: web.WebSocketResponse | None = None
        self._media: web.WebSocketResponse | None = None
        self.number = number
        self.meeting_uuid = "4AaBbCcDdEeFfGgHhIiJj=="
        self.stream_id = "e4f1a2b3c4d54e6f8a9b0c1d2e3f4a5b"
        self.base = ""  # ws://host:port, where this can be reached
        self.violations: list[str] = []
        self.connections = 0  # media handshakes that went well
        self.alive = 0  # keep-alives that were answered
        self.refuse = 0  # status with which the next handshake is refused
        self.finished = asyncio.Event()  # all sound was sent

    def app(self) -> web.Application:
        """The servers as a web application."""
        app = web.Application()
        app.add_routes([web.get("/signaling", self._serve_signaling), web.get("/media", self._serve_media)])
        return app

    # Webhooks

    def webhook(self, event: str, payload: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
        """A webhook's body and its headers."""
        now = self._clock.now().timestamp()
        body = json.dumps({"event": event, "event_ts": int(now * 1000), "payload": payload}).encode()
        headers = {
            "Content-Type": "application/json",
            "x-zm-request-timestamp": str(int(now)),
            "x-zm-signature": webhook_signature(self._credentials.secret_token, str(int(now)), body),
        }
        return body, headers

    def started(self, *, with_number: bool = True) -> tuple[bytes, dict[str, str]]:
        """`meeting.rtms_started`."""
        payload: dict[str, Any] = {
            "meeting_uuid": self.meeting_uuid,
            "rtms_stream_id": self.stream_id,
            "server_urls": f"{self.base}/signaling",
        }
        return self.webhook(
            "meeting.rtms_started", payload | ({"meeting_id": self.number} if with_number else {})
        )

    def stopped(self, reason: int = 6) -> tuple[bytes, dict[str, str]]:
        """`meeting.rtms_stopped`."""
        payload = {
            "meeting_uuid": self.meeting_uuid,
            "rtms_stream_id": self.stream_id,
            "stop_reason": reason,
        }
        return self.webhook("meeting.rtms_stopped", payload)

    async def post(self, url: str, webhook: tuple[bytes, dict[str, str]]) -> tuple[int, Any]:
        """Send a webhook; gives the status and the answer."""
        body, headers = webhook
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, data=body, headers=headers) as answer,
        ):
            return answer.status, await answer.json()

    # Connections

    async def _serve_signaling(self, request: web.Request) -> web.WebSocketResponse:
        socket = await self._accept(request)
        if not await self._shake(socket, Kind.SIGNALING_REQUEST, Kind.SIGNALING_ANSWER):
            return socket
        if self._signaling is not None:
            self.violations.append("a second connection while the first was open")
            await self._signaling.close()
        self._signaling = socket
        self._ready.clear()
        beating = self._tasks.spawn("heartbeat", self._beat(socket))
        async for message in socket:
            self._heed(json.loads(message.data))
        beating.cancel()
        self._signaling = None if self._signaling is socket else self._signaling
        return socket

    async def _serve_media(self, request: web.Request) -> web.WebSocketResponse:
        socket = await self._accept(request)
        if not await self._shake(socket, Kind.MEDIA_REQUEST, Kind.MEDIA_ANSWER):
            return socket
        self._media = socket
        self.connections += 1
        beating = self._tasks.spawn("heartbeat", self._beat(socket))
        playing = self._tasks.spawn("sound", self._play(socket))
        async for message in socket:
            self._heed(json.loads(message.data))
        beating.cancel()
        playing.cancel()
        return socket

    async def _accept(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        return socket

    async def _shake(self, socket: web.WebSocketResponse, expected: Kind, answer: Kind) -> bool:
        body = await socket.receive_json(timeout=10)
        wrong = self._wrong(body, expected)
        if wrong:
            self.violations.append(wrong)
        status = 11 if wrong else self.refuse
        self.refuse = 0
        told: dict[str, Any] = {"msg_type": int(answer), "protocol_version": 1, "status_code": status}
        if not status and answer is Kind.SIGNALING_ANSWER:
            told["media_server"] = {
                "server_urls": {"audio": f"{self.base}/media", "all": f"{self.base}/media"}
            }
        await socket.send_json(told)
        if status:
            await socket.close()
        return not status

    def _wrong(self, body: dict[str, Any], expected: Kind) -> str:
        signature = handshake_signature(self._credentials, self.meeting_uuid, self.stream_id)
        rules = {
            "the first message is no handshake": body.get("msg_type") == expected,
            "protocol_version is not 1": body.get("protocol_version") == 1,
            "another meeting": body.get("meeting_uuid") == self.meeting_uuid,
            "another stream": body.get("rtms_stream_id") == self.stream_id,
            "the signature does not fit": body.get("signature") == signature,
        }
        if expected is Kind.MEDIA_REQUEST:
            audio = body.get("media_params", {}).get("audio", {})
            plain = {
                "content_type": 1,
                "sample_rate": 1,
                "channel": 1,
                "codec": 1,
                "data_opt": 1,
                "send_rate": 100,
            }
            rules["not only sound is asked for"] = body.get("media_type") == 1
            rules["not raw sound, 16 kHz, mono, mixed"] = audio == plain
            rules["media before signaling"] = self._signaling is not None
        return next((rule for rule, kept in rules.items() if not kept), "")

    def _heed(self, body: dict[str, Any]) -> None:
        kind = body.get("msg_type")
        if kind == Kind.READY and body.get("rtms_stream_id") == self.stream_id:
            self._ready.set()
        elif kind == Kind.ALIVE:
            self.alive += 1
        else:
            self.violations.append(f"message {kind} at the wrong time")

    async def _beat(self, socket: web.WebSocketResponse) -> None:
        while not socket.closed:
            answered = self.alive
            await socket.send_json(
                {"msg_type": int(Kind.KEEP_ALIVE), "timestamp": int(self._clock.now().timestamp())}
            )
            await asyncio.sleep(self._heartbeat_s)
            if self.alive == answered:
                self.violations.append("a keep-alive was not answered")

    async def _play(self, socket: web.WebSocketResponse) -> None:
        await self._ready.wait()
        began, first = self._clock.monotonic(), self._at
        while self._at < len(self._pcm):
            piece = self._pcm[self._at : self._at + PACKET]
            content = {
                "user_id": 0,
                "user_name": "",
                "data": base64.b64encode(piece).decode(),
                "timestamp": int(self._clock.now().timestamp() * 1000),
            }
            await socket.send_json({"msg_type": int(Kind.AUDIO), "content": content})
            self._at += len(piece)
            if self._speed:
                due = began + (self._at - first) / 32_000 / self._speed
                await asyncio.sleep(max(0.0, due - self._clock.monotonic()))
        self.finished.set()

    # What can go wrong

    async def drop(self) -> None:
        """Break both connections without a word."""
        for socket in (self._signaling, self._media):
            if socket is not None and socket._req is not None and socket._req.transport is not None:
                socket._req.transport.abort()
        self._signaling = None

    async def terminate(self) -> None:
        """Say that the stream is over, and close."""
        if self._signaling is not None:
            await self._signaling.send_json(
                {"msg_type": int(Kind.STREAM_STATE), "state": int(StreamState.TERMINATED), "reason": 6}
            )

    async def close(self) -> None:
        """End everything."""
        await self._tasks.close()


def described(simulator: RtmsSimulator) -> Started:
    """The stream as the webhook would describe it."""
    return Started(
        meeting_uuid=simulator.meeting_uuid,
        stream_id=simulator.stream_id,
        server_urls=(f"{simulator.base}/signaling",),
        number=simulator.number,
    )
