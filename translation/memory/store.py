"""The table of translation units.

Every change takes the next `position` while it holds a lock that all writers of this table take, so positions are
committed in order and a reader that asks "what came after N" never misses a change. A forgotten unit leaves an empty
row behind with a position of its own, which tells the other processes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from core.database import UtcDateTime, metadata
from core.ids import new_id
from translation.memory.model import Draft, Origin, Unit
from translation.memory.wording import digest_of

# The key of PostgreSQL's advisory lock; any number that nobody else uses.
_LOCK = 0x6D656D6F7279

units_table = sa.Table(
    "translation_units",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False, unique=True),  # of the last change
    sa.Column("source_tag", sa.String(35), nullable=False),
    sa.Column("target_tag", sa.String(35), nullable=False),
    sa.Column("source_text", sa.Text, nullable=False),
    sa.Column("target_text", sa.Text, nullable=False),
    sa.Column(
        "wording", sa.String(64), nullable=False
    ),  # digest of the source's wording; the id once forgotten
    sa.Column("origin", sa.String(8), nullable=False),  # human, machine
    sa.Column("author", sa.String(60), nullable=False),
    sa.Column("came_from", sa.String(200), nullable=False),
    sa.Column("forgotten", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("wording", "source_tag", "target_tag", "origin"),
    sa.Index("ix_translation_units_created_at_id", "created_at", "id"),
)
_t = units_table.c


@dataclass(frozen=True, slots=True)
class Change:
    """A row as a reader finds it: the unit, or None where it was forgotten."""

    position: int
    id: str
    unit: Unit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which units to list. Empty means any."""

    words: tuple[str, ...] = ()  # each in the source or the target text
    source: str = ""
    target: str = ""
    origin: Origin | None = None


def _unit(row: sa.Row[tuple[object, ...]]) -> Unit:
    return Unit(
        id=row.id,
        source=row.source_tag,
        target=row.target_tag,
        source_text=row.source_text,
        target_text=row.target_text,
        origin=row.origin,
        author=row.author,
        came_from=row.came_from,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


async def _take_positions(connection: AsyncConnection) -> int:
    """The last position given out. Until the transaction ends nobody else can take one."""
    if connection.dialect.name == "postgresql":
        await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    return await last_position(connection)


async def last_position(connection: AsyncConnection) -> int:
    """The position of the last change; 0 where there was none."""
    return (await connection.scalar(sa.select(sa.func.max(_t.position)))) or 0


async def put_units(
    connection: AsyncConnection, drafts: Sequence[Draft], *, now: dt.datetime, keep_newer: bool = False
) -> list[Unit]:
    """Store drafts in the caller's transaction; each replaces the unit of its pair, wording and origin.

    With `keep_newer`, a stored unit that changed later than the draft, or says the same, is left alone. Of two drafts
    with one key the later one counts. Gives the units that were written.
    """
    position = await _take_positions(connection)
    wanted = {_key(draft): draft for draft in drafts}
    stored = {_row_key(row): row for row in await _rows_of(connection, [key[2] for key in wanted])}
    inserted: list[dict[str, object]] = []
    updated: list[dict[str, object]] = []
    written: list[Unit] = []
    for key, draft in wanted.items():
        row = stored.get(key)
        updated_at = draft.updated_at or now
        if row is not None and keep_newer and (row.updated_at > updated_at or _says_the_same(row, draft)):
            continue
        position += 1
        unit = Unit(
            id=row.id if row is not None else new_id(),
            source=draft.source,
            target=draft.target,
            source_text=draft.source_text,
            target_text=draft.target_text,
            origin=draft.origin,
            author=draft.author,
            came_from=draft.came_from,
            created_at=row.created_at if row is not None else draft.created_at or updated_at,
            updated_at=updated_at,
        )
        written.append(unit)
        values = _values(unit, key[2], position)
        if row is None:
            inserted.append(values)
        else:
            updated.append(values | {"unit_id": row.id})
    if inserted:
        await connection.execute(units_table.insert(), inserted)
    if updated:
        await connection.execute(units_table.update().where(_t.id == sa.bindparam("unit_id")), updated)
    return written


def _key(draft: Draft) -> tuple[str, str, str, str]:
    return draft.source, draft.target, digest_of(draft.source_text), draft.origin


def _row_key(row: sa.Row[tuple[object, ...]]) -> tuple[str, str, str, str]:
    return row.source_tag, row.target_tag, row.wording, row.origin


def _says_the_same(row: sa.Row[tuple[object, ...]], draft: Draft) -> bool:
    return (row.source_text, row.target_text, row.author) == (
        draft.source_text,
        draft.target_text,
        draft.author,
    )


async def _rows_of(
    connection: AsyncConnection, wordings: Sequence[str]
) -> Sequence[sa.Row[tuple[object, ...]]]:
    return (await connection.execute(sa.select(units_table).where(_t.wording.in_(set(wordings))))).all()


def _values(unit: Unit, wording: str, position: int) -> dict[str, object]:
    return {
        "id": unit.id,
        "position": position,
        "source_tag": unit.source,
        "target_tag": unit.target,
        "source_text": unit.source_text,
        "target_text": unit.target_text,
        "wording": wording,
        "origin": unit.origin,
        "author": unit.author,
        "came_from": unit.came_from,
        "forgotten": False,
        "created_at": unit.created_at,
        "updated_at": unit.updated_at,
    }


async def find_unit(connection: AsyncConnection, unit_id: str) -> Unit | None:
    """The unit, or None where there is none (any more)."""
    query = sa.select(units_table).where(_t.id == unit_id, ~_t.forgotten)
    row = (await connection.execute(query)).one_or_none()
    return _unit(row) if row is not None else None


async def find_wording(
    connection: AsyncConnection, *, source: str, target: str, source_text: str, origin: Origin
) -> Unit | None:
    """The unit of a pair and origin with this wording, or None."""
    query = sa.select(units_table).where(
        _t.source_tag == source,
        _t.target_tag == target,
        _t.wording == digest_of(source_text),
        _t.origin == origin,
    )
    row = (await connection.execute(query)).one_or_none()
    return _unit(row) if row is not None else None


async def rewrite_unit(connection: AsyncConnection, unit: Unit) -> bool:
    """Store `unit` under its id. False where another unit of its pair and origin has the same wording."""
    wording = digest_of(unit.source_text)
    position = await _take_positions(connection)
    taken = await connection.scalar(
        sa.select(_t.id).where(
            _t.source_tag == unit.source,
            _t.target_tag == unit.target,
            _t.wording == wording,
            _t.origin == unit.origin,
            _t.id != unit.id,
        )
    )
    if taken is not None:
        return False
    values = _values(unit, wording, position + 1)
    await connection.execute(units_table.update().where(_t.id == unit.id).values(values))
    return True


async def forget_unit(connection: AsyncConnection, unit_id: str, *, now: dt.datetime) -> bool:
    """Erase a unit's texts and authors. False where there is none."""
    position = await _take_positions(connection)
    result = await connection.execute(
        units_table.update()
        .where(_t.id == unit_id, ~_t.forgotten)
        .values(
            position=position + 1,
            source_text="",
            target_text="",
            wording=unit_id,
            author="",
            came_from="",
            forgotten=True,
            updated_at=now,
        )
    )
    return bool(result.rowcount)


async def changes_after(connection: AsyncConnection, position: int, *, limit: int) -> list[Change]:
    """What changed after `position`, in order, at most `limit` rows."""
    rows = await connection.execute(
        sa.select(units_table).where(_t.position > position).order_by(_t.position).limit(limit)
    )
    return [Change(row.position, row.id, None if row.forgotten else _unit(row)) for row in rows]


async def list_units(
    connection: AsyncConnection,
    selection: Selection,
    *,
    after: str = "",
    limit: int,
    oldest_first: bool = False,
) -> list[Unit]:
    """Units by the time they were made, the newest first, at most `limit`, those that follow the unit `after`."""
    conditions: list[sa.ColumnElement[bool]] = [~_t.forgotten]
    if selection.source:
        conditions.append(_t.source_tag == selection.source)
    if selection.target:
        conditions.append(_t.target_tag == selection.target)
    if selection.origin:
        conditions.append(_t.origin == selection.origin)
    for word in selection.words:
        conditions.append(
            sa.or_(
                _t.source_text.icontains(word, autoescape=True),
                _t.target_text.icontains(word, autoescape=True),
            )
        )
    if after:
        conditions.append(await _following(connection, after, oldest_first))
    order = [_t.created_at, _t.id] if oldest_first else [_t.created_at.desc(), _t.id.desc()]
    rows = await connection.execute(sa.select(units_table).where(*conditions).order_by(*order).limit(limit))
    return [_unit(row) for row in rows]


async def _following(connection: AsyncConnection, after: str, oldest_first: bool) -> sa.ColumnElement[bool]:
    """Everything behind the unit `after`, which may have been forgotten meanwhile; nothing where it never was."""
    moment = await connection.scalar(sa.select(_t.created_at).where(_t.id == after))
    if moment is None:
        return sa.false()
    if oldest_first:
        return sa.or_(_t.created_at > moment, sa.and_(_t.created_at == moment, _t.id > after))
    return sa.or_(_t.created_at < moment, sa.and_(_t.created_at == moment, _t.id < after))
