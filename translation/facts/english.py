"""Facts as English writes them."""

from __future__ import annotations

import re

from translation.facts.numerals import DIGITS, parse_number, scale_up
from translation.facts.pattern import (
    DIGIT,
    Pattern,
    date_value,
    era_year,
    fiscal_value,
    time_value,
    weekday_value,
)
from translation.facts.vocabulary import ENGLISH as _WORDS

_MONTHS = {name.casefold(): n for n, name in enumerate(_WORDS.months, 1)} | {
    name[:3].casefold(): n for n, name in enumerate(_WORDS.months, 1)
}
_MONTH = (
    "(?P<month>"
    + "|".join([*_WORDS.months, *(name[:3] + r"\b\.?" for name in _WORDS.months), r"Sept\.?"])
    + ")"
)
_YEAR = r"(?:(?P<year>\d{4})|(?P<era>Reiwa|Heisei|Sh[oō]wa)\s(?P<era_year>\d{1,2}))"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_DAYS = {word: n for n, word in enumerate(_WORDS.ordinals) if word} | {
    "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16, "seventeenth": 17, "eighteenth": 18,
    "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
}  # fmt: skip
_ORDINAL = "|".join(sorted(_DAYS, key=len, reverse=True))
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
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000, "billion": 1_000_000_000}
# May and March are other words as well, unless one of these stands before.
_BEFORE_MONTH = "(?:(?<=[iI]n )|(?<=of )|(?<=by )|(?<=since )|(?<=until )|(?<=this )|(?<=next )|(?<=last ))"
_SCALE = "thousand|million|billion|trillion"
_WORD = "(?:" + "|".join(sorted([*_UNITS, *_SCALES], key=len, reverse=True)) + ")"
_HOUR = "|".join(_WORDS.numbers[1:13])
_SPELLED = rf"\b{_WORD}(?:(?:\s|-|\sand\s){_WORD})*\b"


def _month(name: str) -> int:
    return _MONTHS[name.rstrip(".").casefold()[:3]]


def _year(match: re.Match[str]) -> int | None:
    groups = match.groupdict()
    if era := groups.get("era"):
        return era_year(era, int(groups["era_year"]))
    return int(groups["year"]) if groups.get("year") else None


def _read_date(match: re.Match[str]) -> str | None:
    groups = match.groupdict()
    day = groups.get("day")
    return date_value(
        _year(match), _month(groups["month"]) if "month" in groups else None, int(day) if day else None
    )


def _read_fiscal(match: re.Match[str]) -> str | None:
    year = _year(match)
    return fiscal_value(year) if year else None


def _read_spelled_date(match: re.Match[str]) -> str | None:
    tens = {"twenty-": 20, "thirty-": 30}.get(match["tens"] or "", 0)
    return date_value(None, _month(match["month"]), tens + _DAYS[match["ordinal"]])


def _read_slashes(match: re.Match[str]) -> str | None:
    return date_value(int(match[3]) if match[3] else None, int(match[1]), int(match[2]))


def _read_time(match: re.Match[str]) -> str | None:
    return time_value(int(match[1]), int(match[2] or 0), afternoon=match[3].casefold() == "p")


def _read_price(match: re.Match[str]) -> str:
    amount = scale_up(parse_number(match["amount"], "en"), match["scale"])
    return _CURRENCY[match["currency"].casefold()] + amount


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


# What texts need for the patterns to be tried.
_MONTH_WORDS = frozenset({*_MONTHS, "sept"})
_ERAS = frozenset({"reiwa", "heisei", "showa", "shōwa"})
_SCALE_WORDS = frozenset(_SCALE.split("|"))
_NUMBER_WORDS = frozenset({*_UNITS, *_SCALES})
_DAY_WORDS = frozenset(
    day + ending
    for day in ("mon", "tue", "tues", "wed", "wednes", "thu", "thurs", "fri", "sat", "satur", "sun")
    for ending in ("day", "days")
)
PATTERNS: tuple[Pattern, ...] = (
    Pattern(
        "date",
        re.compile(rf"\b(?:[Ff]iscal(?:\s[Yy]ear)?|FY)\s?{_YEAR}\b"),
        _read_fiscal,
        (DIGIT, frozenset({"fiscal", "fy"})),
    ),
    Pattern("date", re.compile(rf"\b{_MONTH}\s{_DAY},?\s{_YEAR}\b"), _read_date, (DIGIT, _MONTH_WORDS)),
    Pattern(
        "date", re.compile(rf"\b{_DAY}\s(?:of\s)?{_MONTH},?\s{_YEAR}\b"), _read_date, (DIGIT, _MONTH_WORDS)
    ),
    Pattern("date", re.compile(rf"\b{_MONTH}\s{_DAY}\b(?!:|[,.]\d)"), _read_date, (DIGIT, _MONTH_WORDS)),
    Pattern("date", re.compile(rf"\b{_DAY}\s(?:of\s)?{_MONTH}(?!\w)"), _read_date, (DIGIT, _MONTH_WORDS)),
    Pattern("date", re.compile(rf"\b{_MONTH},?\s{_YEAR}\b"), _read_date, (DIGIT, _MONTH_WORDS)),
    Pattern(
        "date",
        re.compile(rf"\b{_MONTH}\s(?:the\s)?(?P<tens>twenty-|thirty-)?(?P<ordinal>{_ORDINAL})\b"),
        _read_spelled_date,
        (_MONTH_WORDS,),
    ),
    Pattern(
        "date",
        re.compile(r"(?<![\d/.])(\d{1,2})/(\d{1,2})(?:/(\d{4}))?(?![\d/])"),
        _read_slashes,
        (DIGIT, frozenset("/")),
    ),
    Pattern(
        "date",
        re.compile(r"\b(?P<era>Reiwa|Heisei|Sh[oō]wa)\s(?P<era_year>\d{1,2})\b"),
        _read_date,
        (DIGIT, _ERAS),
    ),
    Pattern(
        "date",
        re.compile(rf"\b(?!May\b|March\b){_MONTH}(?!\w)|{_BEFORE_MONTH}(?P<month2>May|March)\b"),
        lambda match: date_value(None, _month(match["month"] or match["month2"]), None),
        (_MONTH_WORDS,),
    ),
    Pattern(
        "date",
        re.compile(r"\b(Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)days?\b"),
        lambda match: weekday_value(_WEEKDAYS.index(match[1][:3].casefold()) + 1),
        (_DAY_WORDS,),
    ),
    Pattern(
        "price",
        re.compile(
            rf"(?P<currency>R\$|¥|\$|€|\bJPY|\bUSD)\s?(?P<amount>{DIGITS})(?:\s(?P<scale>{_SCALE}))?(?!\s?yen)"
        ),
        _read_price,
        (DIGIT, frozenset("$¥€JU")),
    ),
    Pattern(
        "price",
        re.compile(
            rf"(?<![\w.,¥])(?P<amount>{DIGITS})(?:\s(?P<scale>{_SCALE}))?[\s-]?"
            r"(?P<currency>yen|JPY|reais|real|dollars?|USD|euros?)\b"
        ),
        _read_price,
        (DIGIT, frozenset(_CURRENCY)),
    ),
    Pattern(
        "price",
        re.compile(
            rf"(?<![\w.,¥])(?P<amount>{DIGITS})(?P<scale>)(?=\s?(?:to|-)\s?{DIGITS}\s(?P<currency>yen|dollars|euros)\b)"
        ),
        _read_price,
        (DIGIT, frozenset(_CURRENCY)),
    ),
    Pattern(
        "time",
        re.compile(
            r"(?<![\d:])(\d{1,2}):(\d{2})(?=\s(?:tonight|(?:in\sthe|this)\s(?:afternoon|evening)|at\snight)\b)"
        ),
        lambda match: time_value(int(match[1]), int(match[2]), afternoon=True),
        (DIGIT, frozenset(":")),
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
        (DIGIT, _SCALE_WORDS),
    ),
    Pattern(
        "time",
        re.compile(r"(?<![\d:])(\d{1,2})\so['’]clock"),
        lambda match: time_value(int(match[1]), 0),
        (DIGIT, frozenset("'’")),
    ),
    Pattern(
        "time",
        re.compile(r"\b(?:12(?::00)?\s)?(?:noon|midday)\b", re.IGNORECASE),
        lambda _: "12:00",
        (frozenset({"noon", "midday"}),),
    ),
    Pattern(
        "time",
        re.compile(r"\b(?:12(?::00)?\s)?midnight\b", re.IGNORECASE),
        lambda _: "00:00",
        (frozenset({"midnight"}),),
    ),
)
# "Per night" and "a day" say one: 1泊5,000円 is "5,000 yen per night".
_EACH = (
    "day|night|week|month|year|hour|minute|time|person|adult|child|household|copy|bag|piece|item|sheet|term"
)
LENIENT: tuple[Pattern, ...] = (
    Pattern(
        "time",
        re.compile(rf"\b(?P<hour>{_HOUR})\so['’]clock", re.IGNORECASE),
        lambda match: time_value(parse_words(match["hour"]), 0),
        (_NUMBER_WORDS, frozenset("'’")),
    ),
    Pattern("date", re.compile(r"\b(?P<month>May|March)\b"), _read_date, (frozenset({"may", "march"}),)),
    Pattern(
        "time",
        re.compile(
            rf"\b(?P<hour>{_HOUR})\s(?P<minute>fifteen|twenty|thirty|forty(?:-five)?|fifty)\b", re.IGNORECASE
        ),
        lambda match: time_value(parse_words(match["hour"]), parse_words(match["minute"])),
        (_NUMBER_WORDS, frozenset({"fifteen", "twenty", "thirty", "forty", "fifty"})),
    ),
    Pattern(
        "number",
        re.compile(rf"(?P<words>{_SPELLED})\spercent\b", re.IGNORECASE),
        lambda match: f"{parse_words(match['words'])}%",
        (_NUMBER_WORDS, frozenset({"percent"})),
    ),
    Pattern(
        "price",
        re.compile(rf"(?P<words>{_SPELLED})\s(?:yen)\b", re.IGNORECASE),
        lambda match: f"JPY{parse_words(match['words'])}",
        (_NUMBER_WORDS, frozenset({"yen"})),
    ),
    Pattern("number", re.compile(r"\bonce\b", re.IGNORECASE), lambda _: "1", (frozenset({"once"}),)),
    Pattern("number", re.compile(r"\btwice\b", re.IGNORECASE), lambda _: "2", (frozenset({"twice"}),)),
    Pattern(
        "number",
        re.compile(rf"\b(?:an?|per|each|every)(?=\s(?:{_EACH})\b)", re.IGNORECASE),
        lambda _: "1",
        (frozenset(_EACH.split("|")),),
    ),
    Pattern(
        "number",
        re.compile(r"\b(?:daily|weekly|monthly|yearly|annual(?:ly)?)\b", re.IGNORECASE),
        lambda _: "1",
        (frozenset({"daily", "weekly", "monthly", "yearly", "annual", "annually"}),),
    ),
    Pattern("number", re.compile(r"\b(\d+)(?:st|nd|rd|th)\b"), lambda match: str(int(match[1]))),
    Pattern(
        "number",
        re.compile(r"\b(" + "|".join(filter(None, _WORDS.ordinals)) + r")\b", re.IGNORECASE),
        lambda match: str(_WORDS.ordinals.index(match[1].casefold())),
        (frozenset(_WORDS.ordinals),),
    ),
    Pattern(
        "number",
        re.compile(_SPELLED, re.IGNORECASE),
        lambda match: str(parse_words(match.group())),
        (_NUMBER_WORDS,),
    ),
)
