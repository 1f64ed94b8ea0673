"""What a short message does in a conversation: small talk, a follow-up, a correction, a wish for another language.

The words come from `config/city/talk/<language>.toml` and are looked for in every language at once. Danger and a wish
for a person are not here: those are `bot.triggers`, and come first.

A **follow-up** names nothing of its own: everything in it is a word that its language lists under `light` or `part`
("and for my wife?", "how much?"). All of it must be in ONE language's lists, so that a word which is light in one
language and a thing in another is never taken for a follow-up by accident.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# In the order in which they win when one message has several ("hello, who are you?").
SMALL_TALK = (
    "back",
    "abilities",
    "robot",
    "who_are_you",
    "unclear",
    "complaint",
    "praise",
    "how_are_you",
    "sorry",
    "thanks",
    "bye",
    "hello",
    "understood",
)
ANSWERS = ("yes", "no", "cancel", "language")
PARTS = ("cost", "bring", "deadline", "when", "where", "contact", "online", "who", "how")
FOLLOW_UP_LENGTH = 60  # characters
CORRECTION_LENGTH = 200  # a longer text is a question of its own
TALK_LENGTH = 80

_SEGMENTS = re.compile(r"[,.!?;:~\n、。！？，；：।…]+")
_SPACES = re.compile(r"\s+")
_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f\u1000-\u109f\u1780-\u17ff]")
_DENSE_SPACES = re.compile(r"(?<=[\u3001-\u30ff\u3400-\u9fff]) (?=[\u3001-\u30ff\u3400-\u9fff])")
# Vowel signs of Indian scripts are no letters to `re`, but belong to the word.
_EDGES = re.compile(r"^[\W_]+|[^\w\u0900-\u0dff]+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What `Talk.read` found in a message."""

    kind: str = ""  # one of SMALL_TALK or ANSWERS
    wished: str = ""  # tag of the language that is wished for, served or not; `kind` is "language" then
    question: str = ""  # what is left to be looked up
    light: bool = False  # names nothing of its own
    continues: bool = False  # begins as a continuation ("and …", "what about …")
    corrects: bool = False  # takes back what was understood ("no, I meant …")
    part: str = ""  # one of PARTS: which part of an answer is wanted


def plain(text: str) -> str:
    """Lower case, one width, Latin letters without accents, single spaces, nothing but words at the ends."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'").replace("đ", "d")
    kept: list[str] = []
    for char in unicodedata.normalize("NFD", folded):
        category = unicodedata.category(char)
        if category == "Cf" or (category == "Mn" and kept and kept[-1].isascii()):
            continue
        kept.append(char)
    joined = _SPACES.sub(" ", unicodedata.normalize("NFC", "".join(kept)))
    return _EDGES.sub("", _DENSE_SPACES.sub("", joined)).strip()


class Talk:
    """The words of all languages."""

    def __init__(self, words: Mapping[str, Mapping[str, Any]], names: Mapping[str, str]) -> None:
        """`words` is language → table of its file; `names` is what languages are called, in any language → tag."""
        self._whole: dict[str, str] = {}
        for kind in reversed((*SMALL_TALK, *ANSWERS)):
            for table in words.values():
                self._whole |= {plain(phrase): kind for phrase in table.get(kind, ())}
        self._names = {plain(name): tag for name, tag in names.items()}
        for table in words.values():
            self._names |= {plain(name): tag for name, tag in table.get("names", {}).items()}
        self._wishes = [wish for table in words.values() for wish in _wishes(table.get("wish", ()))]
        self._corrections = _longest_first(words, "correction")
        self._instead = _longest_first(words, "instead")
        self._continuations = _longest_first(words, "continuation")
        self._light = [_LightWords(table) for table in words.values()]
        self._parts = [
            (phrase, part)
            for part in PARTS
            for table in words.values()
            for phrase in map(plain, table.get("part", {}).get(part, ()))
        ]
        self._cues = {tag: _cues(table.get("cue", {})) for tag, table in words.items()}

    def read(self, text: str) -> Said:
        """What `text` does."""
        whole = plain(text)
        if not whole:
            return Said(question=text)
        segments = [plain(segment) for segment in _SEGMENTS.split(text)]
        segments = [segment for segment in segments if segment]
        if len(whole) <= TALK_LENGTH:
            if wished := self.language(" ".join(segments)):
                return Said(kind="language", wished=wished)
            if kind := self._whole.get(whole):
                return Said(kind=kind)
        kinds = [self._whole.get(segment, "") for segment in segments]
        if all(kinds) and len(whole) <= TALK_LENGTH:
            return Said(kind=min(kinds, key=(*ANSWERS, *SMALL_TALK).index))
        return self._question(text, segments, kinds)

    def _question(self, text: str, segments: list[str], kinds: list[str]) -> Said:
        """A message with something to be looked up, and how it hangs together with the one before."""
        lead = next((at for at, kind in enumerate(kinds) if not kind), 0)
        rest = " ".join(segments[lead:])
        short = len(rest) <= CORRECTION_LENGTH
        if short and "no" in kinds[:lead]:
            return Said(question=self._without_prefix(rest), corrects=True)
        if short and (corrected := self._corrected(rest)) is not None:
            return Said(question=corrected, corrects=True)
        if len(rest) > FOLLOW_UP_LENGTH:
            return Said(question=text)
        light = any(words.cover(rest) for words in self._light)
        begun = next((phrase for phrase in self._continuations if _begins(rest, phrase)), "")
        question = text if lead == 0 else rest
        part = self._part_after_continuation(rest) if light else ""
        return Said(question=question, light=light, continues=bool(begun), part=part)

    def _part_after_continuation(self, text: str) -> str:
        """The part that a follow-up asks for, however much of it is its beginning: "e quanto" goes on, but in
        "e quanto custa?" only the "e" does."""
        beginnings = [phrase for phrase in self._continuations if _begins(text, phrase)]
        if not beginnings:
            return self.part(text)
        rests = (text[len(phrase) :].strip() for phrase in beginnings)
        return next((part for rest in rests if (part := self._part_after_continuation(rest))), "")

    def language(self, said: str) -> str:
        """The tag of the language that a text asks for by its name, and by nothing else."""
        if tag := self._names.get(said):
            return tag
        for before, after in self._wishes:
            if len(said) > len(before) + len(after) and said.startswith(before) and said.endswith(after):
                name = said[len(before) : len(said) - len(after)].strip()
                if tag := self._names.get(name):
                    return tag
        return ""

    def part(self, text: str) -> str:
        """Which part of an answer a follow-up is about."""
        said = plain(text)
        return next((part for phrase, part in self._parts if _contains(said, phrase)), "")

    def lines_about(self, body: str, part: str, language: str) -> tuple[str, ...]:
        """The lines of an article that say something about a part of it; none if no line does or all do."""
        cues = self._cues.get(language, {}).get(part)
        lines = [line.strip() for line in body.splitlines() if line.strip()]
        found = tuple(line for line in lines if cues and cues.search(line))
        return found if len(found) < len(lines) else ()

    def _corrected(self, text: str) -> str | None:
        """What is meant instead, if `text` is a correction: empty if it does not say."""
        for phrase in self._corrections:
            if _begins(text, phrase):
                return text[len(phrase) :].strip()
        for phrase in self._instead:
            _, found, meant = text.partition(phrase)
            if found:
                return meant.strip()
        return None

    def _without_prefix(self, text: str) -> str:
        corrected = self._corrected(text)
        return text if corrected is None else corrected


class _LightWords:
    """The words of one language that name nothing."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        given = [*table.get("light", ()), *table.get("continuation", ())]
        for phrases in table.get("part", {}).values():
            given += phrases
        self._phrases = sorted({plain(phrase) for phrase in given} - {""}, key=len, reverse=True)

    def cover(self, text: str) -> bool:
        """Whether the words make up all of `text`."""
        ends = {0}
        for at in range(len(text)):
            if at not in ends:
                continue
            if text[at] in " '-":
                ends.add(at + 1)
                continue
            for phrase in self._phrases:
                if text.startswith(phrase, at) and _ends_word(text, at + len(phrase)):
                    ends.add(at + len(phrase))
        return len(text) in ends


def _ends_word(text: str, at: int) -> bool:
    """Whether a word may end before `at`: anywhere in a script without spaces between words."""
    if at >= len(text) or not (text[at].isalnum() or unicodedata.category(text[at]) in ("Mn", "Mc")):
        return True
    return bool(_DENSE.match(text[at - 1]) or _DENSE.match(text[at]))


def _begins_word(text: str, at: int) -> bool:
    """Whether a word may begin at `at`."""
    return at == 0 or not text[at - 1].isalnum() or bool(_DENSE.match(text[at - 1]) or _DENSE.match(text[at]))


def _begins(text: str, phrase: str) -> bool:
    return text.startswith(phrase) and _ends_word(text, len(phrase))


def _contains(text: str, phrase: str) -> bool:
    at = text.find(phrase)
    while at >= 0:
        if _begins_word(text, at) and _ends_word(text, at + len(phrase)):
            return True
        at = text.find(phrase, at + 1)
    return False


def _longest_first(words: Mapping[str, Mapping[str, Any]], key: str) -> list[str]:
    phrases = {plain(phrase) for table in words.values() for phrase in table.get(key, ())} - {""}
    return sorted(phrases, key=len, reverse=True)


def _wishes(patterns: Iterable[str]) -> list[tuple[str, str]]:
    """What stands before and after a language's name: "in {} please" as ("in ", " please")."""
    pairs = []
    for pattern in patterns:
        before, _, after = plain(pattern.replace("{}", "qqq")).partition("qqq")
        pairs.append((before, after))
    return pairs


def _cues(table: Mapping[str, Sequence[str]]) -> dict[str, re.Pattern[str]]:
    return {part: re.compile("|".join(phrases), re.IGNORECASE) for part, phrases in table.items()}
