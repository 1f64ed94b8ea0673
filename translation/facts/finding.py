"""Finding facts in a text."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

from translation.facts import english, japanese, portuguese
from translation.facts.common import CLOCK, EXACT, number_pattern, percent_pattern
from translation.facts.my_number import PATTERN as MY_NUMBER
from translation.facts.my_number import is_my_number
from translation.facts.numerals import fold
from translation.facts.pattern import Pattern
from translation.facts.vocabulary import ENGLISH, PORTUGUESE
from translation.model import Fact

# Texts whose facts are remembered: one sentence is searched several times on its way.
REMEMBERED = 512

# Without any of these there is no fact, and nothing to search for.
_HINT = re.compile(
    r"[\d@*曜〇一二三四五六七八九十百千万正]|://|www\.|\.(?:jp|com|org|net|br|info)(?![A-Za-z])|ひとり|ふたり|[（(・、][月火水木金土日]|[月火水木金土日][・、と（(]"
    + "|"
    + "|".join((*ENGLISH.months, *(day[:3] for day in ENGLISH.weekdays)))
    + r"|(?i:\b(?:"
    + "|".join(
        filter(None, (*ENGLISH.numbers, *ENGLISH.ordinals, "[a-z]+ty", "hundred", "thousand", "million"))
    )
    + "|noon|midnight|meio-dia|meia-noite|"
    + "|".join(filter(None, (*PORTUGUESE.months, *PORTUGUESE.numbers, *PORTUGUESE.ordinals)))
    + "|segunda|terça|quarta|quinta|sexta|sábado|domingo))|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\\b"
)
_BY_LANGUAGE = {
    "en": (english.PATTERNS, english.LENIENT),
    "ja": (japanese.PATTERNS, japanese.LENIENT),
    "pt-BR": (portuguese.PATTERNS, portuguese.LENIENT),
}


@functools.cache
def _patterns(language: str, lenient: bool) -> tuple[Pattern, ...]:
    own, loose = _BY_LANGUAGE.get(language, ((), ()))
    patterns = (*EXACT, *own, CLOCK, percent_pattern(language), number_pattern(language))
    return (*patterns, *loose) if lenient else patterns


@functools.lru_cache(REMEMBERED)
def find(text: str, language: str) -> tuple[Fact, ...]:
    """The facts of a text, in order, without overlaps. Words such as "two" or "first" are not facts: they are
    part of the language and may rightly disappear."""
    return _search(text, _patterns(language, False))


@functools.lru_cache(REMEMBERED)
def mentions(text: str, language: str) -> tuple[Fact, ...]:
    """Like `find`, with everything that could stand for a fact: "ten", "third", 正午."""
    return _search(text, _patterns(language, True))


def _search(text: str, patterns: Iterable[Pattern]) -> tuple[Fact, ...]:
    if not _HINT.search(text):
        return ()
    folded = fold(text)
    taken = bytearray(len(text))
    found: list[Fact] = []
    for match in MY_NUMBER.finditer(folded):
        if is_my_number(re.sub(r"\D", "", match.group())) or "*" in match.group():
            found.append(_my_number(match))
            taken[match.start() : match.end()] = b"\1" * (match.end() - match.start())
    for pattern in patterns:
        for match in pattern.regex.finditer(folded):
            start, end = match.span("fact" if "fact" in pattern.regex.groupindex else 0)
            if start == end or any(taken[start:end]):
                continue
            value = pattern.read(match)
            if value is not None:
                found.append(Fact(kind=pattern.kind, text=text[start:end], value=value, start=start, end=end))
                taken[start:end] = b"\1" * (end - start)
    return tuple(sorted(found, key=lambda fact: fact.start))


def _my_number(match: re.Match[str]) -> Fact:
    masked = re.sub(r"\d", "*", match.group())
    return Fact(kind="my_number", text=masked, value="*" * 12, start=match.start(), end=match.end())
