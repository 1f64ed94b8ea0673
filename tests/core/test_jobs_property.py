"""The table of jobs against a model that is simple enough to be seen right: whatever workers do and however they die,
no job is lost, no key is leased twice at once, and the jobs of a key are taken in their order."""

from __future__ import annotations

import asyncio
import datetime as dt
import tempfile
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from core.bus import LocalBus
from core.clock import ManualClock
from core.database import Database
from core.jobs import Job, Jobs, LeaseLost, jobs_table

QUEUE = "work"
Result = TypeVar("Result")


@dataclass
class Expected:
    """What the model knows of one job."""

    number: int
    key: str
    dedupe: str | None
    available_at: dt.datetime
    state: str = "ready"
    attempts: int = 0
    lease: str | None = None
    lease_until: dt.datetime | None = None
    ended_at: dt.datetime | None = None


class JobsMachine(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory(prefix="madoguchi-jobs-")
        self.clock = ManualClock()
        self.expected: list[Expected] = []
        self.held: list[Job] = []
        self.numbers = 0
        self.call(self.start(new=True))

    def call(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.runner.run(work)

    async def start(self, *, new: bool = False) -> None:
        self.database = Database(f"sqlite+aiosqlite:///{Path(self.folder.name) / 'jobs.db'}", readers=1)
        await self.database.open()
        if new:
            async with self.database.write() as connection:
                await connection.run_sync(jobs_table.create)
        self.jobs = Jobs(self.database, LocalBus(), self.clock)

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            self.call(self.database.close())
            self.runner.close()
            self.folder.cleanup()

    @rule(
        key=st.sampled_from(["", "maria", "john"]),
        delay_s=st.sampled_from([0, 0, 15]),
        dedupe=st.sampled_from([None, None, "e1", "e2"]),
        commits=st.sampled_from([True, True, True, False]),
    )
    def add(self, key: str, delay_s: int, dedupe: str | None, commits: bool) -> None:
        self.numbers += 1
        due = self.clock.now() + dt.timedelta(seconds=delay_s)

        async def work() -> str | None:
            async with self.database.write() as connection:
                added = await self.jobs.add(
                    connection,
                    queue=QUEUE,
                    payload={"n": self.numbers},
                    key=key,
                    dedupe=dedupe,
                    available_at=due,
                )
                if not commits:
                    await connection.rollback()
            return added

        known = dedupe is not None and any(job.dedupe == dedupe for job in self.expected)
        assert (self.call(work()) is None) == known
        if commits and not known:
            self.expected.append(Expected(number=self.numbers, key=key, dedupe=dedupe, available_at=due))

    @rule(limit=st.integers(1, 3), lease_s=st.sampled_from([10, 30]))
    def take(self, limit: int, lease_s: int) -> None:
        taken = self.call(self.jobs.take(QUEUE, limit=limit, lease_s=lease_s))

        due = self.due()[:limit]
        assert [job.payload["n"] for job in taken] == [job.number for job in due]
        for job, model in zip(taken, due, strict=True):
            model.attempts += 1
            model.lease = job.lease
            model.lease_until = self.clock.now() + dt.timedelta(seconds=lease_s)
            assert (job.attempts, job.key) == (model.attempts, model.key)
        self.held += taken

    def due(self) -> list[Expected]:
        now, found, before = self.clock.now(), [], set()
        for job in self.expected:
            if job.state != "ready":
                continue
            free = job.lease_until is None or job.lease_until <= now
            if free and job.available_at <= now and job.key not in before:
                found.append(job)
            if job.key:
                before.add(job.key)
        return found

    def settle(self, job: Job, work: Coroutine[Any, Any, Any]) -> Expected | None:
        """Run `work`; the job's model if the lease was still ours."""
        model = next((one for one in self.expected if one.number == job.payload["n"]), None)
        ours = model is not None and model.state == "ready" and model.lease == job.lease
        try:
            self.call(work)
        except LeaseLost:
            assert not ours
            return None
        assert ours
        return model

    @precondition(lambda self: self.held)
    @rule(data=st.data(), how=st.sampled_from(["done", "done", "dead", "later", "renew"]))
    def carry_on(self, data: st.DataObject, how: str) -> None:
        job = data.draw(st.sampled_from(self.held), label="job")
        now = self.clock.now()
        if how == "renew":
            if model := self.settle(job, self.jobs.renew(job, lease_s=30)):
                model.lease_until = now + dt.timedelta(seconds=30)
            return
        work = {"done": self.finish, "dead": self.bury, "later": self.put_back}[how]
        if model := self.settle(job, work(job)):
            model.lease = model.lease_until = None
            if how == "later":
                model.available_at = now + dt.timedelta(seconds=5)
            else:
                model.state, model.ended_at = how, now

    async def finish(self, job: Job) -> None:
        async with self.database.write() as connection:
            await self.jobs.finish(connection, job)

    async def bury(self, job: Job) -> None:
        await self.jobs.bury(job, reason="it is hopeless")

    async def put_back(self, job: Job) -> None:
        await self.jobs.put_back(job, delay_s=5, reason="not now")

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        job = data.draw(st.sampled_from(self.held), label="job")
        self.call(self.jobs.release([job]))
        for model in self.expected:
            if model.number == job.payload["n"] and model.state == "ready" and model.lease == job.lease:
                model.lease, model.lease_until, model.attempts = None, None, model.attempts - 1

    @rule(seconds=st.sampled_from([5, 10, 30]))
    def wait(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @rule()
    def crash_and_start_again(self) -> None:
        self.call(self.database.close())
        self.call(self.start())

    @rule()
    def forget(self) -> None:
        now = self.clock.now()
        old = [job for job in self.expected if job.state == "done" and job.ended_at and job.ended_at < now]
        assert self.call(self.jobs.forget(before=now)) == len(old)
        self.expected = [job for job in self.expected if job not in old]

    @invariant()
    def table_is_as_the_model_says(self) -> None:
        if not hasattr(self, "database"):
            return

        async def rows() -> list[Any]:
            async with self.database.read() as connection:
                return list(await connection.execute(sa.select(jobs_table).order_by(jobs_table.c.position)))

        found = self.call(rows())
        assert [(row.state, row.key, row.attempts, row.lease) for row in found] == [
            (job.state, job.key, job.attempts, job.lease) for job in self.expected
        ]
        now = self.clock.now()
        leased = Counter(row.key for row in found if row.key and row.lease_until and row.lease_until > now)
        assert all(number == 1 for number in leased.values())


TestJobs = JobsMachine.TestCase
TestJobs.settings = settings(
    max_examples=25,
    stateful_step_count=40,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
