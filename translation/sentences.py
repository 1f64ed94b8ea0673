"""One sentence through one route: human phrase, or facts protected, decoded, restored, checked, and tried again
where a check fails."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from translation.batching import EngineRunner
from translation.engine import Output, Pair
from translation.facts import check, find, mentions
from translation.facts.checking import pair_up
from translation.facts.protection import Protected, Restored, last_resort, leaks, protect, restore
from translation.facts.template import Slot, Template, merge_ranges, template_of, write_slot
from translation.guards import FLAGS, SURE, confidence_of, examine
from translation.model import Fact, Lane
from translation.phrases import find_phrase
from translation.routes import Candidate, Quality, Route
from translation.wording import tidy

# Second tries with other stand-ins, decoded together.
ATTEMPTS = (1, 2, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A translated sentence and what is known about it."""

    text: str
    engines: tuple[str, ...]
    confidence: float
    flags: tuple[str, ...]
    kept: tuple[Fact, ...]
    lost: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class _Try:
    """One output of an engine, judged."""

    restored: Restored
    flags: tuple[str, ...]
    added: int  # facts that the source does not have
    leaking: bool  # a stand-in shows
    swapped: bool  # facts of one kind changed places
    score: float | None

    @property
    def rank(self) -> tuple[float, ...]:
        """Smaller is better."""
        badness = sum(1 - FLAGS[flag] for flag in self.flags)
        return (
            self.leaking,
            len(self.restored.missing) + self.added,
            self.swapped,
            badness,
            -(self.score or 0.0),
        )

    @property
    def good(self) -> bool:
        return not (self.restored.missing or self.leaking or self.added or self.swapped or self.flags)


class SentenceTranslator:
    """Runs sentences over the queues of the engines."""

    def __init__(self, runners: Sequence[EngineRunner], quality: Quality, bulk_sentences: int) -> None:
        self._runners = runners
        self._quality = quality
        self._bulk = asyncio.Semaphore(bulk_sentences)

    async def translate(self, text: str, route: Route, lane: Lane) -> Sentence:
        """`text`, one sentence without white space at its ends, at the end of the route."""
        if lane != "bulk":
            return await self._translate(text, route, lane)
        async with self._bulk:
            return await self._translate(text, route, lane)

    async def _translate(self, text: str, route: Route, lane: Lane) -> Sentence:
        source, target = route.tags[0], route.tags[-1]
        if phrase := find_phrase(text, source, target):
            return Sentence(text=phrase, engines=("phrases",), confidence=1.0, flags=(), kept=(), lost=())
        template = template_of(text, source)
        confidence = 1.0
        flags: set[str] = set()
        for hop in route.hops:
            template, hop_flags, hop_confidence = await self._hop(template, hop, lane)
            confidence *= hop_confidence
            flags |= hop_flags
        return _checked(text, tidy(template.text, text, target), route, confidence, flags)

    async def _hop(self, template: Template, hop: Candidate, lane: Lane) -> tuple[Template, set[str], float]:
        """The sentence in the next language, what had to be done to it, and the engine's confidence."""
        target = hop.pair[1]
        if not any(character.isalpha() for character in template.frame):
            return _without_engine(template, target), set(), 1.0
        first = protect(template, hop.pair, 0)
        best = _judge(first, template, await self._decode(first.text, hop, lane), hop.pair)
        if not best.good:
            others = await asyncio.gather(
                *(self._other(*other, hop, lane) for other in _second_tries(first, template, hop, best))
            )
            best = min([best, *(found for tries in others for found in tries)], key=lambda done: done.rank)
        confidence = confidence_of(best.score, self._quality.of(hop) / 100, ())
        missing = best.restored.missing
        if best.leaking:
            output = await self._decode(last_resort(template, hop.pair[0]), hop, lane)
            facts = [fact for slot in template.slots for fact in slot.facts]
            return _append(Template((output.text,)), facts, target), {"fact_moved"}, confidence
        flags = {"fact_order"} if best.swapped else set()
        if missing:
            return _append(best.restored.template, missing, target), flags | {"fact_moved"}, confidence
        return best.restored.template, flags, confidence

    async def _other(
        self, protected: Protected, template: Template, hop: Candidate, lane: Lane
    ) -> list[_Try]:
        """A second try, with everything that the engine offers for it."""
        output = await self._decode(protected.text, hop, lane, careful=True)
        return [_judge(protected, template, offered, hop.pair) for offered in (output, *output.others)]

    async def _decode(self, text: str, hop: Candidate, lane: Lane, *, careful: bool = False) -> Output:
        return await self._runners[hop.index].translate(text, hop.pair, lane=lane, careful=careful)


def _checked(text: str, result: str, route: Route, confidence: float, flags: set[str]) -> Sentence:
    """Compare the first and the last text of the way."""
    source, target = route.tags[0], route.tags[-1]
    facts = check(text, source, result, target)
    raised = {*flags, *examine(_bare(text, source), _bare(result, target), source, target)}
    raised |= {"fact_lost"} if facts.lost else set()
    raised |= {"fact_added"} if facts.added else set()
    for flag in raised:
        confidence *= FLAGS[flag]
    if confidence < SURE:
        raised.add("low_confidence")
    return Sentence(
        text=result,
        engines=tuple(dict.fromkeys(hop.engine for hop in route.hops)),
        confidence=confidence,
        flags=tuple(flag for flag in FLAGS if flag in raised),
        kept=facts.kept,
        lost=facts.lost,
    )


def _bare(text: str, language: str) -> str:
    """The text with addresses shortened: their letters say nothing about script or length."""
    for fact in reversed(find(text, language)):
        if fact.kind in ("url", "email"):
            text = f"{text[: fact.start]}1{text[fact.end :]}"
    return text


def _second_tries(
    first: Protected, template: Template, hop: Candidate, best: _Try
) -> list[tuple[Protected, Template]]:
    """What else to try: other stand-ins where a fact went wrong, a wider search and other punctuation where the
    wording did."""
    tries = [(first, template)]
    if best.restored.missing or best.leaking or best.added or best.swapped:
        trusted = {fact for slot in template.slots for fact in slot.facts} - set(best.restored.missing)
        merged = merge_ranges(template, hop.pair[0])
        for attempt in ATTEMPTS:
            tries.append((protect(template, hop.pair, attempt), template))
            if merged is not template:
                tries.append((protect(merged, hop.pair, attempt), merged))
        if trusted and best.restored.missing:
            tries.append((protect(template, hop.pair, 1, trusted), template))
    if best.flags:
        ended = first.text.endswith((".", "。", "!", "?", "！", "？"))
        ending = "。" if hop.pair[0] == "ja" else "."
        varied = first.text[:-1] if ended else first.text + ending
        tries.append((Protected(varied, first.marks), template))
    return tries


def _judge(protected: Protected, template: Template, output: Output, pair: Pair) -> _Try:
    restored = restore(output.text, protected, pair[1])
    return _Try(
        restored=restored,
        flags=examine(protected.text, output.text, *pair),
        added=_added(restored.template, template, pair),
        leaking=leaks(restored.template.frame, protected, pair[1]),
        swapped=_swapped(template, restored.template),
        score=output.score,
    )


def _added(restored: Template, template: Template, pair: Pair) -> int:
    """How many facts stand in the output that the source does not have."""
    strange = find(restored.frame, pair[1])
    return len(strange) - len(pair_up(strange, mentions(template.frame, pair[0])))


def _swapped(before: Template, after: Template) -> bool:
    """Do the times, dates or prices come in another order than they were said?

    "From 13:00 to 16:00" must not become "from 16:00 to 13:00"."""
    for kind in ("time", "date", "price"):
        orders = [
            [fact for slot in template.slots if slot.kind == kind for fact in slot.facts]
            for template in (before, after)
        ]
        left = [fact for fact in orders[0] if fact in orders[1]]
        if left != orders[1]:
            return True
    return False


def _without_engine(template: Template, target: str) -> Template:
    """A sentence of facts alone needs no model."""
    return Template(
        tuple(part if isinstance(part, str) else write_slot(part.facts, target) for part in template.parts)
    )


def _append(template: Template, facts: Sequence[Fact], target: str) -> Template:
    """The facts in brackets after the sentence."""
    opening, between, closing = ("（", "、", "）") if target == "ja" else (" (", ", ", ")")
    parts: list[str | Slot] = [*template.parts, opening]
    for index, fact in enumerate(facts):
        parts += [*([between] if index else []), write_slot((fact,), target)]
    return Template((*parts, closing))
