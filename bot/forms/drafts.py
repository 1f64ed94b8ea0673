"""What is remembered of a form while it is filled in. It is stored as JSON with the conversation."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from dataclasses import field as made
from typing import Any, Literal

from bot.forms.model import Booking, Field, Form
from bot.forms.slots import Taken, place_key

Phase = Literal["fill", "review", "choose", "resume"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormFacts:
    """What filling has to know, gathered before."""

    running: Mapping[str, Any] | None = None  # the form that is going on in the conversation
    draft: Mapping[str, Any] | None = None  # what is stored of the form that is being begun
    taken: Taken = made(default_factory=dict)
    bookings: tuple[Booking, ...] = ()  # of this resident, newest first
    live: int = 0  # of them, those that hold a place
    erased: frozenset[str] = frozenset()  # ids of messages with answers that were taken back


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A form that is being filled in."""

    form: str
    phase: Phase = "fill"
    field: str = ""  # that was asked last
    answers: Mapping[str, Any] = made(default_factory=dict)  # field → value; None where it was skipped
    sources: Mapping[str, str] = made(default_factory=dict)  # field → id of the message with the answer
    picked: tuple[str, ...] = ()  # items so far
    day: str = ""  # chosen, while the time is not
    page: int = 0  # of long lists
    changing: bool = False  # back to the summary after this answer
    wrong: int = 0  # answers in a row that could not be taken
    at: str = ""  # when it was last worked on, ISO 8601

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Draft:
        """From JSON. What another version knew and this one does not is left out."""
        known = {one.name for one in dataclasses.fields(cls)}
        values = {key: value for key, value in state.items() if key in known}
        return cls(**{**values, "picked": tuple(values.get("picked", ()))})

    def json(self) -> dict[str, Any]:
        return {**dataclasses.asdict(self), "picked": list(self.picked)}

    def without(self, fields: frozenset[str]) -> Draft:
        """Without the answers to `fields`."""
        return replace(
            self,
            answers={key: value for key, value in self.answers.items() if key not in fields},
            sources={key: value for key, value in self.sources.items() if key not in fields},
        )

    def with_answer(self, form: Form, field: Field, value: Any, message_id: str) -> Draft:
        """With an answer. Days and places that depend on it have to be chosen again when it changed."""
        changed = self.answers.get(field.id) != value
        depending = frozenset(
            one.id for one in form.fields if field.id in (one.rule.days_by, one.rule.pool) and changed
        )
        kept = self.without(depending)
        sources = {**kept.sources, field.id: message_id} if message_id else kept.sources
        if not message_id:
            sources = {key: value for key, value in sources.items() if key != field.id}
        return replace(
            kept,
            answers={**kept.answers, field.id: value},
            sources=sources,
            picked=(),
            day="",
            page=0,
            wrong=0,
        )

    def fitting(self, form: Form) -> dict[str, Any]:
        """The answers to the fields that are asked."""
        return {one.id: self.answers[one.id] for one in form.active(self.answers) if one.id in self.answers}


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The place that a form's answers take."""

    field: Field
    key: str  # empty where nothing is counted
    capacity: int
    starts_at: dt.datetime | None  # local time


NOTHING_HELD = Held(field=Field(id="", kind="text", label={}, ask={}), key="", capacity=0, starts_at=None)


def held_place(form: Form, answers: Mapping[str, Any]) -> Held:
    """The first place that the answers name."""
    for one in form.active(answers):
        value = answers.get(one.id)
        if value is None:
            continue
        if one.kind in ("date", "slot"):
            key = place_key(one, answers, value) if one.rule.capacity else ""
            moment = dt.datetime.fromisoformat(value)
            return Held(field=one, key=key, capacity=one.rule.capacity, starts_at=moment)
        if one.kind == "choice" and (option := one.option(value)) and (option.capacity or option.at):
            return Held(
                field=one,
                key=option.id if option.capacity else "",
                capacity=option.capacity,
                starts_at=option.at,
            )
    return NOTHING_HELD
