"""Words that mean something by themselves: danger, a wish for a person, thanks.

They come from `config/city/triggers/<language>.toml` and are looked for in every language at once, since a
resident in danger may not write the language of the conversation. Danger is found anywhere in a message; small
talk only when it is all that was said.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

ANYWHERE = ("emergency", "urgent", "person")  # in this order of importance
ALONE = "emergency_alone"  # a cry for help that only means danger when nothing else is said ("fire!")
WHOLE = ("cancel", "language", "thanks", "bye", "hello", "yes", "no")
# A wish for a person is only clear in a short message: "the person at the counter said …" is a question.
PERSON_LENGTH = 60

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

    def __init__(self, words: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
        """`words` is language → kind → phrases."""
        self._whole = {
            kind: {normalise(phrase) for table in words.values() for phrase in table.get(kind, ())}
            for kind in (*ANYWHERE, ALONE, *WHOLE)
        }
        self._anywhere = {
            kind: _pattern(sorted(self._whole[kind], key=len, reverse=True)) for kind in ANYWHERE
        }

    def find(self, text: str) -> str:
        """The most important kind that `text` has, or an empty string."""
        said = normalise(text)
        if said in self._whole[ALONE]:
            return "emergency"
        for kind in ANYWHERE:
            if kind == "person" and len(said) > PERSON_LENGTH:
                continue
            pattern = self._anywhere[kind]
            if pattern is not None and pattern.search(said):
                return kind
        return next((kind for kind in WHOLE if said in self._whole[kind]), "")


def _pattern(phrases: Sequence[str]) -> re.Pattern[str] | None:
    """Any of the phrases; whole words in scripts that have spaces."""
    parts = [
        rf"(?<!{_LETTER}){re.escape(phrase)}(?!{_LETTER})" if _LATIN.search(phrase) else re.escape(phrase)
        for phrase in phrases
        if phrase
    ]
    return re.compile("|".join(parts)) if parts else None
