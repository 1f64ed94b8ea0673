"""Suggestions: units with similar words."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest

from core.database import Database
from core.errors import Busy
from tests.translation.memory.conftest import OpenMemory, learn
from translation.memory import Memory, Unit
from translation.memory.likeness import REPLACED, Side, words_of


async def offered(
    memory: Memory, text: str, pair: str = "en ja", limit: int = 3, floor: float = 0.7
) -> list[tuple[float, str]]:
    source, target = pair.split()
    found = await memory.suggest(text, source, target, limit=limit, floor=floor)
    return [(round(suggestion.score, 2), suggestion.text) for suggestion in found]


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        ("Please bring it.", "en", ["please", "bring", "it"]),
        ("Você vem?", "pt-BR", ["você", "vem", "?"]),
        ("नमस्ते दुनिया", "ne", ["नमस्ते", "दुनिया"]),
        ("窓口です", "ja", ["窓口", "口で", "です"]),
        ("A4の紙", "ja", ["a4の", "の紙"]),
        ("箱", "ja", ["箱"]),
        ("税金。保険", "ja", ["税金", "保険"]),
        ("你好", "zh-Hans", ["你好"]),
        ("ສະ", "xx", ["ສະ"]),
        ("。、!", "ja", []),
        ("", "en", []),
    ],
)
def test_words_of_a_text(text: str, language: str, words: list[str]) -> None:
    assert words_of(text, language) == words


def test_fact_is_one_word_whatever_it_says() -> None:
    assert words_of("Open until 17:00.", "en") == words_of("open until 9:30", "en")
    assert words_of("3月31日まで", "ja") == words_of("4月2日まで", "ja")
    assert len(words_of("Open until 17:00.", "en")) == 3


async def test_similar_unit_is_suggested_with_the_share_of_same_words(memory: Memory) -> None:
    await learn(memory, "Please bring your residence card", "在留カードをお持ちください。")

    assert await offered(memory, "Please bring your insurance card") == [
        (0.8, "在留カードをお持ちください。")
    ]
    assert await offered(memory, "please BRING your residence card!") == [
        (1.0, "在留カードをお持ちください。")
    ]


async def test_words_count_and_not_letters(memory: Memory) -> None:
    """The letters are 93 % the same, the words 75 %."""
    await learn(memory, "Applications are accepted Monday", "受付は月曜日です。")

    assert await offered(memory, "Applications are accepted Sunday") == [(0.75, "受付は月曜日です。")]


async def test_unit_below_the_floor_is_not_suggested(memory: Memory) -> None:
    await learn(memory, "one two three four", "訳")

    assert await offered(memory, "one two three zebra", floor=0.75) == [(0.75, "訳")]
    assert await offered(memory, "one two three zebra", floor=0.76) == []
    assert await offered(memory, "one two zebra zebra") == []


async def test_much_longer_text_is_not_similar(memory: Memory) -> None:
    await learn(memory, "one two three four five six seven eight", "訳")

    assert await offered(memory, "one two three four") == []


async def test_japanese_is_compared_by_pairs_of_characters(memory: Memory) -> None:
    await learn(memory, "在留カードを持ってきてください", "Please bring your residence card.", "ja en")

    assert await offered(memory, "在留カードを持ってきて下さい", "ja en") == [
        (0.79, "Please bring your residence card.")
    ]
    assert await offered(memory, "保険証を返してください", "ja en") == []


async def test_unit_serves_the_other_direction_and_says_so(memory: Memory) -> None:
    unit = await learn(memory, "Where is the counter", "窓口はどこですか")

    [suggestion] = await memory.suggest("窓口はどこですか。", "ja", "en")

    assert (suggestion.unit, suggestion.score, suggestion.text) == (unit, 1.0, "Where is the counter")


async def test_facts_of_the_text_are_written_into_the_suggestion(memory: Memory) -> None:
    await learn(memory, "The office is open until 17:00.", "事務所は17時まで開いています。")

    assert await offered(memory, "The office is open until 18:30.") == [
        (1.0, "事務所は18時30分まで開いています。")
    ]
    assert await offered(memory, "Our office is open until 18:30.") == [
        (0.83, "事務所は18時30分まで開いています。")
    ]


async def test_unit_is_suggested_as_it_is_where_its_facts_do_not_fit(memory: Memory) -> None:
    await learn(memory, "The office is open until 17:00 today", "事務所は17時まで開いています。")

    assert await offered(memory, "The office is open until March 3 today") == [
        (0.86, "事務所は17時まで開いています。")
    ]


async def test_human_is_before_machine_at_the_same_score_only(memory: Memory) -> None:
    await learn(memory, "one two three four", "人", origin="human")
    await learn(memory, "One two three four", "機械", origin="machine")
    await learn(memory, "one two three five", "別の機械", origin="machine")

    assert await offered(memory, "one two three four") == [(1.0, "人"), (1.0, "機械"), (0.75, "別の機械")]
    assert await offered(memory, "one two three five") == [(1.0, "別の機械"), (0.75, "人"), (0.75, "機械")]


async def test_one_wording_is_suggested_once(memory: Memory) -> None:
    await learn(memory, "one two three four", "同じ")
    await learn(memory, "one two three five", "同じ", origin="machine")

    assert await offered(memory, "one two three four") == [(1.0, "同じ")]


async def test_at_most_as_many_as_asked_for_the_best_first(memory: Memory) -> None:
    for number, word in enumerate(("alpha", "beta", "gamma", "delta")):
        await learn(memory, f"one two three four {word}", f"訳{number}です")

    assert len(await offered(memory, "one two three four five", limit=2)) == 2
    assert (await offered(memory, "one two three four gamma", limit=1)) == [(1.0, "訳2です")]
    assert await offered(memory, "one two three four five", limit=0) == []


@pytest.mark.parametrize("text", ["", " ", "!!", "a" * 3000, "zebra"])
async def test_text_without_likeness_gets_nothing(memory: Memory, text: str) -> None:
    await learn(memory, "one two three four", "訳")

    assert await offered(memory, text) == []


async def test_other_pairs_are_not_suggested(memory: Memory) -> None:
    await learn(memory, "one two three four", "um dois", "en pt-BR")

    assert await offered(memory, "one two three four", "en ja") == []


async def test_changes_are_in_the_very_next_suggestion(memory: Memory) -> None:
    assert await offered(memory, "one two three four") == []

    unit = await learn(memory, "one two three four", "訳")
    assert await offered(memory, "one two three four") == [(1.0, "訳")]
    await memory.change(unit.id, source_text="one two three five", target_text="新訳", author="")
    assert await offered(memory, "one two three four") == [(0.75, "新訳")]
    await memory.forget(unit.id)
    assert await offered(memory, "one two three four") == []


async def test_unit_that_fell_out_of_the_index_is_not_suggested(
    database: Database, open_memory: OpenMemory
) -> None:
    memory = await open_memory(database, units=1)
    await learn(memory, "one two three four", "古い")
    assert await offered(memory, "one two three four") == [(1.0, "古い")]

    await learn(memory, "other words than those", "新しい")

    assert await offered(memory, "one two three four") == []


async def test_similar_units_among_many_are_those_that_a_plain_comparison_finds(
    database: Database, open_memory: OpenMemory
) -> None:
    """Cutting candidates never costs a unit that reaches the floor."""
    import itertools

    from rapidfuzz.distance import Levenshtein

    memory = await open_memory(database)
    words = ("red", "blue", "green", "old")
    texts = [" ".join(chosen) for size in (3, 4) for chosen in itertools.product(words, repeat=size)]
    from translation.memory.model import Draft

    await memory.learn_many(
        [Draft(source="en", target="ja", source_text=text, target_text=f"訳 {text}") for text in texts]
    )
    await memory.refresh()

    for query in ("red red blue old", "old old old", "green blue"):
        for floor in (0.5, 0.66, 0.75):
            found = await memory.suggest(query, "en", "ja", limit=20, floor=floor)
            scores = [Levenshtein.normalized_similarity(query.split(), text.split()) for text in texts]
            best = sorted((round(score, 6) for score in scores if score >= floor), reverse=True)[:20]
            assert [round(suggestion.score, 6) for suggestion in found] == best


def test_tables_do_not_grow_with_units_that_are_gone() -> None:
    side = Side("en", "ja")
    now = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
    values: dict[str, Any] = {"source": "en", "target": "ja", "target_text": "訳", "origin": "human"}
    values |= {"author": "", "came_from": "", "created_at": now, "updated_at": now}

    for number in range(REPLACED + 100):
        side.put(Unit(id="one", source_text=f"one two three word{number}", **values))
    side.put(Unit(id="two", source_text="other words than those", **values))

    assert side.size < 1000  # 40,000 without it
    assert [found.unit.id for found in side.suggest("one two three zebra", 3, 0.7)] == ["one"]
    assert [found.unit.id for found in side.suggest("other words than those", 3, 0.7)] == ["two"]


async def test_too_many_searches_at_once_are_refused(database: Database, open_memory: OpenMemory) -> None:
    memory = await open_memory(database, waiting=2)
    await learn(memory, "one two three four", "訳")

    answers = await asyncio.gather(
        *(memory.suggest("one two three four", "en", "ja") for _ in range(5)), return_exceptions=True
    )

    assert [type(answer) for answer in answers] == [list, list, Busy, Busy, Busy]
    assert await offered(memory, "one two three four") == [(1.0, "訳")]
