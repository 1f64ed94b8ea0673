"""`users`, `db` and `settings`."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from config.migrations.runner import open_database
from core.accounts import Accounts
from core.clock import SystemClock
from core.database import Database
from tests.config.conftest import Madoguchi


async def prepare(madoguchi: Madoguchi, *names: str) -> None:
    """A database with accounts, made without the command."""
    database = await open_database(f"sqlite+aiosqlite:///{madoguchi.data_dir / 'madoguchi.db'}")
    accounts = Accounts(database, SystemClock())
    for name in names:
        await accounts.add(name, "the old secret", role="staff")
    accounts.close()
    await database.close()


async def can_log_in(madoguchi: Madoguchi, name: str, password: str) -> bool:
    from core.errors import NotAuthorised

    database = Database(f"sqlite+aiosqlite:///{madoguchi.data_dir / 'madoguchi.db'}")
    await database.open()
    accounts = Accounts(database, SystemClock())
    try:
        return (await accounts.check(name, password)).name == name
    except NotAuthorised:
        return False
    finally:
        accounts.close()
        await database.close()


async def test_account_is_added_with_the_password_from_stdin(fresh: Madoguchi) -> None:
    options = ["--role", "staff", "--display-name", "伊藤", "--department", "waste", "--json"]

    added = fresh("users", "add", "ito", *options, stdin="a long secret\n").json

    assert {key: added[key] for key in added if key != "id"} == {
        "name": "ito",
        "role": "staff",
        "display_name": "伊藤",
        "department": "waste",
    }
    assert fresh("users", "list", "--json").json == [added]
    assert await can_log_in(fresh, "ito", "a long secret")


async def test_department_that_the_city_does_not_have_is_refused(fresh: Madoguchi) -> None:
    answer = fresh("users", "add", "ito", "--role", "staff", "--department", "nope", stdin="a long secret\n")

    assert (answer.code, "no department “nope” but" in answer.err, "waste" in answer.err) == (1, True, True)
    assert fresh("users", "list", "--json").json == []


async def test_password_is_made_up_and_shown_when_none_is_given(fresh: Madoguchi) -> None:
    added = fresh("users", "add", "ito", "--role", "admin").lines

    assert added[0] == "Added ito (admin)."
    assert await can_log_in(fresh, "ito", added[1].removeprefix("The password is "))


async def test_passwd_changes_the_password(fresh: Madoguchi) -> None:
    await prepare(fresh, "ito")

    answer = fresh("users", "passwd", "ito", stdin="the new secret\n")

    assert answer.lines == ["The password of ito is changed."]
    assert await can_log_in(fresh, "ito", "the new secret")
    assert not await can_log_in(fresh, "ito", "the old secret")


async def test_taken_name_gets_one_sentence(fresh: Madoguchi) -> None:
    await prepare(fresh, "ito")

    answer = fresh("users", "add", "ito", "--role", "staff", stdin="another secret\n")

    assert (
        answer.refusal
        == "There is an account named “ito” already; use `users passwd` to change its password."
    )


@pytest.mark.parametrize(
    ("arguments", "password", "sentence"),
    [
        (
            ["add", "ito", "--role", "boss"],
            "a long secret",
            "The role must be one of staff, interpreter, admin, not “boss”.",
        ),
        (["add", "ito", "--role", "staff"], "short", "A password has 8 to 200 characters."),
        (["add", " ", "--role", "staff"], "a long secret", "A name has 1 to 60 characters."),
        (["passwd", "nobody"], "a long secret", "There is no account named “nobody”."),
    ],
)
def test_account_that_cannot_be_gets_one_sentence(
    madoguchi: Madoguchi, arguments: list[str], password: str, sentence: str
) -> None:
    assert madoguchi("users", *arguments, stdin=f"{password}\n").refusal == sentence


def test_upgrade_makes_the_tables_and_then_has_nothing_to_do(fresh: Madoguchi) -> None:
    assert (
        fresh("db", "check").refusal
        == "The tables are not at the newest revision; run `madoguchi db upgrade`."
    )

    first, second = fresh("db", "upgrade"), fresh("db", "upgrade")

    assert first.out.startswith("Upgraded None → ")
    revision = first.out.split("→ ")[1].strip(".\n")
    assert second.out == f"The database is at revision {revision}.\n"
    assert fresh("db", "check", "--json").json == {"problems": []}


async def test_backup_is_a_whole_database(fresh: Madoguchi, tmp_path: Path) -> None:
    await prepare(fresh, "ito")
    copy = tmp_path / "copy.db"

    assert fresh("db", "backup", str(copy)).out == f"Wrote {copy}.\n"

    with sqlite3.connect(copy) as connection:
        assert connection.execute("SELECT name FROM accounts").fetchall() == [("ito",)]
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


async def test_backup_never_overwrites(fresh: Madoguchi, tmp_path: Path) -> None:
    await prepare(fresh)
    copy = tmp_path / "copy.db"
    copy.write_text("last year's copy")

    answer = fresh("db", "backup", str(copy))

    assert answer.refusal == f"{copy} exists already; give a new file name."
    assert copy.read_text() == "last year's copy"


def test_backup_into_no_folder_gets_one_sentence(madoguchi: Madoguchi) -> None:
    answer = madoguchi("db", "backup", "/no/where/copy.db")

    assert answer.refusal == "The copy cannot be written to /no/where/copy.db: unable to open database file."


def test_file_that_is_no_database_gets_one_sentence(fresh: Madoguchi, tmp_path: Path) -> None:
    file = tmp_path / "letter.db"
    file.write_text("Dear city hall, this is not a database. " * 200)

    answer = fresh("db", "check", DATABASE_URL=f"sqlite:///{file}")

    assert (
        answer.refusal
        == f"The database at {file} cannot be opened; check that it exists and may be written to."
    )


async def test_damage_is_found(fresh: Madoguchi) -> None:
    await prepare(fresh)
    file = fresh.data_dir / "madoguchi.db"
    data = bytearray(file.read_bytes())
    page = int.from_bytes(data[16:18], "big")
    data[page * 3 : page * 3 + 200] = b"\xff" * 200
    file.write_bytes(data)

    answer = fresh("db", "check", "--json")

    assert answer.code == 1
    assert len(answer.json["problems"]) > 0
    assert "Traceback" not in answer.err


def test_settings_show_what_holds_and_mask_secrets(fresh: Madoguchi) -> None:
    (fresh.folder / "madoguchi.toml").write_text('[http]\nport = 9000\n[line]\nchannel_secret = "hush-1"\n')

    answer = fresh(
        "settings",
        "--json",
        LINE__CHANNEL_ACCESS_TOKEN="hush-2",
        DATABASE_URL="postgresql://city:hush-3@host/db",
        NATS_URL="nats://hush-4@host",
    )

    shown = answer.json
    assert "hush" not in answer.out
    assert shown["http"]["port"] == 9000
    assert shown["line"]["channel_secret"] == "**********"
    assert shown["line"]["channel_access_token"] == "**********"
    assert shown["line"]["previous_channel_secret"] == ""
    assert shown["database_url"] == "postgresql://city:**********@host/db"
    assert shown["nats_url"] == "nats://**********@host"


def test_settings_for_people_can_be_copied_into_an_environment(fresh: Madoguchi) -> None:
    lines = fresh("settings", HTTP__PORT="9000").lines

    assert "MADOGUCHI_HTTP__PORT=9000" in lines
    assert "MADOGUCHI_NATS_URL=" in lines
    assert [line for line in lines if not line.startswith("MADOGUCHI_")] == []


def test_serve_without_a_channel_says_what_to_set(madoguchi: Madoguchi) -> None:
    assert madoguchi("serve").refusal == (
        "No LINE channel is set; set MADOGUCHI_LINE__CHANNEL_SECRET and "
        "MADOGUCHI_LINE__CHANNEL_ACCESS_TOKEN, or try `madoguchi demo`."
    )
