"""Values of disaster mode."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["earthquake", "flood", "typhoon", "snow"]
KINDS: tuple[Kind, ...] = ("earthquake", "flood", "typhoon", "snow")

PLACES = ("shelter", "home", "car", "friend", "other")
NEEDS = ("medicine", "baby", "wheelchair", "interpreter", "allergy")
CONSENTS = ("share", "keep", "none")

STATES = ("closed", "open", "full")
CROWDING = ("", "empty", "some", "crowded")  # empty: not known
SUPPLIES = ("water", "food", "power", "wifi", "toilets", "pets", "wheelchair")

MOST_PEOPLE = 30  # in one check-in


@dataclass(frozen=True, slots=True, kw_only=True)
class DisasterOptions:
    """Times and limits."""

    remind_every_h: int = 6  # hours between two questions to the same person
    asks: int = 8  # questions to one person in one disaster, the first included
    look_every_s: float = 600.0  # seconds between looks for people who are to be asked
    reminders_at_once: int = 500  # people asked in one look; the others in the next
    night_from: int = 22  # local hour from which nobody is reminded
    night_until: int = 6
    keep_days: int = 30  # days after the end until check-ins are erased
    people_per_s: int = 200  # recipients of a notice in a second
    batch: int = 200  # recipients of one call; LINE takes 500
    give_up_h: float = 23.0  # hours after the first try; LINE forgets retry keys after 24
    longest_notice: int = 1000  # characters
    shown: int = 2000  # people in the list and on the map


@dataclass(frozen=True, slots=True, kw_only=True)
class Disaster:
    """Disaster mode, from its start to its end."""

    id: str
    kind: str
    areas: tuple[str, ...]  # ids; empty means the whole city
    started_at: dt.datetime
    started_by: str  # display name
    ended_at: dt.datetime | None
    ended_by: str
    erased_at: dt.datetime | None  # when its check-ins were erased


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn:
    """What somebody told about themselves. Empty or None: not answered yet."""

    disaster_id: str
    resident_id: str
    safe: str = ""  # safe or help
    consent: str = ""  # one of CONSENTS; "none": nothing is kept but this wish
    place: str = ""  # one of PLACES
    shelter_id: str = ""
    latitude: float | None = None
    longitude: float | None = None
    area: str = ""
    adults: int | None = None
    children: int | None = None
    elderly: int | None = None
    needs: tuple[str, ...] | None = None
    quiet: bool = False  # no reminders
    asks: int = 0
    asked_at: dt.datetime | None = None
    answered_at: dt.datetime | None = None

    @property
    def people(self) -> int:
        """How many there are; 1 where that was not answered."""
        if self.adults is None:
            return 1
        return self.adults + (self.children or 0) + (self.elderly or 0)

    @property
    def kept(self) -> bool:
        """Whether answers may be stored."""
        return self.consent in ("share", "keep")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelterState:
    """What staff last said about a shelter."""

    shelter_id: str
    state: str = "closed"  # one of STATES
    crowding: str = ""  # one of CROWDING
    supplies: Mapping[str, bool] = field(default_factory=dict)  # of SUPPLIES; absent: not known
    updated_at: dt.datetime | None = None
    updated_by: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A check-in with who it is, for staff."""

    checkin: CheckIn
    name: str
    language: str
    reachable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Something that staff did."""

    at: dt.datetime
    who: str
    action: str
    subject: str
    details: Mapping[str, Any]
