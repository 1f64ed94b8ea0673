"""Hints between processes, over a NATS server.

Core NATS delivers at most once, which is all that a hint needs: rows are the truth, and whoever misses a hint looks
again a moment later. Everything goes over one subject, so the number of topics costs the server nothing.
"""

from __future__ import annotations

import asyncio
from typing import Any

from core.bus import LocalBus
from core.errors import Unavailable
from core.log import get_logger
from core.metrics import counter
from core.tasks import Tasks

log = get_logger(__name__)

SUBJECT = "madoguchi.hints"
TOPIC_BYTES = 200  # a longer message is not one of ours
CONNECT_S = 5.0

HINTS = counter("bus_hints", "Hints exchanged with other processes", ["direction"])


class NatsBus(LocalBus):
    """A bus that other processes share. Use `open` to make one."""

    def __init__(self, tasks: Tasks) -> None:
        super().__init__()
        self._tasks = tasks
        self._connection: Any = None
        self._subscribed = False
        self._waiting: set[str] = set()  # topics to tell others about; a repeat melts into one
        self._wake = asyncio.Event()

    @classmethod
    async def open(cls, url: str, tasks: Tasks) -> NatsBus:
        """Connect to the server at `url`. Raises Unavailable. Later cuts are mended by themselves."""
        from nats.aio.client import Client  # noqa: PLC0415 -- only where several processes share the work

        bus = cls(tasks)
        bus._connection = Client()
        try:
            async with asyncio.timeout(CONNECT_S):  # the client itself would try for ever
                await bus._connection.connect(
                    url,
                    name="madoguchi",
                    no_echo=True,
                    allow_reconnect=True,
                    max_reconnect_attempts=-1,
                    error_cb=bus._note_error,
                )
        except Exception as error:
            await bus._connection.close()
            raise Unavailable("No NATS server answers; check MADOGUCHI_NATS_URL.") from error
        await bus._connection.subscribe(SUBJECT, cb=bus._receive)
        await bus._connection.flush()
        bus._subscribed = True
        tasks.keep("bus", bus._send)
        return bus

    def publish(self, topic: str) -> None:
        super().publish(topic)
        self._waiting.add(topic)
        self._wake.set()

    async def _send(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            topics, self._waiting = self._waiting, set()
            for topic in topics:
                await self._connection.publish(SUBJECT, topic.encode())
                HINTS.labels("sent").inc()

    async def _receive(self, message: Any) -> None:
        if len(message.data) <= TOPIC_BYTES:
            HINTS.labels("received").inc()
            super().publish(message.data.decode("utf-8", "replace"))

    async def _note_error(self, error: Exception) -> None:
        # Before the first connection the caller hears of it, in one sentence.
        if self._subscribed:
            log.warning("bus_error", kind=type(error).__name__)

    async def close(self) -> None:
        """Say goodbye to the server."""
        await self._connection.close()
