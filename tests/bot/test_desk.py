"""The staff desk over real HTTP, as a browser without scripts uses it."""

from __future__ import annotations

import asyncio
import html
import re
from typing import Any

import pytest
from aiohttp import ClientSession

from core.words import Words
from tests.bot.conftest import PASSWORD, ROOT, Office, OpenOffice
from tests.bot.test_requests import ForgetfulTranslator
from tests.core.page_checks import Page, problems

DRUMS = "Meu vizinho toca bateria toda noite e meu bebê não dorme."
GRILL = "Qual o melhor restaurante de churrasco da cidade?"
ANSWER = "確認します。少しお待ちください。"
HOSTILE = "</p><img src=x onerror=alert(1)><script>alert(document.cookie)</script> {{ 7*7 }}"


class Browser:
    """Somebody at the desk, without scripts."""

    def __init__(self, office: Office, client: ClientSession, token: str) -> None:
        self._office = office
        self._client = client
        self.token = token
        self.status = 0
        self.where = ""

    async def get(self, path: str, **headers: str) -> str:
        async with self._client.get(self._office.url(path), headers=headers) as answer:
            self.status, self.where = answer.status, answer.url.path_qs
            return await answer.text()

    async def post(self, path: str, **form: str) -> str:
        """Send a form of the page, following where it leads."""
        form = {"csrf_token": self.token, **form}
        async with self._client.post(self._office.url(path), data=form) as answer:
            self.status, self.where = answer.status, answer.url.path_qs
            return await answer.text()

    async def act(self, request_id: str, action: str, **form: str) -> str:
        return await self.post(f"/desk/requests/{request_id}/{action}", **form)

    async def api(self, method: str, path: str, **parts: Any) -> tuple[int, Any]:
        headers = {"X-CSRF-Token": self.token} | parts.pop("headers", {})
        async with self._client.request(method, self._office.url(path), headers=headers, **parts) as answer:
            return answer.status, await answer.json()


async def sit_down(office: Office, name: str = "sato", role: str = "staff") -> Browser:
    client = await office.log_in(name, role)
    return Browser(office, client, await office.csrf_of(client))


async def claimed(office: Office, browser: Browser, question: str = DRUMS) -> str:
    request = await office.ask_for_clerk(question)
    await browser.act(request.id, "claim")
    return request.id


def alert(page: str) -> str:
    """The sentence that the page warns with."""
    found = re.search(r'role="alert">([^<]*)<', page)
    return html.unescape(found[1]) if found else ""


def words(office: Office, key: str, **values: object) -> str:
    """A sentence of the Japanese desk."""
    return Words(ROOT / "core/web/words", ROOT / "bot/words").get("ja", key, **values)


# Logging in


@pytest.mark.parametrize("path", ["/desk", "/desk?request=1", "/desk/parts/queue"])
async def test_visitor_is_sent_to_the_login_form_and_comes_back(office: Office, path: str) -> None:
    client = office.browser()
    async with client.get(office.url(path)) as answer:
        assert answer.url.path == "/login"
        page = await answer.text()
    next_page = re.search(r'name="next" value="([^"]*)"', page)
    assert next_page is not None
    assert html.unescape(next_page[1]) == path
    await office.clerk("sato")
    form = {"name": "sato", "password": PASSWORD, "next": path}
    async with client.post(office.url("/login"), data=form, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, path)


async def test_wrong_password_is_refused_with_a_sentence_and_no_session(office: Office) -> None:
    await office.clerk("sato")
    client = office.browser()
    form = {"name": "sato", "password": "not the right one"}
    async with client.post(office.url("/login"), data=form) as answer:
        assert answer.status == 403
        assert "sato" in await answer.text()
    async with client.get(office.url("/desk"), allow_redirects=False) as answer:
        assert answer.status == 303


async def test_staff_land_on_the_desk(office: Office) -> None:
    await office.clerk("sato")
    form = {"name": "sato", "password": PASSWORD}
    async with office.browser().post(office.url("/login"), data=form) as answer:
        assert (answer.status, answer.url.path) == (200, "/desk")


async def test_who_logs_out_has_left_the_desk(office: Office) -> None:
    browser = await sit_down(office)
    await browser.post("/logout")
    await browser.get("/desk")
    assert browser.where.startswith("/login")


@pytest.mark.parametrize("path", ["/desk", "/desk/parts/queue", "/desk/events"])
async def test_interpreters_are_refused(office: Office, path: str) -> None:
    client = await office.log_in("ito", "interpreter")
    async with client.get(office.url(path)) as answer:
        assert answer.status == 403


async def test_interpreters_may_not_act_either(office: Office) -> None:
    request = await office.ask_for_clerk(DRUMS)
    client = await office.log_in("ito", "interpreter")
    async with client.get(office.url("/meetings")) as answer:
        token = re.search(r'name="csrf-token" content="([^"]*)"', await answer.text())
    assert token is not None
    browser = Browser(office, client, token[1])
    for action in ("claim", "release", "close", "answer"):
        await browser.act(request.id, action, text=ANSWER)
        assert browser.status == 403
    assert (await office.request()).state == "open"


async def test_admins_may_work_at_the_desk(office: Office) -> None:
    browser = await sit_down(office, "root", "admin")
    request_id = await claimed(office, browser)
    assert browser.status == 200
    assert (await office.request()).id == request_id
    assert (await office.request()).state == "claimed"


@pytest.mark.parametrize("path", ["/api/v1/requests", "/api/v1/requests/1"])
async def test_api_answers_visitors_with_json(office: Office, path: str) -> None:
    async with office.browser().get(office.url(path)) as answer:
        assert answer.status == 403
        assert (await answer.json())["error"]["code"] == "not_authorised"


# CSRF


@pytest.mark.parametrize("token", ["", "wrong"])
@pytest.mark.parametrize("action", ["claim", "release", "close", "answer"])
async def test_form_without_the_session_s_token_is_refused(office: Office, action: str, token: str) -> None:
    request = await office.ask_for_clerk(DRUMS)
    browser = await sit_down(office)
    await browser.act(request.id, action, csrf_token=token, text=ANSWER)
    assert browser.status == 403
    assert (await office.request()).state == "open"


async def test_api_without_the_token_is_refused(office: Office) -> None:
    browser = await sit_down(office)
    request_id = await claimed(office, browser)
    browser.token = ""
    path = f"/api/v1/requests/{request_id}/preview"
    status, _ = await browser.api("POST", path, json={"text": ANSWER})
    assert status == 403


async def test_request_from_another_site_is_refused(office: Office) -> None:
    browser = await sit_down(office)
    request_id = await claimed(office, browser)
    path = f"/api/v1/requests/{request_id}/preview"
    foreign = {"Origin": "https://elsewhere.example"}
    assert (await browser.api("POST", path, json={"text": ANSWER}, headers=foreign))[0] == 403


async def test_pages_forbid_inline_code_and_being_framed(office: Office) -> None:
    client = await office.log_in("sato")
    async with client.get(office.url("/desk")) as answer:
        policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "'unsafe-inline'" not in policy


# The page


async def test_empty_desk_is_a_sound_page(office: Office) -> None:
    browser = await sit_down(office)
    page = await browser.get("/desk")
    assert browser.status == 200
    assert problems(page) == []


async def test_queue_shows_a_request_with_its_language_and_what_was_asked_in_japanese(
    office: Office,
) -> None:
    await office.ask_for_clerk(DRUMS)
    browser = await sit_down(office)
    page = await browser.get("/desk")
    (waiting,) = await office.service.requests.queue()
    assert waiting.first is not None
    (ticket,) = Page(page).has_class("ticket")
    assert "Maria" in ticket.text
    assert "ポルトガル語" in ticket.text
    assert (waiting.first.japanese or "?") in ticket.text


async def test_opened_request_shows_both_texts_and_is_a_sound_page(office: Office) -> None:
    request = await office.ask_for_clerk(GRILL)
    (waiting,) = await office.service.requests.queue()
    assert waiting.first is not None
    browser = await sit_down(office)
    page = await browser.get(f"/desk?request={request.id}")
    assert problems(page) == []
    assert GRILL in Page(page).root.text
    assert (waiting.first.japanese or "?") in Page(page).root.text


async def test_time_is_shown_as_the_city_hall_s_clock_has_it(office: Office) -> None:
    request = await office.ask_for_clerk(DRUMS)  # 00:30 UTC
    browser = await sit_down(office)
    assert "09:30" in Page(await browser.get(f"/desk?request={request.id}")).root.text


async def test_unknown_request_is_a_404_page(office: Office) -> None:
    browser = await sit_down(office)
    await browser.get("/desk?request=nothing")
    assert browser.status == 404
    await browser.act("nothing", "claim")
    assert browser.status == 404


async def test_unknown_part_is_404(office: Office) -> None:
    browser = await sit_down(office)
    await browser.get("/desk/parts/everything")
    assert browser.status == 404


@pytest.mark.parametrize("part", ["queue", "conversation"])
async def test_part_is_the_same_as_in_the_page(office: Office, part: str) -> None:
    request = await office.ask_for_clerk(DRUMS)
    browser = await sit_down(office)
    whole = await browser.get(f"/desk?request={request.id}")
    piece = await browser.get(f"/desk/parts/{part}?request={request.id}")
    assert piece.strip() in whole


async def test_english_desk_is_there_for_who_wants_it(office: Office) -> None:
    browser = await sit_down(office)
    assert '<html lang="ja"' in await browser.get("/desk")
    assert '<html lang="en"' in await browser.get("/desk?ui=en")


# Working without a script


async def test_whole_story_by_forms(office: Office) -> None:
    request = await office.ask_for_clerk(DRUMS)
    browser = await sit_down(office)
    page = await browser.act(request.id, "claim")
    assert browser.where == f"/desk?request={request.id}"
    assert "answer-form" in page
    page = await browser.act(request.id, "answer", text=ANSWER, preview="1")
    preview = await office.service.requests.preview(request.id, ANSWER)
    assert preview.text in Page(page).root.text
    assert preview.back in Page(page).root.text
    assert ANSWER in html.unescape(page)
    version = str((await office.request()).version)
    await browser.act(request.id, "answer", text=ANSWER, send="1", version=version)
    assert (browser.status, browser.where) == (200, f"/desk?request={request.id}")
    await office.work()
    assert preview.text in (await office.read())[-2]
    await browser.act(request.id, "close")
    assert browser.where == "/desk"
    assert (await office.request()).state == "closed"


async def test_release_by_form(office: Office) -> None:
    browser = await sit_down(office)
    request_id = await claimed(office, browser)
    await browser.act(request_id, "release")
    assert browser.status == 200
    assert (await office.request()).state == "open"


async def test_preview_by_form_sends_nothing(office: Office) -> None:
    browser = await sit_down(office)
    request_id = await claimed(office, browser)
    before = await office.messages()
    await browser.act(request_id, "answer", text=ANSWER, preview="1")
    assert await office.messages() == before


async def test_stale_claim_shows_a_sentence_and_who_was_faster(office: Office) -> None:
    first, second = await sit_down(office, "sato"), await sit_down(office, "suzuki")
    request_id = await claimed(office, first)
    page = await second.act(request_id, "claim")
    assert second.status == 409
    assert alert(page) == words(office, "desk.error.too_late")
    assert "Clerk sato" in Page(page).root.text


async def test_refused_answer_keeps_what_was_typed(office: Office) -> None:
    browser = await sit_down(office)
    request_id = await claimed(office, browser)
    typed = ANSWER + " <b>太字</b>"
    page = await browser.act(request_id, "answer", text=typed, version="1")
    assert browser.status == 409
    assert alert(page) == words(office, "desk.error.too_late")
    area = re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)
    assert area is not None
    assert html.unescape(area[1]) == typed


async def test_answer_to_somebody_else_s_request_is_refused_with_a_sentence(office: Office) -> None:
    first, second = await sit_down(office, "sato"), await sit_down(office, "suzuki")
    request_id = await claimed(office, first)
    page = await second.act(request_id, "answer", text=ANSWER)
    assert second.status == 403
    assert alert(page) == words(office, "desk.error.not_mine")


@pytest.mark.parametrize(
    ("text", "key", "values"),
    [("", "desk.error.empty", {}), ("あ" * 2001, "desk.error.too_long", {"limit": 2000})],
)
async def test_answer_of_a_wrong_length_is_refused_with_a_sentence(
    office: Office, text: str, key: str, values: dict[str, int]
) -> None:
    browser = await sit_down(office)
    request_id = await claimed(office, browser)
    page = await browser.act(request_id, "answer", text=text)
    assert browser.status == 400
    assert alert(page) == words(office, key, **values)


async def test_answer_with_a_lost_fact_is_sent_after_the_box_is_ticked(open_office: OpenOffice) -> None:
    office = await open_office(translator=ForgetfulTranslator([]))
    browser = await sit_down(office)
    request_id = await claimed(office, browser)
    text = "明日の朝、045-000-1110に電話してください。"
    page = await browser.act(request_id, "answer", text=text)
    assert browser.status == 409
    assert "045-000-1110" in alert(page)
    assert "data-lost" in page
    await browser.act(request_id, "answer", text=text, confirm="1")
    assert browser.status == 200
    assert (await office.request()).state == "answered"


async def test_form_sent_twice_answers_once(office: Office) -> None:
    browser = await sit_down(office)
    request_id = await claimed(office, browser)
    form = {"text": ANSWER, "version": str((await office.request()).version)}
    await asyncio.gather(*(browser.act(request_id, "answer", **form) for _ in range(3)))
    assert [one.direction for one in await office.messages()].count("staff") == 1


@pytest.mark.parametrize("version", ["9" * 5000, "-1", "１", "x", "1.5"])
async def test_odd_version_is_no_server_error(office: Office, version: str) -> None:
    browser = await sit_down(office)
    request_id = await claimed(office, browser)
    await browser.act(request_id, "answer", text=ANSWER, version=version)
    assert browser.status in (200, 409)


async def test_line_ends_of_a_browser_become_plain(office: Office) -> None:
    browser = await sit_down(office)
    request_id = await claimed(office, browser)
    await browser.act(request_id, "answer", text="一行目。\r\n二行目。")
    assert (await office.messages())[-1].japanese == "一行目。\n二行目。"


# What residents write stays text


async def test_hostile_words_and_names_stay_text_everywhere(office: Office) -> None:
    user = await office.resident("<script>alert(3)</script>", "en")
    await office.say("Hello there, I have a question about my neighbour", user)
    await office.say(HOSTILE, user)
    await office.press("do=person", user)
    browser = await sit_down(office)
    request = await office.request()
    for page in (
        await browser.get(f"/desk?request={request.id}"),
        await browser.get("/desk"),
        await browser.get(f"/desk/parts/conversation?request={request.id}"),
        await browser.act(request.id, "claim"),
        await browser.act(request.id, "answer", text=HOSTILE, preview="1"),
    ):
        assert "<script>alert" not in page
        assert "<img src=x" not in page
    assert HOSTILE in Page(await browser.get(f"/desk?request={request.id}")).root.text


# JSON


async def test_api_lists_requests(office: Office) -> None:
    request = await office.ask_for_clerk(DRUMS)
    browser = await sit_down(office)
    status, body = await browser.api("GET", "/api/v1/requests")
    (row,) = body["requests"]
    assert status == 200
    assert (row["id"], row["number"], row["language"], row["state"]) == (request.id, 1, "pt-BR", "open")
    assert row["since"] == "2026-11-02T09:30:00+09:00"


async def test_api_shows_a_request_with_its_conversation(office: Office) -> None:
    browser = await sit_down(office)
    request_id = await claimed(office, browser)
    status, body = await browser.api("GET", f"/api/v1/requests/{request_id}")
    assert status == 200
    assert body["claimed_by_me"]
    assert [one["text"] for one in body["messages"]][0] == DRUMS
    assert body["messages"][0]["route"] == ["pt-BR", "en", "ja"]


async def test_api_previews(office: Office) -> None:
    browser = await sit_down(office)
    request_id = await claimed(office, browser)
    path = f"/api/v1/requests/{request_id}/preview"
    status, body = await browser.api("POST", path, json={"text": "11月30日までに電話してください。"})
    assert status == 200
    assert set(body) == {
        *("text", "language", "back", "route", "engine", "maker", "confidence", "flags", "kept", "lost"),
        "suggestions",
    }
    assert body["kept"] == [
        {"kind": "date", "text": "11月30日", "value": "--11-30", "twin": "30 de novembro"}
    ]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff"])
async def test_api_refuses_what_is_no_json_object(office: Office, body: bytes) -> None:
    browser = await sit_down(office)
    request_id = await claimed(office, browser)
    headers = {"Content-Type": "application/json"}
    path = f"/api/v1/requests/{request_id}/preview"
    status, answer = await browser.api("POST", path, data=body, headers=headers)
    assert (status, answer["error"]["code"]) == (400, "invalid_input")


async def test_api_of_an_unknown_request_is_404(office: Office) -> None:
    browser = await sit_down(office)
    assert (await browser.api("GET", "/api/v1/requests/nothing"))[0] == 404
    path = "/api/v1/requests/nothing/preview"
    assert (await browser.api("POST", path, json={"text": ANSWER}))[0] == 404


# Events


async def test_event_stream_says_changed_when_a_resident_writes_and_carries_no_words(office: Office) -> None:
    client = await office.log_in("sato")
    headers = {"Accept": "text/event-stream"}
    async with client.get(office.url("/desk/events"), headers=headers) as stream, asyncio.timeout(10):
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        assert stream.headers["Cache-Control"] == "no-store"
        assert await stream.content.readuntil(b"\n\n") == b"retry: 3000\n\n"
        await office.say(DRUMS)
        assert await stream.content.readuntil(b"\n\n") == b"event: changed\ndata: {}\n\n"


async def test_event_stream_ends_when_the_service_stops(office: Office) -> None:
    client = await office.log_in("sato")
    async with client.get(office.url("/desk/events")) as stream, asyncio.timeout(5):
        await stream.content.readuntil(b"\n\n")
        office.service.desk.close_streams()
        assert await stream.content.read() == b""


async def test_reader_that_leaves_is_forgotten(office: Office) -> None:
    client = await office.log_in("sato")
    stream = await client.get(office.url("/desk/events"))
    await stream.content.readuntil(b"\n\n")
    (task,) = office.service.desk._changes.open
    stream.close()
    async with asyncio.timeout(10):
        await asyncio.wait([task])
    assert office.service.desk._changes.open == set()


async def test_too_many_streams_are_refused(office: Office) -> None:
    office.service.desk._changes.most = 1
    client = await office.log_in("sato")
    async with client.get(office.url("/desk/events")) as stream:
        await stream.content.readuntil(b"\n\n")
        async with client.get(office.url("/desk/events")) as second:
            assert second.status == 429
