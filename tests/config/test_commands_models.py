"""`models`: what operators do with models, against a real server of models."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.config.conftest import PROGRAM, Madoguchi
from tests.translation.packages.depot import (
    Depot,
    argos_package,
    firefox_files,
    starter_archive,
    starter_files,
)

OPENING = "図書館は10時に開きます。"


@pytest.fixture
def depot() -> Depot:
    return Depot(files={"/argos/index.json": b"[]", "/records": b'{"data": []}'})


@pytest.fixture
def address(depot: Depot) -> Iterator[str]:
    with depot.running() as address:
        yield address


@pytest.fixture
def here(depot: Depot, address: str, tmp_path: Path) -> dict[str, str]:
    """Settings: an empty models folder, and the depot."""
    return {"MODELS_DIR": str(tmp_path / "models"), **depot.settings(address)}


def names(settings: dict[str, str]) -> list[str]:
    """The models in the folder."""
    return sorted(path.name for path in Path(settings["MODELS_DIR"]).iterdir() if path.name[0] != ".")


def test_models_list_shows_what_each_is_made_of(madoguchi: Madoguchi) -> None:
    models = madoguchi("models", "list", "--json").json["models"]

    assert [(model["pair"], model["engine"], model["state"]) for model in models] == [
        ("en-ja", "argos", "ready"),
        ("ja-en", "argos", "ready"),
        ("en-pt-BR", "firefox", "ready"),
        ("pt-BR-en", "firefox", "ready"),
    ]
    assert all(model["licence"] and len(model["sha256"]) == 64 for model in models)
    assert all(model["use"] == {"best_in": 1, "pairs": 1, "by": ""} for model in models)
    assert "flores_comet" not in models[0]["scores"]


def test_models_list_shows_how_each_language_is_reached(madoguchi: Madoguchi) -> None:
    languages = {row["tag"]: row for row in madoguchi("models", "list", "--json").json["languages"]}

    assert len(languages) == 22
    assert languages["en"]["from_ja"] == {
        "reach": "direct",
        "route": ["ja", "en"],
        "engines": ["argos"],
        "install": [],
    }
    assert languages["pt-BR"]["to_ja"]["route"] == ["pt-BR", "en", "ja"]
    assert languages["ja-Hira"]["from_ja"]["reach"] == "human_only"
    assert languages["vi"]["from_ja"]["install"] == ["en-vi"]
    assert languages["my"]["to_ja"]["reach"] == "unpublished"


def test_models_list_for_people_is_two_tables(madoguchi: Madoguchi) -> None:
    lines = madoguchi("models", "list").lines

    assert lines[0].split() == ["PAIR", "ENGINE", "VERSION", "SIZE", "STATE", "USE", "LICENCE", "SCORES"]
    assert lines[1].startswith("en → ja ")
    assert " in use " in lines[1]
    assert any(line.split()[:1] == ["vi"] and "madoguchi models install vi-en" in line for line in lines)
    assert any(line.split()[:1] == ["ja-Hira"] and "human-only" in line for line in lines)
    assert any(line.split()[:1] == ["pt-BR"] and "via English, argos + firefox" in line for line in lines)


def test_starter_models_are_available_before_they_are_prepared(madoguchi: Madoguchi, tmp_path: Path) -> None:
    models = madoguchi("models", "list", "--json", MODELS_DIR=str(tmp_path)).json["models"]

    assert [(model["pair"], model["state"]) for model in models] == [
        ("en-ja", "available"),
        ("ja-en", "available"),
        ("en-pt-BR", "available"),
        ("pt-BR-en", "available"),
    ]


def test_installed_argos_package_translates(madoguchi: Madoguchi, depot: Depot, here: dict[str, str]) -> None:
    package = starter_archive("ja", "en")
    depot.put_argos(package, "ja", "en", "1.1")

    answer = madoguchi("models", "install", "ja-en", **here)

    assert answer.out == "installed argos-ja-en-1.1 (7.5 MB, CC BY 2.0, CC BY 4.0, CC BY 3.0 (README))\n"
    assert answer.err.splitlines()[0] == "fetching argos ja → en 1.1"
    assert f"The file that came has {hashlib.sha256(package).hexdigest()}" in answer.err
    translated = madoguchi("translate", "--from", "ja", "--to", "en", "--json", OPENING, **here).json
    assert translated["route"] == ["ja", "en"]
    assert [fact["value"] for fact in translated["facts"]["kept"]] == ["10:00"]


def test_both_halves_of_a_way_are_installed_and_translate(
    madoguchi: Madoguchi, depot: Depot, here: dict[str, str]
) -> None:
    package = starter_archive("ja", "en")
    depot.put_argos(package, "ja", "en", "1.1", sha256=hashlib.sha256(package).hexdigest())
    depot.put_firefox(starter_files("en", "pt-BR"), "en", "pt", "3.0")

    answer = madoguchi("models", "install", "ja-pt-BR", "--json", **here)

    assert [(model["pair"], model["engine"], model["pin"], model["outcome"]) for model in answer.json] == [
        ("ja-en", "argos", "index", "installed"),
        ("en-pt-BR", "firefox", "records", "installed"),
    ]
    assert answer.err == "No model leads straight from ja to pt-BR; it takes ja → en, en → pt-BR.\n"
    translated = madoguchi("translate", "--from", "ja", "--to", "pt-BR", "--json", OPENING, **here).json
    assert translated["route"] == ["ja", "en", "pt-BR"]
    assert translated["engine"] == "argos+firefox"


def test_model_that_is_here_is_not_fetched_again(
    madoguchi: Madoguchi, depot: Depot, here: dict[str, str]
) -> None:
    path = depot.put_argos(argos_package("en", "ko"), "en", "ko", "1.1")
    madoguchi("models", "install", "en-ko", **here)

    answer = madoguchi("models", "install", "en-ko", **here)

    assert (answer.code, answer.out, answer.err) == (0, "argos-en-ko-1.1 is installed already\n", "")
    assert len(depot.of(path)) == 1


def test_everything_served_is_installed_as_far_as_there_are_models(
    madoguchi: Madoguchi, depot: Depot, here: dict[str, str]
) -> None:
    for source, target in (("en", "ja"), ("ja", "en"), ("en", "ko")):
        depot.put_argos(argos_package(source, target), source, target, "1.1")

    answer = madoguchi("models", "install", "--all-served", "--engine", "argos", **here)

    assert answer.code == 0
    assert names(here) == ["argos-en-ja-1.1", "argos-en-ko-1.1", "argos-ja-en-1.1"]
    assert "The sources have no model for ko → en; import one" in answer.err


def test_pinned_hash_is_compared(madoguchi: Madoguchi, depot: Depot, here: dict[str, str]) -> None:
    package = argos_package("en", "ko")
    depot.put_argos(package, "en", "ko", "1.1")

    wrong = madoguchi("models", "install", "en-ko", "--sha256", "0" * 64, **here)
    right = madoguchi("models", "install", "en-ko", "--sha256", hashlib.sha256(package).hexdigest(), **here)

    assert (wrong.code, right.code) == (1, 0)
    assert "is not the file it should be" in wrong.err.splitlines()[-1]
    assert "Nobody told the SHA-256" not in right.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Say which languages, such as en-ja, or --all-served."),
        (["en-ja", "--all-served"], "Say which languages, such as en-ja, or --all-served."),
        (["en-ja", "--starter", "--engine", "argos"], "--starter goes with pairs only."),
        (["en-ja", "--sha256", "abc"], "--sha256 must be 64 hexadecimal digits."),
        (["en-tlh"], "“en-tlh” is not a pair of languages that are served; write it as en-ja or ja-pt-BR."),
        (["en-ko", "--starter"], "The project ships no starter model for en → ko; leave out --starter."),
        (
            ["vi-en"],
            "The sources have no model for vi → en; import one from a file with `madoguchi models import FILE` "
            "(docs/models.md).",
        ),
    ],
)
def test_what_cannot_be_installed_gets_one_sentence(
    madoguchi: Madoguchi, here: dict[str, str], arguments: list[str], sentence: str
) -> None:
    answer = madoguchi("models", "install", *arguments, **here)

    assert answer.refusal == sentence
    assert answer.out == ""


def test_index_that_is_not_there_gets_one_sentence(
    madoguchi: Madoguchi, depot: Depot, here: dict[str, str]
) -> None:
    del depot.files["/argos/index.json"]

    answer = madoguchi("models", "install", "en-ko", "--engine", "argos", **here)

    assert answer.refusal.endswith(
        "/argos/index.json” cannot be fetched: the server answered 404; check its address."
    )


def test_model_over_the_limit_gets_one_sentence(
    madoguchi: Madoguchi, depot: Depot, here: dict[str, str]
) -> None:
    depot.put_argos(starter_archive("ja", "en"), "ja", "en", "1.1")

    answer = madoguchi("models", "install", "ja-en", **here, TRANSLATION__MAX_MODEL_MB="1")

    assert answer.code == 1
    assert "raise MADOGUCHI_TRANSLATION__MAX_MODEL_MB if it is right." in answer.err


def test_two_installs_at_once_end_well(madoguchi: Madoguchi, depot: Depot, here: dict[str, str]) -> None:
    path = depot.put_argos(starter_archive("ja", "en"), "ja", "en", "1.1")
    environment = madoguchi.environment | {f"MADOGUCHI_{name}": value for name, value in here.items()}
    command = [PROGRAM, "models", "install", "ja-en"]
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        for _ in range(2)
    ]

    said = sorted(process.communicate()[0] for process in both)

    assert [process.returncode for process in both] == [0, 0]
    assert said[0] == "argos-ja-en-1.1 is installed already\n"
    assert said[1].startswith("installed argos-ja-en-1.1 ")
    assert len(depot.of(path)) == 1
    assert madoguchi("models", "verify", **here).code == 0


def test_killed_install_goes_on_where_it_was(
    madoguchi: Madoguchi, depot: Depot, address: str, here: dict[str, str]
) -> None:
    """The server sends a part and then nothing, so that the process is surely in the middle when it is killed."""
    package = starter_archive("ja", "en")
    path = depot.put_argos(package, "ja", "en", "1.1")
    depot.holds[path] = [4 << 20]
    environment = madoguchi.environment | {f"MADOGUCHI_{name}": value for name, value in here.items()}
    process = subprocess.Popen(
        [PROGRAM, "models", "install", "ja-en"], stderr=subprocess.DEVNULL, env=environment
    )
    part = _part_of(Path(here["MODELS_DIR"]), 3 << 20)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    have = part.stat().st_size

    answer = madoguchi("models", "install", "ja-en", **here)

    assert answer.code == 0
    assert depot.of(path)[-1] == (f"bytes={have}-", len(package) - have)
    assert names(here) == ["argos-ja-en-1.1"]
    assert madoguchi("models", "verify", **here).code == 0


def _part_of(folder: Path, size: int) -> Path:
    """The half file, once it has this many bytes."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for part in folder.glob(".downloads/*.part"):
            if part.stat().st_size >= size:
                return part
    raise AssertionError("the download did not get so far")


def test_imported_folder_is_listed(madoguchi: Madoguchi, here: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "from a stick"
    folder.mkdir()
    for name, data in firefox_files("vien").items():
        (folder / name).write_bytes(data)

    answer = madoguchi("models", "import", str(folder), "--json", **here)

    assert [(model["pair"], model["engine"], model["origin"]) for model in answer.json] == [
        ("vi-en", "firefox", "from a stick")
    ]


def test_removed_model_is_gone(madoguchi: Madoguchi, depot: Depot, here: dict[str, str]) -> None:
    depot.put_argos(argos_package("en", "ko"), "en", "ko", "1.1")
    madoguchi("models", "install", "en-ko", **here)

    answer = madoguchi("models", "remove", "en-ko", **here)

    assert (answer.code, answer.out, names(here)) == (0, "removed argos-en-ko-1.1\n", [])
    assert madoguchi("models", "remove", "en-ko", **here).refusal == (
        "No such model for en → ko is installed; see `madoguchi models list` for what is."
    )


def test_starter_model_that_was_removed_comes_back_when_asked(
    madoguchi: Madoguchi, here: dict[str, str]
) -> None:
    madoguchi("models", "install", "en-ja", "--starter", **here)
    madoguchi("models", "remove", "en-ja", **here)

    madoguchi("translate", "--from", "en", "--to", "pt-BR", "Good morning", **here)
    assert "argos-en-ja-0.1" not in names(here)

    answer = madoguchi("models", "install", "en-ja", "--starter", "--json", **here)
    assert [(model["pair"], model["state"]) for model in answer.json] == [("en-ja", "ready")]


def test_sound_models_verify(madoguchi: Madoguchi) -> None:
    answer = madoguchi("models", "verify", "--json")

    assert (answer.code, {model["state"] for model in answer.json}) == (0, {"ready"})


def test_damaged_model_is_found_and_can_be_removed(madoguchi: Madoguchi, tmp_path: Path) -> None:
    copy = tmp_path / "models"
    shutil.copytree(madoguchi.data_dir / "models" / "argos-en-ja-0.1", copy / "argos-en-ja-0.1")
    [file] = (copy / "argos-en-ja-0.1").rglob("model.bin")
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)

    answer = madoguchi("models", "verify", "--json", MODELS_DIR=str(copy))

    assert [model["state"] for model in answer.json] == ["broken"]
    assert answer.refusal == (
        "These models are damaged: argos-en-ja-0.1; remove each with `madoguchi models remove NAME` and install "
        "it again."
    )
    assert madoguchi("models", "remove", "argos-en-ja-0.1", MODELS_DIR=str(copy)).code == 0
    assert madoguchi("models", "verify", "--json", MODELS_DIR=str(copy)).json == []


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04 cut off"])
def test_broken_package_is_refused_and_leaves_nothing(
    madoguchi: Madoguchi, tmp_path: Path, content: bytes
) -> None:
    package = tmp_path / "package.argosmodel"
    package.write_bytes(content)
    folder = tmp_path / "models"

    answer = madoguchi("models", "import", str(package), MODELS_DIR=str(folder))

    assert answer.refusal.startswith(f"“{package.name}” cannot be unpacked")
    assert [path for path in folder.iterdir() if path.is_dir()] == []


def test_package_that_is_not_there_is_refused(madoguchi: Madoguchi) -> None:
    assert madoguchi("models", "import", "nowhere.argosmodel").refusal.startswith("There is no file")


def test_empty_folder_says_how_to_get_models(madoguchi: Madoguchi, tmp_path: Path) -> None:
    copy = tmp_path / "models"
    copy.mkdir()
    answer = madoguchi("models", "verify", MODELS_DIR=str(copy))
    assert (answer.code, answer.out) == (
        0,
        "No model is installed; `madoguchi models prepare` unpacks the starter models.\n",
    )
