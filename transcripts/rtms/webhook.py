"""`POST /rtms/webhook`: whether it was Zoom that said so, and what.

Zoom repeats what is not answered within seconds, and a stream that is fetched twice loses its first connection. So
nothing is done before the answer but one row.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from core.clock import Clock
from core.errors import AppError, InvalidInput, NotAuthorised, TooLarge
from core.log import get_logger
from core.metrics import counter
from transcripts.rtms.address import check_server
from transcripts.rtms.protocol import Started, Stopped, plain_token_signature, webhook_signature
from transcripts.rtms.service import RtmsService
from transcripts.rtms.stream import StreamOptions

log = get_logger(__name__)

PATH = "/rtms/webhook"
WINDOW_S = 300  # by which a webhook's time may differ from ours
BODY_LIMIT = 64 * 1024  # bytes
TEXT_LIMIT = 120  # characters of an identifier

REFUSED = counter("rtms_webhooks_refused", "Webhooks that were not Zoom's", ["reason"])


class RtmsWebhook:
    """The route."""

    def __init__(self, service: RtmsService, clock: Clock, options: StreamOptions) -> None:
        self._service = service
        self._clock = clock
        self._options = options

    def routes(self) -> list[web.AbstractRouteDef]:
        return [web.post(PATH, self.receive)]

    async def receive(self, request: web.Request) -> web.Response:
        try:
            body = await _read(request)
            self._check(request.headers, body)
            event, payload = _parse(body)
            return await self._answer(event, payload)
        except AppError as error:
            answer = {"error": {"code": error.code, "message": str(error)}}
            return web.json_response(answer, status=error.status)

    async def _answer(self, event: str, payload: Mapping[str, Any]) -> web.Response:
        if event == "endpoint.url_validation":
            plain = _text(payload, "plainToken")
            token = self._service.credentials.secret_token
            return web.json_response(
                {"plainToken": plain, "encryptedToken": plain_token_signature(token, plain)}
            )
        if event == "meeting.rtms_started":
            await self._service.take(self._started(payload))
        elif event == "meeting.rtms_stopped":
            told = _inner(payload)
            reason = told.get("stop_reason")
            await self._service.end(
                Stopped(
                    stream_id=_text(told, "rtms_stream_id"), reason=reason if isinstance(reason, int) else 0
                )
            )
        return web.json_response({})

    def _check(self, headers: Mapping[str, str], body: bytes) -> None:
        """Raises NotAuthorised unless Zoom sent this, just now."""
        token = self._service.credentials.secret_token
        timestamp = headers.get("x-zm-request-timestamp", "")
        shown = headers.get("x-zm-signature", "")
        if not token or not hmac.compare_digest(
            shown.encode(), webhook_signature(token, timestamp, body).encode()
        ):
            REFUSED.labels("signature").inc()
            raise NotAuthorised("The signature does not fit; check ZOOM__RTMS_SECRET_TOKEN.")
        at = int(timestamp) if timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12 else 0
        if abs(self._clock.now().timestamp() - at) > WINDOW_S:
            REFUSED.labels("time").inc()
            raise NotAuthorised("This webhook is too old; check this machine's clock.")

    def _started(self, payload: Mapping[str, Any]) -> Started:
        told = _inner(payload)
        urls = told.get("server_urls")
        if not isinstance(urls, str):
            raise InvalidInput("The webhook names no server.")
        number = told.get("meeting_id") or told.get("id") or ""
        return Started(
            meeting_uuid=_text(told, "meeting_uuid"),
            stream_id=_text(told, "rtms_stream_id"),
            server_urls=tuple(
                check_server(url.strip(), self._options.hosts, allow_local=self._options.allow_local)
                for url in urls.split(",")[:4]
            ),
            number=str(number) if isinstance(number, int | str) and str(number).isdigit() else "",
        )


async def _read(request: web.Request) -> bytes:
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > BODY_LIMIT:
            REFUSED.labels("size").inc()
            raise TooLarge(f"A webhook may have {BODY_LIMIT} bytes.")
    return bytes(body)


def _parse(body: bytes) -> tuple[str, Mapping[str, Any]]:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("The body is not JSON.") from error
    event = parsed.get("event") if isinstance(parsed, dict) else None
    payload = parsed.get("payload", {}) if isinstance(parsed, dict) else None
    if not isinstance(event, str) or not isinstance(payload, dict):
        raise InvalidInput("The body has no event.")
    return event, payload


def _inner(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is said about the stream; some descriptions of the webhook have it in `object`, others beside it."""
    inner = payload.get("object")
    return {**payload, **inner} if isinstance(inner, dict) else payload


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= TEXT_LIMIT or not value.isprintable():
        raise InvalidInput(f"The webhook has no usable “{name}”.")
    return value
