"""What people translated before, at the desk: suggested while a clerk writes, and marked where it was used."""

from __future__ import annotations

from typing import Any

import pytest

from bot.requests import RequestDesk
from core.errors import Busy, NotFound
from tests.bot.conftest import Office, OpenOffice
from tests.bot.test_desk import HOSTILE, Browser, claimed, sit_down
from tests.core.page_checks import Page, problems
from translation.facts import find
from translation.glossary import Glossary
from translation.memory import Memory, Suggestion, Unit
from translation.model import Lane, Translation
from translation.service import Translator

JAPANESE = "確認しました。保険料18,600円の払い込みは、1月31日までにお願いします。"
PORTUGUESE = "Verificamos. Pague o prêmio de 18.600 ienes até 31 de janeiro."
WRITTEN = "確認しました。保険料12,300円の払い込みは、2月28日までにお願いいたします。"
OTHER_FACTS = WRITTEN.replace("いたします", "します")  # the learnt words, with other facts


class Remembering(Translator):
    """Answers with what people wrote, as far as `engine` says."""

    def __init__(self, engine: str) -> None:
        super().__init__([])
        self._engine = engine

    async def translate(
        self,
        text: str,
        *,
        source: str,
        target: str,
        lane: Lane = "chat",
        glossary: Glossary | None = None,
    ) -> Translation:
        return Translation(
            text=PORTUGUESE if target == "pt-BR" else JAPANESE,
            source_text=text,
            source=source,
            target=target,
            route=(source, target),
            engine=self._engine,
            confidence=1.0,
            flags=(),
            kept=find(text, source),
            lost=(),
        )


async def learn(office: Office, **changes: Any) -> Unit:
    return await office.service.memory.learn(
        **{
            "source": "ja",
            "target": "pt-BR",
            "source_text": JAPANESE,
            "target_text": PORTUGUESE,
            "author": "鈴木 マリア",
            "came_from": "page",
            **changes,
        }
    )


async def suggestions(browser: Browser, request_id: str, text: str) -> list[dict[str, Any]]:
    status, body = await browser.api("POST", f"/api/v1/requests/{request_id}/preview", json={"text": text})
    assert status == 200
    return list(body["suggestions"])


@pytest.fixture
async def browser(office: Office) -> Browser:
    return await sit_down(office)


@pytest.fixture
async def request_id(office: Office, browser: Browser) -> str:
    return await claimed(office, browser)


async def test_answer_like_an_earlier_one_is_suggested_with_who_and_when(
    office: Office, browser: Browser, request_id: str
) -> None:
    unit = await learn(office)
    (found,) = await suggestions(browser, request_id, WRITTEN)
    assert found.pop("score") >= 0.85
    assert found == {
        "id": unit.id,
        "japanese": JAPANESE,
        "text": PORTUGUESE,
        "author": "鈴木 マリア",
        "at": "2026-11-02T09:30:00+09:00",
        "other_facts": True,
    }


async def test_suggestion_with_the_same_facts_does_not_warn(
    office: Office, browser: Browser, request_id: str
) -> None:
    await learn(office)
    (found,) = await suggestions(browser, request_id, JAPANESE.replace("お願いします", "お願いいたします"))
    assert found["other_facts"] is False


async def test_answer_that_is_unlike_anything_has_no_suggestion(
    office: Office, browser: Browser, request_id: str
) -> None:
    await learn(office)
    assert await suggestions(browser, request_id, "お調べします。少しお待ちください。") == []


async def test_the_very_words_that_are_written_are_not_suggested(
    office: Office, browser: Browser, request_id: str
) -> None:
    await learn(office)
    assert await suggestions(browser, request_id, JAPANESE) == []


async def test_the_same_words_with_other_facts_are_answered_and_not_suggested(
    office: Office, browser: Browser, request_id: str
) -> None:
    await learn(office)
    status, preview = await browser.api(
        "POST", f"/api/v1/requests/{request_id}/preview", json={"text": OTHER_FACTS}
    )
    assert (status, preview["engine"], preview["suggestions"]) == (200, "memory", [])
    assert preview["text"] == "Verificamos. Pague o prêmio de 12.300 ienes até 28 de fevereiro."


async def test_only_what_people_wrote_in_the_residents_language_is_suggested(
    office: Office, browser: Browser, request_id: str
) -> None:
    await learn(office, origin="machine")
    await learn(office, target="en", target_text="Please pay.")
    await learn(office, source="pt-BR", target="ja", source_text=PORTUGUESE, target_text=JAPANESE)
    assert await suggestions(browser, request_id, WRITTEN) == []


async def test_at_most_two_answers_are_suggested(office: Office, browser: Browser, request_id: str) -> None:
    for more in ("は", "も", "ね"):
        text = JAPANESE.replace("までに", f"までに{more}")
        await learn(office, source_text=text, target_text=f"{PORTUGUESE} {more}")
    assert len(await suggestions(browser, request_id, OTHER_FACTS)) == 2


async def test_reader_of_japanese_needs_no_suggestion(office: Office, browser: Browser) -> None:
    await learn(office, target="ja-Hira", target_text="はらって ください。")
    user = await office.resident("太郎", "ja")
    request = await office.ask_for_clerk("となりの家の音がうるさくて困っています", user=user)
    await browser.act(request.id, "claim")
    assert await suggestions(browser, request.id, WRITTEN) == []


class FullMemory(Memory):
    """Too many searches wait."""

    async def suggest(
        self, text: str, source: str, target: str, *, limit: int = 3, floor: float = 0.7
    ) -> list[Suggestion]:
        raise Busy("Too many searches wait.")


async def test_preview_comes_without_suggestions_when_the_memory_is_busy(
    office: Office, request_id: str
) -> None:
    desk: RequestDesk = office.service.requests
    desk._memory = FullMemory.__new__(FullMemory)
    preview = await desk.preview(request_id, WRITTEN)
    assert (preview.suggestions, preview.language) == ((), "pt-BR")


async def test_desk_without_a_memory_suggests_nothing(office: Office, request_id: str) -> None:
    desk: RequestDesk = office.service.requests
    desk._memory = None
    assert (await desk.preview(request_id, WRITTEN)).suggestions == ()
    with pytest.raises(NotFound):
        await desk.wording("x")


# Without a script


async def test_preview_without_a_script_shows_suggestions_as_a_sound_page(
    office: Office, browser: Browser, request_id: str
) -> None:
    await learn(office)
    page = await browser.act(request_id, "answer", text=WRITTEN, preview="1")
    # A list in Portuguese, and a term named in both languages.
    assert [one for one in problems(page) if "・" not in one and "(保険料: " not in one] == []
    (item,) = Page(page).has_class("suggestion")
    assert JAPANESE in item.text
    assert "鈴木 マリア" in item.text
    assert "数字や日付などが、いまの文と違います" in item.text


async def test_taking_a_suggestion_without_a_script_writes_it_and_previews_it(
    office: Office, browser: Browser, request_id: str
) -> None:
    unit = await learn(office)
    page = Page(await browser.act(request_id, "answer", text=WRITTEN, take=unit.id))
    assert browser.status == 200
    (box,) = page.all("textarea")
    assert box.text == JAPANESE
    assert [message.direction for message in await office.messages() if message.direction == "staff"] == []


async def test_taking_a_suggestion_that_was_deleted_is_not_found(
    office: Office, browser: Browser, request_id: str
) -> None:
    await browser.act(request_id, "answer", text=WRITTEN, take="gone")
    assert browser.status == 404


async def test_hostile_suggestion_stays_text(office: Office, browser: Browser, request_id: str) -> None:
    await learn(office, source_text=JAPANESE + "&<img>", target_text=HOSTILE, author="<b>x</b>")
    page = Page(await browser.act(request_id, "answer", text=JAPANESE, preview="1"))
    (item,) = page.has_class("suggestion")
    assert HOSTILE in item.text
    assert [element.tag for element in page.elements if element.tag in ("img", "b")] == []


# Where the words of people were used


async def test_answer_in_human_words_says_so_and_is_not_translated_back(open_office: OpenOffice) -> None:
    office = await open_office(translator=Remembering("memory"))
    browser = await sit_down(office)
    request_id = await claimed(office, browser)
    page = Page(await browser.act(request_id, "answer", text=JAPANESE, preview="1"))
    notes = {name: slot(page, name) for name in ("human", "machine", "back-block", "text")}
    assert notes["text"] == PORTUGUESE
    assert "人の訳" in notes["human"]
    assert "hidden" in attributes(page, "machine")
    assert "hidden" in attributes(page, "back-block")


async def test_answer_that_the_memory_has_needs_no_suggestion(open_office: OpenOffice) -> None:
    office = await open_office(translator=Remembering("memory"))
    browser = await sit_down(office)
    request_id = await claimed(office, browser)
    await learn(office)
    assert await suggestions(browser, request_id, WRITTEN) == []


async def test_answer_in_human_words_arrives_without_the_machine_note(open_office: OpenOffice) -> None:
    office = await open_office(translator=Remembering("memory"))
    browser = await sit_down(office)
    request_id = await claimed(office, browser)
    await browser.act(request_id, "answer", text=JAPANESE)
    await office.work()
    phrases = office.service.city.phrases
    note = phrases.get("pt-BR", "staff.machine_note")
    (sent,) = [message for message in await office.messages() if message.direction == "staff"]
    assert (sent.text, sent.translation["engine"], sent.translation["confidence"]) == (
        PORTUGUESE,
        "memory",
        None,
    )
    assert "suggestions" not in sent.translation
    arrived = (await office.read())[-1]
    assert arrived.endswith(PORTUGUESE)
    assert note not in arrived


@pytest.mark.parametrize(
    ("engine", "expected"),
    [("memory", "人の訳"), ("memory+argos", "一部は人の訳"), ("argos", "機械翻訳")],
)
async def test_thread_says_who_translated_a_message(
    open_office: OpenOffice, engine: str, expected: str
) -> None:
    office = await open_office(translator=Remembering(engine))
    browser = await sit_down(office)
    request_id = await claimed(office, browser)
    await office.work()
    page = Page(await browser.get(f"/desk?request={request_id}"))
    notes = [note.text for note in page.has_class("note") if note.above("ol")]
    assert [expected in note for note in notes] == [True] * len(notes)
    assert notes != []


def slot(page: Page, name: str) -> str:
    (element,) = [one for one in page.elements if one.attributes.get("data-slot") == name]
    return element.text


def attributes(page: Page, name: str) -> dict[str, str]:
    (element,) = [one for one in page.elements if one.attributes.get("data-slot") == name]
    return element.attributes


# The whole way


async def test_translation_added_on_its_page_is_suggested_at_the_desk(
    office: Office, browser: Browser, request_id: str
) -> None:
    form = {"from": "ja", "to": "pt-BR", "source_text": JAPANESE, "target_text": PORTUGUESE}
    page = await browser.post("/memory/new", **form)
    assert (browser.status, browser.where) == (200, "/memory?done=learnt")
    assert [problem for problem in problems(page) if "・" not in problem] == []
    text = JAPANESE.replace("お願いします", "お願いいたします")
    assert [one["text"] for one in await suggestions(browser, request_id, text)] == [PORTUGUESE]


async def test_glossary_of_the_city_is_shown_to_its_clerks(office: Office, browser: Browser) -> None:
    page = Page(await browser.get("/glossary"))
    assert (browser.status, "市役所" in page.root.text) == (200, True)
