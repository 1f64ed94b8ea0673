"""`glossary`: the city's words on the command line."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from config.commands.shell import json_option, say, settings
from core.errors import InvalidInput

if TYPE_CHECKING:
    from translation.glossary import TermUse

file_option = click.option(
    "--file", "file", type=click.Path(path_type=Path), help="Another file than the city's own glossary.csv."
)


@click.group()
def glossary() -> None:
    """The words that the city wants used in translations, and those that it does not."""


def _path(file: Path | None) -> Path:
    return file or settings().city_dir / "glossary.csv"


@glossary.command()
@file_option
@json_option
def check(file: Path | None, as_json: bool) -> None:
    """Read the glossary and show its mistakes, and how many terms each language has."""
    from translation.glossary import examine_glossary

    found, mistakes = examine_glossary(_path(file))
    if as_json:
        say(
            {
                "terms": len(found.terms),
                "languages": dict(found.languages()),
                "mistakes": [dataclasses.asdict(mistake) for mistake in mistakes],
            }
        )
    else:
        for tag, number in found.languages().items():
            click.echo(f"{tag:<8} {number:>5} terms")
        for mistake in mistakes:
            click.echo(mistake.sentence)
    if mistakes:
        how_many = f"{len(mistakes)} mistakes" if len(mistakes) > 1 else "a mistake"
        raise InvalidInput(f"The glossary has {how_many}; correct the file and check again.")


@glossary.command()
@click.option("--from", "source", required=True, metavar="TAG", help="Language of the text, such as ja.")
@click.option("--to", "target", required=True, metavar="TAG", help="Language of the translation.")
@click.argument("text")
@file_option
@json_option
def terms(text: str, source: str, target: str, file: Path | None, as_json: bool) -> None:
    """Show the terms of TEXT and what a translation must call them."""
    from translation.glossary import read_glossary
    from translation.languages import language

    tags = language(source).model_tag, language(target).model_tag
    for use in read_glossary(_path(file)).terms_in(text, *tags):
        shown = _use(use, tags[1])
        if as_json:
            say(shown)
            continue
        doubt = "" if use.required else "  (part of a longer name: not required)"
        also = f"  also: {'; '.join(shown['also'])}" if shown["also"] else ""
        never = f"  not: {'; '.join(shown['forbidden'])}" if shown["forbidden"] else ""
        click.echo(f"{use.wording} → {'; '.join(use.expected)}{also}{never}{doubt}")


def _use(use: TermUse, target: str) -> dict[str, Any]:
    return {
        "text": use.wording,
        "start": use.start,
        "end": use.end,
        "row": use.term.row,
        "expected": list(use.expected),
        "also": list(use.term.also.get(target, ())),
        "forbidden": list(use.term.forbidden.get(target, ())),
        "required": use.required,
        "note": use.term.note,
    }
