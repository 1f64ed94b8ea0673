"""Tables of disaster mode, check-ins and shelters, and their queries."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.disaster.model import AuditEntry, CheckIn, Disaster, Person, ShelterState
from bot.store import residents
from core.accounts import Account
from core.database import UtcDateTime, insert_ignoring, metadata
from core.ids import new_id

disasters = sa.Table(
    "disasters",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("kind", sa.String(12), nullable=False),
    sa.Column("areas", sa.JSON, nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("started_by", sa.String(60), nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("ended_by", sa.String(60), nullable=False),
    sa.Column("erased_at", UtcDateTime),
    sa.Column("active", sa.Integer, unique=True),  # 1 while it goes on, else NULL: there is at most one
)

checkins = sa.Table(
    "disaster_checkins",
    metadata,
    sa.Column("disaster_id", sa.String(36), sa.ForeignKey("disasters.id"), primary_key=True),
    sa.Column("resident_id", sa.String(36), sa.ForeignKey("residents.id"), primary_key=True),
    sa.Column("safe", sa.String(4), nullable=False),
    sa.Column("consent", sa.String(5), nullable=False),
    sa.Column("place", sa.String(8), nullable=False),
    sa.Column("shelter_id", sa.String(60), nullable=False),
    sa.Column("latitude", sa.Float),
    sa.Column("longitude", sa.Float),
    sa.Column("area", sa.String(40), nullable=False),
    sa.Column("adults", sa.Integer),
    sa.Column("children", sa.Integer),
    sa.Column("elderly", sa.Integer),
    sa.Column("needs", sa.JSON(none_as_null=True)),
    sa.Column("quiet", sa.Boolean, nullable=False),
    sa.Column("asks", sa.Integer, nullable=False),
    sa.Column("asked_at", UtcDateTime),
    sa.Column("answered_at", UtcDateTime),
    sa.Index("ix_disaster_checkins_resident_id", "resident_id"),
    sa.Index("ix_disaster_checkins_asked_at", "disaster_id", "asked_at"),
)

shelter_states = sa.Table(
    "disaster_shelters",
    metadata,
    sa.Column("shelter_id", sa.String(60), primary_key=True),
    sa.Column("state", sa.String(6), nullable=False),
    sa.Column("crowding", sa.String(8), nullable=False),
    sa.Column("supplies", sa.JSON, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Column("updated_by", sa.String(60), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
)

home_areas = sa.Table(
    "disaster_areas",
    metadata,
    sa.Column("resident_id", sa.String(36), sa.ForeignKey("residents.id"), primary_key=True),
    sa.Column("area", sa.String(40), nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
)

audit = sa.Table(
    "disaster_audit",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("account_id", sa.String(36), nullable=False),
    sa.Column("who", sa.String(60), nullable=False),
    sa.Column("action", sa.String(30), nullable=False),
    sa.Column("subject", sa.String(60), nullable=False),
    sa.Column("details", sa.JSON, nullable=False),
)

_CHECKIN = tuple(field.name for field in dataclasses.fields(CheckIn))
_ANSWERS = frozenset(
    {"safe", "consent", "place", "shelter_id", "latitude", "longitude", "area"}
    | {"adults", "children", "elderly", "needs", "quiet"}
)
_UNANSWERED: Mapping[str, Any] = {
    "safe": "",
    "place": "",
    "shelter_id": "",
    "latitude": None,
    "longitude": None,
    "area": "",
    "adults": None,
    "children": None,
    "elderly": None,
    "needs": None,
}


# Disaster mode


async def active_disaster(connection: AsyncConnection) -> Disaster | None:
    """The disaster that goes on."""
    row = (await connection.execute(sa.select(disasters).where(disasters.c.active == 1))).one_or_none()
    return _disaster(row) if row else None


async def last_disaster(connection: AsyncConnection) -> Disaster | None:
    """The newest disaster, also one that has ended."""
    row = (
        await connection.execute(sa.select(disasters).order_by(disasters.c.started_at.desc()).limit(1))
    ).one_or_none()
    return _disaster(row) if row else None


async def start_disaster(
    connection: AsyncConnection, *, kind: str, areas: Sequence[str], who: str, now: dt.datetime
) -> str | None:
    """Begin disaster mode; gives its id, or None if there is one already."""
    disaster_id = new_id()
    result = await connection.execute(
        insert_ignoring(connection, disasters).values(
            id=disaster_id,
            kind=kind,
            areas=list(areas),
            started_at=now,
            started_by=who,
            ended_by="",
            active=1,
        )
    )
    return disaster_id if result.rowcount else None


async def end_disaster(connection: AsyncConnection, disaster_id: str, *, who: str, now: dt.datetime) -> bool:
    """End disaster mode. False if it was ended before."""
    result = await connection.execute(
        disasters.update()
        .where(disasters.c.id == disaster_id, disasters.c.active == 1)
        .values(active=None, ended_at=now, ended_by=who)
    )
    return bool(result.rowcount)


# Check-ins


async def find_checkin(connection: AsyncConnection, disaster_id: str, resident_id: str) -> CheckIn | None:
    """What somebody told in this disaster."""
    row = (await connection.execute(sa.select(checkins).where(*_key(disaster_id, resident_id)))).one_or_none()
    return _checkin(row) if row else None


async def save_checkin(
    connection: AsyncConnection,
    disaster_id: str,
    resident_id: str,
    changes: Mapping[str, Any],
    *,
    now: dt.datetime,
) -> None:
    """Store answers. Whoever answers was asked just now."""
    values = {name: value for name, value in changes.items() if name in _ANSWERS}
    await _ensure(connection, disaster_id, [resident_id])
    await connection.execute(
        checkins.update()
        .where(*_key(disaster_id, resident_id))
        .values(**values, asked_at=now, answered_at=now)
    )


async def clear_checkin(
    connection: AsyncConnection, disaster_id: str, resident_id: str, *, now: dt.datetime
) -> None:
    """Erase the answers; what is left is the wish not to be asked."""
    changes = {**_UNANSWERED, "consent": "none", "quiet": True}
    await save_checkin(connection, disaster_id, resident_id, changes, now=now)


async def mark_asked(
    connection: AsyncConnection, disaster_id: str, resident_ids: Sequence[str], *, now: dt.datetime
) -> None:
    """Remember that people were asked whether they are safe."""
    await _ensure(connection, disaster_id, resident_ids)
    for start in range(0, len(resident_ids), 500):
        await connection.execute(
            checkins.update()
            .where(
                checkins.c.disaster_id == disaster_id,
                checkins.c.resident_id.in_(list(resident_ids[start : start + 500])),
            )
            .values(asked_at=now, asks=checkins.c.asks + 1)
        )


async def _ensure(connection: AsyncConnection, disaster_id: str, resident_ids: Sequence[str]) -> None:
    blank = {**_UNANSWERED, "consent": "", "quiet": False, "asks": 0, "asked_at": None, "answered_at": None}
    if resident_ids:
        await connection.execute(
            insert_ignoring(connection, checkins),
            [{**blank, "disaster_id": disaster_id, "resident_id": resident} for resident in resident_ids],
        )


async def due_for_reminder(
    connection: AsyncConnection, disaster_id: str, *, before: dt.datetime, asks: int, limit: int
) -> list[CheckIn]:
    """Those who were last asked before a moment and want to be asked, whoever waits longest first."""
    rows = await connection.execute(
        sa.select(checkins)
        .join(residents, residents.c.id == checkins.c.resident_id)
        .where(
            checkins.c.disaster_id == disaster_id,
            checkins.c.asked_at <= before,
            checkins.c.quiet.is_(False),
            checkins.c.consent != "none",
            checkins.c.asks < asks,
            residents.c.reachable.is_(True),
        )
        .order_by(checkins.c.asked_at)
        .limit(limit)
    )
    return [_checkin(row) for row in rows]


async def list_people(connection: AsyncConnection, disaster_id: str) -> list[Person]:
    """Everybody who answered and let the city keep it, or who asks for help; those first, then the newest answers."""
    rows = await connection.execute(
        sa.select(
            checkins,
            residents.c.display_name,
            residents.c.profile_language,
            residents.c.reachable,
            residents.c.conversation["language"].as_string().label("language"),
        )
        .join(residents, residents.c.id == checkins.c.resident_id)
        .where(
            checkins.c.disaster_id == disaster_id,
            sa.or_(
                checkins.c.consent.in_(("share", "keep")),
                sa.and_(checkins.c.safe == "help", checkins.c.consent == ""),
            ),
        )
        .order_by((checkins.c.safe == "help").desc(), checkins.c.answered_at.desc())
    )
    return [
        Person(
            checkin=_checkin(row),
            name=row.display_name,
            language=row.language or row.profile_language or "ja",
            reachable=row.reachable,
        )
        for row in rows
    ]


async def count_silent(connection: AsyncConnection, disaster_id: str) -> int:
    """How many were asked and have not answered."""
    found = await connection.execute(
        sa.select(sa.func.count())
        .select_from(checkins)
        .where(checkins.c.disaster_id == disaster_id, checkins.c.answered_at.is_(None))
    )
    return int(found.scalar_one())


async def erase_checkins(connection: AsyncConnection, *, ended_before: dt.datetime, now: dt.datetime) -> int:
    """Erase the check-ins of disasters that ended before a moment. Gives how many."""
    over = sa.select(disasters.c.id).where(
        disasters.c.ended_at < ended_before, disasters.c.erased_at.is_(None)
    )
    erased = await connection.execute(checkins.delete().where(checkins.c.disaster_id.in_(over)))
    await connection.execute(
        disasters.update()
        .where(disasters.c.ended_at < ended_before, disasters.c.erased_at.is_(None))
        .values(erased_at=now)
    )
    return int(erased.rowcount)


async def checkins_of(connection: AsyncConnection, resident_id: str) -> list[CheckIn]:
    """All that somebody told."""
    rows = await connection.execute(sa.select(checkins).where(checkins.c.resident_id == resident_id))
    return [_checkin(row) for row in rows]


# Areas that residents want notices for


async def set_area(connection: AsyncConnection, resident_id: str, area: str, *, now: dt.datetime) -> None:
    """Remember where somebody lives."""
    await connection.execute(home_areas.delete().where(home_areas.c.resident_id == resident_id))
    if area:
        await connection.execute(
            home_areas.insert().values(resident_id=resident_id, area=area, updated_at=now)
        )


async def find_area(connection: AsyncConnection, resident_id: str) -> str:
    """The area that somebody chose, or an empty string."""
    found = await connection.execute(
        sa.select(home_areas.c.area).where(home_areas.c.resident_id == resident_id)
    )
    return str(found.scalar_one_or_none() or "")


# Shelters


async def all_shelter_states(connection: AsyncConnection) -> dict[str, ShelterState]:
    """What staff said about shelters, by id."""
    rows = await connection.execute(sa.select(shelter_states))
    return {row.shelter_id: ShelterState(**row._mapping) for row in rows}


async def set_shelter_state(connection: AsyncConnection, state: ShelterState, *, seen: int) -> bool:
    """Store a shelter's state if it is still at the version that was seen. False when somebody was faster."""
    values = dataclasses.asdict(state) | {"version": seen + 1}
    if seen == 0:
        result = await connection.execute(insert_ignoring(connection, shelter_states).values(**values))
        return bool(result.rowcount)
    result = await connection.execute(
        shelter_states.update()
        .where(shelter_states.c.shelter_id == state.shelter_id, shelter_states.c.version == seen)
        .values(**values)
    )
    return bool(result.rowcount)


# What staff did


async def note(
    connection: AsyncConnection,
    account: Account,
    action: str,
    *,
    now: dt.datetime,
    subject: str = "",
    **details: Any,
) -> None:
    """Add to the audit trail."""
    await connection.execute(
        audit.insert().values(
            at=now,
            account_id=account.id,
            who=account.display_name[:60],
            action=action,
            subject=subject[:60],
            details=details,
        )
    )


async def last_notes(connection: AsyncConnection, *, limit: int = 30) -> list[AuditEntry]:
    """The newest entries of the audit trail, newest first."""
    rows = await connection.execute(sa.select(audit).order_by(audit.c.number.desc()).limit(limit))
    return [
        AuditEntry(at=row.at, who=row.who, action=row.action, subject=row.subject, details=row.details)
        for row in rows
    ]


async def erase_resident(connection: AsyncConnection, resident_id: str) -> None:
    """Erase what a resident told, in every disaster, and their area."""
    for table in (checkins, home_areas):
        await connection.execute(table.delete().where(table.c.resident_id == resident_id))


def _key(disaster_id: str, resident_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return checkins.c.disaster_id == disaster_id, checkins.c.resident_id == resident_id


def _disaster(row: sa.Row[Any]) -> Disaster:
    values = {name: value for name, value in row._mapping.items() if name != "active"}
    return Disaster(**values | {"areas": tuple(row.areas)})


def _checkin(row: sa.Row[Any]) -> CheckIn:
    values = {name: row._mapping[checkins.c[name]] for name in _CHECKIN}
    needs = values["needs"]
    return CheckIn(**values | {"needs": None if needs is None else tuple(needs)})
