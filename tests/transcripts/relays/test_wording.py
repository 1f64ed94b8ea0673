"""Captions as packets."""

from __future__ import annotations

import random
import unicodedata

import pytest

from transcripts import lines
from transcripts.relays.wording import Shape, packets

ENGLISH = "The city will open three new evacuation shelters in the northern district next year."
JAPANESE = "来年度、北部地区に新しい避難所を三か所開設します。開館時間は午前九時から午後五時までです。"


def width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


ZOOM, TEAMS = Shape(), Shape(columns=120, lines=1)


def lines_of(text: str, language: str = "en", shape: Shape = ZOOM) -> list[str]:
    return [line for packet in packets(text, language, shape) for line in packet.split("\n")]


def test_short_caption_is_one_line() -> None:
    assert packets("Good morning.", "en", Shape()) == ["Good morning."]


def test_lines_are_those_of_the_reader_s_language() -> None:
    assert packets(ENGLISH, "en", Shape()) == ["\n".join(block) for block in lines.break_lines(ENGLISH, "en")]


def test_japanese_lines_have_at_most_sixteen_characters_and_begin_with_no_closing_mark() -> None:
    found = lines_of(JAPANESE, "ja")

    assert "".join(found) == JAPANESE
    assert max(map(width, found)) <= 32
    assert [line for line in found if line[0] in "、。ーっょ"] == []


def test_long_address_is_cut_and_nothing_of_it_lost() -> None:
    address = "https://www.city.aoba.example/" + "a" * 100

    found = lines_of(f"See {address}.")

    assert "".join(found).replace("See", "See ").replace("See  ", "See ") == f"See {address}."
    assert max(map(len, found)) <= 42


def test_combining_marks_stay_with_their_letter() -> None:
    thai = "ที่" * 60

    found = lines_of(thai, "th")

    assert "".join(found) == thai
    assert [
        line for line in found if unicodedata.combining(line[0]) or unicodedata.category(line[0]) == "Mn"
    ] == []


def test_teams_has_lines_of_at_most_120_characters_and_as_few_as_fit() -> None:
    found = packets(ENGLISH * 5, "en", TEAMS)

    assert max(map(len, found)) <= 120
    assert [line for line in found if "\n" in line] == []
    assert len(found) <= len(ENGLISH * 5) // 80 + 1


def test_teams_line_keeps_the_spaces_of_the_text() -> None:
    assert packets(ENGLISH, "en", TEAMS) == [ENGLISH]
    assert packets(JAPANESE, "ja", TEAMS) == [JAPANESE]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("shape", [ZOOM, TEAMS])
def test_nothing_is_lost_but_spaces_and_no_line_is_too_long(seed: int, shape: Shape) -> None:
    chance = random.Random(seed)
    text = " ".join(
        "".join(
            chance.choice("abcdeéñ0123日本語のカタカナー、。「」()!?") for _ in range(chance.randint(1, 30))
        )
        for _ in range(chance.randint(1, 30))
    )
    for language in ("ja", "en"):
        found = lines_of(text, language, shape)

        assert "".join(found).replace(" ", "") == text.replace(" ", "")
        assert max(map(width, found)) <= shape.columns


def test_empty_text_makes_no_packet() -> None:
    assert packets("", "en", Shape()) == []
    assert packets("  ", "en", TEAMS) == []
