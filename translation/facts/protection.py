"""Getting facts, and terms of the glossary, through a model that would spoil them.

A fact goes in as itself, or as a stand-in that the model knows well; what comes out is searched for it, and the fact
is put back in the target's own format. So it is with terms.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import TypeVar

from translation.engine import Pair
from translation.facts.checking import pair_up
from translation.facts.finding import mentions
from translation.facts.template import Part, Slot, Template, TermSlot, cut_out, write_slot
from translation.facts.vocabulary import vocabulary
from translation.facts.writing import write
from translation.glossary.model import TermUse
from translation.glossary.standins import StandIn, choose, spots
from translation.model import Fact
from translation.wording import WIDE

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIns:
    """The table in data/standins.toml."""

    hard: frozenset[str]
    literals: Mapping[str, Mapping[str, Sequence[Sequence[str]]]]
    values: Mapping[str, Mapping[str, Sequence[str]]]
    words: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Mark:
    """How to recognise a slot in the output: by a literal, or by facts of the same value."""

    slot: Slot
    literal: str | None
    like: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class TermMark:
    """A term that another word stands in for."""

    slot: TermSlot
    stand_in: StandIn
    preferred: str  # what it is called in the target


@dataclass(frozen=True, slots=True)
class Protected:
    """A sentence to translate, and how to find its facts and terms again."""

    text: str
    marks: tuple[Mark, ...]
    terms: tuple[TermMark, ...] = ()


@dataclass(frozen=True, slots=True)
class Restored:
    """A translated sentence with the slots that came through; the facts of `missing` did not. `leaking` where a
    word that stands in for a term is not there exactly once."""

    template: Template
    missing: tuple[Fact, ...]
    leaking: bool = False


@dataclass(frozen=True, slots=True)
class TermTry:
    """Words to stand in for the terms of a sentence: which choice of them, and what each term is called in the
    target."""

    turn: int
    preferred: Callable[[TermUse], str]


@functools.cache
def stand_ins() -> StandIns:
    """The table that ships with the project."""
    table = tomllib.loads((resources.files("translation") / "data" / "standins.toml").read_text("utf-8"))
    return StandIns(
        hard=frozenset(table["hard"]),
        literals=table["literals"],
        values=table["values"],
        words=table["words"],
    )


def protect(
    template: Template,
    pair: Pair,
    attempt: int,
    terms: TermTry | None = None,
) -> Protected:
    """The sentence for an engine. Attempt 0 hands over what engines can be trusted with as it is; from attempt 1
    on, every fact has a stand-in, another one each time. Terms go in as they are without `terms`."""
    if not template.places:
        return Protected(template.text, ())
    chooser = _Chooser(template, pair, attempt)
    marks: list[Mark] = []
    term_marks: list[TermMark] = []
    forms: list[str] = []
    for place in template.places:
        if isinstance(place, TermSlot):
            form, term_mark = chooser.term(place, terms)
            term_marks += [term_mark] if term_mark else []
        else:
            form, mark = chooser.fact(place, attempt == 0 and place.kind not in chooser.table.hard)
            marks.append(mark)
        forms.append(form)
    return Protected(template.replaced(forms), tuple(marks), tuple(term_marks))


class _Chooser:
    """Hands out stand-ins that are not in the sentence yet."""

    def __init__(self, template: Template, pair: Pair, attempt: int) -> None:
        self.table = stand_ins()
        self._pair = pair
        self._text = template.text
        self._shift = max(attempt - 1, 0)
        joined = "-".join(pair)
        self._literals = self.table.literals.get(joined, self.table.literals["default"])
        self._values = self.table.values.get(joined, self.table.values["default"])
        self._frame = template.frame
        self._used = {fact.value for slot in template.slots for fact in slot.facts} if attempt == 0 else set()

    def fact(self, slot: Slot, trusted: bool) -> tuple[str, Mark]:
        """What goes in for a fact, and how to find it."""
        if trusted and len(slot.facts) == 1:
            return slot.text, Mark(slot, None, slot.facts)
        return self.literal(slot) if slot.kind in self.table.hard else self.value(slot)

    def term(self, slot: TermSlot, terms: TermTry | None) -> tuple[str, TermMark | None]:
        """What goes in for a term; the term itself where no stand-in is wanted or left."""
        if terms is None:
            return slot.text, None
        preferred = terms.preferred(slot.use)
        stand_in = choose(slot.text, preferred, self._pair, terms.turn, self._text)
        if stand_in is None:
            return slot.text, None
        self._text += f" {stand_in.given}"
        return stand_in.given, TermMark(slot, stand_in, preferred)

    def literal(self, slot: Slot) -> tuple[str, Mark]:
        """A stand-in that is looked for as it is; the fact itself where all are used up."""
        for given, expected in _turned(self._literals[slot.kind], self._shift):
            if given not in self._used and given not in self._frame:
                self._used.add(given)
                return given, Mark(slot, expected, slot.facts)
        return slot.text, Mark(slot, None, slot.facts)

    def value(self, slot: Slot) -> tuple[str, Mark]:
        """An easy fact of the same kind, recognised by its value; the fact itself where all are used up."""
        percent = slot.facts[0].value.endswith("%")
        values = self._values["percent" if percent else slot.kind]
        for value in _turned(values, self._shift):
            if value not in self._used and value != slot.facts[0].value:
                self._used.add(value)
                like = Fact(kind=slot.facts[0].kind, text=value, value=value, start=0, end=0)
                return write(like, self._pair[0]), Mark(slot, None, (like,))
        return slot.text, Mark(slot, None, slot.facts)


def _turned(values: Sequence[T], by: int) -> list[T]:
    by %= len(values)
    return [*values[by:], *values[:by]]


def restore(
    output: str, protected: Protected, target: str, found_terms: Sequence[tuple[int, int, TermSlot]] = ()
) -> Restored:
    """Find the facts and the terms in the output of the engine and put them back, in the formats of the target
    language. `found_terms` are the places of those that the engine called by their names."""
    spans: list[tuple[int, int, Part]] = []
    leaking = False
    for term in protected.terms:
        places = spots(output, term.stand_in, term.preferred, target)
        leaking |= len(places) != 1
        for spot in places[:1]:
            spans += [(spot.lead, spot.start, spot.article)] if spot.lead < spot.start else []
            spans.append((spot.start, spot.end, TermSlot(term.slot.use, spot.wording)))
    for named in found_terms:
        if not _overlaps(named[0], named[1], spans):
            spans.append(named)
    missing: list[Fact] = []
    by_value = [mark for mark in protected.marks if mark.literal is None]
    for mark in protected.marks:
        if mark.literal is None:
            continue
        matches = list(re.finditer(rf"(?<![A-Za-z0-9]){re.escape(mark.literal)}(?![A-Za-z0-9])", output))
        if len(matches) == 1 and not _overlaps(*matches[0].span(), spans):
            spans.append((*matches[0].span(), write_slot(mark.slot.facts, target)))
        else:
            missing += mark.slot.facts
    found = [fact for fact in mentions(output, target) if not _overlaps(fact.start, fact.end, spans)]
    pairs = pair_up([mark.like[0] for mark in by_value], found)
    for index, mark in enumerate(by_value):
        if index in pairs:
            place = found[pairs[index]]
            spans.append((place.start, place.end, _rewritten(mark, place, target)))
        else:
            missing += mark.slot.facts
    return Restored(cut_out(output, spans), tuple(missing), leaking)


def leaks(frame: str, protected: Protected, target: str) -> bool:
    """Does a stand-in still show in the frame of the output, as it is or as a fact of its value?"""
    if any(mark.literal is not None and mark.literal in frame for mark in protected.marks):
        return True
    strange = {mark.like[0].value for mark in protected.marks if mark.like != mark.slot.facts}
    return any(fact.value in strange for fact in mentions(frame, target))


def _overlaps(start: int, end: int, spans: Sequence[tuple[int, int, Part]]) -> bool:
    return any(start < other_end and other_start < end for other_start, other_end, _ in spans)


def _rewritten(mark: Mark, place: Fact, target: str) -> Slot:
    """The fact for its place. An engine's own wording stays where it says the fact itself as readers expect it, in
    words above all; formats of other countries and stand-ins are replaced. Ordinals stay ordinals."""
    facts = mark.slot.facts
    if mark.like == facts and _stays(facts[0], place, target):
        return Slot(facts, place.text)
    if facts[0].kind == "number" and len(facts) == 1 and (ordinal := _ordinal(facts[0], place.text, target)):
        return Slot(facts, ordinal)
    return write_slot(facts, target)


def _stays(fact: Fact, place: Fact, target: str) -> bool:
    """Does this wording of the fact itself stay?"""
    if fact.value.startswith("w"):
        return True  # "Mondays", "terças-feiras"
    said = place.text
    if said.startswith("午前") and fact.kind == "time":
        return True  # the same hours as in 24; 午後 has others
    if any(character.isdecimal() for character in said):
        return bool(_ORDINAL.fullmatch(said) or (target in WIDE and _IN_MYRIADS.fullmatch(said)))
    if fact.value != place.value:
        return False
    if fact.kind == "time":
        return not any(map(str.isnumeric, said)) and fact.value in ("12:00", "00:00")  # noon, 正午
    return fact.kind == "number" and (target not in WIDE or bool(_SMALL_IN_KANJI.fullmatch(said)))


# 45万円, 125億円.
_IN_MYRIADS = re.compile(r"(?:[0-9,]+[億万])+円?")
# Larger numbers are easier to read in figures, and 七七七千 is none.
_SMALL_IN_KANJI = re.compile("[二三四五六七八九]?十?[一二三四五六七八九]?")
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th|[ºª°])")


def _ordinal(fact: Fact, replaced: str, target: str) -> str | None:
    """The number as an ordinal, in figures, where one stood in for it; None where none did."""
    said = replaced.casefold()
    words = "|".join(filter(None, vocabulary(target).ordinals))
    if not _ORDINAL.fullmatch(said) and not (words and re.fullmatch(words, said)):
        return None
    if target == "en":
        return write(fact, target) + _english_suffix(fact.value)
    return write(fact, target) + ("º" if target in _RAISED_O else "")


_RAISED_O = frozenset({"pt-BR", "es"})


def _english_suffix(number: str) -> str:
    if number[-2:] in ("11", "12", "13"):
        return "th"
    return {"1": "st", "2": "nd", "3": "rd"}.get(number[-1:], "th")


def last_resort(template: Template, language: str) -> str:
    """The sentence with a word in the place of each fact."""
    words = stand_ins().words.get(language, stand_ins().words["en"])
    return template.replaced(
        [place.text if isinstance(place, TermSlot) else words[place.kind] for place in template.places]
    )
