"""Tables of notices to many residents, and their queries."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.disaster.store import checkins, home_areas
from bot.store import messages, residents
from core.database import UtcDateTime, metadata
from core.ids import new_id

notices = sa.Table(
    "disaster_notices",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(36), nullable=False, unique=True),
    sa.Column("state", sa.String(10), nullable=False),  # draft, sending, done, cancelled
    sa.Column("template", sa.String(30), nullable=False),
    sa.Column("filled", sa.JSON, nullable=False),
    sa.Column("areas", sa.JSON, nullable=False),
    sa.Column("unknown_area", sa.Boolean, nullable=False),
    sa.Column("languages", sa.JSON, nullable=False),
    sa.Column("check_in", sa.Boolean, nullable=False),
    sa.Column("unchecked_japanese", sa.Boolean, nullable=False),
    sa.Column("trouble", sa.String(12), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("created_by", sa.String(60), nullable=False),
    sa.Column("sent_at", UtcDateTime),
    sa.Column("sent_by", sa.String(60), nullable=False),
    sa.Column("ended_at", UtcDateTime),
)

texts = sa.Table(
    "disaster_notice_texts",
    metadata,
    sa.Column("notice_id", sa.String(36), sa.ForeignKey("disaster_notices.id"), primary_key=True),
    sa.Column("language", sa.String(20), primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("source", sa.String(8), nullable=False),  # people, staff, machine, waiting, none
    sa.Column("back", sa.Text, nullable=False),
    sa.Column("flags", sa.JSON, nullable=False),
    sa.Column("lost", sa.JSON, nullable=False),
    sa.Column("confidence", sa.Float),
    sa.Column("checked_by", sa.String(60), nullable=False),
)

batches = sa.Table(
    "disaster_notice_batches",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("notice_id", sa.String(36), sa.ForeignKey("disaster_notices.id"), nullable=False),
    sa.Column("language", sa.String(20), nullable=False),
    sa.Column("retry_key", sa.String(36), nullable=False),
    sa.Column("messages", sa.JSON, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("tried_at", UtcDateTime),
    sa.Index("ix_disaster_notice_batches_notice_id", "notice_id"),
)

recipients = sa.Table(
    "disaster_notice_recipients",
    metadata,
    sa.Column("notice_id", sa.String(36), sa.ForeignKey("disaster_notices.id"), primary_key=True),
    sa.Column("resident_id", sa.String(36), sa.ForeignKey("residents.id"), primary_key=True),
    sa.Column("batch_id", sa.String(36), nullable=False),
    sa.Column("language", sa.String(20), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),  # queued, delivered, failed, blocked, cancelled
    sa.Index("ix_disaster_notice_recipients_batch_id", "batch_id"),
    sa.Index("ix_disaster_notice_recipients_resident_id", "resident_id"),
)

RECIPIENT_STATES = ("queued", "delivered", "failed", "blocked", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A notice and whom it is for."""

    number: int
    id: str
    state: str
    template: str  # empty for a sentence of one's own
    filled: Mapping[str, str]
    areas: tuple[str, ...]  # empty: the whole city
    unknown_area: bool  # also to those whose area is not known
    languages: tuple[str, ...]
    check_in: bool  # ask whether they are safe
    unchecked_japanese: bool  # languages that nobody checked get Japanese and Easy Japanese
    trouble: str  # why what waits cannot be sent just now: no_answer, limited, quota; empty: no trouble
    version: int
    created_at: dt.datetime
    created_by: str
    sent_at: dt.datetime | None
    sent_by: str
    ended_at: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeText:
    """A notice in one language."""

    language: str
    text: str
    source: str
    back: str = ""
    flags: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    confidence: float | None = None
    checked_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Recipients of one call, in one language."""

    id: str
    notice_id: str
    language: str
    retry_key: str
    messages: Sequence[dict[str, Any]]
    text: str
    tried_at: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Somebody whom a notice may go to."""

    id: str
    language: str
    profile_language: str
    area: str
    reachable: bool


@dataclass(slots=True, kw_only=True)
class Counts:
    """How far a notice has come, by language and in all."""

    by_language: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def total(self) -> dict[str, int]:
        return {
            state: sum(counts.get(state, 0) for counts in self.by_language.values())
            for state in RECIPIENT_STATES
        }


async def add_notice(connection: AsyncConnection, found: Sequence[NoticeText], **values: Any) -> str:
    """Add a draft with its texts; gives its id."""
    notice_id = new_id()
    await connection.execute(
        notices.insert().values(
            id=notice_id,
            state="draft",
            trouble="",
            version=1,
            sent_by="",
            **values,
        )
    )
    await connection.execute(
        texts.insert(), [{"notice_id": notice_id, **dataclasses.asdict(text)} for text in found]
    )
    return notice_id


async def get_notice(connection: AsyncConnection, notice_id: str) -> Notice | None:
    """The notice with this id."""
    row = (await connection.execute(sa.select(notices).where(notices.c.id == notice_id))).one_or_none()
    return _notice(row) if row else None


async def list_notices(connection: AsyncConnection, *, limit: int = 20) -> list[Notice]:
    """The newest notices first."""
    rows = await connection.execute(sa.select(notices).order_by(notices.c.number.desc()).limit(limit))
    return [_notice(row) for row in rows]


async def change_notice(
    connection: AsyncConnection, notice_id: str, *, version: int, state: str, **values: Any
) -> bool:
    """Change a notice that is in `state` and still at the version that was seen. False when somebody was faster."""
    values = {"version": version + 1, **values}
    if "to" in values:
        values["state"] = values.pop("to")
    result = await connection.execute(
        notices.update()
        .where(notices.c.id == notice_id, notices.c.version == version, notices.c.state == state)
        .values(**values)
    )
    return bool(result.rowcount)


async def set_trouble(connection: AsyncConnection, notice_id: str, trouble: str) -> None:
    """Why what waits cannot be sent just now."""
    await connection.execute(
        notices.update()
        .where(notices.c.id == notice_id, notices.c.trouble != trouble)
        .values(trouble=trouble)
    )


async def texts_of(connection: AsyncConnection, notice_id: str) -> dict[str, NoticeText]:
    """A notice's texts by language."""
    rows = await connection.execute(sa.select(texts).where(texts.c.notice_id == notice_id))
    return {row.language: _text(row) for row in rows}


async def set_text(
    connection: AsyncConnection, notice_id: str, text: NoticeText, *, only_source: str = ""
) -> bool:
    """Replace a text; with `only_source` only if it still comes from there."""
    where = [texts.c.notice_id == notice_id, texts.c.language == text.language]
    if only_source:
        where.append(texts.c.source == only_source)
    result = await connection.execute(texts.update().where(*where).values(**dataclasses.asdict(text)))
    return bool(result.rowcount)


async def readers(connection: AsyncConnection, disaster_id: str) -> list[Reader]:
    """Everybody, with where they are: the newest check-in comes before the area that they chose."""
    rows = await connection.execute(
        sa.select(
            residents.c.id,
            residents.c.profile_language,
            residents.c.reachable,
            residents.c.conversation["language"].as_string().label("language"),
            sa.func.coalesce(sa.func.nullif(checkins.c.area, ""), home_areas.c.area, "").label("area"),
        )
        .select_from(residents)
        .outerjoin(
            checkins,
            sa.and_(checkins.c.resident_id == residents.c.id, checkins.c.disaster_id == disaster_id),
        )
        .outerjoin(home_areas, home_areas.c.resident_id == residents.c.id)
        .order_by(residents.c.id)
    )
    return [
        Reader(
            id=row.id,
            language=row.language or "",
            profile_language=row.profile_language,
            area=row.area,
            reachable=row.reachable,
        )
        for row in rows
    ]


async def add_batch(
    connection: AsyncConnection,
    *,
    notice_id: str,
    language: str,
    lines: Sequence[dict[str, Any]],
    text: str,
) -> str:
    """Add a batch with a retry key of its own; gives its id."""
    batch_id = new_id()
    await connection.execute(
        batches.insert().values(
            id=batch_id,
            notice_id=notice_id,
            language=language,
            retry_key=new_id(),
            messages=list(lines),
            text=text,
        )
    )
    return batch_id


async def add_recipients(connection: AsyncConnection, rows: Sequence[Mapping[str, str]]) -> None:
    """Add recipients: notice, resident, batch, language, state."""
    if rows:
        await connection.execute(recipients.insert(), [dict(row) for row in rows])


async def get_batch(connection: AsyncConnection, batch_id: str) -> Batch | None:
    """The batch with this id."""
    row = (await connection.execute(sa.select(batches).where(batches.c.id == batch_id))).one_or_none()
    return Batch(**row._mapping) if row else None


async def begin_batch(connection: AsyncConnection, batch_id: str, *, now: dt.datetime) -> None:
    """Before the first try: leave out those who cannot be reached. From now on the recipients stay as they are, since
    a retry key stands for one and the same call."""
    gone = sa.select(residents.c.id).where(residents.c.reachable.is_(False))
    await connection.execute(
        recipients.update()
        .where(
            recipients.c.batch_id == batch_id,
            recipients.c.state == "queued",
            recipients.c.resident_id.in_(gone),
        )
        .values(state="blocked")
    )
    await connection.execute(
        batches.update().where(batches.c.id == batch_id, batches.c.tried_at.is_(None)).values(tried_at=now)
    )


async def waiting_in(connection: AsyncConnection, batch_id: str) -> list[tuple[str, str]]:
    """(our id, LINE id) of those whom a batch has still to reach."""
    rows = await connection.execute(
        sa.select(residents.c.id, residents.c.line_user_id)
        .join(recipients, recipients.c.resident_id == residents.c.id)
        .where(recipients.c.batch_id == batch_id, recipients.c.state == "queued")
        .order_by(residents.c.id)
    )
    return [(row.id, row.line_user_id) for row in rows]


async def settle_batch(connection: AsyncConnection, batch_id: str, state: str) -> int:
    """Say what became of those who waited. Gives how many."""
    result = await connection.execute(
        recipients.update()
        .where(recipients.c.batch_id == batch_id, recipients.c.state == "queued")
        .values(state=state)
    )
    return int(result.rowcount)


async def move_recipients(
    connection: AsyncConnection, resident_ids: Sequence[str], old: str, new: str
) -> None:
    """Put recipients who wait into another batch."""
    await connection.execute(
        recipients.update()
        .where(recipients.c.batch_id == old, recipients.c.resident_id.in_(list(resident_ids)))
        .values(batch_id=new)
    )


async def cancel_waiting(connection: AsyncConnection, notice_id: str) -> int:
    """Take back what no call was made for yet. Gives how many recipients that spares."""
    untried = sa.select(batches.c.id).where(batches.c.notice_id == notice_id, batches.c.tried_at.is_(None))
    result = await connection.execute(
        recipients.update()
        .where(
            recipients.c.notice_id == notice_id,
            recipients.c.state == "queued",
            recipients.c.batch_id.in_(untried),
        )
        .values(state="cancelled")
    )
    return int(result.rowcount)


async def count_recipients(connection: AsyncConnection, notice_id: str) -> Counts:
    """How far a notice has come."""
    rows = await connection.execute(
        sa.select(recipients.c.language, recipients.c.state, sa.func.count().label("many"))
        .where(recipients.c.notice_id == notice_id)
        .group_by(recipients.c.language, recipients.c.state)
    )
    counts = Counts()
    for row in rows:
        counts.by_language.setdefault(row.language, {})[row.state] = row.many
    return counts


async def end_if_over(connection: AsyncConnection, notice_id: str, *, now: dt.datetime) -> bool:
    """A notice that waits for nobody any more is done."""
    waiting = sa.select(recipients.c.resident_id).where(
        recipients.c.notice_id == notice_id, recipients.c.state == "queued"
    )
    result = await connection.execute(
        notices.update()
        .where(notices.c.id == notice_id, notices.c.state == "sending", ~waiting.exists())
        .values(state="done", ended_at=now, trouble="", version=notices.c.version + 1)
    )
    return bool(result.rowcount)


async def show_in_conversations(
    connection: AsyncConnection,
    resident_ids: Sequence[str],
    *,
    text: str,
    language: str,
    japanese: str,
    now: dt.datetime,
) -> None:
    """Put a delivered notice into the conversations, so that staff know what residents ask about."""
    row = {
        "request_id": "",
        "direction": "bot",
        "kind": "text",
        "text": text,
        "language": language,
        "japanese": japanese,
        "translation": {},
        "line_message_id": "",
        "about": "",
        "quote_token": "",
        "state": "sent",
        "author": "",
        "created_at": now,
    }
    await connection.execute(
        messages.insert(), [{**row, "id": new_id(), "resident_id": resident} for resident in resident_ids]
    )


async def erase_recipients(connection: AsyncConnection, *, ended_before: dt.datetime) -> int:
    """Forget who received notices that were over before a moment. Gives how many."""
    over = sa.select(notices.c.id).where(notices.c.ended_at < ended_before)
    erased = await connection.execute(recipients.delete().where(recipients.c.notice_id.in_(over)))
    return int(erased.rowcount)


async def erase_resident(connection: AsyncConnection, resident_id: str) -> None:
    """Forget which notices went to a resident."""
    await connection.execute(recipients.delete().where(recipients.c.resident_id == resident_id))


def _notice(row: sa.Row[Any]) -> Notice:
    return Notice(**dict(row._mapping) | {"areas": tuple(row.areas), "languages": tuple(row.languages)})


def _text(row: sa.Row[Any]) -> NoticeText:
    values = {name: value for name, value in row._mapping.items() if name != "notice_id"}
    return NoticeText(**values | {"flags": tuple(row.flags), "lost": tuple(row.lost)})
