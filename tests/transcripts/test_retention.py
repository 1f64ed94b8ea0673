"""Deleting on schedule and on demand, judged by what is true at the moment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.bus import LocalBus
from core.clock import ManualClock
from core.database import Database
from core.errors import NotFound
from core.jobs import Jobs
from tests.transcripts.conftest import segment
from transcripts.keeping import Keeper, KeepingOptions
from transcripts.retention import Retention, RetentionOptions
from transcripts.service import MeetingService, Plan
from translation.service import Translator

DAY = 86_400.0


@dataclass(kw_only=True)
class Archive:
    """Meetings with kept sound, on a clock that stands still."""

    service: MeetingService
    keeper: Keeper
    clock: ManualClock
    retention: Retention

    async def meeting(self, *, days: int = 7) -> str:
        """A meeting that is live and has sound and text."""
        plan = Plan(languages=("ja",), audio_days=days)
        made = await self.service.create(title="T", language="en", account=None, plan=plan)
        await self.service.start(made.meeting.id)
        await self.service.commit_segment(made.meeting.id, segment(1))
        await self.keeper.append(made.meeting.id, 0, bytes(3200))
        return made.meeting.id

    async def has_sound(self, meeting_id: str) -> bool:
        return await self.keeper.samples(meeting_id) > 0

    async def has_text(self, meeting_id: str) -> bool:
        try:
            await self.service.get(meeting_id)
        except NotFound:
            return False
        return True


@pytest.fixture
async def archive(
    tmp_path: Path, database: Database, jobs: Jobs, bus: LocalBus, clock: ManualClock
) -> AsyncIterator[Archive]:
    translator = Translator([])
    service = MeetingService(database=database, jobs=jobs, bus=bus, clock=clock, translator=translator)
    keeper = Keeper(
        tmp_path / "sound",
        meeting=service.get,
        note_trouble=service.note_audio_trouble,
        clock=clock,
        options=KeepingOptions(reserve_mb=0),
    )
    retention = Retention(service=service, keeper=keeper, clock=clock)
    yield Archive(service=service, keeper=keeper, clock=clock, retention=retention)
    await keeper.close()
    await translator.close()


async def test_sound_goes_after_its_days_and_the_text_stays(archive: Archive) -> None:
    meeting = await archive.meeting(days=7)
    await archive.service.end(meeting)
    archive.clock.advance(7 * DAY - 1)
    await archive.retention.look()
    assert await archive.has_sound(meeting)
    archive.clock.advance(1)
    await archive.retention.look()
    assert not await archive.has_sound(meeting)
    assert await archive.has_text(meeting)


async def test_meeting_that_goes_on_keeps_its_sound(archive: Archive) -> None:
    meeting = await archive.meeting(days=1)
    for number in range(2, 6):
        archive.clock.advance(DAY * 0.9)
        await archive.service.commit_segment(meeting, segment(number))
        await archive.retention.look()
    assert await archive.has_sound(meeting)


async def test_meeting_that_was_never_ended_is_over_when_nothing_is_said(archive: Archive) -> None:
    meeting = await archive.meeting(days=2)
    archive.clock.advance(2 * DAY + 1)
    await archive.retention.look()
    assert not await archive.has_sound(meeting)


async def test_meeting_that_was_opened_again_keeps_its_sound(archive: Archive) -> None:
    meeting = await archive.meeting(days=1)
    await archive.service.end(meeting)
    archive.clock.advance(2 * DAY)
    await archive.service.start(meeting)
    await archive.service.commit_segment(meeting, segment(2))
    await archive.retention.look()
    assert await archive.has_sound(meeting)


async def test_sound_that_the_plan_does_not_want_any_more_goes_at_the_next_look(archive: Archive) -> None:
    meeting = await archive.meeting()
    await archive.service.replan(meeting, title="T", plan=Plan(languages=("ja",), audio_days=0))
    await archive.retention.look()
    assert not await archive.has_sound(meeting)


async def test_sound_without_a_meeting_goes(archive: Archive) -> None:
    meeting = await archive.meeting()
    await archive.service.remove(meeting)
    await archive.retention.look()
    assert await archive.keeper.meetings() == []


async def test_text_stays_for_ever_unless_the_city_says_otherwise(archive: Archive) -> None:
    meeting = await archive.meeting()
    await archive.service.end(meeting)
    archive.clock.advance(5000 * DAY)
    await archive.retention.look()
    assert await archive.has_text(meeting)


async def test_text_goes_after_the_city_s_days_with_its_sound(archive: Archive) -> None:
    short = Retention(
        service=archive.service,
        keeper=archive.keeper,
        clock=archive.clock,
        options=RetentionOptions(transcript_days=30),
    )
    meeting, other = await archive.meeting(days=30), await archive.meeting()
    await archive.service.end(meeting)
    archive.clock.advance(30 * DAY)
    await archive.service.commit_segment(other, segment(2))
    await short.look()
    assert (await archive.has_text(meeting), await archive.has_sound(meeting)) == (False, False)
    assert await archive.has_text(other)


async def test_meeting_is_removed_now_with_everything(archive: Archive) -> None:
    meeting = await archive.meeting()
    await archive.retention.remove(meeting)
    assert (await archive.has_text(meeting), await archive.has_sound(meeting)) == (False, False)


async def test_sound_is_deleted_now_and_the_text_stays(archive: Archive) -> None:
    meeting = await archive.meeting()
    assert await archive.retention.delete_sound(meeting)
    assert not await archive.retention.delete_sound(meeting)
    assert await archive.has_text(meeting)
