"""What a tried sentence became, ready to be shown: pieces of text with their marks, chips, words for what to be careful
about. Plain functions over values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from translation.facts import twins
from translation.glossary import GlossaryCheck, TermUse
from translation.makers import Maker, maker_of
from translation.model import Fact, Translation

HIGH, OK = 0.8, 0.5  # a confidence from here on is called high, or medium


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A stretch of a text, at [start, end)."""

    start: int
    end: int
    kind: str  # fact, term, forbidden


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of a text with the kind of its mark; empty for none."""

    text: str
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A fact or a term and what became of it."""

    text: str
    language: str
    style: str  # done, waiting, urgent
    word: str = ""  # a key below `try`; empty where the style says it all
    becomes: str = ""
    becomes_language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A translation as the page shows it."""

    source: str
    target: str
    source_pieces: tuple[Piece, ...]
    target_pieces: tuple[Piece, ...]
    route: tuple[str, ...]
    engine: str
    maker: Maker
    level: str  # high, ok, low
    percent: int
    flags: tuple[str, ...]
    facts: tuple[Chip, ...]
    terms: tuple[Chip, ...]


def make_trial(made: Translation, check: GlossaryCheck) -> Trial:
    """A translation and the check of its terms, together."""
    return Trial(
        source=made.source,
        target=made.route[-1] if made.route else made.target,
        source_pieces=pieces(made.source_text, _source_marks(made, check)),
        target_pieces=pieces(made.text, _target_marks(made, check)),
        route=made.route,
        engine=made.engine,
        maker=maker_of(made.engine),
        level="high" if made.confidence >= HIGH else "ok" if made.confidence >= OK else "low",
        percent=round(made.confidence * 100),
        flags=made.flags,
        facts=tuple(_fact_chips(made)),
        terms=tuple(_term_chips(made, check)),
    )


def pieces(text: str, marks: Iterable[Mark]) -> tuple[Piece, ...]:
    """The text in pieces. Of marks that overlap, the one that was given first counts."""
    kept: list[Mark] = []
    for mark in marks:
        inside = 0 <= mark.start < mark.end <= len(text)
        if inside and not any(mark.start < other.end and other.start < mark.end for other in kept):
            kept.append(mark)
    found: list[Piece] = []
    at = 0
    for mark in sorted(kept, key=lambda one: one.start):
        found += [Piece(text=text[at : mark.start]), Piece(text=text[mark.start : mark.end], kind=mark.kind)]
        at = mark.end
    found.append(Piece(text=text[at:]))
    return tuple(piece for piece in found if piece.text)


def _source_marks(made: Translation, check: GlossaryCheck) -> list[Mark]:
    facts = [
        Mark(start=fact.start, end=fact.end, kind="fact")
        for fact in (*made.kept, *made.lost)
        if made.source_text[fact.start : fact.end] == fact.text
    ]
    terms = [Mark(start=use.start, end=use.end, kind="term") for use in (*check.kept, *check.lost)]
    return [*facts, *terms]


def _target_marks(made: Translation, check: GlossaryCheck) -> list[Mark]:
    forbidden = [Mark(start=one.start, end=one.end, kind="forbidden") for one in check.forbidden]
    terms = [Mark(start=start, end=end, kind="term") for start, end in check.spans]
    return [*forbidden, *_twin_marks(made), *terms]


def _twin_marks(made: Translation) -> list[Mark]:
    """Where the kept facts stand in the translation, as far as that is known."""
    found: list[Mark] = []
    for twin in twins(made.kept, made.text, made.target):
        taken = {mark.start for mark in found}
        at = made.text.find(twin) if twin else -1
        while at in taken:
            at = made.text.find(twin, at + 1)
        if at >= 0:
            found.append(Mark(start=at, end=at + len(twin), kind="fact"))
    return found


def _fact_chips(made: Translation) -> Iterable[Chip]:
    for fact in made.lost:
        yield Chip(text=fact.text, language=made.source, style="urgent", word="lost")
    for fact, twin in zip(made.kept, twins(made.kept, made.text, made.target), strict=True):
        yield Chip(
            text=fact.text, language=made.source, style="done", becomes=twin, becomes_language=made.target
        )


def _term_chips(made: Translation, check: GlossaryCheck) -> Iterable[Chip]:
    for one in check.forbidden:
        yield Chip(text=one.wording, language=made.target, style="urgent", word="forbidden")
    for use in check.lost:
        yield _term_chip(made, use, style="waiting", word="term_lost")
    for use in check.kept:
        yield _term_chip(made, use, style="done", word="")


def _term_chip(made: Translation, use: TermUse, *, style: str, word: str) -> Chip:
    return Chip(
        text=use.wording,
        language=made.source,
        style=style,
        word=word,
        becomes=use.expected[0],
        becomes_language=made.target,
    )


def describe(made: Translation, check: GlossaryCheck) -> dict[str, Any]:
    """The same as JSON: what `madoguchi translate --json` prints, with the terms."""
    return {
        "text": made.text,
        "source_text": made.source_text,
        "route": list(made.route),
        "engine": made.engine,
        "confidence": round(made.confidence, 4),
        "flags": list(made.flags),
        "facts": {"kept": _facts(made.kept), "lost": _facts(made.lost)},
        "terms": {
            "kept": _terms(check.kept),
            "lost": _terms(check.lost),
            "forbidden": [one.wording for one in check.forbidden],
        },
    }


def _facts(facts: Sequence[Fact]) -> list[dict[str, str]]:
    return [{"kind": fact.kind, "text": fact.text, "value": fact.value} for fact in facts]


def _terms(uses: Sequence[TermUse]) -> list[dict[str, Any]]:
    return [{"text": use.wording, "expected": list(use.expected)} for use in uses]
