"""The label, the regression, and how well it holds.

Nobody has judged thousands of sentences. 300 were read and judged (judged.csv: does a reader get the right meaning?),
and from them a small regression learns how likely that is, given how near a result is to its reference in meaning and
in letters. Its answer, a probability, is the label of all other sentences; a result that lost a fact is wrong.
"""

from __future__ import annotations

import csv
import hashlib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from translation.confidence import Evidence, Family, HopEvidence, bounded, estimate, features
from translation.guards import SURE

Floats = NDArray[np.float64]
JUDGED = Path(__file__).parent / "judged.csv"


def label_rows(rows: Sequence[dict[str, Any]]) -> None:
    """Write `right`, the probability that the judge calls it right, into each row."""
    with JUDGED.open(encoding="utf-8") as file:
        judged = list(csv.DictReader(file))
    weights = _regress(
        np.array([_nearness(row) for row in judged]), np.array([float(row["right"]) for row in judged]), 0.3
    )
    for row in rows:
        row |= {"length": len(row["text"]), "reference_length": len(row["reference"])}
        near = float(np.array(_nearness(row)) @ weights)
        row["right"] = 0.0 if row["lost"] or not row["text"] else 1 / (1 + math.exp(-near))


def _nearness(row: Mapping[str, Any]) -> list[float]:
    similarity, chrf = float(row["similarity"]), float(row["chrf"]) / 100 - 0.4
    to_source = float(row["source_similarity"]) - float(row["reference_source_similarity"])
    japanese = float(row["target"] == "ja")  # its chrF is lower, and its embeddings lie closer together
    length = abs(math.log((int(row["length"]) + 2) / (int(row["reference_length"]) + 2)))
    return [1.0, -math.log(1.001 - similarity) - 3.2, chrf, japanese * chrf, 20 * to_source, length, japanese]


def evidence_of(row: Mapping[str, Any]) -> Evidence:
    """The evidence that a gathered row holds."""
    hops = tuple(HopEvidence(**{**hop, "pair": tuple(hop["pair"])}) for hop in row["hops"])
    names = ("source", "target", "source_text", "text", "tries", "facts")
    return Evidence(hops=hops, flags=tuple(row["flags"]), **{name: row[name] for name in names})


def is_held_out(row: Mapping[str, Any]) -> bool:
    """Half of all segments, in both directions, are never fitted on."""
    segment = row["set"] + min(row["source_text"], row["reference"])
    return hashlib.sha256(segment.encode()).digest()[0] % 2 == 1


def fit_families(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Weights for each engine that rows of a single hop tell about."""
    single = [row for row in rows if len(row["hops"]) == 1 and row["hops"][0]["score"] != 0.0]
    families: dict[str, dict[str, Any]] = {}
    for engine in sorted({row["hops"][0]["engine"] for row in single}):
        own = [row for row in single if row["hops"][0]["engine"] == engine]
        seen = [features(evidence_of(row)) for row in own]
        scored = own[0]["hops"][0]["score"] is not None
        for row, values in zip(own, seen, strict=True):
            values |= {"score": bounded(row["hops"][0]["score"])} if scored else {}
        table = np.array([[*values.values()] for values in seen])
        weights = _regress(table, np.array([row["right"] for row in own]), 1.0)
        families[engine] = {
            "usual_prior": round(float(np.mean([row["hops"][0]["prior"] for row in own])), 3),
            # A score tells how good a model is; where there is none, a better model gets the benefit of its figures.
            "prior_weight": 0.0 if scored else 8.0,
            "weights": {name: round(float(value), 3) for name, value in zip(seen[0], weights, strict=True)},
        }
    return families


def _regress(table: Floats, right: Floats, penalty: float) -> Floats:
    """Logistic regression on probabilities, by Newton's method; all weights but the first are drawn towards 0."""
    weights = np.zeros(table.shape[1])
    pull = np.eye(len(weights)) * penalty
    pull[0, 0] = 1e-3
    for _ in range(50):
        chance = 1 / (1 + np.exp(-table @ weights))
        slope = chance * (1 - chance) + 1e-6
        step = table.T @ (right - chance) - pull @ weights
        weights = weights + np.linalg.solve(table.T @ (table * slope[:, None]) + pull, step)
    return weights


def report(rows: Sequence[Mapping[str, Any]], families: Mapping[str, Family]) -> dict[str, Any]:
    """How the confidence of these rows compares with their labels."""
    said = np.array([estimate(evidence_of(row), families) for row in rows])
    right = np.array([row["right"] for row in rows])
    bins = [(said >= low / 10) & ((said < (low + 1) / 10) | (low == 9)) for low in range(10)]
    table = [
        {
            "from": low / 10,
            "sentences": int(chosen.sum()),
            "said": _mean(said[chosen]),
            "right": _mean(right[chosen]),
        }
        for low, chosen in enumerate(bins)
        if chosen.any()
    ]
    error = sum(line["sentences"] * abs(line["said"] - line["right"]) for line in table) / len(rows)
    low, wrong = said < SURE, right < 0.5
    return {
        "sentences": len(rows),
        "said": _mean(said),
        "right": _mean(right),
        "calibration_error": round(float(error), 3),
        "auc": _auc(said, ~wrong),
        "low_confidence": {
            "share": _mean(low),
            "precision": _mean(wrong[low]) if low.any() else None,
            "recall": _mean(low[wrong]) if wrong.any() else None,
        },
        "reliability": table,
    }


def _mean(values: Any) -> float:
    return round(float(np.mean(values)), 3)


def _auc(said: Floats, right: NDArray[np.bool_]) -> float | None:
    """The chance that a right sentence is said to be likelier than a wrong one."""
    if right.all() or not right.any():
        return None
    ranks = np.empty(len(said))
    ranks[np.argsort(said, kind="stable")] = np.arange(len(said))
    number = int(right.sum())
    return round(float((ranks[right].mean() - (number - 1) / 2) / (len(said) - number)), 3)
