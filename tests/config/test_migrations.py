"""The revisions lead to exactly the tables that the stores describe."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

import config.assembly  # noqa: F401 -- imports every store, which registers its tables
from config.migrations.runner import alembic_config, is_current, upgrade
from core.database import Database, metadata
from transcripts import store


@pytest.fixture
async def empty(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}")
    await database.open()
    yield database
    await database.close()


async def schema(database: Database) -> list[tuple[str, str]]:
    async with database.read() as connection:
        rows = await connection.execute(
            sa.text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
        )
        return [(row[0], row[1]) for row in rows]


async def test_upgrade_of_an_empty_database_gives_the_tables_of_the_stores(empty: Database) -> None:
    await upgrade(empty)

    def compare(connection: sa.Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    async with empty.read() as connection:
        assert await connection.run_sync(compare) == []


async def test_upgrade_names_the_revision_before_and_after(empty: Database) -> None:
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()

    assert await upgrade(empty) == (None, head)
    assert await upgrade(empty) == (head, head)


async def test_second_upgrade_changes_nothing(empty: Database) -> None:
    await upgrade(empty)
    before = await schema(empty)

    await upgrade(empty)

    assert await schema(empty) == before


async def test_database_is_current_only_after_the_upgrade(empty: Database) -> None:
    assert not await is_current(empty)

    await upgrade(empty)

    assert await is_current(empty)


async def test_failed_upgrade_leaves_nothing_behind(empty: Database) -> None:
    async with empty.write() as connection:
        await connection.execute(sa.text("CREATE TABLE accounts (id TEXT)"))
    before = await schema(empty)

    with pytest.raises(sa.exc.OperationalError, match="already exists"):
        await upgrade(empty)

    assert await schema(empty) == before
    assert not await is_current(empty)


async def test_meetings_of_before_keep_what_was_said_and_all_their_languages(empty: Database) -> None:
    async with empty.write() as connection:
        await connection.run_sync(lambda sync: command.upgrade(alembic_config(sync), "0003"))
        for statement in (
            "INSERT INTO meetings (id, title, language, languages, state, created_at, sender_digest, position,"
            " stored_samples) VALUES ('m', 'T', 'en', '[\"en\", \"ja\"]', 'ended', '2026-11-01', '', 1, 0)",
            "INSERT INTO segments VALUES ('m', 1, 0, 1, 'en', 'Hello.', '[]', '2026-11-01')",
            "INSERT INTO captions VALUES ('m', 1, 'en', 1, 1, 1, 'Hello.', 0, 1, 'speech', '[]', '2026-11-01')",
        ):
            await connection.execute(sa.text(statement.replace(":", "\\:")))
    await upgrade(empty)
    async with empty.read() as connection:
        meeting = await store.find_meeting(connection, "m")
        [said] = await store.transcript(connection, "m", ["en"])
    assert meeting is not None
    assert (meeting.recorded, meeting.also_spoken, meeting.names, meeting.audio_days) == (
        ("en", "ja"),
        (),
        "",
        0,
    )
    assert (said.caption.text, said.caption.spoken) == ("Hello.", "en")


async def test_there_is_one_line_of_revisions() -> None:
    script = ScriptDirectory.from_config(alembic_config())

    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1


async def test_constraints_of_the_tables_are_the_same_as_those_of_the_stores(
    empty: Database, database: Database
) -> None:
    await upgrade(empty)

    def keys(connection: sa.Connection) -> dict[str, Any]:
        inspector = sa.inspect(connection)
        return {
            table: {
                "unique": sorted(
                    (unique["name"] or "", unique["column_names"])
                    for unique in inspector.get_unique_constraints(table)
                ),
                "foreign": sorted(
                    (key["constrained_columns"], key["referred_table"], key["options"].get("ondelete", ""))
                    for key in inspector.get_foreign_keys(table)
                ),
                "null": {column["name"]: column["nullable"] for column in inspector.get_columns(table)},
            }
            for table in inspector.get_table_names()
            if table != "alembic_version"
        }

    async with empty.read() as migrated, database.read() as described:
        assert await migrated.run_sync(keys) == await described.run_sync(keys)
