"""Slopes, spreads and ratios."""

from __future__ import annotations

import pytest

from benchmarks.translate.figures import milliseconds, percentile, ratio, slope_per_hour, spread


def test_slope_of_a_straight_line_is_its_rise_in_an_hour() -> None:
    samples = [(float(second), 100 + second / 36) for second in range(0, 3600, 10)]

    assert round(slope_per_hour(samples), 6) == 100.0


def test_slope_leaves_out_the_first_half() -> None:
    warm_up = [(float(second), float(second)) for second in range(0, 1000, 10)]
    flat = [(float(second), 1000.0) for second in range(1000, 2001, 10)]

    assert round(slope_per_hour(warm_up + flat), 6) == 0.0


def test_slope_sees_a_small_leak_under_noise() -> None:
    samples = [(float(second), 300 + second / 360 + (second // 5 % 2)) for second in range(0, 7200, 5)]

    assert round(slope_per_hour(samples), 1) == 10.0


def test_slope_of_falling_memory_is_negative() -> None:
    assert round(slope_per_hour([(0.0, 9.0), (1800.0, 8.0), (3600.0, 7.0)]), 6) == -2.0


@pytest.mark.parametrize("samples", [[], [(0.0, 5.0)], [(3.0, 5.0), (3.0, 7.0)]])
def test_slope_of_too_few_samples_is_nothing(samples: list[tuple[float, float]]) -> None:
    assert slope_per_hour(samples) == 0.0


def test_spread_has_the_median_the_quartiles_and_the_ends() -> None:
    assert spread([5.0, 1.0, 3.0, 2.0, 4.0]) == {
        "median": 3.0,
        "p25": 2.0,
        "p75": 4.0,
        "min": 1.0,
        "max": 5.0,
        "n": 5,
    }


def test_spread_of_one_value_is_that_value() -> None:
    assert spread([7.0]) == {"median": 7.0, "p25": 7.0, "p75": 7.0, "min": 7.0, "max": 7.0, "n": 1}


def test_waiting_times_are_given_in_milliseconds() -> None:
    assert milliseconds([0.003, 0.001, 0.002]) == {"p50": 2.0, "p95": 2.9, "max": 3.0, "n": 3}


def test_percentile_lies_between_its_neighbours() -> None:
    assert percentile([0.0, 100.0], 95) == 95.0
    assert percentile([4.0], 95) == 4.0


def test_ratio_with_nothing_is_none() -> None:
    assert ratio(3.0, 0.0) is None
    assert ratio(3.0, 2.0) == 1.5
