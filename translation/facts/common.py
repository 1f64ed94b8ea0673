"""Facts that look the same in every language: addresses on the net, telephone numbers, postal codes, ISO dates,
clock times with a colon, plain numbers."""

from __future__ import annotations

import re

import phonenumbers

from translation.facts.numerals import DIGITS, digits_of, parse_number
from translation.facts.pattern import DIGIT, Pattern, date_value, time_value

_URL = re.compile(
    r"(?:https?://|www\.)[A-Za-z0-9\-._~:/?#\[\]@!$&'*+,;=%]*[A-Za-z0-9/#=&_~\-]"
    r"|(?<![A-Za-z0-9@.-])(?:[a-z0-9-]{1,63}\.){1,6}(?:jp|com|org|net|br|info)(?:/[A-Za-z0-9\-._~/?#=&%]*[A-Za-z0-9/])?(?![A-Za-z0-9@])"
)
_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,6}"
)
_POSTAL = re.compile(r"〒\s?(\d{3})-?(\d{4})(?!\d)|(?<![\d-])(\d{3})-(\d{4})(?![\d-])")
# Numbers as Japan writes them, whether or not they exist: 03-1234-5678, 0120-555-321, 090 1234 5678, +81 3 1234 5678.
_PHONE = re.compile(
    r"(?<![\d-])(?:\+\d{1,3}[ -]?(?:\(0\))?\d{1,4}|\(0\d{1,4}\)|0\d{1,4})[ -]?\d{1,5}[ -]\d{3,4}(?![\d-])"
    r"|(?<![\d-])(?:\+\d{10,13}|0\d{9,10})(?![\d-])"
)
_ISO = re.compile(r"(?<![\d-])(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?![\d-])")
_CLOCK = re.compile(r"(?<!\d)(?<!\d:)([01]?\d|2[0-4]):([0-5]\d)(?![\d:])")
_PERCENT = re.compile(rf"(?<![A-Za-z\d.,])({DIGITS})\s?(?:%|percent|パーセント|por cento)")
# The calendars of Thailand and Cambodia count 543 years more; a later year than this one is theirs.
_FAR = 2400
_BUDDHIST = frozenset({"th", "km"})
# In Nepal years are counted as Bikram Sambat, 56 or 57 more; those stay numbers.
_LATEST = {"ne": 2060}


def number_pattern(language: str) -> Pattern:
    """Digits that nothing else took. Codes such as A4 or N1 are words, not numbers; 1通 is "a copy"; No.5 is a
    number."""
    single = "(?!1[通枚部件冊])" if language == "ja" else ""
    regex = re.compile(rf"(?<![A-Za-z\d])(?<!\d[.,]){single}(?:{digits_of(language)})")
    return Pattern("number", regex, lambda match: parse_number(match.group(), language))


def percent_pattern(language: str) -> Pattern:
    """80%, 80 percent."""
    return Pattern(
        "number",
        _PERCENT,
        lambda match: parse_number(match.group(1), language) + "%",
        (DIGIT, frozenset("%pパ")),
    )


def iso_pattern(language: str) -> Pattern:
    """2025-03-31, 2025/3/31, 2025.3.31."""
    latest = _LATEST.get(language, 9999)
    offset = 543 if language in _BUDDHIST else 0

    def read(match: re.Match[str]) -> str | None:
        year = int(match[1])
        if year > latest:
            return None
        return date_value(year - offset if year > _FAR else year, int(match[3]), int(match[4]))

    return Pattern("date", _ISO, read, (DIGIT, frozenset("-/.")))


def _read_url(match: re.Match[str]) -> str:
    scheme, found, rest = match.group().rpartition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme.lower()}{found}{host.lower()}{slash}{path}".removesuffix("/")


def _read_phone(match: re.Match[str]) -> str | None:
    """E.164 as read in Japan, for invented numbers as well: they are facts all the same."""
    try:
        number = phonenumbers.parse(match.group(), "JP")
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


ADDRESSES: tuple[Pattern, ...] = (
    Pattern("email", _EMAIL, lambda match: match.group().casefold(), (frozenset("@"),)),
    Pattern("url", _URL, _read_url, (frozenset("."),)),
)
CODES: tuple[Pattern, ...] = (
    Pattern("phone", _PHONE, _read_phone),
    Pattern(
        "postal",
        _POSTAL,
        lambda match: "".join(group for group in match.groups() if group),
        (DIGIT, frozenset("〒-")),
    ),
)
CLOCK = Pattern(
    "time", _CLOCK, lambda match: time_value(int(match[1]), int(match[2])), (DIGIT, frozenset(":"))
)
