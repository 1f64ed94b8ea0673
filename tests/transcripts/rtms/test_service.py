"""From Zoom's webhook to captions: the simulator, the real service, real HTTP; words from a script."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import sqlalchemy as sa

from core.clock import ManualClock, SystemClock
from core.errors import Conflict, InvalidInput
from tests.transcripts.conftest import Build, Running, speech
from tests.transcripts.rtms.conftest import CREDENTIALS, Simulate
from transcripts.rtms.protocol import Started, Stopped, plain_token_signature
from transcripts.rtms.service import RtmsOptions, RtmsService, links_table, zoom_name
from transcripts.rtms.simulator import RtmsSimulator, described

LONGER = 13.0
EXPECTED = " ".join(speech(LONGER).sentences).split()
Webhook = tuple[bytes, dict[str, str]]


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(15):
        while not await condition():  # noqa: ASYNC110 -- rows are looked at, as a page does
            await asyncio.sleep(0.005)


async def state_of(site: Running, meeting: str) -> str:
    link = await site.rtms.of_meeting(meeting)
    return link.state if link is not None else ""


def is_state(site: Running, meeting: str, state: str) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return await state_of(site, meeting) == state

    return check


async def said(site: Running, meeting: str) -> list[str]:
    stored, _ = await site.service.transcript(meeting, ["en"])
    return " ".join(one.caption.text for one in stored).split()


async def post(site: Running, simulator: RtmsSimulator, webhook: Webhook) -> tuple[int, Any]:
    return await simulator.post(site.url("/rtms/webhook"), webhook)


async def test_zoom_meeting_becomes_captions(build: Build, simulate: Simulate) -> None:
    site = await build(seconds=LONGER)
    simulator = await simulate(speech(LONGER).pcm)
    meeting = (await site.meeting()).meeting.id
    await site.rtms.link(meeting, "857 4606 5432")
    site.tasks.spawn("rtms", site.rtms.run())

    assert await post(site, simulator, simulator.started()) == (200, {})
    await until(is_state(site, meeting, "live"))
    await asyncio.wait_for(simulator.finished.wait(), 15)
    await simulator.terminate()
    await until(is_state(site, meeting, "waiting"))

    async def all_there() -> bool:
        return await said(site, meeting) == EXPECTED

    await until(all_there)
    assert simulator.violations == []


async def test_stopped_webhook_ends_the_sound_and_keeps_the_reason(build: Build, simulate: Simulate) -> None:
    site = await build(seconds=LONGER)
    simulator = await simulate(speech(LONGER).pcm, speed=4.0)
    meeting = (await site.meeting()).meeting.id
    await site.rtms.link(meeting, simulator.number)
    site.tasks.spawn("rtms", site.rtms.run())
    await post(site, simulator, simulator.started())

    async def heard() -> bool:
        return site.live.is_live(meeting)

    await until(heard)
    assert await post(site, simulator, simulator.stopped(18)) == (200, {})

    async def over() -> bool:
        return not site.live.is_live(meeting)

    await until(over)
    link = await site.rtms.of_meeting(meeting)
    assert link is not None
    assert (link.state, link.stop_reason) == ("waiting", 18)


async def test_same_webhook_twice_fetches_the_stream_once(build: Build, simulate: Simulate) -> None:
    site = await build(seconds=LONGER)
    simulator = await simulate(speech(LONGER).pcm, speed=8.0)
    meeting = (await site.meeting()).meeting.id
    await site.rtms.link(meeting, "")
    site.tasks.spawn("rtms", site.rtms.run())
    for _ in range(3):
        assert await post(site, simulator, simulator.started()) == (200, {})
    await asyncio.wait_for(simulator.finished.wait(), 15)
    assert (simulator.connections, simulator.violations) == (1, [])


async def test_another_process_goes_on_when_the_first_is_gone(build: Build, simulate: Simulate) -> None:
    first = await build(seconds=LONGER)
    simulator = await simulate(speech(LONGER).pcm, speed=4.0)
    meeting = (await first.meeting()).meeting.id
    await first.rtms.link(meeting, simulator.number)
    first.tasks.spawn("rtms", first.rtms.run())
    await post(first, simulator, simulator.started())

    async def connected() -> bool:
        return simulator.connections == 1

    await until(connected)
    second = await build(seconds=LONGER)
    second.tasks.spawn("rtms", second.rtms.run())
    await first.tasks.close()  # as a killed process: the lease stays until it runs out
    for task in first.rtms._running.values():
        task.cancel()
    await asyncio.wait_for(simulator.finished.wait(), 15)
    assert simulator.connections == 2


async def test_two_processes_never_fetch_the_same_stream(build: Build, simulate: Simulate) -> None:
    first, second = await build(seconds=LONGER), await build(seconds=LONGER)
    simulator = await simulate(speech(LONGER).pcm, speed=8.0)
    meeting = (await first.meeting()).meeting.id
    await first.rtms.link(meeting, simulator.number)
    for site in (first, second):
        site.tasks.spawn("rtms", site.rtms.run())
    await post(second, simulator, simulator.started())
    await asyncio.wait_for(simulator.finished.wait(), 15)
    assert (simulator.connections, simulator.violations) == (1, [])


async def test_removed_link_lets_the_stream_go(build: Build, simulate: Simulate) -> None:
    site = await build(seconds=LONGER)
    simulator = await simulate(speech(LONGER).pcm, speed=2.0)
    meeting = (await site.meeting()).meeting.id
    await site.rtms.link(meeting, simulator.number)
    site.tasks.spawn("rtms", site.rtms.run())
    await post(site, simulator, simulator.started())

    async def heard() -> bool:
        return site.live.is_live(meeting)

    await until(heard)
    await site.rtms.unlink(meeting)

    async def over() -> bool:
        return not site.live.is_live(meeting)

    await until(over)
    assert await site.rtms.of_meeting(meeting) is None


async def test_stream_that_cannot_be_had_is_told(build: Build, simulate: Simulate) -> None:
    site = await build(seconds=LONGER)
    simulator = await simulate(speech(LONGER).pcm)
    meeting = (await site.meeting()).meeting.id
    await site.rtms.link(meeting, simulator.number)
    site.tasks.spawn("rtms", site.rtms.run())
    base, simulator.base = simulator.base, "ws://127.0.0.1:9"
    await post(site, simulator, simulator.started())
    await until(is_state(site, meeting, "failed"))
    simulator.base = base
    await post(site, simulator, simulator.started())
    await until(is_state(site, meeting, "live"))


# Which meeting a stream is for


def started(uuid: str = "uuid-of-zoom==", stream: str = "s1", number: str = "") -> Started:
    return Started(meeting_uuid=uuid, stream_id=stream, server_urls=("ws://127.0.0.1:9/",), number=number)


async def test_number_goes_before_whoever_takes_the_next(site: Running) -> None:
    any_one, named = (await site.meeting()).meeting.id, (await site.meeting()).meeting.id
    await site.rtms.link(any_one, "")
    await site.rtms.link(named, "85746065432")
    assert await site.rtms.take(started(number="85746065432"))
    assert (await state_of(site, any_one), await state_of(site, named)) == ("waiting", "live")


async def test_next_stream_is_taken_once_and_its_meeting_remembered(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    await site.rtms.link(meeting, "")
    assert await site.rtms.take(started())
    await site.rtms.end(Stopped(stream_id="s1", reason=24))
    assert not await site.rtms.take(started(uuid="another==", stream="s2"))
    assert await site.rtms.take(started(stream="s3"))  # the same Zoom meeting, begun anew
    assert await state_of(site, meeting) == "live"


async def test_stream_that_nobody_waits_for_is_left_alone(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    await site.rtms.link(meeting, "85746065432")
    assert not await site.rtms.take(started(number="999999999"))
    assert await state_of(site, meeting) == "waiting"


async def test_ended_meeting_wants_no_stream(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    await site.rtms.link(meeting, "")
    await site.service.end(meeting)
    assert not await site.rtms.take(started())
    with pytest.raises(Conflict, match="has ended"):
        await site.rtms.link(meeting, "")


async def test_one_zoom_meeting_feeds_one_meeting(site: Running) -> None:
    one, other = (await site.meeting()).meeting.id, (await site.meeting()).meeting.id
    await site.rtms.link(one, "857-4606-5432")
    with pytest.raises(Conflict, match="Another meeting"):
        await site.rtms.link(other, "85746065432")
    await site.rtms.unlink(one)
    await site.rtms.link(other, "85746065432")
    assert await state_of(site, other) == "waiting"


async def test_end_of_an_unknown_stream_is_harmless(site: Running) -> None:
    await site.rtms.end(Stopped(stream_id="nothing", reason=1))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("857 4606 5432", "85746065432"),
        ("857-4606-5432", "85746065432"),
        (" 85746065432 ", "85746065432"),
        ("https://us02web.zoom.us/j/85746065432?pwd=x", "85746065432"),
        ("4AaBbCcDdEeFfGgHhIiJj==", "4AaBbCcDdEeFfGgHhIiJj=="),
        ("", ""),
    ],
)
def test_zoom_meeting_is_understood_as_staff_write_it(text: str, name: str) -> None:
    assert zoom_name(text) == name


@pytest.mark.parametrize("text", ["12", "call me", "https://zoom.us/j/", "857 4606 5432 <b>", "1" * 15])
def test_what_is_no_zoom_meeting_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        zoom_name(text)


# The webhook


async def test_url_validation_is_answered(site: Running, simulate: Simulate) -> None:
    simulator = await simulate(b"")
    webhook = simulator.webhook("endpoint.url_validation", {"plainToken": "qgg8vlvZRS6UYooatFL8Aw"})
    assert await post(site, simulator, webhook) == (
        200,
        {
            "plainToken": "qgg8vlvZRS6UYooatFL8Aw",
            "encryptedToken": plain_token_signature("a token", "qgg8vlvZRS6UYooatFL8Aw"),
        },
    )


async def test_webhook_with_a_wrong_signature_is_refused(site: Running, simulate: Simulate) -> None:
    simulator = await simulate(b"")
    meeting = (await site.meeting()).meeting.id
    await site.rtms.link(meeting, "")
    body, headers = simulator.started()
    for changed in ({}, {**headers, "x-zm-signature": "v0=00"}, {**headers, "x-zm-request-timestamp": "1"}):
        status, told = await post(site, simulator, (body, changed))
        assert (status, told["error"]["code"]) == (403, "not_authorised")
    status, _ = await post(site, simulator, (body + b" ", headers))
    assert status == 403
    assert await state_of(site, meeting) == "waiting"


@pytest.mark.parametrize(("seconds", "status"), [(-290, 200), (290, 200), (-310, 403), (310, 403)])
async def test_webhook_is_only_taken_within_five_minutes(site: Running, seconds: float, status: int) -> None:
    clock = ManualClock(SystemClock().now())
    clock.advance(seconds)
    late = RtmsSimulator(clock, CREDENTIALS, b"")
    late.base = "ws://127.0.0.1:9"
    assert (await post(site, late, late.started()))[0] == status


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"meeting_uuid": "u", "rtms_stream_id": "s"},
        {"meeting_uuid": "u", "rtms_stream_id": "s", "server_urls": 7},
        {"meeting_uuid": "", "rtms_stream_id": "s", "server_urls": "ws://127.0.0.1/"},
        {"meeting_uuid": "u" * 200, "rtms_stream_id": "s", "server_urls": "ws://127.0.0.1/"},
        {"meeting_uuid": "u", "rtms_stream_id": "s\n", "server_urls": "ws://127.0.0.1/"},
        {"meeting_uuid": "u", "rtms_stream_id": "s", "server_urls": "ws://10.0.0.1/"},
        {"object": "text"},
    ],
)
async def test_webhook_that_says_nothing_usable_gets_one_sentence(
    site: Running, simulate: Simulate, payload: dict[str, Any]
) -> None:
    simulator = await simulate(b"")
    status, told = await post(site, simulator, simulator.webhook("meeting.rtms_started", payload))
    assert (status, told["error"]["code"]) == (400, "invalid_input")
    assert told["error"]["message"].endswith(".")


async def test_payload_in_an_object_is_understood_too(site: Running, simulate: Simulate) -> None:
    simulator = await simulate(b"")
    meeting = (await site.meeting()).meeting.id
    await site.rtms.link(meeting, "85746065432")
    inner = json.loads(simulator.started(with_number=False)[0])["payload"] | {"meeting_id": 85746065432}
    assert (await post(site, simulator, simulator.webhook("meeting.rtms_started", {"object": inner})))[
        0
    ] == 200
    assert await state_of(site, meeting) == "live"


async def test_other_events_are_answered_and_ignored(site: Running, simulate: Simulate) -> None:
    simulator = await simulate(b"")
    assert await post(site, simulator, simulator.webhook("meeting.started", {"object": {}})) == (200, {})


async def test_webhook_that_is_too_long_is_cut_off(site: Running, simulate: Simulate) -> None:
    simulator = await simulate(b"")
    status, _ = await post(site, simulator, (b"x" * 100_000, {}))
    assert status == 413


async def test_service_without_a_token_believes_nobody(build: Build, simulate: Simulate) -> None:
    """An empty secret must not make an empty key."""
    from dataclasses import replace

    site = await build()
    simulator = await simulate(b"")
    site.rtms.credentials = replace(CREDENTIALS, secret_token="")
    forged = RtmsSimulator(SystemClock(), site.rtms.credentials, b"")
    assert (await post(site, simulator, forged.stopped()))[0] == 403


# The page


async def test_page_links_and_removes(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    clerk = await site.log_in("clerk", "staff")
    url = site.url(f"/meetings/{meeting}/zoom?ui=en")
    async with clerk.get(url) as answer:  # the language is remembered
        assert "Number of the Zoom meeting" in await answer.text()
    async with clerk.post(url, data={"zoom": "857 4606 5432"}) as answer:
        page = await answer.text()
    assert "Zoom meeting 85746065432" in page
    assert "waiting for the stream" in page
    async with clerk.post(site.url(f"/meetings/{meeting}/zoom/remove")) as answer:
        assert "Number of the Zoom meeting" in await answer.text()
    assert await site.rtms.of_meeting(meeting) is None


async def test_page_says_what_is_wrong_in_its_own_language(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    clerk = await site.log_in("clerk", "staff")
    async with clerk.post(site.url(f"/meetings/{meeting}/zoom?ui=ja"), data={"zoom": "12"}) as answer:
        assert answer.status == 400
        assert "ミーティング ID ではありません。" in await answer.text()


async def test_page_asks_to_start_anew_after_a_full_stop(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    clerk = await site.log_in("clerk", "staff")
    await site.rtms.link(meeting, "")
    await site.rtms.take(started())
    await site.rtms.end(Stopped(stream_id="s1", reason=18))
    async with clerk.get(site.url(f"/meetings/{meeting}/zoom?ui=en")) as answer:
        assert "Zoom ended the stream. Start it in Zoom once more." in await answer.text()


async def test_page_is_for_staff(site: Running) -> None:
    made = await site.meeting()
    async with site.visitor.post(site.url(f"/meetings/{made.meeting.id}/zoom"), data={"zoom": ""}) as answer:
        assert answer.status == 403
    assert await site.rtms.of_meeting(made.meeting.id) is None


async def test_sender_page_leads_there(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    clerk = await site.log_in("clerk", "staff")
    async with clerk.get(site.url(f"/meetings/{meeting}/send?ui=en")) as answer:
        page = await answer.text()
    assert f'href="/meetings/{meeting}/zoom"' in page
    assert f'href="/meetings/{meeting}/recording"' in page


async def test_process_takes_no_more_streams_than_it_may(site: Running) -> None:
    few = RtmsService(
        database=site.database,
        clock=SystemClock(),
        meetings=site.service,
        live=site.live,
        credentials=CREDENTIALS,
        options=RtmsOptions(streams=1),
    )
    for number in ("111111111", "222222222"):
        await few.link((await site.meeting()).meeting.id, number)
        await few.take(started(uuid=number, stream=number, number=number))
    assert len(await few._lease_streams()) == 1
    async with site.database.read() as connection:
        leased = await connection.scalar(sa.select(sa.func.count()).where(links_table.c.lease.is_not(None)))
    assert leased == 1


async def test_simulator_describes_the_stream_as_the_webhook_does(simulate: Simulate) -> None:
    simulator = await simulate(b"")
    payload = json.loads(simulator.started()[0])["payload"]
    told = described(simulator)
    assert (payload["meeting_uuid"], payload["rtms_stream_id"], payload["server_urls"]) == (
        told.meeting_uuid,
        told.stream_id,
        told.server_urls[0],
    )
