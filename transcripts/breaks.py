"""Where a line of a caption may end, and how good that place is. Pure.

The rules come from JIS X 4051 (kinsoku: what may not begin or end a line), Unicode Standard Annexes 11 (width) and
29 (grapheme clusters), and BudouX's phrase models for languages without spaces.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import regex

if TYPE_CHECKING:
    from budoux import Parser

# What a break costs; a line wants the cheapest. From EMERGENCY on, a line is broken there only when it has to be.
SENTENCE, CLAUSE, PHRASE, HYPHEN, CLINGING, FIGURES, EMERGENCY, WORD = (
    0.0,
    1.0,
    3.0,
    8.0,
    7.0,
    12.0,
    30.0,
    45.0,
)

_SPACES = regex.compile(r"[^\S\u00a0\u2007\u202f]+")
_CLUSTERS = regex.compile(r"\X")
# Numbers with their points, dates and times; addresses of pages and people: never cut.
_WHOLE = regex.compile(
    r"(?:https?://|www\.)[!-~]+|[\w.+-]+@[\w.-]+|[\p{Nd}]+(?:[.,:/~〜～．，：／–-]?[\p{Nd}]+)*[%％]?",
    regex.IGNORECASE,
)
_NOT_FIRST = frozenset(
    "、。，．・：；？！゛゜ヽヾゝゞ々ー‐゠–〜～…‥’”）〕］｝〉》」』】〙〗｠»%％‰"
    "ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶ､｡･ｰﾞﾟｧｨｩｪｫｯｬｭｮ｣,.!?:;)]}ๆฯ။၊។៕៖ៗ।॥"
)
_NOT_LAST = frozenset("‘“（〔［｛〈《「『【〘〖｟«｢([{¥￥$＄£€#＃№เแโใไ")
_SENTENCE_ENDS = frozenset("。．！？.!?…।॥။។៕")
_CLAUSE_ENDS = frozenset("、，,;；:：၊—")
_CLOSERS = frozenset("’”）〕］｝〉》」』】»)]}\"'")
_KATAKANA = regex.compile(r"[\p{Katakana}ー]")
# Scripts whose words are not separated by spaces. Everything else stays together between spaces.
_UNSPACED = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
    r"\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]"
)
_STACKS = frozenset("\u17d2\u1039")  # the next letter is written below this one
_THAI_VOWELS = frozenset("\u0e30\u0e32\u0e33\u0e45")  # written after their letter
_ASAT = "\u103a"  # closes a Burmese syllable, so its letter belongs to what comes before


@dataclass(frozen=True, slots=True)
class Piece:
    """What stays together on a line: its text, the spaces after it, and what ending a line after it costs."""

    text: str
    gap: str
    weight: int  # half characters, without the gap
    gap_weight: int
    cost: float


def pieces(text: str, *, wide: bool, phrases: str, cling: frozenset[str], line: int) -> list[Piece]:
    """The text in pieces, of which none is wider than `line` half characters unless it cannot be cut."""
    found: list[Piece] = []
    text = _SPACES.sub(lambda run: "\u3000" if run.group() == "\u3000" else " ", text).strip(" \u3000")
    for chunk, gap in _chunks(text):
        parts = list(_parts(chunk, wide=wide, phrases=phrases, line=line))
        for at, (part, cost) in enumerate(parts):
            if at == len(parts) - 1:
                cost = _end_cost(chunk, cling) if gap else SENTENCE
                found.append(Piece(part, gap, _weight(part, wide), _weight(gap, wide), cost))
            else:
                found.append(Piece(part, "", _weight(part, wide), 0, cost))
    return _joined(found, line)


def weight(text: str, *, wide: bool) -> int:
    """How much room the text takes, in half characters."""
    return _weight(text, wide)


def _chunks(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    for gap in _SPACES.finditer(text):
        yield text[at : gap.start()], gap.group()
        at = gap.end()
    if text[at:]:
        yield text[at:], ""


def _joined(found: list[Piece], line: int) -> list[Piece]:
    """The pieces, with those joined that no line may part although there is a space (« Quoi ? »)."""
    joined: list[Piece] = []
    for piece in found:
        before = joined[-1] if joined else None
        width = before.weight + before.gap_weight + piece.weight if before is not None else 0
        if before is not None and before.gap and width <= line and _tied(before.text, piece.text):
            text = before.text + before.gap + piece.text
            joined[-1] = Piece(text, piece.gap, width, piece.gap_weight, piece.cost)
        else:
            if before is not None and before.gap and before.text[-1].isdigit() and piece.text[0].isdigit():
                joined[-1] = Piece(before.text, before.gap, before.weight, before.gap_weight, FIGURES)
            joined.append(piece)
    return joined


def _tied(before: str, after: str) -> bool:
    return after[0] in _NOT_FIRST or before[-1] in _NOT_LAST


def _parts(chunk: str, *, wide: bool, phrases: str, line: int) -> Iterator[tuple[str, float]]:
    """A text without spaces, cut where it may be, each part with what the cut after it costs."""
    if chunk.isascii() and "-" not in chunk:
        yield chunk, PHRASE
        return
    clusters = _CLUSTERS.findall(chunk)
    costs = _costs(chunk, clusters, phrases)
    begin = 0
    for at in range(1, len(clusters) + 1):
        cost = costs[at] if at < len(clusters) else SENTENCE
        if cost is None or cost >= EMERGENCY:
            continue
        yield from _narrow(clusters, costs, begin, at, wide=wide, line=line)
        begin = at


def _narrow(
    clusters: list[str], costs: list[float | None], begin: int, end: int, *, wide: bool, line: int
) -> Iterator[tuple[str, float]]:
    """One part, cut further where it is wider than a line: between letters, and within words at the last."""
    whole = "".join(clusters[begin:end])
    last = costs[end] if end < len(costs) else None
    if _weight(whole, wide) > line:
        start = begin
        for at in range(begin + 1, end):
            cost = costs[at]
            if cost is not None:
                yield "".join(clusters[start:at]), cost
                start = at
        whole = "".join(clusters[start:end])
    yield whole, SENTENCE if last is None else last


def _costs(chunk: str, clusters: list[str], phrases: str) -> list[float | None]:
    """For each cluster, what a break before it costs; None where there may be none."""
    ends = _phrase_ends(chunk, phrases)
    inside = _insides(chunk)
    costs: list[float | None] = [None]
    at = len(clusters[0])
    for before, after in zip(clusters, clusters[1:], strict=False):
        forbidden = (
            at in inside or after[0] in _NOT_FIRST or before[-1] in _NOT_LAST or _stacked(before, after)
        )
        costs.append(None if forbidden else _cost(before, after, phrase=at in ends))
        at += len(after)
    return costs


def _cost(before: str, after: str, *, phrase: bool) -> float | None:
    if not (_UNSPACED.match(before) or _UNSPACED.match(after)):
        return HYPHEN if before in "-—" and after[0].isalpha() else None
    if before in _SENTENCE_ENDS:
        return SENTENCE
    if before in _CLAUSE_ENDS or before in _CLOSERS:
        return CLAUSE
    if _KATAKANA.match(before) and _KATAKANA.match(after):
        return WORD
    if before[0].isdigit():  # a number stays with what it counts
        return EMERGENCY
    return PHRASE if phrase else EMERGENCY


def _stacked(before: str, after: str) -> bool:
    """Whether the second cluster hangs on the first: vowel signs, letters below others, closed syllables."""
    hangs = unicodedata.category(after[0]).startswith("M") or after[0] in _THAI_VOWELS
    return hangs or before[-1] in _STACKS or _ASAT in after or (len(after) > 1 and after[1] == "\u1039")


def _insides(chunk: str) -> frozenset[int]:
    """Places within numbers and addresses."""
    return frozenset(at for found in _WHOLE.finditer(chunk) for at in range(found.start() + 1, found.end()))


def _phrase_ends(chunk: str, phrases: str) -> frozenset[int]:
    if not phrases:
        return frozenset()
    ends, at = set(), 0
    for phrase in _parser(phrases).parse(chunk):
        at += len(phrase)
        ends.add(at)
    return frozenset(ends)


@functools.cache
def _parser(phrases: str) -> Parser:
    import budoux  # noqa: PLC0415 - reads its model from a file

    load = {
        "ja": budoux.load_default_japanese_parser,
        "zh-Hans": budoux.load_default_simplified_chinese_parser,
        "zh-Hant": budoux.load_default_traditional_chinese_parser,
        "th": budoux.load_default_thai_parser,
    }
    return load[phrases]()


def _end_cost(chunk: str, cling: frozenset[str]) -> float:
    """What a line's end costs after a text that a space follows."""
    bare = chunk.rstrip("".join(_CLOSERS))
    if bare[-1:] in _SENTENCE_ENDS:
        return SENTENCE
    if bare[-1:] in _CLAUSE_ENDS:
        return CLAUSE
    return CLINGING if chunk.casefold() in cling else PHRASE


def _weight(text: str, wide: bool) -> int:
    """Half characters: in wide scripts a full-width character is 2 and others 1, elsewhere 4 and 2."""
    narrow = 1 if wide else 2
    if text.isascii():
        return narrow * len(text)
    doubled = "WFA" if wide else "WF"
    return sum(
        narrow * (2 if unicodedata.east_asian_width(cluster[0]) in doubled else 1)
        for cluster in _CLUSTERS.findall(text)
    )
