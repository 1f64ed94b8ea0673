"""Residents and what their phones show."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

from bot.simulator.memory import CHANGED, Bounded
from bot.simulator.model import Entry, Json, Status
from core.bus import Bus
from core.clock import Clock
from core.errors import Conflict

# The bot may mark a message as read before LINE has seen its 200, so a status never goes back.
ORDER: dict[Status, int] = {"sending": 0, "failed": 1, "sent": 2, "read": 3, "unsent": 4}


@dataclasses.dataclass(slots=True, kw_only=True)
class Resident:
    """One LINE user and their one-to-one chat with the account."""

    id: str
    name: str
    language: str  # the tag they write in
    app_language: str | None  # what LINE tells the bot; None: they did not agree to the privacy policy
    entries: Bounded[int, Entry]
    friend: bool = False
    blocked: bool = False
    last_wrote: dt.datetime | None = None
    typing_until: float = 0.0  # monotonic seconds
    position: int = 0  # of the last change
    seq: int = 0  # of the last entry


class Residents:
    """All residents. Every change raises `position` and hints on the bus."""

    def __init__(self, *, limit: int, entries: int, clock: Clock, bus: Bus) -> None:
        self._all: dict[str, Resident] = {}
        self._limit = limit
        self._entries = entries
        self._clock = clock
        self._bus = bus
        self.position = 0

    def add(
        self, *, user_id: str, name: str, language: str, app_language: str | None = None, friend: bool = True
    ) -> Resident:
        """A new resident; raises Conflict when the simulator is full."""
        if len(self._all) >= self._limit:
            raise Conflict(f"The simulator already has {self._limit} residents; restart it to begin anew.")
        resident = Resident(
            id=user_id,
            name=name,
            language=language,
            app_language=app_language,
            friend=friend,
            entries=Bounded("entries", self._entries),
        )
        self._all[user_id] = resident
        self.touch(resident)
        return resident

    def get(self, user_id: str) -> Resident | None:
        return self._all.get(user_id)

    def all(self) -> list[Resident]:
        return list(self._all.values())

    def touch(self, resident: Resident) -> None:
        """Say that something about `resident` has changed."""
        self.position += 1
        resident.position = self.position
        self._bus.publish(CHANGED)
        self._bus.publish(topic(resident))

    def append(self, resident: Resident, **parts: Any) -> Entry:
        """A new bubble at the end of the chat."""
        resident.seq += 1
        entry = Entry(seq=resident.seq, position=self.position + 1, at=self._clock.now(), **parts)
        resident.entries[entry.seq] = entry
        self.touch(resident)
        return entry

    def change(self, resident: Resident, seq: int, status: Status, *, reason: str = "") -> None:
        """Give a bubble a later status: sending, then sent or failed, then read, then unsent. An unsent message
        loses its content; one that was forgotten stays so."""
        entry = resident.entries.get(seq)
        if entry is None or ORDER[status] <= ORDER[entry.status]:
            return
        message = {"type": entry.message["type"]} if status == "unsent" else entry.message
        resident.entries[seq] = dataclasses.replace(
            entry, status=status, reason=reason, message=message, position=self.position + 1
        )
        self.touch(resident)

    def read_up_to(self, resident: Resident, seq: int) -> None:
        """Mark what the resident wrote, up to `seq`, as read."""
        for entry in list(resident.entries.values()):
            if entry.seq <= seq and entry.author == "resident":
                self.change(resident, entry.seq, "read")

    def view(self, resident: Resident) -> Json:
        """The form that the control API answers with."""
        return {
            "id": resident.id,
            "name": resident.name,
            "language": resident.language,
            "friend": resident.friend,
            "blocked": resident.blocked,
            "position": resident.position,
            "typing_s": round(max(0.0, resident.typing_until - self._clock.monotonic()), 1),
        }


def topic(resident: Resident) -> str:
    """The bus topic of one resident's phone."""
    return f"simulator.{resident.id}"
