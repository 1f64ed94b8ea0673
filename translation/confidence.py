"""How likely a reader is to get the right meaning from a machine translation: one calibrated number.

A logistic regression over what can be seen from outside: what the engine said about itself, how the lengths compare,
what the guards found, and what the source looks like. Its weights are in data/calibration.toml, fitted by
`python -m benchmarks.calibrate`; docs/confidence.md tells on what, and how well it holds.
"""

from __future__ import annotations

import functools
import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from translation.engine import Pair
from translation.guards import FLAGS, english_length, length_ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class HopEvidence:
    """What one engine of the route says about its output."""

    engine: str
    version: str
    pair: Pair
    score: float | None  # mean natural logarithm of the probability of its tokens; None where there is none
    prior: float  # 0..1, the usual quality of this engine for this pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known about one translated sentence."""

    source: str
    target: str
    source_text: str
    text: str
    hops: tuple[HopEvidence, ...]
    flags: tuple[str, ...]
    tries: int  # decodes beyond the first
    facts: int  # facts in the source


@dataclass(frozen=True, slots=True)
class Family:
    """Fitted weights for engines of one kind."""

    weights: Mapping[str, float]  # in logits, by feature
    usual_prior: float  # quality of the models that they were fitted on
    prior_weight: float  # logits for 1.0 more of quality


def estimate(evidence: Evidence, families: Mapping[str, Family] | None = None) -> float:
    """The probability, 0..1, that a reader of `text` gets the meaning of `source_text`; with the weights that ship, or
    with `families` by engine.

    Each hop has its own chance, and a pivot needs all of them. A flag leaves no more than `FLAGS` says. A text that no
    engine had to guess (facts alone) is certain.
    """
    seen = features(evidence)
    families = families or _shipped()
    chance = 1.0
    for hop in evidence.hops:
        chance *= _chance(hop, seen, families)
    return min([chance, *(FLAGS[flag] for flag in evidence.flags)])


def _chance(hop: HopEvidence, seen: Mapping[str, float], families: Mapping[str, Family]) -> float:
    if hop.score == 0.0:  # no model is ever that sure
        return 1.0
    family = families.get(hop.engine) or families["argos" if hop.score is not None else "firefox"]
    logit = family.prior_weight * (hop.prior - family.usual_prior)
    for feature, weight in family.weights.items():
        logit += weight * (bounded(hop.score) if feature == "score" else seen[feature])
    return 1 / (1 + math.exp(-max(min(logit, 30.0), -30.0)))


def bounded(score: float | None) -> float:
    """The score as the regression sees it: below -4 nothing is worse."""
    return 0.0 if score is None else max(min(score, 0.0), -4.0)


_CLAUSE = re.compile("[,、，;；:：・()（）]")
_END = re.compile(r"[.。!！?？…]\W*$")
# Hiragana at the end, or four words: probably a sentence whose writer left out the full stop.
_CLAUSE_END = re.compile(r"[\u3041-\u309f]\W*$|\w+\s+\w+\s+\w+\s+\w+")
_PIECE = re.compile(r"[\u3041-\u30ff\u3400-\u9fff]|[^\W\d_]+")


def features(evidence: Evidence) -> dict[str, float]:
    """What the regression sees beside the score, by the names in data/calibration.toml."""
    text = evidence.source_text
    length = english_length(text, evidence.source)
    ratio = length_ratio(text, evidence.text, evidence.source, evidence.target)
    pieces = _PIECE.findall(evidence.text.casefold())
    distinct = set(pieces)
    return {
        "base": 1.0,
        "length": math.log(max(length, 1.0)) - 3.0,
        "very_short": float(length < 9),
        "shorter": max(-ratio, 0.0),
        "longer": max(ratio, 0.0),
        "tries": float(evidence.tries > 0),
        "facts": min(evidence.facts, 4) / 2,
        "repetition": 1 - len(distinct) / len(pieces) if pieces else 0.0,
        "clauses": min(len(_CLAUSE.findall(text)), 4) / 2,
        "fragment": float(not _END.search(text) and not _CLAUSE_END.search(text)),
    }


@functools.cache
def _shipped() -> Mapping[str, Family]:
    text = (resources.files("translation") / "data" / "calibration.toml").read_text("utf-8")
    return read_families(tomllib.loads(text))


def read_families(table: Mapping[str, Any]) -> dict[str, Family]:
    """The weights by engine, from the tables of a calibration file."""
    return {
        name: Family(row["weights"], row["usual_prior"], row["prior_weight"]) for name, row in table.items()
    }
