"""The page on which captions are read, and its QR code."""

from __future__ import annotations

import io
from typing import Any

import segno
from aiohttp import web

from core.web import account, render
from transcripts.model import UNTRANSLATED, Caption, Meeting
from transcripts.service import prefer, shown_for
from transcripts.web.site import CaptionsSite, preferred_language


class ViewerPages:
    """`/meetings/{meeting}` and what hangs on it."""

    def __init__(self, site: CaptionsSite) -> None:
        self._site = site

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/meetings/{meeting}", self.show),
            web.get("/meetings/{meeting}/qr.svg", self.qr),
        ]

    async def show(self, request: web.Request) -> web.Response:
        meeting = await self._site.meeting(request)
        chosen = request.query.get("lang") or preferred_language(request, meeting)
        second = request.query.get("second") or ""
        if second == chosen:
            second = ""
        self._site.service.check_languages(meeting, [chosen, second] if second else [chosen])
        captions, position = await self._captions(meeting, chosen, second)
        return await render(
            request,
            "transcripts/viewer.html",
            meeting=meeting,
            chosen=chosen,
            second=second,
            shown=shown_for(chosen),
            shown_second=shown_for(second) if second else (),
            captions=captions,
            position=position,
            overlay=request.query.get("overlay") == "1",
            address=self._site.address(request, f"/meetings/{meeting.id}"),
            may_send=account(request) is not None,
        )

    async def _captions(self, meeting: Meeting, chosen: str, second: str) -> tuple[list[dict[str, Any]], int]:
        """Rows of the page: for each segment the text in the chosen and in the second language."""
        tags = shown_for(chosen), shown_for(second) if second else ()
        wanted = {tag for group in tags for tag in group}
        stored, position = await self._site.service.transcript(
            meeting.id, sorted(wanted), last=self._site.options.shown_segments
        )
        rows: dict[int, dict[str, Any]] = {}
        for name, group in zip(("first", "second"), tags, strict=True):
            for found in prefer([one for one in stored if one.caption.lang in group], group):
                row = rows.setdefault(
                    found.caption.seq, {"seq": found.caption.seq, "first": None, "second": None}
                )
                row[name] = _line(found.caption, meeting)
        return [rows[seq] for seq in sorted(rows)], position

    async def qr(self, request: web.Request) -> web.Response:
        meeting = await self._site.meeting(request)
        code = segno.make(self._site.address(request, f"/meetings/{meeting.id}"), error="m")
        svg = io.BytesIO()
        code.save(svg, kind="svg", scale=4, border=4, dark="#000", light="#fff", xmldecl=False)
        return web.Response(
            body=svg.getvalue(), content_type="image/svg+xml", headers={"Cache-Control": "max-age=3600"}
        )


def _line(caption: Caption, meeting: Meeting) -> dict[str, Any]:
    """A caption with the language that its text really is in."""
    lang = meeting.language if UNTRANSLATED in caption.flags else caption.lang
    return {
        "text": caption.text,
        "lang": lang,
        "rev": caption.rev,
        "tag": caption.lang,
        "flags": caption.flags,
    }
