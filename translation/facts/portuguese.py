"""Facts as Brazilian Portuguese writes them."""

from __future__ import annotations

import re

from translation.facts.numerals import DIGITS, parse_number, scale_up
from translation.facts.pattern import Pattern, date_value, time_value, weekday_value
from translation.facts.vocabulary import PORTUGUESE as _WORDS

_MONTHS = {name: n for n, name in enumerate(_WORDS.months, 1)}
_MONTH = "(?P<month>" + "|".join(_WORDS.months) + ")"
_DAY = r"(?P<day>\d{1,2})(?:º|°|o\b)?"
_WEEKDAYS = ["segunda", "terça", "quarta", "quinta", "sexta", "sábado", "domingo"]
_CURRENCY = {
    "iene": "JPY", "ienes": "JPY", "yen": "JPY", "yens": "JPY", "¥": "JPY", "r$": "BRL", "real": "BRL",
    "reais": "BRL", "us$": "USD", "dólar": "USD", "dólares": "USD", "€": "EUR", "euro": "EUR", "euros": "EUR",
}  # fmt: skip
_NUMBERS = {form: n for n, forms in enumerate(_WORDS.numbers) for form in forms.split("|")}
_ORDINALS = {form: n for n, forms in enumerate(_WORDS.ordinals) if forms for form in forms.split("|")}
_SCALE = "mil|milhões|milhão|bilhões|bilhão|trilhões|trilhão"
_CLOCK_WORDS = r"(?:[àa]s|das|até as|até às|até|desde as|partir das|para as)"


def _read_date(match: re.Match[str]) -> str | None:
    groups = match.groupdict()
    day, year = groups.get("day"), groups.get("year")
    return date_value(
        int(year) if year else None, _MONTHS[groups["month"].casefold()], int(day) if day else None
    )


def _read_slashes(match: re.Match[str]) -> str | None:
    return date_value(int(match[3]) if match[3] else None, int(match[2]), int(match[1]))


def _read_time(match: re.Match[str]) -> str | None:
    part = (match["part"] or "").casefold()
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    return time_value(
        hour, minute, afternoon=None if not part else part not in ("manhã", "madrugada", "a.m", "am")
    )


def _read_price(match: re.Match[str]) -> str:
    amount = scale_up(
        parse_number(match["first"] or match["second"], "pt-BR"), match["scale1"] or match["scale2"]
    )
    return _CURRENCY[(match["before"] or match["after"]).casefold()] + amount


_PART = r"(?:\s?(?:da|de|do)?\s?(?P<part>manhã|tarde|noite|madrugada|a\.m|p\.m|am\b|pm\b)\.?)"
PATTERNS: tuple[Pattern, ...] = (
    Pattern(
        "date",
        re.compile(rf"\b{_DAY}\sde\s{_MONTH}(?:,?\s(?:de|do)?\s?(?P<year>\d{{4}}))?\b", re.I),
        _read_date,
    ),
    Pattern("date", re.compile(rf"\b{_MONTH}\s(?:de|do)\s(?P<year>\d{{4}})\b", re.I), _read_date),
    Pattern("date", re.compile(rf"\b{_MONTH}\b", re.I), _read_date),
    Pattern("date", re.compile(r"(?<![\d/.])(\d{1,2})/(\d{1,2})(?:/(\d{4}))?(?![\d/])"), _read_slashes),
    Pattern(
        "date",
        re.compile(r"\b(segunda|terça|quarta|quinta|sexta)s?-feiras?\b|\b(terça|sábado|domingo)s?\b", re.I),
        lambda match: weekday_value(_WEEKDAYS.index((match[1] or match[2]).casefold()) + 1),
    ),
    Pattern(
        "price",
        re.compile(
            rf"(?P<before>R\$|US\$|¥|€)\s?(?P<first>{DIGITS})(?:\s(?P<scale1>{_SCALE}))?(?!\s?(?:de )?ienes)"
            rf"|(?<![\w.,¥])(?P<second>{DIGITS})(?:\s(?P<scale2>{_SCALE}))?\s?(?:de\s)?(?P<after>ienes?|yens?|reais|real|dólares|dólar|euros?)\b",
            re.I,
        ),
        _read_price,
    ),
    Pattern(
        "time",
        re.compile(
            rf"(?<![\d:])(?P<hour>\d{{1,2}})(?:h|:)(?P<minute>\d{{2}})?(?:min)?(?!\w|:){_PART}?(?<!:)", re.I
        ),
        _read_time,
    ),
    Pattern(
        "time",
        re.compile(rf"(?<![\d:.,])(?P<hour>\d{{1,2}})(?P<minute>(?!))?(?:\shoras)?{_PART}", re.I),
        _read_time,
    ),
    Pattern(
        "time",
        re.compile(rf"\b{_CLOCK_WORDS}\s(?:às\s)?(?P<fact>(?P<hour>\d{{1,2}})\shoras?\b)", re.I),
        lambda match: time_value(int(match["hour"]), 0),
    ),
    Pattern(
        "number",
        re.compile(rf"(?<![\w.,])({DIGITS})\s({_SCALE})\b", re.I),
        lambda match: scale_up(parse_number(match[1], "pt-BR"), match[2]),
    ),
)
LENIENT: tuple[Pattern, ...] = (
    Pattern(
        "date",
        re.compile(r"\b(segunda|quarta|quinta|sexta)s?\b", re.I),
        lambda match: weekday_value(_WEEKDAYS.index(match[1].casefold()) + 1),
    ),
    Pattern("time", re.compile(r"\bmeio-dia\b", re.I), lambda _: "12:00"),
    Pattern("time", re.compile(r"\bmeia-noite\b", re.I), lambda _: "00:00"),
    Pattern("number", re.compile(r"\b(\d+)[ºª°]"), lambda match: str(int(match[1]))),
    Pattern(
        "number",
        re.compile(r"\b(" + "|".join(_ORDINALS) + r")\b", re.I),
        lambda m: str(_ORDINALS[m[1].casefold()]),
    ),
    Pattern(
        "number",
        re.compile(r"\b(" + "|".join(_NUMBERS) + r")\b", re.I),
        lambda m: str(_NUMBERS[m[1].casefold()]),
    ),
)
