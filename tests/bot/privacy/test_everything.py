"""Everything of a resident, in any table there is: given out whole, and erased whole, on both kinds of database."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import config.assembly  # noqa: F401 -- declares every table
from bot import store as chat
from bot.line.webhook import INBOX
from bot.outbox import OUTBOX
from bot.privacy import store
from bot.privacy.erasing import ERASE, FAREWELL, Erasing
from core.bus import LocalBus
from core.clock import ManualClock
from core.database import Database, metadata
from core.jobs import Jobs
from tests.servers import postgres_server

NOW = dt.datetime(2026, 11, 24, 3, 0, tzinfo=dt.UTC)
PEOPLE = ("Uana", "Uben")
OWN = [table for table in metadata.sorted_tables if "resident_id" in table.c]


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'all.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    made = Database(url)
    await made.open()
    async with made.write() as connection:
        await connection.run_sync(metadata.drop_all)
        await connection.run_sync(metadata.create_all)
    yield made
    await made.close()


def value(column: sa.Column[Any], who: str) -> Any:
    """Something of `who` that fits into a column."""
    kind = column.type
    if isinstance(kind, sa.JSON):
        return {"said": f"{who} in {column.name}"}
    if isinstance(kind, sa.Boolean):
        return True
    if isinstance(kind, (sa.Integer, sa.BigInteger, sa.Float)):
        return PEOPLE.index(who) + 1
    if isinstance(kind, sa.String):
        return f"{who}-{column.name}"[-(kind.length or 80) :]
    return NOW


async def fill(database: Database) -> dict[str, str]:
    """Two residents with a row in every table that has rows of residents, and in those that they point to; gives
    name → id."""
    ids = {}
    async with database.write() as connection:
        for who in PEOPLE:
            await chat.add_resident(
                connection, line_user_id=who, display_name=f"{who} name", profile_language="en", now=NOW
            )
            found = await chat.find_resident(connection, who)
            assert found is not None
            ids[who] = found.id
        pointed = {key.column.table for table in OWN for key in table.foreign_keys} - {chat.residents}
        for table in sorted(pointed, key=metadata.sorted_tables.index):
            for who in PEOPLE:
                row = {column.name: value(column, who) for column in table.c}
                await connection.execute(table.insert().values(**row | free_of_residents(table, who)))
        for table in OWN:
            for who in PEOPLE:
                row = {column.name: value(column, who) for column in table.c} | {"resident_id": ids[who]}
                for key in table.foreign_keys:
                    if key.column.table is not chat.residents:
                        row[key.parent.name] = value(key.column, who)[-36:]
                await connection.execute(table.insert().values(**row))
    return ids


def free_of_residents(table: sa.Table, who: str) -> dict[str, Any]:
    """What a table that is not about residents holds: its keys, and nothing that was said."""
    return {
        column.name: value(column, who) if column.primary_key or column.unique else None
        for column in table.c
        if column.nullable
    }


async def everything(database: Database, tables: list[sa.Table]) -> str:
    rows: list[str] = []
    async with database.read() as connection:
        for table in tables:
            rows += [str(tuple(row)) for row in await connection.execute(sa.select(table))]
    return "\n".join(rows)


async def test_nothing_of_an_erased_resident_is_left_in_any_table_or_file(
    database: Database, tmp_path: Path
) -> None:
    clock = ManualClock(NOW)
    jobs = Jobs(database, LocalBus(), clock)
    picture = tmp_path / "picture"
    picture.write_bytes(b"Uana")

    async def keeper(connection: object, resident_id: str) -> list[Path]:
        return [picture]

    erasing = Erasing(jobs, [keeper])
    ids = await fill(database)
    async with database.write() as connection:
        for queue, payload in (
            (INBOX, {"event": '{"userId": "Uana"}'}),
            (OUTBOX, {"to": "Uana", "messages": ["hello"]}),
            ("any", {"resident": ids["Uana"]}),
        ):
            await jobs.add(connection, queue=queue, key="Uana", payload=payload)
        await jobs.add(connection, queue=INBOX, key="Uben", payload={"event": '{"userId": "Uben"}'})
        await erasing.erase(connection, await chat.get_resident(connection, ids["Uana"]))
    async with database.read() as connection:
        assert await store.count_rows(connection, ids["Uana"]) == {}  # at once
        assert set(await store.count_rows(connection, ids["Uben"])) == {table.name for table in OWN}

    (files,) = await jobs.take(ERASE, limit=9, lease_s=30)
    await erasing.finish(files)
    assert not picture.exists()
    clock.advance(FAREWELL.total_seconds())
    (rest,) = await jobs.take(ERASE, limit=9, lease_s=30)
    await erasing.finish(rest)
    left = await everything(database, [*OWN, chat.residents, metadata.tables["jobs"], store.audit])
    assert "Uana" not in left
    assert ids["Uana"] not in left
    assert "Uben name" in left


async def test_export_has_a_row_of_every_table_and_nobody_else_s(database: Database) -> None:
    ids = await fill(database)
    async with database.read() as connection:
        given = await store.export(connection, ids["Uana"])
    assert set(given) == {"residents", *(table.name for table in OWN)}
    text = json.dumps(given, default=str)
    assert "Uben" not in text
    assert ids["Uana"] not in {row.get("resident_id") for rows in given.values() for row in rows}
