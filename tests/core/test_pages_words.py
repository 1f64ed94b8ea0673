"""The words of the pages: the same keys in both languages, all of them used, none missing."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from core.words import Words
from tests.core.page_renderer import TEMPLATES, WORDS

SOURCES = "\n".join(
    path.read_text(encoding="utf-8") for folder in TEMPLATES for path in folder.rglob("*.html")
)
# `t("desk.kind." ~ fact.kind)` uses every key that begins so.
PREFIXES = set(re.findall(r"""["']([a-z_.]+\.)["'] ~""", SOURCES)) | {
    "login.",
    "desk.error.",
}  # chosen in Python
USED = set(re.findall(r"""(?:\bt|sentence)\(["']([a-z_.]+[a-z_])["']""", SOURCES))


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("package", WORDS)
def test_both_languages_have_the_same_keys(package: str) -> None:
    words = Words(WORDS[package])
    assert words.languages == ["en", "ja"]
    assert words.keys("ja") == words.keys("en")


@pytest.mark.parametrize("package", WORDS)
def test_both_languages_have_the_same_placeholders(package: str) -> None:
    words = Words(WORDS[package])
    different = {
        key
        for key in words.keys("ja")
        if placeholders(words.get("ja", key)) != placeholders(words.get("en", key))
    }
    assert different == set()


def test_packages_do_not_override_each_others_words() -> None:
    assert Words(WORDS["core"]).keys("ja") & Words(WORDS["bot"]).keys("ja") == set()


def test_every_key_used_in_a_template_exists() -> None:
    known = Words(*WORDS.values()).keys("ja")
    assert USED - known == set()


def test_every_prefix_used_in_a_template_exists() -> None:
    known = Words(*WORDS.values()).keys("ja")
    assert {prefix for prefix in PREFIXES if not any(key.startswith(prefix) for key in known)} == set()


def test_every_key_is_used() -> None:
    known = Words(*WORDS.values()).keys("ja")
    assert {key for key in known - USED if not key.startswith(tuple(PREFIXES))} == set()


@pytest.mark.parametrize("package", WORDS)
def test_english_file_holds_no_japanese(package: str) -> None:
    words = Words(WORDS[package])
    assert [k for k in words.keys("en") if re.search(r"[\u3041-\u9fff]", words.get("en", k))] == []
