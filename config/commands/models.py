"""`models`: the translation models on this machine."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from config.commands.shell import json_option, progress, run, say, settings
from core.errors import AppError, InvalidInput, NotFound

if TYPE_CHECKING:
    from rich.console import Console

    from translation.packages import ModelInfo, ModelStore
    from translation.packages.installing import Installed, InstallOptions, Plan
    from translation.packages.served import Served, Use, Way

PIPE_WIDTH = 240  # columns of a table that goes into a file or a pipe

ENGINES = click.Choice(["argos", "firefox"])


@click.group()
def models() -> None:
    """The translation models on this machine."""


def _store() -> ModelStore:
    from translation.packages import ModelStore

    return ModelStore(settings().models_folder)


def _uses(infos: Sequence[ModelInfo]) -> list[Use]:
    from translation.packages.served import uses
    from translation.routes import measured_quality

    return uses(infos, measured_quality())


def _model(info: ModelInfo, use: Use) -> dict[str, Any]:
    return {
        "pair": "-".join(info.pair),
        "pairs": ["-".join(pair) for pair in info.pairs],
        "engine": info.engine,
        "version": info.version,
        "path": str(info.path),
        "size_bytes": info.size_bytes,
        "sha256": info.sha256,
        "licence": info.licence,
        "scores": _scores(info),
        "state": info.state,
        "origin": info.origin,
        "pin": info.pin,
        "problem": info.problem,
        "use": {"best_in": use.best_in, "pairs": use.pairs, "by": use.by},
    }


def _scores(info: ModelInfo) -> dict[str, float]:
    """The model's own figures, and what was published for the engine's best model of the pair. The starter models
    are smaller than those that were measured."""
    from translation.routes import Candidate, measured_quality

    published = None
    if info.origin != "starter":
        published = measured_quality().measured(Candidate(0, info.engine, info.version, info.pair))
    return {**({} if published is None else {"flores_comet": published}), **info.scores}


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)


def _show_models(infos: Sequence[ModelInfo]) -> None:
    from rich.table import Table

    if not infos:
        click.echo("No model is installed; `madoguchi models prepare` unpacks the starter models.")
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("PAIR", "ENGINE", "VERSION"):
        table.add_column(heading, no_wrap=True)
    table.add_column("SIZE", justify="right", no_wrap=True)
    for heading in ("STATE", "USE", "LICENCE", "SCORES"):
        table.add_column(heading)
    for info, use in zip(infos, _uses(infos), strict=True):
        pairs = " → ".join(info.pair) if len(info.pairs) == 1 else f"{len(info.pairs)} pairs"
        scores = ", ".join(f"{name} {value:g}" for name, value in _scores(info).items())
        size = f"{info.size_bytes / 1e6:.1f} MB"
        table.add_row(
            pairs, info.engine, info.version, size, info.state, _use(info, use), info.licence, scores
        )
    _console().print(table)


def _use(info: ModelInfo, use: Use) -> str:
    if info.state != "ready":
        return info.problem or "run `madoguchi models prepare`" if info.state == "available" else info.problem
    if use.best_in == use.pairs:
        return "in use"
    if use.best_in:
        return f"in use for {use.best_in} of {use.pairs} pairs"
    return f"outranked by {use.by}"


def _show_languages(rows: Sequence[Served]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("TAG", "LANGUAGE", "OWN NAME", "FROM JAPANESE", "TO JAPANESE"):
        table.add_column(heading, no_wrap=heading in ("TAG", "OWN NAME"))
    for row in rows:
        table.add_row(row.tag, row.english_name, row.own_name, _way(row.from_ja), _way(row.to_ja))
    _console().print(table)


def _way(way: Way) -> str:
    if way.reach == "missing":
        return f"missing — madoguchi models install {' '.join(way.install)}"
    said = {
        "direct": f"direct, {' + '.join(dict.fromkeys(way.engines))}",
        "pivot": f"via English, {' + '.join(dict.fromkeys(way.engines))}",
        "human_only": "human-only",
        "same": "read as Japanese",
        "unpublished": "missing — nobody publishes a model; import one",
    }
    return said[way.reach]


def _language(row: Served) -> dict[str, Any]:
    def way(found: Way) -> dict[str, Any]:
        return {
            "reach": found.reach,
            "route": list(found.route),
            "engines": list(found.engines),
            "install": list(found.install),
        }

    return {
        "tag": row.tag,
        "english_name": row.english_name,
        "own_name": row.own_name,
        "from_ja": way(row.from_ja),
        "to_ja": way(row.to_ja),
    }


@models.command("list")
@json_option
def list_models(as_json: bool) -> None:
    """Show the models, and how each language served is reached."""
    from translation.packages.served import served
    from translation.routes import measured_quality

    infos = _store().list()
    languages = served(infos, measured_quality())
    if as_json:
        rows = [_model(info, use) for info, use in zip(infos, _uses(infos), strict=True)]
        say({"models": rows, "languages": [_language(row) for row in languages]})
        return
    _show_models(infos)
    click.echo()
    _show_languages(languages)


@models.command("import")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--installed", is_flag=True, help="Take over what Argos's own tools installed for this user.")
@json_option
def import_model(file: Path | None, installed: bool, as_json: bool) -> None:
    """Install a model from a FILE or folder: an Argos package, Firefox files, or a model with a model.toml."""
    if (file is None) == (not installed):
        raise InvalidInput("Give the path of an .argosmodel file or a folder, or --installed.")
    store = _store()
    _list(store.import_installed() if file is None else [store.import_file(file)], as_json)


def _list(infos: Sequence[ModelInfo], as_json: bool) -> None:
    if as_json:
        say([_model(info, use) for info, use in zip(infos, _uses(infos), strict=True)])
    else:
        _show_models(infos)


@models.command()
@json_option
def verify(as_json: bool) -> None:
    """Compare every file of every model with its SHA-256."""
    infos = _store().verify(progress() if sys.stderr.isatty() else lambda what, done, total: None)
    _list(infos, as_json)
    broken = [info.path.name for info in infos if info.state == "broken"]
    if broken:
        raise AppError(
            f"These models are damaged: {', '.join(broken)}; remove each with `madoguchi models remove NAME` and "
            "install it again."
        )


@models.command()
@click.argument("model", metavar="PAIR")
@click.option("--engine", default="", help="Which one, where there are several.")
@click.option("--version", default="", help="Which one, where there are several.")
@json_option
def remove(model: str, engine: str, version: str, as_json: bool) -> None:
    """Take a model away: PAIR is its languages, such as en-ja, or the name of its folder."""
    from translation.packages.installing import read_pair

    store = _store()
    named = [info for info in store.installed() if info.path.name == model]
    info = named[0] if named else store.find(read_pair(model), engine=engine, version=version)
    store.remove(info)
    if as_json:
        say({"removed": info.path.name})
    else:
        click.echo(f"removed {info.path.name}")


@models.command()
@click.argument("pairs", nargs=-1, metavar="PAIR...")
@click.option("--engine", type=ENGINES, help="Take this engine's model instead of the best measured one.")
@click.option("--all-served", is_flag=True, help="Everything to and from Japanese that the sources have.")
@click.option("--starter", is_flag=True, help="Bring back the project's own small model; needs no network.")
@click.option("--sha256", default="", metavar="HEX", help="What the SHA-256 of the one package must be.")
@json_option
def install(
    pairs: tuple[str, ...], engine: str | None, all_served: bool, starter: bool, sha256: str, as_json: bool
) -> None:
    """Fetch and install the models for each PAIR, such as en-ja or ja-pt-BR."""
    from translation.packages.installing import read_pair, served_pairs

    if bool(pairs) == all_served:
        raise InvalidInput("Say which languages, such as en-ja, or --all-served.")
    if starter and (engine or all_served or sha256):
        raise InvalidInput("--starter goes with pairs only.")
    wanted = served_pairs() if all_served else [read_pair(pair) for pair in pairs]
    if starter:
        store = _store()
        _list([store.restore_starter(pair) for pair in wanted], as_json)
        return
    done = run(_install(wanted, engine or "", _digest(sha256), every=all_served, as_json=as_json))
    if as_json:
        infos = [one.info for one in done]
        shown = zip(done, infos, _uses(infos), strict=True)
        say([{**_model(info, use), "outcome": one.outcome} for one, info, use in shown])


def _digest(text: str) -> str:
    digest = text.strip().lower().removeprefix("sha256:")
    if digest and (len(digest) != 64 or set(digest) - set("0123456789abcdef")):
        raise InvalidInput("--sha256 must be 64 hexadecimal digits.")
    return digest


def _options() -> InstallOptions:
    from translation.packages.installing import InstallOptions

    found = settings().translation
    return InstallOptions(
        argos_index=found.argos_index,
        firefox_records=found.firefox_records,
        firefox_attachments=found.firefox_attachments,
        max_model_bytes=found.max_model_mb << 20,
    )


async def _install(
    wanted: Sequence[tuple[str, str]], engine: str, sha256: str, *, every: bool, as_json: bool
) -> list[Installed]:
    from translation.packages.installing import Installer

    done: list[Installed] = []
    async with Installer(_store(), _options()) as installer:
        offers = await installer.offers(engine)
        plans = []
        for pair in wanted:
            try:
                plans.append(installer.plan(pair, offers))
            except NotFound as error:
                if not every:
                    raise
                _note(str(error))
        steps = _steps(plans)
        if sha256 and (len(steps) != 1 or len(steps[0].offer.files) != 1):
            raise InvalidInput("--sha256 goes with one Argos package; give one pair and --engine argos.")
        for step in steps:
            with _bar(step.offer.title, shown=not as_json and step.here is None) as fetched:
                done.append(await installer.carry_out(step, fetched, sha256=sha256))
            _report(step.offer.title, done[-1], as_json)
    return done


def _steps(plans: Sequence[Plan]) -> list[Any]:
    """The steps of all plans, each once; says which pairs go through English."""
    for plan in plans:
        if len(plan.steps) > 1:
            hops = ", ".join(f"{step.offer.pair[0]} → {step.offer.pair[1]}" for step in plan.steps)
            _note(f"No model leads straight from {plan.pair[0]} to {plan.pair[1]}; it takes {hops}.")
    return list({step.offer: step for plan in plans for step in plan.steps}.values())


def _report(title: str, one: Installed, as_json: bool) -> None:
    if one.outcome == "already":
        if not as_json:
            click.echo(f"{one.info.path.name} is installed already")
        return
    if not as_json:
        click.echo(f"installed {one.info.path.name} ({one.info.size_bytes / 1e6:.1f} MB, {one.info.licence})")
    if not one.info.pin:
        _note(
            f"Nobody told the SHA-256 of {title} beforehand. The file that came has {one.info.sha256}; from now on "
            "it is compared with that. Compare it once with a second source."
        )


def _note(sentence: str) -> None:
    click.echo(sentence, err=True)


@contextmanager
def _bar(title: str, *, shown: bool) -> Iterator[Callable[[str, int, int], None]]:
    """A bar on stderr where that is a terminal; one line where it is not; nothing where `shown` is false."""
    if not shown:
        yield lambda what, done, total: None
        return
    if not sys.stderr.isatty():
        _note(f"fetching {title}")
        yield lambda what, done, total: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(title, total=None)
        yield lambda what, done, total: bars.update(task, completed=done, total=total or None)


@models.command()
def prepare() -> None:
    """Unpack the starter models and index the city's articles, so that the first start is quick."""
    from config.opening import open_understanding, prepare_models

    async def work() -> None:
        found = settings()
        await prepare_models(found, progress())
        async with open_understanding(found, progress=progress()):
            pass

    run(work())
