"""Municipal sentences with known facts: the templates of data/municipal.toml, filled with drawn values."""

from __future__ import annotations

import csv
import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.translate.bench import GLOSSARY
from benchmarks.translate.sentences import DATA
from benchmarks.translate.slots import SLOTS, Draw, Expected

SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A sentence and everything in it that must survive."""

    text: str
    facts: tuple[Expected, ...]
    template: int


def fill(language: str, number: int, *, seed: int = 3) -> list[Filled]:
    """`number` different sentences; the same ones each time. Templates take turns."""
    draw = Draw(f"{seed}-{language}")
    templates = _data()[language]
    made: dict[str, Filled] = {}
    at = 0
    while len(made) < number:
        filled = _fill(templates[at % len(templates)], at % len(templates), language, draw)
        made.setdefault(filled.text, filled)
        at += 1
    return list(made.values())


def _fill(template: str, number: int, language: str, draw: Draw) -> Filled:
    facts: list[Expected] = []

    def write(slot: re.Match[str]) -> str:
        name = slot[1]
        if name in _data()["terms"]:
            return _term(draw.choice(_data()["terms"][name]), language)
        text, found = SLOTS[name](draw, language)
        facts.extend(found)
        return text

    text = SLOT.sub(write, template).replace(".m..", ".m.")
    if not text.startswith("http"):
        text = text[:1].upper() + text[1:]
    return Filled(text=text, facts=tuple(facts), template=number)


@functools.cache
def _data() -> Mapping[str, Any]:
    return tomllib.loads((DATA / "municipal.toml").read_text("utf-8"))


@functools.cache
def glossary(path: Path = GLOSSARY) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """The city's glossary as plain alternatives: {Japanese: {tag or also_tag: alternatives}}."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        row["ja"].partition(";")[0]: {
            column: tuple(part.strip() for part in row.get(column, "").split(";") if part.strip())
            for tag in ("ja", "en", "pt-BR")
            for column in (tag, f"also_{tag}")
        }
        for row in rows
    }


def _term(key: str, language: str) -> str:
    return glossary()[key][language][0]
