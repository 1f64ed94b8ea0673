"""The pages of sound in a real browser: what is heard, and what happens when the network, device or file is away."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from playwright.async_api import Browser, Dialog, Page, expect

from tests.transcripts.conftest import SPEECH, Build, Running, speech
from tests.transcripts.test_uploads import SoundRecogniser, work
from tests.transcripts.test_web_browser import CHROMIUM, COMPLAINTS, browser, open_page
from transcripts.service import NewMeeting
from transcripts.sources import SourceOptions

__all__ = ["browser"]  # a fixture

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no browser: install it with `apt-get install chromium`"),
]

LONG = 13.0

# What a device does, played in the page: microphones whose stream the test can reach.
OPENED = """
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
window.asked = [];
navigator.mediaDevices.getUserMedia = async (what) => {
  window.asked.push(what.audio.deviceId?.exact ?? "");
  if (window.refusal) throw new DOMException("told to", window.refusal);
  window.opened = window.silent ? new AudioContext().createMediaStreamDestination().stream : await open(what);
  return window.opened;
};
"""


async def sender_page(browser: Browser, site: Running, made: NewMeeting, *, width: int = 390) -> Page:
    path = f"/meetings/{made.meeting.id}/send?token={made.sender_token}&ui=en"
    page = await open_page(browser, site, path, width=width)
    await page.context.add_init_script(OPENED)
    await page.goto(site.url(path))
    return page


async def start(page: Page) -> None:
    await page.get_by_role("button", name="Start sending").click()
    await expect(page.locator("#status")).to_have_text("Sending", timeout=15_000)


async def stop(page: Page) -> None:
    await page.get_by_role("button", name="Stop sending").click()
    await expect(page.locator("#status")).to_contain_text("All sound has arrived.", timeout=15_000)


async def said(site: Running, made: NewMeeting) -> list[str]:
    stored, _ = await site.service.transcript(made.meeting.id, ["en"])
    return " ".join(one.caption.text for one in stored).split()


RESAMPLED = """async ([rate, hertz]) => {
  const context = new OfflineAudioContext(1, rate, rate);
  await context.audioWorklet.addModule("/static/transcripts/microphone.js");
  const node = new AudioWorkletNode(context, "microphone", { numberOfOutputs: 1 });
  const heard = [];
  node.port.onmessage = ({ data }) => heard.push(...data.samples);
  const tone = new OscillatorNode(context, { frequency: hertz });
  const half = new GainNode(context, { gain: 0.5 });
  tone.connect(half).connect(node).connect(context.destination);
  tone.start();
  await context.startRendering();
  await new Promise((resolve) => setTimeout(resolve, 300));
  return heard;
}"""


def loudness(samples: list[int]) -> float:
    """Decibels against a tone of half the full scale."""
    middle = samples[1600:-1600]
    power = sum(value * value for value in middle) / len(middle)
    return 10 * math.log10(max(power, 1e-3) / (16384**2 / 2))


@pytest.mark.parametrize("rate", [48_000, 44_100, 16_000])
async def test_what_16_khz_can_hold_comes_through_and_nothing_folds_back(
    browser: Browser, site: Running, rate: int
) -> None:
    made = await site.meeting()
    page = await sender_page(browser, site, made)
    heard = {
        hertz: await page.evaluate(RESAMPLED, [rate, hertz])
        for hertz in (300, 3000, 6000, *((9500, 12_000) if rate > 40_000 else ()))
    }
    assert all(abs(loudness(heard[hertz])) < 0.5 for hertz in (300, 3000, 6000))
    assert all(loudness(heard[hertz]) < -45 for hertz in heard if hertz > 8000)
    assert {len(samples) for samples in heard.values()} <= {14_400, 16_000}


async def test_cut_of_the_network_loses_nothing(browser: Browser, build: Build) -> None:
    site = await build(seconds=LONG)
    made = await site.meeting()
    page = await sender_page(browser, site, made)
    await start(page)
    await expect(page.locator("#sent")).not_to_have_text("0:00")
    await page.context.set_offline(True)
    await expect(page.locator("#trouble")).to_contain_text(
        "Connection lost. 0:02 recorded and kept", timeout=15_000
    )
    await expect(page.locator("#status")).to_have_text("Connecting …")
    await page.context.set_offline(False)
    await expect(page.locator("#status")).to_have_text("Sending", timeout=15_000)
    await expect(page.locator("#trouble")).to_be_hidden()
    await expect(page.locator("#recognised")).to_contain_text("Sato", timeout=20_000)
    await stop(page)
    heard = await said(site, made)
    expected = [word.text for word in speech(LONG).words]
    assert heard == expected[: len(heard)]
    assert len(heard) > 5
    await expect(page.locator("#lost-sound")).to_be_hidden()
    COMPLAINTS.clear()  # the browser says itself that the network was away


async def test_full_service_is_tried_again_until_there_is_room(browser: Browser, build: Build) -> None:
    site = await build(seconds=LONG, sources=SourceOptions(meetings=1))
    other = (await site.meeting()).meeting.id
    await site.live.open(other, sender="somebody")
    made = await site.meeting()
    page = await sender_page(browser, site, made)
    await page.get_by_role("button", name="Start sending").click()
    await expect(page.locator("#trouble")).to_contain_text("It is tried again by itself.", timeout=15_000)
    await site.live.end(other)
    await expect(page.locator("#status")).to_have_text("Sending", timeout=15_000)
    await expect(page.locator("#trouble")).to_be_hidden()
    await stop(page)


async def test_unplugged_microphone_is_told_and_another_goes_on(browser: Browser, build: Build) -> None:
    site = await build(seconds=LONG)
    made = await site.meeting()
    page = await sender_page(browser, site, made)
    await start(page)
    await page.evaluate("opened.getAudioTracks()[0].dispatchEvent(new Event('ended'))")
    await expect(page.locator("#device-trouble")).to_contain_text(
        "The meeting goes on; choose another source."
    )
    await expect(page.locator("#status")).to_have_text("Sending")
    await page.get_by_role("button", name="Use this one").click()
    await expect(page.locator("#device-trouble")).to_be_hidden()
    await expect(page.locator("#recognised")).to_contain_text("Good", timeout=15_000)
    await stop(page)
    assert len(await page.evaluate("asked")) == 2


async def test_device_can_be_changed_while_sending_and_is_remembered(browser: Browser, build: Build) -> None:
    site = await build(seconds=LONG)
    made = await site.meeting()
    page = await sender_page(browser, site, made)
    await start(page)
    chosen = await page.locator("#device option").nth(2).get_attribute("value")
    name = await page.locator("#device option").nth(2).text_content()
    await page.locator("#device").select_option(chosen)
    await page.wait_for_function("asked.length === 2")
    await expect(page.locator("#status")).to_have_text("Sending")
    await stop(page)
    await page.reload()
    await page.wait_for_function("document.getElementById('device').options.length > 2")
    assert await page.locator("#device option:checked").text_content() == name
    await start(page)
    assert await page.evaluate("asked") == [chosen]
    await stop(page)


@pytest.mark.parametrize(
    ("refusal", "sentence"),
    [
        ("NotAllowedError", "Allow it in the browser's address bar"),
        ("NotFoundError", "There is no such microphone any more."),
        ("NotReadableError", "Another program is using this microphone."),
    ],
)
async def test_microphone_that_cannot_be_opened_says_why_and_starts_nothing(
    browser: Browser, site: Running, refusal: str, sentence: str
) -> None:
    made = await site.meeting()
    page = await sender_page(browser, site, made)
    await page.evaluate("refusal => { window.refusal = refusal; }", refusal)
    await page.get_by_role("button", name="Start sending").click()
    await expect(page.locator("#trouble")).to_contain_text(sentence)
    await expect(page.get_by_role("button", name="Start sending")).to_be_enabled()
    assert (await site.service.get(made.meeting.id)).state == "planned"


async def test_quiet_microphone_is_told_in_words(browser: Browser, build: Build) -> None:
    site = await build(seconds=LONG)
    made = await site.meeting()
    page = await sender_page(browser, site, made)
    await page.evaluate("window.silent = true")
    await start(page)
    await expect(page.locator("#level-word")).to_contain_text("Quiet", timeout=15_000)
    assert "Quiet" in (await page.locator("#level").get_attribute("aria-valuetext") or "")
    await stop(page)


async def test_page_works_with_the_keyboard_alone(browser: Browser, build: Build) -> None:
    site = await build(seconds=LONG)
    made = await site.meeting()
    page = await sender_page(browser, site, made)
    await page.locator("#switch").focus()
    await page.keyboard.press("Space")
    await expect(page.locator("#status")).to_have_text("Sending", timeout=15_000)
    assert await page.locator("#switch").get_attribute("aria-pressed") == "true"
    reached = []
    for _ in range(2):
        await page.keyboard.press("Tab")
        reached.append(await page.evaluate("document.activeElement.id"))
    assert reached == ["device", "level"]
    await page.locator("#switch").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#status")).to_contain_text("All sound has arrived.", timeout=15_000)


async def test_leaving_the_page_while_sending_is_asked_about(browser: Browser, build: Build) -> None:
    site = await build(seconds=LONG)
    made = await site.meeting()
    page = await sender_page(browser, site, made)
    await start(page)
    asked: list[str] = []

    async def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    page.on("dialog", stay)
    await page.close(run_before_unload=True)
    await page.wait_for_timeout(500)
    assert asked == ["beforeunload"]
    await stop(page)


TAPE = """async () => {
  const { Tape } = await import("/static/transcripts/line.js");
  const chunk = (value) => new Int16Array(10).fill(value);
  const tape = new Tape(30);
  const seen = [];
  for (let value = 0; value < 6; value += 1) tape.add(chunk(value));
  seen.push(tape.first, tape.end, tape.lost);
  tape.arrived = 60;
  for (let value = 6; value < 9; value += 1) tape.add(chunk(value));
  seen.push(tape.lost, [...tape.after(75)].join(""), tape.after(90), [...tape.after(0)].length);
  return seen;
}"""


async def test_tape_is_bounded_and_counts_only_what_never_arrived(browser: Browser, site: Running) -> None:
    page = await sender_page(browser, site, await site.meeting())
    first, end, lost, lost_later, rest, beyond, oldest = await page.evaluate(TAPE)
    assert (end, lost) == (60, first)
    assert end - first <= 30
    assert lost_later == lost  # what was dropped later had arrived
    assert (rest, beyond, oldest) == ("77777", None, 10)


async def test_recording_is_handed_in_and_its_progress_shown(browser: Browser, build: Build) -> None:
    site = await build(recogniser=SoundRecogniser())
    meeting = (await site.meeting()).meeting.id
    clerk = await site.log_in("clerk", "staff")
    page = await open_page(browser, site, f"/meetings/{meeting}/recording?ui=en", client=clerk)
    await page.locator("#file").set_input_files(SPEECH / "briefing.flac")
    await page.get_by_role("button", name="Hand it in").click()
    await expect(page.locator("article")).to_contain_text("briefing.flac")
    await expect(page.locator("article .chip")).to_have_text("waiting")
    await work(site)
    await expect(page.locator("article .chip")).to_have_text("done", timeout=10_000)
    await expect(page.locator("article")).to_contain_text("0:45 written down")


async def test_file_that_is_no_sound_is_refused_where_one_looks(
    browser: Browser, build: Build, tmp_path: Path
) -> None:
    site = await build(seconds=LONG)
    meeting = (await site.meeting()).meeting.id
    clerk = await site.log_in("clerk", "staff")
    page = await open_page(browser, site, f"/meetings/{meeting}/recording?ui=en", client=clerk)
    (tmp_path / "speech.mp3").write_text("no sound")
    await page.locator("#file").set_input_files(tmp_path / "speech.mp3")
    await page.get_by_role("button", name="Hand it in").click()
    await expect(page.locator("#upload-error")).to_have_text(
        "This file is not sound that can be read. Save it as MP3, M4A or WAV."
    )
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    COMPLAINTS.clear()  # the browser notes the status of the answer
