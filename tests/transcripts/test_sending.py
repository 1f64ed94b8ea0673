"""The sender for other programs against the real service: cuts, restarts, refusals, back-pressure."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st

from core.clock import SystemClock
from core.errors import InvalidInput, Unavailable
from tests.transcripts.conftest import Build, Running, speech
from transcripts.sending import SendOptions, SoundSender, Tape, Target, target
from transcripts.service import NewMeeting

LONGER = 13.0
QUICK = SendOptions(most_pause_s=0.05)


@pytest.mark.parametrize(
    ("address", "token", "url", "found"),
    [
        ("https://c.example/meetings/abc", "t", "wss://c.example/meetings/abc/audio", "t"),
        (
            "http://c.example:8080/meetings/abc/send?token=x%2Dy",
            "",
            "ws://c.example:8080/meetings/abc/audio",
            "x-y",
        ),
        ("wss://c.example/city/meetings/abc/audio", "t", "wss://c.example/city/meetings/abc/audio", "t"),
        ("https://c.example/meetings/abc/?token=old", "new", "wss://c.example/meetings/abc/audio", "new"),
    ],
)
def test_address_leads_to_the_websocket(address: str, token: str, url: str, found: str) -> None:
    assert target(address, token) == Target(url=url, token=found)


@pytest.mark.parametrize(
    "address",
    ["", "abc", "ftp://c.example/meetings/abc", "https://c.example/", "https://c.example/meetings/"],
)
def test_what_is_no_meeting_is_refused(address: str) -> None:
    with pytest.raises(InvalidInput, match="Give the address of a meeting"):
        target(address, "t")


def test_missing_token_is_refused() -> None:
    with pytest.raises(InvalidInput, match="--token"):
        target("https://c.example/meetings/abc", "")


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("add"), st.integers(1, 50)),
            st.tuples(st.just("arrive"), st.integers(0, 60)),
            st.tuples(st.just("store"), st.integers(0, 60)),
        ),
        max_size=80,
    )
)
def test_tape_is_bounded_and_never_loses_what_has_not_arrived(steps: list[tuple[str, int]]) -> None:
    tape, whole = Tape(200), b""
    for what, size in steps:
        if what == "add" and not tape.full:
            piece = random.Random(len(whole)).randbytes(2 * size)
            whole += piece
            tape.add(piece)
        elif what == "arrive":
            tape.arrived = min(tape.end, tape.arrived + size)
        else:
            tape.forget(min(tape.arrived, tape.first + size))
        assert tape.first <= tape.arrived or tape.first == 0
        assert tape.end - tape.first < 200 + 50
        kept = b""
        while piece := tape.after(tape.first + len(kept) // 2):
            kept += piece
        assert kept == whole[2 * tape.first : 2 * tape.end]


async def pieces(pcm: bytes, size: int = 6_400) -> AsyncIterator[bytes]:
    for at in range(0, len(pcm), size):
        yield pcm[at : at + size]


def address(site: Running, made: NewMeeting) -> Target:
    return target(site.url(f"/meetings/{made.meeting.id}"), made.sender_token)


def sender(where: Target, told: list[dict[str, Any]], options: SendOptions = QUICK) -> SoundSender:
    return SoundSender(where, clock=SystemClock(), tell=told.append, options=options)


async def said(site: Running, made: NewMeeting) -> list[str]:
    stored, _ = await site.service.transcript(made.meeting.id, ["en"])
    return " ".join(one.caption.text for one in stored).split()


EXPECTED = " ".join(speech(LONGER).sentences).split()


async def test_everything_is_stored_when_it_returns(build: Build) -> None:
    site = await build(seconds=LONGER)
    made = await site.meeting()
    told: list[dict[str, Any]] = []
    await sender(address(site, made), told).send(pieces(speech(LONGER).pcm))
    assert await said(site, made) == EXPECTED
    assert told[0] == {"type": "connected", "received_s": 0.0, "kept_s": told[0]["kept_s"]}
    assert told[-1] == {"type": "ended", "received_s": LONGER}


async def test_pieces_of_odd_length_are_put_together(build: Build) -> None:
    site = await build(seconds=LONGER)
    made = await site.meeting()
    await sender(address(site, made), []).send(pieces(speech(LONGER).pcm, 4_097))
    assert (await site.service.progress(made.meeting.id)).stored_samples == LONGER * 16_000


async def test_sound_of_no_length_just_ends(build: Build) -> None:
    site = await build(seconds=LONGER)
    made = await site.meeting()
    told: list[dict[str, Any]] = []
    await sender(address(site, made), told).send(pieces(b""))
    assert [event["type"] for event in told] == ["connected", "ended"]


class Cutting:
    """A way to the service that breaks off again and again, without a close message."""

    def __init__(self, port: int, *, cuts: int) -> None:
        self._port, self._cuts = port, cuts
        self.connections = 0
        self._chance = random.Random(5)

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        left = self._chance.randint(3_000, 90_000) if self.connections <= self._cuts else 10**9

        async def copy(source: asyncio.StreamReader, to: asyncio.StreamWriter, budget: int) -> None:
            while budget > 0 and (data := await source.read(4096)):
                to.write(data)
                await to.drain()
                budget -= len(data)

        try:
            async with asyncio.timeout(30):
                tasks = [copy(reader, back, left), copy(there, writer, 10**9)]
                await asyncio.wait(
                    [asyncio.get_running_loop().create_task(one) for one in tasks],
                    return_when="FIRST_COMPLETED",
                )
        finally:
            writer.transport.abort()
            back.transport.abort()


async def test_cuts_lose_nothing_and_double_nothing(build: Build) -> None:
    site = await build(seconds=LONGER)
    made = await site.meeting()
    way = Cutting(site.server.port or 0, cuts=8)
    proxy = await asyncio.start_server(way.carry, "127.0.0.1", 0)
    port = proxy.sockets[0].getsockname()[1]
    where = target(f"http://127.0.0.1:{port}/meetings/{made.meeting.id}", made.sender_token)
    told: list[dict[str, Any]] = []
    await sender(where, told).send(pieces(speech(LONGER).pcm))
    proxy.close()
    assert way.connections == 9
    assert told[-1] == {"type": "ended", "received_s": LONGER}
    assert await said(site, made) == EXPECTED


async def test_wrong_token_is_told_at_once(build: Build) -> None:
    site = await build(seconds=LONGER)
    made = await site.meeting()
    where = Target(url=address(site, made).url, token="wrong")
    with pytest.raises(InvalidInput, match="sender token"):
        await sender(where, []).send(pieces(bytes(3200)))


async def test_refusal_of_an_ended_meeting_is_told_in_its_own_words(build: Build) -> None:
    site = await build(seconds=LONGER)
    made = await site.meeting()
    await site.service.end(made.meeting.id)
    with pytest.raises(InvalidInput, match="has ended") as caught:
        await sender(address(site, made), []).send(pieces(bytes(3200)))
    assert caught.value.code == "conflict"


async def test_service_that_never_answers_is_given_up() -> None:
    gone = await asyncio.start_server(lambda reader, writer: writer.transport.abort(), "127.0.0.1", 0)
    port = gone.sockets[0].getsockname()[1]
    where = Target(url=f"ws://127.0.0.1:{port}/meetings/abc/audio", token="t")
    told: list[dict[str, Any]] = []
    with pytest.raises(Unavailable, match="too long"):
        await sender(where, told, SendOptions(give_up_s=0.1, most_pause_s=0.01)).send(pieces(bytes(3200)))
    gone.close()
    assert [event["type"] for event in told] == ["lost"]


async def test_no_more_is_taken_in_than_is_kept() -> None:
    """A service that takes a start and nothing else: the pipe then waits."""
    taken = 0

    async def silent(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        await socket.receive()
        await socket.send_json({"type": "ready", "received_samples": 0})
        async for _ in socket:
            pass
        return socket

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield bytes(32_000)
            await asyncio.sleep(0)

    app = web.Application()
    app.router.add_get("/meetings/abc/audio", silent)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    where = Target(url=str(server.make_url("/meetings/abc/audio")).replace("http", "ws"), token="t")
    running = asyncio.timeout(0.5)
    with pytest.raises(TimeoutError):
        async with running:
            await sender(where, [], SendOptions(keep_s=5.0)).send(endless())
    await server.close()
    assert taken <= 7


async def test_fault_of_the_sound_itself_is_told_after_what_came_before_is_stored(build: Build) -> None:
    site = await build(seconds=LONGER)
    made = await site.meeting()

    async def breaking() -> AsyncIterator[bytes]:
        yield speech(LONGER).pcm[: 2 * 32_000]
        raise InvalidInput("The file ends here.")

    with pytest.raises(InvalidInput, match="ends here"):
        await sender(address(site, made), []).send(breaking())
    assert (await site.service.progress(made.meeting.id)).stored_samples == 2 * 16_000
