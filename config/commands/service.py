"""`serve`, `demo`, `users`, `db`, `settings`."""

from __future__ import annotations

import dataclasses
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from config.commands.shell import json_option, progress, run, say, settings
from core.clock import SystemClock
from core.errors import AppError, InvalidInput

if TYPE_CHECKING:
    from core.accounts import Account, Accounts
    from core.database import Database


@click.command()
@click.option("--role", type=click.Choice(["all", "web", "worker"]), default="all", show_default=True)
def serve(role: str) -> None:
    """Run the service until it is stopped."""
    run(_serve(role))


async def _serve(role: Any) -> None:
    from config.assembly import open_service
    from config.server import serving, settle_memory, stop_requested

    found = settings(quiet_logs=False)
    if not found.line.channel_secret.get_secret_value():
        raise AppError(
            "No LINE channel is set; set MADOGUCHI_LINE__CHANNEL_SECRET and "
            "MADOGUCHI_LINE__CHANNEL_ACCESS_TOKEN, or try `madoguchi demo`."
        )
    async with open_service(found, progress=progress()) as service:
        # Before the port opens: once an event can be taken, no signal may cut the way out short.
        stopped = stop_requested()
        async with serving(service, role=role) as running:
            settle_memory()
            click.echo(f"Serving at {running.address}", err=True)
            await stopped.wait()


@click.command()
@click.option("--once", is_flag=True, help="Play the scripted story, print what happened, and end.")
@json_option
def demo(once: bool, as_json: bool) -> None:
    """Run everything with a LINE simulator, a demo city, staff and a meeting."""
    from config.demo.run import run_demo
    from config.demo.story import play

    if once:
        sys.exit(0 if run(play(as_json=as_json)) else 1)
    run(run_demo())


@click.group()
def users() -> None:
    """Accounts of staff, interpreters and administrators."""


async def _with_accounts(work: Any) -> Any:
    from config.migrations.runner import open_database
    from core.accounts import Accounts

    database = await open_database(settings().database)
    accounts = Accounts(database, SystemClock())
    try:
        return await work(accounts, database)
    finally:
        accounts.close()
        await database.close()


def _password() -> tuple[str, bool]:
    """From the terminal, twice; in a script from stdin's first line, or a random one (True) to be shown."""
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True)), False
    given = sys.stdin.readline().rstrip("\n")
    return (given, False) if given else (secrets.token_urlsafe(12), True)


def _check_department(department: str) -> None:
    from bot.city import read_city

    known = read_city(settings().city_dir).departments
    if department not in known:
        raise InvalidInput(f"The city has no department “{department[:40]}” but {', '.join(sorted(known))}.")


@users.command("add")
@click.argument("name")
@click.option("--role", required=True, metavar="staff|interpreter|admin", help="What the account may do.")
@click.option("--display-name", default="", help="What colleagues and residents see.")
@click.option("--department", default="", help="Id of the department, as in city.toml.")
@json_option
def add_user(name: str, role: str, display_name: str, department: str, as_json: bool) -> None:
    """Add an account. The password is asked for, read from stdin, or made up and shown."""
    if department:
        _check_department(department)
    password, made_up = _password()

    async def work(accounts: Accounts, database: Database) -> Account:
        return await accounts.add(name, password, role=role, display_name=display_name, department=department)

    account = run(_with_accounts(work))
    if as_json:
        say(dataclasses.asdict(account) | ({"password": password} if made_up else {}))
        return
    click.echo(f"Added {account.name} ({account.role}).")
    if made_up:
        click.echo(f"The password is {password}")


@users.command()
@click.argument("name")
def passwd(name: str) -> None:
    """Give an account a new password, and log it out everywhere."""
    password, made_up = _password()

    async def work(accounts: Accounts, database: Database) -> int:
        from core.web.sessions import end_sessions

        return await end_sessions(database, (await accounts.change_password(name, password)).id)

    ended = run(_with_accounts(work))
    click.echo(f"The password of {name} is changed{f' to {password}' if made_up else ''}.")
    if ended:
        click.echo(f"Logged out from {ended} places.")


@users.command("list")
@json_option
def list_users(as_json: bool) -> None:
    """Show all accounts."""
    found = run(_with_accounts(lambda accounts, database: accounts.list()))
    if as_json:
        say([dataclasses.asdict(account) for account in found])
        return
    for account in found:
        click.echo(f"{account.name:<20} {account.role:<12} {account.display_name:<20} {account.department}")


@click.group()
def db() -> None:
    """The database."""


@asynccontextmanager
async def _database() -> AsyncIterator[Database]:
    from core.database import Database

    database = Database(settings().database)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


@db.command("upgrade")
def upgrade_database() -> None:
    """Bring the tables to the newest revision."""
    before, after = run(_upgrade())
    click.echo(
        f"The database is at revision {after}." if before == after else f"Upgraded {before} → {after}."
    )


async def _upgrade() -> tuple[str | None, str | None]:
    from config.migrations.runner import upgrade

    async with _database() as database:
        return await upgrade(database)


@db.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    """Write a consistent copy of a SQLite database, also while the service runs."""

    async def work() -> None:
        async with _database() as database:
            await database.backup(file)

    run(work())
    click.echo(f"Wrote {file}.")


@db.command("check")
@json_option
def check_database(as_json: bool) -> None:
    """Check the database for damage and its revision."""

    async def work() -> tuple[list[str], bool]:
        from config.migrations.runner import is_current

        async with _database() as database:
            damage = await database.check()
            return damage, bool(damage) or await is_current(database)

    problems, current = run(work())
    if not current:
        problems.append("The tables are not at the newest revision; run `madoguchi db upgrade`.")
    if as_json:
        say({"problems": problems})
    if problems:
        raise AppError("; ".join(problems))
    if not as_json:
        click.echo("The database is sound.")


@click.command("settings")
@json_option
def show_settings(as_json: bool) -> None:
    """Show the effective settings, secrets masked."""
    shown = settings().masked()
    if as_json:
        say(shown)
        return
    from core.words import flatten

    for name, value in flatten(shown).items():
        click.echo(f"MADOGUCHI_{name.upper().replace('.', '__')}={'' if value is None else value}")
