"""Municipal sentences with glossary terms in them, made the same way each time."""

from __future__ import annotations

import csv
import itertools
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

GLOSSARY = Path(__file__).parents[3] / "config" / "city" / "glossary.csv"

_PLACE = re.compile(r"(?:課|所|局|センター|ラウンジ|園|校|交番|署|館|窓口|ハローワーク|場|教室|入管)$")
_PAPER = re.compile(r"(?:票|書|カード|届|券|帳|手帳|写し|謄本|状|印鑑|実印|証)$")
_MONEY = re.compile(r"(?:税|料|費|手当|年金|保険|金)$")
_PERSON = re.compile(r"(?:者|人|主|通訳|担任|弁護士|書士)$")

PATTERNS = {
    "ja": {
        "place": [
            "{t}はどこにありますか。",
            "{t}の電話番号は03-{a}-{b}です。",
            "{t}で手続きをしてください。",
            "{t}は午前{h}時に開きます。",
            "詳しくは{t}に聞いてください。",
            "明日、{t}に行きます。",
        ],
        "paper": [
            "{t}をなくしました。",
            "{t}が必要です。",
            "{month}月{day}日までに{t}を出してください。",
            "{t}の手数料は{yen}円です。",
            "{t}を{n}通ください。",
            "窓口で{t}を見せてください。",
            "{t}とパスポートを持ってきてください。",
        ],
        "money": [
            "{t}について教えてください。",
            "{t}は{yen}円です。",
            "{t}の手続きは{n}番の窓口です。",
            "{month}月{day}日までに{t}を払ってください。",
            "{t}がもらえますか。",
        ],
        "person": [
            "{t}に電話してください。",
            "{t}は来られますか。",
            "{t}と一緒に来てください。",
            "{t}の名前を書いてください。",
        ],
        "other": [
            "{t}について教えてください。",
            "{t}の案内を読んでください。",
            "{t}は{month}月{day}日です。",
            "{t}のことで質問があります。",
            "{t}の説明はhttps://www.city.example.jp/{a}にあります。",
        ],
    },
    "en": {
        "place": [
            "Where is the {t}?",
            "The phone number of the {t} is 03-{a}-{b}.",
            "Please go to the {t}.",
            "The {t} opens at {h}:00.",
            "Please ask the {t} for details.",
        ],
        "paper": [
            "I lost my {t}.",
            "You need your {t}.",
            "Please submit the {t} by {month_en} {day}.",
            "The fee for the {t} is {yen} yen.",
            "Do you have a {t}?",
            "Please show your {t} at the counter.",
            "Please bring your {t} and your passport.",
        ],
        "money": [
            "Please tell me about the {t}.",
            "The {t} is {yen} yen.",
            "Please ask about the {t} at counter {n}.",
            "What is the {t}?",
        ],
        "person": [
            "Please call the {t}.",
            "Can the {t} come?",
            "Please come with your {t}.",
            "Write the name of the {t}.",
        ],
        "other": [
            "Please tell me about the {t}.",
            "I have a question about {t}.",
            "The {t} is on {month_en} {day}.",
            "Information about {t} is at https://www.city.example.jp/{a}.",
            "What is {t}?",
        ],
    },
    "pt-BR": {
        "place": [
            "Onde fica: {t}?",
            "O telefone de {t} é 03-{a}-{b}.",
            "Vá até {t}.",
            "Pergunte em {t}, por favor.",
            "O atendimento de {t} começa às {h}h.",
        ],
        "paper": [
            "Perdi meu {t}.",
            "Preciso de {t}.",
            "Entregue {t} até {day} de {month_pt}.",
            "A taxa de {t} é de {yen} ienes.",
            "Você tem {t}?",
            "Mostre {t} no balcão.",
        ],
        "money": [
            "Quero saber sobre {t}.",
            "O valor de {t} é de {yen} ienes.",
            "Pergunte sobre {t} no balcão {n}.",
            "O que é {t}?",
        ],
        "person": [
            "Ligue para {t}.",
            "Preciso falar com {t}.",
            "Venha com {t}.",
            "Escreva o nome de {t}.",
        ],
        "other": [
            "Quero saber sobre {t}.",
            "Tenho uma pergunta sobre {t}.",
            "A data de {t} é {day} de {month_pt}.",
            "Veja as informações sobre {t} em https://www.city.example.jp/{a}.",
            "O que é {t}?",
        ],
    },
}
_MONTHS = {
    "en": ["January", "March", "April", "May", "June", "July", "August", "September", "October", "November"],
    "pt-BR": [
        "janeiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro", "novembro",
    ],
}  # fmt: skip
_MONTH_NUMBERS = [1, 3, 4, 5, 6, 7, 8, 9, 10, 11]


@dataclass(frozen=True)
class Made:
    """A sentence, the wording of the glossary in it, and the row that it is of."""

    text: str
    term: str
    row: dict[str, str]


def kind_of(term: str) -> str:
    """What sort of thing a Japanese term names, by its ending."""
    for kind, pattern in (("place", _PLACE), ("paper", _PAPER), ("person", _PERSON), ("money", _MONEY)):
        if pattern.search(term):
            return kind
    return "other"


def rows() -> list[dict[str, str]]:
    with GLOSSARY.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def sentences(source: str, number: int, *, seed: int = 5) -> Iterator[Made]:
    """Every row in turn, each time with the next pattern for things of its sort. No sentence comes twice soon."""
    draw = random.Random(seed)
    ordered = rows()
    draw.shuffle(ordered)
    turns = {kind: itertools.cycle(patterns) for kind, patterns in PATTERNS[source].items()}
    for row in itertools.islice(itertools.cycle(ordered), number):
        term = re.sub(r" ?\([^)]*\)", "", row[source])
        pattern = next(turns[kind_of(row["ja"])])
        month = draw.randrange(10)
        yield Made(
            pattern.format(
                t=term,
                month=_MONTH_NUMBERS[month],
                month_en=_MONTHS["en"][month],
                month_pt=_MONTHS["pt-BR"][month],
                day=draw.randrange(11, 29),
                yen=draw.randrange(100, 950, 50),
                h=draw.randrange(8, 12),
                n=draw.randrange(2, 10),
                a=draw.randrange(1000, 9999),
                b=draw.randrange(1000, 9999),
            ),
            term,
            row,
        )
