"""Getting facts through a model that would spoil them.

A fact goes in as itself, or as a stand-in that the model knows well; what comes out is searched for it, and the fact
is put back in the target's own format.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import TypeVar

from translation.engine import Pair
from translation.facts.checking import pair_up
from translation.facts.finding import mentions
from translation.facts.template import Slot, Template, cut_out, write_slot
from translation.facts.vocabulary import ENGLISH, PORTUGUESE
from translation.facts.writing import write
from translation.model import Fact

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIns:
    """The table in data/standins.toml."""

    hard: frozenset[str]
    literals: Mapping[str, Sequence[Sequence[str]]]
    values: Mapping[str, Sequence[str]]
    words: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Mark:
    """How to recognise a slot in the output: by a literal, or by facts of the same value."""

    slot: Slot
    literal: str | None
    like: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Protected:
    """A sentence to translate, and how to find its facts again."""

    text: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Restored:
    """A translated sentence with the slots that came through; the facts of `missing` did not."""

    template: Template
    missing: tuple[Fact, ...]


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


def protect(template: Template, pair: Pair, attempt: int, trusted: Collection[Fact] = ()) -> Protected:
    """The sentence for an engine. Attempt 0 hands over what engines can be trusted with as it is; from attempt 1
    on, every fact but the `trusted` has a stand-in, another one each time."""
    chooser = _Chooser(template, pair, attempt)
    marks: list[Mark] = []
    forms: list[str] = []
    for slot in template.slots:
        hard = slot.kind in chooser.table.hard
        if ((attempt == 0 and not hard) or slot.facts[0] in trusted) and len(slot.facts) == 1:
            form, mark = slot.text, Mark(slot, None, slot.facts)
        elif hard:
            form, mark = chooser.literal(slot)
        else:
            form, mark = chooser.value(slot)
        forms.append(form)
        marks.append(mark)
    return Protected(template.replaced(forms), tuple(marks))


class _Chooser:
    """Hands out stand-ins that are not in the sentence yet."""

    def __init__(self, template: Template, pair: Pair, attempt: int) -> None:
        self.table = stand_ins()
        self._source = pair[0]
        self._shift = max(attempt - 1, 0)
        self._literals = self.table.literals.get("-".join(pair), self.table.literals["default"])
        self._frame = template.frame
        self._used = {fact.value for slot in template.slots for fact in slot.facts} if attempt == 0 else set()

    def literal(self, slot: Slot) -> tuple[str, Mark]:
        """A stand-in that is looked for as it is; the fact itself where all are used up."""
        for given, expected in _turned(self._literals, self._shift):
            if given not in self._used and given not in self._frame:
                self._used.add(given)
                return given, Mark(slot, expected, slot.facts)
        return slot.text, Mark(slot, None, slot.facts)

    def value(self, slot: Slot) -> tuple[str, Mark]:
        """An easy fact of the same kind, recognised by its value; the fact itself where all are used up."""
        percent = slot.facts[0].value.endswith("%")
        values = self.table.values["percent" if percent else slot.kind]
        for value in _turned(values, self._shift):
            if value not in self._used:
                self._used.add(value)
                like = Fact(kind=slot.facts[0].kind, text=value, value=value, start=0, end=0)
                return write(like, self._source), Mark(slot, None, (like,))
        return slot.text, Mark(slot, None, slot.facts)


def _turned(values: Sequence[T], by: int) -> list[T]:
    by %= len(values)
    return [*values[by:], *values[:by]]


def restore(output: str, protected: Protected, target: str) -> Restored:
    """Find the facts in the output of the engine and put them back, in the formats of the target language."""
    spans: list[tuple[int, int, Slot]] = []
    missing: list[Fact] = []
    by_value = [mark for mark in protected.marks if mark.literal is None]
    for mark in protected.marks:
        if mark.literal is None:
            continue
        places = list(re.finditer(rf"(?<![A-Za-z0-9]){re.escape(mark.literal)}(?![A-Za-z0-9])", output))
        if len(places) == 1:
            spans.append((*places[0].span(), write_slot(mark.slot.facts, target)))
        else:
            missing += mark.slot.facts
    found = [fact for fact in mentions(output, target) if not _overlaps(fact, spans)]
    pairs = pair_up([mark.like[0] for mark in by_value], found)
    for index, mark in enumerate(by_value):
        if index in pairs:
            place = found[pairs[index]]
            spans.append((place.start, place.end, _rewritten(mark, place, target)))
        else:
            missing += mark.slot.facts
    return Restored(cut_out(output, spans), tuple(missing))


def leaks(frame: str, protected: Protected, target: str) -> bool:
    """Does a stand-in still show in the frame of the output, as it is or as a fact of its value?"""
    if any(mark.literal is not None and mark.literal in frame for mark in protected.marks):
        return True
    strange = {mark.like[0].value for mark in protected.marks if mark.like != mark.slot.facts}
    return any(fact.value in strange for fact in mentions(frame, target))


def _overlaps(fact: Fact, spans: Sequence[tuple[int, int, Slot]]) -> bool:
    return any(fact.start < end and start < fact.end for start, end, _ in spans)


def _rewritten(mark: Mark, place: Fact, target: str) -> Slot:
    """The fact for its place: ordinals stay ordinals, plural weekdays plural, and a number in words in words."""
    facts = mark.slot.facts
    if mark.slot.kind == "weekday" and mark.like == facts:
        return Slot(facts, place.text)  # "Mondays", "terças-feiras"
    if facts[0].kind != "number" or len(facts) > 1:
        return write_slot(facts, target)
    ordinal = bool(re.fullmatch(r"\d+(?:st|nd|rd|th|[ºª°])", place.text))
    if mark.like == facts and (ordinal or (place.text.isalpha() and target != "ja")):
        return Slot(facts, place.text)
    if ordinal or place.text.casefold() in (*ENGLISH.ordinals, *"|".join(PORTUGUESE.ordinals).split("|")):
        ending = {"en": _english_suffix(facts[0].value), "pt-BR": "º"}.get(target, "")
        return Slot(facts, write(facts[0], target) + ending)
    return write_slot(facts, target)


def _english_suffix(number: str) -> str:
    if number[-2:] in ("11", "12", "13"):
        return "th"
    return {"1": "st", "2": "nd", "3": "rd"}.get(number[-1:], "th")


def last_resort(template: Template, language: str) -> str:
    """The sentence with a word in the place of each fact."""
    words = stand_ins().words.get(language, stand_ins().words["en"])
    return template.replaced([words[slot.kind] for slot in template.slots])
