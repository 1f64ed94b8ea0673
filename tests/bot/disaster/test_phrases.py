"""What is said exists in every language, with the same places to fill in."""

from __future__ import annotations

import re

import pytest
import regex

from bot.city import City
from bot.disaster.areas import Areas
from bot.disaster.model import KINDS
from bot.disaster.templates import TEMPLATES
from core.words import Words
from tests.bot.conftest import ROOT
from tests.bot.disaster.conftest import LANGUAGES

QUICK = ("disaster.place.", "disaster.need.", "disaster.consent.")
QUICK_REPLIES = ("safe", "help", "start", "other_shelter", "send_location", "skip", "none", "enough", "moved")
KANJI_WITHOUT_READING = re.compile(r"[\u4e00-\u9fff]+(?![\u4e00-\u9fff]*[（\u3040-\u30ff]*（)")


def ours(city: City, language: str) -> set[str]:
    return {key for key in city.phrases.keys(language) if key.startswith("disaster.")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_the_same_things(city: City, language: str) -> None:
    assert ours(city, language) == ours(city, "ja")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_places_to_fill_in(city: City, language: str) -> None:
    for key in ours(city, "ja"):
        if not key.startswith("disaster.words."):
            places = [
                sorted(set(re.findall(r"{(\w+)}", city.phrases.get(tag, key)))) for tag in ("ja", language)
            ]
            assert places[0] == places[1], key


@pytest.mark.parametrize("language", LANGUAGES)
def test_quick_replies_fit(city: City, language: str) -> None:
    keys = [key for key in ours(city, language) if key.startswith(QUICK)]
    keys += [f"disaster.checkin.{name}" for name in (*QUICK_REPLIES, "quiet", "same")]
    for key in keys:
        assert len(regex.findall(r"\X", city.phrases.get(language, key))) <= 20, key


@pytest.mark.parametrize("language", LANGUAGES)
def test_places_have_names_in_every_language(city: City, areas: Areas, language: str) -> None:
    assert all(language in area.names for area in areas)
    assert all(language in shelter.names for shelter in city.shelters.values())


def test_every_template_is_written(city: City) -> None:
    written = {key.removeprefix("disaster.template.") for key in ours(city, "ja") if ".template." in key}
    assert written == set(TEMPLATES)


def test_pages_say_the_same_in_both_languages() -> None:
    words = Words(ROOT / "bot" / "words" / "disaster")
    assert words.keys("ja") == words.keys("en")
    for kind in KINDS:
        assert words.get("en", f"disaster.kind.{kind}")
    for template in TEMPLATES:
        assert words.get("ja", f"disaster.template.{template}")
