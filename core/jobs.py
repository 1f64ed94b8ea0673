"""Durable work: the inbox and the outbox.

A job is a row that is written in the same transaction as whatever caused it, so it exists exactly when its
cause does. A worker takes a job by setting a lease; a worker that dies lets the lease run out and another takes
over, so a job runs at least once and its handler must be harmless to repeat. The handler finishes its job in the
same transaction as its effects.

Jobs with the same non-empty `key` (a resident, a meeting) run one after another in the order in which they were
added; a job that is waiting to be tried again holds up the later ones of its key, never those of others.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from core.bus import Bus, Hint
from core.clock import Clock
from core.database import Database, UtcDateTime, insert_ignoring, metadata
from core.ids import new_id
from core.log import get_logger
from core.metrics import counter, gauge, histogram
from core.tasks import Tasks

log = get_logger(__name__)

RETRIES = counter("job_retries", "Jobs put back to be tried again", ["queue"])
DEAD = counter("job_dead", "Jobs given up", ["queue"])
DONE = counter("job_done", "Jobs finished", ["queue"])
WAIT_SECONDS = histogram("job_wait_seconds", "From adding a job to taking it", ["queue"])
RUNNING = gauge("job_running", "Jobs being worked on in this process", ["queue"])

# 32-bit on PostgreSQL would end after two thousand million jobs; SQLite only counts up by itself in INTEGER.
_Counter = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

jobs_table = sa.Table(
    "jobs",
    metadata,
    sa.Column("position", _Counter, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(36), nullable=False, unique=True),
    sa.Column("queue", sa.String(40), nullable=False),
    sa.Column("key", sa.String(80), nullable=False),
    sa.Column("dedupe", sa.String(80)),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("state", sa.String(8), nullable=False),  # ready, done, dead
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("available_at", UtcDateTime, nullable=False),
    sa.Column("lease_until", UtcDateTime),
    sa.Column("lease", sa.String(36)),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("error", sa.String(200)),
    sa.UniqueConstraint("queue", "dedupe"),
    sa.Index("ix_jobs_queue_state_available", "queue", "state", "available_at"),
    sa.Index("ix_jobs_queue_key_state", "queue", "key", "state"),
)


class LeaseLost(Exception):
    """The lease ran out and somebody else may be doing the job; the transaction must be rolled back."""


class RetryLater(Exception):
    """Raised by a handler: put the job back, to be tried after `delay_s` seconds (None: the usual back-off).

    `payload` replaces the stored one, so that a handler can remember how far it came.
    """

    def __init__(
        self, reason: str, *, delay_s: float | None = None, payload: dict[str, Any] | None = None
    ) -> None:
        super().__init__(reason)
        self.delay_s = delay_s
        self.payload = payload


class GiveUp(Exception):
    """Raised by a handler: this job can never succeed. It is kept as dead for an operator to look at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job that was taken. `lease` proves that it is ours."""

    id: str
    queue: str
    key: str
    payload: dict[str, Any]
    attempts: int  # this one included, so 1 for the first
    created_at: dt.datetime
    lease: str


class Jobs:
    """The table of jobs."""

    def __init__(self, database: Database, bus: Bus, clock: Clock) -> None:
        self.database = database
        self.bus = bus
        self.clock = clock

    async def add(
        self,
        connection: AsyncConnection,
        *,
        queue: str,
        payload: dict[str, Any],
        key: str = "",
        dedupe: str | None = None,
        available_at: dt.datetime | None = None,
    ) -> str | None:
        """Add a job in the caller's transaction. Gives its id, or None when `dedupe` is already in the queue.

        Call `hint` after the commit, so that a worker looks at once.
        """
        now = self.clock.now()
        job_id = new_id()
        result = await connection.execute(
            insert_ignoring(connection, jobs_table).values(
                id=job_id,
                queue=queue,
                key=key,
                dedupe=dedupe,
                payload=payload,
                state="ready",
                attempts=0,
                created_at=now,
                available_at=available_at or now,
            )
        )
        return job_id if result.rowcount else None

    def hint(self, queue: str) -> None:
        """Tell workers of `queue` that there may be something to do."""
        self.bus.publish(f"jobs:{queue}")

    async def take(self, queue: str, *, limit: int, lease_s: float) -> list[Job]:
        """Lease up to `limit` jobs that are due, at most one for each key."""
        now = self.clock.now()
        lease = new_id()
        async with self.database.write() as connection:
            due = self._due(queue, now).limit(limit)
            if connection.dialect.name == "postgresql":
                due = due.with_for_update(skip_locked=True)
            rows = (
                await connection.execute(
                    jobs_table.update()
                    .where(jobs_table.c.position.in_(due))
                    .values(
                        lease=lease,
                        lease_until=now + dt.timedelta(seconds=lease_s),
                        attempts=jobs_table.c.attempts + 1,
                    )
                    .returning(jobs_table)
                )
            ).all()
        for row in rows:
            WAIT_SECONDS.labels(queue).observe(max(0.0, (now - row.available_at).total_seconds()))
        return [
            Job(
                id=row.id,
                queue=row.queue,
                key=row.key,
                payload=row.payload,
                attempts=row.attempts,
                created_at=row.created_at,
                lease=lease,
            )
            for row in sorted(rows, key=lambda row: row.position)
        ]

    def _due(self, queue: str, now: dt.datetime) -> sa.Select[tuple[int]]:
        table, earlier = jobs_table, jobs_table.alias("earlier")
        return (
            sa.select(table.c.position)
            .where(
                table.c.queue == queue,
                table.c.state == "ready",
                table.c.available_at <= now,
                sa.or_(table.c.lease_until.is_(None), table.c.lease_until <= now),
                sa.or_(
                    table.c.key == "",
                    ~sa.exists().where(
                        earlier.c.queue == queue,
                        earlier.c.state == "ready",
                        earlier.c.key == table.c.key,
                        earlier.c.position < table.c.position,
                    ),
                ),
            )
            .order_by(table.c.position)
        )

    async def finish(self, connection: AsyncConnection, job: Job) -> None:
        """Mark `job` done in the handler's transaction. Its payload is erased: it has served.

        Raises LeaseLost when the lease passed to somebody else.
        """
        await self._settle(connection, job, state="done", ended_at=self.clock.now(), payload={}, error=None)
        DONE.labels(job.queue).inc()

    async def put_back(
        self, job: Job, *, delay_s: float, reason: str, payload: dict[str, Any] | None = None
    ) -> None:
        """Give the job up for now; it is due again after `delay_s` seconds."""
        values: dict[str, Any] = {
            "available_at": self.clock.now() + dt.timedelta(seconds=delay_s),
            "error": reason[:200],
        }
        if payload is not None:
            values["payload"] = payload
        async with self.database.write() as connection:
            await self._settle(connection, job, state="ready", **values)
        RETRIES.labels(job.queue).inc()

    async def bury(self, job: Job, *, reason: str) -> None:
        """Give the job up for good; the row stays for an operator to look at."""
        async with self.database.write() as connection:
            await self._settle(connection, job, state="dead", ended_at=self.clock.now(), error=reason[:200])
        DEAD.labels(job.queue).inc()

    async def release(self, jobs: Sequence[Job]) -> None:
        """Give up leases without a word, as if the jobs had not been taken. A lost lease is left alone."""
        async with self.database.write() as connection:
            for job in jobs:
                await connection.execute(
                    jobs_table.update()
                    .where(
                        jobs_table.c.id == job.id,
                        jobs_table.c.lease == job.lease,
                        jobs_table.c.state == "ready",
                    )
                    .values(lease=None, lease_until=None, attempts=jobs_table.c.attempts - 1)
                )

    async def renew(self, job: Job, *, lease_s: float) -> None:
        """Hold the job for another `lease_s` seconds. Raises LeaseLost when it is no longer ours."""
        async with self.database.write() as connection:
            result = await connection.execute(
                jobs_table.update()
                .where(jobs_table.c.id == job.id, jobs_table.c.lease == job.lease)
                .values(lease_until=self.clock.now() + dt.timedelta(seconds=lease_s))
            )
        if result.rowcount != 1:
            raise LeaseLost(job.id)

    async def _settle(self, connection: AsyncConnection, job: Job, **values: Any) -> None:
        result = await connection.execute(
            jobs_table.update()
            .where(jobs_table.c.id == job.id, jobs_table.c.lease == job.lease, jobs_table.c.state == "ready")
            .values(lease=None, lease_until=None, **values)
        )
        if result.rowcount != 1:
            raise LeaseLost(job.id)

    async def count(self, queue: str) -> dict[str, int]:
        """How many jobs the queue holds, by state."""
        async with self.database.read() as connection:
            rows = await connection.execute(
                sa.select(jobs_table.c.state, sa.func.count().label("number"))
                .where(jobs_table.c.queue == queue)
                .group_by(jobs_table.c.state)
            )
            return {row.state: row.number for row in rows}

    async def drop(
        self, connection: AsyncConnection, *, queue: str, containing: str, states: Sequence[str]
    ) -> int:
        """End jobs whose payload has `containing` somewhere, and erase what they hold, in the caller's transaction.
        A handler that has one in hand then finds its lease lost."""
        result = await connection.execute(
            jobs_table.update()
            .where(
                jobs_table.c.queue == queue,
                jobs_table.c.state.in_(states),
                sa.cast(jobs_table.c.payload, sa.Text).contains(containing, autoescape=True),
            )
            .values(state="done", payload={}, ended_at=self.clock.now(), lease=None, lease_until=None)
        )
        return int(result.rowcount)

    async def forget(self, *, before: dt.datetime) -> int:
        """Delete finished jobs older than `before`. Keep them longer than any redelivery: their `dedupe` is what
        makes a repeated event harmless."""
        async with self.database.write() as connection:
            result = await connection.execute(
                jobs_table.delete().where(jobs_table.c.state == "done", jobs_table.c.ended_at < before)
            )
        return int(result.rowcount)


class Worker:
    """Takes jobs of one queue and runs a handler on each, several keys at a time."""

    def __init__(
        self,
        jobs: Jobs,
        *,
        queue: str,
        handle: Callable[[Job], Awaitable[None]],
        concurrency: int = 1,
        lease_s: float = 30.0,
        attempts: int = 8,
        poll_s: float = 2.0,
        buried: Callable[[Job], Awaitable[None]] | None = None,
    ) -> None:
        """`attempts` is after how many a job is given up, and `buried` is then told; a lease of `lease_s` seconds
        is renewed while the handler runs; without a hint the table is looked at every `poll_s` seconds."""
        self._jobs = jobs
        self._queue = queue
        self._handle = handle
        self._concurrency = concurrency
        self._lease_s = lease_s
        self._attempts = attempts
        self._poll_s = poll_s
        self._buried = buried
        self._tasks = Tasks()
        self._running = 0
        self._draining = False
        self._taking = asyncio.Lock()
        self._cut_short: list[Job] = []  # cancelled while they ran

    async def run(self) -> None:
        """Work until `drain` is called or the task is cancelled."""
        with self._jobs.bus.subscribe(f"jobs:{self._queue}") as hint:
            while not self._draining:
                free = self._concurrency - self._running
                taken = await self._take(free, hint) if free else 0
                if taken < free or not free:
                    await hint.wait(self._poll_s)

    async def _take(self, free: int, hint: Hint) -> int:
        """Take up to `free` jobs and start them; gives how many."""
        async with self._taking:
            taken = await self._jobs.take(self._queue, limit=free, lease_s=self._lease_s)
            for job in taken:
                self._count(+1)
                self._tasks.spawn(f"{self._queue} job", self._work(job, hint))
        return len(taken)

    def _count(self, change: int) -> None:
        self._running += change
        RUNNING.labels(self._queue).set(self._running)

    async def _work(self, job: Job, hint: Hint) -> None:
        try:
            await self._attempt(job)
        except LeaseLost:
            log.warning("lease_lost", queue=self._queue, job=job.id)
        except asyncio.CancelledError:
            self._cut_short.append(job)
            raise
        finally:
            self._count(-1)
            hint.give()

    async def _attempt(self, job: Job) -> None:
        if job.attempts > self._attempts:
            # Whoever worked on it before died before it could say so: do not let it kill us for ever.
            log.error("job_given_up", queue=self._queue, job=job.id, reason="tried too often")
            await self._bury(job, "tried too often")
            return
        renewal = self._tasks.spawn(f"{self._queue} lease", self._renew(job))
        try:
            await self._handle(job)
        except LeaseLost:
            raise
        except RetryLater as later:
            await self._again(job, str(later), later.delay_s, later.payload)
        except GiveUp as error:
            log.error("job_given_up", queue=self._queue, job=job.id, reason=str(error))
            await self._bury(job, str(error))
        except Exception as error:
            # Only the kind of error is stored: its text may quote what a resident wrote.
            log.exception("job_failed", queue=self._queue, job=job.id, attempt=job.attempts)
            await self._again(job, type(error).__name__, None, None)
        finally:
            renewal.cancel()

    async def _again(
        self, job: Job, reason: str, delay_s: float | None, payload: dict[str, Any] | None
    ) -> None:
        if job.attempts >= self._attempts:
            log.error("job_given_up", queue=self._queue, job=job.id, reason=reason)
            await self._bury(job, reason)
            return
        if delay_s is None:
            delay_s = min(300.0, 0.5 * 2.0 ** (job.attempts - 1)) * random.uniform(0.8, 1.2)
        await self._jobs.put_back(job, delay_s=delay_s, reason=reason, payload=payload)

    async def _bury(self, job: Job, reason: str) -> None:
        await self._jobs.bury(job, reason=reason)
        if self._buried is not None:
            await self._buried(job)

    async def _renew(self, job: Job) -> None:
        while True:
            await asyncio.sleep(self._lease_s / 3)
            try:
                await self._jobs.renew(job, lease_s=self._lease_s)
            except LeaseLost:
                return

    async def drain(self, *, grace_s: float = 3.0) -> None:
        """Take nothing new, let running jobs end for `grace_s` seconds, then cancel them. A cancelled job is given
        back and can be taken again at once, here or elsewhere."""
        self._draining = True
        self._jobs.hint(self._queue)
        async with self._taking:
            pass  # a look at the table that is under way may still bring jobs
        await self._tasks.close(grace_s=grace_s)
        if self._cut_short:
            try:
                await self._jobs.release(self._cut_short)
            except Exception:
                log.exception("release_failed", queue=self._queue)  # their leases run out by themselves
