"""Facts in the languages whose words are data: patterns built from `LocalWords`."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence

from translation.facts.local_words import LocalWords
from translation.facts.numerals import add_up, digits_of, parse_number, power_up
from translation.facts.pattern import (
    DIGIT,
    Pattern,
    Reader,
    date_value,
    era_year,
    fiscal_value,
    time_value,
    weekday_value,
)
from translation.model import FactKind

_SIGNS = {
    "¥": "JPY",
    "￥": "JPY",
    "US$": "USD",
    "R$": "BRL",
    "$": "USD",
    "€": "EUR",
    "₩": "KRW",
    "₱": "PHP",
    "₫": "VND",
}
_SIGN = "|".join(re.escape(sign) for sign in _SIGNS) + "|JPY|USD|EUR|BRL"
_KANJI = "一二三四五六七八九十两兩"
_MARKS = (
    "\u0900-\u0903\u093a-\u094f\u0962\u0963\u0981-\u0983\u09bc-\u09d7\u0d81-\u0d83\u0dca-\u0ddf\u200c\u200d"
)
# Letters with a dot below or above have two spellings; both are read.
_SPELLINGS = {
    "ड़": "\u095c",
    "ढ़": "\u095d",
    "फ़": "\u095e",
    "ज़": "\u095b",
    "ड়": "\u09dc",
    "ঢ়": "\u09dd",
    "য়": "\u09df",
}
# Words such as the name of a month need no digits; every text is searched for them.
_ANYTHING: tuple[frozenset[str], ...] = ()
_SPACED = frozenset({"Latn", "Cyrl"})
_MARKED = frozenset({"Deva", "Beng", "Sinh"})
# Years above this are counted from another epoch; nobody writes to the 25th century.
_FAR = 2400


def patterns(words: LocalWords) -> tuple[Pattern, ...]:
    """What `find` looks for."""
    build = _Builder(words)
    return (
        *build.fiscal_years(),
        *build.dates(),
        *build.weekdays(words.weekdays),
        *build.prices(),
        *build.times(),
        *build.numbers(),
    )


def loose_patterns(words: LocalWords) -> tuple[Pattern, ...]:
    """What `mentions` looks for besides: numbers in words, words that may be weekdays."""
    build = _Builder(words)
    return (
        *build.weekdays(words.loose_weekdays),
        *build.spelled(words.ordinals),
        *build.spelled(words.numbers),
    )


class _Builder:
    """Templates to regular expressions, and the readers that go with them."""

    def __init__(self, words: LocalWords) -> None:
        self._words = words
        self._flags = re.NOFLAG if words.case else re.IGNORECASE
        self._before, self._after = _bounds(words.script)
        self._number = digits_of(words.tag)
        kanji = f"|(?<![{_KANJI}])[{_KANJI}]{{1,3}}(?![{_KANJI}])" if words.kanji else ""
        kanji_year = "|[一二][〇零一二三四五六七八九]{3}" if words.kanji else ""
        small = rf"(?<![\d:.,])(?P<%s>\d{{1,2}}(?![\d:]){kanji})"
        ending = f"(?:{words.day_ending})?" if words.day_ending else ""
        eras = "|".join(("令和|平成|昭和|Reiwa|Heisei|Sh[oō]wa", *words.eras))
        hours = "".join(f"|{word}" for word in sorted(filter(None, words.hours), key=len, reverse=True))
        parts = "|".join(words.parts.values())
        self._tokens = {
            "year": (
                rf"(?:(?<!\d)(?P<year>[12]\d{{3}}(?!\d){kanji_year})"
                rf"|(?P<era>{eras})\s?(?P<era_year>\d{{1,2}}(?!\d)|元))"
            ),
            "month": small % "month",
            "day": small % "day" + ending,
            "name": rf"{self._before}(?P<name>{'|'.join(words.months)}){words.name_ending}{self._after}",
            "hour": rf"(?<![\d:.,])(?P<hour>\d{{1,2}}(?!\d){kanji}{hours})",
            "minute": rf"(?P<minute>\d{{2}}(?!\d){kanji}|\d(?!\d))",
            "minute2": r"(?P<minute2>\d{1,2})(?!\d)",
            "part": rf"{self._before}(?P<part>(?i:{parts})){self._after if words.script in _SPACED else ''}",
            "counter": words.counter,
        }
        self._first_letters = frozenset(word[0] for word in words.hours if word)

    def _compile(self, template: str) -> re.Pattern[str]:
        """A template; see translation.facts.local_words."""
        for token, expression in self._tokens.items():
            template = template.replace("{" + token + "}", expression)
        return re.compile(_expanded(template), self._flags)

    def _pattern(self, kind: FactKind, template: str, read: Reader) -> Pattern:
        needs = _ANYTHING
        if re.search(r"\{(?:year|month|day|hour|minute|amount)\}", template):
            needs = (DIGIT | (frozenset(_KANJI + "元") if self._words.kanji else frozenset()),)
        if "{hour}" in template and self._words.hours:
            needs = _ANYTHING
        return Pattern(kind, self._compile(template), read, needs)

    def fiscal_years(self) -> Iterator[Pattern]:
        """令和7年度 as other languages say it."""
        for template in self._words.fiscal:
            yield self._pattern("date", template, self._read_fiscal)

    def dates(self) -> Iterator[Pattern]:
        """Dates with names or units, then with slashes, then years alone."""
        first, second = ("month", "day") if self._words.month_first else ("day", "month")
        slashes = (
            rf"(?<![\d/.-])(?P<{first}>\d{{1,2}})(?:/(?P<{second}>\d{{1,2}})(?:/(?P<year>\d{{4}}))?"
            rf"|(?P<sign>[.-])(?P<{second}2>\d{{1,2}})(?P=sign)(?P<year2>\d{{4}}))(?![\d/])"
        )
        for template in self._words.dates:
            yield self._pattern("date", template, self._read_date)
        yield Pattern("date", re.compile(slashes), self._read_date)
        for template in self._words.years:
            yield self._pattern("date", template, self._read_date)

    def weekdays(self, names: Sequence[str]) -> Iterator[Pattern]:
        """Names, and single letters in brackets after a date."""
        if names:
            groups = "|".join(f"(?P<w{place}>{name})" for place, name in enumerate(names, 1))
            after = self._after if self._words.script in _SPACED else ""
            regex = self._compile(f"{self._before}(?:{groups}){after}")
            yield Pattern("date", regex, lambda match: match.lastgroup, _ANYTHING)
        letters = self._words.bracket_weekdays
        if letters and names is self._words.weekdays:
            before = "|".join(
                f"(?<={letter}{gap}[(])" for letter in self._words.bracket_after for gap in ("", r"\s")
            )
            regex = re.compile(f"(?:{before})([{letters}])(?=[)·・,])")
            yield Pattern(
                "date", regex, lambda match: weekday_value(letters.index(match[1]) + 1), (frozenset("("),)
            )

    def prices(self) -> Iterator[Pattern]:
        """Amounts with a sign or a word for the money."""
        words = "|".join(f"(?:{word})" for word in self._words.currencies.values())
        after = self._after if self._words.script in _SPACED else ""
        amount = f"(?P<amount>{self._amount()})"
        templates = [
            rf"(?P<sign>{_SIGN})~{amount}(?!\d)",
            rf"(?<![A-Za-z\d])(?<!\d[.,]){amount}~(?:de |d[’'])?(?:(?P<word>(?:{words}){after})|(?P<sign>{_SIGN}|円))",
        ]
        if self._words.currency_first:
            templates.append(rf"(?P<word>{words})~{amount}(?!~(?:{words}))")
        for template in templates:
            needs = (DIGIT | (frozenset(_KANJI + "百千万萬") if self._words.kanji else frozenset()),)
            yield Pattern("price", self._compile(template), self._read_price, needs)

    def times(self) -> Iterator[Pattern]:
        """Times as the language says them, then with a colon or a full stop."""
        words = self._words
        for template in words.evening_times:
            yield self._pattern("time", template, functools.partial(self._read_time, later=18))
        for template in words.times:
            yield self._pattern("time", template, self._read_time)
        marks = "[:.]" if words.clock_dot else ":"
        end = f"(?:~(?:{words.clock_end}))?" if words.clock_end else ""
        clock = rf"{{hour}}{marks}(?P<minute>[0-5]\d)(?![\d:%])(?!\.\d)"
        if words.parts:
            yield self._pattern("time", rf"{{part}}~{clock}{end}", self._read_time)
            yield self._pattern("time", rf"{clock}(?:~{{part}})?{end}", self._read_time)
        else:
            yield self._pattern("time", f"{clock}{end}", self._read_time)
        for word, value in ((words.noon, "12:00"), (words.midnight, "00:00")):
            if word:
                regex = self._compile(rf"{self._before}(?:12(?:[:.]00)? )?(?i:{word}){self._after}(?!~\d)")
                yield Pattern("time", regex, lambda _, value=value: value, _ANYTHING)  # type: ignore[misc]

    def numbers(self) -> Iterator[Pattern]:
        """Percentages, and numbers with words such as "million". Bare digits are read for every language alike."""
        words = self._words
        after = f"(?:{words.percent})" if words.percent else "%"
        yield self._pattern(
            "number",
            rf"(?<![A-Za-z\d])(?<!\d[.,])(?P<amount>{self._number})~(?:%|{after})",
            self._read_percent,
        )
        if words.percent_before or words.cldr["percent"].startswith("%"):
            before = f"(?:{words.percent_before or '%'})"
            yield self._pattern("number", rf"(?:%|{before})(?P<amount>{self._number})", self._read_percent)
        if words.scales:
            scaled = rf"(?<![A-Za-z\d])(?<!\d[.,])(?P<amount>{self._amount(bare=False)})"
            yield Pattern("number", self._compile(scaled), self._read_amount)
        if words.number_strict:
            regex = self._compile(words.number_strict)
            yield Pattern("number", regex, lambda match: parse_number(match.group(), words.tag), _ANYTHING)

    def spelled(self, names: Sequence[str]) -> Iterator[Pattern]:
        """Numbers in words: "tres", "третий". The place in `names` is the value."""
        found = [(place, name) for place, name in enumerate(names) if name]
        if not found:
            return
        groups = "|".join(f"(?P<n{place}>{name})" for place, name in reversed(found))
        after = self._after if self._words.script in _SPACED | _MARKED else ""
        regex = f"{self._before}(?:{groups}){after}"
        if self._words.counter and names is self._words.numbers:
            before = "|".join(f"(?<={word})" for word in self._words.counter_before)
            regex = f"(?:{regex})(?=~(?:{self._words.counter}))" + (
                f"|(?:{before})(?:{_unnamed(groups)})" if before else ""
            )
            yield Pattern(
                "number",
                self._compile(_unnamed(regex)),
                lambda match: str(_place(names, match.group())),
                _ANYTHING,
            )
        else:
            yield Pattern(
                "number", self._compile(regex), lambda match: (match.lastgroup or "n0")[1:], _ANYTHING
            )

    def _amount(self, *, bare: bool = True) -> str:
        """A number, perhaps with words for powers of ten: 3만 5천, 2,5 triệu, 三百二十."""
        words = self._words
        number = self._number
        if not words.scales:
            return number
        names = "|".join(re.escape(name) for name in sorted(words.scales, key=len, reverse=True))
        scale = rf"(?:\s?(?:{names}){self._after if words.script in _SPACED else ''})+"
        scaled = rf"{number}{scale}(?:\s?{number}{scale})*(?:\d{{1,4}}(?!\d))?"
        if words.scale_first:
            scaled += rf"|(?:{names})\s?{number}"
        if words.kanji and bare:
            scaled += "|[一二三四五六七八九十百千万亿萬億两兩零〇]+"
        return f"(?:{scaled}|{number})" if bare else f"(?:{scaled})"

    def _value(self, amount: str) -> str:
        """The normal form of what `_amount` found."""
        words = self._words
        if not words.scales or not re.search(r"\d", amount):
            return parse_number(amount, words.tag)
        names = "|".join(re.escape(name) for name in sorted(words.scales, key=len, reverse=True))
        terms: list[str] = []
        waiting = 0
        for number, name in re.findall(rf"({self._number})|({names})", amount, self._flags):
            power = words.scales.get(name) or words.scales.get(name.casefold(), 0)
            if number:
                terms.append(power_up(parse_number(number, words.tag), waiting))
                waiting = 0
            elif terms:
                terms[-1] = power_up(terms[-1], power)
            else:
                waiting = power
        return add_up(terms)

    def _read_amount(self, match: re.Match[str]) -> str | None:
        return self._value(match["amount"])

    def _read_percent(self, match: re.Match[str]) -> str | None:
        return parse_number(match["amount"], self._words.tag) + "%"

    def _read_price(self, match: re.Match[str]) -> str | None:
        groups = match.groupdict()
        sign, word = groups.get("sign"), groups.get("word")
        code = ({**_SIGNS, "円": "JPY"}.get(sign, sign) if sign else None) or next(
            code
            for code, name in self._words.currencies.items()
            if re.fullmatch(_expanded(name), word or "", re.IGNORECASE)
        )
        return code + self._value(match["amount"])

    def _year(self, match: re.Match[str]) -> int | None:
        groups = match.groupdict()
        if era := groups.get("era"):
            number = 1 if groups["era_year"] == "元" else int(groups["era_year"])
            return era_year(era, number, self._words.eras)
        text = groups.get("year") or groups.get("year2")
        year = int(parse_number(text, self._words.tag)) if text else None
        return year - self._words.year_offset if year and year > _FAR and self._words.year_offset else year

    def _read_date(self, match: re.Match[str]) -> str | None:
        groups = match.groupdict()
        year = self._year(match)
        if year and year > self._words.latest_year:
            return None
        name = groups.get("name")
        month = groups.get("month") or groups.get("month2")
        day = groups.get("day") or groups.get("day2")
        return date_value(
            year,
            _place(self._words.months, name) + 1
            if name
            else int(parse_number(month, "zh-Hans"))
            if month
            else None,
            int(parse_number(day, "zh-Hans")) if day else None,
        )

    def _read_fiscal(self, match: re.Match[str]) -> str | None:
        year = self._year(match)
        return fiscal_value(year) if year and year <= self._words.latest_year else None

    def _read_time(self, match: re.Match[str], later: int = 0) -> str | None:
        groups = match.groupdict()
        hour = self._hour(groups["hour"]) + later
        minute = groups.get("minute") or groups.get("minute2")
        minutes = 30 if groups.get("half") else int(parse_number(minute, "zh-Hans")) if minute else 0
        part = groups.get("part")
        return time_value(_in_part(hour, self._part(part)) if part else hour, minutes)

    def _hour(self, text: str) -> int:
        return (
            int(parse_number(text, "zh-Hans"))
            if text[0] not in self._first_letters
            else self._words.hours.index(text.casefold())
        )

    def _part(self, text: str) -> str:
        return next(
            part
            for part, names in self._words.parts.items()
            if re.fullmatch(_expanded(names), text, re.IGNORECASE)
        )


def _in_part(hour: int, part: str) -> int:
    """The hour in 24 hours: 2 in the afternoon is 14, 1 at night is 1 and 10 at night is 22."""
    if part == "am" or (part == "night" and hour == 12):
        return 0 if hour == 12 else hour
    afternoon = {"pm": True, "noon": hour < 10, "night": hour >= 5}[part]
    return hour + 12 if afternoon and hour < 12 else hour


_AROUND = re.compile(r"\(\?<?[=!](?:\[[^\]]*\]|[^()\[\]])*\)")


def _place(names: Sequence[str], text: str) -> int:
    """Which of the regular expressions `text` was found by. What they want to stand around it is no part of it."""
    return next(
        place
        for place, name in enumerate(names)
        if name and re.fullmatch(_expanded(_AROUND.sub("", name)), text, re.IGNORECASE)
    )


def _unnamed(regex: str) -> str:
    return re.sub(r"\(\?P<n\d+>", "(?:", regex)


def _expanded(template: str) -> str:
    """The regular expression of a template without tokens."""
    regex = template.replace("~", r"\s*").replace(" ", r"\s")
    for spelling, other in _SPELLINGS.items():
        regex = regex.replace(spelling, f"(?:{spelling}|{other})")
    return regex


def _bounds(script: str) -> tuple[str, str]:
    """What must not stand before and after a word."""
    if script in _SPACED:
        return r"(?<!\w)", r"(?!\w)"
    if script in _MARKED:
        return rf"(?<![\w{_MARKS}])", rf"(?![\w{_MARKS}])"
    return "", ""
