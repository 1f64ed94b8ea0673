"""A recogniser that needs no model: it says the words of a script that fall into the window it is asked about.

For tests, for trying pages and for machines without a speech model. Like a real recogniser it is unsure of a word
that the window cuts: it leaves out a word of which less than half was heard.
"""

from __future__ import annotations

from collections.abc import Sequence

from transcripts.model import Hypothesis, Word
from transcripts.recogniser import RATE, Hints, Samples, check_window


class ScriptedRecogniser:
    """Hears `script`: words with absolute times, in order."""

    def __init__(self, script: Sequence[Word], *, language: str = "en") -> None:
        self._script = tuple(script)
        self._language = language
        self.windows: list[tuple[float, float]] = []  # what was asked, in order

    @property
    def languages(self) -> frozenset[str]:
        return frozenset({self._language})

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
        check_window(samples, language, self.languages)
        until = at + len(samples) / RATE
        self.windows.append((at, until))
        heard = [word for word in self._script if at <= (word.start + word.end) / 2 < until]
        clipped = (
            Word(
                text=word.text,
                start=max(word.start, at),
                end=min(word.end, until),
                probability=word.probability,
            )
            for word in heard
        )
        return Hypothesis(words=tuple(clipped), language=self._language)

    async def close(self) -> None:
        pass
