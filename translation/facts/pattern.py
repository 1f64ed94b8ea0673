"""What one way of writing a fact looks like, and how to read it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from translation.model import FactKind

# Gives the normal form, or None where the match is not a fact after all (13月, 25時).
Reader = Callable[["re.Match[str]"], str | None]

DIGIT = frozenset("0123456789")


@dataclass(frozen=True, slots=True)
class Pattern:
    """Patterns are tried in order; what an earlier one took, a later one does not see. A group called "fact" is the
    fact where the regex has to see more than that.

    Each set of `needs` holds characters and whole words in small letters. A text that has none of one of them cannot
    match and is not searched."""

    kind: FactKind
    regex: re.Pattern[str]
    read: Reader
    needs: tuple[frozenset[str], ...] = (DIGIT,)


def date_value(year: int | None, month: int | None, day: int | None) -> str | None:
    """The normal form of a date: 2025-03-31, 2025-03, 2025, --03-31 or --03. None where it is impossible."""
    if (month is not None and not 1 <= month <= 12) or (day is not None and not 1 <= day <= 31):
        return None
    if year is None and month is None:
        return None
    parts = [f"{year:04d}" if year else "-"]
    parts += [f"{number:02d}" for number in (month, day) if number is not None]
    return "-".join(parts)


def fiscal_value(year: int) -> str:
    """The normal form of a fiscal year, which in Japan begins on 1 April: fy2025."""
    return f"fy{year:04d}"


def time_value(hour: int, minute: int, *, afternoon: bool | None = None) -> str | None:
    """The normal form of a time of day: HH:MM in 24 hours. None where it is impossible."""
    if afternoon is True and hour < 12:
        hour += 12
    elif afternoon is False and hour == 12:
        hour = 0
    return f"{hour:02d}:{minute:02d}" if hour <= 24 and minute <= 59 else None


def weekday_value(index: int) -> str:
    """The normal form of a weekday, Monday being 1: w1 … w7."""
    return f"w{index}"


# The year before the first one of Reiwa, Heisei and Showa: 令和元年 is 2019.
_BEFORE_ERAS = (2018, 1988, 1925)
_ERAS = ("令和|Reiwa", "平成|Heisei", "昭和|Sh[oō]wa")


def era_year(era: str, year: int, names: Sequence[str] = ()) -> int | None:
    """The year of the common era, as ("Reiwa", 7) is 2025. `names` are those of the language, in regular expressions;
    the Japanese and Latin ones are known everywhere. None where no era has that name."""
    for index, before in enumerate(_BEFORE_ERAS):
        own = f"|{names[index]}" if names else ""
        if re.fullmatch(_ERAS[index] + own, era, re.IGNORECASE):
            return before + year
    return None
