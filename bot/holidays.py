"""The national holidays of Japan."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

import jpholiday


@lru_cache(4096)
def is_holiday(day: dt.date) -> bool:
    """Whether `day` is a national holiday (国民の祝日に関する法律), substitute holidays included."""
    return bool(jpholiday.is_holiday(day))
