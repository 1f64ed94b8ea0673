"""The microphone page in a real browser: the health of relays follows by itself."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from tests.transcripts.conftest import Running
from tests.transcripts.relays.conftest import ANN
from tests.transcripts.test_web_browser import CHROMIUM, browser, open_page

__all__ = ["browser"]  # a fixture

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no browser: install it with `apt-get install chromium`"),
]

URL = "https://api.captions.office.microsoft.com/cartcaption?meetingid=1&token=2"


async def test_health_on_the_microphone_page_follows(browser: Browser, site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    staff = await site.log_in("ann", "staff")
    page = await open_page(browser, site, f"/meetings/{meeting}/send?ui=en", client=staff)
    await expect(page.locator("#relays")).to_contain_text("Captions go nowhere else.")

    assert site.relays is not None
    relay = await site.relays.add(meeting, kind="teams", language="en", url=URL, account=ANN)
    await expect(page.locator("#relays")).to_contain_text("waiting for the first caption", timeout=15_000)
    await site.relays.move(meeting, relay.id, state="paused", account=ANN)
    await expect(page.locator("#relays")).to_contain_text("paused", timeout=15_000)
