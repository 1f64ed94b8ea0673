"""Collections that cannot grow without end."""

from __future__ import annotations

from collections import deque
from typing import Any, TypeVar

from bot.simulator.model import Content, Json, LogEntry
from core.bus import Bus
from core.clock import Clock
from core.metrics import counter

K = TypeVar("K")
V = TypeVar("V")

CHANGED = "simulator"  # bus topic: something that a page shows has changed
FORGOTTEN = counter("simulator_forgotten", "Oldest things dropped because a limit was reached", ["what"])


class Bounded(dict[K, V]):
    """A dictionary that forgets its oldest key when it would pass `limit`."""

    def __init__(self, what: str, limit: int) -> None:
        super().__init__()
        self._what = what
        self._limit = limit

    def __setitem__(self, key: K, value: V) -> None:
        super().__setitem__(key, value)
        while len(self) > self._limit:
            del self[next(iter(self))]
            FORGOTTEN.labels(self._what).inc()


class Contents:
    """Pictures and voice messages, at most `limit` bytes together; the oldest go first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._kept: dict[str, Content] = {}

    def put(self, message_id: str, content: Content) -> None:
        self._kept[message_id] = content
        self._size += len(content.data)
        while self._size > self._limit:
            self.drop(next(iter(self._kept)))
            FORGOTTEN.labels("content").inc()

    def get(self, message_id: str) -> Content | None:
        return self._kept.get(message_id)

    def drop(self, message_id: str) -> None:
        if (content := self._kept.pop(message_id, None)) is not None:
            self._size -= len(content.data)


class Traffic:
    """What LINE saw, newest last."""

    def __init__(self, *, limit: int, detail: int, clock: Clock, bus: Bus) -> None:
        self._entries: deque[LogEntry] = deque(maxlen=limit)
        self._detail = detail
        self._clock = clock
        self._bus = bus
        self.last = 0

    def add(self, *, request: str, response: str, facts: Json, **rest: Any) -> LogEntry:
        self.last += 1
        entry = LogEntry(
            id=self.last,
            at=self._clock.now(),
            request=request[: self._detail],
            response=response[: self._detail],
            facts=dict(facts),
            **rest,
        )
        if len(self._entries) == self._entries.maxlen:
            FORGOTTEN.labels("log").inc()
        self._entries.append(entry)
        self._bus.publish(CHANGED)
        return entry

    def after(self, position: int) -> list[LogEntry]:
        return [entry for entry in self._entries if entry.id > position]
