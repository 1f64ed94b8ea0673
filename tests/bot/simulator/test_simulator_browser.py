"""The chat page in a real browser, under its real content policy."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from core.clock import ManualClock
from tests.bot.simulator.conftest import Rig, rigs
from tests.core.page_browser import ARGUMENTS, CHROMIUM, needs_chromium

pytestmark = [needs_chromium, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

OpenPage = Callable[..., Awaitable[Page]]

CARD = {
    "type": "flex",
    "altText": "Móveis grandes",
    "contents": {
        "type": "bubble",
        "body": {
            "type": "box",
            "layout": "vertical",
            "contents": [
                {
                    "type": "text",
                    "text": "Móveis grandes",
                    "weight": "bold",
                    "wrap": True,
                    "color": "#123456",
                },
                {"type": "separator"},
                {"type": "text", "text": "Fonte: あおば市", "size": "xs"},
            ],
        },
        "footer": {
            "type": "box",
            "layout": "vertical",
            "contents": [
                {
                    "type": "button",
                    "style": "primary",
                    "action": {
                        "type": "postback",
                        "label": "Agendar",
                        "data": "book=1",
                        "displayText": "Agendar!",
                    },
                }
            ],
        },
    },
}


def quick(*labels: str) -> dict[str, Any]:
    items = [
        {"type": "action", "action": {"type": "message", "label": one, "text": f"{one}!"}} for one in labels
    ]
    return {"items": items}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[*ARGUMENTS, "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"],
        )
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="module")
async def rig(clock: ManualClock) -> AsyncIterator[Rig]:
    """As everywhere else, but on the loop that the browser lives on."""
    async with rigs(clock) as make:
        yield await make()


@pytest_asyncio.fixture(loop_scope="module")
async def open_page(rig: Rig, browser: Browser) -> AsyncIterator[OpenPage]:
    """Open the page as Maria, who is a friend; at the end the console must have been quiet."""
    complaints: list[str] = []
    contexts = []

    async def open_it(width: int = 1280, height: int = 800, of: Rig = rig, **options: Any) -> Page:
        context = await browser.new_context(
            viewport={"width": width, "height": height}, locale="en", **options
        )
        contexts.append(context)
        page = await context.new_page()
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(f"{of.base}/simulator#{of.user}")
        await expect(page.locator(".resident[aria-current]")).to_have_count(1)
        return page

    yield open_it
    for context in contexts:
        await context.close()
    assert complaints == []


async def test_written_text_is_sent_and_the_answer_appears(rig: Rig, open_page: OpenPage) -> None:
    page = await open_page()
    await page.fill("#text", "Olá")
    await page.press("#text", "Enter")
    await expect(page.locator(".mine .bubble")).to_have_text("Olá")
    await rig.push({"type": "text", "text": "Bom dia", "sender": {"name": "市民課"}})

    await expect(page.locator(".theirs .bubble")).to_have_text("Bom dia")
    await expect(page.locator(".theirs .sender")).to_have_text("市民課 from “あおば市”")
    await expect(page.locator("#text")).to_have_value("")
    assert [event["message"]["text"] for event in rig.bot.events] == ["Olá"]


async def test_text_from_the_bot_is_never_markup(rig: Rig, open_page: OpenPage) -> None:
    page = await open_page()
    attack = '<img src=x onerror="document.title=1"><b>x</b>'

    await rig.push({"type": "text", "text": attack}, CARD | {"altText": attack})

    await expect(page.locator(".theirs .bubble")).to_have_text(attack)
    await expect(page.locator(".chat b, .chat .bubble img")).to_have_count(0)


async def test_web_addresses_and_phone_numbers_become_links(rig: Rig, open_page: OpenPage) -> None:
    page = await open_page()
    await rig.push(
        {
            "type": "text",
            "text": "https://city.example.jp/a?b=1 を見るか、042-555-0123へ。\njavascript:alert(1)",
        }
    )

    links = page.locator(".theirs .bubble a")
    await expect(links).to_have_text(["https://city.example.jp/a?b=1", "042-555-0123"])
    assert await links.evaluate_all("all => all.map(a => a.getAttribute('href'))") == [
        "https://city.example.jp/a?b=1",
        "tel:0425550123",
    ]


async def test_card_shows_its_parts_and_its_button_posts_back(rig: Rig, open_page: OpenPage) -> None:
    page = await open_page()
    await rig.push(CARD)
    texts = page.locator(".flex-bubble .flex-text")
    await expect(texts).to_have_text(["Móveis grandes", "Fonte: あおば市"])
    assert await texts.evaluate_all("all => all.map(e => [e.lang, e.style.color])") == [
        ["pt-BR", "rgb(18, 52, 86)"],
        ["ja", ""],
    ]

    await page.get_by_role("button", name="Agendar").click()

    await expect(page.locator(".mine .bubble")).to_have_text("Agendar!")
    assert [event["postback"] for event in rig.bot.events] == [{"data": "book=1"}]


async def test_quick_replies_are_those_of_the_last_message_only(rig: Rig, open_page: OpenPage) -> None:
    page = await open_page()
    first = {"type": "text", "text": "um", "quickReply": quick("A", "B")}
    await rig.push(first, {"type": "text", "text": "dois", "quickReply": quick("C")})
    await expect(page.locator(".quick-reply")).to_have_text(["C"])

    await page.locator(".quick-reply").click()

    await expect(page.locator(".mine .bubble")).to_have_text("C!")
    await expect(page.locator("#quick-replies")).to_be_hidden()


async def test_typing_dots_show_until_the_message_comes(rig: Rig, open_page: OpenPage) -> None:
    page = await open_page()
    await rig.bot_call("POST", "/v2/bot/chat/loading/start", json={"chatId": rig.user, "loadingSeconds": 60})
    await expect(page.locator(".dots")).to_be_visible()

    await rig.push({"type": "text", "text": "pronto"})

    await expect(page.locator(".theirs .bubble:not(.dots)")).to_have_text("pronto")
    await expect(page.locator(".dots")).to_have_count(0)


async def test_read_mark_and_failure_are_shown_at_the_bubble(rig: Rig, open_page: OpenPage) -> None:
    page = await open_page()
    await rig.send("text", text="um")
    token = rig.bot.events[0]["message"]["markAsReadToken"]
    await rig.bot_call("POST", "/v2/bot/chat/markAsRead", json={"markAsReadToken": token})
    rig.bot.statuses = [500]
    await rig.send("text", text="dois")

    ticks = page.locator(".mine .tick")
    await expect(ticks).to_have_text(["read", "!"])
    await expect(ticks.nth(1)).to_have_attribute(
        "title", "The bot did not take it: it answered with an error"
    )


async def test_quoting_and_unsending_work_from_the_keyboard(rig: Rig, open_page: OpenPage) -> None:
    page = await open_page()
    await rig.push({"type": "text", "text": "600 ienes"})
    await expect(page.locator(".theirs .bubble")).to_be_visible()
    await page.locator(".theirs.entry").focus()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.keyboard.type("mesmo?")
    await page.keyboard.press("Enter")
    await expect(page.locator(".mine .quoted span")).to_have_text("600 ienes")
    quoted = rig.bot.events[0]["message"]["quotedMessageId"]
    assert quoted == (await rig.shown(**{"from": "bot"}))[0]["id"]

    await expect(page.locator(".mine .tick")).to_have_text("✓")
    await page.locator(".mine.entry").focus()
    await page.get_by_role("button", name="Unsend", exact=True).press("Enter")

    await expect(page.locator(".notice")).to_have_text("You unsent a message.")
    assert rig.bot.events[1]["type"] == "unsend"


async def test_location_and_sticker_and_menu_send_what_they_say(rig: Rig, open_page: OpenPage) -> None:
    page = await open_page()
    await page.keyboard.press("l")
    await page.get_by_role("button", name="あおば市役所").click()
    await expect(page.locator(".location-card strong")).to_have_text("あおば市役所")
    await page.click("#extras-switch")
    await page.click("#extras [data-opens=sticker-dialog]")
    await page.get_by_role("button", name="Thank you").click()
    await expect(page.locator(".sticker-box")).to_be_visible()
    await page.keyboard.press("m")
    await page.get_by_role("button", name="Lixo").click()
    await expect(page.locator(".mine .bubble")).to_have_text("Como separo o lixo?")

    kinds = [event["message"]["type"] for event in rig.bot.events]
    assert kinds == ["location", "sticker", "text"]
    assert rig.bot.events[0]["message"]["latitude"] == 35.6


async def test_chosen_sound_file_is_sent_as_a_voice_message(rig: Rig, open_page: OpenPage) -> None:
    page = await open_page()
    await page.click("#voice-open")
    sound = {"name": "a.wav", "mimeType": "audio/wav", "buffer": b"RIFF"}
    await page.set_input_files("#voice-file", sound)  # type: ignore[arg-type]
    await page.click("#voice-send")

    await expect(page.locator(".mine .voice audio")).to_have_count(1)
    content = await rig.bot_call("GET", f"/v2/bot/message/{rig.bot.events[0]['message']['id']}/content")
    assert (await content.read(), content.headers["Content-Type"]) == (b"RIFF", "audio/wav")


async def test_stranger_adds_the_account_and_can_block_it_again(rig: Rig, open_page: OpenPage) -> None:
    page = await open_page()
    await page.get_by_role("button", name="James Okafor").click()
    await expect(page.locator("#closed-why")).to_have_text("あおば市 is not among your friends yet.")
    await page.click("#closed-open")
    await expect(page.locator("#composer")).to_be_visible()
    await page.click("#block")
    await expect(page.locator("#closed-why")).to_have_text(
        "You have blocked あおば市. Nothing arrives until you unblock it."
    )
    await page.click("#closed-open")
    await expect(page.locator("#composer")).to_be_visible()

    assert [(event["type"], event.get("follow")) for event in rig.bot.events] == [
        ("follow", {"isUnblocked": False}),
        ("unfollow", None),
        ("follow", {"isUnblocked": True}),
    ]


async def test_new_resident_moves_in_and_is_played(rig: Rig, open_page: OpenPage) -> None:
    page = await open_page()
    await page.click("[data-opens=resident-dialog]")
    await page.fill("#resident-name", "Nguyễn Thu")
    await page.select_option("#resident-language", "vi")
    await page.get_by_role("button", name="Move in").click()

    await expect(page.locator(".resident[aria-current] strong")).to_have_text("Nguyễn Thu")
    users = (await rig.control("GET", "/users"))["users"]
    assert [(user["name"], user["language"]) for user in users[-1:]] == [("Nguyễn Thu", "vi")]


async def test_log_tells_the_story_and_opens_to_the_bytes(rig: Rig, open_page: OpenPage) -> None:
    page = await open_page()
    await rig.send("text", text="Olá")
    rig.clock.advance(3.1)
    body = {"replyToken": rig.bot.reply_token, "messages": [{"type": "text", "text": "oi"}]}
    await rig.bot_call("POST", "/v2/bot/message/reply", json=body)

    lines = page.locator("#log .log-text")
    await expect(lines).to_have_text(
        ["reply 1 (token 3.1 s old) → 200", "webhook message text → 200 in 0 ms"]
    )
    await page.locator("#log summary").first.click()
    await expect(page.locator("#log pre").first).to_contain_text('"text": "oi"')


async def test_log_shows_other_residents_only_when_asked(rig: Rig, open_page: OpenPage) -> None:
    other = await rig.control("POST", "/users", json={"name": "James", "language": "en"})
    page = await open_page()
    await rig.send("text", other["id"], text="Hello")
    await rig.send("text", text="Olá")
    await expect(page.locator("#log li:visible")).to_have_count(1)

    await page.check("#log-all")

    await expect(page.locator("#log li:visible")).to_have_count(2)


@pytest.mark.parametrize("width", [390, 1280])
async def test_nothing_is_cut_off_and_controls_are_large_enough(
    rig: Rig, open_page: OpenPage, width: int
) -> None:
    page = await open_page(width, 844)
    await rig.push(
        {"type": "text", "text": "palavra" * 60},
        CARD | {"quickReply": quick("A", "B", "Falar com uma pessoa")},
    )
    await expect(page.locator(".flex-bubble")).to_be_visible()

    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await page.evaluate(
        "document.getElementById('chat').scrollWidth <= document.getElementById('chat').clientWidth"
    )
    small = await page.evaluate(
        """[...document.querySelectorAll("button, input:not([type=checkbox]), textarea, select, summary")]
           .filter(e => e.checkVisibility({ visibilityProperty: true }) && e.getBoundingClientRect().height > 0)
           .filter(e => e.getBoundingClientRect().height < 44 || e.getBoundingClientRect().width < 44)
           .map(e => e.outerHTML.slice(0, 80))"""
    )
    assert small == []


async def test_on_a_phone_the_chat_fills_the_screen_and_the_side_is_one_tap_away(
    rig: Rig, open_page: OpenPage
) -> None:
    page = await open_page(390, 844, has_touch=True, is_mobile=True)
    box = await page.locator(".phone").bounding_box()
    await page.tap(".phone-head [data-view-switch]")
    await expect(page.locator("#log-title")).to_be_visible()
    await page.get_by_role("button", name="James Okafor").tap()

    await expect(page.locator("#closed-open")).to_be_visible()
    await expect(page.locator("#log-title")).to_be_hidden()
    assert box == {"x": 0, "y": 0, "width": 390, "height": 844}


async def test_message_that_failed_can_be_sent_again(rig: Rig, open_page: OpenPage) -> None:
    page = await open_page()
    rig.bot.statuses = [500]
    await rig.send("text", text="Olá")
    await expect(page.locator(".mine .tick")).to_have_text("!")
    await page.locator(".mine.entry").focus()

    await page.get_by_role("button", name="Send again").click()

    await expect(page.locator(".mine .tick")).to_have_text("✓")
    assert [event["deliveryContext"]["isRedelivery"] for event in rig.bot.events] == [False, True]


async def test_message_keeps_the_keyboard_when_its_state_changes(rig: Rig, open_page: OpenPage) -> None:
    page = await open_page()
    rig.bot.release.clear()
    rig.bot.statuses = [500]
    await page.fill("#text", "Olá")
    await page.press("#text", "Enter")
    await page.locator(".mine.entry[data-status=sending]").focus()

    rig.bot.release.set()

    await expect(page.locator(".mine.entry[data-status=failed]")).to_be_focused()


async def test_page_waits_until_the_service_has_started(rig: Rig, open_page: OpenPage) -> None:
    address = (await rig.line.get_webhook_endpoint()).endpoint
    async with rigs(rig.clock) as make:
        starting = await make(webhook_url="")
        page = await open_page(of=starting)
        await expect(page.locator("#closed-why")).to_contain_text("still starting")
        await expect(page.locator("#composer")).to_be_hidden()
        await expect(page.locator("#closed-open")).to_be_hidden()

        await starting.bot_call("PUT", "/v2/bot/channel/webhook/endpoint", json={"endpoint": address})

        await expect(page.locator("#composer")).to_be_visible()
        await page.close()


async def test_recorded_voice_is_sent_with_its_length(rig: Rig, open_page: OpenPage) -> None:
    page = await open_page()
    await page.click("#voice-open")
    await page.click("#record")
    await expect(page.locator("#record-time")).to_have_text("0:01")
    await page.click("#record")
    await page.click("#voice-send")

    await expect(page.locator(".mine .voice audio")).to_have_count(1)
    message = rig.bot.events[0]["message"]
    content = await rig.bot_call("GET", f"/v2/bot/message/{message['id']}/content")
    assert message["duration"] >= 1000
    assert content.headers["Content-Type"] in ("audio/mp4", "audio/webm", "audio/ogg")
    assert len(await content.read()) > 1000


async def test_date_action_asks_for_the_date_and_posts_it_back(rig: Rig, open_page: OpenPage) -> None:
    page = await open_page()
    action = {
        "type": "datetimepicker",
        "label": "Escolher",
        "data": "day",
        "mode": "date",
        "min": "2026-11-01",
    }
    await rig.push(
        {"type": "text", "text": "Quando?", "quickReply": {"items": [{"type": "action", "action": action}]}}
    )
    await page.get_by_role("button", name="Escolher").click()
    await page.fill("#when", "2026-11-24")
    await page.press("#when", "Enter")

    await expect(page.locator("#log .log-text").first).to_have_text("webhook postback → 200 in 0 ms")
    assert rig.bot.events[0]["postback"] == {"data": "day", "params": {"date": "2026-11-24"}}


async def test_only_safe_addresses_may_be_opened(open_page: OpenPage) -> None:
    page = await open_page()

    assert await page.evaluate(
        """async () => {
             const { safeUrl } = await import("/static/simulator/dom.js");
             return ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "https://a.example/"].map(safeUrl);
           }"""
    ) == [None, None, None, "https://a.example/"]
