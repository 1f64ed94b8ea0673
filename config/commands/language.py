"""`detect`, `translate`, `models`."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path
from typing import Any

import click

from config.commands.shell import json_option, progress, read_text, run, say, settings
from core.errors import AppError, InvalidInput


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
    from config.assembly import open_translator, prepare_models

    found = settings()
    await prepare_models(found, progress())
    translator = open_translator(found)
    try:
        together = (translator.translate(line, source=source, target=target, lane="bulk") for line in lines)
        for result in await asyncio.gather(*together):
            _show(result, as_json)
    finally:
        await translator.close()


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
        }
    )


def _fact(fact: Any) -> dict[str, str]:
    return {"kind": fact.kind, "text": fact.text, "value": fact.value}


@click.group()
def models() -> None:
    """The translation models on this machine."""


def _model(info: Any) -> dict[str, Any]:
    shown = dataclasses.asdict(info)
    return {**shown, "pair": "-".join(info.pair), "path": str(info.path), "scores": dict(info.scores)}


def _list(infos: list[Any], as_json: bool) -> None:
    if as_json:
        say([_model(info) for info in infos])
        return
    for info in infos:
        pair, size = " → ".join(info.pair), f"{info.size_bytes / 1e6:.1f} MB"
        click.echo(
            f"{pair:<16} {info.engine:<8} {info.version:<14} {size:>9}  {info.state:<10} {info.licence}"
        )


@models.command("list")
@json_option
def list_models(as_json: bool) -> None:
    """Show the models and what they are made of."""
    from translation.packages import ModelStore

    _list(ModelStore(settings().models_folder).list(), as_json)


@models.command("import")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--installed", is_flag=True, help="Take over what Argos's own tools installed for this user.")
@json_option
def import_model(file: Path | None, installed: bool, as_json: bool) -> None:
    """Install an Argos package from a FILE."""
    from translation.packages import ModelStore

    if (file is None) == (not installed):
        raise InvalidInput("Give the path of an .argosmodel file, or --installed.")
    store = ModelStore(settings().models_folder)
    _list(store.import_installed() if file is None else [store.import_file(file)], as_json)


@models.command()
@json_option
def verify(as_json: bool) -> None:
    """Compare every file of every model with its SHA-256."""
    from translation.packages import ModelStore

    infos = ModelStore(settings().models_folder).verify()
    _list(infos, as_json)
    broken = [info for info in infos if info.state == "broken"]
    if broken:
        names = ", ".join(f"{info.engine} {'-'.join(info.pair)}" for info in broken)
        raise AppError(f"These models are damaged: {names}; delete their folders and import them again.")


@models.command()
def prepare() -> None:
    """Unpack the starter models and index the city's articles, so that the first start is quick."""
    from config.assembly import open_counter, prepare_models

    async def work() -> None:
        found = settings()
        await prepare_models(found, progress())
        async with open_counter(found, progress=progress()):
            pass

    run(work())
