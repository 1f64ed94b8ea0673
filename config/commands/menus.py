"""`menus`: the menus under the chat, one for each language."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from config.commands.shell import json_option, run, say
from config.commands.shell import settings as read

if TYPE_CHECKING:
    from config.settings import Settings


@click.group()
def menus() -> None:
    """The menus under the chat, one for each language: pictures with areas to tap, drawn here and kept at LINE."""


@menus.command()
@json_option
def apply(as_json: bool) -> None:
    """Draw the menus, give LINE those that are new or have changed, and show every resident theirs. Do this once when
    the channel is set up, and again after the words in phrases/menu were changed."""
    done = run(_apply(read()))
    if as_json:
        say(done)
        return
    click.echo(f"new or changed: {_listed(done['made'])}")
    click.echo(f"as before:      {_listed(done['kept'])}")
    click.echo(f"{done['linked']} residents see theirs; {done['deleted']} old menus were deleted.")


@menus.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@json_option
def draw(folder: Path, as_json: bool) -> None:
    """Only draw the pictures into FOLDER, to look at them. LINE is not asked."""
    from config.menus import draw_menus

    names = draw_menus(read(), folder)
    if as_json:
        say({"folder": str(folder), "drawn": names})
    else:
        click.echo(f"{len(names)} pictures in {folder}: {_listed(names)}")


@menus.command()
@json_option
def remove(as_json: bool) -> None:
    """Take the menus away from LINE; residents then have none."""
    deleted = run(_remove(read()))
    if as_json:
        say({"deleted": deleted})
    else:
        click.echo(f"{deleted} menus were deleted.")


@menus.command()
@json_option
def show(as_json: bool) -> None:
    """Show which languages have a menu at LINE."""
    rows = run(_show(read()))
    if as_json:
        say({"menus": rows})
        return
    for row in rows:
        click.echo(f"{row['language']:<8} {row['id'] or 'none; run `madoguchi menus apply`'}")


def _listed(names: list[str]) -> str:
    return " ".join(names) or "none"


async def _apply(settings: Settings) -> dict[str, Any]:
    from contextlib import AsyncExitStack

    from config.menus import apply_menus, open_menus
    from config.migrations.runner import open_database

    async with AsyncExitStack() as stack:
        made = await stack.enter_async_context(open_menus(settings))
        database = await open_database(settings.database)
        stack.push_async_callback(database.close)
        applied = await apply_menus(settings, made, database)
    return {
        "made": list(applied.made),
        "kept": list(applied.kept),
        "deleted": applied.deleted,
        "linked": applied.linked,
    }


async def _remove(settings: Settings) -> int:
    from config.menus import open_menus

    async with open_menus(settings) as made:
        return await made.remove()


async def _show(settings: Settings) -> list[dict[str, str]]:
    from bot.city import read_city
    from config.menus import open_menus

    languages = read_city(settings.city_dir).languages
    async with open_menus(settings) as made:
        there = await made.there(languages)
    return [
        {"language": tag, "id": menu.id if menu else "", "name": menu.name if menu else ""}
        for tag, menu in there.items()
    ]
