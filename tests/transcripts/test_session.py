"""The async shell: real voice detection on the demo speech, words from a script, one run with Whisper."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import numpy as np
import pytest

from core.clock import ManualClock, SystemClock
from core.errors import Conflict
from tests.transcripts.recordings import Briefing, read_briefing
from transcripts.audio import to_s16le
from transcripts.clauses import HoldLimits
from transcripts.errors import RecognitionUnavailable
from transcripts.live import LivePolicy
from transcripts.model import Hypothesis, Partial, Segment, Word
from transcripts.recogniser import RATE, Hints, Recogniser, Samples
from transcripts.recognisers.scripted import ScriptedRecogniser
from transcripts.recognisers.whisper import WhisperOptions, open_whisper
from transcripts.session import AudioBuffer, LiveOptions, LiveRunner


@pytest.fixture
def briefing() -> Briefing:
    return read_briefing()


PATIENT = LivePolicy(idle_s=2, hold=HoldLimits(clause_s=99, link_s=99, anywhere_s=99, never_s=99))


def script(briefing: Briefing, *, moved_s: float = 0.0) -> list[Word]:
    return [
        Word(
            text=str(word["text"]), start=word["start"] + moved_s, end=word["end"] + moved_s, probability=1.0
        )
        for word in briefing[1]["words"]
    ]


def runner(recogniser: Recogniser, **changes: object) -> LiveRunner:
    known: dict[str, object] = {"options": LiveOptions(), "language": "en", "clock": SystemClock()}
    return LiveRunner(recogniser=recogniser, **(known | changes))  # type: ignore[arg-type]


async def listen(live: LiveRunner, pcm: bytes, *, piece: int = 6400) -> list[Partial | Segment]:
    """Everything that comes out when `pcm` is fed as fast as it is taken."""
    outputs: list[Partial | Segment] = []

    async def take() -> None:
        async for output in live.outputs():
            outputs.append(output)

    async with asyncio.TaskGroup() as group:
        group.create_task(take())
        for at in range(0, len(pcm), piece):
            await live.feed(pcm[at : at + piece])
        await live.end()
    return outputs


def texts(outputs: list[Partial | Segment]) -> list[str]:
    return [each.text for each in outputs if isinstance(each, Segment)]


def words(outputs: list[Partial | Segment]) -> list[str]:
    return [word.text for each in outputs if isinstance(each, Segment) for word in each.words]


async def test_every_word_of_the_speech_is_committed(briefing: Briefing) -> None:
    outputs = await listen(runner(ScriptedRecogniser(script(briefing))), to_s16le(briefing[0]))
    assert words(outputs) == [word["text"] for word in briefing[1]["words"]]


async def test_speech_that_breaks_off_in_mid_sentence_is_drained(briefing: Briefing) -> None:
    outputs = await listen(runner(ScriptedRecogniser(script(briefing))), to_s16le(briefing[0][: 11 * RATE]))
    assert words(outputs)[-3:] == ["7", "at", "9:30"]


@pytest.mark.parametrize("piece", [1, 333, 1_000_000])
async def test_pieces_of_any_length_are_taken(briefing: Briefing, piece: int) -> None:
    seconds = 2 if piece == 1 else 8
    pcm = to_s16le(briefing[0][: seconds * RATE])[: 2000 if piece == 1 else None]
    expected = await listen(runner(ScriptedRecogniser(script(briefing))), pcm)
    outputs = await listen(runner(ScriptedRecogniser(script(briefing))), pcm, piece=piece)
    assert words(outputs) == words(expected)


async def test_partials_come_before_their_segment(briefing: Briefing) -> None:
    outputs = await listen(
        runner(ScriptedRecogniser(script(briefing))), to_s16le(briefing[0][: 5 * RATE]), piece=3200
    )
    first = next(at for at, each in enumerate(outputs) if isinstance(each, Segment))
    assert any(isinstance(each, Partial) and each.text for each in outputs[:first])


async def test_last_partial_takes_the_text_away(briefing: Briefing) -> None:
    outputs = await listen(runner(ScriptedRecogniser(script(briefing))), to_s16le(briefing[0][: 5 * RATE]))
    assert not isinstance(outputs[-1], Partial) or outputs[-1].text == ""


async def test_meeting_goes_on_where_it_was_interrupted(briefing: Briefing) -> None:
    live = runner(
        ScriptedRecogniser(script(briefing, moved_s=100.0)),
        first_seq=9,
        offset_s=100.0,
        options=LiveOptions(policy=PATIENT),
    )
    outputs = await listen(live, to_s16le(briefing[0][: int(4.4 * RATE)]))
    (segment,) = [each for each in outputs if isinstance(each, Segment)]
    assert segment.seq == 9
    assert segment.start == pytest.approx(100.5, abs=0.1)
    assert live.heard_s == pytest.approx(104.4, abs=0.01)


async def test_silence_says_nothing() -> None:
    recogniser = ScriptedRecogniser([])
    assert await listen(runner(recogniser), bytes(20 * RATE * 2)) == []
    assert recogniser.windows == []


async def test_no_audio_at_all_ends_at_once() -> None:
    assert await listen(runner(ScriptedRecogniser([])), b"") == []


class Gated:
    """A recogniser that answers only when it is let."""

    def __init__(self, inner: Recogniser) -> None:
        self.inner = inner
        self.gate = asyncio.Event()
        self.languages = inner.languages

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
        await self.gate.wait()
        return await self.inner.recognise(
            samples, language=language, at=at, words=words, final=final, hints=hints
        )

    async def close(self) -> None:
        await self.inner.close()


async def test_feed_waits_while_recognition_is_too_far_behind_and_drops_nothing(briefing: Briefing) -> None:
    gated = Gated(ScriptedRecogniser(script(briefing)))
    live = runner(gated, options=LiveOptions(max_behind_s=5.0))
    feeding = asyncio.get_running_loop().create_task(live.feed(to_s16le(briefing[0])))
    _, waiting = await asyncio.wait({feeding}, timeout=1.5)
    assert waiting == {feeding}
    assert live.heard_s < 5.0 + 2.0
    gated.gate.set()
    outputs = await listen(live, b"")
    assert words(outputs) == [word["text"] for word in briefing[1]["words"]]


async def test_feed_waits_while_nobody_takes_the_segments(briefing: Briefing) -> None:
    live = runner(ScriptedRecogniser(script(briefing)), options=LiveOptions(max_waiting=2))
    feeding = asyncio.get_running_loop().create_task(live.feed(to_s16le(briefing[0])))
    _, waiting = await asyncio.wait({feeding}, timeout=1.5)
    assert waiting == {feeding}
    taken = await listen(live, b"")
    assert words(taken) == [word["text"] for word in briefing[1]["words"]]


async def test_close_stops_at_once_and_ends_the_outputs(briefing: Briefing) -> None:
    gated = Gated(ScriptedRecogniser(script(briefing)))
    live = runner(gated)
    await live.feed(to_s16le(briefing[0][: 3 * RATE]))
    await live.close()
    assert [output async for output in live.outputs()] == []


async def test_audio_after_the_end_is_refused(briefing: Briefing) -> None:
    live = runner(ScriptedRecogniser(script(briefing)))
    await listen(live, b"")
    with pytest.raises(Conflict, match="has ended"):
        await live.feed(bytes(6400))


async def test_close_frees_a_feed_that_waits(briefing: Briefing) -> None:
    live = runner(Gated(ScriptedRecogniser(script(briefing))), options=LiveOptions(max_behind_s=1.0))
    feeding = asyncio.get_running_loop().create_task(live.feed(to_s16le(briefing[0])))
    await asyncio.wait({feeding}, timeout=0.5)
    await live.close()
    with pytest.raises(Conflict, match="has ended"):
        await feeding


class Failing:
    """A recogniser that fails for a number of windows and then works."""

    def __init__(self, inner: Recogniser, fails: Callable[[int], bool]) -> None:
        self.inner = inner
        self.fails = fails
        self.calls = 0
        self.languages = inner.languages

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
        self.calls += 1
        if self.fails(self.calls):
            raise RuntimeError("out of memory")
        return await self.inner.recognise(
            samples, language=language, at=at, words=words, final=final, hints=hints
        )

    async def close(self) -> None:
        await self.inner.close()


async def test_single_failures_lose_no_word(briefing: Briefing) -> None:
    failing = Failing(ScriptedRecogniser(script(briefing)), lambda call: call % 3 == 1)
    outputs = await listen(runner(failing), to_s16le(briefing[0]))
    assert words(outputs) == [word["text"] for word in briefing[1]["words"]]


async def test_recogniser_that_always_fails_is_reported_not_hidden(briefing: Briefing) -> None:
    live = runner(Failing(ScriptedRecogniser([]), lambda call: True))
    with pytest.raises(ExceptionGroup) as caught:
        await listen(live, to_s16le(briefing[0]))
    assert caught.group_contains(RecognitionUnavailable, match="captions have stopped")
    await live.close()


async def test_gap_in_the_audio_commits_what_was_said(briefing: Briefing) -> None:
    clock = ManualClock()
    live = runner(ScriptedRecogniser(script(briefing)), clock=clock, options=LiveOptions(policy=PATIENT))
    await live.feed(to_s16le(briefing[0][: int(4.1 * RATE)]))
    await live.idle()
    clock.advance(3.0)
    await live.idle()
    await live.feed(bytes(RATE * 2))
    await live.end()
    assert texts([each async for each in live.outputs()]) == [briefing[1]["sentences"][0]["text"]]


async def test_voice_that_goes_on_after_a_gap_is_heard(briefing: Briefing) -> None:
    clock = ManualClock()
    live = runner(ScriptedRecogniser(script(briefing)), clock=clock)
    await live.feed(to_s16le(briefing[0][: int(2.7 * RATE)]))
    clock.advance(3.0)
    await live.idle()
    await live.feed(to_s16le(briefing[0][int(2.7 * RATE) : int(4.4 * RATE)]))
    await live.end()
    said = words([each async for each in live.outputs()])
    assert said == [word["text"] for word in briefing[1]["words"][:9]]


async def test_memory_holds_only_audio_that_may_be_asked_for_again(briefing: Briefing) -> None:
    live = runner(ScriptedRecogniser(script(briefing)))
    await listen(live, to_s16le(np.tile(briefing[0], 3)))
    assert live._audio.held_s < 5.0


async def test_whisper_captions_the_first_sentences(briefing: Briefing) -> None:
    recogniser = await open_whisper(WhisperOptions())
    outputs = await listen(runner(recogniser), to_s16le(briefing[0][: int(7.9 * RATE)]))
    await recogniser.close()
    assert texts(outputs) == [
        "Good morning, everyone, and welcome to Midori Elementary School.",
        "My name is Sato, and I teach the first grade.",
    ]


def test_buffer_gives_back_what_was_put_in() -> None:
    buffer = AudioBuffer(10.0)
    samples = np.arange(RATE, dtype=np.float32)
    buffer.append(samples)
    buffer.append(samples)
    assert buffer.end == 12.0
    assert buffer.slice(10.5, 11.5).tolist() == [*samples[RATE // 2 :], *samples[: RATE // 2]]


def test_buffer_forgets_whole_pieces_only() -> None:
    buffer = AudioBuffer(0.0)
    for value in range(4):
        buffer.append(np.full(RATE, value, np.float32))
    buffer.forget(2.5)
    assert buffer.held_s == 2.0
    assert buffer.slice(2.5, 3.5).tolist() == [2.0] * (RATE // 2) + [3.0] * (RATE // 2)
    assert buffer.end == 4.0


def test_translated_meetings_wait_longer_for_the_end_of_a_sentence() -> None:
    options = LiveOptions(translated_hold=2.0)
    assert options.when_translated().policy.hold == options.policy.hold.times(2.0)
    assert options.when_translated().policy.limits == options.policy.limits
