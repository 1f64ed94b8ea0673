"""Where to go: the nearest open shelters to a place, with their state and the way there on foot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import store as chat
from bot.actions import AddToRequest, Effect, Say, ShowCard
from bot.city import City, Shelter, distance_m
from bot.disaster import store
from bot.disaster.areas import Areas
from bot.disaster.interview import MOVED_BUTTON, answer_button
from bot.disaster.model import SUPPLIES, Disaster, ShelterState
from bot.disaster.words import DisasterWords
from bot.events import Event, LocationReceived, Pressed, TextReceived, VoiceHeard
from bot.model import Button, Card, Label, Place, Resident
from bot.skill import Json, SkillStep, Turn

SKILL = "shelters"
SHOWN = 3
WITHIN_M = 20_000.0
# Which shelters are built for a disaster; snow closes none of them.
SAFE_IN = {"earthquake": "earthquake", "flood": "flood", "typhoon": "flood", "snow": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A shelter near somebody. `state` None: staff said nothing about it, or there is no disaster."""

    shelter: Shelter
    metres: float
    state: ShelterState | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelterFacts:
    """What the search has to know."""

    disaster: Disaster | None = None
    states: Mapping[str, ShelterState] = field(default_factory=dict)
    checked_in: bool = False
    request: str = ""  # id of the resident's request that is not closed


def walking_link(place: Place) -> str:
    """Directions on foot, as a link of Google Maps (URLs, "Directions")."""
    return "https://www.google.com/maps/dir/?" + urlencode(
        {"api": 1, "destination": f"{place.latitude},{place.longitude}", "travelmode": "walking"}, safe=","
    )


def nearest(
    shelters: Sequence[Shelter],
    place: Place,
    *,
    disaster: Disaster | None,
    states: Mapping[str, ShelterState],
) -> tuple[list[Found], bool]:
    """The nearest shelters and whether they are open. In a disaster: those that are open. If none is, or before any
    disaster: the designated ones that are built for it."""
    near = sorted(
        (
            Found(shelter=one, metres=distance_m(place, one.place), state=states.get(one.id))
            for one in shelters
        ),
        key=lambda found: (found.metres, found.shelter.id),
    )
    near = [found for found in near if found.metres <= WITHIN_M]
    is_open = [found for found in near if found.state is not None and found.state.state == "open"]
    if disaster is not None and is_open:
        return is_open[:SHOWN], True
    needed = SAFE_IN[disaster.kind] if disaster else ""
    fitting = [found for found in near if not needed or needed in found.shelter.kinds]
    said = [found for found in fitting if found.state is None or found.state.state != "full"]
    return (said or fitting)[:SHOWN], False


class ShelterSkill:
    """Answers a location, and the word "shelter"."""

    def __init__(self, city: City, areas: Areas, words: DisasterWords) -> None:
        self._city = city
        self._areas = areas
        self._words = words

    @property
    def name(self) -> str:
        return SKILL

    def starts(self, event: Event, trigger: str) -> Json | None:
        """A location, its buttons, and the words that ask for a shelter."""
        match event:
            case LocationReceived():
                return {"at": "location"}
            case Pressed(action="shelters", value=value):
                return {"do": value}
            case TextReceived(text=text) | VoiceHeard(text=text) if self._words.command(text) == "shelter":
                return {"do": ""}
        return None

    async def gather(
        self, connection: AsyncConnection, resident: Resident, state: Json, event: Event
    ) -> ShelterFacts:
        disaster = await store.active_disaster(connection)
        checkin = await store.find_checkin(connection, disaster.id, resident.id) if disaster else None
        request = await chat.current_request(connection, resident.id)
        return ShelterFacts(
            disaster=disaster,
            states=await store.all_shelter_states(connection) if disaster else {},
            checked_in=checkin is not None and checkin.kept,
            request=request.id if request else "",
        )

    async def carry_out(
        self, connection: AsyncConnection, resident: Resident, effect: Effect
    ) -> Mapping[str, str]:
        return {}

    def step(self, state: Json, turn: Turn) -> SkillStep:
        if isinstance(turn.event, LocationReceived):
            step = self._show(turn.event.place, turn.facts)
            if not turn.facts.request:
                return step
            added = AddToRequest(request_id=turn.facts.request, message_id=turn.event.message_id)
            return replace(step, actions=(added, *step.actions))
        named = str(state.get("do", "")) or self._area_in(turn.event)
        if area := self._areas.get(named):
            return self._show(area.place, turn.facts)
        if "do" in state:
            return self._ask()
        return SkillStep(state=None, taken=False)  # they went on to something else

    def _area_in(self, event: Event) -> str:
        text = event.text if isinstance(event, TextReceived | VoiceHeard) else ""
        return self._words.answer("location", text)

    def _ask(self) -> SkillStep:
        here = Button(label="disaster.checkin.send_location", kind="location")
        areas = tuple(Button(texts=area.names, data=f"do={SKILL}&v={area.id}") for area in self._areas)
        said = Say(phrase="disaster.shelter.ask_location", buttons=(here, *areas[:12]))
        return SkillStep(state={"at": "location"}, actions=(said,))

    def _show(self, place: Place, facts: ShelterFacts) -> SkillStep:
        found, is_open = nearest(
            list(self._city.shelters.values()), place, disaster=facts.disaster, states=facts.states
        )
        buttons: tuple[Button, ...] = ()
        if facts.disaster:
            start = answer_button("disaster.checkin.start", "start")
            buttons = (MOVED_BUTTON if facts.checked_in else start,)
        if not found:
            return SkillStep(state=None, actions=(Say(phrase="location.none", buttons=buttons),))
        card = Card(
            title=Label(phrase=f"disaster.shelter.{'open' if is_open else 'designated'}_title"),
            rows=tuple(self._row(one) for one in found),
            note=self._note(is_open, facts),
            buttons=tuple(self._way(one.shelter) for one in found) + buttons,
        )
        return SkillStep(state=None, actions=(ShowCard(card=card),))

    def _note(self, is_open: bool, facts: ShelterFacts) -> Label:
        if is_open:
            return Label(phrase="disaster.shelter.open_note")
        name = "none_open_note" if facts.disaster else "designated_note"
        return Label(phrase=f"disaster.shelter.{name}")

    def _row(self, found: Found) -> tuple[Label, Label]:
        """The shelter and how far it is; its state, or its address while there is none."""
        far = f"{found.metres / 1000:.1f} km"
        names = {tag: f"{name} ({far})" for tag, name in found.shelter.names.items()}
        state = found.state
        if state is None:
            return Label(texts=names), Label(texts=found.shelter.addresses)
        tags = self._city.phrases.languages
        return Label(texts=names), Label(texts={tag: self._describe(state, tag) for tag in tags})

    def _describe(self, state: ShelterState, language: str) -> str:
        get = self._city.phrases.get
        parts = [get(language, f"disaster.shelter.state.{state.state}")]
        if state.crowding:
            parts.append(get(language, f"disaster.shelter.crowding.{state.crowding}"))
        for has, mark in ((True, "○"), (False, "×")):
            parts += [
                f"{mark} {get(language, f'disaster.shelter.supply.{name}')}"
                for name in SUPPLIES
                if state.supplies.get(name) is has
            ]
        if state.updated_at is not None:
            local = state.updated_at.astimezone(self._city.hours.zone)
            parts.append(f"({local:%m/%d %H:%M})")
        return " · ".join(parts)

    def _way(self, shelter: Shelter) -> Button:
        labels = {
            tag: self._city.phrases.get(tag, "disaster.shelter.walk", name=name)
            for tag, name in shelter.names.items()
        }
        return Button(texts=labels, data=walking_link(shelter.place), kind="uri")
