"""chrF of two translations of the same lines, and how sure the difference is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.translate.bench import Report

SAMPLES = 1000
SEED = 12


def score(texts: Sequence[str], references: Sequence[str]) -> float:
    """Corpus chrF (character order 6, beta 2), 0 to 100, as sacrebleu gives it."""
    return float(_metric().corpus_score(list(texts), [list(references)]).score)


def compare(ours: Sequence[str], theirs: Sequence[str], references: Sequence[str]) -> Report:
    """Both scores, their difference, and the 95 % interval of the difference over resampled lines."""
    import numpy

    statistics = [_statistics(side, references) for side in (ours, theirs)]
    draw = numpy.random.default_rng(SEED)
    differences = []
    for _ in range(SAMPLES):
        chosen = draw.integers(0, len(references), len(references))
        one, other = (_from_sums(table[chosen].sum(axis=0)) for table in statistics)
        differences.append(one - other)
    low, high = numpy.percentile(differences, [2.5, 97.5])
    one, other = score(ours, references), score(theirs, references)
    return {
        "ours": round(one, 2),
        "raw": round(other, 2),
        "difference": round(one - other, 2),
        "interval_95": [round(float(low), 2), round(float(high), 2)],
        "same_text_percent": round(100 * sum(map(str.__eq__, ours, theirs)) / len(references), 1),
    }


def _statistics(texts: Sequence[str], references: Sequence[str]) -> Any:
    """For each line and order: n-grams of the text, of the reference, and in common."""
    import numpy

    return numpy.array(_metric()._extract_corpus_statistics(list(texts), [list(references)]))


def _from_sums(sums: Any) -> float:
    return float(_metric()._compute_f_score([int(each) for each in sums]))


def _metric() -> Any:
    from sacrebleu.metrics.chrf import CHRF

    return CHRF()
