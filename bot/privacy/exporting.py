"""Everything that is kept of a resident, as a file that they fetch themselves.

The chat gives a link that works once and for half an hour. Looking at it does nothing (LINE and others look at links
before anybody opens them); a button on its page does. The link's secret part is kept nowhere: not in the
conversation that staff see, and in the database only as its digest.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import io
import json
import zipfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.privacy import store
from bot.privacy.kinds import KINDS
from core.clock import Clock
from core.database import Database
from core.errors import NotFound
from core.ids import digest
from core.log import get_logger
from core.metrics import counter

log = get_logger(__name__)

PATH = "/my-data"
EXPORTS = counter("privacy_exports", "Residents' own data given out", ["as"])

# Files of a resident, with the names that they get.
Files = Callable[[AsyncConnection, str], Awaitable[Sequence[Path]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """Limits of giving out data."""

    public_url: str = ""  # where residents reach the city; without one there are no links
    minutes: int = 30  # for which a link works
    a_day: int = 3  # links of one resident
    files_bytes: int = 50_000_000  # of pictures and files in one archive; what is over is named in it


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """Everything of one resident."""

    language: str
    made_at: dt.datetime
    data: Mapping[str, Sequence[Mapping[str, Any]]]  # table → rows
    files: tuple[Path, ...]

    @property
    def kinds(self) -> dict[str, list[Mapping[str, Any]]]:
        """Kind → rows, in the order in which a resident is told about them."""
        found: dict[str, list[Mapping[str, Any]]] = {}
        for table in ("residents", *KINDS):
            if rows := self.data.get(table):
                found.setdefault(KINDS.get(table, "you"), []).extend(rows)
        return found


class Exports:
    """Makes links and what they lead to."""

    def __init__(
        self, database: Database, clock: Clock, options: ExportOptions, files: Sequence[Files] = ()
    ) -> None:
        self._database = database
        self._clock = clock
        self.options = options
        self._files = tuple(files)
        self._one = asyncio.Semaphore(1)  # archives packed at the same time

    def link(self, token: str) -> str:
        """The address for a secret part; the rest asks LINE to open it in the phone's own browser, which can save."""
        base = self.options.public_url.rstrip("/")
        return f"{base}{PATH}/{token}?openExternalBrowser=1"

    async def count(self, connection: AsyncConnection, resident_id: str) -> int:
        """How many links a resident made in the last day."""
        return await store.count_links(
            connection, resident_id, since=self._clock.now() - dt.timedelta(days=1)
        )

    async def add(self, connection: AsyncConnection, resident_id: str, *, digest: str, language: str) -> bool:
        """Let a link work from now on, and end those before it. False if too many were made today."""
        now = self._clock.now()
        return await store.add_link(
            connection,
            resident_id,
            digest=digest,
            language=language,
            now=now,
            expires_at=now + dt.timedelta(minutes=self.options.minutes),
            most=self.options.a_day,
        )

    async def language_of(self, token: str) -> str | None:
        """The language of a link that still works."""
        async with self._database.read() as connection:
            return await store.find_link(connection, digest(token), now=self._clock.now())

    async def take(self, token: str) -> Export:
        """Use up a link. Raises NotFound when it was used, is too old or never was."""
        now = self._clock.now()
        async with self._database.write() as connection:
            found = await store.use_link(connection, digest(token), now=now)
            if found is None:
                raise NotFound("This link was used or is too old; ask for a new one in the chat.")
            resident_id, language = found
            data = await store.export(connection, resident_id)
            files = [file for find in self._files for file in await find(connection, resident_id)]
            await store.note(connection, "exported", rows=sum(map(len, data.values())), now=now)
        return Export(language=language, made_at=now, data=data, files=tuple(files))

    async def pack(self, export: Export, page: str) -> bytes:
        """A ZIP archive: the page for reading, the same as JSON, and the resident's pictures and files."""
        async with self._one:
            return await asyncio.to_thread(self._pack, export, page)

    def _pack(self, export: Export, page: str) -> bytes:
        made, left_out, room = io.BytesIO(), [], self.options.files_bytes
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("my-data.html", page)
            for file in export.files:
                size = file.stat().st_size if file.is_file() else 0
                if size and size <= room:
                    room -= size
                    archive.write(file, f"files/{file.name}", zipfile.ZIP_STORED)
                elif size:
                    left_out.append(file.name)
            whole = {
                "made_at": export.made_at.isoformat(),
                "data": export.data,
                "files_left_out": left_out,
            }
            archive.writestr("my-data.json", json.dumps(whole, ensure_ascii=False, indent=2, default=str))
        return made.getvalue()
