from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from filelock import FileLock

from core.errors import Busy, InvalidInput, NotFound
from translation.errors import BrokenModel
from translation.manifest import NAME, read_manifest
from translation.packages.store import INCOMING, LOCK, REPLACED, ModelStore
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
        (EN_KO, {"bpe.model": b"x", "model/model.bin": b"x"}, "an old vocabulary"),
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
    with pytest.raises(BrokenModel, match="no model that is known"):
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


def broken(store: ModelStore, pair: tuple[str, str]) -> str:
    """What `verify` says about the model of a pair."""
    return next(info.problem for info in store.verify() if info.pair == pair)


def test_file_that_does_not_belong_is_found_by_verify(store: ModelStore) -> None:
    folder = next(folder for folder in store.folders() if "firefox-en" in folder.name)
    (folder / "vocab.zz.spm").write_bytes(b"another vocabulary")

    assert "“vocab.zz.spm” does not belong to the model" in broken(store, ("en", "pt-BR"))


def test_hidden_file_is_nobodys_business(store: ModelStore) -> None:
    (store.folders()[0] / ".nfs0001").write_bytes(b"")

    assert [info.state for info in store.verify()] == ["ready"] * 4


def test_verify_says_what_is_wrong_and_tells_its_progress(store: ModelStore) -> None:
    next(store.folders()[0].rglob("model.bin")).unlink()
    told: list[tuple[str, int, int]] = []

    [first, *others] = store.verify(lambda what, done, total: told.append((what, done, total)))

    assert "is missing or has changed; remove the model and install it again" in first.problem
    assert [info.problem for info in others] == ["", "", ""]
    assert [done for _, done, _ in told] == [0, 1, 2, 3, 4]


def test_removed_model_is_gone(store: ModelStore, tmp_path: Path) -> None:
    store.import_file(package(tmp_path / "a.argosmodel", EN_KO))

    store.remove(store.find(("en", "ko")))

    assert len(store.folders()) == 4
    assert not any("ko" in path.name for path in store.folder.iterdir())


def test_removed_starter_model_stays_away_until_it_is_brought_back(store: ModelStore) -> None:
    store.remove(store.find(("en", "ja")))

    store.prepare_starter(ignore)
    assert {info.pair: info.state for info in store.list()}[("en", "ja")] == "removed"

    assert store.restore_starter(("en", "ja")).state == "ready"
    store.prepare_starter(ignore)
    assert len(store.folders()) == 4
    assert [info.state for info in store.list()] == ["ready"] * 4


def test_pair_without_a_starter_model_has_none_to_bring_back(store: ModelStore) -> None:
    with pytest.raises(NotFound, match="no starter model for en → ko"):
        store.restore_starter(("en", "ko"))


def test_model_that_is_not_there_cannot_be_removed(store: ModelStore) -> None:
    with pytest.raises(NotFound, match="No such model for en → ko is installed"):
        store.find(("en", "ko"))
    info = store.find(("en", "ja"))
    store.remove(info)
    with pytest.raises(NotFound, match="not there any more"):
        store.remove(info)


def test_ambiguous_removal_asks_which(store: ModelStore, tmp_path: Path) -> None:
    store.import_file(package(tmp_path / "a.argosmodel", EN_KO | {"to_code": "ja"}))

    with pytest.raises(InvalidInput, match="several models for en → ja: argos 0.1, argos 1.1; say which"):
        store.find(("en", "ja"))

    assert store.find(("en", "ja"), version="1.1").version == "1.1"
    with pytest.raises(NotFound):
        store.find(("en", "ja"), engine="firefox")


def test_model_of_many_pairs_is_removed_by_its_name_only(store: ModelStore, tmp_path: Path) -> None:
    from tests.translation.packages.test_contents import recipe_folder

    store.import_file(recipe_folder(tmp_path / "m"))

    with pytest.raises(InvalidInput, match="serves 3 pairs, and all of them would go"):
        store.find(("vi", "ja"))

    assert store.find(("vi", "ja"), engine="m2m100-418M").version == "1"


def test_replacement_that_was_cut_short_puts_the_old_model_back(store: ModelStore) -> None:
    folder = store.folders()[0]
    folder.rename(store.folder / f"{REPLACED}{folder.name}")
    assert len(store.folders()) == 3

    store.prepare_starter(ignore)

    assert folder in store.folders()
    assert [info.state for info in store.verify()] == ["ready"] * 4


def test_replaced_model_that_was_left_over_is_swept(store: ModelStore) -> None:
    left = store.folder / f"{REPLACED}{store.folders()[0].name}"
    left.mkdir()

    store.prepare_starter(ignore)

    assert not left.exists()


def test_half_written_model_is_not_listed(store: ModelStore) -> None:
    shutil.copytree(store.folders()[0], store.folder / f"{INCOMING}x")

    assert len(store.folders()) == 4


def test_manifest_of_the_time_of_one_pair_is_read(store: ModelStore) -> None:
    path = store.folders()[0] / NAME
    row = json.loads(path.read_text("utf-8"))
    [[row["source"], row["target"]]] = row.pop("pairs")
    for later in ("name", "origin", "pin"):
        del row[later]
    path.write_text(json.dumps(row), "utf-8")

    assert read_manifest(path.parent).pairs == (("en", "ja"),)
    assert [info.state for info in store.verify()] == ["ready"] * 4


def test_manifest_without_pairs_is_broken(store: ModelStore) -> None:
    path = store.folders()[0] / NAME
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {"pairs": []}), "utf-8")

    assert [info.state for info in store.list()].count("broken") == 1


def test_second_process_that_installs_waits_and_then_says_so(store: ModelStore, tmp_path: Path) -> None:
    hasty = ModelStore(store.folder, lock_s=0.01)

    with FileLock(store.folder / LOCK), pytest.raises(Busy, match="Another process has been installing"):
        hasty.import_file(package(tmp_path / "a.argosmodel", EN_KO))


def test_two_processes_prepare_one_folder(tmp_path: Path) -> None:
    script = """
import sys
from pathlib import Path
from translation.packages import ModelStore
print([info.state for info in ModelStore(Path(sys.argv[1])).prepare_starter(lambda *told: None)])
"""
    command = [sys.executable, "-c", script, str(tmp_path / "models")]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]

    said = [process.communicate()[0].splitlines()[-1] for process in both]

    assert said == ["['ready', 'ready', 'ready', 'ready']"] * 2
    assert [info.state for info in ModelStore(tmp_path / "models").verify()] == ["ready"] * 4


def test_prepared_folder_may_be_read_only(store: ModelStore) -> None:
    """Nothing is written where nothing has to be done, not even a lock."""
    (store.folder / LOCK).unlink()

    store.prepare_starter(ignore)

    assert not (store.folder / LOCK).exists()
