"""What residents may write, what the city's files say."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from string import Formatter

import pytest
import regex

from bot.city import City
from bot.counter.catalogue import Catalogue, read_catalogue
from bot.counter.wording import COMMANDS, Wording, number_in
from core.errors import InvalidInput
from core.words import Words
from tests.bot.counter.conftest import CITY, LANGUAGES

FOLDER = CITY / "phrases" / "notice"
QUICK = ("watch", "list", "stop", "papers")


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.fixture(scope="module")
def phrases() -> Words:
    return Words(FOLDER)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_phrase_with_the_same_placeholders(phrases: Words, language: str) -> None:
    assert phrases.keys(language) == phrases.keys("en")
    for key in phrases.keys("en"):
        if ".words." not in key:
            assert placeholders(phrases.get(language, key)) == placeholders(phrases.get("en", key)), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_quick_replies_fit(phrases: Words, language: str) -> None:
    for name in QUICK:
        label = phrases.get(language, f"notice.button.{name}")
        assert len(regex.findall(r"\X", label)) <= 20, label


@pytest.mark.parametrize("language", LANGUAGES)
def test_buttons_of_the_card_fit(phrases: Words, language: str) -> None:
    for kind in ("turn", "ready", "reminder"):
        named = phrases.get(language, f"notice.kind.{kind}")
        for name in ("on", "off"):
            label = phrases.get(language, f"notice.button.{name}", kind=named)
            assert len(regex.findall(r"\X", label)) <= 40, label


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_understands_every_wish(phrases: Words, language: str) -> None:
    assert [bool(phrases.list(language, f"notice.words.{command}")) for command in COMMANDS] == [True] * 5


@pytest.mark.parametrize("language", LANGUAGES)
def test_own_buttons_words_are_understood(wording: Wording, phrases: Words, language: str) -> None:
    """Whoever writes the word that a message tells them to write is understood."""
    quoted = regex.search(r"[“「](.+?)[”」]", phrases.get(language, "notice.watching"))
    assert quoted is not None
    assert wording.wish(quoted[1]) == "stop"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("57", 57),
        ("No. 57 please", 57),
        ("５７番", 57),
        ("५७ नम्बर", 57),
        ("57 and 57", 57),
        ("57 or 58", None),
        ("fifty", None),
        ("0", None),
        ("12345", None),
        ("", None),
        ("²", 2),
    ],
)
def test_number_in_a_text(text: str, number: int | None) -> None:
    assert number_in(text) == number


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("How busy is it?", "busy"),
        ("Tell me when 57 is near", "watch"),
        ("tell me when number 57 is called", "watch"),
        ("57番が近くなったら教えて", "watch"),
        ("我的号码是 57", "watch"),
        ("tell me when 57 or 58 is near", ""),
        ("tell me when the garbage is collected", ""),
        ("My Number card", ""),
        ("my number is lost", ""),
        ("I moved on 3 April", ""),
        ("how do I get a certificate?", ""),
        ("stop", ""),
        ("please stop notices", "stop"),
        ("how busy " + "x" * 80, ""),
        ("", ""),
        ("#", ""),
        ("tell me when #", ""),
    ],
)
def test_wishes(wording: Wording, text: str, wish: str) -> None:
    assert wording.wish(text) == wish


def test_questions_of_the_articles_are_no_wishes(wording: Wording, city: City) -> None:
    questions = [question for article in city.articles.values() for question in article.questions]
    assert len(questions) > 100
    assert [question for question in questions if wording.wish(question)] == []


# counters.toml


def test_demo_city_has_counters_in_every_language(catalogue: Catalogue) -> None:
    assert list(catalogue.counters) == ["civil-affairs", "insurance-pension", "tax", "child-support"]
    assert {tuple(counter.names) for counter in catalogue.counters.values()} == {LANGUAGES}


def test_demo_city_says_when_nobody_is_disturbed(catalogue: Catalogue) -> None:
    assert catalogue.options.quiet_from == dt.time(20, 0)
    assert catalogue.options.quiet_until == dt.time(8, 0)


def test_city_without_the_file_has_no_counters(tmp_path: Path) -> None:
    assert dict(read_catalogue(tmp_path, ["tax"]).counters) == {}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[counters.A]\ndepartment = 'tax'\nname.ja = 'x'", "small letters"),
        ("[counters.a]\ndepartment = 'none'\nname.ja = 'x'", "names no department"),
        ("[counters.a]\nname.ja = 'x'", "names no department"),
        ("[counters.a]\ndepartment = 'tax'\nname.en = 'x'", "lacks its name in Japanese"),
        ("[counters.a]\ndepartment = 'tax'\nname = 'x'", "lacks its name in Japanese"),
        ("[counters.a]\ndepartment = 'tax'\nwrap = 5\nname.ja = 'x'", "must wrap at"),
        ("[counters.a]\ndepartment = 'tax'\nwrap = true\nname.ja = 'x'", "must wrap at"),
        ("[settings]\nnear = 0", "“near”"),
        ("[settings]\nnear = true", "“near”"),
        ("[settings]\nfar = 3", "“far”"),
        ("[settings]\nquiet_from = '20:00'", "“quiet_from”"),
        ("[", "is not valid TOML"),
    ],
)
def test_what_is_wrong_in_the_file_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "counters.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput, match=regex.escape(sentence)):
        read_catalogue(tmp_path, ["tax"])
