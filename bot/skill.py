"""Skills: conversations of their own that the dialogue hands events to while they go on.

A form that is being filled in, a check-in after an earthquake, a notice that somebody asked for. Like the dialogue a
skill decides without waiting, clocks or logs; what it needs to know is gathered before, what it wants done is carried
out after, in the transaction that stores the conversation.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.actions import Action, Effect
from bot.events import Event
from bot.model import Resident

Json = Mapping[str, Any]


class Overtaken(Exception):
    """Somebody else was faster (the last place is taken): gather and decide again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What a skill sees of one event."""

    event: Event
    language: str  # of the conversation
    trigger: str  # from bot.triggers, or empty
    now: dt.datetime  # local time
    facts: Any = None  # what the skill's own `gather` found out
    article: str = ""  # slug of the article that surely answers what was written, if there is one


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillStep:
    """What a skill decided. `state` None: it is over. `taken` False: the event was not for it, so the dialogue answers
    as usual and says `reminder` afterwards. `keeps` True: something of the resident is to be kept for longer, so none
    of this happens before they have agreed to that; the event then comes again."""

    state: Json | None
    actions: tuple[Action, ...] = ()
    taken: bool = True
    reminder: tuple[Action, ...] = ()
    keeps: bool = False


class Skill(Protocol):
    """One skill of one city."""

    @property
    def name(self) -> str:
        """As it is stored with the conversation, and the action of the buttons that start it."""
        ...

    def starts(self, event: Event, trigger: str) -> Json | None:
        """The state to begin with, if this event starts the skill."""
        ...

    async def gather(self, connection: AsyncConnection, resident: Resident, state: Json, event: Event) -> Any:
        """What `step` needs to know. Reads only."""
        ...

    def step(self, state: Json, turn: Turn) -> SkillStep:
        """What to do about the event. Pure."""
        ...

    async def carry_out(
        self, connection: AsyncConnection, resident: Resident, effect: Effect
    ) -> Mapping[str, str]:
        """Do what a step wanted, in the transaction. Gives values for the placeholders of what is said.

        Raises Overtaken when another was faster, so that the event is worked on anew.
        """
        ...
