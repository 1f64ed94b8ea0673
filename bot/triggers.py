"""Words that mean something by themselves: danger, a wish for a person, thanks.

They come from `config/city/triggers/<language>.toml` and are looked for in every language at once, since a
resident in danger may not write the language of the conversation. Danger is found anywhere in a message, by phrases
and by the patterns of `bot.safety`; small talk only when it is all that was said.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.safety.alarms import Alarm, Alarms
from bot.safety.folding import without_accents

# What `bot.safety` looks for; the last only means danger when nothing else is said ("fire!").
DANGER = ("emergency", "urgent", "emergency_alone")
WHOLE = ("cancel", "language", "thanks", "bye", "hello", "yes", "no")
# A wish for a person is only clear in a short message: "the person at the counter said …" is a question. Counted are
# columns, two for a character as wide as high, which says as much as two letters.
PERSON_WIDTH = 60
SHORT = (
    40  # the same of a message that says with any words of `person_words` and `contact_words` what it wants
)
GAP = 24  # characters that ` .. ` in a phrase for it stands for at most

_SPACES = re.compile(r"\s+")
# Easy Japanese puts spaces between words ("きゅうきゅうしゃを よんで ください"); ordinary Japanese does not.
_JAPANESE_SPACES = re.compile(r"(?<=[\u3001-\u30ff\u3400-\u9fff]) (?=[\u3001-\u30ff\u3400-\u9fff])")
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")
_LATIN = re.compile(r"[a-z]")
_LETTER = "[0-9a-zà-ÿ]"  # what may not stand beside a word of Latin letters; Japanese may ("夫のDVで")


def normalise(text: str) -> str:
    """Lower case, one width, accents as they are, single spaces and none within Japanese, no punctuation at either
    end."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    folded = "".join(char for char in folded if unicodedata.category(char) != "Cf")
    return _EDGES.sub("", _JAPANESE_SPACES.sub("", _SPACES.sub(" ", folded))).strip()


class Triggers:
    """The compiled words of all languages."""

    def __init__(
        self,
        words: Mapping[str, Mapping[str, Sequence[str]]],
        safety: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """`words` is language → kind → phrases, `safety` language → patterns of danger."""
        self._whole = {
            kind: {normalise(phrase) for table in words.values() for phrase in table.get(kind, ())}
            for kind in ("person_alone", *WHOLE)
        }
        self._person = _pattern({phrase for table in words.values() for phrase in table.get("person", ())})
        self._wanting = [
            (people, contact)
            for table in words.values()
            if (people := _beginnings(table.get("person_words", ())))
            and (contact := _beginnings(table.get("contact_words", ())))
        ]
        danger = {
            language: {kind: table[kind] for kind in DANGER if kind in table}
            for language, table in words.items()
        }
        self._alarms = Alarms(safety or {}, danger)

    def alarm(self, text: str) -> Alarm:
        """The danger that `text` tells of."""
        return self._alarms.find(text)

    def find(self, text: str) -> str:
        """The most important kind that `text` has, or an empty string."""
        return self.alarm(text).kind or self.wish(text)

    def wish(self, text: str) -> str:
        """The kind that `text` has, danger aside."""
        said = normalise(text)
        if said in self._whole["person_alone"] or self._wants_person(said):
            return "person"
        return next((kind for kind in WHOLE if said in self._whole[kind]), "")

    def _wants_person(self, said: str) -> bool:
        wide = _width(said)
        if wide <= PERSON_WIDTH and self._person is not None and self._person.search(said):
            return True
        if wide > SHORT:
            return False
        plain = without_accents(said)
        return any(people.search(plain) and contact.search(plain) for people, contact in self._wanting)


def _width(text: str) -> int:
    """Columns that the text takes."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _pattern(phrases: Iterable[str]) -> re.Pattern[str] | None:
    """Any of the phrases; whole words in scripts that have spaces, and ` .. ` for whatever stands between."""
    parts = [_phrase(phrase) for phrase in sorted(phrases, key=len, reverse=True) if normalise(phrase)]
    return re.compile("|".join(parts)) if parts else None


def _phrase(phrase: str) -> str:
    return f".{{0,{GAP}}}?".join(_bounded(normalise(piece)) for piece in phrase.split(" .. "))


def _bounded(words: str) -> str:
    return rf"(?<!{_LETTER}){re.escape(words)}(?!{_LETTER})" if _LATIN.search(words) else re.escape(words)


def _beginnings(words: Sequence[str]) -> re.Pattern[str] | None:
    """Any of the words, with or without accents, however they go on."""
    plain = [without_accents(normalise(word)) for word in words]
    parts = [
        rf"(?<!{_LETTER}){re.escape(word)}" if _LATIN.search(word) else re.escape(word) for word in plain
    ]
    return re.compile("|".join(parts)) if parts else None
