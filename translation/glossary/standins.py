"""Names of everyday things that stand in for a term while a sentence is translated."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from translation.engine import Pair
from translation.glossary.inflection import gender, is_plural, pluralise, with_article
from translation.languages import language


@dataclass(frozen=True, slots=True)
class StandIn:
    """What goes into the source, and the forms that are looked for in the target, the singular first."""

    given: str
    forms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spot:
    """A stand-in at [start, end) of a translation, and the article before it, which starts at `lead`."""

    lead: int
    start: int
    end: int
    article: str
    wording: str


@functools.cache
def _table() -> Mapping[str, Sequence[Sequence[str]]]:
    return tomllib.loads((resources.files("translation") / "data" / "term_standins.toml").read_text("utf-8"))


def choose(wording: str, preferred: str, pair: Pair, turn: int, taken: str) -> StandIn | None:
    """The `turn`-th stand-in for a term that is called `preferred` in the target, in the number of `wording`.
    None where all are in the text already (`taken`)."""
    source, target = pair
    free = [
        (given, expected)
        for given, expected in _table().get("-".join(pair), _table()["default"])
        if given.casefold() not in taken.casefold()
    ]
    if not free:
        return None
    free.sort(
        key=lambda both: (
            (gender(both[1], target) != gender(preferred, target))
            + (gender(both[0], source) != gender(wording, source))
        )
    )
    given, expected = free[turn % len(free)]
    several = is_plural(wording, source)
    return StandIn(
        pluralise(given, source) if several else given,
        tuple(dict.fromkeys((expected, pluralise(expected, target)))),
    )


def spots(text: str, stand_in: StandIn, preferred: str, target: str) -> list[Spot]:
    """Where the stand-in stands in a translation, with the term in the right number for its place."""
    forms = "|".join(re.escape(form) for form in sorted(stand_in.forms, key=len, reverse=True))
    # Where words are not parted, or have particles hung on, only Latin letters can make another word of it.
    letter = r"[^\W_]" if language(target).spaces and target != "ko" else "[A-Za-z0-9]"
    found = []
    for match in re.finditer(f"(?<!{letter})(?:{forms})(?!{letter})", text, re.I):
        several = match.group().casefold() != stand_in.forms[0].casefold()
        wording = pluralise(preferred, target) if several else preferred
        lead, article = with_article(text[: match.start()], wording, target, several=several)
        found.append(Spot(lead, match.start(), match.end(), article, wording))
    return found
