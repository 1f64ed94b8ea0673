"""A text in the parts between which its lines may end, for pages, which leave the breaking to the browser. Pure.

Few browsers know phrases in languages that do not write spaces; where a line may end is worked out here, once for all
readers of a caption.
"""

from __future__ import annotations

from functools import lru_cache

from transcripts.breaks import pieces
from transcripts.lines import reading


@lru_cache(maxsize=1024)
def phrases(text: str, tag: str) -> tuple[str, ...]:
    """The parts of the text, which together are the text. One part in languages whose words stand apart."""
    rules = reading(tag)
    if not rules.phrases:
        return (text,)
    found = pieces(text, wide=rules.wide, phrases=rules.phrases, cling=rules.cling, line=2 * rules.line)
    parts = tuple(piece.text + piece.gap for piece in found)
    return parts if "".join(parts) == text else (text,)


def breaks(text: str, tag: str) -> list[int]:
    """The same as places: how many characters (code points) stand before each."""
    places, at = [], 0
    for part in phrases(text, tag)[:-1]:
        at += len(part)
        places.append(at)
    return places
