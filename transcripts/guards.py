"""What a recogniser says although nobody said it: loops, phrases of silence, the same sentence again. Pure.

Everything here looks at the words of one hypothesis after the stable ones, before any of them can become stable: what
became stable is never taken back. None of it drops words that the sound speaks for.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from transcripts.agreement import normal
from transcripts.model import Word
from transcripts.sentences import ends_sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardLimits:
    """When words are taken for made up."""

    loop_words: int = 8  # longest group of words whose repetition is looked for
    loop_size: int = 6  # words that all repetitions of a group have together, at least …
    loop_times: int = 3  # … and how often it is said, at least
    doubtful: float = 0.45  # mean probability of words under which the sound does not speak for them
    fast: float = 25.0  # letters in a second of voice from which on nobody can have said them …
    fast_joined: float = 14.0  # … and for writing without spaces


def without_loops(words: Sequence[Word], limits: GuardLimits) -> tuple[Word, ...]:
    """The words, where a group that is said again and again is kept once."""
    texts = [normal(word.text) for word in words]
    kept: list[Word] = []
    at = 0
    while at < len(words):
        size, times = _loop(texts, at, limits)
        kept.extend(words[at : at + size])
        at += size * times
    return tuple(kept)


def _loop(texts: Sequence[str], at: int, limits: GuardLimits) -> tuple[int, int]:
    """The size of the group that begins at a place, and how often it is said there in a row."""
    for size in range(1, min(limits.loop_words, (len(texts) - at) // limits.loop_times) + 1):
        group, times = texts[at : at + size], 1
        while texts[at + times * size : at + (times + 1) * size] == group:
            times += 1
        if times >= limits.loop_times and times * size >= limits.loop_size:
            return size, times
    return 1, 1


def without_made_up(
    words: Sequence[Word], *, language: str, voiced_s: float, said: Sequence[str], limits: GuardLimits
) -> tuple[Word, ...]:
    """The words, without a last sentence that is known to be made up in silence or that was only just said, unless the
    sound speaks for it.

    `voiced_s` is how much voice there is for all of the words; `said` are the normal texts of the last segments.
    """
    start = _last_sentence(words)
    text = "".join(normal(word.text) for word in words[start:])
    if not text or not (text in made_up(language) or text in said):
        return tuple(words)
    before = words[:start]
    left_s = voiced_s - sum(word.end - word.start for word in before)
    if _is_believed(words[start:], left_s if before else voiced_s, limits):
        return tuple(words)
    return tuple(before)


def _last_sentence(words: Sequence[Word]) -> int:
    """Where the last sentence begins."""
    return max((at for at in range(1, len(words)) if ends_sentence(words[at - 1])), default=0)


def _is_believed(words: Sequence[Word], voiced_s: float, limits: GuardLimits) -> bool:
    letters = sum(len(normal(word.text)) for word in words)
    joined = len(words) > 1 and words[1].joined
    enough = letters <= voiced_s * (limits.fast_joined if joined else limits.fast)
    sure = sum(word.probability for word in words) / len(words) >= limits.doubtful
    return enough and sure


@functools.lru_cache(maxsize=256)
def made_up(tag: str) -> frozenset[str]:
    """The normal texts that models make up in a language."""
    lists = _lists()
    phrases = lists.get(tag.split("-")[0].lower(), [])
    return frozenset("".join(map(normal, phrase.split())) for phrase in (*phrases, *lists["en"]))


@functools.cache
def _lists() -> dict[str, list[str]]:
    return tomllib.loads((resources.files("transcripts") / "data" / "made_up.toml").read_text("utf-8"))
