"""Captions as server-sent events (WHATWG HTML, 9.2)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from aiohttp import HttpVersion11, web

from core.errors import InvalidInput
from core.metrics import counter
from transcripts.hub import Frame, Viewer, caption_frame
from transcripts.service import shown_for
from transcripts.web.site import CaptionsSite, number_of

GONE = counter("caption_viewers_gone", "Streams that ended because the viewer's connection was lost")

RETRY = b"retry: 2000\n\n"  # milliseconds after which a browser comes back


class StreamLine:
    """A viewer's connection. Frames go to its transport without waiting; `ended` says when it is over."""

    def __init__(self, request: web.Request) -> None:
        self._transport = request.transport
        self._chunked = request.version >= HttpVersion11
        self.ended = asyncio.Event()

    def write(self, frame: Frame) -> None:
        if self._transport is not None:
            self._transport.write(frame.chunk if self._chunked else frame.bare)

    def unsent(self) -> int | None:
        if self._transport is None or self._transport.is_closing():
            return None
        return self._transport.get_write_buffer_size()

    def cut(self) -> None:
        if self._transport is not None:
            self._transport.abort()
        self.ended.set()

    def finish(self) -> None:
        self.ended.set()


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
        response = web.StreamResponse(
            headers={
                "Content-Type": "text/event-stream; charset=utf-8",
                "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",  # nginx would hold events back
            }
        )
        await response.prepare(request)
        line = StreamLine(request)
        viewer = Viewer(line, chosen=chosen, languages=_served_by(chosen), position=position)
        try:
            await response.write(RETRY)
            await self._replay(meeting.id, viewer, response)
            await line.ended.wait()
            await response.write_eof()
        except ConnectionResetError:
            GONE.inc()
        finally:
            self._site.hub.leave(meeting.id, viewer)
        return response

    async def _replay(self, meeting_id: str, viewer: Viewer, response: web.StreamResponse) -> None:
        """Send what is stored after the viewer's position, as fast as the viewer reads, then let it follow."""
        while True:
            reading = await self._site.service.read_after(
                meeting_id, viewer.position, languages=sorted(viewer.languages)
            )
            for caption in reading.captions:
                await response.write(caption_frame(caption).bare)
            complete = not reading.captions or reading.position == viewer.position
            viewer.position = reading.position
            if complete and self._site.hub.join(meeting_id, viewer):
                return


def _served_by(chosen: Sequence[str]) -> frozenset[str]:
    return frozenset(tag for wanted in chosen for tag in shown_for(wanted))


def _position(request: web.Request) -> int:
    """Where to go on: a browser that comes back says so itself; the first time the page does."""
    last = request.headers.get("Last-Event-ID", "")
    value = last if last.isascii() and last.isdigit() else request.query.get("after", "0")
    return number_of(value, "after")
