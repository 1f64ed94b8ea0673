"""What a resident wrote, as the answer to a field or as what is wrong with it. Pure."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import phonenumbers
from babel.dates import get_day_names

from bot.forms.model import Field, Option
from bot.triggers import normalise
from core.words import Words
from translation.facts import find
from translation.facts.my_number import mask

_READINGS = re.compile(r"[（(][^（）()]*[）)]")
_NUMBER = re.compile(r"[-+]?\d{1,9}")
_LIST_NUMBER = re.compile(r"(\d{1,2})\s*[.)番號号번]?")
WEEKDAY_LOCALES = ("ja", "en", "zh_Hans", "ko", "vi", "pt", "es", "fil", "id", "ne")
EASY_WEEKDAYS = ("げつようび", "かようび", "すいようび", "もくようび", "きんようび", "どようび", "にちようび")
WORDS_OF_DAYS = {"today": 0, "tomorrow": 1, "day_after": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """Why an answer cannot be taken: a phrase under `form.error`, and values for its placeholders."""

    why: str
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Right:
    """An answer."""

    value: Any


Reading = Right | Wrong


def folded(text: str) -> str:
    """For comparing: the trigger's normal form, without readings in brackets and without spaces."""
    return normalise(_READINGS.sub("", text)).replace(" ", "")


def read_option(text: str, options: Sequence[Option]) -> Option | None:
    """The option that is named, in any language, or that has this place in the list (1, 2 …)."""
    said = folded(text)
    if not said:
        return None
    if (match := _LIST_NUMBER.fullmatch(normalise(text))) and 1 <= int(match[1]) <= len(options):
        return options[int(match[1]) - 1]
    names = [(option, {folded(name) for name in option.texts.values()}) for option in options]
    exact = [option for option, known in names if said in known or said == folded(option.id)]
    if exact:
        return exact[0]
    if len(said) < 2 and said.isascii():
        return None
    near = [option for option, known in names if any(said in name or name in said for name in known if name)]
    return near[0] if len(near) == 1 else None


def read_number(text: str, field: Field) -> Reading:
    """A whole number within the field's bounds."""
    digits = "".join(
        str(unicodedata.digit(char)) if char.isdigit() else char
        for char in unicodedata.normalize("NFKC", text)
    )
    found = _NUMBER.findall(digits)
    if len(found) != 1:
        return Wrong(why="number", values=_bounds(field))
    number = int(found[0])
    return (
        Right(number) if field.least <= number <= field.most else Wrong(why="number", values=_bounds(field))
    )


def _bounds(field: Field) -> tuple[tuple[str, str], ...]:
    return (("least", str(field.least)), ("most", str(field.most)))


def read_phone(text: str) -> Reading:
    """A telephone number that is possible in Japan, as E.164."""
    try:
        number = phonenumbers.parse(unicodedata.normalize("NFKC", text)[:40], "JP")
    except phonenumbers.NumberParseException:
        return Wrong(why="phone")
    # `possible` and not `valid`: the demonstration city's exchange does not exist.
    if number.country_code != 81 or not phonenumbers.is_possible_number(number):
        return Wrong(why="phone")
    return Right(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def read_text(text: str, field: Field) -> Reading:
    """Free text within the field's bounds, without My Number."""
    kept = mask(" ".join(text.split()))
    if len(kept) < max(1, field.least):
        return Wrong(why="short")
    if len(kept) > field.most:
        return Wrong(why="long", values=(("most", str(field.most)),))
    return Right(kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What was said about a day and a time of day."""

    day: dt.date | None = None
    time: dt.time | None = None


def read_moment(
    text: str, language: str, *, today: dt.date, words: Words, serves: Callable[[dt.date], bool]
) -> Moment:
    """The day and the time in `text`: "12/3", "3 de dezembro às 10h", "明日", "Monday", "3" (the next 3rd).

    A weekday means the next one that `serves` accepts. Before a language is known, each one is tried."""
    day: dt.date | None = None
    time: dt.time | None = None
    for tag in dict.fromkeys((language, "ja", "en") if language else words.languages):
        for fact in find(text[:200], tag):
            if fact.kind == "date" and day is None:
                day = _day(fact.value, today, serves)
            elif fact.kind == "time" and time is None and fact.value < "24":
                time = dt.time.fromisoformat(fact.value)
        if day is not None:
            break
    return Moment(day=day or _relative(text, today, words, serves), time=time)


def _day(value: str, today: dt.date, serves: Callable[[dt.date], bool]) -> dt.date | None:
    """A date as facts write it. Without a year it is the next such day; a weekday is the next one served."""
    if re.fullmatch(r"w[1-7]", value):
        ahead = (today + dt.timedelta(days=days) for days in range(1, 60))
        right = [day for day in ahead if day.isoweekday() == int(value[1])]
        return next((day for day in right if serves(day)), right[0])
    if match := re.fullmatch(r"--(\d\d)-(\d\d)", value):
        return _next(today, int(match[1]), int(match[2]))
    try:
        return dt.date.fromisoformat(value) if len(value) == 10 else None
    except ValueError:
        return None


def _next(today: dt.date, month: int, day: int) -> dt.date | None:
    for year in (today.year, today.year + 1):
        try:
            found = dt.date(year, month, day)
        except ValueError:
            continue
        if found >= today:
            return found
    return None


@cache
def _weekdays() -> tuple[frozenset[str], ...]:
    """The names of the days from Monday in every language that the forms speak (CLDR, and the first word of
    segunda-feira)."""
    days: list[set[str]] = [set() for _ in range(7)]
    for locale in WEEKDAY_LOCALES:
        for number, name in get_day_names("wide", locale=locale).items():
            days[number] |= {normalise(name), normalise(name.split("-")[0])}
    for number, name in enumerate(EASY_WEEKDAYS):
        days[number].add(name)
    return tuple(frozenset(names) for names in days)


def _relative(text: str, today: dt.date, words: Words, serves: Callable[[dt.date], bool]) -> dt.date | None:
    said = normalise(text)
    for name, days in WORDS_OF_DAYS.items():
        if any(
            said == normalise(word)
            for tag in words.languages
            for word in words.list(tag, f"form.words.{name}")
        ):
            return today + dt.timedelta(days=days)
    for number, names in enumerate(_weekdays()):
        if any(name in said for name in names):
            return _day(f"w{number + 1}", today, serves)
    if match := re.fullmatch(r"(\d{1,2})日?", said):
        wanted = int(match[1])
        ahead = (today + dt.timedelta(days=days) for days in range(62))
        return next((day for day in ahead if day.day == wanted), None)
    return None
