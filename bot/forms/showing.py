"""Values as readers of each language write them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from typing import Any

import phonenumbers
from babel.core import UnknownLocaleError
from babel.dates import format_date

from bot.city import in_language
from bot.forms.conditions import as_word
from bot.forms.model import Booking, Field, Form
from core.words import Words

# As people write them in a chat, with the weekday; other languages as CLDR's "skeleton" has it.
_PATTERNS = {
    "ja": "M月d日(E)",
    "zh": "M月d日(E)",
    "ko": "M월 d일 (E)",
    "en": "EEE, MMMM d",
    "pt": "EEE, d/MM",
}
_LOCALES = {"tl": "fil", "zh-Hans": "zh_Hans"}


def show_day(day: dt.date, language: str) -> str:
    """A weekday and date."""
    base = language.split("-")[0]
    locale = _LOCALES.get(language, base)
    try:
        return format_date(day, _PATTERNS.get(base, "EEE, d MMMM"), locale=locale)
    except UnknownLocaleError:
        return day.isoformat()


def show_moment(value: str, language: str) -> str:
    """A day, or a day and a time on the 24-hour clock that Japan uses."""
    moment = dt.datetime.fromisoformat(value)
    day = show_day(moment.date(), language)
    return f"{day} {moment:%H:%M}" if "T" in value else day


def show_fee(yen: int) -> str:
    """An amount, readable everywhere."""
    return f"¥{yen:,}"


def show_phone(value: str) -> str:
    """An E.164 number as it is written in Japan."""
    number = phonenumbers.parse(value, "JP")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)


def option_text(field: Field, option_id: str, language: str) -> str:
    """What an option is called; its id if the form no longer has it."""
    option = field.option(option_id)
    return in_language(option.texts, language) if option and option.texts else option_id


def show(field: Field, value: Any, language: str, words: Words) -> str:
    """The value of `field` for a reader of `language`. None is an answer that was skipped."""
    if value is None:
        return words.get(language, "form.skipped")
    match field.kind:
        case "choice":
            return option_text(field, value, language)
        case "items":
            counted = Counter(value)
            return ", ".join(
                f"{option_text(field, one, language)} × {count}" for one, count in counted.items()
            )
        case "date" | "slot":
            return show_moment(value, language)
        case "phone":
            return show_phone(value)
        case "yes_no" | "confirm":
            return words.get(language, f"form.{as_word(value)}")
        case "photo":
            return words.get(language, "form.photo_kept")
        case "address" | "location" if isinstance(value, Mapping):
            return f"{value['lat']:.5f}, {value['lon']:.5f}"
    return str(value)


def fee_of(form: Form, answers: Mapping[str, Any]) -> int:
    """What the chosen options cost together, in yen."""
    total = 0
    for field in form.active(answers):
        value = answers.get(field.id)
        if value is None or field.kind not in ("choice", "items"):
            continue
        chosen = value if field.kind == "items" else [value]
        options = [field.option(one) for one in chosen]
        total += sum(option.fee for option in options if option)
    times = answers.get(form.fee_times) if form.fee_times else None
    return total * (int(times) if times is not None else 1)


def booking_rows(form: Form, booking: Booking, language: str, words: Words) -> list[tuple[str, str]]:
    """Label and value of everything that was answered."""
    rows = [
        (in_language(field.label, language), show(field, booking.answers[field.id], language, words))
        for field in form.fields
        if field.id in booking.answers
    ]
    if booking.fee:
        rows.append((words.get(language, "form.fee"), show_fee(booking.fee)))
    return rows
