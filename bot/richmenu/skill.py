"""What the menu's areas "Ask" and "Forms" say. The others press buttons that somebody else answers."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.actions import Effect, Say, ShowCard
from bot.events import Event, Pressed
from bot.model import Button, Card, Label, Resident
from bot.skill import Json, SkillStep, Turn

SKILL = "menu"


class MenuSkill:
    """Answers at once and is over. What was going on before (a form) is kept as its own draft."""

    def __init__(self, forms: Mapping[str, Mapping[str, str]]) -> None:
        """`forms` is form id → language → title, in the order in which they are offered."""
        self._forms = forms

    @property
    def name(self) -> str:
        return SKILL

    def starts(self, event: Event, trigger: str) -> Json | None:
        match event:
            case Pressed(action="menu", value="ask" | "forms" as value):
                return {"do": value}
        return None

    async def gather(
        self, connection: AsyncConnection, resident: Resident, state: Json, event: Event
    ) -> None:
        return None

    def step(self, state: Json, turn: Turn) -> SkillStep:
        if state.get("do") == "forms" and self._forms:
            return SkillStep(state=None, actions=(ShowCard(card=self._card()),))
        return SkillStep(state=None, actions=(Say(phrase="menu.how_to_ask"),))

    def _card(self) -> Card:
        buttons = tuple(
            Button(texts=titles, data=urlencode({"do": "form", "v": form_id}))
            for form_id, titles in self._forms.items()
        )
        return Card(title=Label(phrase="menu.which_form"), buttons=buttons)

    async def carry_out(
        self, connection: AsyncConnection, resident: Resident, effect: Effect
    ) -> Mapping[str, str]:
        return {}
