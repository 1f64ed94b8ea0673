"""The shipped forms with the real city, and a hall that fills them in on a real database."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import itertools
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from bot.actions import Action, Effect, Say, ShowCard, Tell
from bot.city import City, in_language
from bot.events import Event, LocationReceived, MediaReceived, Pressed, TextReceived
from bot.forms.drafts import FormFacts
from bot.forms.filling import Filling
from bot.forms.model import Booking, Form, FormOptions
from bot.forms.reading import read_forms
from bot.forms.wording import Wording
from bot.knowledge import Knowledge
from bot.model import Button, Place
from bot.skill import Json, SkillStep, Turn
from config.names import own_names
from tests.bot.conftest import CITY

TOKYO = dt.timezone(dt.timedelta(hours=9))
# A Tuesday.
NOW = dt.datetime(2026, 11, 24, 10, 0, tzinfo=TOKYO)
LANGUAGES = ("ja", "ja-Hira", "en", "zh-Hans", "ko", "vi", "pt-BR", "es", "tl", "id", "ne")


@pytest.fixture(scope="session")
def forms(city: City) -> dict[str, Form]:
    return read_forms(CITY / "forms", LANGUAGES, own_names())


@pytest.fixture(scope="session")
def filling(city: City, forms: dict[str, Form]) -> Filling:
    return Filling(forms, Wording(city.phrases, LANGUAGES), city.hours, FormOptions())


@dataclass(kw_only=True)
class Talk:
    """One resident who talks to the forms, without a database: what effects would store is kept here."""

    filling: Filling
    city: City
    language: str = "en"
    now: dt.datetime = NOW
    state: Json | None = None
    taken: dict[str, int] = field(default_factory=dict)
    drafts: dict[str, Json] = field(default_factory=dict)
    bookings: list[Booking] = field(default_factory=list)
    erased: set[str] = field(default_factory=set)
    last: SkillStep = field(default_factory=lambda: SkillStep(state=None))
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def facts(self, state: Json) -> FormFacts:
        named = str(state.get("do", "")).rpartition(":")[2]
        return FormFacts(
            running=self.state,
            draft=self.drafts.get(named),
            taken=dict(self.taken),
            bookings=tuple(reversed(self.bookings)),
            live=sum(booking.state in ("received", "confirmed") for booking in self.bookings),
            erased=frozenset(self.erased),
        )

    def hear(self, event: Event, *, trigger: str = "", article: str = "") -> SkillStep:
        state: Json | None = None
        match event:
            case Pressed(action="form", value=value):
                state = {"do": value}
            case TextReceived(text=text):
                state = self.filling.starts(text)
        state = state or self.state
        assert state is not None
        turn = Turn(
            event=event,
            language=self.language,
            trigger=trigger,
            now=self.now,
            facts=self.facts(state),
            article=article,
        )
        self.last = self.filling.step(state, turn)
        self.state = self.last.state
        for action in self.last.actions:
            if isinstance(action, Effect):
                self._carry_out(action)
        return self.last

    def _carry_out(self, effect: Effect) -> None:
        match effect.kind:
            case "save":
                self.drafts[effect.data["form"]] = effect.data["state"]
            case "discard":
                self.drafts.pop(effect.data["form"], None)
            case "submit":
                self._submit(effect.data)
            case "cancel":
                self.bookings = [
                    self._cancelled(one) if one.id == effect.data["booking"] else one for one in self.bookings
                ]

    def _cancelled(self, booking: Booking) -> Booking:
        if booking.place:
            self.taken[booking.place] -= booking.seats
        return booking_like(booking, state="cancelled")

    def _submit(self, data: Mapping[str, Any]) -> None:
        place, seats = data["place"], data["seats"]
        if place:
            assert self.taken.get(place, 0) + seats <= data["capacity"]
            self.taken[place] = self.taken.get(place, 0) + seats
        number = next(self.numbers)
        form = self.filling.forms[data["form"]]
        starts = dt.datetime.fromisoformat(data["starts_at"]) if data["starts_at"] else None
        self.drafts.pop(form.id, None)
        self.bookings.append(
            Booking(
                id=f"b{number}",
                number=number,
                receipt=f"{form.prefix}{number:05d}",
                resident_id="r1",
                form=form.id,
                state="received",
                language=self.language,
                answers=data["answers"],
                sources={},
                place=place,
                seats=seats,
                starts_at=starts.replace(tzinfo=TOKYO) if starts else None,
                fee=data["fee"],
                reason="",
                version=1,
                created_at=self.now,
                changed_at=self.now,
            )
        )

    def say(self, text: str, *, article: str = "") -> SkillStep:
        return self.hear(
            TextReceived(message_id=f"m{next(self.numbers)}", text=text),
            trigger=self.city.triggers.find(text),
            article=article,
        )

    def press(self, value: str) -> SkillStep:
        return self.hear(Pressed(action="form", value=value))

    def location(self, latitude: float = 35.6, longitude: float = 139.5) -> SkillStep:
        place = Place(latitude=latitude, longitude=longitude)
        return self.hear(LocationReceived(message_id=f"m{next(self.numbers)}", place=place))

    def picture(self) -> SkillStep:
        return self.hear(MediaReceived(message_id=f"m{next(self.numbers)}", kind="image"))

    def buttons(self) -> list[Button]:
        return buttons_of((*self.last.actions, *self.last.reminder))

    def values(self) -> list[str]:
        """What the buttons on the phone send."""
        return [
            dict(parse_qsl(button.data, keep_blank_values=True)).get("v", "") for button in self.buttons()
        ]

    def read(self) -> list[str]:
        """What stands on the phone, as far as it comes from the form."""
        return texts_of((*self.last.actions, *self.last.reminder), self.language, self.city)

    @property
    def asked(self) -> str:
        assert self.state is not None
        return str(self.state["field"])

    @property
    def answers(self) -> Mapping[str, Any]:
        assert self.state is not None
        found: Mapping[str, Any] = self.state["answers"]
        return found


def booking_like(booking: Booking, **changes: Any) -> Booking:
    return dataclasses.replace(booking, **changes)


def buttons_of(actions: tuple[Action, ...]) -> list[Button]:
    """The buttons that a phone shows: the last quick replies, and those of cards."""
    quick: list[Button] = []
    cards: list[Button] = []
    for action in actions:
        match action:
            case Say(buttons=buttons) | Tell(buttons=buttons):
                quick = list(buttons) or quick
            case ShowCard(card=card):
                cards += card.buttons
    return [*cards, *quick]


def texts_of(actions: tuple[Action, ...], language: str, city: City) -> list[str]:
    found = []
    for action in actions:
        match action:
            case Say(phrase=phrase):
                found.append(city.phrases.get(language, phrase))
            case Tell(texts=texts):
                found.append(in_language(texts, language).replace("{{", "{").replace("}}", "}"))
            case ShowCard():
                found.append("card")
    return found


@pytest.fixture
def talk(filling: Filling, city: City) -> Talk:
    return Talk(filling=filling, city=city)


@pytest.fixture(scope="session")
def knowledge(city: City) -> Any:
    """The articles without embeddings: these tests ask about forms."""
    made = Knowledge(city.articles.values(), None, cache_dir=Path(tempfile.mkdtemp()))
    asyncio.run(made.open())
    yield made
    made.close()
