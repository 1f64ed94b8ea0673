"""Erasing and forgetting in time."""

from __future__ import annotations

import sqlalchemy as sa

from bot import store as chat
from bot.line.webhook import INBOX
from bot.privacy import store
from bot.privacy.erasing import ERASE, FAREWELL
from bot.privacy.retention import RETENTION
from core.jobs import jobs_table
from tests.bot.privacy.conftest import Hall

DAY = 86_400


async def texts(hall: Hall) -> list[str]:
    async with hall.database.read() as connection:
        rows = await connection.execute(sa.select(chat.messages.c.text).order_by(chat.messages.c.position))
        return list(rows.scalars())


async def names(hall: Hall) -> list[str]:
    async with hall.database.read() as connection:
        rows = await connection.execute(
            sa.select(chat.residents.c.display_name).order_by(chat.residents.c.line_user_id)
        )
        return list(rows.scalars())


async def erase(hall: Hall, line_user_id: str) -> None:
    async with hall.database.write() as connection:
        found = await chat.find_resident(connection, line_user_id)
        assert found is not None
        await hall.erasing.erase(connection, found)


async def test_erasing_takes_everything_of_one_resident_at_once(hall: Hall) -> None:
    ana, ben = await hall.resident("Uana"), await hall.resident("Uben")
    await hall.wrote(ana, "mine", request_id=await hall.asked(ana))
    await hall.wrote(ben, "yours")
    await erase(hall, "Uana")
    assert await texts(hall) == ["yours"]
    assert await names(hall) == ["", "name of Uben"]
    assert hall.freed == [ana.id]
    async with hall.database.read() as connection:
        assert await store.count_rows(connection, ana.id) == {}


async def test_last_row_goes_after_the_farewell(hall: Hall) -> None:
    await hall.resident("Uana")
    await erase(hall, "Uana")
    assert await hall.take(ERASE) == []
    hall.clock.advance(FAREWELL.total_seconds())
    (job,) = await hall.take(ERASE)
    await hall.erasing.finish(job)
    assert await names(hall) == []
    async with hall.database.read() as connection:
        kept = (await connection.execute(sa.select(jobs_table.c.payload))).scalars().all()
    assert "Uana" not in str(kept)


async def test_who_writes_again_begins_anew(hall: Hall) -> None:
    ana = await hall.resident("Uana")
    await erase(hall, "Uana")
    hall.clock.advance(60)
    await hall.wrote(ana, "hello again")
    hall.clock.advance(FAREWELL.total_seconds())
    (job,) = await hall.take(ERASE)
    await hall.erasing.finish(job)
    assert await texts(hall) == ["hello again"]
    assert await names(hall) == [""]


async def test_events_that_were_given_up_lose_what_they_hold(hall: Hall) -> None:
    await hall.resident("Uana")
    async with hall.database.write() as connection:
        for user in ("Uana", "Uben"):
            await hall.jobs.add(connection, queue=INBOX, payload={"event": f'{{"userId": "{user}"}}'})
    for job in await hall.take(INBOX):
        await hall.jobs.bury(job, reason="given up")
    await erase(hall, "Uana")
    async with hall.database.read() as connection:
        kept = await connection.execute(sa.select(jobs_table.c.payload).where(jobs_table.c.queue == INBOX))
        assert sorted(map(str, kept.scalars())) == ["{'event': '{\"userId\": \"Uben\"}'}", "{}"]


async def run(hall: Hall) -> None:
    await hall.retention.schedule()
    for job in await hall.take(RETENTION):
        await hall.retention.run(job)


async def test_old_messages_are_forgotten_unless_a_request_waits(hall: Hall) -> None:
    ana = await hall.resident("Uana")
    await hall.wrote(ana, "old")
    await hall.wrote(ana, "old and waiting", request_id=await hall.asked(ana))
    hall.clock.advance(366 * DAY)
    await hall.wrote(ana, "new")
    await run(hall)
    assert await texts(hall) == ["old and waiting", "new"]


async def test_messages_of_who_has_not_agreed_are_forgotten_after_a_day(hall: Hall) -> None:
    for name, given in (("Uana", False), ("Uben", True), ("Ucho", None)):
        resident = await hall.resident(name)
        await hall.wrote(resident, f"given {given}")
        if given is not None:
            async with hall.database.write() as connection:
                await store.set_consent(
                    connection, resident.id, given=given, notice="1", now=hall.clock.now()
                )
    await hall.wrote(resident, "urgent", request_id=await hall.asked(resident, closed=True))
    await run(hall)
    assert len(await texts(hall)) == 4
    hall.clock.advance(DAY + 1)
    await run(hall)
    assert await texts(hall) == ["given True", "urgent"]


async def test_what_given_up_events_hold_is_forgotten(hall: Hall) -> None:
    async with hall.database.write() as connection:
        await hall.jobs.add(connection, queue=INBOX, key="Uana", payload={"event": "my secret"})
    (job,) = await hall.take(INBOX)
    await hall.jobs.bury(job, reason="given up")
    hall.clock.advance(31 * DAY)
    await run(hall)
    async with hall.database.read() as connection:
        kept = await connection.execute(
            sa.select(jobs_table.c.payload, jobs_table.c.key).where(jobs_table.c.queue == INBOX)
        )
        assert [tuple(row) for row in kept] == [({}, "")]


async def test_closed_requests_are_forgotten_with_their_messages(hall: Hall) -> None:
    ana = await hall.resident("Uana")
    await hall.asked(ana, closed=True)
    hall.clock.advance(1096 * DAY)
    await hall.asked(ana, closed=True)
    await hall.asked(ana)  # who waits for something is not erased
    await run(hall)
    async with hall.database.read() as connection:
        assert (await connection.execute(sa.select(sa.func.count()).select_from(chat.requests))).scalar() == 2


async def test_who_was_not_seen_for_two_years_is_erased(hall: Hall) -> None:
    await hall.resident("Uana")
    waiting = await hall.resident("Uben")
    await hall.asked(waiting)
    hall.clock.advance(731 * DAY)
    await run(hall)
    assert await names(hall) == ["", "name of Uben"]


async def test_one_run_an_hour_and_the_next_is_in_the_queue(hall: Hall) -> None:
    await run(hall)
    await run(hall)
    assert await hall.take(RETENTION) == []
    hall.clock.advance(3600)
    assert len(await hall.take(RETENTION)) == 1
    async with hall.database.read() as connection:
        assert (await connection.execute(sa.select(store.audit))).all() == []  # nothing was forgotten


async def test_old_audit_is_forgotten(hall: Hall) -> None:
    async with hall.database.write() as connection:
        await store.note(connection, "shown", rows=1, now=hall.clock.now())
    hall.clock.advance(1826 * DAY)
    await run(hall)
    async with hall.database.read() as connection:
        kept = (await connection.execute(sa.select(store.audit.c.what, store.audit.c.rows))).all()
    assert [tuple(row) for row in kept] == [("forgotten", 1)]
