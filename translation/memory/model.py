"""Values of the translation memory."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

# Who wrote the target text: a person wrote or approved it, or a machine did.
Origin = Literal["human", "machine"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A text and its translation, with who wrote it, when, and where it comes from."""

    id: str
    source: str  # language tag
    target: str  # language tag
    source_text: str
    target_text: str
    origin: Origin
    author: str  # name of the account that wrote it last; "" where unknown
    came_from: str  # "review:<meeting>/<seq>", "page", "tmx:<file name>"
    created_at: dt.datetime
    updated_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A unit before it is stored. Times are None where they are not known: then it is now."""

    source: str
    target: str
    source_text: str
    target_text: str
    origin: Origin = "human"
    author: str = ""
    came_from: str = ""
    created_at: dt.datetime | None = None
    updated_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A unit that answers for a sentence: same words, the same or other facts."""

    unit: Unit
    text: str  # the unit's target text with the sentence's facts
    exact: bool  # False where the sentence has other facts than the unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A unit whose words are like those of a text. Its languages may be the other way round."""

    unit: Unit
    score: float  # 0..1, the share of words that are the same; facts count by their kind
    text: str  # in the language asked for, with the text's facts where their places are certain
