"""From many measurements to few figures. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Sequence


def spread(values: Sequence[float], digits: int = 2) -> dict[str, float]:
    """Median, quartiles and ends."""
    ordered = sorted(values)
    low, middle, high = (
        statistics.quantiles(ordered, n=4, method="inclusive") if len(ordered) > 1 else ordered * 3
    )
    figures = {"median": middle, "p25": low, "p75": high, "min": ordered[0], "max": ordered[-1]}
    return {name: round(value, digits) for name, value in figures.items()} | {"n": len(ordered)}


def milliseconds(seconds: Sequence[float]) -> dict[str, float]:
    """Median, 95th percentile and longest, in milliseconds."""
    ordered = sorted(seconds)
    return {
        "p50": round(1000 * statistics.median(ordered), 2),
        "p95": round(1000 * percentile(ordered, 95), 2),
        "max": round(1000 * ordered[-1], 2),
        "n": len(ordered),
    }


def percentile(values: Sequence[float], percent: int) -> float:
    """Between the two nearest values, in proportion."""
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def slope_per_hour(samples: Sequence[tuple[float, float]]) -> float:
    """The least-squares slope of (seconds, value) over the second half of the time, per hour.

    The first half is left out: caches and allocators fill then. 0 where the second half has fewer than two samples.
    """
    if not samples:
        return 0.0
    middle = (samples[0][0] + samples[-1][0]) / 2
    late = [(at, value) for at, value in samples if at >= middle]
    if len({at for at, _ in late}) < 2:
        return 0.0
    times, values = zip(*late, strict=True)
    return 3600 * statistics.linear_regression(times, values).slope


def ratio(one: float, other: float, digits: int = 2) -> float | None:
    """`one` to `other`, or None where there is nothing to compare with."""
    return round(one / other, digits) if other else None
