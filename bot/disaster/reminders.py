"""Asking again: every few hours, those who were asked or have told something, until they say that it is enough.

One job looks every few minutes while a disaster goes on and then adds the next; nobody is woken at night.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.actions import Say
from bot.disaster import store
from bot.disaster.interview import HELP_BUTTON, MOVED_BUTTON, QUIET_BUTTON, SAFE_BUTTON, SAME_BUTTON
from bot.disaster.model import CheckIn, DisasterOptions
from bot.outbox import Allows, Outbox, always
from bot.replies import Renderer
from bot.store import get_resident
from core.jobs import Job, Jobs
from core.log import get_logger
from core.metrics import counter

log = get_logger(__name__)

REMIND = "disaster.remind"
REMINDED = counter("checkin_reminders", "People asked again whether they are safe")


class Reminders:
    """Plans and sends reminders."""

    def __init__(
        self,
        jobs: Jobs,
        outbox: Outbox,
        renderer: Renderer,
        zone: ZoneInfo,
        options: DisasterOptions,
        *,
        allows: Allows = always,
    ) -> None:
        self._jobs = jobs
        self._outbox = outbox
        self._renderer = renderer
        self._zone = zone
        self._options = options
        self._allows = allows

    async def plan(self, connection: AsyncConnection, disaster_id: str, *, look: int = 0) -> None:
        """Add the next look, in the caller's transaction. A second time does nothing."""
        at = self._jobs.clock.now() + dt.timedelta(seconds=self._options.look_every_s)
        await self._jobs.add(
            connection,
            queue=REMIND,
            payload={"disaster": disaster_id, "look": look},
            dedupe=f"{disaster_id}:{look}",
            available_at=self._morning(at),
        )

    def _morning(self, at: dt.datetime) -> dt.datetime:
        """The moment itself by day; by night the end of the night."""
        local = at.astimezone(self._zone)
        first, last = self._options.night_from, self._options.night_until
        if not (local.hour >= first or local.hour < last):
            return at
        day = local.date() + dt.timedelta(days=1 if local.hour >= first else 0)
        return dt.datetime.combine(day, dt.time(last), self._zone).astimezone(dt.UTC)

    async def remind(self, job: Job) -> None:
        """Handle a job of the queue `disaster.remind`: ask those whose time has come, and plan the next look."""
        now = self._jobs.clock.now()
        before = now - dt.timedelta(hours=self._options.remind_every_h)
        asked: list[CheckIn] = []
        async with self._jobs.database.write() as connection:
            disaster = await store.active_disaster(connection)
            if disaster is not None and disaster.id == job.payload["disaster"]:
                if self._allows(True):
                    asked = await store.due_for_reminder(
                        connection,
                        disaster.id,
                        before=before,
                        asks=self._options.asks,
                        limit=self._options.reminders_at_once,
                    )
                else:  # the next look asks them
                    log.error("checkins_not_reminded", what_to_do="raise LINE's plan for this month")
                for checkin in asked:
                    await self._ask(connection, checkin)
                ids = [checkin.resident_id for checkin in asked]
                await store.mark_asked(connection, disaster.id, ids, now=now)
                await self.plan(connection, disaster.id, look=job.payload["look"] + 1)
            await self._jobs.finish(connection, job)
        REMINDED.inc(len(asked))
        log.info("checkins_reminded", people=len(asked))
        self._outbox.hint()

    async def _ask(self, connection: AsyncConnection, checkin: CheckIn) -> None:
        resident = await get_resident(connection, checkin.resident_id)
        language = resident.conversation.language or resident.profile_language or "ja"
        said = Say(phrase="disaster.checkin.ask_safe", buttons=(SAFE_BUTTON, HELP_BUTTON, QUIET_BUTTON))
        if checkin.kept:
            buttons = (SAME_BUTTON, MOVED_BUTTON, HELP_BUTTON, QUIET_BUTTON)
            said = Say(phrase="disaster.checkin.reminder", buttons=buttons)
        replies = self._renderer.render([said], language)
        await self._outbox.add(connection, resident, replies, message_ids=[])
