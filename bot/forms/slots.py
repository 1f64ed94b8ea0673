"""The days, times and places that can be booked. Pure.

A place has a key: "2026-12-03" or "2026-12-03T10:00", with the answer of the pool's field before it
("midori|2026-12-03T10:00"), or the id of an event. How many of its places are taken is counted under the key.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from bot.city import Hours
from bot.forms.calendar import is_closed, is_open
from bot.forms.conditions import as_word
from bot.forms.model import Field, Form, Option

Taken = Mapping[str, int]  # key of a place → places taken


def place_key(field: Field, answers: Mapping[str, Any], value: str) -> str:
    """The key of the place that `value` of `field` means."""
    pool = as_word(answers.get(field.rule.pool, "")) if field.rule.pool else ""
    return f"{pool}|{value}" if pool else value


def has_room(capacity: int, taken: int, seats: int) -> bool:
    """Whether `seats` more fit."""
    return capacity == 0 or taken + seats <= capacity


def seats_wanted(form: Form, answers: Mapping[str, Any]) -> int:
    """How many places these answers take."""
    return int(answers[form.seats]) if form.seats and form.seats in answers else 1


class Slots:
    """What can be booked in one field with the answers so far."""

    def __init__(
        self,
        field: Field,
        answers: Mapping[str, Any],
        *,
        hours: Hours,
        now: dt.datetime,
        taken: Taken,
        seats: int = 1,
    ) -> None:
        """`now` is local time."""
        self._field = field
        self._rule = field.rule
        self._answers = answers
        self._hours = hours
        self._now = now
        self._taken = taken
        self._seats = seats

    @property
    def first(self) -> dt.date:
        return self._now.date() + dt.timedelta(days=self._rule.earliest_days)

    @property
    def last(self) -> dt.date:
        return self._now.date() + dt.timedelta(days=self._rule.ahead_days)

    def serves(self, day: dt.date) -> bool:
        """Whether the rule has `day` at all."""
        rule = self._rule
        wanted = as_word(self._answers.get(rule.days_by, "")) if rule.days_by else ""
        days = rule.days.get(wanted)
        if days is not None and day.isoweekday() not in days:
            return False
        if rule.holidays:
            return True
        return is_open(self._hours, day) if days is None else not is_closed(self._hours, day)

    def could_mean(self, day: dt.date) -> bool:
        """Whether a weekday that was named may mean `day`: one that can be chosen, if that weekday is served at all."""
        return self.in_range(day) and (self.serves(day) or not self._serves_weekday(day.isoweekday()))

    def _serves_weekday(self, weekday: int) -> bool:
        week = (self.first + dt.timedelta(days=days) for days in range(21))
        return any(self.serves(day) for day in week if day.isoweekday() == weekday)

    def in_range(self, day: dt.date) -> bool:
        return self.first <= day <= self.last

    def times(self, day: dt.date) -> list[dt.time]:
        """The free times of a day; midnight alone stands for a day without times."""
        if not (self.in_range(day) and self.serves(day)):
            return []
        return [time for time in (self._rule.times or (dt.time(),)) if self._free(day, time)]

    def _free(self, day: dt.date, time: dt.time) -> bool:
        if self._rule.times:
            notice = dt.timedelta(minutes=self._rule.notice_min)
            if dt.datetime.combine(day, time) < self._now.replace(tzinfo=None) + notice:
                return False
        key = place_key(self._field, self._answers, self.value(day, time))
        return has_room(self._rule.capacity, self._taken.get(key, 0), self._seats)

    def value(self, day: dt.date, time: dt.time) -> str:
        """The answer that means this day and time."""
        return f"{day.isoformat()}T{time:%H:%M}" if self._rule.times else day.isoformat()

    def days(self) -> Iterator[dt.date]:
        """The days that have a free time, soonest first."""
        for ahead in range(self._rule.earliest_days, self._rule.ahead_days + 1):
            day = self._now.date() + dt.timedelta(days=ahead)
            if self.times(day):
                yield day

    def is_free(self, value: str) -> bool:
        """Whether an answer can still be booked."""
        moment = dt.datetime.fromisoformat(value)
        return moment.time() in self.times(moment.date())


def open_options(field: Field, *, now: dt.datetime, taken: Taken, seats: int = 1) -> tuple[Option, ...]:
    """The options that can still be chosen: events that are neither over nor full."""
    local = now.replace(tzinfo=None)
    return tuple(
        option
        for option in field.options
        if (option.at is None or option.at > local)
        and has_room(option.capacity, taken.get(option.id, 0), seats)
    )
