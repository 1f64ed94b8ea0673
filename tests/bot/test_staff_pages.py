"""The pages of staff around the chat, empty and full, as the whole site serves them: sound without scripts, and in a
real browser usable on a phone and with the keyboard."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession
from playwright.async_api import Browser, Page, async_playwright, expect

from bot.attachments.service import ATTACHMENTS
from bot.counter.service import Report
from tests.bot.conftest import PASSWORD, Office
from tests.core.page_browser import ARGUMENTS, CHROMIUM, needs_chromium
from tests.core.page_checks import problems

PAGES = (
    "/desk",
    "/desk/forms",
    "/desk/forms/oversized-garbage",
    "/desk/forms/oversized-garbage/calendar",
    "/desk/forms/damage-report/calendar",
    "/counters",
    "/disaster",
    "/disaster/shelters",
    "/disaster/notices/new",
    "/disaster/notices/new?template=water_supply",
    "/articles",
)
PICKUP = (
    "do=form&v=oversized-garbage",
    "sofá",
    "do=form&v=a:oversized-garbage:items:.enough",
    "あおば市中央3-8-2",
    "do=form&v=a:oversized-garbage:area:central",
    "3 de dezembro",
    "do=form&v=a:oversized-garbage:spot:house",
    "090-0000-1234",
    "do=form&v=send",
)
CHECK_IN = (
    "do=checkin&v=safe:help",
    "do=checkin&v=consent:share:help",
    "do=checkin&v=place:home",
    "do=checkin&v=location:midori",
    "3",
    "1",
    "1",
    "do=checkin&v=needs:medicine",
    "do=checkin&v=needs:wheelchair",
    "do=checkin&v=needs:enough",
)
WIDTHS = (320, 390, 768, 1024, 1280)


async def get(office: Office, clerk: ClientSession, path: str) -> str:
    async with clerk.get(office.url(path)) as answer:
        assert answer.status == 200, (path, await answer.text())
        return await answer.text()


def in_language(path: str, language: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}ui={language}"


async def fill(office: Office, clerk: ClientSession) -> list[str]:
    """Somebody books, asks, sends a picture, and needs help in a disaster; gives the addresses that this adds."""
    account = await office.clerk("tanaka")
    for said in PICKUP:
        await (office.press(said) if said.startswith("do=") else office.say(said))
    await office.service.disaster.desk.start(account, "earthquake", ["midori"])
    for said in CHECK_IN:
        await (office.press(said) if said.startswith("do=") else office.say(said))
    request = await office.ask_for_clerk("Posso usar a quadra de tênis da cidade no domingo?")
    await office.send("image", data="iVBORw0KGgo=", media_type="image/png")
    await office.work()
    for job in await office.service.jobs.take(ATTACHMENTS, limit=5, lease_s=30):
        await office.service.attachments.handle(job)
    await office.service.disaster.desk.set_shelter(
        account, "citizens-gym", state="open", crowding="some", supplies={"water": True}, version=0
    )
    counters = office.service.counter.counters
    await counters.report("civil-affairs", Report(called=42, waiting=7, open=True))
    await counters.ready("civil-affairs", "57", by="Tanaka")
    form = {"csrf_token": await office.csrf_of(clerk), "template": "check_in"}
    async with clerk.post(office.url("/disaster/notices"), data=form) as answer:
        assert answer.status == 200
        notice = answer.url.path
    (booking,) = set(re.findall(r'href="(/desk/bookings/[^"]+)"', await get(office, clerk, PAGES[2])))
    return [booking, notice, f"/desk?request={request.id}"]


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_every_page_is_sound_while_it_is_empty(office: Office, language: str) -> None:
    clerk = await office.log_in("sato")
    found = {path: problems(await get(office, clerk, in_language(path, language))) for path in PAGES}
    assert found == {path: [] for path in PAGES}


async def test_every_page_is_sound_when_it_is_full(office: Office) -> None:
    clerk = await office.log_in("sato")
    pages = (*PAGES, *await fill(office, clerk))
    for language in ("ja", "en"):
        found = {path: problems(await get(office, clerk, in_language(path, language))) for path in pages}
        quoted = found.pop(
            pages[-1]
        )  # what the city said in a chat quotes Japanese words, and a form's summary in both
        assert found == {path: [] for path in pages[:-1]}
        assert [one for one in quoted if "is marked as pt-BR" not in one] == []


async def test_page_of_a_booking_belongs_to_the_applications(office: Office) -> None:
    clerk = await office.log_in("sato")
    booking, *_ = await fill(office, clerk)
    page = await get(office, clerk, booking)
    assert set(re.findall(r'<a href="([^"]+)" aria-current="page"', page)) == {"/desk/forms"}


async def test_before_any_disaster_nobody_is_counted(office: Office) -> None:
    clerk = await office.log_in("sato")
    page = await get(office, clerk, "/disaster?ui=en")
    assert 'id="people"' not in page
    assert 'id="map"' in page


async def test_empty_pages_say_what_to_do(office: Office) -> None:
    clerk = await office.log_in("sato")
    said = {
        "/desk/forms/oversized-garbage": "What residents send by chat arrives here.",
        "/desk/forms/damage-report/calendar": "What has arrived is in the list.",
        "/counters": "When one is ready, write its number under its counter above.",
        "/articles": "What residents sent to staff because no article was found appears here.",
    }
    for path, sentence in said.items():
        assert sentence in await get(office, clerk, in_language(path, "en")), path


async def test_notices_name_what_is_to_be_filled_in(office: Office) -> None:
    clerk = await office.log_in("sato")
    page = await get(office, clerk, "/disaster/notices/new?template=water_supply&ui=ja")
    assert "［場所］" in page
    assert "［place］" not in page


# In a browser


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        await launched.close()


async def tab_of(browser: Browser, office: Office, **context: Any) -> Page:
    """A browser window in which the clerk is logged in."""
    page = await browser.new_page(reduced_motion="reduce", **context)
    await page.goto(office.url("/login?ui=ja"))
    await page.fill("#name", "sato")
    await page.fill("#password", PASSWORD)
    await page.click("main button[type=submit]")
    return page


@needs_chromium
@pytest.mark.browser
async def test_no_page_scrolls_sideways_and_every_control_can_be_touched(
    office: Office, browser: Browser
) -> None:
    clerk = await office.log_in("sato")
    pages = (*PAGES, *await fill(office, clerk))
    tab = await tab_of(browser, office)
    complaints: list[str] = []
    tab.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    wrong = []
    for path in pages:
        for language in ("ja", "en"):
            await tab.goto(office.url(in_language(path, language)), wait_until="domcontentloaded")
            await tab.evaluate("document.querySelectorAll('main details').forEach(one => one.open = true)")
            for width in WIDTHS:
                await tab.set_viewport_size({"width": width, "height": 800})
                beyond = await tab.evaluate("document.documentElement.scrollWidth - innerWidth")
                small = await tab.eval_on_selector_all(
                    ".button, .input, summary, .site-nav a, .choice",
                    "all => all.filter(one => one.offsetParent && one.offsetHeight < 43.5).map(one => one.outerHTML)",
                )
                if beyond or small:
                    wrong.append((path, language, width, beyond, small[:2]))
    assert wrong == []
    assert complaints == []


@needs_chromium
@pytest.mark.browser
async def test_navigation_is_a_menu_on_a_phone_and_works_from_the_keyboard(
    office: Office, browser: Browser
) -> None:
    await office.log_in("sato")
    tab = await tab_of(browser, office, viewport={"width": 390, "height": 800})
    await tab.goto(office.url("/desk/forms?ui=en"))
    menu = tab.locator(".site-menu > summary")
    await expect(tab.locator(".site-places")).to_be_hidden()
    await menu.focus()
    await tab.keyboard.press("Enter")
    await expect(tab.locator(".site-menu [aria-current]")).to_have_text("Applications")
    await tab.keyboard.press("Escape")
    await expect(tab.locator(".site-menu > .sheet")).to_be_hidden()
    await expect(menu).to_be_focused()
    await tab.keyboard.press("Enter")
    for _ in range(3):
        await tab.keyboard.press("Tab")
    await tab.keyboard.press("Enter")
    await expect(tab).to_have_url(office.url("/counters"))


@needs_chromium
@pytest.mark.browser
async def test_navigation_is_one_row_where_there_is_room(office: Office, browser: Browser) -> None:
    await office.log_in("sato")
    tab = await tab_of(browser, office, viewport={"width": 1280, "height": 800})
    for language in ("ja", "en"):
        await tab.goto(office.url(f"/counters?ui={language}"))
        await expect(tab.locator(".site-menu")).to_be_hidden()
        tops = await tab.eval_on_selector_all(
            ".site-places a", "all => all.map(one => one.getBoundingClientRect().top)"
        )
        assert (len(tops), len(set(tops))) == (8, 1)
