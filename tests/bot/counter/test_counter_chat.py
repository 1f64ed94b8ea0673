"""Counters and notices as residents meet them."""

from __future__ import annotations

import pytest

from bot.counter import store
from bot.counter.service import Report
from tests.bot.counter.conftest import COUNTER, Hall, OpenHall

BUSY = "How busy our counters are"


async def test_resident_asks_how_busy_it_is(hall: Hall) -> None:
    await hall.called(42, waiting=7)
    hall.clock.advance(180)
    (card,) = await hall.say("How busy is it?")
    assert card.splitlines()[0] == BUSY
    assert "Civil Affairs (1F): 7 people waiting. Number 42 is being served.\n(as of 3 min ago)" in card


async def test_counter_that_was_never_heard_is_unknown(hall: Hall) -> None:
    (card,) = await hall.say("How busy is it?")
    assert card.count("No information now") == 4


async def test_what_is_too_old_is_not_shown(hall: Hall) -> None:
    await hall.called(42, waiting=7)
    hall.clock.advance(901)
    (card,) = await hall.say("How busy is it?")
    assert "Civil Affairs (1F): No information now (last heard 11/2 09:30)" in card
    assert "42" not in card


async def test_wait_is_told_from_the_measured_speed(hall: Hall) -> None:
    for number in (10, 11, 12, 13):
        await hall.called(number, waiting=4)
        hall.clock.advance(120)
    (card,) = await hall.say("how long is the wait?")
    assert "Wait: about 10 minutes" in card  # four people, two minutes each, to the next five minutes


async def test_closed_counter_says_so(hall: Hall) -> None:
    await hall.called(99, waiting=0, is_open=False)
    (card,) = await hall.say("is it crowded?")
    assert "Closed now (as of just now)" in card


async def test_ticket_is_watched_near_and_called_once_each(hall: Hall) -> None:
    await hall.called(50)
    (said,) = await hall.say("Tell me when 57 is near at Civil Affairs")
    assert said.startswith("OK. I'll write when about 3 people are before number 57 at Civil Affairs (1F)")
    assert await hall.called(53) == []
    assert await hall.called(54) == [
        "Your turn is near. Civil Affairs (1F): number 54 is being served, and 3 more until your number 57. "
        "Please come back to the counter."
    ]
    assert await hall.called(55) == []
    assert await hall.called(57) == [
        "It's your turn. Civil Affairs (1F): number 57 is called. Please go to the counter now."
    ]
    assert await hall.called(57) == []
    assert await hall.called(58) == []


async def test_number_that_is_jumped_over_is_called_and_not_near(hall: Hall) -> None:
    await hall.called(50)
    await hall.say("Tell me when 57 is near at Civil Affairs")
    (said,) = await hall.called(60)
    assert said.startswith("It's your turn.")


async def test_notice_comes_under_the_departments_name(hall: Hall) -> None:
    await hall.called(50)
    await hall.say("Tell me when 52 is near at Civil Affairs")
    await hall.called(51)
    assert (await hall.bubbles())[-1]["message"]["sender"] == {"name": "Civil Affairs Divis…"}


async def test_bot_asks_for_the_counter_and_remembers_the_number(hall: Hall) -> None:
    (asked,) = await hall.say("Tell me when 57 is near")
    assert asked == "Which counter is your ticket for?"
    (said,) = await hall.press(f"at:{COUNTER}:57")
    assert said.startswith("OK. I'll write when number 57 is near at Civil Affairs (1F). Right now I have no")


async def test_bot_asks_for_the_number(hall: Hall) -> None:
    await hall.called(3)
    assert await hall.press("watch") == ["Which counter is your ticket for?"]
    assert await hall.say("Civil Affairs") == [
        "Civil Affairs (1F): what number is on your ticket? Please write just the number."
    ]
    (said,) = await hall.say("57")
    assert "number 57" in said
    assert (await hall.known()).conversation.skill == ""


async def test_what_is_no_number_is_asked_for_once_more(hall: Hall) -> None:
    await hall.press(f"at:{COUNTER}:0")
    (said,) = await hall.say("the blue one")
    assert said.startswith("I didn't understand the number.")
    await hall.say("what a nice day in the town")
    assert (await hall.known()).conversation.skill == ""


async def test_number_that_was_called_already_is_not_watched(hall: Hall) -> None:
    await hall.called(60)
    (said,) = await hall.say("Tell me when 57 is near at Civil Affairs")
    assert said.startswith("Number 57 has already been called at Civil Affairs (1F).")
    assert await hall.called(61) == []


async def test_number_that_is_being_called_is_told_at_once(hall: Hall) -> None:
    await hall.called(57)
    (said,) = await hall.say("Tell me when 57 is near at Civil Affairs")
    assert said.startswith("Number 57 is being called right now")


async def test_number_beyond_the_machines_highest_is_asked_for_again(hall: Hall) -> None:
    await hall.press(f"at:{COUNTER}:0")
    (said,) = await hall.say("1000")
    assert said.startswith("I didn't understand the number.")


async def test_numbers_that_begin_again_are_still_ahead(hall: Hall) -> None:
    await hall.called(997)
    await hall.say("Tell me when 3 is near at Civil Affairs")
    assert await hall.called(998) == []
    (said,) = await hall.called(999)
    assert "3 more until your number 3" in said


async def test_stop_by_word(hall: Hall) -> None:
    await hall.called(50)
    await hall.say("Tell me when 57 is near at Civil Affairs")
    assert await hall.say("stop notices") == ["OK. I won't write about your ticket any more."]
    assert await hall.called(57) == []
    assert await hall.say("stop notices") == ["I'm not watching any ticket for you."]


async def test_too_many_tickets_are_refused(hall: Hall) -> None:
    for number in (101, 102, 103):
        await hall.say(f"Tell me when {number} is near at Civil Affairs")
    (said,) = await hall.say("Tell me when 104 is near at Civil Affairs")
    assert said.startswith("I am already watching several tickets")


async def test_same_ticket_twice_is_one_ticket(hall: Hall) -> None:
    await hall.called(50)
    for _ in range(2):
        await hall.say("Tell me when 57 is near at Civil Affairs")
    assert len(await hall.called(57)) == 1


async def test_old_ticket_is_forgotten(hall: Hall) -> None:
    await hall.called(50)
    await hall.say("Tell me when 57 is near at Civil Affairs")
    hall.clock.advance(13 * 3600)
    assert await hall.called(57) == []


async def test_whoever_blocked_the_account_is_not_written_to(hall: Hall) -> None:
    await hall.called(50)
    await hall.say("Tell me when 57 is near at Civil Affairs")
    await hall.control("POST", f"/users/{hall.user}/send", json={"type": "unfollow"})
    await hall.work()
    assert await hall.called(57) == []


async def test_list_of_notices_and_opting_out(hall: Hall) -> None:
    (card,) = await hall.say("my notices")
    assert "Your turn at the counter: On" in card
    assert "Between 20:00 and 08:00 we only tell you when it's your turn." in card
    (card,) = await hall.press("off:turn")
    assert "Your turn at the counter: Off" in card
    async with hall.database.read() as connection:
        assert await store.chosen(connection, (await hall.known()).id) == {"turn": False}


async def test_whoever_opted_out_is_not_told(hall: Hall) -> None:
    await hall.called(50)
    await hall.say("Tell me when 57 is near at Civil Affairs")
    await hall.press("off:turn")
    assert await hall.called(57) == []


async def test_asking_for_a_turn_opts_in_again(hall: Hall) -> None:
    await hall.press("off:turn")
    await hall.called(50)
    await hall.say("Tell me when 57 is near at Civil Affairs")
    assert len(await hall.called(57)) == 1


async def test_unknown_kind_changes_nothing(hall: Hall) -> None:
    await hall.press("off:everything")
    async with hall.database.read() as connection:
        assert await store.chosen(connection, (await hall.known()).id) == {}


async def test_danger_comes_before_the_counter(hall: Hall) -> None:
    await hall.press(f"at:{COUNTER}:0")
    (said,) = await hall.say("Help! There is a fire, call an ambulance")
    assert "119" in said


async def test_city_without_counters_has_no_such_skill(open_hall: OpenHall) -> None:
    from bot.counter.catalogue import Catalogue
    from bot.counter.model import CounterOptions

    hall = await open_hall(Catalogue(counters={}, options=CounterOptions()))
    assert BUSY not in "\n".join(await hall.say("How busy is it?"))


QUESTIONS = {
    "ja": ("混んでいますか", "57番になったら教えて", "お知らせを止めて", "お知らせの設定"),
    "ja-Hira": ("こんでいますか", "57ばんに なったら おしえて", "おしらせを とめる", "おしらせを みる"),
    "en": ("Is it busy?", "let me know when 57 is called", "stop notifications", "notices"),
    "zh-Hans": ("现在人多吗？", "快到57号的时候告诉我", "停止通知", "我的通知"),
    "ko": ("지금 붐비나요?", "57번이 되면 알려 주세요", "알림 중지", "내 알림"),
    "vi": ("Có đông không?", "báo cho tôi khi đến số 57", "dừng thông báo", "thông báo của tôi"),
    "pt-BR": ("Está cheio?", "me avise quando chegar a senha 57", "parar avisos", "meus avisos"),
    "es": ("¿Hay mucha gente?", "avísame cuando llegue el 57", "parar avisos", "mis avisos"),
    "tl": ("Marami bang tao?", "sabihan mo ako kapag 57 na", "itigil ang abiso", "mga abiso ko"),
    "id": ("Apakah ramai?", "kabari saya saat nomor 57", "hentikan pemberitahuan", "pemberitahuan saya"),
    "ne": ("भिड छ?", "५७ नम्बर आएपछि खबर गर्नुहोस्", "सूचना रोक्नुहोस्", "मेरा सूचना"),
}


@pytest.mark.parametrize("language", QUESTIONS)
async def test_whole_visit_in_every_language(hall: Hall, language: str) -> None:
    busy, watch, stop, listed = QUESTIONS[language]
    words = hall.skill._wording
    user = await hall.resident("Somebody", language)
    await hall.language(language, user)
    await hall.counters.report(COUNTER, Report(called=50, waiting=7, open=True))
    (card,) = await hall.say(busy, user)
    assert card.splitlines()[0] == words.phrase(language, "busy")
    assert await hall.say(watch, user) == [words.phrase(language, "ask_counter")]
    (said,) = await hall.press(f"at:{COUNTER}:57", user)
    counter = hall.counters.catalogue.counters[COUNTER].names[language]
    assert said == words.phrase(language, "watching", counter=counter, number="57", near="3")
    (card,) = await hall.say(listed, user)
    assert card.splitlines()[0] == words.phrase(language, "list")
    await hall.counters.report(COUNTER, Report(called=57, waiting=7, open=True))
    await hall.work()
    called = words.phrase(language, "called", counter=counter, number="57", called="57", ahead="0")
    assert (await hall.read(user))[-1] == called
    assert await hall.say(stop, user) == [words.phrase(language, "nothing")]
