"""Consents, the audit without personal data, and everything that is kept of one resident.

A table belongs to a resident when it has a column `resident_id`: what a feature adds is shown and erased without being
named here.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.line.webhook import INBOX
from bot.model import Conversation
from bot.outbox import OUTBOX
from bot.privacy.kinds import ENDS_WITH_CONSENT
from bot.store import messages, requests, residents
from core.database import UtcDateTime, metadata
from core.ids import new_id
from core.jobs import jobs_table

MOST_ROWS = 20_000  # of one table in one export; a resident has far fewer

consents = sa.Table(
    "privacy_consents",
    metadata,
    sa.Column("resident_id", sa.String(36), sa.ForeignKey("residents.id"), primary_key=True),
    sa.Column("given", sa.Boolean, nullable=False),
    sa.Column("notice", sa.String(20), nullable=False),  # version of the notice that was shown
    sa.Column("at", UtcDateTime, nullable=False),
)

# Links with which a resident may fetch everything once. Only the digest of the secret part is kept.
exports = sa.Table(
    "privacy_exports",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("resident_id", sa.String(36), sa.ForeignKey("residents.id"), nullable=False),
    sa.Column("language", sa.String(20), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("used", sa.Boolean, nullable=False),
    sa.Index("ix_privacy_exports_resident_id", "resident_id"),
)

# That something was done, never for whom.
audit = sa.Table(
    "privacy_audit",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("what", sa.String(20), nullable=False),  # shown, exported, corrected, erased, forgotten
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Index("ix_privacy_audit_at", "at"),
)


def tables_of_residents() -> Iterator[sa.Table]:
    """Tables that hold something of residents, those that others point to last."""
    for table in reversed(metadata.sorted_tables):
        if "resident_id" in table.c:
            yield table


async def note(connection: AsyncConnection, what: str, *, rows: int, now: dt.datetime) -> None:
    """Put into the audit that something was done."""
    await connection.execute(audit.insert().values(id=new_id(), what=what, rows=rows, at=now))


async def set_consent(
    connection: AsyncConnection, resident_id: str, *, given: bool, notice: str, now: dt.datetime
) -> None:
    """Store what a resident decided; the newest decision counts."""
    await connection.execute(consents.delete().where(consents.c.resident_id == resident_id))
    await connection.execute(
        consents.insert().values(resident_id=resident_id, given=given, notice=notice, at=now)
    )


async def consent_of(connection: AsyncConnection, resident_id: str) -> bool | None:
    """What the resident decided, None before they did."""
    found = await connection.execute(sa.select(consents.c.given).where(consents.c.resident_id == resident_id))
    return found.scalar_one_or_none()


async def count_rows(connection: AsyncConnection, resident_id: str) -> dict[str, int]:
    """How many rows each table holds of a resident; tables that hold none are left out."""
    counted = {}
    for table in tables_of_residents():
        found = await connection.execute(
            sa.select(sa.func.count()).select_from(table).where(table.c.resident_id == resident_id)
        )
        if number := int(found.scalar_one()):
            counted[table.name] = number
    return counted


async def first_seen(connection: AsyncConnection, resident_id: str) -> dt.datetime:
    """Since when the resident is known."""
    found = await connection.execute(sa.select(residents.c.created_at).where(residents.c.id == resident_id))
    moment: dt.datetime = found.scalar_one()
    return moment


async def rename(connection: AsyncConnection, resident_id: str, name: str) -> None:
    """Correct the name that staff see."""
    await connection.execute(
        residents.update().where(residents.c.id == resident_id).values(display_name=name[:120])
    )


async def export(connection: AsyncConnection, resident_id: str) -> dict[str, Any]:
    """Everything that is kept of a resident: table → rows, without keys and tokens of the machinery."""
    row = (await connection.execute(sa.select(residents).where(residents.c.id == resident_id))).one()
    everything: dict[str, Any] = {"residents": [_plain(row._mapping)]}
    for table in tables_of_residents():
        rows = await connection.execute(
            sa.select(table).where(table.c.resident_id == resident_id).limit(MOST_ROWS)
        )
        if kept := [_plain(row._mapping) for row in rows]:
            everything[table.name] = kept
    return everything


async def count_links(connection: AsyncConnection, resident_id: str, *, since: dt.datetime) -> int:
    """How many links a resident made."""
    found = await connection.execute(
        sa.select(sa.func.count())
        .select_from(exports)
        .where(exports.c.resident_id == resident_id, exports.c.created_at > since)
    )
    return int(found.scalar_one())


async def add_link(
    connection: AsyncConnection,
    resident_id: str,
    *,
    digest: str,
    language: str,
    now: dt.datetime,
    expires_at: dt.datetime,
    most: int,
) -> bool:
    """Add a link for a resident; those from before no longer work. False if `most` were made in the last day."""
    mine = exports.c.resident_id == resident_id
    if await count_links(connection, resident_id, since=now - dt.timedelta(days=1)) >= most:
        return False
    await connection.execute(exports.update().where(mine).values(used=True))
    await connection.execute(
        exports.insert().values(
            digest=digest,
            resident_id=resident_id,
            language=language,
            created_at=now,
            expires_at=expires_at,
            used=False,
        )
    )
    return True


async def find_link(connection: AsyncConnection, digest: str, *, now: dt.datetime) -> str | None:
    """The language of a link that can still be used."""
    found = await connection.execute(sa.select(exports.c.language).where(*_usable(digest, now)))
    return found.scalar_one_or_none()


async def use_link(connection: AsyncConnection, digest: str, *, now: dt.datetime) -> tuple[str, str] | None:
    """Use up a link; gives (resident's id, language), or None if somebody was faster or it is too old."""
    used = await connection.execute(
        exports.update()
        .where(*_usable(digest, now))
        .values(used=True)
        .returning(exports.c.resident_id, exports.c.language)
    )
    row = used.one_or_none()
    return (row.resident_id, row.language) if row else None


def _usable(digest: str, now: dt.datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return exports.c.digest == digest, exports.c.used.is_(False), exports.c.expires_at > now


async def forget_links(connection: AsyncConnection, *, before: dt.datetime) -> int:
    """Erase links that were made before `before`."""
    return int((await connection.execute(exports.delete().where(exports.c.created_at < before))).rowcount)


async def end_with_consent(connection: AsyncConnection, resident_id: str) -> None:
    """Erase what a resident wished for by agreeing to it: forms that are begun, tickets, the area for notices."""
    for table in tables_of_residents():
        if table.name in ENDS_WITH_CONSENT:
            await connection.execute(table.delete().where(table.c.resident_id == resident_id))


_MACHINERY = frozenset(
    {
        "resident_id",
        "line_user_id",
        "line_message_id",
        "quote_token",
        "position",
        "version",
        "dedupe",
        "digest",
    }
)


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        str(name): value
        for name, value in row.items()
        if str(name) not in _MACHINERY and not isinstance(value, bytes)
    }


async def words_of(
    connection: AsyncConnection, resident_id: str, *, limit: int
) -> list[tuple[dt.datetime, str]]:
    """The newest messages that the resident wrote, oldest first."""
    rows = await connection.execute(
        sa.select(messages.c.created_at, messages.c.text)
        .where(messages.c.resident_id == resident_id, messages.c.direction == "resident")
        .order_by(messages.c.position.desc())
        .limit(limit)
    )
    return [(row.created_at, row.text) for row in reversed(rows.all())]


async def erase_rows(connection: AsyncConnection, resident_id: str) -> int:
    """Erase everything of a resident except the bare row that the farewell is sent to. Gives how many rows."""
    gone = 0
    for table in tables_of_residents():
        gone += int(
            (await connection.execute(table.delete().where(table.c.resident_id == resident_id))).rowcount
        )
    await connection.execute(
        residents.update()
        .where(residents.c.id == resident_id)
        .values(display_name="", profile_language="", conversation=_nothing())
    )
    return gone


async def erase_resident(connection: AsyncConnection, resident_id: str, *, before: dt.datetime) -> bool:
    """Erase what is left, unless the resident has written since `before`. False if they have."""
    newer = await connection.execute(
        sa.select(messages.c.id)
        .where(
            messages.c.resident_id == resident_id,
            messages.c.direction == "resident",
            messages.c.created_at > before,
        )
        .limit(1)
    )
    if newer.first() is not None:
        return False
    await erase_rows(connection, resident_id)
    await connection.execute(residents.delete().where(residents.c.id == resident_id))
    return True


def _nothing() -> dict[str, Any]:
    return dataclasses.asdict(Conversation())


async def forget_messages(connection: AsyncConnection, *, before: dt.datetime) -> int:
    """Erase messages older than `before` that no open request holds."""
    live = sa.select(requests.c.id).where(requests.c.state != "closed")
    gone = await connection.execute(
        messages.delete().where(messages.c.created_at < before, messages.c.request_id.not_in(live))
    )
    return int(gone.rowcount)


async def forget_unconsented(connection: AsyncConnection, *, before: dt.datetime) -> int:
    """Erase conversations of residents who have not agreed, older than `before`. What staff were asked stays as long
    as their answer is kept."""
    agreed = sa.select(consents.c.resident_id).where(consents.c.given.is_(True))
    gone = await connection.execute(
        messages.delete().where(
            messages.c.created_at < before,
            messages.c.resident_id.not_in(agreed),
            messages.c.request_id == "",
        )
    )
    return int(gone.rowcount)


async def forget_given_up(connection: AsyncConnection, *, before: dt.datetime) -> int:
    """Erase what events and messages hold that were given up before `before`."""
    gone = await connection.execute(
        jobs_table.update()
        .where(
            jobs_table.c.queue.in_((INBOX, OUTBOX)),
            jobs_table.c.state == "dead",
            jobs_table.c.ended_at < before,
        )
        .values(state="done", payload={}, key="")
    )
    return int(gone.rowcount)


async def forget_jobs(connection: AsyncConnection, names: Sequence[str], *, now: dt.datetime) -> None:
    """Erase every trace of somebody (by any of their ids) from the work that waits, was done or was given up."""
    holds = [sa.cast(jobs_table.c.payload, sa.Text).contains(name, autoescape=True) for name in names]
    await connection.execute(
        jobs_table.update()
        .where(sa.or_(jobs_table.c.key.in_(list(names)), *holds))
        .values(state="done", payload={}, key="", ended_at=now, lease=None, lease_until=None)
    )


async def forget_requests(connection: AsyncConnection, *, before: dt.datetime) -> int:
    """Erase requests that were closed before `before`, with their messages."""
    old = sa.select(requests.c.id).where(requests.c.state == "closed", requests.c.closed_at < before)
    await connection.execute(messages.delete().where(messages.c.request_id.in_(old)))
    gone = await connection.execute(
        requests.delete().where(requests.c.state == "closed", requests.c.closed_at < before)
    )
    return int(gone.rowcount)


async def idle_residents(connection: AsyncConnection, *, before: dt.datetime, limit: int) -> list[str]:
    """Residents who have not been seen since `before` and wait for nothing."""
    live = sa.select(requests.c.resident_id).where(requests.c.state != "closed")
    rows = await connection.execute(
        sa.select(residents.c.id)
        .where(residents.c.seen_at < before, residents.c.id.not_in(live))
        .order_by(residents.c.seen_at)
        .limit(limit)
    )
    return list(rows.scalars())


async def forget_audit(connection: AsyncConnection, *, before: dt.datetime) -> int:
    """Erase old entries of the audit."""
    return int((await connection.execute(audit.delete().where(audit.c.at < before))).rowcount)
