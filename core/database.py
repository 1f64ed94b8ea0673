"""The database: many readers, one writer, and the promise that a commit which returned is on the disk.

SQLite runs in WAL mode with `synchronous=FULL` (NORMAL may lose acknowledged commits when the power fails) and
exactly one writing connection, which begins with `BEGIN IMMEDIATE` so that a read never has to be upgraded to a
write. PostgreSQL takes the same statements; there the database itself arbitrates between writers.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import StaticPool

from core.errors import InvalidInput, Unavailable
from core.metrics import histogram

WRITE_SECONDS = histogram("database_write_seconds", "From asking for the writer to the commit")

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(sa.types.TypeDecorator[dt.datetime]):
    """A moment, always aware and in UTC. SQLite has no time zones, so they are removed and put back here."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time must say its zone")
        utc = value.astimezone(dt.UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


class Database:
    """Connections to one database. Open it before use; `read` and `write` give a connection in a transaction."""

    def __init__(self, url: str, *, readers: int = 4, busy_timeout_s: float = 5.0) -> None:
        self.url = _parse(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._readers = readers
        self._busy_timeout_s = busy_timeout_s
        self._read_engine: AsyncEngine | None = None
        self._write_engine: AsyncEngine | None = None
        self._writer = asyncio.Lock()

    @property
    def path(self) -> Path | None:
        """The file of a SQLite database; None for a server."""
        return Path(self.url.database) if self.is_sqlite and self.url.database else None

    async def open(self) -> None:
        """Connect and check that durability is as promised. Raises Unavailable if it cannot be opened."""
        try:
            self._make_engines()
            async with self.write() as connection:
                await connection.execute(sa.text("SELECT 1"))
        except (sa.exc.SQLAlchemyError, sqlite3.Error, OSError) as error:
            await self.close()
            where = self.path or self.url.render_as_string(hide_password=True)
            raise Unavailable(
                f"The database at {where} cannot be opened; check that it exists and may be written to."
            ) from error

    def _make_engines(self) -> None:
        if not self.is_sqlite:
            engine = create_async_engine(
                self.url, pool_size=self._readers + 4, pool_pre_ping=True, hide_parameters=True
            )
            self._write_engine = self._read_engine = engine
            return
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        self._write_engine = self._sqlite_engine("BEGIN IMMEDIATE", writer=True)
        self._read_engine = self._sqlite_engine("BEGIN", writer=False)

    def _sqlite_engine(self, begin: str, *, writer: bool) -> AsyncEngine:
        # A failing statement must not quote what residents wrote.
        options: dict[str, Any] = {
            "connect_args": {"timeout": self._busy_timeout_s},
            "hide_parameters": True,
        }
        if writer:
            options["poolclass"] = StaticPool
        else:
            options["pool_size"] = self._readers
        engine = create_async_engine(self.url, **options)

        @sa.event.listens_for(engine.sync_engine, "connect")
        def configure(connection: Any, record: object) -> None:
            # The driver must not open transactions by itself; `begin_transaction` below does.
            connection.isolation_level = None
            cursor = connection.cursor()
            for pragma in (
                "journal_mode=WAL",
                "synchronous=FULL",
                "foreign_keys=ON",
                "secure_delete=ON",  # what a resident unsends is overwritten, not just unlinked
                f"busy_timeout={int(self._busy_timeout_s * 1000)}",
            ):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.execute("PRAGMA synchronous")
            if cursor.fetchone()[0] != 2:
                raise sqlite3.OperationalError("synchronous=FULL was not accepted")
            cursor.close()

        @sa.event.listens_for(engine.sync_engine, "begin")
        def begin_transaction(connection: sa.Connection) -> None:
            connection.exec_driver_sql(begin)

        if writer:

            @sa.event.listens_for(engine.sync_engine, "invalidate")
            def roll_back(connection: Any, record: object, error: object) -> None:
                # A write that was cancelled while rows were still to be fetched would keep the file locked.
                with contextlib.suppress(Exception):
                    connection.run_async(lambda driver: asyncio.shield(driver.rollback()))

        return engine

    async def close(self) -> None:
        """Return all connections."""
        for engine in {self._read_engine, self._write_engine} - {None}:
            assert engine is not None
            await engine.dispose()
        self._read_engine = self._write_engine = None

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reading one consistent state."""
        if self._read_engine is None:
            raise Unavailable("The database is closed.")
        async with self._read_engine.connect() as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """The writer's connection in a transaction: committed on leaving, rolled back on an exception.

        On SQLite writers wait for each other here. Never await the network or a model inside.
        """
        if self._write_engine is None:
            raise Unavailable("The database is closed.")
        with WRITE_SECONDS.time():
            if self.is_sqlite:
                async with self._writer, self._write_engine.begin() as connection:
                    yield connection
            else:
                async with self._write_engine.begin() as connection:
                    yield connection

    async def create_all(self) -> None:
        """Create every table that is registered, for tests; a service runs its migrations instead."""
        async with self.write() as connection:
            await connection.run_sync(metadata.create_all)

    async def check(self) -> list[str]:
        """What SQLite's integrity check finds wrong; empty when all is well."""
        if not self.is_sqlite:
            async with self.read() as connection:
                await connection.execute(sa.text("SELECT 1"))
            return []
        try:
            async with self.read() as connection:
                rows = (await connection.execute(sa.text("PRAGMA integrity_check"))).scalars().all()
                foreign = (await connection.execute(sa.text("PRAGMA foreign_key_check"))).all()
        except sa.exc.DatabaseError as error:
            return [str(error.orig)]
        return [row for row in rows if row != "ok"] + [f"dangling reference in {row[0]}" for row in foreign]

    async def checkpoint(self) -> None:
        """Move what SQLite's log holds into the file and empty the log, so that erased text is nowhere left."""
        if self.is_sqlite and self._write_engine is not None:
            async with self._writer, self._write_engine.connect() as connection:
                bare = await connection.get_raw_connection()
                await bare.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]

    async def backup(self, target: Path) -> None:
        """Write a consistent copy of a SQLite database to `target` while the service runs.

        Raises Unavailable for a server (use its own tools), when `target` exists already and when it cannot be
        written; then nothing is left of it.
        """
        if not self.is_sqlite:
            raise Unavailable("Only SQLite is copied by this command; use pg_dump for PostgreSQL.")
        assert self.path is not None
        source = str(self.path)

        def copy() -> None:
            if target.exists():
                raise Unavailable(f"{target} exists already; give a new file name.")
            try:
                with closing(sqlite3.connect(source)) as origin, closing(sqlite3.connect(target)) as copied:
                    origin.backup(copied)
            except sqlite3.Error as error:
                target.unlink(missing_ok=True)
                raise Unavailable(f"The copy cannot be written to {target}: {error}.") from error

        await asyncio.to_thread(copy)


def _parse(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
        parsed.get_dialect()
    except (sa.exc.ArgumentError, ImportError) as error:
        raise InvalidInput(
            "The database's address is not usable; write sqlite:///FILE or postgresql://USER@HOST/NAME."
        ) from error
    return parsed


def insert_ignoring(connection: AsyncConnection, table: sa.Table) -> Any:
    """An INSERT that does nothing where a unique key is already there, in the dialect of `connection`."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as postgres_insert  # noqa: PLC0415 -- dialects load on use

        return postgres_insert(table).on_conflict_do_nothing()
    from sqlalchemy.dialects.sqlite import insert as sqlite_insert  # noqa: PLC0415 -- dialects load on use

    return sqlite_insert(table).on_conflict_do_nothing()
