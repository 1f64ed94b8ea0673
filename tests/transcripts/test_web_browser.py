"""The pages in a real browser: captions appear, corrections arrive, nothing becomes markup, the microphone is heard."""

from __future__ import annotations

import shutil
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession
from playwright.async_api import Browser, Page, async_playwright, expect

from core.accounts import Account
from tests.transcripts.cable import Cable
from tests.transcripts.conftest import Build, Running, segment, speech
from transcripts.model import Partial
from transcripts.phrases import breaks

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no browser: install it with `apt-get install chromium`"),
]

ANN = Account(id="ann", name="ann", role="interpreter", display_name="Ann", department="")
COMPLAINTS: list[str] = []  # errors in scripts and breaches of the content policy, in the test that runs
MARKUP = "<img src=x onerror=document.title='hacked'> </script>"


@pytest.fixture
async def browser(tmp_path: Path, build: Build) -> AsyncIterator[Browser]:
    """Headless Chromium whose microphone hears the demo speech. It closes before the site does (`build`): a page
    that is still open would complain that its stream is refused."""
    voice = tmp_path / "voice.wav"
    with wave.open(str(voice), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(speech(13.0).pcm)
    async with async_playwright() as running:
        launched = await running.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-audio-capture={voice}",
            ],
        )
        COMPLAINTS.clear()
        yield launched
        await launched.close()
    assert COMPLAINTS == []


async def open_page(
    browser: Browser,
    site: Running,
    path: str,
    *,
    client: ClientSession | None = None,
    width: int = 390,
) -> Page:
    """A page at phone width, with the session of `client`. What it complains about is kept for `browser` to see."""
    context = await browser.new_context(viewport={"width": width, "height": 700}, permissions=["microphone"])
    for cookie in client.cookie_jar if client else ():
        await context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": site.url("/")}])
    page = await context.new_page()
    page.on("pageerror", lambda error: COMPLAINTS.append(str(error)))
    page.on(
        "console",
        lambda message: (
            COMPLAINTS.append(f"{message.text} {message.location}") if message.type == "error" else None
        ),
    )
    await page.goto(path if path.startswith("http") else site.url(path))
    return page


async def watching(site: Running, meeting_id: str, page: Page) -> None:
    """Wait until the page follows the meeting: the state that it was sent stands on it."""
    await site.service.start(meeting_id)
    await expect(page.locator("[data-state-chip]")).to_have_text("Live")


async def test_captions_appear_and_corrections_replace_them(browser: Browser, site: Running) -> None:
    meeting = (await site.meeting("ja")).meeting.id
    page = await open_page(browser, site, f"/meetings/{meeting}?lang=ja&second=en&ui=en")
    await watching(site, meeting, page)
    await site.service.commit_segment(meeting, segment(1))
    row = page.locator("li[data-seq='1']")
    await expect(row.locator(".second .text")).to_have_text("The school opens at 9.")
    await expect(row.locator(".first")).to_have_text("being translated …")
    await site.translated()
    await expect(row.locator(".mark").first).to_have_text("not translated")
    await site.service.correct(meeting, seq=1, lang="ja", text="学校は9時に開きます。", rev=1, account=ANN)
    await expect(row.locator(".first .text")).to_have_text("学校は9時に開きます。")
    assert await row.locator(".first").get_attribute("lang") == "ja"


async def test_markup_that_arrives_live_stays_text(browser: Browser, site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    page = await open_page(browser, site, f"/meetings/{meeting}?ui=en")
    await watching(site, meeting, page)
    await site.service.commit_segment(meeting, segment(1, MARKUP))
    await expect(page.locator("li[data-seq='1'] .text")).to_have_text(MARKUP)
    assert await page.locator("img[src=x]").count() == 0
    assert await page.title() == "School briefing · Aoba City"


async def test_scrolled_back_reader_is_not_moved_and_can_jump_to_now(browser: Browser, site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    for seq in range(1, 21):
        await site.service.commit_segment(meeting, segment(seq, f"Sentence number {seq}."))
    page = await open_page(browser, site, f"/meetings/{meeting}?ui=en")
    await watching(site, meeting, page)
    assert await page.evaluate("scrollY") > 0
    await page.mouse.wheel(0, -10_000)
    await expect(page.locator("#jump")).to_be_visible()
    await site.service.commit_segment(meeting, segment(21, "The newest."))
    await expect(page.locator("li[data-seq='21']")).to_be_attached()
    assert await page.evaluate("scrollY") == 0
    await page.locator("#jump").click()
    await expect(page.locator("#jump")).to_be_hidden()
    await expect(page.locator("li[data-seq='21']")).to_be_in_viewport()


async def test_text_size_is_kept_on_the_device(browser: Browser, site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    page = await open_page(browser, site, f"/meetings/{meeting}?ui=en")
    await page.get_by_label("Text and languages").click()
    await page.get_by_label("Larger text").click()
    await page.reload()
    assert await page.evaluate("document.documentElement.dataset.size") == "2"


async def test_nothing_overflows_on_a_phone(browser: Browser, site: Running) -> None:
    meeting = (await site.meeting("ja", "pt-BR", "ja-Hira")).meeting.id
    await site.service.commit_segment(meeting, segment(1, "word " * 40))
    ann = await site.log_in("ann", "admin")
    page = await open_page(browser, site, "/meetings", client=ann)
    for path in (
        "/meetings",
        f"/meetings/{meeting}",
        f"/meetings/{meeting}/send",
        "/review",
        f"/review/{meeting}",
    ):
        await page.goto(site.url(path))
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390, path


async def test_interpreter_saves_by_key_and_goes_on(browser: Browser, site: Running) -> None:
    meeting = (await site.meeting("ja")).meeting.id
    for seq in (1, 2):
        await site.service.commit_segment(meeting, segment(seq))
        await site.translated()
    ann = await site.log_in("ann", "interpreter")
    page = await open_page(browser, site, f"/review/{meeting}?ui=en", client=ann, width=1280)
    field = page.locator("#t-1-ja")
    await field.fill("学校は9時に開きます。")
    await expect(page.locator("#s1 .review-cell").nth(1).locator("[data-status]")).to_have_text(
        "Not saved yet"
    )
    await field.press("Control+Enter")
    await expect(page.locator("#s1 .review-cell").nth(1).locator("[data-status]")).to_have_text("Approved")
    await expect(page.locator("#t-2-ja")).to_be_focused()
    stored, _ = await site.service.transcript(meeting, ["ja"])
    assert [one.caption.text for one in stored] == ["学校は9時に開きます。", "The school opens at 9."]


async def test_interpreter_sees_what_somebody_else_wrote_meanwhile(browser: Browser, site: Running) -> None:
    meeting = (await site.meeting("ja")).meeting.id
    await site.service.commit_segment(meeting, segment(1))
    await site.translated()
    ann = await site.log_in("ann", "interpreter")
    page = await open_page(browser, site, f"/review/{meeting}?ui=en", client=ann, width=1280)
    cell = page.locator("#s1 .review-cell").nth(1)
    await page.locator("#t-1-ja").fill("わたしの訳")
    await site.service.correct(meeting, seq=1, lang="ja", text="先の訳", rev=1, account=ANN)
    await expect(cell.locator("[data-theirs]")).to_have_text("先の訳")
    assert await page.locator("#t-1-ja").input_value() == "わたしの訳"
    await cell.get_by_text("Keep mine").click()
    await page.locator("#t-1-ja").press("Control+Enter")
    await expect(cell.locator("[data-status]")).to_have_text("Approved")
    history = await site.service.history(meeting, seq=1, lang="ja")
    assert [one.text for one in history] == ["The school opens at 9.", "先の訳", "わたしの訳"]


async def test_new_captions_become_rows_in_the_review_room(browser: Browser, site: Running) -> None:
    meeting = (await site.meeting("ja")).meeting.id
    ann = await site.log_in("ann", "interpreter")
    page = await open_page(browser, site, f"/review/{meeting}?ui=en", client=ann, width=1280)
    await expect(page.get_by_text("Nothing has been said yet.")).to_be_visible()
    await site.service.commit_segment(meeting, segment(1))
    await expect(page.locator("#t-1-en")).to_have_value("The school opens at 9.")
    await expect(page.locator("#nothing")).to_have_count(0)


async def test_microphone_is_heard_and_everything_arrives(browser: Browser, build: Build) -> None:
    site = await build(seconds=13.0)
    made = await site.meeting()
    page = await open_page(
        browser, site, f"/meetings/{made.meeting.id}/send?token={made.sender_token}&ui=en", width=1280
    )
    await page.get_by_role("button", name="Start sending").click()
    await expect(page.locator("#recognised")).to_contain_text("Good", timeout=15_000)
    await expect(page.locator("#status")).to_have_text("Sending")
    await page.get_by_role("button", name="Stop sending").click()
    await expect(page.locator("#status")).to_contain_text("All sound has arrived.", timeout=15_000)
    stored, _ = await site.service.transcript(made.meeting.id, ["en"])
    assert stored[0].caption.text.startswith("Good morning")


async def test_approval_says_that_it_is_used_and_can_be_taken_back(browser: Browser, build: Build) -> None:
    site = await build(remember=True)
    assert site.memory is not None
    meeting = (await site.meeting("ja")).meeting.id
    await site.service.commit_segment(meeting, segment(1))
    await site.translated()
    ann = await site.log_in("ann", "interpreter")
    page = await open_page(browser, site, f"/review/{meeting}?ui=en", client=ann, width=1280)
    cell = page.locator("[data-cell][data-lang='ja']")
    await expect(cell.locator("[data-withdraw]")).to_be_hidden()
    await cell.locator("textarea").fill("学校は9時に開きます。")
    await cell.get_by_role("button", name="Save").click()
    await expect(cell.get_by_text("used from now on")).to_be_visible()
    assert site.memory.find("The school opens at 9.", "en", "ja") is not None
    await cell.get_by_role("button", name="Take approval back").click()
    await expect(cell.locator("[data-status]")).to_have_text("Draft")
    await expect(cell.locator("[data-learnt]")).to_be_hidden()
    await expect(cell.locator("textarea")).to_have_value("学校は9時に開きます。")
    assert site.memory.find("The school opens at 9.", "en", "ja") is None


async def test_approval_of_a_colleague_says_that_it_is_used_too(browser: Browser, build: Build) -> None:
    site = await build(remember=True)
    meeting = (await site.meeting("ja")).meeting.id
    await site.service.commit_segment(meeting, segment(1))
    await site.translated()
    bob = await site.log_in("bob", "interpreter")
    page = await open_page(browser, site, f"/review/{meeting}?ui=en", client=bob, width=1280)
    cell = page.locator("[data-cell][data-lang='ja']")
    await site.service.correct(meeting, seq=1, lang="ja", text="学校は9時に開きます。", rev=1, account=ANN)
    await expect(cell.locator("[data-status]")).to_have_text("Approved")
    await expect(cell.get_by_text("used from now on")).to_be_visible()
    await site.service.withdraw(meeting, seq=1, lang="ja", rev=2, account=ANN)
    await expect(cell.locator("[data-status]")).to_have_text("Draft")
    await expect(cell.locator("[data-learnt]")).to_be_hidden()


async def test_taking_an_approval_back_keeps_what_is_being_typed(browser: Browser, build: Build) -> None:
    site = await build(remember=True)
    meeting = (await site.meeting("ja")).meeting.id
    await site.service.commit_segment(meeting, segment(1))
    await site.service.correct(meeting, seq=1, lang="ja", text="先の訳です。", rev=0, account=ANN)
    ann = await site.log_in("ann", "interpreter")
    page = await open_page(browser, site, f"/review/{meeting}?ui=en", client=ann, width=1280)
    cell = page.locator("[data-cell][data-lang='ja']")
    await cell.locator("textarea").fill("書きかけ")
    await cell.get_by_role("button", name="Take approval back").click()
    await expect(cell.locator("[data-status]")).to_have_text("Not saved yet")
    await expect(cell.locator("textarea")).to_have_value("書きかけ")


async def test_page_to_print_is_set_by_its_own_style(browser: Browser, site: Running) -> None:
    meeting = (await site.meeting("ja")).meeting.id
    await site.service.commit_segment(meeting, segment(1))
    await site.translated()
    page = await open_page(browser, site, f"/meetings/{meeting}?ui=en")
    await page.locator(".stage-tools summary").first.click()
    await page.get_by_role("button", name="Page to print").click()
    await expect(page.locator("td").first).to_have_text("The school opens at 9.")
    row = page.locator("tbody tr")
    assert await row.evaluate("row => getComputedStyle(row).breakInside") == "avoid"


async def test_overlay_keeps_lines_as_short_as_subtitles(browser: Browser, site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    await site.service.commit_segment(
        meeting, segment(1, "Lunch costs four thousand five hundred yen a month. " * 3)
    )
    page = await open_page(browser, site, f"/meetings/{meeting}?overlay=1", width=1280)
    line = page.locator(".captions .first")
    width = await line.evaluate(
        "line => line.getBoundingClientRect().width / parseFloat(getComputedStyle(line).fontSize)"
    )
    assert 10 < width < 26  # 42 digits wide


# Reading


def saying(text: str, *, stable: int = 0, start: float = 2.0) -> Partial:
    return Partial(start=start, text=text, stable_chars=stable, language="en")


LONG = "The next meeting is on Friday, December 4th, at six thirty in the evening, on the second floor."


async def lines_of(page: Page, selector: str) -> list[float]:
    """The upper edges of the lines of a text, in pixels."""
    found: list[float] = await page.locator(selector).evaluate(
        """element => {
            const range = document.createRange();
            range.selectNodeContents(element);
            return [...new Set([...range.getClientRects()].map((box) => Math.round(box.top)))];
        }"""
    )
    return found


async def test_caption_stands_where_its_partial_stood(browser: Browser, site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    for seq in (1, 2):
        await site.service.commit_segment(meeting, segment(seq))
    page = await open_page(browser, site, f"/meetings/{meeting}?ui=en")
    await watching(site, meeting, page)
    site.hub.show_partial(meeting, saying(LONG, stable=len(LONG), start=6.0))
    await expect(page.locator("#partial")).to_have_text(LONG)
    before = await lines_of(page, "#partial")
    await site.service.commit_segment(meeting, segment(3, LONG))
    await expect(page.locator("li[data-seq='3'] .text")).to_have_text(LONG)
    await expect(page.locator("#partial")).to_be_hidden()
    assert len(before) > 1
    assert await lines_of(page, "li[data-seq='3'] .text") == before


async def test_stable_words_stay_on_their_lines_while_the_rest_changes(
    browser: Browser, site: Running
) -> None:
    meeting = (await site.meeting()).meeting.id
    page = await open_page(browser, site, f"/meetings/{meeting}?ui=en")
    await watching(site, meeting, page)
    stable = "The next meeting is on"
    seen = []
    for tail in (" Fry", " Friday, December", " Friday December 4th, at six thirty in the evening"):
        site.hub.show_partial(meeting, saying(stable + tail, stable=len(stable)))
        await expect(page.locator("#partial")).to_have_text(stable + tail)
        seen.append(
            await page.locator("#partial .stable").evaluate(
                "part => [...part.getClientRects()].map((box) => [box.left, box.width, box.height])"
            )
        )
    assert seen[0] == seen[1] == seen[2]


async def test_connection_that_broke_resumes_without_gap_or_repeat_and_says_so(
    browser: Browser, site: Running
) -> None:
    meeting = (await site.meeting()).meeting.id
    await site.service.commit_segment(meeting, segment(1))
    assert site.server.port is not None
    cable = Cable(site.server.port)
    port = await cable.open()
    page = await open_page(browser, site, f"http://127.0.0.1:{port}/meetings/{meeting}?ui=en")
    await watching(site, meeting, page)
    cable.pull()
    await expect(page.locator("#cut")).to_be_visible()
    await expect(page.locator("#cut")).to_have_text("Connection lost. Captions go on when it is back.")
    for seq in (2, 3):
        await site.service.commit_segment(meeting, segment(seq, f"Sentence {seq}."))
    cable.put_back()
    await expect(page.locator("#cut")).to_be_hidden(timeout=20_000)
    await expect(page.locator("li[data-seq='3']")).to_be_attached()
    shown = await page.locator(".captions .text").all_inner_texts()
    assert shown == ["The school opens at 9.", "Sentence 2.", "Sentence 3."]
    await page.close()
    await cable.close()
    COMPLAINTS.clear()  # the browser reports every connection that broke


async def test_delay_is_told_in_the_language_of_the_reader(browser: Browser, site: Running) -> None:
    meeting = (await site.meeting("pt-BR")).meeting.id
    page = await open_page(browser, site, f"/meetings/{meeting}?lang=pt-BR")
    await site.service.start(meeting)
    await expect(page.locator("[data-state-chip]")).to_have_text("Ao vivo")
    site.hub.show_delay(meeting, 7.2)
    await site.service.commit_segment(meeting, segment(1))
    await expect(page.locator("#delay")).to_have_text("As legendas estão 7 s atrasadas")


async def test_text_that_arrives_can_be_broken_between_phrases(browser: Browser, site: Running) -> None:
    meeting = (await site.meeting(language="ja")).meeting.id
    page = await open_page(browser, site, f"/meetings/{meeting}?lang=ja&ui=en")
    await watching(site, meeting, page)
    text = "次の説明会は十二月四日金曜日の午後六時半から、二階の多目的ホールで行います。"
    await site.service.commit_segment(meeting, segment(1, text))
    await expect(page.locator("li[data-seq='1'] .text")).to_have_text(text)
    assert await page.locator("li[data-seq='1'] wbr").count() == len(breaks(text, "ja"))


async def test_keys_change_size_and_language_and_show_themselves(browser: Browser, site: Running) -> None:
    meeting = (await site.meeting("ja")).meeting.id
    page = await open_page(browser, site, f"/meetings/{meeting}?lang=en&ui=en", width=1280)
    await page.keyboard.press("+")
    assert await page.evaluate("document.documentElement.dataset.size") == "2"
    await page.keyboard.press("?")
    await expect(page.locator("#shortcuts")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("#shortcuts")).to_be_hidden()
    await page.keyboard.press("l")
    await expect(page.locator("#captions")).to_have_attribute("data-chosen", "ja")


async def test_screen_readers_hear_captions_but_not_what_is_still_changing(
    browser: Browser, site: Running
) -> None:
    meeting = (await site.meeting()).meeting.id
    page = await open_page(browser, site, f"/meetings/{meeting}?ui=en")
    log = page.get_by_role("log")
    assert await log.get_attribute("aria-live") == "polite"
    assert await page.locator("[role=log] #partial").count() == 0
    assert await page.locator("#partial").get_attribute("aria-hidden") == "true"


async def test_hall_screen_hides_its_controls_until_the_pointer_moves(
    browser: Browser, site: Running
) -> None:
    meeting = (await site.meeting("ja")).meeting.id
    page = await open_page(browser, site, f"/meetings/{meeting}?screen=1&ui=en", width=1280)
    bar = page.locator("#hall-bar")
    await expect(bar).to_have_css("opacity", "0")
    await page.mouse.move(300, 300)
    await expect(bar).to_have_css("opacity", "1")


async def test_invitation_on_the_hall_screen_makes_room_for_the_first_words(
    browser: Browser, site: Running
) -> None:
    meeting = (await site.meeting("ja", "pt-BR")).meeting.id
    page = await open_page(browser, site, f"/meetings/{meeting}?lang=en&screen=1", width=1280)
    await expect(page.get_by_text("Acompanhe no seu celular")).to_be_visible()
    await site.service.commit_segment(meeting, segment(1))
    await expect(page.get_by_text("Acompanhe no seu celular")).to_be_hidden()
    await expect(page.locator("#join .qr")).to_be_visible()


@pytest.mark.parametrize("width", [390, 768, 1280, 1920])
async def test_long_words_fit_every_screen(browser: Browser, site: Running, width: int) -> None:
    meeting = (await site.meeting("ja", "pt-BR")).meeting.id
    await site.service.commit_segment(meeting, segment(1, "Donaudampfschifffahrtsgesellschaft" * 5))
    await site.translated()
    page = await open_page(browser, site, f"/meetings/{meeting}?lang=en&second=ja", width=width)
    for path in ("?lang=en&second=ja", "?lang=en&screen=1", "?lang=en&overlay=1", "/poster"):
        await page.goto(site.url(f"/meetings/{meeting}{path}"))
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, path


async def test_overlay_is_clear_and_has_no_more_lines_than_asked_for(browser: Browser, site: Running) -> None:
    meeting = (await site.meeting("ja")).meeting.id
    for seq in (1, 2, 3):
        await site.service.commit_segment(meeting, segment(seq, LONG))
        await site.translated()
    page = await open_page(
        browser, site, f"/meetings/{meeting}?overlay=1&lang=en&second=ja&lines=2&size=40", width=1280
    )
    for element in ("html", "body", "main"):
        await expect(page.locator(element)).to_have_css("background-color", "rgba(0, 0, 0, 0)")
    heights = await page.locator(".flow").evaluate_all("flows => flows.map((flow) => flow.clientHeight)")
    assert heights == [112, 112]  # two lines of 40 px × 1.4, for each language


async def test_overlay_clears_itself_when_nobody_speaks(browser: Browser, site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    page = await open_page(browser, site, f"/meetings/{meeting}?overlay=1&seconds=1", width=1280)
    await site.service.commit_segment(meeting, segment(1))
    await expect(page.locator(".captions .text")).to_have_text("The school opens at 9.")
    await expect(page.locator("#captions")).to_have_css("opacity", "0")
    await site.service.commit_segment(meeting, segment(2))
    await expect(page.locator("#captions")).to_have_css("opacity", "1")


async def test_language_that_is_read_is_in_sight_on_a_phone(browser: Browser, site: Running) -> None:
    meeting = (await site.meeting("ja", "zh-Hans", "pt-BR", "vi", "es", "ne")).meeting.id
    page = await open_page(browser, site, f"/meetings/{meeting}?lang=ne")
    await expect(page.locator(".tongues [aria-current]")).to_be_in_viewport(ratio=0.9)
