"""Fan-out of captions to the viewers of each meeting.

Rows are the truth: a hint on the bus makes a meeting's channel read what came after its position and hand that to
every viewer, framed once as bytes. So what viewers get is ordered by construction, and the same code serves a
meeting whose captions another process stores. What is being said now (partials) is not stored and goes straight
through.

Nobody waits for a slow viewer: bytes are handed to its connection without awaiting, and a connection that holds
more than `viewer_buffer` unsent bytes is cut. Its browser comes back and resumes from the last position it saw.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from core.bus import Bus
from core.clock import Clock
from core.errors import Busy
from core.log import get_logger
from core.metrics import counter, gauge
from core.tasks import Tasks
from transcripts.model import Caption, Partial
from transcripts.service import Reading, topic

log = get_logger(__name__)

VIEWERS = gauge("caption_viewers", "Viewers connected to this process")
FRAMES = counter("caption_frames", "Frames handed to viewers")
CUT = counter("caption_viewers_cut", "Viewers cut because they read too slowly")
REFUSED = counter("caption_viewers_refused", "Viewers refused because the process has as many as it may")


@dataclass(frozen=True, slots=True, kw_only=True)
class HubOptions:
    """Limits of the fan-out."""

    viewers: int = 6000  # in this process, over all meetings
    viewer_buffer: int = 64 * 1024  # unsent bytes after which a viewer is cut
    poll_s: float = 2.0  # seconds after which a channel looks by itself, in case a hint was lost
    heartbeat_s: float = 10.0  # seconds between comments that keep proxies from closing a quiet stream
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
    return {
        "seq": caption.seq,
        "rev": caption.rev,
        "lang": caption.lang,
        "text": caption.text,
        "start": caption.start,
        "end": caption.end,
        "origin": caption.origin,
        "flags": list(caption.flags),
    }


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

    def __init__(
        self, line: Line, *, chosen: Collection[str], languages: Collection[str], position: int
    ) -> None:
        self.chosen = frozenset(chosen)
        self.languages = frozenset(languages)
        self.position = position
        self.line = line

    def offer(self, frame: Frame, *, limit: int) -> bool:
        """Hand a frame over. False when the connection is gone or holds more than `limit` unsent bytes."""
        unsent = self.line.unsent()
        if unsent is None:
            return False
        if unsent > limit:
            CUT.inc()
            return False
        self.line.write(frame)
        FRAMES.inc()
        return True


@dataclass(slots=True)
class Channel:
    """What the hub holds for one meeting while somebody watches it."""

    position: int  # everything up to here was handed out
    beat_at: float  # monotonic seconds
    viewers: set[Viewer] = field(default_factory=set)
    partial: Partial | None = None
    behind_s: float = 0.0
    meeting_state: str = ""
    state: Frame | None = None


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
            channel = Channel(position=viewer.position, beat_at=self._clock.monotonic())
            self._channels[meeting_id] = channel
            self._tasks.keep("captions.watch", lambda: self._watch(meeting_id, channel))
        elif channel.position > viewer.position:
            return False
        channel.viewers.add(viewer)
        self._count(1)
        if channel.state is not None:
            self._hand(channel, [viewer], channel.state)
        if channel.partial is not None and channel.partial.language in viewer.languages:
            self._hand(channel, [viewer], partial_frame(channel.partial))
        return True

    def leave(self, meeting_id: str, viewer: Viewer) -> None:
        """Forget a viewer. Harmless when it was cut before."""
        channel = self._channels.get(meeting_id)
        if channel is not None and viewer in channel.viewers:
            channel.viewers.remove(viewer)
            self._count(-1)

    def _count(self, change: int) -> None:
        self._viewers += change
        VIEWERS.set(self._viewers)

    def show_partial(self, meeting_id: str, partial: Partial) -> None:
        """Show what is being said now to those who read the spoken language."""
        channel = self._channels.get(meeting_id)
        if channel is None:
            return
        channel.partial = partial if partial.text else None
        readers = [viewer for viewer in channel.viewers if partial.language in viewer.languages]
        self._hand(channel, readers, partial_frame(partial))

    def show_delay(self, meeting_id: str, behind_s: float) -> None:
        """Note by how many seconds recognition is behind the speaker; viewers are told with the next state."""
        channel = self._channels.get(meeting_id)
        if channel is not None:
            channel.behind_s = behind_s

    def readers(self, meeting_id: str) -> dict[str, int]:
        """How many viewers chose each language."""
        channel = self._channels.get(meeting_id)
        counted = Counter(tag for viewer in (channel.viewers if channel else ()) for tag in viewer.chosen)
        return dict(sorted(counted.items()))

    def close_all(self) -> None:
        """For shutdown: end every stream and tell each viewer to come back at its own moment."""
        self._closing = True
        for channel in self._channels.values():
            for viewer in channel.viewers:
                retry = random.randint(*self.options.retry_ms)
                if viewer.line.unsent() is not None:
                    viewer.line.write(frame_bytes(b"retry: %d\n\n" % retry))
                viewer.line.finish()
            self._count(-len(channel.viewers))
            channel.viewers.clear()

    async def _watch(self, meeting_id: str, channel: Channel) -> None:
        with self._bus.subscribe(topic(meeting_id)) as hint:
            while channel.viewers:
                await self._catch_up(meeting_id, channel)
                self._show_state(meeting_id, channel)
                self._beat(channel)
                await hint.wait(self.options.poll_s)
        if self._channels.get(meeting_id) is channel:
            del self._channels[meeting_id]

    async def _catch_up(self, meeting_id: str, channel: Channel) -> None:
        while True:
            reading = await self._read_after(meeting_id, channel.position)
            channel.meeting_state = reading.state
            if reading.position == channel.position:
                return
            for caption in reading.captions:
                readers = [
                    viewer
                    for viewer in channel.viewers
                    if caption.lang in viewer.languages and caption.position > viewer.position
                ]
                self._hand(channel, readers, caption_frame(caption))
            channel.position = reading.position

    def _show_state(self, meeting_id: str, channel: Channel) -> None:
        state = event_frame(
            "state",
            {
                "state": channel.meeting_state,
                "behind_s": round(channel.behind_s),
                "readers": self.readers(meeting_id),
            },
        )
        if state != channel.state:
            channel.state = state
            self._hand(channel, channel.viewers, state)

    def _beat(self, channel: Channel) -> None:
        now = self._clock.monotonic()
        if now - channel.beat_at >= self.options.heartbeat_s:
            channel.beat_at = now
            self._hand(channel, channel.viewers, HEARTBEAT)

    def _hand(self, channel: Channel, viewers: Collection[Viewer], frame: Frame) -> None:
        lost = [viewer for viewer in viewers if not viewer.offer(frame, limit=self.options.viewer_buffer)]
        for viewer in lost:
            channel.viewers.discard(viewer)
            self._count(-1)
            viewer.line.cut()
