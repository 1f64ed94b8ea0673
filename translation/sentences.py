"""One sentence through one route: human phrase, or facts and terms protected, decoded, restored, checked, and tried
again where a check fails."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from translation.confidence import Evidence, HopEvidence, estimate
from translation.engine import Output, Pair
from translation.facts import Check, check, find, mentions
from translation.facts.clauses import Clause
from translation.facts.protection import last_resort, protect
from translation.facts.template import Template, template_of
from translation.glossary.model import GlossaryCheck, TermUse
from translation.glossary.service import Glossary
from translation.guards import FLAGS, SURE, examine, is_readable
from translation.memory import Memory
from translation.model import Fact, Lane
from translation.phrases import find_phrase
from translation.routes import Candidate, Quality, Route
from translation.tries import (
    CLAUSE,
    WHOLE,
    Attempt,
    Step,
    Try,
    append_facts,
    append_terms,
    as_it_is,
    cut,
    fact_wave,
    has_letters,
    join_clauses,
    judge,
    labelled,
    last_wave,
    term_wave,
    without_engine,
    wording_waves,
)
from translation.wording import tidy


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How many decodes beyond the first a sentence may take at each engine of its way. The last wave may go a few
    beyond: clauses are decoded together."""

    live: int = 2  # captions do not wait for more
    others: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A translated sentence and what is known about it."""

    text: str
    engines: tuple[str, ...]
    confidence: float
    flags: tuple[str, ...]
    kept: tuple[Fact, ...]
    lost: tuple[Fact, ...]
    terms_kept: tuple[TermUse, ...] = ()
    terms_lost: tuple[TermUse, ...] = ()


@dataclass(slots=True)
class _Way:
    """What happened to a sentence so far."""

    flags: set[str] = field(default_factory=set)
    hops: list[HopEvidence] = field(default_factory=list)
    tries: int = 0  # decodes beyond the first
    tried: set[tuple[str, Pair, bool]] = field(default_factory=set)
    examined: tuple[str, str, tuple[str, ...]] = (
        "",
        "",
        (),
    )  # texts of the last hop and the flags between them


class Decoder(Protocol):
    """What decodes a sentence: the queue in front of an engine."""

    def translate(
        self, sentence: str, pair: Pair, *, lane: Lane, careful: bool = False
    ) -> Coroutine[Any, Any, Output]:
        """One sentence in the other language; `careful` for a wider search."""
        ...


class SentenceTranslator:
    """Runs sentences over the queues of the engines."""

    def __init__(
        self,
        runners: Sequence[Decoder],
        quality: Quality,
        bulk_sentences: int,
        glossary: Glossary | None = None,
        memory: Memory | None = None,
        effort: Effort = Effort(),
    ) -> None:
        self._runners = runners
        self._memory = memory
        self._quality = quality
        self._bulk = asyncio.Semaphore(bulk_sentences)
        self._glossary = glossary
        self._effort = effort

    def human(self, text: str, source: str, target: str) -> Sentence | None:
        """What a person wrote for this text: an approved translation, or an everyday phrase."""
        if self._memory is not None and (match := self._memory.find(text, source, target)):
            return _written(text, match.text, source, target, "memory")
        if phrase := find_phrase(text, source, target):
            return _written(text, phrase, source, target, "phrases")
        return None

    async def translate(
        self, text: str, route: Route, lane: Lane, glossary: Glossary | None = None, *, asked: bool = False
    ) -> Sentence:
        """`text`, one sentence without white space at its ends, at the end of the route; with the words of
        `glossary` where it is given, in place of the usual one's. `asked` where `human` has been, in vain."""
        source, target = route.hops[0].pair[0], route.hops[-1].pair[1]
        if not asked and (human := self.human(text, source, target)):
            return human
        glossary = glossary or self._glossary
        if lane != "bulk":
            return await self._translate(text, route, lane, glossary)
        async with self._bulk:
            return await self._translate(text, route, lane, glossary)

    async def _translate(self, text: str, route: Route, lane: Lane, glossary: Glossary | None) -> Sentence:
        source, target = route.hops[0].pair[0], route.hops[-1].pair[1]
        uses = glossary.occurrences(text, source, target) if glossary else ()
        template = template_of(text, source, uses)
        if not is_readable(template.frame, source):
            return _left(text, source, target)
        way = _Way()
        for hop in route.hops:
            template = await self._hop(Step(template, hop.pair, target, glossary), hop, lane, way)
        result = tidy(template.text, text, target)
        terms = glossary.check(text, result, source, target) if glossary and uses else None
        return _checked(text, result, route, way, terms)

    async def _hop(self, step: Step, hop: Candidate, lane: Lane, way: _Way) -> Template:
        """The sentence in the next language; what had to be done to it goes into `way`."""
        target = step.pair[1]
        if not has_letters(step.template.frame):
            way.hops.append(self._evidence(hop, 0.0))
            return without_engine(step)
        if parts := labelled(step):
            done = await self._by_clauses(parts, step, hop, lane, way)
            way.tries -= 1  # one of them is the first
            if done.good:
                way.hops.append(self._evidence(hop, done.score))
                return done.restored.template
        first = Attempt(protect(step.template, step.pair, 0), step)
        output = await self._decode(first.protected.text, hop, lane)
        best = judge(first.protected, step, output)
        way.tried.add(first.key)
        way.examined = (first.protected.text, output.text, best.flags)
        if not best.good:
            best = await self._again(first, best, hop, lane, way)
        way.hops.append(self._evidence(hop, best.score))
        if best.leaking:
            way.tries += 1
            way.flags.add("fact_moved")
            output = await self._decode(last_resort(step.template, step.pair[0]), hop, lane)
            facts = [fact for slot in step.template.slots for fact in slot.facts]
            return append_facts(Template((output.text,)), facts, target)
        if best.swapped:
            way.flags.add("fact_order")
        if best.added:
            way.flags.add("fact_added")
        if missing := best.restored.missing:
            way.flags.add("fact_moved")
            return append_facts(best.restored.template, missing, target)
        return best.restored.template

    async def _again(self, first: Attempt, best: Try, hop: Candidate, lane: Lane, way: _Way) -> Try:
        """The best of the first try and of as many others as it takes."""
        until = way.tries + (self._effort.live if lane == "live" else self._effort.others)
        step = first.step
        if best.facts_wrong:
            for attempt in WHOLE:
                if best.facts_wrong and way.tries < until:
                    wave = fact_wave(step, attempt, terms=best.terms_wrong)
                    best = await self._wave(wave, best, hop, lane, way)
            if best.facts_wrong and way.tries < until and (parts := cut(step)):
                best = min(best, await self._by_clauses(parts, step, hop, lane, way), key=_rank)
            if best.facts_wrong and way.tries < until:
                best = await self._wave(fact_wave(step, 3, terms=best.terms_wrong), best, hop, lane, way)
            if best.facts_wrong and way.tries < until:
                best = await self._wave(last_wave(step), best, hop, lane, way)
            if best.terms_wrong and way.tries < until:
                best = await self._wave(term_wave(step), best, hop, lane, way)
            return best
        for wave in wording_waves(first, best):
            if not best.good and way.tries < until:
                best = await self._wave(wave, best, hop, lane, way)
        return best

    async def _wave(
        self, wave: Sequence[Attempt], best: Try | None, hop: Candidate, lane: Lane, way: _Way
    ) -> Try:
        """The best of what is known and of these attempts, with everything that the engine offers for them."""
        wave = [one for one in wave if best is None or one.key not in way.tried]
        way.tried |= {one.key for one in wave}
        way.tries += len(wave)
        outputs = await asyncio.gather(
            *(self._decode(one.protected.text, hop, lane, careful=one.careful) for one in wave)
        )
        offered = [
            judge(one.protected, one.step, each)
            for one, output in zip(wave, outputs, strict=True)
            for each in (output, *output.others)
        ]
        return min([best, *offered] if best is not None else offered, key=_rank)

    async def _by_clauses(
        self, parts: Sequence[tuple[Step, Clause]], whole: Step, hop: Candidate, lane: Lane, way: _Way
    ) -> Try:
        """The sentence clause by clause."""
        tries = await asyncio.gather(*(self._clause(step, hop, lane, way) for step, _ in parts))
        return join_clauses(parts, tries, whole)

    async def _clause(self, step: Step, hop: Candidate, lane: Lane, way: _Way) -> Try:
        """One clause, with stand-ins, until its facts are right."""
        if not has_letters(step.template.frame):
            return as_it_is(step)
        best = await self._wave(fact_wave(step, CLAUSE[0], terms=False), None, hop, lane, way)
        for attempt in CLAUSE[1:]:
            if best.facts_wrong or best.terms_wrong:
                wave = fact_wave(step, attempt, terms=best.terms_wrong)
                best = await self._wave(wave, best, hop, lane, way)
        return best

    def _decode(
        self, text: str, hop: Candidate, lane: Lane, *, careful: bool = False
    ) -> Coroutine[Any, Any, Output]:
        return self._runners[hop.index].translate(text, hop.pair, lane=lane, careful=careful)

    def _evidence(self, hop: Candidate, score: float | None) -> HopEvidence:
        return HopEvidence(
            engine=hop.engine,
            version=hop.version,
            pair=hop.pair,
            score=score,
            prior=self._quality.of(hop) / 100,
        )


def _rank(done: Try) -> tuple[float, ...]:
    return done.rank


def _written(text: str, result: str, source: str, target: str, by: str) -> Sentence:
    """Human text is right by itself; its facts are named all the same, for those who look at it."""
    kept = check(text, source, result, target).kept if find(text, source) else ()
    return Sentence(text=result, engines=(by,), confidence=1.0, flags=(), kept=kept, lost=())


def _left(text: str, source: str, target: str) -> Sentence:
    """No engine can read it, so that it stays as it is: a name, an abbreviation, or a text in another language."""
    flags = examine(text, text, source, target)
    return Sentence(
        text=tidy(text, text, target),
        engines=(),
        confidence=min((FLAGS[flag] for flag in flags), default=1.0),
        flags=flags,
        kept=find(text, source),
        lost=(),
    )


def _checked(text: str, result: str, route: Route, way: _Way, terms: GlossaryCheck | None) -> Sentence:
    """Compare the first and the last text of the way."""
    source, target = route.hops[0].pair[0], route.hops[-1].pair[1]
    facts = _facts(text, source, result, target, terms)
    raised = {*way.flags, *_wording_flags(text, result, source, target, way)}
    raised |= {"fact_lost"} if facts.lost else set()
    raised |= {"fact_added"} if facts.added else set()
    if terms:
        raised |= {"term_lost"} if terms.lost else set()
        raised |= {"term_forbidden"} if terms.forbidden else set()
        result = append_terms(result, terms.lost, target) if terms.lost else result
    confidence = estimate(
        Evidence(
            source=source,
            target=target,
            source_text=text,
            text=result,
            hops=tuple(way.hops),
            flags=tuple(raised),
            tries=way.tries,
            facts=len(facts.kept) + len(facts.lost),
        )
    )
    if confidence < SURE:
        raised.add("low_confidence")
    return Sentence(
        text=result,
        engines=tuple(dict.fromkeys(hop.engine for hop in route.hops)),
        confidence=confidence,
        flags=tuple(flag for flag in FLAGS if flag in raised) if raised else (),
        kept=facts.kept,
        lost=facts.lost,
        terms_kept=terms.kept if terms else (),
        terms_lost=terms.lost if terms else (),
    )


def _facts(text: str, source: str, result: str, target: str, terms: GlossaryCheck | None) -> Check:
    """What became of the facts. Those within a term came and went with it: 後期高齢者医療 is "medical care for those 75
    and over"."""
    if not find(text, source) and not mentions(result, target):
        return Check(kept=(), lost=(), added=())
    facts = check(text, source, result, target)
    if not terms or not (facts.lost or facts.added):
        return facts
    held = {
        fact for fact in facts.lost for use in terms.kept if use.start <= fact.start and fact.end <= use.end
    }
    return Check(
        kept=tuple(fact for fact in find(text, source) if fact in facts.kept or fact in held),
        lost=tuple(fact for fact in facts.lost if fact not in held),
        added=tuple(
            fact
            for fact in facts.added
            if not any(start <= fact.start and fact.end <= end for start, end in terms.spans)
        ),
    )


def _wording_flags(text: str, result: str, source: str, target: str, way: _Way) -> tuple[str, ...]:
    """The guards between the first and the last text; not twice where an engine's own output is the result."""
    written = find(result, target) if mentions(result, target) else ()
    texts = _bare(text, find(text, source)), _bare(result, written)
    if len(way.hops) == 1 and way.examined[:2] == texts:
        return way.examined[2]
    return examine(*texts, source, target)


def _bare(text: str, facts: Sequence[Fact]) -> str:
    """The text with addresses shortened: their letters say nothing about script or length."""
    for fact in reversed(facts):
        if fact.kind in ("url", "email"):
            text = f"{text[: fact.start]}1{text[fact.end :]}"
    return text
