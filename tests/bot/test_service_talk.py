"""Talking over several turns, from the phone to the disk and back."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot import store
from bot.model import Conversation
from bot.simulator.events import make_event
from tests.bot.conftest import Office
from tests.bot.test_service import DRUMS, SOFA, phrase

SOFA_EN = "How do I throw away an old sofa?"


async def conversation(office: Office, user: str = "") -> Conversation:
    async with office.database.read() as connection:
        found = await store.find_resident(connection, user or office.user)
    assert found is not None
    return found.conversation


def edited(office: Office, message_id: str, text: str, at: int, event_id: str) -> dict[str, Any]:
    return make_event(
        "messageEdited",
        user_id=office.user,
        event_id=event_id,
        timestamp_ms=at,
        message={"type": "text", "id": message_id, "text": text},
    )


async def test_how_much_after_an_article_gives_its_lines_about_the_price(office: Office) -> None:
    await office.say(SOFA)
    (answer,) = await office.say("quanto custa?")
    assert "ienes" in answer
    assert len(answer) < 600
    last = (await office.phone())[-1]["message"]
    assert [item["action"]["data"] for item in last["quickReply"]["items"]] == [
        "do=article&v=oversized-garbage",
        "do=person",
    ]


async def test_follow_up_without_a_part_shows_the_article_again(office: Office) -> None:
    await office.say(SOFA)
    title = office.service.city.articles["oversized-garbage", "pt-BR"].title
    said, article = await office.say("e para minha esposa?")
    assert said == phrase(office, "talk.same_topic", title=title)
    assert article.startswith(title)


async def test_topic_is_forgotten_after_a_while(office: Office) -> None:
    await office.say(SOFA)
    office.clock.advance(901)
    answers = await office.say("quanto custa?")
    assert answers[0] == phrase(office, "talk.about_what")


async def test_topic_of_one_resident_is_not_that_of_another(office: Office) -> None:
    await office.say(SOFA)
    john = await office.resident("John", "en")
    await office.say("Hello", john)
    answers = await office.say("how much?", john)
    assert answers[0] == phrase(office, "talk.about_what", "en")


async def test_quoted_answer_is_what_a_follow_up_is_about(office: Office) -> None:
    await office.say(SOFA)
    quoted = (await office.phone(**{"from": "bot"}))[-1]["id"]
    office.clock.advance(86_400)
    await office.send("text", text="quanto custa?", quote=quoted)
    await office.work()
    assert "ienes" in (await office.read())[-1]


async def test_message_that_line_sent_is_known_by_its_id(office: Office) -> None:
    await office.say(SOFA)
    shown = (await office.phone(**{"from": "bot"}))[-1]
    answer = (await office.messages())[-1]
    assert (answer.line_message_id, answer.article) == (shown["id"], "oversized-garbage")


async def test_quote_of_a_message_of_somebody_else_is_no_context(office: Office) -> None:
    await office.say(SOFA)
    quoted = (await office.phone(**{"from": "bot"}))[-1]["id"]
    john = await office.resident("John", "en")
    await office.say("Hello", john)
    event = make_event(
        "message",
        user_id=john,
        event_id="01QUOTEOFANOTHER",
        timestamp_ms=1,
        message={"type": "text", "id": "77", "text": "how much?", "quotedMessageId": quoted},
    )
    await office.raw(event)
    await office.work()
    assert not any("oversized" in (one.article or "") for one in await office.messages(john))


async def test_language_is_changed_by_naming_it(office: Office) -> None:
    assert await office.say("English please") == [phrase(office, "language.set", "en", language="English")]
    assert (await conversation(office)).language == "en"


async def test_going_back_shows_the_article_before(office: Office) -> None:
    articles = office.service.city.articles
    await office.say(SOFA)
    await office.press("do=article&v=moving-in")
    (answer,) = await office.say("voltar")
    assert answer.startswith(articles["oversized-garbage", "pt-BR"].title)


async def test_sticker_is_answered_by_its_keywords(office: Office) -> None:
    await office.say("Oi")
    await office.send("sticker", keywords=["thank you", "bow"])
    await office.work()
    assert (await office.read())[-1] == phrase(office, "talk.sticker_thanks")


# Too much


async def test_twenty_first_message_of_a_minute_is_kept_and_asked_to_wait_once(office: Office) -> None:
    for number in range(23):
        await office.send("text", text=f"Oi {number}" if number >= 20 else "Oi")
    await office.work()
    assert (await office.read())[20:] == [phrase(office, "talk.slow_minute")]
    written = [one.text for one in await office.messages() if one.direction == "resident"]
    assert written[20:] == ["Oi 20", "Oi 21", "Oi 22"]


async def test_after_a_minute_messages_are_answered_again(office: Office) -> None:
    for _ in range(21):
        await office.send("text", text="Oi")
    await office.work()
    office.clock.advance(61)
    assert await office.say("Oi") == [phrase(office, "smalltalk.hello")]


async def test_danger_is_answered_over_the_limit(office: Office) -> None:
    for _ in range(21):
        await office.send("text", text="Oi")
    await office.work()
    assert "119" in (await office.say("socorro, minha casa está pegando fogo"))[0]


async def test_limit_of_one_resident_is_not_that_of_another(office: Office) -> None:
    for _ in range(21):
        await office.send("text", text="Oi")
    await office.work()
    john = await office.resident("John", "en")
    assert await office.say("Hello", john) == [phrase(office, "smalltalk.hello", "en")]


# Taken back and changed


async def test_unsent_question_leaves_no_topic(office: Office) -> None:
    sent = await office.send("text", text=SOFA)
    await office.work()
    assert (await conversation(office)).topic == "oversized-garbage"
    await office.send("unsend", message_id=sent["message_id"])
    await office.work()
    kept = await conversation(office)
    assert (kept.topic, kept.topic_message, kept.last_question) == ("", "", "")


async def test_unsent_question_leaves_the_topic_of_another(office: Office) -> None:
    sent = await office.send("text", text=DRUMS)
    await office.work()
    await office.say(SOFA)
    await office.send("unsend", message_id=sent["message_id"])
    await office.work()
    assert (await conversation(office)).topic == "oversized-garbage"


async def test_edited_message_has_its_new_words_and_is_not_answered_again(office: Office) -> None:
    sent = await office.send("text", text=SOFA)
    await office.work()
    before = len(await office.read())
    await office.raw(edited(office, sent["message_id"], "Como jogo fora uma cama?", 2000, "01EDITA"))
    await office.work()
    assert (await office.messages())[0].text == "Como jogo fora uma cama?"
    assert len(await office.read()) == before


async def test_older_edit_that_comes_later_changes_nothing(office: Office) -> None:
    sent = await office.send("text", text=SOFA)
    await office.work()
    await office.raw(edited(office, sent["message_id"], "newest", 3000, "01EDITB"))
    await office.raw(edited(office, sent["message_id"], "older", 2000, "01EDITC"))
    await office.work()
    assert (await office.messages())[0].text == "newest"


async def test_edited_message_of_a_request_is_translated_again(office: Office) -> None:
    await office.ask_for_clerk(DRUMS)
    asked = next(one for one in await office.messages() if one.text == DRUMS)
    await office.raw(edited(office, asked.line_message_id, "Meu vizinho faz barulho.", 2000, "01EDITD"))
    await office.work()
    again = next(one for one in await office.messages() if one.id == asked.id)
    assert (again.text, again.japanese) != (DRUMS, asked.japanese)
    assert again.japanese


async def test_my_number_in_an_edit_is_not_kept(office: Office) -> None:
    sent = await office.send("text", text=SOFA)
    await office.work()
    await office.raw(edited(office, sent["message_id"], "meu número é 123456789018", 2000, "01EDITE"))
    await office.work()
    assert await office.on_disk("123456789018") == []


async def test_nobody_can_edit_the_message_of_another(office: Office) -> None:
    sent = await office.send("text", text=SOFA)
    await office.work()
    john = await office.resident("John", "en")
    await office.say("Hello", john)
    event = edited(office, sent["message_id"], "changed", 2000, "01EDITF")
    event["source"]["userId"] = john
    await office.raw(event)
    await office.work()
    assert (await office.messages())[0].text == SOFA


async def test_who_blocked_the_account_is_not_written_to(office: Office) -> None:
    await office.say("Oi")
    await office.send("text", text=SOFA)
    await office.send("unfollow")
    office.clock.advance(120)  # the reply token is too old by now
    await office.work()
    assert await office.calls("push") == []
    assert (await office.messages())[-1].state == "unreachable"


# Hours


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-11-24T10:00", None),  # an ordinary Tuesday
        ("2026-11-23T10:00", "2026-11-24T08:30"),  # Labour Thanksgiving Day
        ("2026-09-21T10:00", "2026-09-24T08:30"),  # three holidays in a row
        ("2026-12-28T17:15", "2027-01-04T08:30"),  # the turn of the year
        ("2031-05-03T10:00", "2031-05-07T08:30"),  # a substitute holiday, far ahead
        ("2026-11-24T08:29", "2026-11-24T08:30"),
    ],
)
def test_next_opening_follows_the_japanese_calendar(city: Any, now: str, opens: str | None) -> None:
    zone = city.hours.zone
    found = city.hours.next_opening(dt.datetime.fromisoformat(now).replace(tzinfo=zone))
    assert (found and found.replace(tzinfo=None).isoformat(timespec="minutes")) == opens
