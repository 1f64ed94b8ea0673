"""Facts as Japanese writes them, in kanji and, as Easy Japanese does, in kana or with the reading in brackets."""

from __future__ import annotations

import re

from translation.facts.numerals import parse_number
from translation.facts.pattern import (
    DIGIT,
    Pattern,
    date_value,
    era_year,
    fiscal_value,
    time_value,
    weekday_value,
)

_KANJI = "一二三四五六七八九十"
_N = f"(?:[0-9]{{1,2}}|[{_KANJI}]{{1,3}})"
_READING = r"(?:\([ぁ-んー\s]{1,12}\))?"  # 3月（がつ）
_Y, _M, _D = f"(?:年|ねん){_READING}", f"(?:月|がつ){_READING}", f"(?:日|にち){_READING}"
_YEAR = (
    rf"(?:(?P<era>令和|平成|昭和){_READING}(?P<era_year>元|{_N})"
    rf"|(?<![0-9])(?P<year>[12][0-9]{{3}}|[一二][〇一二三四五六七八九]{{3}})){_Y}"
)
_DIGITS = "[0-9](?:[0-9,.]{0,18}[0-9])?"
_AMOUNT = (
    rf"(?:{_DIGITS}(?:[百千]?[万億](?:{_DIGITS}[百千]?[万億]?)?|[百千])?|[一二三四五六七八九十百千万億]+)"
)
_CURRENCIES = {"円": "JPY", "えん": "JPY", "¥": "JPY", "ドル": "USD", "ユーロ": "EUR", "レアル": "BRL"}
_WEEKDAYS = "月火水木金土日"
_WEEKDAYS_IN_KANA = ("げつ", "か", "すい", "もく", "きん", "ど", "にち")
_COUNTERS = (
    "人|名|歳|才|階|回|枚|個|通|か月|ヶ月|カ月|週間|日間|時間|年間|か所|件|世帯|冊|台|本|センチ|メートル|キロ|グラム|リットル|倍|泊|種類|項目|軒|箱|袋"
    "|番(?:の?窓口|カウンター|線|地|教室|会場|乗り場)|号(?:室|様式|窓口|館|車)"
)
_HALF_DAYS = {"午前": False, "ごぜん": False, "午後": True, "ごご": True}

# 夜8時, and the second time of 午後1時から4時まで.
_LATE = re.compile(rf"(?:夜の?|夕方の?|(?:午後|夜|夕方){_N}時(?:半|{_N}分)?(?:から|より|〜|～|~|-|、|と))$")
_IN_KANJI = frozenset(_KANJI + "〇百千万億")
_ANY_NUMERAL = DIGIT | _IN_KANJI
_DAYS = frozenset(_WEEKDAYS)
_IN_YEARS = _ANY_NUMERAL | frozenset("元"), frozenset("年ね")
_IN_MONTHS = _ANY_NUMERAL, frozenset("月が")


def _integer(text: str | None) -> int | None:
    return int(parse_number(text, "ja")) if text else None


def _year(match: re.Match[str]) -> int | None:
    groups = match.groupdict()
    if era := groups.get("era"):
        return era_year(era, 1 if groups["era_year"] == "元" else int(parse_number(groups["era_year"], "ja")))
    return _integer(groups.get("year"))


def _read_date(match: re.Match[str]) -> str | None:
    groups = match.groupdict()
    return date_value(_year(match), _integer(groups.get("month")), _integer(groups.get("day")))


def _read_fiscal(match: re.Match[str]) -> str | None:
    year = _year(match)
    return fiscal_value(year) if year else None


def _read_time(match: re.Match[str]) -> str | None:
    hour = int(parse_number(match["hour"], "ja"))
    minute = 30 if match["half"] else int(parse_number(match["minute"] or "0", "ja"))
    half_day = match["half_day"]
    if half_day is None:
        # The words before stay in the text; they only say which half of the day is meant.
        late = bool(_LATE.search(match.string, 0, match.start())) and hour < 12
        return time_value(hour, minute, afternoon=True if late else None)
    return time_value(hour, minute, afternoon=_HALF_DAYS[half_day])


def _read_price(match: re.Match[str]) -> str:
    amount = match["amount"] or match["amount_after"]
    return _CURRENCIES[match["currency"] or "¥"] + parse_number(amount, "ja")


def _read_weekday(match: re.Match[str]) -> str:
    return weekday_value(_WEEKDAYS.index(match[1] or match[2]) + 1)


def _read_number(match: re.Match[str]) -> str:
    return parse_number(match.group(), "ja")


PATTERNS: tuple[Pattern, ...] = (
    Pattern(
        "date",
        re.compile(rf"{_YEAR}\s?(?P<month>{_N}){_M}\s?(?P<day>{_N}){_D}"),
        _read_date,
        _IN_YEARS,
    ),
    Pattern("date", re.compile(rf"{_YEAR}\s?(?P<month>{_N}){_M}(?!間)"), _read_date, _IN_YEARS),
    Pattern("date", re.compile(rf"{_YEAR}(?:度|ど){_READING}"), _read_fiscal, _IN_YEARS),
    Pattern("date", re.compile(rf"{_YEAR}(?!間)"), _read_date, _IN_YEARS),
    Pattern(
        "date",
        re.compile(rf"(?P<month>{_N}){_M}\s?(?P<day>{_N}){_D}(?!間)"),
        _read_date,
        _IN_MONTHS,
    ),
    Pattern(
        "date",
        re.compile(r"(?<![\d/.])(?P<month>\d{1,2})/(?P<day>\d{1,2})(?![\d/])"),
        _read_date,
        (DIGIT, frozenset("/")),
    ),
    Pattern(
        "date",
        re.compile(
            rf"(?<![\d{_KANJI}])(?P<month>\d{{1,2}}|[{_KANJI}]{{1,2}})(?:月(?![間曜額給末極食])|がつ){_READING}"
        ),
        _read_date,
        _IN_MONTHS,
    ),
    Pattern(
        "date",
        re.compile(rf"([月火水木金土日])曜日?{_READING}|(?<=\()([月火水木金土日])(?=[・、,)])"),
        _read_weekday,
        (_DAYS, frozenset("曜(")),
    ),
    Pattern(
        "date",
        re.compile("(げつ|すい|もく|きん|にち|か|ど)ようび"),
        lambda match: weekday_value(_WEEKDAYS_IN_KANA.index(match[1]) + 1),
        (frozenset("び"), frozenset("よ")),
    ),
    Pattern(
        "price",
        re.compile(
            rf"(?P<amount>{_AMOUNT})(?P<currency>円|えん|ドル|ユーロ|レアル){_READING}"
            r"|¥\s?(?P<amount_after>[0-9](?:[0-9,]*[0-9])?)"
        ),
        _read_price,
        (_ANY_NUMERAL, frozenset("円え¥ドユレ")),
    ),
    Pattern(
        "time",
        re.compile(
            rf"(?:(?P<half_day>午前|午後|ごぜん|ごご){_READING}\s?)?(?<![0-9{_KANJI}])"
            rf"(?!一時(?!半|に|から|まで|ごろ|頃|[二三四五十]))(?P<hour>{_N})"
            rf"(?:(?:時(?!間|期|代)|じ(?!かん)){_READING}(?:(?P<half>半|はん)|(?P<minute>{_N})(?:分(?!間)|[ふぷ]ん(?!かん)){_READING})?)"
        ),
        _read_time,
        (_ANY_NUMERAL, frozenset("時じ")),
    ),
    Pattern(
        "time",
        re.compile(r"(?P<half_day>午前|午後)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?P<half>(?!))?"),
        _read_time,
        (DIGIT, frozenset("午")),
    ),
    Pattern("time", re.compile("正午"), lambda _: "12:00", (frozenset("午"), frozenset("正"))),
    Pattern(
        "number",
        re.compile(r"([1-9]|[一二三四五六七八九])割(?![り合高])"),
        lambda match: parse_number(match[1], "ja") + "0%",
        (frozenset("割"),),
    ),
    Pattern(
        "number",
        re.compile("([〇一二三四五六七八九十百]+)パーセント"),
        lambda match: parse_number(match[1], "ja") + "%",
        (_IN_KANJI, frozenset("パ")),
    ),
    # Single kanji numerals stand in too many words (一緒, 十分) to be taken for numbers without a counter.
    Pattern(
        "number",
        re.compile(
            rf"(?:[〇一二三四五六七八九十百千万]{{2,}}|(?<![一-龥])[一二三四五六七八九](?=[番号])|(?<![一-龥])[二三四五六七八九])(?={_COUNTERS})"
            "|[〇一二三四五六七八九]{2,}(?=番)"
            rf"|(?<=第)[{_KANJI}]+(?=[号条回会庁章期希種])"
        ),
        _read_number,
        (_IN_KANJI,),
    ),
    Pattern(
        "number",
        re.compile(rf"{_DIGITS}(?:[百千]?[万億](?:{_DIGITS}[百千]?万?)?|[百千])"),
        _read_number,
        (DIGIT, frozenset("百千万億")),
    ),
)
LENIENT: tuple[Pattern, ...] = (
    Pattern("time", re.compile("昼(?![食夜])"), lambda _: "12:00", (frozenset("昼"),)),
    Pattern("time", re.compile("真夜中|深夜|夜中"), lambda _: "00:00", (frozenset("夜"),)),
    Pattern(
        "date",
        re.compile(r"([月火水木金土日])(?=[・、と（(])()"),
        _read_weekday,
        (_DAYS, frozenset("・、と（(")),
    ),
    Pattern(
        "number",
        re.compile(r"[一二三四五六七八九十百千万]+(?=[人名歳才階回枚個通か件冊台本つ日年番時週円号月分目])"),
        _read_number,
        (_IN_KANJI,),
    ),
    Pattern("number", re.compile("[一二三四五六七八九十百千]{2,}(?=[のもにを])"), _read_number, (_IN_KANJI,)),
    Pattern("number", re.compile("ひとり"), lambda _: "1", (frozenset("ひ"), frozenset("と"))),
    Pattern("number", re.compile("ふたり"), lambda _: "2", (frozenset("ふ"), frozenset("た"))),
)
