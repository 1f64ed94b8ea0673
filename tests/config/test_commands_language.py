"""`detect`, `translate` and `models`."""

from __future__ import annotations

import shutil
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

    assert set(first) == {"text", "source_text", "route", "engine", "confidence", "flags", "facts"}
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
        "No installed model leads from ja to vi; import an Argos package with `madoguchi models import FILE`."
    )
    assert answer.out == ""


def test_models_list_shows_what_each_is_made_of(madoguchi: Madoguchi) -> None:
    models = madoguchi("models", "list", "--json").json

    assert [(model["pair"], model["engine"], model["state"]) for model in models] == [
        ("en-ja", "argos", "ready"),
        ("ja-en", "argos", "ready"),
        ("en-pt-BR", "firefox", "ready"),
        ("pt-BR-en", "firefox", "ready"),
    ]
    assert all(model["licence"] and len(model["sha256"]) == 64 for model in models)


def test_starter_models_are_available_before_they_are_prepared(madoguchi: Madoguchi, tmp_path: Path) -> None:
    models = madoguchi("models", "list", "--json", MODELS_DIR=str(tmp_path)).json

    assert [(model["pair"], model["state"]) for model in models] == [
        ("en-ja", "available"),
        ("ja-en", "available"),
        ("en-pt-BR", "available"),
        ("pt-BR-en", "available"),
    ]


def test_sound_models_verify(madoguchi: Madoguchi) -> None:
    answer = madoguchi("models", "verify", "--json")

    assert (answer.code, {model["state"] for model in answer.json}) == (0, {"ready"})


def test_damaged_model_is_found(madoguchi: Madoguchi, tmp_path: Path) -> None:
    copy = tmp_path / "models"
    shutil.copytree(madoguchi.data_dir / "models" / "argos-en-ja-0.1", copy / "argos-en-ja-0.1")
    [file] = (copy / "argos-en-ja-0.1").rglob("model.bin")
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)

    answer = madoguchi("models", "verify", "--json", MODELS_DIR=str(copy))

    assert [model["state"] for model in answer.json] == ["broken"]
    assert (
        answer.refusal == "These models are damaged: argos en-ja; delete their folders and import them again."
    )


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04 cut off"])
def test_broken_package_is_refused_and_leaves_nothing(
    madoguchi: Madoguchi, tmp_path: Path, content: bytes
) -> None:
    package = tmp_path / "package.argosmodel"
    package.write_bytes(content)
    folder = tmp_path / "models"

    answer = madoguchi("models", "import", str(package), MODELS_DIR=str(folder))

    assert answer.refusal.startswith(f"“{package.name}” cannot be unpacked")
    assert not folder.exists() or [path for path in folder.iterdir() if path.is_dir()] == []


def test_package_that_is_not_there_is_refused(madoguchi: Madoguchi) -> None:
    assert madoguchi("models", "import", "nowhere.argosmodel").refusal.startswith("There is no file")
