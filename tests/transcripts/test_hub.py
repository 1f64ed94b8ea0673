"""Fan-out: order, gaps, slow viewers, shutdown. The store is real; viewers are lines that remember."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from core.bus import LocalBus
from core.clock import ManualClock
from core.errors import Busy
from core.tasks import Tasks
from tests.transcripts.conftest import Running, segment
from transcripts.hub import Frame, Hub, HubOptions, Viewer, caption_frame, event_frame, frame_bytes
from transcripts.model import Caption, MeetingState, Partial
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
        return [int(number) for number in re.findall(rb"^id: (\d+)$", b"".join(self.frames), re.MULTILINE)]

    def events(self, name: str) -> list[dict[str, object]]:
        found = re.findall(rf"^event: {name}\ndata: (.*)$".encode(), b"".join(self.frames), re.MULTILINE)
        return [json.loads(data) for data in found]

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


async def test_viewer_that_has_seen_all_needs_not_read_the_store(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    first = Memory()
    assert not site.hub.is_at(meeting, 0)
    site.hub.join(meeting, viewer(first))
    await commit(site, meeting, 1)
    await first.until(1)
    assert [site.hub.is_at(meeting, position) for position in (0, 1, 2)] == [False, True, False]


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
    async with asyncio.timeout(10):
        while not line.events("state"):
            bus.publish("captions:m")
            await asyncio.sleep(0)
        clock.advance(10)
        while b":\n\n" not in line.frames:
            bus.publish("captions:m")
            await asyncio.sleep(0)
    assert line.frames.count(b":\n\n") == 1
    await tasks.close()


def fan(*, read: Callable[[str, int], Awaitable[Reading]] | None = None, **limits: Any) -> Fan:
    """A hub alone, without a store."""
    tasks, clock, bus = Tasks(), ManualClock(), LocalBus()
    options = HubOptions(**limits)
    hub = Hub(read_after=read or nothing_new, bus=bus, clock=clock, tasks=tasks, options=options)
    return Fan(hub=hub, tasks=tasks, clock=clock, bus=bus)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fan:
    """A hub alone, with what moves it."""

    hub: Hub
    tasks: Tasks
    clock: ManualClock
    bus: LocalBus

    async def until(self, true: Callable[[], bool]) -> None:
        """Let the hub look again and again until something is true."""
        async with asyncio.timeout(10):
            while not true():
                self.bus.publish("captions:m")
                await asyncio.sleep(0)


def said(text: str, start: float = 1.0, language: str = "en") -> Partial:
    return Partial(start=start, text=text, stable_chars=0, language=language)


def captioned(position: int, lang: str = "en") -> Caption:
    return Caption(
        meeting_id="m",
        seq=position,
        rev=1,
        lang=lang,
        text=f"Text {position}",
        start=position,
        end=position + 0.5,
        origin="speech",
        flags=(),
        position=position,
    )


class Shelf:
    """A store in memory: captions by position, handed out in pages."""

    def __init__(self, page: int = 100) -> None:
        self.captions: list[Caption] = []
        self.state: MeetingState = "live"
        self._page = page

    async def __call__(self, meeting_id: str, position: int) -> Reading:
        found = [one for one in self.captions if one.position > position][: self._page]
        return Reading(
            captions=tuple(found), position=found[-1].position if found else position, state=self.state
        )


async def test_what_is_new_at_once_is_handed_over_as_one_frame() -> None:
    shelf = Shelf()
    room = fan(read=shelf)
    line = Memory()
    room.hub.join("m", viewer(line))
    await room.until(lambda: bool(line.events("state")))
    shelf.captions += [captioned(1), captioned(2), captioned(3)]
    before = len(line.frames)
    await room.until(lambda: line.numbers() == [1, 2, 3])
    assert len(line.frames) == before + 1
    await room.tasks.close()


async def test_all_viewers_of_the_same_languages_are_handed_the_same_bytes() -> None:
    shelf = Shelf()
    room = fan(read=shelf)
    lines = [Memory() for _ in range(3)]
    for line in lines:
        room.hub.join("m", viewer(line, "en", "ja"))
    shelf.captions += [captioned(1), captioned(2, "ja")]
    await room.until(lambda: lines[2].numbers() == [1, 2])
    assert lines[0].frames[-1] is lines[1].frames[-1] is lines[2].frames[-1]
    await room.tasks.close()


async def test_large_audience_is_written_to_in_slices_and_nobody_is_left_out() -> None:
    shelf = Shelf()
    room = fan(read=shelf, slice=3)
    lines = [Memory() for _ in range(10)]
    for line in lines:
        room.hub.join("m", viewer(line))
    room.hub.show_partial("m", said("Good"))
    assert sum(bool(line.events("partial")) for line in lines) == 3  # the first slice went out at once
    await room.until(lambda: all(line.events("partial") for line in lines))
    shelf.captions += [captioned(1), captioned(2)]
    await room.until(lambda: all(line.numbers() == [1, 2] for line in lines))
    assert [len(line.events("partial")) for line in lines] == [1] * 10
    await room.tasks.close()


async def test_partials_that_come_while_others_are_written_to_melt_into_the_newest() -> None:
    room = fan(slice=1)
    lines = [Memory() for _ in range(4)]
    for line in lines:
        room.hub.join("m", viewer(line))
    for text in ("Good", "Good mor", "Good morning"):
        room.hub.show_partial("m", said(text))
    await room.until(lambda: all("Good morning" in str(line.events("partial")) for line in lines))
    assert sorted([one["text"] for one in line.events("partial")] for line in lines) == (
        [["Good", "Good morning"]] * 4
    )
    await room.tasks.close()


async def test_captions_keep_their_order_over_slices_and_pages() -> None:
    shelf = Shelf(page=2)
    room = fan(read=shelf, slice=2)
    lines = [Memory() for _ in range(7)]
    for line in lines:
        room.hub.join("m", viewer(line))
    for position in range(1, 12):
        shelf.captions.append(captioned(position))
        room.bus.publish("captions:m")
        await asyncio.sleep(0)
    await room.until(lambda: all(len(line.numbers()) >= 11 for line in lines))
    assert [line.numbers() for line in lines] == [list(range(1, 12))] * 7
    await room.tasks.close()


async def test_viewer_that_joins_between_slices_gets_everything_once() -> None:
    shelf = Shelf()
    room = fan(read=shelf, slice=1)
    lines = [Memory() for _ in range(5)]
    for line in lines:
        room.hub.join("m", viewer(line))
    shelf.captions.append(captioned(1))
    await room.until(lambda: any(line.numbers() for line in lines))
    late = Memory()
    assert not room.hub.join("m", viewer(late, position=0))  # it has to read caption 1 itself
    assert room.hub.join("m", viewer(late, position=1))
    shelf.captions.append(captioned(2))
    await room.until(lambda: all(line.numbers() == [1, 2] for line in lines) and bool(late.numbers()))
    assert late.numbers() == [2]
    await room.tasks.close()


async def test_viewer_that_left_between_slices_is_not_written_to() -> None:
    room = fan(slice=1)
    lines = [Memory() for _ in range(3)]
    for line in lines:
        room.hub.join("m", viewer(line))
    room.hub.show_partial("m", said("Good"))
    gone = next(line for line in lines if not line.events("partial"))
    gone.waiting = None
    await room.until(lambda: sum(bool(line.events("partial")) for line in lines) == 2)
    await room.until(lambda: gone.ended == "cut")
    assert (gone.events("partial"), room.hub.readers("m")) == ([], {"en": 2})
    await room.tasks.close()


async def test_viewer_that_reads_slowly_is_spared_partials_but_not_captions() -> None:
    shelf = Shelf()
    room = fan(read=shelf)
    line = Memory()
    room.hub.join("m", viewer(line))
    line.waiting = 5000
    room.hub.show_partial("m", said("Good"))
    shelf.captions.append(captioned(1))
    await room.until(lambda: line.numbers() == [1])
    assert line.events("partial") == []
    await room.tasks.close()


async def test_viewer_that_caught_up_is_shown_only_the_newest_partial() -> None:
    room = fan()
    line = Memory()
    room.hub.join("m", viewer(line))
    line.waiting = 5000
    for text in ("Good", "Good morning", ""):
        room.hub.show_partial("m", said(text))
    line.waiting = 0
    await room.until(lambda: bool(line.events("partial")))
    assert [one["text"] for one in line.events("partial")] == [""]
    await room.tasks.close()


async def test_partials_of_two_languages_stand_beside_each_other() -> None:
    room = fan()
    first, both = Memory(), Memory()
    room.hub.join("m", viewer(first, "en"))
    room.hub.show_partial("m", said("Good"))
    room.hub.show_partial("m", said("おは", language="ja"))
    room.hub.join("m", viewer(both, "en", "ja"))
    assert [one["lang"] for one in first.events("partial")] == ["en"]
    assert [one["lang"] for one in both.events("partial")] == ["en", "ja"]
    await room.tasks.close()


async def test_numbers_of_the_state_are_told_at_most_once_a_second() -> None:
    room = fan()
    line = Memory()
    room.hub.join("m", viewer(line))
    await room.until(lambda: len(line.events("state")) == 1)
    room.hub.show_delay("m", 5.0)
    for _ in range(5):
        room.bus.publish("captions:m")
        await asyncio.sleep(0)
    assert len(line.events("state")) == 1
    room.clock.advance(1)
    await room.until(lambda: len(line.events("state")) == 2)
    assert line.events("state")[-1]["behind_s"] == 5
    await room.tasks.close()


async def test_end_of_the_meeting_is_told_at_once() -> None:
    shelf = Shelf()
    room = fan(read=shelf)
    line = Memory()
    room.hub.join("m", viewer(line))
    await room.until(lambda: len(line.events("state")) == 1)
    shelf.state = "ended"
    await room.until(lambda: len(line.events("state")) == 2)
    assert line.events("state")[-1]["state"] == "ended"
    await room.tasks.close()


async def test_heartbeats_of_a_large_audience_are_spread_and_reach_everybody_once() -> None:
    room = fan(slice=2, heartbeat_gap_s=0.0)
    lines = [Memory() for _ in range(7)]
    for line in lines:
        room.hub.join("m", viewer(line))
    await room.until(lambda: all(line.events("state") for line in lines))
    room.clock.advance(10)
    await room.until(lambda: all(b":\n\n" in line.frames for line in lines))
    assert [line.frames.count(b":\n\n") for line in lines] == [1] * 7
    await room.tasks.close()


async def test_audience_that_was_just_served_needs_no_heartbeat() -> None:
    room = fan()
    line = Memory()
    room.hub.join("m", viewer(line))
    await room.until(lambda: bool(line.events("state")))
    room.clock.advance(9)
    room.hub.show_partial("m", said("Good"))
    room.clock.advance(9)
    for _ in range(5):
        room.bus.publish("captions:m")
        await asyncio.sleep(0)
    assert b":\n\n" not in line.frames
    await room.tasks.close()


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
