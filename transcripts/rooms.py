"""One live meeting inside: what its source sent, the runner that hears it, and where its captions go."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from core.log import get_logger
from core.metrics import counter, gauge
from core.tasks import Tasks
from transcripts.hub import Hub
from transcripts.keeping import Keeper
from transcripts.model import Meeting, Segment
from transcripts.pool import Seat
from transcripts.recogniser import RATE
from transcripts.service import MeetingService
from transcripts.session import LiveRunner
from transcripts.translating import PartialTranslations

if TYPE_CHECKING:
    from transcripts.sources import Source

log = get_logger(__name__)

WAITING = 2  # messages of a source that may wait to be taken by the recogniser
SETTLED_S = 2.0  # seconds of silence after which it is written down how far the meeting was heard

BEHIND = gauge(
    "meeting_behind_seconds", "Seconds of a meeting's speech that no recognition covered yet", ["meeting"]
)
FAILED = counter("meeting_failures", "Live meetings that stopped because of an error")


class Room:
    """One meeting whose audio is being heard, over any number of connections of its source."""

    def __init__(
        self, meeting: Meeting, runner: LiveRunner, seat: Seat, *, sender: str, received: int
    ) -> None:
        self.meeting = meeting
        self.runner = runner
        self.seat = seat
        self.sender = sender
        self.received = received  # samples since the meeting's audio began
        self.fed = received  # so many of them were handed to the runner
        self.stored = received  # samples before this are in stored segments
        self.source: Source | None = None
        self.queue: asyncio.Queue[bytes] = asyncio.Queue(WAITING)
        self.taking = asyncio.Lock()  # held while samples go in, so that a new connection gets an exact count
        self.visits = 0  # connections so far
        self.failed = False
        self.finishing = False
        self._storing = False  # a segment is on its way into the store
        self._work: list[asyncio.Task[None]] = []  # what reads the runner's outputs, and what feeds it

    def begin(
        self,
        service: MeetingService,
        hub: Hub,
        tasks: Tasks,
        *,
        look_s: float,
        keeper: Keeper | None = None,
        partials: PartialTranslations | None = None,
    ) -> None:
        """Carry audio in and captions out from now on. `keeper` keeps the sound, `partials` translates what is being
        said."""
        self._work = [
            tasks.spawn("captions.outputs", self._carry_outputs(service, hub, partials)),
            tasks.spawn("captions.audio", self._carry_audio(service, keeper, look_s)),
        ]

    def tell_delay(self, hub: Hub) -> None:
        """Let viewers and the metrics know how far captions are behind."""
        behind_s = self.runner.lag_s
        BEHIND.labels(self.meeting.id).set(behind_s)
        hub.show_delay(self.meeting.id, behind_s)

    async def drain(self, service: MeetingService) -> None:
        """Wait until everything that arrived is recognised and stored."""
        await self.queue.join()
        if not self.failed:
            await self.runner.end()
            await asyncio.wait(self._work[:1])
            self.failed = self.failed or self._work[0].cancelled()
        if not self.failed:
            self.stored = self.received
            await service.note_samples(self.meeting.id, self.received)

    async def close(self, hub: Hub) -> None:
        """Stop at once."""
        for task in self._work:
            task.cancel()
        self.seat.close()
        await self.runner.close()
        hub.show_delay(self.meeting.id, 0.0)
        BEHIND.remove(self.meeting.id)

    async def _carry_outputs(
        self, service: MeetingService, hub: Hub, partials: PartialTranslations | None
    ) -> None:
        """Carry what the runner says to the store and to the viewers."""
        try:
            async for output in self.runner.outputs():
                if isinstance(output, Segment):
                    self._storing = True
                    await service.commit_segment(self.meeting.id, output)
                    self.stored = max(self.stored, int(output.end * RATE))
                    self._storing = False
                    continue
                hub.show_partial(self.meeting.id, output)
                if partials is not None:
                    partials.offer(self.meeting.id, output)
        except Exception:
            self._note_failure()

    async def _carry_audio(self, service: MeetingService, keeper: Keeper | None, look_s: float) -> None:
        """Carry what the source sends to the runner, and let that know when the audio pauses."""
        while True:
            pcm = await _next(self.queue, look_s)
            try:
                if pcm is None and not self.failed:
                    await self.runner.idle()
                elif pcm is not None and not self.failed:
                    if keeper is not None:
                        await keeper.append(self.meeting.id, self.fed, pcm)
                    await self.runner.feed(pcm)
                    self.fed += len(pcm) // 2
                    await self._note_settled(service)
            except Exception:
                self._note_failure()
            finally:
                if pcm is not None:
                    self.queue.task_done()

    async def _note_settled(self, service: MeetingService) -> None:
        """In a silence nothing is committed, and it is known all the same that nothing was said: players of live
        captions go on, and a sender need not keep that sound."""
        settled = int(self.runner.settled_s * RATE)
        if not self._storing and settled >= self.stored + SETTLED_S * RATE:
            await service.note_samples(self.meeting.id, settled)
            self.stored = max(self.stored, settled)

    def _note_failure(self) -> None:
        self.failed = True
        FAILED.inc()
        log.exception("captions_stopped", meeting=self.meeting.id)


async def _next(queue: asyncio.Queue[bytes], wait_s: float) -> bytes | None:
    """The next message, or None when there is none for so long."""
    try:
        async with asyncio.timeout(wait_s):
            return await queue.get()
    except TimeoutError:
        return None
