"""Facts as English writes them."""

from __future__ import annotations

import re

from translation.facts.numerals import DIGITS, parse_number, scale_up
from translation.facts.pattern import Pattern, date_value, time_value, weekday_value
from translation.facts.vocabulary import ENGLISH as _WORDS

_MONTHS = {name.casefold(): n for n, name in enumerate(_WORDS.months, 1)} | {
    name[:3].casefold(): n for n, name in enumerate(_WORDS.months, 1)
}
_MONTH = (
    "(?P<month>"
    + "|".join([*_WORDS.months, *(name[:3] + r"\b\.?" for name in _WORDS.months), r"Sept\.?"])
    + ")"
)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_WEEKDAYS = [name[:3].casefold() for name in _WORDS.weekdays]
_CURRENCY = {
    "yen": "JPY", "¥": "JPY", "jpy": "JPY", "$": "USD", "dollar": "USD", "dollars": "USD", "usd": "USD",
    "r$": "BRL", "reais": "BRL", "real": "BRL", "brl": "BRL", "€": "EUR", "euro": "EUR", "euros": "EUR",
}  # fmt: skip
_UNITS = {word: n for n, word in enumerate(_WORDS.numbers)} | {
    word: 10 * n
    for n, word in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2
    )
}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
# May and March are other words as well, unless one of these stands before.
_BEFORE_MONTH = "(?:(?<=[iI]n )|(?<=of )|(?<=by )|(?<=since )|(?<=until )|(?<=this )|(?<=next )|(?<=last ))"
_SCALE = "thousand|million|billion|trillion"
_WORD = "(?:" + "|".join(sorted([*_UNITS, *_SCALES], key=len, reverse=True)) + ")"
_SPELLED = rf"\b{_WORD}(?:(?:\s|-|\sand\s){_WORD})*\b"


def _month(name: str) -> int:
    return _MONTHS[name.rstrip(".").casefold()[:3]]


def _read_date(match: re.Match[str]) -> str | None:
    groups = match.groupdict()
    day, year = groups.get("day"), groups.get("year")
    return date_value(int(year) if year else None, _month(groups["month"]), int(day) if day else None)


def _read_slashes(match: re.Match[str]) -> str | None:
    return date_value(int(match[3]) if match[3] else None, int(match[1]), int(match[2]))


def _read_time(match: re.Match[str]) -> str | None:
    return time_value(int(match[1]), int(match[2] or 0), afternoon=match[3].casefold() == "p")


def _read_price(match: re.Match[str]) -> str:
    currency = match["before"] or match["after"]
    amount = parse_number(match["first"] or match["second"], "en")
    return _CURRENCY[currency.casefold()] + scale_up(amount, match["scale1"] or match["scale2"])


def parse_words(text: str) -> int:
    """The value of a number in words, as "three hundred and twenty"."""
    total = section = 0
    for word in re.findall(_WORD, text.casefold()):
        if word in _UNITS:
            section += _UNITS[word]
        elif word == "hundred":
            section = (section or 1) * 100
        else:
            total += (section or 1) * _SCALES[word]
            section = 0
    return total + section


PATTERNS: tuple[Pattern, ...] = (
    Pattern("date", re.compile(rf"\b{_MONTH}\s{_DAY},?\s(?P<year>\d{{4}})\b"), _read_date),
    Pattern("date", re.compile(rf"\b{_DAY}\s(?:of\s)?{_MONTH},?\s(?P<year>\d{{4}})\b"), _read_date),
    Pattern("date", re.compile(rf"\b{_MONTH}\s{_DAY}\b(?!:|[,.]\d)"), _read_date),
    Pattern("date", re.compile(rf"\b{_DAY}\s(?:of\s)?{_MONTH}(?!\w)"), _read_date),
    Pattern("date", re.compile(rf"\b{_MONTH},?\s(?P<year>\d{{4}})\b"), _read_date),
    Pattern("date", re.compile(r"(?<![\d/.])(\d{1,2})/(\d{1,2})(?:/(\d{4}))?(?![\d/])"), _read_slashes),
    Pattern(
        "date",
        re.compile(rf"\b(?!May\b|March\b){_MONTH}(?!\w)|{_BEFORE_MONTH}(?P<month2>May|March)\b"),
        lambda match: date_value(None, _month(match["month"] or match["month2"]), None),
    ),
    Pattern(
        "date",
        re.compile(r"\b(Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)days?\b"),
        lambda match: weekday_value(_WEEKDAYS.index(match[1][:3].casefold()) + 1),
    ),
    Pattern(
        "price",
        re.compile(
            rf"(?P<before>R\$|¥|\$|€|\bJPY|\bUSD)\s?(?P<first>{DIGITS})(?:\s(?P<scale1>{_SCALE}))?(?!\s?yen)|(?<![\w.,¥])(?P<second>{DIGITS})(?:\s(?P<scale2>{_SCALE}))?[\s-]?(?P<after>yen|JPY|reais|real|dollars?|USD|euros?)\b"
        ),
        _read_price,
    ),
    Pattern(
        "time",
        re.compile(r"(?<![\d:])(\d{1,2})(?:[:.](\d{2}))?\s?([aApP])\.?\s?[mM]\b\.?(?!\w)"),
        _read_time,
    ),
    Pattern(
        "number",
        re.compile(rf"(?<![\w.,])({DIGITS})\s({_SCALE})\b"),
        lambda match: scale_up(parse_number(match[1], "en"), match[2]),
    ),
    Pattern(
        "time", re.compile(r"(?<![\d:])(\d{1,2})\so['’]clock"), lambda match: time_value(int(match[1]), 0)
    ),
)
LENIENT: tuple[Pattern, ...] = (
    Pattern("date", re.compile(r"\b(?P<month>May|March)\b"), _read_date),
    Pattern("time", re.compile(r"\bnoon\b", re.IGNORECASE), lambda _: "12:00"),
    Pattern("time", re.compile(r"\bmidnight\b", re.IGNORECASE), lambda _: "00:00"),
    Pattern(
        "price",
        re.compile(rf"(?P<words>{_SPELLED})\s(?:yen)\b", re.IGNORECASE),
        lambda match: f"JPY{parse_words(match['words'])}",
    ),
    Pattern("number", re.compile(r"\b(\d+)(?:st|nd|rd|th)\b"), lambda match: str(int(match[1]))),
    Pattern(
        "number",
        re.compile(r"\b(" + "|".join(filter(None, _WORDS.ordinals)) + r")\b", re.IGNORECASE),
        lambda match: str(_WORDS.ordinals.index(match[1].casefold())),
    ),
    Pattern("number", re.compile(_SPELLED, re.IGNORECASE), lambda match: str(parse_words(match.group()))),
)
