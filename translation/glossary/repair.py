"""Putting the right term in the place of a forbidden wording, or of one that is nearly right."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from difflib import SequenceMatcher

from translation.glossary.inflection import (
    FUNCTION_WORDS,
    family,
    head_base,
    is_plural,
    pluralise,
    tail_base,
    with_article,
)
from translation.glossary.model import Forbidden, TermUse
from translation.languages import language

# How much of a wording must be that of the term, 0..1 by words (Dice) and by characters, to be taken for it.
ALIKE_WORDS = 0.5
ALIKE_CHARACTERS = 0.6

Span = tuple[int, int]

_WORD = re.compile(r"[^\W_]+(?:['’]s\b)?")
_NAME_LETTERS = r"\u3400-\u9fff々\u30a1-\u30faーA-Za-z"
# In front of a verb: the word after one of these is no part of a name.
_PERSONS_AND_MODALS = (
    "please to i you we they he she it can could will would should must may not and or don't who"
)
_BEFORE_VERB = frozenset(_PERSONS_AND_MODALS.split())


def repair(
    text: str,
    absent: Sequence[tuple[TermUse, str]],
    forbidden: Sequence[Forbidden],
    named: Collection[Span],
    target: str,
) -> str:
    """The translation with each absent term, as it should be called, in the place of a wording that is forbidden
    for it or, where the term is required, nearly right; in its number and with its article. Terms without such a
    place stay out. `named` are the places of others."""
    changes: list[tuple[int, int, str]] = []
    for use, wording in absent:
        taken = [*named, *((start, end) for start, end, _ in changes)]
        place = _forbidden_place(text, use, wording, forbidden, target)
        if place is None and use.required:
            place = _similar_place(text, wording, taken, target)
        if place is None or any(start < place[1] and place[0] < end for start, end in taken):
            continue
        several = is_plural(text[place[0] : place[1]], target)
        fitting = pluralise(wording, target) if several else wording
        lead, article = with_article(text[: place[0]], fitting, target, several=several)
        changes.append((lead, place[1], article + fitting))
    for start, end, written in sorted(changes, reverse=True):
        text = text[:start] + written + text[end:]
    return text


def _forbidden_place(
    text: str, use: TermUse, wording: str, forbidden: Sequence[Forbidden], target: str
) -> Span | None:
    """Where one forbidden wording stands for the whole term: "window" for "counter", but not "vacation" in
    "vacation clinic"."""
    places = [place for place in forbidden if place.term.row in use.rows]
    if len(places) != 1:
        return None
    place = places[0]
    if not language(target).spaces:
        return (place.start, place.end) if len(place.wording) >= len(wording) - 1 else None
    words = _WORD.findall(wording)
    beside = [*_WORD.findall(text[: place.start])[-1:], *_WORD.findall(text[place.end :])[:1]]
    own = {head_base(word, target) for word in words}
    if len(_WORD.findall(place.wording)) < len(words) or any(
        head_base(word, target) in own for word in beside
    ):
        return None
    return place.start, place.end


def _similar_place(text: str, wording: str, taken: Sequence[Span], target: str) -> Span | None:
    """The one wording that is nearly the term: "health center" for "Public Health Center"."""
    if family(target) == "en":
        found = _similar_words(text, wording, taken)
    elif family(target) in ("ja", "zh"):
        found = _similar_runs(text, wording, taken)
    else:
        return None
    best = max((likeness for likeness, _ in found), default=0.0)
    places = [place for likeness, place in found if likeness == best]
    first = min(places, key=lambda place: place[1] - place[0], default=None)
    if first is None or any(place[0] >= first[1] or place[1] <= first[0] for place in places):
        return None
    return _widened(text, first, wording) if family(target) == "en" else first


def _similar_words(text: str, wording: str, taken: Sequence[Span]) -> list[tuple[float, Span]]:
    wanted = _content(_WORD.findall(wording))
    if len(wanted) < 2:
        return []
    head = tail_base(
        _WORD.findall(re.split(r" (?:of|for|with|on|in|to|from|by) | ?\(", wording)[0])[-1], "en"
    )
    words = list(_WORD.finditer(text))
    found: list[tuple[float, Span]] = []
    for at, first in enumerate(words):
        for last in words[at : at + len(_WORD.findall(wording)) + 1]:
            inside = [word.group() for word in words[at : words.index(last) + 1]]
            span = first.start(), last.end()
            if (
                any(start < span[1] and span[0] < end for start, end in taken)
                or not text[slice(*span)].isascii()
            ):
                break
            content = _content(inside)
            shared = len(content & wanted)
            likeness = 2 * shared / (len(content) + len(wanted))
            edges = {first.group().lower(), last.group().lower()}
            if likeness >= ALIKE_WORDS and (head in content or shared > 1) and not edges & FUNCTION_WORDS:
                found.append((likeness, span))
    return found


def _content(words: Sequence[str]) -> frozenset[str]:
    return frozenset(tail_base(word, "en") for word in words if word.lower() not in FUNCTION_WORDS)


def _widened(text: str, place: Span, wording: str) -> Span:
    """With the words beside it that belong to the same name: "municipal housing" for "city housing"."""
    start, end = place
    inside = _content(_WORD.findall(text[start:end]))
    room = len(_content(_WORD.findall(wording))) - len(inside)
    if room > 0 and _head(wording) not in inside:
        after = re.match(r" ([^\W\d_]+)", text[end:])
        if after and after[1].lower() not in FUNCTION_WORDS:
            end, room = end + after.end(), room - 1
    while room > 0:
        joined = " and" if " and " in wording else ""
        before = re.search(rf"([^\W_]+|^)(\W*)\b([^\W\d_]+)(?:{joined})? $", text[:start])
        if not before or before[3].lower() in FUNCTION_WORDS or before[1].lower() in _BEFORE_VERB:
            break
        if not before[1] or before[2] != " ":
            break
        start, room = before.start(3), room - 1
    return start, end


def _head(wording: str) -> str:
    """The word that says what sort of thing it is."""
    return tail_base(
        _WORD.findall(re.split(r" (?:of|for|with|on|in|to|from|by) | ?\(", wording)[0])[-1], "en"
    )


def _similar_runs(text: str, wording: str, taken: Sequence[Span]) -> list[tuple[float, Span]]:
    found: list[tuple[float, Span]] = []
    own = "".join(set(re.findall("[ぁ-ん]", wording)))
    for run in re.finditer(f"[{_NAME_LETTERS}{own}]{{2,}}", text):
        if any(start < run.end() and run.start() < end for start, end in taken):
            continue
        likeness = SequenceMatcher(None, run.group(), wording, autojunk=False).ratio()
        if likeness >= ALIKE_CHARACTERS:
            found.append((likeness, _with_own_letters(text, run.span(), wording)))
    return found


def _with_own_letters(text: str, place: Span, wording: str) -> Span:
    """With the letters beside it that the term begins or ends with: ごみ before 処理券, which is another script."""
    start, end = place
    before = max((n for n in range(len(wording)) if text[:start].endswith(wording[:n])), default=0)
    after = max((n for n in range(len(wording)) if n and text[end:].startswith(wording[-n:])), default=0)
    return start - before, end + after
