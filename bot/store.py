"""Tables of the chat, and their queries. Functions take a connection; transactions belong to the services."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import topic
from bot.model import Conversation, Message, Request, Resident
from core.database import UtcDateTime, insert_ignoring, metadata
from core.ids import new_id

residents = sa.Table(
    "residents",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("line_user_id", sa.String(64), nullable=False, unique=True),
    sa.Column("display_name", sa.String(120), nullable=False),
    sa.Column("profile_language", sa.String(20), nullable=False),
    sa.Column("reachable", sa.Boolean, nullable=False),
    sa.Column("conversation", sa.JSON, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
)

requests = sa.Table(
    "requests",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(36), nullable=False, unique=True),
    sa.Column("resident_id", sa.String(36), sa.ForeignKey("residents.id"), nullable=False),
    sa.Column("department", sa.String(40), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("urgent", sa.Boolean, nullable=False),
    sa.Column("claimed_by", sa.String(36), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("opened_at", UtcDateTime, nullable=False),
    sa.Column("answered_at", UtcDateTime),
    sa.Column("closed_at", UtcDateTime),
    sa.Index("ix_requests_state", "state"),
    sa.Index("ix_requests_resident_id_state", "resident_id", "state"),
)

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=True),  # the order of the conversation
    sa.Column("id", sa.String(36), nullable=False, unique=True),
    sa.Column("resident_id", sa.String(36), sa.ForeignKey("residents.id"), nullable=False),
    sa.Column("request_id", sa.String(36), nullable=False),
    sa.Column("direction", sa.String(10), nullable=False),
    sa.Column("kind", sa.String(12), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("language", sa.String(20), nullable=False),
    sa.Column("japanese", sa.Text),
    sa.Column("translation", sa.JSON, nullable=False),
    sa.Column("line_message_id", sa.String(64), nullable=False),
    sa.Column(
        "about", sa.String(64), nullable=False
    ),  # LINE id of the message that this one repeats words of
    sa.Column("quote_token", sa.String(200), nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("author", sa.String(60), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("article", sa.String(80), nullable=False, server_default=""),  # slug of what it shows
    sa.Column("edited_ms", sa.BigInteger, nullable=False, server_default="0"),  # LINE's time of the last edit
    sa.Index("ix_messages_resident_id_position", "resident_id", "position"),
    sa.Index("ix_messages_request_id", "request_id"),
    sa.Index("ix_messages_line_message_id", "line_message_id"),
    sa.Index("ix_messages_about", "about"),
)

# LINE ids of messages that residents took back. An unsend may arrive before its message (redelivery).
tombstones = sa.Table(
    "tombstones",
    metadata,
    sa.Column("line_message_id", sa.String(64), primary_key=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

_REMEMBERED = frozenset(field.name for field in dataclasses.fields(Conversation))
_MESSAGE_FIELDS = tuple(field.name for field in dataclasses.fields(Message))


async def find_resident(connection: AsyncConnection, line_user_id: str) -> Resident | None:
    """The resident with this LINE id."""
    row = (
        await connection.execute(sa.select(residents).where(residents.c.line_user_id == line_user_id))
    ).one_or_none()
    return _resident(row) if row else None


async def get_resident(connection: AsyncConnection, resident_id: str) -> Resident:
    """The resident with our id."""
    row = (await connection.execute(sa.select(residents).where(residents.c.id == resident_id))).one()
    return _resident(row)


async def add_resident(
    connection: AsyncConnection,
    *,
    line_user_id: str,
    display_name: str,
    profile_language: str,
    now: dt.datetime,
) -> None:
    """Add a resident who was not known; a second time does nothing."""
    await connection.execute(
        insert_ignoring(connection, residents).values(
            id=new_id(),
            line_user_id=line_user_id,
            display_name=display_name[:120],
            profile_language=profile_language[:20],
            reachable=True,
            conversation=dataclasses.asdict(Conversation()),
            created_at=now,
            seen_at=now,
        )
    )


async def save_conversation(
    connection: AsyncConnection,
    resident_id: str,
    conversation: Conversation,
    *,
    reachable: bool | None,
    now: dt.datetime,
) -> None:
    """Store what the dialogue remembers; `reachable` None leaves that as it is."""
    values: dict[str, Any] = {"conversation": dataclasses.asdict(conversation), "seen_at": now}
    if reachable is not None:
        values["reachable"] = reachable
    await connection.execute(residents.update().where(residents.c.id == resident_id).values(**values))


async def add_message(
    connection: AsyncConnection, *, now: dt.datetime, about: str = "", **values: Any
) -> str:
    """Add a message; gives its id. Columns left out are empty."""
    row: dict[str, Any] = {
        "id": new_id(),
        "request_id": "",
        "kind": "text",
        "language": "",
        "japanese": None,
        "translation": {},
        "line_message_id": "",
        "quote_token": "",
        "state": "received",
        "author": "",
        "created_at": now,
        "about": about,
        "article": "",
        "edited_ms": 0,
        **values,
    }
    await connection.execute(messages.insert().values(**row))
    return str(row["id"])


async def get_message(connection: AsyncConnection, message_id: str) -> Message | None:
    """The message with our id."""
    row = (await connection.execute(sa.select(messages).where(messages.c.id == message_id))).one_or_none()
    return _message(row) if row else None


async def conversation_messages(
    connection: AsyncConnection, resident_id: str, *, limit: int = 60
) -> list[Message]:
    """The last messages with a resident, oldest first."""
    rows = await connection.execute(
        sa.select(messages)
        .where(messages.c.resident_id == resident_id)
        .order_by(messages.c.position.desc())
        .limit(limit)
    )
    return [_message(row) for row in reversed(rows.all())]


async def put_under_request(connection: AsyncConnection, message_id: str, request_id: str) -> bool:
    """Move a message under a request. False if it no longer exists."""
    result = await connection.execute(
        messages.update().where(messages.c.id == message_id).values(request_id=request_id)
    )
    return bool(result.rowcount)


async def set_japanese(
    connection: AsyncConnection, message_id: str, japanese: str, translation: dict[str, Any]
) -> None:
    """Store what a message means in Japanese."""
    await connection.execute(
        messages.update()
        .where(messages.c.id == message_id)
        .values(japanese=japanese, translation=translation)
    )


async def set_message_state(connection: AsyncConnection, message_ids: Iterable[str], state: str) -> None:
    """How far the delivery of messages has come."""
    await connection.execute(
        messages.update().where(messages.c.id.in_(list(message_ids))).values(state=state)
    )


async def bury_message(connection: AsyncConnection, line_message_id: str, *, now: dt.datetime) -> list[str]:
    """Erase everything that repeats a message which its writer took back, and remember that it is gone. Gives the
    ids of the rows that were erased."""
    await connection.execute(
        insert_ignoring(connection, tombstones).values(line_message_id=line_message_id, created_at=now)
    )
    erased = await connection.execute(
        messages.delete()
        .where(sa.or_(messages.c.line_message_id == line_message_id, messages.c.about == line_message_id))
        .returning(messages.c.id)
    )
    return list(erased.scalars())


async def forget_in_conversation(
    connection: AsyncConnection, line_user_id: str, erased: Sequence[str]
) -> None:
    """Leave nothing in what the dialogue remembers that came from messages which are gone."""
    resident = await find_resident(connection, line_user_id)
    if resident is None:
        return
    kept = resident.conversation
    if kept.last_question in erased:
        kept = dataclasses.replace(kept, last_question="")
    if kept.topic_message in erased:
        kept = topic.forget(kept)
    if kept != resident.conversation:
        await connection.execute(
            residents.update()
            .where(residents.c.id == resident.id)
            .values(conversation=dataclasses.asdict(kept))
        )


async def edit_message(
    connection: AsyncConnection, resident_id: str, line_message_id: str, text: str, *, edited_ms: int
) -> Message | None:
    """Give a resident's message new words, unless a later edit was seen already; gives the changed message."""
    changed = await connection.execute(
        messages.update()
        .where(
            messages.c.line_message_id == line_message_id,
            messages.c.resident_id == resident_id,
            messages.c.direction == "resident",
            messages.c.kind == "text",
            messages.c.edited_ms < edited_ms,
        )
        .values(text=text, japanese=None, translation={}, edited_ms=edited_ms)
    )
    return await find_message(connection, resident_id, line_message_id) if changed.rowcount else None


async def find_message(connection: AsyncConnection, resident_id: str, line_message_id: str) -> Message | None:
    """The message of this resident's conversation that LINE knows by this id, from any side."""
    row = (
        await connection.execute(
            sa.select(messages)
            .where(messages.c.line_message_id == line_message_id, messages.c.resident_id == resident_id)
            .limit(1)
        )
    ).one_or_none()
    return _message(row) if row else None


async def set_line_ids(connection: AsyncConnection, line_ids: Mapping[str, str]) -> None:
    """Store what LINE calls messages that were sent (our id → LINE's), so that a quote of one is understood."""
    for message_id, line_id in line_ids.items():
        await connection.execute(
            messages.update().where(messages.c.id == message_id).values(line_message_id=line_id)
        )


async def count_written(
    connection: AsyncConnection, resident_id: str, since: dt.datetime, *, limit: int
) -> int:
    """How many messages a resident has sent since a moment, counted up to `limit`."""
    newest = (
        sa.select(messages.c.direction, messages.c.created_at)
        .where(messages.c.resident_id == resident_id, messages.c.direction == "resident")
        .order_by(messages.c.position.desc())
        .limit(limit)
        .subquery()
    )
    counted = await connection.execute(
        sa.select(sa.func.count()).select_from(newest).where(newest.c.created_at > since)
    )
    return int(counted.scalar_one())


async def is_buried(connection: AsyncConnection, line_message_id: str) -> bool:
    """Whether the writer took this message back."""
    found = await connection.execute(
        sa.select(tombstones.c.line_message_id).where(tombstones.c.line_message_id == line_message_id)
    )
    return found.first() is not None


async def open_request(
    connection: AsyncConnection, *, resident_id: str, department: str, urgent: bool, now: dt.datetime
) -> Request:
    """Add a request to the queue."""
    request_id = new_id()
    await connection.execute(
        requests.insert().values(
            id=request_id,
            resident_id=resident_id,
            department=department,
            state="open",
            urgent=urgent,
            claimed_by="",
            version=1,
            opened_at=now,
        )
    )
    found = await get_request(connection, request_id)
    assert found is not None
    return found


async def get_request(connection: AsyncConnection, request_id: str) -> Request | None:
    """The request with this id."""
    row = (await connection.execute(sa.select(requests).where(requests.c.id == request_id))).one_or_none()
    return _request(row) if row else None


async def current_request(connection: AsyncConnection, resident_id: str) -> Request | None:
    """The resident's request that is not closed; the newest if there are several."""
    row = (
        await connection.execute(
            sa.select(requests)
            .where(requests.c.resident_id == resident_id, requests.c.state != "closed")
            .order_by(requests.c.number.desc())
            .limit(1)
        )
    ).one_or_none()
    return _request(row) if row else None


async def change_request(
    connection: AsyncConnection, request: Request, *, allowed: Sequence[str], **values: Any
) -> bool:
    """Change a request if it is still at the version that was seen and in one of the `allowed` states.
    False when somebody was faster."""
    result = await connection.execute(
        requests.update()
        .where(
            requests.c.id == request.id,
            requests.c.version == request.version,
            requests.c.state.in_(allowed),
        )
        .values(version=request.version + 1, **values)
    )
    return bool(result.rowcount)


async def queue(connection: AsyncConnection) -> list[tuple[Request, Resident]]:
    """All requests that are not closed, urgent first, then by waiting time."""
    rows = await connection.execute(
        sa.select(requests, residents)
        .join(residents, residents.c.id == requests.c.resident_id)
        .where(requests.c.state != "closed")
        .order_by(requests.c.urgent.desc(), requests.c.opened_at, requests.c.number)
    )
    return [(_request(row), _resident(row)) for row in rows]


async def count_closed_since(connection: AsyncConnection, since: dt.datetime) -> int:
    """How many requests were closed since a moment."""
    return int(
        (
            await connection.execute(
                sa.select(sa.func.count()).select_from(requests).where(requests.c.closed_at >= since)
            )
        ).scalar_one()
    )


async def first_messages(connection: AsyncConnection, request_ids: Sequence[str]) -> dict[str, Message]:
    """The first message that a resident wrote under each request."""
    rows = await connection.execute(
        sa.select(messages)
        .where(messages.c.request_id.in_(list(request_ids)), messages.c.direction == "resident")
        .order_by(messages.c.position.desc())
    )
    return {row.request_id: _message(row) for row in rows}


async def last_from_resident(connection: AsyncConnection, request_id: str) -> Message | None:
    """The resident's newest message under a request, which an answer quotes."""
    row = (
        await connection.execute(
            sa.select(messages)
            .where(messages.c.request_id == request_id, messages.c.direction == "resident")
            .order_by(messages.c.position.desc())
            .limit(1)
        )
    ).one_or_none()
    return _message(row) if row else None


def _resident(row: sa.Row[Any]) -> Resident:
    column, value = residents.c, row._mapping
    return Resident(
        id=value[column.id],
        line_user_id=value[column.line_user_id],
        display_name=value[column.display_name],
        profile_language=value[column.profile_language],
        reachable=value[column.reachable],
        conversation=_conversation(value[column.conversation]),
    )


def _conversation(stored: Mapping[str, Any]) -> Conversation:
    """What an older version remembered and this one does not know is left out."""
    known = {key: value for key, value in stored.items() if key in _REMEMBERED}
    return Conversation(**{**known, "earlier": tuple(known.get("earlier", ()))})


def _request(row: sa.Row[Any]) -> Request:
    column, value = requests.c, row._mapping
    return Request(
        id=value[column.id],
        number=value[column.number],
        resident_id=value[column.resident_id],
        department=value[column.department],
        state=value[column.state],
        urgent=value[column.urgent],
        claimed_by=value[column.claimed_by],
        version=value[column.version],
        opened_at=value[column.opened_at],
        answered_at=value[column.answered_at],
    )


def _message(row: sa.Row[Any]) -> Message:
    value = row._mapping
    return Message(**{name: value[messages.c[name]] for name in _MESSAGE_FIELDS})
