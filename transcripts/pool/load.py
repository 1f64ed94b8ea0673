"""What recognition costs and how busy it is, measured while it runs. Pure: it is told the time."""

from __future__ import annotations

import math
from typing import Literal

Kind = Literal["final", "interim", "other"]
KINDS: tuple[Kind, ...] = ("final", "interim", "other")

MEMORY_S = 60.0  # what was longer ago than this counts for little
RECENT_S = 10.0  # the same for the utilisation that is shown
NEWEST = 0.1  # weight of the newest measurement in a moving average
SURE_S = 10.0  # seconds of speech after which measurements outweigh the first guess
GUESSED_STRETCH_S = 4.0  # seconds of speech for each final recognition, until it is measured
STALE_S = 30.0  # a wait that was measured longer ago says nothing about now


class Fading:
    """A sum whose older parts fade, by 1/e every `memory_s` seconds."""

    def __init__(self, memory_s: float) -> None:
        self.memory_s = memory_s
        self._sum = 0.0
        self._at = 0.0

    def add(self, value: float, now: float) -> None:
        self._sum = self.value(now) + value
        self._at = now

    def value(self, now: float) -> float:
        return self._sum * math.exp(-max(0.0, now - self._at) / self.memory_s)

    def rate(self, now: float) -> float:
        """Per second, when it has gone on like this for longer than `memory_s`."""
        return self.value(now) / self.memory_s


class Load:
    """Costs are worker-seconds: one worker that is busy for one second."""

    def __init__(self, first_cost_s: float) -> None:
        self.interim_cost_s = first_cost_s  # of one recognition of an open stretch; moving average
        self._first_cost_s = first_cost_s
        self._finals = Fading(MEMORY_S)
        self._busy = Fading(RECENT_S)
        self._speech = Fading(MEMORY_S)
        self._final_wait_s = 0.0
        self._final_at = -STALE_S

    def calibrate(self, cost_s: float) -> None:
        """What one recognition costs on this machine when all workers are busy."""
        self._first_cost_s = self.interim_cost_s = cost_s

    def spoke(self, seconds: float, now: float) -> None:
        """Somebody spoke in one more meeting for so long."""
        self._speech.add(seconds, now)

    def waited(self, seconds: float, now: float) -> None:
        """A final recognition waited so long for its turn."""
        self._final_wait_s = seconds if now - self._final_at >= STALE_S else self._final_wait_s
        self._final_wait_s += NEWEST * (seconds - self._final_wait_s)
        self._final_at = now

    def spent(self, kind: Kind, seconds: float, now: float) -> None:
        """One recognition took so long."""
        self._busy.add(seconds, now)
        if kind == "final":
            self._finals.add(seconds, now)
        if kind == "interim":
            self.interim_cost_s += NEWEST * (seconds - self.interim_cost_s)

    def final_share(self, now: float) -> float:
        """Worker-seconds of final recognition for each second in which somebody speaks in one meeting."""
        guess = self._first_cost_s / GUESSED_STRETCH_S
        return (self._finals.value(now) + SURE_S * guess) / (self._speech.value(now) + SURE_S)

    def final_wait_s(self, now: float) -> float:
        """How long final recognitions wait for their turn at present."""
        return self._final_wait_s if now - self._final_at < STALE_S else 0.0

    def busy(self, now: float) -> float:
        """Workers that are busy at present, on average."""
        return self._busy.rate(now)
