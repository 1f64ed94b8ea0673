"""Filling in forms, for the dialogue: what it has to know, and what it wants done in the transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.actions import Effect
from bot.attachments.service import Attachments
from bot.events import Event, Pressed, TextReceived, VoiceHeard
from bot.forms import store
from bot.forms.drafts import FormFacts
from bot.forms.filling import Filling
from bot.forms.model import LIVE
from bot.forms.reminders import Reminders
from bot.forms.wording import SKILL
from bot.model import Resident
from bot.skill import Json, Overtaken, SkillStep, Turn
from core.jobs import Jobs
from core.metrics import counter

SENT = counter("form_bookings", "Changes of bookings", ["change"])


class FormSkill:
    """All forms of one city."""

    def __init__(self, filling: Filling, jobs: Jobs, reminders: Reminders, attachments: Attachments) -> None:
        self._filling = filling
        self._jobs = jobs
        self._reminders = reminders
        self._attachments = attachments

    @property
    def name(self) -> str:
        return SKILL

    def starts(self, event: Event, trigger: str) -> Json | None:
        """Any of its buttons, and the words that name a form."""
        match event:
            case Pressed(action="form", value=value) if value:
                return {"do": value}
            case TextReceived(text=text) | VoiceHeard(text=text):
                return self._filling.starts(text)
        return None

    async def gather(
        self, connection: AsyncConnection, resident: Resident, state: Json, event: Event
    ) -> FormFacts:
        """The form that is going on, what is stored of the one that is begun, free places, one's bookings."""
        conversation = resident.conversation
        running = conversation.skill_state if conversation.skill == SKILL else None
        form_id = self._form_of(state, running)
        since = self._now() - dt.timedelta(days=self._filling.options.draft_days)
        draft = await store.find_draft(connection, resident.id, form_id, since=since) if form_id else None
        mine = await store.bookings_of(connection, resident.id)
        return FormFacts(
            running=running,
            draft=draft,
            taken=await store.taken(connection, form_id) if form_id else {},
            bookings=tuple(mine),
            live=sum(booking.state in LIVE for booking in mine),
            erased=await self._erased(connection, (running, draft)),
        )

    def _form_of(self, state: Json, running: Json | None) -> str:
        """The form that a state is about."""
        if "do" not in state:
            return str(state.get("form", ""))
        verb, _, rest = str(state["do"]).partition(":")
        named = rest or verb
        if named in self._filling.forms:
            return named
        return str((running or {}).get("form", ""))

    async def _erased(self, connection: AsyncConnection, states: tuple[Json | None, ...]) -> frozenset[str]:
        """Messages with answers that are no longer there: their writer took them back."""
        sources = {message for state in states if state for message in state.get("sources", {}).values()}
        if not sources:
            return frozenset()
        known = await store.line_ids(connection, sources)
        return frozenset(sources - known.keys())

    def step(self, state: Json, turn: Turn) -> SkillStep:
        made = self._filling.step(state, turn)
        return replace(made, keeps=made.state is not None)

    async def carry_out(
        self, connection: AsyncConnection, resident: Resident, effect: Effect
    ) -> Mapping[str, str]:
        """Save, discard, submit, cancel, fetch a picture. Raises Overtaken when the last place was taken meanwhile
        or a booking was changed."""
        data, now = effect.data, self._now()
        match effect.kind:
            case "save":
                await store.save_draft(connection, resident.id, data["form"], data["state"], now=now)
            case "discard":
                await store.discard_draft(connection, resident.id, data["form"])
            case "submit":
                return await self._submit(connection, resident, data)
            case "cancel":
                await self._cancel(connection, resident, str(data["booking"]))
            case "photo":
                await self._attachments.plan(connection, data["message"], purpose="form")
        return {}

    async def _submit(
        self, connection: AsyncConnection, resident: Resident, data: Mapping[str, Any]
    ) -> Mapping[str, str]:
        form = self._filling.forms[data["form"]]
        place, seats = str(data["place"]), int(data["seats"])
        if place and not await store.take_place(
            connection, form.id, place, seats=seats, capacity=int(data["capacity"])
        ):
            raise Overtaken
        known = await store.line_ids(connection, data["sources"].values())
        starts_at = None
        if data["starts_at"]:
            moment = dt.datetime.fromisoformat(data["starts_at"])
            starts_at = moment.replace(tzinfo=self._filling.hours.zone)
        booking = await store.add_booking(
            connection,
            prefix=form.prefix,
            now=self._now(),
            resident_id=resident.id,
            form=form.id,
            language=data["language"] or resident.profile_language or "ja",
            answers=data["answers"],
            sources={field: known[message] for field, message in data["sources"].items() if message in known},
            place=place,
            seats=seats,
            starts_at=starts_at,
            fee=data["fee"],
        )
        await store.discard_draft(connection, resident.id, form.id)
        await self._reminders.plan(connection, form, booking)
        SENT.labels("received").inc()
        return {"receipt": booking.receipt}

    async def _cancel(self, connection: AsyncConnection, resident: Resident, booking_id: str) -> None:
        booking = await store.get_booking(connection, booking_id)
        if booking is None or booking.resident_id != resident.id or booking.state not in LIVE:
            raise Overtaken
        now = self._now()
        if not await store.change_booking(connection, booking, state="cancelled", changed_at=now):
            raise Overtaken
        SENT.labels("cancelled").inc()

    async def tidy(self) -> int:
        """Forget forms that were begun long ago and never sent. Gives how many."""
        before = self._now() - dt.timedelta(days=self._filling.options.draft_days)
        async with self._jobs.database.write() as connection:
            return await store.forget_drafts(connection, before=before)

    def _now(self) -> dt.datetime:
        return self._jobs.clock.now()
