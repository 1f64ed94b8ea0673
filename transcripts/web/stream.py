"""Captions as server-sent events (WHATWG HTML, 9.2).

Viewers are many and each does nothing but wait, so once a stream is under way its connection is taken over from the
web server: the request, its handler and the server's own protocol are forgotten, and a small protocol object remains.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

from aiohttp import HttpVersion11, web

from core.errors import InvalidInput
from core.metrics import counter
from transcripts.hub import Frame, Hub, Viewer, caption_frame
from transcripts.service import shown_for
from transcripts.web.site import CaptionsSite, number_of

GONE = counter("caption_viewers_gone", "Streams of captions that ended")

RETRY = b"retry: 2000\n\n"  # milliseconds after which a browser comes back
LAST_CHUNK = b"0\r\n\r\n"


class StreamLine(asyncio.Protocol):
    """A viewer's connection. Frames go to its transport without waiting."""

    __slots__ = ("_chunked", "_hub", "_meeting_id", "_transport", "viewer")

    def __init__(self, transport: asyncio.Transport, *, chunked: bool, hub: Hub, meeting_id: str) -> None:
        self._transport = transport
        self._chunked = chunked
        self._hub = hub
        self._meeting_id = meeting_id
        self.viewer: Viewer | None = None

    def write(self, frame: Frame) -> None:
        self._transport.write(frame.chunk if self._chunked else frame.bare)

    def unsent(self) -> int | None:
        return None if self._transport.is_closing() else self._transport.get_write_buffer_size()

    def cut(self) -> None:
        self._transport.abort()

    def finish(self) -> None:
        if not self._transport.is_closing():
            if self._chunked:
                self._transport.write(LAST_CHUNK)
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """The viewer went away, or was cut, or the stream ended."""
        self.leave()

    def leave(self) -> None:
        """Follow no more. Harmless when that was so already."""
        if self.viewer is not None:
            GONE.inc()
            self._hub.leave(self._meeting_id, self.viewer)
            self.viewer = None


class HandedOver(web.StreamResponse):
    """An answer whose connection is taken over when the web server is through with the request."""

    line: StreamLine

    async def write_eof(self, data: bytes = b"") -> None:
        """Called by the server at the end of the request, after all middlewares."""
        request = self._req
        transport = request.transport if request is not None else None
        if request is None or transport is None:  # the viewer has gone already
            self.line.leave()
            return
        protocol = request.protocol
        transport.set_protocol(self.line)
        protocol.transport = None  # or it would close it
        # For the server the connection is over: it forgets everything about it.
        asyncio.get_running_loop().call_soon(protocol.connection_lost, None)


class Stream:
    """`GET /meetings/{meeting}/captions`."""

    def __init__(self, site: CaptionsSite) -> None:
        self._site = site

    def routes(self) -> list[web.AbstractRouteDef]:
        return [web.get("/meetings/{meeting}/captions", self.follow)]

    async def follow(self, request: web.Request) -> web.StreamResponse:
        meeting = await self._site.meeting(request)
        chosen = request.query.getall("lang", [meeting.language])
        if len(chosen) > len(meeting.languages):
            raise InvalidInput("Ask for each language once.")
        self._site.service.check_languages(meeting, chosen)
        position = _position(request)
        self._site.hub.check_room()
        response = HandedOver(
            headers={
                "Content-Type": "text/event-stream; charset=utf-8",
                "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",  # nginx would hold events back
            }
        )
        response.force_close()  # the connection ends with the stream
        await response.prepare(request)
        transport = request.transport
        if transport is None:
            raise ConnectionResetError("The viewer went away.")
        self._bound(transport)
        line = response.line = StreamLine(
            transport,
            chunked=request.version >= HttpVersion11,
            hub=self._site.hub,
            meeting_id=meeting.id,
        )
        line.viewer = Viewer(line, chosen=chosen, languages=_served_by(chosen), position=position)
        try:
            await response.write(RETRY)
            await self._replay(meeting.id, line.viewer, response)
        except ConnectionResetError:
            line.leave()
        except asyncio.CancelledError:
            line.leave()
            raise
        return response

    def _bound(self, transport: asyncio.Transport) -> None:
        """Bound what the kernel holds for a viewer that does not read; beyond it, the hub counts."""
        bare = transport.get_extra_info("socket")
        if bare is not None:
            bare.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self._site.options.stream_buffer)

    async def _replay(self, meeting_id: str, viewer: Viewer, response: web.StreamResponse) -> None:
        """Send what is stored after the viewer's position, as fast as the viewer reads, then let it follow."""
        hub, page = self._site.hub, self._site.service.options.page_limit
        if hub.is_at(meeting_id, viewer.position) and hub.join(meeting_id, viewer):
            return
        while True:
            reading = await self._site.service.read_after(
                meeting_id, viewer.position, languages=sorted(viewer.languages)
            )
            if reading.captions:
                await response.write(b"".join(caption_frame(caption).bare for caption in reading.captions))
            viewer.position = reading.position
            if len(reading.captions) < page and hub.join(meeting_id, viewer):
                return


def _served_by(chosen: Sequence[str]) -> frozenset[str]:
    return frozenset(tag for wanted in chosen for tag in shown_for(wanted))


def _position(request: web.Request) -> int:
    """Where to go on: a browser that comes back says so itself; the first time the page does."""
    last = request.headers.get("Last-Event-ID", "")
    value = last if last.isascii() and last.isdigit() else request.query.get("after", "0")
    return number_of(value, "after")
