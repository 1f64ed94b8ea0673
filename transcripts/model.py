"""The values that the rooms of this package hand to each other.

Times are seconds since the meeting's audio began. Everything here is frozen: a change is a new value.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

MeetingState = Literal["planned", "live", "ended"]
Origin = Literal["speech", "machine", "human"]

# Flags of captions, beside those of translation.guards.
UNTRANSLATED = "untranslated"  # no translation could be made, so the spoken text is shown
HUMAN_CHECKED = "checked"  # a person read and approved or corrected it


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One recognised word. `text` is the word as written, with its punctuation, without outer spaces."""

    text: str
    start: float
    end: float
    probability: float
    joined: bool = False  # no space between this word and the one before ("9" + ":30"; always so in Japanese)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """What the recogniser thinks was said in one window of audio. Word times are absolute, like all others."""

    words: tuple[Word, ...]
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A committed utterance: a sentence where there is one. It never changes by itself."""

    seq: int
    start: float
    end: float
    language: str
    text: str
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial:
    """What is being said now, after the last segment. `text[:stable_chars]` will not change any more."""

    start: float
    text: str
    stable_chars: int
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """A segment as shown in one language.

    `rev` starts at 1 and rises with every correction. `position` rises by one with every stored change in the
    meeting and is the id of the server-sent event.
    """

    meeting_id: str
    seq: int
    rev: int
    lang: str
    text: str
    start: float
    end: float
    origin: Origin
    flags: tuple[str, ...]
    position: int
    spoken: str = ""  # the language in which the segment was said; "" where that does not matter

    @property
    def written_in(self) -> str:
        """The language that the text really is in."""
        return self.spoken if self.spoken and UNTRANSLATED in self.flags else self.lang


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """A meeting. `languages` are all languages that it has captions in; the first is the one mainly spoken.

    Captions are translated for those of `recorded` always, and for the others while somebody reads them.
    """

    id: str
    title: str
    language: str
    languages: tuple[str, ...]
    state: MeetingState
    created_at: dt.datetime
    also_spoken: tuple[str, ...] = ()  # further languages in which people speak; each segment names its own
    recorded: tuple[str, ...] = ()
    names: str = ""  # names of people and places, one a line, as staff typed them (transcripts.naming)
    partials: bool = False  # what is being said now is translated too
    audio_days: int = 0  # days after the end for which the sound is kept; 0: it is not kept

    @property
    def spoken(self) -> tuple[str, ...]:
        """Every language that is spoken, the main one first."""
        return (self.language, *self.also_spoken)


def join_words(words: tuple[Word, ...]) -> str:
    """The words as running text."""
    return "".join(word.text if word.joined or at == 0 else " " + word.text for at, word in enumerate(words))
