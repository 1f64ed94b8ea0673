"""Numbers as people write them, to one normal form: digits with a full stop before decimals, no leading zeros."""

from __future__ import annotations

import functools
import re
import unicodedata
from decimal import Decimal

from translation.facts.vocabulary import vocabulary

KANJI_DIGITS = {character: value for value, character in enumerate("〇一二三四五六七八九")} | {
    "零": 0,
    "两": 2,
    "兩": 2,
}
KANJI_UNITS = {"十": 10, "百": 100, "千": 1000}
KANJI_MYRIADS = {"万": 10_000, "萬": 10_000, "億": 100_000_000, "亿": 100_000_000}
_KANJI = frozenset(KANJI_DIGITS) | frozenset(KANJI_UNITS) | frozenset(KANJI_MYRIADS)

# A number in digits, perhaps grouped: 18,600 / 18.600 / 2.5. Full-width and native digits are folded before.
# Longer runs of digits are no numbers that anybody reads.
DIGITS = r"(?:\d{1,3}(?:[,.]\d{3}){1,12}(?:[.,]\d{1,2})?|\d{1,40}(?:[.,]\d{1,2})?)(?![.,]?\d)"
_SPACES = " \u00a0\u202f"


@functools.cache
def digits_of(language: str) -> str:
    """`DIGITS` with the groups of a language: 18 600 in French, 1,25,000 in Hindi."""
    words = vocabulary(language)
    if words.group.isspace():
        return DIGITS.replace(
            r"(?:[,.]\d{3}){1,12}", rf"(?:[,.]\d{{3}}){{1,12}}|\d{{1,3}}(?:[{_SPACES}]\d{{3}}){{1,12}}", 1
        )
    if words.grouping == (3, 2):
        return DIGITS.replace("(?:", r"(?:\d{1,2}(?:,\d{2}){1,12},\d{3}|", 1)
    return DIGITS


class _Folds(dict[int, str]):
    """What each character folds to, filled as characters are met."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        folded = character
        if "！" <= character <= "～" or character == "￥":
            folded = unicodedata.normalize("NFKC", character)
        elif character in "‐‑‒–−":
            folded = "-"
        elif character.isdecimal() and not character.isascii():
            folded = str(unicodedata.decimal(character))
        self[code] = folded
        return folded


_FOLDS = _Folds()


def fold(text: str) -> str:
    """Full-width and native digits, full-width Latin letters and signs as ASCII; every character stays at its place."""
    return text if text.isascii() else text.translate(_FOLDS)


def parse_number(text: str, language: str) -> str:
    """The normal form of a number in digits, kanji or both, as "18600" or "2.5"; raises ValueError."""
    if _KANJI.isdisjoint(text):
        return _parse_digits(text, language)
    return _parse_kanji(text)


@functools.cache
def _grouped(language: str) -> tuple[re.Pattern[str], re.Pattern[str], str, str]:
    words = vocabulary(language)
    group = words.group if not words.group.isspace() else "."
    first, point = re.escape(group), re.escape(words.point)
    own = rf"\d{{1,3}}(?:{first}\d{{3}})+(?:{point}\d+)?"
    if words.grouping == (3, 2):
        own += rf"|\d{{1,2}}(?:,\d{{2}})+,\d{{3}}(?:{point}\d+)?"
    other = rf"\d{{1,3}}(?:{point}\d{{3}})+"
    return re.compile(own), re.compile(other), group, words.point


def _parse_digits(text: str, language: str) -> str:
    if text.isdecimal():
        return str(int(text))
    own, other, group, point = _grouped(language)
    text = "".join(text.split())
    if own.fullmatch(text):
        text = text.replace(group, "")
    elif other.fullmatch(text):
        text = text.replace(point, "")  # grouped the other way, as machines sometimes leave it
    text = text.replace(",", ".")
    if text.count(".") > 1:
        text = text.replace(".", "")  # a model's stammer; what it stands for cannot be told
    whole, _, decimals = text.partition(".")
    decimals = decimals.rstrip("0")
    return f"{int(whole)}.{decimals}" if decimals else str(int(whole))


def _parse_kanji(text: str) -> str:
    """Positional (二〇二五), with units (三百二十), or mixed (1万5千, 2.5万)."""
    if not set(text) & (KANJI_UNITS.keys() | KANJI_MYRIADS.keys()):
        return str(int("".join(str(KANJI_DIGITS.get(character, character)) for character in text)))
    total = section = digit = Decimal(0)
    for digits, kanji, unit, myriad in re.findall(
        r"([\d,.]+)|([〇零一二三四五六七八九两兩])|([十百千])|([万萬億亿])", text
    ):
        if digits:
            digit = Decimal(_parse_digits(digits, "ja"))
        elif kanji:
            digit = Decimal(KANJI_DIGITS[kanji])
        elif unit:
            section += (digit or 1) * KANJI_UNITS[unit]
            digit = Decimal(0)
        else:
            total += (section + digit or 1) * KANJI_MYRIADS[myriad]
            section = digit = Decimal(0)
    return _parse_digits(f"{total + section + digit:f}", "en")


SCALES = {
    "thousand": 3, "million": 6, "billion": 9, "trillion": 12,
    "mil": 3, "milhão": 6, "milhões": 6, "bilhão": 9, "bilhões": 9, "trilhão": 12, "trilhões": 12,
}  # fmt: skip


def scale_up(number: str, scale: str | None) -> str:
    """A number in normal form times a scale word: ("12.5", "billion") is "12500000000"."""
    return power_up(number, SCALES[scale.casefold()]) if scale else number


def power_up(number: str, power: int) -> str:
    """A number in normal form times a power of ten: ("12.5", 9) is "12500000000"."""
    return _parse_digits(f"{Decimal(number).scaleb(power):f}", "en")


def add_up(numbers: list[str]) -> str:
    """The sum of numbers in normal form: 1억 2,500만 is 100000000 and 25000000."""
    return _parse_digits(f"{sum(map(Decimal, numbers)):f}", "en")
