"""Comparing hypotheses: which words are known already, and which words two hypotheses agree on. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from transcripts.model import Word

# What one second between the ends of two words weighs against one wrong word.
SECOND_COST = 1.0
# How much nearer in time a repeated word must be before it counts as the word said before the window.
FRESH_COST = 0.3
# What a word weighs that is written as the beginning of the other, against a wrong one: "20" and "20th".
BEGUN_COST = 0.3
LEAST_BEGUN = 2  # letters that such a beginning has


def normal(text: str) -> str:
    """The letters and digits of a word: a comma or a capital that changes is not a different word."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(each for each in folded if each.isalnum())


def agreed(before: Sequence[Word], now: Sequence[Word]) -> int:
    """How many words from the first on are the same in both (LocalAgreement-2, Liu et al. 2020)."""
    count = 0
    for old, new in zip(before, now, strict=False):
        if normal(old.text) != normal(new.text):
            break
        count += 1
    return count


def known_words(known: Sequence[Word], words: Sequence[Word], *, window_start: float) -> int:
    """How many of the first `words` say again what `known` (words committed earlier) said.

    Neither counting nor times alone can tell, as both change from one hypothesis to the next. This takes the split
    with the fewest wrong words, where known words from before the window may be missing at the front, and looks at
    the times between equals.
    """
    if not known:
        return 0
    row = [float(count) for count in range(len(words) + 1)]
    for old in known:
        leave_out = 0.0 if old.end <= window_start + 0.1 else 1.0
        above, row = row, [row[0] + leave_out]
        for at, new in enumerate(words):
            same = above[at] + _difference(normal(old.text), normal(new.text))
            row.append(min(same, above[at + 1] + 1.0, row[at] + 1.0))
    last = known[-1].end

    def cost(size: int) -> float:
        away = abs(words[size - 1].end - last) * SECOND_COST if size else _fresh(last, window_start)
        return row[size] + away

    return min(range(len(words) + 1), key=cost)


def _difference(old: str, new: str) -> float:
    """0 for the same word, 1 for another."""
    if old == new:
        return 0.0
    begun = min(len(old), len(new)) >= LEAST_BEGUN and (old.startswith(new) or new.startswith(old))
    return BEGUN_COST if begun else 1.0


def _fresh(last: float, window_start: float) -> float:
    return FRESH_COST + max(0.0, last - window_start) * SECOND_COST
