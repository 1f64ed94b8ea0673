"""One recogniser for many meetings: who has a turn when, and what that costs."""

from __future__ import annotations

from transcripts.pool.pool import RecogniserPool, Seat
from transcripts.pool.schedule import PoolOptions

__all__ = ["PoolOptions", "RecogniserPool", "Seat"]
