"""Telling open pages that something has changed, over server-sent events without content: they fetch what is new."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from core.bus import Bus
from core.errors import Busy

HEARTBEAT_S = 15.0  # proxies cut streams that are silent for longer


class ChangeStreams:
    """The open streams of one topic of the bus."""

    def __init__(self, bus: Bus, topic: str, *, most: int = 200, settle_s: float = 0.0) -> None:
        """`most` bounds open streams. `settle_s` is waited before a change is told, so that a burst is told once."""
        self._bus = bus
        self._topic = topic
        self._settle_s = settle_s
        self.most = most
        self.open: set[asyncio.Task[Any]] = set()

    async def follow(self, request: web.Request) -> web.StreamResponse:
        """Answer with a stream that says `changed` whenever the topic is hinted at, until the reader leaves or the
        service stops. The caller has checked who asks. Raises Busy."""
        task = asyncio.current_task()
        assert task is not None
        if len(self.open) >= self.most:
            raise Busy("Too many of these pages are open; close one.")
        response = web.StreamResponse(
            headers={
                "Content-Type": "text/event-stream; charset=utf-8",
                "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",
            }
        )
        self.open.add(task)
        try:
            with self._bus.subscribe(self._topic) as hint:
                await response.prepare(request)
                await response.write(b"retry: 3000\n\n")
                while True:
                    if await hint.wait(HEARTBEAT_S):
                        await asyncio.sleep(self._settle_s)
                        await response.write(b"event: changed\ndata: {}\n\n")
                    else:
                        await response.write(b": still here\n\n")
        except (ConnectionResetError, asyncio.CancelledError):
            return response
        finally:
            self.open.discard(task)

    def close(self) -> None:
        """End all streams, so that the service can stop."""
        for task in list(self.open):
            task.cancel()
