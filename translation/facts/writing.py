"""Writing a fact the way readers of a language expect it: 18,600円 becomes 18.600 ienes."""

from __future__ import annotations

import re
from decimal import Decimal

from translation.facts.numerals import COMMA_DECIMALS, fold
from translation.facts.vocabulary import vocabulary
from translation.model import Fact


def write(fact: Fact, language: str) -> str:
    """The fact in the words and formats of `language`, clock times in 24 hours."""
    if fact.kind == "number":
        return _write_number(fact, language)
    if fact.kind == "price":
        words = vocabulary(language).prices.get(fact.value[:3], "{amount} " + fact.value[:3])
        amount = fact.value[3:]
        if "." in amount:
            amount = f"{float(amount):.2f}"
        return words.format(
            amount=_in_scale(amount, language, before_noun=fact.value.startswith("JPY"))
            or group_digits(amount, language)
        )
    if fact.kind == "date":
        return _write_date(fact.value, language)
    if fact.kind == "time":
        hour, minute = map(int, fact.value.split(":"))
        words = vocabulary(language).time if minute else vocabulary(language).hour
        return words.format(hour=hour, minute=minute)
    if fact.kind == "postal":
        return f"〒{fact.value[:3]}-{fact.value[3:]}"
    return fact.text if fact.kind == "my_number" else fold(fact.text)


def group_digits(number: str, language: str) -> str:
    """A number in normal form with the language's marks for thousands and decimals."""
    digits, point, decimals = number.partition(".")
    whole = f"{int(digits):,}"
    if language in COMMA_DECIMALS:
        return whole.replace(",", ".") + point.replace(".", ",") + decimals
    return whole + point + decimals


def _in_scale(number: str, language: str, *, before_noun: bool) -> str | None:
    """Round millions the way people say them: 125億, 12.5 billion, 12,5 bilhões de. None for other numbers."""
    if "." in number or int(number) < 1_000_000 or int(number) % 10_000:
        return None
    value = int(number)
    if language == "ja":
        hundreds, myriads = divmod(value // 10_000, 10_000)
        return (f"{hundreds:,}億" if hundreds else "") + (f"{myriads:,}万" if myriads else "")
    power = 9 if value >= 10**9 else 6
    digits = f"{Decimal(value).scaleb(-power).normalize():f}"
    one = value == 10**power
    if language == "pt-BR":
        word = ("bilhão" if one else "bilhões") if power == 9 else ("milhão" if one else "milhões")
        return f"{group_digits(digits, language)} {word}" + (" de" if before_noun else "")
    return (
        f"{group_digits(digits, language)} {'billion' if power == 9 else 'million'}"
        if language == "en"
        else None
    )


def _write_number(fact: Fact, language: str) -> str:
    """Grouped only where the writer grouped: 2026 and room 1204 stay as they are, and so do leading zeros."""
    number, percent = fact.value.removesuffix("%"), "%" if fact.value.endswith("%") else ""
    if fold(fact.text).isdecimal():
        return fold(fact.text)
    grouped = len(number.partition(".")[0]) > 4 or re.search(r"\d[.,]\d{3}", fold(fact.text))
    if scaled := _in_scale(number, language, before_noun=False):
        return scaled + percent
    if grouped or "." in number:
        return group_digits(number, language) + percent
    return number + percent


def _write_date(value: str, language: str) -> str:
    words = vocabulary(language)
    if value.startswith("w"):
        return words.weekdays[int(value[1:]) - 1]
    year = None if value.startswith("--") else value[:4]
    month, day = (*map(int, value.removeprefix(year or "-").split("-")[1:]), 0, 0)[:2]
    if not month:
        pattern = words.year
    elif year is None:
        pattern = words.date_without_year if day else words.month
    else:
        pattern = words.date if day else words.year_month
    return pattern.format(year=year, month=month, day=day, month_name=words.months[month - 1])
