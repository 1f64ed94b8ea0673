"""Promises beside measurements, and what is printed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.translate.targets import targets

ROOT = Path(__file__).parents[2]


def throughput(**ratios: float) -> dict[str, Any]:
    return {
        "throughput": {"plain": {"ratios": {name: {"of_medians": value} for name, value in ratios.items()}}}
    }


def test_a_promise_is_met_at_its_limit_and_missed_below_it() -> None:
    rows = targets(throughput(ours_to_argostranslate=5.0, ours_to_libretranslate=5.9, ours_to_raw=0.85))

    assert [(row["value"], row["must_be"], row["met"]) for row in rows] == [
        (5.0, "≥ 5", True),
        (5.9, "≥ 6", False),
        (0.85, "≥ 0.85", True),
    ]


def test_a_side_that_was_not_measured_is_neither_met_nor_missed() -> None:
    rows = targets(throughput(ours_to_argostranslate=5.0, ours_to_raw=0.85))

    assert [row["met"] for row in rows] == [True, None, True]


def test_a_part_that_was_not_run_has_no_rows() -> None:
    assert targets({"quality": {"not_measured": "There is no corpus."}}) == []


def test_upper_limits_are_met_from_below() -> None:
    figures = {"alone_to_raw": 1.15, "under_load_p95_to_raw": 2.6}

    rows = targets({"latency": {"ja>en": figures, "event_loop_gap": {}}})

    assert [(row["must_be"], row["met"]) for row in rows] == [("≤ 1.15", True), ("≤ 2.5", False)]


def test_json_alone_is_on_stdout() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.translate", "--json", "--only", "detection"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    report = json.loads(done.stdout)
    assert list(report) == ["machine", "detection", "targets"]
    assert report["detection"]["phrases"] > 0


@pytest.mark.parametrize("arguments", [["--only", "speed"], ["--only", "soak"]])
def test_a_part_that_cannot_be_run_is_refused(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.translate", *arguments], cwd=ROOT, capture_output=True, text=True
    )

    assert (done.returncode, done.stdout) == (2, "")
