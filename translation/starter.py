"""The models that the project starts with: English↔Japanese in the package, English↔Portuguese in a wheel."""

from __future__ import annotations

import importlib.util
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from translation.engine import Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    """One starter model. `origin` is an archive (Argos) or a folder (Firefox), or None where it is not installed."""

    engine: str
    pair: Pair
    version: str
    licence: str
    sha256: str  # of the archive, or of the model file
    size_bytes: int
    scores: Mapping[str, float]
    files: Mapping[str, str]  # SHA-256 by name; empty for an archive
    origin: Path | None


def starters() -> tuple[Starter, ...]:
    """Every starter model, in the order in which to prepare them."""
    table = tomllib.loads((resources.files("translation") / "data" / "starter.toml").read_text("utf-8"))
    return (*map(_argos, table["argos"]), *map(_firefox, table["firefox"]))


def _argos(row: dict[str, Any]) -> Starter:
    archive = Path(str(resources.files("translation") / "starter" / row["archive"]))
    return Starter(
        engine="argos",
        pair=(row["pair"][0], row["pair"][1]),
        version=row["version"],
        licence=row["licence"],
        sha256=row["sha256"],
        size_bytes=row["size_bytes"],
        scores=row["scores"],
        files={},
        origin=archive if archive.is_file() else None,
    )


def _firefox(row: dict[str, Any]) -> Starter:
    folder = _distribution_folder(row["distribution"], row["folder"])
    files: dict[str, str] = row["files"]
    model = next(name for name in files if name.startswith("model."))
    return Starter(
        engine="firefox",
        pair=(row["pair"][0], row["pair"][1]),
        version=row["version"],
        licence=row["licence"],
        sha256=files[model],
        size_bytes=sum((folder / name).stat().st_size for name in files) if folder else 0,
        scores={},
        files=files,
        origin=folder,
    )


def _distribution_folder(distribution: str, folder: str) -> Path | None:
    """Where a wheel keeps its data, found without importing it: importing would load a second native engine."""
    spec = importlib.util.find_spec(distribution)
    for root in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(root) / folder
        if path.is_dir():
            return path
    return None
