"""A worker that is stopped, and work that killed the worker before."""

from __future__ import annotations

import asyncio

from core.bus import LocalBus
from core.clock import ManualClock
from core.database import Database
from core.jobs import Job, Jobs, LeaseLost, RetryLater, Worker


async def add(jobs: Jobs, number: int, key: str = "") -> None:
    async with jobs.database.write() as connection:
        await jobs.add(connection, queue="work", payload={"n": number}, key=key)


async def finish(jobs: Jobs, job: Job) -> None:
    async with jobs.database.write() as connection:
        await jobs.finish(connection, job)


async def test_job_that_is_cut_short_can_be_taken_again_at_once(jobs: Jobs) -> None:
    started = asyncio.Event()

    async def handle(job: Job) -> None:
        started.set()
        await asyncio.Event().wait()

    await add(jobs, 1)
    worker = Worker(jobs, queue="work", handle=handle)
    running = asyncio.get_running_loop().create_task(worker.run())
    await started.wait()
    await worker.drain(grace_s=0)
    await running

    [again] = await jobs.take("work", limit=1, lease_s=30)
    assert (again.payload, again.attempts) == ({"n": 1}, 1)


async def test_worker_takes_nothing_after_it_was_drained(jobs: Jobs) -> None:
    seen: list[int] = []

    async def handle(job: Job) -> None:
        seen.append(job.payload["n"])

    worker = Worker(jobs, queue="work", handle=handle)
    await worker.drain()
    await add(jobs, 1)
    await worker.run()

    assert seen == []
    assert await jobs.count("work") == {"ready": 1}


async def test_jobs_that_were_being_taken_when_the_drain_began_are_waited_for(
    jobs: Jobs, database: Database
) -> None:
    seen: list[int] = []

    async def handle(job: Job) -> None:
        await finish(jobs, job)
        seen.append(job.payload["n"])

    await add(jobs, 1)
    worker = Worker(jobs, queue="work", handle=handle)
    async with database.write():  # the worker's look at the table has to wait for this
        running = asyncio.get_running_loop().create_task(worker.run())
        for _ in range(20):
            await asyncio.sleep(0)
        draining = asyncio.get_running_loop().create_task(worker.drain(grace_s=5))
        for _ in range(20):
            await asyncio.sleep(0)
    await draining
    await running

    assert seen == [1]
    assert await jobs.count("work") == {"done": 1}


async def test_drain_leaves_a_job_alone_that_somebody_else_took(jobs: Jobs, clock: ManualClock) -> None:
    started = asyncio.Event()

    async def handle(job: Job) -> None:
        started.set()
        await asyncio.Event().wait()

    await add(jobs, 1)
    worker = Worker(jobs, queue="work", handle=handle, lease_s=30)
    running = asyncio.get_running_loop().create_task(worker.run())
    await started.wait()
    clock.advance(31)
    [theirs] = await jobs.take("work", limit=1, lease_s=30)
    await worker.drain(grace_s=0)
    await running

    await finish(jobs, theirs)
    assert await jobs.count("work") == {"done": 1}


async def test_job_that_killed_its_workers_too_often_is_buried_untouched(
    jobs: Jobs, clock: ManualClock
) -> None:
    await add(jobs, 1)
    for _ in range(3):
        assert len(await jobs.take("work", limit=1, lease_s=1)) == 1
        clock.advance(2)
    seen: list[int] = []
    buried = asyncio.Event()

    async def handle(job: Job) -> None:
        seen.append(job.payload["n"])

    async def note(job: Job) -> None:
        buried.set()

    worker = Worker(jobs, queue="work", handle=handle, attempts=3, buried=note)
    running = asyncio.get_running_loop().create_task(worker.run())
    async with asyncio.timeout(10):
        await buried.wait()
    await worker.drain()
    await running

    assert seen == []
    assert await jobs.count("work") == {"dead": 1}


async def test_lease_lost_while_putting_back_is_no_failure(jobs: Jobs, clock: ManualClock) -> None:
    from core.tasks import TASK_FAILURES

    taken = asyncio.Event()

    async def handle(job: Job) -> None:
        clock.advance(31)
        await jobs.take("work", limit=1, lease_s=30)
        taken.set()
        raise RetryLater("too late")

    await add(jobs, 1)
    worker = Worker(jobs, queue="work", handle=handle)
    running = asyncio.get_running_loop().create_task(worker.run())
    await taken.wait()
    await worker.drain()
    await running

    assert TASK_FAILURES.labels("work job")._value.get() == 0


async def test_one_slow_resident_does_not_hold_up_another(jobs: Jobs) -> None:
    release, second_done = asyncio.Event(), asyncio.Event()

    async def handle(job: Job) -> None:
        if job.key == "maria":
            await release.wait()
        await finish(jobs, job)
        if job.key == "john":
            second_done.set()

    await add(jobs, 1, key="maria")
    await add(jobs, 2, key="john")
    worker = Worker(jobs, queue="work", handle=handle, concurrency=2)
    running = asyncio.get_running_loop().create_task(worker.run())
    async with asyncio.timeout(10):
        await second_done.wait()
    assert await jobs.count("work") == {"ready": 1, "done": 1}
    release.set()
    await worker.drain()
    await running

    assert await jobs.count("work") == {"done": 2}


async def test_never_more_jobs_run_at_once_than_allowed(jobs: Jobs, bus: LocalBus) -> None:
    now, most, done = 0, 0, 0
    settled = asyncio.Event()

    async def handle(job: Job) -> None:
        nonlocal now, most, done
        now += 1
        most = max(most, now)
        await finish(jobs, job)
        now -= 1
        done += 1
        if done == 9:
            settled.set()

    for number in range(9):
        await add(jobs, number)
    worker = Worker(jobs, queue="work", handle=handle, concurrency=3)
    running = asyncio.get_running_loop().create_task(worker.run())
    async with asyncio.timeout(10):
        await settled.wait()
    await worker.drain()
    await running

    assert most == 3


async def test_handler_that_lost_its_lease_changes_nothing(jobs: Jobs, clock: ManualClock) -> None:
    refused = asyncio.Event()

    async def handle(job: Job) -> None:
        clock.advance(31)
        await jobs.take("work", limit=1, lease_s=30)
        try:
            await finish(jobs, job)
        except LeaseLost:
            refused.set()
            raise

    await add(jobs, 1)
    worker = Worker(jobs, queue="work", handle=handle)
    running = asyncio.get_running_loop().create_task(worker.run())
    async with asyncio.timeout(10):
        await refused.wait()
    await worker.drain()
    await running

    assert await jobs.count("work") == {"ready": 1}
