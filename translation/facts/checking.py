"""Comparing the facts of a text with those of its translation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from translation.facts.finding import find, mentions
from translation.model import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What became of the facts. `added` are in the translation and nowhere in the source."""

    kept: tuple[Fact, ...]
    lost: tuple[Fact, ...]
    added: tuple[Fact, ...]


def same(fact: Fact, other: Fact) -> bool:
    """Do two facts say the same to a reader? A clock time on the hour may be a bare number ("at ten"), a year or a
    month in figures a number, a fiscal year a year, and a telephone number may stand with or without hyphens."""
    if fact.value == other.value:
        return fact.kind == other.kind or {fact.kind, other.kind} <= {"number", "date", "time"}
    years = {fact.value.removeprefix("fy"), other.value.removeprefix("fy")}
    if len(years) == 1 and {fact.kind, other.kind} <= {"number", "date"}:
        return True
    kinds = {fact.kind, other.kind}
    if "number" not in kinds or len(kinds) == 1:
        return False
    number, wider = (fact, other) if fact.kind == "number" else (other, fact)
    if wider.kind == "time":
        hour, minute = map(int, wider.value.split(":"))
        return minute == 0 and number.value in {str(hour), str(hour - 12)}
    if wider.kind == "date" and not wider.value.startswith("w"):
        # February is no 2, but 2月 may be.
        named = wider.value.startswith("-") and not any(map(str.isnumeric, wider.text))
        return not named and wider.value.lstrip("-").lstrip("0") == number.value
    return False


def pair_up(facts: Sequence[Fact], found: Sequence[Fact]) -> dict[int, int]:
    """Which found fact stands for which, by index; each is used once, exact matches first, then in order."""
    pairs: dict[int, int] = {}
    used: set[int] = set()
    for exact in (True, False):
        for index, fact in enumerate(facts):
            if index in pairs:
                continue
            for place, other in enumerate(found):
                alike = fact.kind == other.kind and fact.value == other.value if exact else same(fact, other)
                if place not in used and alike:
                    pairs[index] = place
                    used.add(place)
                    break
    return pairs


def check(source_text: str, source: str, text: str, target: str) -> Check:
    """Every fact of the source, kept or lost, and the facts that the translation made up."""
    facts, found = find(source_text, source), mentions(text, target)
    pairs = pair_up(facts, found)
    strict = find(text, target)
    matched = {found[place].start for place in pairs.values()}
    loose = mentions(source_text, source)
    unmatched = [fact for fact in strict if fact.start not in matched]
    return Check(
        kept=tuple(fact for index, fact in enumerate(facts) if index in pairs),
        lost=tuple(fact for index, fact in enumerate(facts) if index not in pairs),
        added=unexplained(text, unmatched, loose),
    )


def unexplained(text: str, facts: Sequence[Fact], source: Sequence[Fact]) -> tuple[Fact, ...]:
    """The facts of the translation `text` that nothing in the source stands for. "8,100 yen a month" may be
    1か月8,100円, but no 月1日."""
    figures = [fact for fact in source if not (fact.value == "1" and fact.text.isalpha())]
    days = [
        fact for fact in facts if text[fact.start - 1 : fact.start] == "月" and text[fact.end :][:1] == "日"
    ]
    others = [fact for fact in facts if fact not in days]
    left: list[Fact] = []
    for asked, known in ((days, figures), (others, source)):
        pairs = pair_up(asked, known)
        left += [fact for index, fact in enumerate(asked) if index not in pairs]
    return tuple(left)


def twins(facts: Sequence[Fact], text: str, target: str) -> tuple[str, ...]:
    """How each fact stands in the translation `text`; empty where it is not found."""
    found = mentions(text, target)
    pairs = pair_up(facts, found)
    return tuple(found[pairs[index]].text if index in pairs else "" for index in range(len(facts)))
