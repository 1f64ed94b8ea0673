from __future__ import annotations

import asyncio
import gc

from structlog.testing import capture_logs

from core.tasks import TASK_FAILURES, Tasks


def failures(name: str) -> float:
    return float(TASK_FAILURES.labels(name)._value.get())


async def test_task_runs_under_its_name() -> None:
    tasks, names = Tasks(), []

    async def work() -> str:
        task = asyncio.current_task()
        assert task is not None
        names.append(task.get_name())
        return "done"

    assert await tasks.spawn("mail", work()) == "done"
    assert names == ["mail"]


async def test_task_that_nobody_holds_is_kept_alive() -> None:
    tasks, release, done = Tasks(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        await release.wait()
        done.set()

    tasks.spawn("mail", work())
    gc.collect()
    release.set()
    async with asyncio.timeout(5):
        await done.wait()


async def test_failure_is_counted_and_logged_with_the_name() -> None:
    tasks, before = Tasks(), failures("failing once")

    async def work() -> None:
        raise ValueError

    with capture_logs() as logged:
        await asyncio.wait([tasks.spawn("failing once", work())])
        await asyncio.sleep(0)

    assert failures("failing once") == before + 1
    assert [(entry["event"], entry["task"]) for entry in logged] == [("task_failed", "failing once")]


async def test_cancelled_task_is_no_failure() -> None:
    tasks, before = Tasks(), failures("cancelled")
    task = tasks.spawn("cancelled", asyncio.Event().wait())

    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])

    assert failures("cancelled") == before


async def test_kept_work_is_started_again_after_a_failure() -> None:
    tasks, runs = Tasks(), []

    async def work() -> None:
        runs.append(len(runs))
        if len(runs) < 3:
            raise ValueError

    with capture_logs() as logged:
        await tasks.keep("stubborn", work, pause_s=0)

    assert runs == [0, 1, 2]
    assert [entry["again_in_s"] for entry in logged] == [0, 0]


async def test_kept_work_that_returns_is_over() -> None:
    tasks, runs = Tasks(), []

    async def work() -> None:
        runs.append(1)

    await tasks.keep("once", work)

    assert runs == [1]


async def test_close_cancels_what_runs_and_waits_for_it() -> None:
    tasks, ended = Tasks(), []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append(1)

    tasks.spawn("endless", work())
    await asyncio.sleep(0)
    await tasks.close()

    assert ended == [1]


async def test_close_lets_what_runs_end_by_itself_within_the_grace() -> None:
    tasks, release, ended = Tasks(), asyncio.Event(), []

    async def work() -> None:
        await release.wait()
        ended.append("by itself")

    tasks.spawn("short", work())
    closing = asyncio.get_running_loop().create_task(tasks.close(grace_s=5))
    await asyncio.sleep(0)
    release.set()
    await closing

    assert ended == ["by itself"]


async def test_closed_set_does_not_start_kept_work_again() -> None:
    tasks, runs, failing = Tasks(), [], asyncio.Event()

    async def work() -> None:
        runs.append(1)
        failing.set()
        raise ValueError

    with capture_logs():
        tasks.keep("stubborn", work, pause_s=30)
        await failing.wait()
        await tasks.close()

    assert runs == [1]


async def test_task_may_close_its_own_set() -> None:
    tasks = Tasks()

    async def work() -> str:
        await tasks.close()
        return "alive"

    assert await tasks.spawn("last", work()) == "alive"


async def test_set_without_tasks_closes_at_once() -> None:
    tasks = Tasks()

    await tasks.close(grace_s=5)
    await tasks.close(grace_s=5)
