"""The kept sound in the review room, in a real browser: a caption is played, lit and repeated; places are found."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from playwright.async_api import Browser, Page, expect

from tests.transcripts.conftest import Build, Running, segment, speech
from tests.transcripts.test_web_browser import browser, open_page, pytestmark
from transcripts.service import Plan

__all__ = ["browser", "pytestmark"]

COUNT_JUMPS = """() => {
  const audio = document.getElementById("audio");
  audio.dataset.jumps = 0;
  audio.addEventListener("seeked", () => { audio.dataset.jumps = Number(audio.dataset.jumps) + 1; });
}"""
TIMES = ((0.3, 4.5), (5.0, 6.0), (8.5, 12.0))


@pytest.fixture
async def room(browser: Browser, build: Build) -> Page:
    """The review room of a meeting whose sound is kept."""
    site: Running = await build()
    plan = Plan(languages=("ja",), audio_days=1)
    made = await site.service.create(title="Briefing", language="en", account=None, plan=plan)
    for number, (start, end) in enumerate(TIMES, start=1):
        said = replace(segment(number, f"Sentence {number}."), start=start, end=end)
        await site.service.commit_segment(made.meeting.id, said)
    await site.translated()
    await site.keeper.append(made.meeting.id, 0, speech(13.0).pcm)
    ann = await site.log_in("ann", "interpreter")
    return await open_page(browser, site, f"/review/{made.meeting.id}?ui=en", client=ann, width=1280)


async def heard(page: Page) -> float:
    """Seconds of the sound at which the player is."""
    return float(await page.evaluate("document.getElementById('audio').currentTime"))


async def test_caption_is_played_and_lit(room: Page) -> None:
    await room.get_by_role("button", name="Play caption 2").click()
    await expect(room.locator("#s2")).to_have_class("card review-row pair heard", timeout=10_000)
    await expect(room.locator("[data-play]")).to_have_text("Pause")
    await expect(room.locator("[data-now]")).to_have_text("0:00:05")


async def test_caption_is_repeated(room: Page) -> None:
    await room.evaluate(COUNT_JUMPS)
    await room.get_by_role("button", name="Play caption 2").click()
    await expect(room.locator("#audio")).to_have_attribute("data-jumps", "3", timeout=15_000)
    assert 4.6 < await heard(room) < 6.4


async def test_caption_that_is_not_repeated_ends(room: Page) -> None:
    await room.get_by_label("Repeat the caption").uncheck()
    await room.get_by_role("button", name="Play caption 2").click()
    await expect(room.locator("[data-play]")).to_have_text("Pause")
    await expect(room.locator("[data-play]")).to_have_text("Play", timeout=10_000)
    assert 6.2 < await heard(room) < 6.6


async def test_key_plays_the_caption_that_is_being_edited(room: Page) -> None:
    await room.locator("#t-3-en").focus()
    await room.keyboard.press("Alt+KeyP")
    await expect(room.locator("#s3")).to_have_class("card review-row pair heard", timeout=10_000)
    await room.keyboard.press("Alt+KeyP")
    await expect(room.locator("[data-play]")).to_have_text("Play")


async def test_bar_leads_anywhere(room: Page) -> None:
    await expect(room.locator("[data-place]")).to_have_attribute(
        "max", re.compile(r"13(\.0)?"), timeout=10_000
    )
    await room.locator("[data-place]").fill("9")
    await expect(room.locator("[data-now]")).to_have_text("0:00:09")
    await expect(room.locator("#s3")).to_have_class("card review-row pair heard")
