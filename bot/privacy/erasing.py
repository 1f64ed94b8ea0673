"""Erasing a resident: at once what they wrote, a little later the bare row that the farewell is sent to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.line.webhook import INBOX
from bot.model import Resident
from bot.outbox import OUTBOX
from bot.privacy import store
from core.jobs import Job, Jobs
from core.log import get_logger

log = get_logger(__name__)

ERASE = "privacy.erase"  # queue of residents of whom the last row is still to go
FAREWELL = dt.timedelta(minutes=10)  # time for the last message to be delivered

# What a feature does besides losing its rows: free a place, remove a file. Called before the rows go.
Keeper = Callable[[AsyncConnection, str], Awaitable[object]]


class Erasing:
    """Erases residents."""

    def __init__(self, jobs: Jobs, keepers: Sequence[Keeper] = ()) -> None:
        self._jobs = jobs
        self._keepers = tuple(keepers)

    async def erase(self, connection: AsyncConnection, resident: Resident) -> int:
        """Erase everything that the resident wrote or filled in, in the caller's transaction, and have the rest
        erased after the farewell. Gives how many rows."""
        now = self._jobs.clock.now()
        for keeper in self._keepers:
            await keeper(connection, resident.id)
        gone = await store.erase_rows(connection, resident.id)
        await self._drop_jobs(connection, resident.line_user_id, ("done", "dead"))
        await store.note(connection, "erased", rows=gone, now=now)
        await self._jobs.add(
            connection,
            queue=ERASE,
            key=resident.id,
            payload={
                "resident": resident.id,
                "line_user_id": resident.line_user_id,
                "before": now.isoformat(),
            },
            available_at=now + FAREWELL,
        )
        return gone

    async def finish(self, job: Job) -> None:
        """Erase what is left. A resident who has written again meanwhile has begun anew and stays."""
        before = dt.datetime.fromisoformat(job.payload["before"])
        async with self._jobs.database.write() as connection:
            if await store.erase_resident(connection, job.payload["resident"], before=before):
                await self._drop_jobs(connection, job.payload["line_user_id"], ("ready", "done", "dead"))
            await self._jobs.finish(connection, job)
            await self._jobs.drop(
                connection, queue=ERASE, containing=job.payload["resident"], states=("done",)
            )
        log.info("resident_erased")

    async def _drop_jobs(self, connection: AsyncConnection, line_user_id: str, states: Sequence[str]) -> None:
        """Events and messages that are kept so that a repeated one is harmless lose what they hold."""
        for queue in (INBOX, OUTBOX):
            await self._jobs.drop(connection, queue=queue, containing=line_user_id, states=states)
