"""`/meetings/{meeting}/hls/{language}/`: captions beside a video, for HLS players (RFC 8216)."""

from __future__ import annotations

from aiohttp import web

from core.errors import NotFound
from transcripts.hls import Published, playlist, segment, span
from transcripts.model import Meeting
from transcripts.web.site import CaptionsSite

# Players run on the page that shows the video, which may be another site's. Nothing here depends on who asks.
ANY_SITE = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
PLAYLIST = "application/vnd.apple.mpegurl"


class HlsCaptions:
    """The playlist and its segments."""

    def __init__(self, site: CaptionsSite) -> None:
        self._site = site

    def routes(self) -> list[web.AbstractRouteDef]:
        base = "/meetings/{meeting}/hls/{language}"
        return [
            web.get(base + "/playlist.m3u8", self.playlist),
            web.get(base + r"/seg{number:\d{1,7}}.vtt", self.segment),
        ]

    async def playlist(self, request: web.Request) -> web.Response:
        meeting, published = await self._published(request)
        # Whoever plays it reads it, and segments need every caption from the beginning on.
        tag = request.match_info["language"]
        await self._site.service.note_readers(meeting.id, [tag], everything=True)
        cache = "public, max-age=60" if published.ended else "public, max-age=2"
        return web.Response(
            text=playlist(published), content_type=PLAYLIST, headers={**ANY_SITE, "Cache-Control": cache}
        )

    async def segment(self, request: web.Request) -> web.Response:
        meeting, published = await self._published(request)
        number = int(request.match_info["number"])
        if number >= published.segments:
            raise NotFound("This part of the meeting is not complete yet; the playlist names those that are.")
        begin, end = span(number)
        captions = await self._site.service.first_texts(
            meeting, request.match_info["language"], begin=begin, end=end
        )
        grows = published.ended and number == published.segments - 1  # if the meeting is opened again
        cache = "public, max-age=60" if grows else "public, max-age=3600, immutable"
        return web.Response(
            text=segment(number, captions),
            content_type="text/vtt",
            charset="utf-8",
            headers={**ANY_SITE, "Cache-Control": cache},
        )

    async def _published(self, request: web.Request) -> tuple[Meeting, Published]:
        meeting = await self._site.meeting(request)
        tag = request.match_info["language"]
        self._site.service.check_languages(meeting, [tag])
        return meeting, await self._site.service.published(meeting, tag)
