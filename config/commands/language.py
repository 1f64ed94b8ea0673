"""`detect` and `translate`."""

from __future__ import annotations

import asyncio
from typing import Any

import click

from config.commands.shell import json_option, progress, read_text, run, say, settings
from core.errors import InvalidInput


@click.command()
@click.argument("text", required=False)
@click.option("--file", "file", help="One text on each line; - for stdin.")
@json_option
def detect(text: str | None, file: str | None, as_json: bool) -> None:
    """Tell the language of TEXT, or of each line of a file."""
    from translation.detection import Detector

    settings()
    if (text is None) == (file is None):
        raise InvalidInput("Give a text, or a file with --file.")
    lines = [text] if text is not None else read_text(str(file)).splitlines()
    detector = Detector()
    for line in lines:
        found = detector.detect(line or "")
        answer = {"language": found.language, "confidence": round(found.confidence, 4)}
        if as_json:
            say(answer)
        else:
            click.echo(f"{found.language}\t{found.confidence:.2f}")


@click.command()
@click.option("--from", "source", required=True, metavar="TAG", help="Language of the text, such as ja.")
@click.option("--to", "target", required=True, metavar="TAG", help="Language to translate into.")
@click.argument("text", required=False)
@json_option
def translate(source: str, target: str, text: str | None, as_json: bool) -> None:
    """Translate TEXT, or each line of stdin with "-"."""
    lines = (read_text("-") if text in (None, "-") else str(text)).splitlines() or [""]
    run(_translate(lines, source, target, as_json))


async def _translate(lines: list[str], source: str, target: str, as_json: bool) -> None:
    from config.opening import open_translator

    async with open_translator(settings(), progress()) as translator:
        together = (translator.translate(line, source=source, target=target, lane="bulk") for line in lines)
        for result in await asyncio.gather(*together):
            _show(result, as_json)


def _show(result: Any, as_json: bool) -> None:
    if not as_json:
        click.echo(result.text)
        return
    say(
        {
            "text": result.text,
            "source_text": result.source_text,
            "route": list(result.route),
            "engine": result.engine,
            "confidence": round(result.confidence, 4),
            "flags": list(result.flags),
            "facts": {
                "kept": [_fact(fact) for fact in result.kept],
                "lost": [_fact(fact) for fact in result.lost],
            },
            "terms": {
                "kept": [_term(term) for term in result.terms_kept],
                "lost": [_term(term) for term in result.terms_lost],
            },
        }
    )


def _fact(fact: Any) -> dict[str, str]:
    return {"kind": fact.kind, "text": fact.text, "value": fact.value}


def _term(term: Any) -> dict[str, str]:
    return {"text": term.text, "expected": term.expected}
