"""Values of forms."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from bot.forms.conditions import ALWAYS, Condition

Texts = Mapping[str, str]  # language → text

Kind = Literal[
    "choice",
    "items",
    "date",
    "slot",
    "address",
    "phone",
    "number",
    "text",
    "photo",
    "location",
    "yes_no",
    "confirm",
]
KINDS: tuple[str, ...] = get_args(Kind)

BookingState = Literal["received", "confirmed", "done", "declined", "cancelled"]
STATES: tuple[str, ...] = get_args(BookingState)
LIVE: tuple[str, ...] = ("received", "confirmed")  # these hold places
# What staff may do next.
NEXT: Mapping[str, tuple[str, ...]] = {
    "received": ("confirmed", "done", "declined"),
    "confirmed": ("done", "declined"),
    "done": (),
    "declined": (),
    "cancelled": (),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One of a field's choices."""

    id: str
    texts: Texts
    fee: int = 0  # yen
    at: dt.datetime | None = None  # local time: an event, which is over then
    capacity: int = 0  # places; 0 for no limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Which days and times can be chosen."""

    earliest_days: int = 0  # from today
    ahead_days: int = 60
    days: Mapping[str, frozenset[int]] = field(
        default_factory=dict
    )  # option of `days_by`, or "" → weekdays, Monday 1
    days_by: str = ""  # the field whose answer chooses among `days`
    holidays: bool = False  # also on holidays and the days on which the city hall is closed
    times: tuple[dt.time, ...] = ()  # none: only the day is booked
    notice_min: int = 0  # minutes before a time until which it can be booked
    capacity: int = 0  # places at each time; 0 for no limit
    pool: str = ""  # the field whose answers have places of their own


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One question of a form."""

    id: str
    kind: Kind
    label: Texts
    ask: Texts
    optional: bool = False
    when: Condition = ALWAYS
    options: tuple[Option, ...] = ()
    least: int = 0  # of a number; characters of a text
    most: int = 300  # of a number; characters of a text; items
    rule: Rule = Rule()
    question: bool = False  # a text that may be a question: what is written here is always the answer

    def option(self, option_id: str) -> Option | None:
        """The option with this id."""
        return next((option for option in self.options if option.id == option_id), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form of one city."""

    id: str
    department: str
    prefix: str  # of receipt numbers
    title: Texts
    intro: Texts
    done: Texts
    words: Mapping[str, tuple[str, ...]]  # language → what residents say to begin it
    fields: tuple[Field, ...]
    cancel_hours: int = 24  # before the booked time
    remind: bool = True  # the day before
    seats: str = ""  # the number field that says how many places are taken
    fee_times: str = ""  # the number field that the fee is multiplied by

    def field(self, field_id: str) -> Field | None:
        """The field with this id."""
        return next((one for one in self.fields if one.id == field_id), None)

    def active(self, answers: Mapping[str, Any]) -> tuple[Field, ...]:
        """The fields that are asked with these answers (field → value)."""
        active: list[Field] = []
        known: dict[str, Any] = {}
        for one in self.fields:
            if one.when.holds(known):
                active.append(one)
                if one.id in answers:
                    known[one.id] = answers[one.id]
        return tuple(active)


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """A form that was sent."""

    id: str
    number: int
    receipt: str
    resident_id: str
    form: str
    state: BookingState
    language: str
    answers: Mapping[str, Any]  # field → value
    sources: Mapping[str, str]  # field → LINE id of the message with the answer
    place: str  # key of the place that it holds, or empty
    seats: int
    starts_at: dt.datetime | None
    fee: int
    reason: str  # why it was declined, in Japanese
    version: int
    created_at: dt.datetime
    changed_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FormOptions:
    """Limits of forms."""

    draft_days: int = 14  # how long a form that was begun is kept
    pause_s: int = 3 * 3600  # after so long without an answer the resident is asked whether to go on
    live_bookings: int = 20  # of one resident, so that nobody takes all places
    reminder_hour: int = 17  # local time, the day before
    reminders_a_month: int = 5_000  # pushes count against LINE's quota
    calendar_days: int = 35
