"""What waits for consent, decided without a database."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from bot.actions import OpenRequest, Say
from bot.dialogue import Facts, step
from bot.events import Event, LocationReceived, Pressed, TextReceived, VoiceHeard
from bot.model import Conversation, Place
from bot.privacy.consent import CONSENT
from bot.skill import SkillStep, Turn

NOW = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC)
FACTS = Facts(languages=("ja", "en"), consent=None, now=NOW)
ASKED = Conversation(language="en", last_question="m1")


class Keeping:
    """A skill that keeps something."""

    name = "keeping"

    def starts(self, event: Event, trigger: str) -> dict[str, str] | None:
        return {"at": "start"} if isinstance(event, (Pressed, LocationReceived)) else None

    async def gather(self, *given: object) -> None:
        """Nothing."""

    def step(self, state: object, turn: Turn) -> SkillStep:
        return SkillStep(state={"at": "on"}, actions=(Say(phrase="kept"),), keeps=True)

    async def carry_out(self, *given: object) -> dict[str, str]:
        return {}


SKILLS = {"keeping": Keeping()}


@pytest.mark.parametrize("consent", [None, False])
def test_press_that_opens_a_request_is_remembered(consent: bool | None) -> None:
    state, actions = step(ASKED, Pressed(action="person", value=""), replace(FACTS, consent=consent))
    assert actions == [Say(phrase="privacy.needed"), CONSENT]
    assert state.wish == {"action": "person", "value": "", "awaiting": "", "at": NOW.isoformat()}
    assert (state.last_question, state.awaiting) == ("m1", "consent")


@pytest.mark.parametrize("kind", [TextReceived, VoiceHeard])
def test_words_are_remembered_by_their_message_only(kind: type[TextReceived]) -> None:
    waiting = replace(ASKED, last_question="", awaiting="question_for_person")
    state, actions = step(waiting, kind(message_id="m2", text="my secret"), FACTS)
    assert actions == [Say(phrase="privacy.needed"), CONSENT]
    assert (state.wish["message"], state.wish["awaiting"]) == ("m2", "question_for_person")
    assert "my secret" not in str(state)


def test_with_consent_it_is_done_at_once() -> None:
    _, actions = step(ASKED, Pressed(action="person", value=""), replace(FACTS, consent=True))
    assert isinstance(actions[0], OpenRequest)


def test_urgent_request_waits_for_nothing() -> None:
    urgent = replace(FACTS, trigger="urgent", danger="violence")
    _, actions = step(ASKED, TextReceived(message_id="m2", text="he hits me"), urgent)
    assert any(isinstance(one, OpenRequest) and one.urgent for one in actions)
    assert CONSENT not in actions


def test_skill_that_keeps_something_does_not_begin() -> None:
    state, actions = step(ASKED, Pressed(action="keeping", value="x"), FACTS, SKILLS)
    assert actions == [Say(phrase="privacy.needed"), CONSENT]
    assert (state.skill, state.wish["value"]) == ("", "x")
    state, actions = step(ASKED, Pressed(action="keeping", value="x"), replace(FACTS, consent=True), SKILLS)
    assert (state.skill, actions) == ("keeping", [Say(phrase="kept")])


@pytest.mark.parametrize(
    ("event", "to_skill"),
    [
        (Pressed(action="keeping", value=""), True),
        (TextReceived(message_id="m2", text="3"), False),
        (LocationReceived(message_id="m2", place=Place(latitude=35.6, longitude=139.5)), False),
    ],
)
def test_while_a_clerk_answers_only_buttons_begin_a_skill(event: Event, to_skill: bool) -> None:
    claimed = replace(FACTS, consent=True, request="r1", request_state="claimed")
    _, actions = step(ASKED, event, claimed, SKILLS)
    assert (Say(phrase="kept") in actions) == to_skill


def test_while_a_clerk_answers_a_running_skill_gets_the_place_it_asked_for() -> None:
    claimed = replace(FACTS, consent=True, request="r1", request_state="claimed")
    running = replace(ASKED, skill="keeping", skill_state={"at": "on"})
    place = LocationReceived(message_id="m2", place=Place(latitude=35.6, longitude=139.5))
    assert step(running, place, claimed, SKILLS)[1] == [Say(phrase="kept")]


@pytest.mark.parametrize(("consent", "asked"), [(None, True), (False, False), (True, False)])
def test_notice_is_shown_again_in_a_chosen_language_until_there_was_a_decision(
    consent: bool | None, asked: bool
) -> None:
    facts = replace(FACTS, consent=consent)
    state = replace(ASKED, last_question="")
    assert (CONSENT in step(state, Pressed(action="language", value="ja"), facts)[1]) == asked
    assert CONSENT not in step(state, Pressed(action="language", value="en"), facts)[1]
