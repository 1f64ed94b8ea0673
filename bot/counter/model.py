"""Values of the counters."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["turn", "ready", "reminder"]
KINDS: tuple[Kind, ...] = ("turn", "ready", "reminder")
PaperState = Literal["waiting", "told", "collected"]

MAX_NUMBER = 9999  # of a ticket, and of people who wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """A counter with a ticket machine of its own."""

    id: str
    names: Mapping[str, str]
    department: str
    wrap: int = 999  # the highest number; after it the machine begins at 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterOptions:
    """Limits of the counters. A city sets those in the first part in counters.toml."""

    stale_s: int = 900  # seconds after which what a machine said is no longer shown
    near: int = 3  # people before somebody who is told to come back
    watch_hours: int = 12  # hours after which a ticket is worth nothing
    remind_after_days: int = 7  # days after which papers that nobody came for are mentioned once more
    quiet_from: dt.time = dt.time(20, 0)  # local time; papers and reminders wait until the morning
    quiet_until: dt.time = dt.time(8, 0)

    watches: int = 3  # tickets that one resident may have watched
    posts_a_minute: int = 60  # of one machine
    machines: int = 20  # of one counter
    keep_days: int = 30  # days that calls and notices that are over are kept
    waiting_papers: int = 2000  # of all counters


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a counter stood at a moment."""

    counter: str
    called: int  # the number that is being served
    waiting: int  # people
    open: bool
    at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """When a number was called."""

    number: int
    at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What can be said about a counter now."""

    counter: Counter
    reading: Reading | None
    age_s: int  # of the reading
    fresh: bool  # young enough to be shown
    wait_s: int | None  # for somebody who comes now; None while the speed is not known

    @property
    def serving(self) -> bool:
        """Whether people are served there, as far as is known."""
        return self.fresh and self.reading is not None and self.reading.open


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A ticket that a resident wants to hear about."""

    id: str
    resident_id: str
    counter: str
    number: int
    near_at: dt.datetime | None  # when it was said that the turn is near
    called_at: dt.datetime | None
    ready: bool  # whether to say as well when the papers are ready
    created_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """Papers that somebody can come for."""

    id: str
    resident_id: str
    counter: str
    number: str  # of the ticket, or the receipt of a form
    state: PaperState
    created_at: dt.datetime
    told_at: dt.datetime | None
    reminded_at: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A ticket machine that may say how a counter stands. Of its token only a digest is kept."""

    id: str
    counter: str
    name: str
    created_at: dt.datetime
    seen_at: dt.datetime | None
