from __future__ import annotations

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from core.bus import LocalBus
from core.clock import ManualClock
from core.database import Database
from core.jobs import GiveUp, Job, Jobs, LeaseLost, RetryLater, Worker, jobs_table


async def add(jobs: Jobs, payload: dict[str, Any], **options: Any) -> str | None:
    async with jobs.database.write() as connection:
        return await jobs.add(connection, queue="work", payload=payload, **options)


async def take(jobs: Jobs, limit: int = 10, lease_s: float = 30) -> list[Job]:
    return await jobs.take("work", limit=limit, lease_s=lease_s)


async def finish(jobs: Jobs, job: Job) -> None:
    async with jobs.database.write() as connection:
        await jobs.finish(connection, job)


async def test_job_exists_only_if_the_transaction_that_added_it_commits(jobs: Jobs) -> None:
    with pytest.raises(RuntimeError, match="changed my mind"):
        async with jobs.database.write() as connection:
            await jobs.add(connection, queue="work", payload={"n": 1})
            raise RuntimeError("changed my mind")

    assert await take(jobs) == []


async def test_second_job_with_the_same_dedupe_is_not_added(jobs: Jobs) -> None:
    first = await add(jobs, {"n": 1}, dedupe="event-1")
    second = await add(jobs, {"n": 2}, dedupe="event-1")

    assert first is not None
    assert second is None
    assert [job.payload for job in await take(jobs)] == [{"n": 1}]


async def test_dedupe_still_holds_after_the_job_is_done(jobs: Jobs) -> None:
    await add(jobs, {"n": 1}, dedupe="event-1")
    await finish(jobs, (await take(jobs))[0])

    assert await add(jobs, {"n": 2}, dedupe="event-1") is None


async def test_jobs_of_one_key_are_taken_one_at_a_time_in_order(jobs: Jobs) -> None:
    for number in (1, 2):
        await add(jobs, {"n": number}, key="maria")
    await add(jobs, {"n": 3}, key="john")

    taken = await take(jobs)
    assert [job.payload["n"] for job in taken] == [1, 3]
    assert await take(jobs) == []

    await finish(jobs, taken[0])
    assert [job.payload["n"] for job in await take(jobs)] == [2]


async def test_job_put_back_holds_up_its_own_key_only(jobs: Jobs, clock: ManualClock) -> None:
    await add(jobs, {"n": 1}, key="maria")
    [first] = await take(jobs)
    await jobs.put_back(first, delay_s=10, reason="later")
    await add(jobs, {"n": 2}, key="maria")
    await add(jobs, {"n": 3}, key="john")

    assert [job.payload["n"] for job in await take(jobs)] == [3]

    clock.advance(10)
    assert [(job.payload["n"], job.attempts) for job in await take(jobs)] == [(1, 2)]


async def test_job_of_a_dead_worker_is_taken_again_when_its_lease_runs_out(
    jobs: Jobs, clock: ManualClock
) -> None:
    await add(jobs, {"n": 1})
    [mine] = await take(jobs, lease_s=30)

    clock.advance(29)
    assert await take(jobs) == []
    clock.advance(1)
    [theirs] = await take(jobs)

    assert theirs.id == mine.id
    with pytest.raises(LeaseLost):
        await finish(jobs, mine)
    await finish(jobs, theirs)
    assert await jobs.count("work") == {"done": 1}


async def test_effects_of_a_handler_that_lost_its_lease_are_rolled_back(
    jobs: Jobs, clock: ManualClock
) -> None:
    await add(jobs, {"n": 1})
    [mine] = await take(jobs, lease_s=1)
    clock.advance(2)
    await take(jobs)

    with pytest.raises(LeaseLost):
        async with jobs.database.write() as connection:
            await jobs.add(connection, queue="effects", payload={})
            await jobs.finish(connection, mine)

    assert await jobs.count("effects") == {}


async def test_renewed_lease_keeps_the_job(jobs: Jobs, clock: ManualClock) -> None:
    await add(jobs, {"n": 1})
    [mine] = await take(jobs, lease_s=30)
    clock.advance(20)
    await jobs.renew(mine, lease_s=30)
    clock.advance(20)

    assert await take(jobs) == []


async def test_payload_is_erased_when_the_job_is_done(jobs: Jobs, database: Database) -> None:
    await add(jobs, {"said": "private"})
    await finish(jobs, (await take(jobs))[0])

    async with database.read() as connection:
        assert (await connection.execute(sa.select(jobs_table.c.payload))).scalars().all() == [{}]


async def test_job_that_is_not_yet_due_waits(jobs: Jobs, clock: ManualClock) -> None:
    import datetime as dt

    await add(jobs, {"n": 1}, available_at=clock.now() + dt.timedelta(seconds=60))

    assert await take(jobs) == []
    clock.advance(60)
    assert len(await take(jobs)) == 1


async def test_finished_jobs_are_forgotten_after_their_time(jobs: Jobs, clock: ManualClock) -> None:
    await add(jobs, {"n": 1})
    await finish(jobs, (await take(jobs))[0])
    await add(jobs, {"n": 2})
    clock.advance(3600)

    assert await jobs.forget(before=clock.now()) == 1
    assert await jobs.count("work") == {"ready": 1}


async def run_until_settled(jobs: Jobs, worker: Worker, bus: LocalBus, settled: asyncio.Event) -> None:
    task = asyncio.get_running_loop().create_task(worker.run())
    async with asyncio.timeout(10):
        await settled.wait()
    await worker.drain()
    await task


async def test_worker_runs_the_handler_on_each_job(jobs: Jobs, bus: LocalBus) -> None:
    seen: list[int] = []
    settled = asyncio.Event()

    async def handle(job: Job) -> None:
        await finish(jobs, job)
        seen.append(job.payload["n"])
        if len(seen) == 3:
            settled.set()

    for number in (1, 2, 3):
        await add(jobs, {"n": number}, key="maria")
    await run_until_settled(jobs, Worker(jobs, queue="work", handle=handle, concurrency=2), bus, settled)

    assert seen == [1, 2, 3]
    assert await jobs.count("work") == {"done": 3}


async def test_worker_buries_a_job_that_its_handler_gives_up(jobs: Jobs, bus: LocalBus) -> None:
    settled = asyncio.Event()

    async def handle(job: Job) -> None:
        settled.set()
        raise GiveUp("no such user")

    await add(jobs, {"n": 1})
    await run_until_settled(jobs, Worker(jobs, queue="work", handle=handle), bus, settled)

    assert await jobs.count("work") == {"dead": 1}


async def test_worker_puts_back_a_job_whose_handler_fails_and_buries_it_in_the_end(
    jobs: Jobs, bus: LocalBus, clock: ManualClock
) -> None:
    await add(jobs, {"n": 1})
    states = []
    for _ in range(2):
        settled = asyncio.Event()

        async def handle(job: Job, settled: asyncio.Event = settled) -> None:
            settled.set()
            raise ValueError("a resident's words")

        await run_until_settled(jobs, Worker(jobs, queue="work", handle=handle, attempts=2), bus, settled)
        states.append(await jobs.count("work"))
        clock.advance(1000)

    assert states == [{"ready": 1}, {"dead": 1}]
    async with jobs.database.read() as connection:
        assert (await connection.execute(sa.select(jobs_table.c.error))).scalar_one() == "ValueError"


async def test_handler_can_leave_a_note_for_its_next_attempt(
    jobs: Jobs, bus: LocalBus, clock: ManualClock
) -> None:
    settled = asyncio.Event()

    async def handle(job: Job) -> None:
        settled.set()
        raise RetryLater("timeout", delay_s=5, payload={**job.payload, "tried": True})

    await add(jobs, {"n": 1})
    await run_until_settled(jobs, Worker(jobs, queue="work", handle=handle), bus, settled)
    clock.advance(5)

    assert [job.payload for job in await take(jobs)] == [{"n": 1, "tried": True}]


async def test_drain_waits_for_the_running_handler(jobs: Jobs, bus: LocalBus) -> None:
    started, release = asyncio.Event(), asyncio.Event()

    async def handle(job: Job) -> None:
        started.set()
        await release.wait()
        await finish(jobs, job)

    await add(jobs, {"n": 1})
    worker = Worker(jobs, queue="work", handle=handle)
    task = asyncio.get_running_loop().create_task(worker.run())
    await started.wait()
    draining = asyncio.get_running_loop().create_task(worker.drain(grace_s=5))
    release.set()
    await draining
    await task

    assert await jobs.count("work") == {"done": 1}


async def test_dropped_job_is_done_and_empty_and_its_handler_loses_the_lease(jobs: Jobs) -> None:
    await add(jobs, {"ids": ["abc"], "said": "private"})
    await add(jobs, {"ids": ["xyz"], "said": "other"})
    [mine, _] = await take(jobs)
    async with jobs.database.write() as connection:
        assert await jobs.drop(connection, queue="work", containing='"abc"', states=("ready",)) == 1

    with pytest.raises(LeaseLost):
        await finish(jobs, mine)
    async with jobs.database.read() as connection:
        rows = (await connection.execute(sa.select(jobs_table.c.state, jobs_table.c.payload))).all()
    assert [tuple(row) for row in rows] == [("done", {}), ("ready", {"ids": ["xyz"], "said": "other"})]
