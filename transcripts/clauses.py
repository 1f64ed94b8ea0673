"""Where a sentence that is still being said may be cut, because readers have waited long enough for its end. Pure.

A cut before the end of a sentence costs something: the translation of half a sentence is worse, most of all into
languages that put the verb last. So the longer the first word has waited, the worse a place is taken.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import resources

from transcripts.agreement import normal
from transcripts.lines import reading
from transcripts.model import Word
from transcripts.sentences import CLAUSES, CLOSERS, ENDS, ends_sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldLimits:
    """How long the beginning of a sentence waits for its end."""

    clause_s: float = (
        1.4  # seconds from the end of its first word until it is cut after a comma or a pause, …
    )
    link_s: float = 2.2  # … before a conjunction, …
    anywhere_s: float = 3.4  # … between any two words, …
    never_s: float = 7.0  # … or even inside a phrase, a name or a number
    pause_s: float = 0.2  # silence between two words that counts as much as a comma
    least_words: int = 4  # words before such a cut; where no spaces are written, characters, three for a word

    def times(self, factor: float) -> HoldLimits:
        """The same with all waits so many times as long."""
        return replace(
            self,
            clause_s=self.clause_s * factor,
            link_s=self.link_s * factor,
            anywhere_s=self.anywhere_s * factor,
            never_s=self.never_s * factor,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Clauses:
    """The words of one language between which sentences are cut."""

    links: frozenset[str]
    ends: tuple[str, ...]
    cling: frozenset[str]  # words after which no cut is made


@functools.lru_cache(maxsize=256)
def clauses(tag: str) -> Clauses:
    """The rules for a language; a language without any is cut at its commas and pauses."""
    found = _tables().get(tag.split("-")[0].lower(), {})
    return Clauses(
        links=frozenset(found.get("links", ())),
        ends=tuple(found.get("ends", ())),
        cling=reading(tag).cling | frozenset(found.get("cling", ())),
    )


@functools.cache
def _tables() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads((resources.files("transcripts") / "data" / "clauses.toml").read_text("utf-8"))


def early_cut(
    words: Sequence[Word], limits: HoldLimits, *, waited_s: float, language: str, following: Sequence[Word]
) -> int:
    """After how many of `words` an unfinished sentence is cut now; 0: not yet.

    `waited_s` is how long ago the first word ended; `following` are the words expected after these.
    """
    if waited_s < limits.clause_s:
        return 0
    rules = clauses(language)
    best, best_rank = 0, 0.0
    for size in range(1, len(words) + (1 if following else 0)):
        if _size(words[:size]) < limits.least_words or _leaves_little(words[size:], following, limits):
            continue
        after = words[size] if size < len(words) else following[0]
        patience, worth = _place(words[size - 1], after, rules, limits)
        if waited_s >= patience and worth + size * 1e-3 > best_rank:
            best, best_rank = size, worth + size * 1e-3
    return best


def _place(before: Word, after: Word, rules: Clauses, limits: HoldLimits) -> tuple[float, float]:
    """How long a cut between two words must wait, in seconds, and how good it is."""
    gap = after.start - before.end
    if before.text.rstrip(CLOSERS).endswith(tuple(CLAUSES + ENDS)) or gap >= limits.pause_s:
        return limits.clause_s, 3.0
    word = normal(before.text)
    if _belong_together(before, after) or word in rules.cling:
        return limits.never_s, 0.0
    if normal(after.text) in rules.links or (before.joined and word.endswith(rules.ends)):
        return limits.link_s, 2.0
    return limits.anywhere_s, 1.0 + min(max(gap, 0.0), 0.9)


def _belong_together(before: Word, after: Word) -> bool:
    """Whether two words are likely parts of one name, date or number."""
    number = after.text[:1].isdigit() or before.text[-1:].isdigit()
    name = before.text[:1].isupper() and after.text[:1].isupper()
    return number or name or ends_sentence(before) != before.text.endswith(tuple(ENDS))


def _size(words: Sequence[Word]) -> int:
    """Words; where none are written apart, characters, three for a word."""
    if len(words) > 1 and words[1].joined and not words[1].text[:1].isdigit():
        return sum(len(word.text) for word in words) // 3
    return len(words)


def _leaves_little(rest: Sequence[Word], following: Sequence[Word], limits: HoldLimits) -> bool:
    """Whether the sentence is known to end soon after the cut, so that a stump of it would stand alone."""
    for size, word in enumerate((*rest, *following), start=1):
        if word.text.rstrip(CLOSERS).endswith(tuple(ENDS)):
            return _size((*rest, *following)[:size]) < limits.least_words
    return False
