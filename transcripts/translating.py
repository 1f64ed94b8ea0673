"""Translating captions: one caption into one language, with the names and numbers as the meeting has called them.

`PartialTranslations` does the same with what is being said now, for meetings that want it: only with words that will
not change, only up to the end of a clause, with the last words of the translation held back, one text at a time for
each language, and not at all while translation is slow. Nothing of that is stored.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from core.clock import Clock
from core.errors import AppError, Busy
from core.log import get_logger
from core.metrics import counter
from core.tasks import Tasks
from transcripts.common import clean, shown_for
from transcripts.model import UNTRANSLATED, Meeting, Partial
from transcripts.naming import (
    Name,
    Rendering,
    meeting_glossary,
    nameless,
    numbers,
    read_names,
    used_name,
    used_numbers,
    with_known_numbers,
)
from transcripts.store import Draft, StoredCaption
from translation.glossary import Glossary
from translation.languages import language as served
from translation.model import Lane
from translation.service import Translator

log = get_logger(__name__)

UNTRANSLATED_COUNT = counter(
    "captions_untranslated", "Captions shown in the spoken language for want of a translation"
)
PARTIALS = counter("caption_partials_translated", "Translations of what was being said", ["result"])

GLOSSARIES = 64  # kept: one for each meeting that is live and each pair of its languages
FORGET_S = 60.0  # seconds without a partial after which a meeting is forgotten
PEOPLE = ("memory", "phrases")  # engines whose words people wrote
_CLAUSE_ENDS = re.compile(r"[,;:.!?…、，；：。！？][\"'”’」』）)]*(?=\s|$)|[、，；：。！？][」』）]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Translated:
    """A caption on its way into the store, and what it calls names and numbers for the first time."""

    draft: Draft
    learnt: tuple[Rendering, ...]


class CaptionTranslator:
    """Translates captions with the city's words and the meeting's names."""

    def __init__(self, translator: Translator, glossary: Glossary | None = None) -> None:
        self._translator = translator
        self.city = glossary
        self._glossaries: OrderedDict[tuple[object, ...], Glossary] = OrderedDict()

    async def caption(
        self,
        meeting: Meeting,
        spoken: StoredCaption,
        tag: str,
        known: Sequence[Rendering],
        *,
        lane: Lane = "live",
        last_try: bool = False,
    ) -> Translated:
        """The segment in `tag`; the spoken text where no translation can be made. `known` is what the meeting has
        called names and numbers so far.

        Raises Busy, and until `last_try` whatever else may pass.
        """
        source = spoken.caption
        text = ""
        flags: tuple[str, ...] = ()
        learnt: tuple[Rendering, ...] = ()
        try:
            text, flags, learnt = await self._translated(meeting, source.text, source.lang, tag, known, lane)
        except Exception as error:
            # Our own errors (no model, no route) stay as they are; anything else may pass, but not for ever.
            if not last_try and (isinstance(error, Busy) or not isinstance(error, AppError)):
                raise
            UNTRANSLATED_COUNT.inc()
            log.warning(
                "caption_untranslated", meeting=source.meeting_id, language=tag, kind=type(error).__name__
            )
        draft = Draft(
            meeting_id=source.meeting_id,
            seq=source.seq,
            lang=tag,
            text=text or source.text,
            start=source.start,
            end=source.end,
            origin="machine",
            flags=flags if text else (UNTRANSLATED,),
            spoken_rev=spoken.spoken_rev,
        )
        return Translated(draft=draft, learnt=learnt)

    async def partial(
        self, meeting: Meeting, text: str, source: str, tag: str, known: Sequence[Rendering]
    ) -> str:
        """What is being said, in `tag`. Raises whatever goes wrong."""
        made, _, _ = await self._translated(meeting, text, source, tag, known, "live")
        return made

    async def _translated(
        self, meeting: Meeting, text: str, source: str, tag: str, known: Sequence[Rendering], lane: Lane
    ) -> tuple[str, tuple[str, ...], tuple[Rendering, ...]]:
        names = read_names(meeting.names, meeting.languages)
        words = self._glossary(names, known, source, tag)
        made = await self._translator.translate(text, source=source, target=tag, lane=lane, glossary=words)
        result = clean(made.text)
        if made.engine in PEOPLE:
            return result, made.flags, ()
        result = with_known_numbers(result, tag, known)
        meant = {key for key, _ in numbers(text, source)}
        learnt = [one for one in used_numbers(result, tag) if one.source in meant]
        for said in nameless(text, names, known, source, tag):
            learnt += await self._first_use(said, result, source, tag)
        return result, made.flags, tuple(learnt)

    def _glossary(
        self, names: Sequence[Name], known: Iterable[Rendering], source: str, target: str
    ) -> Glossary | None:
        """Made anew only when the names or their renderings changed: that takes milliseconds."""
        used = tuple(one for one in known if one.kind == "name" and one.lang == target)
        if not names and not used and self.city is None:
            return None
        key = (source, target, used, tuple(tuple(sorted(name.wordings.items())) for name in names))
        made = self._glossaries.get(key)
        if made is None:
            made = self._glossaries[key] = meeting_glossary(self.city, names, used, source, target)
            if len(self._glossaries) > GLOSSARIES:
                self._glossaries.popitem(last=False)
        self._glossaries.move_to_end(key)
        return made

    async def _first_use(self, said: str, translated: str, source: str, tag: str) -> list[Rendering]:
        """What a translation called a name that nobody has given a wording for: the name as it is, or as it is
        translated by itself, if that stands there. Small models say all sorts of things for a name alone."""
        candidates = [said]
        try:
            alone = await self._translator.translate(said, source=source, target=tag)
            candidates.append(alone.text)
        except AppError:
            pass  # the name as it is must do
        used = used_name(said, candidates, translated, source, tag)
        return [used] if used else []


def clause(text: str) -> str:
    """The text up to the end of its last whole clause."""
    ends = [match.end() for match in _CLAUSE_ENDS.finditer(text)]
    return text[: ends[-1]].strip() if ends else ""


def held_back(text: str, tag: str, words: int) -> str:
    """The text without its last words (characters, where words are not spaced), which more speech may change."""
    if not served(tag).spaces:
        return text[: -words * 2] if len(text) > words * 2 else ""
    return " ".join(text.split()[:-words])


def kept_start(old: str, new: str, *, spaces: bool) -> int:
    """How many characters at the start of both are the same, up to the end of a word."""
    same = 0
    for one, other in zip(old, new, strict=False):
        if one != other:
            break
        same += 1
    if spaces and same < len(new) and same < len(old):
        same = new.rfind(" ", 0, same) + 1
    return same


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialOptions:
    """When what is being said is translated."""

    hidden_words: int = 2  # of a translation, at its end, that are held back
    least: int = 12  # characters of whole clauses before they are translated
    at_once: int = 4  # translations under way in this process, over all meetings
    look_s: float = 10.0  # seconds between looks at the plan of a meeting
    slow_s: float = 1.0  # a translation that took longer than this means that translation is behind …
    rest_s: float = 10.0  # … and that nothing is tried for so long


@dataclass(slots=True)
class _Shown:
    """What one language has been shown of the utterance that began at `start`."""

    start: float = -1.0
    source: str = ""
    text: str = ""
    working: bool = False


@dataclass(slots=True)
class _Live:
    """A meeting that is live: its plan and what it has called things, as they were at the last look."""

    meeting: Meeting | None = None
    known: Sequence[Rendering] = ()
    looked_at: float = -1e9  # monotonic seconds
    offered_at: float = 0.0
    shown: dict[str, _Shown] = field(default_factory=dict)


class PartialTranslations:
    """Shows what is being said in the languages that are read. `offer` never waits and never fails."""

    def __init__(
        self,
        *,
        translator: CaptionTranslator,
        look: Callable[[str], Awaitable[tuple[Meeting, Sequence[Rendering]]]],
        readers: Callable[[str], Mapping[str, int]],
        show: Callable[[str, Partial], None],
        clock: Clock,
        tasks: Tasks,
        options: PartialOptions | None = None,
    ) -> None:
        """`look(meeting)` gives the meeting as it is planned now and what it has called things; `readers(meeting)` how
        many read in each language; `show` hands a partial to them."""
        self._translator = translator
        self._look = look
        self._readers = readers
        self._show = show
        self._clock = clock
        self._tasks = tasks
        self._options = options or PartialOptions()
        self._meetings: dict[str, _Live] = {}
        self._working = 0
        self._rest_until = 0.0

    def offer(self, meeting_id: str, partial: Partial) -> None:
        """What is being said now. An empty text takes away what was shown."""
        now = self._clock.monotonic()
        live = self._live(meeting_id, now)
        if now - live.looked_at >= self._options.look_s:
            live.looked_at = now
            self._tasks.spawn("captions.partial_plan", self._look_again(meeting_id, live))
        if live.meeting is None or not live.meeting.partials:
            return
        if not partial.text:
            self._take_away(live.meeting, live, partial)
            return
        source = clause(partial.text[: partial.stable_chars])
        if len(source) >= self._options.least:
            self._begin(live.meeting, live, partial, source)

    def _live(self, meeting_id: str, now: float) -> _Live:
        live = self._meetings.get(meeting_id)
        if live is None:
            for other in [key for key, one in self._meetings.items() if now - one.offered_at > FORGET_S]:
                del self._meetings[other]
            live = self._meetings[meeting_id] = _Live()
        live.offered_at = now
        return live

    async def _look_again(self, meeting_id: str, live: _Live) -> None:
        try:
            live.meeting, live.known = await self._look(meeting_id)
        except AppError:
            live.meeting = None

    def _begin(self, meeting: Meeting, live: _Live, partial: Partial, source: str) -> None:
        """Translate into every language that is read and has nothing under way."""
        for tag in self._wanted(meeting, partial.language):
            shown = live.shown.setdefault(tag, _Shown())
            if shown.working or (shown.start, shown.source) == (partial.start, source):
                continue
            if self._working >= self._options.at_once or self._clock.monotonic() < self._rest_until:
                PARTIALS.labels("left_out").inc()
                continue
            if shown.start != partial.start:
                shown.text = ""
            shown.start, shown.source, shown.working = partial.start, source, True
            self._working += 1
            work = self._translate(meeting, live.known, shown, partial, tag)
            self._tasks.spawn("captions.partial", work)

    def _wanted(self, meeting: Meeting, spoken: str) -> list[str]:
        chosen = self._readers(meeting.id)
        served_by = dict.fromkeys(shown_for(tag)[-1] for tag in chosen if tag in meeting.languages)
        return [tag for tag in served_by if tag != spoken]

    def _take_away(self, meeting: Meeting, live: _Live, partial: Partial) -> None:
        for tag, shown in live.shown.items():
            shown.start, shown.source = -1.0, ""
            if shown.text:
                shown.text = ""
                self._show(meeting.id, Partial(start=partial.start, text="", stable_chars=0, language=tag))

    async def _translate(
        self,
        meeting: Meeting,
        known: Sequence[Rendering],
        shown: _Shown,
        partial: Partial,
        tag: str,
    ) -> None:
        source, begun = shown.source, self._clock.monotonic()
        try:
            made = await self._translator.partial(meeting, source, partial.language, tag, known)
        except Exception as error:
            PARTIALS.labels("failed").inc()
            log.info("partial_untranslated", language=tag, kind=type(error).__name__)
            self._rest_until = self._clock.monotonic() + self._options.rest_s
            return
        finally:
            shown.working = False
            self._working -= 1
        if self._clock.monotonic() - begun > self._options.slow_s:
            self._rest_until = self._clock.monotonic() + self._options.rest_s
        text = held_back(made, tag, self._options.hidden_words)
        if (shown.start, shown.source) != (partial.start, source) or not text:
            return  # it has been committed meanwhile
        stable = kept_start(shown.text, text, spaces=served(tag).spaces)
        shown.text = text
        PARTIALS.labels("shown").inc()
        self._show(meeting.id, Partial(start=partial.start, text=text, stable_chars=stable, language=tag))
