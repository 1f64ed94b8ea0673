"""Live meetings with everything on: the sound is kept before the words, silences are written down, partials go out."""

from __future__ import annotations

import asyncio

import pytest

from tests.transcripts.conftest import Build, Running, speech
from transcripts.model import Meeting
from transcripts.service import Plan
from transcripts.sources import Source

RATE = 16_000
MESSAGE = 3_200  # samples


async def planned(site: Running, **plan: object) -> Meeting:
    made = await site.service.create(title="T", language="en", account=None, plan=Plan(**plan))  # type: ignore[arg-type]
    return made.meeting


async def feed(source: Source, pcm: bytes) -> None:
    for at in range(0, len(pcm), MESSAGE * 2):
        await source.feed(pcm[at : at + MESSAGE * 2])


async def kept(site: Running, meeting: Meeting) -> bytes:
    samples = await site.keeper.samples(meeting.id)
    return await site.keeper.wav(meeting.id, samples, 44, 44 + 2 * samples)


async def test_sound_of_every_word_is_kept(build: Build) -> None:
    site = await build(seconds=13.0)
    meeting = await planned(site, audio_days=7)
    source = await site.live.open(meeting.id, sender="a", oldest=0)
    await feed(source, speech(13.0).pcm)
    await site.live.end(meeting.id)
    assert await kept(site, meeting) == speech(13.0).pcm
    assert len(await site.service.segments(meeting.id)) > 0


async def test_sound_is_kept_where_it_was_said_after_a_restart(build: Build) -> None:
    site = await build(seconds=13.0)
    meeting = await planned(site, audio_days=7)
    source = await site.live.open(meeting.id, sender="a", oldest=0)
    half = 6 * RATE * 2
    await feed(source, speech(13.0).pcm[:half])
    await site.live.end(meeting.id)
    again = await build(seconds=13.0)
    source = await again.live.open(meeting.id, sender="a", oldest=0)
    first = source.received_samples * 2
    await feed(source, speech(13.0).pcm[first:])
    await again.live.end(meeting.id)
    assert await kept(again, meeting) == speech(13.0).pcm


async def test_meeting_that_does_not_want_its_sound_kept_leaves_none(build: Build) -> None:
    site = await build(seconds=5.0)
    meeting = await planned(site)
    source = await site.live.open(meeting.id, sender="a", oldest=0)
    await feed(source, speech(5.0).pcm)
    await site.live.end(meeting.id)
    assert await site.keeper.meetings() == []


async def test_captions_go_on_when_the_sound_cannot_be_kept(build: Build) -> None:
    site = await build(seconds=13.0)
    meeting = await planned(site, audio_days=7)
    (site.keeper._folder).mkdir(parents=True)
    (site.keeper._folder / meeting.id).write_text("a file in the way")
    source = await site.live.open(meeting.id, sender="a", oldest=0)
    await feed(source, speech(13.0).pcm)
    await site.live.end(meeting.id)
    assert await site.service.audio_trouble(meeting.id) == "write_failed"
    assert len(await site.service.segments(meeting.id)) > 0


async def test_silence_is_written_down_while_it_lasts(build: Build) -> None:
    site = await build()
    meeting = await planned(site)
    source = await site.live.open(meeting.id, sender="a", oldest=0)
    await feed(source, bytes(2 * 20 * RATE))
    async with asyncio.timeout(20):
        while (await site.service.progress(meeting.id)).stored_samples < 15 * RATE:
            await source.feed(bytes(2 * MESSAGE))
    found = await site.service.published(await site.service.get(meeting.id), "en")
    assert found.segments >= 2


@pytest.mark.parametrize(("oldest", "anchors"), [(None, 1), (0, 0)])
async def test_only_sound_that_begins_now_has_a_wall_clock_of_its_own(
    build: Build, oldest: int | None, anchors: int
) -> None:
    site = await build()
    meeting = await planned(site)
    await site.live.open(meeting.id, sender="a", oldest=oldest)
    found = await site.service.published(await site.service.get(meeting.id), "en")
    assert len(found.anchors) == anchors
