"""What is kept no longer than it is needed: a durable job once an hour."""

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

RETENTION = "privacy.retention"  # queue with one job for each hour
RESIDENTS_AT_ONCE = 100  # idle residents that one run erases
LINKS_KEPT = dt.timedelta(days=1)  # how long it is known that a link to one's data was made

FORGOTTEN = counter("privacy_forgotten_rows", "Rows erased because their time was over", ["kind"])


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionOptions:
    """How long each kind of data is kept."""

    unconsented_hours: int = 24  # conversations of residents who have not agreed
    messages_days: int = 365  # under no open request
    requests_days: int = 1095  # after they were closed
    given_up_days: int = 30  # events and messages that were given up
    residents_days: int = 730  # since they were last seen
    audit_days: int = 1825


class Retention:
    """Forgets."""

    def __init__(self, jobs: Jobs, erasing: Erasing, options: RetentionOptions) -> None:
        self._jobs = jobs
        self._erasing = erasing
        self._options = options

    async def schedule(self) -> None:
        """Have this hour's run done, once however often this is called."""
        async with self._jobs.database.write() as connection:
            await self._add(connection, self._jobs.clock.now())
        self._jobs.hint(RETENTION)

    async def run(self, job: Job) -> None:
        """Forget what is due and put the next hour's run into the queue."""
        now = self._jobs.clock.now()
        async with self._jobs.database.write() as connection:
            total = 0
            for kind, forget in self._kinds().items():
                gone = await forget(connection, now)
                FORGOTTEN.labels(kind).inc(gone)
                total += gone
            if total:
                await store.note(connection, "forgotten", rows=total, now=now)
            await self._add(connection, now + dt.timedelta(hours=1))
            await self._jobs.finish(connection, job)
        log.info("retention_done", rows=total)

    def _kinds(self) -> dict[str, Callable[[AsyncConnection, dt.datetime], Awaitable[int]]]:
        keep = self._options

        def older(
            forget: Callable[..., Awaitable[int]], age: dt.timedelta
        ) -> Callable[[AsyncConnection, dt.datetime], Awaitable[int]]:
            return lambda connection, now: forget(connection, before=now - age)

        return {
            "unconsented": older(store.forget_unconsented, dt.timedelta(hours=keep.unconsented_hours)),
            "messages": older(store.forget_messages, dt.timedelta(days=keep.messages_days)),
            "requests": older(store.forget_requests, dt.timedelta(days=keep.requests_days)),
            "given_up": older(store.forget_given_up, dt.timedelta(days=keep.given_up_days)),
            "links": older(store.forget_links, LINKS_KEPT),
            "residents": self._forget_residents,
            "audit": older(store.forget_audit, dt.timedelta(days=keep.audit_days)),
        }

    async def _forget_residents(self, connection: AsyncConnection, now: dt.datetime) -> int:
        before = now - dt.timedelta(days=self._options.residents_days)
        idle = await store.idle_residents(connection, before=before, limit=RESIDENTS_AT_ONCE)
        for resident_id in idle:
            await self._erasing.erase(connection, await get_resident(connection, resident_id))
        return len(idle)

    async def _add(self, connection: AsyncConnection, hour: dt.datetime) -> None:
        await self._jobs.add(
            connection, queue=RETENTION, payload={}, dedupe=f"{hour:%Y-%m-%dT%H}", available_at=hour
        )
