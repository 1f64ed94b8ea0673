"""What a folder of model files is: an Argos package, a Firefox model, or a model with a `model.toml`.

Decided by what lies in it, never by its name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from translation.archives import decompress, remove
from translation.engine import Pair
from translation.engines.seq2seq import NOTE
from translation.errors import BrokenModel
from translation.languages import Language, languages
from translation.manifest import sha256_of
from translation.packages.recipe import read_recipe

VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+_-]{0,39}")
README = "see the package's README"
FIREFOX_LICENCE = "MPL-2.0"
TEXT_BYTES = 1 << 20  # of a metadata file or README that is read
UNUSED = ("stanza", "spacy", "minisbd")  # sentence splitters inside Argos packages
FIREFOX_FILE = re.compile(r"(model|lex|vocab|srcvocab|trgvocab)\.[A-Za-z0-9_.-]+\.(bin|spm)(\.gz|\.zst)?")
FIREFOX_CODES = re.compile(r"^model\.([A-Za-z_-]{4,20})\.")
# What licences are called where a README names one.
LICENCES = re.compile(
    r"\b(CC[ -]BY(?:-(?:SA|NC|ND))*(?:[ -]\d\.\d)?|CC0(?:[ -]1\.0)?|MIT|Apache(?:[ -]License)?[ -,]+2\.0|MPL[ -]2\.0"
    r"|L?GPL-?[v ]?\d(?:\.\d)?|AGPL-?[v ]?\d(?:\.\d)?)\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a folder turned out to be."""

    engine: str
    pairs: tuple[Pair, ...]
    version: str
    licence: str
    model: str  # the file whose hash stands for the model where there is no archive
    name: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)


def read_contents(folder: Path, limit: int) -> Contents:
    """Find out what `folder` is and take out of it what is not needed; files of Firefox are decompressed, to at most
    `limit` bytes each. Raises `BrokenModel` with what is wrong."""
    if (folder / NOTE).is_file():
        recipe = read_recipe(folder)
        return Contents(
            engine="seq2seq",
            name=recipe.name,
            pairs=recipe.pairs,
            version=recipe.version,
            licence=recipe.licence,
            model="model/model.bin",
            scores=recipe.scores,
        )
    if any(folder.glob("model.*.bin*")):
        return _firefox(folder, limit)
    if (folder / "metadata.json").is_file():
        return _argos(folder)
    raise BrokenModel(
        "This is no model that is known: it has no metadata.json (Argos), no model.*.bin (Firefox) and no model.toml."
    )


def _argos(folder: Path) -> Contents:
    metadata = _metadata(folder)
    try:
        source, target, version = (str(metadata[key]) for key in ("from_code", "to_code", "package_version"))
    except KeyError as error:
        raise BrokenModel("The package's metadata.json is not readable; fetch the package again.") from error
    if metadata.get("type", "translate") != "translate":
        raise BrokenModel("The package does not translate; import one of the type “translate”.")
    if not VERSION.fullmatch(version):
        raise BrokenModel("The package's version is not a version; fetch the package again.")
    if (folder / "bpe.model").is_file():
        raise BrokenModel(
            "The package has an old vocabulary (bpe.model), which is not supported; use a newer package."
        )
    if not (folder / "sentencepiece.model").is_file() or not (folder / "model" / "model.bin").is_file():
        raise BrokenModel(
            "The package has no SentencePiece vocabulary or no CTranslate2 model; use a newer package."
        )
    for name in UNUSED:
        remove(folder / name)
    return Contents(
        engine="argos",
        pairs=((_tag_of_argos(source), _tag_of_argos(target)),),
        version=version,
        licence=str(metadata.get("license") or metadata.get("licence") or _licence(folder))[:100],
        model="model/model.bin",
    )


def _metadata(folder: Path) -> dict[str, Any]:
    path = folder / "metadata.json"
    try:
        if path.stat().st_size > TEXT_BYTES:
            raise BrokenModel("The package's metadata.json is too large; fetch the package again.")
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BrokenModel("The package's metadata.json is not readable; fetch the package again.") from error
    if not isinstance(found, dict):
        raise BrokenModel("The package's metadata.json is not readable; fetch the package again.")
    return found


def _licence(folder: Path) -> str:
    """The licences that the package's README names, as it writes them."""
    for name in ("README.md", "README", "LICENSE", "LICENSE.txt"):
        path = folder / name
        if path.is_file():
            text = path.read_bytes()[:TEXT_BYTES].decode("utf-8", "replace")
            if named := list(dict.fromkeys(LICENCES.findall(text))):
                return f"{', '.join(named[:4])} (README)"
    return README


def _tag_of_argos(code: str) -> str:
    for language in languages().values():
        if code in language.argos_codes:
            return language.tag
    raise BrokenModel(f"The package is for the language “{code[:20]}”, which is not served.")


def _firefox(folder: Path, limit: int) -> Contents:
    metadata = _metadata(folder) if (folder / "metadata.json").is_file() else {}
    _plain_files(folder, limit)
    model = _one_model(folder)
    if not any(folder.glob("lex.*.bin")):
        raise BrokenModel("The model has no shortlist (lex.*.bin); fetch it again.")
    apart = all(any(folder.glob(f"{kind}.*.spm")) for kind in ("srcvocab", "trgvocab"))
    if not apart and not any(folder.glob("vocab.*.spm")):
        raise BrokenModel(
            "The model has no vocabulary (vocab.*.spm, or srcvocab and trgvocab); fetch it again."
        )
    version = str(metadata.get("version") or f"imported.{sha256_of(folder / model)[:8]}")
    if architecture := str(metadata.get("architecture") or ""):
        version = f"{version}-{architecture}"
    if not VERSION.fullmatch(version):
        raise BrokenModel("The version in the model's metadata.json is not a version; correct it.")
    return Contents(
        engine="firefox",
        pairs=(_firefox_pair(metadata, model),),
        version=version,
        licence=FIREFOX_LICENCE,
        model=model,
    )


def _plain_files(folder: Path, limit: int) -> None:
    """Leave the model's files alone in the folder, decompressed."""
    for path in list(folder.iterdir()):
        if path.is_dir():
            remove(path)
        elif not FIREFOX_FILE.fullmatch(path.name):
            path.unlink()
        elif path.suffix in (".gz", ".zst"):
            decompress(path, path.with_suffix(""), limit, kind=path.suffix)
            path.unlink()


def _one_model(folder: Path) -> str:
    models = sorted(path.name for path in folder.glob("model.*.bin"))
    if len(models) != 1:
        raise BrokenModel("The folder holds more than one Firefox model; give each a folder of its own.")
    return models[0]


def _firefox_pair(metadata: Mapping[str, Any], model: str) -> Pair:
    source, target = metadata.get("sourceLanguage"), metadata.get("targetLanguage")
    if source and target:
        return _tag_of_firefox(str(source)), _tag_of_firefox(str(target))
    found = FIREFOX_CODES.match(model)
    codes = found.group(1) if found else ""
    for cut in range(1, len(codes)):
        first, second = _by_firefox(codes[:cut]), _by_firefox(codes[cut:])
        if first and second:
            return first.tag, second.tag
    raise BrokenModel(
        f"Which languages “{model}” translates cannot be told; put a metadata.json with sourceLanguage and "
        "targetLanguage beside it."
    )


def _by_firefox(code: str) -> Language | None:
    wanted = code.replace("_", "-").casefold()
    for language in languages().values():
        if wanted in {known.replace("_", "-").casefold() for known in language.firefox_codes}:
            return language
    return None


def _tag_of_firefox(code: str) -> str:
    if found := _by_firefox(code):
        return found.tag
    raise BrokenModel(f"The model is for the language “{code[:20]}”, which is not served.")
