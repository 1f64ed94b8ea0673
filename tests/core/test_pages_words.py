"""The words of the pages: the same keys in both languages, all of them used, none missing."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path
from string import Formatter

import pytest

from core.words import Words
from tests.core.page_renderer import FOLDERS, TEMPLATES

SOURCES = "\n".join(
    path.read_text(encoding="utf-8") for folder in TEMPLATES for path in folder.rglob("*.html")
)
# `t("desk.kind." ~ fact.kind)` uses every key that begins so.
PREFIXES = set(re.findall(r"""(?<!say\()["']([a-z_.]+[._])["'] ~""", SOURCES)) | {
    "login.",
    "desk.error.",
    "counters.error.",
    "disaster.error.",
    "forms.error.",
}  # chosen in Python
USED = set(re.findall(r"""(?:\bt|sentence)\(["']([a-z_.]+[a-z_])["'](?! ~)""", SOURCES))


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize(
    "folder", list(chain.from_iterable(FOLDERS.values())), ids=lambda folder: folder.name
)
def test_both_languages_have_the_same_keys(folder: Path) -> None:
    words = Words(folder)
    assert words.languages == ["en", "ja"]
    assert words.keys("ja") == words.keys("en")


@pytest.mark.parametrize(
    "folder", list(chain.from_iterable(FOLDERS.values())), ids=lambda folder: folder.name
)
def test_both_languages_have_the_same_placeholders(folder: Path) -> None:
    words = Words(folder)
    different = {
        key
        for key in words.keys("ja")
        if placeholders(words.get("ja", key)) != placeholders(words.get("en", key))
    }
    assert different == set()


def test_packages_do_not_override_each_others_words() -> None:
    keys = [Words(folder).keys("ja") for folder in chain.from_iterable(FOLDERS.values())]
    assert sum(map(len, keys)) == len(set().union(*keys))


def test_every_key_used_in_a_template_exists() -> None:
    known = Words(*chain.from_iterable(FOLDERS.values())).keys("ja")
    assert USED - known == set()


def test_every_prefix_used_in_a_template_exists() -> None:
    known = Words(*chain.from_iterable(FOLDERS.values())).keys("ja")
    assert {prefix for prefix in PREFIXES if not any(key.startswith(prefix) for key in known)} == set()


def test_every_key_is_used() -> None:
    known = Words(*chain.from_iterable(FOLDERS.values())).keys("ja")
    assert {key for key in known - USED if not key.startswith(tuple(PREFIXES))} == set()


@pytest.mark.parametrize(
    "folder", list(chain.from_iterable(FOLDERS.values())), ids=lambda folder: folder.name
)
def test_english_file_holds_no_japanese(folder: Path) -> None:
    words = Words(folder)
    assert [k for k in words.keys("en") if re.search(r"[\u3041-\u9fff]", words.get("en", k))] == []
