"""The pages with their scripts, in a real browser under the real content policy."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.core.page_browser import ARGUMENTS, CHROMIUM, needs_chromium
from tests.translation.web.conftest import Build, Running
from tests.translation.web.test_memory_pages import HOSTILE, TMX
from translation.service import Translator
from translation.web import WebOptions

pytestmark = [needs_chromium, pytest.mark.browser]

COMPLAINTS: list[str] = []
Open = Callable[..., Awaitable[Page]]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        COMPLAINTS.clear()
        yield launched
        await launched.close()


async def open_page(
    browser: Browser,
    site: Running,
    path: str,
    *,
    width: int = 1280,
    script: bool = True,
    role: str = "interpreter",
) -> Page:
    """A page in a new window in which somebody is logged in. What it complains about is kept."""
    client = await site.log_in(role)
    context = await browser.new_context(
        viewport={"width": width, "height": 800}, java_script_enabled=script, reduced_motion="reduce"
    )
    for cookie in client.cookie_jar:
        await context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": site.url("/")}])
    page = await context.new_page()
    page.on("console", lambda m: COMPLAINTS.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: COMPLAINTS.append(str(error)))
    await page.goto(site.url(path))
    return page


async def test_no_page_scrolls_sideways_or_breaks_the_content_policy(browser: Browser, site: Running) -> None:
    unit = await site.learn(
        "長い文です。" * 40, target_text="word" * 200, author="x" * 60, came_from="tmx:" + "f" * 150
    )
    page = await open_page(browser, site, "/memory?ui=en")
    beyond = {}
    for path in ("/memory", "/memory/new", f"/memory/{unit.id}", "/memory/import", "/glossary"):
        await page.goto(site.url(path))
        for width in (320, 390, 800, 1280):
            await page.set_viewport_size({"width": width, "height": 800})
            beyond[path, width] = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert {place: more for place, more in beyond.items() if more > 0} == {}
    assert COMPLAINTS == []


async def test_every_control_is_large_enough_to_touch(browser: Browser, site: Running) -> None:
    unit = await site.learn()
    page = await open_page(browser, site, "/memory", width=390)
    for path in ("/memory", "/memory/new", f"/memory/{unit.id}", "/memory/import", "/glossary"):
        await page.goto(site.url(path))
        heights = await page.eval_on_selector_all(
            ".button, .input, .site-nav a",
            "list => list.filter(e => e.offsetParent).map(e => e.offsetHeight)",
        )
        assert len(heights) > 6
        assert [height for height in heights if height < 44] == []


async def test_unit_is_added_changed_and_deleted_with_the_keyboard_alone(
    browser: Browser, site: Running
) -> None:
    page = await open_page(browser, site, "/memory?ui=en")
    await page.keyboard.press("/")
    await expect(page.locator("#words")).to_be_focused()
    await page.get_by_role("link", name="Add a translation").focus()
    await page.keyboard.press("Enter")
    await page.locator("#source_text").focus()
    await page.keyboard.type("市役所です。")
    await page.keyboard.press("Tab")
    await page.keyboard.type("City hall.")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".unit")).to_contain_text("City hall.")
    await page.get_by_role("link", name="Edit “市役所です。”").focus()
    await page.keyboard.press("Enter")
    await page.locator("#target_text").focus()
    await page.keyboard.press("Control+a")
    await page.keyboard.type("The city hall.")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".unit")).to_contain_text("The city hall.")
    await page.get_by_role("link", name="Edit “市役所です。”").focus()
    await page.keyboard.press("Enter")
    await page.get_by_text("Delete this translation").focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Delete", exact=True).focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("No translations yet")).to_be_visible()
    assert (await site.all(), COMPLAINTS) == ([], [])


async def test_text_follows_the_language_that_is_chosen(browser: Browser, site: Running) -> None:
    page = await open_page(browser, site, "/memory/new")
    await page.locator("#to").select_option("zh-Hans")
    await expect(page.locator("#target_text")).to_have_attribute("lang", "zh-Hans")
    await expect(page.locator("#source_text")).to_have_attribute("lang", "ja")


async def test_unsaved_text_is_not_lost_by_accident(browser: Browser, site: Running) -> None:
    page = await open_page(browser, site, "/memory/new?ui=en")
    await page.locator("#source_text").press_sequentially("あ")
    asked: list[str] = []

    async def stay(dialog: object) -> None:
        asked.append(dialog.type)  # type: ignore[attr-defined]
        await dialog.dismiss()  # type: ignore[attr-defined]

    page.on("dialog", stay)
    await page.get_by_role("link", name="Cancel").click(no_wait_after=True)
    await expect(page.locator("#source_text")).to_have_value("あ")
    assert asked == ["beforeunload"]


async def test_import_stays_on_the_page_and_says_what_became_of_the_file(
    browser: Browser, site: Running, tmp_path: Path
) -> None:
    (tmp_path / "office.tmx").write_text(TMX)
    page = await open_page(browser, site, "/memory/import?ui=en")
    await page.locator("#file").set_input_files(tmp_path / "office.tmx")
    await page.get_by_role("button", name="Import").click()
    await expect(page.locator('[data-part="imported"]')).to_contain_text("Read 2 units and added 1.")
    (tmp_path / "broken.tmx").write_text(TMX[:200])
    await page.locator("#file").set_input_files(tmp_path / "broken.tmx")
    await page.get_by_role("button", name="Import").click()
    await expect(page.locator('[data-part="imported"]')).to_contain_text("cannot be read as TMX")
    assert [unit.came_from for unit in await site.all()] == ["tmx:office.tmx"]


async def test_file_that_is_too_large_is_refused_before_it_is_sent(
    browser: Browser, build: Build, tmp_path: Path
) -> None:
    site = await build(options=WebOptions(file_bytes=1024 * 1024))
    (tmp_path / "large.tmx").write_bytes(b" " * 1024 * 1024 + b" ")
    page = await open_page(browser, site, "/memory/import?ui=en")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method))
    await page.locator("#file").set_input_files(tmp_path / "large.tmx")
    await expect(page.locator("[data-too-large]")).to_contain_text("The limit is 1 MB")
    await page.get_by_role("button", name="Import").click()
    await expect(page.locator("#file")).to_be_focused()
    assert "POST" not in asked


async def test_sentence_is_tried_without_leaving_the_page(
    browser: Browser, build: Build, translator: Translator
) -> None:
    site = await build(translator=translator)
    page = await open_page(browser, site, "/glossary?ui=en", role="staff")
    await page.locator("#text").fill("市役所に1月31日までに来てください。")
    await page.locator("#text").press("Control+Enter")
    await expect(page.locator(".trial")).to_contain_text("January 31")
    assert page.url == site.url("/glossary?ui=en")
    await page.get_by_role("button", name="Swap").click()
    await expect(page.locator("#from")).to_have_value("en")
    await expect(page.locator("#text")).to_have_attribute("lang", "en")
    await page.locator("#text").fill(HOSTILE)
    await page.get_by_role("button", name="Translate", exact=True).click()
    await expect(page.locator(".trial .lead").first).to_have_text(HOSTILE)
    assert await page.locator("img").count() == 0
    assert COMPLAINTS == []


async def test_pages_work_without_scripts(
    browser: Browser, build: Build, translator: Translator, tmp_path: Path
) -> None:
    site = await build(translator=translator)
    (tmp_path / "office.tmx").write_text(TMX)
    page = await open_page(browser, site, "/memory/new?ui=en", script=False)
    await page.locator("#source_text").fill("市役所です。")
    await page.locator("#target_text").fill("City hall.")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator(".unit")).to_contain_text("City hall.")
    await page.get_by_role("link", name="Edit “市役所です。”").click()
    await page.get_by_text("Delete this translation").click()
    await page.get_by_role("button", name="Delete", exact=True).click()
    await expect(page.get_by_text("No translations yet")).to_be_visible()
    await page.get_by_role("link", name="Import TMX").click()
    await page.locator("#file").set_input_files(tmp_path / "office.tmx")
    await page.get_by_role("button", name="Import").click()
    await expect(page.get_by_text("Read 2 units and added 1.")).to_be_visible()
    await page.goto(site.url("/glossary"))
    await page.locator("#text").fill("はい。")
    await page.get_by_role("button", name="Translate", exact=True).click()
    await expect(page.locator(".trial")).to_be_visible()
