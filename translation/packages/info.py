"""What operators see of a model, installed or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from translation.engine import Pair
from translation.errors import BrokenModel
from translation.manifest import read_manifest
from translation.starter import Starter

# Called with what is being done, and how many of how many models are done.
Progress = Callable[[str, int, int], None]
# "available": a starter model that is not prepared yet; "removed": one that an operator took away.
State = Literal["ready", "broken", "available", "removed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """One model as operators see it."""

    pairs: tuple[Pair, ...]
    engine: str
    version: str
    path: Path
    size_bytes: int
    sha256: str
    licence: str
    scores: Mapping[str, float]
    state: State
    origin: str = ""
    pin: str = ""
    problem: str = ""  # what is wrong with a broken one

    @property
    def pair(self) -> Pair:
        """The first of its pairs, and the only one of most models."""
        return self.pairs[0]


Models = list[ModelInfo]


def shown(pair: Pair) -> str:
    """A pair for people."""
    return f"{pair[0]} → {pair[1]}"


def title_of(starter: Starter) -> str:
    """The name of a starter model's folder."""
    return "-".join([starter.engine, *starter.pair, starter.version])


def info_of(folder: Path, problem: str = "") -> ModelInfo:
    """An installed model. One whose manifest does not read is broken."""
    try:
        manifest = read_manifest(folder)
    except BrokenModel as error:
        return ModelInfo(
            pairs=(("?", "?"),),
            engine="?",
            version="?",
            path=folder,
            size_bytes=0,
            sha256="",
            licence="",
            scores={},
            state="broken",
            problem=str(error),
        )
    return ModelInfo(
        pairs=manifest.pairs,
        engine=manifest.shown,
        version=manifest.version,
        path=folder,
        size_bytes=manifest.size_bytes,
        sha256=manifest.sha256,
        licence=manifest.licence,
        scores=manifest.scores,
        state="broken" if problem else "ready",
        origin=manifest.origin,
        pin=manifest.pin,
        problem=problem,
    )


def starter_info(starter: Starter, *, removed: bool) -> ModelInfo:
    """A starter model that is not installed."""
    return ModelInfo(
        pairs=(starter.pair,),
        engine=starter.engine,
        version=starter.version,
        path=starter.origin or Path(),
        size_bytes=starter.size_bytes,
        sha256=starter.sha256,
        licence=starter.licence,
        scores=starter.scores,
        state="removed" if removed else "available" if starter.origin else "broken",
        origin="starter",
        pin="project",
        problem="" if starter.origin else "it is not installed; run `make setup` again",
    )
