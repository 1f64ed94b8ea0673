"""The facts of municipal sentences: drawn, written in each language, and remembered as values."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["url", "email", "phone", "postal", "date", "weekday", "time", "number"]

MONTHS = {
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    "pt-BR": [
        "janeiro",
        "fevereiro",
        "março",
        "abril",
        "maio",
        "junho",
        "julho",
        "agosto",
        "setembro",
        "outubro",
        "novembro",
        "dezembro",
    ],
}
WEEKDAYS = {
    "ja": list("月火水木金土日"),
    "en": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    "pt-BR": [
        "segunda-feira",
        "terça-feira",
        "quarta-feira",
        "quinta-feira",
        "sexta-feira",
        "sábado",
        "domingo",
    ],
}
FIRST_DAY = dt.date(2026, 1, 1)
WIDE = str.maketrans("0123456789,", "０１２３４５６７８９，")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A fact that the generator wrote. `value`: the text itself, digits, "2026-03-31" or "--03-31", "0".."6" from
    Monday, "17:15", or an integer."""

    kind: Kind
    value: str


Written = tuple[str, tuple[Expected, ...]]
Draw = random.Random


def _date(draw: Draw, language: str) -> Written:
    day = _day(draw)
    return _write_date(day, language), (Expected(kind="date", value=f"--{day:%m-%d}"),)


def _full_date(draw: Draw, language: str) -> Written:
    day = _day(draw)
    text = {
        "ja": f"{day.year}年{day.month}月{day.day}日",
        "en": f"{_write_date(day, 'en')}, {day.year}",
        "pt-BR": f"{_write_date(day, 'pt-BR')} de {day.year}",
    }[language]
    return text, (Expected(kind="date", value=day.isoformat()),)


def _weekday_date(draw: Draw, language: str) -> Written:
    day = _day(draw)
    name = WEEKDAYS[language][day.weekday()]
    text = {
        "ja": f"{_write_date(day, 'ja')}（{name}）",
        "en": f"{name}, {_write_date(day, 'en')}",
        "pt-BR": f"{name}, {_write_date(day, 'pt-BR')}",
    }[language]
    return text, (
        Expected(kind="date", value=f"--{day:%m-%d}"),
        Expected(kind="weekday", value=str(day.weekday())),
    )


def _era_date(draw: Draw, language: str) -> Written:
    day = _day(draw).replace(year=draw.randrange(2020, 2028), day=draw.randrange(1, 29))
    return f"令和{day.year - 2018}年{day.month}月{day.day}日", (Expected(kind="date", value=day.isoformat()),)


def _slash_date(draw: Draw, language: str) -> Written:
    day = _day(draw)
    return f"{day.month}/{day.day}", (Expected(kind="date", value=f"--{day:%m-%d}"),)


def _dates(draw: Draw, language: str) -> Written:
    first = _day(draw)
    last = first + dt.timedelta(days=draw.randrange(3, 60))
    ends = _write_date(first, language), _write_date(last, language)
    text = {"ja": "{}から{}まで", "en": "from {} to {}", "pt-BR": "de {} a {}"}[language].format(*ends)
    return text, tuple(Expected(kind="date", value=f"--{day:%m-%d}") for day in (first, last))


def _day(draw: Draw) -> dt.date:
    return FIRST_DAY + dt.timedelta(days=draw.randrange(700))


def _write_date(day: dt.date, language: str) -> str:
    if language == "ja":
        return f"{day.month}月{day.day}日"
    month = MONTHS[language][day.month - 1]
    return f"{month} {day.day}" if language == "en" else f"{day.day} de {month}"


def _time(draw: Draw, language: str) -> Written:
    hour, minute = draw.randrange(7, 22), draw.choice([0, 0, 0, 15, 30, 30, 45])
    return _write_time(hour, minute, language, draw), (_time_fact(hour, minute),)


def _times(draw: Draw, language: str) -> Written:
    start = draw.randrange(7, 12), draw.choice([0, 0, 30])
    end = draw.randrange(13, 21), draw.choice([0, 0, 15, 30])
    style = draw.randrange(3)
    ends = [_write_time(*each, language, draw, style) for each in (start, end)]
    text = {"ja": "{}から{}まで", "en": "from {} to {}", "pt-BR": "das {} às {}"}[language].format(*ends)
    return text, (_time_fact(*start), _time_fact(*end))


def _time_fact(hour: int, minute: int) -> Expected:
    return Expected(kind="time", value=f"{hour:02}:{minute:02}")


def _write_time(hour: int, minute: int, language: str, draw: Draw, style: int | None = None) -> str:
    """In one of the ways of the language: 0 with halves of the day, 1 and 2 in 24 hours."""
    style = draw.randrange(3) if style is None else style
    if language == "ja":
        half, twelve = ("午前", hour) if hour < 12 else ("午後", hour - 12)
        minutes = f"{minute}分" if minute else ""
        return [f"{half}{twelve}時{minutes}", f"{hour}:{minute:02}", f"{hour}時{minutes}"][style]
    if language == "en":
        half, twelve = ("a.m.", hour) if hour < 12 else ("p.m.", (hour - 12) or 12)
        short = f"{twelve}:{minute:02}" if minute else f"{twelve}"
        return [f"{short} {half}", f"{hour}:{minute:02}", f"{hour:02}:{minute:02}"][style]
    minutes = f"{minute:02}" if minute else ""
    return [f"{hour}h{minutes}", f"{hour}:{minute:02}", f"{hour}h{minutes}"][style]


def _yen(amount: int, language: str, style: int) -> str:
    if language == "pt-BR":
        return f"{amount:,}".replace(",", ".") + " ienes"
    if language == "en":
        return f"¥{amount:,}" if style == 0 else f"{amount:,} yen"
    if amount >= 10_000 and style == 0:
        rest = f"{amount % 10_000:,}" if amount % 10_000 else ""
        return f"{amount // 10_000}万{rest}円"
    return f"{amount:,}円".translate(WIDE) if style == 1 else f"{amount:,}円"


def _price(draw: Draw, language: str) -> Written:
    amount = draw.choice([draw.randrange(150, 1000, 50), draw.randrange(1000, 9900, 100)])
    return _yen(amount, language, draw.randrange(4)), (Expected(kind="number", value=str(amount)),)


def _big_price(draw: Draw, language: str) -> Written:
    amount = draw.randrange(10_000, 480_000, 500)
    return _yen(amount, language, draw.randrange(4)), (Expected(kind="number", value=str(amount)),)


def _phone(draw: Draw, language: str) -> Written:
    head = draw.choice(["03", "045", "090", "080", "0120", "0467"])
    middle = {2: "{:04}", 3: "{:03}", 4: "{:02}" if head != "0120" else "{:03}"}[len(head)]
    if head in ("090", "080"):
        middle = "{:04}"
    tail = "{:03}" if head == "0120" else "{:04}"
    text = "-".join(
        [
            head,
            middle.format(draw.randrange(10 ** int(middle[3]))),
            tail.format(draw.randrange(10 ** int(tail[3]))),
        ]
    )
    return text, (Expected(kind="phone", value=text.replace("-", "")),)


def _postal(draw: Draw, language: str) -> Written:
    text = f"{draw.randrange(100, 1000)}-{draw.randrange(10_000):04}"
    return text, (Expected(kind="postal", value=text.replace("-", "")),)


def _url(draw: Draw, language: str) -> Written:
    path = draw.choice(
        ["", f"{draw.randrange(1000, 9999)}.html", "kosodate/form_a", "zei/?p=12&q=3", "en/faq-list"]
    )
    host = draw.choice(["www.city.aoba.example.jp", "www.city.aoba.lg.example", "aoba-shinsei.example.jp"])
    text = f"https://{host}/{path}"
    return text, (Expected(kind="url", value=text),)


def _email(draw: Draw, language: str) -> Written:
    name = draw.choice(["shimin", "zeimu_ka", "hoiku.nyusho", "info", f"gakumu{draw.randrange(2, 9)}"])
    text = f"{name}@city.aoba.example.jp"
    return text, (Expected(kind="email", value=text),)


def _count(low: int, high: int, step: int, ja: str, en: str, pt: str) -> Callable[[Draw, str], Written]:
    """A number with what it counts."""
    words = {"ja": ja, "en": en, "pt-BR": pt}

    def write(draw: Draw, language: str) -> Written:
        number = draw.randrange(low, high, step)
        ordinal = {2: "2nd", 3: "3rd"}.get(number, f"{number}th")
        text = words[language].format(n=number, o=ordinal)
        return text, (Expected(kind="number", value=str(number)),)

    return write


SLOTS: dict[str, Callable[[Draw, str], Written]] = {
    "date": _date,
    "full_date": _full_date,
    "weekday_date": _weekday_date,
    "era_date": _era_date,
    "slash_date": _slash_date,
    "dates": _dates,
    "time": _time,
    "times": _times,
    "price": _price,
    "big_price": _big_price,
    "phone": _phone,
    "postal": _postal,
    "url": _url,
    "email": _email,
    "counter": _count(2, 30, 1, "{n}番", "{n}", "{n}"),
    "floor": _count(2, 9, 1, "{n}階", "the {o} floor", "{n}º andar"),
    "days": _count(2, 60, 1, "{n}日", "{n} days", "{n} dias"),
    "minutes": _count(5, 95, 5, "{n}分", "{n} minutes", "{n} minutos"),
    "months": _count(2, 13, 1, "{n}か月", "{n} months", "{n} meses"),
    "age": _count(2, 90, 1, "{n}歳", "{n}", "{n}"),
    "copies": _count(2, 6, 1, "{n}通", "{n} copies", "{n} cópias"),
    "people": _count(2, 80, 1, "{n}人", "{n} people", "{n} pessoas"),
    "percent": _count(2, 80, 1, "{n}%", "{n}%", "{n}%"),
    "form": _count(2, 20, 1, "様式第{n}号", "Form No. {n}", "formulário nº {n}"),
    "room": _count(201, 620, 1, "{n}号室", "Room {n}", "sala {n}"),
    "number": _count(2, 20, 1, "{n}", "{n}", "{n}"),
}
