"""Judging what an engine said about a sentence, and what to try next. Pure: values in, values out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from translation.engine import Output, Pair
from translation.facts import find, mentions
from translation.facts.checking import pair_up
from translation.facts.protection import Protected, Restored, TermTry, leaks, protect, restore
from translation.facts.template import Slot, Template, TermSlot, merge_ranges, write_slot
from translation.glossary.model import TermUse
from translation.glossary.repair import repair
from translation.glossary.service import Glossary, once, plain
from translation.guards import FLAGS, examine
from translation.model import Fact

# Second tries with other stand-ins for facts, decoded together.
ATTEMPTS = (1, 2, 3)
# Second tries with words that stand in for terms. An engine that tells how sure it is has all of them to choose
# from; one that does not has the next ones only where the first failed.
TURNS = (0, 1, 2)
# How a lower score weighs against a missing term: better the term in brackets than a sentence that went astray
# for its sake.
DOUBT = 2.0


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
        added=_added(restored.template, step.template, step.pair),
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


def second_tries(first: Protected, step: Step, best: Try) -> list[list[tuple[Protected, Step]]]:
    """What else to try: other stand-ins where a fact went wrong, a wider search and other punctuation where the
    wording did, words that stand in for terms where one is missing. Each list only if the ones before gave
    nothing good."""
    tries = [(first, step)]
    if best.facts_wrong:
        tries += _fact_tries(step, best)
    if best.flags:
        ended = first.text.endswith((".", "。", "!", "?", "！", "？"))
        ending = "。" if step.pair[0] == "ja" else "."
        varied = first.text[:-1] if ended else first.text + ending
        tries.append((Protected(varied, first.marks), step))
    if not best.terms_wrong:
        return [tries]
    term_tries = _term_tries(step, best)
    if best.score is not None:
        return [tries + term_tries]
    return [[*(tries if best.facts_wrong or best.flags else []), term_tries[0]], term_tries[1:]]


def _fact_tries(step: Step, best: Try) -> list[tuple[Protected, Step]]:
    template, pair = step.template, step.pair
    merged = merge_ranges(template, pair[0])
    tries: list[tuple[Protected, Step]] = []
    for attempt in ATTEMPTS:
        tries.append((protect(template, pair, attempt), step))
        if merged is not template:
            tries.append((protect(merged, pair, attempt), Step(merged, pair, step.final, step.glossary)))
    trusted = {fact for slot in template.slots for fact in slot.facts} - set(best.restored.missing)
    if trusted and best.restored.missing:
        tries.append((protect(template, pair, 1, trusted), step))
    return tries


def _term_tries(step: Step, best: Try) -> list[tuple[Protected, Step]]:
    tries = [
        (protect(step.template, step.pair, 0, terms=TermTry(turn, step.preferred)), step) for turn in TURNS
    ]
    if best.facts_wrong:
        tries += [
            (protect(step.template, step.pair, attempt, terms=TermTry(attempt, step.preferred)), step)
            for attempt in ATTEMPTS
        ]
    return tries


def _added(restored: Template, template: Template, pair: Pair) -> int:
    """How many facts stand in the output that the source does not have."""
    frame = restored.frame
    if not mentions(frame, pair[1]):
        return 0
    strange = find(frame, pair[1])
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


def without_engine(step: Step) -> Template:
    """A sentence of facts and terms alone needs no model."""
    written: list[str | Slot | TermSlot] = []
    for part in step.template.parts:
        if isinstance(part, Slot):
            written.append(write_slot(part.facts, step.pair[1]))
        elif isinstance(part, TermSlot):
            written.append(TermSlot(part.use, step.preferred(part.use)))
        else:
            written.append(part)
    return Template(tuple(written))


def append_facts(template: Template, facts: Sequence[Fact], target: str) -> Template:
    """The facts in brackets after the sentence."""
    opening, between, closing = ("（", "、", "）") if target == "ja" else (" (", ", ", ")")
    parts: list[str | Slot | TermSlot] = [*template.parts, opening]
    for index, fact in enumerate(facts):
        parts += [*([between] if index else []), write_slot((fact,), target)]
    return Template((*parts, closing))


def append_terms(text: str, uses: Sequence[TermUse], target: str) -> str:
    """The terms in brackets after the sentence: what the source calls them, which helps at the counter, and the
    right name."""
    opening, colon, between, closing = ("（", "：", "、", "）") if target == "ja" else (" (", ": ", "; ", ")")
    return (
        text
        + opening
        + between.join(f"{use.wording}{colon}{plain(use.expected[0])}" for use in uses)
        + closing
    )
