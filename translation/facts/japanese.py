"""Facts as Japanese writes them."""

from __future__ import annotations

import re

from translation.facts.numerals import parse_number
from translation.facts.pattern import Pattern, date_value, time_value, weekday_value

_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925}
_N = "(?:[0-9]{1,2}|[一二三四五六七八九十]{1,3})"
_YEAR = (
    rf"(?:(?P<era>令和|平成|昭和)(?P<era_year>元|{_N})"
    r"|(?P<year>[12][0-9]{3}|[一二][〇一二三四五六七八九]{3}))年"
)
_DIGITS = "[0-9](?:[0-9,.]{0,18}[0-9])?"
_AMOUNT = (
    rf"(?:{_DIGITS}(?:[百千]?[万億](?:{_DIGITS}[百千]?[万億]?)?|[百千])?|[一二三四五六七八九十百千万億]+)"
)
_CURRENCIES = {"円": "JPY", "¥": "JPY", "ドル": "USD", "ユーロ": "EUR", "レアル": "BRL"}
_WEEKDAYS = "月火水木金土日"
_COUNTERS = "人|名|歳|才|階|回|枚|個|通|か月|ヶ月|カ月|週間|日間|時間|年間|か所|件|世帯|冊|台|本"


# 夜8時, and the second time of 午後1時から4時まで.
_LATE = re.compile(rf"(?:夜の?|夕方の?|(?:午後|夜|夕方){_N}時(?:半|{_N}分)?(?:から|より|〜|～|~|-|、|と))$")


def _integer(text: str | None) -> int | None:
    return int(parse_number(text, "ja")) if text else None


def _read_date(match: re.Match[str]) -> str | None:
    groups = match.groupdict()
    year = _integer(groups.get("year"))
    if era := groups.get("era"):
        year = _ERAS[era] + (1 if groups["era_year"] == "元" else int(parse_number(groups["era_year"], "ja")))
    return date_value(year, _integer(groups.get("month")), _integer(groups.get("day")))


def _read_time(match: re.Match[str]) -> str | None:
    hour = int(parse_number(match["hour"], "ja"))
    minute = 30 if match["half"] else int(parse_number(match["minute"] or "0", "ja"))
    half_day = match["half_day"]
    if half_day is None:
        # The words before stay in the text; they only say which half of the day is meant.
        late = bool(_LATE.search(match.string, 0, match.start())) and hour < 12
        return time_value(hour, minute, afternoon=True if late else None)
    return time_value(hour, minute, afternoon=half_day == "午後")


def _read_price(match: re.Match[str]) -> str:
    amount = match["amount"] or match["amount_after"]
    return _CURRENCIES[match["currency"] or "¥"] + parse_number(amount, "ja")


def _read_weekday(match: re.Match[str]) -> str:
    return weekday_value(_WEEKDAYS.index(match[1] or match[2]) + 1)


PATTERNS: tuple[Pattern, ...] = (
    Pattern("date", re.compile(rf"{_YEAR}\s?(?P<month>{_N})月\s?(?P<day>{_N})日"), _read_date),
    Pattern("date", re.compile(rf"{_YEAR}\s?(?P<month>{_N})月(?!間)"), _read_date),
    Pattern("date", re.compile(rf"{_YEAR}(?!間)度?"), _read_date),
    Pattern("date", re.compile(rf"(?P<month>{_N})月\s?(?P<day>{_N})日(?!間)"), _read_date),
    Pattern("date", re.compile(r"(?<![\d/.])(?P<month>\d{1,2})/(?P<day>\d{1,2})(?![\d/])"), _read_date),
    Pattern(
        "date",
        re.compile(
            r"(?<![\d一二三四五六七八九十])(?P<month>\d{1,2}|[一二三四五六七八九十]{1,2})月(?![間曜額給末極食])"
        ),
        _read_date,
    ),
    Pattern(
        "date",
        re.compile(r"([月火水木金土日])曜日?|(?<=[（(])([月火水木金土日])(?=[・、,）)])"),
        _read_weekday,
    ),
    Pattern(
        "price",
        re.compile(
            rf"(?P<amount>{_AMOUNT})(?P<currency>円|ドル|ユーロ|レアル)|¥\s?(?P<amount_after>[0-9](?:[0-9,]*[0-9])?)"
        ),
        _read_price,
    ),
    Pattern(
        "time",
        re.compile(
            rf"(?P<half_day>午前|午後)?(?<![0-9一二三四五六七八九十])(?!一時(?!半|に|から|まで|ごろ|頃|[二三四五十]))(?P<hour>{_N})(?:時(?!間)(?:(?P<half>半)|(?P<minute>{_N})分(?!間))?)"
        ),
        _read_time,
    ),
    Pattern(
        "time",
        re.compile(r"(?P<half_day>午前|午後)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?P<half>(?!))?"),
        _read_time,
    ),
    Pattern(
        "number",
        re.compile(r"([1-9]|[一二三四五六七八九])割(?![引り合高])"),
        lambda match: parse_number(match[1], "ja") + "0%",
    ),
    # Single kanji numerals stand in too many words (一緒, 十分) to be taken for numbers without a counter.
    Pattern(
        "number",
        re.compile(
            rf"(?:[〇一二三四五六七八九十百千万]{{2,}}|(?<![一-龥])[二三四五六七八九])(?={_COUNTERS})|{_DIGITS}(?:[百千]?[万億](?:{_DIGITS}[百千]?万?)?|[百千])"
        ),
        lambda match: parse_number(match.group(), "ja"),
    ),
)
LENIENT: tuple[Pattern, ...] = (
    Pattern("time", re.compile("正午"), lambda _: "12:00"),
    Pattern("date", re.compile(r"([月火水木金土日])(?=[・、と（(])()"), _read_weekday),
    Pattern(
        "number",
        re.compile(r"[一二三四五六七八九十百千万]+(?=[人名歳才階回枚個通か件冊台本つ日年番時週円号月分目])"),
        lambda match: parse_number(match.group(), "ja"),
    ),
    Pattern("number", re.compile("ひとり"), lambda _: "1"),
    Pattern("number", re.compile("ふたり"), lambda _: "2"),
)
