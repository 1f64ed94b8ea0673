"""Conversations with a form, written down."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from bot.actions import Effect, ShowCard, Tell
from bot.city import City
from bot.events import Followed, MediaReceived, Pressed, VoiceHeard
from bot.forms.filling import Filling
from bot.forms.model import FormOptions
from bot.forms.wording import Wording
from tests.bot.forms.conftest import LANGUAGES, TOKYO, Talk
from tests.bot.forms.test_random_walks import answer_well, finish

GARBAGE = "oversized-garbage"
TAXI = "on-demand-taxi"


def errors(talk: Talk) -> str:
    return talk.read()[0]


def phrase(talk: Talk, key: str, /, **values: str) -> str:
    return talk.city.phrases.get(talk.language, f"form.{key}", **values)


def to_date(talk: Talk) -> None:
    """The garbage form, up to the question for the day."""
    talk.press(GARBAGE)
    for text in ("sofa", "that's all", "Chuo 1-2-3", "Chuo"):
        talk.say(text)
    assert talk.asked == "date"


def to_slot(talk: Talk) -> None:
    talk.press(TAXI)
    for text in ("Aoba Station", "City hall", "2"):
        talk.say(text)
    assert talk.asked == "slot"


@pytest.mark.parametrize("language", LANGUAGES)
def test_form_begins_with_its_own_words_in_every_language(talk: Talk, language: str) -> None:
    talk.language = language
    for form in talk.filling.forms.values():
        for word in form.words[language]:
            talk.say(word)
            assert talk.state is not None
            assert talk.state["form"] == form.id


def test_form_begins_with_its_introduction_and_first_question(talk: Talk) -> None:
    talk.press(GARBAGE)
    intro, question = talk.read()
    assert intro == talk.filling.forms[GARBAGE].intro["en"]
    assert question.splitlines()[0] == "[1/6] What would you like to throw away? Choose one after another."
    assert talk.asked == "items"


def test_choice_is_taken_by_name_by_number_and_by_part_of_the_name(talk: Talk) -> None:
    talk.press(TAXI)
    talk.say("city hospital")
    assert talk.answers["from"] == "hospital"
    talk.say("1")
    assert talk.answers["to"] == "station"
    talk.press("change:to")
    talk.say("kawanishi")
    assert talk.answers["to"] == "kawanishi"


def test_choice_is_taken_in_another_language_than_the_conversation(talk: Talk) -> None:
    talk.press(TAXI)
    talk.say("あおば駅")
    assert talk.answers["from"] == "station"


def test_unknown_choice_is_refused_with_a_sentence_and_asked_again(talk: Talk) -> None:
    talk.press(TAXI)
    talk.say("the moon")
    assert errors(talk) == phrase(talk, "error.choice")
    assert talk.asked == "from"


def test_person_is_offered_after_three_wrong_answers(talk: Talk) -> None:
    talk.press(TAXI)
    for _ in range(3):
        talk.say("the moon")
    assert talk.buttons()[-1].label == "person.button"


def test_question_in_the_middle_is_for_the_dialogue_and_the_form_is_asked_again(talk: Talk) -> None:
    talk.press(TAXI)
    step = talk.say("How much is the taxi?")
    assert step.taken is False
    assert talk.read()[0] == phrase(talk, "going_on")
    assert talk.asked == "from"


def test_words_that_surely_mean_an_article_are_for_the_dialogue(talk: Talk) -> None:
    talk.press(TAXI)
    assert talk.say("child allowance", article="child-allowance").taken is False


def test_answer_is_an_answer_even_if_an_article_would_fit(talk: Talk) -> None:
    talk.press(GARBAGE)
    assert talk.say("bicycle", article="bicycle").taken is True
    assert talk.state is not None
    assert talk.state["picked"] == ["bicycle"]


def test_question_as_detail_is_the_answer(talk: Talk) -> None:
    talk.press("video-consultation")
    talk.say("Tax")
    talk.say("How do I pay in instalments?")
    assert talk.answers["detail"] == "How do I pay in instalments?"


def test_thanks_in_the_middle_is_small_talk(talk: Talk) -> None:
    talk.press(TAXI)
    assert talk.say("Thank you").taken is False


def test_several_items_are_added_up_with_their_fees(talk: Talk) -> None:
    talk.press(GARBAGE)
    for text in ("sofa", "chair", "chair", "that's all"):
        talk.say(text)
    finish(talk, GARBAGE)
    booking = talk.bookings[-1]
    assert (booking.answers["items"], booking.fee) == (["sofa", "chair", "chair"], 2500)


def test_no_more_items_than_allowed_are_taken(talk: Talk) -> None:
    talk.press(GARBAGE)
    for _ in range(10):
        talk.say("chair")
    assert talk.answers["items"] == ["chair"] * 10
    assert talk.asked == "address"


def test_copies_multiply_the_fee(talk: Talk) -> None:
    talk.press("certificate-request")
    talk.say("1")
    talk.say("3")
    finish(talk, "certificate-request")
    assert talk.bookings[-1].fee == 900


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Dec 3", "2026-12-03"),
        ("12/3", "2026-12-03"),
        ("2026-12-03", "2026-12-03"),
        ("12月3日", "2026-12-03"),
        ("monday", "2026-11-30"),
        ("木曜日", "2026-12-03"),
        ("30", "2026-11-30"),
    ],
)
def test_day_is_read_as_people_write_it(talk: Talk, text: str, day: str) -> None:
    to_date(talk)
    talk.say(text)
    assert talk.answers["date"] == day


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ja", "12月3日"),
        ("ja-Hira", "12がつ3にち"),
        ("zh-Hans", "12月3日"),
        ("ko", "12월 3일"),
        ("vi", "ngày 3 tháng 12"),
        ("pt-BR", "3 de dezembro"),
        ("es", "3 de diciembre"),
        ("tl", "Disyembre 3"),
        ("id", "3 Desember"),
        ("ne", "डिसेम्बर 3"),
    ],
)
def test_day_is_read_in_every_language(talk: Talk, language: str, text: str) -> None:
    to_date(talk)
    talk.language = language
    talk.say(text)
    assert talk.answers["date"] == "2026-12-03"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ja", "明日"),
        ("ja-Hira", "あした"),
        ("en", "tomorrow"),
        ("zh-Hans", "明天"),
        ("ko", "내일"),
        ("vi", "ngày mai"),
        ("pt-BR", "amanhã"),
        ("es", "mañana"),
        ("tl", "bukas"),
        ("id", "besok"),
        ("ne", "भोलि"),
    ],
)
def test_tomorrow_is_read_in_every_language(talk: Talk, language: str, text: str) -> None:
    to_slot(talk)
    talk.language = language
    talk.say(text)
    assert talk.state is not None
    assert talk.state["day"] == "2026-11-25"


@pytest.mark.parametrize(
    ("text", "key", "values"),
    [
        ("Dec 4", "closed", {"day": "Fri, December 4"}),
        ("wednesday", "closed", {"day": "Wed, December 2"}),
        ("2026-11-01", "past", {}),
        ("tomorrow", "range", {"first": "Fri, November 27", "last": "Sun, January 3"}),
        ("soon", "date", {}),
    ],
)
def test_day_that_cannot_be_chosen_is_refused_with_the_reason(
    talk: Talk, text: str, key: str, values: dict[str, str]
) -> None:
    to_date(talk)
    talk.say(text)
    assert errors(talk) == phrase(talk, f"error.{key}", **values)
    assert talk.asked == "date"


def test_collection_days_follow_the_area_and_change_with_it(talk: Talk) -> None:
    to_date(talk)
    talk.say("Dec 3")
    talk.press("change:area")
    talk.say("Midori-cho, Sakuragaoka")
    assert talk.asked == "date"
    assert "date" not in talk.answers
    assert talk.values()[0] == "a:oversized-garbage:date:2026-11-27"


def test_holiday_is_not_offered(talk: Talk) -> None:
    talk.now = dt.datetime(2026, 12, 22, 10, 0, tzinfo=TOKYO)
    to_slot(talk)
    offered = [value.rpartition(":")[2] for value in talk.values()]
    assert "2026-12-29" not in offered  # the city hall is closed
    assert offered[0] == "2026-12-22"


def test_day_and_time_are_taken_together(talk: Talk) -> None:
    to_slot(talk)
    talk.say("Nov 26 at 10:00")
    assert talk.answers["slot"] == "2026-11-26T10:00"


def test_time_is_asked_after_the_day(talk: Talk) -> None:
    to_slot(talk)
    talk.press("a:on-demand-taxi:slot:2026-11-26")
    assert talk.read()[-1].splitlines()[1] == "Please choose a time on Thu, November 26."
    talk.say("10:30")
    assert talk.answers["slot"] == "2026-11-26T10:30"


def test_picker_gives_a_day(talk: Talk) -> None:
    to_date(talk)
    (picker,) = [button for button in talk.buttons() if button.kind == "date"]
    assert (picker.least, picker.most) == ("2026-11-30", "2026-12-28")
    talk.press("a:oversized-garbage:date:" + "2026-12-07")
    assert talk.answers["date"] == "2026-12-07"


def test_time_without_an_hour_of_notice_is_refused(talk: Talk) -> None:
    to_slot(talk)
    talk.press("a:on-demand-taxi:slot:2026-11-24")
    assert [value.rpartition(":slot:")[2] for value in talk.values()][0] == "2026-11-24T11:00"
    talk.say("10:30")
    assert errors(talk) == phrase(talk, "error.time", day="Tue, November 24")


def test_full_time_is_not_offered_and_refused(talk: Talk) -> None:
    talk.taken["2026-11-26T10:00"] = 3
    to_slot(talk)  # two people, one place
    talk.say("Nov 26 at 10:00")
    assert errors(talk) == phrase(talk, "error.time", day="Thu, November 26")
    talk.press("a:on-demand-taxi:slot:2026-11-26")
    assert "a:on-demand-taxi:slot:2026-11-26T10:00" not in talk.values()


def test_place_that_filled_meanwhile_is_said_and_others_are_offered(talk: Talk) -> None:
    to_slot(talk)
    talk.say("Nov 26 at 10:00")
    talk.say("Nothing")
    talk.say("090-1234-5678")
    talk.taken["2026-11-26T10:00"] = 4
    talk.press("send")
    assert talk.read()[0] == phrase(talk, "filled_meanwhile")
    assert talk.asked == "slot"
    assert talk.bookings == []
    talk.say("Nov 26 at 10:30")
    talk.press("send")
    assert talk.bookings[-1].answers["slot"] == "2026-11-26T10:30"


def test_nothing_free_is_said_and_leaves_a_way_back(talk: Talk) -> None:
    talk.press("event-sign-up")
    for event, capacity in (("cooking", 16), ("drill", 60), ("school", 40), ("japanese", 30)):
        talk.taken[event] = capacity
    talk.say("2")
    assert phrase(talk, "error.nothing_free") in talk.read()[-1]
    assert talk.values() == ["back", "later"]


def test_event_that_is_over_is_not_offered(talk: Talk) -> None:
    talk.now = dt.datetime(2026, 12, 12, 10, 30, tzinfo=TOKYO)
    talk.press("event-sign-up")
    talk.say("2")
    assert "a:event-sign-up:event:cooking" not in talk.values()


def test_people_take_as_many_places(talk: Talk) -> None:
    talk.press("event-sign-up")
    for text in ("5", "World cooking class", "Maria", "090-1234-5678"):
        talk.say(text)
    talk.press("send")
    assert talk.taken == {"cooking": 5}


def test_question_with_a_condition_is_asked_only_when_it_holds(talk: Talk) -> None:
    talk.press(TAXI)
    talk.say("Another place")
    assert talk.asked == "from_address"
    talk.press("back")
    talk.say("City hall")
    assert talk.asked == "to"


def test_answer_whose_condition_no_longer_holds_is_not_sent(talk: Talk) -> None:
    talk.press(TAXI)
    talk.say("Another place")
    talk.say("Chuo 9-9-9")
    talk.press("change:from")
    talk.say("City hall")
    finish(talk, TAXI)
    assert "from_address" not in talk.bookings[-1].answers


def test_location_is_an_address(talk: Talk) -> None:
    talk.press("damage-report")
    talk.say("1")
    talk.location(35.61, 139.52)
    assert talk.answers["place"] == {"lat": 35.61, "lon": 139.52}


def test_location_that_was_not_asked_is_for_the_dialogue(talk: Talk) -> None:
    talk.press("damage-report")
    assert talk.location().taken is False


def test_picture_is_kept_when_a_photo_is_asked(talk: Talk) -> None:
    talk.press("damage-report")
    talk.say("1")
    talk.say("Chuo 1-2-3")
    step = talk.picture()
    effects = [action.kind for action in step.actions if isinstance(action, Effect)]
    assert effects == ["photo", "save"]
    assert talk.asked == "detail"


def test_text_is_no_photo(talk: Talk) -> None:
    talk.press("damage-report")
    talk.say("1")
    talk.say("Chuo 1-2-3")
    talk.say("here it is")
    assert errors(talk) == phrase(talk, "error.photo")


def test_optional_question_is_skipped_and_a_needed_one_is_not(talk: Talk) -> None:
    talk.press("damage-report")
    talk.press("skip")
    assert errors(talk) == phrase(talk, "error.needed")
    talk.say("1")
    talk.say("Chuo 1-2-3")
    talk.say("skip")
    assert talk.answers["photo"] is None


@pytest.mark.parametrize("number", ["12345", "not today", "+55 11 91234 5678", "090-1234"])
def test_phone_number_that_is_none_in_japan_is_refused(talk: Talk, number: str) -> None:
    talk.press("damage-report")
    for text in ("1", "Chuo 1-2-3", "skip", "skip"):
        talk.say(text)
    talk.say(number)
    assert errors(talk) == phrase(talk, "error.phone")


@pytest.mark.parametrize("number", ["090-1234-5678", "０９０１２３４５６７８", "+81 90 1234 5678"])
def test_phone_number_is_kept_as_e164(talk: Talk, number: str) -> None:
    talk.press("damage-report")
    for text in ("1", "Chuo 1-2-3", "skip", "skip"):
        talk.say(text)
    talk.say(number)
    assert talk.answers["phone"] == "+819012345678"


def test_number_outside_its_bounds_is_refused(talk: Talk) -> None:
    talk.press("event-sign-up")
    talk.say("6")
    assert errors(talk) == phrase(talk, "error.number", least="1", most="5")


def test_text_that_is_too_short_or_too_long_is_refused(talk: Talk) -> None:
    talk.press("hospital-interpreter")
    talk.say("A")
    assert errors(talk) == phrase(talk, "error.short")
    talk.say("A" * 81)
    assert errors(talk) == phrase(talk, "error.long", most="80")


def test_my_number_in_a_text_is_masked(talk: Talk) -> None:
    talk.press("hospital-interpreter")
    talk.say("City 123456789018")
    assert talk.answers["hospital"] == "City ************"


def test_without_agreement_nothing_is_sent(talk: Talk) -> None:
    talk.press("certificate-request")
    while talk.asked != "agree":
        answer_well(talk)
    talk.say("no")
    assert errors(talk) == phrase(talk, "error.confirm")
    talk.say("yes")
    assert talk.answers["agree"] is True


def to_review(talk: Talk, form: str = TAXI) -> None:
    to_slot(talk)
    for text in ("Nov 26 at 10:00", "Nothing", "090-1234-5678"):
        talk.say(text)
    assert talk.state is not None
    assert talk.state["phase"] == "review"


def test_summary_stands_in_japanese_and_in_the_residents_language(talk: Talk) -> None:
    to_review(talk)
    japanese, own = [action.card for action in talk.last.actions if isinstance(action, ShowCard)]
    assert japanese.title.literal == "デマンドタクシーの予約"
    assert [value.literal for _, value in japanese.rows] == [
        "あおば駅",
        "市役所",
        "2",
        "11月26日(木) 10:00",
        "ない",
        "090-1234-5678",
    ]
    assert [(value.texts or {})["en"] for _, value in own.rows][3] == "Thu, November 26 10:00"


def test_answer_is_changed_from_the_summary_by_its_name(talk: Talk) -> None:
    to_review(talk)
    talk.say("change people")
    assert talk.asked == "people"
    talk.say("3")
    assert talk.state is not None
    assert (talk.state["phase"], talk.answers["people"]) == ("review", 3)


def test_japanese_change_comes_after_its_object(talk: Talk) -> None:
    to_review(talk)
    talk.language = "ja"
    talk.say("人数を変更")
    assert talk.asked == "people"


def test_no_at_the_summary_asks_what_to_change(talk: Talk) -> None:
    to_review(talk)
    talk.say("no")
    assert talk.values()[0] == "change:from"
    talk.say("Phone")
    assert talk.asked == "phone"


def test_back_goes_one_question_back_and_stays_at_the_first(talk: Talk) -> None:
    to_slot(talk)
    talk.say("back")
    assert talk.asked == "people"
    for _ in range(9):
        talk.press("back")
    assert talk.asked == "from"


def test_button_of_an_earlier_question_changes_that_answer(talk: Talk) -> None:
    to_slot(talk)
    talk.press("a:on-demand-taxi:from:hospital")
    assert talk.answers["from"] == "hospital"
    assert talk.asked == "slot"


def test_button_of_another_form_changes_nothing(talk: Talk) -> None:
    to_slot(talk)
    talk.press("a:oversized-garbage:area:central")
    assert errors(talk) == phrase(talk, "old_button")
    assert talk.asked == "slot"


@pytest.mark.parametrize(
    "value", ["a:on-demand-taxi:slot:never", "a:", "page:x", "change:nothing", "send", "nonsense", "skip:1"]
)
def test_invented_button_does_no_harm(talk: Talk, value: str) -> None:
    to_slot(talk)
    talk.press(value)
    assert talk.asked == "slot"
    assert talk.bookings == []


def test_button_without_a_form_says_that_it_is_too_old(talk: Talk) -> None:
    talk.press("send")
    assert talk.read() == [phrase(talk, "gone")]
    assert talk.state is None


def test_stop_forgets_everything(talk: Talk) -> None:
    to_slot(talk)
    talk.say("stop")
    assert (talk.state, talk.drafts) == (None, {})
    assert talk.read() == [phrase(talk, "stopped")]


def test_later_keeps_the_answers_and_the_form_goes_on_where_it_was(talk: Talk) -> None:
    to_slot(talk)
    talk.press("later")
    assert talk.state is None
    talk.press(TAXI)
    assert talk.read() == [phrase(talk, "resume", title="On-demand taxi booking")]
    talk.say("yes")
    assert (talk.asked, talk.answers["people"]) == ("slot", 2)


def test_start_over_forgets_the_answers(talk: Talk) -> None:
    to_slot(talk)
    talk.press("later")
    talk.press(TAXI)
    talk.say("no")
    assert (talk.asked, talk.answers) == ("from", {})


def test_answer_after_days_is_taken(talk: Talk) -> None:
    to_slot(talk)
    talk.now += dt.timedelta(days=1)
    talk.say("Nov 27 at 10:00")
    assert talk.answers["slot"] == "2026-11-27T10:00"


def test_something_else_after_days_leaves_the_form_and_says_that_it_is_kept(talk: Talk) -> None:
    to_slot(talk)
    talk.now += dt.timedelta(days=3)
    step = talk.say("my baby was born")
    assert (step.taken, talk.state) == (False, None)
    assert talk.read() == [phrase(talk, "unfinished", title="On-demand taxi booking")]
    talk.press("resume:on-demand-taxi")
    assert talk.asked == "slot"


def test_name_is_not_taken_from_words_after_a_pause(talk: Talk) -> None:
    talk.press("hospital-interpreter")
    talk.now += dt.timedelta(hours=5)
    assert talk.say("I lost my wallet").taken is False


def test_another_form_may_be_begun_and_the_first_is_kept(talk: Talk) -> None:
    to_slot(talk)
    talk.press(GARBAGE)
    assert talk.asked == "items"
    talk.press(TAXI)
    talk.press("resume:on-demand-taxi")
    assert talk.asked == "slot"


def test_slot_of_a_kept_form_that_has_passed_is_asked_again(talk: Talk) -> None:
    to_review(talk)
    talk.now += dt.timedelta(days=4)
    talk.press("resume:on-demand-taxi")
    talk.press("send")
    assert talk.asked == "slot"


def test_answer_whose_message_was_taken_back_is_asked_again(talk: Talk) -> None:
    to_review(talk)
    assert talk.state is not None
    talk.erased = {talk.state["sources"]["phone"]}
    talk.press("send")
    assert talk.asked == "phone"
    assert talk.bookings == []


def test_change_of_language_keeps_the_form(talk: Talk) -> None:
    to_slot(talk)
    step = talk.hear(Pressed(action="language", value="vi"))
    assert step.taken is False
    talk.language = "vi"
    assert talk.read()[-1].startswith("[6/8] Khi nào thì tiện?")


def test_sticker_and_follow_leave_the_form_alone(talk: Talk) -> None:
    to_slot(talk)
    assert talk.hear(MediaReceived(message_id="m", kind="sticker")).taken is False
    assert talk.hear(Followed(unblocked=True)).taken is False
    assert talk.asked == "slot"


def test_form_that_the_city_took_away_ends(talk: Talk, city: City) -> None:
    to_slot(talk)
    talk.filling = Filling({}, Wording(city.phrases, LANGUAGES), city.hours)
    assert talk.say("Nov 26").taken is False
    assert talk.state is None


def test_bookings_are_shown_with_their_state(talk: Talk) -> None:
    to_review(talk)
    talk.press("send")
    talk.say("my bookings")
    (card,) = [action.card for action in talk.last.actions if isinstance(action, ShowCard)]
    assert [(value.literal or (value.texts or {})["en"]) for _, value in card.rows] == [
        talk.bookings[-1].receipt,
        "Received",
        "Thu, November 26 10:00",
    ]


def test_nobody_has_bookings_before_the_first(talk: Talk) -> None:
    talk.say("my bookings")
    assert talk.read() == [phrase(talk, "none")]


def test_asking_for_bookings_in_the_middle_keeps_the_form(talk: Talk) -> None:
    to_slot(talk)
    talk.say("my bookings")
    assert talk.asked == "slot"


def test_booking_is_cancelled_after_a_question(talk: Talk) -> None:
    to_review(talk)
    talk.press("send")
    receipt = talk.bookings[-1].receipt
    talk.press(f"cancel:{receipt}")
    assert talk.bookings[-1].state == "received"
    talk.press(f"drop:{receipt}")
    assert (talk.bookings[-1].state, talk.taken) == ("cancelled", {"2026-11-26T10:00": 0})


def test_booking_is_not_cancelled_after_the_deadline(talk: Talk) -> None:
    to_review(talk)
    talk.press("send")
    talk.now = dt.datetime(2026, 11, 26, 9, 30, tzinfo=TOKYO)
    for press in ("cancel", "drop"):
        talk.press(f"{press}:{talk.bookings[-1].receipt}")
        assert talk.read() == [phrase(talk, "too_late")]
    assert talk.bookings[-1].state == "received"


def test_booking_of_somebody_else_is_not_found(talk: Talk) -> None:
    talk.press("drop:T00099")
    assert talk.read() == [phrase(talk, "not_live")]


def test_too_many_bookings_are_refused(talk: Talk, city: City, filling: Filling) -> None:
    talk.filling = Filling(
        filling.forms, Wording(city.phrases, LANGUAGES), city.hours, FormOptions(live_bookings=1)
    )
    to_review(talk)
    talk.press("send")
    talk.press(TAXI)
    assert talk.read() == [phrase(talk, "too_many")]


def test_braces_in_an_answer_are_no_placeholder(talk: Talk) -> None:
    talk.press("hospital-interpreter")
    talk.say("{receipt} {0}")
    told = [action for action in talk.last.actions if isinstance(action, Tell)]
    assert all(text.format_map({"receipt": "X"}) for one in told for text in one.texts.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_stays_within_the_quick_replies_of_line(talk: Talk, language: str) -> None:
    talk.language = language
    for form in talk.filling.forms:
        talk.press(form)
        while talk.state != talk.last.state or not talk.bookings or talk.bookings[-1].form != form:
            quick = [action.buttons for action in talk.last.actions if isinstance(action, Tell)]
            assert all(len(buttons) <= 13 for buttons in quick)
            answer_well(talk)


def test_state_survives_json(talk: Talk) -> None:

    to_review(talk)
    talk.state = json.loads(json.dumps(talk.state))
    talk.press("send")
    assert talk.bookings[-1].form == TAXI


def test_unknown_entries_of_an_older_state_are_left_out(talk: Talk) -> None:
    to_slot(talk)
    talk.state = {**(talk.state or {}), "colour": "green"}
    talk.say("Nov 26 at 10:00")
    assert talk.answers["slot"] == "2026-11-26T10:00"


def test_voice_is_an_answer_too(talk: Talk) -> None:

    talk.press(TAXI)
    talk.hear(VoiceHeard(message_id="v", text="City hall"))
    assert talk.answers["from"] == "hall"


def test_starting_words_are_not_taken_from_inside_a_sentence(talk: Talk) -> None:
    assert talk.filling.starts("please book a taxi for my mother") is None
    assert talk.filling.starts("Book a taxi!") == {"do": TAXI}
