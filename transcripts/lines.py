"""A caption set for its readers: lines that fit, blocks of two lines, time enough to read them. Pure.

Every edge that writes captions into a file or a relay breaks them here; web pages leave it to the browser, which knows
the size of the reader's letters. The rules per language are in `data/reading.toml`.
"""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from itertools import accumulate
from typing import Any

from transcripts.breaks import Piece, pieces, weight

GAP_S = 0.08  # seconds (two frames) that stay free before the next caption, so that a change is seen
SLACK = 1.05  # of the reading speed, before a caption counts as too fast

_BLOCK = 8.0  # costs beside those of `breaks`: each further block
_BLOCK_END = 3.0  # times the cost of a break, where a block ends: the reader sees nothing of what follows
_UNEVEN = 10.0  # lines of different length
_TOP_HEAVY = 4.0  # the upper line is the longer one
_ORPHAN = 15.0  # a line or a block that is a mere word
_ORPHAN_PART = 0.25  # of a line; shorter is an orphan


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How captions are set in one language."""

    line: int  # characters
    speed: float  # characters a second
    wide: bool  # a character is a full-width one
    phrases: str  # BudouX model; "" where spaces separate words
    cling: frozenset[str]  # words that do not end a line
    least_s: float
    most_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What is on the screen at once. Times in seconds."""

    lines: tuple[str, ...]  # one or two
    start: float
    end: float
    too_fast: bool  # more than a reader can read in this time


@functools.lru_cache(maxsize=256)
def reading(tag: str) -> Reading:
    """How captions in the language `tag` are set."""
    tables = _tables()
    table = {**tables["default"], **tables.get(tag.partition("-")[0], {}), **tables.get(tag, {})}
    return Reading(**{**table, "cling": frozenset(table["cling"])})


@functools.cache
def _tables() -> dict[str, dict[str, Any]]:
    return tomllib.loads((resources.files("transcripts") / "data" / "reading.toml").read_text("utf-8"))


def break_lines(text: str, tag: str) -> tuple[tuple[str, ...], ...]:
    """The text in blocks of one or two lines. Spaces at which lines are broken are left out, nothing else.

    No line is longer than the language allows unless it is one word, number or address that cannot be broken.
    """
    rules = reading(tag)
    limit = rules.line * 2
    found = pieces(text, wide=rules.wide, phrases=rules.phrases, cling=rules.cling, line=limit)
    return _Setter(found, limit).blocks() if found else ()


def time_blocks(
    text: str, tag: str, *, start: float, end: float, next_start: float | None = None
) -> tuple[Block, ...]:
    """The text in blocks, each with its share of the time.

    Where that is too short to read, the end moves into the pause before `next_start`, up to the longest time of a
    block; what is too fast even so is marked. Times never run backwards, and the start stays.
    """
    rules = reading(tag)
    blocks = break_lines(text, tag)
    if not blocks:
        return ()
    sizes = [sum(weight(line, wide=rules.wide) for line in block) / 2 for block in blocks]
    end = max(end, start)
    wanted = max(sum(sizes) / rules.speed, rules.least_s * len(blocks))
    longest = start + min(wanted, rules.most_s * len(blocks))
    room = longest if next_start is None else min(longest, next_start - GAP_S)
    end = max(end, room)
    total = sum(sizes)
    shares = [start, *(start + (end - start) * (done / total) for done in accumulate(sizes))]
    shares[-1] = end
    return tuple(
        Block(lines=lines, start=begin, end=until, too_fast=size > (until - begin) * rules.speed * SLACK)
        for lines, size, begin, until in zip(blocks, sizes, shares, shares[1:], strict=False)
    )


class _Setter:
    """Sets pieces into blocks so that the sum of costs is least."""

    def __init__(self, found: list[Piece], limit: int) -> None:
        self._pieces = found
        self._limit = limit
        self._sums = [0, *accumulate(piece.weight + piece.gap_weight for piece in found)]

    def blocks(self) -> tuple[tuple[str, ...], ...]:
        count = len(self._pieces)
        whole = self._block(0, count)
        if whole is not None:
            return (self._lines(0, count, whole[1]),)
        even = self._width(0, count) / -(-self._width(0, count) // (2 * self._limit))
        best: list[float] = [0.0]
        back: list[tuple[int, int]] = [(0, 0)]
        for end in range(1, count + 1):
            best.append(float("inf"))
            back.append((end - 1, end))
            for begin in range(end - 1, -1, -1):
                if end - begin > 1 and self._width(begin, end) > 2 * self._limit:
                    break
                price = best[begin] + self._block_cost(begin, end, even)
                if price >= best[end]:
                    continue  # however well its lines are set
                made = self._block(begin, end)
                if made is None:
                    break
                if price + made[0] < best[end]:
                    best[end], back[end] = price + made[0], (begin, made[1])
        return self._collect(back)

    def _collect(self, back: list[tuple[int, int]]) -> tuple[tuple[str, ...], ...]:
        blocks, end = [], len(self._pieces)
        while end > 0:
            begin, cut = back[end]
            blocks.append(self._lines(begin, end, cut))
            end = begin
        return tuple(reversed(blocks))

    def _width(self, begin: int, end: int) -> int:
        return self._sums[end] - self._sums[begin] - self._pieces[end - 1].gap_weight

    def _fits(self, begin: int, end: int) -> bool:
        return end - begin == 1 or self._width(begin, end) <= self._limit

    def _block(self, begin: int, end: int) -> tuple[float, int] | None:
        """The cost of the pieces as one block and where its second line begins (`end`: it has one line)."""
        if self._fits(begin, end):
            return 0.0, end
        found: tuple[float, int] | None = None
        for cut in range(end - 1, begin, -1):
            if not self._fits(cut, end):
                break
            if self._fits(begin, cut):
                price = self._pieces[cut - 1].cost + self._balance(begin, cut, end)
                if found is None or price < found[0]:
                    found = price, cut
        return found

    def _balance(self, begin: int, cut: int, end: int) -> float:
        upper, lower = self._width(begin, cut), self._width(cut, end)
        price = _UNEVEN * abs(upper - lower) / self._limit
        if upper > lower:
            price += _TOP_HEAVY * (upper - lower) / self._limit
        return price + (_ORPHAN if min(upper, lower) < _ORPHAN_PART * self._limit else 0.0)

    def _block_cost(self, begin: int, end: int, even: float) -> float:
        width = self._width(begin, end)
        price = _BLOCK + _BLOCK_END * self._pieces[end - 1].cost + _UNEVEN * abs(width - even) / self._limit
        return price + (_ORPHAN if width < _ORPHAN_PART * self._limit else 0.0)

    def _lines(self, begin: int, end: int, cut: int) -> tuple[str, ...]:
        spans = [(begin, cut), (cut, end)] if cut < end else [(begin, end)]
        return tuple(self._line(*span) for span in spans)

    def _line(self, begin: int, end: int) -> str:
        inner = "".join(piece.text + piece.gap for piece in self._pieces[begin : end - 1])
        return inner + self._pieces[end - 1].text
