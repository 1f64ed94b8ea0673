"""A sentence with its facts marked: text, slot, text, slot …"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from translation.facts.finding import find
from translation.facts.writing import write
from translation.glossary.model import TermUse
from translation.model import Fact
from translation.wording import WIDE


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of a fact of the source text, and how it is written in the language of this sentence. A range, as
    "13:00–16:00", is one slot with two facts of one kind."""

    facts: tuple[Fact, ...]
    text: str

    @property
    def kind(self) -> str:
        """What kind of fact; weekdays apart from other dates, since one cannot stand in for the other."""
        return "weekday" if self.facts[0].value.startswith("w") else self.facts[0].kind


@dataclass(frozen=True, slots=True)
class TermSlot:
    """The place of a term of the city's glossary, and what it is called there in the language of this sentence."""

    use: TermUse
    text: str


Part = str | Slot | TermSlot


@dataclass(frozen=True, slots=True)
class Template:
    """The parts of a sentence, in order."""

    parts: tuple[Part, ...]

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The slots of facts, in order."""
        return tuple(part for part in self.parts if isinstance(part, Slot))

    @property
    def terms(self) -> tuple[TermSlot, ...]:
        """The slots of terms, in order."""
        return tuple(part for part in self.parts if isinstance(part, TermSlot))

    @property
    def places(self) -> tuple[Slot | TermSlot, ...]:
        """All slots, in order."""
        return tuple(part for part in self.parts if not isinstance(part, str))

    @property
    def text(self) -> str:
        """The sentence with its facts and terms."""
        return "".join(part if isinstance(part, str) else part.text for part in self.parts)

    @property
    def frame(self) -> str:
        """The sentence without its facts and terms."""
        return " ".join(part for part in self.parts if isinstance(part, str))

    def replaced(self, forms: Sequence[str]) -> str:
        """The sentence with the n-th form in the n-th place."""
        left = iter(forms)
        return "".join(part if isinstance(part, str) else next(left) for part in self.parts)


def template_of(text: str, language: str, uses: Sequence[TermUse] = ()) -> Template:
    """Mark the facts of a sentence, each as the person wrote it, and the terms. A fact within a term belongs to the
    term, as the number in "those 75 and over"; a term within a fact, as in an address, is none."""
    facts = find(text, language)
    if not facts and not uses:
        return Template((text,) if text else ())
    terms = [use for use in uses if not any(_splits(use, fact) for fact in facts)]
    spans: list[tuple[int, int, Part]] = [
        (fact.start, fact.end, Slot((fact,), fact.text))
        for fact in facts
        if not any(use.start <= fact.start and fact.end <= use.end for use in terms)
    ]
    return cut_out(text, spans + [(use.start, use.end, TermSlot(use, use.wording)) for use in terms])


def _splits(use: TermUse, fact: Fact) -> bool:
    """Do they share a part of the text, and the term does not hold the whole fact?"""
    inside = use.start <= fact.start and fact.end <= use.end
    return fact.start < use.end and use.start < fact.end and not inside


def cut_out(text: str, spans: Sequence[tuple[int, int, Part]]) -> Template:
    """Put each part in the place of its span of `text`; spans do not overlap."""
    parts: list[Part] = []
    at = 0
    for start, end, part in sorted(spans, key=lambda span: span[0]):
        parts += [text[at:start], part]
        at = end
    parts.append(text[at:])
    return Template(tuple(part for part in parts if part != ""))


def usual(template: Template, language: str) -> Template:
    """Every fact in the usual format of `language`, which models know best."""
    return Template(
        tuple(write_slot(part.facts, language) if isinstance(part, Slot) else part for part in template.parts)
    )


def write_slot(facts: Sequence[Fact], language: str) -> Slot:
    """A fact, or several that belong together, in the formats of `language`: the ends of a range, the day of a date,
    its time."""
    wide = language in WIDE
    dash = "〜" if language == "ja" else "–"
    text = write(facts[0], language)
    for before, fact in pairwise(facts):
        written = write(fact, language)
        if _is_weekday(fact) and not _is_weekday(before):
            text += f"（{written}）" if wide else f" ({written})"
        elif fact.kind == before.kind:
            text += f"{dash}{written}"
        else:
            text += written if wide else f", {written}"
    return Slot(tuple(facts), text)


def _is_weekday(fact: Fact) -> bool:
    return fact.kind == "date" and fact.value.startswith("w")


# What stands between the two ends of a range.
_BETWEEN = {
    "ja": re.compile(r"(?:から|より|〜|～|~|-|–)"),
    "en": re.compile(r" ?(?:to|until|till|through|-|–|~) ?"),
    "pt-BR": re.compile(r" ?(?:a|às|até|até as|até às|-|–|~) ?"),
}
_DASH = re.compile(" ?[-–~〜～] ?")
# What stands between a date, its weekday and its time.
_TOGETHER = {
    "ja": re.compile(r"[（(]|[)）]?の?|、"),
    "en": re.compile(r",? ?(?:at |on |from )?"),
    "pt-BR": re.compile(r",? ?(?:às? |das? |do dia |de |em )?"),
}
_APPOSED = re.compile(r"[,、，]? ?[(（]?")
_TOGETHER_KINDS = ({"date", "weekday"}, {"date", "time"})


def group_facts(template: Template, language: str) -> Template:
    """Facts that belong together as one slot, so that a model meets as few as possible: ranges, a date and its
    weekday, a date and its time. Returns the same template where there are none."""
    merged = merge_ranges(template, language)
    together = _TOGETHER.get(language, _APPOSED)
    parts = list(merged.parts)
    at = 0
    while at + 1 < len(parts):
        first, between = parts[at], parts[at + 1]
        wide = 3 if isinstance(between, str) else 2
        second = parts[at + wide - 1] if at + wide <= len(parts) else ""
        gap = between if isinstance(between, str) else ""
        if isinstance(first, Slot) and isinstance(second, Slot) and _belong(first, second, gap, together):
            parts[at : at + wide] = [_together(first, second, language)]
            _close(parts, at, gap)
            if language == "en" and at:
                parts[at - 1] = _on(parts[at - 1])
        else:
            at += 1
    return Template(tuple(part for part in parts if part != "")) if len(parts) < len(merged.parts) else merged


def _belong(first: Slot, second: Slot, gap: str, together: re.Pattern[str]) -> bool:
    kinds = {first.kind, second.kind}
    return kinds in _TOGETHER_KINDS and len(first.facts + second.facts) < 5 and bool(together.fullmatch(gap))


def _together(first: Slot, second: Slot, language: str) -> Slot:
    """The date first, then its weekday, then its time."""
    facts = first.facts + second.facts if first.kind == "date" else second.facts + first.facts
    return write_slot(facts, language)


def _on(before: Part) -> Part:
    """ "At 10:00 on Monday" has become "at Monday, 10:00"."""
    return re.sub(r"\bat $", "on ", before) if isinstance(before, str) else before


def _close(parts: list[Part], at: int, gap: str) -> None:
    """The bracket that was opened between the two is no longer needed."""
    after = parts[at + 1] if at + 1 < len(parts) else ""
    if (
        gap.strip().endswith(("(", "（"))
        and isinstance(after, str)
        and after.lstrip().startswith((")", "）"))
    ):
        parts[at + 1] = after.lstrip()[1:]


def merge_ranges(template: Template, language: str) -> Template:
    """Times and dates that are the ends of a range as one slot, so that a model meets a single fact. Returns the same
    template where there is no range."""
    between_ends = _BETWEEN.get(language, _DASH)
    parts = list(template.parts)
    at = 0
    while at + 2 < len(parts):
        first, between, second = parts[at : at + 3]
        if (
            isinstance(first, Slot)
            and isinstance(between, str)
            and isinstance(second, Slot)
            and first.kind == second.kind in ("time", "date", "weekday")
            and len(first.facts) == len(second.facts) == 1
            and between_ends.fullmatch(between)
        ):
            parts[at : at + 3] = [write_slot((*first.facts, *second.facts), language)]
            _mend(parts, at, language)
        at += 1
    return (
        Template(tuple(part for part in parts if part != ""))
        if len(parts) < len(template.parts)
        else template
    )


def _mend(parts: list[Part], at: int, language: str) -> None:
    """Put the words around a merged range right: "from 8:30 to 17:15" → "at 8:30–17:15", まで → に before a verb."""
    slot = parts[at]
    after = parts[at + 1] if at + 1 < len(parts) else ""
    if language == "ja" and isinstance(after, str) and after.startswith("まで"):
        rest = after.removeprefix("まで")
        parts[at + 1] = rest if not rest or rest.startswith(("で", "。", "の", "、", "）")) else f"に{rest}"
    before = parts[at - 1] if at else ""
    if language == "en" and isinstance(before, str) and isinstance(slot, Slot):
        preposition = "at " if slot.kind == "time" else "on "
        parts[at - 1 : at] = [re.sub(r"(?:from|between) $", preposition, before, flags=re.I)] if at else []
