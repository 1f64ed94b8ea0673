"""What a file or folder is, told from what lies in it."""

from __future__ import annotations

import gzip
import json
import os
import zipfile
from pathlib import Path

import pytest
from backports import zstd

from tests.translation.packages.depot import argos_package, firefox_files
from tests.translation.tiny_model import Style, write_model
from translation.assembly import build_translator
from translation.errors import BrokenModel
from translation.manifest import read_manifest
from translation.packages.store import ModelStore

RECIPE = """
name = "m2m100-418M"
version = "1"
licence = "MIT"
pairs = [["en", "ja"], ["ja", "en"], ["vi", "ja"]]
source_prefix = { en = ["__en__"], ja = ["__ja__"], vi = ["__vi__"] }
source_suffix = ["</s>"]
target_prefix = { en = ["__en__"], ja = ["__ja__"] }
[scores]
flores_chrf = 30.5
"""


def folder_with(path: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def recipe_folder(path: Path, recipe: str = RECIPE, **more: bytes) -> Path:
    files = {"model.toml": recipe.encode(), "model/model.bin": b"weights", "sentencepiece.model": b"pieces"}
    return folder_with(path, files | more)


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_third_engines_folder_is_imported_with_all_its_pairs(empty: ModelStore, tmp_path: Path) -> None:
    info = empty.import_file(recipe_folder(tmp_path / "any name"))

    assert info.path.name == "seq2seq-m2m100-418M-1"
    assert (info.engine, info.version, info.licence, info.scores) == (
        "m2m100-418M",
        "1",
        "MIT",
        {"flores_chrf": 30.5},
    )
    assert info.pairs == (("en", "ja"), ("ja", "en"), ("vi", "ja"))
    assert read_manifest(info.path).engine == "seq2seq"


def test_third_engines_folder_may_come_as_a_zip_file(empty: ModelStore, tmp_path: Path) -> None:
    folder = recipe_folder(tmp_path / "model")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        for path in folder.rglob("*"):
            made.write(path, f"whatever/{path.relative_to(folder)}")

    assert empty.import_file(tmp_path / "a.zip").engine == "m2m100-418M"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('name = "m2m100-418M"', "", "no usable name"),
        ('"m2m100-418M"', '"../x"', "no usable name"),
        ('"m2m100-418M"', '"argos"', "means something else here"),
        ('version = "1"', "", "“version” in model.toml"),
        ('version = "1"', 'version = "1/../.."', "“version” in model.toml"),
        ('licence = "MIT"', "", "“licence” in model.toml"),
        ("pairs =", "pears =", "“pairs” in model.toml must look like"),
        ('["vi", "ja"]', '["vi"]', "“pairs” in model.toml must look like"),
        ('["vi", "ja"]', '["ja", "ja"]', "“pairs” in model.toml must look like"),
        ('["vi", "ja"]', '["tlh", "ja"]', "“tlh”, which is not served"),
        ('["vi", "ja"]', '["en", "ja-Hira"]', "“ja-Hira”, which is not served"),
        (', vi = ["__vi__"]', "", "lacks the language vi"),
        ('["</s>"]', "7", "source_suffix"),
        ("30.5", '"good"', "“scores” in model.toml"),
        ("[scores]", "[scores", "no readable model.toml"),
    ],
)
def test_recipe_that_cannot_be_used_says_why(
    empty: ModelStore, tmp_path: Path, old: str, new: str, sentence: str
) -> None:
    assert old in RECIPE

    with pytest.raises(BrokenModel, match=sentence):
        empty.import_file(recipe_folder(tmp_path / "m", RECIPE.replace(old, new, 1)))

    assert empty.installed() == []


@pytest.mark.parametrize("missing", ["model/model.bin", "sentencepiece.model"])
def test_recipe_without_its_model_is_refused(empty: ModelStore, tmp_path: Path, missing: str) -> None:
    folder = recipe_folder(tmp_path / "m")
    (folder / missing).unlink()

    with pytest.raises(BrokenModel, match="Beside model.toml there must be"):
        empty.import_file(folder)


def test_firefox_folder_is_told_by_its_file_names(empty: ModelStore, tmp_path: Path) -> None:
    info = empty.import_file(folder_with(tmp_path / "m", firefox_files("enpt")))

    assert (info.engine, info.pair, info.licence) == ("firefox", ("en", "pt-BR"), "MPL-2.0")
    assert info.version.startswith("imported.")


def test_firefox_folder_with_metadata_has_its_version(empty: ModelStore, tmp_path: Path) -> None:
    note = {"version": "3.1", "architecture": "base", "sourceLanguage": "zh-Hant", "targetLanguage": "en"}
    files = firefox_files("zh_hanten") | {"metadata.json": json.dumps(note).encode(), "README": b"read me"}

    info = empty.import_file(folder_with(tmp_path / "m", files))

    assert (info.pair, info.version) == (("zh-Hant", "en"), "3.1-base")
    assert sorted(read_manifest(info.path).files) == sorted(firefox_files("zh_hanten"))


@pytest.mark.parametrize(
    ("codes", "pair"),
    [("enja", ("en", "ja")), ("zhen", ("zh-Hans", "en")), ("zh_hanten", ("zh-Hant", "en")), ("vien", ("vi", "en"))],
)  # fmt: skip
def test_languages_are_read_from_the_models_name(
    empty: ModelStore, tmp_path: Path, codes: str, pair: tuple[str, str]
) -> None:
    assert empty.import_file(folder_with(tmp_path / "m", firefox_files(codes))).pair == pair


def test_compressed_firefox_files_are_decompressed(empty: ModelStore, tmp_path: Path) -> None:
    files = firefox_files("enja")
    model, lex, vocab = files
    packed = {
        f"{model}.zst": zstd.compress(files[model]),
        f"{lex}.gz": gzip.compress(files[lex]),
        vocab: files[vocab],
    }

    info = empty.import_file(folder_with(tmp_path / "m", packed))

    assert {name: (info.path / name).read_bytes() for name in files} == files


@pytest.mark.parametrize("kind", [".gz", ".zst"])
def test_compressed_file_that_swells_is_refused(tmp_path: Path, kind: str) -> None:
    from translation.archives import ArchiveLimits

    pack = gzip.compress if kind == ".gz" else zstd.compress
    store = ModelStore(tmp_path / "models", limits=ArchiveLimits(total_bytes=1 << 20))
    files = firefox_files("enja")
    files[f"model.enja.intgemm.alphas.bin{kind}"] = pack(bytes(8 << 20))
    del files["model.enja.intgemm.alphas.bin"]

    with pytest.raises(BrokenModel, match="unpacks to more than it may"):
        store.import_file(folder_with(tmp_path / "m", files))


@pytest.mark.parametrize("kind", [".gz", ".zst"])
def test_compressed_file_that_is_damaged_is_refused(empty: ModelStore, tmp_path: Path, kind: str) -> None:
    files = firefox_files("enja") | {f"vocab.enja.spm{kind}": b"not packed"}
    del files["vocab.enja.spm"]

    with pytest.raises(BrokenModel, match="cannot be unpacked"):
        empty.import_file(folder_with(tmp_path / "m", files))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"vocab.enja.spm": None}, "no vocabulary"),
        ({"lex.50.50.enja.s2t.bin": None}, "no shortlist"),
        ({"model.jaen.intgemm.alphas.bin": b"x"}, "more than one Firefox model"),
        ({"metadata.json": b"{"}, "metadata.json is not readable"),
        ({"metadata.json": b"[]"}, "metadata.json is not readable"),
        ({"metadata.json": b'{"version": "../.."}'}, "is not a version"),
        (
            {"metadata.json": b'{"sourceLanguage": "tlh", "targetLanguage": "ja"}'},
            "“tlh”, which is not served",
        ),
    ],
)
def test_firefox_folder_that_cannot_be_used_says_why(
    empty: ModelStore, tmp_path: Path, change: dict[str, bytes | None], sentence: str
) -> None:
    files = {name: data for name, data in (firefox_files("enja") | change).items() if data is not None}

    with pytest.raises(BrokenModel, match=sentence):
        empty.import_file(folder_with(tmp_path / "m", files))


def test_languages_that_cannot_be_told_are_asked_for(empty: ModelStore, tmp_path: Path) -> None:
    with pytest.raises(BrokenModel, match="put a metadata.json"):
        empty.import_file(folder_with(tmp_path / "m", firefox_files("eoxx")))


def test_unknown_contents_are_refused(empty: ModelStore, tmp_path: Path) -> None:
    with pytest.raises(BrokenModel, match="no model that is known"):
        empty.import_file(folder_with(tmp_path / "m", {"notes.txt": b"x"}))


def test_sentence_splitters_inside_a_package_are_left_out(empty: ModelStore, tmp_path: Path) -> None:
    splitters = {"stanza__resources.json": b"{}", "minisbd__en.onnx": b"onnx", "spacy__x": b"x"}
    package = written(tmp_path / "a.argosmodel", argos_package("en", "ko", **splitters))

    info = empty.import_file(package)

    assert sorted(read_manifest(info.path).files) == [
        "metadata.json",
        "model/model.bin",
        "sentencepiece.model",
    ]


def test_package_with_the_old_vocabulary_is_refused(empty: ModelStore, tmp_path: Path) -> None:
    package = written(tmp_path / "a.argosmodel", argos_package("en", "ko", **{"bpe.model": b"merges"}))

    with pytest.raises(BrokenModel, match="bpe.model"):
        empty.import_file(package)


def test_package_of_another_type_is_refused(empty: ModelStore, tmp_path: Path) -> None:
    note = {"from_code": "en", "to_code": "ko", "package_version": "1.0", "type": "sbd"}
    package = argos_package("en", "ko", **{"metadata.json": json.dumps(note).encode()})

    with pytest.raises(BrokenModel, match="does not translate"):
        empty.import_file(written(tmp_path / "a.argosmodel", package))


@pytest.mark.parametrize(
    ("readme", "licence"),
    [
        (b"Trained on OPUS data. Licensed under CC BY-SA 4.0.", "CC BY-SA 4.0 (README)"),
        (b"Licence: MIT, data CC0 and CC-BY 4.0", "MIT, CC0, CC-BY 4.0 (README)"),
        (b"A model. Do not submit.", "see the package's README"),
        (b"\xff\xfe", "see the package's README"),
    ],
)
def test_licence_is_read_from_the_readme(
    empty: ModelStore, tmp_path: Path, readme: bytes, licence: str
) -> None:
    package = written(tmp_path / "a.argosmodel", argos_package("en", "ko", **{"README.md": readme}))

    assert empty.import_file(package).licence == licence


@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_folder_with_a_link_or_device_is_refused(empty: ModelStore, tmp_path: Path, kind: str) -> None:
    folder = folder_with(tmp_path / "m", firefox_files("enja"))
    if kind == "link":
        (folder / "metadata.json").symlink_to("/etc/passwd")
    else:
        os.mkfifo(folder / "metadata.json")

    with pytest.raises(BrokenModel, match="link or a device"):
        empty.import_file(folder)


def test_folder_with_too_much_in_it_is_refused(tmp_path: Path) -> None:
    from translation.archives import ArchiveLimits

    folder = folder_with(tmp_path / "m", firefox_files("enja"))
    few = ModelStore(tmp_path / "a", limits=ArchiveLimits(entries=2))
    small = ModelStore(tmp_path / "b", limits=ArchiveLimits(total_bytes=100))

    with pytest.raises(BrokenModel, match="more than 2 entries"):
        few.import_file(folder)
    with pytest.raises(BrokenModel, match="more than it may"):
        small.import_file(folder)


def test_imported_folder_itself_is_left_as_it_is(empty: ModelStore, tmp_path: Path) -> None:
    files = firefox_files("enja") | {"README.md": b"x"}
    folder = folder_with(tmp_path / "m", files)

    empty.import_file(folder)

    assert {path.name: path.read_bytes() for path in folder.iterdir()} == files


@pytest.mark.parametrize("style", ["m2m100", "nllb", "opus"])
async def test_imported_third_model_translates(empty: ModelStore, tmp_path: Path, style: Style) -> None:
    folder = write_model(tmp_path / "made", style)
    with (folder / "model.toml").open("a", encoding="utf-8") as recipe:
        recipe.write('licence = "CC0"\n')

    info = empty.import_file(folder)
    translator = build_translator(empty.folder)
    result = await translator.translate("hello city", source="en", target="ja")
    await translator.close()

    assert (result.engine, result.route) == (info.engine, ("en", "ja")) == (f"tiny-{style}", ("en", "ja"))
    assert "市" in result.text
