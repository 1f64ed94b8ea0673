"""Every form in every language, walked at random: good and bad answers, back, change, cancel, days away, another
language, questions about something else. Whatever happens, the form can be finished, and no place is given twice."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.city import City
from bot.forms.drafts import held_place
from bot.forms.filling import Filling
from bot.forms.model import STATES
from tests.bot.forms.conftest import LANGUAGES, Talk

FORMS = (
    "certificate-request",
    "damage-report",
    "event-sign-up",
    "hospital-interpreter",
    "on-demand-taxi",
    "oversized-garbage",
    "video-consultation",
)
GOOD = {"text": "Maria Souza", "address": "Chuo 1-2-3", "phone": "090-1234-5678", "number": "2"}
NONSENSE = (
    "xyzzy",
    "???",
    "99999999999999",
    "123456789018",
    "",
    "🙂",
    "1e9",
    "{receipt}",
    "%s" * 40,
    "0",
    "-1",
)
QUESTIONS = ("How do I throw away a bicycle?", "Onde fica a prefeitura?", "ごみはいつですか？")
MOVES = (
    "good",
    "good",
    "good",
    "good",
    "button",
    "bad",
    "back",
    "change",
    "question",
    "pause",
    "language",
    "later",
    "stop",
    "again",
    "rival",
)


def answer_well(talk: Talk) -> None:
    """Press a button with an answer if there is one, else write or send what is asked."""
    state = talk.state
    assert state is not None
    if state["phase"] == "review":
        talk.press("send")
        return
    if state["phase"] != "fill":
        talk.press(f"resume:{state['form']}")
        return
    form = talk.filling.forms[state["form"]]
    field = form.field(state["field"])
    assert field is not None
    if field.kind == "photo":
        talk.picture()
    elif field.kind in GOOD:
        talk.say(GOOD[field.kind])
    elif field.kind == "items" and state["picked"]:
        talk.press(f"a:{form.id}:{field.id}:.enough")
    else:
        choices = [
            value
            for value in talk.values()
            if value.startswith(f"a:{form.id}:{field.id}:") and not value.endswith(":")
        ]
        if choices:
            talk.press(choices[-1])
        else:
            talk.press("skip" if field.optional else "back")


def move(talk: Talk, form_id: str, kind: str, chance: random.Random) -> None:
    if talk.state is None:
        talk.press(f"resume:{form_id}")
        return
    match kind:
        case "good":
            answer_well(talk)
        case "button":
            if values := [value for value in talk.values() if value]:
                talk.press(chance.choice(values))
        case "bad":
            talk.say(chance.choice(NONSENSE))
        case "back" | "later" | "stop":
            talk.press(kind)
        case "change":
            fields = talk.filling.forms[form_id].fields
            talk.press(f"change:{chance.choice(fields).id}")
        case "question":
            talk.say(chance.choice(QUESTIONS))
        case "pause":
            talk.now += dt.timedelta(hours=chance.choice((1, 5, 30)))
            talk.say(chance.choice(("2", "yes", "hello", *QUESTIONS)))
        case "language":
            talk.language = chance.choice(LANGUAGES)
        case "rival":
            be_faster(talk)
        case "again":
            talk.press(f"again:{form_id}")


def be_faster(talk: Talk) -> None:
    """Somebody else takes what is left of the place that was chosen."""
    assert talk.state is not None
    held = held_place(talk.filling.forms[talk.state["form"]], talk.answers)
    if held.key:
        talk.taken[held.key] = held.capacity


def finish(talk: Talk, form_id: str) -> None:
    """Finish the form as somebody would who only gives good answers."""
    before = len(talk.bookings)
    for _ in range(40):
        if len(talk.bookings) > before:
            return
        if talk.state is None or talk.state.get("form") != form_id:
            talk.press(f"resume:{form_id}")
        else:
            answer_well(talk)
    raise AssertionError(f"{form_id} cannot be finished from {talk.state}")


def check(talk: Talk) -> None:
    """No place is given twice (`Talk` refuses that at once), and no number."""
    assert all(taken >= 0 for taken in talk.taken.values())
    receipts = [booking.receipt for booking in talk.bookings]
    assert len(receipts) == len(set(receipts))
    assert {booking.state for booking in talk.bookings} <= set(STATES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form_id", FORMS)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), moves=st.lists(st.sampled_from(MOVES), max_size=25))
def test_form_walked_at_random_can_always_be_finished(
    form_id: str, language: str, filling: Filling, city: City, seed: int, moves: list[str]
) -> None:
    chance = random.Random(seed)
    talk = Talk(filling=filling, city=city, language=language)
    talk.press(form_id)
    for kind in moves:
        move(talk, form_id, kind, chance)
        if talk.state is not None:
            assert talk.last.actions or talk.last.reminder or not talk.last.taken, "nothing was said"
    talk.language = language
    finish(talk, form_id)
    check(talk)
    booking = talk.bookings[-1]
    assert booking.form == form_id
    form = filling.forms[form_id]
    assert set(booking.answers) == {field.id for field in form.active(booking.answers)}


@pytest.mark.parametrize("form_id", FORMS)
def test_booking_of_each_form_can_be_cancelled_in_time(form_id: str, talk: Talk) -> None:
    talk.press(form_id)
    finish(talk, form_id)
    receipt = talk.bookings[-1].receipt
    place: Any = talk.bookings[-1].place
    talk.press(f"cancel:{receipt}")
    talk.press(f"drop:{receipt}")
    assert talk.bookings[-1].state == "cancelled"
    assert talk.taken.get(place, 0) == 0
