"""What the soak calls bad, and what it reports."""

from __future__ import annotations

import pytest

from benchmarks.translate.bench import Bench
from benchmarks.translate.machine import describe, resident_mb
from benchmarks.translate.soak import Seen, bad_without_mark, is_repetitive, report
from translation.model import Translation


def said(text: str, *flags: str) -> Translation:
    return Translation(
        text=text,
        source_text="",
        source="ja",
        target="en",
        route=("ja", "en"),
        engine="argos",
        confidence=1.0,
        flags=flags,
        kept=(),
        lost=(),
    )


@pytest.mark.parametrize(
    "text",
    [
        "the city the city the city",
        "Monday and Tuesday, Monday and Tuesday, Monday and Tuesday",
        "月曜日と月曜日と月曜日と月曜日と",
    ],
)
def test_the_same_words_again_and_again_are_repetitive(text: str) -> None:
    assert is_repetitive(text)


@pytest.mark.parametrize("text", ["", "very very good", "月曜日と木曜日", "No, no, no!", "1717171"])
def test_honest_text_is_not_repetitive(text: str) -> None:
    assert not is_repetitive(text)


def test_an_empty_answer_to_words_is_bad_without_a_flag() -> None:
    assert bad_without_mark("市役所", said("  ")) == "empty_unflagged"
    assert bad_without_mark("市役所", said("", "empty")) is None
    assert bad_without_mark("👍", said("")) is None


def test_a_repetition_that_the_source_has_is_fine() -> None:
    loop = "please wait please wait please wait"

    assert bad_without_mark("待って", said(loop)) == "repeated_unflagged"
    assert bad_without_mark("待って", said(loop, "repeated")) is None
    assert bad_without_mark(loop, said(loop)) is None


def test_the_report_has_the_slope_and_the_counts(quick_bench: Bench) -> None:
    seen = Seen(memory=[(float(second), 100 + second / 100) for second in range(0, 3601, 60)])
    seen.counts["empty_unflagged"] = 2
    seen.waits["live"] = [0.004, 0.002]

    made = report(seen, quick_bench)

    assert made["memory_slope_mb_per_hour"] == 36.0
    assert made["memory_mb"] == {
        "first": 100.0,
        "middle": 118.0,
        "last": 136.0,
        "highest": 136.0,
        "samples": 61,
    }
    assert made["empty_unflagged"] == 2
    assert made["waiting_ms"] == {"live": {"p50": 3.0, "p95": 3.9, "max": 4.0, "n": 2}}


def test_memory_is_that_of_this_process_at_least() -> None:
    assert 10 < resident_mb() < 100_000


def test_the_machine_is_described() -> None:
    machine = describe()

    assert machine["cores"] >= 1
    assert machine["memory_gib"] > 0
    assert machine["versions"]["python"].startswith("3.")
    assert machine["versions"]["ctranslate2"][0].isdigit()
    assert (machine["load_before"][0] > 0.5) == bool(machine["warnings"])
