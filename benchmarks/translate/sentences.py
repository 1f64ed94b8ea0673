"""Short sentences without facts, enough that nobody is asked the same twice."""

from __future__ import annotations

import functools
import itertools
import random
import tomllib
from pathlib import Path

DATA = Path(__file__).parent / "data"
CAPTION = 40  # characters


@functools.cache
def plain(language: str) -> tuple[str, ...]:
    """Thousands of different sentences, shuffled the same way each time."""
    table = tomllib.loads((DATA / "plain.toml").read_text("utf-8"))[language]
    made = {
        _capital(day + pattern.format(p=place, t=thing, q=person))
        for day, pattern, place, thing, person in itertools.product(
            table["days"], table["patterns"], table["places"], table["things"], table["people"]
        )
    }
    ordered = sorted(made)
    random.Random(2).shuffle(ordered)
    return tuple(ordered)


def captions(language: str) -> tuple[str, ...]:
    """Those that fit a caption line."""
    return tuple(text for text in plain(language) if len(text) <= CAPTION)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
