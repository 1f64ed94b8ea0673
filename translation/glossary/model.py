"""Values of the glossary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One row of the glossary: what a thing is called, by language tag, the preferred wording first."""

    row: int  # as a spreadsheet counts: the header is row 1
    wordings: Mapping[str, tuple[str, ...]]
    forbidden: Mapping[str, tuple[str, ...]]
    also: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # right in a translation, never looked for
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TermUse:
    """A term in a source text. `wording` is what stands at [start, end); `expected` is what the translation should
    call it, the preferred wording first."""

    term: Term
    rows: frozenset[
        int
    ]  # of every term with this wording: they cannot be told apart, and what any is called will do
    wording: str
    expected: tuple[str, ...]
    start: int
    end: int
    compound: bool = False  # part of a longer name, as 印鑑 in 印鑑証明書 or "fee" in "lunch fee"
    required: bool = (
        True  # False for a short word in a longer name: it may rightly be called something else there
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Forbidden:
    """A wording in a translation that the glossary does not want there, at [start, end)."""

    term: Term
    wording: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GlossaryCheck:
    """What became of the terms of a text. `spans` are the places of allowed wordings in the translation."""

    kept: tuple[TermUse, ...] = ()
    lost: tuple[TermUse, ...] = ()
    forbidden: tuple[Forbidden, ...] = ()
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something wrong in the file. `sentence` says what and where."""

    row: int
    sentence: str
