"""Prometheus metrics. A package defines its own with these helpers; all live in one registry."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

REGISTRY = CollectorRegistry()
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

# Seconds. Fine where a person waits, coarse where only a trend matters.
LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)


def counter(name: str, help: str, labels: Sequence[str] = ()) -> Counter:
    """A count that only rises, named `madoguchi_<name>_total`."""
    return Counter(f"madoguchi_{name}", help, labels, registry=REGISTRY)


def gauge(name: str, help: str, labels: Sequence[str] = ()) -> Gauge:
    """A value that rises and falls, named `madoguchi_<name>`."""
    return Gauge(f"madoguchi_{name}", help, labels, registry=REGISTRY)


def histogram(
    name: str, help: str, labels: Sequence[str] = (), buckets: Sequence[float] = LATENCY_BUCKETS
) -> Histogram:
    """A distribution, in seconds unless its name says otherwise."""
    return Histogram(f"madoguchi_{name}", help, labels, buckets=buckets, registry=REGISTRY)


def exposition() -> bytes:
    """All metrics in Prometheus' text format."""
    return generate_latest(REGISTRY)
