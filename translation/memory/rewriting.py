"""Answering with a unit whose words are right but whose facts are others."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from babel import Locale, UnknownLocaleError

from translation.facts import check, find, mentions, write
from translation.facts.checking import same
from translation.facts.numerals import fold
from translation.languages import languages
from translation.memory.wording import shape_of
from translation.model import Fact

# Facts that stand for themselves whatever the words around them; a number, a date or a price may bend them.
_FREE = frozenset({"time", "phone", "url", "email", "postal"})
# Languages where the day of the week bends, or bends the words before it.
_WEEKDAYS_BEND = frozenset({"pt-BR", "ru", "uk"})
# What follows a fact in one word with it, as in "17:00'de".
_SUFFIX = re.compile(r"['’-]?[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Twins:
    """The facts of a unit and how they belong together. `places` is None where that is not certain; else for each
    fact of the text to write, the index of the fact of the text that was read."""

    read: tuple[Fact, ...]
    written: tuple[Fact, ...]
    places: tuple[int, ...] | None


def twins_of(read_text: str, read: str, written_text: str, written: str) -> Twins:
    """Which fact of a translation stands for which of its source."""
    here, there = find(read_text, read), find(written_text, written)
    return Twins(here, there, _places(here, there, written_text, written))


def _places(
    here: Sequence[Fact], there: Sequence[Fact], written_text: str, written: str
) -> tuple[int, ...] | None:
    keys = [(shape_of(fact), fact.value) for fact in here]
    if len(here) != len(there) or max(Counter(keys).values(), default=0) > 1:
        return None
    if sorted(keys) != sorted((shape_of(fact), fact.value) for fact in there):
        return None
    if not all(_is_plain(fact, written) and not _has_suffix(fact, written_text, written) for fact in there):
        return None
    if _said_again(here, there, written_text, written):
        return None
    return tuple(keys.index((shape_of(fact), fact.value)) for fact in there)


def _is_plain(fact: Fact, language: str) -> bool:
    """Is the fact written so that another of its kind can stand in its place? "March 31" is, "the 31st of March" is
    not: the words around it belong to its form."""
    if fact.kind == "my_number":
        return False
    return fact.kind in _FREE or fold(fact.text).strip() == fold(write(fact, language)).strip()


def _has_suffix(fact: Fact, text: str, language: str) -> bool:
    """Does an ending hang on the fact that another fact might want otherwise, as in Turkish? Korean's and those of
    languages without spaces stay as they are."""
    bends = language in languages() and languages()[language].spaces and language != "ko"
    return bends and _SUFFIX.match(text, fact.end) is not None


def _said_again(here: Sequence[Fact], there: Sequence[Fact], text: str, language: str) -> bool:
    """Does a looser wording say one of the facts once more ("2 copies, both of the two")?"""
    places = {fact.start for fact in there}
    return any(
        same(mention, fact)
        for mention in mentions(text, language)
        if mention.start not in places
        for fact in here
    )


def rewrite(
    twins: Twins, facts: Sequence[Fact], text: str, written_text: str, pair: tuple[str, str]
) -> str | None:
    """The unit's written text with `facts`, those of `text`, instead of its own.

    None where places are not certain, where the words would have to bend to a number, or where a fact would be lost
    or added.
    """
    if twins.places is None or len(facts) != len(twins.read):
        return None
    parts: list[str] = []
    at = 0
    for old, place in zip(twins.written, twins.places, strict=True):
        new = facts[place]
        if shape_of(new) != shape_of(old) or not _bends_alike(old, new, pair[1]):
            return None
        parts += [written_text[at : old.start], old.text if new.value == old.value else write(new, pair[1])]
        at = old.end
    result = "".join((*parts, written_text[at:]))
    checked = check(text, pair[0], result, pair[1])
    return None if checked.lost or checked.added else result


def _bends_alike(old: Fact, new: Fact, language: str) -> bool:
    """Do the words around the two facts have one form in the language written? "1 copy" but "2 copies"; "na
    segunda-feira" but "no sábado"."""
    if old.value == new.value:
        return True
    if old.kind == "number":
        return _plural(old.value, language) == _plural(new.value, language)
    return not (shape_of(old) == "weekday" and language in _WEEKDAYS_BEND)


def _plural(value: str, language: str) -> str:
    """CLDR's plural category of a number, as "one" or "few"; the number itself where there is no rule for it."""
    rule = _plural_rule(language)
    try:
        return rule(Decimal(value.removesuffix("%"))) if rule else value
    except InvalidOperation:
        return value


@functools.cache
def _plural_rule(language: str) -> Callable[[Decimal], str] | None:
    try:
        return Locale.parse(language, sep="-").plural_form
    except (UnknownLocaleError, ValueError):
        return None
