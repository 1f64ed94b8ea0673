"""Near the end of the month's messages: what staff see and what is held back."""

from __future__ import annotations

import asyncio
import uuid

import pytest

from bot.line.quota import Quota, QuotaNotice, QuotaOptions, QuotaWatch
from config.opening import watch_quota
from config.settings import LineSettings, Settings
from core.clock import ManualClock, SystemClock
from core.tasks import Tasks
from tests.bot.conftest import TOKEN, Office, OpenOffice


class Told:
    """A source that says what it is told."""

    def __init__(self, used: int, limit: int | None = 1000) -> None:
        self.said = Quota(limit=limit, used=used)
        self.asked = 0
        self.thrice = asyncio.Event()

    async def quota(self) -> Quota:
        self.asked += 1
        if self.asked == 3:
            self.thrice.set()
        return self.said


@pytest.mark.parametrize(
    ("used", "limit", "notice"),
    [
        (0, 1000, None),
        (799, 1000, None),
        (800, 1000, QuotaNotice(used=800, limit=1000, held="nothing")),
        (949, 1000, QuotaNotice(used=949, limit=1000, held="nothing")),
        (950, 1000, QuotaNotice(used=950, limit=1000, held="small")),
        (1000, 1000, QuotaNotice(used=1000, limit=1000, held="all")),
        (1001, 1000, QuotaNotice(used=1001, limit=1000, held="all")),
        (0, 0, QuotaNotice(used=0, limit=0, held="all")),
        (10**9, None, None),
    ],
)
async def test_notice_says_what_is_held_back(
    used: int, limit: int | None, notice: QuotaNotice | None
) -> None:
    watch = QuotaWatch(Told(used, limit), ManualClock())
    assert watch.notice is None
    await watch.look()
    assert watch.notice == notice


async def test_shares_are_settings() -> None:
    settings = Settings(line=LineSettings(quota_warn=0.5, quota_hold=0.6))
    watch = watch_quota(settings, Told(600), ManualClock())  # type: ignore[arg-type]
    await watch.look()
    assert watch.notice == QuotaNotice(used=600, limit=1000, held="small")


async def test_watch_looks_again_and_again() -> None:
    source, tasks = Told(1), Tasks()
    watch = QuotaWatch(source, SystemClock(), QuotaOptions(every_s=0.001))
    tasks.keep("quota", watch.run)
    await asyncio.wait_for(source.thrice.wait(), 30)
    await tasks.close()
    assert source.asked >= 3


async def use(office: Office, many: int) -> None:
    """Send so many messages unasked, and have the service look."""
    for _ in range(many):
        async with office.simulator.post(
            "/v2/bot/message/push",
            json={"to": office.user, "messages": [{"type": "text", "text": "."}]},
            headers={"Authorization": f"Bearer {TOKEN}", "X-Line-Retry-Key": str(uuid.uuid4())},
        ) as answer:
            assert answer.status == 200
    office.clock.advance(601)
    await office.service.quota.look()


async def desk(office: Office, language: str = "en") -> str:
    clerk = await office.log_in(f"clerk{len(office.clients)}")
    async with clerk.get(office.url(f"/desk?ui={language}")) as answer:
        return await answer.text()


async def test_desk_says_nothing_while_there_is_enough(open_office: OpenOffice) -> None:
    office = await open_office(monthly_quota=10)
    await use(office, 7)
    assert "desk-quota" not in await desk(office)


async def test_desk_warns_in_numbers_in_both_languages(open_office: OpenOffice) -> None:
    office = await open_office(monthly_quota=10)
    await use(office, 8)
    page = await desk(office)
    assert '<p class="banner waiting small desk-quota" role="status" data-held="nothing">' in page
    assert "8 of this month&#39;s 10 LINE messages are used. Near the end" in page
    assert "10 通のうち 8 通を使いました" in await desk(office, "ja")


async def test_desk_says_that_all_is_used(open_office: OpenOffice) -> None:
    office = await open_office(monthly_quota=3)
    await use(office, 3)
    assert 'data-held="all"' in await desk(office)


async def test_replies_go_out_when_all_is_used(open_office: OpenOffice) -> None:
    office = await open_office(monthly_quota=1)
    await use(office, 1)
    assert len(await office.say("Olá")) >= 1
