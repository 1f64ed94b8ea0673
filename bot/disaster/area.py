"""The area that somebody wants the city's notices for."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.actions import Effect, Say
from bot.disaster import store
from bot.disaster.areas import Areas
from bot.disaster.words import DisasterWords
from bot.events import Event, LocationReceived, Pressed, TextReceived, VoiceHeard
from bot.model import Button, Resident
from bot.skill import Json, SkillStep, Turn
from core.clock import Clock

SKILL = "area"
NOWHERE = "none"  # value of the button that forgets the area


class AreaSkill:
    """Asks for the area once, and remembers it until it is changed."""

    def __init__(self, areas: Areas, words: DisasterWords, clock: Clock) -> None:
        self._areas = areas
        self._words = words
        self._clock = clock

    @property
    def name(self) -> str:
        return SKILL

    def starts(self, event: Event, trigger: str) -> Json | None:
        """Its buttons, and the words "my area"."""
        match event:
            case Pressed(action="area", value=value):
                return {"do": value}
            case TextReceived(text=text) | VoiceHeard(text=text) if self._words.command(text) == "area":
                return {"do": ""}
        return None

    async def gather(self, connection: AsyncConnection, resident: Resident, state: Json, event: Event) -> str:
        """The area that was chosen before."""
        return await store.find_area(connection, resident.id)

    def step(self, state: Json, turn: Turn) -> SkillStep:
        if turn.trigger == "cancel":
            return SkillStep(state=None, actions=(Say(phrase="disaster.area.kept"),))
        chosen = str(state.get("do", "")) or self._told(turn.event)
        if chosen in self._areas or chosen == NOWHERE:
            keep = Effect(skill=SKILL, kind="set", data={"area": "" if chosen == NOWHERE else chosen})
            said = "forgotten" if chosen == NOWHERE else "set"
            actions = (keep, Say(phrase=f"disaster.area.{said}"))
            return SkillStep(state=None, actions=actions, keeps=chosen != NOWHERE)
        if "do" in state:
            return self._ask(known=bool(turn.facts))
        return SkillStep(state=None, taken=False)

    def _told(self, event: Event) -> str:
        match event:
            case TextReceived(text=text) | VoiceHeard(text=text):
                return self._words.answer("location", text)
            case LocationReceived(place=place):
                return self._areas.nearest(place)
        return ""

    def _ask(self, *, known: bool) -> SkillStep:
        buttons = [Button(label="disaster.checkin.send_location", kind="location")]
        buttons += [Button(texts=area.names, data=f"do={SKILL}&v={area.id}") for area in self._areas][:11]
        if known:
            buttons.append(Button(label="disaster.area.forget", data=f"do={SKILL}&v={NOWHERE}"))
        said = Say(phrase="disaster.area.ask", buttons=tuple(buttons))
        return SkillStep(state={"at": "area"}, actions=(said,), keeps=True)

    async def carry_out(
        self, connection: AsyncConnection, resident: Resident, effect: Effect
    ) -> Mapping[str, str]:
        await store.set_area(connection, resident.id, effect.data["area"], now=self._clock.now())
        language = resident.conversation.language or resident.profile_language
        return {"area": self._areas.name(effect.data["area"], language or "ja")}
