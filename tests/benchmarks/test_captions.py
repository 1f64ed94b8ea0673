"""How captions are scored, the sounds without speech, and what is printed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.captions import silence, single
from benchmarks.captions.scores import FRAME_S, Timeline, erasure, normal, quantile, score, word_error_rate
from benchmarks.captions.sounds import SOUNDS
from benchmarks.captions.whisper_live_peer import Transcript
from transcripts.recogniser import RATE

ROOT = Path(__file__).parents[2]


def reference(text: str, *, start: float = 1.0, each_s: float = 0.5) -> dict[str, Any]:
    words = [
        {"text": word, "start": start + at * each_s, "end": start + (at + 1) * each_s}
        for at, word in enumerate(text.split())
    ]
    return {
        "text": text,
        "words": words,
        "sentences": [{"text": text, "start": start, "end": words[-1]["end"]}],
    }


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("April 7th at 9.30 a.m.", "april 7 at 930 am"),
        ("It costs 4,800 yen.", "it costs 4800 yen"),
        ("Come at nine!", "come at 9"),
        ("the child's cap", "the child's cap"),
    ],
)
def test_ways_of_writing_are_one(text: str, same: str) -> None:
    assert " ".join(normal(text)) == same


def test_word_error_rate_counts_words_in_percent() -> None:
    assert word_error_rate("one two three four", "1, two four five") == 50.0


def test_delay_is_from_a_words_end_to_its_commit() -> None:
    timeline = Timeline()
    timeline.partial(2.0, "the school", 3)
    timeline.partial(3.0, "the school is", 10)
    timeline.segment(4.0, "the school is")
    scored = score(reference("the school is"), timeline)
    assert scored["delay_p50_s"] == 1.0  # the: 2.0 - 1.5; school: 3.0 - 2.0; is: 4.0 - 2.5
    assert scored["delay_p95_s"] == 1.5
    assert scored["segment_delay_p50_s"] == 2.0
    assert scored["first_partial_p50_s"] == 1.0
    assert scored["last_word_s"] == 1.5
    assert (scored["wer"], scored["segments"]) == (0.0, 1)


def test_word_is_not_taken_for_one_that_is_said_later() -> None:
    timeline = Timeline()
    timeline.segment(2.0, "yes")
    scored = score(reference("yes no no no no no yes"), timeline)
    assert scored["last_word_s"] < 0


def test_words_taken_back_are_erased() -> None:
    timeline = Timeline()
    timeline.partial(1.0, "the cool is", 0)
    timeline.partial(2.0, "the school is", 0)
    timeline.segment(3.0, "the school is")
    assert erasure(timeline) == pytest.approx(2 / 3, abs=0.001)


def test_words_that_only_grow_are_not_erased() -> None:
    timeline = Timeline()
    timeline.partial(1.0, "the", 0)
    timeline.partial(2.0, "the school", 3)
    timeline.segment(3.0, "the school")
    assert erasure(timeline) == 0.0


def test_what_stood_for_less_than_a_frame_was_not_seen() -> None:
    timeline = Timeline()
    timeline.partial(1.0, "it rains. Stay home", 0)
    timeline.segment(2.0, "it rains.")  # takes the partial away until the next one comes
    timeline.partial(2.0 + FRAME_S / 2, "Stay home", 0)
    timeline.segment(4.0, "Stay home")
    assert erasure(timeline) == 0.0


@pytest.mark.parametrize(("share", "value"), [(0.5, 3), (0.95, 5), (0.0, 1)])
def test_quantile_is_one_of_the_values(share: float, value: int) -> None:
    assert quantile([1, 2, 3, 4, 5], share) == value


def test_quantile_of_nothing_is_nothing() -> None:
    assert quantile([], 0.5) == 0.0


@pytest.mark.parametrize("name", SOUNDS)
def test_sound_has_its_length_and_does_not_clip(name: str) -> None:
    sound = SOUNDS[name](2.0)
    assert (len(sound), sound.dtype) == (2 * RATE, np.float32)
    assert np.abs(sound).max() <= 1.0
    assert bool(np.abs(sound).max() > 0.05) is (name != "silence")


@pytest.mark.parametrize(("name", "slope_db"), [("white noise", 0), ("pink noise", -3), ("brown noise", -6)])
def test_noise_falls_by_its_slope_in_each_octave(name: str, slope_db: int) -> None:
    power = np.abs(np.fft.rfft(SOUNDS[name](30.0))) ** 2
    octaves = [10 * np.log10(power[int(30 * low) : int(60 * low)].mean()) for low in (250, 500, 1000, 2000)]
    assert np.diff(octaves).mean() == pytest.approx(slope_db, abs=0.5)


def test_messages_of_whisper_live_become_stable_and_open_text() -> None:
    transcript = Transcript()
    transcript.take([{"start": "0.0", "text": " Good morn", "completed": False}])
    assert (transcript.stable, transcript.text) == ("", "Good morn")
    transcript.take(
        [
            {"start": "0.0", "text": " Good morning.", "completed": True},
            {"start": "2.0", "text": " It", "completed": False},
        ]
    )
    assert (transcript.stable, transcript.text) == ("Good morning.", "Good morning. It")


def figures(**changes: float) -> dict[str, Any]:
    ours = {
        "wer": 1.0, "delay_p50_s": 1.6, "delay_p95_s": 3.2, "first_partial_p50_s": 0.9,
        "erasure": 0.25, "last_word_s": 1.5,
    }  # fmt: skip
    return {"offline": {"wer": 0.0}, "madoguchi": ours | changes}


def test_promises_are_met_at_their_limits() -> None:
    assert [target.as_row()["met"] for target in single.targets(figures())] == [True] * 6


@pytest.mark.parametrize(
    "changes",
    [{"wer": 1.1}, {"delay_p50_s": 1.61}, {"delay_p95_s": 3.3}, {"erasure": 0.26}, {"last_word_s": 1.6}],
)
def test_one_promise_is_missed(changes: dict[str, float]) -> None:
    assert [target.as_row()["met"] for target in single.targets(figures(**changes))].count(False) == 1


def test_peer_that_did_not_run_is_neither_beaten_nor_not() -> None:
    report = figures() | {"whisper-live": {"not_measured": "It is not installed."}}
    assert [target.as_row()["met"] for target in single.targets(report)][6:] == [None] * 3


def test_peer_is_beaten_on_delay_at_no_worse_error_rate() -> None:
    peer = {"wer": 1.0, "delay_p50_s": 1.5, "delay_p95_s": 4.0}
    rows = [target.as_row() for target in single.targets(figures() | {"local-agreement": peer})][6:]
    assert [row["met"] for row in rows] == [False, True, True]


def test_one_word_in_silence_is_too_much() -> None:
    quiet = {"sounds": {"hum": {"words": 0}, "drums": {"words": 1}}}
    assert [target.as_row()["met"] for target in silence.targets(quiet)] == [False]


def test_no_word_in_seconds_of_silence_and_json_alone_on_stdout() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.captions", "--json", "--only", "silence", "--quiet", "3"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    report = json.loads(ended.stdout)
    assert set(report) == {"machine", "silence", "targets"}
    assert [row["met"] for row in report["targets"]] == [True]


def test_part_that_there_is_not_is_refused() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.captions", "--only", "everything"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, "there is no part everything" in ended.stderr) == (2, True)
