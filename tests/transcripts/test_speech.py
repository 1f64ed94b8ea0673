"""The demo recordings are what their papers say."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from transcripts.audio import AudioLimits, decode
from transcripts.offline import transcribe
from transcripts.recogniser import RATE
from transcripts.recognisers.whisper import WhisperOptions, WhisperRecogniser, open_whisper

SPEECH = Path(__file__).parents[2] / "config" / "demo" / "speech"


@pytest.fixture(params=["briefing", "voice-message"])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def whisper() -> AsyncIterator[WhisperRecogniser]:
    made = await open_whisper(WhisperOptions())
    yield made
    await made.close()


def reference(name: str) -> dict[str, Any]:
    return json.loads((SPEECH / f"{name}.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def test_words_and_sentences_make_up_the_text(name: str) -> None:
    said = reference(name)
    assert " ".join(word["text"] for word in said["words"]) == said["text"]
    assert " ".join(sentence["text"] for sentence in said["sentences"]) == said["text"]


def test_word_times_rise_and_stay_in_the_recording(name: str) -> None:
    said = reference(name)
    times = [time for word in said["words"] for time in (word["start"], word["end"])]
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] <= said["seconds"]


def test_recording_is_as_long_as_it_says(name: str) -> None:
    samples = decode((SPEECH / f"{name}.flac").read_bytes(), limits=AudioLimits())
    assert len(samples) / RATE == pytest.approx(reference(name)["seconds"], abs=0.01)


def test_briefing_is_long_enough_and_has_dates_times_and_prices() -> None:
    said = reference("briefing")
    assert said["seconds"] >= 35
    assert re.findall(r"\d[\d:,]*\d|\d", said["text"]) == [
        "7", "9:30", "9", "14", "4,800", "20", "2:45", "8:15",
    ]  # fmt: skip


def test_voice_message_is_short() -> None:
    assert 4 <= reference("voice-message")["seconds"] <= 6


async def test_voice_message_is_heard_word_for_word(whisper: WhisperRecogniser) -> None:
    samples = decode((SPEECH / "voice-message.flac").read_bytes(), limits=AudioLimits())
    segments = await transcribe(samples, recogniser=whisper, language="en")
    assert (
        " ".join(each.text for each in segments)
        == "Hello, I want to throw away an old sofa. What should I do?"
    )


async def test_briefing_is_heard_without_a_wrong_word(whisper: WhisperRecogniser) -> None:
    samples = decode((SPEECH / "briefing.flac").read_bytes(), limits=AudioLimits())
    segments = await transcribe(samples, recogniser=whisper, language="en")
    heard, said = (
        plain(text) for text in (" ".join(each.text for each in segments), reference("briefing")["text"])
    )
    assert heard == said


def plain(text: str) -> str:
    """Without case, punctuation and ways of writing numbers."""
    lower = re.sub(r"(?<=\d)[.,:](?=\d)|(?<=\d)(st|nd|rd|th)\b", "", text.lower())
    lower = re.sub(r"\b([ap])\.m\.", r"\1m", lower)
    return " ".join(re.sub(r"[^\w' ]", " ", lower).split())
