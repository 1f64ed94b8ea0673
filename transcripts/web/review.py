"""The review room: an interpreter corrects and approves what was recognised and translated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from aiohttp import web

from core.errors import Conflict, NotFound
from core.web import render, require
from transcripts.keeping import PIECE, wav_bytes
from transcripts.model import HUMAN_CHECKED, UNTRANSLATED, Meeting, Segment
from transcripts.recogniser import RATE
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
    learnt: bool = False  # the next translation of the same words uses it
    conflict: str | None = None  # the text that somebody else stored meanwhile


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One segment in the room."""

    seq: int
    start: float
    end: float
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
            web.get("/review/{meeting}/sound.wav", self.sound),
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
        rev = number_of(form.get("rev"), "rev")
        service = self._site.service
        try:
            if "withdraw" in form:
                await service.withdraw(meeting.id, seq=seq, lang=lang, rev=rev, account=here)
            else:
                await service.correct(meeting.id, seq=seq, lang=lang, text=text, rev=rev, account=here)
        except Conflict:
            return await self._page(request, meeting, typed={(seq, lang): text}, status=409)
        raise web.HTTPSeeOther(f"{request.path_qs}#s{seq}")

    async def sound(self, request: web.Request) -> web.StreamResponse:
        """The kept sound, in ranges of bytes (RFC 9110, 14), so that a player can jump anywhere."""
        require(request, "interpreter", "staff")
        meeting = await self._site.meeting(request)
        keeper = self._site.keeper
        samples = await keeper.samples(meeting.id) if keeper is not None else 0
        if keeper is None or not samples:
            raise NotFound("The sound of this meeting is not kept.")
        size = wav_bytes(samples)
        partial = request.headers.get("Range", "").startswith("bytes=")
        start, stop = _range(request, size) if partial else (0, size)
        response = web.StreamResponse(
            status=206 if partial else 200,
            headers={
                "Content-Type": "audio/wav",
                "Content-Length": str(stop - start),
                "Accept-Ranges": "bytes",
                "Cache-Control": "private, no-store",
                **({"Content-Range": f"bytes {start}-{stop - 1}/{size}"} if partial else {}),
            },
        )
        await response.prepare(request)
        if request.method == "GET":
            for at in range(start, stop, PIECE):
                await response.write(await keeper.wav(meeting.id, samples, at, min(at + PIECE, stop)))
        await response.write_eof()
        return response

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
        segments = await self._site.service.segments(meeting.id)
        page = self._page_number(request, segments)
        stored, position = await self._site.service.transcript(
            meeting.id, list(dict.fromkeys((*meeting.spoken, target)))
        )
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
            rows=_with_typed(self._rows(meeting, shown, known, target), typed or {}),
            position=position,
            sound_s=await self._sound_s(meeting),
            trouble=await self._site.service.audio_trouble(meeting.id),
            page=page,
            pages=max(1, -(-len(segments) // size)),
        )

    async def _sound_s(self, meeting: Meeting) -> float:
        """How many seconds of sound are kept; 0: none."""
        keeper = self._site.keeper
        return await keeper.samples(meeting.id) / RATE if keeper is not None else 0.0

    def _page_number(self, request: web.Request, segments: Sequence[Segment]) -> int:
        """The page asked for, or the one that has the segment `?at=`."""
        if "at" in request.query:
            seq = number_of(request.query["at"], "at")
            return (
                max(0, sum(segment.seq < seq for segment in segments)) // self._site.options.review_rows + 1
            )
        return number_of(request.query.get("page", "1"), "page") or 1

    def _rows(
        self,
        meeting: Meeting,
        segments: Sequence[Segment],
        known: Mapping[tuple[int, str], StoredCaption],
        target: str,
    ) -> list[Row]:
        return [self._row(meeting, segment, known, target) for segment in segments]

    def _row(
        self,
        meeting: Meeting,
        segment: Segment,
        known: Mapping[tuple[int, str], StoredCaption],
        target: str,
    ) -> Row:
        source = known[segment.seq, segment.language]
        doubtful = [word.text for word in segment.words if word.probability < DOUBTFUL]
        return Row(
            seq=segment.seq,
            start=segment.start,
            end=segment.end,
            doubtful=tuple(doubtful) if source.caption.origin == "speech" else (),
            source=_cell(source, segment.language, source.spoken_rev),
            target=self._target(source, known.get((segment.seq, target)), target),
        )

    def _target(self, source: StoredCaption, stored: StoredCaption | None, target: str) -> Cell | None:
        if target == source.caption.lang:
            return None
        cell = _cell(stored, target, source.spoken_rev)
        learnt = stored is not None and self._site.service.is_used(source.caption, stored.caption)
        return replace(cell, learnt=learnt)


def _range(request: web.Request, size: int) -> tuple[int, int]:
    """Which bytes are asked for; all where it is not clear. Raises HTTPRequestRangeNotSatisfiable."""
    try:
        wanted = request.http_range
    except ValueError:
        return 0, size
    start, stop, _ = wanted.indices(size)
    if start >= stop:
        raise web.HTTPRequestRangeNotSatisfiable(headers={"Content-Range": f"bytes */{size}"})
    return start, stop


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
