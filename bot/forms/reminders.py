"""A message the day before a booking. It is a push, which counts against LINE's quota, so there is a limit a month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.city import in_language
from bot.forms import store
from bot.forms.filling import local_value
from bot.forms.model import LIVE, Booking, Form, FormOptions
from bot.forms.showing import show_moment
from bot.outbox import Allows, Outbox, always
from bot.replies import Renderer
from bot.store import get_resident
from core.jobs import Job, Jobs
from core.log import get_logger
from core.metrics import counter

log = get_logger(__name__)

REMINDERS = "forms.reminders"
REMINDED = counter("form_reminders", "Reminders of bookings", ["result"])


class Reminders:
    """Plans and sends reminders."""

    def __init__(
        self,
        forms: Mapping[str, Form],
        jobs: Jobs,
        outbox: Outbox,
        renderer: Renderer,
        zone: ZoneInfo,
        options: FormOptions,
        *,
        allows: Allows = always,
    ) -> None:
        self._forms = forms
        self._jobs = jobs
        self._outbox = outbox
        self._renderer = renderer
        self._zone = zone
        self._options = options
        self._allows = allows

    async def plan(self, connection: AsyncConnection, form: Form, booking: Booking) -> None:
        """Plan the reminder of a new booking, unless it is too soon for one."""
        if booking.starts_at is None or not form.remind:
            return
        day_before = booking.starts_at.astimezone(self._zone).date() - dt.timedelta(days=1)
        at = dt.datetime.combine(day_before, dt.time(self._options.reminder_hour), self._zone)
        if at <= self._jobs.clock.now():
            return
        await self._jobs.add(
            connection,
            queue=REMINDERS,
            payload={"booking": booking.id},
            dedupe=booking.id,
            available_at=at.astimezone(dt.UTC),
        )

    async def remind(self, job: Job) -> None:
        """Handle a job of the queue `forms.reminders`. Harmless to repeat."""
        now = self._jobs.clock.now()
        local = now.astimezone(self._zone)
        month = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        async with self._jobs.database.write() as connection:
            booking = await store.get_booking(connection, job.payload["booking"])
            result = "not needed"
            if booking and booking.state in LIVE and self._is_later_than(booking, local):
                sent = await store.count_reminded(connection, since=month.astimezone(dt.UTC))
                if sent >= self._options.reminders_a_month:
                    result = "limit reached"
                    log.error("reminder_limit_reached", what_to_do="raise reminders_a_month or LINE's plan")
                elif not self._allows(False):
                    result = "quota"
                    log.error("reminder_not_sent", what_to_do="raise LINE's plan for this month")
                elif await store.mark_reminded(connection, booking.id, now=now):
                    result = await self._send(connection, booking)
            await self._jobs.finish(connection, job)
        REMINDED.labels(result).inc()
        self._outbox.hint()

    def _is_later_than(self, booking: Booking, local: dt.datetime) -> bool:
        """Whether it is still the day before: a reminder that comes late would name the wrong day."""
        return (
            booking.starts_at is not None and booking.starts_at.astimezone(self._zone).date() > local.date()
        )

    async def _send(self, connection: AsyncConnection, booking: Booking) -> str:
        form = self._forms.get(booking.form)
        resident = await get_resident(connection, booking.resident_id)
        if form is None or not resident.reachable:
            return "unreachable"
        language = resident.conversation.language or booking.language
        text = self._renderer.phrase(
            "form.reminder",
            language,
            title=in_language(form.title, language),
            when=show_moment(local_value(booking, self._zone), language),
            receipt=booking.receipt,
        )
        await self._outbox.add(connection, resident, self._renderer.text(text), message_ids=[])
        return "sent"
