"""`memory`: the translation memory on the command line."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Awaitable, Callable
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from config.commands.shell import json_option, progress, run, say, settings

if TYPE_CHECKING:
    from translation.memory import Memory, Unit
    from translation.memory.exchange import Imported

Result = TypeVar("Result")

from_option = click.option("--from", "source", default="", metavar="TAG", help="Language of the source text.")
to_option = click.option("--to", "target", default="", metavar="TAG", help="Language of the translation.")


@click.group()
def memory() -> None:
    """What people translated before, used again for the same words."""


def _with_memory(work: Callable[[Memory], Awaitable[Result]]) -> Result:
    """Run `work` on the memory. Its index stays empty; a running service sees what changed by its own look."""

    async def do() -> Result:
        from config.migrations.runner import open_database
        from core.bus import LocalBus
        from core.clock import SystemClock
        from core.tasks import Tasks
        from translation.memory import Memory

        database = await open_database(settings().database)
        opened = Memory(database, LocalBus(), SystemClock(), Tasks())
        try:
            return await work(opened)
        finally:
            await opened.close()
            await database.close()

    return run(do())


def _check_tags(*tags: str) -> None:
    from translation.languages import language

    for tag in filter(None, tags):
        language(tag)


@memory.command("import")
@click.argument("file", metavar="FILE.tmx", type=click.Path(path_type=Path))
@click.option(
    "--author", default="", metavar="NAME", help="Who counts as the author where the file names nobody."
)
@json_option
def import_file(file: Path, author: str, as_json: bool) -> None:
    """Learn the units of a TMX file. A broken file changes nothing."""

    async def work(opened: Memory) -> Imported:
        from translation.memory.exchange import import_tmx

        return await import_tmx(opened, file, author=author, progress=progress())

    imported = _with_memory(work)
    count = imported.count
    if as_json:
        say(dataclasses.asdict(count) | {"written": imported.written})
        return
    click.echo(f"Read {_units(count.units)}, learnt {imported.written}.")
    for line in _skipped(imported):
        click.echo(line)


def _units(count: int) -> str:
    return "1 unit" if count == 1 else f"{count} units"


def _skipped(imported: Imported) -> list[str]:
    count = imported.count
    lines = []
    if older := count.taken - imported.written:
        lines.append(f"{older} were there already in the same or a newer form.")
    if count.languages_not_served:
        languages = ", ".join(
            f"{tag or '(none)'} ({number})" for tag, number in count.languages_not_served.items()
        )
        lines.append(f"Skipped texts in languages that are not served: {languages}.")
    for number, what in (
        (count.too_long, "texts that are too long"),
        (count.empty, "texts without words"),
        (count.alone, "units without a text in two served languages"),
    ):
        if number:
            lines.append(f"Skipped {number} {what}.")
    return lines


@memory.command("export")
@click.argument("file", metavar="FILE.tmx|-")
@from_option
@to_option
@click.option(
    "--origin", type=click.Choice(["human", "machine"]), help="Only what people, or machines, wrote."
)
@json_option
def export_file(file: str, source: str, target: str, origin: Any, as_json: bool) -> None:
    """Write units to a TMX file, or to stdout."""
    _check_tags(source, target)
    if file == "-" and as_json:
        raise click.UsageError("With “-” the file itself goes to stdout; leave --json out.")
    version = metadata.version("madoguchi")

    async def work(opened: Memory) -> int:
        from translation.memory.exchange import export_tmx
        from translation.memory.tmx import write_tmx

        if file == "-":
            units = opened.units(source=source, target=target, origin=origin)
            return await write_tmx(units, sys.stdout.buffer, version=version)
        return await export_tmx(
            opened, Path(file), source=source, target=target, origin=origin, version=version
        )

    written = _with_memory(work)
    if as_json:
        say({"file": file, "units": written})
    else:
        click.echo(f"Wrote {_units(written)}.", err=file == "-")


@memory.command("list")
@click.argument("words", nargs=-1)
@from_option
@to_option
@click.option("--after", default="", metavar="ID", help="Go on after this unit.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 500))
@json_option
def list_units(
    words: tuple[str, ...], source: str, target: str, after: str, limit: int, as_json: bool
) -> None:
    """Show units, the newest first; with WORDS only those that have all of them."""
    _check_tags(source, target)

    async def work(opened: Memory) -> list[Unit]:
        return await opened.search(
            words=" ".join(words), source=source, target=target, after=after, limit=limit
        )

    found = _with_memory(work)
    if as_json:
        say([_shown(unit) for unit in found])
        return
    for unit in found:
        click.echo(f"{unit.id}  {unit.source}→{unit.target}  {_who(unit)}")
        click.echo(f"    {unit.source_text}\n    {unit.target_text}")


def _who(unit: Unit) -> str:
    return "  ".join(filter(None, (unit.origin, unit.author, f"{unit.updated_at:%Y-%m-%d}", unit.came_from)))


def _shown(unit: Unit) -> dict[str, Any]:
    times = {"created_at": unit.created_at.isoformat(), "updated_at": unit.updated_at.isoformat()}
    return dataclasses.asdict(unit) | times


@memory.command("forget")
@click.argument("id")
@json_option
def forget_unit(id: str, as_json: bool) -> None:
    """Erase a unit; its ID is shown by `memory list`."""

    async def work(opened: Memory) -> None:
        await opened.forget(id)

    _with_memory(work)
    if as_json:
        say({"forgotten": id})
    else:
        click.echo("Forgotten.")
