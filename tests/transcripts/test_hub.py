"""Fan-out: order, gaps, slow viewers, shutdown. The store is real; viewers are lines that remember."""

from __future__ import annotations

import asyncio
import json

import pytest

from core.bus import LocalBus
from core.clock import ManualClock
from core.errors import Busy
from core.tasks import Tasks
from tests.transcripts.conftest import Running, segment
from transcripts.hub import Frame, Hub, HubOptions, Viewer, caption_frame, event_frame, frame_bytes
from transcripts.model import Caption, Partial
from transcripts.service import Reading


class Memory:
    """A line that remembers what it was handed. `waiting` is what it claims not to have sent yet."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.waiting: int | None = 0
        self.ended = ""
        self.changed = asyncio.Event()

    def write(self, frame: Frame) -> None:
        self.frames.append(frame.bare)
        self.changed.set()

    def unsent(self) -> int | None:
        return self.waiting

    def cut(self) -> None:
        self.ended = "cut"
        self.changed.set()

    def finish(self) -> None:
        self.ended = "finished"

    def numbers(self) -> list[int]:
        """Positions of the captions it was handed."""
        return [int(frame.split(b"\n")[0][4:]) for frame in self.frames if frame.startswith(b"id: ")]

    def events(self, name: str) -> list[dict[str, object]]:
        marker = f"event: {name}\ndata: ".encode()
        return [json.loads(frame.split(marker)[1]) for frame in self.frames if marker in frame]

    async def until(self, count: int) -> None:
        """Wait for so many captions."""
        async with asyncio.timeout(10):
            while len(self.numbers()) < count:
                await self.changed.wait()
                self.changed.clear()


def viewer(line: Memory, *languages: str, position: int = 0) -> Viewer:
    return Viewer(line, chosen=languages or ("en",), languages=languages or ("en",), position=position)


async def commit(site: Running, meeting_id: str, *numbers: int) -> None:
    for seq in numbers:
        await site.service.commit_segment(meeting_id, segment(seq))


async def test_viewer_gets_what_is_stored_after_it_joined_in_order(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    line = Memory()
    assert site.hub.join(meeting, viewer(line))
    await commit(site, meeting, 1, 2, 3)
    await line.until(3)
    assert line.numbers() == [1, 2, 3]


async def test_viewer_gets_only_its_languages(site: Running) -> None:
    meeting = (await site.meeting("ja")).meeting.id
    english, both = Memory(), Memory()
    site.hub.join(meeting, viewer(english, "en"))
    site.hub.join(meeting, viewer(both, "en", "ja"))
    await commit(site, meeting, 1)
    await site.translated()
    await both.until(2)
    assert [one["lang"] for one in both.events("caption")] == ["en", "ja"]
    assert [one["lang"] for one in english.events("caption")] == ["en"]


async def test_viewer_that_is_behind_its_channel_must_read_again(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    first, late = Memory(), Memory()
    site.hub.join(meeting, viewer(first))
    await commit(site, meeting, 1)
    await first.until(1)
    assert not site.hub.join(meeting, viewer(late, position=0))
    assert site.hub.join(meeting, viewer(late, position=1))


async def test_viewer_that_is_ahead_of_its_channel_is_not_told_twice(site: Running) -> None:
    """It read the store after the channel did, and the channel has not looked yet."""
    meeting = (await site.meeting()).meeting.id
    first, ahead = Memory(), Memory()
    site.hub.join(meeting, viewer(first))
    await commit(site, meeting, 1)
    site.hub.join(meeting, viewer(ahead, position=1))
    await commit(site, meeting, 2)
    await first.until(2)
    await ahead.until(1)
    assert (first.numbers(), ahead.numbers()) == ([1, 2], [2])


async def test_changes_between_reading_and_joining_are_not_missed(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    await commit(site, meeting, 1, 2)
    line = Memory()
    site.hub.join(meeting, viewer(line, position=0))
    await line.until(2)
    assert line.numbers() == [1, 2]


async def test_slow_viewer_is_cut_and_others_go_on(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    slow, quick = Memory(), Memory()
    for line in (slow, quick):
        site.hub.join(meeting, viewer(line))
    slow.waiting = 64 * 1024 + 1
    await commit(site, meeting, 1, 2)
    await quick.until(2)
    assert (slow.ended, slow.numbers()) == ("cut", [])
    assert (quick.ended, quick.numbers()) == ("", [1, 2])


async def test_viewer_at_the_limit_is_not_cut(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    line = Memory()
    line.waiting = 64 * 1024
    site.hub.join(meeting, viewer(line))
    await commit(site, meeting, 1)
    await line.until(1)
    assert line.ended == ""


async def test_viewer_whose_connection_is_gone_is_forgotten(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    gone, here = Memory(), Memory()
    for line in (gone, here):
        site.hub.join(meeting, viewer(line))
    gone.waiting = None
    await commit(site, meeting, 1)
    await here.until(1)
    assert site.hub.readers(meeting) == {"en": 1}


async def test_partial_goes_to_readers_of_the_spoken_language_only(site: Running) -> None:
    meeting = (await site.meeting("ja")).meeting.id
    english, japanese = Memory(), Memory()
    site.hub.join(meeting, viewer(english, "en"))
    site.hub.join(meeting, viewer(japanese, "ja"))
    site.hub.show_partial(meeting, Partial(start=1.0, text="Good mor", stable_chars=4, language="en"))
    assert english.events("partial") == [{"lang": "en", "text": "Good mor", "stable_chars": 4, "start": 1.0}]
    assert japanese.events("partial") == []


async def test_newcomer_is_shown_what_is_being_said(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    first, second = Memory(), Memory()
    site.hub.join(meeting, viewer(first))
    site.hub.show_partial(meeting, Partial(start=1.0, text="Good", stable_chars=4, language="en"))
    site.hub.join(meeting, viewer(second))
    assert [one["text"] for one in second.events("partial")] == ["Good"]


async def test_partial_that_was_taken_away_is_not_shown_to_newcomers(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    first, second = Memory(), Memory()
    site.hub.join(meeting, viewer(first))
    site.hub.show_partial(meeting, Partial(start=1.0, text="Good", stable_chars=4, language="en"))
    site.hub.show_partial(meeting, Partial(start=2.0, text="", stable_chars=0, language="en"))
    site.hub.join(meeting, viewer(second))
    assert second.events("partial") == []


async def test_partial_without_viewers_costs_nothing(site: Running) -> None:
    site.hub.show_partial("nobody", Partial(start=0, text="x", stable_chars=0, language="en"))
    assert site.hub.readers("nobody") == {}


async def test_state_tells_readers_delay_and_whether_the_meeting_is_live(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    line = Memory()
    site.hub.join(meeting, viewer(line))
    site.hub.show_delay(meeting, 3.6)
    await site.service.start(meeting)
    async with asyncio.timeout(10):
        while not line.events("state") or line.events("state")[-1]["state"] != "live":
            line.changed.clear()
            await line.changed.wait()
    assert line.events("state")[-1] == {"state": "live", "behind_s": 4, "readers": {"en": 1}}


async def test_readers_are_counted_by_the_language_they_chose(site: Running) -> None:
    meeting = (await site.meeting("ja")).meeting.id
    for tags in (("ja-Hira",), ("ja", "en"), ("ja",)):
        site.hub.join(meeting, Viewer(Memory(), chosen=tags, languages=("ja",), position=0))
    assert site.hub.readers(meeting) == {"en": 1, "ja": 2, "ja-Hira": 1}


async def test_leaving_twice_is_harmless(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    one = viewer(Memory())
    site.hub.join(meeting, one)
    site.hub.leave(meeting, one)
    site.hub.leave(meeting, one)
    assert site.hub.readers(meeting) == {}


async def test_shutdown_ends_every_stream_and_spreads_their_return(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    lines = [Memory() for _ in range(40)]
    for line in lines:
        site.hub.join(meeting, viewer(line))
    site.hub.close_all()
    retries = [int(line.frames[-1].removeprefix(b"retry: ")) for line in lines]
    assert {line.ended for line in lines} == {"finished"}
    assert all(1000 <= retry <= 5000 for retry in retries)
    assert len(set(retries)) > 10
    assert site.hub.readers(meeting) == {}


async def test_stream_that_opens_during_shutdown_is_ended(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    site.hub.close_all()
    line = Memory()
    assert site.hub.join(meeting, viewer(line))
    assert line.ended == "finished"
    with pytest.raises(Busy):
        site.hub.check_room()


async def nothing_new(meeting_id: str, position: int) -> Reading:
    return Reading(captions=(), position=position, state="live")


async def test_one_viewer_too_many_is_refused() -> None:
    tasks = Tasks()
    hub = Hub(
        read_after=nothing_new,
        bus=LocalBus(),
        clock=ManualClock(),
        tasks=tasks,
        options=HubOptions(viewers=1),
    )
    hub.check_room()
    hub.join("m", viewer(Memory()))
    with pytest.raises(Busy, match="Too many people are watching"):
        hub.check_room()
    await tasks.close()


async def test_quiet_stream_gets_a_heartbeat() -> None:
    tasks, clock, bus = Tasks(), ManualClock(), LocalBus()
    hub = Hub(read_after=nothing_new, bus=bus, clock=clock, tasks=tasks)
    line = Memory()
    hub.join("m", viewer(line))
    clock.advance(10)
    async with asyncio.timeout(10):
        while b":\n\n" not in line.frames:
            bus.publish("captions:m")
            await asyncio.sleep(0)
    assert line.frames.count(b":\n\n") == 1
    await tasks.close()


def test_frame_is_one_chunk_of_http() -> None:
    frame = frame_bytes(b"x" * 26)
    assert frame.chunk == b"1a\r\n" + b"x" * 26 + b"\r\n"


def test_line_breaks_in_a_text_cannot_make_another_event() -> None:
    caption = Caption(
        meeting_id="m",
        seq=1,
        rev=1,
        lang="en",
        text="a\n\nevent: state\ndata: {}\r\n",
        start=0,
        end=1,
        origin="speech",
        flags=(),
        position=7,
    )
    lines = caption_frame(caption).bare.decode().split("\n")
    assert lines[:2] == ["id: 7", "event: caption"]
    assert lines[3:] == ["", ""]
    assert json.loads(lines[2].removeprefix("data: "))["text"] == caption.text


def test_event_without_a_position_has_no_id() -> None:
    assert event_frame("state", {"state": "live"}).bare == b'event: state\ndata: {"state": "live"}\n\n'
