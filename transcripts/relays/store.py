"""The table of relays.

A sender holds a relay by a lease, and everything that it writes asks for its lease and for the version of the URL that
it used; a write that finds another lease or version changes nothing. The functions take a connection and leave the
transaction to the caller.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from core.database import UtcDateTime, metadata
from transcripts.relays.model import CaptionUrl, Outgoing, Relay, Spoken
from transcripts.store import as_caption, said_captions
from transcripts.tables import captions_table, meetings_table, segments_table

relays_table = sa.Table(
    "caption_relays",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("meeting_id", sa.ForeignKey("meetings.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("language", sa.String(35), nullable=False),
    sa.Column("url", sa.Text),  # a secret; NULL once it was deleted
    sa.Column("url_digest", sa.String(64), unique=True),  # SHA-256: numbers of one URL come from one relay
    sa.Column("url_set_at", UtcDateTime, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("state", sa.String(8), nullable=False),  # on, paused, refused
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("last_seq", sa.Integer, nullable=False),
    sa.Column("outgoing", sa.JSON, nullable=False),  # packets of the caption in hand: [{"text", "at"}]
    sa.Column("offset_s", sa.Float, nullable=False),
    sa.Column("sent", sa.Integer, nullable=False),
    sa.Column("skipped", sa.Integer, nullable=False),
    sa.Column("last_ok_at", UtcDateTime),
    sa.Column("trouble", sa.String(20)),
    sa.Column("trouble_at", UtcDateTime),
    sa.Column("lease", sa.String(36)),
    sa.Column("lease_until", UtcDateTime),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("created_by", sa.String(36)),  # account id
)


def _relay(row: sa.Row[Any]) -> Relay:
    return Relay(
        id=row.id,
        meeting_id=row.meeting_id,
        kind=row.kind,
        language=row.language,
        url=CaptionUrl(row.url) if row.url else None,
        version=row.version,
        state=row.state,
        number=row.number,
        last_seq=row.last_seq,
        outgoing=tuple(
            Outgoing(text=one["text"], at=dt.datetime.fromisoformat(one["at"])) for one in row.outgoing
        ),
        offset_s=row.offset_s,
        sent=row.sent,
        skipped=row.skipped,
        last_ok_at=row.last_ok_at,
        trouble=row.trouble,
        trouble_at=row.trouble_at,
    )


def packed(outgoing: Iterable[Outgoing]) -> list[dict[str, str]]:
    """Packets as the column `outgoing` has them."""
    return [{"text": one.text, "at": one.at.isoformat()} for one in outgoing]


async def add(connection: AsyncConnection, **values: Any) -> None:
    """Store a new relay; what is not given has its first value."""
    first = {
        "version": 1,
        "state": "on",
        "number": 0,
        "outgoing": [],
        "offset_s": 0.0,
        "sent": 0,
        "skipped": 0,
    }
    await connection.execute(relays_table.insert().values(**(first | values)))


async def of_meeting(connection: AsyncConnection, meeting_id: str) -> list[Relay]:
    """The relays of a meeting, the oldest first."""
    rows = await connection.execute(
        sa.select(relays_table)
        .where(relays_table.c.meeting_id == meeting_id)
        .order_by(relays_table.c.created_at, relays_table.c.id)
    )
    return [_relay(row) for row in rows]


async def find(connection: AsyncConnection, relay_id: str) -> Relay | None:
    """The relay, or None."""
    row = (
        await connection.execute(sa.select(relays_table).where(relays_table.c.id == relay_id))
    ).one_or_none()
    return _relay(row) if row is not None else None


async def is_used(connection: AsyncConnection, url_digest: str, *, but: str = "") -> bool:
    """Whether another relay than `but` has the URL with this digest."""
    found = await connection.scalar(
        sa.select(relays_table.c.id).where(relays_table.c.url_digest == url_digest, relays_table.c.id != but)
    )
    return found is not None


async def change(connection: AsyncConnection, relay_id: str, **values: Any) -> None:
    """Change a relay, whoever holds it."""
    await connection.execute(relays_table.update().where(relays_table.c.id == relay_id).values(**values))


async def remove(connection: AsyncConnection, relay_id: str) -> None:
    """Delete a relay with its URL."""
    await connection.execute(relays_table.delete().where(relays_table.c.id == relay_id))


async def last_segment(connection: AsyncConnection, meeting_id: str) -> int:
    """The number of the meeting's last segment; 0 when nothing was said."""
    return (
        await connection.scalar(
            sa.select(sa.func.max(segments_table.c.seq)).where(segments_table.c.meeting_id == meeting_id)
        )
    ) or 0


async def captions_waiting(
    connection: AsyncConnection, meeting_id: str, languages: Sequence[str], *, last_seq: int, limit: int
) -> list[Spoken]:
    """The newest captions of segments after `last_seq`, at most `limit`, in their order."""
    rows = await connection.execute(
        said_captions()
        .add_columns(segments_table.c.created_at)
        .where(
            captions_table.c.meeting_id == meeting_id,
            captions_table.c.lang.in_(languages),
            captions_table.c.seq > last_seq,
        )
        .order_by(captions_table.c.seq.desc())
        .limit(limit)
    )
    found = [
        Spoken(
            seq=row.seq,
            lang=row.lang,
            text=row.text,
            said_at=row.created_at - dt.timedelta(seconds=max(0.0, row.end - row.start)),
            ready_at=row.created_at,
            written_in=as_caption(row).written_in,
        )
        for row in rows
    ]
    return found[::-1]


# Senders


async def claim(
    connection: AsyncConnection, lease: str, *, now: dt.datetime, until: dt.datetime, limit: int
) -> list[Relay]:
    """Take relays that want a sender and have none; gives those taken."""
    free = (
        sa.select(relays_table.c.id)
        .where(
            relays_table.c.state == "on",
            relays_table.c.url.is_not(None),
            sa.or_(relays_table.c.lease_until.is_(None), relays_table.c.lease_until <= now),
        )
        .order_by(relays_table.c.created_at)
        .limit(limit)
    )
    if connection.dialect.name == "postgresql":
        free = free.with_for_update(skip_locked=True)
    rows = await connection.execute(
        relays_table.update()
        .where(relays_table.c.id.in_(free))
        .values(lease=lease, lease_until=until)
        .returning(relays_table)
    )
    return [_relay(row) for row in rows]


async def hold(connection: AsyncConnection, relay_id: str, lease: str, *, until: dt.datetime) -> Relay | None:
    """Hold the lease until then; gives the relay as it is now, or None when the lease is somebody else's."""
    row = (
        await connection.execute(
            relays_table.update()
            .where(relays_table.c.id == relay_id, relays_table.c.lease == lease)
            .values(lease_until=until)
            .returning(relays_table)
        )
    ).one_or_none()
    return _relay(row) if row is not None else None


async def held(connection: AsyncConnection, relay_id: str, lease: str) -> Relay | None:
    """The relay as it is now, or None when the lease is somebody else's."""
    row = (
        await connection.execute(
            sa.select(relays_table).where(relays_table.c.id == relay_id, relays_table.c.lease == lease)
        )
    ).one_or_none()
    return _relay(row) if row is not None else None


async def settle(connection: AsyncConnection, relay: Relay, lease: str, **values: Any) -> Relay | None:
    """Store how far a sender came; gives the relay as it is now, or None when the lease or the URL is another."""
    row = (
        await connection.execute(
            relays_table.update()
            .where(
                relays_table.c.id == relay.id,
                relays_table.c.lease == lease,
                relays_table.c.version == relay.version,
            )
            .values(**values)
            .returning(relays_table)
        )
    ).one_or_none()
    return _relay(row) if row is not None else None


async def release(connection: AsyncConnection, relay_id: str, lease: str) -> None:
    """Give the lease back, so that another sender can begin at once."""
    await connection.execute(
        relays_table.update()
        .where(relays_table.c.id == relay_id, relays_table.c.lease == lease)
        .values(lease=None, lease_until=None)
    )


async def forget_urls(
    connection: AsyncConnection, *, ended_before: dt.datetime, set_before: dt.datetime, now: dt.datetime
) -> int:
    """Delete URLs of meetings that ended before then, and all that are older than `set_before`; gives how many."""
    ended = sa.select(meetings_table.c.id).where(
        meetings_table.c.state == "ended", meetings_table.c.ended_at < ended_before
    )
    result = await connection.execute(
        relays_table.update()
        .where(
            relays_table.c.url.is_not(None),
            sa.or_(relays_table.c.meeting_id.in_(ended), relays_table.c.url_set_at < set_before),
        )
        .values(
            url=None,
            url_digest=None,
            version=relays_table.c.version + 1,
            state="refused",
            outgoing=[],
            trouble="url_deleted",
            trouble_at=now,
        )
    )
    return int(result.rowcount)
