"""What every sink promises, each against its simulator; and what is peculiar to one."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace

import aiohttp
import pytest
from yarl import URL

from tests.transcripts.relays.conftest import World
from transcripts.relays.model import KINDS, CaptionUrl, Kind, Packet
from transcripts.relays.simulators import Fault
from transcripts.relays.sink import Receipt, UrlRefused
from transcripts.relays.sinks import make_sinks
from transcripts.relays.sinks.http import CaptionHttp, server_time
from transcripts.relays.sinks.youtube import cue
from translation.languages import languages

AT = dt.datetime(2026, 11, 2, 0, 30, tzinfo=dt.UTC)
ONE = Packet(number=1, text="One.", language="en", at=AT)

every_kind = pytest.mark.parametrize("kind", KINDS)


async def send(world: World, kind: Kind, packet: Packet = ONE, *, timeout_s: float = 5.0) -> Receipt:
    return await world.sinks[kind].send(CaptionUrl(world.url(kind)), packet, timeout_s=timeout_s)


@every_kind
async def test_taken_packet_is_shown_as_it_is(world: World, kind: Kind) -> None:
    text = "市民の皆さん、ñ & <b> 100 % “ok” +1"
    receipt = await send(world, kind, replace(ONE, text=text))

    expected = text.replace("<", "‹").replace(">", "›") if kind == "youtube" else text
    assert receipt.outcome == "shown"
    assert [one.text for one in world.receivers[kind].shown] == [expected]
    assert world.receivers[kind].violations == []


@every_kind
@pytest.mark.parametrize("status", [404, 405, 429, 500, 502, 503])
async def test_error_that_says_not_taken_may_be_sent_again(world: World, kind: Kind, status: int) -> None:
    world.receivers[kind].faults.append(Fault(status=status))

    assert (await send(world, kind)).outcome == "again"


@every_kind
@pytest.mark.parametrize("status", [408, 504])
async def test_receiver_that_timed_out_may_have_taken_it(world: World, kind: Kind, status: int) -> None:
    world.receivers[kind].faults.append(Fault(status=status))

    assert await send(world, kind) == Receipt(outcome="unclear", trouble="server_error")


@every_kind
async def test_cut_connection_is_unclear(world: World, kind: Kind) -> None:
    world.receivers[kind].faults.append(Fault(how="cut"))

    assert await send(world, kind) == Receipt(outcome="unclear", trouble="no_answer")


@every_kind
async def test_receiver_that_does_not_answer_is_left_in_time(world: World, kind: Kind) -> None:
    world.receivers[kind].faults.append(Fault(how="hang"))

    assert await send(world, kind, timeout_s=0.1) == Receipt(outcome="unclear", trouble="no_answer")


@every_kind
@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirect_is_not_followed(world: World, kind: Kind, status: int) -> None:
    other: Kind = "teams" if kind != "teams" else "zoom"
    world.receivers[kind].faults.append(Fault(status=status, location=world.url(other)))

    assert await send(world, kind) == Receipt(outcome="again", trouble="redirected")
    assert world.receivers[other].statuses == []


@every_kind
async def test_meeting_that_has_not_begun_may_begin(world: World, kind: Kind) -> None:
    world.receivers[kind].started = False

    assert await send(world, kind) == Receipt(outcome="again", trouble="not_started")


@every_kind
async def test_expired_url_is_told(world: World, kind: Kind) -> None:
    world.receivers[kind].expired = True

    outcome = "refused" if kind == "teams" else "misnumbered"
    assert await send(world, kind) == Receipt(outcome=outcome, trouble="url_expired")  # type: ignore[arg-type]


@every_kind
async def test_private_address_is_not_connected_to(world: World, kind: Kind) -> None:
    http = CaptionHttp()
    hosts = ("localhost",)
    sink = make_sinks(http, zoom_hosts=hosts, teams_hosts=hosts, youtube_hosts=hosts)[kind]
    url = CaptionUrl(world.url(kind).replace("127.0.0.1", "localhost"))
    try:
        receipt = await sink.send(url, ONE, timeout_s=5.0)
    finally:
        await http.close()

    assert receipt == Receipt(outcome="again", trouble="forbidden_address")
    assert world.receivers[kind].statuses == []


@pytest.mark.parametrize("kind", ["zoom", "youtube"])
async def test_repeated_number_is_taken_and_shown_once(world: World, kind: Kind) -> None:
    receipts = [(await send(world, kind)).outcome for _ in range(3)]

    assert receipts == ["shown"] * 3
    assert len(world.receivers[kind].shown) == 1


@pytest.mark.parametrize("kind", ["zoom", "youtube"])
async def test_answer_tells_the_receivers_clock(world: World, kind: Kind) -> None:
    world.receivers[kind]._skew_s = 3.25

    assert (await send(world, kind)).clock == world.clock.now() + dt.timedelta(seconds=3.25)


async def test_zoom_tells_the_last_number(world: World) -> None:
    sink, url = world.sinks["zoom"], CaptionUrl(world.url("zoom"))
    assert await sink.last_accepted(url, timeout_s=5.0) == 0
    await send(world, "zoom", replace(ONE, number=7))
    assert await sink.last_accepted(url, timeout_s=5.0) == 7

    world.receivers["zoom"].started = False
    assert await sink.last_accepted(url, timeout_s=5.0) is None
    world.receivers["zoom"].started = True
    world.receivers["zoom"].expired = True
    with pytest.raises(UrlRefused):
        await sink.last_accepted(url, timeout_s=5.0)


@pytest.mark.parametrize("kind", ["teams", "youtube"])
async def test_the_others_tell_no_number(world: World, kind: Kind) -> None:
    assert await world.sinks[kind].last_accepted(CaptionUrl(world.url(kind)), timeout_s=5.0) is None


@pytest.mark.parametrize("tag", sorted(languages()))
async def test_every_language_has_a_label_that_zoom_takes(world: World, tag: str) -> None:
    await send(world, "zoom", replace(ONE, language=tag))

    assert world.receivers["zoom"].violations == []


def test_youtube_body_has_time_region_and_line_breaks_of_its_own() -> None:
    packet = Packet(
        number=1, text="First line\nsecond line", language="en", at=AT + dt.timedelta(seconds=1.2345)
    )

    assert cue(packet) == "2026-11-02T00:30:01.234 region:reg1#cue1\nFirst line<br>second line\n"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("2026-11-02T00:30:00.000", AT),
        ("2026-11-02T09:30:00+09:00", AT),
        ("2026-11-02T00:30:00Z", AT),
        ("ok", None),
        ("", None),
    ],
)
def test_server_time_is_utc_unless_it_says_otherwise(body: str, expected: dt.datetime | None) -> None:
    assert server_time(body) == expected


# The simulators check what the receivers check


@every_kind
async def test_simulator_refuses_what_is_not_text(world: World, kind: Kind) -> None:
    url = world.url(kind) + ("" if kind == "teams" else "&seq=1&lang=en-US")
    statuses = []
    async with aiohttp.ClientSession() as http:
        for body, headers in (
            (b"One.", {"Content-Type": "application/json"}),
            (b"text=One.", {"Content-Type": "application/x-www-form-urlencoded"}),
            (b"\xff\xfe", {"Content-Type": "text/plain"}),
            (b"", {"Content-Type": "text/plain"}),
            (b"x" * 1001, {"Content-Type": "text/plain"}),
            (b"x" * 9000, {"Content-Type": "text/plain"}),
        ):
            async with http.post(URL(url, encoded=True), data=body, headers=headers) as answer:
                statuses.append(answer.status)
        async with http.get(URL(url, encoded=True)) as answer:
            statuses.append(answer.status)

    assert statuses == [400, 400, 400, 400, 400, 413, 405]
    assert world.receivers[kind].shown == []


@pytest.mark.parametrize("query", ["", "&seq=x", "&seq=0", "&seq=-1"])
async def test_simulated_zoom_wants_a_number(world: World, query: str) -> None:
    async with (
        aiohttp.ClientSession() as http,
        http.post(
            URL(world.url("zoom") + query, encoded=True), data=b"x", headers={"Content-Type": "text/plain"}
        ) as answer,
    ):
        assert answer.status == 403


async def test_simulated_zoom_refuses_a_number_that_is_past(world: World) -> None:
    await send(world, "zoom", replace(ONE, number=5))

    assert (await send(world, "zoom", replace(ONE, number=4))).outcome == "misnumbered"


async def test_simulator_notes_another_text_under_the_same_number(world: World) -> None:
    await send(world, "zoom")
    await send(world, "zoom", replace(ONE, text="Two."))

    assert world.receivers["zoom"].violations == ["another text under the same number"]


async def test_simulator_notes_what_is_too_long_for_readers(world: World) -> None:
    await send(world, "teams", replace(ONE, text="x" * 121))
    await send(world, "zoom", replace(ONE, text="a\nb\nc"))

    assert world.receivers["teams"].violations == ["a line of 121 characters"]
    assert world.receivers["zoom"].violations == ["more than two lines"]


async def test_simulator_notes_two_requests_at_the_same_time(world: World) -> None:
    fault = Fault(how="wait")
    world.receivers["zoom"].faults.append(fault)

    async def second() -> None:
        await world.receivers["zoom"].requests(1)
        await send(world, "zoom", replace(ONE, number=2))
        fault.until.set()

    await asyncio.gather(send(world, "zoom"), second())

    assert world.receivers["zoom"].violations == ["two requests at the same time"]


async def test_simulated_youtube_leaves_out_captions_that_are_far_from_its_time(world: World) -> None:
    await send(world, "youtube", replace(ONE, at=AT - dt.timedelta(seconds=61)))

    assert world.receivers["youtube"].shown == []
    assert world.receivers["youtube"].violations == ["the time is far from the server's"]


async def test_simulated_teams_refuses_a_url_that_was_changed(world: World) -> None:
    url = CaptionUrl(world.url("teams").replace("%7b", "{"))

    assert (await world.sinks["teams"].send(url, ONE, timeout_s=5.0)).outcome == "refused"
