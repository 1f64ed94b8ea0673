"""The note that lies beside every installed model: what it is, where it came from, and the hash of each file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from translation.engine import Pair
from translation.errors import BrokenModel

NAME = "manifest.json"
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One installed model. `files` maps a path inside the folder to its SHA-256, in hexadecimal."""

    engine: str
    pairs: tuple[Pair, ...]  # one for Argos and Firefox; a multilingual model has many
    version: str
    licence: str
    sha256: str  # of the archive it came from, or of the model file where there was no archive
    size_bytes: int
    scores: Mapping[str, float]
    files: Mapping[str, str]
    name: str = ""  # how the engine calls itself, where one engine runs models of many names
    origin: str = ""  # the address or the file that it came from
    pin: str = ""  # who said beforehand what the hash has to be; "" where the first download was believed

    @property
    def shown(self) -> str:
        """The engine's name as people, routes and the table of quality know it."""
        return self.name or self.engine

    @property
    def title(self) -> str:
        """The name of the model's folder."""
        which = [self.name] if self.name else list(self.pairs[0])
        return "-".join([self.engine, *which, self.version])


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def hash_files(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below `folder` but the manifest itself."""
    return {name: sha256_of(folder / name) for name in _names(folder)}


def _names(folder: Path) -> list[str]:
    """Every file below `folder` but the note and hidden files, which file systems and desktops leave behind."""
    found = (path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file())
    return [path.as_posix() for path in found if path.as_posix() != NAME and not path.name.startswith(".")]


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put the note into the model's folder."""
    row = {
        "engine": manifest.engine,
        "pairs": [list(pair) for pair in manifest.pairs],
        "version": manifest.version,
        "licence": manifest.licence,
        "sha256": manifest.sha256,
        "size_bytes": manifest.size_bytes,
        "scores": dict(manifest.scores),
        "files": dict(manifest.files),
        "name": manifest.name,
        "origin": manifest.origin,
        "pin": manifest.pin,
    }
    (folder / NAME).write_text(json.dumps(row, ensure_ascii=False, indent=1, sort_keys=True), "utf-8")


def read_manifest(folder: Path) -> Manifest:
    """The note in `folder`, or `BrokenModel`."""
    try:
        row = json.loads((folder / NAME).read_text("utf-8"))
        return Manifest(
            engine=str(row["engine"]),
            pairs=_pairs(row),
            version=str(row["version"]),
            licence=str(row["licence"]),
            sha256=str(row["sha256"]),
            size_bytes=int(row["size_bytes"]),
            scores={str(name): float(value) for name, value in row["scores"].items()},
            files={str(name): str(value) for name, value in row["files"].items()},
            name=str(row.get("name", "")),
            origin=str(row.get("origin", "")),
            pin=str(row.get("pin", "")),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BrokenModel(f"The model “{folder.name}” has no readable manifest; import it again.") from error


def _pairs(row: dict[str, Any]) -> tuple[Pair, ...]:
    """The pairs of a note; those written before a model could have several name one source and target."""
    if "pairs" not in row:
        return ((str(row["source"]), str(row["target"])),)
    pairs = tuple((str(source), str(target)) for source, target in row["pairs"])
    if not pairs:
        raise ValueError("no pairs")
    return pairs


def check_files(folder: Path, manifest: Manifest) -> None:
    """Raise `BrokenModel` unless every file is there and has the hash that was written down, and no other file is."""
    wrong = _first_wrong(folder, manifest.files.items())
    if wrong is not None:
        raise BrokenModel(
            f"“{wrong}” of the model “{folder.name}” is missing or has changed; remove the model and install it again."
        )
    if strange := sorted(set(_names(folder)) - set(manifest.files)):
        raise BrokenModel(
            f"“{strange[0]}” does not belong to the model “{folder.name}”; take it out or install the model again."
        )


def _first_wrong(folder: Path, files: Iterable[tuple[str, str]]) -> str | None:
    for name, expected in files:
        path = folder / name
        if not path.is_file() or sha256_of(path) != expected:
            return name
    return None
