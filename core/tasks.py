"""Supervised background tasks.

A bare `asyncio.create_task` can be garbage-collected and loses its exception; here every task has a name, is
kept, and reports how it ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from core.log import get_logger
from core.metrics import counter

log = get_logger(__name__)

TASK_FAILURES = counter("task_failures", "Background tasks that ended with an exception", ["task"])


class Tasks:
    """A set of named tasks that is closed as one."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closing = False

    def spawn(self, name: str, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run `work` once; an exception is logged and counted, never lost."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def keep(
        self, name: str, work: Callable[[], Awaitable[None]], *, pause_s: float = 1.0
    ) -> asyncio.Task[Any]:
        """Run `work` again and again: after an exception it is started anew, after `pause_s` seconds growing
        to 30. It ends when `work` returns or the set is closed."""
        return self.spawn(name, self._restarting(name, work, pause_s))

    async def _restarting(self, name: str, work: Callable[[], Awaitable[None]], pause_s: float) -> None:
        wait = pause_s
        while not self._closing:
            try:
                await work()
                return
            except Exception:
                TASK_FAILURES.labels(name).inc()
                log.exception("task_failed", task=name, again_in_s=wait)
            await asyncio.sleep(wait)
            wait = min(wait * 2, 30.0)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            TASK_FAILURES.labels(task.get_name()).inc()
            log.error("task_failed", task=task.get_name(), exc_info=error)

    async def close(self, *, grace_s: float = 0.0) -> None:
        """Give running tasks `grace_s` seconds to end by themselves, then cancel them and wait."""
        self._closing = True
        waiting = {task for task in self._tasks if task is not asyncio.current_task()}
        if waiting and grace_s > 0:
            _, waiting = await asyncio.wait(waiting, timeout=grace_s)
        for task in waiting:
            task.cancel()
        if waiting:
            await asyncio.wait(waiting, timeout=5.0)
