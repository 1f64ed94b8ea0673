"""How each language served is reached, and which of the installed models are used. Pure: values in, values out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from translation.engine import Pair
from translation.languages import Language, language, languages
from translation.packages.info import ModelInfo
from translation.routes import PIVOT, Candidate, Quality, find_route

HOME = "ja"  # what staff write and read

# "unpublished": missing, and neither Argos nor Firefox has a code for the language, so that it must be imported.
Reach = Literal["direct", "pivot", "human_only", "same", "missing", "unpublished"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How to get from one language to another."""

    reach: Reach
    route: tuple[str, ...] = ()
    engines: tuple[str, ...] = ()
    install: tuple[str, ...] = ()  # what to give to `models install` where it is missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One language and its ways from and to Japanese."""

    tag: str
    english_name: str
    own_name: str
    from_ja: Way
    to_ja: Way


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """How much of a model is used: in so many of its pairs it is the best one. `by` is better in the others."""

    best_in: int
    pairs: int
    by: str = ""


def candidates_of(models: Iterable[ModelInfo]) -> list[Candidate]:
    """What the router sees of these models."""
    return [
        Candidate(index, info.engine, info.version, pair)
        for index, info in enumerate(models)
        for pair in info.pairs
        if info.state == "ready"
    ]


def uses(models: Sequence[ModelInfo], quality: Quality) -> list[Use]:
    """For each model, whether translation uses it."""
    candidates = candidates_of(models)
    best: dict[Pair, Candidate] = {}
    for pair in {candidate.pair for candidate in candidates}:
        route = find_route(*pair, [one for one in candidates if one.pair == pair], quality)
        if route:
            best[pair] = route.hops[0]
    found = []
    for index, info in enumerate(models):
        winners = [best[pair] for pair in info.pairs if pair in best]
        others = [winner for winner in winners if winner.index != index]
        by = f"{others[0].engine} {others[0].version}" if others else ""
        found.append(Use(best_in=len(winners) - len(others), pairs=len(info.pairs), by=by))
    return found


def served(models: Sequence[ModelInfo], quality: Quality) -> list[Served]:
    """Every language served but Japanese itself, in the order in which they are offered."""
    candidates = candidates_of(models)
    return [
        Served(
            tag=tag,
            english_name=found.english_name,
            own_name=found.own_name,
            from_ja=_way(HOME, found, candidates, quality, there=True),
            to_ja=_way(HOME, found, candidates, quality, there=False),
        )
        for tag, found in languages().items()
        if tag != HOME
    ]


def _way(home: str, other: Language, candidates: list[Candidate], quality: Quality, *, there: bool) -> Way:
    if other.model_tag == home:
        return Way(reach="human_only" if there and other.human_only else "same")
    source, target = (home, other.tag) if there else (other.tag, home)
    if there and other.human_only:
        return Way(reach="human_only")
    route = find_route(source, target, candidates, quality)
    if route is not None:
        reach: Reach = "direct" if len(route.hops) == 1 else "pivot"
        return Way(reach=reach, route=route.tags, engines=tuple(hop.engine for hop in route.hops))
    have = {candidate.pair for candidate in candidates}
    hops = [(source, target)] if PIVOT in (source, target) else [(source, PIVOT), (PIVOT, target)]
    missing = [hop for hop in hops if hop not in have]
    published = all(
        language(tag).argos_codes or language(tag).firefox_codes for hop in missing for tag in hop
    )
    return Way(
        reach="missing" if published else "unpublished",
        install=tuple("-".join(hop) for hop in missing) if published else (),
    )
