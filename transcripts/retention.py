"""Deleting what has served its time: the sound of meetings after the days that each says, and, where the city wants
it, their text.

What is due is read from the rows again and again, so nothing is forgotten after a crash, and a meeting that is opened
again or planned anew is judged by what is true then.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass

from core.clock import Clock
from core.errors import NotFound
from core.log import get_logger
from core.metrics import counter
from transcripts.keeping import Keeper
from transcripts.service import MeetingService

log = get_logger(__name__)

REMOVED = counter("meetings_removed", "Meetings deleted with their text because their time was over")


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionOptions:
    """How long."""

    transcript_days: int = 0  # days after the end for which a meeting's text is kept; 0: it is kept
    look_s: float = 600.0  # seconds between looks at what is due


class Retention:
    """Deletes on schedule and on demand. `run` until cancelled."""

    def __init__(
        self,
        *,
        service: MeetingService,
        keeper: Keeper,
        clock: Clock,
        options: RetentionOptions | None = None,
    ) -> None:
        self._service = service
        self._keeper = keeper
        self._clock = clock
        self.options = options or RetentionOptions()

    async def run(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(self.options.look_s)

    async def look(self) -> None:
        """Delete what is due now."""
        now, days = self._clock.now(), self.options.transcript_days
        over = {meeting.id: since for meeting, since in await self._service.over()}
        if days:
            for meeting_id, since in over.items():
                if since + dt.timedelta(days=days) <= now:
                    await self.remove(meeting_id)
                    REMOVED.inc()
        for meeting_id in await self._keeper.meetings():
            if await self._is_due(meeting_id, over.get(meeting_id), now):
                await self._keeper.delete(meeting_id)

    async def _is_due(self, meeting_id: str, since: dt.datetime | None, now: dt.datetime) -> bool:
        """Whether the sound goes: its time is over, the plan says so by now, or its meeting is gone."""
        try:
            meeting = await self._service.get(meeting_id)
        except NotFound:
            return True
        if meeting.audio_days == 0:
            return True
        return since is not None and since + dt.timedelta(days=meeting.audio_days) <= now

    async def remove(self, meeting_id: str) -> None:
        """Delete a meeting, its text and its sound, now. The sound goes first: without the rows nobody would look
        for it."""
        await self._keeper.delete(meeting_id)
        await self._service.remove(meeting_id)

    async def delete_sound(self, meeting_id: str) -> bool:
        """Delete the sound of a meeting now; False when there was none."""
        return await self._keeper.delete(meeting_id)
