"""Memories over real databases."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.bus import Bus, LocalBus
from core.clock import ManualClock
from core.database import Database, metadata
from core.tasks import Tasks
from tests.servers import postgres_server
from translation.memory import Memory, MemoryOptions, Unit

# No look at the table but when a test asks for it.
QUIET = MemoryOptions(poll_s=3600)

OpenMemory = Callable[..., Awaitable[Memory]]


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
async def either(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        database = Database(f"sqlite+aiosqlite:///{tmp_path / 'either.db'}")
    else:
        database = Database(request.getfixturevalue("postgres_url"))
    await database.open()
    async with database.write() as connection:
        await connection.run_sync(metadata.drop_all)
        await connection.run_sync(metadata.create_all)
    yield database
    await database.close()


@pytest.fixture
async def open_memory(clock: ManualClock) -> AsyncIterator[OpenMemory]:
    """Opens memories that are closed after the test. Each has a bus of its own unless one is given."""
    async with AsyncExitStack() as stack:
        tasks = Tasks()
        stack.push_async_callback(tasks.close)

        async def open_one(
            database: Database, bus: Bus | None = None, options: MemoryOptions = QUIET, **limits: Any
        ) -> Memory:
            memory = Memory(database, bus or LocalBus(), clock, tasks, replace(options, **limits))
            await memory.open()
            stack.push_async_callback(memory.close)
            return memory

        yield open_one


@pytest.fixture
async def memory(database: Database, open_memory: OpenMemory) -> Memory:
    """A memory over an empty SQLite database."""
    return await open_memory(database)


async def learn(memory: Memory, source_text: str, target_text: str, pair: str = "en ja", **more: Any) -> Unit:
    """Learn a unit; the rest does not matter to the test."""
    source, target = pair.split()
    values = {"author": "ito", "came_from": "page", **more}
    return await memory.learn(
        source=source, target=target, source_text=source_text, target_text=target_text, **values
    )


async def rows(database: Database) -> int:
    """How many rows the table has, forgotten ones included."""
    async with database.read() as connection:
        return int(await connection.scalar(sa.text("SELECT count(*) FROM translation_units")) or 0)
