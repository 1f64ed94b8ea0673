"""What commands share: running a coroutine, printing results, reading input."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from core.errors import InvalidInput

if TYPE_CHECKING:
    from config.settings import Settings

Result = TypeVar("Result")

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end, on uvloop where there is one."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run(work)
    return uvloop.run(work)


def settings(*, quiet_logs: bool = True, **overrides: Any) -> Settings:
    """The settings, with logs set up. A command for people shows errors only."""
    from config.settings import read_settings
    from core import log

    found = read_settings(**overrides)
    log.set_up(level="ERROR" if quiet_logs else found.log.level, json=found.log.json_lines)
    return found


def say(value: Any) -> None:
    """One JSON document on a line of its own, at once."""
    click.echo(json.dumps(value, ensure_ascii=False))
    sys.stdout.flush()


def read_text(path: str) -> str:
    """A text file, or stdin for "-". Raises InvalidInput."""
    try:
        data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        return data.decode("utf-8-sig")
    except FileNotFoundError as error:
        raise InvalidInput(f"There is no file “{path}”.") from error
    except OSError as error:
        raise InvalidInput(f"The file “{path}” cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"The file “{path}” is not UTF-8 text.") from error


def labelled(text: str, *, columns: int) -> list[list[str]]:
    """Rows of a tab-separated file, a language tag first. Raises InvalidInput with the number of a bad line, and
    UnknownLanguage."""
    from translation.languages import language

    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        row = line.split("\t")
        if len(row) < columns:
            raise InvalidInput(f"Line {number} has no {columns} columns separated by tabs.")
        rows.append([language(row[0]).tag, *row[1:]])
    return rows


def read_bytes(path: str, *, limit: int) -> bytes:
    """A file of at most `limit` bytes. Raises InvalidInput."""
    file = Path(path)
    try:
        if file.stat().st_size > limit:
            raise InvalidInput(f"The file “{path}” is larger than {limit} bytes.")
        return file.read_bytes()
    except FileNotFoundError as error:
        raise InvalidInput(f"There is no file “{path}”.") from error
    except OSError as error:
        raise InvalidInput(f"The file “{path}” cannot be read: {error.strerror}.") from error


def progress() -> Callable[[str, int, int], None]:
    """A progress line on stderr that is rewritten in place; one line for each step where stderr is a file."""
    shown: dict[str, Any] = {"what": ""}

    def show(what: str, done: int, total: int) -> None:
        if sys.stderr.isatty():
            filled = round(24 * done / max(1, total))
            bar = "█" * filled + "░" * (24 - filled)
            click.echo(f"\r\033[K{bar} {done}/{total} {what}", nl=False, err=True)
            if done >= total:
                click.echo("\r\033[K", nl=False, err=True)
        elif what and what != shown["what"]:
            shown["what"] = what
            click.echo(f"preparing {what} ({total} in all)", err=True)

    return show
