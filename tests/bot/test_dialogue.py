"""Conversations, written down as lists."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.actions import (
    Action,
    AddToRequest,
    CancelRequest,
    OpenRequest,
    Say,
    SetReachable,
    ShowArticle,
    ShowTitles,
)
from bot.dialogue import CANCEL_BUTTON, FIRST_DEPARTMENT, Facts, parse_pressed, pressed, step
from bot.events import (
    Event,
    Followed,
    LocationReceived,
    MediaReceived,
    Pressed,
    TextReceived,
    Unfollowed,
    VoiceHeard,
    VoiceNotHeard,
)
from bot.model import Conversation, Findings, Place

LANGUAGES = ("ja", "ja-Hira", "en", "pt-BR")
HERE = Place(latitude=35.6, longitude=139.5)
SURE = Findings(sure="garbage", candidates=("garbage", "moving"))
UNSURE = Findings(candidates=("garbage", "moving"))
NOTHING = Findings()
LONG = "a sentence that is long enough to tell"


def facts(**changes: Any) -> Facts:
    return replace(Facts(languages=LANGUAGES, detected="en", confidence=0.95), **changes)


def text(said: str = LONG, message_id: str = "m1") -> TextReceived:
    return TextReceived(message_id=message_id, text=said)


def brief(actions: list[Action]) -> list[str]:
    """Actions in one word each."""
    words = []
    for action in actions:
        match action:
            case Say(phrase=phrase):
                words.append(phrase)
            case ShowArticle(slug=slug):
                words.append(f"article {slug}")
            case ShowTitles(slugs=slugs):
                words.append(f"titles {' '.join(slugs)}")
            case OpenRequest(message_id=message_id, urgent=urgent):
                words.append(f"open {message_id}{' urgent' if urgent else ''}")
            case AddToRequest(request_id=request_id, message_id=message_id):
                words.append(f"add {message_id} to {request_id}")
            case CancelRequest(request_id=request_id):
                words.append(f"cancel {request_id}")
            case SetReachable(reachable=reachable):
                words.append("reachable" if reachable else "unreachable")
    return words


Turn = tuple[Event, Facts, list[str]]


def talk(*turns: Turn, state: Conversation | None = None) -> Conversation:
    """Play a conversation; each turn is (event, facts, what is done)."""
    state = state or Conversation(language="en")
    for number, (event, known, expected) in enumerate(turns):
        state, actions = step(state, event, known)
        assert brief(actions) == expected, f"turn {number}: {event}"
    return state


PERSON = Pressed(action="person", value="")
OPEN = facts(request="r1", request_number=7, request_state="open")
CLAIMED = facts(request="r1", request_number=7, request_state="claimed")
ANSWERED = facts(request="r1", request_number=7, request_state="answered")


# Language


@pytest.mark.parametrize("tag", LANGUAGES)
def test_first_sure_message_sets_the_language(tag: str) -> None:
    state = talk((text(), facts(detected=tag, findings=SURE), ["article garbage"]), state=Conversation())
    assert (state.language, state.language_chosen) == (tag, False)


@pytest.mark.parametrize(
    ("said", "detected", "confidence", "language"),
    [
        (LONG, "pt-BR", 0.8, "pt-BR"),
        (LONG, "pt-BR", 0.79, "en"),
        ("nove sim", "pt-BR", 0.99, "en"),
        ("dez letras", "pt-BR", 0.99, "pt-BR"),
        ("ごみ", "ja", 0.99, "en"),
        ("ごみの日", "ja", 0.99, "ja"),
        (LONG, "", 0.0, "en"),
    ],
)
def test_only_a_sure_and_long_message_switches_the_language(
    said: str, detected: str, confidence: float, language: str
) -> None:
    state, _ = step(Conversation(language="en"), text(said), facts(detected=detected, confidence=confidence))
    assert state.language == language


def test_chosen_language_sticks_whatever_is_written() -> None:
    chosen = Pressed(action="language", value="pt-BR")
    state = talk(
        (chosen, facts(), ["language.set"]),
        (text(), facts(detected="en", confidence=1.0, findings=SURE), ["article garbage"]),
    )
    assert (state.language, state.language_chosen) == ("pt-BR", True)


def test_chosen_language_can_be_chosen_again() -> None:
    state = talk(
        (Pressed(action="language", value="pt-BR"), facts(), ["language.set"]),
        (Pressed(action="language", value="ja-Hira"), facts(), ["language.set"]),
    )
    assert state.language == "ja-Hira"


def test_easy_japanese_is_not_overruled_by_japanese() -> None:
    state, _ = step(Conversation(language="ja-Hira"), text("ごみはいつ出しますか"), facts(detected="ja"))
    assert state.language == "ja-Hira"


def test_unsure_language_falls_back_on_the_profile() -> None:
    known = facts(detected="", confidence=0.0, profile_language="pt-PT", findings=SURE)
    state = talk((text("12345"), known, ["article garbage"]), state=Conversation())
    assert state.language == "pt-BR"


@pytest.mark.parametrize("profile", ["", "xx", "de"])
def test_question_in_an_unknown_language_waits_for_the_choice_and_is_answered_then(profile: str) -> None:
    unknown = facts(detected="", confidence=0.2, profile_language=profile)
    state = talk(
        (text("12345", "m1"), unknown, ["language.uncertain"]),
        (
            Pressed(action="language", value="pt-BR"),
            facts(findings=SURE),
            ["language.set", "article garbage"],
        ),
        state=Conversation(),
    )
    assert state.last_question == "m1"


def test_question_without_an_article_is_offered_to_a_person_after_choosing() -> None:
    unknown = facts(detected="", confidence=0.2)
    talk(
        (text("12345", "m1"), unknown, ["language.uncertain"]),
        (Pressed(action="language", value="en"), facts(), ["language.set", "unknown.text"]),
        (PERSON, facts(), ["open m1", "person.queued"]),
        state=Conversation(),
    )


def test_choosing_a_language_while_a_request_waits_only_changes_the_language() -> None:
    state = Conversation(language="en", last_question="m1")
    talk(
        (Pressed(action="language", value="ja"), replace(CLAIMED, findings=SURE), ["language.set"]),
        state=state,
    )


def test_unserved_language_cannot_be_chosen() -> None:
    state = talk((Pressed(action="language", value="tlh"), facts(), []))
    assert state == Conversation(language="en")


def test_wish_for_another_language_shows_all_of_them() -> None:
    _, (asked,) = step(Conversation(language="en"), text("language"), facts(trigger="language"))
    assert isinstance(asked, Say)
    assert [button.data for button in asked.buttons] == [pressed("language", tag) for tag in LANGUAGES]


# Danger


@pytest.mark.parametrize("known", [facts(), OPEN, CLAIMED, ANSWERED])
@pytest.mark.parametrize(
    "state", [Conversation(), Conversation(language="en", awaiting="question_for_person")]
)
def test_emergency_comes_before_everything(known: Facts, state: Conversation) -> None:
    _, actions = step(state, text(), replace(known, trigger="emergency", findings=SURE))
    said = [action for action in actions if isinstance(action, Say)]
    assert [one.phrase for one in said] == ["emergency.text"]
    assert brief(actions)[1:] == (["add m1 to r1"] if known.request else [])


def test_emergency_is_answered_before_the_language_is_known() -> None:
    talk(
        (text("火事"), facts(detected="", confidence=0.0, trigger="emergency"), ["emergency.text"]),
        state=Conversation(),
    )


def test_urgent_message_opens_an_urgent_request_without_asking() -> None:
    state = talk((text(), facts(trigger="urgent"), ["urgent.text", "open m1 urgent"]))
    assert (state.last_question, state.awaiting) == ("", "")


def test_urgent_request_goes_to_the_first_department() -> None:
    known = facts(trigger="urgent", department="taxes")
    _, actions = step(Conversation(language="en"), text(), known)
    assert actions[1] == OpenRequest(message_id="m1", department=FIRST_DEPARTMENT, urgent=True)


@pytest.mark.parametrize("known", [OPEN, CLAIMED, ANSWERED])
def test_urgent_message_joins_the_request_that_there_is(known: Facts) -> None:
    talk((text(), replace(known, trigger="urgent"), ["urgent.text", "add m1 to r1"]))


def test_voice_message_in_danger_is_treated_like_text() -> None:
    heard = VoiceHeard(message_id="m1", text="my house is on fire")
    talk((heard, facts(trigger="emergency"), ["voice.heard", "emergency.text"]))


# Articles


def test_sure_article_is_shown_and_thanked_for() -> None:
    state = talk(
        (text(), facts(findings=SURE), ["article garbage"]),
        (Pressed(action="right", value="garbage"), facts(), ["answer.thanks"]),
    )
    assert state.last_question == ""


def test_unsure_question_offers_titles_and_the_chosen_one_is_shown() -> None:
    state = talk(
        (text(), facts(findings=UNSURE), ["titles garbage moving"]),
        (Pressed(action="article", value="moving"), facts(), ["article moving"]),
    )
    assert state.last_question == "m1"


@pytest.mark.parametrize("button", ["wrong", "none"])
def test_wrong_article_leads_to_a_person_with_the_question_that_was_asked(button: str) -> None:
    talk(
        (text(), facts(findings=SURE), ["article garbage"]),
        (Pressed(action=button, value=""), facts(), ["unknown.text"]),
        (PERSON, facts(department="waste"), ["open m1", "person.queued"]),
    )


@pytest.mark.parametrize("button", ["wrong", "none"])
def test_wrong_article_offers_no_second_person_while_a_request_waits(button: str) -> None:
    talk((Pressed(action=button, value=""), OPEN, ["person.waiting"]))


# A person


def test_unknown_question_is_passed_on_after_yes() -> None:
    state = talk(
        (text("what about drums?", "m1"), facts(), ["unknown.text"]),
        (text("yes", "m2"), facts(trigger="yes"), ["open m1", "person.queued"]),
    )
    assert state.last_question == ""


def test_no_after_the_offer_declines_it() -> None:
    state = talk(
        (text("what about drums?", "m1"), facts(), ["unknown.text"]),
        (text("no", "m2"), facts(trigger="no"), ["unknown.declined"]),
        (PERSON, facts(), ["person.ask_what"]),
    )
    assert state.awaiting == "question_for_person"


def test_decline_button_forgets_the_question() -> None:
    state = talk(
        (text(), facts(), ["unknown.text"]),
        (Pressed(action="decline", value=""), facts(), ["unknown.declined"]),
    )
    assert state.last_question == ""


@pytest.mark.parametrize("trigger", ["yes", "no"])
def test_yes_or_no_to_nothing_is_taken_as_understood(trigger: str) -> None:
    talk((text(), facts(trigger=trigger), ["talk.understood"]))


def test_wish_for_a_person_passes_on_the_question_that_waits() -> None:
    talk(
        (text("drums?", "m1"), facts(findings=UNSURE), ["titles garbage moving"]),
        (text("talk to a person", "m2"), facts(trigger="person"), ["open m1", "person.queued"]),
    )


def test_wish_for_a_person_without_a_question_asks_for_one() -> None:
    state = talk(
        (text("talk to a person", "m1"), facts(trigger="person"), ["person.ask_what"]),
        (text("about drums", "m2"), facts(findings=SURE), ["open m2", "person.queued"]),
    )
    assert (state.awaiting, state.last_question) == ("", "")


def test_other_wish_ends_the_waiting_for_a_question() -> None:
    state = talk(
        (PERSON, facts(), ["person.ask_what"]),
        (text("thanks", "m1"), facts(trigger="thanks"), ["smalltalk.thanks"]),
        (text("garbage?", "m2"), facts(findings=SURE), ["article garbage"]),
    )
    assert state.awaiting == "was_right"


def test_request_takes_the_department_of_the_article() -> None:
    state = Conversation(language="en", last_question="m1")
    _, actions = step(state, PERSON, facts(department="taxes"))
    assert actions[0] == OpenRequest(message_id="m1", department="taxes", urgent=False)


def test_request_without_a_department_goes_to_the_first() -> None:
    state = Conversation(language="en", last_question="m1")
    _, actions = step(state, PERSON, facts())
    assert actions[0] == OpenRequest(message_id="m1", department=FIRST_DEPARTMENT, urgent=False)


def test_request_out_of_hours_says_when_the_desk_opens() -> None:
    state = Conversation(language="en", last_question="m1")
    opens = "2026-11-04T08:30:00+09:00"
    _, (_, said) = step(state, PERSON, facts(closed_until=opens))
    assert said == Say(phrase="person.queued_closed", values=(("when", opens),), buttons=(CANCEL_BUTTON,))


def test_second_wish_for_a_person_says_the_number_of_the_request() -> None:
    _, actions = step(Conversation(language="en"), PERSON, OPEN)
    assert isinstance(actions[0], Say)
    assert (actions[0].phrase, actions[0].values) == ("person.waiting", (("number", "7"),))


def test_more_words_are_added_to_the_request_that_waits() -> None:
    talk((text("and one more thing", "m2"), OPEN, ["add m2 to r1", "person.added"]))


def test_sure_answer_is_still_given_while_a_request_waits() -> None:
    talk((text(), replace(OPEN, findings=SURE), ["article garbage"]))


def test_cancel_in_words_and_by_button() -> None:
    talk((text("cancel"), replace(OPEN, trigger="cancel"), ["cancel r1", "person.cancelled"]))
    talk((Pressed(action="cancel", value=""), CLAIMED, ["cancel r1", "person.cancelled"]))


def test_cancel_of_nothing() -> None:
    talk((Pressed(action="cancel", value=""), facts(), ["unknown.declined"]))


# While a clerk answers


@pytest.mark.parametrize(
    "trigger", ["", "hello", "thanks", "bye", "person", "cancel", "language", "yes", "no"]
)
def test_nothing_is_said_while_a_clerk_answers(trigger: str) -> None:
    known = replace(CLAIMED, trigger=trigger, findings=SURE)
    talk((text(), known, ["add m1 to r1"]))
    talk((VoiceHeard(message_id="m2", text=LONG), known, ["add m2 to r1"]))


def test_picture_and_place_go_to_the_clerk_without_a_word() -> None:
    talk(
        (MediaReceived(message_id="m1", kind="image"), CLAIMED, ["add m1 to r1"]),
        (LocationReceived(message_id="m2", place=HERE), CLAIMED, ["add m2 to r1"]),
    )


def test_voice_message_that_nobody_heard_is_said_so_even_while_a_clerk_answers() -> None:
    unheard = VoiceNotHeard(message_id="m1", reason="failed", detail="")
    state, actions = step(Conversation(language="en"), unheard, CLAIMED)
    assert brief(actions) == ["voice.failed", "add m1 to r1"]
    assert isinstance(actions[0], Say)
    assert actions[0].buttons == ()


# Other things


@pytest.mark.parametrize(
    ("reason", "detail", "values"),
    [
        ("unsupported", "English", (("languages", "English"),)),
        ("too_long", "120", (("seconds", "120"),)),
        ("failed", "", ()),
    ],
)
def test_voice_message_that_was_not_heard_says_why(
    reason: Any, detail: str, values: tuple[tuple[str, str], ...]
) -> None:
    unheard = VoiceNotHeard(message_id="m1", reason=reason, detail=detail)
    _, (said,) = step(Conversation(language="en"), unheard, facts())
    assert isinstance(said, Say)
    assert (said.phrase, said.values) == (f"voice.{reason}", values)


def test_heard_voice_message_is_repeated() -> None:
    _, actions = step(
        Conversation(language="en"), VoiceHeard(message_id="m1", text="a sofa"), facts(findings=SURE)
    )
    assert actions[0] == Say(phrase="voice.heard", values=(("text", "a sofa"),))
    assert brief(actions)[1:] == ["article garbage"]


def test_place_that_no_skill_takes_goes_to_the_clerk() -> None:
    place = LocationReceived(message_id="m1", place=HERE)
    talk((place, facts(), []), (place, OPEN, ["add m1 to r1"]))


@pytest.mark.parametrize(
    ("kind", "phrase"),
    [
        ("sticker", "sticker.received"),
        ("image", "media.offer"),
        ("video", "media.offer"),
        ("file", "media.offer"),
        ("audio", "media.offer"),
        ("x", "other.unsupported"),
    ],
)
def test_media_get_a_sentence(kind: str, phrase: str) -> None:
    talk((MediaReceived(message_id="m1", kind=kind), facts(), [phrase]))


@pytest.mark.parametrize("kind", ["image", "video", "file", "audio"])
def test_file_is_passed_on_to_an_open_request_and_to_who_answers_it(kind: str) -> None:
    sent = MediaReceived(message_id="m1", kind=kind)
    talk((sent, OPEN, ["add m1 to r1", "media.passed_on"]))
    talk((sent, replace(OPEN, request_state="claimed"), ["add m1 to r1"]))


def test_file_is_given_to_a_person_who_is_wished_for() -> None:
    sent = MediaReceived(message_id="m1", kind="image")
    person = Pressed(action="person", value="")
    talk((sent, facts(), ["media.offer"]), (person, facts(), ["open m1", "person.queued"]))


def test_file_that_is_not_to_be_shown_is_forgotten() -> None:
    sent, no = MediaReceived(message_id="m1", kind="image"), Pressed(action="decline", value="")
    state = talk((sent, facts(), ["media.offer"]), (no, facts(), ["unknown.declined"]))
    assert state.last_question == ""


def test_further_pictures_of_a_set_are_taken_in_silence() -> None:
    more = MediaReceived(message_id="m2", kind="image", more=True)
    talk((more, facts(), []), (more, OPEN, ["add m2 to r1"]))


def test_recording_that_was_not_understood_can_be_given_to_a_person() -> None:
    heard = VoiceNotHeard(message_id="m1", reason="failed", detail="")
    person = Pressed(action="person", value="")
    talk((heard, facts(), ["voice.failed"]), (person, facts(), ["open m1", "person.queued"]))


def test_follow_greets_with_the_notice_and_the_languages() -> None:
    state = talk(
        (
            Followed(unblocked=False),
            facts(profile_language="pt-BR"),
            ["reachable", "welcome", "privacy.notice", "language.ask"],
        ),
        state=Conversation(),
    )
    assert state.language == "pt-BR"


def test_unblocking_is_greeted_without_the_notice_and_keeps_the_language() -> None:
    state = talk(
        (Followed(unblocked=True), facts(profile_language="pt-BR"), ["reachable", "welcome", "language.ask"])
    )
    assert state.language == "en"


def test_unfollow_only_marks_the_resident() -> None:
    talk((Unfollowed(), facts(), ["unreachable"]))


@pytest.mark.parametrize("action", ["", "delete", "shelters", "LANGUAGE", "article"])
def test_unknown_or_empty_buttons_are_ignored(action: str) -> None:
    state = Conversation(language="en", last_question="m1")
    assert talk((Pressed(action=action, value=""), facts(), []), state=state) == state


def test_my_number_is_pointed_out_first() -> None:
    known = facts(my_number_removed=True, findings=SURE)
    talk((text(), known, ["privacy.my_number", "article garbage"]))
    talk((text(), replace(known, trigger="emergency"), ["privacy.my_number", "emergency.text"]))


@pytest.mark.parametrize("kind", ["hello", "thanks", "bye"])
def test_small_talk_keeps_the_question_that_waits(kind: str) -> None:
    state = Conversation(language="en", last_question="m1")
    assert talk((text(), facts(trigger=kind), [f"smalltalk.{kind}"]), state=state) == state


# Buttons


@pytest.mark.parametrize("value", ["", "moving-in", "a&b=c", "日本"])
def test_button_data_comes_back_as_it_was(value: str) -> None:
    assert parse_pressed(pressed("article", value)) == ("article", value)


@given(st.text())
def test_any_button_data_is_read_without_an_error(data: str) -> None:
    action, value = parse_pressed(data)
    step(Conversation(), Pressed(action=action, value=value), facts())


# Anything at all

TRIGGERS = ["", "emergency", "urgent", "person", "cancel", "language", "thanks", "bye", "hello", "yes", "no"]
BUTTONS = ["article", "person", "none", "language", "languages", "right", "wrong", "decline", "cancel", "?"]


@dataclass
class World:
    """What the shell remembers between the steps of a random conversation."""

    state: Conversation = field(default_factory=Conversation)
    received: list[str] = field(default_factory=list)
    request: str = ""
    request_state: str = ""


events_drawn = st.one_of(
    st.builds(TextReceived, message_id=st.just("?"), text=st.text(max_size=30)),
    st.builds(VoiceHeard, message_id=st.just("?"), text=st.text(max_size=30)),
    st.builds(
        VoiceNotHeard,
        message_id=st.just("?"),
        reason=st.sampled_from(["unsupported", "failed", "too_long"]),
        detail=st.just("x"),
    ),
    st.builds(LocationReceived, message_id=st.just("?"), place=st.just(HERE)),
    st.builds(MediaReceived, message_id=st.just("?"), kind=st.sampled_from(["sticker", "image", "other"])),
    st.builds(Followed, unblocked=st.booleans()),
    st.just(Unfollowed()),
    st.builds(Pressed, action=st.sampled_from(BUTTONS), value=st.sampled_from(["", "ja", "en", "garbage"])),
)
facts_drawn = st.builds(
    Facts,
    languages=st.just(LANGUAGES),
    detected=st.sampled_from(["", *LANGUAGES]),
    confidence=st.floats(0, 1),
    profile_language=st.sampled_from(["", "pt", "en", "xx"]),
    trigger=st.sampled_from(TRIGGERS),
    findings=st.sampled_from([SURE, UNSURE, NOTHING]),
    my_number_removed=st.booleans(),
    closed_until=st.sampled_from(["", "2026-11-04T08:30:00+09:00"]),
)
clerk_does = st.sampled_from(["", "claim", "answer", "close"])
SAFETY = {
    "emergency.text",
    "urgent.text",
    "privacy.my_number",
    "voice.unsupported",
    "voice.failed",
    "voice.too_long",
}
SAID = (Say, ShowArticle, ShowTitles)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(events_drawn, facts_drawn, clerk_does), max_size=25))
def test_random_conversations_keep_their_promises(turns: list[tuple[Any, Facts, str]]) -> None:
    world = World()
    for number, (event, known, clerk) in enumerate(turns):
        moves = {"claim": "claimed", "answer": "answered", "close": ""}
        if clerk and world.request:
            world.request_state = moves[clerk]
            world.request = world.request if world.request_state else ""
        if hasattr(event, "message_id"):
            event = replace(event, message_id=f"m{number}")
            world.received.append(event.message_id)
        if isinstance(event, Pressed):
            known = replace(known, trigger="")
        known = replace(known, request=world.request, request_state=world.request_state, request_number=1)
        world.state, actions = step(world.state, event, known)
        said = [action for action in actions if isinstance(action, SAID)]
        if world.request_state == "claimed" and not isinstance(event, (Pressed, Followed)):
            assert {getattr(one, "phrase", "card") for one in said} <= SAFETY
        if known.trigger == "emergency" and isinstance(event, (TextReceived, VoiceHeard)):
            assert "emergency.text" in [getattr(one, "phrase", "") for one in said]
        opened = [action for action in actions if isinstance(action, OpenRequest)]
        assert len(opened) <= (0 if world.request else 1)
        for one in opened:
            assert one.message_id in world.received
            world.request, world.request_state = f"r{number}", "open"
        for action in actions:
            if isinstance(action, AddToRequest):
                assert (action.request_id, action.message_id in world.received) == (world.request, True)
            if isinstance(action, CancelRequest):
                assert action.request_id == world.request
                world.request = world.request_state = ""
        assert world.state.language in ("", *LANGUAGES)
        assert not world.state.last_question or world.state.last_question in world.received
