"""What must be true, beside what was measured. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Target:
    """One promise: `value` must be at least (or at most) `limit`. `value` is None where it was not measured."""

    name: str
    value: float | None
    limit: float
    at_most: bool = False

    def as_row(self) -> dict[str, Any]:
        met = None
        if self.value is not None:
            met = self.value <= self.limit if self.at_most else self.value >= self.limit
        return {
            "what": self.name,
            "value": self.value,
            "must_be": f"{'≤' if self.at_most else '≥'} {self.limit:g}",
            "met": met,
        }


def targets(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row for every promise whose part was run."""
    makers = {
        "throughput": _throughput,
        "latency": _latency,
        "quality": _quality,
        "facts": _facts,
        "detection": _detection,
        "soak": _soak,
    }
    return [
        target.as_row()
        for part, make in makers.items()
        if part in report and "not_measured" not in report[part]
        for target in make(report[part])
    ]


def _throughput(part: Mapping[str, Any]) -> Iterator[Target]:
    ratios = part["plain"]["ratios"]
    for name, limit in (("argostranslate", 5.0), ("libretranslate", 6.0), ("raw", 0.85)):
        value = ratios.get(f"ours_to_{name}", {}).get("of_medians")
        yield Target(f"throughput, ours to {name}", value, limit)


def _latency(part: Mapping[str, Any]) -> Iterator[Target]:
    for pair, figures in part.items():
        if pair != "event_loop_gap":
            yield Target(f"caption alone to raw call, {pair}", figures["alone_to_raw"], 1.15, at_most=True)
            yield Target(
                f"caption under load, p95 to raw call, {pair}",
                figures["under_load_p95_to_raw"],
                2.5,
                at_most=True,
            )


def _quality(part: Mapping[str, Any]) -> Iterator[Target]:
    for name, figures in part["plain"].items():
        yield Target(f"chrF above the raw engine, {name}", figures["difference"], -0.3)
    for name, figures in part["with_glossary_and_memory"].items():
        yield Target(
            f"chrF above the raw engine with glossary and memory, {name}", figures["difference"], 0.0
        )


def _facts(part: Mapping[str, Any]) -> Iterator[Target]:
    for pair, figures in part.items():
        yield Target(f"facts lost without a flag, {pair}", figures["lost_unflagged"], 0, at_most=True)
        yield Target(
            f"sentences with a fact flag, %, {pair}", figures["fact_flagged_percent"], 5, at_most=True
        )
        terms = figures["terms_right_percent"] + figures["terms_flagged_percent"]
        yield Target(f"terms right or flagged, %, {pair}", round(terms, 2), 99)
        yield Target(f"stand-ins leaked, {pair}", figures["leaked"], 0, at_most=True)


def _detection(part: Mapping[str, Any]) -> Iterator[Target]:
    yield Target("languages of short phrases right, %", part["right_percent"], 98)
    yield Target("languages switched by texts that decide nothing", len(part["switched"]), 0, at_most=True)


def _soak(part: Mapping[str, Any]) -> Iterator[Target]:
    yield Target(
        "empty or repeated without a flag", part["empty_unflagged"] + part["repeated_unflagged"], 0, True
    )
    yield Target("corrections not used by the next request", part["corrections_not_used"], 0, at_most=True)
    yield Target("errors", sum(part["errors"].values()), 0, at_most=True)
    yield Target("memory slope, MB an hour", part["memory_slope_mb_per_hour"], 10, at_most=True)
