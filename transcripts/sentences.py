"""Where spoken words may be cut into segments that read as sentences. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from transcripts.model import Word, join_words

ENDS = ".?!。？！…"
CLOSERS = "\"')]}»”’」』）"
CLAUSES = ",;:、，；："
# A full stop after these is part of the word.
ABBREVIATIONS = frozenset(
    {"mr.", "mrs.", "ms.", "dr.", "st.", "no.", "e.g.", "i.e.", "vs.", "a.m.", "p.m.", "prof."}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentLimits:
    """What one segment may be. 84 characters are two caption lines of 42 (Netflix's timed text guide for English)."""

    chars: int = 84
    seconds: float = 7.0
    pause_s: float = 0.6  # silence between two words that ends a segment even inside a sentence
    min_chars: int = 12  # shorter sentences ("Yes.") are joined with the next one when there is no pause


def ends_sentence(word: Word) -> bool:
    """Whether a sentence ends with this word, as written."""
    text = word.text.rstrip(CLOSERS)
    if not text or text[-1] not in ENDS:
        return False
    initial = len(text) == 2 and text[0].isupper() and text[1] == "."
    return not initial and text.lower() not in ABBREVIATIONS


def cut(
    words: Sequence[Word], limits: SegmentLimits, *, closed: bool, following: Word | None = None
) -> tuple[list[tuple[Word, ...]], tuple[Word, ...]]:
    """Complete segments, and the words that wait for more.

    `closed` means that no more words will come; `following` is a word that is expected after these, if one is known.
    """
    segments: list[tuple[Word, ...]] = []
    rest = tuple(words)
    while size := _first_size(rest, limits, closed=closed, following=following):
        segments.append(rest[:size])
        rest = rest[size:]
    return segments, rest


def _first_size(
    words: tuple[Word, ...], limits: SegmentLimits, *, closed: bool, following: Word | None
) -> int:
    """How many words the first segment has; 0 while it is not complete."""
    chars = -1
    for at, word in enumerate(words):
        chars += len(word.text) + (0 if word.joined else 1)
        if at and (chars > limits.chars or word.end - words[0].start > limits.seconds):
            return _best_break(words[:at])
        next_word = words[at + 1] if at + 1 < len(words) else following
        if next_word is None:
            return at + 1 if closed else 0
        paused = next_word.start - word.end >= limits.pause_s
        if paused or (ends_sentence(word) and chars >= limits.min_chars):
            return at + 1
    return len(words) if closed else 0


def _best_break(words: tuple[Word, ...]) -> int:
    """Where to cut words that are too long: after a clause in the second half, else at the longest gap there."""
    half = len(join_words(words)) / 2
    best, best_score = len(words), -1.0
    for size in range(1, len(words) + 1):
        if len(join_words(words[:size])) < half:
            continue
        gap = words[size].start - words[size - 1].end if size < len(words) else 0.0
        score = gap + (10.0 if words[size - 1].text[-1] in CLAUSES + ENDS else 0.0) + size * 1e-6
        if score > best_score:
            best, best_score = size, score
    return best
