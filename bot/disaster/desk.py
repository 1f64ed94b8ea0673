"""What staff do in a disaster: switch the mode on and off, keep the shelters' state, look at who is where."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.city import City
from bot.disaster import notices, store
from bot.disaster.areas import Areas
from bot.disaster.checkin import TOPIC
from bot.disaster.model import (
    CROWDING,
    KINDS,
    STATES,
    SUPPLIES,
    AuditEntry,
    Disaster,
    DisasterOptions,
    Person,
    ShelterState,
)
from bot.disaster.reminders import REMIND, Reminders
from core.accounts import Account
from core.bus import Bus
from core.errors import Conflict, InvalidInput, NotFound
from core.jobs import Jobs
from core.log import get_logger
from core.metrics import gauge

log = get_logger(__name__)

ACTIVE = gauge("disaster_mode", "1 while disaster mode is on")


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What the overview shows."""

    disaster: Disaster | None  # that goes on, or else the last one
    active: bool
    people: list[Person]
    silent: int  # asked and not answered
    shelters: Mapping[str, ShelterState]
    notes: list[AuditEntry]


class DisasterDesk:
    """Transactions of staff."""

    def __init__(
        self,
        *,
        jobs: Jobs,
        bus: Bus,
        city: City,
        areas: Areas,
        reminders: Reminders,
        options: DisasterOptions,
    ) -> None:
        self._jobs = jobs
        self._bus = bus
        self._city = city
        self._areas = areas
        self._reminders = reminders
        self._options = options

    async def start(self, account: Account, kind: str, areas: Sequence[str]) -> str:
        """Begin disaster mode; gives its id. Raises Conflict while one goes on."""
        if kind not in KINDS:
            raise InvalidInput("Choose what has happened.", key="disaster.error.no_kind")
        unknown = [area for area in areas if area not in self._areas]
        if unknown:
            raise InvalidInput("The city has no such area.", key="disaster.error.no_area")
        now = self._jobs.clock.now()
        async with self._jobs.database.write() as connection:
            disaster_id = await store.start_disaster(
                connection, kind=kind, areas=areas, who=account.display_name[:60], now=now
            )
            if disaster_id is None:
                raise Conflict("Disaster mode is on already.", key="disaster.error.on_already")
            await self._reminders.plan(connection, disaster_id)
            await store.note(
                connection, account, "started", now=now, subject=disaster_id, kind=kind, areas=list(areas)
            )
        self._jobs.hint(REMIND)
        self._bus.publish(TOPIC)
        ACTIVE.set(1)
        log.warning("disaster_started", kind=kind)
        return disaster_id

    async def end(self, account: Account, disaster_id: str) -> None:
        """End disaster mode. Raises Conflict if it was ended before."""
        now = self._jobs.clock.now()
        async with self._jobs.database.write() as connection:
            if not await store.end_disaster(connection, disaster_id, who=account.display_name[:60], now=now):
                raise Conflict("Disaster mode was ended already.", key="disaster.error.off_already")
            await store.note(connection, account, "ended", now=now, subject=disaster_id)
        self._bus.publish(TOPIC)
        ACTIVE.set(0)
        log.warning("disaster_ended")

    async def situation(self) -> Situation:
        """How things are."""
        async with self._jobs.database.read() as connection:
            active = await store.active_disaster(connection)
            disaster = active or await store.last_disaster(connection)
            return Situation(
                disaster=disaster,
                active=active is not None,
                people=await store.list_people(connection, disaster.id) if disaster else [],
                silent=await store.count_silent(connection, disaster.id) if disaster else 0,
                shelters=await store.all_shelter_states(connection),
                notes=await store.last_notes(connection),
            )

    async def export(self, account: Account) -> list[Person]:
        """Everybody in the list, for a file; that somebody took it is noted."""
        now = self._jobs.clock.now()
        async with self._jobs.database.write() as connection:
            disaster = await store.active_disaster(connection) or await store.last_disaster(connection)
            people = await store.list_people(connection, disaster.id) if disaster else []
            await store.note(connection, account, "exported", now=now, people=len(people))
        return people

    async def set_shelter(
        self,
        account: Account,
        shelter_id: str,
        *,
        state: str,
        crowding: str,
        supplies: Mapping[str, bool],
        version: int,
    ) -> None:
        """Say how a shelter is. Raises Conflict when somebody else did since the page was loaded."""
        if shelter_id not in self._city.shelters:
            raise NotFound("There is no such shelter.")
        if state not in STATES or crowding not in CROWDING or not set(supplies) <= set(SUPPLIES):
            raise InvalidInput("Choose the shelter's state from the list.", key="disaster.error.no_state")
        now = self._jobs.clock.now()
        said = ShelterState(
            shelter_id=shelter_id,
            state=state,
            crowding=crowding if state != "closed" else "",
            supplies=dict(supplies),
            updated_at=now,
            updated_by=account.display_name[:60],
        )
        async with self._jobs.database.write() as connection:
            if not await store.set_shelter_state(connection, said, seen=version):
                raise Conflict(
                    "Somebody else changed this shelter first; look again.", key="disaster.error.shelter"
                )
            await store.note(connection, account, "shelter", now=now, subject=shelter_id, state=state)
        self._bus.publish(TOPIC)

    async def tidy(self) -> int:
        """Erase what has served its time: check-ins, and who received which notice. Gives how many rows."""
        now = self._jobs.clock.now()
        before = now - dt.timedelta(days=self._options.keep_days)
        async with self._jobs.database.write() as connection:
            erased = await store.erase_checkins(connection, ended_before=before, now=now)
            return erased + await notices.erase_recipients(connection, ended_before=before)


async def erase_resident(connection: AsyncConnection, resident_id: str) -> None:
    """Erase everything that disaster mode knows about a resident, in the caller's transaction."""
    await store.erase_resident(connection, resident_id)
    await notices.erase_resident(connection, resident_id)


async def export_resident(connection: AsyncConnection, resident_id: str) -> dict[str, object]:
    """Everything that disaster mode knows about a resident, for themselves."""
    return {
        "area": await store.find_area(connection, resident_id),
        "checkins": [
            {
                "safe": one.safe,
                "consent": one.consent,
                "place": one.place,
                "shelter": one.shelter_id,
                "latitude": one.latitude,
                "longitude": one.longitude,
                "area": one.area,
                "adults": one.adults,
                "children": one.children,
                "elderly": one.elderly,
                "needs": list(one.needs or ()),
                "answered_at": one.answered_at.isoformat() if one.answered_at else "",
            }
            for one in await store.checkins_of(connection, resident_id)
        ],
    }
