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
HOTLINES = {entry["id"]: entry for entry in read_toml(CITY / "hotlines.toml")["hotlines"]}
OWN = HOTLINES["work"]["numbers"]  # language → a number at which it is spoken
NUMBERS = {entry["number"] for entry in HOTLINES.values()} | set(OWN.values())
NUMBER = re.compile(r"0\d{3}-\d{2,3}-?\d{3,4}|#\d{4}")


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
    numbers = set(NUMBER.findall(said))
    assert numbers | ({"189"} if "189" in said else set()) <= NUMBERS
    assert numbers
    assert "110" in said


@pytest.mark.parametrize("topic", URGENT)
def test_every_language_names_the_same_hotlines_in_the_same_order(topic: str) -> None:
    key = urgent_words(topic).phrase
    said = {language: NUMBER.findall(WORDS.get(language, key)) for language in LANGUAGES}
    common = {tuple(number for number in numbers if number not in OWN.values()) for numbers in said.values()}
    assert len(common) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_work_has_the_number_at_which_the_language_is_spoken(language: str) -> None:
    said = WORDS.get(language, urgent_words("labour").phrase)
    own = OWN.get(language.partition("-")[0])
    assert [number for number in NUMBER.findall(said) if number in OWN.values()] == ([own] if own else [])


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "ja"])
@pytest.mark.parametrize("topic", EMERGENCY)
def test_emergency_tells_how_to_ask_for_an_interpreter(language: str, topic: str) -> None:
    said = WORDS.get(language, emergency_words(topic).phrase)
    assert re.search(r"「\w+語でお願いします」（\w+ごでおねがいします）\n\w+go de onegai shimasu", said)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("topic", ["fire", "gas", "water", "crime"])
def test_what_must_be_done_before_the_call_stands_before_the_number(language: str, topic: str) -> None:
    parts = WORDS.get(language, emergency_words(topic).phrase).split("\n\n")
    assert not re.search(r"\d", parts[1])
    assert re.match("110" if topic == "crime" else "119", parts[2])


def test_every_hotline_says_what_it_was_compared_with() -> None:
    for name, entry in HOTLINES.items():
        assert re.match(r"\d{4}-\d\d-\d\d: ", entry["read"]), name
        assert entry["official"].startswith("https://"), name


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
