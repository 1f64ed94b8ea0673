"""How fast a counter is, and how far a number is from its turn. Plain functions over values."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from bot.counter.model import Call

STEPS = 15  # calls that the speed is measured over
FEWEST = 3  # of them, below which nothing is said
LONGEST_S = 1800.0  # between two calls; more is a break, not a slow counter
WINDOW_S = 7200.0  # calls older than this say nothing about now


def ahead_of(number: int, called: int, wrap: int) -> int:
    """How many calls until `number` is called; 0 or less if it was already. Numbers run from 1 to `wrap` and begin
    again, so the nearer way round counts."""
    distance = (number - called) % wrap
    return distance if distance <= wrap // 2 else distance - wrap


def seconds_a_number(calls: Sequence[Call], wrap: int) -> float | None:
    """The median time from one number to the next over the newest calls (oldest first); None if there are too few.

    A median, since one long talk or a lunch break must not double what everybody is told.
    """
    if not calls:
        return None
    newest = calls[-1].at
    recent = [call for call in calls if (newest - call.at).total_seconds() <= WINDOW_S]
    steps: list[float] = []
    for earlier, later in zip(recent, recent[1:], strict=False):
        numbers = ahead_of(later.number, earlier.number, wrap)
        seconds = (later.at - earlier.at).total_seconds()
        if numbers > 0 and 0 < seconds <= LONGEST_S:
            steps.append(seconds / numbers)
    recent_steps = steps[-STEPS:]
    return statistics.median(recent_steps) if len(recent_steps) >= FEWEST else None


def wait_seconds(waiting: int, seconds_each: float | None) -> int | None:
    """How long somebody waits behind `waiting` people."""
    return None if seconds_each is None else round(waiting * seconds_each)


def shown_minutes(seconds: int) -> int:
    """A wait as it is told: to the next five minutes, never less than was measured."""
    return 5 * math.ceil(seconds / 300)
