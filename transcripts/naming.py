"""How a meeting calls its people, places and numbers in other languages: the same throughout. Pure.

The city's glossary comes first. Then come the meeting's own names, typed by staff, one a line:

    田中一郎 = Ichiro Tanaka
    ja: 青葉小学校 = en: Aoba Elementary School = pt-BR: Escola Primária Aoba

A part without a tag goes to the first language of the meeting in whose script it is written. A name in Latin letters
serves every language that is written in them. What a meeting has called a name or a number once stays, and what an
interpreter wrote instead stays from then on.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Literal

from core.errors import InvalidInput
from translation.facts import find
from translation.glossary import Glossary, Term
from translation.languages import language
from translation.model import Fact

RenderingKind = Literal["name", "number"]

OWN_ROWS = 1_000_000  # rows of a meeting's names begin here, behind all rows that a glossary file can have
LINES = 200  # names of one meeting
LONGEST = 80  # characters of a name in one language
_PARTS = re.compile(r"\s*[=＝]\s*")
_TAGGED = re.compile(r"([A-Za-z]{2,3}(?:-[A-Za-z]{2,4})?)\s*[:：]\s*")
_WORDS = re.compile(r"\w[\w'’.-]*|\S")
_EDGES = string.punctuation + string.whitespace + "、。，．「」『』（）・："
_KANA_KANJI = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_HANGUL = re.compile(r"[\uac00-\ud7a3]")
_LATIN = re.compile(r"[A-Za-zÀ-ɏḀ-ỿ]")
_SCRIPTS = {"Jpan": _KANA_KANJI, "Hans": _KANA_KANJI, "Hant": _KANA_KANJI, "Kore": _HANGUL, "Latn": _LATIN}
# A plain number below this says too little to have one wording: "1" of "1 of you" and of "page 1".
SMALL = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """What somebody or something is called, by language tag."""

    row: int
    wordings: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """How a meeting has called a name or a number in `lang`."""

    kind: RenderingKind
    source_lang: str  # of a name; "" for a number
    source: str  # the name as it is said; what the number means, as "price:JPY4500"
    lang: str
    text: str
    by_person: bool = False


def read_names(text: str, languages: Sequence[str]) -> tuple[Name, ...]:
    """The names in what staff typed. Raises InvalidInput, with the line, for what cannot be used."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > LINES:
        raise InvalidInput(f"A meeting has at most {LINES} names; {len(lines)} were given.")
    return tuple(_name(line, OWN_ROWS + at, languages) for at, line in enumerate(lines))


def _name(line: str, row: int, languages: Sequence[str]) -> Name:
    wordings: dict[str, str] = {}
    for part in _PARTS.split(line):
        tagged = _TAGGED.match(part)
        tag = next((one for one in languages if tagged and one.lower() == tagged[1].lower()), None)
        wording = part[tagged.end() :].strip() if tagged and tag else part
        if not wording:
            continue
        if len(wording) > LONGEST:
            raise InvalidInput(f"A name has at most {LONGEST} characters; shorten “{wording[:20]}…”.")
        tag = tag or _language_of(wording, [one for one in languages if one not in wordings])
        if tag is None:
            raise InvalidInput(
                f"It is not clear in which language of the meeting “{wording[:20]}” is; write its tag before it, "
                "as “en: Aoba School”."
            )
        wordings[tag] = wording
    return Name(row=row, wordings=_spread(wordings, languages))


def _language_of(wording: str, languages: Sequence[str]) -> str | None:
    """The first language in whose script it is written."""
    for tag in languages:
        script = _SCRIPTS.get(language(tag).script)
        fits = (
            bool(script.search(wording))
            if script
            else not any(one.search(wording) for one in _SCRIPTS.values())
        )
        if fits and not language(tag).human_only:
            return tag
    return None


def _spread(wordings: dict[str, str], languages: Sequence[str]) -> dict[str, str]:
    """With the first Latin wording in every language of that script that has none of its own."""
    latin = next((text for tag, text in wordings.items() if language(tag).script == "Latn"), None)
    spread = {tag: latin for tag in languages if latin and language(tag).script == "Latn"}
    return {**spread, **wordings}


def meeting_glossary(
    city: Glossary | None, names: Sequence[Name], known: Iterable[Rendering], source: str, target: str
) -> Glossary:
    """The words to use from `source` to `target` in this meeting. Proper names of the city's glossary have one
    wording here, the preferred one, where chats accept any."""
    terms = [_strict(term, source, target) for term in (city.terms if city else ())]
    taken = {text.casefold() for term in terms for text in term.wordings.get(source, ())}
    for name in expected_names(names, known, source, target):
        if name.wordings[source].casefold() not in taken:
            wordings = {tag: (text,) for tag, text in name.wordings.items()}
            terms.append(Term(row=name.row, wordings=wordings, forbidden={}))
    return Glossary(terms)


def _strict(term: Term, source: str, target: str) -> Term:
    """The term with one wording in the target language, if it is a name."""
    there = term.wordings.get(target, ())
    if len(there) < 2 or not (term.note in ("name", "department") or there[0][:1].isupper()):
        return term
    return replace(term, wordings={**term.wordings, target: there[:1]})


def expected_names(names: Sequence[Name], known: Iterable[Rendering], source: str, target: str) -> list[Name]:
    """The names that are called something in both languages. An interpreter's wording goes before the list's, and
    that before what a machine wrote."""
    learnt = {
        one.source: one for one in known if (one.kind, one.source_lang, one.lang) == ("name", source, target)
    }
    found = []
    for name in names:
        said = name.wordings.get(source)
        if said is None:
            continue
        used, listed = learnt.get(said), name.wordings.get(target)
        wording = used.text if used and (used.by_person or not listed) else listed
        if wording:
            found.append(Name(row=name.row, wordings={source: said, target: wording}))
    return found


def nameless(
    text: str, names: Sequence[Name], known: Iterable[Rendering], source: str, target: str
) -> list[str]:
    """Names said in `text` that the meeting has not called anything in the target language yet."""
    called = {name.wordings[source] for name in expected_names(names, known, source, target)}
    said = [name.wordings[source] for name in names if source in name.wordings]
    return [one for one in said if one not in called and one in text]


def used_name(
    said: str, candidates: Iterable[str], translated: str, source: str, target: str
) -> Rendering | None:
    """What a translation called the name, where it is one of `candidates`."""
    for candidate in candidates:
        wording = candidate.strip(_EDGES)
        if wording and len(wording) <= LONGEST and wording in translated:
            return Rendering(kind="name", source_lang=source, source=said, lang=target, text=wording)
    return None


def numbers(text: str, tag: str) -> list[tuple[str, Fact]]:
    """The numbers, prices, dates and times of a text that should be worded in one way, with what they mean."""
    return [
        (f"{fact.kind}:{fact.value}", fact)
        for fact in find(text, tag)
        if fact.kind in ("number", "price", "date", "time") and not _is_small(fact)
    ]


def _is_small(fact: Fact) -> bool:
    return fact.kind == "number" and fact.value.isdecimal() and int(fact.value) < SMALL


def with_known_numbers(text: str, tag: str, known: Iterable[Rendering]) -> str:
    """The text with each number in the wording that the meeting has used for it."""
    wordings = {one.source: one.text for one in known if one.kind == "number" and one.lang == tag}
    for key, fact in reversed(numbers(text, tag)):
        wording = wordings.get(key)
        if wording is not None and wording != fact.text:
            changed = text[: fact.start] + wording + text[fact.end :]
            if [one for one, _ in numbers(changed, tag)] == [one for one, _ in numbers(text, tag)]:
                text = changed
    return text


def used_numbers(text: str, tag: str, *, by_person: bool = False) -> list[Rendering]:
    """How a text words its numbers."""
    return [
        Rendering(kind="number", source_lang="", source=key, lang=tag, text=fact.text, by_person=by_person)
        for key, fact in numbers(text, tag)
        if len(fact.text) <= LONGEST
    ]


def corrected_names(
    names: Sequence[Name], said: str, old: str, new: str, source: str, target: str
) -> list[Rendering]:
    """What an interpreter called names otherwise than the machine had. `names` as `expected_names` gives them."""
    found = []
    for name in names:
        wording = name.wordings[target]
        start = old.find(wording)
        if name.wordings[source] not in said or start < 0 or wording in new:
            continue
        other = counterpart(old, new, start, start + len(wording), words=language(target).spaces)
        if other is not None:
            found.append(
                Rendering(
                    kind="name",
                    source_lang=source,
                    source=name.wordings[source],
                    lang=target,
                    text=other,
                    by_person=True,
                )
            )
    return found


def counterpart(old: str, new: str, start: int, end: int, *, words: bool) -> str | None:
    """What stands in `new` where `old` has [start, end); None where more than that was rewritten there."""
    before, after = _tokens(old, words=words), _tokens(new, words=words)
    pieces = SequenceMatcher(None, [text for text, _ in before], [text for text, _ in after], autojunk=False)
    first = last = None
    for kind, low, high, other_low, other_high in pieces.get_opcodes():
        inside = [
            at
            for at in range(low, high)
            if before[at][1] < end and before[at][1] + len(before[at][0]) > start
        ]
        if not inside and not (kind == "insert" and first is not None and low < high):
            continue
        if kind != "equal":
            if len(inside) < high - low:  # the words around it were changed with it
                return None
            begin, until = other_low, other_high
        else:
            begin, until = other_low + inside[0] - low, other_low + inside[-1] - low + 1
        first = begin if first is None else min(first, begin)
        last = until if last is None else max(last, until)
    if first is None or last is None or first == last:
        return None
    text = new[after[first][1] : after[last - 1][1] + len(after[last - 1][0])].strip(_EDGES)
    if not text or len(text) > min(LONGEST, 3 * (end - start) + 10):
        return None
    return None if old[start].isupper() and text[0].islower() else text  # no longer a name


def _tokens(text: str, *, words: bool) -> list[tuple[str, int]]:
    if words:
        return [(match.group(), match.start()) for match in _WORDS.finditer(text)]
    return [(character, at) for at, character in enumerate(text)]


def hotwords(
    names: Sequence[Name], city: Glossary | None, spoken: Sequence[str], *, limit: int, characters: int
) -> tuple[str, ...]:
    """Names and terms as they are spoken in the meeting, the meeting's own first; so many, of so many characters in
    all at most."""
    own = (name.wordings[tag] for name in names for tag in spoken if tag in name.wordings)
    terms = (
        wordings[0]
        for tag in spoken
        for term in (city.terms if city else ())
        if (wordings := term.wordings.get(tag))
    )
    found: dict[str, None] = {}
    left = characters
    for word in (*own, *terms):
        if word in found or len(word) > left:
            continue
        if len(found) == limit:
            break
        found[word] = None
        left -= len(word)
    return tuple(found)
