"""The port to speech recognition. Every recogniser gets the same contract tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidInput
from transcripts.errors import UnknownSpeechLanguage
from transcripts.model import Hypothesis

Samples = NDArray[np.float32]  # 16 kHz, mono, -1 … 1

RATE = 16_000  # samples per second of all audio inside the service
MAX_WINDOW_S = 30.0  # Whisper hears at most this much at once; longer audio is cut by the caller


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What is known about a stream before it is heard. A recogniser that cannot use a hint leaves it out."""

    hotwords: tuple[str, ...] = ()  # names and terms that are likely to be said, as they are written
    languages: tuple[
        str, ...
    ] = ()  # tags among which to detect when `language` is None; empty: all it can hear


class Recogniser(Protocol):
    """Turns one window of audio into words. Safe to share between meetings."""

    @property
    def languages(self) -> frozenset[str]:
        """Base language codes that it can hear, such as "en"."""
        ...

    async def recognise(
        self,
        samples: Samples,
        *,
        language: str | None,
        at: float = 0.0,
        words: bool = True,
        final: bool = True,
        hints: Hints | None = None,
    ) -> Hypothesis:
        """What is said in `samples` (at most `MAX_WINDOW_S` seconds), which begin at audio time `at`.

        Words come in order, with absolute times inside the window. With `words=False` their times are only
        spread evenly, which is cheaper. `final=False` marks a hypothesis that another will replace soon, so a
        busy recogniser may do it later or with less care. `language=None` means: detect it, among `hints.languages`
        if there are any; the hypothesis then carries one of these tags.
        Raises `UnknownSpeechLanguage` and `InvalidInput` (window too long).
        """
        ...

    async def close(self) -> None:
        """Finish running work and free the model."""
        ...


def check_window(samples: Samples, language: str | None, languages: frozenset[str]) -> None:
    """The part of the port's contract that is the same for every recogniser."""
    if language is not None and base(language) not in languages:
        known = ", ".join(sorted(languages)[:8])
        raise UnknownSpeechLanguage(
            f"The speech model does not hear '{language}' but {known}; choose one of these or install another model."
        )
    if len(samples) > MAX_WINDOW_S * RATE:
        raise InvalidInput(f"A window holds at most {MAX_WINDOW_S:.0f} seconds of audio; cut it into parts.")


def base(language: str) -> str:
    """The base language of a tag: "pt" of "pt-BR"."""
    return language.split("-")[0].lower()
