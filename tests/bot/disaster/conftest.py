"""The city's real words and shelters, one resident who talks to the check-in, and a city hall that works everything
that disaster mode queues."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from bot.actions import Action, Effect, Say, ShowCard
from bot.city import City
from bot.disaster import store
from bot.disaster.areas import Areas, read_areas
from bot.disaster.broadcasts import WRITE
from bot.disaster.interview import CheckInFacts, Interview
from bot.disaster.model import CheckIn, Disaster, DisasterOptions
from bot.disaster.reminders import REMIND
from bot.disaster.sending import SEND
from bot.disaster.words import DisasterWords
from bot.events import Event, LocationReceived, Pressed, TextReceived
from bot.model import Place
from bot.skill import Json, SkillStep, Turn
from core.accounts import Account
from core.jobs import Job, RetryLater
from tests.bot.conftest import CITY, Office, OpenOffice

NOW = dt.datetime(2026, 11, 24, 1, 0, tzinfo=dt.UTC)  # ten in the morning in Japan
LANGUAGES = ("ja", "ja-Hira", "en", "zh-Hans", "ko", "vi", "pt-BR", "es", "tl", "id", "ne")
DISASTER = Disaster(
    id="d1",
    kind="earthquake",
    areas=(),
    started_at=NOW,
    started_by="",
    ended_at=None,
    ended_by="",
    erased_at=None,
)


@pytest.fixture(scope="session")
def areas() -> Areas:
    return read_areas(CITY)


@pytest.fixture(scope="session")
def words(city: City, areas: Areas) -> DisasterWords:
    return DisasterWords(city.phrases, areas, city.shelters)


@dataclass(kw_only=True)
class Talk:
    """One resident and the interview, without a database: what effects would store is kept here."""

    interview: Interview
    city: City
    disaster: Disaster | None = DISASTER
    checkin: CheckIn | None = None
    request: str = ""
    state: Json | None = None
    helped: int = 0
    last: SkillStep = field(default_factory=lambda: SkillStep(state=None))

    def hear(self, event: Event, trigger: str = "") -> SkillStep:
        state = self.state
        match event:
            case Pressed(value=value):
                state = {"do": value or "start"}
            case TextReceived(text=text):
                state = self.interview.begins(text) or self.state
        assert state is not None, event
        facts = CheckInFacts(
            disaster=self.disaster,
            checkin=self.checkin,
            open_shelters=("citizens-gym",),
            request=self.request,
            message="m-help",
        )
        turn = Turn(event=event, language="en", trigger=trigger, now=NOW, facts=facts)
        self.last = self.interview.step(state, turn)
        self.state = self.last.state
        for action in self.last.actions:
            if isinstance(action, Effect):
                self._store(action)
        return self.last

    def _store(self, effect: Effect) -> None:
        checkin = self.checkin or CheckIn(disaster_id="d1", resident_id="r1")
        match effect.kind:
            case "save":
                changes = dict(effect.data)
                if changes.get("needs") is not None:
                    changes["needs"] = tuple(changes["needs"])
                self.checkin = replace(checkin, **changes)
            case "erase":
                self.checkin = CheckIn(disaster_id="d1", resident_id="r1", consent="none", quiet=True)
            case "help":
                self.helped += 1

    def write(self, text: str, trigger: str = "") -> SkillStep:
        return self.hear(TextReceived(message_id="m1", text=text), trigger)

    def press(self, value: str) -> SkillStep:
        return self.hear(Pressed(action="checkin", value=value))

    def be_at(self, latitude: float, longitude: float) -> SkillStep:
        place = Place(latitude=latitude, longitude=longitude)
        return self.hear(LocationReceived(message_id="m2", place=place))

    def check_in(self) -> None:
        """All the way, at home and alone."""
        for value in ("safe:safe", "consent:share:safe", "place:home", "location:chuo", "people:1"):
            self.press(value)
        self.press("elderly:1:0:0")
        self.press("needs:none")

    @property
    def asked(self) -> str:
        """The last phrase that was said, or "card"."""
        said: list[Action] = [one for one in self.last.actions if isinstance(one, Say | ShowCard)]
        last = said[-1]
        return last.phrase.removeprefix("disaster.checkin.") if isinstance(last, Say) else "card"

    @property
    def values(self) -> list[str]:
        """What the buttons of the last question send back."""
        said = [one for one in self.last.actions if isinstance(one, Say)][-1]
        return [parse_qs(button.data)["v"][0] for button in said.buttons if button.data]


@pytest.fixture
def talk(city: City, areas: Areas, words: DisasterWords) -> Talk:
    return Talk(interview=Interview(city, areas, words, DisasterOptions()), city=city)


@dataclass(kw_only=True)
class Hall:
    """A city hall in a disaster."""

    office: Office
    account: Account

    @property
    def parts(self) -> Any:
        return self.office.service.disaster

    async def work(self) -> None:
        """Let a second pass, do every job of disaster mode that is due, then deliver what it says."""
        self.office.clock.advance(1.0)
        handlers: dict[str, Callable[[Job], Awaitable[None]]] = {
            REMIND: self.parts.reminders.remind,
            WRITE: self.parts.notices.translate,
            SEND: self.parts.sending.deliver,
        }
        jobs = self.office.service.jobs
        while taken := [job for queue in handlers for job in await jobs.take(queue, limit=50, lease_s=30)]:
            for job in taken:
                try:
                    await handlers[job.queue](job)
                except RetryLater as later:
                    await jobs.put_back(job, delay_s=later.delay_s or 1.0, reason=str(later))
        await self.office.work()

    async def start(self, kind: str = "earthquake", areas: tuple[str, ...] = ()) -> str:
        return str(await self.parts.desk.start(self.account, kind, areas))

    async def checkin(self, user: str = "") -> CheckIn | None:
        """What is stored about a resident."""
        from bot.store import find_resident

        async with self.office.database.read() as connection:
            disaster = await store.last_disaster(connection)
            resident = await find_resident(connection, user or self.office.user)
            assert disaster is not None
            assert resident is not None
            return await store.find_checkin(connection, disaster.id, resident.id)

    async def press_all(self, *values: str, user: str = "") -> list[str]:
        """Press buttons of the check-in; gives what the last one brought."""
        came: list[str] = []
        for value in values:
            came = await self.office.press(f"do=checkin&v={value}", user)
        return came


@pytest.fixture
async def hall(open_office: OpenOffice, tmp_path: Path) -> Hall:
    office = await open_office()
    await office.say("Olá, bom dia!")
    return Hall(office=office, account=await office.clerk("kikuchi"))
