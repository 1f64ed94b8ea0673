"""Vectors of texts in a file, so that a text is embedded once: half a minute for each thousand otherwise."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.knowledge.meaning import Vectors
from core.log import get_logger

log = get_logger(__name__)

MOST = 7  # the largest number that four bits hold on both sides of zero


def key(text: str) -> str:
    """What a text is known by in the file."""
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def read_vectors(file: Path) -> dict[str, Vectors]:
    """Key → vector; nothing where there is no file or a damaged one, for it can be made again."""
    if not file.exists():
        return {}
    try:
        with np.load(file, allow_pickle=False) as stored:
            whole = _unpack(stored["packed"], len(stored["middle"]))
            vectors = stored["middle"] + whole.astype(np.float32) * stored["scales"][:, None]
            return dict(zip((name.decode() for name in stored["keys"]), vectors, strict=True))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        log.warning("knowledge_vectors_unreadable", file=file.name)
        return {}


def write_vectors(file: Path, vectors: Mapping[str, Vectors]) -> None:
    """Write all vectors in four bits for each number: how far it is from the middle of all, which they have far more
    in common than they differ (a cosine is then wrong by less than 0.006). The file is replaced whole, but its middle
    stays, so that a vector that is read and written again does not change."""
    table = np.stack(list(vectors.values())).astype(np.float32)
    middle = _middle(file, table)
    apart = table - middle
    scales = np.maximum(np.abs(apart).max(axis=1), 1e-9).astype(np.float32) / MOST
    packed = _pack(np.round(apart / scales[:, None]).astype(np.int8))
    names = np.array([name.encode() for name in vectors])
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".part")
    with unfinished.open("wb") as out:
        np.savez(out, keys=names, middle=middle, scales=scales, packed=packed)
    unfinished.replace(file)


def _middle(file: Path, table: Vectors) -> Vectors:
    """The middle in `file`, or that of `table` where it holds none that fits."""
    own: Vectors = table.mean(axis=0)
    try:
        with np.load(file, allow_pickle=False) as stored:
            kept: Vectors = stored["middle"]
            return kept if kept.shape == own.shape else own
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return own


def _pack(numbers: NDArray[np.int8]) -> NDArray[np.uint8]:
    """Two numbers from -7 to 7 in each byte."""
    shifted = (numbers + 8).astype(np.uint8)
    if shifted.shape[1] % 2:
        shifted = np.pad(shifted, ((0, 0), (0, 1)))
    packed: NDArray[np.uint8] = shifted[:, ::2] * np.uint8(16) + shifted[:, 1::2]
    return packed


def _unpack(packed: NDArray[np.uint8], dimensions: int) -> NDArray[np.int8]:
    pairs = np.stack([packed >> 4, packed & 15], axis=-1).astype(np.int8)
    whole: NDArray[np.int8] = pairs.reshape(len(packed), -1)[:, :dimensions] - 8
    return whole
