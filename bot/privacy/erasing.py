"""Erasing a resident: at once what they wrote, a little later the bare row that the farewell is sent to."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.line.webhook import INBOX
from bot.model import Resident
from bot.outbox import OUTBOX
from bot.privacy import store
from core.jobs import Job, Jobs
from core.log import get_logger

log = get_logger(__name__)

ERASE = "privacy.erase"  # queue of residents of whom the last row is still to go, and of files
FAREWELL = dt.timedelta(minutes=10)  # time for the last message to be delivered

# What a feature does besides losing its rows: free a place, name its files. Called in the transaction, before the rows
# go; the files are removed after it, also when the process dies in between.
Keeper = Callable[[AsyncConnection, str], Awaitable[Sequence[Path]]]


class Erasing:
    """Erases residents."""

    def __init__(self, jobs: Jobs, keepers: Sequence[Keeper] = ()) -> None:
        self._jobs = jobs
        self._keepers = tuple(keepers)

    async def erase(self, connection: AsyncConnection, resident: Resident) -> int:
        """Erase everything that the resident wrote or filled in, in the caller's transaction, and have the rest
        erased after the farewell. Gives how many rows."""
        now = self._jobs.clock.now()
        files = [file for keeper in self._keepers for file in await keeper(connection, resident.id)]
        gone = await store.erase_rows(connection, resident.id)
        for queue in (INBOX, OUTBOX):
            await self._jobs.drop(
                connection, queue=queue, containing=resident.line_user_id, states=("done", "dead")
            )
        await store.note(connection, "erased", rows=gone, now=now)
        if files:
            await self._jobs.add(connection, queue=ERASE, payload={"files": [str(file) for file in files]})
        await self._jobs.add(
            connection,
            queue=ERASE,
            payload={
                "resident": resident.id,
                "line_user_id": resident.line_user_id,
                "before": now.isoformat(),
            },
            available_at=now + FAREWELL,
        )
        return gone

    async def finish(self, job: Job) -> None:
        """Remove files, or erase what is left. A resident who has written again meanwhile has begun anew and stays."""
        if "files" in job.payload:
            await asyncio.to_thread(_remove, job.payload["files"])
            async with self._jobs.database.write() as connection:
                await self._jobs.finish(connection, job)
            return
        resident_id, line_user_id = job.payload["resident"], job.payload["line_user_id"]
        now = self._jobs.clock.now()
        async with self._jobs.database.write() as connection:
            before = dt.datetime.fromisoformat(job.payload["before"])
            gone = await store.erase_resident(connection, resident_id, before=before)
            await self._jobs.finish(connection, job)
            if gone:
                await store.forget_jobs(connection, (resident_id, line_user_id), now=now)
        log.info("resident_erased", whole=gone)


def _remove(files: Sequence[str]) -> None:
    for file in files:
        Path(file).unlink(missing_ok=True)
