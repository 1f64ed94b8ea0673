"""The note that lies beside every installed model: what it is, where it came from, and the hash of each file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from translation.engine import Pair
from translation.errors import BrokenModel

NAME = "manifest.json"
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One installed model. `files` maps a path inside the folder to its SHA-256, in hexadecimal."""

    engine: str
    pair: Pair
    version: str
    licence: str
    sha256: str  # of the archive it came from, or of the model file where there was no archive
    size_bytes: int
    scores: Mapping[str, float]
    files: Mapping[str, str]


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def hash_files(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below `folder` but the manifest itself."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != NAME)
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in files}


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put the note into the model's folder."""
    row = {
        "engine": manifest.engine,
        "source": manifest.pair[0],
        "target": manifest.pair[1],
        "version": manifest.version,
        "licence": manifest.licence,
        "sha256": manifest.sha256,
        "size_bytes": manifest.size_bytes,
        "scores": dict(manifest.scores),
        "files": dict(manifest.files),
    }
    (folder / NAME).write_text(json.dumps(row, ensure_ascii=False, indent=1, sort_keys=True), "utf-8")


def read_manifest(folder: Path) -> Manifest:
    """The note in `folder`, or `BrokenModel`."""
    try:
        row = json.loads((folder / NAME).read_text("utf-8"))
        return Manifest(
            engine=str(row["engine"]),
            pair=(str(row["source"]), str(row["target"])),
            version=str(row["version"]),
            licence=str(row["licence"]),
            sha256=str(row["sha256"]),
            size_bytes=int(row["size_bytes"]),
            scores={str(name): float(value) for name, value in row["scores"].items()},
            files={str(name): str(value) for name, value in row["files"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BrokenModel(f"The model “{folder.name}” has no readable manifest; import it again.") from error


def check_files(folder: Path, manifest: Manifest) -> None:
    """Raise `BrokenModel` unless every file is there and has the hash that was written down."""
    wrong = _first_wrong(folder, manifest.files.items())
    if wrong is not None:
        raise BrokenModel(
            f"“{wrong}” of the model “{folder.name}” is missing or has changed; import the model again."
        )


def _first_wrong(folder: Path, files: Iterable[tuple[str, str]]) -> str | None:
    for name, expected in files:
        path = folder / name
        if not path.is_file() or sha256_of(path) != expected:
            return name
    return None
