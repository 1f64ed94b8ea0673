"""The staff desk with its script, in a real browser under the real content policy."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.bot import desk_fixture as sample
from tests.bot.desk_server import DeskServer
from tests.core.page_browser import ARGUMENTS, CHROMIUM, needs_chromium

pytestmark = [needs_chromium, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

MINE = sample.desk(selected=sample.claimed())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="module")
async def desk() -> AsyncIterator[DeskServer]:
    server = DeskServer()
    running = TestServer(server.application())
    await running.start_server()
    server.address = str(running.make_url("/desk"))
    yield server
    server.cut()
    await running.close()


class Tab:
    """A page of the desk, and what its console said."""

    def __init__(self, page: Page, desk: DeskServer) -> None:
        self.page = page
        self.desk = desk
        self.complaints: list[str] = []
        page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    async def open(self, context: dict[str, Any], request: str = "r2", language: str = "en") -> Page:
        """Open the desk and wait until it follows the events."""
        self.desk.context = context
        address = f"{self.desk.address}?ui={language}"
        await self.page.goto(address + (f"&request={request}" if request else ""))
        await self.desk.watched.wait()
        return self.page


@pytest_asyncio.fixture(loop_scope="module")
async def tab(browser: Browser, desk: DeskServer) -> AsyncIterator[Tab]:
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    yield Tab(await context.new_page(), desk)
    await context.close()


@pytest.mark.parametrize("state", sample.STATES)
async def test_no_state_breaks_the_content_policy_or_the_script(tab: Tab, state: str) -> None:
    await tab.open(sample.STATES[state], request="" if sample.STATES[state]["selected"] is None else "r2")
    assert tab.complaints == []


@pytest.mark.parametrize("state", ["nothing open", "lost fact"])
async def test_nothing_scrolls_sideways_at_any_width(tab: Tab, state: str) -> None:
    page = await tab.open(sample.STATES[state], request="" if state == "nothing open" else "r2")
    beyond = {}
    for width in (320, 390, 800, 1280):
        await page.set_viewport_size({"width": width, "height": 800})
        beyond[width] = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert beyond == {320: 0, 390: 0, 800: 0, 1280: 0}


async def test_wide_window_shows_three_columns(tab: Tab) -> None:
    page = await tab.open(MINE)
    boxes = [await page.locator(s).bounding_box() for s in (".queue", ".conversation", ".answer-column")]
    queue, conversation, answer = (box or {} for box in boxes)
    assert queue["x"] + queue["width"] == conversation["x"]
    assert conversation["x"] + conversation["width"] == answer["x"]
    assert queue["y"] == conversation["y"] == answer["y"]


async def test_phone_shows_the_queue_alone_until_a_request_is_open(tab: Tab) -> None:
    await tab.page.set_viewport_size({"width": 390, "height": 800})
    page = await tab.open(sample.desk(), request="")
    await expect(page.locator(".queue")).to_be_visible()
    await expect(page.locator(".conversation")).to_be_hidden()
    tab.desk.context = MINE
    await page.locator(".ticket").nth(1).click()
    await expect(page.locator(".queue")).to_be_hidden()
    await expect(page.locator(".conversation")).to_be_visible()


async def test_phone_has_a_way_back_to_the_queue(tab: Tab) -> None:
    await tab.page.set_viewport_size({"width": 390, "height": 800})
    page = await tab.open(MINE)
    await expect(page.locator(".queue")).to_be_hidden()
    await expect(page.locator("#answer-text")).to_be_visible()
    await page.get_by_role("link", name="Back to the queue").click()
    await expect(page.locator(".queue")).to_be_visible()


async def test_every_control_is_large_enough_to_touch(tab: Tab) -> None:
    await tab.page.set_viewport_size({"width": 390, "height": 800})
    page = await tab.open(sample.STATES["lost fact"])
    heights = await page.eval_on_selector_all(
        ".button, .input, .site-nav a", "list => list.filter(e => e.offsetParent).map(e => e.offsetHeight)"
    )
    assert len(heights) > 8
    assert [height for height in heights if height < 44] == []


async def test_preview_follows_typing(tab: Tab) -> None:
    page = await tab.open(MINE)
    await page.locator("#answer-text").press_sequentially("確認しました。")
    await expect(page.locator('[data-slot="text"]')).to_have_text(sample.PREVIEW["text"])
    await expect(page.locator('[data-slot="text"]')).to_have_attribute("lang", "pt-BR")
    await expect(page.locator('[data-slot="back"]')).to_have_text(sample.PREVIEW["back"])
    await expect(page.locator(".preview .confidence")).to_have_text("Confidence high")
    await expect(page.locator('[data-slot="via"]')).to_have_text("via English")
    assert tab.desk.asked == ["確認しました。"]


async def test_script_and_server_show_the_same_preview(tab: Tab) -> None:
    tab.desk.preview = sample.LOST_PREVIEW | {"flags": ["fact_lost", "too_short"]}
    page = await tab.open(sample.desk(selected=sample.claimed(), draft="あ", preview=tab.desk.preview))
    from_server = await page.locator(".preview").inner_text()
    await page.evaluate("sessionStorage.clear()")
    await tab.open(MINE)
    await page.locator("#answer-text").fill("い")
    await expect(page.locator('[data-slot="text"]')).to_have_text(sample.LOST_PREVIEW["text"])
    assert (await page.locator(".preview").inner_text()).split() == from_server.split()


async def test_preview_that_cannot_be_made_says_why_and_keeps_the_text(tab: Tab) -> None:
    tab.desk.preview_status = 503
    page = await tab.open(MINE)
    await page.locator("#answer-text").fill("確認します。")
    await expect(page.locator('[data-slot="failed"]')).to_have_text("No model is installed.")
    await expect(page.locator("#answer-text")).to_have_value("確認します。")


async def test_emptied_answer_has_no_preview(tab: Tab) -> None:
    page = await tab.open(sample.STATES["claimed with preview"])
    await page.locator("#answer-text").fill("")
    await expect(page.locator('[data-slot="none"]')).to_be_visible()
    await expect(page.locator('[data-slot="ready"]')).to_be_hidden()


async def test_hostile_preview_stays_text(tab: Tab) -> None:
    hostile = '<img src=x onerror="document.title=1">'
    fact = sample.fact("url", hostile, hostile, hostile)
    tab.desk.preview = sample.PREVIEW | {"text": hostile, "back": hostile, "kept": [fact], "lost": [fact]}
    page = await tab.open(MINE)
    await page.locator("#answer-text").fill("あ")
    await expect(page.locator('[data-slot="text"]')).to_have_text(hostile)
    assert await page.locator(".preview img").count() == 0
    assert tab.complaints == []


async def test_suggestion_is_taken_and_what_was_written_can_be_put_back(tab: Tab) -> None:
    tab.desk.preview = sample.PREVIEW | {
        "suggestions": [sample.SUGGESTION | {"at": "2027-01-15T09:00:00+09:00"}]
    }
    page = await tab.open(MINE)
    await page.locator("#answer-text").fill("書いた文")
    await expect(page.locator(".suggestion")).to_contain_text("91% the same")
    await page.get_by_role("button", name="Use this text").click()
    await expect(page.locator("#answer-text")).to_have_value(sample.SUGGESTION["japanese"])
    await expect(page.locator("#answer-text")).to_be_focused()
    await page.get_by_role("button", name="Put my text back").click()
    await expect(page.locator("#answer-text")).to_have_value("書いた文")
    await expect(page.get_by_role("button", name="Put my text back")).to_be_hidden()
    assert (tab.desk.sent, tab.complaints) == ([], [])


async def test_suggestion_is_previewed_like_typing(tab: Tab) -> None:
    tab.desk.preview = sample.PREVIEW | {
        "suggestions": [sample.SUGGESTION | {"at": "2027-01-15T09:00:00+09:00"}]
    }
    page = await tab.open(MINE)
    await page.locator("#answer-text").fill("書いた文")
    await expect(page.locator(".suggestion")).to_be_visible()
    tab.desk.preview = sample.HUMAN_PREVIEW
    await page.get_by_role("button", name="Use this text").click()
    await expect(page.locator('[data-slot="human"]')).to_contain_text("By a person")
    await expect(page.locator('[data-slot="machine"]')).to_be_hidden()
    await expect(page.locator(".suggestions")).to_be_hidden()
    assert tab.desk.asked == ["書いた文", sample.SUGGESTION["japanese"]]


async def test_script_and_server_show_the_same_suggestions(tab: Tab) -> None:
    page = await tab.open(sample.STATES["suggestions"])
    from_server = await page.locator(".suggestions").inner_text()
    shown = [
        one | {"at": one["at"].isoformat()} for one in sample.STATES["suggestions"]["preview"]["suggestions"]
    ]
    tab.desk.preview = sample.PREVIEW | {"suggestions": shown}
    await page.evaluate("sessionStorage.clear()")
    await tab.open(MINE)
    await page.locator("#answer-text").fill("い")
    await expect(page.locator(".suggestion")).to_have_count(2)
    assert (await page.locator(".suggestions").inner_text()).split() == from_server.split()


async def test_hostile_suggestion_stays_text(tab: Tab) -> None:
    hostile = '<img src=x onerror="document.title=1">'
    suggestion = sample.SUGGESTION | {"japanese": hostile, "text": hostile, "author": hostile, "at": hostile}
    tab.desk.preview = sample.PREVIEW | {"suggestions": [suggestion]}
    page = await tab.open(MINE)
    await page.locator("#answer-text").fill("あ")
    await expect(page.locator(".suggestion")).to_contain_text(hostile)
    assert await page.locator(".suggestion img").count() == 0


async def test_control_and_enter_sends(tab: Tab) -> None:
    page = await tab.open(MINE)
    await page.locator("#answer-text").fill("確認しました。")
    async with page.expect_navigation():
        await page.locator("#answer-text").press("Control+Enter")
    ((action, form),) = tab.desk.sent
    assert (action, form["text"], form["version"], form["csrf_token"], "confirm" in form) == (
        "answer",
        "確認しました。",
        "3",
        "token-of-this-session",
        False,
    )


async def test_empty_answer_is_not_sent(tab: Tab) -> None:
    page = await tab.open(MINE)
    await page.locator("#answer-text").press("Control+Enter")
    await expect(page.locator("#answer-text")).to_be_focused()
    assert tab.desk.sent == []


async def test_lost_fact_asks_once_and_then_sends_with_the_confirmation(tab: Tab) -> None:
    page = await tab.open(sample.STATES["lost fact"])
    await page.get_by_role("button", name="Send").click()
    dialog = page.locator("#confirm-loss")
    await expect(dialog).to_contain_text("Phone 045-123-4567 is missing in the translation")
    assert tab.desk.sent == []
    async with page.expect_navigation():
        await dialog.get_by_role("button", name="Send anyway").click()
    ((_, form),) = tab.desk.sent
    assert form["confirm"] == "1"


async def test_lost_fact_dialog_leads_back_to_the_text(tab: Tab) -> None:
    page = await tab.open(sample.STATES["lost fact"])
    await page.get_by_role("button", name="Send").click()
    await page.keyboard.press("Escape")
    await expect(page.locator("#confirm-loss")).to_be_hidden()
    await expect(page.locator("#answer-text")).to_be_focused()
    assert tab.desk.sent == []


async def test_changing_the_text_takes_the_confirmation_back(tab: Tab) -> None:
    tab.desk.preview = sample.LOST_PREVIEW
    page = await tab.open(sample.STATES["lost fact"])
    await page.evaluate("document.getElementById('answer-confirm').checked = true")
    await page.locator("#answer-text").fill("別の答えです。")
    assert await page.evaluate("document.getElementById('answer-confirm').checked") is False


async def test_new_request_appears_without_losing_what_is_typed(tab: Tab) -> None:
    page = await tab.open(MINE)
    await page.locator("#answer-text").fill("書きかけの答え")
    new = sample.row(id="r9", number=49, name="Lê Thị B", language="vi")
    tab.desk.context = MINE | {"queue": sample.queue(waiting=[*sample.WAITING, new])}
    tab.desk.changed()
    await expect(page.locator('[data-key="r9"]')).to_be_visible()
    await expect(page.locator("#answer-text")).to_have_value("書きかけの答え")
    await expect(page.locator("#answer-text")).to_be_focused()
    await expect(page).to_have_title("(4) Desk · Aoba City")


async def test_item_that_did_not_change_is_not_touched(tab: Tab) -> None:
    page = await tab.open(MINE)
    await page.evaluate("document.querySelector('[data-key=\"r1\"]').seen = true")
    tab.desk.context = MINE | {"queue": sample.queue(waiting=sample.WAITING[:1])}
    tab.desk.changed()
    await expect(page.locator('.queue [data-key="r3"]')).to_have_count(0)
    assert await page.evaluate("document.querySelector('[data-key=\"r1\"]').seen") is True


async def test_focus_in_the_queue_survives_a_change(tab: Tab) -> None:
    page = await tab.open(MINE)
    await page.locator(".ticket").nth(2).focus()
    changed = [sample.WAITING[0], sample.WAITING[1], sample.WAITING[2] | {"excerpt": "変わりました。"}]
    tab.desk.context = MINE | {"queue": sample.queue(waiting=changed)}
    tab.desk.changed()
    await expect(page.locator(".ticket").nth(2)).to_contain_text("変わりました。")
    await expect(page.locator(".ticket").nth(2)).to_be_focused()


async def test_new_message_does_not_move_somebody_who_reads_above(tab: Tab) -> None:
    long = [sample.QUESTION] * 12
    page = await tab.open(sample.desk(selected=sample.claimed(messages=long)))
    await page.evaluate("document.getElementById('conversation').scrollTop = 40")
    tab.desk.context = sample.desk(selected=sample.claimed(messages=[*long, sample.VOICE]))
    tab.desk.changed()
    await expect(page.locator(".message")).to_have_count(13)
    assert await page.evaluate("document.getElementById('conversation').scrollTop") == 40
    await page.get_by_role("button", name="New message").click()
    await expect(page.locator(".message").last).to_be_in_viewport()


async def test_new_message_is_shown_to_somebody_who_reads_the_newest(tab: Tab) -> None:
    long = [sample.QUESTION] * 12
    page = await tab.open(sample.desk(selected=sample.claimed(messages=long)))
    tab.desk.context = sample.desk(selected=sample.claimed(messages=[*long, sample.VOICE]))
    tab.desk.changed()
    await expect(page.locator(".message")).to_have_count(13)
    await expect(page.locator(".message").last).to_be_in_viewport()
    await expect(page.locator("[data-to-newest]")).to_be_hidden()


async def test_owner_change_while_writing_keeps_the_text_and_says_so(tab: Tab) -> None:
    page = await tab.open(MINE)
    await page.locator("#answer-text").fill("書きかけ")
    taken = sample.selected(state="claimed", claimed_by_name="鈴木 一郎")
    tab.desk.context = sample.desk(selected=taken)
    tab.desk.changed()
    await expect(page.locator('[data-slot="changed"]')).to_be_visible()
    await expect(page.locator("#answer-text")).to_have_value("書きかけ")


async def test_owner_change_without_text_shows_the_new_state(tab: Tab) -> None:
    page = await tab.open(sample.STATES["waiting"])
    tab.desk.context = sample.STATES["taken by another"]
    tab.desk.changed()
    await expect(page.locator(".answer-column")).to_contain_text("鈴木 一郎 is answering this")


async def test_draft_survives_leaving_the_request(tab: Tab) -> None:
    page = await tab.open(MINE)
    await page.locator("#answer-text").fill("書きかけの答え")
    await tab.open(sample.desk(), request="")
    await tab.open(MINE)
    await expect(page.locator("#answer-text")).to_have_value("書きかけの答え")


async def test_draft_goes_when_the_answer_arrived(tab: Tab) -> None:
    page = await tab.open(MINE)
    await page.locator("#answer-text").fill("確認しました。")
    tab.desk.context = sample.desk(
        selected=sample.claimed(messages=[sample.QUESTION, sample.STAFF_ANSWER, sample.STAFF_ANSWER])
    )
    async with page.expect_navigation():
        await page.locator("#answer-text").press("Control+Enter")
    await expect(page.locator("#answer-text")).to_have_value("")


async def test_draft_stays_when_the_answer_did_not_arrive(tab: Tab) -> None:
    page = await tab.open(MINE)
    await page.locator("#answer-text").fill("確認しました。")
    async with page.expect_navigation():
        await page.locator("#answer-text").press("Control+Enter")
    await expect(page.locator("#answer-text")).to_have_value("確認しました。")


async def test_drafts_of_two_requests_are_kept_apart(tab: Tab) -> None:
    page = await tab.open(MINE)
    await page.locator("#answer-text").fill("一つ目")
    await tab.open(sample.desk(selected=sample.claimed(id="r4")), request="r4")
    await expect(page.locator("#answer-text")).to_have_value("")


async def test_saved_reply_is_put_into_the_answer(tab: Tab) -> None:
    page = await tab.open(MINE)
    await page.locator("#answer-text").fill("こんにちは。")
    await page.get_by_text("Saved replies").click()
    await page.get_by_role("button", name="Insert “確認中” into the answer").click()
    await expect(page.locator("#answer-text")).to_have_value(
        "こんにちは。\n確認しています。少しお待ちください。"
    )
    await expect(page.locator(".saved-list")).to_be_hidden()


async def test_facts_are_underlined_in_both_languages(tab: Tab) -> None:
    page = await tab.open(sample.desk(selected=sample.claimed(messages=[sample.QUESTION])))
    assert await page.locator(".first .fact").all_inner_texts() == ["18.600 ienes", "31/01"]
    assert await page.locator(".second .fact").all_inner_texts() == ["18,600", "1月31日"]


async def test_pointing_at_a_fact_lights_its_twin_and_nothing_else(tab: Tab) -> None:
    page = await tab.open(sample.desk(selected=sample.claimed(messages=[sample.QUESTION])))
    await page.locator(".first .fact").first.hover()
    assert await page.locator(".bubble p .lit").all_inner_texts() == ["18.600 ienes", "18,600"]
    await page.mouse.move(0, 0)
    await expect(page.locator(".lit")).to_have_count(0)


async def test_facts_can_be_lit_from_the_keyboard(tab: Tab) -> None:
    page = await tab.open(sample.desk(selected=sample.claimed(messages=[sample.QUESTION])))
    await page.locator(".bubble li[data-fact]").nth(1).focus()
    await expect(page.locator(".bubble p .lit")).to_have_text(["31/01", "1月31日"])


async def test_j_and_k_move_through_the_queue_and_enter_opens(tab: Tab) -> None:
    page = await tab.open(sample.desk(), request="")
    for key, index in (("j", 0), ("j", 1), ("j", 2), ("k", 1)):
        await page.keyboard.press(key)
        await expect(page.locator(".ticket").nth(index)).to_be_focused()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/desk?request=r2")


async def test_c_takes_the_open_request(tab: Tab) -> None:
    page = await tab.open(sample.STATES["waiting"])
    async with page.expect_navigation():
        await page.keyboard.press("c")
    assert [action for action, _ in tab.desk.sent] == ["claim"]


async def test_letters_typed_into_the_answer_are_no_shortcuts(tab: Tab) -> None:
    page = await tab.open(MINE)
    await page.locator("#answer-text").press_sequentially("jkca?")
    await expect(page.locator("#answer-text")).to_have_value("jkca?")
    await expect(page.locator("#shortcuts")).to_be_hidden()


async def test_escape_goes_back_one_step_at_a_time(tab: Tab) -> None:
    page = await tab.open(MINE)
    await page.keyboard.press("a")
    await expect(page.locator("#answer-text")).to_be_focused()
    await page.keyboard.type("x")
    await page.keyboard.press("Escape")
    await expect(page.locator("#answer-text")).not_to_be_focused()
    await expect(page.locator("#answer-text")).to_have_value("x")
    await page.keyboard.press("Escape")
    await page.wait_for_url("**/desk")


async def test_question_mark_shows_the_shortcuts(tab: Tab) -> None:
    page = await tab.open(sample.desk(), request="")
    await page.keyboard.press("?")
    await expect(page.locator("#shortcuts")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("#shortcuts")).to_be_hidden()


async def test_lost_connection_is_said_and_found_again(tab: Tab) -> None:
    page = await tab.open(sample.desk(), request="")
    await expect(page.locator("#offline-banner")).to_be_hidden()
    tab.desk.events_status = 503
    tab.desk.cut()
    await expect(page.locator("#offline-banner")).to_be_visible(timeout=15_000)
    tab.desk.events_status = 200
    tab.desk.context = sample.desk(queue=sample.EMPTY_QUEUE)
    await expect(page.locator("#offline-banner")).to_be_hidden(timeout=15_000)
    await expect(page.locator(".queue")).to_contain_text("Nobody is waiting")


async def test_times_are_relative_with_the_exact_time_on_hover(tab: Tab) -> None:
    await tab.page.clock.set_fixed_time("2027-01-18T02:05:00Z")
    page = await tab.open(sample.desk(), request="", language="ja")
    times = page.locator(".ticket time")
    await expect(times.nth(0)).to_have_text("1 時間前")
    await expect(times.nth(1)).to_have_text("23 分前")
    await expect(times.nth(1)).to_have_attribute("title", "2027-01-18 10:42")


@pytest.mark.parametrize(("scheme", "paper"), [("light", "rgb(246, 245, 241)"), ("dark", "rgb(19, 23, 22)")])
async def test_page_follows_the_device_until_somebody_chooses(tab: Tab, scheme: Any, paper: str) -> None:
    await tab.page.emulate_media(color_scheme=scheme)
    page = await tab.open(sample.desk(), request="")
    await expect(page.locator("body")).to_have_css("background-color", paper)


async def test_chosen_theme_is_kept_and_named(tab: Tab) -> None:
    page = await tab.open(sample.desk(), request="")
    await page.get_by_role("button", name="Colours: as the device").click()
    await page.get_by_role("button", name="Colours: light").click()
    await expect(page.get_by_role("button", name="Colours: dark")).to_be_visible()
    await tab.open(sample.desk(), request="")
    await expect(page.locator("body")).to_have_css("background-color", "rgb(19, 23, 22)")


async def test_account_menu_closes_with_escape(tab: Tab) -> None:
    page = await tab.open(sample.desk(), request="")
    await page.locator(".site-tools .menu > summary").click()
    await expect(page.get_by_role("button", name="Log out")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Log out")).to_be_hidden()


async def test_page_works_without_scripts(browser: Browser, desk: DeskServer) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    desk.context = sample.STATES["lost fact"]
    await page.goto(f"{desk.address}?ui=en&request=r2")
    await expect(page.get_by_role("button", name="Insert")).to_have_count(0)
    await page.get_by_role("button", name="Check the translation").click()
    await page.get_by_role("checkbox").check()
    await page.get_by_role("button", name="Send").click()
    await page.wait_for_url("**/desk?request=r2")
    assert [("preview" in form, form.get("confirm")) for _, form in desk.sent] == [(True, None), (False, "1")]
    await context.close()
