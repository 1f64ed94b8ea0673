"""What a meeting has called its names and numbers, in the database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from core.database import insert_ignoring
from core.metrics import counter
from transcripts.naming import Rendering
from transcripts.tables import caption_renderings_table as table

FULL = counter("caption_renderings_full", "Names and numbers not remembered because a meeting has too many")


async def known(connection: AsyncConnection, meeting_id: str) -> tuple[Rendering, ...]:
    """Everything that the meeting has called something."""
    rows = await connection.execute(
        sa.select(table).where(table.c.meeting_id == meeting_id).order_by(table.c.source, table.c.lang)
    )
    return tuple(
        Rendering(
            kind=row.kind,
            source_lang=row.source_lang,
            source=row.source,
            lang=row.lang,
            text=row.text,
            by_person=row.by_person,
        )
        for row in rows
    )


async def keep(
    connection: AsyncConnection,
    meeting_id: str,
    renderings: Sequence[Rendering],
    *,
    at: dt.datetime,
    limit: int,
) -> None:
    """Remember these. What was remembered before stays, unless a person says otherwise now."""
    if not renderings:
        return
    count = await connection.scalar(
        sa.select(sa.func.count()).select_from(table).where(table.c.meeting_id == meeting_id)
    )
    for one in renderings:
        key = {
            "meeting_id": meeting_id,
            "kind": one.kind,
            "source_lang": one.source_lang,
            "source": one.source[:200],
            "lang": one.lang,
        }
        values = {"text": one.text[:200], "by_person": one.by_person, "at": at}
        if (count or 0) >= limit:
            FULL.inc()
        else:
            await connection.execute(insert_ignoring(connection, table).values(**key, **values))
        if one.by_person:
            same = sa.and_(*(table.c[name] == value for name, value in key.items()))
            await connection.execute(table.update().where(same).values(**values))
