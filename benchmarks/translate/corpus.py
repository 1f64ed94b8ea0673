"""Held-out lines of the parallel corpus.

A line is set aside when the first eight bytes of SHA-256 of its Japanese side (NFKC, without spaces) divide by `EVERY`.
Nothing of ours may be tuned on such lines: calibrate, choose and fill the memory from the others only.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.translate.bench import NotMeasured

EVERY = 20
FILES = {"municipal": "municipal.ja-en.tsv", "public": "public.ja-en.tsv"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of parallel text."""

    ja: str
    en: str

    def side(self, language: str) -> str:
        return self.ja if language == "ja" else self.en


def normal(text: str) -> str:
    """What two lines have in common that say the same: no spaces, one width, one case."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()


def is_set_aside(japanese: str) -> bool:
    """Is the line with this Japanese side for measuring only?"""
    digest = hashlib.sha256(normal(japanese).encode()).digest()
    return int.from_bytes(digest[:8], "big") % EVERY == 0


def set_aside(folder: Path, name: str) -> list[Line]:
    """The held-out lines of one file, each Japanese text once, in the order of their hashes. Raises `NotMeasured`."""
    lines = {normal(line.ja): line for line in _read(folder, name) if is_set_aside(line.ja)}
    return sorted(lines.values(), key=lambda line: hashlib.sha256(line.ja.encode()).digest())


def others(folder: Path, name: str) -> list[Line]:
    """All other lines, without any that shares a side with a held-out one. Raises `NotMeasured`."""
    lines = list(_read(folder, name))
    apart = [line for line in lines if is_set_aside(line.ja)]
    japanese, english = {normal(line.ja) for line in apart}, {normal(line.en) for line in apart}
    return [line for line in lines if normal(line.ja) not in japanese and normal(line.en) not in english]


def _read(folder: Path, name: str) -> Iterator[Line]:
    path = folder / FILES[name]
    if not path.exists():
        raise NotMeasured(f"There is no corpus at {path}; give its folder with --corpus.")
    for row in path.read_text("utf-8").split("\n"):
        japanese, tab, english = row.partition("\t")
        if tab:
            yield Line(japanese, english)
