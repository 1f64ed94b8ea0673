"""What the crowd benchmark makes of what it saw."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest

from benchmarks.captions import crowd
from benchmarks.captions.crowd import Meeting
from benchmarks.captions.scores import Timeline
from core.clock import SystemClock
from transcripts.hub import Frame, event_frame
from transcripts.recogniser import RATE
from transcripts.sources import Source

REFERENCE: dict[str, Any] = {
    "text": "good morning everyone",
    "words": [
        {"text": "good", "start": 1.0, "end": 1.5},
        {"text": "morning", "start": 1.5, "end": 2.0},
        {"text": "everyone", "start": 2.0, "end": 3.0},
    ],
}


def meeting(*offsets: float, number: int = 0) -> Meeting:
    made = Meeting(number, "m", cast(Source, None), pause_s=4.0, began=SystemClock().monotonic())
    made.offsets = list(offsets)
    made.timelines = [Timeline() for _ in offsets]
    return made


def caption(seq: int, text: str, start: float) -> Frame:
    return event_frame("caption", {"seq": seq, "text": text, "start": start})


def texts(made: Meeting) -> list[tuple[str, ...]]:
    return [timeline.moments[-1].segments for timeline in made.timelines]


def test_caption_belongs_to_the_speech_in_which_it_was_said() -> None:
    made = meeting(-7.0, 40.0)
    for seq, start in enumerate((1.0, 39.0, 39.8, 60.0), start=1):
        made.write(caption(seq, f"at {start}", start))
    assert texts(made) == [("at 1.0", "at 39.0"), ("at 39.8", "at 60.0")]
    assert made.sequence == [1, 2, 3, 4]


def test_frame_may_hold_several_events_and_others_are_left_out() -> None:
    made = meeting(0.0)
    state = event_frame("state", {"state": "live"})
    both = caption(1, "one", 1.0).bare + state.bare + caption(2, "two", 2.0).bare
    made.write(Frame(bare=both, chunk=b""))
    made.write(Frame(bare=b":\n\n", chunk=b""))
    assert texts(made) == [("one", "two")]


def test_later_meetings_begin_further_on_in_the_speech() -> None:
    samples = np.zeros(45 * RATE, np.float32)
    made = meeting(number=2)
    pcm = crowd._sound(samples, made, seconds=90.0)
    assert len(pcm) == 90 * RATE * 2
    assert made.offsets == [-2 * crowd.STAGGER_S, pytest.approx(45 - 2 * crowd.STAGGER_S + 4.0), 83.4]


def test_only_words_that_are_heard_whole_count() -> None:
    assert crowd._between(REFERENCE, 1.2, 2.5)["text"] == "morning"
    assert crowd._between(REFERENCE, 0.0, 9.0)["text"] == REFERENCE["text"]


def test_slope_is_seconds_of_delay_for_an_hour() -> None:
    assert crowd._slope([(at, 2.0 + at / 3600) for at in range(0, 1800, 60)]) == 1.0


def test_report_says_what_was_lost_and_how_late_it_was() -> None:
    made = meeting(0.0)
    made.sequence = [1, 3]
    made.timelines[0].segment(4.0, "Good morning, everyone.")
    made.behind = [0.2, 1.5]
    report = crowd._report(REFERENCE, [made], 60.0)
    (row,) = report["meetings"]
    assert row == {
        "wer": 0.0,
        "delay_p50_s": 2.0,
        "delay_p95_s": 2.5,
        "behind_max_s": 1.5,
        "words": 3,
        "lost_or_doubled": True,
    }
    assert (report["delay_max_s"], report["drift_s_per_hour"]) == (2.5, None)


def test_targets_are_the_promises_of_issue_4() -> None:
    report = {
        "meetings": [{"lost_or_doubled": False, "wer": 1.0}] * 6,
        "delay_p95_s": 3.0,
        "one_too_many": "busy",
        "drift_s_per_hour": None,
    }
    rows = [target.as_row() for target in crowd.targets(report)]
    assert [row["met"] for row in rows] == [True, True, True, True, True, None]
