"""`ask`: what the bot would answer."""

from __future__ import annotations

from typing import Any

import click

from config.commands.shell import json_option, labelled, progress, read_text, run, say, settings
from core.errors import InvalidInput


@click.command()
@click.argument("text", required=False)
@click.option(
    "--language", default="", metavar="TAG", help="The resident's language; found out if not given."
)
@click.option("--file", "file", help="Lines “TAG<TAB>TEXT”; one JSON line for each. - for stdin.")
@json_option
def ask(text: str | None, language: str, file: str | None, as_json: bool) -> None:
    """Show what the bot would answer to TEXT. Nothing is stored or sent."""
    if (text is None) == (file is None):
        raise InvalidInput("Give a question, or a file with --file.")
    if file is not None:
        run(_ask_all(labelled(read_text(file), columns=2)))
    else:
        answer = run(_ask(str(text), language))
        if as_json:
            say(answer)
        else:
            click.echo(answer["text"])


async def _ask(text: str, language: str) -> dict[str, Any]:
    from config.opening import open_understanding

    if language:
        from translation.languages import language as served

        language = served(language).tag
    async with open_understanding(settings(), progress=progress()) as counter:
        return await counter.consider(text, language=language)


async def _ask_all(rows: list[list[str]]) -> None:
    from config.opening import open_understanding

    async with open_understanding(settings(), progress=progress()) as counter:
        for tag, text, *_ in rows:
            say(await counter.consider(text, language=tag))
