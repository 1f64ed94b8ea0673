"""What every part of the benchmark is given."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
GLOSSARY = ROOT / "config" / "city" / "glossary.csv"

Report = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """The models, a scratch folder, and how much to measure."""

    models: Path
    scratch: Path
    cache: Path  # what is installed for comparison stays here between runs
    corpus: Path
    install: bool = True  # install LibreTranslate where it is missing
    rounds: int = 12  # of 32 callers
    captions: int = 100  # for each pair and condition
    lines: int = 500  # held-out lines of each file and direction
    facts: int = 2000  # sentences for each pair
    soak_s: float = 0.0
    rate: float = 4.0  # requests a second while soaking


class NotMeasured(Exception):
    """A part, or a side of it, could not be measured; the message says why."""


def say(line: str) -> None:
    """Progress, beside the result."""
    print(line, file=sys.stderr, flush=True)
