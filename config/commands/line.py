"""`madoguchi line …`: what is set up at LINE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from config.commands.shell import json_option, run, say
from config.commands.shell import settings as read

if TYPE_CHECKING:
    from config.settings import Settings


@click.group()
def line() -> None:
    """What is set up at LINE."""


@line.command()
@click.argument("what", type=click.Choice(["apply", "remove", "draw"]))
@click.option("--to", type=click.Path(file_okay=False), default="menus", help="Folder for `draw`.")
@json_option
def richmenu(what: str, to: str, as_json: bool) -> None:
    """Make (apply), take away (remove) or only draw the menus under the chat, one for each language."""
    settings = read()
    done = (
        run({"apply": _apply, "remove": _remove}[what](settings)) if what != "draw" else _draw(settings, to)
    )
    if as_json:
        say(done)
    else:
        click.echo(", ".join(f"{name}: {_shown(value)}" for name, value in done.items()))


def _shown(value: Any) -> str:
    return (" ".join(value) or "none") if isinstance(value, (list, tuple)) else str(value)


async def _apply(settings: Settings) -> dict[str, Any]:
    from contextlib import AsyncExitStack

    from config.menus import apply_menus, open_menus
    from config.migrations.runner import open_database

    async with AsyncExitStack() as stack:
        menus = await stack.enter_async_context(open_menus(settings))
        database = await open_database(settings.database)
        stack.push_async_callback(database.close)
        applied = await apply_menus(settings, menus, database)
    return {
        "made": list(applied.made),
        "kept": list(applied.kept),
        "deleted": applied.deleted,
        "linked": applied.linked,
    }


async def _remove(settings: Settings) -> dict[str, Any]:
    from config.menus import open_menus

    async with open_menus(settings) as menus:
        return {"deleted": await menus.remove()}


def _draw(settings: Settings, to: str) -> dict[str, Any]:
    from pathlib import Path

    from config.menus import draw_menus

    return {"drawn": draw_menus(settings, Path(to))}
