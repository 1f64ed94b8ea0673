"""A caption as packets: set for its readers (`transcripts.lines`), in what one request of a receiver may hold. Pure."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from transcripts.lines import break_lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The room that one packet has. A column is one Latin character; Japanese ones take two."""

    columns: int = 42
    lines: int = 2


def packets(text: str, language: str, shape: Shape) -> list[str]:
    """`text`, which is in `language`, in pieces of at most `shape.lines` lines, joined by line breaks; nothing is lost
    but spaces at breaks. A receiver with one long line gets as many of a reader's lines in it as fit."""
    text = text.strip()
    blocks = [
        [piece for line in block for piece in _cut(line, shape.columns)]
        for block in break_lines(text, language)
    ]
    if shape.lines == 1:
        return _in_one_line([line for block in blocks for line in block], text, shape.columns)
    return [
        "\n".join(block[at : at + shape.lines])
        for block in blocks
        for at in range(0, len(block), shape.lines)
    ]


def _in_one_line(lines: list[str], text: str, columns: int) -> list[str]:
    """Neighbours together, with what stood between them in the text."""
    joined: list[str] = []
    begin = end = 0
    for line in lines:
        start = text.index(line, end)
        end = start + len(line)
        if joined and _size(text[begin:end]) <= columns:
            joined[-1] = text[begin:end]
        else:
            begin = start
            joined.append(line)
    return joined


def _cut(line: str, columns: int) -> list[str]:
    """A line that could not be broken, such as an address, in pieces; combining characters stay with their letter."""
    pieces: list[str] = [""]
    width = 0
    for sign in line:
        if sign != " " and _width(sign) and width + _width(sign) > columns:
            pieces.append("")
            width = 0
        pieces[-1] += sign
        width += _width(sign)
    return [piece.rstrip() for piece in pieces]


def _size(text: str) -> int:
    return sum(map(_width, text))


def _width(sign: str) -> int:
    if unicodedata.combining(sign) or unicodedata.category(sign) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1
