"""Relays from the store to receivers: order, retries, giving up, restarts, leases, secrets."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from tests.transcripts.conftest import segment
from tests.transcripts.relays.conftest import ANN, QUICK, World
from transcripts.relays import store
from transcripts.relays.model import KINDS, Kind
from transcripts.relays.planning import PlanOptions
from transcripts.relays.simulators import Fault, ZoomSimulator

NUMBERED: tuple[Kind, ...] = ("zoom", "youtube")


def zoom(world: World) -> ZoomSimulator:
    found = world.receivers["zoom"]
    assert isinstance(found, ZoomSimulator)
    return found


@pytest.mark.parametrize("kind", KINDS)
async def test_captions_arrive_in_order_and_break_no_rule(any_world: World, kind: Kind) -> None:
    meeting = await any_world.meeting()
    relay = await any_world.add(meeting, kind)
    any_world.start()

    for seq in range(1, 8):
        await any_world.say(meeting, seq, f"Sentence {seq}.")
        await any_world.shown(kind, seq)

    receiver = any_world.receivers[kind]
    assert [one.text for one in receiver.shown] == [f"Sentence {seq}." for seq in range(1, 8)]
    assert receiver.violations == []
    assert set(receiver.statuses) == {200}
    assert (await any_world.reaches(relay, lambda found: found.sent == 7)).skipped == 0


async def test_long_caption_goes_out_in_packets_of_two_lines_with_a_number_each(world: World) -> None:
    meeting = await world.meeting()
    await world.add(meeting, "zoom")
    world.start()
    text = "The city will open three new evacuation shelters in the northern district next year, " * 3

    await world.say(meeting, 1, text)
    shown = await world.shown("zoom", 4)

    assert " ".join(shown).replace("\n", " ") == text.strip()
    assert [one.number for one in zoom(world).shown] == [1, 2, 3, 4]
    assert zoom(world).violations == []


@pytest.mark.parametrize("kind", NUMBERED)
@pytest.mark.parametrize("status", [400, 403, 405, 408, 500, 502, 503, 504])
async def test_every_refusal_is_retried_with_the_same_number(world: World, kind: Kind, status: int) -> None:
    meeting = await world.meeting()
    await world.add(meeting, kind)
    receiver = world.receivers[kind]
    receiver.faults.extend([Fault(status=status), Fault(status=status)])
    world.start()

    await world.say(meeting, 1, "One.")
    await world.say(meeting, 2, "Two.")

    assert await world.shown(kind, 2) == ["One.", "Two."]
    assert [one.number for one in receiver.shown] == [1, 2]
    assert world.pauses == [0.1, 0.2]  # the limits of the random pause double
    assert receiver.violations == []


@pytest.mark.parametrize("kind", NUMBERED)
@pytest.mark.parametrize("how", ["cut", "hang"])
async def test_lost_answer_makes_no_second_caption(world: World, kind: Kind, how: str) -> None:
    meeting = await world.meeting()
    await world.add(meeting, kind)
    receiver = world.receivers[kind]
    receiver.faults.append(Fault(how=how, taken=True))  # type: ignore[arg-type]
    world.start()

    await world.say(meeting, 1, "One.")
    await world.say(meeting, 2, "Two.")

    assert await world.shown(kind, 2) == ["One.", "Two."]


async def test_teams_line_with_a_lost_answer_is_sent_once_more_and_no_further(world: World) -> None:
    meeting = await world.meeting()
    relay = await world.add(meeting, "teams")
    world.receivers["teams"].faults.extend([Fault(how="cut", taken=True)] * 2)
    world.start()

    await world.say(meeting, 1, "One.")
    await world.say(meeting, 2, "Two.")

    assert await world.shown("teams", 3) == ["One.", "One.", "Two."]
    assert (await world.reaches(relay, lambda found: found.sent == 1)).skipped == 1


async def test_teams_line_that_was_surely_not_taken_is_shown_once(world: World) -> None:
    meeting = await world.meeting()
    await world.add(meeting, "teams")
    world.receivers["teams"].faults.extend([Fault(status=500)] * 3)
    world.start()

    await world.say(meeting, 1, "One.")

    assert await world.shown("teams", 1) == ["One."]
    assert world.receivers["teams"].statuses == [500, 500, 500, 200]


@pytest.mark.parametrize("kind", KINDS)
async def test_packet_is_given_up_after_five_seconds_and_the_next_one_goes_out(
    world: World, kind: Kind
) -> None:
    meeting = await world.meeting()
    relay = await world.add(meeting, kind)
    world.receivers[kind].faults.extend([Fault(status=503)] * 7)
    started = world.clock.monotonic()
    world.start()

    await world.say(meeting, 1, "One.")
    await world.reaches(relay, lambda found: found.skipped == 1)
    spent = world.clock.monotonic() - started
    world.receivers[kind].faults.clear()
    await world.say(meeting, 2, "Two.")

    assert await world.shown(kind, 1) == ["Two."]
    assert 3.0 < spent <= 5.0
    assert (await world.reaches(relay, lambda found: found.sent == 1)).trouble is None


async def test_meeting_that_has_not_begun_over_there_is_told_and_waited_for(world: World) -> None:
    meeting = await world.meeting()
    relay = await world.add(meeting, "zoom")
    zoom(world).started = False
    world.start()

    await world.say(meeting, 1, "One.")
    found = await world.reaches(relay, lambda found: found.trouble is not None)
    assert (found.state, found.trouble) == ("on", "not_started")

    zoom(world).started = True
    await world.say(meeting, 2, "Two.")
    assert await world.shown("zoom", 1) == ["Two."]


@pytest.mark.parametrize("kind", KINDS)
async def test_expired_url_stops_the_relay_until_a_new_one_is_pasted(world: World, kind: Kind) -> None:
    meeting = await world.meeting()
    relay = await world.add(meeting, kind)
    receiver = world.receivers[kind]
    receiver.expired = True
    world.start()
    await world.say(meeting, 1, "One.")
    found = await world.reaches(relay, lambda found: found.state == "refused")
    assert found.trouble == "url_expired"
    asked = len(receiver.statuses)
    await world.say(meeting, 2, "Two.")

    receiver.expired = False
    receiver.query += "%20"
    await world.service.replace_url(meeting, relay.id, url=world.url(kind), account=ANN)

    assert await world.shown(kind, 1) == ["Two."]
    assert receiver.statuses[asked:] == [200]


async def test_refused_packet_that_zoom_counts_all_the_same_is_not_sent_again(world: World) -> None:
    meeting = await world.meeting()
    await world.add(meeting, "zoom")
    zoom(world).faults.append(Fault(status=403, taken=True))
    world.start()

    await world.say(meeting, 1, "One.")
    await world.say(meeting, 2, "Two.")

    assert await world.shown("zoom", 2) == ["One.", "Two."]
    assert zoom(world).statuses == [403, 200]


async def test_number_that_the_receiver_does_not_like_is_corrected_by_its_own(world: World) -> None:
    meeting = await world.meeting()
    await world.add(meeting, "zoom")
    zoom(world).started = False  # so that its number cannot be asked for yet
    zoom(world).last = 40  # another program used the URL before
    world.start()
    await world.say(meeting, 1, "One.")
    await asyncio.wait_for(zoom(world).requests(1), 10)
    zoom(world).started = True

    assert await world.shown("zoom", 1) == ["One."]
    assert zoom(world).shown[0].number == 41


async def test_relay_that_is_added_late_begins_with_what_is_said_from_then_on(world: World) -> None:
    meeting = await world.meeting()
    await world.say(meeting, 1, "Before.")
    await world.add(meeting, "zoom")
    world.start()

    await world.say(meeting, 2, "After.")

    assert await world.shown("zoom", 1) == ["After."]


async def test_caption_corrected_after_it_was_sent_is_not_sent_again(world: World) -> None:
    meeting = await world.meeting()
    await world.add(meeting, "zoom")
    world.start()
    await world.say(meeting, 1, "One.")
    await world.shown("zoom", 1)

    await world.meetings.correct(meeting, seq=1, lang="en", text="Won.", rev=1, account=ANN)
    await world.say(meeting, 2, "Two.")

    assert await world.shown("zoom", 2) == ["One.", "Two."]


async def test_caption_corrected_before_it_was_sent_goes_out_corrected_and_in_order(world: World) -> None:
    meeting = await world.meeting()
    await world.add(meeting, "zoom")
    await world.say(meeting, 1, "One.")
    await world.say(meeting, 2, "Two.")
    await world.meetings.correct(meeting, seq=1, lang="en", text="Won.", rev=1, account=ANN)

    world.start()

    assert await world.shown("zoom", 2) == ["Won.", "Two."]


async def test_translation_is_sent_in_its_language_with_zooms_own_label(world: World) -> None:
    meeting = await world.meeting("ja")
    await world.add(meeting, "zoom", "ja")
    await world.say(meeting, 1, "One.")
    await world.meetings.correct(meeting, seq=1, lang="ja", text="一つ目です。", rev=0, account=ANN)

    world.start()

    assert await world.shown("zoom", 1) == ["一つ目です。"]
    assert zoom(world).shown[0].language == "jp-JP"


async def test_easy_japanese_falls_back_to_japanese(world: World) -> None:
    meeting = await world.meeting("ja-Hira")
    await world.add(meeting, "zoom", "ja-Hira")
    await world.say(meeting, 1, "One.")
    await world.meetings.correct(meeting, seq=1, lang="ja", text="避難してください。", rev=0, account=ANN)
    await world.say(meeting, 2, "Two.")
    await world.meetings.correct(meeting, seq=2, lang="ja", text="高台へ。", rev=0, account=ANN)
    await world.meetings.correct(meeting, seq=2, lang="ja-Hira", text="たかい ところへ。", rev=0, account=ANN)

    world.start()

    assert await world.shown("zoom", 2) == ["避難してください。", "たかい ところへ。"]


async def test_translation_that_comes_too_late_is_left_out(world: World) -> None:
    meeting = await world.meeting("ja")
    relay = await world.add(meeting, "zoom", "ja")
    world.start()
    await world.say(meeting, 1, "One.")
    world.clock.advance(31)

    await world.meetings.correct(meeting, seq=1, lang="ja", text="一。", rev=0, account=ANN)
    await world.reaches(relay, lambda found: found.skipped == 1)
    await world.say(meeting, 2, "Two.")
    await world.meetings.correct(meeting, seq=2, lang="ja", text="二。", rev=0, account=ANN)

    assert await world.shown("zoom", 1) == ["二。"]


async def test_when_more_than_four_wait_the_newest_two_are_kept(world: World) -> None:
    meeting = await world.meeting()
    relay = await world.add(meeting, "zoom")
    for seq in range(1, 6):
        await world.say(meeting, seq, f"Sentence {seq}.")

    world.start()

    assert await world.shown("zoom", 2) == ["Sentence 4.", "Sentence 5."]
    assert (await world.relay(relay)).skipped == 3


async def test_limits_of_waiting_are_options(world: World) -> None:
    meeting = await world.meeting()
    await world.add(meeting, "zoom")
    for seq in range(1, 6):
        await world.say(meeting, seq, f"Sentence {seq}.")

    world.start(plan=PlanOptions(waiting=5))

    assert len(await world.shown("zoom", 5)) == 5


async def test_slow_receiver_holds_up_nobody_else(world: World) -> None:
    meeting = await world.meeting()
    for kind in KINDS:
        await world.add(meeting, kind)
    fault = Fault(how="wait")
    zoom(world).faults.append(fault)
    world.start(delivery=replace(QUICK.delivery, request_s=4.0))

    for seq in (1, 2, 3):
        await world.say(meeting, seq, f"Sentence {seq}.")
        await world.shown("teams", seq)
        await world.shown("youtube", seq)
    assert zoom(world).shown == []

    fault.until.set()
    assert await world.shown("zoom", 3) == ["Sentence 1.", "Sentence 2.", "Sentence 3."]
    assert zoom(world).violations == []


async def test_pause_holds_captions_back_and_going_on_does_not_send_them(world: World) -> None:
    meeting = await world.meeting()
    relay = await world.add(meeting, "zoom")
    world.start()
    await world.say(meeting, 1, "One.")
    await world.shown("zoom", 1)

    await world.service.move(meeting, relay.id, state="paused", account=ANN)
    await world.say(meeting, 2, "Two.")
    await world.service.move(meeting, relay.id, state="on", account=ANN)
    await world.say(meeting, 3, "Three.")

    assert await world.shown("zoom", 2) == ["One.", "Three."]


async def test_removed_relay_sends_nothing_more(world: World) -> None:
    meeting = await world.meeting()
    relay = await world.add(meeting, "zoom")
    await world.add(meeting, "teams")
    world.start()
    await world.say(meeting, 1, "One.")
    await world.shown("zoom", 1)

    await world.service.remove(meeting, relay.id, account=ANN)
    await world.say(meeting, 2, "Two.")
    await world.shown("teams", 2)

    assert [one.text for one in zoom(world).shown] == ["One."]


# Restarts and several processes


@pytest.mark.parametrize("taken", [True, False])
async def test_process_killed_while_zoom_answers_neither_repeats_nor_skips(
    any_world: World, taken: bool
) -> None:
    meeting = await any_world.meeting()
    await any_world.add(meeting, "zoom")
    receiver = zoom(any_world)
    first = any_world.start(delivery=replace(QUICK.delivery, request_s=4.0))
    await any_world.say(meeting, 1, "One.")
    await any_world.shown("zoom", 1)
    receiver.faults.append(Fault(how="hang", taken=taken))
    await any_world.say(meeting, 2, "Two.")
    await asyncio.wait_for(receiver.requests(2), 10)

    await first.kill()
    await any_world.say(meeting, 3, "Three.")
    any_world.clock.advance(21)  # the dead process's lease runs out
    any_world.start()

    assert await any_world.shown("zoom", 3) == ["One.", "Two.", "Three."]
    assert [one.number for one in receiver.shown] == [1, 2, 3]


async def test_lease_of_a_living_process_is_respected(any_world: World) -> None:
    meeting = await any_world.meeting()
    await any_world.add(meeting, "teams")
    any_world.start()
    await any_world.say(meeting, 1, "One.")
    await any_world.shown("teams", 1)
    any_world.start()

    for seq in range(2, 12):
        any_world.clock.advance(9)
        await any_world.say(meeting, seq, f"Sentence {seq}.")
        await any_world.shown("teams", seq)

    receiver = any_world.receivers["teams"]
    assert len(receiver.shown) == 11
    assert receiver.violations == []
    assert [len(process.relays._senders) for process in any_world.processes] == [1, 0]


async def test_relay_is_free_for_others_only_when_its_lease_has_run_out(any_world: World) -> None:
    meeting = await any_world.meeting()
    relay = await any_world.add(meeting, "zoom")
    now = any_world.clock.now()
    until = now + dt.timedelta(seconds=20)
    taken = []
    for lease, after_s in (("first", 0), ("second", 19.9), ("third", 20)):
        async with any_world.database.write() as connection:
            moment = now + dt.timedelta(seconds=after_s)
            found = await store.claim(connection, lease, now=moment, until=until, limit=5)
        taken.append([one.id for one in found])

    assert taken == [[relay.id], [], [relay.id]]


async def test_process_that_lost_its_lease_writes_nothing(world: World) -> None:
    meeting = await world.meeting()
    relay = await world.add(meeting, "zoom")
    now = world.clock.now()
    async with world.database.write() as connection:
        await store.claim(connection, "first", now=now, until=now, limit=1)
    async with world.database.write() as connection:
        later = now + dt.timedelta(seconds=20)
        assert len(await store.claim(connection, "second", now=now, until=later, limit=1)) == 1
    async with world.database.write() as connection:
        assert await store.settle(connection, relay, "first", number=9) is None
        assert await store.hold(connection, relay.id, "first", until=later) is None

    assert (await world.relay(relay)).number == 0


async def test_process_that_stops_in_order_gives_its_relays_back_at_once(any_world: World) -> None:
    meeting = await any_world.meeting()
    await any_world.add(meeting, "zoom")
    first = any_world.start()
    await any_world.say(meeting, 1, "One.")
    await any_world.shown("zoom", 1)

    await first.tasks.close()
    await first.relays.close()
    any_world.start()
    await any_world.say(meeting, 2, "Two.")

    assert await any_world.shown("zoom", 2) == ["One.", "Two."]


async def test_stopping_waits_for_the_packet_in_hand(world: World) -> None:
    meeting = await world.meeting()
    relay = await world.add(meeting, "teams")
    fault = Fault(how="wait")
    world.receivers["teams"].faults.append(fault)
    process = world.start(delivery=replace(QUICK.delivery, request_s=4.0))
    await world.say(meeting, 1, "One.")
    await asyncio.wait_for(world.receivers["teams"].requests(1), 10)

    async with asyncio.TaskGroup() as group:
        group.create_task(process.relays.close(grace_s=10))
        fault.until.set()

    assert (await world.relay(relay)).sent == 1


async def test_captions_said_while_nobody_sent_are_sent_by_the_next_process(world: World) -> None:
    meeting = await world.meeting()
    await world.add(meeting, "youtube")
    await world.say(meeting, 1, "One.")
    await world.say(meeting, 2, "Two.")

    world.start()

    assert await world.shown("youtube", 2) == ["One.", "Two."]


async def test_process_takes_no_more_relays_than_it_may(world: World) -> None:
    meeting = await world.meeting()
    await world.add(meeting, "zoom")
    world.clock.advance(1)
    await world.add(meeting, "teams")
    first = world.start(senders=1)
    await world.say(meeting, 1, "One.")
    await world.shown("zoom", 1)
    assert len(first.relays._senders) == 1
    assert world.receivers["teams"].shown == []

    world.start(senders=1)
    assert await world.shown("teams", 1) == ["One."]


# Clocks and secrets


async def test_youtube_times_follow_youtubes_clock_after_its_first_answer(world: World) -> None:
    meeting = await world.meeting()
    relay = await world.add(meeting, "youtube")
    receiver = world.receivers["youtube"]
    receiver._skew_s = 12.5
    world.start()
    await world.say(meeting, 1, "One.")
    await world.reaches(relay, lambda found: found.sent == 1)
    await world.say(meeting, 2, "Two.")
    await world.shown("youtube", 2)

    said = world.clock.now() - dt.timedelta(seconds=1.5)  # the length of a test segment
    assert [one.at for one in receiver.shown] == [said, said + dt.timedelta(seconds=12.5)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", ["ok", "cut", "hang", "status", "redirect", "expired"])
async def test_nothing_of_the_url_is_logged(
    world: World, kind: Kind, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    caplog.set_level("WARNING", "aiosqlite")  # as core.log.set_up has it
    meeting = await world.meeting()
    receiver = world.receivers[kind]
    with capture_logs() as logs:
        relay = await world.add(meeting, kind)
        receiver.expired = fault == "expired"
        if fault in ("cut", "hang", "status"):
            receiver.faults.extend([Fault(how=fault)] * 3)  # type: ignore[arg-type]
        if fault == "redirect":
            receiver.faults.append(Fault(status=307, location=world.url(kind)))
        world.start()
        await world.say(meeting, 1, "One.")
        await world.reaches(relay, lambda found: found.sent + found.skipped > 0)
        await world.service.remove(meeting, relay.id, account=ANN)

    told = repr(logs) + caplog.text + repr(relay)
    secrets = [part.partition("=")[2] for part in receiver.query.split("&")]
    assert [secret for secret in (*secrets, receiver.query) if len(secret) > 5 and secret in told] == []
    assert "relay_added" in told


async def test_redirect_is_not_followed(world: World) -> None:
    meeting = await world.meeting()
    relay = await world.add(meeting, "zoom")
    zoom(world).faults.extend([Fault(status=307, location=world.url("teams"))] * 7)
    world.start()

    await world.say(meeting, 1, "One.")

    assert (await world.reaches(relay, lambda found: found.skipped == 1)).trouble == "redirected"
    assert world.receivers["teams"].statuses == []


async def test_receiver_that_is_not_there_is_told(world: World) -> None:
    meeting = await world.meeting()
    relay = await world.service.add(
        meeting,
        kind="teams",
        language="en",
        url="http://127.0.0.1:9/cartcaption?meetingid=1&token=2",
        account=ANN,
    )
    world.start()
    await world.say(meeting, 1, "One.")

    assert (await world.reaches(relay, lambda found: found.skipped == 1)).trouble == "unreachable"


async def stored_urls(world: World) -> list[str | None]:
    async with world.database.read() as connection:
        return list(await connection.scalars(sa.select(store.relays_table.c.url)))


async def test_url_is_deleted_an_hour_after_the_meeting(any_world: World) -> None:
    meeting = await any_world.meeting()
    relay = await any_world.add(meeting, "zoom")
    await any_world.meetings.end(meeting)
    any_world.clock.advance(3599)
    any_world.start()
    await any_world.shown("zoom", 0)
    assert any_world.url("zoom") in await stored_urls(any_world)

    any_world.clock.advance(62)
    found = await any_world.reaches(relay, lambda found: found.state == "refused")

    assert found.trouble == "url_deleted"
    assert any_world.url("zoom") not in await stored_urls(any_world)


async def test_url_of_a_meeting_that_never_ends_is_deleted_after_a_week(world: World) -> None:
    meeting = await world.meeting()
    relay = await world.add(meeting, "zoom")
    world.clock.advance(7 * 86400 + 1)
    world.start()

    await world.reaches(relay, lambda found: found.state == "refused")

    assert await stored_urls(world) == [None]


async def test_last_captions_of_a_meeting_still_go_out_after_its_end(world: World) -> None:
    meeting = await world.meeting()
    await world.add(meeting, "zoom")
    await world.meetings.commit_segment(meeting, segment(1, "Thank you."))
    await world.meetings.end(meeting)

    world.start()

    assert await world.shown("zoom", 1) == ["Thank you."]


async def test_relay_is_a_reader_of_its_language(world: World) -> None:
    meeting = await world.meeting("ja")
    await world.add(meeting, "zoom", "ja")
    process = world.start()
    async with asyncio.timeout(10):
        while not process.relays.watched():  # noqa: ASYNC110 -- nothing tells
            await asyncio.sleep(0.01)

    assert process.relays.watched() == {meeting: {"ja"}}
