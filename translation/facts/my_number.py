"""My Number, the twelve-digit number of every resident. It must never be stored or sent on.

The last digit is a check digit (Order No. 85 of 2014 of the Ministry of Internal Affairs and
Communications, article 5), so that other twelve-digit numbers are left alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

# One digit of any script, in kanji too; and what people put between groups of digits. A full stop between groups of
# three is a mark for thousands.
_DIGIT = r"[\d〇零一二三四五六七八九]"
_BETWEEN = r"[ \u3000\u00a0\u202f\u2007\-‐‑‒–—―−－ーｰ・]"
_BETWEEN_FOURS = _BETWEEN.replace("[", "[.．")


def _grouped(size: int) -> str:
    between = _BETWEEN_FOURS if size == 4 else _BETWEEN
    return rf"(?:{_DIGIT}{{{size}}}{between}{{1,3}}){{{12 // size - 1}}}{_DIGIT}{{{size}}}"


# Twelve digits together or in equal groups, as in 1234-5678-9018 or 1 2 3 4 …; or what `mask` left of them.
# A number after a plus sign is a telephone number.
PATTERN = re.compile(
    rf"(?<![\d+＋])(?<!\d[-－])(?:{'|'.join(map(_grouped, (4, 3, 2, 6, 1)))}|{_DIGIT}{{12}})(?![-－]?\d)"
    rf"|(?<!\*)\*{{4}}({_BETWEEN_FOURS}?)\*{{4}}\1\*{{4}}(?!\*)"
)
# Quick to search for; a text without it has no match of `PATTERN`.
_HINT = re.compile(rf"{_DIGIT}(?:{_BETWEEN_FOURS}{{0,3}}{_DIGIT}){{11}}|\*{{4}}")


def find_my_numbers(text: str) -> Iterator[re.Match[str]]:
    """The matches of `PATTERN`; what `mask_match` leaves as it is is no My Number."""
    return PATTERN.finditer(text) if _HINT.search(text) else iter(())


def is_my_number(digits: str) -> bool:
    """Are these twelve digits a number with the right check digit?"""
    if not re.fullmatch(r"[0-9]{12}", digits):
        return False
    body = [int(digit) for digit in reversed(digits[:11])]
    weights = [n + 1 if n <= 6 else n - 5 for n in range(1, 12)]
    remainder = sum(digit * weight for digit, weight in zip(body, weights, strict=True)) % 11
    return int(digits[11]) == (0 if remainder <= 1 else 11 - remainder)


def mask(text: str) -> str:
    """`text` with the digits of every My Number replaced by asterisks; its length stays the same."""
    return PATTERN.sub(mask_match, text) if _HINT.search(text) else text


def mask_match(match: re.Match[str]) -> str:
    """What is left of a match of `PATTERN`: asterisks for a My Number, the text itself otherwise."""
    digits = "".join(f"{unicodedata.numeric(c):.0f}" for c in match.group() if _is_digit(c))
    if not is_my_number(digits):
        return match.group()
    return "".join("*" if _is_digit(character) else character for character in match.group())


def _is_digit(character: str) -> bool:
    return bool(re.match(_DIGIT, character))
