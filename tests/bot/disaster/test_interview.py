"""The check-in, without a database."""

from __future__ import annotations

import random

import pytest

from bot.actions import AddToRequest, OpenRequest, Say, ShowCard
from bot.city import City
from bot.disaster.words import DisasterWords
from tests.bot.disaster.conftest import LANGUAGES, Talk


def test_check_in_asks_one_thing_after_another(talk: Talk) -> None:
    asked = []
    for value in ("start", "safe:safe", "consent:share:safe", "place:home", "location:chuo", "people:3"):
        talk.press(value)
        asked.append(talk.asked)
    assert asked == ["ask_safe", "ask_consent", "ask_place", "ask_location", "ask_people", "ask_children"]
    talk.press("children:3:1")
    talk.press("elderly:3:1:1")
    talk.press("needs:medicine")
    assert talk.asked == "ask_more"
    talk.press("needs:enough")
    assert talk.asked == "card"
    assert talk.state is None


def test_every_answer_is_stored_at_once(talk: Talk) -> None:
    talk.press("safe:safe")
    assert talk.checkin is None  # nothing before consent
    talk.press("consent:keep:safe")
    assert talk.checkin is not None
    assert (talk.checkin.consent, talk.checkin.safe) == ("keep", "safe")
    talk.press("place:car")
    assert talk.checkin.place == "car"


def test_refusing_keeps_nothing_and_ends_it(talk: Talk) -> None:
    talk.press("safe:safe")
    talk.press("consent:none:safe")
    assert talk.asked == "refused"
    assert talk.checkin is not None
    assert (talk.checkin.consent, talk.checkin.safe, talk.checkin.place) == ("none", "", "")
    talk.press("place:home")
    assert talk.asked == "ask_safe"
    assert talk.checkin.place == ""


def test_people_are_counted_by_age(talk: Talk) -> None:
    talk.check_in()
    talk.press("people:5")
    talk.press("children:5:2")
    talk.press("elderly:5:2:1")
    assert talk.checkin is not None
    assert (talk.checkin.adults, talk.checkin.children, talk.checkin.elderly) == (2, 2, 1)
    assert talk.checkin.people == 5


def test_somebody_alone_is_not_asked_about_children(talk: Talk) -> None:
    talk.press("safe:safe")
    talk.press("consent:share:safe")
    talk.press("place:home")
    talk.press("location:skip")
    talk.press("people:1")
    assert talk.asked == "ask_elderly"
    assert talk.values == ["elderly:1:0:0", "elderly:1:0:1"]


@pytest.mark.parametrize("value", ["people:0", "people:99", "children:2:3", "people:x", "elderly:3:2:2"])
def test_impossible_numbers_are_asked_again(talk: Talk, value: str) -> None:
    talk.check_in()
    before = talk.checkin
    talk.press(value)
    assert talk.asked == "ask_people"
    assert talk.checkin == before


def test_numbers_and_labels_may_be_written(talk: Talk) -> None:
    talk.write("check in")
    talk.write("I am safe")
    talk.write("Yes, keep and share")
    talk.write("At home")
    talk.write("Kawanishi")
    talk.write("３人")
    talk.write("1")
    talk.write("0")
    talk.write("Medicine")
    talk.write("That is all")
    assert talk.checkin is not None
    assert (talk.checkin.place, talk.checkin.area, talk.checkin.people) == ("home", "kawanishi", 3)
    assert (talk.checkin.children, talk.checkin.needs) == (1, ("medicine",))
    assert talk.asked == "card"


def test_a_location_says_the_area(talk: Talk) -> None:
    for value in ("safe:safe", "consent:share:safe", "place:car"):
        talk.press(value)
    talk.be_at(35.61051, 139.50551)
    assert talk.checkin is not None
    assert (talk.checkin.latitude, talk.checkin.longitude, talk.checkin.area) == (
        35.61051,
        139.50551,
        "midori",
    )
    assert talk.asked == "ask_people"


def test_a_location_far_away_is_in_no_area(talk: Talk) -> None:
    for value in ("safe:safe", "consent:share:safe", "place:other"):
        talk.press(value)
    talk.be_at(43.06, 141.35)
    assert talk.checkin is not None
    assert talk.checkin.area == ""


def test_a_location_joins_the_request_that_waits(talk: Talk) -> None:
    talk.request = "q1"
    for value in ("safe:safe", "consent:share:safe", "place:other"):
        talk.press(value)
    step = talk.be_at(35.6, 139.5)
    assert AddToRequest(request_id="q1", message_id="m2") in step.actions


def test_a_chosen_shelter_says_where_one_is(talk: Talk) -> None:
    for value in ("safe:safe", "consent:share:safe", "place:shelter"):
        talk.press(value)
    assert talk.values == ["shelter:citizens-gym", "shelter:other_shelter"]
    talk.press("shelter:citizens-gym")
    assert talk.checkin is not None
    assert (talk.checkin.shelter_id, talk.checkin.area) == ("citizens-gym", "higashi")


def test_moving_forgets_the_old_place(talk: Talk) -> None:
    for value in ("safe:safe", "consent:share:safe", "place:shelter", "shelter:citizens-gym"):
        talk.press(value)
    talk.write("I moved")
    assert talk.asked == "ask_place"
    talk.press("place:friend")
    assert talk.checkin is not None
    assert (talk.checkin.shelter_id, talk.checkin.area, talk.checkin.place) == ("", "", "friend")


def test_changed_number_is_taken_from_the_sentence(talk: Talk) -> None:
    talk.check_in()
    talk.write("we are 3 now")
    assert talk.asked == "ask_children"
    assert talk.values[0] == "children:3:0"


def test_a_finished_check_in_is_shown_when_it_is_begun_again(talk: Talk) -> None:
    talk.check_in()
    talk.write("check in")
    assert talk.asked == "card"


def test_needs_add_up_and_can_be_taken_back(talk: Talk) -> None:
    talk.check_in()
    for value in ("needs", "needs:baby", "needs:medicine", "needs:baby", "needs:enough"):
        talk.press(value)
    assert talk.checkin is not None
    assert talk.checkin.needs == ("medicine", "baby")
    talk.press("needs:none")
    assert talk.checkin.needs == ()


def test_help_opens_an_urgent_request_before_any_other_question(talk: Talk) -> None:
    step = talk.press("safe:help")
    opened = [action for action in step.actions if isinstance(action, OpenRequest)]
    assert opened == [OpenRequest(message_id="m-help", department="disaster", urgent=True)]
    assert talk.helped == 1
    assert [action.phrase for action in step.actions if isinstance(action, Say)] == [
        "disaster.checkin.help_said",
        "disaster.checkin.ask_consent",
    ]
    talk.press("consent:share:help")
    assert talk.checkin is not None
    assert talk.checkin.safe == "help"


def test_help_joins_a_request_that_waits(talk: Talk) -> None:
    talk.request = "q1"
    step = talk.press("safe:help")
    assert AddToRequest(request_id="q1", message_id="m-help") in step.actions
    assert not any(isinstance(action, OpenRequest) for action in step.actions)


def test_help_after_a_finished_check_in_shows_it(talk: Talk) -> None:
    talk.check_in()
    talk.press("safe:help")
    assert (talk.asked, talk.helped) == ("card", 1)


def test_no_reminders_by_word_or_button(talk: Talk) -> None:
    talk.check_in()
    talk.write("no reminders")
    assert talk.checkin is not None
    assert talk.checkin.quiet is True
    assert talk.asked == "quiet_done"


def test_consenting_again_allows_reminders_again(talk: Talk) -> None:
    talk.press("erase")
    for value in ("start", "safe:safe", "consent:share:safe"):
        talk.press(value)
    assert talk.checkin is not None
    assert talk.checkin.quiet is False


def test_erasing_takes_everything(talk: Talk) -> None:
    talk.check_in()
    talk.press("erase")
    assert talk.asked == "erased"
    assert talk.checkin is not None
    assert (talk.checkin.place, talk.checkin.adults, talk.checkin.consent) == ("", None, "none")


def test_another_question_in_between_is_left_to_the_dialogue(talk: Talk) -> None:
    talk.press("safe:safe")
    step = talk.write("How do I throw away a sofa?")
    assert step.taken is False
    assert [action.phrase for action in step.reminder if isinstance(action, Say)] == [
        "disaster.checkin.ask_consent"
    ]
    assert step.state == {"at": "consent", "safe": "safe"}


def test_cancelling_keeps_what_was_told(talk: Talk) -> None:
    for value in ("safe:safe", "consent:share:safe"):
        talk.press(value)
    talk.write("cancel", trigger="cancel")
    assert (talk.asked, talk.state) == ("stopped", None)
    assert talk.checkin is not None
    assert talk.checkin.consent == "share"


def test_on_an_ordinary_day_words_are_left_to_the_dialogue(talk: Talk) -> None:
    talk.disaster = None
    step = talk.write("I moved")
    assert (step.taken, step.state) == (False, None)


def test_on_an_ordinary_day_a_button_says_that_there_is_no_check_in(talk: Talk) -> None:
    talk.disaster = None
    talk.press("safe:safe")
    assert talk.asked == "inactive"


@pytest.mark.parametrize(
    "value", ["", "nonsense", "place:moon", "shelter:moon", "consent:all:safe", "safe:dead", "a:b:c:d"]
)
def test_unknown_buttons_begin_the_check_in(talk: Talk, value: str) -> None:
    talk.press(value)
    assert talk.asked == "ask_safe"


def test_nobody_gets_lost_in_random_walks(talk: Talk) -> None:
    chance = random.Random(5)
    talk.press("start")
    for _ in range(3000):
        said = [action for action in talk.last.actions if isinstance(action, Say) and action.buttons]
        pool = (
            talk.values
            if said
            else ["start", "moved", "people", "needs", "same", "quiet", "erase", "safe:help"]
        )
        match chance.randrange(6):
            case 0 if talk.state is not None:
                talk.be_at(35.6 + chance.random() / 50, 139.5)
            case 1 if talk.state is not None:
                talk.write(
                    chance.choice(["2", "1", "hello", "we are 3 now", "I moved", "Medicine", "skip this"])
                )
            case _:
                talk.press(chance.choice(pool))
        checkin = talk.checkin
        if checkin is not None and checkin.consent == "none":
            assert (checkin.place, checkin.latitude, checkin.adults, checkin.needs) == ("", None, None, None)
        if checkin is not None and checkin.adults is not None:
            assert 1 <= checkin.people <= 30
            assert min(checkin.adults, checkin.children or 0, checkin.elderly or 0) >= 0
    assert talk.helped > 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_of_every_language_are_understood(words: DisasterWords, city: City, language: str) -> None:
    phrases = city.phrases
    for command in ("start", "moved", "quiet", "shelter", "area"):
        said = phrases.list(language, f"disaster.words.{command}")
        assert said
        assert {words.command(one) for one in said} == {command}
    counts = phrases.list(language, "disaster.words.count")
    assert counts
    assert [words.count(one.replace("{n}", "4")) for one in counts] == [4] * len(counts)


def test_a_number_beyond_reason_is_none(words: DisasterWords) -> None:
    assert words.count("we are 31 now") is None
    assert words.number("we came at 3 with 4 people") is None
    assert words.number("2") == 2


def test_the_card_has_no_more_than_it_knows(talk: Talk) -> None:
    talk.check_in()
    card = next(action.card for action in talk.last.actions if isinstance(action, ShowCard))
    assert [label.phrase for label, _ in card.rows] == [
        f"disaster.label.{name}" for name in ("safe", "place", "area", "people", "consent")
    ]
