"""Judging what an engine said about a sentence, and what to try next. Pure: values in, values out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from string import ascii_letters, digits

from translation.engine import Output, Pair
from translation.facts import find, mentions
from translation.facts.checking import unexplained
from translation.facts.clauses import Clause, clauses
from translation.facts.protection import Protected, Restored, TermTry, leaks, protect, restore
from translation.facts.template import Part, Slot, Template, TermSlot, group_facts, usual, write_slot
from translation.glossary.model import TermUse
from translation.glossary.repair import repair
from translation.glossary.service import Glossary, once, plain
from translation.guards import FLAGS, examine
from translation.model import Fact
from translation.wording import WIDE

# Stand-ins for facts, likeliest first: what to choose for the whole sentence, for one clause of it, and for the whole
# once more with a wider search.
WHOLE = (1, 2)
CLAUSE = (1, 2, 3, 0)
LAST = (1, 3, 4)
# Second tries with words that stand in for terms. An engine that tells how sure it is has all of them to choose
# from; one that does not has the next ones only where the first failed.
TURNS = (0, 1, 2)
# How a lower score weighs against a missing term: better the term in brackets than a sentence that went astray
# for its sake.
DOUBT = 8.0


@dataclass(frozen=True, slots=True)
class Step:
    """One hop for one sentence: what goes in, and by what the result is judged."""

    template: Template
    pair: Pair
    final: str  # the language in which the sentence ends; the terms are those of its readers
    glossary: Glossary | None

    @property
    def uses(self) -> tuple[TermUse, ...]:
        """The terms in it, each once."""
        return once([slot.use for slot in self.template.terms])

    def preferred(self, use: TermUse) -> str:
        """What to call a term after this hop. On the way through a language that has no name for it, its last
        name is used."""
        wordings = use.term.wordings.get(self.pair[1])
        return use.expected[0] if self.pair[1] == self.final or not wordings else plain(wordings[0])


@dataclass(frozen=True, slots=True)
class Try:
    """One output of an engine, judged."""

    restored: Restored
    flags: tuple[str, ...]
    added: int  # facts that the source does not have
    leaking: bool  # a stand-in shows
    swapped: bool  # facts of one kind changed places
    lost: tuple[TermUse, ...]  # terms that are not called by their names
    forbidden: int  # wordings that the glossary forbids
    score: float | None
    absent: tuple[TermUse, ...] = ()  # the lost ones, and those that may rightly be called something else
    named: tuple[tuple[int, int], ...] = ()  # where the output calls terms by their names
    doubt: float = 0.0  # how unsure the engine is, where other words are tried for terms

    @property
    def rank(self) -> tuple[float, ...]:
        """Smaller is better."""
        badness = sum(1 - FLAGS[flag] for flag in self.flags)
        badness += (
            DOUBT * self.doubt
            + len(self.lost) * (1 - FLAGS["term_lost"])
            + self.forbidden * (1 - FLAGS["term_forbidden"])
        )
        return (
            self.leaking,
            len(self.restored.missing) + self.added,
            self.swapped,
            badness,
            -(self.score or 0.0),
        )

    @property
    def facts_wrong(self) -> bool:
        """Is a fact missing, new, in another place, or a stand-in still there?"""
        return bool(self.restored.missing or self.leaking or self.added or self.swapped)

    @property
    def terms_wrong(self) -> bool:
        """Is a term missing or a forbidden wording there?"""
        return bool(self.lost or self.forbidden)

    @property
    def good(self) -> bool:
        """Nothing is known against it."""
        return not (self.facts_wrong or self.terms_wrong or self.flags)


def judge(protected: Protected, step: Step, output: Output) -> Try:
    """The output with its facts and terms put back, and what is wrong with it. Where terms are missing, the right
    ones are first put in the places of forbidden or similar wordings, if there are such."""
    found = _judged(protected, step, output)
    if step.glossary is None or not found.terms_wrong or found.leaking:
        return found
    forbidden = step.glossary.forbidden_in(output.text, step.pair[1], found.absent, found.named)
    absent = [(use, step.preferred(use)) for use in found.absent]
    text = repair(output.text, absent, forbidden, found.named, step.pair[1])
    if text == output.text:
        return found
    return min(found, _judged(protected, step, Output(text, output.score)), key=lambda done: done.rank)


def _judged(protected: Protected, step: Step, output: Output) -> Try:
    target = step.pair[1]
    flags = examine(protected.text, output.text, *step.pair)
    if not step.template.places and not mentions(output.text, target):
        return Try(Restored(Template((output.text,)), ()), flags, 0, False, False, (), 0, output.score)
    absent, forbidden, named = _terms(step, output.text)
    restored = restore(output.text, protected, target, named)
    there = {slot.use.rows for slot in restored.template.terms}
    return Try(
        restored=restored,
        flags=flags,
        added=_added(restored.template, step.template, step.pair) + _glued(restored.template),
        leaking=restored.leaking or leaks(restored.template.frame, protected, target),
        swapped=_swapped(step.template, restored.template),
        lost=tuple(use for use in absent if use.required and use.rows not in there),
        forbidden=forbidden,
        score=output.score,
        absent=tuple(use for use in absent if use.rows not in there),
        named=tuple((start, end) for start, end, _ in named),
        doubt=-(output.score or 0.0) if step.template.terms else 0.0,
    )


def _terms(step: Step, text: str) -> tuple[list[TermUse], int, list[tuple[int, int, TermSlot]]]:
    """The terms that an output does not call by their names, how many forbidden wordings it has, and where the
    others are."""
    uses = step.uses
    if step.glossary is None or not uses:
        return [], 0, []
    found = step.glossary.places(uses, text, step.pair[1])
    named = [
        (place.start, place.end, TermSlot(use, text[place.start : place.end]))
        for use, places in zip(uses, found, strict=True)
        for place in places
    ]
    allowed = [(start, end) for start, end, _ in named]
    return (
        [use for use, places in zip(uses, found, strict=True) if not places],
        len(step.glossary.forbidden_in(text, step.pair[1], uses, allowed)),
        named,
    )


@dataclass(frozen=True, slots=True)
class Attempt:
    """Something else to try: what goes in, by what to judge it, and how hard to search."""

    protected: Protected
    step: Step
    careful: bool = False

    @property
    def key(self) -> tuple[str, Pair, bool]:
        """What makes it another decode than those before."""
        return self.protected.text, self.step.pair, self.careful


def fact_wave(step: Step, attempt: int, *, terms: bool) -> tuple[Attempt, ...]:
    """The facts in their `attempt`-th stand-ins. Where `terms` are missing too, the same with words in their places is
    decoded beside it."""
    together = grouped(step)
    tries = [Attempt(protect(together.template, step.pair, attempt), together)]
    return (*tries, *term_wave(step, (attempt,))) if terms else tuple(tries)


def term_wave(step: Step, attempts: Sequence[int] = WHOLE) -> tuple[Attempt, ...]:
    """Stand-ins for facts and words in the places of terms."""
    together = grouped(step)
    return tuple(
        Attempt(
            protect(together.template, step.pair, attempt, TermTry(max(attempt - 1, 0), step.preferred)),
            together,
        )
        for attempt in attempts
    )


def last_wave(step: Step) -> tuple[Attempt, ...]:
    """A wider search, where nothing else helped."""
    together = grouped(step)
    return tuple(Attempt(protect(together.template, step.pair, attempt), together, True) for attempt in LAST)


def wording_waves(first: Attempt, best: Try) -> Iterator[tuple[Attempt, ...]]:
    """What to try where the facts are right, but the wording or a term is not: a wider search and other punctuation
    for the one, words that stand in for terms for the other."""
    step = first.step
    wave: list[Attempt] = []
    if best.flags:
        text = first.protected.text
        ended = text.endswith((".", "。", "!", "?", "！", "？"))
        ending = "。" if step.pair[0] == "ja" else "."
        varied = text[:-1] if ended else text + ending
        wave = [
            replace(first, careful=True),
            Attempt(Protected(varied, first.protected.marks), step, True),
        ]
    if not best.terms_wrong:
        yield tuple(wave)
        return
    turns = [
        Attempt(protect(step.template, step.pair, 0, TermTry(turn, step.preferred)), step) for turn in TURNS
    ]
    if best.score is not None:
        yield (*wave, *turns)
        return
    yield (*wave, turns[0])
    yield tuple(turns[1:])


def grouped(step: Step) -> Step:
    """The step with its facts in their usual formats, those that belong together as one."""
    source = step.pair[0]
    return replace(step, template=group_facts(usual(step.template, source), source))


def cut(step: Step) -> tuple[tuple[Step, Clause], ...]:
    """The clauses of a step, each as a step of its own; nothing where it has one only."""
    parts = clauses(grouped(step).template, step.pair[0])
    return tuple((replace(step, template=part.template), part) for part in parts) if len(parts) > 1 else ()


def labelled(step: Step) -> tuple[tuple[Step, Clause], ...]:
    """A label and its facts, as 受付時間：9:00～17:00, where only the label needs an engine; nothing for other
    sentences."""
    parts = cut(step) if step.template.slots else ()
    if len(parts) != 2 or not parts[0][1].colon or has_letters(parts[1][0].template.frame):
        return ()
    return parts if not parts[0][0].template.slots else ()


def has_letters(text: str) -> bool:
    """Is there anything that an engine could translate?"""
    return any(map(str.isalpha, text))


_STOP = re.compile(r"[.。!！?？]$")


def join_clauses(parts: Sequence[tuple[Step, Clause]], tries: Sequence[Try], whole: Step) -> Try:
    """The translated clauses as one try."""
    target = whole.pair[1]
    joined: list[Part] = []
    for at, ((_, clause), done) in enumerate(zip(parts, tries, strict=True)):
        made = list(done.restored.template.parts)
        if at < len(parts) - 1:
            joined += _linked(made, clause, target)
        else:
            joined += made
    template = Template(tuple(joined))
    return Try(
        restored=Restored(template, tuple(fact for done in tries for fact in done.restored.missing)),
        flags=examine(whole.template.text, template.text, *whole.pair),
        added=sum(done.added for done in tries),
        leaking=any(done.leaking for done in tries),
        swapped=_swapped(grouped(whole).template, template),
        lost=tuple(use for done in tries for use in done.lost),
        forbidden=sum(done.forbidden for done in tries),
        score=min((done.score for done in tries if done.score is not None), default=None),
        doubt=max(done.doubt for done in tries),
    )


def _linked(made: list[Part], clause: Clause, target: str) -> list[Part]:
    """A clause with what parts it from the next: its own full stop, or a comma."""
    wide = target in WIDE
    if made and isinstance(made[-1], str):
        made[-1] = made[-1].rstrip()
    text = Template(tuple(made)).text
    if clause.colon:
        if made and isinstance(made[-1], str):
            made[-1] = _STOP.sub("", made[-1])
        return [*made, "：" if wide else ": "]
    if _STOP.search(text):
        return [*made, "" if wide else " "]
    comma = ("、" if target == "ja" else "，") if wide else ", "
    return [*made, comma]


def _added(restored: Template, template: Template, pair: Pair) -> int:
    """How many facts stand in the output that the source does not have."""
    frame = restored.frame
    if not mentions(frame, pair[1]):
        return 0
    return len(unexplained(frame, find(frame, pair[1]), mentions(template.frame, pair[0])))


def _glued(restored: Template) -> int:
    """How many facts run into what stands beside them: 3 and 11月8日 must not become 311月8日, 11時 and 15時 not
    11時15時, nor an address "https://a.example's"."""
    found = 0
    for one, other in pairwise(restored.parts):
        if isinstance(one, Slot) or isinstance(other, Slot):
            ends, starts = _text(one)[-1:], _text(other)[:1]
            found += ends.isdecimal() and starts.isdecimal()
            found += isinstance(one, Slot) and isinstance(other, Slot) and one.kind == other.kind
            found += isinstance(one, Slot) and one.kind in ("url", "email") and starts in _IN_ADDRESSES
    return found


# What an address would swallow. It may end with a full stop.
_IN_ADDRESSES = frozenset("'/#=&_~-@+%" + ascii_letters + digits)


def _text(part: Part) -> str:
    return part if isinstance(part, str) else part.text


def _swapped(before: Template, after: Template) -> bool:
    """Do the times, dates or prices come in another order than they were said?

    "From 13:00 to 16:00" must not become "from 16:00 to 13:00"."""
    for kind in ("time", "date", "price"):
        orders = [
            [
                fact
                for slot in template.slots
                for fact in slot.facts
                if fact.kind == kind and not fact.value.startswith("w")
            ]
            for template in (before, after)
        ]
        left = [fact for fact in orders[0] if fact in orders[1]]
        if left != orders[1]:
            return True
    return False


def without_engine(step: Step) -> Template:
    """A sentence of facts and terms alone needs no model."""
    written: list[Part] = []
    for part in step.template.parts:
        if isinstance(part, Slot):
            written.append(write_slot(part.facts, step.pair[1]))
        elif isinstance(part, TermSlot):
            written.append(TermSlot(part.use, step.preferred(part.use)))
        else:
            written.append(part)
    return Template(tuple(written))


def as_it_is(step: Step) -> Try:
    """`without_engine` as a try."""
    return Try(Restored(without_engine(step), ()), (), 0, False, False, (), 0, 0.0)


def append_facts(template: Template, facts: Sequence[Fact], target: str) -> Template:
    """The facts in brackets after the sentence."""
    opening, between, closing = ("（", "、", "）") if target in WIDE else (" (", ", ", ")")
    parts: list[Part] = [*template.parts, opening]
    for index, fact in enumerate(facts):
        parts += [*([between] if index else []), write_slot((fact,), target)]
    return Template((*parts, closing))


def append_terms(text: str, uses: Sequence[TermUse], target: str) -> str:
    """The terms in brackets after the sentence: what the source calls them, which helps at the counter, and the
    right name."""
    opening, colon, between, closing = ("（", "：", "、", "）") if target in WIDE else (" (", ": ", "; ", ")")
    return (
        text
        + opening
        + between.join(f"{use.wording}{colon}{plain(use.expected[0])}" for use in uses)
        + closing
    )
