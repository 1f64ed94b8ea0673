"""The glossary in use: which terms a text has, and what became of them in a translation."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

from translation.glossary.finding import Finder, Found, Wording, make_finder
from translation.glossary.model import Forbidden, GlossaryCheck, Term, TermUse

_EXPLANATION = re.compile(r"\s*[(（][^()（）]*[)）]\s*$")


class Glossary:
    """The terms of a city. It never changes; what finds them is made for each language at its first use."""

    def __init__(self, terms: Sequence[Term]) -> None:
        self.terms = tuple(terms)
        self._by_row = {term.row: term for term in terms}
        self._sources: dict[str, Finder] = {}
        self._allowed: dict[str, Finder] = {}
        self._forbidden: dict[str, Finder] = {}

    def languages(self) -> Mapping[str, int]:
        """How many terms have a wording, by language tag."""
        return Counter(tag for term in self.terms for tag in term.wordings)

    def terms_in(self, text: str, source: str, target: str) -> tuple[TermUse, ...]:
        """The terms of a text that have a wording in the target language, in order; each once, where it stands
        first."""
        return once(self.occurrences(text, source, target))

    def occurrences(self, text: str, source: str, target: str) -> tuple[TermUse, ...]:
        """Like `terms_in`, every time that a term stands there."""
        uses: list[TermUse] = []
        for found in self.find(text, source, as_source=True):
            alike = [self._by_row[row] for row in sorted(found.rows) if target in self._by_row[row].wordings]
            if not alike:
                continue
            uses.append(
                TermUse(
                    term=alike[0],
                    rows=found.rows,
                    wording=text[found.start : found.end],
                    expected=tuple(dict.fromkeys(word for term in alike for word in term.wordings[target])),
                    start=found.start,
                    end=found.end,
                    compound=found.compound,
                    required=not found.loose,
                )
            )
        return tuple(uses)

    def check(self, source_text: str, text: str, source: str, target: str) -> GlossaryCheck:
        """Which terms of the source are in the translation, in any inflection, and which wordings there are forbidden.

        A term that the source has twice need not be there twice: good style says "it" the second time.
        """
        uses = self.terms_in(source_text, source, target)
        if not uses:
            return GlossaryCheck()
        found = self.places(uses, text, target)
        spans = tuple(sorted({(place.start, place.end) for places in found for place in places}))
        return GlossaryCheck(
            kept=tuple(use for use, places in zip(uses, found, strict=True) if places),
            lost=tuple(use for use, places in zip(uses, found, strict=True) if use.required and not places),
            forbidden=self.forbidden_in(text, target, uses, spans),
            spans=spans,
        )

    def places(self, uses: Sequence[TermUse], text: str, target: str) -> tuple[tuple[Found, ...], ...]:
        """Where each term stands in a translation. "Head of household" is no place of "household", unless the
        source has it within a longer word too; in "resident tax certificate" there are both "resident tax" and "tax
        certificate"."""
        everything = self.find(text, target)
        found: list[tuple[Found, ...]] = []
        for use in uses:
            places = tuple(one for one in everything if not one.rows.isdisjoint(use.rows))
            if not places:
                alone = self.find(text, target, only=use.rows)
                places = (
                    alone if use.compound else tuple(one for one in alone if not _inside(one, everything))
                )
            found.append(places)
        return tuple(found)

    def forbidden_in(
        self, text: str, target: str, uses: Sequence[TermUse], allowed: Collection[tuple[int, int]] = ()
    ) -> tuple[Forbidden, ...]:
        """Wordings in a translation that are forbidden for one of the terms and no part of an allowed wording."""
        rows = {use.term.row for use in uses if target in use.term.forbidden}
        if not rows:
            return ()
        finder = _remembered(self._forbidden, target, self._forbidden_wordings)
        return tuple(
            Forbidden(
                term=self._by_row[min(one.rows)],
                wording=text[one.start : one.end],
                start=one.start,
                end=one.end,
            )
            for one in finder.find(text, only=rows)
            if not any(start < one.end and one.start < end for start, end in allowed)
        )

    def find(
        self, text: str, tag: str, *, as_source: bool = False, only: Collection[int] | None = None
    ) -> tuple[Found, ...]:
        """The allowed wordings of one language in a text, by the rows of their terms. In a source only those that name
        the term there: what is also right in a translation ("form") may be the name of other things."""
        if as_source:
            finder = _remembered(self._sources, tag, self._wordings)
        else:
            finder = _remembered(self._allowed, tag, self._allowed_wordings)
        return finder.find(text, as_source=as_source, only=only)

    def _wordings(self, tag: str) -> list[Wording]:
        return [
            Wording(form, term.row, exact_case(term, wording))
            for term in self.terms
            for wording in term.wordings.get(tag, ())
            for form in dict.fromkeys((wording, plain(wording)))
        ]

    def _allowed_wordings(self, tag: str) -> list[Wording]:
        also = [Wording(wording, term.row) for term in self.terms for wording in term.also.get(tag, ())]
        return self._wordings(tag) + also

    def _forbidden_wordings(self, tag: str) -> list[Wording]:
        return [Wording(wording, term.row) for term in self.terms for wording in term.forbidden.get(tag, ())]


def _inside(one: Found, others: Sequence[Found]) -> bool:
    return any(other.start <= one.start and one.end <= other.end for other in others)


def once(uses: Sequence[TermUse]) -> tuple[TermUse, ...]:
    """The first use of each term, or the first that must be there."""
    first: dict[frozenset[int], TermUse] = {}
    for use in uses:
        if use.rows not in first or (use.required and not first[use.rows].required):
            first[use.rows] = use
    return tuple(sorted(first.values(), key=lambda use: use.start))


def _remembered(made: dict[str, Finder], tag: str, wordings: Callable[[str], list[Wording]]) -> Finder:
    finder = made.get(tag)
    if finder is None:
        finder = made[tag] = make_finder(wordings(tag), tag)
    return finder


def plain(wording: str) -> str:
    """Without an explanation in brackets at the end."""
    return _EXPLANATION.sub("", wording) or wording


def exact_case(term: Term, wording: str) -> bool:
    """Do small letters make another word of it? So for an acronym, and for a name that is the same in several
    languages: "My number is …" is not about "My Number"."""
    if wording.isupper() and len(wording) <= 6:
        return True
    same = sum(1 for wordings in term.wordings.values() if wording in wordings)
    return same > 1 and wording[:1].isupper()
