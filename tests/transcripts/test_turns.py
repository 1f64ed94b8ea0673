"""Live sessions that share a pool: what they ask when their turn comes. Real voice detection, words from a script."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from core.clock import SystemClock
from core.metrics import REGISTRY
from core.tasks import Tasks
from tests.transcripts.recordings import read_briefing
from transcripts import live
from transcripts.audio import to_s16le
from transcripts.live import LivePolicy, LiveSession, Recognise, Window
from transcripts.model import Hypothesis, Partial, Segment, Word
from transcripts.pool import PoolOptions, RecogniserPool
from transcripts.recogniser import RATE, Hints, Samples
from transcripts.recognisers.scripted import ScriptedRecogniser
from transcripts.session import LiveOptions, LiveRunner

APART_S = 1000.0  # meetings in these tests begin so far apart on one script


def script(meetings: int = 1) -> list[Word]:
    """The briefing's words, once for each meeting, each at its own times."""
    said = read_briefing()[1]["words"]
    return [
        Word(
            text=str(word["text"]),
            start=word["start"] + number * APART_S,
            end=word["end"] + number * APART_S,
            probability=1.0,
        )
        for number in range(meetings)
        for word in said
    ]


def speech(seconds: float, *, start_s: float = 0.0) -> bytes:
    return to_s16le(read_briefing()[0][int(start_s * RATE) : int(seconds * RATE)])


def runner(pool: RecogniserPool, number: int = 0) -> LiveRunner:
    seat = pool.seat(behind=lambda: made.lag_s)
    made = LiveRunner(
        recogniser=pool.recogniser,
        turns=seat,
        options=LiveOptions(),
        language="en",
        clock=SystemClock(),
        offset_s=number * APART_S,
    )
    return made


async def hear(made: LiveRunner, pcm: bytes) -> list[Partial | Segment]:
    """Everything that comes out when `pcm` is fed as fast as it is taken."""
    tasks, outputs = Tasks(), []

    async def take() -> None:
        async for output in made.outputs():
            outputs.append(output)

    taking = tasks.spawn("take", take())
    for at in range(0, len(pcm), 6400):
        await made.feed(pcm[at : at + 6400])
    await made.end()
    await taking
    return outputs


def words(outputs: list[Partial | Segment]) -> list[str]:
    return [word.text for each in outputs if isinstance(each, Segment) for word in each.words]


class Gated(ScriptedRecogniser):
    """Holds back every answer, while it is shut."""

    def __init__(self, script: list[Word]) -> None:
        super().__init__(script)
        self.open = asyncio.Event()
        self.begun = asyncio.Event()

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
        self.begun.set()
        await self.open.wait()
        return await super().recognise(
            samples, language=language, at=at, words=words, final=final, hints=hints
        )


@pytest.mark.parametrize("workers", [1, 2])
async def test_six_meetings_on_one_model_lose_and_mix_no_word(workers: int) -> None:
    pool = RecogniserPool(
        ScriptedRecogniser(script(6)), clock=SystemClock(), options=PoolOptions(workers=workers)
    )
    heard = await asyncio.gather(*(hear(runner(pool, number), speech(13.0)) for number in range(6)))
    expected = [word.text for word in script() if word.end <= 13.0]
    assert [words(outputs) for outputs in heard] == [expected] * 6
    for number, outputs in enumerate(heard):
        starts = [each.start for each in outputs if isinstance(each, Segment)]
        assert [start // APART_S for start in starts] == [number] * len(starts)


async def test_window_that_waited_is_cut_to_the_newest_audio() -> None:
    model = Gated(script(2))
    pool = RecogniserPool(model, clock=SystemClock(), options=PoolOptions(workers=1))
    blocking, waiting = runner(pool, 1), runner(pool)
    await blocking.feed(speech(1.6))
    await model.begun.wait()
    await waiting.feed(speech(1.6))
    asked_at = waiting.heard_s
    await waiting.feed(speech(2.6, start_s=1.6))
    model.open.set()
    await asyncio.gather(waiting.end(), blocking.end())
    own = [window for window in model.windows if window[0] < APART_S]
    assert own[0][1] > asked_at + 0.7
    await pool.close()


async def test_stretch_that_ends_while_its_window_waits_is_recognised_once_and_as_final() -> None:
    before = REGISTRY.get_sample_value("madoguchi_interims_dropped_total") or 0.0
    model = Gated(script(2))
    pool = RecogniserPool(model, clock=SystemClock(), options=PoolOptions(workers=1))
    blocking, waiting = runner(pool, 1), runner(pool)
    await blocking.feed(speech(1.6))
    await model.begun.wait()
    await waiting.feed(speech(4.3) + bytes(RATE))  # the first sentence, and silence after it
    model.open.set()
    await asyncio.gather(waiting.end(), blocking.end())
    assert len([window for window in model.windows if window[0] < APART_S]) == 1
    assert (REGISTRY.get_sample_value("madoguchi_interims_dropped_total") or 0.0) >= before + 1
    said = [each async for each in waiting.outputs()]
    assert words(said) == [word.text for word in script() if word.end <= 4.4]


class Faulty(ScriptedRecogniser):
    """Fails for one meeting, always."""

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
        if at >= APART_S:
            raise RuntimeError("out of memory")
        return await super().recognise(
            samples, language=language, at=at, words=words, final=final, hints=hints
        )


async def test_recogniser_that_fails_for_one_meeting_never_stops_the_other() -> None:
    pool = RecogniserPool(Faulty(script(2)), clock=SystemClock(), options=PoolOptions(workers=1))
    failed, heard = await asyncio.gather(
        hear(runner(pool, 1), speech(13.0)), hear(runner(pool), speech(13.0)), return_exceptions=True
    )
    assert isinstance(failed, Exception)
    assert not isinstance(heard, BaseException)
    assert words(heard) == [word.text for word in script() if word.end <= 13.0]


async def test_meeting_that_is_closed_takes_its_work_out_of_the_queue() -> None:
    model = Gated(script(2))
    pool = RecogniserPool(model, clock=SystemClock(), options=PoolOptions(workers=1))
    blocking, closed = runner(pool), runner(pool, 1)
    await blocking.feed(speech(1.6))
    await model.begun.wait()
    await closed.feed(speech(4.4))
    await closed.close()
    model.open.set()
    await blocking.end()
    assert [window for window in model.windows if window[0] >= APART_S] == []


async def test_silent_meeting_never_asks_for_a_turn() -> None:
    model = ScriptedRecogniser([])
    pool = RecogniserPool(model, clock=SystemClock())
    assert await hear(runner(pool), bytes(20 * RATE * 2)) == []
    assert (model.windows, pool.step_s(), pool.utilisation()) == ([], 0.0, 0.0)


# --- the session's side --------------------------------------------------------------------------------------------


def asked(session: LiveSession, *events: live.Event) -> Window:
    """The window that the session asks for after these events."""
    commands = [command for event in events for command in session.handle(event)]
    (window,) = [command.window for command in commands if isinstance(command, Recognise)]
    return window


def spoken(session: LiveSession, until: float = 2.0) -> Window:
    return asked(session, live.VoiceStarted(0.5), live.AudioArrived(until))


def test_renewed_window_reaches_to_what_was_heard_since() -> None:
    session = LiveSession(LivePolicy(), language="en")
    window = spoken(session)
    session.handle(live.AudioArrived(3.5))
    assert session.renew(window) == replace(window, end=3.5)


def test_renewed_window_is_answered_as_any_other() -> None:
    session = LiveSession(LivePolicy(), language="en")
    window = spoken(session)
    session.handle(live.AudioArrived(3.5))
    renewed = session.renew(window)
    session.handle(live.Recognised(renewed, Hypothesis(words=(), language="en"), 0.1))
    assert session.behind_s == 0.0


def test_window_whose_stretch_has_ended_becomes_final_and_urgent() -> None:
    session = LiveSession(LivePolicy(), language="en")
    window = spoken(session)
    before = session.is_urgent
    session.handle(live.AudioArrived(3.5))
    session.handle(live.VoiceStopped(3.0))
    assert (before, session.is_urgent) == (False, True)
    assert session.renew(window).final


def test_renewed_window_never_passes_the_hard_limit() -> None:
    policy = LivePolicy()
    session = LiveSession(policy, language="en")
    window = spoken(session)
    session.handle(live.AudioArrived(200.0))
    renewed = session.renew(window)
    assert renewed.end - renewed.start == pytest.approx(policy.hard_window_s)


def test_answered_window_is_not_renewed() -> None:
    session = LiveSession(LivePolicy(), language="en")
    window = spoken(session)
    session.handle(live.Recognised(window, Hypothesis(words=(), language="en"), 0.1))
    assert session.renew(window) == window
    assert not session.is_urgent
