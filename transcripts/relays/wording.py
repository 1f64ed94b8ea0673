"""A caption as packets: what fits on a receiver's lines, broken where reading breaks. Pure."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

# Characters that must not begin or end a line (JIS X 4051, the usual ones).
_NOT_FIRST = frozenset(
    "、。，．・：；？！）」』】〕〉》”’…‥%％℃°,.!?:;)]}"  # closing marks and units
    "ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ々ゝゞ"
)
_NOT_LAST = frozenset("（「『【〔〈《“‘([{￥¥$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The room that one packet has. A column is one Latin character; Japanese ones take two."""

    columns: int = 42
    wide_columns: int = 32  # where most characters are wide: 16 of them
    lines: int = 2


def packets(text: str, shape: Shape) -> list[str]:
    """`text` in pieces of at most `shape.lines` lines, joined by line breaks; nothing is lost but spaces at breaks."""
    wide = sum(1 for sign in text if _width(sign) == 2)
    lines = break_lines(text, shape.wide_columns if wide * 2 > len(text) else shape.columns)
    return ["\n".join(lines[at : at + shape.lines]) for at in range(0, len(lines), shape.lines)]


def break_lines(text: str, columns: int) -> list[str]:
    """`text` in as few lines of at most `columns` as possible, and these about equally long."""
    atoms = _atoms(text)
    lines = _fill(atoms, columns)
    if len(lines) <= 1:
        return lines
    total = sum(_width(sign) for sign in text)
    for narrower in range(-(-total // len(lines)), columns):
        tried = _fill(atoms, narrower)
        if len(tried) == len(lines):
            return tried
    return lines


def _fill(atoms: list[str], columns: int) -> list[str]:
    lines: list[str] = []
    line, width = "", 0
    for atom in atoms:
        for piece in _cut(atom, columns):
            size = sum(map(_width, piece.rstrip()))
            if line and width + size > columns:
                lines.append(line.strip())
                line, width = "", 0
            line += piece
            width += sum(map(_width, piece))
    return [*lines, line.strip()] if line.strip() else lines


def _atoms(text: str) -> list[str]:
    """The text cut wherever a line may end."""
    atoms: list[str] = []
    for sign in text:
        last = atoms[-1][-1] if atoms else ""
        if not last or _may_break(last, sign):
            atoms.append(sign)
        else:
            atoms[-1] += sign
    return atoms


def _may_break(before: str, after: str) -> bool:
    if after == " " or after in _NOT_FIRST or before in _NOT_LAST or _width(after) == 0:
        return False
    return before == " " or _width(before) == 2 or _width(after) == 2


def _cut(atom: str, columns: int) -> list[str]:
    """An atom that is longer than a line, in pieces; combining characters stay with their letter."""
    pieces: list[str] = [""]
    width = 0
    for sign in atom:
        if sign != " " and _width(sign) and width + _width(sign) > columns:
            pieces.append("")
            width = 0
        pieces[-1] += sign
        width += _width(sign)
    return pieces


def _width(sign: str) -> int:
    if unicodedata.combining(sign) or unicodedata.category(sign) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1
