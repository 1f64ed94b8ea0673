"""How the dialogue hands events to a skill and takes them back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.actions import Effect, Say, Tell
from bot.dialogue import Facts, step
from bot.events import Event, Pressed, TextReceived
from bot.model import Conversation, Findings, Resident
from bot.skill import Json, SkillStep, Turn

LANGUAGES = ("ja", "en")
NOW = dt.datetime(2026, 11, 24, 10, 0, tzinfo=dt.UTC)


class Counting:
    """Counts "one" and "two", and is over at "two"."""

    name = "count"

    def starts(self, event: Event, trigger: str) -> Json | None:
        return {"said": 0} if isinstance(event, Pressed) and event.action == self.name else None

    async def gather(self, connection: AsyncConnection, resident: Resident, state: Json, event: Event) -> Any:
        return None

    def step(self, state: Json, turn: Turn) -> SkillStep:
        match turn.event:
            case Pressed():
                return SkillStep(state=state, actions=(Tell(texts={"en": "Say one."}),))
            case TextReceived(text="one"):
                return SkillStep(state={"said": 1}, actions=(Tell(texts={"en": "Say two."}),))
            case TextReceived(text="two"):
                return SkillStep(state=None, actions=(Effect(skill=self.name, kind="done"),))
        return SkillStep(state=state, taken=False, reminder=(Tell(texts={"en": "We were counting."}),))

    async def carry_out(
        self, connection: AsyncConnection, resident: Resident, effect: Effect
    ) -> Mapping[str, str]:
        return {}


SKILLS = {"count": Counting()}
START = Conversation(language="en", language_chosen=True)
GOING_ON = Conversation(language="en", language_chosen=True, skill="count", skill_state={"said": 0})


def facts(**found: Any) -> Facts:
    return Facts(languages=LANGUAGES, now=NOW, **found)


def said(text: str) -> TextReceived:
    return TextReceived(message_id="m1", text=text)


def test_button_starts_a_skill() -> None:
    state, actions = step(START, Pressed(action="count", value=""), facts(), SKILLS)
    assert (state.skill, state.skill_state) == ("count", {"said": 0})
    assert actions == [Tell(texts={"en": "Say one."})]


def test_running_skill_gets_the_next_message() -> None:
    state, actions = step(GOING_ON, said("one"), facts(), SKILLS)
    assert (state.skill_state, actions) == ({"said": 1}, [Tell(texts={"en": "Say two."})])


def test_skill_that_is_over_is_forgotten() -> None:
    state, actions = step(GOING_ON, said("two"), facts(), SKILLS)
    assert (state.skill, state.skill_state, actions) == ("", {}, [Effect(skill="count", kind="done")])


def test_what_is_not_for_the_skill_is_answered_as_usual_and_the_skill_goes_on() -> None:
    found = facts(findings=Findings(sure="garbage-sorting", candidates=("garbage-sorting",)))
    state, actions = step(GOING_ON, said("garbage?"), found, SKILLS)
    assert state.skill == "count"
    assert [type(action).__name__ for action in actions] == ["ShowArticle", "Tell"]


def test_danger_comes_before_a_running_skill() -> None:
    state, actions = step(GOING_ON, said("one"), facts(trigger="emergency"), SKILLS)
    assert (state.skill, actions) == ("count", [Say(phrase="emergency.text")])


def test_skill_is_silent_while_a_clerk_answers() -> None:
    busy = facts(request="r1", request_state="claimed")
    state, actions = step(GOING_ON, said("one"), busy, SKILLS)
    assert (state.skill_state, [type(action).__name__ for action in actions]) == (
        {"said": 0},
        ["AddToRequest"],
    )


def test_skill_that_is_no_longer_installed_does_not_stop_the_conversation() -> None:
    _, actions = step(GOING_ON, said("hello"), facts(trigger="hello"), {})
    assert actions == [Say(phrase="smalltalk.hello")]
