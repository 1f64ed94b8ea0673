"""Days on which the city hall is open, by the Japanese calendar."""

from __future__ import annotations

import datetime as dt

from bot.city import Hours
from bot.holidays import is_holiday


def is_open(hours: Hours, day: dt.date) -> bool:
    """Whether the city hall works on `day`."""
    return day.isoweekday() in hours.days and not is_closed(hours, day)


def is_closed(hours: Hours, day: dt.date) -> bool:
    """Whether `day` is a holiday or one of the days on which the city is closed every year."""
    return is_holiday(day) or day in hours.holidays or f"{day:%m-%d}" in hours.closed_each_year
