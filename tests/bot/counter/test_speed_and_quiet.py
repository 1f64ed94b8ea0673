"""How fast a counter is, how far a number is, when nobody is disturbed."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.counter.model import Call
from bot.counter.quiet import next_allowed
from bot.counter.speed import ahead_of, seconds_a_number, shown_minutes, wait_seconds

START = dt.datetime(2026, 11, 24, 1, 0, tzinfo=dt.UTC)


def calls(*steps: tuple[float, int]) -> list[Call]:
    """Calls after (seconds, number) each, counted from the start."""
    return [Call(number=number, at=START + dt.timedelta(seconds=seconds)) for seconds, number in steps]


@pytest.mark.parametrize(
    ("number", "called", "ahead"),
    [(57, 50, 7), (57, 57, 0), (57, 60, -3), (2, 998, 3), (998, 2, -3), (1, 999, 1), (999, 1, -1)],
)
def test_distance_to_a_number(number: int, called: int, ahead: int) -> None:
    assert ahead_of(number, called, 999) == ahead


@given(st.integers(9, 9999), st.data())
def test_distance_leads_to_the_number(wrap: int, data: st.DataObject) -> None:
    number = data.draw(st.integers(1, wrap))
    called = data.draw(st.integers(1, wrap))
    ahead = ahead_of(number, called, wrap)
    assert (called + ahead - number) % wrap == 0
    assert abs(ahead) <= wrap // 2 + 1


def test_speed_is_the_median() -> None:
    assert seconds_a_number(calls((0, 1), (60, 2), (180, 3), (240, 4), (300, 5)), 999) == 60.0


def test_one_long_talk_does_not_change_the_speed() -> None:
    assert seconds_a_number(calls((0, 1), (60, 2), (120, 3), (1500, 4), (1560, 5)), 999) == 60.0


def test_several_numbers_at_once_count_each() -> None:
    assert seconds_a_number(calls((0, 1), (120, 3), (240, 5), (360, 7)), 999) == 60.0


def test_break_is_not_a_slow_counter() -> None:
    with_break = calls((0, 1), (60, 2), (120, 3), (3000, 4), (3060, 5), (3120, 6))
    assert seconds_a_number(with_break, 999) == 60.0


def test_speed_over_the_highest_number() -> None:
    assert seconds_a_number(calls((0, 998), (60, 999), (120, 1), (180, 2)), 999) == 60.0


def test_number_that_is_called_back_does_not_count() -> None:
    assert seconds_a_number(calls((0, 5), (60, 6), (90, 4), (150, 7), (210, 8)), 999) == 60.0


@pytest.mark.parametrize("few", [[], calls((0, 1)), calls((0, 1), (60, 2), (120, 3))])
def test_too_few_calls_say_nothing(few: list[Call]) -> None:
    assert seconds_a_number(few, 999) is None


def test_calls_of_the_morning_say_nothing_in_the_evening() -> None:
    assert seconds_a_number(calls((0, 1), (60, 2), (120, 3), (180, 4), (9000, 5)), 999) is None


def test_only_the_newest_calls_count() -> None:
    slow = [(n * 600.0, n + 1) for n in range(5)]
    fast = [(2400 + 60.0 * (n + 1), n + 6) for n in range(15)]
    assert seconds_a_number(calls(*slow, *fast), 999) == 60.0


def test_wait_is_people_times_speed() -> None:
    assert wait_seconds(7, 61.5) == 430
    assert wait_seconds(0, 61.5) == 0
    assert wait_seconds(7, None) is None


@pytest.mark.parametrize(("seconds", "minutes"), [(0, 0), (1, 5), (300, 5), (301, 10), (1800, 30)])
def test_wait_is_told_in_steps_of_five_minutes(seconds: int, minutes: int) -> None:
    assert shown_minutes(seconds) == minutes


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


EVENING, MORNING = dt.time(20, 0), dt.time(8, 0)


@pytest.mark.parametrize(
    ("now", "allowed"),
    [
        ("2026-11-24T19:59", "2026-11-24T19:59"),
        ("2026-11-24T20:00", "2026-11-25T08:00"),
        ("2026-11-24T23:30", "2026-11-25T08:00"),
        ("2026-11-25T00:00", "2026-11-25T08:00"),
        ("2026-11-25T07:59", "2026-11-25T08:00"),
        ("2026-11-25T08:00", "2026-11-25T08:00"),
    ],
)
def test_quiet_hours_over_midnight(now: str, allowed: str) -> None:
    assert next_allowed(at(now), EVENING, MORNING) == at(allowed)


@pytest.mark.parametrize(
    ("now", "allowed"),
    [("2026-11-24T12:30", "2026-11-24T13:00"), ("2026-11-24T13:00", "2026-11-24T13:00")],
)
def test_quiet_hours_within_a_day(now: str, allowed: str) -> None:
    assert next_allowed(at(now), dt.time(12, 0), dt.time(13, 0)) == at(allowed)


def test_equal_times_are_no_quiet_hours() -> None:
    assert next_allowed(at("2026-11-24T03:00"), dt.time(0, 0), dt.time(0, 0)) == at("2026-11-24T03:00")
