"""Vectors of texts in a file, so that a text is embedded once: half a minute for each thousand otherwise."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from bot.knowledge.meaning import Vectors
from core.log import get_logger

log = get_logger(__name__)


def key(text: str) -> str:
    """What a text is known by in the file."""
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def read_vectors(file: Path) -> dict[str, Vectors]:
    """Key → vector; nothing where there is no file or a damaged one, for it can be made again."""
    if not file.exists():
        return {}
    try:
        with np.load(file, allow_pickle=False) as stored:
            vectors = stored["vectors"].astype(np.float32) * stored["scales"][:, None]
            return dict(zip((name.decode() for name in stored["keys"]), vectors, strict=True))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        log.warning("knowledge_vectors_unreadable", file=file.name)
        return {}


def write_vectors(file: Path, vectors: Mapping[str, Vectors]) -> None:
    """Write all vectors in eight bits for each number (a cosine is then wrong by less than 0.002). The file is
    replaced whole."""
    table = np.stack(list(vectors.values()))
    scales = np.maximum(np.abs(table).max(axis=1), 1e-9).astype(np.float32) / 127
    small = np.round(table / scales[:, None]).astype(np.int8)
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".part")
    with unfinished.open("wb") as out:
        np.savez(out, keys=np.array([name.encode() for name in vectors]), vectors=small, scales=scales)
    unfinished.replace(file)
