"""`model.toml` at import: what the engine reads of it is checked by the engine, the rest here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from translation.engine import Pair
from translation.engines.seq2seq import NOTE, frame, read_note
from translation.errors import BrokenModel
from translation.languages import languages

VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._]{0,29}")
LICENCE = re.compile(r"[^\n]{1,100}")
TAKEN = ("argos", "firefox", "seq2seq", "none", "memory")  # names that mean something else in a route
PAIRS = f'“pairs” in {NOTE} must look like [["en", "ja"], ["ja", "en"]]; correct it.'


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What `model.toml` says about the model as a whole."""

    name: str
    version: str
    licence: str
    pairs: tuple[Pair, ...]
    scores: Mapping[str, float]


def read_recipe(folder: Path) -> Recipe:
    """The recipe in `folder`, after checking that the files it needs are there and that every pair can be fed.
    Raises `BrokenModel`."""
    note = read_note(folder)
    vocabulary = (folder / "sentencepiece.model").is_file() or (
        (folder / "source.spm").is_file() and (folder / "target.spm").is_file()
    )
    if not vocabulary or not (folder / "model" / "model.bin").is_file():
        raise BrokenModel(
            f"Beside {NOTE} there must be model/model.bin, and sentencepiece.model or source.spm and target.spm."
        )
    if note["name"] in TAKEN:
        raise BrokenModel(f"The name “{note['name']}” in {NOTE} means something else here; choose another.")
    pairs = _pairs(note.get("pairs"))
    for pair in pairs:
        frame(note, pair, folder)
    return Recipe(
        name=str(note["name"]),
        version=_text(note, "version", VERSION),
        licence=_text(note, "licence", LICENCE),
        pairs=pairs,
        scores=_scores(note.get("scores", {})),
    )


def _text(note: Mapping[str, Any], key: str, form: re.Pattern[str]) -> str:
    value = note.get(key)
    if not isinstance(value, str) or not form.fullmatch(value):
        raise BrokenModel(f"“{key}” in {NOTE} is missing or not usable; correct it.")
    return value


def _pairs(value: object) -> tuple[Pair, ...]:
    served = {tag for tag, found in languages().items() if not found.human_only}
    pairs: list[Pair] = []
    for row in value if isinstance(value, list) else ():
        if not (isinstance(row, list) and len(row) == 2 and row[0] != row[1]):
            raise BrokenModel(PAIRS)
        if unknown := [str(tag) for tag in row if tag not in served]:
            raise BrokenModel(f"“pairs” in {NOTE} names “{unknown[0][:20]}”, which is not served.")
        pairs.append((row[0], row[1]))
    if not pairs:
        raise BrokenModel(PAIRS)
    return tuple(dict.fromkeys(pairs))


def _scores(value: object) -> dict[str, float]:
    if not isinstance(value, dict) or not all(isinstance(score, (int, float)) for score in value.values()):
        raise BrokenModel(f"“scores” in {NOTE} must be a table of numbers; correct it.")
    return {str(name): float(score) for name, score in value.items()}
