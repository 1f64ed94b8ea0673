"""Fan-out of captions to the viewers of each meeting.

Rows are the truth: a hint on the bus makes a meeting's channel read what came after its position and hand that to
every viewer. So what viewers get is ordered by construction, and the same code serves a meeting whose captions another
process stores. What is being said now (partials) is not stored and goes straight through.

Viewers who read the same languages are one audience, and what they are handed is put together and framed once for all
of them. A large audience is written to in slices, between which the process does its other work; what is new meanwhile
melts into the next round, in which only the newest partial counts.

Nobody waits for a slow viewer: bytes are handed to its connection without awaiting. One that has a little unsent is
spared partials; one that holds more than `viewer_buffer` unsent bytes is cut. Its browser comes back and resumes from
the last position it saw.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from core.bus import Bus
from core.clock import Clock
from core.errors import Busy
from core.log import get_logger
from core.metrics import counter, gauge
from core.tasks import Tasks
from transcripts.model import Caption, Partial
from transcripts.phrases import breaks
from transcripts.service import Reading, topic

log = get_logger(__name__)

VIEWERS = gauge("caption_viewers", "Viewers connected to this process")
FRAMES = counter("caption_frames", "Frames handed to viewers")
SPARED = counter("caption_partials_spared", "Partials not handed to viewers that read slowly")
CUT = counter("caption_viewers_cut", "Viewers cut because they read too slowly")
REFUSED = counter("caption_viewers_refused", "Viewers refused because the process has as many as it may")


@dataclass(frozen=True, slots=True, kw_only=True)
class HubOptions:
    """Limits of the fan-out."""

    viewers: int = 6000  # in this process, over all meetings
    viewer_buffer: int = 64 * 1024  # unsent bytes after which a viewer is cut
    partial_buffer: int = 4 * 1024  # unsent bytes from which a viewer gets no partials until it has caught up
    slice: int = 250  # viewers written to before other work has its turn
    poll_s: float = 2.0  # seconds after which a channel looks by itself, in case a hint was lost
    state_s: float = 1.0  # seconds between two states that differ only in numbers
    heartbeat_s: float = 10.0  # seconds between comments that keep proxies from closing a quiet stream
    heartbeat_gap_s: float = 0.05  # seconds between slices of heartbeats
    retry_ms: tuple[int, int] = (1000, 5000)  # when told to come back, viewers spread over this time


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Bytes of the stream, made once for all viewers: bare, and as a chunk of HTTP/1.1 (RFC 9112, 7.1)."""

    bare: bytes
    chunk: bytes


class Line(Protocol):
    """A viewer's connection. No method waits."""

    def write(self, frame: Frame) -> None:
        """Hand a frame over."""
        ...

    def unsent(self) -> int | None:
        """Bytes not yet taken by the network; None when the connection is gone."""
        ...

    def cut(self) -> None:
        """Drop the connection at once."""
        ...

    def finish(self) -> None:
        """End the stream after what was written."""
        ...


def frame_bytes(data: bytes) -> Frame:
    """`data` ready to be handed to any viewer."""
    return Frame(bare=data, chunk=b"%x\r\n%b\r\n" % (len(data), data))


def event_frame(event: str, data: Mapping[str, object], *, position: int | None = None) -> Frame:
    """One server-sent event (WHATWG HTML, 9.2). JSON keeps line breaks of a text out of the framing."""
    number = f"id: {position}\n" if position is not None else ""
    return frame_bytes(f"{number}event: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode())


def caption_data(caption: Caption) -> dict[str, object]:
    """A caption as clients see it, on the stream and in the API."""
    data: dict[str, object] = {
        "seq": caption.seq,
        "rev": caption.rev,
        "lang": caption.lang,
        "written_in": caption.written_in,
        "text": caption.text,
        "start": caption.start,
        "end": caption.end,
        "origin": caption.origin,
        "flags": list(caption.flags),
    }
    places = breaks(caption.text, caption.written_in)
    return {**data, "breaks": places} if places else data


@lru_cache(maxsize=2048)  # when many viewers come back at once, all are sent the same captions
def caption_frame(caption: Caption) -> Frame:
    """The event that shows a caption."""
    return event_frame("caption", caption_data(caption), position=caption.position)


def partial_frame(partial: Partial) -> Frame:
    """The event that shows what is being said now."""
    data = {
        "lang": partial.language,
        "text": partial.text,
        "stable_chars": partial.stable_chars,
        "start": partial.start,
    }
    return event_frame("partial", data)


HEARTBEAT = frame_bytes(b":\n\n")


class Viewer:
    """One reader of a meeting: the languages chosen, the languages that serve them, and how far it was served."""

    __slots__ = ("chosen", "languages", "line", "position")

    def __init__(
        self, line: Line, *, chosen: Collection[str], languages: Collection[str], position: int
    ) -> None:
        self.chosen = frozenset(chosen)
        self.languages = frozenset(languages)
        self.position = position
        self.line = line


@dataclass(slots=True)
class Audience:
    """The viewers of a meeting who chose the same languages."""

    chosen: frozenset[str]
    languages: frozenset[str]
    served_at: float  # monotonic seconds at which all of them were written to
    viewers: set[Viewer] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What an audience is handed in one round."""

    viewers: Sequence[Viewer]
    after: int  # the captions in it are those after this position
    captions: Sequence[Caption]
    lasting: Frame | None  # captions and state
    whole: Frame | None  # the same with partials


@dataclass(slots=True)
class Channel:
    """What the hub holds for one meeting while somebody watches it."""

    position: int  # everything up to here was handed out, or is being handed out
    read: int  # everything up to here was read
    idle: asyncio.Event  # set while no round is under way
    audiences: dict[tuple[frozenset[str], frozenset[str]], Audience] = field(default_factory=dict)
    captions: list[Caption] = field(default_factory=list)  # read and not handed out yet
    partials: dict[str, Partial] = field(default_factory=dict)  # what is being said now, by language
    fresh: set[str] = field(default_factory=set)  # languages whose partial was not handed out yet
    spared: set[Viewer] = field(default_factory=set)  # viewers to whom a partial is owed
    behind_s: float = 0.0
    meeting_state: str = ""
    state: Frame | None = None  # as it was told last
    state_news: bool = False
    told: str = ""  # the meeting's state in it
    told_at: float = 0.0  # monotonic seconds

    @property
    def watched(self) -> bool:
        """Whether anybody is here."""
        return any(audience.viewers for audience in self.audiences.values())

    @property
    def news(self) -> bool:
        """Whether there is anything to hand out."""
        return bool(self.captions or self.fresh or self.state_news or self.read > self.position)


class Hub:
    """All channels of this process. `read_after(meeting, position)` reads the next changes from the store."""

    def __init__(
        self,
        *,
        read_after: Callable[[str, int], Awaitable[Reading]],
        bus: Bus,
        clock: Clock,
        tasks: Tasks,
        options: HubOptions | None = None,
    ) -> None:
        self.options = options or HubOptions()
        self._read_after = read_after
        self._bus = bus
        self._clock = clock
        self._tasks = tasks
        self._channels: dict[str, Channel] = {}
        self._viewers = 0
        self._closing = False

    # Who is there

    def check_room(self) -> None:
        """Raise Busy when one more viewer would be too many."""
        if self._closing or self._viewers >= self.options.viewers:
            REFUSED.inc()
            raise Busy("Too many people are watching at the moment; the page tries again by itself.")

    def join(self, meeting_id: str, viewer: Viewer) -> bool:
        """Let the viewer follow from its position on.

        False when the meeting moved on meanwhile: read the store again from the viewer's position, then ask again.
        Nothing is awaited between the check and the joining, so no change falls between reading and following.
        """
        if self._closing:
            viewer.line.finish()
            return True
        channel = self._channels.get(meeting_id)
        if channel is None:
            channel = self._open(meeting_id, viewer.position)
        elif channel.position > viewer.position:
            return False
        audience = self._audience(channel, viewer)
        audience.viewers.add(viewer)
        self._count(1)
        if channel.state is not None:
            viewer.line.write(channel.state)
        for partial in channel.partials.values():
            if partial.text and partial.language in viewer.languages:
                viewer.line.write(partial_frame(partial))
        return True

    def is_at(self, meeting_id: str, position: int) -> bool:
        """Whether everything up to this position, and nothing more, was handed out to those who follow the meeting.

        A viewer who has seen as much may join without reading the store.
        """
        channel = self._channels.get(meeting_id)
        return channel is not None and channel.position == position

    def _open(self, meeting_id: str, position: int) -> Channel:
        channel = Channel(position=position, read=position, idle=asyncio.Event())
        channel.idle.set()
        self._channels[meeting_id] = channel
        self._tasks.keep("captions.watch", lambda: self._watch(meeting_id, channel))
        return channel

    def _audience(self, channel: Channel, viewer: Viewer) -> Audience:
        """The viewer's audience. Its members share one pair of sets."""
        key = viewer.chosen, viewer.languages
        audience = channel.audiences.get(key)
        if audience is None:
            audience = channel.audiences[key] = Audience(*key, served_at=self._clock.monotonic())
        viewer.chosen, viewer.languages = audience.chosen, audience.languages
        return audience

    def leave(self, meeting_id: str, viewer: Viewer) -> None:
        """Forget a viewer. Harmless when it was cut before."""
        channel = self._channels.get(meeting_id)
        if channel is not None:
            self._drop(channel, viewer)

    def _drop(self, channel: Channel, viewer: Viewer) -> None:
        audience = channel.audiences.get((viewer.chosen, viewer.languages))
        channel.spared.discard(viewer)
        if audience is not None and viewer in audience.viewers:
            audience.viewers.remove(viewer)
            self._count(-1)

    def _count(self, change: int) -> None:
        self._viewers += change
        VIEWERS.set(self._viewers)

    def readers(self, meeting_id: str) -> dict[str, int]:
        """How many viewers chose each language."""
        channel = self._channels.get(meeting_id)
        counted: Counter[str] = Counter()
        for audience in channel.audiences.values() if channel else ():
            for tag in audience.chosen:
                counted[tag] += len(audience.viewers)
        return {tag: count for tag, count in sorted(counted.items()) if count}

    def watched(self) -> dict[str, dict[str, int]]:
        """How many viewers chose each language, for every meeting that is watched in this process."""
        return {meeting_id: self.readers(meeting_id) for meeting_id in self._channels}

    def close_all(self) -> None:
        """For shutdown: end every stream and tell each viewer to come back at its own moment."""
        self._closing = True
        for channel in self._channels.values():
            for viewer in [one for audience in channel.audiences.values() for one in audience.viewers]:
                self._drop(channel, viewer)
                retry = random.randint(*self.options.retry_ms)
                if viewer.line.unsent() is not None:
                    viewer.line.write(frame_bytes(b"retry: %d\n\n" % retry))
                viewer.line.finish()

    # What they are shown

    def show_partial(self, meeting_id: str, partial: Partial) -> None:
        """Show what is being said now to those who read its language."""
        channel = self._channels.get(meeting_id)
        if channel is not None:
            channel.partials[partial.language] = partial
            channel.fresh.add(partial.language)
            self._hand_out(channel)

    def show_delay(self, meeting_id: str, behind_s: float) -> None:
        """Note by how many seconds recognition is behind the speaker; viewers are told with the next state."""
        channel = self._channels.get(meeting_id)
        if channel is not None:
            channel.behind_s = behind_s

    async def _watch(self, meeting_id: str, channel: Channel) -> None:
        with self._bus.subscribe(topic(meeting_id)) as hint:
            while channel.watched:
                await self._catch_up(meeting_id, channel)
                self._note_state(meeting_id, channel)
                self._hand_out(channel)
                self._repay(channel)
                self._beat(channel)
                await hint.wait(self.options.poll_s)
        if self._channels.get(meeting_id) is channel:
            del self._channels[meeting_id]

    async def _catch_up(self, meeting_id: str, channel: Channel) -> None:
        """Read what is new, page by page; a page waits until the one before it was handed out."""
        while True:
            await channel.idle.wait()
            reading = await self._read_after(meeting_id, channel.read)
            channel.meeting_state = reading.state
            if reading.position == channel.read:
                return
            channel.captions += reading.captions
            channel.read = reading.position
            self._note_state(meeting_id, channel)
            self._hand_out(channel)

    def _note_state(self, meeting_id: str, channel: Channel) -> None:
        """The state goes out with captions, at once when the meeting moved, and else when the last one is old."""
        state = event_frame(
            "state",
            {
                "state": channel.meeting_state,
                "behind_s": round(channel.behind_s),
                "readers": self.readers(meeting_id),
            },
        )
        now = self._clock.monotonic()
        due = now - channel.told_at >= self.options.state_s or channel.told != channel.meeting_state
        if state != channel.state and (due or channel.captions):
            channel.state, channel.state_news = state, True
            channel.told, channel.told_at = channel.meeting_state, now

    # Handing out

    def _hand_out(self, channel: Channel) -> None:
        """Begin a round unless one is under way, which takes along what is new. The first slice is written at once."""
        if not channel.idle.is_set():
            return
        work = self._rounds(channel)
        if next(work, "done") == "done":
            return
        channel.idle.clear()
        self._tasks.spawn("captions.hand_out", self._go_on(channel, work))

    async def _go_on(self, channel: Channel, work: Iterator[None]) -> None:
        try:
            await asyncio.sleep(0)
            for _ in work:
                await asyncio.sleep(0)
        finally:
            channel.idle.set()

    def _rounds(self, channel: Channel) -> Iterator[None]:
        """Hand out all there is, until there is nothing new. Yields after each slice but the last."""
        size, written = self.options.slice, 0
        while channel.news:
            for parcel in self._pack(channel):
                for viewer_at in range(0, len(parcel.viewers), size):
                    if written >= size:
                        written = 0
                        yield
                    some = parcel.viewers[viewer_at : viewer_at + size]
                    self._write(channel, parcel, some)
                    written += len(some)

    def _pack(self, channel: Channel) -> list[Parcel]:
        """Everything new, put together for each audience that something is for; then nothing is new."""
        captions, channel.captions = channel.captions, []
        fresh, channel.fresh = channel.fresh, set()
        state = channel.state.bare if channel.state_news and channel.state else b""
        channel.state_news = False
        after, channel.position = channel.position, channel.read
        events = [(caption, caption_frame(caption).bare) for caption in captions]
        partials = {tag: partial_frame(channel.partials[tag]).bare for tag in sorted(fresh)}
        now = self._clock.monotonic()
        parcels = []
        for audience in channel.audiences.values():
            theirs = [(caption, data) for caption, data in events if caption.lang in audience.languages]
            lasting = b"".join(data for _, data in theirs) + state
            passing = b"".join(data for tag, data in partials.items() if tag in audience.languages)
            if not audience.viewers or not (lasting or passing):
                continue
            audience.served_at = now
            parcels.append(
                Parcel(
                    viewers=tuple(audience.viewers),
                    after=after,
                    captions=[caption for caption, _ in theirs],
                    lasting=frame_bytes(lasting) if lasting else None,
                    whole=frame_bytes(lasting + passing) if passing else None,
                )
            )
        return parcels

    def _write(self, channel: Channel, parcel: Parcel, viewers: Sequence[Viewer]) -> None:
        handed = 0
        for viewer in viewers:
            unsent = viewer.line.unsent()
            if unsent is None or unsent > self.options.viewer_buffer:
                self._cut(channel, viewer, slow=unsent is not None)
                continue
            if parcel.whole is not None and unsent > self.options.partial_buffer:
                channel.spared.add(viewer)
                frame = parcel.lasting
                SPARED.inc()
            else:
                frame = parcel.whole or parcel.lasting
            if parcel.captions and viewer.position > parcel.after:
                frame = _rest(channel, parcel, viewer)
            if frame is not None:
                viewer.line.write(frame)
                handed += 1
        FRAMES.inc(handed)

    def _cut(self, channel: Channel, viewer: Viewer, *, slow: bool) -> None:
        self._drop(channel, viewer)
        if slow:
            CUT.inc()
        viewer.line.cut()

    def _repay(self, channel: Channel) -> None:
        """Show viewers that have caught up what is being said now, also when it is nothing any more."""
        for viewer in list(channel.spared):
            unsent = viewer.line.unsent()
            if unsent is None:
                self._cut(channel, viewer, slow=False)
            elif unsent <= self.options.partial_buffer:
                channel.spared.discard(viewer)
                for tag in viewer.languages & channel.partials.keys():
                    viewer.line.write(partial_frame(channel.partials[tag]))

    def _beat(self, channel: Channel) -> None:
        """Keep the connections of audiences open to which nothing was written for a while, slice by slice."""
        now = self._clock.monotonic()
        for audience in channel.audiences.values():
            if audience.viewers and now - audience.served_at >= self.options.heartbeat_s:
                audience.served_at = now
                beat = Parcel(
                    viewers=tuple(audience.viewers), after=0, captions=(), lasting=HEARTBEAT, whole=None
                )
                self._write_beats(channel, beat, 0)
                if len(beat.viewers) > self.options.slice:
                    self._tasks.spawn("captions.heartbeat", self._beat_on(channel, beat))

    def _write_beats(self, channel: Channel, beat: Parcel, begin: int) -> None:
        self._write(channel, beat, beat.viewers[begin : begin + self.options.slice])

    async def _beat_on(self, channel: Channel, beat: Parcel) -> None:
        for begin in range(self.options.slice, len(beat.viewers), self.options.slice):
            await asyncio.sleep(self.options.heartbeat_gap_s)
            self._write_beats(channel, beat, begin)


def _rest(channel: Channel, parcel: Parcel, viewer: Viewer) -> Frame | None:
    """What is left for a viewer that had read further than the channel when it joined: it is told nothing twice."""
    parts = [caption_frame(one).bare for one in parcel.captions if one.position > viewer.position]
    if channel.state is not None:
        parts.append(channel.state.bare)
    parts += [partial_frame(channel.partials[tag]).bare for tag in viewer.languages & channel.partials.keys()]
    return frame_bytes(b"".join(parts)) if parts else None
