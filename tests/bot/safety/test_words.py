"""What is said at once in danger."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import config
from bot.city import read_toml
from bot.safety.answers import emergency_words, urgent_words
from core.words import Words

CITY = Path(config.__file__).parent / "city"
WORDS = Words(CITY / "phrases", CITY / "phrases" / "safety")
LANGUAGES = sorted(path.stem for path in (CITY / "phrases" / "safety").glob("*.toml"))
EMERGENCY = ("fire", "medical", "crime", "accident", "gas", "water", "trapped", "other")
URGENT = ("violence", "suicide", "labour", "child", "sexual", "stalking", "home", "status", "other")
NUMBERS = {entry["number"] for entry in read_toml(CITY / "hotlines.toml")["hotlines"]}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("topic", EMERGENCY)
def test_emergency_has_a_number_and_a_sentence_to_read_aloud(language: str, topic: str) -> None:
    key = emergency_words(topic).phrase
    assert WORDS.language_of(language, key) == language
    said = WORDS.get(language, key, city="Aoba")
    assert ("110" if topic == "crime" else "119") in said
    assert re.search(r"「[^」]+(です|ください|ます)」", said)
    assert (language == "ja") == (re.search(r"Jūsho wa", said) is None)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("topic", URGENT)
def test_urgent_has_hotlines_that_are_on_the_list(language: str, topic: str) -> None:
    key = urgent_words(topic).phrase
    assert WORDS.language_of(language, key) == language
    said = WORDS.get(language, key, city="Aoba")
    numbers = set(re.findall(r"0\d{3}-\d{2,3}-?\d{3,4}|#\d{4}", said))
    assert numbers | ({"189"} if "189" in said else set()) <= NUMBERS
    assert numbers
    assert "110" in said


def test_without_a_topic_the_general_words_are_said() -> None:
    assert (emergency_words("").phrase, urgent_words("").phrase) == ("emergency.text", "urgent.text")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_needs_a_second_message(language: str) -> None:
    for key in WORDS.keys(language):
        if key.startswith("safety."):
            assert len(WORDS.get(language, key).encode("utf-16-le")) < 2 * 2000, key


def test_desks_exist() -> None:
    desks = read_toml(CITY / "hotlines.toml")["desks"]
    assert set(desks) <= set(URGENT)
    assert set(desks.values()) <= set(read_toml(CITY / "city.toml")["departments"])


def test_every_topic_of_the_patterns_has_words() -> None:
    for path in (CITY / "triggers" / "safety").glob("*.toml"):
        table = read_toml(path)
        assert {*table["emergency"], *table.get("alone", {})} <= set(EMERGENCY), path.name
        assert set(table["urgent"]) <= set(URGENT), path.name
