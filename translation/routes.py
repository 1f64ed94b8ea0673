"""Which way to take from one language to another. Pure: values in, values out."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources

from translation.engine import Pair

PIVOT = "en"
VERSION = re.compile(r"([\d.]{0,40})((?:a|b|rc)\d+)?(.*)", re.DOTALL)  # matches everything


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

    def measured(self, candidate: Candidate) -> float | None:
        """The figure of this version where it has one of its own, else of its engine, else None."""
        pair = "-".join(candidate.pair)
        own = self._table.get(f"{candidate.engine}/{candidate.version}", {})
        return own.get(pair, self._table.get(candidate.engine, {}).get(pair))

    def of(self, candidate: Candidate) -> float:
        """The measured figure, or what a pair counts as that nobody measured."""
        found = self.measured(candidate)
        return self._unknown if found is None else found

    def together(self, candidate: Candidate) -> int:
        """Up to how many characters of neighbouring sentences the model translates better together; 0: each alone.
        Scripts that say a word in a character or two have half as many."""
        own = self._table.get(f"{candidate.engine}/{candidate.version}", {})
        return int(own.get("together", self._table.get(candidate.engine, {}).get("together", 0)))


@functools.cache
def measured_quality() -> Quality:
    """The table that ships with the project."""
    table = tomllib.loads((resources.files("translation") / "data" / "quality.toml").read_text("utf-8"))
    unknown = float(table.pop("unknown"))
    return Quality(table, unknown)


def version_order(version: str) -> tuple[tuple[int, ...], bool, str]:
    """A key that sorts versions: 1.9 before 1.10, a trial such as 3.0a1 before 3.0."""
    numbers, trial, rest = VERSION.match(version.strip()).groups()  # type: ignore[union-attr]
    return tuple(int(number) for number in numbers.split(".") if number), not trial, rest


def _rank(candidate: Candidate, quality: Quality) -> tuple[float, tuple[tuple[int, ...], bool, str]]:
    """By quality, and of two equals the newer version."""
    return quality.of(candidate), version_order(candidate.version)


def find_route(source: str, target: str, installed: Iterable[Candidate], quality: Quality) -> Route | None:
    """The best direct model if there is one, else the best pair of models through English, else None.

    A direct model is preferred whatever its figures: two translations lose more than one, and facts would
    have to survive twice.
    """
    useful = {(source, target), (source, PIVOT), (PIVOT, target)}
    best: dict[Pair, Candidate] = {}
    for candidate in installed:
        if candidate.pair not in useful:
            continue  # a multilingual model has hundreds of pairs
        held = best.get(candidate.pair)
        if held is None or _rank(candidate, quality) > _rank(held, quality):
            best[candidate.pair] = candidate
    if direct := best.get((source, target)):
        return Route((direct,))
    first, second = best.get((source, PIVOT)), best.get((PIVOT, target))
    return Route((first, second)) if first and second else None
