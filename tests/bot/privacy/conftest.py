"""A database with two residents, and privacy on it."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot import store as chat
from bot.model import Resident
from bot.privacy.erasing import Erasing
from bot.privacy.exporting import ExportOptions, Exports
from bot.privacy.retention import Retention, RetentionOptions
from bot.privacy.skill import PrivacySkill
from core.bus import LocalBus
from core.clock import ManualClock
from core.database import Database
from core.jobs import Job, Jobs
from core.words import Words
from tests.bot.conftest import CITY

NOW = dt.datetime(2026, 11, 24, 3, 0, tzinfo=dt.UTC)
WORDS = Words(CITY / "phrases", CITY / "phrases" / "privacy")


@dataclass
class Hall:
    """What a test needs."""

    database: Database
    clock: ManualClock
    jobs: Jobs
    erasing: Erasing
    skill: PrivacySkill
    exports: Exports
    retention: Retention
    freed: list[str]  # residents whose keepers were called
    folder: Path  # of their files

    async def resident(self, line_user_id: str) -> Resident:
        async with self.database.write() as connection:
            await chat.add_resident(
                connection,
                line_user_id=line_user_id,
                display_name=f"name of {line_user_id}",
                profile_language="en",
                now=self.clock.now(),
            )
            found = await chat.find_resident(connection, line_user_id)
        assert found is not None
        return found

    async def wrote(self, resident: Resident, text: str, *, request_id: str = "") -> str:
        async with self.database.write() as connection:
            return await chat.add_message(
                connection,
                now=self.clock.now(),
                resident_id=resident.id,
                request_id=request_id,
                direction="resident",
                text=text,
            )

    async def asked(self, resident: Resident, *, closed: bool = False) -> str:
        async with self.database.write() as connection:
            request = await chat.open_request(
                connection, resident_id=resident.id, department="tax", urgent=False, now=self.clock.now()
            )
            if closed:
                await chat.change_request(
                    connection, request, allowed=("open",), state="closed", closed_at=self.clock.now()
                )
        return request.id

    async def take(self, queue: str) -> list[Job]:
        return await self.jobs.take(queue, limit=10, lease_s=30)


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'hall.db'}")
    await database.open()
    await database.create_all()
    clock, freed = ManualClock(NOW), []  # type: tuple[ManualClock, list[str]]

    async def files(connection: object, resident_id: str) -> list[Path]:
        return sorted((tmp_path / "files").glob(f"{resident_id}*"))

    async def keeper(connection: object, resident_id: str) -> list[Path]:
        freed.append(resident_id)
        return await files(connection, resident_id)

    jobs = Jobs(database, LocalBus(), clock)
    erasing = Erasing(jobs, [keeper])
    (tmp_path / "files").mkdir()
    options = ExportOptions(public_url="https://chat.city.example/")
    exports = Exports(database, clock, options, [files])
    yield Hall(
        database=database,
        clock=clock,
        jobs=jobs,
        erasing=erasing,
        skill=PrivacySkill(WORDS, erasing, exports, clock),
        exports=exports,
        retention=Retention(jobs, erasing, RetentionOptions()),
        freed=freed,
        folder=tmp_path / "files",
    )
    await database.close()
