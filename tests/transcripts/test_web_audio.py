"""Audio over the WebSocket, as docs/protocol.md says: real voice detection, words from a script."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError

from tests.transcripts.conftest import Build, Running, captions, events, speech
from transcripts.service import NewMeeting
from transcripts.sources import SourceOptions
from transcripts.web import WebOptions

PIECE = 3_200  # bytes: 100 ms
SHORT = 4.5  # seconds of speech: the first sentence
LONGER = 13.0  # three sentences


async def connect(site: Running, made: NewMeeting, **start: object) -> ClientWebSocketResponse:
    """Connect with the sender token and, unless told otherwise, begin."""
    socket = await site.visitor.ws_connect(
        site.url(f"/meetings/{made.meeting.id}/audio"),
        headers={"Authorization": f"Bearer {made.sender_token}"},
    )
    await socket.send_json({"type": "start", "sender": "test", **start})
    return socket


async def answer(socket: ClientWebSocketResponse, kind: str) -> dict[str, Any]:
    """The next message of this kind; acknowledgements before it are skipped."""
    async with asyncio.timeout(20):
        while True:
            message = await socket.receive()
            assert message.type is WSMsgType.TEXT, message
            body: dict[str, Any] = json.loads(message.data)
            if body["type"] == kind:
                return body
            assert body["type"] == "ack", body


async def send(socket: ClientWebSocketResponse, pcm: bytes) -> None:
    for at in range(0, len(pcm), PIECE):
        await socket.send_bytes(pcm[at : at + PIECE])


async def texts(site: Running, made: NewMeeting) -> list[str]:
    stored, _ = await site.service.transcript(made.meeting.id, [made.meeting.language])
    return [one.caption.text for one in stored]


async def test_everything_said_is_stored_before_ended_is_answered(build: Build) -> None:
    site = await build(seconds=LONGER)
    made = await site.meeting()
    socket = await connect(site, made)
    assert await answer(socket, "ready") == {"type": "ready", "received_samples": 0}

    await send(socket, speech(LONGER).pcm)
    await socket.send_json({"type": "end"})
    ended = await answer(socket, "ended")

    assert ended["received_samples"] == LONGER * 16_000
    assert " ".join(await texts(site, made)).split() == " ".join(speech(LONGER).sentences).split()


async def test_viewer_sees_captions_while_they_are_spoken(build: Build) -> None:
    site = await build(seconds=LONGER)
    made = await site.meeting()
    async with site.visitor.get(site.url(f"/meetings/{made.meeting.id}/captions?lang=en")) as stream:
        socket = await connect(site, made)
        await answer(socket, "ready")
        await send(socket, speech(LONGER).pcm)
        first = (await captions(stream, 1))[0]
    await socket.close()
    assert first.data["seq"] == 1
    assert first.data["origin"] == "speech"
    assert speech(LONGER).sentences[0].startswith(first.data["text"])  # a long sentence may come in parts


async def test_partial_is_shown_to_readers_of_the_spoken_language(build: Build) -> None:
    site = await build(seconds=SHORT)
    made = await site.meeting()
    async with site.visitor.get(site.url(f"/meetings/{made.meeting.id}/captions")) as stream:
        socket = await connect(site, made)
        await answer(socket, "ready")
        await send(socket, speech(SHORT).pcm[: 3 * 32_000])
        async with asyncio.timeout(20):
            async for event in events(stream):
                if event.name == "partial":
                    break
    await socket.close()
    assert event.id == ""
    assert event.data["lang"] == "en"
    assert event.data["text"].startswith("Good")


async def test_acknowledgement_counts_samples_that_arrived(build: Build) -> None:
    site = await build(seconds=SHORT)
    made = await site.meeting()
    socket = await connect(site, made)
    await answer(socket, "ready")
    await send(socket, bytes(32_000))
    async with asyncio.timeout(20):
        first = await socket.receive_json()
        second = await socket.receive_json()
    assert (first["type"], first["received_samples"]) == ("ack", 8_000)
    assert (second["received_samples"], second["stored_samples"], second["behind_s"]) == (16_000, 0, 0.0)
    await socket.close()


async def test_sender_goes_on_from_the_last_sample_after_a_cut(build: Build) -> None:
    site = await build(seconds=LONGER)
    made = await site.meeting()
    pcm = speech(LONGER).pcm
    first = await connect(site, made)
    await answer(first, "ready")
    await send(first, pcm[: 6 * 32_000])
    await first.close()

    second = await connect(site, made, resume=0)
    ready = await answer(second, "ready")
    assert 0 < ready["received_samples"] <= 6 * 16_000
    await send(second, pcm[ready["received_samples"] * 2 :])
    await second.send_json({"type": "end"})
    ended = await answer(second, "ended")

    assert ended["received_samples"] == LONGER * 16_000
    assert " ".join(await texts(site, made)).split() == " ".join(speech(LONGER).sentences).split()


async def test_random_cuts_of_the_source_lose_and_double_nothing(build: Build) -> None:
    """Each time the connection is torn down in the middle, without a close message."""
    site = await build(seconds=LONGER)
    made = await site.meeting()
    pcm, chance = speech(LONGER).pcm, random.Random(3)
    at, cuts = 0, 0
    while at < len(pcm):
        socket = await connect(site, made, resume=0)
        at = (await answer(socket, "ready"))["received_samples"] * 2
        until = min(len(pcm), at + chance.randint(1, 60) * PIECE)
        await send(socket, pcm[at:until])
        if until == len(pcm):
            break
        connection = socket._response.connection  # aiohttp has no public way to tear a connection down
        assert connection is not None
        assert connection.transport is not None
        connection.transport.abort()
        cuts += 1
    await socket.send_json({"type": "end"})
    ended = await answer(socket, "ended")
    assert cuts > 3
    assert ended["received_samples"] == LONGER * 16_000
    assert " ".join(await texts(site, made)).split() == " ".join(speech(LONGER).sentences).split()


async def test_sender_takes_over_from_its_own_connection(build: Build) -> None:
    site = await build(seconds=SHORT)
    made = await site.meeting()
    first = await connect(site, made)
    await answer(first, "ready")
    second = await connect(site, made)
    await answer(second, "ready")

    await first.send_bytes(bytes(PIECE))
    refused = await answer(first, "error")

    assert refused["code"] == "conflict"
    await send(second, bytes(32_000))
    assert (await answer(second, "ack"))["received_samples"] == 8_000
    await second.close()


async def test_another_device_is_refused_while_one_is_sending(build: Build) -> None:
    site = await build(seconds=SHORT)
    made = await site.meeting()
    first = await connect(site, made)
    await answer(first, "ready")
    second = await connect(site, made, sender="other")
    assert (await answer(second, "error"))["code"] == "conflict"
    closing = await second.receive()
    assert (closing.type, second.close_code) == (WSMsgType.CLOSE, 1008)
    await first.close()


async def test_restart_continues_numbers_and_times(build: Build) -> None:
    pcm = speech(LONGER).pcm
    before = await build(seconds=LONGER)
    made = await before.meeting()
    socket = await connect(before, made)
    await answer(socket, "ready")
    async with before.visitor.get(before.url(f"/meetings/{made.meeting.id}/captions")) as stream:
        await send(socket, pcm[: 9 * 32_000])
        shown = await captions(stream, 1)
    await before.tasks.close()  # as a killed process: nothing is drained, and only what is stored is left
    left, _ = await before.service.transcript(made.meeting.id, ["en"])

    after = await build(seconds=LONGER)
    again = await connect(after, made, resume=0)
    ready = await answer(again, "ready")
    assert ready["received_samples"] == int(left[-1].caption.end * 16_000) < LONGER * 16_000
    await send(again, pcm[ready["received_samples"] * 2 :])
    await again.send_json({"type": "end"})
    await answer(again, "ended")

    stored, _ = await after.service.transcript(made.meeting.id, ["en"])
    assert [one.caption.seq for one in stored] == list(range(1, len(stored) + 1))
    assert stored[0].caption.text == shown[0].data["text"]
    heard = " ".join(one.caption.text for one in stored)
    # What follows the restart begins a segment, and with it perhaps a capital letter.
    assert heard.casefold().split() == " ".join(speech(LONGER).sentences).casefold().split()
    ends = [one.caption.end for one in stored]
    assert ends == sorted(ends)


async def test_audio_that_the_sender_no_longer_has_leaves_a_gap_in_time(build: Build) -> None:
    site = await build(seconds=SHORT)
    made = await site.meeting()
    socket = await connect(site, made, resume=160_000)
    assert (await answer(socket, "ready"))["received_samples"] == 160_000
    await socket.close()


async def test_source_that_stays_away_is_ended(build: Build) -> None:
    site = await build(seconds=SHORT, sources=SourceOptions(grace_s=0.0))
    made = await site.meeting()
    async with site.visitor.get(site.url(f"/meetings/{made.meeting.id}/captions")) as stream:
        socket = await connect(site, made)
        await answer(socket, "ready")
        await send(socket, speech(SHORT).pcm)
        await socket.close()
        found = await captions(stream, 1)
    assert found[0].data["text"] == speech(SHORT).sentences[0]


async def test_meeting_becomes_live_with_its_first_source(build: Build) -> None:
    site = await build(seconds=SHORT)
    made = await site.meeting()
    socket = await connect(site, made)
    await answer(socket, "ready")
    assert (await site.service.get(made.meeting.id)).state == "live"
    await socket.close()


async def test_one_meeting_too_many_is_refused_and_told_to_come_back(build: Build) -> None:
    site = await build(seconds=SHORT, sources=SourceOptions(meetings=1))
    first = await connect(site, await site.meeting())
    await answer(first, "ready")
    second = await connect(site, await site.meeting())
    refused = await answer(second, "error")
    closing = await second.receive()
    assert refused["code"] == "busy"
    assert refused["message"] == "This machine captions at most 1 meetings at once; end another one first."
    assert (closing.type, second.close_code) == (WSMsgType.CLOSE, 1013)
    await first.close()


async def test_place_of_an_ended_source_is_free_again(build: Build) -> None:
    site = await build(seconds=SHORT, sources=SourceOptions(meetings=1))
    first = await connect(site, await site.meeting())
    await answer(first, "ready")
    await first.send_json({"type": "end"})
    await answer(first, "ended")
    second = await connect(site, await site.meeting())
    assert await answer(second, "ready") == {"type": "ready", "received_samples": 0}
    await second.close()


async def test_ended_meeting_takes_no_audio(build: Build) -> None:
    site = await build(seconds=SHORT)
    made = await site.meeting()
    await site.service.end(made.meeting.id)
    socket = await connect(site, made)
    assert (await answer(socket, "error"))["code"] == "conflict"


async def test_language_that_the_model_does_not_hear_is_refused(build: Build) -> None:
    site = await build(seconds=SHORT)
    socket = await connect(site, await site.meeting(language="ja"))
    refused = await answer(socket, "error")
    assert (refused["code"], refused["message"]) == (
        "unavailable",
        "The speech model hears en, not ja; set a multilingual speech model.",
    )


async def handshake_status(site: Running, path: str, **headers: str) -> int:
    with pytest.raises(WSServerHandshakeError) as caught:
        await site.visitor.ws_connect(site.url(path), headers=headers)
    return caught.value.status


async def test_without_account_or_token_the_handshake_is_refused(site: Running) -> None:
    made = await site.meeting()
    assert await handshake_status(site, f"/meetings/{made.meeting.id}/audio") == 403


async def test_wrong_token_is_refused(site: Running) -> None:
    made, other = await site.meeting(), await site.meeting()
    path = f"/meetings/{made.meeting.id}/audio"
    assert await handshake_status(site, path, Authorization=f"Bearer {other.sender_token}") == 403
    assert await handshake_status(site, f"{path}?token=x") == 403


async def test_unknown_meeting_is_not_found(site: Running) -> None:
    assert await handshake_status(site, "/meetings/nothing/audio") == 404


async def test_page_of_another_site_is_refused_even_with_the_token(site: Running) -> None:
    made = await site.meeting()
    status = await handshake_status(
        site,
        f"/meetings/{made.meeting.id}/audio",
        Origin="https://elsewhere.example",
        Authorization=f"Bearer {made.sender_token}",
    )
    assert status == 403


async def test_token_in_the_address_serves_where_headers_cannot_be_set(build: Build) -> None:
    site = await build(seconds=SHORT)
    made = await site.meeting()
    url = site.url(f"/meetings/{made.meeting.id}/audio?token={made.sender_token}")
    socket = await site.visitor.ws_connect(url, origin=str(site.server.make_url("/").origin()))
    await socket.send_json({"type": "start"})
    assert (await answer(socket, "ready"))["received_samples"] == 0
    await socket.close()


async def test_logged_in_account_may_send(build: Build) -> None:
    site = await build(seconds=SHORT)
    made = await site.meeting()
    clerk = await site.log_in("clerk", "staff")
    socket = await clerk.ws_connect(site.url(f"/meetings/{made.meeting.id}/audio"))
    await socket.send_json({"type": "start"})
    assert (await answer(socket, "ready"))["received_samples"] == 0
    await socket.close()


@pytest.mark.parametrize(
    ("first", "sentence"),
    [
        ('{"type":"end"}', "The first message must be a start message."),
        ("[1]", "A text message must be a JSON object."),
        ("{", "A text message must be a JSON object."),
        ('{"type":"start","resume":-1}', "“resume” must be a whole number, 0 or more."),
        ('{"type":"start","sender":7}', "“sender” must be a text."),
        ('{"type":"start","sender":"' + "x" * 65 + '"}', "“sender” has at most 64 characters."),
        (b"\0\0", "The first message must be a start message, not audio."),
    ],
)
async def test_wrong_first_message_gets_one_sentence(
    site: Running, first: str | bytes, sentence: str
) -> None:
    made = await site.meeting()
    socket = await site.visitor.ws_connect(
        site.url(f"/meetings/{made.meeting.id}/audio"),
        headers={"Authorization": f"Bearer {made.sender_token}"},
    )
    await (socket.send_bytes(first) if isinstance(first, bytes) else socket.send_str(first))
    assert await answer(socket, "error") == {"type": "error", "code": "invalid_input", "message": sentence}


async def test_connection_that_says_nothing_is_closed(build: Build) -> None:
    site = await build(web_options=WebOptions(start_s=0.05))
    made = await site.meeting()
    socket = await site.visitor.ws_connect(
        site.url(f"/meetings/{made.meeting.id}/audio"),
        headers={"Authorization": f"Bearer {made.sender_token}"},
    )
    assert (await answer(socket, "error"))["code"] == "invalid_input"


async def test_half_a_sample_is_refused(build: Build) -> None:
    site = await build(seconds=SHORT)
    socket = await connect(site, await site.meeting())
    await answer(socket, "ready")
    await socket.send_bytes(b"\0\0\0")
    assert (await answer(socket, "error"))[
        "message"
    ] == "A message must hold whole samples of two bytes each."


async def test_second_start_is_refused(build: Build) -> None:
    site = await build(seconds=SHORT)
    socket = await connect(site, await site.meeting())
    await answer(socket, "ready")
    await socket.send_json({"type": "start"})
    assert (await answer(socket, "error"))["code"] == "invalid_input"


async def test_message_over_the_limit_closes_the_connection(build: Build) -> None:
    site = await build(seconds=SHORT)
    socket = await connect(site, await site.meeting())
    await answer(socket, "ready")
    await socket.send_bytes(bytes(64 * 1024 + 2))
    async with asyncio.timeout(20):
        message = await socket.receive()
    assert message.type in (WSMsgType.CLOSE, WSMsgType.CLOSED)
    assert socket.close_code == 1009


async def test_shutdown_stores_what_was_said_so_far(build: Build) -> None:
    site = await build(seconds=SHORT)
    made = await site.meeting()
    socket = await connect(site, made)
    await answer(socket, "ready")
    await send(socket, speech(SHORT).pcm)
    async with asyncio.timeout(20):
        while (await answer(socket, "ack"))["received_samples"] < SHORT * 16_000:
            pass
    await site.live.close()
    assert await texts(site, made) == speech(SHORT).sentences
    assert (await site.service.progress(made.meeting.id)).stored_samples == SHORT * 16_000
    await socket.close()


async def test_store_that_fails_is_told_and_nothing_is_lost(build: Build) -> None:
    import sqlalchemy as sa

    site = await build(seconds=SHORT)
    made = await site.meeting()
    socket = await connect(site, made)
    await answer(socket, "ready")
    async with site.database.write() as connection:
        await connection.execute(sa.text("ALTER TABLE segments RENAME TO away"))
    await send(socket, speech(SHORT).pcm)
    await socket.send_json({"type": "end"})
    refused = await answer(socket, "error")
    async with site.database.write() as connection:
        await connection.execute(sa.text("ALTER TABLE away RENAME TO segments"))

    assert refused["code"] == "unavailable"
    again = await connect(site, made, resume=0)
    ready = await answer(again, "ready")
    await send(again, speech(SHORT).pcm[ready["received_samples"] * 2 :])
    await again.send_json({"type": "end"})
    await answer(again, "ended")

    assert await texts(site, made) == speech(SHORT).sentences
