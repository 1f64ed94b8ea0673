"""`forms`: the city's forms on the command line."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from config.commands.shell import json_option, say, settings
from core.clock import SystemClock
from core.errors import InvalidInput


@click.group()
def forms() -> None:
    """The forms that residents fill in by chat."""


@forms.command()
@click.option("--folder", type=click.Path(path_type=Path), help="Another folder than the city's own forms.")
@json_option
def check(folder: Path | None, as_json: bool) -> None:
    """Read the forms and show their mistakes: missing languages, unreachable questions, bad bounds, unknown
    departments."""
    from bot.city import read_city
    from bot.forms.checking import check_forms, warnings
    from bot.forms.reading import read_forms
    from config.names import own_names

    city_dir = settings().city_dir
    city = read_city(city_dir)
    found = read_forms(folder or city_dir / "forms", city.languages, own_names())
    mistakes = check_forms(found, city, today=SystemClock().now().astimezone(city.hours.zone).date())
    ugly = warnings(found)
    if as_json:
        say(
            {
                "forms": [
                    {"id": form.id, "fields": len(form.fields), "languages": sorted(form.title)}
                    for form in found.values()
                ],
                "mistakes": [dataclasses.asdict(mistake) for mistake in mistakes],
                "warnings": [dataclasses.asdict(mistake) for mistake in ugly],
            }
        )
    else:
        for form in found.values():
            click.echo(f"{form.id:<24} {len(form.fields):>2} questions  {len(form.title):>2} languages")
        for mistake in mistakes:
            where = f"{mistake.form}.{mistake.field}" if mistake.field else mistake.form
            click.echo(f"{where}: {mistake.sentence}")
        if ugly:
            click.echo(f"{len(ugly)} labels are cut on buttons; --json lists them.", err=True)
    if mistakes:
        how_many = f"{len(mistakes)} mistakes" if len(mistakes) > 1 else "a mistake"
        raise InvalidInput(f"The forms have {how_many}; correct the files and check again.")
