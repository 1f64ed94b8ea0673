"""What residents say in so many words: "check in", "I moved", "we are 3 now", the labels of buttons.

They are looked for in every language at once, as `bot.triggers` does: somebody in trouble may not write the language
of the conversation.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

from bot.city import Shelter
from bot.disaster.areas import Areas
from bot.disaster.model import CONSENTS, MOST_PEOPLE, NEEDS, PLACES
from bot.triggers import normalise
from core.words import Words

COMMANDS = ("start", "safe", "moved", "people", "needs", "quiet", "shelter", "area")

_NUMBER = re.compile(r"\d{1,2}")


class DisasterWords:
    """The words of all languages, from the phrases under `disaster.words` and from the labels of buttons."""

    def __init__(self, words: Words, areas: Areas, shelters: Mapping[str, Shelter]) -> None:
        self._commands = {
            normalise(said): command
            for command in COMMANDS
            for tag in words.languages
            for said in words.list(tag, f"disaster.words.{command}")
        }
        self._counts = [
            _pattern(said) for tag in words.languages for said in words.list(tag, "disaster.words.count")
        ]
        self._labels = {
            "safe": _labels(words, "disaster.checkin", ("safe", "help")),
            "consent": _labels(words, "disaster.consent", CONSENTS),
            "place": _labels(words, "disaster.place", PLACES),
            "needs": _labels(words, "disaster.need", NEEDS)
            | _labels(words, "disaster.checkin", ("none", "enough")),
            "location": _labels(words, "disaster.checkin", ("skip",))
            | _names((area.id, area.names.values()) for area in areas),
            "shelter": _labels(words, "disaster.checkin", ("other_shelter",))
            | _names((shelter.id, shelter.names.values()) for shelter in shelters.values()),
        }

    def command(self, text: str) -> str:
        """The command that `text` is, or an empty string."""
        return self._commands.get(normalise(text), "")

    def count(self, text: str) -> int | None:
        """How many people "we are 3 now" says there are."""
        said = normalise(text)
        for pattern in self._counts:
            if found := pattern.fullmatch(said):
                return _people(found[1])
        return None

    def answer(self, question: str, text: str) -> str:
        """The value of the button whose label `text` is, or an empty string."""
        return self._labels.get(question, {}).get(normalise(text), "")

    def number(self, text: str) -> int | None:
        """A number of people, if the text is little more than one: "3", "３人", "we are 3"."""
        found = _NUMBER.findall(unicodedata.normalize("NFKC", text))
        return _people(found[0]) if len(found) == 1 and len(text) <= 40 else None


def _people(digits: str) -> int | None:
    number = int(digits)
    return number if 0 <= number <= MOST_PEOPLE else None


def _pattern(said: str) -> re.Pattern[str]:
    before, _, after = normalise(said.replace("{n}", "7")).partition("7")
    return re.compile(rf"{re.escape(before.rstrip())}\s*(\d{{1,2}})\s*{re.escape(after.lstrip())}")


def _labels(words: Words, table: str, names: Iterable[str]) -> dict[str, str]:
    return {
        normalise(words.get(tag, f"{table}.{name}")): name
        for name in names
        for tag in words.languages
        if f"{table}.{name}" in words.keys(tag)
    }


def _names(entries: Iterable[tuple[str, Iterable[str]]]) -> dict[str, str]:
    return {normalise(name): key for key, names in entries for name in names}
