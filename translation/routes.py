"""Which way to take from one language to another. Pure: values in, values out."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources

from translation.engine import Pair

PIVOT = "en"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An installed model for one pair. `index` is the caller's own way to find it again."""

    index: int
    engine: str
    version: str
    pair: Pair


@dataclass(frozen=True, slots=True)
class Route:
    """The models to use, one after the other."""

    hops: tuple[Candidate, ...]

    @property
    def tags(self) -> tuple[str, ...]:
        """From source to target, as ("pt-BR", "en", "ja")."""
        return (self.hops[0].pair[0], *(hop.pair[1] for hop in self.hops))

    @property
    def engine(self) -> str:
        """Names of the engines on the way, each once."""
        return "+".join(dict.fromkeys(hop.engine for hop in self.hops))


class Quality:
    """Measured quality of engines, from data/quality.toml: higher is better."""

    def __init__(self, table: Mapping[str, Mapping[str, float]], unknown: float) -> None:
        self._table = table
        self._unknown = unknown

    def of(self, candidate: Candidate) -> float:
        """The figure of this version where it has one of its own, else of its engine."""
        pair = "-".join(candidate.pair)
        own = self._table.get(f"{candidate.engine}/{candidate.version}", {})
        return own.get(pair, self._table.get(candidate.engine, {}).get(pair, self._unknown))


@functools.cache
def measured_quality() -> Quality:
    """The table that ships with the project."""
    table = tomllib.loads((resources.files("translation") / "data" / "quality.toml").read_text("utf-8"))
    unknown = float(table.pop("unknown"))
    return Quality(table, unknown)


def find_route(source: str, target: str, installed: Iterable[Candidate], quality: Quality) -> Route | None:
    """The best direct model if there is one, else the best pair of models through English, else None.

    A direct model is preferred whatever its figures: two translations lose more than one, and facts would
    have to survive twice.
    """
    best: dict[Pair, Candidate] = {}
    for candidate in installed:
        held = best.get(candidate.pair)
        if held is None or quality.of(candidate) > quality.of(held):
            best[candidate.pair] = candidate
    if direct := best.get((source, target)):
        return Route((direct,))
    first, second = best.get((source, PIVOT)), best.get((PIVOT, target))
    return Route((first, second)) if first and second else None
