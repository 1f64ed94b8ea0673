"""The queries that differ between databases, on a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
import sqlalchemy as sa

from config.migrations.runner import is_current, upgrade
from core.accounts import Accounts
from core.bus import LocalBus
from core.clock import ManualClock
from core.database import Database, metadata
from core.errors import Conflict
from core.jobs import Jobs
from tests.servers import postgres_server


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture
async def postgres(postgres_url: str) -> AsyncIterator[Database]:
    """PostgreSQL at the newest revision, with empty tables."""
    database = Database(postgres_url)
    await database.open()
    await upgrade(database)
    async with database.write() as connection:
        names = ", ".join(table.name for table in metadata.sorted_tables)
        await connection.execute(sa.text(f"TRUNCATE {names} CASCADE"))
    yield database
    await database.close()


@pytest.fixture
def postgres_jobs(postgres: Database, clock: ManualClock) -> Jobs:
    return Jobs(postgres, LocalBus(), clock)


async def test_migrations_bring_an_empty_database_to_the_newest_revision(postgres: Database) -> None:
    assert await is_current(postgres) is True


async def test_same_event_is_stored_once(postgres_jobs: Jobs) -> None:
    async with postgres_jobs.database.write() as connection:
        first = await postgres_jobs.add(connection, queue="work", payload={}, dedupe="event")
        second = await postgres_jobs.add(connection, queue="work", payload={}, dedupe="event")

    assert first is not None
    assert second is None


async def test_two_workers_never_take_the_same_job(postgres_jobs: Jobs) -> None:
    async with postgres_jobs.database.write() as connection:
        for number in range(40):
            await postgres_jobs.add(
                connection, queue="work", payload={"n": number}, key=f"resident {number % 20}"
            )

    taken = await asyncio.gather(*(postgres_jobs.take("work", limit=10, lease_s=30) for _ in range(6)))

    ids = [job.id for jobs in taken for job in jobs]
    keys = [job.key for jobs in taken for job in jobs]
    assert len(ids) == len(set(ids)) == 20
    assert len(set(keys)) == 20


async def test_job_of_a_dead_worker_is_taken_again(postgres_jobs: Jobs, clock: ManualClock) -> None:
    async with postgres_jobs.database.write() as connection:
        await postgres_jobs.add(connection, queue="work", payload={"n": 1})
    [first] = await postgres_jobs.take("work", limit=1, lease_s=30)
    clock.advance(31)

    [second] = await postgres_jobs.take("work", limit=1, lease_s=30)

    assert second.id == first.id


async def test_account_name_is_taken_once(postgres: Database, clock: ManualClock) -> None:
    accounts = Accounts(postgres, clock)
    await accounts.add("tanaka", "a long password", role="staff")

    with pytest.raises(Conflict):
        await accounts.add("tanaka", "another password", role="staff")
    accounts.close()


async def test_events_that_only_json_text_can_hold_are_stored_with_their_neighbours(
    postgres_jobs: Jobs, clock: ManualClock
) -> None:
    from bot.line.webhook import INBOX, Inbox
    from core.tasks import Tasks

    tasks = Tasks()
    odd = [{"webhookEventId": "a", "x": float("nan")}, {"webhookEventId": "b", "text": "\ud800 \x00"}]
    await Inbox(postgres_jobs, tasks, clock).store([*odd, {"webhookEventId": "c"}])

    assert await postgres_jobs.count(INBOX) == {"ready": 3}
    await tasks.close()
