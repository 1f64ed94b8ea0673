"""Values that travel through translation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# Who waits: viewers of live captions first, then people in a chat, then work that nobody watches.
Lane = Literal["live", "chat", "bulk"]

FactKind = Literal["number", "date", "time", "price", "phone", "url", "email", "postal", "my_number"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """Which language a text is in. `candidates` are (tag, confidence), likeliest first."""

    language: str
    confidence: float  # 0..1; below 0.5 ask the person instead of trusting it
    candidates: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A piece of a text that must say the same after translation.

    `value` is the normal form: two facts of one kind mean the same when their values are equal. `text` is what
    stands at [start, end); for a My Number both are masked.
    """

    kind: FactKind
    text: str
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TermMention:
    """A term of the city's glossary in the source text at [start, end), and what the translation should call it."""

    text: str
    expected: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """A translated text and what is known about how good it is.

    `flags` names what to be careful about (see translation.guards); an empty tuple means that every check passed.
    """

    text: str
    source_text: str
    source: str
    target: str
    route: tuple[str, ...]  # tags from source to target, as ("pt-BR", "en", "ja")
    # "none" where nothing had to be translated, "memory" or "phrases" for human text, "argos+firefox" for a pivot
    # through two.
    engine: str
    confidence: float  # 0..1
    flags: tuple[str, ...]
    kept: tuple[Fact, ...]
    lost: tuple[Fact, ...]
    terms_kept: tuple[TermMention, ...] = ()
    terms_lost: tuple[TermMention, ...] = ()
