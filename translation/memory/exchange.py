"""Taking a TMX file into the memory, and giving one."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from core.errors import InvalidInput
from translation.memory.model import Draft, Origin
from translation.memory.service import Memory
from translation.memory.tmx import TmxCount, TmxLimits, read_tmx, write_tmx


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of a file."""

    count: TmxCount
    written: (
        int  # units new or replaced; the rest of `count.taken` was older than what was stored, or said twice
    )


async def import_tmx(
    memory: Memory,
    path: Path,
    *,
    author: str = "",
    limits: TmxLimits | None = None,
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> Imported:
    """Learn what a file holds.

    The file is read twice. The first time only looks, so that a broken file changes nothing; the second writes
    `chunk` units in a transaction, so that a service at work never waits long for the database. Interrupted, it can be
    run again: what is there already stays as it is. Raises `InvalidInput` and `TooLarge`.
    """
    bounds = limits or TmxLimits(text=memory.options.longest_text)
    total = TmxCount()
    chunk = memory.options.chunk
    with _opened(path) as stream:
        drafts = read_tmx(stream, came_from=_name(path), author=author, limits=bounds, count=total)
        while await asyncio.to_thread(_next, drafts, chunk):
            pass
    written = done = 0
    with _opened(path) as stream:
        drafts = read_tmx(stream, came_from=_name(path), author=author, limits=bounds)
        while batch := await asyncio.to_thread(_next, drafts, chunk):
            written += await memory.learn_many(batch)
            done += len(batch)
            progress(path.name, done, max(done, total.taken))
    return Imported(count=total, written=written)


def _next(drafts: Iterator[Draft], number: int) -> list[Draft]:
    return list(islice(drafts, number))


def _name(path: Path) -> str:
    return f"tmx:{path.name}"


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise InvalidInput(f"There is no file “{path}”.") from error
    except OSError as error:
        raise InvalidInput(f"The file “{path}” cannot be read: {error.strerror}.") from error


async def export_tmx(
    memory: Memory,
    path: Path,
    *,
    source: str = "",
    target: str = "",
    origin: Origin | None = None,
    version: str = "",
) -> int:
    """Write units to a file, which is complete or not there. Gives how many there were. Raises `InvalidInput`."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as stream:
            units = memory.units(source=source, target=target, origin=origin)
            written = await write_tmx(units, stream, version=version)
        os.replace(part, path)
    except OSError as error:
        raise InvalidInput(f"The file “{path}” cannot be written: {error.strerror}.") from error
    finally:
        part.unlink(missing_ok=True)
    return written
