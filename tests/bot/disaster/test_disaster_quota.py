"""When the month's messages are used up in a disaster: nothing is lost, and staff see why it waits."""

from __future__ import annotations

from bot.disaster.broadcasts import Target
from tests.bot.disaster.conftest import Hall
from tests.bot.disaster.test_disaster_chat import HOME, counts, send


def used_up(hall: Hall, yes: bool) -> None:
    for part in (hall.parts.reminders, hall.parts.sending):
        part._allows = lambda matters: not yes


async def test_notice_waits_and_says_why_and_goes_on(hall: Hall) -> None:
    used_up(hall, True)
    notice = await hall.parts.notices.draft_template(hall.account, "stay_home", {}, Target())
    await send(hall, notice)
    await hall.work()
    assert await hall.office.calls("push") == []
    assert (await hall.parts.notices.open(notice)).notice.trouble == "quota"
    used_up(hall, False)
    hall.office.clock.advance(1801)
    await hall.work()
    assert await counts(hall, notice) == {"delivered": 1}


async def test_people_who_were_not_asked_are_asked_at_the_next_look(hall: Hall) -> None:
    await hall.start()
    await hall.press_all(*HOME)
    used_up(hall, True)
    before = len(await hall.office.read())
    hall.office.clock.advance(7 * 3600.0)
    await hall.work()
    assert len(await hall.office.read()) == before
    used_up(hall, False)
    hall.office.clock.advance(3600.0)
    await hall.work()
    assert len(await hall.office.read()) == before + 1
