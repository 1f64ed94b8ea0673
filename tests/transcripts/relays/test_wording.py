"""Captions as packets."""

from __future__ import annotations

import random
import unicodedata

import pytest

from transcripts.relays.wording import Shape, break_lines, packets

ENGLISH = "The city will open three new evacuation shelters in the northern district next year."
JAPANESE = "来年度、北部地区に新しい避難所を三か所開設します。開館時間は午前九時から午後五時までです。"


def width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def test_short_caption_is_one_line() -> None:
    assert packets("Good morning.", Shape()) == ["Good morning."]


def test_english_is_broken_between_words_into_lines_of_equal_length() -> None:
    assert break_lines(ENGLISH, 42) == [
        "The city will open three new",
        "evacuation shelters in the",
        "northern district next year.",
    ]


def test_two_lines_make_one_packet() -> None:
    assert packets(ENGLISH, Shape()) == [
        "The city will open three new\nevacuation shelters in the",
        "northern district next year.",
    ]


def test_japanese_lines_have_at_most_sixteen_characters_and_begin_with_no_closing_mark() -> None:
    lines = [line for packet in packets(JAPANESE, Shape()) for line in packet.split("\n")]

    assert "".join(lines) == JAPANESE
    assert max(map(width, lines)) <= 32
    assert [line for line in lines if line[0] in "、。ーっょ"] == []


def test_opening_bracket_does_not_end_a_line() -> None:
    assert break_lines("あいうえ「かき」", 10) == ["あいうえ", "「かき」"]


def test_long_address_is_cut_and_nothing_of_it_lost() -> None:
    address = "https://www.city.aoba.example/" + "a" * 100

    lines = break_lines(f"See {address}.", 42)

    assert "".join(lines).replace("See", "See ") == f"See {address}."
    assert max(map(len, lines)) <= 42


def test_combining_marks_stay_with_their_letter() -> None:
    thai = "ที่" * 60

    lines = break_lines(thai, 20)

    assert "".join(lines) == thai
    assert [
        line for line in lines if unicodedata.combining(line[0]) or unicodedata.category(line[0]) == "Mn"
    ] == []


def test_teams_lines_have_at_most_120_characters() -> None:
    lines = packets(ENGLISH * 5, Shape(columns=120, wide_columns=120, lines=1))

    assert max(map(len, lines)) <= 120
    assert [line for line in lines if "\n" in line] == []


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_lost_but_spaces_and_no_line_is_too_long(seed: int) -> None:
    chance = random.Random(seed)
    text = " ".join(
        "".join(
            chance.choice("abcdeéñ0123日本語のカタカナー、。「」()!?") for _ in range(chance.randint(1, 30))
        )
        for _ in range(chance.randint(1, 30))
    )
    columns = chance.choice([20, 32, 42, 120])

    lines = break_lines(text, columns)

    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert max(map(width, lines)) <= columns


def test_empty_text_makes_no_packet() -> None:
    assert packets("", Shape()) == []
    assert packets("  ", Shape()) == []
