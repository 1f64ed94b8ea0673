"""Fixtures that every package's tests share. Nothing here reaches a network beyond this machine."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.bus import LocalBus
from core.clock import ManualClock
from core.database import Database
from core.jobs import Jobs

# The tests decide every setting themselves; two cores are shared by everything that runs.
for name in [name for name in os.environ if name.startswith("MADOGUCHI_")]:
    del os.environ[name]
os.environ["OMP_NUM_THREADS"] = "1"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def bus() -> LocalBus:
    return LocalBus()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """A real, empty SQLite database with every table that the imported packages registered."""
    opened = Database(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
    await opened.open()
    await opened.create_all()
    yield opened
    await opened.close()


@pytest.fixture
def jobs(database: Database, bus: LocalBus, clock: ManualClock) -> Jobs:
    return Jobs(database, bus, clock)
