"""What is kept no longer than it is needed: a durable job once a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.privacy import store
from bot.privacy.erasing import Erasing
from bot.store import get_resident
from core.jobs import Job, Jobs
from core.log import get_logger
from core.metrics import counter

log = get_logger(__name__)

RETENTION = "privacy.retention"  # queue with one job for each day
RESIDENTS_A_DAY = 500  # idle residents that one run erases

FORGOTTEN = counter("privacy_forgotten_rows", "Rows erased because their time was over", ["kind"])


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionOptions:
    """How many days each kind of data is kept."""

    messages_days: int = 365  # under no open request
    requests_days: int = 1095  # after they were closed
    refused_days: int = 1  # messages of residents who refused
    residents_days: int = 730  # since they were last seen
    audit_days: int = 1825


class Retention:
    """Forgets."""

    def __init__(self, jobs: Jobs, erasing: Erasing, options: RetentionOptions) -> None:
        self._jobs = jobs
        self._erasing = erasing
        self._options = options

    async def schedule(self) -> None:
        """Have today's run done, once however often this is called."""
        async with self._jobs.database.write() as connection:
            await self._add(connection, self._jobs.clock.now())
        self._jobs.hint(RETENTION)

    async def run(self, job: Job) -> None:
        """Forget what is due and put the next day's run into the queue."""
        now = self._jobs.clock.now()
        async with self._jobs.database.write() as connection:
            total = 0
            for kind, forget in self._kinds().items():
                gone = await forget(connection, now)
                FORGOTTEN.labels(kind).inc(gone)
                total += gone
            await store.note(connection, "forgotten", rows=total, now=now)
            await self._add(connection, now + dt.timedelta(days=1))
            await self._jobs.finish(connection, job)
        log.info("retention_done", rows=total)

    def _kinds(self) -> dict[str, Callable[[AsyncConnection, dt.datetime], Awaitable[int]]]:
        keep = self._options

        def older(
            forget: Callable[..., Awaitable[int]], days: int
        ) -> Callable[[AsyncConnection, dt.datetime], Awaitable[int]]:
            return lambda connection, now: forget(connection, before=now - dt.timedelta(days=days))

        return {
            "refused": older(store.forget_refused, keep.refused_days),
            "messages": older(store.forget_messages, keep.messages_days),
            "requests": older(store.forget_requests, keep.requests_days),
            "residents": self._forget_residents,
            "audit": older(store.forget_audit, keep.audit_days),
        }

    async def _forget_residents(self, connection: AsyncConnection, now: dt.datetime) -> int:
        before = now - dt.timedelta(days=self._options.residents_days)
        idle = await store.idle_residents(connection, before=before, limit=RESIDENTS_A_DAY)
        for resident_id in idle:
            await self._erasing.erase(connection, await get_resident(connection, resident_id))
        return len(idle)

    async def _add(self, connection: AsyncConnection, day: dt.datetime) -> None:
        await self._jobs.add(
            connection, queue=RETENTION, payload={}, dedupe=f"{day:%Y-%m-%d}", available_at=day
        )
