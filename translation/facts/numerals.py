"""Numbers as people write them, to one normal form: digits with a full stop before decimals, no leading zeros."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

KANJI_DIGITS = {character: value for value, character in enumerate("〇一二三四五六七八九")} | {"零": 0}
KANJI_UNITS = {"十": 10, "百": 100, "千": 1000}
KANJI_MYRIADS = {"万": 10_000, "億": 100_000_000}

# A number in digits, perhaps grouped: 18,600 / 18.600 / 2.5. Full-width digits are folded before.
DIGITS = r"(?:\d{1,3}(?:[,.]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?)(?![.,]?\d)"
# Languages that group by full stops and write decimals after a comma.
COMMA_DECIMALS = frozenset({"pt-BR", "es", "id", "vi", "tr", "fr", "ru", "uk"})


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
    """Full-width digits, Latin letters and signs as ASCII; every character stays at its place."""
    return text.translate(_FOLDS)


def parse_number(text: str, language: str) -> str:
    """The normal form of a number in digits, kanji or both, as "18600" or "2.5"; raises ValueError."""
    if set(text) & (KANJI_DIGITS.keys() | KANJI_UNITS.keys() | KANJI_MYRIADS.keys()):
        return _parse_kanji(text)
    return _parse_digits(text, language)


def _parse_digits(text: str, language: str) -> str:
    group, point = (".", ",") if language in COMMA_DECIMALS else (",", ".")
    if re.fullmatch(rf"\d{{1,3}}(?:{re.escape(group)}\d{{3}})+(?:{re.escape(point)}\d+)?", text):
        text = text.replace(group, "")
    elif re.fullmatch(rf"\d{{1,3}}(?:{re.escape(point)}\d{{3}})+", text):
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
        r"([\d,.]+)|([〇零一二三四五六七八九])|([十百千])|([万億])", text
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
    if not scale:
        return number
    return _parse_digits(f"{Decimal(number).scaleb(SCALES[scale.casefold()]):f}", "en")
