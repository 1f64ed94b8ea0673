"""Finding the wordings of a glossary in a text: longest first, without overlaps, in any inflection."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol

from translation.glossary.inflection import (
    ARTICLES,
    FUNCTION_WORDS,
    OF,
    PEOPLE,
    family,
    head_base,
    tail_base,
    words_key,
)
from translation.languages import language

# Letters and digits, with the vowel signs of Indic and South-East Asian scripts, which Python counts as no letters.
_WORD = r"[^\W_\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff][\w\u0300-\u036f\u0900-\u0dff]*"
_TOKEN = re.compile(_WORD)
_POSSESSIVE = re.compile(rf"{_WORD}(?:['’]s\b)?")
_BROKEN_UP = re.compile(r".[\u0300-\u036f\u3099\u309a\uff9e\uff9f]*", re.S)
_KANJI = re.compile(r"[\u3400-\u9fff々]")
_KATAKANA = re.compile(r"[\u30a1-\u30faー]")
_LATIN = re.compile(r"[A-Za-z0-9]")
_HANGUL = re.compile(r"[\uac00-\ud7a3]")
# Particles and the copula, as they stand right behind a Korean noun.
_PARTICLE = re.compile(
    r"(?:들)?(?:은|는|이|가|을|를|의|에|에서|에게|께|한테|와|과|도|로|으로|부터|까지|만|나|이나|랑|이랑|보다|처럼|마다|조차|라도|이라도|에는|에도|에서는|로는|으로는"
    r"|입니다|이에요|예요|인가요|이다|이란|란|이며|이고)?(?![\uac00-\ud7a3])"
)
# Behind a noun, what makes a Japanese verb of it: 免除される is "to be exempted", not "exemption".
_VERB = re.compile(r"し(?!か|ゅ|ょ)|す(?:る|れ|べ)|さ(?:れ|せ)|せ(?:ず|よ)|でき|いたし|致し|なさ")


@dataclass(frozen=True, slots=True)
class Wording:
    """One way to write a term. `exact_case` where the same letters in another case mean something else."""

    text: str
    row: int  # of its term
    exact_case: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A wording at [start, end) of a text; several terms may share it."""

    start: int
    end: int
    rows: frozenset[int]
    compound: bool = False  # part of a longer name
    loose: bool = False  # and too short there to be sure of: it may rightly be called something else


class Finder(Protocol):
    """Finds wordings of one language."""

    def find(
        self, text: str, *, as_source: bool = False, only: Collection[int] | None = None
    ) -> tuple[Found, ...]:
        """What stands in `text`, in order. As a source, a wording in another case or as a verb may not count.
        `only` leaves out all other terms."""
        ...


def make_finder(wordings: Iterable[Wording], tag: str) -> Finder:
    """The finder that suits a language."""
    spoken = language(tag)
    if spoken.spaces and tag != "ko":
        return WordFinder(wordings, tag)
    return SubstringFinder(wordings, tag)


def fold(text: str) -> tuple[str, list[int] | None]:
    """The text with full-width and half-width forms as usual ones, and where each of its characters stood; None
    where all stayed in place."""
    if unicodedata.is_normalized("NFKC", text):
        return text, None
    folded: list[str] = []
    places: list[int] = []
    for match in _BROKEN_UP.finditer(text):
        usual = unicodedata.normalize("NFKC", match.group())
        folded.append(usual)
        places += [match.start()] * len(usual)
    return "".join(folded), [*places, len(text)]


def _longest_first(found: list[Found]) -> list[Found]:
    """Those that do not overlap a longer one."""
    if len(found) < 2:
        return found
    taken: list[Found] = []
    for one in sorted(found, key=lambda each: each.start - each.end):
        if not any(other.start < one.end and one.start < other.end for other in taken):
            taken.append(one)
    return sorted(taken, key=lambda each: each.start)


def _in_place(found: list[Found], places: list[int] | None) -> tuple[Found, ...]:
    if places is None:
        return tuple(found)
    return tuple(replace(one, start=places[one.start], end=places[one.end]) for one in found)


@dataclass(slots=True)
class _Bucket:
    """The wordings that begin with one word: by their later words, and how many of those there are, most first."""

    by_tail: dict[tuple[str, ...], list[tuple[tuple[str, ...], Wording]]] = field(default_factory=dict)
    lengths: list[int] = field(default_factory=list)


_Tokens = list[re.Match[str]]


class WordFinder:
    """For languages that put spaces between words."""

    def __init__(self, wordings: Iterable[Wording], tag: str) -> None:
        self._tag = tag
        self._token = _POSSESSIVE if tag == "en" else _TOKEN
        self._articles = ARTICLES.get(family(tag), frozenset())
        self._index: dict[str, _Bucket] = {}
        for wording in wordings:
            words = self._token.findall(fold(wording.text)[0])
            written = tuple(word for word in words if word.lower() not in self._articles) or tuple(words)
            if written:
                head, *tail = words_key(written, tag)
                bucket = self._index.setdefault(head, _Bucket())
                bucket.by_tail.setdefault(tuple(tail), []).append((written, wording))
        for bucket in self._index.values():
            bucket.lengths = sorted({len(tail) for tail in bucket.by_tail}, reverse=True)

    def find(
        self, text: str, *, as_source: bool = False, only: Collection[int] | None = None
    ) -> tuple[Found, ...]:
        folded, places = fold(text)
        tokens = list(self._token.finditer(folded))
        found: list[Found] = []
        for at, token in enumerate(tokens):
            bucket = self._index.get(head_base(token.group(), self._tag))
            if bucket is None:
                continue
            used, rows = self._longest(bucket, tokens, at, as_source, only)
            if rows:
                end = tokens[used[-1]].end()
                if self._tag == "en" and folded[end - 2 : end] in ("'s", "’s"):
                    end -= 2  # the possessive belongs to the sentence
                compound, loose = self._in_compound(tokens, used) if as_source else (False, False)
                found.append(Found(token.start(), end, rows, compound, loose))
        return _in_place(_longest_first(found), places)

    def _longest(
        self, bucket: _Bucket, tokens: _Tokens, at: int, as_source: bool, only: Collection[int] | None
    ) -> tuple[list[int], frozenset[int]]:
        """The tokens of the longest wording that starts with token `at`, and its terms; none where there is none."""
        following = [at]
        place = at + 1
        while place < len(tokens) and len(following) <= bucket.lengths[0]:
            if tokens[place].group().lower() not in self._articles:
                following.append(place)
            place += 1
        tail = tuple(tail_base(tokens[index].group(), self._tag) for index in following[1:])
        for length in bucket.lengths:
            used = following[: length + 1]
            rows = frozenset(
                wording.row
                for written, wording in bucket.by_tail.get(tail[:length], ())
                if len(used) == length + 1
                and (only is None or wording.row in only)
                and not (
                    as_source
                    and wording.exact_case
                    and not _same_case([tokens[i].group() for i in used], written)
                )
            )
            if rows:
                return used, rows
        return [], frozenset()

    def _in_compound(self, tokens: _Tokens, used: list[int]) -> tuple[bool, bool]:
        """Is this a part of a longer name, as "seal registration" of "seal registration form"; and is it one that
        may rightly be called something else, as "lunch fee", "taxa de lixo", or "elementary school children", for
        which there is one word?"""
        kind = family(self._tag)
        before = tokens[used[0] - 1].group().lower() if used[0] else ""
        after = tokens[used[-1] + 1].group() if used[-1] + 1 < len(tokens) else ""
        if kind == "en":
            led = len(used) == 1 and before.isalpha() and before not in FUNCTION_WORDS
            followed = after.isalpha() and after.islower() and after not in FUNCTION_WORDS
            return led or followed, led or after in PEOPLE
        specified = kind in ("pt", "es", "fr") and len(used) == 1 and after.lower() in OF
        return specified, specified


def _same_case(words: list[str], wanted: tuple[str, ...]) -> bool:
    """A "pin" is no "PIN", and "my number" no "My Number"; "PINs" is fine."""
    return all(
        (word.startswith(expected) if expected.isupper() else word[:1].isupper() == expected[:1].isupper())
        for word, expected in zip(words, wanted, strict=False)
    )


class SubstringFinder:
    """For languages without spaces between words, and for Korean, which hangs particles on them."""

    def __init__(self, wordings: Iterable[Wording], tag: str) -> None:
        self._tag = tag
        by_text: dict[str, set[int]] = {}
        for wording in wordings:
            text = _compared(fold(wording.text)[0])
            if text:
                by_text.setdefault(text, set()).add(wording.row)
        self._index: dict[str, list[tuple[str, frozenset[int]]]] = {}
        for text in sorted(by_text, key=len, reverse=True):
            self._index.setdefault(text[:2], []).append((text, frozenset(by_text[text])))

    def find(
        self, text: str, *, as_source: bool = False, only: Collection[int] | None = None
    ) -> tuple[Found, ...]:
        folded, places = fold(text)
        compared = _compared(folded)
        found: list[Found] = []
        for at in range(len(compared)):
            one = self._longest(compared, at, as_source, only)
            if one:
                found.append(one)
        return _in_place(_longest_first(found), places)

    def _longest(self, text: str, at: int, as_source: bool, only: Collection[int] | None) -> Found | None:
        for start_of in (text[at : at + 2], text[at]):
            for wording, rows in self._index.get(start_of, ()):
                end = at + len(wording)
                wanted = rows if only is None else rows.intersection(only)
                if wanted and text.startswith(wording, at) and self._fits(text, at, end, as_source):
                    compound = self._in_compound(text, at, end)
                    return Found(at, end, wanted, compound, compound and end - at <= 2)
        return None

    def _fits(self, text: str, start: int, end: int, as_source: bool) -> bool:
        """Is it a word of its own here, and not a piece of another?"""
        before, after = text[start - 1 : start], text[end : end + 1]
        if _LATIN.match(text[start]) and _LATIN.match(before):
            return False
        if _LATIN.match(text[end - 1]) and _LATIN.match(after):
            return False
        if self._tag == "ko":
            return not _HANGUL.match(before) and _PARTICLE.match(text, end) is not None
        if end - start == 1 and (_KANJI.match(before) or _KANJI.match(after)):
            return False
        if end - start <= 4 and (
            (_KATAKANA.match(text[start]) and _KATAKANA.match(before))
            or (_KATAKANA.match(text[end - 1]) and _KATAKANA.match(after))
        ):
            return False
        return not (
            as_source and self._tag == "ja" and _KANJI.match(text[end - 1]) and _VERB.match(text, end)
        )

    def _in_compound(self, text: str, start: int, end: int) -> bool:
        return self._tag != "ko" and bool(
            (_KANJI.match(text[start - 1 : start]) and _KANJI.match(text[start]))
            or (_KANJI.match(text[end - 1]) and _KANJI.match(text[end : end + 1]))
        )


def _compared(text: str) -> str:
    lower = text.lower()
    return lower if len(lower) == len(text) else text
