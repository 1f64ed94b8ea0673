"""`detect` and `translate`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.conftest import Madoguchi

NOT_SERVED = (
    "The language “xx” is not served; use one of ja, ja-Hira, en, zh-Hans, zh-Hant, ko, vi, pt-BR, es, tl, id, "
    "ne, th, my, km, uk, ru, fr, hi, bn, si, mn, tr."
)


def test_detect_tells_the_language(madoguchi: Madoguchi) -> None:
    answer = madoguchi("detect", "Onde fica a prefeitura?", "--json").json

    assert set(answer) == {"language", "confidence"}
    assert answer["language"] == "pt-BR"
    assert 0.9 < answer["confidence"] <= 1


def test_detect_for_people_prints_tag_and_confidence(madoguchi: Madoguchi) -> None:
    answer = madoguchi("detect", "市役所はどこですか")

    assert (answer.code, answer.out) == (0, "ja\t1.00\n")


def test_detect_reads_one_text_a_line(madoguchi: Madoguchi, tmp_path: Path) -> None:
    file = tmp_path / "texts.txt"
    file.write_bytes("\ufeff市役所はどこですか\r\n\r\nWhere is the city hall?\r\n".encode())

    answers = madoguchi("detect", "--file", str(file), "--json").json_lines

    assert len(answers) == 3
    assert [answers[0]["language"], answers[2]["language"]] == ["ja", "en"]


def test_detect_reads_stdin(madoguchi: Madoguchi) -> None:
    answers = madoguchi("detect", "--file", "-", "--json", stdin="Obrigado pela ajuda\n").json_lines

    assert [answer["language"] for answer in answers] == ["pt-BR"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["detect"], "Give a text, or a file with --file."),
        (["detect", "a", "--file", "b"], "Give a text, or a file with --file."),
        (["detect", "--file", "nowhere.txt"], "There is no file “nowhere.txt”."),
        (["detect", "--file", "/"], "The file “/” cannot be read: Is a directory."),
        (["translate", "--from", "xx", "--to", "ja", "hi"], NOT_SERVED),
        (["translate", "--from", "ja", "--to", "xx", "hi"], NOT_SERVED),
    ],
)
def test_what_cannot_be_done_gets_one_sentence(
    madoguchi: Madoguchi, arguments: list[str], sentence: str
) -> None:
    answer = madoguchi(*arguments)

    assert answer.refusal == sentence
    assert answer.out == ""


def test_file_that_is_not_text_gets_one_sentence(madoguchi: Madoguchi, tmp_path: Path) -> None:
    file = tmp_path / "photo.jpg"
    file.write_bytes(b"\xff\xd8\xff\xe0")

    assert madoguchi("detect", "--file", str(file)).refusal == f"The file “{file}” is not UTF-8 text."


def test_translate_prints_the_translation(madoguchi: Madoguchi) -> None:
    answer = madoguchi("translate", "--from", "en", "--to", "pt-BR", "Good morning")

    assert (answer.code, answer.out) == (0, "Bom dia.\n")


def test_translate_gives_one_result_for_each_line(madoguchi: Madoguchi) -> None:
    lines = "The meeting is on 3 March at 10:00.\n\nThank you.\n"

    first, empty, last = madoguchi(
        "translate", "--from", "en", "--to", "ja", "--json", "-", stdin=lines
    ).json_lines

    assert set(first) == {"text", "source_text", "route", "engine", "confidence", "flags", "facts", "terms"}
    assert first["source_text"] == "The meeting is on 3 March at 10:00."
    assert "3月3日" in first["text"]
    assert "10時" in first["text"]
    assert first["route"] == ["en", "ja"]
    assert first["engine"] == "argos"
    assert 0 < first["confidence"] <= 1
    assert first["flags"] == []
    assert first["facts"] == {
        "kept": [
            {"kind": "date", "text": "3 March", "value": "--03-03"},
            {"kind": "time", "text": "10:00", "value": "10:00"},
        ],
        "lost": [],
    }
    assert (empty["text"], empty["source_text"]) == ("", "")
    assert last["source_text"] == "Thank you."


def test_translate_goes_through_english_where_no_model_leads_straight(madoguchi: Madoguchi) -> None:
    answer = madoguchi(
        "translate", "--from", "pt-BR", "--to", "ja", "--json", "A biblioteca abre às 9:30 da manhã."
    ).json

    assert answer["route"] == ["pt-BR", "en", "ja"]
    assert [fact["value"] for fact in answer["facts"]["kept"]] == ["09:30"]


def test_missing_model_names_what_to_install(madoguchi: Madoguchi) -> None:
    answer = madoguchi("translate", "--from", "ja", "--to", "vi", "こんにちは")

    assert answer.refusal == (
        "No installed model leads from ja to vi; install one with `madoguchi models install ja-vi`."
    )
    assert answer.out == ""
