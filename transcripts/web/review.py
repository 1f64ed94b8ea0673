"""The review room: an interpreter corrects and approves what was recognised and translated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from aiohttp import web

from core.errors import Conflict
from core.web import render, require
from transcripts.model import Meeting, Segment
from transcripts.service import HUMAN_CHECKED, UNTRANSLATED
from transcripts.store import StoredCaption
from transcripts.web.site import CaptionsSite, number_of

DOUBTFUL = 0.5  # a word recognised with a lower probability is marked


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One caption in the room. `rev` is 0 where nobody has written it yet."""

    lang: str
    text: str
    rev: int
    checked: bool
    untranslated: bool
    older: bool  # than the wording of the spoken text
    warnings: tuple[str, ...]  # other flags that the translation carries
    conflict: str | None = None  # the text that somebody else stored meanwhile


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One segment in the room."""

    seq: int
    start: float
    doubtful: tuple[str, ...]  # words that the recogniser was not sure of
    source: Cell
    target: Cell | None


class ReviewPages:
    """`/review` and `/review/{meeting}`."""

    def __init__(self, site: CaptionsSite) -> None:
        self._site = site

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/review", self.index),
            web.get("/review/{meeting}", self.show),
            web.post("/review/{meeting}", self.save),
        ]

    async def index(self, request: web.Request) -> web.Response:
        require(request, "interpreter")
        meetings = await self._site.service.meetings(states=("live", "ended"))
        return await render(request, "transcripts/reviews.html", meetings=meetings)

    async def show(self, request: web.Request) -> web.Response:
        require(request, "interpreter")
        return await self._page(request, await self._site.meeting(request))

    async def save(self, request: web.Request) -> web.Response:
        """Without scripts: one form for each caption."""
        here = require(request, "interpreter")
        meeting = await self._site.meeting(request)
        form = await request.post()
        seq, lang, text = (
            number_of(form.get("seq"), "seq"),
            str(form.get("lang", "")),
            str(form.get("text", "")),
        )
        try:
            await self._site.service.correct(
                meeting.id, seq=seq, lang=lang, text=text, rev=number_of(form.get("rev"), "rev"), account=here
            )
        except Conflict:
            return await self._page(request, meeting, typed={(seq, lang): text}, status=409)
        raise web.HTTPSeeOther(f"{request.path_qs}#s{seq}")

    async def _page(
        self,
        request: web.Request,
        meeting: Meeting,
        *,
        typed: Mapping[tuple[int, str], str] | None = None,
        status: int = 200,
    ) -> web.Response:
        others = meeting.languages[1:]
        target = request.query.get("lang") or (others[0] if others else meeting.language)
        self._site.service.check_languages(meeting, [target])
        page = number_of(request.query.get("page", "1"), "page") or 1
        segments = await self._site.service.segments(meeting.id)
        stored, position = await self._site.service.transcript(meeting.id, [meeting.language, target])
        size = self._site.options.review_rows
        shown = segments[(page - 1) * size : page * size]
        known = {(one.caption.seq, one.caption.lang): one for one in stored}
        return await render(
            request,
            "transcripts/review.html",
            status=status,
            meeting=meeting,
            target=target if target != meeting.language else None,
            others=others,
            rows=_with_typed(_rows(shown, known, meeting.language, target), typed or {}),
            position=position,
            page=page,
            pages=max(1, -(-len(segments) // size)),
        )


def _rows(
    segments: Sequence[Segment], known: Mapping[tuple[int, str], StoredCaption], spoken: str, target: str
) -> list[Row]:
    return [
        Row(
            seq=segment.seq,
            start=segment.start,
            doubtful=tuple(word.text for word in segment.words if word.probability < DOUBTFUL)
            if known[segment.seq, spoken].caption.origin == "speech"
            else (),
            source=_cell(known[segment.seq, spoken], spoken, known[segment.seq, spoken].spoken_rev),
            target=_cell(known.get((segment.seq, target)), target, known[segment.seq, spoken].spoken_rev)
            if target != spoken
            else None,
        )
        for segment in segments
    ]


def _cell(stored: StoredCaption | None, lang: str, spoken_rev: int) -> Cell:
    if stored is None:
        return Cell(lang=lang, text="", rev=0, checked=False, untranslated=False, older=False, warnings=())
    flags = stored.caption.flags
    return Cell(
        lang=lang,
        text=stored.caption.text,
        rev=stored.caption.rev,
        checked=HUMAN_CHECKED in flags,
        untranslated=UNTRANSLATED in flags,
        older=stored.spoken_rev < spoken_rev,
        warnings=tuple(flag for flag in flags if flag not in (HUMAN_CHECKED, UNTRANSLATED)),
    )


def _with_typed(rows: list[Row], typed: Mapping[tuple[int, str], str]) -> list[Row]:
    """The rows with texts that could not be saved in their fields, beside what somebody else had stored."""

    def keep(cell: Cell | None, seq: int) -> Cell | None:
        if cell is None or (seq, cell.lang) not in typed:
            return cell
        return replace(cell, text=typed[seq, cell.lang], conflict=cell.text)

    kept = [(row, keep(row.source, row.seq), keep(row.target, row.seq)) for row in rows]
    return [replace(row, source=source, target=target) for row, source, target in kept if source is not None]
