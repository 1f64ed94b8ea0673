"""Voice detection: the rules on scripted probabilities, the model on real sound."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transcripts.recordings import Briefing, read_briefing
from transcripts.live import VoiceStarted, VoiceStopped
from transcripts.recogniser import RATE, Samples
from transcripts.recognisers.silero import SileroModel
from transcripts.vad import FRAME, FRAME_S, VoiceDetector, VoiceOptions

OPTIONS = VoiceOptions(silence_s=3 * FRAME_S)


@pytest.fixture
def briefing() -> Briefing:
    return read_briefing()


class Probabilities:
    """A voice model that says what it is told, frame by frame."""

    def __init__(self, *values: float) -> None:
        self.values = list(values)
        self.resets = 0

    def probability(self, frame: Samples) -> float:
        return self.values.pop(0)

    def reset(self) -> None:
        self.resets += 1


def heard(*values: float, start_s: float = 0.0) -> list[tuple[str, int]]:
    """What happens, and after how many frames."""
    detector = VoiceDetector(OPTIONS, model=Probabilities(*values), start_s=start_s)
    events = detector.hear(np.zeros(FRAME * len(values), np.float32))
    return [(type(each).__name__, round((each.at - start_s) / FRAME_S)) for each in events]


def test_voice_starts_with_its_first_frame() -> None:
    assert heard(0.1, 0.1, 0.9, 0.9) == [("VoiceStarted", 2)]


def test_voice_stops_where_it_was_last_heard() -> None:
    assert heard(0.9, 0.9, 0.1, 0.1, 0.1) == [("VoiceStarted", 0), ("VoiceStopped", 2)]


def test_short_silence_does_not_stop_it() -> None:
    assert heard(0.9, 0.1, 0.1, 0.9, 0.1, 0.1) == [("VoiceStarted", 0)]


def test_weak_voice_goes_on_but_does_not_start() -> None:
    assert heard(0.4, 0.4, 0.4, 0.4) == []
    assert heard(0.6, 0.4, 0.4, 0.4, 0.4) == [("VoiceStarted", 0)]


def test_times_count_from_the_start_of_the_stream() -> None:
    assert heard(0.1, 0.9, start_s=100.0) == [("VoiceStarted", 1)]


def test_reset_makes_a_voice_that_goes_on_start_anew() -> None:
    model = Probabilities(0.9, 0.9)
    detector = VoiceDetector(OPTIONS, model=model)
    frame = np.zeros(FRAME, np.float32)
    assert detector.hear(frame) == [VoiceStarted(0.0)]
    detector.reset()
    assert model.resets == 1
    assert detector.hear(frame) == [VoiceStarted(FRAME_S)]


@given(st.lists(st.integers(1, 4000), min_size=1, max_size=12))
def test_pieces_of_any_length_give_the_same_events(sizes: list[int]) -> None:
    total = sum(sizes)
    values = [0.9 if at % 20 < 8 else 0.1 for at in range(total // FRAME)]
    whole = VoiceDetector(OPTIONS, model=Probabilities(*values)).hear(np.zeros(total, np.float32))
    detector = VoiceDetector(OPTIONS, model=Probabilities(*values))
    pieces = [event for size in sizes for event in detector.hear(np.zeros(size, np.float32))]
    assert pieces == whole


@given(st.lists(st.floats(0, 1), max_size=200))
def test_starts_and_stops_take_turns_and_times_rise(values: list[float]) -> None:
    events = VoiceDetector(OPTIONS, model=Probabilities(*values)).hear(
        np.zeros(FRAME * len(values), np.float32)
    )
    kinds = [type(each) for each in events]
    assert kinds == [VoiceStarted, VoiceStopped] * (len(kinds) // 2) + [VoiceStarted] * (len(kinds) % 2)
    assert [each.at for each in events] == sorted(each.at for each in events)


@pytest.mark.parametrize("kind", ["silence", "white noise", "hum", "clicks"])
def test_sound_without_voice_is_no_voice(kind: str) -> None:
    length = 10 * RATE
    time = np.arange(length) / RATE
    sound = {
        "silence": np.zeros(length),
        "white noise": np.random.default_rng(1).normal(0, 0.05, length),
        "hum": 0.3 * np.sin(2 * np.pi * 50 * time),
        "clicks": (np.arange(length) % 8000 < 4) * 0.9,
    }[kind].astype(np.float32)
    assert VoiceDetector(VoiceOptions(), model=SileroModel()).hear(sound) == []


def test_demo_speech_starts_and_stops_with_its_sentences(briefing: Briefing) -> None:
    samples, reference = briefing
    events = VoiceDetector(VoiceOptions(), model=SileroModel()).hear(samples)
    starts = [each.at for each in events if isinstance(each, VoiceStarted)]
    for sentence in reference["sentences"]:
        assert min(abs(start - sentence["start"]) for start in starts) < 0.3


def test_model_state_belongs_to_one_stream() -> None:
    noise = np.random.default_rng(2).normal(0, 0.1, (20, FRAME)).astype(np.float32)
    alone = SileroModel()
    expected = [alone.probability(frame) for frame in noise]
    first, second = SileroModel(), SileroModel()
    both = [(first.probability(frame), second.probability(frame * 0)) for frame in noise]
    assert [each for each, _ in both] == expected


def test_model_reset_forgets_the_stream() -> None:
    noise = np.random.default_rng(3).normal(0, 0.1, (5, FRAME)).astype(np.float32)
    model = SileroModel()
    expected = [model.probability(frame) for frame in noise]
    model.reset()
    assert [model.probability(frame) for frame in noise] == expected
