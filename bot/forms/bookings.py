"""What staff do with bookings: look, confirm, finish, decline, export. Each change tells the resident."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot import store as residents
from bot.city import City, in_language
from bot.forms import store
from bot.forms.conditions import as_word
from bot.forms.filling import local_value
from bot.forms.model import LIVE, NEXT, STATES, Booking, Field, Form
from bot.forms.showing import booking_rows
from bot.forms.skill import SENT
from bot.forms.slots import Slots, place_key
from bot.model import Resident
from bot.outbox import Outbox
from bot.replies import Renderer
from core.accounts import Account
from core.bus import Bus
from core.errors import Conflict, InvalidInput, NotFound, Unavailable
from core.jobs import Jobs
from core.log import get_logger
from translation.service import Translator

log = get_logger(__name__)

REASON_MAX = 500  # characters
EXPORTED = 20_000  # rows of one file
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A booking as staff see it."""

    booking: Booking
    form: Form
    resident: Resident
    rows: tuple[tuple[str, str], ...]  # label and value in Japanese
    japanese: Mapping[str, str]  # label → what was written in the resident's own words, by machine
    photos: tuple[str, ...]  # ids
    place: Mapping[str, float] | None  # a point on the map among the answers
    next_states: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How far something that can be booked is taken."""

    name: str  # the pool or the event; empty where there is only one
    taken: int
    capacity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day of the calendar."""

    date: dt.date
    loads: tuple[Load, ...]  # none: nothing can be booked


class FormDesk:
    """Bookings for the staff desk."""

    def __init__(
        self,
        forms: Mapping[str, Form],
        *,
        jobs: Jobs,
        bus: Bus,
        city: City,
        translator: Translator,
        renderer: Renderer,
        outbox: Outbox,
        calendar_days: int = 35,
    ) -> None:
        self.forms = forms
        self.city = city
        self._jobs = jobs
        self._bus = bus
        self._translator = translator
        self._renderer = renderer
        self._outbox = outbox
        self._calendar_days = calendar_days

    def form(self, form_id: str) -> Form:
        """A form. Raises NotFound."""
        if (form := self.forms.get(form_id)) is None:
            raise NotFound("There is no such form.")
        return form

    async def overview(self) -> list[tuple[Form, dict[str, int]]]:
        """All forms with the number of bookings in each state."""
        async with self._jobs.database.read() as connection:
            counts = await store.count_states(connection)
        return [
            (form, {state: counts.get((form.id, state), 0) for state in STATES})
            for form in self.forms.values()
        ]

    async def find(
        self,
        form_id: str,
        *,
        states: Sequence[str] = LIVE,
        since: dt.date | None = None,
        until: dt.date | None = None,
        limit: int = 200,
    ) -> list[tuple[Booking, str]]:
        """Bookings with the residents' names. `since` and `until` are local days, both included."""
        form = self.form(form_id)
        async with self._jobs.database.read() as connection:
            return await store.list_bookings(
                connection,
                form.id,
                states=states,
                since=self._midnight(since) if since else None,
                until=self._midnight(until + dt.timedelta(days=1)) if until else None,
                limit=limit,
            )

    def today(self) -> dt.date:
        """The day at the city hall."""
        return self._jobs.clock.now().astimezone(self.city.hours.zone).date()

    def _midnight(self, day: dt.date) -> dt.datetime:
        return dt.datetime.combine(day, dt.time(), self.city.hours.zone).astimezone(dt.UTC)

    async def open(self, booking_id: str) -> Opened:
        """One booking; what the resident took back is left out. Raises NotFound."""
        async with self._jobs.database.read() as connection:
            booking = await store.get_booking(connection, booking_id)
            if booking is None:
                raise NotFound("There is no such booking.")
            resident = await residents.get_resident(connection, booking.resident_id)
            booking = (await self._without_taken_back(connection, [booking]))[0]
        form = self.form(booking.form)
        return Opened(
            booking=booking,
            form=form,
            resident=resident,
            rows=tuple(booking_rows(form, booking, "ja", self.city.phrases)),
            japanese=await self._own_words(form, booking),
            photos=tuple(
                str(value)
                for field in form.fields
                if field.kind == "photo" and (value := booking.answers.get(field.id))
            ),
            place=next((value for value in booking.answers.values() if isinstance(value, Mapping)), None),
            next_states=NEXT[booking.state],
        )

    async def _own_words(self, form: Form, booking: Booking) -> dict[str, str]:
        """What a resident wrote in sentences, in Japanese."""
        if booking.language.split("-")[0] == "ja":
            return {}
        found = {}
        for field in form.fields:
            written = booking.answers.get(field.id) if field.question else None
            if isinstance(written, str) and (text := await self._translated(written, booking.language, "ja")):
                found[in_language(field.label, "ja")] = text
        return found

    async def _without_taken_back(self, connection: Any, found: Sequence[Booking]) -> list[Booking]:
        sources = {message for booking in found for message in booking.sources.values()}
        gone = await store.taken_back(connection, sources) if sources else set()
        return [
            replace(
                booking,
                answers={
                    key: value
                    for key, value in booking.answers.items()
                    if booking.sources.get(key) not in gone
                },
            )
            for booking in found
        ]

    async def change(
        self, booking_id: str, account: Account, state: str, *, reason: str = "", version: int
    ) -> None:
        """Confirm, finish or decline a booking, and tell the resident in their language. Declining needs a reason.

        Raises InvalidInput, and Conflict if the booking is no longer at the version that the clerk saw."""
        opened = await self.open(booking_id)
        reason = " ".join(reason.split())
        if version != opened.booking.version or state not in opened.next_states:
            raise Conflict("Somebody else changed the booking first; look again.", key="forms.error.too_late")
        if len(reason) > REASON_MAX:
            raise InvalidInput(f"A reason has at most {REASON_MAX} characters.", key="forms.error.too_long")
        if state == "declined" and not reason:
            raise InvalidInput("Write the reason; the resident will read it.", key="forms.error.reason")
        language = opened.resident.conversation.language or opened.booking.language
        text = await self._told(opened, state, reason, language)
        async with self._jobs.database.write() as connection:
            now = self._jobs.clock.now()
            changed = await store.change_booking(
                connection, opened.booking, state=state, reason=reason, changed_at=now
            )
            if not changed:
                raise Conflict(
                    "Somebody else changed the booking first; look again.", key="forms.error.too_late"
                )
            message_id = await residents.add_message(
                connection,
                now=now,
                resident_id=opened.resident.id,
                direction="bot",
                text=text,
                language=language,
                japanese=await self._told(opened, state, reason, "ja"),
                state="waiting",
                author=account.display_name,
            )
            replies = self._renderer.text(text)
            await self._outbox.add(connection, opened.resident, replies, message_ids=[message_id])
        self._outbox.hint()
        self._bus.publish("desk")
        SENT.labels(state).inc()

    async def _told(self, opened: Opened, state: str, reason: str, language: str) -> str:
        """What the resident reads about a change."""
        said = self._renderer.phrase(
            f"form.changed.{state}",
            language,
            title=in_language(opened.form.title, language),
            receipt=opened.booking.receipt,
        )
        if not reason:
            return said
        translated = await self._translated(reason, "ja", language)
        lines = [said, self._renderer.phrase("form.changed.reason", language, reason=translated or reason)]
        if translated:
            original = self._renderer.phrase("staff.original", language)
            lines += [self._renderer.phrase("staff.machine_note", language), f"{original}\n{reason}"]
        return "\n".join(lines)

    async def _translated(self, text: str, source: str, target: str) -> str:
        """A text in another language; empty where it stays as it is, or no engine knows the two."""
        if source.split("-")[0] == target.split("-")[0]:
            return ""
        try:
            return (await self._translator.translate(text, source=source, target=target)).text
        except (Unavailable, InvalidInput) as error:
            log.info("booking_text_not_translated", source=source, target=target, reason=error.code)
            return ""

    async def export(self, form_id: str, **filters: Any) -> str:
        """Bookings as CSV that spreadsheets open as text: nothing a resident wrote becomes a formula."""
        form = self.form(form_id)
        found = await self.find(form_id, limit=EXPORTED, **filters)
        async with self._jobs.database.read() as connection:
            bookings = await self._without_taken_back(connection, [booking for booking, _ in found])
        out = io.StringIO()
        writer = csv.writer(out)
        labels = [in_language(field.label, "ja") for field in form.fields]
        words = self.city.phrases
        heads = [
            words.get("ja", f"form.{key}") for key in ("receipt_label", "state_label", "when_label", "fee")
        ]
        writer.writerow([*heads, *labels])
        for booking in bookings:
            rows = dict(booking_rows(form, booking, "ja", words))
            cells = [
                booking.receipt,
                words.get("ja", f"form.state.{booking.state}"),
                local_value(booking, self.city.hours.zone),
                str(booking.fee or ""),
                *(rows.get(label, "") for label in labels),
            ]
            writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells])
        return out.getvalue()

    async def calendar(self, form_id: str, first: dt.date) -> tuple[list[Day], list[Load]]:
        """How full the coming days are, and the events."""
        form = self.form(form_id)
        async with self._jobs.database.read() as connection:
            taken = await store.taken(connection, form.id)
        events = [
            Load(
                name=in_language(option.texts, "ja"), taken=taken.get(option.id, 0), capacity=option.capacity
            )
            for field in form.fields
            for option in field.options
            if option.capacity
        ]
        field = next((one for one in form.fields if one.kind in ("date", "slot") and one.rule.capacity), None)
        if field is None:
            return [], events
        days = [first + dt.timedelta(days=ahead) for ahead in range(self._calendar_days)]
        return [Day(date=day, loads=self._loads(form, field, day, taken)) for day in days], events

    def _loads(self, form: Form, field: Field, day: dt.date, taken: Mapping[str, int]) -> tuple[Load, ...]:
        loads = []
        for answers, name in self._pools(form, field):
            slots = Slots(
                field, answers, hours=self.city.hours, now=dt.datetime.combine(day, dt.time()), taken={}
            )
            if slots.serves(day):
                keys = [
                    place_key(field, answers, slots.value(day, time))
                    for time in (field.rule.times or (dt.time(),))
                ]
                loads.append(
                    Load(
                        name=name,
                        taken=sum(taken.get(key, 0) for key in keys),
                        capacity=field.rule.capacity * len(keys),
                    )
                )
        return tuple(loads)

    def _pools(self, form: Form, field: Field) -> list[tuple[dict[str, Any], str]]:
        """The answers that have places of their own, with their names."""
        pool = form.field(field.rule.pool or field.rule.days_by)
        if pool is None:
            return [({}, "")]
        return [
            ({pool.id: option.id}, in_language(option.texts, "ja") or as_word(option.id))
            for option in pool.options
        ]
