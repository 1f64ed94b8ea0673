"""The stream of captions over real HTTP: resuming, slow readers, refusals."""

from __future__ import annotations

import asyncio
import random
import socket as sockets

import pytest
from aiohttp import ClientResponse, ClientSession, TCPConnector

from core.accounts import Account
from tests.transcripts.conftest import Build, Running, captions, events, segment
from transcripts.hub import HubOptions
from transcripts.phrases import breaks
from transcripts.service import MeetingOptions

ANN = Account(id="ann", name="ann", role="interpreter", display_name="Ann", department="")


async def commit(site: Running, meeting_id: str, *numbers: int) -> None:
    for seq in numbers:
        await site.service.commit_segment(meeting_id, segment(seq))


async def readers(response: ClientResponse, expected: dict[str, int]) -> None:
    """Wait until the stream's state names these readers."""
    async with asyncio.timeout(20):
        async for event in events(response):
            if event.name == "state" and event.data["readers"] == expected:
                return


async def test_stream_has_everything_so_far_and_what_follows(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    await commit(site, meeting, 1, 2)
    async with site.visitor.get(site.url(f"/meetings/{meeting}/captions")) as stream:
        so_far = await captions(stream, 2)
        await commit(site, meeting, 3)
        following = await captions(stream, 1)
    assert [event.data["seq"] for event in so_far + following] == [1, 2, 3]
    assert so_far[0].data == {
        "seq": 1,
        "rev": 1,
        "lang": "en",
        "written_in": "en",
        "text": "The school opens at 9.",
        "start": 2.0,
        "end": 3.5,
        "origin": "speech",
        "flags": [],
    }


async def test_stream_says_what_it_is(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    async with site.visitor.get(site.url(f"/meetings/{meeting}/captions")) as stream:
        assert stream.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert stream.headers["Cache-Control"] == "no-store"
        assert stream.headers["X-Accel-Buffering"] == "no"
        assert await stream.content.readline() == b"retry: 2000\n"


async def test_last_event_id_goes_on_after_what_was_seen(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    await commit(site, meeting, 1, 2, 3)
    url = site.url(f"/meetings/{meeting}/captions?after=0")
    async with site.visitor.get(url, headers={"Last-Event-ID": "2"}) as stream:
        assert [event.id for event in await captions(stream, 1)] == ["3"]


async def test_after_in_the_address_goes_on_from_the_page(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    await commit(site, meeting, 1, 2)
    async with site.visitor.get(site.url(f"/meetings/{meeting}/captions?after=1")) as stream:
        assert [event.id for event in await captions(stream, 1)] == ["2"]


async def test_senseless_last_event_id_is_passed_over(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    await commit(site, meeting, 1)
    url = site.url(f"/meetings/{meeting}/captions")
    async with site.visitor.get(url, headers={"Last-Event-ID": "x; drop"}) as stream:
        assert [event.id for event in await captions(stream, 1)] == ["1"]


async def test_position_from_the_future_does_not_silence_others(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    url = site.url(f"/meetings/{meeting}/captions")
    async with site.visitor.get(f"{url}?after=99999") as odd, site.visitor.get(url) as normal:
        await commit(site, meeting, 1)
        assert [event.id for event in await captions(normal, 1)] == ["1"]
        assert [event.id for event in await captions(odd, 1)] == ["1"]


async def test_correction_reaches_viewers_as_a_new_revision(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    await commit(site, meeting, 1)
    async with site.visitor.get(site.url(f"/meetings/{meeting}/captions")) as stream:
        await captions(stream, 1)
        await site.service.correct(meeting, seq=1, lang="en", text="Corrected.", rev=1, account=ANN)
        event = (await captions(stream, 1))[0]
    assert (event.data["seq"], event.data["rev"], event.data["text"]) == (1, 2, "Corrected.")


async def test_several_languages_come_on_one_stream(site: Running) -> None:
    meeting = (await site.meeting("ja")).meeting.id
    async with site.visitor.get(site.url(f"/meetings/{meeting}/captions?lang=ja&lang=en")) as stream:
        await commit(site, meeting, 1)
        await site.translated()
        found = await captions(stream, 2)
    assert [event.data["lang"] for event in found] == ["en", "ja"]


async def test_easy_japanese_readers_get_japanese_where_nobody_wrote(site: Running) -> None:
    meeting = (await site.meeting("ja-Hira")).meeting.id
    async with site.visitor.get(site.url(f"/meetings/{meeting}/captions?lang=ja-Hira")) as stream:
        await commit(site, meeting, 1)
        await site.translated()
        first = await captions(stream, 1)
        await site.service.correct(meeting, seq=1, lang="ja-Hira", text="がっこう", rev=0, account=ANN)
        second = await captions(stream, 1)
    assert [event.data["lang"] for event in first + second] == ["ja", "ja-Hira"]


async def test_long_transcript_is_replayed_page_by_page(build: Build) -> None:
    site = await build(meeting_options=MeetingOptions(page_limit=3))
    meeting = (await site.meeting()).meeting.id
    await commit(site, meeting, *range(1, 11))
    async with site.visitor.get(site.url(f"/meetings/{meeting}/captions")) as stream:
        assert [event.data["seq"] for event in await captions(stream, 10)] == list(range(1, 11))


async def test_random_cuts_leave_no_gap_and_repeat_nothing(build: Build) -> None:
    site = await build(meeting_options=MeetingOptions(page_limit=4))
    meeting = (await site.meeting("ja")).meeting.id
    total = 60

    async def write() -> None:
        for seq in range(1, total + 1):
            await commit(site, meeting, seq)
            await site.translated()

    writing = site.tasks.spawn("write", write())
    chance = random.Random(7)
    seen: list[int] = []
    url = site.url(f"/meetings/{meeting}/captions?lang=en&lang=ja")
    while len(seen) < 2 * total:
        headers = {"Last-Event-ID": str(seen[-1])} if seen else {}
        async with site.visitor.get(url, headers=headers) as stream:
            wanted = min(chance.randint(1, 9), 2 * total - len(seen))
            seen += [int(event.id) for event in await captions(stream, wanted)]
    await writing
    assert seen == list(range(1, 2 * total + 1))


async def test_unknown_language_gets_one_sentence(site: Running) -> None:
    meeting = (await site.meeting("ja")).meeting.id
    async with site.visitor.get(
        site.url(f"/meetings/{meeting}/captions?lang=xx"), headers={"Accept": "text/event-stream"}
    ) as answer:
        assert answer.status == 400
        assert await answer.json() == {
            "error": {
                "code": "invalid_input",
                "message": "This meeting has no captions in “xx”; choose one of en, ja.",
            }
        }


@pytest.mark.parametrize(
    "query", ["after=-1", "after=x", "after=1e3", "after=" + "9" * 16, "lang=en&lang=en"]
)
async def test_senseless_query_is_refused(site: Running, query: str) -> None:
    meeting = (await site.meeting()).meeting.id
    async with site.visitor.get(site.url(f"/meetings/{meeting}/captions?{query}")) as answer:
        assert answer.status == 400


async def test_unknown_meeting_is_not_found(site: Running) -> None:
    async with site.visitor.get(site.url("/meetings/nothing/captions")) as answer:
        assert answer.status == 404


async def test_full_house_is_refused_with_429(build: Build) -> None:
    site = await build(hub_options=HubOptions(viewers=1))
    meeting = (await site.meeting()).meeting.id
    url = site.url(f"/meetings/{meeting}/captions")
    async with site.visitor.get(url) as stream:
        await commit(site, meeting, 1)
        await captions(stream, 1)
        async with site.visitor.get(url) as refused:
            assert refused.status == 429


async def test_viewer_that_leaves_is_forgotten(build: Build) -> None:
    site = await build(hub_options=HubOptions(poll_s=0.05))
    meeting = (await site.meeting()).meeting.id
    url = site.url(f"/meetings/{meeting}/captions")
    async with site.visitor.get(url) as staying:
        async with site.visitor.get(url):
            await readers(staying, {"en": 2})
        await readers(staying, {"en": 1})


async def test_slow_viewer_is_cut_and_resumes_while_others_are_served(build: Build) -> None:
    site = await build(hub_options=HubOptions(viewer_buffer=4096, poll_s=0.05))
    meeting = (await site.meeting()).meeting.id
    path = f"/meetings/{meeting}/captions"
    stalled = sockets.socket()
    stalled.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    stalled.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(stalled, (site.server.host, site.server.port))
    await loop.sock_sendall(stalled, f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
    async with (
        ClientSession(connector=TCPConnector()) as quick_client,
        quick_client.get(site.url(path)) as quick,
    ):
        await readers(quick, {"en": 2})
        # Large texts fill the kernel's buffers, which come before ours.
        seq = 0
        async with asyncio.timeout(30):
            while site.hub.readers(meeting) == {"en": 2}:
                seq += 1
                await site.service.commit_segment(meeting, segment(seq, "x" * 200_000))
                found = await captions(quick, 1)
                assert found[0].data["seq"] == seq
        assert site.hub.readers(meeting) == {"en": 1}
    stalled.close()
    async with site.visitor.get(site.url(path), headers={"Last-Event-ID": str(seq - 1)}) as again:
        assert [event.data["seq"] for event in await captions(again, 1)] == [seq]


async def test_old_http_gets_the_stream_without_chunks(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    await commit(site, meeting, 1)
    reader, writer = await asyncio.open_connection(site.server.host, site.server.port)
    writer.write(f"GET /meetings/{meeting}/captions HTTP/1.0\r\nHost: test\r\n\r\n".encode())
    await reader.readuntil(b"id: 1\n")
    await commit(site, meeting, 2)
    async with asyncio.timeout(10):
        between = await reader.readuntil(b"id: 2\nevent: caption\n")
    assert all(
        line.startswith((b"event: ", b"data: ", b"id: ", b":")) for line in between.split(b"\n") if line
    )
    writer.close()


async def test_shutdown_ends_the_stream_and_tells_when_to_return(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    async with site.visitor.get(site.url(f"/meetings/{meeting}/captions")) as stream:
        await commit(site, meeting, 1)
        await captions(stream, 1)
        site.hub.close_all()
        async with asyncio.timeout(10):
            rest = await stream.content.read()
    assert rest.rsplit(b"retry: ")[-1].strip().isdigit()


async def test_stream_of_state_names_the_readers(site: Running) -> None:
    meeting = (await site.meeting("ja")).meeting.id
    async with site.visitor.get(site.url(f"/meetings/{meeting}/captions?lang=ja")) as stream:
        async with asyncio.timeout(10):
            async for event in events(stream):
                if event.name == "state":
                    break
    assert event.data == {"state": "planned", "behind_s": 0, "readers": {"ja": 1}}


async def test_web_server_forgets_a_connection_whose_stream_is_under_way(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    assert site.server.runner is not None
    server = site.server.runner.server
    assert server is not None
    async with site.visitor.get(site.url(f"/meetings/{meeting}/captions")) as stream:
        await readers(stream, {"en": 1})
        async with asyncio.timeout(10):
            while server.connections:  # noqa: ASYNC110 -- the server has no event for it
                await asyncio.sleep(0)
        await commit(site, meeting, 1)
        assert [event.data["seq"] for event in await captions(stream, 1)] == [1]


async def test_bytes_after_the_request_are_passed_over(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    reader, writer = await asyncio.open_connection(site.server.host, site.server.port)
    writer.write(f"GET /meetings/{meeting}/captions HTTP/1.1\r\nHost: test\r\n\r\n".encode())
    await reader.readuntil(b"event: state")
    writer.write(b"GET /meetings HTTP/1.1\r\nHost: test\r\n\r\n")
    await commit(site, meeting, 1)
    async with asyncio.timeout(10):
        between = await reader.readuntil(b"id: 1\n")
    assert b"HTTP/1.1" not in between
    writer.close()


async def test_viewer_that_leaves_while_it_is_sent_the_past_is_forgotten(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    await commit(site, meeting, *range(1, 30))
    for _ in range(20):
        _, writer = await asyncio.open_connection(site.server.host, site.server.port)
        writer.write(f"GET /meetings/{meeting}/captions HTTP/1.1\r\nHost: test\r\n\r\n".encode())
        await writer.drain()
        writer.transport.abort()
    async with site.visitor.get(site.url(f"/meetings/{meeting}/captions")) as stream:
        await readers(stream, {"en": 1})
    async with asyncio.timeout(10):
        while site.hub.readers(meeting):  # noqa: ASYNC110 -- the hub has no event for it
            await asyncio.sleep(0.01)


async def test_stream_in_a_language_without_spaces_says_where_lines_may_end(site: Running) -> None:
    meeting = (await site.meeting(language="ja")).meeting.id
    text = "学校は九時に始まります。上履きを持ってきてください。"
    await site.service.commit_segment(meeting, segment(1, text))
    async with site.visitor.get(site.url(f"/meetings/{meeting}/captions")) as stream:
        (event,) = await captions(stream, 1)
    assert event.data["breaks"] == breaks(text, "ja")
    assert len(event.data["breaks"]) > 2
