"""“Your papers are ready”: who is told, when, and once."""

from __future__ import annotations

from bot.counter.service import NOTICES
from tests.bot.counter.conftest import COUNTER, Hall

READY = (
    "Your papers are ready. Civil Affairs (1F), number 57. Please bring your ticket or receipt and something "
    "that shows who you are."
)
REMIND = "A reminder: your papers are still waiting for you. Civil Affairs (1F), number 57."
DAY = 86400


async def ask_for_papers(hall: Hall) -> None:
    """The resident has number 57, is called, and wants to know when the papers are ready."""
    await hall.called(50)
    await hall.say("Tell me when 57 is near at Civil Affairs")
    await hall.called(57)
    (said,) = await hall.press("papers")
    assert said == "OK. I'll write when the papers for number 57 are ready at Civil Affairs (1F)."


async def ready(hall: Hall, number: str = "57") -> list[str]:
    before = len(await hall.read())
    await hall.counters.ready(COUNTER, number, by="Clerk")
    await hall.work()
    return (await hall.read())[before:]


async def test_called_message_offers_to_tell_about_papers(hall: Hall) -> None:
    await hall.called(50)
    await hall.say("Tell me when 57 is near at Civil Affairs")
    await hall.called(57)
    (item,) = (await hall.bubbles())[-1]["message"]["quickReply"]["items"]
    assert item["action"]["label"] == "Tell me when ready"


async def test_resident_who_asked_is_told_once(hall: Hall) -> None:
    await ask_for_papers(hall)
    assert await ready(hall) == [READY]
    assert await ready(hall) == []


async def test_resident_who_did_not_ask_is_not_told(hall: Hall) -> None:
    await hall.called(50)
    await hall.say("Tell me when 57 is near at Civil Affairs")
    assert await ready(hall) == []


async def test_number_of_another_counter_is_another_number(hall: Hall) -> None:
    await ask_for_papers(hall)
    assert await hall.counters.ready("tax", "57", by="Clerk") == 0


async def test_receipt_of_a_form_finds_its_sender(hall: Hall) -> None:
    hall.receipts["C00012"] = (await hall.known()).id
    (said,) = await ready(hall, "C00012")
    assert said.startswith("Your papers are ready. Civil Affairs (1F), number C00012.")


async def test_papers_wait_until_the_morning(hall: Hall) -> None:
    await ask_for_papers(hall)
    hall.clock.advance(11 * 3600)  # 20:30
    assert await ready(hall) == []
    hall.clock.advance(11.5 * 3600)  # 08:00
    await hall.work()
    assert (await hall.read())[-1] == READY


async def test_turn_is_told_in_quiet_hours(hall: Hall) -> None:
    hall.clock.advance(11 * 3600)
    await hall.called(50)
    await hall.say("Tell me when 57 is near at Civil Affairs")
    assert len(await hall.called(57)) == 1


async def test_reminder_comes_once_after_days(hall: Hall) -> None:
    await ask_for_papers(hall)
    await ready(hall)
    before = len(await hall.read())
    hall.clock.advance(7 * DAY)
    await hall.work()
    assert (await hall.read())[before:] == [REMIND]
    hall.clock.advance(30 * DAY)
    await hall.work()
    assert len(await hall.read()) == before + 1


async def test_no_reminder_after_somebody_came(hall: Hall) -> None:
    await ask_for_papers(hall)
    await ready(hall)
    (papers,) = await hall.counters.open_papers()
    await hall.counters.collected(papers.id)
    before = len(await hall.read())
    hall.clock.advance(8 * DAY)
    await hall.work()
    assert len(await hall.read()) == before
    assert await hall.counters.open_papers() == []


async def test_papers_that_were_collected_before_the_message_are_not_told(hall: Hall) -> None:
    await ask_for_papers(hall)
    await hall.counters.ready(COUNTER, "57", by="Clerk")
    (papers,) = await hall.counters.open_papers()
    await hall.counters.collected(papers.id)
    before = len(await hall.read())
    await hall.work()
    assert len(await hall.read()) == before


async def test_opted_out_of_papers(hall: Hall) -> None:
    await ask_for_papers(hall)
    await hall.press("off:ready")
    assert await ready(hall) == []


async def test_opted_out_of_reminders(hall: Hall) -> None:
    await ask_for_papers(hall)
    assert await ready(hall) == [READY]
    await hall.press("off:reminder")
    before = len(await hall.read())
    hall.clock.advance(8 * DAY)
    await hall.work()
    assert len(await hall.read()) == before


async def test_what_matters_less_is_left_out_when_the_quota_is_low(hall: Hall) -> None:
    hall.allows["small"] = False
    await hall.called(50)
    await hall.say("Tell me when 57 is near at Civil Affairs")
    assert await hall.called(55) == []
    assert len(await hall.called(57)) == 1


async def test_nothing_is_pushed_when_the_quota_is_used_up(hall: Hall) -> None:
    await ask_for_papers(hall)
    hall.allows["all"] = False
    assert await ready(hall) == []


async def test_wish_for_papers_without_a_ticket_asks_for_it(hall: Hall) -> None:
    assert await hall.say("tell me when my papers are ready") == [
        "I don't know your ticket yet. Press the button and tell me your number first."
    ]


async def test_notice_is_in_the_conversation_that_staff_see(hall: Hall) -> None:
    from bot.store import conversation_messages

    await ask_for_papers(hall)
    await ready(hall)
    async with hall.database.read() as connection:
        message = (await conversation_messages(connection, (await hall.known()).id))[-1]
    assert (message.kind, message.text, message.state) == ("notice", READY, "sent")
    assert message.japanese is not None
    assert message.japanese.startswith("書類ができました。市民課（1階）、57番です。")


async def test_lost_worker_tells_once(hall: Hall) -> None:
    """The job is done twice: somebody else took it over after its lease ran out."""
    await ask_for_papers(hall)
    await hall.counters.ready(COUNTER, "57", by="Clerk")
    (job,) = await hall.jobs.take(NOTICES, limit=5, lease_s=30)
    await hall.counters.notify(job)
    hall.clock.advance(31)
    await hall.work()
    assert (await hall.read()).count(READY) == 1
