"""`glossary check` and `glossary terms`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.conftest import Madoguchi


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "words.csv"
    path.write_text("ja,en,forbidden_en,note\n窓口,counter;desk,window,a note\n税,tax,,\n", "utf-8")
    return path


def test_the_citys_glossary_is_checked(madoguchi: Madoguchi) -> None:
    answer = madoguchi("glossary", "check", "--json").json

    assert answer["terms"] >= 150
    assert answer["languages"] == dict.fromkeys(("ja", "en", "pt-BR"), answer["terms"])
    assert answer["mistakes"] == []


def test_check_counts_terms_for_people(madoguchi: Madoguchi, file: Path) -> None:
    answer = madoguchi("glossary", "check", "--file", str(file))

    assert answer.code == 0
    assert [line.split() for line in answer.lines] == [["ja", "2", "terms"], ["en", "2", "terms"]]


def test_check_names_mistakes_and_fails(madoguchi: Madoguchi, file: Path) -> None:
    file.write_text("ja,en\n税,\n費,fee\n", "utf-8")

    people = madoguchi("glossary", "check", "--file", str(file))
    programs = madoguchi("glossary", "check", "--file", str(file), "--json")

    sentence = "Row 2: the term is given in fewer than two languages; add a translation."
    assert people.lines[-1] == sentence
    assert people.refusal == "The glossary has a mistake; correct the file and check again."
    assert programs.json["mistakes"] == [{"row": 2, "sentence": sentence}]
    assert programs.json["terms"] == 1
    assert programs.code != 0


def test_terms_tells_what_would_be_enforced(madoguchi: Madoguchi, file: Path) -> None:
    arguments = ["glossary", "terms", "次の窓口へ", "--from", "ja", "--to", "en", "--file", str(file)]

    assert madoguchi(*arguments).out == "窓口 → counter; desk  not: window\n"
    assert madoguchi(*arguments, "--json").json_lines == [
        {
            "text": "窓口",
            "start": 2,
            "end": 4,
            "row": 2,
            "expected": ["counter", "desk"],
            "also": [],
            "forbidden": ["window"],
            "required": True,
            "note": "a note",
        }
    ]


def test_terms_in_a_longer_name_are_marked(madoguchi: Madoguchi, file: Path) -> None:
    answer = madoguchi(
        "glossary", "terms", "総合窓口", "--from", "ja-Hira", "--to", "en", "--file", str(file)
    )

    assert answer.out.endswith("(part of a longer name: not required)\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["check", "--file", "nowhere.csv"],
            "There is no glossary “nowhere.csv”; create it or set another city folder.",
        ),
        (["terms", "窓口", "--from", "xx", "--to", "en"], "The language “xx” is not served; use one of ja,"),
        (["terms", "窓口", "--from", "ja"], "Missing option '--to'."),
    ],
)
def test_what_cannot_be_done_gets_one_sentence(
    madoguchi: Madoguchi, arguments: list[str], sentence: str
) -> None:
    assert madoguchi("glossary", *arguments).refusal.startswith(sentence)
