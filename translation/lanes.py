"""The waiting room in front of the engines: who goes next, and with whom. Pure: no clock, no waiting."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count, islice
from typing import Generic, TypeVar

from translation.model import Lane

LANES: tuple[Lane, ...] = ("live", "chat", "bulk")
# How many batches may begin while a lane waits, before it goes first. This is what keeps a lane from starving.
PATIENCE: dict[Lane, int] = {"live": 0, "chat": 3, "bulk": 7}

Group = TypeVar("Group")


@dataclass(slots=True, eq=False)
class Waiting(Generic[Group]):
    """One sentence that waits. Only sentences of one group may go together."""

    group: Group
    length: int
    lane: Lane
    number: int = 0  # order of arrival


class WaitingRoom(Generic[Group]):
    """Sentences by lane and group.

    The most urgent lane goes first, unless another has been passed over too often. In a lane the oldest sentence goes
    whose group can go; with it go those of its group that are closest to it in length, so that no batch is held up by
    one long sentence in it. Every sentence becomes the oldest in the end.
    """

    def __init__(self, window: int) -> None:
        """`window` is how many sentences of a group are looked at for a batch."""
        self._window = window
        self._numbers = count()
        self._lanes: dict[Lane, dict[Group, dict[Waiting[Group], None]]] = {lane: {} for lane in LANES}
        self._sizes: dict[Lane, int] = dict.fromkeys(LANES, 0)
        self._passed: dict[Lane, int] = dict.fromkeys(LANES, 0)

    def size(self, lane: Lane) -> int:
        """How many wait in a lane."""
        return self._sizes[lane]

    def waiting(self, group: Group, lane: Lane) -> int:
        """How many of a group wait in a lane."""
        return len(self._lanes[lane].get(group, ()))

    def is_late(self, lane: Lane) -> bool:
        """Has it been passed over too often?"""
        return self._passed[lane] >= PATIENCE[lane] > 0

    def groups(self) -> set[Group]:
        """The groups of all who wait."""
        return {group for groups in self._lanes.values() for group in groups}

    def add(self, waiting: Waiting[Group]) -> None:
        """Take a place at the end."""
        waiting.number = next(self._numbers)
        self._put(waiting)

    def remove(self, waiting: Waiting[Group]) -> None:
        """Leave."""
        groups = self._lanes[waiting.lane]
        group = groups[waiting.group]
        del group[waiting]
        if not group:
            del groups[waiting.group]
        self._sizes[waiting.lane] -= 1

    def move(self, waiting: Waiting[Group], lane: Lane) -> None:
        """Change the lane, keeping the order of arrival as far as the lane's first sentence tells it."""
        self.remove(waiting)
        waiting.lane = lane
        self._put(waiting)

    def take(self, may: Callable[[Group, Lane], int]) -> list[Waiting[Group]]:
        """The next batch. `may` tells how many of a group may go now, 0 for none."""
        if not any(self._sizes.values()):
            return []
        for lane in self._order():
            groups = self._lanes[lane]
            able = [
                (next(iter(waiting)), limit)
                for group, waiting in groups.items()
                if (limit := may(group, lane))
            ]
            if able:
                first, limit = min(able, key=lambda pair: pair[0].number)
                batch = self._with(first, limit)
                for waiting in batch:
                    self.remove(waiting)
                self._note(lane)
                return batch
        return []

    def _order(self) -> Sequence[Lane]:
        late = [lane for lane in LANES if self.is_late(lane)]
        if not late:
            return LANES
        return [*late, *(lane for lane in LANES if lane not in late)]

    def _with(self, first: Waiting[Group], limit: int) -> list[Waiting[Group]]:
        group = self._lanes[first.lane][first.group]
        if len(group) <= limit:
            return list(group)
        window = islice(group, max(self._window, limit))
        return heapq.nsmallest(
            limit,
            window,
            key=lambda other: (other is not first, abs(other.length - first.length), other.number),
        )

    def _note(self, gone: Lane) -> None:
        for lane in LANES:
            self._passed[lane] = self._passed[lane] + 1 if lane != gone and self._sizes[lane] else 0

    def _put(self, waiting: Waiting[Group]) -> None:
        self._lanes[waiting.lane].setdefault(waiting.group, {})[waiting] = None
        self._sizes[waiting.lane] += 1
