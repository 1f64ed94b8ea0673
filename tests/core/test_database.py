from __future__ import annotations

import asyncio
import datetime as dt
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.database import Database, UtcDateTime, insert_ignoring
from core.errors import InvalidInput, Unavailable

table = sa.Table(
    "notes",
    sa.MetaData(),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("at", UtcDateTime),
)


@pytest.fixture
async def notes(tmp_path: Path) -> AsyncIterator[Database]:
    """A database with one table."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'notes.db'}", busy_timeout_s=1.0)
    await database.open()
    async with database.write() as connection:
        await connection.run_sync(table.create)
    yield database
    await database.close()


async def numbers(database: Database) -> list[int]:
    async with database.read() as connection:
        return list((await connection.execute(sa.select(table.c.number).order_by(table.c.number))).scalars())


async def add(database: Database, number: int) -> None:
    async with database.write() as connection:
        await connection.execute(table.insert().values(number=number))


PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
    "secure_delete": 1,
    "busy_timeout": 1000,
}


@pytest.mark.parametrize("pragma", PRAGMAS)
async def test_every_connection_is_durable_and_strict(notes: Database, pragma: str) -> None:
    found = []
    async with notes.write() as writer, notes.read() as one, notes.read() as two:
        for connection in (writer, one, two):
            found.append((await connection.execute(sa.text(f"PRAGMA {pragma}"))).scalar_one())

    assert found == [PRAGMAS[pragma]] * 3


async def test_committed_write_is_read(notes: Database) -> None:
    await add(notes, 1)

    assert await numbers(notes) == [1]


async def test_write_that_fails_leaves_nothing(notes: Database) -> None:
    with pytest.raises(RuntimeError, match="no"):
        async with notes.write() as connection:
            await connection.execute(table.insert().values(number=1))
            raise RuntimeError("no")

    assert await numbers(notes) == []
    await add(notes, 2)
    assert await numbers(notes) == [2]


async def test_writers_wait_for_each_other(notes: Database) -> None:
    inside = 0

    async def write(number: int) -> None:
        nonlocal inside
        async with notes.write() as connection:
            inside += 1
            assert inside == 1
            count = (await connection.execute(sa.select(sa.func.count()).select_from(table))).scalar_one()
            await asyncio.sleep(0)
            await connection.execute(table.insert().values(number=count))
            inside -= 1

    await asyncio.gather(*(write(number) for number in range(20)))

    assert await numbers(notes) == list(range(20))


async def test_reader_sees_one_state_while_a_writer_commits(notes: Database) -> None:
    await add(notes, 1)
    count = sa.select(sa.func.count()).select_from(table)
    async with notes.read() as connection:
        before = (await connection.execute(count)).scalar_one()
        await add(notes, 2)
        after = (await connection.execute(count)).scalar_one()

    assert (before, after) == (1, 1)
    assert await numbers(notes) == [1, 2]


async def test_reader_does_not_see_what_is_not_committed(notes: Database) -> None:
    async with notes.write() as connection:
        await connection.execute(table.insert().values(number=1))
        assert await numbers(notes) == []


async def test_more_readers_than_connections_take_turns(notes: Database) -> None:
    await add(notes, 1)

    assert await asyncio.gather(*(numbers(notes) for _ in range(30))) == [[1]] * 30


async def test_writer_that_is_cancelled_anywhere_leaves_all_or_nothing_and_no_lock(notes: Database) -> None:
    done: list[int] = []

    async def write(number: int) -> None:
        async with notes.write() as connection:
            await connection.execute(table.insert().values(number=number * 2))
            await connection.execute(table.insert().values(number=number * 2 + 1))
        done.append(number)

    for number in range(80):
        task = asyncio.get_running_loop().create_task(write(number))
        for _ in range(number * 25):  # turns of the loop: from before it begins to after it ended
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    await add(notes, 1000)
    found = await numbers(notes)
    assert found[-1] == 1000
    pairs = [number // 2 for number in found[:-1]]
    assert all(pairs.count(number) == 2 for number in pairs)
    assert set(done) <= set(pairs)


async def test_writer_that_is_cancelled_while_it_waits_lets_the_next_one_in(notes: Database) -> None:
    async with notes.write():
        waiting = asyncio.get_running_loop().create_task(add(notes, 1))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    await add(notes, 2)
    assert await numbers(notes) == [2]


async def test_reader_that_is_cancelled_gives_its_connection_back(notes: Database) -> None:
    for number in range(80):
        task = asyncio.get_running_loop().create_task(numbers(notes))
        for _ in range(number * 10):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    assert await asyncio.gather(*(numbers(notes) for _ in range(10))) == [[]] * 10


TOKYO = dt.timezone(dt.timedelta(hours=9))


async def test_moment_comes_back_in_utc(notes: Database) -> None:
    async with notes.write() as connection:
        await connection.execute(
            table.insert().values(number=1, at=dt.datetime(2026, 11, 2, 9, 30, 1, 5, TOKYO))
        )
    async with notes.read() as connection:
        found = (await connection.execute(sa.select(table.c.at))).scalar_one()

    assert found == dt.datetime(2026, 11, 2, 0, 30, 1, 5, dt.UTC)
    assert found.tzinfo is dt.UTC


async def test_moments_in_other_zones_compare_rightly(notes: Database) -> None:
    async with notes.write() as connection:
        await connection.execute(table.insert().values(number=1, at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC)))
        later = (
            await connection.execute(
                sa.select(table.c.number).where(table.c.at < dt.datetime(2026, 1, 1, 9, 0, 1, 0, TOKYO))
            )
        ).all()
        earlier = (
            await connection.execute(
                sa.select(table.c.number).where(table.c.at < dt.datetime(2026, 1, 1, 8, 59, 59, 0, TOKYO))
            )
        ).all()

    assert (len(later), len(earlier)) == (1, 0)


async def test_moment_without_a_zone_is_refused(notes: Database) -> None:
    with pytest.raises(sa.exc.StatementError, match="a stored time must say its zone"):
        async with notes.write() as connection:
            await connection.execute(table.insert().values(number=1, at=dt.datetime(2026, 1, 1)))  # noqa: DTZ001


async def test_nothing_comes_back_as_nothing(notes: Database) -> None:
    await add(notes, 1)
    async with notes.read() as connection:
        assert (await connection.execute(sa.select(table.c.at))).scalar_one() is None


async def test_insert_that_ignores_says_whether_it_inserted(notes: Database) -> None:
    counts = []
    for _ in range(2):
        async with notes.write() as connection:
            result = await connection.execute(insert_ignoring(connection, table).values(number=1))
            counts.append(result.rowcount)

    assert counts == [1, 0]


async def test_folder_of_the_database_is_made(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'a' / 'b' / 'city.db'}")
    await database.open()
    await database.close()

    assert (tmp_path / "a" / "b" / "city.db").is_file()


@pytest.mark.parametrize("kind", ["folder under a file", "folder itself", "no database"])
async def test_database_that_cannot_be_opened_is_named_in_one_sentence(tmp_path: Path, kind: str) -> None:
    (tmp_path / "letter").write_text("Dear city hall. " * 500)
    place = {"folder under a file": "letter/city.db", "folder itself": ".", "no database": "letter"}[kind]
    database = Database(f"sqlite+aiosqlite:///{tmp_path / place}")

    with pytest.raises(Unavailable) as caught:
        await database.open()

    assert str(caught.value) == (
        f"The database at {tmp_path / place} cannot be opened; check that it exists and may be written to."
    )


@pytest.mark.parametrize("url", ["", "city.db", "mysql+nothing://host/db", "://"])
def test_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="^The database's address is not usable; write sqlite:///FILE"):
        Database(url)


async def test_password_is_not_in_the_sentence_about_a_server_that_does_not_answer() -> None:
    database = Database("postgresql+asyncpg://city:hush@127.0.0.1:1/db")

    with pytest.raises(Unavailable) as caught:
        await database.open()

    assert "hush" not in str(caught.value)
    assert "127.0.0.1:1/db" in str(caught.value)


async def test_closed_database_says_so(notes: Database) -> None:
    await notes.close()

    with pytest.raises(Unavailable, match=r"^The database is closed\.$"):
        await numbers(notes)
    with pytest.raises(Unavailable, match=r"^The database is closed\.$"):
        await add(notes, 1)


async def test_backup_while_others_write_is_a_consistent_copy(notes: Database, tmp_path: Path) -> None:
    stop = asyncio.Event()

    async def keep_writing() -> int:
        number = 0
        while not stop.is_set():
            async with notes.write() as connection:  # always two rows at once
                await connection.execute(table.insert().values(number=number))
                await connection.execute(table.insert().values(number=number + 1))
            number += 2
        return number

    await add(notes, 1_000_000)
    writing = asyncio.get_running_loop().create_task(keep_writing())
    for number in range(5):
        await notes.backup(tmp_path / f"copy{number}.db")
    stop.set()
    written = await writing

    assert written > 0
    for number in range(5):
        with sqlite3.connect(tmp_path / f"copy{number}.db") as copy:
            assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            [(count,)] = copy.execute("SELECT count(*) FROM notes").fetchall()
            assert count % 2 == 1


async def test_backup_is_only_for_sqlite(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="use pg_dump for PostgreSQL"):
        await Database("postgresql+asyncpg://host/db").backup(tmp_path / "copy.db")


async def test_sound_database_has_no_problems(notes: Database) -> None:
    assert await notes.check() == []


async def test_dangling_reference_is_found(notes: Database) -> None:
    async with notes.write() as connection:
        await connection.execute(sa.text("CREATE TABLE parts (note INTEGER REFERENCES notes(number))"))
    assert notes.path is not None
    with sqlite3.connect(notes.path) as careless:
        careless.execute("INSERT INTO parts VALUES (7)")

    assert await notes.check() == ["dangling reference in parts"]


async def test_reference_to_nothing_is_refused(notes: Database) -> None:
    async with notes.write() as connection:
        await connection.execute(sa.text("CREATE TABLE parts (note INTEGER REFERENCES notes(number))"))

    with pytest.raises(sa.exc.IntegrityError, match="FOREIGN KEY"):
        async with notes.write() as connection:
            await connection.execute(sa.text("INSERT INTO parts VALUES (7)"))


async def test_failing_statement_does_not_quote_its_values(notes: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError) as caught:
        async with notes.write() as connection:
            await connection.execute(sa.text("INSERT INTO notes VALUES (:n, :a)"), {"n": 1, "a": "private"})
            await connection.execute(sa.text("INSERT INTO notes VALUES (:n, :a)"), {"n": 1, "a": "private"})

    assert "private" not in str(caught.value)


async def test_checkpoint_leaves_no_erased_text_in_the_log(database: Database) -> None:
    assert database.path is not None
    async with database.write() as connection:
        await connection.execute(sa.text("CREATE TABLE said (words TEXT)"))
        await connection.execute(sa.text("INSERT INTO said VALUES ('nobody should read this')"))
    async with database.write() as connection:
        await connection.execute(sa.text("DELETE FROM said"))
    log = database.path.with_name(database.path.name + "-wal")
    assert b"nobody should read this" in log.read_bytes()

    await database.checkpoint()

    assert log.read_bytes() == b""
    assert b"nobody should read this" not in database.path.read_bytes()
