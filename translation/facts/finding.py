"""Finding facts in a text."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence

from translation.facts import english, japanese, local, portuguese
from translation.facts.common import (
    ADDRESSES,
    CLOCK,
    CODES,
    iso_pattern,
    number_pattern,
    percent_pattern,
)
from translation.facts.local_words import local_words
from translation.facts.my_number import find_my_numbers, mask_match
from translation.facts.numerals import fold
from translation.facts.pattern import Pattern
from translation.model import Fact

# Texts whose facts are remembered: one sentence is searched several times on its way.
REMEMBERED = 512

_BY_HAND = {
    "en": (english.PATTERNS, english.LENIENT),
    "ja": (japanese.PATTERNS, japanese.LENIENT),
    "ja-Hira": (japanese.PATTERNS, japanese.LENIENT),
    "pt-BR": (portuguese.PATTERNS, portuguese.LENIENT),
}


@functools.cache
def _patterns(language: str) -> tuple[Pattern, ...]:
    words = local_words(language)
    by_hand = _BY_HAND[language][0] if language in _BY_HAND else ()
    return (
        *ADDRESSES,
        iso_pattern(language),
        *CODES,
        *(local.patterns(words) if words else by_hand),
        CLOCK,
        percent_pattern(language),
        number_pattern(language),
    )


@functools.cache
def _loose_patterns(language: str) -> tuple[Pattern, ...]:
    if language in _BY_HAND:
        return _BY_HAND[language][1]
    words = local_words(language)
    return local.loose_patterns(words) if words else ()


@functools.lru_cache(REMEMBERED)
def find(text: str, language: str) -> tuple[Fact, ...]:
    """The facts of a text, in order, without overlaps. Words such as "two" or "first" are not facts: they are
    part of the language and may rightly disappear."""
    folded = fold(text)
    found = _my_numbers(folded)
    return _search(text, folded, _patterns(language), found)


@functools.lru_cache(REMEMBERED)
def mentions(text: str, language: str) -> tuple[Fact, ...]:
    """Like `find`, with everything that could stand for a fact: "ten", "third"."""
    return _search(text, fold(text), _loose_patterns(language), find(text, language))


def _search(text: str, folded: str, patterns: Iterable[Pattern], known: Sequence[Fact]) -> tuple[Fact, ...]:
    """The known facts and those that the patterns find elsewhere."""
    found = list(known)
    characters = set(folded)
    taken = bytearray(len(text))
    for fact in known:
        taken[fact.start : fact.end] = b"\1" * (fact.end - fact.start)
    for pattern in patterns:
        if pattern.needs and pattern.needs.isdisjoint(characters):
            continue
        for match in pattern.regex.finditer(folded):
            start, end = match.span("fact" if "fact" in pattern.regex.groupindex else 0)
            if start == end or 1 in taken[start:end]:
                continue
            value = pattern.read(match)
            if value is not None:
                found.append(Fact(kind=pattern.kind, text=text[start:end], value=value, start=start, end=end))
                taken[start:end] = b"\1" * (end - start)
    return tuple(sorted(found, key=lambda fact: fact.start))


def _my_numbers(folded: str) -> list[Fact]:
    found: list[Fact] = []
    for match in find_my_numbers(folded):
        masked = mask_match(match)
        if "*" in masked:
            found.append(
                Fact(kind="my_number", text=masked, value="*" * 12, start=match.start(), end=match.end())
            )
    return found
