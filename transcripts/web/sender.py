"""The microphone page, and the WebSocket on which a meeting's audio comes in (written down in docs/protocol.md)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from core.errors import AppError, Conflict, InvalidInput, NotAuthorised
from core.log import get_logger
from core.metrics import counter
from core.web import account, render
from transcripts.recogniser import RATE
from transcripts.sources import Source
from transcripts.web.relays import may_relay, relay_rows
from transcripts.web.site import CaptionsSite, number_of, text_of
from translation.languages import language

log = get_logger(__name__)

AUDIO_SECONDS = counter("audio_received_seconds", "Seconds of meeting audio received")
CUT_SOURCES = counter("sources_lost", "Sources whose connection ended without an end message")

SENDER_LIMIT = 64  # characters of a sender's name for itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The first message of a sender."""

    sender: str
    oldest: int | None  # first sample that it can still send; None when its audio begins now


class Sender:
    """`/meetings/{meeting}/send` and `/meetings/{meeting}/audio`."""

    def __init__(self, site: CaptionsSite) -> None:
        self._site = site

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/meetings/{meeting}/send", self.page),
            web.get("/meetings/{meeting}/audio", self.audio),
        ]

    async def page(self, request: web.Request) -> web.Response:
        meeting = await self._site.meeting(request)
        await self._check_sender(request, meeting.id)
        relays = self._site.relays if may_relay(request) else None
        return await render(
            request,
            "transcripts/sender.html",
            meeting=meeting,
            token=request.query.get("token", ""),
            own_names={tag: language(tag).own_name for tag in meeting.languages},
            address=self._site.address(request, f"/meetings/{meeting.id}"),
            relays=await relay_rows(relays, meeting.id) if relays is not None else None,
            other_sources=self._other_sources(),
        )

    def _other_sources(self) -> list[str]:
        """Pages on which sound of other kinds is set up."""
        pages = {"recording": self._site.uploads, "zoom": self._site.rtms}
        return [name for name, service in pages.items() if service is not None]

    async def _check_sender(self, request: web.Request, meeting_id: str) -> None:
        """Let in who is logged in or shows the meeting's sender token."""
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        token = bearer if scheme.lower() == "bearer" else request.query.get("token", "")
        if token:
            if not await self._site.service.may_send(meeting_id, token[:200]):
                raise NotAuthorised(
                    "This sender token is not right for this meeting; copy the address again."
                )
        elif account(request) is None:
            raise NotAuthorised("Log in, or use the sender address of this meeting.")

    async def audio(self, request: web.Request) -> web.StreamResponse:
        meeting = await self._site.meeting(request)
        try:
            if not self._site.same_origin(request):
                raise NotAuthorised("Audio is only taken from this site's own pages.")
            await self._check_sender(request, meeting.id)
        except NotAuthorised as error:
            # Not left to the site's middleware, which would send a visitor to the login page.
            answer = {"error": {"code": error.code, "message": str(error)}}
            return web.json_response(answer, status=error.status)
        socket = web.WebSocketResponse(
            max_msg_size=self._site.options.audio_message, heartbeat=20.0, compress=False
        )
        await socket.prepare(request)
        try:
            source = await self._begin(socket, meeting.id)
            try:
                await self._listen(socket, source, meeting.id)
            finally:
                self._site.live.detach(source)
        except AppError as error:
            await _refuse(socket, error)
        except ConnectionResetError:
            CUT_SOURCES.inc()
        return socket

    async def _begin(self, socket: web.WebSocketResponse, meeting_id: str) -> Source:
        try:
            message = await socket.receive(timeout=self._site.options.start_s)
        except TimeoutError as error:
            raise InvalidInput("The first message must be a start message.") from error
        start = _start(message)
        uploads = self._site.uploads
        if uploads is not None and await uploads.is_hearing(meeting_id):
            raise Conflict(
                "A recording of this meeting is being written down; wait for it, or stop it first."
            )
        source = await self._site.live.open(meeting_id, sender=start.sender, oldest=start.oldest)
        await socket.send_json({"type": "ready", "received_samples": source.received_samples})
        return source

    async def _listen(self, socket: web.WebSocketResponse, source: Source, meeting_id: str) -> None:
        acknowledged = source.received_samples
        async for message in socket:
            if message.type is WSMsgType.BINARY:
                await source.feed(message.data)
                AUDIO_SECONDS.inc(len(message.data) / 2 / RATE)
                if source.received_samples - acknowledged >= self._site.options.ack_samples:
                    acknowledged = source.received_samples
                    await socket.send_json(_acknowledgement(source))
            elif message.type is WSMsgType.TEXT:
                if _control(message).get("type") != "end":
                    raise InvalidInput("After the start message only audio and an end message may follow.")
                await self._site.live.end(meeting_id)
                await socket.send_json({"type": "ended", "received_samples": source.received_samples})
                await socket.close()
                return
        CUT_SOURCES.inc()


def _acknowledgement(source: Source) -> dict[str, object]:
    return {
        "type": "ack",
        "received_samples": source.received_samples,
        "stored_samples": source.stored_samples,
        "behind_s": round(source.behind_s, 1),
    }


def _start(message: WSMessage) -> Start:
    if message.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR):
        raise ConnectionResetError("closed before it began")
    if message.type is not WSMsgType.TEXT:
        raise InvalidInput("The first message must be a start message, not audio.")
    body = _control(message)
    if body.get("type") != "start":
        raise InvalidInput("The first message must be a start message.")
    sender = text_of(body, "sender") if "sender" in body else ""
    if len(sender) > SENDER_LIMIT:
        raise InvalidInput(f"“sender” has at most {SENDER_LIMIT} characters.")
    resume = body.get("resume")
    return Start(sender=sender, oldest=None if resume is None else number_of(resume, "resume"))


def _control(message: WSMessage) -> Mapping[str, Any]:
    try:
        body = json.loads(message.data)
    except ValueError as error:
        raise InvalidInput("A text message must be a JSON object.") from error
    if not isinstance(body, dict):
        raise InvalidInput("A text message must be a JSON object.")
    return body


async def _refuse(socket: web.WebSocketResponse, error: AppError) -> None:
    """Say why in words, then close; 1013 (try again later) where waiting helps (RFC 6455 registry)."""
    log.info("source_refused", code=error.code)
    later = error.status in (429, 503)
    try:
        async with asyncio.timeout(5):
            await socket.send_json({"type": "error", "code": error.code, "message": str(error)})
            await socket.close(code=WSCloseCode.TRY_AGAIN_LATER if later else WSCloseCode.POLICY_VIOLATION)
    except (ConnectionResetError, TimeoutError):
        CUT_SOURCES.inc()
