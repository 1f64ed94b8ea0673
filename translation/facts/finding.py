"""Finding facts in a text."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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
from translation.facts.pattern import DIGIT, Pattern
from translation.model import Fact

# Texts whose facts are remembered: one sentence is searched several times on its way.
REMEMBERED = 512

_BY_HAND = {
    "en": (english.PATTERNS, english.LENIENT),
    "ja": (japanese.PATTERNS, japanese.LENIENT),
    "ja-Hira": (japanese.PATTERNS, japanese.LENIENT),
    "pt-BR": (portuguese.PATTERNS, portuguese.LENIENT),
}


_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class _Patterns:
    """What to look for in texts of one language, and the same for texts without digits, which most are."""

    all: tuple[Pattern, ...]
    without_digits: tuple[Pattern, ...]
    by_words: bool  # do any need words?

    @classmethod
    def of(cls, patterns: tuple[Pattern, ...]) -> _Patterns:
        return cls(
            patterns,
            tuple(pattern for pattern in patterns if DIGIT not in pattern.needs),
            any(len(one) > 1 for pattern in patterns for needed in pattern.needs for one in needed),
        )

    def search(self, text: str, known: tuple[Fact, ...]) -> tuple[Fact, ...]:
        """The known facts and those that the patterns find elsewhere."""
        folded = fold(text)
        # A full stop at the very end is part of no fact.
        present = set(folded.rstrip("."))
        if self.by_words:
            present.update(_WORD.findall(folded.casefold()))
        found: list[Fact] = []
        taken = _taken(known, len(text))
        for pattern in self.without_digits if present.isdisjoint(DIGIT) else self.all:
            for needed in pattern.needs:
                if present.isdisjoint(needed):
                    break
            else:
                found += _matches(pattern, text, folded, taken)
        return tuple(sorted((*known, *found), key=_start)) if found else known


def _taken(facts: Sequence[Fact], length: int) -> bytearray:
    """A mark for each character of a text that is part of a fact."""
    taken = bytearray(length)
    for fact in facts:
        taken[fact.start : fact.end] = b"\1" * (fact.end - fact.start)
    return taken


def _matches(pattern: Pattern, text: str, folded: str, taken: bytearray) -> Iterator[Fact]:
    """The facts that one pattern finds outside of what is taken, which grows."""
    group = "fact" if "fact" in pattern.regex.groupindex else 0
    for match in pattern.regex.finditer(folded):
        start, end = match.span(group)
        if start == end or 1 in taken[start:end]:
            continue
        value = pattern.read(match)
        if value is not None:
            taken[start:end] = b"\1" * (end - start)
            yield Fact(kind=pattern.kind, text=text[start:end], value=value, start=start, end=end)


def _start(fact: Fact) -> int:
    return fact.start


@functools.cache
def _patterns(language: str) -> _Patterns:
    words = local_words(language)
    by_hand = _BY_HAND[language][0] if language in _BY_HAND else ()
    return _Patterns.of(
        (
            *ADDRESSES,
            iso_pattern(language),
            *CODES,
            *(local.patterns(words) if words else by_hand),
            CLOCK,
            percent_pattern(language),
            number_pattern(language),
        )
    )


@functools.cache
def _loose_patterns(language: str) -> _Patterns:
    if language in _BY_HAND:
        return _Patterns.of(_BY_HAND[language][1])
    words = local_words(language)
    return _Patterns.of(local.loose_patterns(words) if words else ())


@functools.lru_cache(REMEMBERED)
def find(text: str, language: str) -> tuple[Fact, ...]:
    """The facts of a text, in order, without overlaps. Words such as "two" or "first" are not facts: they are
    part of the language and may rightly disappear."""
    return _patterns(language).search(text, tuple(_my_numbers(fold(text))))


@functools.lru_cache(REMEMBERED)
def mentions(text: str, language: str) -> tuple[Fact, ...]:
    """Like `find`, with everything that could stand for a fact: "ten", "third"."""
    return _loose_patterns(language).search(text, find(text, language))


def _my_numbers(folded: str) -> list[Fact]:
    found: list[Fact] = []
    for match in find_my_numbers(folded):
        masked = mask_match(match)
        if "*" in masked:
            found.append(
                Fact(kind="my_number", text=masked, value="*" * 12, start=match.start(), end=match.end())
            )
    return found
