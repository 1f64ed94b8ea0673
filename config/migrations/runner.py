"""Bringing a database to the newest revision."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from core.database import Database

FOLDER = Path(__file__).parent


def alembic_config(connection: sa.Connection | None = None) -> Config:
    """Alembic's configuration; there is no alembic.ini."""
    configuration = Config()
    configuration.set_main_option("script_location", str(FOLDER))
    configuration.set_main_option("path_separator", "os")
    configuration.attributes["connection"] = connection
    return configuration


async def upgrade(database: Database) -> tuple[str | None, str | None]:
    """Run what is missing, in one transaction. Gives the revision before and after."""

    def run(connection: sa.Connection) -> tuple[str | None, str | None]:
        before = MigrationContext.configure(connection).get_current_revision()
        command.upgrade(alembic_config(connection), "head")
        return before, MigrationContext.configure(connection).get_current_revision()

    async with database.write() as connection:
        return await connection.run_sync(run)


async def open_database(url: str) -> Database:
    """The database at this address, at its newest revision. Close it in the end."""
    database = Database(url)
    await database.open()
    try:
        await upgrade(database)
    except BaseException:
        await database.close()
        raise
    return database


async def is_current(database: Database) -> bool:
    """Whether the database is at the newest revision."""

    def look(connection: sa.Connection) -> Any:
        return MigrationContext.configure(connection).get_current_revision()

    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    async with database.read() as connection:
        return bool(await connection.run_sync(look) == head)
