"""Requests to receivers: exactly the URL that was given, no redirects, no cookies, no private addresses, bounded."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass

import aiohttp
from yarl import URL

from core.metrics import counter, histogram
from transcripts.relays.address import ForbiddenAddress, PublicResolver
from transcripts.relays.model import Kind, Trouble

CALLS = counter("relay_calls", "Requests to receivers of captions", ["kind", "status"])
CALL_SECONDS = histogram("relay_call_seconds", "Duration of requests to receivers of captions", ["kind"])

ANSWER_LIMIT = 256  # bytes of an answer that are looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back. Status 0: nothing; `trouble` then says why, and `sent` whether the request may have arrived."""

    status: int
    body: str = ""
    trouble: Trouble | None = None
    sent: bool = True


class CaptionHttp:
    """An HTTP client for secret URLs. Opened by its first request; close it in the end."""

    def __init__(self, *, allow_local: bool = False) -> None:
        self._allow_local = allow_local
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            resolver = None if self._allow_local else PublicResolver()
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
        return self._session

    async def post(self, kind: Kind, url: str, body: str, *, content_type: str, timeout_s: float) -> Answer:
        """POST `body` in UTF-8."""
        return await self._call(
            kind, "POST", url, timeout_s, data=body.encode(), headers={"Content-Type": content_type}
        )

    async def get(self, kind: Kind, url: str, *, timeout_s: float) -> Answer:
        """GET a short text."""
        return await self._call(kind, "GET", url, timeout_s)

    async def _call(
        self,
        kind: Kind,
        method: str,
        url: str,
        timeout_s: float,
        *,
        data: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        # What the client raises may quote the URL, so none of it leaves this function.
        with CALL_SECONDS.labels(kind).time():
            try:
                async with (
                    asyncio.timeout(timeout_s),
                    self._open().request(
                        method, URL(url, encoded=True), data=data, headers=headers, allow_redirects=False
                    ) as response,
                ):
                    text = await _short(response.content)
                    answer = Answer(status=response.status, body=text)
            except TimeoutError:
                answer = Answer(status=0, trouble="no_answer")
            except aiohttp.ClientConnectorError as error:
                forbidden = isinstance(error.os_error, ForbiddenAddress)
                answer = Answer(
                    status=0, trouble="forbidden_address" if forbidden else "unreachable", sent=False
                )
            except (aiohttp.ClientError, OSError, ValueError):
                answer = Answer(status=0, trouble="no_answer")
        CALLS.labels(kind, str(answer.status or "none")).inc()
        return answer


async def _short(content: aiohttp.StreamReader) -> str:
    read = b""
    while len(read) < ANSWER_LIMIT and (part := await content.read(ANSWER_LIMIT - len(read))):
        read += part
    return read.decode("utf-8", "replace").strip()


def server_time(body: str) -> dt.datetime | None:
    """The receiver's time from an answer such as `2026-11-02T00:30:00.123`; UTC unless it says otherwise."""
    try:
        found = dt.datetime.fromisoformat(body)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)
