"""Writing a fact the way readers of a language expect it: 18,600円 becomes 18.600 ienes."""

from __future__ import annotations

import re
from decimal import Decimal

from translation.facts.numerals import fold
from translation.facts.vocabulary import Vocabulary, plural_form, vocabulary
from translation.model import Fact


def write(fact: Fact, language: str) -> str:
    """The fact in the words and formats of `language`, clock times in 24 hours.

    A bare number keeps the digits of the source: it is what stands on the counter, the form or the door."""
    if fact.kind == "number":
        return _write_number(fact, language)
    if fact.kind == "price":
        return _write_price(fact.value, language)
    if fact.kind == "date":
        return _write_date(fact.value, language)
    if fact.kind == "time":
        return _write_time(fact.value, language)
    if fact.kind == "postal":
        return f"〒{fact.value[:3]}-{fact.value[3:]}"
    return fact.text if fact.kind == "my_number" else fold(fact.text)


def group_digits(number: str, language: str) -> str:
    """A number in normal form with the language's marks for thousands and decimals, in its digits."""
    words = vocabulary(language)
    whole, point, decimals = number.partition(".")
    last, before = words.grouping
    groups = [whole[-last:]]
    rest = whole[:-last]
    while rest:
        groups.insert(0, rest[-before:])
        rest = rest[:-before]
    grouped = words.group.join(groups) + point.replace(".", words.point) + decimals
    return _in_digits(grouped, words)


def _in_digits(text: str, words: Vocabulary) -> str:
    return text if words.digits.isascii() else text.translate(str.maketrans("0123456789", words.digits))


def _write_price(value: str, language: str) -> str:
    code, amount = value[:3], value[3:]
    if "." in amount:
        amount = f"{Decimal(amount):.2f}"
    forms = vocabulary(language).prices.get(code, {"other": "{amount} " + code})
    if scaled := _in_scale(amount, language):
        return forms.get("scaled", forms["other"]).format(amount=scaled)
    form = forms.get(plural_form(amount, language), forms["other"]) if len(forms) > 1 else forms["other"]
    return form.format(amount=group_digits(amount, language))


def _in_scale(number: str, language: str) -> str | None:
    """Round millions the way people say them: 125億, 12.5 billion, 12,5 bilhões. None for other numbers, and for
    languages without words for it."""
    words = vocabulary(language)
    if "." in number or int(number) < 1_000_000 or int(number) % 10_000:
        return None
    value = int(number)
    if words.myriads:
        counts = reversed(divmod(value // 10_000, 10_000))
        parts = [f"{n:,}{word}" for n, word in zip(counts, words.myriads, strict=True) if n]
        return words.myriad_space.join(reversed(parts))
    if not words.millions:
        return None
    power = 9 if value >= 10**9 else 6
    digits = f"{Decimal(value).scaleb(-power).normalize():f}"
    if len(digits.partition(".")[2]) > 2:
        return None  # 1.001 billion would be taken for a thousand and one
    forms = words.millions[power]
    return f"{group_digits(digits, language)} {forms.get(plural_form(digits, language), forms['other'])}"


def _write_number(fact: Fact, language: str) -> str:
    """Grouped only where the writer grouped: 2026 and room 1204 stay as they are, and so do leading zeros."""
    folded = fold(fact.text)
    if folded.isdecimal():
        return folded
    number = fact.value.removesuffix("%")
    scaled = _in_scale(number, language) if number == fact.value else None
    grouped = len(number.partition(".")[0]) > 4 or re.search(r"\d[.,\s]\d{3}|,\d\d,", folded)
    written = scaled or (group_digits(number, language) if grouped or "." in number else number)
    if number == fact.value:
        return written
    words = vocabulary(language)
    return words.percent.format(number=_in_digits(written, words))


def _write_time(value: str, language: str) -> str:
    words = vocabulary(language)
    hour, minute = map(int, value.split(":"))
    form = words.time if minute else words.hour
    shown = f"{hour:02d}" if words.padded_hour else str(hour)
    two_digits = "時" not in form
    return _in_digits(form.format(hour=shown, minute=f"{minute:02d}" if two_digits else minute), words)


def _write_date(value: str, language: str) -> str:
    words = vocabulary(language)
    if value.startswith("w"):
        return words.weekdays[int(value[1:]) - 1]
    if value.startswith("fy"):
        return _in_digits(words.fiscal_year.format(year=value[2:]), words)
    year = None if value.startswith("--") else value[:4]
    month, day = (*map(int, value.removeprefix(year or "-").split("-")[1:]), 0, 0)[:2]
    if not month:
        pattern = words.year
    elif year is None:
        pattern = words.date_without_year if day else words.month
    else:
        pattern = words.date if day else words.year_month
    names = words.months if day or not words.months_alone else words.months_alone
    return _in_digits(pattern.format(year=year, month=month, day=day, month_name=names[month - 1]), words)
