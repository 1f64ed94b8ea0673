"""The page on which captions are read: on a phone, on the screen of a hall, over a video. And what leads there."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import segno
from aiohttp import web

from core.errors import InvalidInput
from core.web import account, render
from core.web.pages import LANGUAGE_COOKIE, PAGE_LANGUAGES, PAGES
from core.words import Words
from transcripts.model import Caption, Meeting
from transcripts.phrases import phrases
from transcripts.service import prefer, shown_for
from transcripts.web.site import CaptionsSite, preferred_language
from translation.languages import language

CHOICE_COOKIE = "caption_languages"  # the languages in which somebody read last: first, second
YEAR_S = 365 * 86400
RENEW_S = 10  # seconds after which a page without scripts looks again
OVERLAY_LINES = range(1, 7)
OVERLAY_SIZES = range(16, 201)  # pixels
OVERLAY_CHOICES = {  # the first of each is what is meant without a word
    "outline": ("thin", "thick", "box", "none"),
    "place": ("bottom", "middle", "top"),
    "align": ("start", "center", "end"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """How captions lie over a video (docs/viewers.md)."""

    lines: int = 2
    size: int | None = None  # pixels; None: as fits the window
    seconds: int = 0  # after which a caption goes away; 0: it stays until the next
    outline: str = "thin"
    place: str = "bottom"
    align: str = "start"


class ViewerPages:
    """`/meetings/{meeting}` and what hangs on it."""

    def __init__(self, site: CaptionsSite) -> None:
        self._site = site

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/meetings/{meeting}", self.show),
            web.get("/meetings/{meeting}/qr.svg", self.qr),
            web.get("/meetings/{meeting}/poster", self.poster),
        ]

    async def show(self, request: web.Request) -> web.Response:
        meeting = await self._site.meeting(request)
        chosen, second = _languages(request, meeting)
        self._site.service.check_languages(meeting, [chosen, second] if second else [chosen])
        captions, position = await self._captions(meeting, chosen, second)
        overlay = _overlay(request.query) if request.query.get("overlay") == "1" else None
        spoken_to, tell = reader_words(request, chosen)
        page = await render(
            request,
            "transcripts/viewer.html",
            page_language=spoken_to,
            staff_language=staff_language(request, chosen),
            t=tell,
            meeting=meeting,
            chosen=chosen,
            second=second,
            shown=shown_for(chosen),
            shown_second=shown_for(second) if second else (),
            captions=captions,
            position=position,
            overlay=overlay,
            hall=overlay is None and request.query.get("screen") == "1",
            renew_s=RENEW_S,
            address=self._address(request, meeting),
            invitations=_invitations(meeting),
            may_send=account(request) is not None,
        )
        if "lang" in request.query and overlay is None:
            page.set_cookie(
                CHOICE_COOKIE, f"{chosen}.{second}", max_age=YEAR_S, samesite="Lax", httponly=True
            )
        return page

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
                row[name] = _line(found.caption)
        return [rows[seq] for seq in sorted(rows)], position

    async def qr(self, request: web.Request) -> web.Response:
        meeting = await self._site.meeting(request)
        code = segno.make(self._address(request, meeting), error="m")
        svg = io.BytesIO()
        code.save(svg, kind="svg", scale=4, border=4, dark="#000", light="#fff", xmldecl=False, omitsize=True)
        return web.Response(
            body=svg.getvalue(), content_type="image/svg+xml", headers={"Cache-Control": "max-age=3600"}
        )

    async def poster(self, request: web.Request) -> web.Response:
        """One sheet to print that says how to read along."""
        meeting = await self._site.meeting(request)
        return await render(
            request,
            "transcripts/poster.html",
            meeting=meeting,
            address=self._address(request, meeting),
            invitations=_invitations(meeting),
        )

    def _address(self, request: web.Request, meeting: Meeting) -> str:
        return self._site.address(request, f"/meetings/{meeting.id}")


def _languages(request: web.Request, meeting: Meeting) -> tuple[str, str]:
    """The language to read in and a second one or "": as asked for, as last time, as the browser says."""
    kept, _, kept_second = request.cookies.get(CHOICE_COOKIE, "").partition(".")
    chosen, second = request.query.get("lang"), request.query.get("second")
    if chosen is None and kept in meeting.languages:
        chosen = kept
        if second is None and kept_second in meeting.languages:
            second = kept_second
    chosen = chosen or preferred_language(request, meeting)
    return chosen, "" if second is None or second == chosen else second


def staff_language(request: web.Request, chosen: str) -> str:
    """The page language for what is not written for every reader: as chosen for pages, else what is nearer."""
    for wanted in (request.query.get("ui"), request.cookies.get(LANGUAGE_COOKIE)):
        if wanted in PAGE_LANGUAGES:
            return wanted
    return "ja" if language(chosen).model_tag == "ja" else "en"


def reader_words(request: web.Request, chosen: str) -> tuple[str, Callable[..., str]]:
    """The language in which the page speaks to a reader of `chosen`, and its words.

    It is the reader's own where there are words in it, unless `?ui=` asks for another.
    """
    pages, own, staff = request.app[PAGES].words, _reader_words(), staff_language(request, chosen)
    asked = request.query.get("ui") in PAGE_LANGUAGES
    spoken_to = chosen if chosen in own.languages and not asked else staff

    def tell(key: str, /, **values: object) -> str:
        return (
            own.get(spoken_to, key, **values)
            if key in own.keys(spoken_to)
            else pages.get(staff, key, **values)
        )

    return spoken_to, tell


@functools.cache
def _reader_words() -> Words:
    """What readers are told in languages that other pages do not have."""
    return Words(Path(str(resources.files("transcripts") / "words" / "reader")))


@functools.cache
def _page_words() -> Words:
    return Words(Path(str(resources.files("transcripts") / "words")))


def _invitations(meeting: Meeting) -> list[dict[str, str]]:
    """How to read along, in every language of the meeting that there are words in."""
    found = []
    for tag in meeting.languages:
        words = _reader_words() if tag in _reader_words().languages else _page_words()
        if tag in words.languages:
            join, hint = words.get(tag, "captions.join"), words.get(tag, "captions.join_hint")
            found.append({"tag": tag, "join": join, "hint": hint})
    return found


def _overlay(query: Mapping[str, str]) -> Overlay:
    """How the address wants the overlay. Raises InvalidInput with what may be written."""
    chosen = {name: query.get(name, choices[0]) for name, choices in OVERLAY_CHOICES.items()}
    for name, choices in OVERLAY_CHOICES.items():
        if chosen[name] not in choices:
            raise InvalidInput(f"“{name}” must be one of {', '.join(choices)}.")
    return Overlay(
        lines=_number(query, "lines", OVERLAY_LINES, 2),
        size=_number(query, "size", OVERLAY_SIZES, 0) or None,
        seconds=_number(query, "seconds", range(3601), 0),
        **chosen,
    )


def _number(query: Mapping[str, str], name: str, allowed: range, usual: int) -> int:
    text = query.get(name)
    if text is None:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) < 6 and int(text) in allowed):
        raise InvalidInput(f"“{name}” must be a whole number from {allowed[0]} to {allowed[-1]}.")
    return int(text)


def _line(caption: Caption) -> dict[str, Any]:
    """A caption with the language that its text really is in."""
    lang = caption.written_in
    return {
        "text": caption.text,
        "parts": phrases(caption.text, lang),
        "lang": lang,
        "rev": caption.rev,
        "tag": caption.lang,
        "flags": caption.flags,
    }
