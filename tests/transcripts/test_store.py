"""Tables of meetings, segments and captions, on a real SQLite database."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
import sqlalchemy as sa

from core.database import Database
from tests.transcripts.conftest import MOMENT, segment
from transcripts import store
from transcripts.model import Meeting, MeetingState, Origin
from transcripts.store import Draft
from transcripts.tables import meetings_table

MEETING = Meeting(
    id="m1", title="Briefing", language="en", languages=("en", "ja"), state="planned", created_at=MOMENT
)


def draft(seq: int = 1, lang: str = "en", text: str = "Hello.", origin: Origin = "speech") -> Draft:
    return Draft(
        meeting_id="m1", seq=seq, lang=lang, text=text, start=1.0, end=2.0, origin=origin, flags=("checked",)
    )


@pytest.fixture
async def meeting(database: Database) -> Meeting:
    """A stored meeting with two segments."""
    async with database.write() as connection:
        await store.add_meeting(connection, MEETING, sender_digest="d" * 64, created_by=None)
        for seq in (1, 2):
            await store.add_segment(connection, "m1", segment(seq), at=MOMENT)
    return MEETING


async def test_meeting_is_read_back_as_it_was_stored(database: Database, meeting: Meeting) -> None:
    async with database.read() as connection:
        assert await store.find_meeting(connection, "m1") == meeting


async def test_unknown_meeting_is_none(database: Database) -> None:
    async with database.read() as connection:
        assert await store.find_meeting(connection, "nothing") is None


async def test_meetings_are_listed_newest_first_within_the_wanted_states(database: Database) -> None:
    states: tuple[MeetingState, ...] = ("planned", "live", "ended")
    async with database.write() as connection:
        for number, state in enumerate(states):
            one = dataclasses.replace(
                MEETING, id=f"m{number}", state=state, created_at=MOMENT + dt.timedelta(hours=number)
            )
            await store.add_meeting(connection, one, sender_digest="", created_by=None)
    async with database.read() as connection:
        found = await store.list_meetings(connection, states=("planned", "live"), limit=10)
        newest = await store.list_meetings(connection, states=("planned", "live", "ended"), limit=1)
    assert [one.id for one in found] == ["m1", "m0"]
    assert [one.id for one in newest] == ["m2"]


async def test_first_start_is_kept_when_a_meeting_is_opened_again(
    database: Database, meeting: Meeting
) -> None:
    async with database.write() as connection:
        await store.set_state(connection, "m1", "live", at=MOMENT)
        await store.set_state(connection, "m1", "ended", at=MOMENT + dt.timedelta(hours=1))
        await store.set_state(connection, "m1", "live", at=MOMENT + dt.timedelta(hours=2))
        row = (await connection.execute(sa.select(meetings_table))).one()
    assert (row.state, row.started_at, row.ended_at) == ("live", MOMENT, MOMENT + dt.timedelta(hours=1))


async def test_positions_rise_by_one_over_all_languages(database: Database, meeting: Meeting) -> None:
    async with database.write() as connection:
        stored = [
            await store.put_caption(connection, draft(seq, lang), at=MOMENT)
            for seq, lang in ((1, "en"), (1, "ja"), (2, "en"), (1, "ja"))
        ]
        assert await store.last_position(connection, "m1") == 4
    assert [one.position for one in stored] == [1, 2, 3, 4]
    assert [one.rev for one in stored] == [1, 1, 1, 2]


async def test_position_is_given_back_when_the_transaction_fails(
    database: Database, meeting: Meeting
) -> None:
    with pytest.raises(RuntimeError):
        async with database.write() as connection:
            await store.put_caption(connection, draft(), at=MOMENT)
            raise RuntimeError("power cut")
    async with database.read() as connection:
        assert await store.last_position(connection, "m1") == 0
        assert await store.captions_after(connection, "m1", 0, limit=10) == []


async def test_new_revision_replaces_text_origin_and_flags(database: Database, meeting: Meeting) -> None:
    async with database.write() as connection:
        await store.put_caption(connection, draft(text="Helo."), at=MOMENT)
        await store.put_caption(connection, draft(text="Hello.", origin="human"), at=MOMENT)
        found = (await store.captions_of(connection, "m1", 1))["en"].caption
    assert (found.text, found.rev, found.origin, found.flags) == ("Hello.", 2, "human", ("checked",))


async def test_history_holds_every_text_in_order(database: Database, meeting: Meeting) -> None:
    async with database.write() as connection:
        await store.put_caption(connection, draft(text="Helo."), at=MOMENT)
        await store.put_caption(connection, draft(text="Hello.", origin="human"), at=MOMENT)
        history = await store.revisions(connection, "m1", 1, "en")
    assert [(one.rev, one.text, one.origin, one.by) for one in history] == [
        (1, "Helo.", "speech", None),
        (2, "Hello.", "human", None),
    ]


async def test_changes_after_a_position_come_in_order_of_change(database: Database, meeting: Meeting) -> None:
    async with database.write() as connection:
        await store.put_caption(connection, draft(1), at=MOMENT)
        await store.put_caption(connection, draft(2), at=MOMENT)
        await store.put_caption(connection, draft(1, text="Again."), at=MOMENT)
        after_one = await store.captions_after(connection, "m1", 1, limit=10)
    assert [(one.seq, one.position) for one in after_one] == [(2, 2), (1, 3)]


async def test_changes_are_limited_to_languages_and_count(database: Database, meeting: Meeting) -> None:
    async with database.write() as connection:
        for seq, lang in ((1, "en"), (1, "ja"), (2, "en"), (2, "ja")):
            await store.put_caption(connection, draft(seq, lang), at=MOMENT)
        japanese = await store.captions_after(connection, "m1", 0, languages=["ja"], limit=10)
        first = await store.captions_after(connection, "m1", 0, limit=1)
    assert [(one.seq, one.lang) for one in japanese] == [(1, "ja"), (2, "ja")]
    assert [one.position for one in first] == [1]


async def test_transcript_is_in_order_of_speech_even_after_corrections(
    database: Database, meeting: Meeting
) -> None:
    async with database.write() as connection:
        for seq in (1, 2):
            await store.put_caption(connection, draft(seq), at=MOMENT)
        await store.put_caption(connection, draft(1, text="Corrected."), at=MOMENT)
        all_of_it = await store.transcript(connection, "m1", ["en"])
        last = await store.transcript(connection, "m1", ["en"], last=1)
    assert [one.caption.text for one in all_of_it] == ["Corrected.", "Hello."]
    assert [one.caption.seq for one in last] == [2]


async def test_segment_is_read_back_with_its_words(database: Database, meeting: Meeting) -> None:
    async with database.read() as connection:
        assert await store.segments(connection, "m1") == [segment(1), segment(2)]


async def test_segment_number_is_taken_once(database: Database, meeting: Meeting) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        async with database.write() as connection:
            await store.add_segment(connection, "m1", segment(2), at=MOMENT)


async def test_caption_without_its_segment_is_refused(database: Database, meeting: Meeting) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        async with database.write() as connection:
            await store.put_caption(connection, draft(seq=9), at=MOMENT)


async def test_progress_of_a_new_meeting_is_the_beginning(database: Database) -> None:
    async with database.write() as connection:
        await store.add_meeting(connection, MEETING, sender_digest="", created_by=None)
        assert await store.progress(connection, "m1") == store.Progress(next_seq=1, stored_samples=0)


async def test_stored_samples_never_go_back(database: Database, meeting: Meeting) -> None:
    async with database.write() as connection:
        await store.set_stored_samples(connection, "m1", 32_000)
        await store.set_stored_samples(connection, "m1", 16_000)
        assert await store.progress(connection, "m1") == store.Progress(next_seq=3, stored_samples=32_000)
