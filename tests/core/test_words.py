from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from core.errors import NotFound
from core.words import Words, flatten


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "ja": 'only = "日本語だけ"\n[answer]\nyes = "はい"\nsteps = ["一", "二"]\n',
        "en": '[answer]\nyes = "Yes"\nno = "No"\n[greeting]\nhello = "Hello, {name}"\nbraces = "{x}"\n',
        "pt": '[answer]\nyes = "Sim"\n',
        "pt-BR": '[greeting]\nhello = "Oi, {name}"\n',
    }
    for name, text in files.items():
        (tmp_path / f"{name}.toml").write_text(text, "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("language", "key", "text", "spoken"),
    [
        ("ja", "answer.yes", "はい", "ja"),
        ("pt-BR", "answer.yes", "Sim", "pt"),
        ("pt-BR", "answer.no", "No", "en"),
        ("pt-BR", "only", "日本語だけ", "ja"),
        ("vi", "answer.yes", "Yes", "en"),
        ("ja", "answer.no", "No", "en"),
    ],
)
def test_words_fall_back_to_a_language_that_has_them(
    folder: Path, language: str, key: str, text: str, spoken: str
) -> None:
    words = Words(folder)

    assert words.get(language, key) == text
    assert words.language_of(language, key) == spoken


def test_fallbacks_are_tried_in_the_order_given(folder: Path) -> None:
    assert Words(folder, fallbacks=("ja", "en")).get("vi", "answer.yes") == "はい"


def test_key_that_nobody_has_is_an_error(folder: Path) -> None:
    with pytest.raises(NotFound, match="No words for “answer.maybe” in any language"):
        Words(folder).get("ja", "answer.maybe")


def test_placeholders_are_filled_and_what_fills_them_is_not_read_again(folder: Path) -> None:
    assert Words(folder).get("pt-BR", "greeting.hello", name="{name} {0}") == "Oi, {name} {0}"


def test_text_without_values_is_left_as_it_is(folder: Path) -> None:
    assert Words(folder).get("en", "greeting.braces") == "{x}"


def test_later_folder_overrides_key_by_key(folder: Path, tmp_path: Path) -> None:
    city = tmp_path / "city"
    city.mkdir()
    (city / "en.toml").write_text('[answer]\nyes = "Yes, in Aoba"\n', "utf-8")

    words = Words(folder, city)

    assert (words.get("en", "answer.yes"), words.get("en", "answer.no")) == ("Yes, in Aoba", "No")


def test_keys_and_languages_are_those_of_the_files(folder: Path) -> None:
    words = Words(folder)

    assert words.languages == ["en", "ja", "pt", "pt-BR"]
    assert words.keys("pt") == {"answer.yes"}
    assert words.keys("vi") == set()


def test_list_is_given_in_its_own_language_only(folder: Path) -> None:
    words = Words(folder)

    assert words.list("ja", "answer.steps") == ["一", "二"]
    assert words.list("en", "answer.steps") == []


def test_folder_without_files_has_no_words(tmp_path: Path) -> None:
    assert Words(tmp_path / "nowhere").languages == []


def test_file_that_is_not_toml_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "en.toml").write_text("yes = = no")

    with pytest.raises(tomllib.TOMLDecodeError):
        Words(tmp_path)


def test_nested_tables_become_dotted_keys() -> None:
    assert flatten({"a": {"b": {"c": 1}, "d": [2]}, "e": 3}) == {"a.b.c": 1, "a.d": [2], "e": 3}
