"""Which danger a message tells of, if any."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Literal

from bot.safety.folding import fold, sentences, without_accents
from bot.safety.patterns import TYPO_LENGTH, Patterns, compile_language, pieces_of

LONGEST = 2000  # characters that are read of a long message: the first half of it and the last

SURE_LENGTH = 8  # letters of a single mistyped word that is believed without a second one

_WORD = re.compile(r"[^\W\d_]+")
_LAST_LATIN = 0x24F
# Small words of Vietnamese are told apart by nothing but their accents.
_MARKED = ("vi",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A danger: `kind` is empty if there is none. `languages` are those whose patterns found it, so that the answer
    can be in a language that the writer reads."""

    kind: Literal["", "emergency", "urgent"] = ""
    topic: str = ""
    languages: tuple[str, ...] = ()


NO_ALARM = Alarm()


class Alarms:
    """The patterns of all languages."""

    def __init__(
        self,
        tables: Mapping[str, Mapping[str, Any]],
        phrases: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
    ) -> None:
        """`tables` is language → the file of its patterns, `phrases` language → kind → plain phrases to add."""
        phrases = phrases or {}
        self._languages: list[tuple[Patterns, Typos]] = []
        for language in sorted({*tables, *phrases}):
            for marked in (True, False) if language in _MARKED else (False,):
                made = compile_language(
                    language, tables.get(language, {}), marked=marked, more=phrases.get(language, {})
                )
                self._languages.append((made, Typos(made.vocabulary)))

    def find(self, text: str) -> Alarm:
        """The most important danger in `text`: an emergency before what is urgent."""
        folded = fold(_shortened(text))
        found = self._search(folded, corrected=False)
        return found if found.kind else self._search(folded, corrected=True)

    def _search(self, folded: str, *, corrected: bool) -> Alarm:
        plain = without_accents(folded)
        accented = folded != plain
        pieces: dict[str, frozenset[str]] = {}  # of the texts as the languages compare them, often the same
        latin_only = not any(ord(char) > _LAST_LATIN and char.isalpha() for char in folded)
        hits: list[_Hit] = []
        for patterns, typos in self._languages:
            if patterns.language in _MARKED and patterns.marked != accented:
                continue
            if latin_only and not patterns.latin:
                continue
            prepared = patterns.prepare(folded, plain)
            if corrected:
                better = typos.correct(prepared)
                if better == prepared:
                    continue
                prepared = better
            if prepared not in pieces:
                pieces[prepared] = pieces_of(prepared)
            if possible := patterns.possible(pieces[prepared]):
                hits += _dangers(patterns, prepared, possible)
        if corrected:
            hits = [hit for hit in hits if " " in hit.matched or len(hit.matched) >= SURE_LENGTH]
        return _most_important(hits)


@dataclass(frozen=True, slots=True)
class _Hit:
    kind: Literal["emergency", "urgent"]
    topic: str
    language: str
    matched: str
    hushed: bool = False  # by what stands around it


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]}\n{text[-LONGEST // 2 :]}"


def _dangers(patterns: Patterns, prepared: str, possible: Set[tuple[str, str]]) -> Iterator[_Hit]:
    """What means danger in a text that was prepared for this language. Only the `possible` kinds and topics are
    tried."""
    language, contexts = patterns.language, patterns.contexts
    for topic, pattern in patterns.alone.items():
        if ("alone", topic) in possible and pattern.search(prepared):
            yield _Hit("emergency", topic, language, prepared)
    emergency = [(topic, p) for topic, p in patterns.emergency.items() if ("emergency", topic) in possible]
    urgent = [(topic, p) for topic, p in patterns.urgent.items() if ("urgent", topic) in possible]
    if not emergency and not urgent:
        return
    for sentence in sentences(prepared):
        said = _without(contexts.never, sentence)
        asks = _has(contexts.number, sentence)
        # "Which number" is cut out first: in some languages it is the same word as "how much", which hushes.
        past = _has(contexts.quiet, _without(contexts.number, sentence)) and not _has(contexts.now, said)
        about = _has(contexts.quiet_urgent, sentence)
        for topic, pattern in emergency:
            told = _told(pattern, contexts.call, said) if asks else said
            yield from _hits("emergency", topic, language, pattern, sentence, "" if past else told)
        for topic, pattern in urgent:
            yield from _hits("urgent", topic, language, pattern, sentence, "" if about else said)


def _hits(
    kind: Literal["emergency", "urgent"],
    topic: str,
    language: str,
    pattern: re.Pattern[str],
    sentence: str,
    said: str,
) -> Iterator[_Hit]:
    """The danger in `said`, or that in `sentence` which what stands around it hushes."""
    if found := pattern.search(said):
        yield _Hit(kind, topic, language, found.group().strip())
    elif found := pattern.search(sentence):
        yield _Hit(kind, topic, language, found.group().strip(), hushed=True)


def _told(danger: re.Pattern[str], call: re.Pattern[str] | None, said: str) -> str:
    """The first danger in `said` that is more than a call for help, or an empty string."""
    found = (match.group() for match in danger.finditer(said))
    return next((text for text in found if not (call and call.fullmatch(text.strip()))), "")


def _without(pattern: re.Pattern[str] | None, text: str) -> str:
    return pattern.sub(" \u2016 ", text) if pattern else text


def _has(pattern: re.Pattern[str] | None, text: str) -> bool:
    return bool(pattern and pattern.search(text))


def _most_important(hits: Sequence[_Hit]) -> Alarm:
    """An emergency before what is urgent. Words that one language hushes mean nothing in a related one either:
    "suicidio" in a Spanish talk about prevention is no cry for help in Portuguese."""
    hushed = [hit for hit in hits if hit.hushed]
    heard = [hit for hit in hits if not hit.hushed and not any(_same(hit, other) for other in hushed)]
    kinds: tuple[Literal["emergency", "urgent"], ...] = ("emergency", "urgent")
    for kind in kinds:
        of_kind = [hit for hit in heard if hit.kind == kind]
        if of_kind:
            topic = next((hit.topic for hit in of_kind if hit.topic != "other"), "other")
            return Alarm(
                kind=kind, topic=topic, languages=tuple(dict.fromkeys(hit.language for hit in of_kind))
            )
    return NO_ALARM


def _same(hit: _Hit, other: _Hit) -> bool:
    """Whether both are of the same words in different languages."""
    if hit.language == other.language or hit.kind != other.kind:
        return False
    return hit.matched in other.matched or other.matched in hit.matched


class Typos:
    """Words that are one slip away from a word of the patterns: a letter too many, missing, wrong or swapped."""

    def __init__(self, vocabulary: frozenset[str]) -> None:
        self._vocabulary = vocabulary
        self._shorter: dict[str, str] = {}
        for word in sorted(vocabulary):
            for shorter in _without_one(word):
                self._shorter.setdefault(shorter, word)

    def correct(self, text: str) -> str:
        """`text` with mistyped words corrected; words that are right stay."""
        return _WORD.sub(lambda match: self._corrected(match.group()), text)

    def _corrected(self, word: str) -> str:
        if len(word) < TYPO_LENGTH or word in self._vocabulary or not _spelled(word):
            return word
        if word in self._shorter:
            return self._shorter[word]
        for shorter in _without_one(word):
            if shorter in self._vocabulary:
                return shorter
            if shorter in self._shorter and len(shorter) >= TYPO_LENGTH - 1:
                return self._shorter[shorter]
        return word


def _spelled(word: str) -> bool:
    """Whether the script has letters that are mistyped one by one."""
    return unicodedata.name(word[0], "").startswith(("LATIN", "CYRILLIC"))


def _without_one(word: str) -> list[str]:
    return [word[:at] + word[at + 1 :] for at in range(len(word))]
