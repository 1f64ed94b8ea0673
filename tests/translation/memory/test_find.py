"""Which unit answers for a sentence, and with which facts."""

from __future__ import annotations

import pytest

from core.database import Database
from tests.translation.memory.conftest import OpenMemory, learn
from translation.facts import check
from translation.memory import Memory


def texts(memory: Memory, text: str, pair: str = "en ja") -> tuple[str, bool] | None:
    match = memory.find(text, *pair.split())
    return (match.text, match.exact) if match else None


async def test_learnt_translation_is_used_by_the_very_next_find(memory: Memory) -> None:
    unit = await learn(memory, "Where is the counter?", "窓口はどこですか。")

    match = memory.find("where is the counter？", "en", "ja")

    assert match is not None
    assert (match.unit, match.text, match.exact) == (unit, "窓口はどこですか。", True)


async def test_empty_memory_finds_nothing(memory: Memory) -> None:
    assert memory.find("Where is the counter?", "en", "ja") is None


@pytest.mark.parametrize("pair", ["ja en", "en pt-BR", "pt-BR ja", "en ja-Hira", "xx yy"])
async def test_unit_answers_only_for_its_own_pair(memory: Memory, pair: str) -> None:
    await learn(memory, "ok then", "はい")

    assert texts(memory, "ok then", pair) is None


async def test_machine_unit_never_answers(memory: Memory) -> None:
    await learn(memory, "Good evening", "機械", origin="machine")

    assert texts(memory, "Good evening") is None


async def test_human_unit_answers_beside_a_machine_unit_learnt_later(memory: Memory) -> None:
    await learn(memory, "Good evening", "こんばんは。")
    await learn(memory, "Good evening", "機械", origin="machine")

    assert texts(memory, "Good evening") == ("こんばんは。", True)


async def test_part_of_a_sentence_is_no_match(memory: Memory) -> None:
    await learn(memory, "Good evening", "こんばんは。")

    assert texts(memory, "Good evening to you") is None
    assert texts(memory, "evening") is None
    assert texts(memory, "") is None


@pytest.mark.parametrize(
    ("learnt", "translated", "asked", "answer"),
    [
        ("Open until 17:00.", "17時まで開いています。", "Open until 18:30.", "18時30分まで開いています。"),
        ("Open until 5 p.m.", "午後5時まで開いています。", "open until 9:00", "9時まで開いています。"),
        ("Call 03-1234-5678.", "03-1234-5678に電話。", "Call 0120-555-321.", "0120-555-321に電話。"),
        ("The fee is 300 yen.", "手数料は300円です。", "The fee is 1,200 yen.", "手数料は1,200円です。"),
        ("See https://a.example.jp", "https://a.example.jp へ", "See https://b.example.jp", "https://b.example.jp へ"),
        ("Closed on March 31.", "3月31日は休みです。", "Closed on May 3.", "5月3日は休みです。"),
        ("Go to counter 5.", "5番窓口へどうぞ。", "Go to counter 12.", "12番窓口へどうぞ。"),
    ],
)  # fmt: skip
async def test_unit_serves_other_facts_in_the_format_of_the_target(
    memory: Memory, learnt: str, translated: str, asked: str, answer: str
) -> None:
    await learn(memory, learnt, translated)

    assert texts(memory, asked) == (answer, False)
    assert check(asked, "en", answer, "ja").lost == ()


async def test_same_fact_written_otherwise_gets_the_unit_as_it_is(memory: Memory) -> None:
    await learn(memory, "Open until 17:00.", "午後5時まで開いています。")

    assert texts(memory, "Open until 5 p.m.") == ("午後5時まで開いています。", True)


async def test_unit_with_just_these_facts_is_before_a_newer_one_with_others(memory: Memory) -> None:
    await learn(memory, "Open until 17:00.", "夕方の17時まで開いています。")
    await learn(memory, "Open until 12:00.", "12時まで開いています。")

    assert texts(memory, "Open until 5 p.m.") == ("夕方の17時まで開いています。", True)
    assert texts(memory, "Open until 18:00.") == ("18時まで開いています。", False)


async def test_facts_of_one_kind_keep_their_roles(memory: Memory) -> None:
    await learn(
        memory, "Open from 9:00 to 17:00, break from 12:00.", "12時から休憩、9時から17時まで開いています。"
    )

    assert texts(memory, "Open from 8:30 to 18:00, break from 13:00.") == (
        "13時から休憩、8時30分から18時まで開いています。",
        False,
    )


async def test_equal_facts_are_served_only_as_they_are(memory: Memory) -> None:
    await learn(memory, "Counter 5 on floor 5.", "5階の5番窓口です。")

    assert texts(memory, "Counter 5 on floor 5") == ("5階の5番窓口です。", True)
    assert texts(memory, "Counter 3 on floor 2") is None


async def test_sentence_with_equal_facts_is_served_by_a_unit_with_different_ones(memory: Memory) -> None:
    await learn(memory, "Counter 3 on floor 2.", "2階の3番窓口です。")

    assert texts(memory, "Counter 5 on floor 5.") == ("5階の5番窓口です。", False)


@pytest.mark.parametrize(
    ("learnt", "translated", "asked"),
    [
        ("Open until 17:00.", "夕方まで開いています。", "Open until 18:30."),  # the translation leaves the time out
        ("Open until 17:00.", "9時から17時まで開いています。", "Open until 18:30."),  # and here it says more
        ("Bring 2 copies.", "2部（正副2部）お持ちください。", "Bring 3 copies."),  # the fact is said twice
        ("Open until 17:00.", "17時まで開いています。", "Open until 17:00 and 18:00."),
        ("Open until 17:00.", "17時まで開いています。", "Closed until 18:30."),
    ],
)  # fmt: skip
async def test_unit_is_not_used_where_a_fact_might_be_lost(
    memory: Memory, learnt: str, translated: str, asked: str
) -> None:
    await learn(memory, learnt, translated)

    assert texts(memory, learnt) == (translated, True)
    assert texts(memory, asked) is None


async def test_word_for_a_number_is_not_left_behind(memory: Memory) -> None:
    await learn(memory, "2部お持ちください。", "Bring 2 copies, two of each form.", "ja en")

    assert texts(memory, "3部お持ちください。", "ja en") is None


async def test_number_is_not_put_where_the_words_would_have_to_bend(memory: Memory) -> None:
    await learn(memory, "窓口は1つです。証明書は1通です。", "unused", "ja en")
    await learn(memory, "子どもは2人です。", "There are 2 children.", "ja en")

    assert texts(memory, "子どもは5人です。", "ja en") == ("There are 5 children.", False)
    assert texts(memory, "子どもは1人です。", "ja en") is None


async def test_older_unit_serves_where_the_newest_does_not_bend(memory: Memory) -> None:
    await learn(memory, "子どもは2人です。", "There are 2 children.", "ja en")
    await learn(memory, "子どもは1人です。", "There is 1 child.", "ja en")

    assert texts(memory, "子どもは3人です。", "ja en") == ("There are 3 children.", False)
    assert texts(memory, "子どもは1人です。", "ja en") == ("There is 1 child.", True)


async def test_date_in_a_form_that_words_around_belong_to_stays(memory: Memory) -> None:
    await learn(memory, "3月31日まで", "until the 31st of March", "ja en")

    assert texts(memory, "4月2日まで", "ja en") is None


@pytest.mark.parametrize(
    ("pair", "learnt", "translated", "asked"),
    [
        ("en pt-BR", "Room 5 is closed on Monday", "Sala 5 fechada na segunda-feira", "Room 5 is closed on Sunday"),
        ("en ru", "Open until 2 rooms", "Есть 2 комнаты", "Open until 5 rooms"),
        ("en tr", "Open until 17:00.", "17:00'ye kadar açık.", "Open until 16:00."),
    ],
)  # fmt: skip
async def test_fact_is_not_changed_where_endings_hang_on_it(
    memory: Memory, pair: str, learnt: str, translated: str, asked: str
) -> None:
    await learn(memory, learnt, translated, pair)

    assert texts(memory, learnt, pair) == (translated, True)
    assert texts(memory, asked, pair) is None


@pytest.mark.parametrize(
    ("pair", "translated", "answer"),
    [
        ("en vi", "Mở cửa đến 17:00.", "Mở cửa đến 18:30."),
        ("en ko", "17:00까지 엽니다.", "18:30까지 엽니다."),
        ("en zh-Hans", "开放至17:00。", "开放至18:30。"),
        ("en pt-BR", "Aberto até 17h.", "Aberto até 18h30."),
    ],
)
async def test_other_languages_are_served_too(
    memory: Memory, pair: str, translated: str, answer: str
) -> None:
    await learn(memory, "Open until 17:00.", translated, pair)

    assert texts(memory, "Open until 18:30.", pair) == (answer, False)


async def test_my_number_is_masked_before_it_is_stored(memory: Memory, database: Database) -> None:
    unit = await learn(memory, "My number is 123456789018.", "番号は1234 5678 9018です。")

    assert unit.source_text == "My number is ************."
    assert unit.target_text == "番号は**** **** ****です。"
    assert database.path is not None
    for file in database.path.parent.iterdir():
        assert b"123456789018" not in file.read_bytes()
        assert b"1234 5678 9018" not in file.read_bytes()


async def test_masked_my_number_answers_only_as_it_is(memory: Memory) -> None:
    await learn(memory, "My number is 123456789018.", "番号は123456789018です。")

    assert texts(memory, "My number is ************.") == ("番号は************です。", True)


async def test_replaced_source_facts_no_longer_answer(memory: Memory) -> None:
    unit = await learn(memory, "Open until 17:00.", "17時まで開いています。")
    await memory.change(
        unit.id, source_text="Closed until 17:00.", target_text="17時まで閉まっています。", author="mori"
    )

    assert texts(memory, "Open until 18:00.") is None
    assert texts(memory, "Closed until 18:00.") == ("18時まで閉まっています。", False)


async def test_forgotten_unit_with_facts_gives_way_to_the_older_one(memory: Memory) -> None:
    await learn(memory, "Open until 17:00.", "17時まで開いています。")
    newer = await learn(memory, "Open until 12:00.", "12時まで開庁しています。")
    assert texts(memory, "Open until 18:00.") == ("18時まで開庁しています。", False)

    await memory.forget(newer.id)

    assert texts(memory, "Open until 18:00.") == ("18時まで開いています。", False)


async def test_text_longer_than_any_unit_is_not_looked_at(
    database: Database, open_memory: OpenMemory
) -> None:
    memory = await open_memory(database, longest_text=10)
    await learn(memory, "0123456789", "数字の列です")

    assert texts(memory, "0123456789") == ("数字の列です", True)
    assert texts(memory, "0123456789." + " " * 10) is None


async def test_invisible_characters_neither_hide_nor_make_a_match(memory: Memory) -> None:
    await learn(memory, "Where is\u200b the counter?", "窓口は\u200bどこですか。")

    assert texts(memory, "Where is the cou\u2060nter?") == ("窓口は\u200bどこですか。", True)
