"""Whose turn it is. Pure: it is told the time, and counts and compares.

Final recognitions go first, because viewers wait for their words and nothing replaces them. Among equals it is round
robin: who waited longest, weighted by how far the meeting is behind. A meeting has one turn at a time. Interim
recognitions are paced: each meeting has one every `step_s`, which grows with what recognition costs and with how many
meetings speak, so that the workers stay free for `1 - target` of their time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from transcripts.pool.load import RECENT_S, Fading, Kind, Load

SPEAKING_S = 2.0  # a meeting speaks when it asked for a turn no longer ago than this
MOST_BEHIND_S = 10.0  # a meeting that is so far behind, or further, counts its wait twice
OVERLOADED = 4.0  # with more meetings than there is room for, the step may grow to so many times the slowest
FAIR = 1.5  # a meeting that uses so many times its equal share loses its precedence


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolOptions:
    """How one recogniser is shared."""

    workers: int = 1  # recognitions at the same time
    target: float = 0.85  # share of the workers' time that recognition may take before interims become rarer
    slowest_step_s: float = (
        2.5  # seconds between a meeting's interims when there are as many as there is room for
    )
    waiting: int = 64  # recognitions that one meeting, or all that is no meeting, may have waiting
    first_cost_s: float = 0.3  # worker-seconds of one recognition, until it is measured


@dataclass(slots=True, eq=False)
class Lane:
    """One meeting, or everything that is no meeting. `behind` gives the seconds of speech not recognised yet."""

    behind: Callable[[], float]
    meeting: bool = True
    claims: deque[Claim] = field(default_factory=deque)
    running: Claim | None = None
    turn_at: float = 0.0  # when its last turn began
    interim_at: float = -1e9  # the same for its last interim
    active_at: float = -1e9  # when it last asked for a turn or had one
    used: Fading = field(default_factory=lambda: Fading(RECENT_S))


@dataclass(slots=True, eq=False)
class Claim:
    """One recognition that waits for its turn or has it."""

    lane: Lane
    kind: Kind
    since: float
    started: float = 0.0
    waited_s: float = 0.0  # for a free worker; being held back is no waiting
    counted: Kind = "other"  # what its cost counts as


class Schedule:
    """The lanes of one recogniser."""

    def __init__(self, options: PoolOptions) -> None:
        self.options = options
        self.load = Load(options.first_cost_s)
        self.running = 0
        self._lanes: set[Lane] = set()

    def add(self, lane: Lane) -> None:
        """Give a lane its turns from now on."""
        self._lanes.add(lane)

    def remove(self, lane: Lane) -> None:
        """Forget a lane; what it has running still counts until it is finished."""
        self._lanes.discard(lane)

    def claim(self, lane: Lane, kind: Kind, now: float) -> Claim:
        """Ask for a turn."""
        self._note_activity(lane, now)
        claim = Claim(lane, kind, now)
        lane.claims.append(claim)
        return claim

    def withdraw(self, claim: Claim) -> None:
        """Give a claim up that has not started. Harmless when it has."""
        if claim in claim.lane.claims:
            claim.lane.claims.remove(claim)

    def hurry(self, lane: Lane, now: float) -> int:
        """Make what waits in a lane final; gives how many interims that were. Being held back was no waiting."""
        interims = [claim for claim in lane.claims if claim.kind == "interim"]
        for claim in interims:
            claim.since = max(claim.since, min(now, _ready_at(claim, self.step_s(now))))
            claim.kind = "final"
        return len(interims)

    def start(self, now: float) -> Claim | None:
        """Begin the turn of whoever is next, if a worker is free and somebody may go on."""
        if self.running >= self.options.workers:
            return None
        step_s, most = self.step_s(now), self._greedy_from(now)
        ready = [claim for claim in self._firsts() if now >= _ready_at(claim, step_s)]
        if not ready:
            return None
        chosen = min(ready, key=lambda claim: _rank(claim, now, most))
        lane = chosen.lane
        chosen.counted = "other" if lane.used.rate(now) > most else chosen.kind
        chosen.waited_s = now - max(chosen.since, _ready_at(chosen, step_s))
        if chosen.counted == "final":
            self.load.waited(chosen.waited_s, now)
        lane.claims.popleft()
        lane.running, lane.turn_at, chosen.started = chosen, now, now
        if chosen.kind == "interim":
            lane.interim_at = now
        self.running += 1
        return chosen

    def finish(self, claim: Claim, now: float) -> None:
        """The turn is over."""
        cost_s = now - claim.started
        self._note_activity(claim.lane, now)
        self.load.spent(claim.counted, cost_s, now)
        claim.lane.used.add(cost_s, now)
        claim.lane.running = None
        self.running -= 1

    def wake_at(self, now: float) -> float | None:
        """When a claim that is held back may go on; None when nothing is held back or no worker is free."""
        if self.running >= self.options.workers:
            return None
        step_s = self.step_s(now)
        return min(
            (ready for claim in self._firsts() if (ready := _ready_at(claim, step_s)) > now), default=None
        )

    def step_s(self, now: float) -> float:
        """Seconds between two interims of one meeting at present."""
        options, load, speaking = self.options, self.load, self.speaking(now)
        free = options.target * options.workers - speaking * load.final_share(now)
        least = speaking * load.interim_cost_s / (OVERLOADED * options.slowest_step_s)
        return speaking * load.interim_cost_s / max(free, least) if speaking else 0.0

    def speaking(self, now: float) -> int:
        """Meetings in which somebody speaks."""
        return sum(1 for lane in self._lanes if lane.meeting and _is_active(lane, now))

    def waiting(self, kind: Kind) -> int:
        """Claims of a kind that wait."""
        return sum(1 for lane in self._lanes for claim in lane.claims if claim.kind == kind)

    def _firsts(self) -> Iterator[Claim]:
        """What each lane that has no turn would do next."""
        return (lane.claims[0] for lane in self._lanes if lane.claims and lane.running is None)

    def _greedy_from(self, now: float) -> float:
        """Workers that one lane may keep busy without being greedy: as one that is fed faster than anybody speaks."""
        active = sum(1 for lane in self._lanes if _is_active(lane, now))
        return FAIR * self.options.workers / max(1, active)

    def _note_activity(self, lane: Lane, now: float) -> None:
        since = now - lane.active_at
        if lane.meeting:
            self.load.spoke(since if lane.claims or lane.running else min(since, SPEAKING_S), now)
        lane.active_at = now


def _is_active(lane: Lane, now: float) -> bool:
    return bool(lane.claims) or lane.running is not None or now - lane.active_at < SPEAKING_S


def _ready_at(claim: Claim, step_s: float) -> float:
    return claim.lane.interim_at + step_s if claim.kind == "interim" else claim.since


def _rank(claim: Claim, now: float, most: float) -> tuple[bool, float, float]:
    """Smaller is sooner. A final of a lane that keeps more than `most` workers busy has no precedence."""
    first = claim.kind == "final" and claim.lane.used.rate(now) <= most
    weight = 1.0 + min(claim.lane.behind(), MOST_BEHIND_S) / MOST_BEHIND_S
    return not first, -(now - claim.since) * weight, claim.lane.turn_at
