"""Live meetings: audio comes in from one source each, segments are stored and partials shown.

A source is a connection that sends samples, which are counted from the beginning of the meeting's audio. When its
connection breaks, the meeting waits for it for a while, and the sender goes on from the last sample that arrived.
When the service itself stopped, it goes on from the last sample whose words are stored; a sender that still has the
audio after that loses nothing.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from core.clock import Clock
from core.errors import AppError, Conflict, InvalidInput, Unavailable
from core.log import get_logger
from core.metrics import counter, gauge
from core.tasks import Tasks
from transcripts.admission import Measured, NoRoom, admit
from transcripts.hub import Hub
from transcripts.keeping import Keeper
from transcripts.model import Meeting
from transcripts.pool import RecogniserPool
from transcripts.recogniser import RATE
from transcripts.rooms import Room
from transcripts.service import MeetingService
from transcripts.session import LiveOptions, LiveRunner
from transcripts.translating import PartialTranslations

log = get_logger(__name__)

SAMPLE_BYTES = 2  # signed 16-bit little-endian

LIVE = gauge("meetings_live", "Meetings whose audio is being heard by this process")
REFUSED = counter("meetings_refused", "Sources refused because captions would be late", ["reason"])
GAPS = counter("meeting_audio_gaps", "Times that a sender no longer had the audio from which to go on")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceOptions:
    """Limits of live meetings."""

    meetings: int = 6  # live at once in this process, however cheap recognition is
    promise_s: float = (
        6.0  # delay within which words are to be read; no meeting is let in that would break it
    )
    grace_s: float = 60.0  # seconds for which a meeting waits for a source that was cut off
    feed_s: float = 20.0  # longest wait for the recogniser to take more audio
    drain_s: float = 20.0  # longest wait for the last words after the end of the audio
    stop_s: float = 3.0  # the same when the service is stopping
    look_s: float = (
        1.0  # seconds between looks at whether the audio paused, and at how far captions are behind
    )


class Source:
    """One connection that sends a meeting's audio."""

    def __init__(self, room: Room, *, feed_s: float) -> None:
        self._room = room
        self._feed_s = feed_s

    @property
    def received_samples(self) -> int:
        """Samples that arrived since the meeting's audio began; the next one to send has this number."""
        return self._room.received

    @property
    def stored_samples(self) -> int:
        """Samples before this one will never be asked for again."""
        return self._room.stored

    @property
    def behind_s(self) -> float:
        """Seconds of audio that wait to be recognised."""
        return self._room.runner.lag_s

    async def feed(self, pcm: bytes) -> None:
        """Take whole samples, signed 16-bit little-endian, 16 kHz mono. Waits while the recogniser is busy.

        Raises InvalidInput for half a sample, Conflict when another connection took over, Unavailable when the
        meeting's captions stopped; the sender then connects again and sends what was not stored.
        """
        if len(pcm) % SAMPLE_BYTES:
            raise InvalidInput("A message must hold whole samples of two bytes each.")
        room = self._room
        async with room.taking:
            if room.source is not self:
                raise Conflict("The audio of this meeting now comes over another connection.")
            if room.failed:
                raise Unavailable("The captions of this meeting stopped; connect again to go on.")
            try:
                async with asyncio.timeout(self._feed_s):
                    # Only handed over here: a connection that breaks may cancel this, and never the work itself.
                    await room.queue.put(pcm)
            except TimeoutError as error:
                room.failed = True
                raise Unavailable(
                    "Recognition cannot keep up at the moment; connect again to go on."
                ) from error
            room.received += len(pcm) // SAMPLE_BYTES


class LiveMeetings:
    """The meetings that this process is hearing."""

    def __init__(
        self,
        *,
        service: MeetingService,
        hub: Hub,
        recogniser: RecogniserPool,
        live: LiveOptions,
        clock: Clock,
        tasks: Tasks,
        options: SourceOptions | None = None,
        keeper: Keeper | None = None,
        partials: PartialTranslations | None = None,
    ) -> None:
        """`keeper` keeps the sound of meetings that want it; `partials` translates what is being said."""
        self._service = service
        self._hub = hub
        self._pool = recogniser
        self._live = live
        self._clock = clock
        self._tasks = tasks
        self._options = options or SourceOptions()
        self._keeper = keeper
        self._partials = partials
        self._rooms: dict[str, Room] = {}
        self._opening = asyncio.Lock()
        self._watcher: asyncio.Task[None] | None = None
        self._closing = False

    async def open(self, meeting_id: str, *, sender: str, oldest: int | None = None) -> Source:
        """Connect a source to a meeting and start the meeting.

        `sender` names the sending device, so that it may take over from its own broken connection. `oldest` is the
        first sample that it can still send; None means that its audio begins now, wherever the meeting is.
        Raises NotFound, Conflict (ended, or another device is sending), NoRoom (captions would be late),
        Unavailable (no recogniser for the language).
        """
        meeting = await self._service.get(meeting_id)
        if meeting.state == "ended":
            raise Conflict("This meeting has ended; create a new one, or open it again first.")
        while True:
            async with self._opening:
                room = self._rooms.get(meeting_id) or await self._open_room(meeting, sender, oldest)
            if room.source is not None and room.sender != sender:
                raise Conflict("Another device is sending the audio of this meeting; stop it there first.")
            if room.failed or (oldest is not None and oldest > room.received):
                await self._finish(room, wait_s=self._options.drain_s)
                continue
            async with room.taking:  # what an old connection was handing over is counted now
                if self._rooms.get(meeting_id) is room:
                    source = Source(room, feed_s=self._options.feed_s)
                    room.source, room.sender = source, sender
                    room.visits += 1
                    return source

    def is_live(self, meeting_id: str) -> bool:
        """Whether this process is hearing the meeting, or waits for its source to come back."""
        return meeting_id in self._rooms

    async def _open_room(self, meeting: Meeting, sender: str, oldest: int | None) -> Room:
        if self._closing:
            raise Unavailable("The service is stopping; connect again in a moment.")
        self._admit()
        unheard = [tag for tag in meeting.spoken if tag.partition("-")[0] not in self._pool.languages]
        if unheard:
            heard = ", ".join(sorted(self._pool.languages))
            raise Unavailable(
                f"The speech model hears {heard}, not {unheard[0]}; set a multilingual speech model."
            )
        progress = await self._service.progress(meeting.id)
        first = progress.stored_samples
        if oldest is not None and oldest > first:
            GAPS.inc()
            log.warning("audio_gap", meeting=meeting.id, seconds=(oldest - first) / RATE)
            first = oldest
        hotwords = await self._service.hotwords(meeting)
        room = self._make_room(meeting, hotwords, sender=sender, first=first, first_seq=progress.next_seq)
        await self._service.start(meeting.id)
        if oldest is None:
            await self._service.anchor(meeting.id, first)
        self._rooms[meeting.id] = room
        LIVE.set(len(self._rooms))
        room.begin(
            self._service,
            self._hub,
            self._tasks,
            look_s=self._options.look_s,
            keeper=self._keeper,
            partials=self._partials,
        )
        if self._watcher is None or self._watcher.done():
            self._watcher = self._tasks.keep("captions.delays", self._tell_delays)
        log.info("source_opened", meeting=meeting.id, samples=first)
        return room

    def _admit(self) -> None:
        measured = Measured(capacity=self._pool.capacity(), final_wait_s=self._pool.final_wait_s())
        options = self._options
        try:
            admit(len(self._rooms), most=options.meetings, promise_s=options.promise_s, measured=measured)
        except NoRoom as error:
            REFUSED.labels(error.reason).inc()
            log.warning(
                "meeting_refused", reason=error.reason, live=len(self._rooms), capacity=measured.capacity
            )
            raise

    def _make_room(
        self, meeting: Meeting, hotwords: tuple[str, ...], *, sender: str, first: int, first_seq: int
    ) -> Room:
        seat = self._pool.seat(behind=lambda: runner.lag_s)
        translated = set(meeting.languages) != set(meeting.spoken)
        runner = LiveRunner(
            recogniser=self._pool.recogniser,
            turns=seat,
            options=self._live.when_translated() if translated else self._live,
            language=meeting.language,
            languages=meeting.spoken,
            hotwords=hotwords,
            clock=self._clock,
            first_seq=first_seq,
            offset_s=first / RATE,
        )
        return Room(meeting, runner, seat, sender=sender, received=first)

    async def _tell_delays(self) -> None:
        """Let everybody know how far captions are behind, also while nothing comes out of a recogniser."""
        while self._rooms:
            for room in self._rooms.values():
                room.tell_delay(self._hub)
            await asyncio.sleep(self._options.look_s)

    def detach(self, source: Source) -> None:
        """The connection broke: wait for it to come back, then end the audio. Harmless after `end`."""
        room = next((room for room in self._rooms.values() if room.source is source), None)
        if room is not None:
            room.source = None
            self._tasks.spawn("captions.grace", self._wait_for_source(room, room.visits))

    async def _wait_for_source(self, room: Room, visit: int) -> None:
        await asyncio.sleep(self._options.grace_s)
        if room.source is None and room.visits == visit:
            log.info("source_gone", meeting=room.meeting.id)
            await self._finish(room, wait_s=self._options.drain_s)

    async def end(self, meeting_id: str) -> None:
        """End the meeting's audio; everything said is stored when this returns. Harmless when there is none.

        Raises Unavailable when the last words could not be stored; the source may connect again and send them.
        """
        room = self._rooms.get(meeting_id)
        if room is not None:
            await self._finish(room, wait_s=self._options.drain_s)
            if room.failed:
                raise Unavailable("The last words could not be stored; connect again to send them once more.")

    async def _finish(self, room: Room, *, wait_s: float) -> None:
        if room.finishing:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s), room.taking:  # held until everything is stored
                    return
            return
        room.finishing = True
        room.source = None
        try:
            async with asyncio.timeout(wait_s), room.taking:
                await room.drain(self._service)
        except (TimeoutError, AppError) as error:
            room.failed = True
            log.warning("drain_failed", meeting=room.meeting.id, kind=type(error).__name__)
        finally:
            # Nothing is awaited between giving `taking` back and this: nobody can attach to a room that is over.
            self._rooms.pop(room.meeting.id, None)
            LIVE.set(len(self._rooms))
            await room.close(self._hub)
        log.info("source_ended", meeting=room.meeting.id, samples=room.received, complete=not room.failed)

    async def close(self) -> None:
        """For shutdown: store what was said so far, as far as that takes no longer than `stop_s`."""
        self._closing = True
        rooms = list(self._rooms.values())
        await asyncio.gather(*(self._finish(room, wait_s=self._options.stop_s) for room in rooms))
