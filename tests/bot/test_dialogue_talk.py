"""Conversations over several turns, written down as lists."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from bot.actions import Action, Say, ShowPart
from bot.dialogue import Facts, step
from bot.events import Event, MediaReceived, Pressed, TextReceived, VoiceHeard
from bot.model import Conversation, Findings
from tests.bot.test_dialogue import ANSWERED, CLAIMED, LONG, OPEN, SURE, UNSURE, brief, facts

NOW = dt.datetime(2026, 11, 24, 10, 0, tzinfo=dt.UTC)
MENU = ("garbage", "moving")


def known(**changes: Any) -> Facts:
    return facts(**{"now": NOW, "menu": MENU, "question": "something", **changes})


def text(message_id: str = "m1") -> TextReceived:
    return TextReceived(message_id=message_id, text=LONG)


def words(actions: list[Action]) -> list[str]:
    return [
        word
        for action in actions
        for word in (
            [f"part {action.slug} {action.part}".strip()] if isinstance(action, ShowPart) else brief([action])
        )
    ]


def play(*turns: tuple[Event, Facts, list[str]], state: Conversation | None = None) -> Conversation:
    state = state or Conversation(language="en")
    for number, (event, found, expected) in enumerate(turns):
        state, actions = step(state, event, found)
        assert words(actions) == expected, f"turn {number}"
    return state


SHOWN = Conversation(
    language="en", topic="garbage", topic_at=NOW.isoformat(), topic_message="m0", awaiting="was_right"
)


def test_article_that_is_shown_becomes_the_topic() -> None:
    state = play((text(), known(findings=SURE), ["article garbage"]))
    assert (state.topic, state.topic_at, state.topic_message) == ("garbage", NOW.isoformat(), "m1")


def test_article_from_a_button_becomes_the_topic_without_a_message() -> None:
    state = play((Pressed(action="article", value="moving"), known(), ["article moving"]))
    assert (state.topic, state.topic_message) == ("moving", "")


def test_follow_up_is_about_the_article_that_was_shown() -> None:
    state = play(
        (text(), known(topic="garbage", light=True, part="cost"), ["part garbage cost"]), state=SHOWN
    )
    assert (state.topic, state.last_question, state.topic_message) == ("garbage", "m1", "m0")


def test_follow_up_without_a_topic_asks_what_about() -> None:
    play((text(), known(light=True), ["talk.about_what", "titles garbage moving"]))


def test_follow_up_without_a_topic_that_an_article_answers_is_answered() -> None:
    play((text(), known(light=True, findings=SURE), ["article garbage"]))


def test_question_of_its_own_changes_the_topic() -> None:
    found = Findings(sure="moving", candidates=("moving",))
    state = play((text(), known(topic="garbage", findings=found), ["article moving"]), state=SHOWN)
    assert (state.topic, state.earlier) == ("moving", ("garbage",))


def test_unsure_question_leaves_the_topic() -> None:
    state = play((text(), known(topic="garbage", findings=UNSURE), ["titles garbage moving"]), state=SHOWN)
    assert state.topic == "garbage"


@pytest.mark.parametrize("found", [OPEN, ANSWERED], ids=["open", "answered"])
def test_follow_up_to_staff_goes_to_staff(found: Facts) -> None:
    more = replace(found, topic="garbage", light=True, now=NOW)
    play((text(), more, ["add m1 to r1", "person.added"]), state=SHOWN)


def test_back_shows_the_articles_before_in_turn_and_then_the_menu() -> None:
    state = replace(SHOWN, earlier=("tax", "moving"))
    back = known(trigger="back")
    play(
        (text(), back, ["article moving"]),
        (text(), back, ["article tax"]),
        (text(), back, ["talk.back", "titles garbage moving"]),
        state=state,
    )


def test_back_button_does_the_same() -> None:
    play((Pressed(action="back", value=""), known(), ["article tax"]), state=replace(SHOWN, earlier=("tax",)))


def test_yes_to_was_this_right_is_thanked_for_and_asks_nobody() -> None:
    state = play(
        (text("m1"), known(findings=SURE), ["article garbage"]),
        (text("m2"), known(trigger="yes"), ["answer.thanks"]),
    )
    assert (state.awaiting, state.last_question) == ("", "")


def test_no_to_was_this_right_offers_a_person() -> None:
    play(
        (text("m1"), known(findings=SURE), ["article garbage"]),
        (text("m2"), known(trigger="no"), ["unknown.text"]),
        (text("m3"), known(trigger="yes"), ["open m1", "person.queued"]),
    )


def test_word_of_understanding_takes_the_offer_of_a_person() -> None:
    play(
        (text("m1"), known(), ["unknown.text"]),
        (text("m2"), known(trigger="understood"), ["open m1", "person.queued"]),
    )


def test_word_of_understanding_after_an_answer_asks_nobody() -> None:
    play(
        (text("m1"), known(findings=SURE), ["article garbage"]),
        (text("m2"), known(trigger="understood"), ["talk.understood"]),
    )


def test_correction_that_says_nothing_asks_what_then() -> None:
    play((text(), known(corrects=True, question="", topic="garbage"), ["talk.what_then"]), state=SHOWN)


@pytest.mark.parametrize("kind", ["how_are_you", "who_are_you", "robot", "praise", "sorry", "understood"])
def test_small_talk_is_answered(kind: str) -> None:
    play((text(), known(trigger=kind), [f"talk.{kind}"]))


@pytest.mark.parametrize("kind", ["unclear", "complaint"])
def test_who_is_not_content_is_offered_a_person(kind: str) -> None:
    _, actions = step(Conversation(language="en"), text(), known(trigger=kind))
    assert words(actions) == [f"talk.{kind}"]
    assert isinstance(actions[0], Say)
    assert [button.data for button in actions[0].buttons] == ["do=person"]


def test_who_asks_what_can_be_asked_sees_the_menu() -> None:
    play((text(), known(trigger="abilities"), ["talk.abilities", "titles garbage moving"]))
    play((Pressed(action="menu", value=""), known(), ["talk.abilities", "titles garbage moving"]))


def test_language_named_is_chosen_at_once() -> None:
    state = play((text(), known(trigger="language", wished="pt-BR"), ["language.set"]))
    assert (state.language, state.language_chosen) == ("pt-BR", True)


def test_language_can_be_named_in_the_first_message() -> None:
    asked = known(trigger="language", wished="ja", detected="", confidence=0.0)
    assert play((text(), asked, ["language.set"]), state=Conversation()).language == "ja"


def test_language_that_is_not_served_is_refused_with_a_choice() -> None:
    _, actions = step(Conversation(language="en"), text(), known(trigger="language", wished="ru"))
    assert words(actions) == ["talk.unserved"]
    assert isinstance(actions[0], Say)
    assert actions[0].values == (("language", "ru"),)
    assert len(actions[0].buttons) == 4


def test_naming_a_language_answers_the_question_that_waited_for_it() -> None:
    unknown = known(detected="", confidence=0.0)
    play(
        (text("m1"), unknown, ["language.uncertain"]),
        (
            text("m2"),
            replace(unknown, trigger="language", wished="en", findings=SURE),
            ["language.set", "article garbage"],
        ),
        state=Conversation(),
    )


@pytest.mark.parametrize(
    ("keywords", "phrase"),
    [(("thanks",), "talk.sticker_thanks"), (("cry",), "talk.sticker_sad"), ((), "sticker.received")],
)
def test_sticker_is_answered_as_it_is_meant(keywords: tuple[str, ...], phrase: str) -> None:
    play((MediaReceived(message_id="m1", kind="sticker", keywords=keywords), known(), [phrase]))


@pytest.mark.parametrize("limit", ["minute", "day"])
def test_too_many_messages_are_answered_by_one_sentence_once(limit: str) -> None:
    over = known(limited=limit, findings=SURE)
    state = play(
        (text("m1"), over, [f"talk.slow_{limit}"]),
        (text("m2"), over, []),
        (VoiceHeard(message_id="m3", text="x"), over, []),
        (MediaReceived(message_id="m4", kind="audio"), over, []),
        (text("m5"), known(findings=SURE), ["article garbage"]),
        (text("m6"), over, [f"talk.slow_{limit}"]),
    )
    assert state.slowed == limit


def test_too_many_messages_still_reach_staff() -> None:
    over = replace(OPEN, limited="minute", now=NOW)
    play((text("m1"), over, ["add m1 to r1", "talk.slow_minute"]), (text("m2"), over, ["add m2 to r1"]))


@pytest.mark.parametrize(("trigger", "first"), [("emergency", "Say"), ("urgent", "Say")])
def test_danger_is_answered_however_many_messages_came(trigger: str, first: str) -> None:
    _, actions = step(Conversation(language="en"), text(), known(limited="day", trigger=trigger))
    assert type(actions[0]).__name__ in (first, "Tell")
    assert "slow" not in str(actions)


@pytest.mark.parametrize("trigger", ["back", "abilities", "robot", "unclear", "understood", "language"])
def test_small_talk_is_not_answered_while_a_clerk_answers(trigger: str) -> None:
    play((text(), replace(CLAIMED, trigger=trigger, wished="ja", now=NOW, menu=MENU), ["add m1 to r1"]))
