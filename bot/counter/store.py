"""Tables of the counters, and their queries."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.counter.model import Call, Machine, Papers, Reading, Watch
from core.database import UtcDateTime, insert_ignoring, metadata
from core.ids import new_id

machines = sa.Table(
    "counter_machines",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("counter", sa.String(40), nullable=False),
    sa.Column("name", sa.String(60), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False, unique=True),  # SHA-256 of the token
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("created_by", sa.String(36), nullable=False),
    sa.Column("seen_at", UtcDateTime),
    sa.Index("ix_counter_machines_counter", "counter"),
)

readings = sa.Table(
    "counter_readings",
    metadata,
    sa.Column("counter", sa.String(40), primary_key=True),
    sa.Column("called", sa.Integer, nullable=False),
    sa.Column("waiting", sa.Integer, nullable=False),
    sa.Column("open", sa.Boolean, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)

events = sa.Table(
    "counter_events",
    metadata,
    sa.Column("machine", sa.String(36), primary_key=True),
    sa.Column("event", sa.String(64), primary_key=True),  # what makes a repeated report harmless
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Index("ix_counter_events_created_at", "created_at"),
)

calls = sa.Table(
    "counter_calls",
    metadata,
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("counter", sa.String(40), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Index("ix_counter_calls_counter_at", "counter", "at"),
)

watches = sa.Table(
    "counter_watches",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("resident_id", sa.String(36), sa.ForeignKey("residents.id"), nullable=False),
    sa.Column("counter", sa.String(40), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("near_at", UtcDateTime),
    sa.Column("called_at", UtcDateTime),
    sa.Column("ready", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("resident_id", "counter", "number"),
    sa.Index("ix_counter_watches_counter_number", "counter", "number"),
)

choices = sa.Table(
    "notice_choices",
    metadata,
    sa.Column("resident_id", sa.String(36), sa.ForeignKey("residents.id"), primary_key=True),
    sa.Column("kind", sa.String(10), primary_key=True),
    sa.Column("wanted", sa.Boolean, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
)

papers = sa.Table(
    "counter_papers",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("resident_id", sa.String(36), sa.ForeignKey("residents.id"), nullable=False),
    sa.Column("counter", sa.String(40), nullable=False),
    sa.Column("number", sa.String(20), nullable=False),
    sa.Column("day", sa.String(10), nullable=False),  # local; numbers of tickets begin anew every day
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("created_by", sa.String(60), nullable=False),
    sa.Column("told_at", UtcDateTime),
    sa.Column("reminded_at", UtcDateTime),
    sa.UniqueConstraint("resident_id", "counter", "number", "day"),
    sa.Index("ix_counter_papers_state", "state"),
)

_WATCH = tuple(field.name for field in dataclasses.fields(Watch))
_PAPERS = tuple(field.name for field in dataclasses.fields(Papers))
_MACHINE = tuple(field.name for field in dataclasses.fields(Machine))


# Machines


async def add_machine(
    connection: AsyncConnection, *, counter: str, name: str, digest: str, created_by: str, now: dt.datetime
) -> str:
    """Add a machine; gives its id."""
    machine_id = new_id()
    await connection.execute(
        machines.insert().values(
            id=machine_id,
            counter=counter,
            name=name,
            digest=digest,
            created_at=now,
            created_by=created_by,
        )
    )
    return machine_id


async def find_machine(connection: AsyncConnection, digest: str) -> Machine | None:
    """The machine whose token has this digest."""
    row = (await connection.execute(sa.select(machines).where(machines.c.digest == digest))).one_or_none()
    return _machine(row) if row else None


async def all_machines(connection: AsyncConnection) -> list[Machine]:
    """All machines, oldest first."""
    rows = await connection.execute(sa.select(machines).order_by(machines.c.created_at, machines.c.id))
    return [_machine(row) for row in rows]


async def remove_machine(connection: AsyncConnection, machine_id: str) -> bool:
    """End a machine's token at once. False if there is none."""
    result = await connection.execute(machines.delete().where(machines.c.id == machine_id))
    return bool(result.rowcount)


async def see_machine(connection: AsyncConnection, machine_id: str, now: dt.datetime) -> bool:
    """Note that a machine was heard. False if its token was ended meanwhile."""
    result = await connection.execute(
        machines.update().where(machines.c.id == machine_id).values(seen_at=now)
    )
    return bool(result.rowcount)


# How counters stand


async def is_new(connection: AsyncConnection, machine: str, event: str, now: dt.datetime) -> bool:
    """Remember a report; False if it came before."""
    result = await connection.execute(
        insert_ignoring(connection, events).values(machine=machine, event=event, created_at=now)
    )
    return bool(result.rowcount)


async def current(connection: AsyncConnection, counter: str) -> Reading | None:
    """How a counter stood last."""
    row = (await connection.execute(sa.select(readings).where(readings.c.counter == counter))).one_or_none()
    return Reading(**row._mapping) if row else None


async def all_readings(connection: AsyncConnection) -> dict[str, Reading]:
    """How every counter stood last."""
    rows = await connection.execute(sa.select(readings))
    return {row.counter: Reading(**row._mapping) for row in rows}


async def set_reading(connection: AsyncConnection, reading: Reading) -> None:
    """Store how a counter stands."""
    values = dataclasses.asdict(reading)
    changed = await connection.execute(
        readings.update().where(readings.c.counter == reading.counter).values(**values)
    )
    if not changed.rowcount:
        await connection.execute(readings.insert().values(**values))


async def add_call(connection: AsyncConnection, counter: str, call: Call) -> None:
    """Remember when a number was called."""
    await connection.execute(calls.insert().values(counter=counter, number=call.number, at=call.at))


async def calls_since(connection: AsyncConnection, since: dt.datetime) -> dict[str, list[Call]]:
    """The calls of every counter, oldest first."""
    rows = await connection.execute(
        sa.select(calls).where(calls.c.at >= since).order_by(calls.c.at, calls.c.position)
    )
    found: dict[str, list[Call]] = {}
    for row in rows:
        found.setdefault(row.counter, []).append(Call(number=row.number, at=row.at))
    return found


# Tickets that residents want to hear about


async def add_watch(
    connection: AsyncConnection, *, resident_id: str, counter: str, number: int, ready: bool, now: dt.datetime
) -> None:
    """Watch a ticket from now on; one that was watched before (the number came round again) begins anew."""
    await connection.execute(
        watches.delete().where(
            watches.c.resident_id == resident_id, watches.c.counter == counter, watches.c.number == number
        )
    )
    await connection.execute(
        watches.insert().values(
            id=new_id(),
            resident_id=resident_id,
            counter=counter,
            number=number,
            ready=ready,
            created_at=now,
        )
    )


async def live_watches(
    connection: AsyncConnection, *, since: dt.datetime, counter: str = "", resident_id: str = ""
) -> list[Watch]:
    """Tickets that were not called yet, those of a counter or of a resident, oldest first."""
    query = sa.select(watches).where(watches.c.called_at.is_(None), watches.c.created_at >= since)
    if counter:
        query = query.where(watches.c.counter == counter)
    if resident_id:
        query = query.where(watches.c.resident_id == resident_id)
    rows = await connection.execute(query.order_by(watches.c.created_at, watches.c.id))
    return [_watch(row) for row in rows]


async def newest_watch(connection: AsyncConnection, resident_id: str, since: dt.datetime) -> Watch | None:
    """The ticket that a resident asked about last, called or not."""
    row = (
        await connection.execute(
            sa.select(watches)
            .where(watches.c.resident_id == resident_id, watches.c.created_at >= since)
            .order_by(watches.c.created_at.desc(), watches.c.id)
            .limit(1)
        )
    ).one_or_none()
    return _watch(row) if row else None


async def watchers_of_papers(
    connection: AsyncConnection, counter: str, number: int, since: dt.datetime
) -> list[Watch]:
    """Who wants to know when the papers of a ticket are ready."""
    rows = await connection.execute(
        sa.select(watches).where(
            watches.c.counter == counter,
            watches.c.number == number,
            watches.c.ready,
            watches.c.created_at >= since,
        )
    )
    return [_watch(row) for row in rows]


async def mark_near(connection: AsyncConnection, watch_id: str, now: dt.datetime) -> bool:
    """Note that it is said that the turn is near. False if it was said before: each thing is said once."""
    result = await connection.execute(
        watches.update()
        .where(watches.c.id == watch_id, watches.c.near_at.is_(None), watches.c.called_at.is_(None))
        .values(near_at=now)
    )
    return bool(result.rowcount)


async def mark_called(connection: AsyncConnection, watch_id: str, now: dt.datetime) -> bool:
    """Note that it is said that the number is called. False if it was said before."""
    result = await connection.execute(
        watches.update().where(watches.c.id == watch_id, watches.c.called_at.is_(None)).values(called_at=now)
    )
    return bool(result.rowcount)


async def want_papers(connection: AsyncConnection, resident_id: str, watch_id: str) -> bool:
    """Say as well when the papers of a watched ticket are ready."""
    result = await connection.execute(
        watches.update()
        .where(watches.c.id == watch_id, watches.c.resident_id == resident_id)
        .values(ready=True)
    )
    return bool(result.rowcount)


async def stop_watches(connection: AsyncConnection, resident_id: str) -> int:
    """Forget all tickets of a resident. Gives how many."""
    result = await connection.execute(watches.delete().where(watches.c.resident_id == resident_id))
    return int(result.rowcount)


# What residents want to be told


async def chosen(connection: AsyncConnection, resident_id: str) -> dict[str, bool]:
    """What a resident chose, by kind."""
    rows = await connection.execute(sa.select(choices).where(choices.c.resident_id == resident_id))
    return {row.kind: row.wanted for row in rows}


async def choose(
    connection: AsyncConnection, resident_id: str, kind: str, wanted: bool, now: dt.datetime
) -> None:
    """Store a choice."""
    key = (choices.c.resident_id == resident_id, choices.c.kind == kind)
    values = {"wanted": wanted, "changed_at": now}
    changed = await connection.execute(choices.update().where(*key).values(**values))
    if not changed.rowcount:
        await connection.execute(choices.insert().values(resident_id=resident_id, kind=kind, **values))


async def count_choices(connection: AsyncConnection) -> dict[str, tuple[int, int]]:
    """How many residents want each kind, and how many do not."""
    rows = await connection.execute(
        sa.select(
            choices.c.kind,
            sa.func.sum(sa.case((choices.c.wanted, 1), else_=0)).label("wanted"),
            sa.func.count().label("all"),
        ).group_by(choices.c.kind)
    )
    return {row.kind: (int(row.wanted), int(row.all) - int(row.wanted)) for row in rows}


# Papers


async def add_papers(
    connection: AsyncConnection,
    *,
    resident_id: str,
    counter: str,
    number: str,
    day: dt.date,
    created_by: str,
    now: dt.datetime,
) -> str | None:
    """Note that papers are ready; gives their id, or None if that was said today already."""
    papers_id = new_id()
    result = await connection.execute(
        insert_ignoring(connection, papers).values(
            id=papers_id,
            resident_id=resident_id,
            counter=counter,
            number=number,
            day=day.isoformat(),
            state="waiting",
            created_at=now,
            created_by=created_by,
        )
    )
    return papers_id if result.rowcount else None


async def get_papers(connection: AsyncConnection, papers_id: str) -> Papers | None:
    """The papers with this id."""
    row = (await connection.execute(sa.select(papers).where(papers.c.id == papers_id))).one_or_none()
    return _papers(row) if row else None


async def open_papers(connection: AsyncConnection, limit: int = 200) -> list[Papers]:
    """Papers that nobody came for yet, newest first."""
    rows = await connection.execute(
        sa.select(papers)
        .where(papers.c.state != "collected")
        .order_by(papers.c.created_at.desc(), papers.c.id)
        .limit(limit)
    )
    return [_papers(row) for row in rows]


async def count_open_papers(connection: AsyncConnection) -> int:
    """How many papers nobody came for yet."""
    return int(
        (
            await connection.execute(
                sa.select(sa.func.count()).select_from(papers).where(papers.c.state != "collected")
            )
        ).scalar_one()
    )


async def mark_told(connection: AsyncConnection, papers_id: str, now: dt.datetime) -> bool:
    """Note that it is said that papers are ready. False if it was said before or somebody came for them."""
    result = await connection.execute(
        papers.update()
        .where(papers.c.id == papers_id, papers.c.state == "waiting")
        .values(state="told", told_at=now)
    )
    return bool(result.rowcount)


async def mark_reminded(connection: AsyncConnection, papers_id: str, now: dt.datetime) -> bool:
    """Note that papers are mentioned once more. False if they were, or somebody came for them."""
    result = await connection.execute(
        papers.update()
        .where(papers.c.id == papers_id, papers.c.state == "told", papers.c.reminded_at.is_(None))
        .values(reminded_at=now)
    )
    return bool(result.rowcount)


async def mark_collected(connection: AsyncConnection, papers_id: str) -> bool:
    """Somebody came for the papers. False if there are none or somebody came before."""
    result = await connection.execute(
        papers.update()
        .where(papers.c.id == papers_id, papers.c.state != "collected")
        .values(state="collected")
    )
    return bool(result.rowcount)


async def forget(connection: AsyncConnection, before: dt.datetime, watched_before: dt.datetime) -> int:
    """Erase what is over. Gives how many rows."""
    gone = 0
    for statement in (
        calls.delete().where(calls.c.at < before),
        events.delete().where(events.c.created_at < before),
        papers.delete().where(papers.c.created_at < before),
        watches.delete().where(watches.c.created_at < watched_before),
    ):
        gone += int((await connection.execute(statement)).rowcount)
    return gone


async def erase_resident(connection: AsyncConnection, resident_id: str) -> int:
    """Erase everything about a resident. Gives how many rows."""
    gone = 0
    for table in (watches, choices, papers):
        gone += int(
            (await connection.execute(table.delete().where(table.c.resident_id == resident_id))).rowcount
        )
    return gone


async def rows_of(connection: AsyncConnection, resident_id: str) -> dict[str, Sequence[dict[str, Any]]]:
    """Everything stored about a resident, table by table, for the resident's own export."""
    found: dict[str, Sequence[dict[str, Any]]] = {}
    for table in (watches, choices, papers):
        rows = await connection.execute(sa.select(table).where(table.c.resident_id == resident_id))
        found[table.name] = [dict(row._mapping) for row in rows]
    return found


def _watch(row: sa.Row[Any]) -> Watch:
    return Watch(**{name: getattr(row, name) for name in _WATCH})


def _papers(row: sa.Row[Any]) -> Papers:
    return Papers(**{name: getattr(row, name) for name in _PAPERS})


def _machine(row: sa.Row[Any]) -> Machine:
    return Machine(**{name: getattr(row, name) for name in _MACHINE})
