"""The words and formats with which languages write dates, prices and numbers.

Those of Japanese, English and Portuguese stand here, because the modules that read them need their grammar as well.
Those of the other languages come from CLDR and data/facts (translation.facts.local).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from translation.facts.local_words import LocalWords, local_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """One language's words; forms of one word are parted by "|". Formats take {year}, {month}, {month_name}, {day},
    {hour}, {minute}, {amount}; forms that change with the number stand by CLDR's plural category."""

    months: tuple[str, ...]
    months_alone: tuple[str, ...] = ()  # without a day, where that is another form
    weekdays: tuple[str, ...]  # from Monday
    numbers: tuple[str, ...] = ()  # from zero
    ordinals: tuple[str, ...] = ()  # from "", so that the index is the value
    date: str
    date_without_year: str
    year_month: str
    month: str
    year: str
    fiscal_year: str
    time: str
    hour: str  # a time on the hour
    padded_hour: bool = False  # 09:00
    percent: str = "{number}%"
    group: str = ","
    point: str = "."
    grouping: tuple[int, int] = (3, 3)  # digits of the last group, and of those before it: 1,25,000 is (3, 2)
    digits: str = "0123456789"
    prices: Mapping[str, Mapping[str, str]]  # by ISO 4217 code; "scaled" is the form after a million
    millions: Mapping[int, Mapping[str, str]] = field(default_factory=dict)  # words by power of ten
    myriads: tuple[str, ...] = ()  # words for 10^4 and 10^8
    myriad_space: str = ""  # between one myriad and the next


ENGLISH = Vocabulary(
    months=(
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    numbers=(
        *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
        *(
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ),
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
    fiscal_year="fiscal year {year}",
    time="{hour}:{minute}",
    hour="{hour}:00",
    prices={
        "JPY": {"other": "{amount} yen"},
        "BRL": {"other": "R${amount}"},
        "USD": {"other": "${amount}"},
        "EUR": {"other": "€{amount}"},
    },
    millions={6: {"other": "million"}, 9: {"other": "billion"}},
)

JAPANESE = Vocabulary(
    months=tuple(f"{month}月" for month in range(1, 13)),
    weekdays=tuple(f"{day}曜日" for day in "月火水木金土日"),
    date="{year}年{month}月{day}日",
    date_without_year="{month}月{day}日",
    year_month="{year}年{month}月",
    month="{month}月",
    year="{year}年",
    fiscal_year="{year}年度",
    time="{hour}時{minute}分",
    hour="{hour}時",
    prices={
        "JPY": {"other": "{amount}円"},
        "BRL": {"other": "{amount}レアル"},
        "USD": {"other": "{amount}ドル"},
        "EUR": {"other": "{amount}ユーロ"},
    },
    myriads=("万", "億"),
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
        *("onze", "doze", "treze", "quatorze|catorze", "quinze", "dezesseis", "dezessete", "dezoito"),
        *("dezenove", "vinte"),
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
    fiscal_year="ano fiscal de {year}",
    time="{hour}h{minute}",
    hour="{hour}h",
    group=".",
    point=",",
    prices={
        "JPY": {"other": "{amount} ienes", "scaled": "{amount} de ienes"},
        "BRL": {"other": "R$ {amount}"},
        "USD": {"other": "US$ {amount}"},
        "EUR": {"other": "€ {amount}"},
    },
    millions={6: {"one": "milhão", "other": "milhões"}, 9: {"one": "bilhão", "other": "bilhões"}},
)

# Easy Japanese, for readers who know kana first.
EASY_JAPANESE = replace(
    JAPANESE,
    months=tuple(f"{month}がつ" for month in range(1, 13)),
    weekdays=tuple(f"{day}ようび" for day in ("げつ", "か", "すい", "もく", "きん", "ど", "にち")),
    date="{year}ねん{month}がつ{day}にち",
    date_without_year="{month}がつ{day}にち",
    year_month="{year}ねん{month}がつ",
    month="{month}がつ",
    year="{year}ねん",
    fiscal_year="{year}ねんど",
    time="{hour}:{minute}",
    hour="{hour}じ",
    prices={**JAPANESE.prices, "JPY": {"other": "{amount}えん"}},
)
_BY_HAND: Mapping[str, Vocabulary] = {
    "en": ENGLISH,
    "ja": JAPANESE,
    "ja-Hira": EASY_JAPANESE,
    "pt-BR": PORTUGUESE,
}


@functools.cache
def vocabulary(language: str) -> Vocabulary:
    """The words of a language, or of English where it is not served."""
    if language in _BY_HAND:
        return _BY_HAND[language]
    words = local_words(language)
    return _from_tables(words) if words else ENGLISH


def _from_tables(words: LocalWords) -> Vocabulary:
    formats = {name: _format(pattern) for name, pattern in words.cldr.items()} | dict(words.formats)
    weekday = formats.get("weekday", "{weekday}")
    time = formats["time"]
    return Vocabulary(
        months=words.month_names,
        months_alone=words.months_alone,
        weekdays=tuple(weekday.format(weekday=name) for name in words.weekday_names),
        ordinals=words.ordinals,
        date=formats["date"],
        date_without_year=formats["date_without_year"],
        year_month=formats["year_month"],
        month=formats.get("month", "{month_name}"),
        year=formats["year"],
        fiscal_year=formats["fiscal_year"],
        time=time,
        hour=time.replace("{minute}", words.digits[0] * 2),
        padded_hour="HH" in words.cldr["time"],
        percent=formats["percent"],
        group=words.group,
        point=words.point,
        grouping=words.grouping,
        digits=words.digits,
        prices=words.prices,
        myriads=words.myriads,
        myriad_space=words.myriad_space,
    )


# The fields of CLDR's date patterns (Unicode Technical Standard 35, part 4) that our formats know.
_FIELDS = {"y": "{year}", "M": "{month}", "L": "{month}", "d": "{day}", "H": "{hour}", "m": "{minute}"}


def _format(pattern: str) -> str:
    """A pattern of CLDR as a format: "d 'de' MMMM" becomes "{day} de {month_name}"."""

    def field_of(match: re.Match[str]) -> str:
        if match[1] is not None:
            return match[1]
        if match[2]:
            return "{month_name}" if len(match[2]) > 2 and match[2][0] in "ML" else _FIELDS[match[2][0]]
        return "{number}"

    return re.sub(r"'([^']*)'|(y+|[ML]+|d+|H+|m+)|[#,0]+", field_of, pattern)


def plural_form(number: str, language: str) -> str:
    """CLDR's plural category of a number in normal form: "one", "few", "many" or "other"."""
    words = local_words(language)
    if words:
        return words.plural(Decimal(number))
    return "one" if language == "pt-BR" and Decimal(number) < 2 else "other"
