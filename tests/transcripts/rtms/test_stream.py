"""Our client against the simulator: handshakes, keep-alive, cuts, refusals."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from core.clock import SystemClock
from core.errors import Conflict, InvalidInput, Unavailable
from core.tasks import Tasks
from tests.transcripts.rtms.conftest import CREDENTIALS, LOCAL, Simulate
from transcripts.rtms.address import check_server
from transcripts.rtms.protocol import (
    Credentials,
    Kind,
    Started,
    handshake,
    handshake_signature,
    is_over,
    media_url,
    plain_token_signature,
    sound_of,
    webhook_signature,
)
from transcripts.rtms.simulator import RtmsSimulator, described
from transcripts.rtms.stream import RtmsStream, StreamOptions

PCM = bytes(range(256)) * 1250  # 10 s


class Heard:
    """What the client hands on."""

    def __init__(self) -> None:
        self.pcm = bytearray()
        self.enough = asyncio.Event()
        self.wanted = 0

    async def feed(self, pcm: bytes) -> None:
        self.pcm += pcm
        if len(self.pcm) >= self.wanted:
            self.enough.set()

    async def until(self, size: int) -> None:
        self.wanted = size
        if len(self.pcm) < size:
            self.enough.clear()
            async with asyncio.timeout(10):
                await self.enough.wait()


def client(
    simulator: RtmsSimulator,
    heard: Heard,
    options: StreamOptions = LOCAL,
    credentials: Credentials = CREDENTIALS,
) -> RtmsStream:
    return RtmsStream(
        described(simulator), credentials=credentials, feed=heard.feed, clock=SystemClock(), options=options
    )


async def test_all_sound_arrives_and_no_rule_is_broken(simulate: Simulate) -> None:
    simulator, heard, tasks = await simulate(PCM), Heard(), Tasks()
    running = tasks.spawn("stream", client(simulator, heard).run())
    await heard.until(len(PCM))
    await simulator.terminate()
    await running
    assert bytes(heard.pcm) == PCM
    assert simulator.violations == []
    assert simulator.connections == 1


async def test_keep_alives_are_answered_on_both_connections(simulate: Simulate) -> None:
    simulator, heard, tasks = await simulate(PCM, speed=20.0, heartbeat_s=0.05), Heard(), Tasks()
    tasks.spawn("stream", client(simulator, heard).run())
    await heard.until(len(PCM))
    await tasks.close()
    assert simulator.alive >= 8
    assert simulator.violations == []


async def test_keep_alives_are_answered_while_recognition_is_behind(simulate: Simulate) -> None:
    simulator, tasks, gate = await simulate(PCM, heartbeat_s=0.05), Tasks(), asyncio.Event()

    async def stuck(pcm: bytes) -> None:
        await gate.wait()

    heard = Heard()
    stream = RtmsStream(
        described(simulator), credentials=CREDENTIALS, feed=stuck, clock=SystemClock(), options=LOCAL
    )
    tasks.spawn("stream", stream.run())
    async with asyncio.timeout(10):
        await simulator.finished.wait()
        while simulator.alive < 8:  # noqa: ASYNC110 -- the simulator counts
            await asyncio.sleep(0.01)
    await tasks.close()
    assert (simulator.violations, bytes(heard.pcm)) == ([], b"")


async def test_cut_is_mended_and_sound_goes_on(simulate: Simulate) -> None:
    simulator, heard, tasks = await simulate(PCM, speed=20.0), Heard(), Tasks()
    running = tasks.spawn("stream", client(simulator, heard).run())
    for part in (1, 2, 3):
        await heard.until(part * len(PCM) // 5)
        await simulator.drop()
    async with asyncio.timeout(10):
        await simulator.finished.wait()
    await asyncio.sleep(0)
    await simulator.terminate()
    await running
    assert simulator.connections == 4
    assert bytes(heard.pcm[-32_000:]) == PCM[-32_000:]
    assert len(PCM) - len(heard.pcm) <= 3 * 64_000  # what was on its way at a cut is gone
    assert simulator.violations == []


async def test_refused_handshake_is_tried_again(simulate: Simulate) -> None:
    simulator, heard, tasks = await simulate(PCM), Heard(), Tasks()
    simulator.refuse = 16
    running = tasks.spawn("stream", client(simulator, heard).run())
    await heard.until(len(PCM))
    await simulator.terminate()
    await running
    assert bytes(heard.pcm) == PCM


async def test_wrong_secret_is_given_up(simulate: Simulate) -> None:
    simulator = await simulate(PCM)
    wrong = replace(CREDENTIALS, client_secret="another")
    with pytest.raises(Unavailable, match="cannot be reached"):
        await client(simulator, Heard(), replace(LOCAL, give_up_s=0.1), wrong).run()
    assert set(simulator.violations) == {"the signature does not fit"}


async def test_server_that_says_nothing_is_given_up(simulate: Simulate) -> None:
    silent = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    started = Started(meeting_uuid="u", stream_id="s", server_urls=(f"ws://127.0.0.1:{port}/",))
    options = replace(LOCAL, give_up_s=0.1)
    stream = RtmsStream(
        started, credentials=CREDENTIALS, feed=Heard().feed, clock=SystemClock(), options=options
    )
    silent.close()
    with pytest.raises(Unavailable):
        await stream.run()


async def test_meeting_that_takes_no_sound_ends_the_stream(simulate: Simulate) -> None:
    async def refuse(pcm: bytes) -> None:
        raise Conflict("This meeting has ended.")

    simulator = await simulate(PCM)
    stream = RtmsStream(
        described(simulator), credentials=CREDENTIALS, feed=refuse, clock=SystemClock(), options=LOCAL
    )
    with pytest.raises(Conflict):
        await stream.run()


async def test_media_server_elsewhere_is_not_followed(simulate: Simulate) -> None:
    simulator = await simulate(PCM)
    inside = simulator.base
    started = described(simulator)
    simulator.base = "ws://169.254.169.254"
    options = replace(LOCAL, give_up_s=0.05)
    stream = RtmsStream(
        replace(started, server_urls=(f"{inside}/signaling",)),
        credentials=CREDENTIALS,
        feed=Heard().feed,
        clock=SystemClock(),
        options=options,
    )
    with pytest.raises(Unavailable):
        await stream.run()
    assert simulator.connections == 0


@pytest.mark.parametrize(
    "url", ["wss://rtms-sjc1.zoom.us/signal", "wss://a.b.zoom.us:8443/x?y=1", "wss://ap.zoomgov.com"]
)
def test_servers_of_zoom_are_taken(url: str) -> None:
    assert check_server(url, StreamOptions().hosts) == url


@pytest.mark.parametrize(
    "url",
    [
        "ws://rtms.zoom.us/",
        "https://rtms.zoom.us/",
        "wss://zoom.us.evil.example/",
        "wss://evilzoom.us/",
        "wss://rtms.zoom.us@evil.example/",
        "wss://user@rtms.zoom.us/",
        "wss://127.0.0.1/",
        "wss://[::1]/",
        "wss://rtms.zoom.us:port/",
        "wss://" + "a" * 500 + ".zoom.us/",
        "",
    ],
)
def test_other_servers_are_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="ZOOM__RTMS_HOSTS"):
        check_server(url, StreamOptions().hosts)


def test_signatures_are_those_of_the_documentation() -> None:
    """HMAC-SHA256, worked out by another program (openssl dgst -sha256 -hmac)."""
    assert handshake_signature(CREDENTIALS, "uuid==", "stream") == SIGNED["handshake"]
    assert webhook_signature("a token", "1700000000", b'{"a":1}') == "v0=" + SIGNED["webhook"]
    assert plain_token_signature("a token", "plain") == SIGNED["plain"]


SIGNED = {
    "handshake": "4ef1f87493c155c1a5a30fc35cefad51e63cf1be73aa64355b1a7b0b44368399",
    "webhook": "74618d756606d87f9d3952ce541a3967b1c344b1534c9f138dd94169f99cf1c4",
    "plain": "53bc34b85bb3bf81e1a5891e1eb6946577946266476d60713b1500bb73030a57",
}


def test_handshakes_ask_for_mixed_raw_sound() -> None:
    started = Started(meeting_uuid="u", stream_id="s", server_urls=())
    signaling = handshake(Kind.SIGNALING_REQUEST, started, CREDENTIALS)
    media = handshake(Kind.MEDIA_REQUEST, started, CREDENTIALS)
    assert (signaling["msg_type"], "media_params" in signaling) == (1, False)
    assert (media["msg_type"], media["media_type"], media["payload_encryption"]) == (3, 1, False)
    assert media["media_params"]["audio"]["data_opt"] == 1
    assert json.dumps(media)


@pytest.mark.parametrize(
    ("answer", "url"),
    [
        ({"media_server": {"server_urls": {"audio": "wss://a", "all": "wss://b"}}}, "wss://a"),
        ({"media_server": {"server_urls": {"all": "wss://b"}}}, "wss://b"),
        ({"media_server": {"server_urls": "wss://c, wss://d"}}, "wss://c"),
        ({"media_server": {"server_urls": {"audio": 7}}}, ""),
        ({"media_server": []}, ""),
        ({}, ""),
    ],
)
def test_media_server_is_found_in_every_form(answer: dict[str, object], url: str) -> None:
    assert media_url(answer) == url


@pytest.mark.parametrize(
    ("content", "pcm"),
    [
        ({"data": "AAAA"}, None),  # three bytes: half a sample
        ({"data": "AAAAAA=="}, bytes(4)),
        ({"data": "!!!!"}, None),
        ({"data": ""}, None),
        ({"data": 7}, None),
        ("text", None),
        ({"data": "A" * 200_000}, None),
    ],
)
def test_only_whole_samples_are_sound(content: object, pcm: bytes | None) -> None:
    assert sound_of({"msg_type": 14, "content": content}) == pcm


def test_only_a_terminated_stream_is_over() -> None:
    assert is_over({"msg_type": 8, "state": 4})
    assert not is_over({"msg_type": 8, "state": 2})
    assert not is_over({"msg_type": 9, "state": 4})


def test_secrets_are_not_printed() -> None:
    assert "secret" not in repr(CREDENTIALS)


async def test_time_away_counts_from_the_cut_and_not_from_the_beginning(simulate: Simulate) -> None:
    """A stream that ran for longer than a connection may be away is not given up at its first cut."""
    simulator, heard, tasks = await simulate(PCM, speed=20.0), Heard(), Tasks()
    running = tasks.spawn("stream", client(simulator, heard, replace(LOCAL, give_up_s=0.2)).run())
    await heard.until(len(PCM) * 4 // 5)  # 0.4 s
    await simulator.drop()
    async with asyncio.timeout(10):
        await simulator.finished.wait()
    await simulator.terminate()
    await running
    assert simulator.connections == 2
