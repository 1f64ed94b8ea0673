"""The words and formats with which languages write dates, prices and numbers.

They are code, not data, because the patterns that read facts are built from them. A language that is not here is
written in the formats of English.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """One language's words; forms of one word are parted by "|"."""

    months: tuple[str, ...]
    weekdays: tuple[str, ...]  # from Monday
    numbers: tuple[str, ...] = ()  # from zero
    ordinals: tuple[str, ...] = ()  # from "", so that the index is the value
    date: str
    date_without_year: str
    year_month: str
    month: str
    year: str
    time: str
    hour: str  # a time on the hour
    prices: Mapping[str, str]  # format by ISO 4217 code


ENGLISH = Vocabulary(
    months=(
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    numbers=(
        *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
        *(
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ),
        "twenty",
    ),
    ordinals=(
        *("", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"),
        *("eleventh", "twelfth"),
    ),
    date="{month_name} {day}, {year}",
    date_without_year="{month_name} {day}",
    year_month="{month_name} {year}",
    month="{month_name}",
    year="{year}",
    time="{hour}:{minute:02d}",
    hour="{hour}:00",
    prices={"JPY": "{amount} yen", "BRL": "R${amount}", "USD": "${amount}", "EUR": "€{amount}"},
)

JAPANESE = Vocabulary(
    months=tuple(f"{month}月" for month in range(1, 13)),
    weekdays=tuple(f"{day}曜日" for day in "月火水木金土日"),
    date="{year}年{month}月{day}日",
    date_without_year="{month}月{day}日",
    year_month="{year}年{month}月",
    month="{month}月",
    year="{year}年",
    time="{hour}時{minute}分",
    hour="{hour}時",
    prices={"JPY": "{amount}円", "BRL": "{amount}レアル", "USD": "{amount}ドル", "EUR": "{amount}ユーロ"},
)

PORTUGUESE = Vocabulary(
    months=(
        *("janeiro", "fevereiro", "março", "abril", "maio", "junho"),
        *("julho", "agosto", "setembro", "outubro", "novembro", "dezembro"),
    ),
    weekdays=(
        *("segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira"),
        *("sábado", "domingo"),
    ),
    numbers=(
        *("zero", "um|uma", "dois|duas", "três", "quatro", "cinco", "seis", "sete", "oito", "nove", "dez"),
        *(
            "onze",
            "doze",
            "treze",
            "quatorze|catorze",
            "quinze",
            "dezesseis",
            "dezessete",
            "dezoito",
            "dezenove",
        ),
        "vinte",
    ),
    ordinals=(
        *("", "primeiro|primeira", "segundo|segunda", "terceiro|terceira", "quarto|quarta", "quinto|quinta"),
        *("sexto|sexta", "sétimo|sétima", "oitavo|oitava", "nono|nona", "décimo|décima"),
    ),
    date="{day} de {month_name} de {year}",
    date_without_year="{day} de {month_name}",
    year_month="{month_name} de {year}",
    month="{month_name}",
    year="{year}",
    time="{hour}h{minute:02d}",
    hour="{hour}h",
    prices={"JPY": "{amount} ienes", "BRL": "R$ {amount}", "USD": "US$ {amount}", "EUR": "€ {amount}"},
)

_BY_LANGUAGE: Mapping[str, Vocabulary] = {"en": ENGLISH, "ja": JAPANESE, "pt-BR": PORTUGUESE}


def vocabulary(language: str) -> Vocabulary:
    """The words of a language, or of English where there are none of its own."""
    return _BY_LANGUAGE.get(language, ENGLISH)
