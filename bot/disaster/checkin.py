"""The check-in, for the dialogue: what it has to know, and what it wants done in the transaction."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import store as chat
from bot.actions import Effect
from bot.disaster import store
from bot.disaster.areas import Areas
from bot.disaster.interview import DEPARTMENT, SKILL, CheckInFacts, Interview
from bot.disaster.model import CheckIn
from bot.events import Event, Pressed, TextReceived, VoiceHeard
from bot.model import Resident
from bot.replies import Renderer
from bot.skill import Json, Overtaken, SkillStep, Turn
from core.bus import Bus
from core.clock import Clock
from core.ids import new_id
from core.metrics import counter

TOPIC = "disaster"  # of the bus: something that the pages of disaster mode show has changed

ANSWERS = counter("checkin_answers", "Answers in check-ins", ["kind"])


class CheckInSkill:
    """Asks people in a disaster whether they are safe."""

    def __init__(
        self, interview: Interview, *, areas: Areas, renderer: Renderer, bus: Bus, clock: Clock
    ) -> None:
        self._interview = interview
        self._areas = areas
        self._renderer = renderer
        self._bus = bus
        self._clock = clock

    @property
    def name(self) -> str:
        return SKILL

    def starts(self, event: Event, trigger: str) -> Json | None:
        """Any of its buttons, and words such as "check in", "I moved" and "we are 3 now"."""
        match event:
            case Pressed(action="checkin", value=value):
                return {"do": value or "start"}
            case TextReceived(text=text) | VoiceHeard(text=text):
                return self._interview.begins(text)
        return None

    async def gather(
        self, connection: AsyncConnection, resident: Resident, state: Json, event: Event
    ) -> CheckInFacts:
        """The disaster, what was told in it so far, open shelters, the request that waits."""
        disaster = await store.active_disaster(connection)
        if disaster is None:
            return CheckInFacts()
        shelters = await store.all_shelter_states(connection)
        request = await chat.current_request(connection, resident.id)
        return CheckInFacts(
            disaster=disaster,
            checkin=await store.find_checkin(connection, disaster.id, resident.id),
            open_shelters=tuple(sorted(one for one, state in shelters.items() if state.state != "closed")),
            request=request.id if request else "",
            message=new_id(),
        )

    def step(self, state: Json, turn: Turn) -> SkillStep:
        return self._interview.step(state, turn)

    async def carry_out(
        self, connection: AsyncConnection, resident: Resident, effect: Effect
    ) -> Mapping[str, str]:
        """Store answers, erase them, call the disaster desk. Raises Overtaken when the disaster was ended meanwhile."""
        if effect.kind == "show":
            return {name: str(value) for name, value in effect.data.items()}
        disaster = await store.active_disaster(connection)
        if disaster is None:
            raise Overtaken
        now = self._clock.now()
        match effect.kind:
            case "save":
                await store.save_checkin(connection, disaster.id, resident.id, effect.data, now=now)
            case "erase":
                await store.clear_checkin(connection, disaster.id, resident.id, now=now)
            case "help":
                checkin = await store.find_checkin(connection, disaster.id, resident.id)
                await self._call_desk(connection, resident, checkin, effect)
        ANSWERS.labels(effect.kind).inc()
        self._bus.publish(TOPIC)
        return {}

    async def _call_desk(
        self, connection: AsyncConnection, resident: Resident, checkin: CheckIn | None, effect: Effect
    ) -> None:
        """Write what staff read, and let a request that waits already jump the queue."""
        await chat.add_message(
            connection,
            now=self._clock.now(),
            id=effect.data["message"],
            resident_id=resident.id,
            direction="resident",
            text=self._renderer.phrase("disaster.checkin.for_desk", "ja", place=self._where(checkin)),
            language="ja",
        )
        if not effect.data["request"]:
            return
        request = await chat.current_request(connection, resident.id)
        if request is None or request.id != effect.data["request"]:
            raise Overtaken
        await chat.change_request(
            connection,
            request,
            allowed=("open", "answered"),
            urgent=True,
            state="open" if request.state == "open" else "claimed",
            department=DEPARTMENT if request.state == "open" else request.department,
        )

    def _where(self, checkin: CheckIn | None) -> str:
        """What is known about the place, in Japanese."""
        if checkin is None:
            return "？"
        parts = [self._areas.name(checkin.area, "ja")]
        if checkin.place:
            parts.append(self._renderer.phrase(f"disaster.place.{checkin.place}", "ja"))
        if checkin.latitude is not None:
            parts.append(f"{checkin.latitude:.5f}, {checkin.longitude:.5f}")
        return " ".join(filter(None, parts)) or "？"
