"""The shell around a live session: it takes audio in, runs voice detection and the recogniser, and hands results out.

All state that matters is in `live.LiveSession`; here are only the buffer, the threads and the queues, each bounded.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np

from core.clock import Clock
from core.errors import Conflict
from core.log import get_logger
from core.metrics import counter, histogram
from core.tasks import Tasks
from transcripts import live
from transcripts.audio import from_s16le
from transcripts.errors import RecognitionUnavailable
from transcripts.live import LivePolicy, LiveSession, Window
from transcripts.model import Hypothesis, Partial, Segment
from transcripts.recogniser import RATE, Hints, Recogniser, Samples
from transcripts.recognisers.silero import SileroModel
from transcripts.turns import OwnRecogniser, Turns
from transcripts.vad import VoiceDetector, VoiceOptions

log = get_logger(__name__)

CAPTION_DELAY = histogram(
    "caption_delay_seconds",
    "From the end of a segment's sound to its commit, in audio heard",
    buckets=(0.5, 1, 1.5, 2, 3, 4, 6, 10, 30),
)
FEED_WAITS = counter(
    "audio_feed_waits", "Times that incoming audio had to wait because recognition was behind"
)
FAILURES = counter("recognition_failures", "Recognitions that raised an error")
PARTIALS_REPLACED = counter(
    "partials_replaced", "Partials that a newer one replaced before anybody took them"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveOptions:
    """Limits of one live session, and its policies."""

    policy: LivePolicy = field(default_factory=LivePolicy)
    voice: VoiceOptions = field(default_factory=VoiceOptions)
    max_behind_s: float = 30.0  # voiced audio that may wait for recognition before `feed` waits
    max_waiting: int = 256  # segments that may wait to be taken from `outputs` before `feed` waits
    max_failures: int = 5  # recognitions that may fail in a row before the session gives up
    piece_s: float = 0.25  # audio is looked at in pieces of this length
    translated_hold: float = (
        2.5  # how many times longer sentences wait for their end where they are translated
    )

    def when_translated(self) -> LiveOptions:
        """For a meeting whose captions are translated: half a sentence makes a poor translation."""
        hold = self.policy.hold.times(self.translated_hold)
        return replace(self, policy=replace(self.policy, hold=hold))


class LiveRunner:
    """Captions for one stream of audio. Feed it, take its outputs in another task, end it.

    `offset_s` is the audio time of the first sample and `first_seq` the number of the first segment, so that a
    meeting that was interrupted goes on where it stopped. `turns` are this meeting's at a recogniser that several
    share. `language` is what is spoken first, `languages` all that may be spoken, and `hotwords` names and terms that
    are likely to be said, as they are written. Stopping early (`close`) loses what is not committed.
    """

    def __init__(
        self,
        *,
        recogniser: Recogniser,
        options: LiveOptions,
        language: str,
        clock: Clock,
        languages: tuple[str, ...] = (),
        hotwords: tuple[str, ...] = (),
        first_seq: int = 1,
        offset_s: float = 0.0,
        turns: Turns | None = None,
    ) -> None:
        self._recogniser = recogniser
        self._turns = turns or OwnRecogniser()
        self._options = options
        self._language = language
        self._hotwords = hotwords
        self._clock = clock
        self._session = LiveSession(
            options.policy, language=language, languages=languages, first_seq=first_seq, start=offset_s
        )
        self._audio = AudioBuffer(offset_s)
        self._detector: VoiceDetector | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="voice")
        self._tasks = Tasks()
        self._feeding = asyncio.Lock()
        self._odd = b""
        self._outbox: deque[Partial | Segment] = deque()
        self._changed = asyncio.Condition()
        self._finished = False
        self._error: Exception | None = None
        self._failures = 0
        self._last_audio = clock.monotonic()

    @property
    def heard_s(self) -> float:
        """Audio time up to which audio has been fed."""
        return self._audio.end

    @property
    def lag_s(self) -> float:
        """Seconds of voiced audio that no recognition has covered yet: how far captions are behind."""
        return self._session.behind_s

    @property
    def settled_s(self) -> float:
        """Audio time before which all words have been taken from `outputs`; 0 while some wait to be taken."""
        return 0.0 if self._outbox else self._audio.end - self._audio.held_s

    async def feed(self, pcm: bytes) -> None:
        """Take in raw s16le mono 16 kHz audio of any length. Waits while recognition is too far behind; never drops.

        Raises the error that stopped the session, if one did, and `Conflict` after `end` or `close`.
        """
        async with self._feeding:
            data = self._odd + pcm
            whole = len(data) // 2 * 2
            self._odd = data[whole:]
            samples = from_s16le(data[:whole])
            step = int(self._options.piece_s * RATE)
            for at in range(0, len(samples), step):
                await self._hear(samples[at : at + step])

    async def idle(self) -> None:
        """Call now and then while no audio arrives: what was said before the gap is committed after a while."""
        idle_s = self._clock.monotonic() - self._last_audio
        if idle_s >= self._options.policy.idle_s and self._detector is not None:
            self._detector.reset()
            await self._handle(live.Tick(idle_s))

    async def end(self) -> None:
        """No more audio will come. Returns when everything that was said is committed and can be taken."""
        async with self._feeding:
            await self._handle(live.Ended())
            async with self._changed:
                await self._changed.wait_for(lambda: self._finished or self._error is not None)
        await self._stop()
        if self._error is not None:
            raise self._error

    async def close(self) -> None:
        """Stop at once, whether or not everything is committed. Harmless after `end`."""
        async with self._changed:
            self._finished = True
            self._changed.notify_all()
        await self._stop()

    async def outputs(self) -> AsyncIterator[Partial | Segment]:
        """Everything to show, in order. A partial with empty text takes the one before away. Ends after `end`.

        Raises `RecognitionUnavailable` when the recogniser failed too often in a row.
        """
        while True:
            async with self._changed:
                await self._changed.wait_for(
                    lambda: self._outbox or self._finished or self._error is not None
                )
                if not self._outbox:
                    break
                output = self._outbox.popleft()
                self._changed.notify_all()
            yield output
        if self._error is not None:
            raise self._error

    async def _stop(self) -> None:
        await self._tasks.close()
        self._thread.shutdown(wait=False)

    async def _hear(self, samples: Samples) -> None:
        await self._room()
        self._audio.append(samples)
        self._last_audio = self._clock.monotonic()
        loop = asyncio.get_running_loop()
        for event in await loop.run_in_executor(self._thread, self._detect, samples):
            await self._handle(event)
        await self._handle(live.AudioArrived(self._audio.end))

    def _detect(self, samples: Samples) -> Sequence[live.Event]:
        """In the audio thread: the model is loaded there too, at the first sound."""
        if self._detector is None:
            start_s = self._audio.end - len(samples) / RATE
            self._detector = VoiceDetector(self._options.voice, model=SileroModel(), start_s=start_s)
        return self._detector.hear(samples)

    async def _room(self) -> None:
        """Wait until recognition and the taker of outputs have caught up enough for more audio."""

        def ready() -> bool:
            behind = self._session.behind_s > self._options.max_behind_s
            full = len(self._outbox) >= self._options.max_waiting
            return self._error is not None or self._finished or not (behind or full)

        if not ready():
            FEED_WAITS.inc()
            async with self._changed:
                await self._changed.wait_for(ready)
        if self._error is not None:
            raise self._error
        if self._finished:
            raise Conflict("This audio has ended; open the meeting again to send more.")

    async def _handle(self, event: live.Event) -> None:
        for command in self._session.handle(event):
            match command:
                case live.Recognise(window):
                    self._tasks.spawn("recognise", self._recognise(window))
                case live.PublishPartial(partial):
                    self._put(partial)
                case live.DropPartial():
                    self._put(Partial(start=self.heard_s, text="", stable_chars=0, language=self._language))
                case live.Commit(segment):
                    CAPTION_DELAY.observe(max(0.0, self.heard_s - segment.end))
                    self._put(segment)
                case live.Forget(before):
                    self._audio.forget(before)
                case live.Finish():
                    self._finished = True
        if self._session.is_urgent:
            self._turns.hurry()
        async with self._changed:
            self._changed.notify_all()

    def _put(self, output: Partial | Segment) -> None:
        """Queue an output. Only the newest of several partials in a row matters; segments are never left out."""
        if isinstance(output, Partial) and self._outbox and isinstance(self._outbox[-1], Partial):
            self._outbox.pop()
            PARTIALS_REPLACED.inc()
        self._outbox.append(output)

    async def _recognise(self, window: Window) -> None:
        began = self._clock.monotonic()

        def work() -> Awaitable[Hypothesis]:
            nonlocal window, began
            window, began = self._session.renew(window), self._clock.monotonic()
            samples = self._audio.slice(window.start, window.end)
            return self._recogniser.recognise(
                samples,
                language=window.language,
                at=window.start,
                final=window.final,
                hints=Hints(hotwords=self._hotwords, languages=window.languages),
            )

        try:
            hypothesis = await self._turns.take(work, final=window.final)
        except Exception as error:
            FAILURES.inc()
            self._failures += 1
            log.exception("recognition_failed", in_a_row=self._failures)
            if self._failures >= self._options.max_failures:
                self._error = RecognitionUnavailable(
                    "Speech recognition failed several times in a row and captions have stopped; see the service's log."
                )
                self._error.__cause__ = error
            await self._handle(live.RecognitionFailed(window))
            return
        self._failures = 0
        await self._handle(live.Recognised(window, hypothesis, self._clock.monotonic() - began))


class AudioBuffer:
    """The audio that may still be asked for, addressed by audio time."""

    def __init__(self, start_s: float) -> None:
        self._start_s = start_s
        self._first = 0  # samples forgotten since the beginning
        self._pieces: deque[Samples] = deque()
        self._count = 0

    @property
    def end(self) -> float:
        """Audio time after the last sample."""
        return self._start_s + (self._first + self._count) / RATE

    @property
    def held_s(self) -> float:
        """Seconds of audio in memory."""
        return self._count / RATE

    def append(self, samples: Samples) -> None:
        self._pieces.append(samples)
        self._count += len(samples)

    def slice(self, start_s: float, end_s: float) -> Samples:
        """The samples between two audio times, as far as they are in memory."""
        first = max(0, round((start_s - self._start_s) * RATE) - self._first)
        last = max(first, round((end_s - self._start_s) * RATE) - self._first)
        whole = np.concatenate(self._pieces) if self._pieces else np.zeros(0, np.float32)
        return whole[first:last]

    def forget(self, before_s: float) -> None:
        """Let go of whole pieces that end before an audio time."""
        keep_from = round((before_s - self._start_s) * RATE)
        while self._pieces and self._first + len(self._pieces[0]) <= keep_from:
            gone = len(self._pieces.popleft())
            self._first += gone
            self._count -= gone
