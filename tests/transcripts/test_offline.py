"""Whole recordings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.transcripts.recordings import Briefing, read_briefing
from transcripts.model import Hypothesis, Word
from transcripts.offline import OfflineOptions, transcribe, voiced, windows
from transcripts.recogniser import RATE, Hints, Samples
from transcripts.recognisers.scripted import ScriptedRecogniser


@pytest.fixture
def briefing() -> Briefing:
    return read_briefing()


def scripted(briefing: Briefing) -> ScriptedRecogniser:
    return ScriptedRecogniser([Word(probability=1.0, **word) for word in briefing[1]["words"]])


async def test_segments_are_the_sentences_of_the_recording(briefing: Briefing) -> None:
    segments = await transcribe(briefing[0], recogniser=scripted(briefing), language="en")
    assert [each.text for each in segments] == [sentence["text"] for sentence in briefing[1]["sentences"]]
    assert [each.seq for each in segments] == list(range(1, len(segments) + 1))


async def test_small_windows_lose_and_double_no_word(briefing: Briefing) -> None:
    options = OfflineOptions(window_s=3.0)
    segments = await transcribe(briefing[0], recogniser=scripted(briefing), language="en", options=options)
    words = [word.text for segment in segments for word in segment.words]
    assert words == [word["text"] for word in briefing[1]["words"]]


async def test_silence_is_never_recognised() -> None:
    recogniser = ScriptedRecogniser([])
    assert await transcribe(np.zeros(60 * RATE, np.float32), recogniser=recogniser, language="en") == ()
    assert recogniser.windows == []


async def test_nothing_is_an_empty_transcript() -> None:
    assert await transcribe(np.zeros(0, np.float32), recogniser=ScriptedRecogniser([]), language="en") == ()


async def test_windows_stay_under_their_limit(briefing: Briefing) -> None:
    recogniser = scripted(briefing)
    await transcribe(briefing[0], recogniser=recogniser, language="en", options=OfflineOptions(window_s=10.0))
    assert max(end - start for start, end in recogniser.windows) <= 10.0 + 1e-3


def test_voiced_finds_the_speech(briefing: Briefing) -> None:
    spans = voiced(briefing[0], OfflineOptions())
    assert spans[0][0] == pytest.approx(0.3, abs=0.2)
    assert spans[-1][1] == pytest.approx(44.6, abs=0.3)


def test_neighbouring_spans_are_heard_together() -> None:
    assert windows([(0, 4), (5, 9), (10, 14)], 10) == [(0, 9), (10, 14)]


def test_span_longer_than_the_limit_stays_whole() -> None:
    assert windows([(0, 40), (41, 42)], 10) == [(0, 40), (41, 42)]


class FirstSentence(ScriptedRecogniser):
    """Ends with the first sentence of a window, as Whisper sometimes does."""

    async def recognise(self, samples: Samples, **known: Any) -> Hypothesis:
        heard = (await super().recognise(samples, **known)).words
        ends = [at for at, word in enumerate(heard, start=1) if word.text.endswith((".", "?"))]
        return Hypothesis(words=heard[: ends[0]] if ends else heard, language="en")


async def test_window_that_is_not_heard_to_its_end_is_heard_on(briefing: Briefing) -> None:
    recogniser = FirstSentence([Word(probability=1.0, **word) for word in briefing[1]["words"]])
    samples = briefing[0][: 19 * RATE]
    segments = await transcribe(samples, recogniser=recogniser, language="en")
    said = [word["text"] for word in briefing[1]["words"] if word["end"] < 19]
    assert [word.text for segment in segments for word in segment.words][: len(said)] == said


class TwoLanguages(ScriptedRecogniser):
    """Hears another language from a moment on, as a multilingual model that may choose."""

    def __init__(self, briefing: Briefing, *, changes_s: float) -> None:
        super().__init__([Word(probability=1.0, **word) for word in briefing[1]["words"]])
        self._changes_s = changes_s
        self.hints: list[Hints | None] = []

    async def recognise(self, samples: Samples, *, at: float = 0.0, **asked: Any) -> Hypothesis:
        self.hints.append(asked.get("hints"))
        found = await super().recognise(samples, at=at, **asked)
        return replace(found, language="pt" if at >= self._changes_s else "en")


async def test_each_stretch_of_a_mixed_recording_has_its_language(briefing: Briefing) -> None:
    recogniser = TwoLanguages(briefing, changes_s=20.0)
    hints = Hints(languages=("en", "pt"))

    segments = await transcribe(briefing[0], recogniser=recogniser, language=None, hints=hints)

    words = [word for segment in segments for word in segment.words]
    assert [word.text for word in words] == [word["text"] for word in briefing[1]["words"]]
    assert {segment.language for segment in segments if segment.end <= 20.0} == {"en"}
    assert {segment.language for segment in segments if segment.start >= 22.0} == {"pt"}
    assert set(recogniser.hints) == {hints}
