"""Tables of forms, and their queries."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.forms.model import LIVE, Booking
from bot.store import messages, residents, tombstones
from core.database import UtcDateTime, insert_ignoring, metadata
from core.ids import new_id

bookings = sa.Table(
    "form_bookings",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(36), nullable=False, unique=True),
    sa.Column("receipt", sa.String(20), nullable=False, unique=True),
    sa.Column("resident_id", sa.String(36), sa.ForeignKey("residents.id"), nullable=False),
    sa.Column("form", sa.String(40), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("language", sa.String(20), nullable=False),
    sa.Column("answers", sa.JSON, nullable=False),
    sa.Column("sources", sa.JSON, nullable=False),
    sa.Column("place", sa.String(120), nullable=False),
    sa.Column("seats", sa.Integer, nullable=False),
    sa.Column("starts_at", UtcDateTime),
    sa.Column("fee", sa.Integer, nullable=False),
    sa.Column("reason", sa.String(600), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sa.Column("reminded_at", UtcDateTime),
    sa.Index("ix_form_bookings_resident_id", "resident_id"),
    sa.Index("ix_form_bookings_form_state", "form", "state"),
    sa.Index("ix_form_bookings_form_starts_at", "form", "starts_at"),
    sa.Index("ix_form_bookings_reminded_at", "reminded_at"),
    sqlite_autoincrement=True,  # a receipt number is never given twice, even after the newest row was erased
)

places = sa.Table(
    "form_places",
    metadata,
    sa.Column("form", sa.String(40), primary_key=True),
    sa.Column("place", sa.String(120), primary_key=True),
    sa.Column("taken", sa.Integer, nullable=False),
)

drafts = sa.Table(
    "form_drafts",
    metadata,
    sa.Column("resident_id", sa.String(36), sa.ForeignKey("residents.id"), primary_key=True),
    sa.Column("form", sa.String(40), primary_key=True),
    sa.Column("state", sa.JSON, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
)

_BOOKING = tuple(field.name for field in dataclasses.fields(Booking))


# Drafts


async def save_draft(
    connection: AsyncConnection, resident_id: str, form: str, state: Mapping[str, Any], *, now: dt.datetime
) -> None:
    """Keep a form that was begun."""
    key = (drafts.c.resident_id == resident_id, drafts.c.form == form)
    values = {"state": dict(state), "changed_at": now}
    changed = await connection.execute(drafts.update().where(*key).values(**values))
    if not changed.rowcount:
        await connection.execute(drafts.insert().values(resident_id=resident_id, form=form, **values))


async def find_draft(
    connection: AsyncConnection, resident_id: str, form: str, *, since: dt.datetime
) -> dict[str, Any] | None:
    """A form that was begun and worked on after `since`."""
    row = (
        await connection.execute(
            sa.select(drafts.c.state).where(
                drafts.c.resident_id == resident_id, drafts.c.form == form, drafts.c.changed_at >= since
            )
        )
    ).one_or_none()
    return dict(row.state) if row else None


async def discard_draft(connection: AsyncConnection, resident_id: str, form: str) -> None:
    """Forget a form that was begun."""
    await connection.execute(
        drafts.delete().where(drafts.c.resident_id == resident_id, drafts.c.form == form)
    )


# Places


async def taken(connection: AsyncConnection, form: str) -> dict[str, int]:
    """How many places are taken: key → number."""
    rows = await connection.execute(
        sa.select(places.c.place, places.c.taken).where(places.c.form == form, places.c.taken > 0)
    )
    return {row.place: row.taken for row in rows}


async def take_place(
    connection: AsyncConnection, form: str, place: str, *, seats: int, capacity: int
) -> bool:
    """Take `seats` places if there are so many: compare and set. False if somebody was faster."""
    await connection.execute(insert_ignoring(connection, places).values(form=form, place=place, taken=0))
    result = await connection.execute(
        places.update()
        .where(places.c.form == form, places.c.place == place, places.c.taken + seats <= capacity)
        .values(taken=places.c.taken + seats)
    )
    return bool(result.rowcount)


async def give_place_back(connection: AsyncConnection, form: str, place: str, *, seats: int) -> None:
    """Free the places of a booking that is off."""
    await connection.execute(
        places.update()
        .where(places.c.form == form, places.c.place == place)
        .values(taken=sa.case((places.c.taken > seats, places.c.taken - seats), else_=0))
    )


# Bookings


async def add_booking(
    connection: AsyncConnection, *, prefix: str, now: dt.datetime, **values: Any
) -> Booking:
    """Add a booking that was just received; its receipt number is its prefix and its number."""
    booking_id = new_id()
    await connection.execute(
        bookings.insert().values(
            id=booking_id,
            receipt=booking_id[:20],
            state="received",
            reason="",
            version=1,
            created_at=now,
            changed_at=now,
            **values,
        )
    )
    number = (
        await connection.execute(sa.select(bookings.c.number).where(bookings.c.id == booking_id))
    ).scalar_one()
    await connection.execute(
        bookings.update().where(bookings.c.id == booking_id).values(receipt=f"{prefix}{number:05d}")
    )
    found = await get_booking(connection, booking_id)
    assert found is not None
    return found


async def get_booking(connection: AsyncConnection, booking_id: str) -> Booking | None:
    """The booking with this id."""
    row = (await connection.execute(sa.select(bookings).where(bookings.c.id == booking_id))).one_or_none()
    return _booking(row) if row else None


async def change_booking(connection: AsyncConnection, booking: Booking, **values: Any) -> bool:
    """Change a booking that is still at the version that was seen. A booking that is off frees its places.
    False when somebody was faster."""
    result = await connection.execute(
        bookings.update()
        .where(bookings.c.id == booking.id, bookings.c.version == booking.version)
        .values(version=booking.version + 1, **values)
    )
    if not result.rowcount:
        return False
    off = values.get("state") in ("cancelled", "declined")
    if off and booking.place and booking.state in LIVE:
        await give_place_back(connection, booking.form, booking.place, seats=booking.seats)
    return True


async def bookings_of(connection: AsyncConnection, resident_id: str, *, limit: int = 50) -> list[Booking]:
    """A resident's bookings, those that are live first, then the newest."""
    rows = await connection.execute(
        sa.select(bookings)
        .where(bookings.c.resident_id == resident_id)
        .order_by(bookings.c.state.in_(LIVE).desc(), bookings.c.number.desc())
        .limit(limit)
    )
    return [_booking(row) for row in rows]


async def list_bookings(
    connection: AsyncConnection,
    form: str,
    *,
    states: Sequence[str] = (),
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
    limit: int = 500,
    offset: int = 0,
) -> list[tuple[Booking, str]]:
    """Bookings of a form with the residents' names: those with a time in its order, then the newest."""
    wanted = [bookings.c.form == form]
    if states:
        wanted.append(bookings.c.state.in_(list(states)))
    moment = sa.func.coalesce(bookings.c.starts_at, bookings.c.created_at)
    if since is not None:
        wanted.append(moment >= since)
    if until is not None:
        wanted.append(moment < until)
    rows = await connection.execute(
        sa.select(bookings, residents.c.display_name)
        .join(residents, residents.c.id == bookings.c.resident_id)
        .where(*wanted)
        .order_by(bookings.c.starts_at.is_(None), bookings.c.starts_at, bookings.c.number.desc())
        .limit(limit)
        .offset(offset)
    )
    return [(_booking(row), row.display_name) for row in rows]


async def count_states(connection: AsyncConnection) -> dict[tuple[str, str], int]:
    """(form, state) → how many."""
    rows = await connection.execute(
        sa.select(bookings.c.form, bookings.c.state, sa.func.count().label("many")).group_by(
            bookings.c.form, bookings.c.state
        )
    )
    return {(row.form, row.state): row.many for row in rows}


async def mark_reminded(connection: AsyncConnection, booking_id: str, *, now: dt.datetime) -> bool:
    """Remember that a reminder was sent. False if it was before."""
    result = await connection.execute(
        bookings.update()
        .where(bookings.c.id == booking_id, bookings.c.reminded_at.is_(None))
        .values(reminded_at=now)
    )
    return bool(result.rowcount)


async def count_reminded(connection: AsyncConnection, *, since: dt.datetime) -> int:
    """How many reminders were sent."""
    found = await connection.execute(
        sa.select(sa.func.count()).select_from(bookings).where(bookings.c.reminded_at >= since)
    )
    return int(found.scalar_one())


# Messages that were taken back


async def line_ids(connection: AsyncConnection, message_ids: Iterable[str]) -> dict[str, str]:
    """Our id → LINE's id of messages that are still there."""
    rows = await connection.execute(
        sa.select(messages.c.id, messages.c.line_message_id).where(messages.c.id.in_(list(message_ids)))
    )
    return {row.id: row.line_message_id for row in rows}


async def taken_back(connection: AsyncConnection, line_message_ids: Iterable[str]) -> set[str]:
    """Those of LINE's ids whose messages were taken back."""
    rows = await connection.execute(
        sa.select(tombstones.c.line_message_id).where(
            tombstones.c.line_message_id.in_(list(line_message_ids))
        )
    )
    return set(rows.scalars())


async def forget_message(connection: AsyncConnection, line_message_id: str) -> None:
    """Erase the answers that a message gave: from bookings, from drafts, and from the form that is going on. Call it
    after the message was erased."""
    await _forget_in_drafts(connection)
    rows = (
        await connection.execute(
            sa.select(bookings).where(
                sa.cast(bookings.c.sources, sa.Text).contains(line_message_id, autoescape=True)
            )
        )
    ).all()
    for row in rows:
        gone = {field for field, message in row.sources.items() if message == line_message_id}
        if gone:
            await connection.execute(
                bookings.update()
                .where(bookings.c.id == row.id)
                .values(
                    answers={key: value for key, value in row.answers.items() if key not in gone},
                    sources={key: value for key, value in row.sources.items() if key not in gone},
                )
            )


async def _forget_in_drafts(connection: AsyncConnection) -> None:
    """Erase answers whose messages are gone from forms that are not sent yet."""
    for row in (await connection.execute(sa.select(drafts))).all():
        if (kept := await _without_gone(connection, row.state)) is not None:
            await connection.execute(
                drafts.update()
                .where(drafts.c.resident_id == row.resident_id, drafts.c.form == row.form)
                .values(state=kept)
            )
    going_on = sa.cast(residents.c.conversation, sa.Text).contains('"skill": "form"')
    rows = await connection.execute(sa.select(residents.c.id, residents.c.conversation).where(going_on))
    for row in rows.all():
        if (kept := await _without_gone(connection, row.conversation["skill_state"])) is not None:
            await connection.execute(
                residents.update()
                .where(residents.c.id == row.id)
                .values(conversation={**row.conversation, "skill_state": kept})
            )


async def _without_gone(connection: AsyncConnection, state: Mapping[str, Any]) -> dict[str, Any] | None:
    """The state without answers whose messages are gone; None if it has none."""
    sources: Mapping[str, str] = state.get("sources", {})
    known = await line_ids(connection, sources.values()) if sources else {}
    gone = {field for field, message in sources.items() if message not in known}
    if not gone:
        return None
    return {
        **state,
        "answers": {key: value for key, value in state["answers"].items() if key not in gone},
        "sources": {key: value for key, value in sources.items() if key not in gone},
    }


async def forget_drafts(connection: AsyncConnection, *, before: dt.datetime) -> int:
    """Erase forms that were begun and never finished."""
    return int((await connection.execute(drafts.delete().where(drafts.c.changed_at < before))).rowcount)


async def sender_of(connection: AsyncConnection, receipt: str) -> str | None:
    """Id of the resident whose booking has this receipt number."""
    found = await connection.execute(sa.select(bookings.c.resident_id).where(bookings.c.receipt == receipt))
    return found.scalar_one_or_none()


async def erase_resident(connection: AsyncConnection, resident_id: str) -> tuple[Path, ...]:
    """Erase everything that a resident filled in. Live bookings free their places. It has no files."""
    for booking in await bookings_of(connection, resident_id, limit=10_000):
        if booking.state in LIVE and booking.place:
            await give_place_back(connection, booking.form, booking.place, seats=booking.seats)
    for table in (bookings, drafts):
        await connection.execute(table.delete().where(table.c.resident_id == resident_id))
    return ()


def _booking(row: sa.Row[Any]) -> Booking:
    return Booking(**{name: row._mapping[bookings.c[name]] for name in _BOOKING})
