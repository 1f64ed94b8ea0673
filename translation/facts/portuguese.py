"""Facts as Brazilian Portuguese writes them."""

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
from translation.facts.vocabulary import PORTUGUESE as _WORDS

_MONTHS = {name: n for n, name in enumerate(_WORDS.months, 1)}
_MONTH = "(?P<month>" + "|".join(_WORDS.months) + ")"
_YEAR = r"(?:(?P<year>\d{4})|(?P<era>Reiwa|Heisei|Sh[oō]wa)\s(?P<era_year>\d{1,2}))"
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


def _year(match: re.Match[str]) -> int | None:
    groups = match.groupdict()
    if era := groups.get("era"):
        return era_year(era, int(groups["era_year"]))
    return int(groups["year"]) if groups.get("year") else None


def _read_date(match: re.Match[str]) -> str | None:
    groups = match.groupdict()
    month, day = groups.get("month"), groups.get("day")
    return date_value(_year(match), _MONTHS[month.casefold()] if month else None, int(day) if day else None)


def _read_fiscal(match: re.Match[str]) -> str | None:
    year = _year(match)
    return fiscal_value(year) if year else None


def _read_slashes(match: re.Match[str]) -> str | None:
    return date_value(int(match[3]) if match[3] else None, int(match[2]), int(match[1]))


def _read_time(match: re.Match[str]) -> str | None:
    part = (match["part"] or "").casefold()
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    return time_value(
        hour, minute, afternoon=None if not part else part not in ("manhã", "madrugada", "a.m", "am")
    )


def _read_price(match: re.Match[str]) -> str:
    amount = scale_up(parse_number(match["amount"], "pt-BR"), match["scale"])
    return _CURRENCY[match["currency"].casefold()] + amount


# What texts need for the patterns to be tried.
_MONTH_WORDS = frozenset(_MONTHS)
_DAY_WORDS = frozenset(day + ending for day in _WEEKDAYS for ending in ("", "s"))
_PART = r"(?:\s?(?:da|de|do)?\s?(?P<part>manhã|tarde|noite|madrugada|a\.m|p\.m|am\b|pm\b)\.?)"
PATTERNS: tuple[Pattern, ...] = (
    Pattern(
        "date",
        re.compile(rf"\b(?:ano\sfiscal|exercício(?:\sfiscal)?)\s(?:de\s)?{_YEAR}\b", re.I),
        _read_fiscal,
    ),
    Pattern(
        "date",
        re.compile(rf"\b{_DAY}\sde\s{_MONTH}(?:,?\s(?:de|do)?\s?{_YEAR})?\b", re.I),
        _read_date,
        (DIGIT, _MONTH_WORDS),
    ),
    Pattern(
        "date", re.compile(rf"\b{_MONTH}\s(?:de|do)\s{_YEAR}\b", re.I), _read_date, (DIGIT, _MONTH_WORDS)
    ),
    Pattern(
        "date",
        re.compile(r"\bano\s(?P<era_year>\d{1,2})\sd[ae]\s(?:era\s)?(?P<era>Reiwa|Heisei|Sh[oō]wa)\b", re.I),
        _read_date,
    ),
    Pattern(
        "date",
        re.compile(r"\b(?P<era>Reiwa|Heisei|Sh[oō]wa)\s(?P<era_year>\d{1,2})\b", re.I),
        _read_date,
    ),
    Pattern("date", re.compile(rf"\b{_MONTH}\b", re.I), _read_date, (_MONTH_WORDS,)),
    Pattern(
        "date",
        re.compile(r"(?<![\d/.])(\d{1,2})/(\d{1,2})(?:/(\d{4}))?(?![\d/])"),
        _read_slashes,
        (DIGIT, frozenset("/")),
    ),
    Pattern(
        "date",
        re.compile(r"\b(segunda|terça|quarta|quinta|sexta)s?-feiras?\b|\b(terça|sábado|domingo)s?\b", re.I),
        lambda match: weekday_value(_WEEKDAYS.index((match[1] or match[2]).casefold()) + 1),
        (_DAY_WORDS,),
    ),
    Pattern(
        "price",
        re.compile(
            rf"(?P<currency>R\$|US\$|¥|€)\s?(?P<amount>{DIGITS})(?:\s(?P<scale>{_SCALE}))?(?!\s?(?:de )?ienes)",
            re.I,
        ),
        _read_price,
        (DIGIT, frozenset("$¥€")),
    ),
    Pattern(
        "price",
        re.compile(
            rf"(?<![\w.,¥])(?P<amount>{DIGITS})(?:\s(?P<scale>{_SCALE}))?\s?(?:de\s)?"
            r"(?P<currency>ienes?|yens?|reais|real|dólares|dólar|euros?)\b",
            re.I,
        ),
        _read_price,
    ),
    Pattern(
        "price",
        re.compile(
            rf"(?<![\w.,¥])(?P<amount>{DIGITS})(?P<scale>)(?=\s?(?:a|até|-)\s?{DIGITS}\s(?P<currency>ienes|reais|dólares|euros)\b)",
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
    Pattern("time", re.compile(r"\bmeio-dia\b", re.I), lambda _: "12:00", (frozenset({"meio"}),)),
    Pattern("time", re.compile(r"\bmeia-noite\b", re.I), lambda _: "00:00", (frozenset({"meia"}),)),
)
# "Segunda" is Monday and the second one; before these it is never Monday.
_SECOND = "via|vez|dose|fase|etapa|parte|opção|turma|chamada|janela|porta|sala|linha|página"
# "Por dia" says one: 1泊5,000円 is "5.000 ienes por noite".
_EACH = "dia|noite|semana|mês|ano|hora|minuto|vez|pessoa|adulto|criança|família|cópia|via|item|folha"
LENIENT: tuple[Pattern, ...] = (
    Pattern(
        "date",
        re.compile(rf"\b(segunda|quarta|quinta|sexta)s?\b(?!\s(?:{_SECOND})\b)", re.I),
        lambda match: weekday_value(_WEEKDAYS.index(match[1].casefold()) + 1),
        (_DAY_WORDS,),
    ),
    Pattern(
        "number",
        re.compile(rf"\b(?:por|cada|ao?|à)(?=\s(?:{_EACH})\b)", re.I),
        lambda _: "1",
        (frozenset(_EACH.split("|")),),
    ),
    Pattern(
        "number", re.compile(r"\b(\d+)[ºª°]"), lambda match: str(int(match[1])), (DIGIT, frozenset("ºª°"))
    ),
    Pattern(
        "number",
        re.compile(r"\b(" + "|".join(_ORDINALS) + r")\b", re.I),
        lambda m: str(_ORDINALS[m[1].casefold()]),
        (frozenset(_ORDINALS),),
    ),
    Pattern(
        "number",
        re.compile(r"\b(" + "|".join(_NUMBERS) + r")\b", re.I),
        lambda m: str(_NUMBERS[m[1].casefold()]),
        (frozenset(_NUMBERS),),
    ),
)
