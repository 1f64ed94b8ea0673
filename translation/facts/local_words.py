"""What is known of a language's dates, times, prices and numbers: data/facts/*.toml and CLDR, through Babel.

A template is a regular expression in which a space is any white space, `~` white space that may be missing, and
{year} {month} {name} {day} {hour} {minute} {part} {counter} stand for what their names say ({name}: of a month,
{part}: of the day). The tables of Chinese are shared by both scripts: zh.toml, then zh-Hans.toml or zh-Hant.toml.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from importlib import resources
from typing import Any

from babel import Locale

from translation.languages import languages

# CLDR calls Filipino by another name than LINE and our tags do.
_CLDR_NAMES = {"tl": "fil"}
_ZEROS = {"deva": "०", "beng": "০", "mymr": "၀", "thai": "๐", "khmr": "០"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalWords:
    """One language. Words are regular expressions; where a tuple is given, the place says which month, weekday,
    number … it is."""

    tag: str
    script: str
    months: tuple[str, ...]
    weekdays: tuple[str, ...]  # from Monday
    loose_weekdays: tuple[str, ...]  # may mean a weekday; from Monday
    bracket_weekdays: str  # one letter for each weekday, from Monday, in brackets after a date
    bracket_after: str  # the letters that may stand before such brackets
    eras: tuple[str, ...]  # Reiwa, Heisei, Showa
    dates: tuple[str, ...]
    years: tuple[str, ...]
    fiscal: tuple[str, ...]
    times: tuple[str, ...]
    evening_times: tuple[str, ...]  # counted from six in the evening
    hours: tuple[str, ...]  # hours in words
    parts: Mapping[str, str]  # "am", "pm", "noon", "night"
    noon: str
    midnight: str
    clock_dot: bool  # 14.30 is a time
    clock_end: str  # what may follow a clock time and belongs to it
    month_first: bool  # 3/5 is 5 March
    year_offset: int  # years above 2400 count from so much earlier
    latest_year: int  # later ones belong to another calendar
    day_ending: str
    name_ending: str  # what is written onto the name of a month
    kanji: bool
    case: bool  # names must be capitalised as in the table
    currencies: Mapping[str, str]  # words by ISO 4217 code
    currency_first: bool  # the word may stand before the amount
    scales: Mapping[str, int]  # word to power of ten
    scale_first: bool
    percent: str
    percent_before: str
    number_strict: str
    numbers: tuple[str, ...]
    ordinals: tuple[str, ...]
    counter: str  # a number in words counts only before one of these; empty: everywhere
    counter_before: tuple[str, ...]  # … or after one of these
    formats: Mapping[str, str]
    prices: Mapping[str, Mapping[str, str]]
    myriads: tuple[str, ...]
    myriad_space: str
    month_names: tuple[str, ...]  # as they are written in a date
    months_alone: tuple[str, ...]  # as they are written without a day
    weekday_names: tuple[str, ...]
    cldr: Mapping[str, str] = field(repr=False)  # formats of CLDR
    group: str
    point: str
    grouping: tuple[int, int]
    digits: str
    plural: Callable[[Decimal], str]


@functools.cache
def local_words(tag: str) -> LocalWords | None:
    """The words of a served language; None where there is no table for it."""
    folder = resources.files("translation") / "data" / "facts"
    table: dict[str, Any] = {}
    for name in dict.fromkeys((tag.partition("-")[0], tag)):
        file = folder / f"{name}.toml"
        if tag in languages() and file.is_file():
            table = _merged(table, tomllib.loads(file.read_text("utf-8")))
    return _local_words(tag, table) if table else None


def _merged(table: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    return {
        key: {**table.get(key, {}), **more[key]} if isinstance(more.get(key), dict) else more.get(key, value)
        for key, value in {**more, **table}.items()
    }


# The entries of a table that are taken over as they are, by how they are read.
_TEXTS = (
    *("bracket_weekdays", "bracket_after", "noon", "midnight", "clock_end", "day_ending", "name_ending"),
    *("percent", "percent_before", "number_strict", "counter", "myriad_space"),
)
_WORDS = (
    *("weekdays", "loose_weekdays", "eras", "years", "fiscal", "times", "evening_times", "hours"),
    *("numbers", "ordinals", "myriads"),
)
_SWITCHES = ("clock_dot", "kanji", "case", "currency_first", "scale_first")
_PARTS = {"am": "am", "pm": "pm", "noon": "noon_part", "night": "night"}  # of the day, and their entries


def _local_words(tag: str, table: Mapping[str, Any]) -> LocalWords:
    locale = cldr_locale(tag)
    short = str(locale.date_formats["short"].pattern)
    month_first = short.index("M") < short.index("d")
    month_names = tuple(locale.months["format"]["wide"].values())
    return LocalWords(
        tag=tag,
        script=languages()[tag].script,
        months=_words(table, "months") or month_names,
        dates=_words(table, "dates") or _named_dates(table, month_first=month_first),
        parts={part: _text(table, entry) for part, entry in _PARTS.items() if _text(table, entry)},
        month_first=month_first,
        year_offset=int(table.get("year_offset", 0)),
        latest_year=int(table.get("latest_year", 2999)),
        currencies=dict(table["read"]),
        scales=dict(table.get("scales", {})),
        counter_before=tuple(filter(None, _text(table, "counter_before").split("|"))),
        formats=dict(table.get("formats", {})),
        prices=dict(table["prices"]),
        month_names=month_names,
        months_alone=_words(table, "months_alone") or month_names,
        **_taken_over(table),
        **_of_cldr(locale),
    )


def _taken_over(table: Mapping[str, Any]) -> dict[str, Any]:
    texts = {entry: _text(table, entry) for entry in _TEXTS}
    words = {entry: _words(table, entry) for entry in _WORDS}
    return texts | words | {entry: bool(table.get(entry)) for entry in _SWITCHES}


def _of_cldr(locale: Locale) -> dict[str, Any]:
    """What CLDR alone knows: names, formats and signs for numbers."""
    days = locale.days["format"]["wide"]
    symbols = locale.number_symbols["latn"]
    zero = ord(_ZEROS.get(locale.default_numbering_system, "0"))
    return {
        "weekday_names": tuple(days[index] for index in range(7)),
        "cldr": _cldr_formats(locale),
        "group": str(symbols["group"]),
        "point": str(symbols["decimal"]),
        "grouping": locale.decimal_formats[None].grouping,
        "digits": "".join(chr(zero + value) for value in range(10)),
        "plural": lambda number: str(locale.plural_form(number)),
    }


def cldr_locale(tag: str) -> Locale:
    """What CLDR has under this tag."""
    return Locale.parse(_CLDR_NAMES.get(tag, tag), sep="-")


def _text(table: Mapping[str, Any], key: str) -> str:
    return str(table.get(key, ""))


def _words(table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(str(word) for word in table.get(key, ()))


def _named_dates(table: Mapping[str, Any], *, month_first: bool) -> tuple[str, ...]:
    """How a date with the name of its month is written: 5 de marzo de 2026, Marso 5, 2026."""
    of, of_year = _text(table, "of"), _text(table, "of_year")
    before = f"(?:{_text(table, 'before_day')})?" if "before_day" in table else ""
    before_year = f"(?:{_text(table, 'before_year')})?"
    ending = f"(?:~(?:{table['year_ending']}))?" if "year_ending" in table else ""
    year = f",?~(?:{of_year or of})?{before_year}{{year}}{ending}"
    day_first = f"{before}{{day}}~(?:{of})?{{name}}"
    dates = [f"{day_first}{year}", day_first, f"{{name}}{year}"]
    if month_first or table.get("name_first"):
        dates[:0] = ["{year}[,၊]?~{name}~{day}", "{name}~{day}(?:st|nd|rd|th)?,?~{year}", "{name}~{day}"]
        dates.append("{year}~{name}")
    return (*dates, "{name}")


def _cldr_formats(locale: Locale) -> Mapping[str, str]:
    skeletons = locale.datetime_skeletons
    wanted = {"date_without_year": "MMMMd", "year_month": "yMMMM", "year": "y", "time": "Hm"}
    patterns = {key: str(skeletons[name].pattern) for key, name in wanted.items() if name in skeletons}
    return {
        "date": str(locale.date_formats["long"].pattern),
        "percent": str(locale.percent_formats[None].pattern),
    } | patterns
