"""`safety`: how well danger is found in residents' messages."""

from __future__ import annotations

import click

from config.commands.shell import json_option, read_text, say, settings


@click.group()
def safety() -> None:
    """Emergencies and urgent messages."""


@safety.command()
@click.argument("file")
@click.option("--show", is_flag=True, help="Print the sentences that were taken for something else.")
@json_option
def evaluate(file: str, show: bool, as_json: bool) -> None:
    """Measure on labelled sentences: lines “TAG<TAB>TEXT<TAB>emergency|urgent|calm<TAB>TOPIC”."""
    from bot.city import read_city
    from bot.safety.evaluation import evaluate as measure
    from bot.safety.evaluation import read_rows

    triggers = read_city(settings().city_dir).triggers
    rows = read_rows(read_text(file))
    figures = measure(rows, {row[1]: triggers.alarm(row[1]) for row in rows})
    if as_json:
        say({language: dict(found.rates()) for language, found in figures.items()})
        return
    click.echo(f"{'language':<10}{'danger':>8}{'found':>8}{'kind':>8}{'topic':>8}{'calm':>8}{'false':>8}")
    for language, found in figures.items():
        rates = found.rates()
        click.echo(
            f"{language:<10}{rates['danger']:>8}{rates['found']:>8.3f}{rates['right_kind']:>8.3f}"
            f"{rates['right_topic']:>8.3f}{rates['calm']:>8}{rates['false_alarms']:>8.3f}"
        )
    if show:
        for text, label, made in figures["all"].wrong:
            click.echo(f"{label} taken for {made}: {text}")
