"""Hints between tasks: "something changed on this topic, look again".

A hint carries no content that matters. Rows in the database are the truth, so a lost hint costs the time until
the next look and nothing else. Hints on one topic that arrive while the reader is busy melt into one.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Hint:
    """One reader's view of a topic: set when something changed since the last `wait`."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def give(self) -> None:
        self._event.set()

    async def wait(self, timeout_s: float) -> bool:
        """Wait for a hint, at most `timeout_s` seconds. True if there was one."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._event.wait()
        except TimeoutError:
            return False
        self._event.clear()
        return True


class Bus(Protocol):
    """The port. In one process hints stay in memory; across processes a broker carries them."""

    def publish(self, topic: str) -> None:
        """Hint that `topic` changed. Never blocks and never fails."""
        ...

    def subscribe(self, topic: str) -> AbstractContextManager[Hint]:
        """A context manager that gives a `Hint` for `topic` while it is open."""
        ...


class LocalBus:
    """Hints inside one process."""

    def __init__(self) -> None:
        self._readers: defaultdict[str, set[Hint]] = defaultdict(set)

    def publish(self, topic: str) -> None:
        for hint in self._readers.get(topic, ()):
            hint.give()

    @contextmanager
    def subscribe(self, topic: str) -> Iterator[Hint]:
        hint = Hint()
        self._readers[topic].add(hint)
        try:
            yield hint
        finally:
            self._readers[topic].discard(hint)
            if not self._readers[topic]:
                del self._readers[topic]
