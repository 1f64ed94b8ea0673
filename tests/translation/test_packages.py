from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from translation.errors import BrokenModel
from translation.manifest import NAME, read_manifest
from translation.packages import INCOMING, ModelStore
from translation.starter import starters

PAIRS = [("en", "ja"), ("ja", "en"), ("en", "pt-BR"), ("pt-BR", "en")]


def ignore(what: str, done: int, total: int) -> None:
    """A progress that nobody watches."""


@pytest.fixture
def store(models_dir: Path, tmp_path: Path) -> ModelStore:
    """A store of its own with the starter models."""
    shutil.copytree(models_dir, tmp_path / "models")
    return ModelStore(tmp_path / "models")


def package(path: Path, metadata: object, files: dict[str, bytes] | None = None) -> Path:
    """An Argos package with these contents."""
    inside = {"model/model.bin": b"weights", "sentencepiece.model": b"pieces"} if files is None else files
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("top/metadata.json", metadata if isinstance(metadata, str) else json.dumps(metadata))
        for name, data in inside.items():
            made.writestr(f"top/{name}", data)
    return path


EN_KO = {"from_code": "en", "to_code": "ko", "package_version": "1.1"}


def test_empty_store_lists_the_starter_models_as_available(tmp_path: Path) -> None:
    listed = ModelStore(tmp_path / "none").list()
    assert [(info.pair, info.state) for info in listed] == [(pair, "available") for pair in PAIRS]


def test_starter_models_become_ready(store: ModelStore) -> None:
    assert sorted((info.pair, info.engine, info.state) for info in store.list()) == sorted(
        (pair, "argos" if "ja" in pair else "firefox", "ready") for pair in PAIRS
    )


def test_starter_model_shows_licence_and_scores(store: ModelStore) -> None:
    info = next(info for info in store.list() if info.pair == ("ja", "en"))
    assert (info.licence, info.scores["municipal_chrf"], info.version) == ("CC BY 4.0", 47.0, "0.1")


def test_preparing_tells_its_progress_to_the_end(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    ModelStore(tmp_path).prepare_starter(lambda what, done, total: told.append((what, done, total)))
    assert told == [
        ("argos en → ja", 0, 4),
        ("argos ja → en", 1, 4),
        ("firefox en → pt-BR", 2, 4),
        ("firefox pt-BR → en", 3, 4),
        ("", 4, 4),
    ]


def test_preparing_again_leaves_models_as_they_are(store: ModelStore) -> None:
    before = [(folder / NAME).stat().st_mtime_ns for folder in store.folders()]
    store.prepare_starter(ignore)
    assert [(folder / NAME).stat().st_mtime_ns for folder in store.folders()] == before


def test_preparing_removes_what_an_interrupted_installation_left(tmp_path: Path) -> None:
    left = tmp_path / f"{INCOMING}x"
    left.mkdir()
    (left / "half").write_bytes(b"half a model")
    ModelStore(tmp_path).prepare_starter(ignore)
    assert not left.exists()


def test_unfinished_folder_is_not_a_model(store: ModelStore, tmp_path: Path) -> None:
    (tmp_path / "models" / "argos-xx").mkdir()
    assert len(store.folders()) == 4


def test_untouched_models_verify(store: ModelStore) -> None:
    assert [info.state for info in store.verify()] == ["ready"] * 4


def test_changed_file_is_found_by_verify(store: ModelStore) -> None:
    folder = next(folder for folder in store.folders() if "ja-en" in folder.name)
    model = folder / "model" / "model.bin"
    data = bytearray(model.read_bytes())
    data[1000] ^= 1
    model.write_bytes(data)
    assert {info.pair: info.state for info in store.verify()}[("ja", "en")] == "broken"


def test_missing_file_is_found_by_verify(store: ModelStore) -> None:
    folder = next(folder for folder in store.folders() if "firefox-en" in folder.name)
    next(folder.glob("vocab*")).unlink()
    assert {info.pair: info.state for info in store.verify()}[("en", "pt-BR")] == "broken"


def test_unreadable_manifest_makes_a_model_broken(store: ModelStore) -> None:
    (store.folders()[0] / NAME).write_text("{", "utf-8")
    assert [info.state for info in store.list()].count("broken") == 1


def test_imported_package_is_listed_with_its_tags(store: ModelStore, tmp_path: Path) -> None:
    info = store.import_file(package(tmp_path / "a.argosmodel", EN_KO))
    assert (info.pair, info.engine, info.version, info.state) == (("en", "ko"), "argos", "1.1", "ready")
    assert info in store.list()


def test_package_for_portugal_serves_brazilian_portuguese(store: ModelStore, tmp_path: Path) -> None:
    info = store.import_file(package(tmp_path / "a.argosmodel", EN_KO | {"to_code": "pt"}))
    assert info.pair == ("en", "pt-BR")


def test_importing_a_package_again_replaces_it(store: ModelStore, tmp_path: Path) -> None:
    store.import_file(package(tmp_path / "a.argosmodel", EN_KO))
    files = {"model/model.bin": b"better", "sentencepiece.model": b"pieces"}
    info = store.import_file(package(tmp_path / "b.argosmodel", EN_KO, files))
    assert (info.path / "model" / "model.bin").read_bytes() == b"better"
    assert len(store.folders()) == 5


def test_manifest_of_an_imported_package_has_the_hash_of_every_file(
    store: ModelStore, tmp_path: Path
) -> None:
    info = store.import_file(package(tmp_path / "a.argosmodel", EN_KO))
    assert sorted(read_manifest(info.path).files) == [
        "metadata.json",
        "model/model.bin",
        "sentencepiece.model",
    ]


@pytest.mark.parametrize(
    ("metadata", "files", "sentence"),
    [
        ("{", None, "metadata.json is not readable"),
        ({"from_code": "en"}, None, "metadata.json is not readable"),
        ([], None, "metadata.json is not readable"),
        (EN_KO | {"from_code": "xx"}, None, "“xx”, which is not served"),
        (EN_KO | {"package_version": "../../x"}, None, "version is not a version"),
        (EN_KO, {"bpe.model": b"x", "model/model.bin": b"x"}, "no SentencePiece vocabulary"),
        (EN_KO, {"sentencepiece.model": b"x"}, "no CTranslate2 model"),
    ],
)
def test_bad_package_is_refused_and_leaves_nothing(
    store: ModelStore, tmp_path: Path, metadata: object, files: dict[str, bytes] | None, sentence: str
) -> None:
    before = sorted((tmp_path / "models").iterdir())
    with pytest.raises(BrokenModel, match=sentence):
        store.import_file(package(tmp_path / "a.argosmodel", metadata, files))
    assert sorted((tmp_path / "models").iterdir()) == before


def test_archive_without_metadata_is_refused(store: ModelStore, tmp_path: Path) -> None:
    path = tmp_path / "a.argosmodel"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("top/readme", b"x")
    with pytest.raises(BrokenModel, match="not an Argos package"):
        store.import_file(path)


def test_file_that_is_not_there_is_one_sentence(store: ModelStore, tmp_path: Path) -> None:
    with pytest.raises(BrokenModel, match="There is no file"):
        store.import_file(tmp_path / "none.argosmodel")


def test_starter_hashes_match_the_files_that_ship() -> None:
    from translation.manifest import sha256_of

    for starter in starters():
        assert starter.origin is not None
        if starter.files:
            assert {name: sha256_of(starter.origin / name) for name in starter.files} == dict(starter.files)
        else:
            assert sha256_of(starter.origin) == starter.sha256


def test_preparing_again_has_nothing_to_tell(store: ModelStore) -> None:
    told: list[str] = []
    store.prepare_starter(lambda what, done, total: told.append(what))

    assert told == []


def test_packages_of_argos_own_tools_are_taken_over(tmp_path: Path) -> None:
    """In a process of its own, whose home is a fresh folder: importing argostranslate fixes its folders."""
    home = tmp_path / "home"
    starter = next(starter for starter in starters() if starter.pair == ("en", "ja"))
    script = """
import sys
from pathlib import Path
import argostranslate.package
argostranslate.package.install_from_path(Path(sys.argv[1]))
from core.log import set_up
from translation.packages import ModelStore
set_up(level="WARNING")
store = ModelStore(Path(sys.argv[2]))
print([(info.engine, info.pair, info.state) for info in store.import_installed()])
print(store.import_installed())
print([info.state for info in store.verify()])
"""
    command = [sys.executable, "-c", script, str(starter.origin), str(tmp_path / "models")]
    environment = {**os.environ, "HOME": str(home), "XDG_DATA_HOME": str(home / "data")}

    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)

    assert done.stdout.splitlines() == ["[('argos', ('en', 'ja'), 'ready')]", "[]", "['ready']"]
