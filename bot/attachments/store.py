"""The table of attachments, and its queries."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.attachments.model import Attachment, Purpose, State
from bot.store import messages
from core.database import UtcDateTime, insert_ignoring, metadata

AT_ONCE = 500  # ids in one question

attachments = sa.Table(
    "attachments",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),  # that of the message
    sa.Column("resident_id", sa.String(36), sa.ForeignKey("residents.id"), nullable=False),
    sa.Column("line_message_id", sa.String(64), nullable=False),
    sa.Column("purpose", sa.String(8), nullable=False),
    sa.Column("kind", sa.String(12), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("media_type", sa.String(40), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Index("ix_attachments_line_message_id", "line_message_id"),
    sa.Index("ix_attachments_resident_id", "resident_id"),
    sa.Index("ix_attachments_created_at", "created_at"),
)

_FIELDS = tuple(field.name for field in dataclasses.fields(Attachment))


async def add(
    connection: AsyncConnection, message_id: str, *, purpose: Purpose, state: State, now: dt.datetime
) -> Attachment | None:
    """Note what came with a message; a second time does nothing. None if the message is gone."""
    row = (
        await connection.execute(
            sa.select(messages.c.resident_id, messages.c.line_message_id, messages.c.kind).where(
                messages.c.id == message_id
            )
        )
    ).one_or_none()
    if row is None or not row.line_message_id:
        return None
    await connection.execute(
        insert_ignoring(connection, attachments).values(
            id=message_id,
            resident_id=row.resident_id,
            line_message_id=row.line_message_id,
            purpose=purpose,
            kind=row.kind,
            state=state,
            media_type="",
            size=0,
            created_at=now,
        )
    )
    return await get(connection, message_id)


async def get(connection: AsyncConnection, attachment_id: str) -> Attachment | None:
    """The attachment with this id."""
    return (await of(connection, [attachment_id])).get(attachment_id)


async def of(connection: AsyncConnection, message_ids: Sequence[str]) -> dict[str, Attachment]:
    """What came with messages: message id → attachment."""
    rows = await connection.execute(sa.select(attachments).where(attachments.c.id.in_(list(message_ids))))
    return {row.id: _attachment(row) for row in rows}


async def settle(
    connection: AsyncConnection, attachment_id: str, state: State, *, media_type: str = "", size: int = 0
) -> bool:
    """How far an attachment has come. False if it was taken back or erased meanwhile."""
    changed = await connection.execute(
        attachments.update()
        .where(attachments.c.id == attachment_id)
        .values(state=state, media_type=media_type, size=size)
    )
    return bool(changed.rowcount)


async def count_since(connection: AsyncConnection, resident_id: str, since: dt.datetime) -> int:
    """How many a resident has sent."""
    found = await connection.execute(
        sa.select(sa.func.count())
        .select_from(attachments)
        .where(attachments.c.resident_id == resident_id, attachments.c.created_at > since)
    )
    return int(found.scalar_one())


async def kept_of(connection: AsyncConnection, resident_id: str) -> list[str]:
    """Ids of what is kept of a resident, oldest first."""
    rows = await connection.execute(
        sa.select(attachments.c.id)
        .where(attachments.c.resident_id == resident_id, attachments.c.state == "kept")
        .order_by(attachments.c.created_at, attachments.c.id)
    )
    return list(rows.scalars())


async def total_size(connection: AsyncConnection) -> int:
    """Bytes of all together."""
    found = await connection.execute(sa.select(sa.func.coalesce(sa.func.sum(attachments.c.size), 0)))
    return int(found.scalar_one())


async def forget_message(connection: AsyncConnection, line_message_id: str) -> list[str]:
    """Erase what came with a message that was taken back; gives the ids, whose files the caller removes."""
    return await _erase(connection, attachments.c.line_message_id == line_message_id)


async def forget_resident(connection: AsyncConnection, resident_id: str) -> list[str]:
    """Erase all that a resident has sent; gives the ids."""
    return await _erase(connection, attachments.c.resident_id == resident_id)


async def forget_old(connection: AsyncConnection, *, before: dt.datetime) -> list[str]:
    """Erase what has served its time, and what came with messages that are gone; gives the ids."""
    without_message = sa.and_(
        attachments.c.purpose == "talk", attachments.c.id.not_in(sa.select(messages.c.id))
    )
    return await _erase(connection, sa.or_(attachments.c.created_at < before, without_message))


async def _erase(connection: AsyncConnection, which: sa.ColumnElement[bool]) -> list[str]:
    gone = await connection.execute(attachments.delete().where(which).returning(attachments.c.id))
    return list(gone.scalars())


async def known(connection: AsyncConnection, ids: Iterable[str]) -> set[str]:
    """Those of the ids that are in the table."""
    wanted = list(ids)
    found: set[str] = set()
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        rows = await connection.execute(sa.select(attachments.c.id).where(attachments.c.id.in_(some)))
        found.update(rows.scalars())
    return found


def _attachment(row: sa.Row[Any]) -> Attachment:
    return Attachment(**{name: row._mapping[attachments.c[name]] for name in _FIELDS})
