"""The desk's transactions: who may do what to a request, and what the resident then reads."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot import store
from bot.requests import ANSWER_MAX, FactsLost, RequestDesk
from core.errors import Conflict, InvalidInput, NotAuthorised, NotFound
from tests.bot.conftest import LANGUAGES, Office, OpenOffice
from translation.errors import MissingModel
from translation.facts import find
from translation.glossary import Glossary
from translation.model import Lane, Translation
from translation.service import Translator

DRUMS = "Meu vizinho toca bateria toda noite e meu bebê não dorme."
ANSWER = "確認します。少しお待ちください。"
SAVED = "お問い合わせありがとうございます。いま確認していますので、少しお待ちください。"


@pytest.fixture
def desk(office: Office) -> RequestDesk:
    return office.service.requests


async def claimed(office: Office, question: str = DRUMS, user: str = "") -> tuple[str, Any]:
    """A claimed request and its clerk."""
    request = await office.ask_for_clerk(question, user)
    sato = await office.clerk("sato")
    await office.service.requests.claim(request.id, sato)
    return request.id, sato


async def answer_read(office: Office, user: str = "") -> list[dict[str, Any]]:
    """What staff sent: it comes unasked, while the bot's own words are replies."""
    await office.work()
    return [one for one in await office.phone(user) if one["via"] == "push"]


# Queue and claiming


async def test_queue_is_empty_at_first(desk: RequestDesk) -> None:
    assert await desk.queue() == []
    assert await desk.done_today() == 0


async def test_queue_puts_urgent_requests_first_and_then_the_longest_waiting(office: Office) -> None:
    people = [await office.resident(name, "pt-BR") for name in ("Ana", "Bia", "Clara")]
    for user, text in zip(people, (DRUMS, DRUMS, "Meu marido me bate e tenho medo"), strict=True):
        await office.say(text, user)
        await office.press("do=person", user)
        office.clock.advance(60)
    names = [entry.resident.display_name for entry in await office.service.requests.queue()]
    assert names == ["Clara", "Ana", "Bia"]


async def test_queue_shows_the_first_message_of_each_request(office: Office) -> None:
    await office.ask_for_clerk(DRUMS)
    await office.say("É no prédio ao lado, no segundo andar")
    (waiting,) = await office.service.requests.queue()
    assert waiting.first is not None
    assert waiting.first.text == DRUMS


async def test_request_has_the_department_of_the_nearest_article(office: Office) -> None:
    await office.say("How much is the national health insurance premium?")
    await office.press("do=person")
    article = office.service.city.articles["national-health-insurance", "ja"]
    assert (await office.request()).department == article.department


async def test_claim_gives_the_request_to_the_clerk(office: Office, desk: RequestDesk) -> None:
    request_id, sato = await claimed(office)
    opened = await desk.open(request_id)
    assert (opened.request.state, opened.request.claimed_by) == ("claimed", sato.id)
    assert opened.claimed_by_name == "Clerk sato"


async def test_claim_by_second_staff_is_refused(office: Office, desk: RequestDesk) -> None:
    request_id, sato = await claimed(office)
    with pytest.raises(Conflict):
        await desk.claim(request_id, await office.clerk("suzuki"))
    assert (await office.request()).claimed_by == sato.id


async def test_claim_twice_by_the_same_clerk_is_harmless(office: Office, desk: RequestDesk) -> None:
    request_id, sato = await claimed(office)
    before = await office.request()
    await desk.claim(request_id, sato)
    assert await office.request() == before


async def test_of_two_claims_at_once_exactly_one_wins(office: Office, desk: RequestDesk) -> None:
    request = await office.ask_for_clerk(DRUMS)
    clerks = [await office.clerk(name) for name in ("sato", "suzuki", "tanaka")]
    results = await asyncio.gather(
        *(desk.claim(request.id, clerk) for clerk in clerks), return_exceptions=True
    )
    assert [type(result) for result in results].count(Conflict) == 2
    winner = clerks[results.index(None)]
    assert (await office.request()).claimed_by == winner.id


async def test_unknown_request_is_not_found(office: Office, desk: RequestDesk) -> None:
    sato = await office.clerk("sato")
    with pytest.raises(NotFound):
        await desk.claim("nothing", sato)
    with pytest.raises(NotFound):
        await desk.preview("nothing", "x")


async def test_released_request_waits_again_for_anybody(office: Office, desk: RequestDesk) -> None:
    request_id, sato = await claimed(office)
    await desk.release(request_id, sato)
    suzuki = await office.clerk("suzuki")
    await desk.claim(request_id, suzuki)
    assert (await office.request()).claimed_by == suzuki.id


async def test_answered_request_can_be_released_too(office: Office, desk: RequestDesk) -> None:
    request_id, sato = await claimed(office)
    await desk.answer(request_id, sato, ANSWER)
    await desk.release(request_id, sato)
    request = await office.request()
    assert (request.state, request.claimed_by) == ("open", "")


@pytest.mark.parametrize("what", ["release", "close", "answer"])
async def test_request_of_somebody_else_cannot_be_changed(
    office: Office, desk: RequestDesk, what: str
) -> None:
    request_id, _ = await claimed(office)
    before, suzuki = await office.request(), await office.clerk("suzuki")
    acts = {
        "release": lambda: desk.release(request_id, suzuki),
        "close": lambda: desk.close(request_id, suzuki),
        "answer": lambda: desk.answer(request_id, suzuki, ANSWER),
    }
    with pytest.raises(NotAuthorised):
        await acts[what]()
    assert await office.request() == before


async def test_request_that_nobody_claimed_cannot_be_answered(office: Office, desk: RequestDesk) -> None:
    request = await office.ask_for_clerk(DRUMS)
    with pytest.raises(NotAuthorised):
        await desk.answer(request.id, await office.clerk("sato"), ANSWER)


# Preview


async def test_preview_shows_the_translation_and_what_it_says_when_translated_back(
    office: Office, desk: RequestDesk
) -> None:
    request_id, _ = await claimed(office)
    preview = await desk.preview(request_id, "11月30日までに電話してください。")
    assert (preview.language, preview.route) == ("pt-BR", ("ja", "en", "pt-BR"))
    assert "30 de novembro" in preview.text
    assert "11月30日" in preview.back
    assert preview.confidence is not None
    assert [fact.text for fact in preview.kept] == ["11月30日"]
    assert preview.lost == ()


async def test_preview_changes_nothing(office: Office, desk: RequestDesk) -> None:
    request_id, _ = await claimed(office)
    before = (await office.request(), await office.messages())
    await desk.preview(request_id, ANSWER)
    assert (await office.request(), await office.messages()) == before


@pytest.mark.parametrize("text", ["", "   ", "\n\n"])
async def test_empty_answer_is_refused(office: Office, desk: RequestDesk, text: str) -> None:
    request_id, sato = await claimed(office)
    with pytest.raises(InvalidInput):
        await desk.preview(request_id, text)
    with pytest.raises(InvalidInput):
        await desk.answer(request_id, sato, text)


async def test_answer_at_the_limit_is_taken_and_one_over_it_is_not(office: Office, desk: RequestDesk) -> None:
    user = await office.resident("太郎", "ja")
    request_id, sato = await claimed(office, "となりの家の音がうるさくて困っています", user)
    with pytest.raises(InvalidInput, match=str(ANSWER_MAX)):
        await desk.answer(request_id, sato, "あ" * (ANSWER_MAX + 1))
    await desk.answer(request_id, sato, "あ" * ANSWER_MAX)
    assert (await office.request()).state == "answered"


# Answering


async def test_answer_arrives_translated_with_a_note_the_original_and_the_department(
    office: Office, desk: RequestDesk
) -> None:
    request_id, sato = await claimed(office)
    preview = await desk.preview(request_id, ANSWER)
    await desk.answer(request_id, sato, ANSWER)
    translated, original = await answer_read(office)
    words, city = office.service.city.phrases, office.service.city
    department = city.department((await office.request()).department, "pt-BR")
    heading = words.get("pt-BR", "staff.answer", department=department)
    note = words.get("pt-BR", "staff.machine_note")
    assert translated["message"]["text"] == f"{heading}\n{preview.text}\n\n{note}"
    assert original["message"]["text"] == f"{words.get('pt-BR', 'staff.original')}\n{ANSWER}"
    assert [one["via"] for one in (translated, original)] == ["push", "push"]


async def test_answer_quotes_the_question_and_names_the_department_as_its_sender(
    office: Office, desk: RequestDesk
) -> None:
    request_id, sato = await claimed(office)
    await desk.answer(request_id, sato, ANSWER)
    translated, original = await answer_read(office)
    asked = next(one for one in await office.phone() if one["message"].get("text") == DRUMS)
    assert translated["quoted"] == asked["id"]
    assert translated["message"]["sender"] == original["message"]["sender"]
    department = office.service.city.department((await office.request()).department, "pt-BR")
    assert department.startswith(translated["message"]["sender"]["name"].rstrip("…"))


async def test_answer_is_stored_with_its_japanese_its_translation_and_its_author(
    office: Office, desk: RequestDesk
) -> None:
    request_id, sato = await claimed(office)
    await desk.answer(request_id, sato, ANSWER)
    stored = (await office.messages())[-1]
    assert (stored.direction, stored.state, stored.author) == ("staff", "waiting", "Clerk sato")
    assert (stored.japanese, stored.language) == (ANSWER, "pt-BR")
    assert stored.translation["text"] == stored.text
    await office.work()
    assert (await office.messages())[-1].state == "sent"


@pytest.mark.parametrize("language", ["ja", "ja-Hira"])
async def test_answer_to_a_reader_of_japanese_is_not_translated(office: Office, language: str) -> None:
    user = await office.resident("太郎", "ja")
    await office.press(f"do=language&v={language}", user)
    request_id, sato = await claimed(office, "となりの家の音がうるさくて困っています", user)
    await office.service.requests.answer(request_id, sato, ANSWER)
    (shown,) = await answer_read(office, user)
    assert shown["message"]["text"].endswith(f"\n{ANSWER}")
    assert (await office.messages(user))[-1].translation["confidence"] is None


async def test_question_in_japanese_is_shown_as_it_was_written(office: Office) -> None:
    user = await office.resident("太郎", "ja")
    await office.ask_for_clerk("となりの家の音がうるさくて困っています", user)
    (waiting,) = await office.service.requests.queue()
    assert waiting.first is not None
    assert waiting.first.japanese == waiting.first.text
    assert waiting.first.translation == {}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_saved_reply_goes_out_in_the_words_that_people_wrote(office: Office, language: str) -> None:
    await office.press(f"do=language&v={language}")
    request_id, sato = await claimed(office)
    await office.service.requests.answer(request_id, sato, f" {SAVED}\n")
    (shown,) = await answer_read(office)
    written = office.service.requests._saved[SAVED][language]
    assert shown["message"]["text"].endswith(f"\n{written}")


class ForgetfulTranslator(Translator):
    """Loses every fact on the way out of Japanese. The real one puts back what an engine drops, so that losing
    takes a rare accident."""

    async def translate(
        self,
        text: str,
        *,
        source: str,
        target: str,
        lane: Lane = "chat",
        glossary: Glossary | None = None,
    ) -> Translation:
        if target == "ja":
            raise MissingModel("There is no way back into Japanese.")
        facts = tuple(find(text, source))
        return Translation(
            text="Por favor, ligue para nós.",
            source_text=text,
            source=source,
            target=target,
            route=(source, target),
            engine="forgetful",
            confidence=0.3,
            flags=("fact_lost",),
            kept=(),
            lost=facts,
        )


async def test_answer_whose_translation_lacks_a_fact_waits_for_confirmation(
    open_office: OpenOffice,
) -> None:
    office = await open_office(translator=ForgetfulTranslator([]))
    request_id, sato = await claimed(office)
    desk, text = office.service.requests, "明日の朝、045-000-1110に電話してください。"
    with pytest.raises(FactsLost, match="045-000-1110") as caught:
        await desk.answer(request_id, sato, text)
    assert [fact.text for fact in caught.value.preview.lost] == ["045-000-1110"]
    assert caught.value.preview.back == ""  # there is no way back into Japanese
    assert (await office.request()).state == "claimed"
    assert await answer_read(office) == []
    await desk.answer(request_id, sato, text, confirmed=True)
    assert len(await answer_read(office)) == 2
    assert [fact["text"] for fact in (await office.messages())[-1].translation["lost"]] == ["045-000-1110"]


async def test_missing_model_sends_the_japanese_words_marked_as_such(open_office: OpenOffice) -> None:
    office = await open_office(translator=Translator([]))
    request_id, sato = await claimed(office)
    preview = await office.service.requests.preview(request_id, ANSWER)
    assert (preview.text, preview.language, preview.flags) == (ANSWER, "ja", ("untranslated",))
    await office.service.requests.answer(request_id, sato, ANSWER)
    (shown,) = await answer_read(office)
    phrases = office.service.city.phrases
    said = [line for line in shown["message"]["text"].split("\n") if line][1:]  # without the department
    assert said == [
        phrases.get("pt-BR", "translation.missing"), phrases.get("pt-BR", "staff.original"), ANSWER
    ]  # fmt: skip
    assert (await office.messages())[-1].translation["flags"] == ["untranslated"]


async def test_missing_model_shows_staff_the_original_marked_as_such(open_office: OpenOffice) -> None:
    office = await open_office(translator=Translator([]))
    await office.ask_for_clerk(DRUMS)
    (waiting,) = await office.service.requests.queue()
    assert waiting.first is not None
    assert (waiting.first.text, waiting.first.japanese) == (DRUMS, "")
    assert waiting.first.translation == {"flags": ["untranslated"]}


async def test_answer_at_an_old_version_is_refused_so_that_a_form_sent_twice_answers_once(
    office: Office, desk: RequestDesk
) -> None:
    request_id, sato = await claimed(office)
    version = (await office.request()).version
    await desk.answer(request_id, sato, ANSWER, version=version)
    with pytest.raises(Conflict):
        await desk.answer(request_id, sato, ANSWER, version=version)
    assert len(await answer_read(office)) == 2


async def test_second_answer_to_the_same_request_is_sent(office: Office, desk: RequestDesk) -> None:
    request_id, sato = await claimed(office)
    await desk.answer(request_id, sato, ANSWER)
    await desk.answer(request_id, sato, "確認しました。")
    assert len(await answer_read(office)) == 4


# Closing, cancelling and coming back


async def test_closing_an_answered_request_tells_the_resident(office: Office, desk: RequestDesk) -> None:
    request_id, sato = await claimed(office)
    await desk.answer(request_id, sato, ANSWER)
    await desk.close(request_id, sato)
    assert (await answer_read(office))[-1]["message"]["text"] == office.service.city.phrases.get(
        "pt-BR", "staff.closed"
    )
    assert (await office.request()).state == "closed"
    assert await desk.done_today() == 1
    assert await desk.queue() == []


async def test_closing_a_request_that_was_not_answered_says_nothing(
    office: Office, desk: RequestDesk
) -> None:
    request_id, sato = await claimed(office)
    await desk.close(request_id, sato)
    assert await answer_read(office) == []


async def test_closed_request_can_be_neither_answered_nor_closed_again(
    office: Office, desk: RequestDesk
) -> None:
    request_id, sato = await claimed(office)
    await desk.close(request_id, sato)
    with pytest.raises(Conflict):
        await desk.answer(request_id, sato, ANSWER)
    with pytest.raises(Conflict):
        await desk.close(request_id, sato)
    with pytest.raises(Conflict):
        await desk.claim(request_id, await office.clerk("suzuki"))


async def test_done_today_forgets_what_was_closed_yesterday_in_japan(
    office: Office, desk: RequestDesk
) -> None:
    request_id, sato = await claimed(office)
    await desk.close(request_id, sato)
    office.clock.advance(14.4 * 3600)  # 23:54 in Japan
    assert await desk.done_today() == 1
    office.clock.advance(600)  # 00:04
    assert await desk.done_today() == 0


async def test_resident_who_writes_again_after_the_answer_waits_for_the_same_clerk(
    office: Office, desk: RequestDesk
) -> None:
    request_id, sato = await claimed(office)
    await desk.answer(request_id, sato, ANSWER)
    await office.work()
    await office.say("Ele toca bateria também de madrugada, por favor ajudem")
    request = await office.request()
    assert (request.state, request.claimed_by) == ("claimed", sato.id)
    assert (await desk.open(request_id)).messages[-2].request_id == request_id


async def test_resident_who_writes_after_the_close_begins_anew(office: Office, desk: RequestDesk) -> None:
    request_id, sato = await claimed(office)
    await desk.close(request_id, sato)
    await office.ask_for_clerk(DRUMS)
    assert [request.state for request in await office.requests()] == ["closed", "open"]


async def test_resident_cancels_and_the_clerk_is_told_on_the_next_act(
    office: Office, desk: RequestDesk
) -> None:
    request_id, sato = await claimed(office)
    assert await office.press("do=cancel") == [office.service.city.phrases.get("pt-BR", "person.cancelled")]
    with pytest.raises(Conflict):
        await desk.answer(request_id, sato, ANSWER)
    assert (await office.request()).state == "closed"


async def test_second_wish_for_a_person_opens_no_second_request(office: Office) -> None:
    await office.ask_for_clerk(DRUMS)
    (waiting,) = await office.press("do=person")
    assert "1" in waiting
    assert len(await office.requests()) == 1


async def test_message_taken_back_while_it_is_being_translated_stays_away(office: Office) -> None:
    sent = await office.send("text", text=DRUMS)
    await office.work()
    await office.send("postback", data="do=person")
    await office.work("line.inbox")
    (job,) = await office.service.jobs.take("desk.translate", limit=1, lease_s=30)
    async with office.database.write() as connection:
        await store.bury_message(connection, sent["message_id"], now=office.clock.now())
    await office.service.requests.translate_message(job)
    assert DRUMS not in [one.text for one in await office.messages()]


async def test_every_change_hints_to_open_desks(office: Office, desk: RequestDesk) -> None:
    request = await office.ask_for_clerk(DRUMS)
    sato = await office.clerk("sato")
    with office.service.bus.subscribe("desk") as hint:
        for act in (
            desk.claim(request.id, sato),
            desk.answer(request.id, sato, ANSWER),
            desk.close(request.id, sato),
        ):
            await act
            assert await hint.wait(0.01)
