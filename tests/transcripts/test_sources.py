"""Live meetings side by side: who is let in, and what is told about delays. Audio over the network: test_web_audio."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from core.errors import Busy, Unavailable
from core.metrics import REGISTRY, exposition
from tests.transcripts.conftest import Build, Running, events, speech
from transcripts.admission import NoRoom
from transcripts.hub import HubOptions
from transcripts.model import Hypothesis
from transcripts.recogniser import Hints, Samples
from transcripts.recognisers.scripted import ScriptedRecogniser
from transcripts.service import NewMeeting
from transcripts.sources import Source, SourceOptions

PIECE = 6_400  # bytes: 200 ms
SHORT = 4.5  # seconds of speech: the first sentence
QUICK = SourceOptions(look_s=0.02)
TOLD = HubOptions(poll_s=0.02, state_s=0.0)


class Gated(ScriptedRecogniser):
    """Holds back every answer until it is let."""

    def __init__(self) -> None:
        super().__init__(speech(SHORT).words)
        self.open = asyncio.Event()

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
        await self.open.wait()
        return await super().recognise(
            samples, language=language, at=at, words=words, final=final, hints=hints
        )


async def begin(site: Running, made: NewMeeting | None = None) -> tuple[NewMeeting, Source]:
    made = made or await site.meeting()
    return made, await site.live.open(made.meeting.id, sender="test")


async def feed(source: Source, pcm: bytes) -> None:
    for at in range(0, len(pcm), PIECE):
        await source.feed(pcm[at : at + PIECE])


def refusals(reason: str) -> float:
    return REGISTRY.get_sample_value("madoguchi_meetings_refused_total", {"reason": reason}) or 0.0


def behind(made: NewMeeting) -> float | None:
    return REGISTRY.get_sample_value("madoguchi_meeting_behind_seconds", {"meeting": made.meeting.id})


async def told_delays(site: Running, made: NewMeeting, *, at_least: int) -> int:
    """The first delay of `at_least` seconds that a viewer is told."""
    async with (
        asyncio.timeout(20),
        site.visitor.get(site.url(f"/meetings/{made.meeting.id}/captions?lang=en")) as stream,
    ):
        async for event in events(stream):
            if event.name == "state" and event.data["behind_s"] >= at_least:
                return int(event.data["behind_s"])
    raise AssertionError("the stream ended")


async def test_meeting_too_many_is_refused_and_counted(build: Build) -> None:
    site = await build(sources=SourceOptions(meetings=2))
    for _ in range(2):
        await begin(site)
    before = refusals("limit")
    with pytest.raises(NoRoom, match="at most 2 meetings at once"):
        await begin(site)
    assert refusals("limit") == before + 1


async def test_meeting_that_measured_costs_forbid_is_refused_before_the_limit(build: Build) -> None:
    site = await build(sources=SourceOptions(meetings=100))
    before, let_in = refusals("cost"), 0
    with pytest.raises(Busy, match="no time left"):
        for _ in range(100):
            await begin(site)
            let_in += 1
    assert (
        let_in == 4
    )  # 0.85 worker-seconds a second, at 0.3 for an interim every 2.5 s and a final every 4 s
    assert refusals("cost") == before + 1


async def test_refused_meeting_is_not_started_and_gets_in_when_another_ends(build: Build) -> None:
    site = await build(sources=SourceOptions(meetings=1))
    first, _ = await begin(site)
    second = await site.meeting()
    with pytest.raises(NoRoom):
        await begin(site, second)
    assert (await site.service.get(second.meeting.id)).state == "planned"
    await site.live.end(first.meeting.id)
    await begin(site, second)
    assert (await site.service.get(second.meeting.id)).state == "live"


async def test_source_that_comes_back_needs_no_new_place(build: Build) -> None:
    site = await build(sources=SourceOptions(meetings=1))
    made, source = await begin(site)
    site.live.detach(source)
    again = await site.live.open(made.meeting.id, sender="test", oldest=0)
    assert again.received_samples == 0


async def test_viewers_are_told_the_delay_while_nothing_is_recognised(build: Build) -> None:
    model = Gated()
    site = await build(recogniser=model, sources=QUICK, hub_options=TOLD)
    made, source = await begin(site)
    await feed(source, speech(SHORT).pcm[: 4 * 32_000])
    assert await told_delays(site, made, at_least=2) in (2, 3, 4)
    assert behind(made) == pytest.approx(source.behind_s)
    assert source.behind_s > 2.0
    model.open.set()
    assert await told_delays(site, made, at_least=0) is not None
    await site.live.end(made.meeting.id)


async def test_delay_is_gone_when_the_audio_has_ended(build: Build) -> None:
    model = Gated()
    site = await build(recogniser=model, sources=QUICK, hub_options=TOLD)
    made, source = await begin(site)
    async with AsyncExitStack() as stack:
        stream = await stack.enter_async_context(
            site.visitor.get(site.url(f"/meetings/{made.meeting.id}/captions?lang=en"))
        )
        await feed(source, speech(SHORT).pcm[: 4 * 32_000])
        async with asyncio.timeout(20):
            async for event in events(stream):
                if event.name == "state" and event.data["behind_s"] >= 2:
                    break
            model.open.set()
            await site.live.end(made.meeting.id)
            async for event in events(stream):
                if event.name == "state" and event.data["behind_s"] == 0:
                    break
    assert event.data["behind_s"] == 0


async def test_meeting_that_ended_leaves_no_metric_behind(build: Build) -> None:
    site = await build(sources=QUICK)
    made, source = await begin(site)
    await feed(source, bytes(32_000))
    while_live = behind(made)
    await site.live.end(made.meeting.id)
    assert (while_live, behind(made)) == (0.0, None)
    assert made.meeting.id not in exposition().decode()


class Faulty(ScriptedRecogniser):
    """Fails always for a meeting that goes on after its first thousand seconds."""

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
        if at > 1000:
            raise RuntimeError("out of memory")
        return await super().recognise(
            samples, language=language, at=at, words=words, final=final, hints=hints
        )


async def test_recogniser_that_fails_for_one_meeting_never_stops_the_other(build: Build) -> None:
    site = await build(recogniser=Faulty(speech(SHORT).words))
    bad, good = await site.meeting(), await site.meeting()
    failing = await site.live.open(bad.meeting.id, sender="test", oldest=2000 * 16_000)
    _, working = await begin(site, good)
    await feed(working, speech(SHORT).pcm)
    with pytest.raises(Unavailable):
        for _ in range(10):
            await feed(failing, speech(SHORT).pcm)
        await site.live.end(bad.meeting.id)
    await site.live.end(good.meeting.id)
    stored, _ = await site.service.transcript(good.meeting.id, ["en"])
    assert " ".join(one.caption.text for one in stored) == " ".join(speech(SHORT).sentences)


async def test_pool_is_seen_in_the_metrics(build: Build) -> None:
    site = await build(seconds=SHORT, sources=QUICK)
    made, source = await begin(site)
    await feed(source, speech(SHORT).pcm)
    await site.live.end(made.meeting.id)
    shown = exposition().decode()
    for name in (
        "madoguchi_recogniser_utilisation ",
        'madoguchi_recogniser_waiting{kind="final"} 0.0',
        'madoguchi_recogniser_wait_seconds_count{kind="final"}',
        "madoguchi_recogniser_step_seconds ",
        "madoguchi_interims_dropped_total ",
    ):
        assert name in shown
