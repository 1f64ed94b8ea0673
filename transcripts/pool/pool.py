"""The recogniser that all meetings share: threads and futures around `schedule.Schedule`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import numpy as np

from core.clock import Clock
from core.errors import Busy, Unavailable
from core.metrics import counter, gauge, histogram
from core.tasks import Tasks
from transcripts.model import Hypothesis
from transcripts.pool.load import KINDS, Kind
from transcripts.pool.schedule import Claim, Lane, PoolOptions, Schedule
from transcripts.recogniser import RATE, Hints, Recogniser, Samples
from transcripts.turns import Work

CALIBRATION_S = 6.0  # length of the windows that are recognised to learn what recognition costs
ROUNDS = 3
CALIBRATION_LIMIT_S = 3.0  # after which no further round begins: with a large model one is enough
SPEECH_COST = 2.2  # recognising speech costs so many times what silence costs, as it has words to decode
CLOSE_S = 5.0  # how long closing waits for what is being recognised

UTILISATION = gauge("recogniser_utilisation", "Share of the recogniser's workers that was busy lately")
WAITING = gauge("recogniser_waiting", "Recognitions that wait for their turn", ["kind"])
WAIT = histogram("recogniser_wait_seconds", "How long a recognition waited for a free worker", ["kind"])
STEP = gauge("recogniser_step_seconds", "Least time between two interim recognitions of one meeting")
DROPPED = counter("interims_dropped", "Interim recognitions that were given up for the final one")
CANCELLED = counter("recognitions_cancelled", "Recognitions given up while they waited")
REFUSED = counter("recognitions_refused", "Recognitions refused because too many of one lane waited")


class Seat:
    """One meeting's place at the recogniser. Fits `transcripts.turns.Turns`."""

    def __init__(self, pool: RecogniserPool, behind: Callable[[], float]) -> None:
        self._pool = pool
        self._lane = Lane(behind=behind)
        pool._schedule.add(self._lane)

    async def take(self, work: Work, *, final: bool) -> Hypothesis:
        """Raises Busy when more work waits than `PoolOptions.waiting`, Unavailable when the pool is closing."""
        return await self._pool._take(self._lane, "final" if final else "interim", work)

    def hurry(self) -> None:
        self._pool._hurry(self._lane)

    def close(self) -> None:
        """Give the place up. Harmless when it was."""
        self._pool._schedule.remove(self._lane)


class RecogniserPool:
    """One model for all meetings, and for recordings.

    It is a recogniser itself: windows given to `recognise` (voice messages, uploads) share one lane, which has turns
    like one meeting's interims. It owns the recogniser and closes it.
    """

    def __init__(self, recogniser: Recogniser, *, clock: Clock, options: PoolOptions | None = None) -> None:
        self.recogniser = recogniser  # for those who have a turn
        self._clock = clock
        self._schedule = Schedule(options or PoolOptions())
        self._others = Lane(behind=lambda: 0.0, meeting=False)
        self._schedule.add(self._others)
        self._tasks = Tasks()
        self._waiting: dict[Claim, tuple[Work, asyncio.Future[Hypothesis]]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._closing = False

    @property
    def languages(self) -> frozenset[str]:
        return self.recogniser.languages

    def seat(self, *, behind: Callable[[], float]) -> Seat:
        """A meeting's place. `behind` gives the seconds of its speech that are not recognised yet."""
        return Seat(self, behind)

    async def recognise(
        self,
        samples: Samples,
        *,
        language: str | None,
        at: float = 0.0,
        words: bool = True,
        final: bool = True,
        hints: Hints | None = None,
    ) -> Hypothesis:
        """As `Recogniser.recognise`, when its turn has come. Raises Busy when too much waits already."""

        def work() -> Awaitable[Hypothesis]:
            return self.recogniser.recognise(
                samples, language=language, at=at, words=words, final=final, hints=hints
            )

        return await self._take(self._others, "other", work)

    async def calibrate(self) -> float:
        """Learn what one recognition costs when all workers are busy; gives worker-seconds."""
        language = next(iter(self.languages)) if len(self.languages) == 1 else None
        silence = np.zeros(int(CALIBRATION_S * RATE), np.float32)
        rounds = []
        for _ in range(ROUNDS):
            began = self._clock.monotonic()
            each = [
                self.recogniser.recognise(silence, language=language)
                for _ in range(self._schedule.options.workers)
            ]
            await asyncio.gather(*each)
            rounds.append(self._clock.monotonic() - began)
            if sum(rounds) > CALIBRATION_LIMIT_S:
                break
        cost_s = SPEECH_COST * min(rounds)  # what else runs on the machine at the moment only adds
        self._schedule.load.calibrate(cost_s)
        return cost_s

    def capacity(self) -> int:
        """How many meetings can speak at once with an interim at least every `slowest_step_s`, by measured costs."""
        options, load, now = self._schedule.options, self._schedule.load, self._clock.monotonic()
        one = load.interim_cost_s / options.slowest_step_s + load.final_share(now)
        return int(options.target * options.workers / one) if one > 0 else 1_000_000

    def cost_s(self) -> float:
        """Worker-seconds of one interim recognition; a moving average."""
        return self._schedule.load.interim_cost_s

    def step_s(self) -> float:
        """Least seconds between two interim recognitions of one meeting at present."""
        return self._schedule.step_s(self._clock.monotonic())

    def final_wait_s(self) -> float:
        """How long final recognitions wait for their turn at present."""
        return self._schedule.load.final_wait_s(self._clock.monotonic())

    def utilisation(self) -> float:
        """Share of the workers that was busy lately, 0 … 1."""
        now = self._clock.monotonic()
        return min(1.0, self._schedule.load.busy(now) / self._schedule.options.workers)

    async def close(self) -> None:
        """Give up what waits, finish what runs, and free the model."""
        self._closing = True
        if self._timer is not None:
            self._timer.cancel()
        for claim, (_, answer) in list(self._waiting.items()):
            self._schedule.withdraw(claim)
            if not answer.done():
                answer.set_exception(Unavailable("The service is stopping; try again in a moment."))
        self._waiting.clear()
        await self._tasks.close(grace_s=CLOSE_S)
        await self.recogniser.close()

    async def _take(self, lane: Lane, kind: Kind, work: Work) -> Hypothesis:
        if self._closing:
            raise Unavailable("The service is stopping; try again in a moment.")
        if len(lane.claims) >= self._schedule.options.waiting:
            REFUSED.inc()
            raise Busy("Too much speech waits to be recognised at the moment; try again in a minute.")
        answer: asyncio.Future[Hypothesis] = asyncio.get_running_loop().create_future()
        claim = self._schedule.claim(lane, kind, self._clock.monotonic())
        self._waiting[claim] = work, answer
        self._dispatch()
        try:
            return await answer
        finally:
            if self._waiting.pop(claim, None) is not None:
                CANCELLED.inc()
                self._schedule.withdraw(claim)
                self._dispatch()

    def _hurry(self, lane: Lane) -> None:
        if dropped := self._schedule.hurry(lane, self._clock.monotonic()):
            DROPPED.inc(dropped)
            self._dispatch()

    def _dispatch(self) -> None:
        """Begin every turn that can begin, and look again when one that is held back may."""
        if self._closing:
            return
        now = self._clock.monotonic()
        while (claim := self._schedule.start(now)) is not None:
            WAIT.labels(claim.kind).observe(claim.waited_s)
            work, answer = self._waiting.pop(claim)
            self._tasks.spawn("recognition", self._run(claim, work, answer))
        if self._timer is not None:
            self._timer.cancel()
        wake_at = self._schedule.wake_at(now)
        self._timer = (
            asyncio.get_running_loop().call_later(wake_at - now, self._dispatch)
            if wake_at is not None
            else None
        )
        for kind in KINDS:
            WAITING.labels(kind).set(self._schedule.waiting(kind))
        STEP.set(self.step_s())
        UTILISATION.set(self.utilisation())

    async def _run(self, claim: Claim, work: Work, answer: asyncio.Future[Hypothesis]) -> None:
        """One turn. It lasts until the model is free again, also when nobody wants the answer any more."""
        try:
            if not answer.done():
                found = await work()
                if not answer.done():
                    answer.set_result(found)
        except Exception as error:
            if not answer.done():
                answer.set_exception(error)
        finally:
            answer.cancel()  # harmless when it is answered
            self._schedule.finish(claim, self._clock.monotonic())
            self._dispatch()
