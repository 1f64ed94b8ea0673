"""My Number, the twelve-digit number of every resident. It must never be stored or sent on.

The last digit is a check digit (Order No. 85 of 2014 of the Ministry of Internal Affairs and
Communications, article 5), so that other twelve-digit numbers are left alone.
"""

from __future__ import annotations

import re

# Twelve digits, also in fours and full width; or what `mask` left of them.
PATTERN = re.compile(
    r"(?<![0-9０-９-])[0-9０-９]{4}([ -]?)[0-9０-９]{4}\1[0-9０-９]{4}(?![0-9０-９-])"
    r"|(?<!\*)\*{4}([ -]?)\*{4}\2\*{4}(?!\*)"
)


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
    return PATTERN.sub(_mask_match, text)


def _mask_match(match: re.Match[str]) -> str:
    digits = "".join(str(int(character)) for character in match.group() if character.isdecimal())
    if not is_my_number(digits):
        return match.group()
    return "".join("*" if character.isdecimal() else character for character in match.group())
