"""Which languages are being read, in any process: the table, and what keeps it up to date with this process' readers.

A reader is whoever wants captions now: a viewer, a relay, a video player. A row counts until its time is over, so a
process that dies takes its readers with it, and a row too many costs a minute of translation.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from core.database import insert_ignoring
from transcripts.tables import caption_readers_table as table

Watched = Callable[[], Mapping[str, Collection[str]]]  # meeting → languages that this process' readers chose

LOOK_S = 1.0  # seconds between looks at who reads


async def renew(
    connection: AsyncConnection, meeting_id: str, tags: Iterable[str], *, now: dt.datetime, lasts_s: float
) -> list[str]:
    """Note that these languages are read now; gives those that nobody read before."""
    until = now + dt.timedelta(seconds=lasts_s)
    known = await read_languages(connection, meeting_id, now=now)
    new = []
    for tag in tags:
        if tag not in known:
            new.append(tag)
        added = await connection.execute(
            insert_ignoring(connection, table).values(meeting_id=meeting_id, lang=tag, until=until)
        )
        if not added.rowcount:
            same = sa.and_(table.c.meeting_id == meeting_id, table.c.lang == tag)
            await connection.execute(table.update().where(same, table.c.until < until).values(until=until))
    return new


async def read_languages(connection: AsyncConnection, meeting_id: str, *, now: dt.datetime) -> set[str]:
    """The languages that somebody reads now."""
    rows = await connection.scalars(
        sa.select(table.c.lang).where(table.c.meeting_id == meeting_id, table.c.until > now)
    )
    return set(rows)


class Readers:
    """Tells the service, again and again, which languages are read in this process. `run` until cancelled."""

    def __init__(
        self, note: Callable[[str, Collection[str]], Awaitable[None]], watched: Sequence[Watched]
    ) -> None:
        """`note(meeting, languages)` writes them down; see `Captioning.note_readers`."""
        self._note = note
        self._watched = watched

    async def run(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Look once."""
        found: dict[str, set[str]] = {}
        for watched in self._watched:
            for meeting_id, tags in watched().items():
                found.setdefault(meeting_id, set()).update(tags)
        for meeting_id, tags in found.items():
            if tags:
                await self._note(meeting_id, sorted(tags))
