"""Recordings handed in: real files, a real decoding process, real HTTP; words are found by what the sound is."""

from __future__ import annotations

import asyncio
import io
import wave
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest
from aiohttp import ClientSession, FormData

from core.accounts import Account
from core.errors import Busy, Conflict, TooLarge, Unavailable
from core.jobs import Worker
from tests.transcripts.conftest import SPEECH, Build, Running, segment, speech
from tests.transcripts.test_audio import encoded
from transcripts.audio import AudioLimits, from_s16le, to_s16le
from transcripts.errors import UnreadableAudio
from transcripts.model import Hypothesis, Word
from transcripts.recogniser import RATE, Hints, Samples, check_window
from transcripts.service import Plan
from transcripts.uploads import QUEUE, Upload, UploadOptions, quiet_place, shifted

ANN = Account(id="ann", name="ann", role="staff", display_name="Ann", department="")
LONG = 45.0  # seconds: the whole demo speech
SHORT = 13.0


class SoundRecogniser:
    """Hears the demo speech wherever a window was cut out of it, by finding the sound of the window in it."""

    languages = frozenset({"en"})

    def __init__(self, *, dies_after: int = 10**9) -> None:
        self.whole = speech(LONG).pcm
        self.words = speech(LONG).words
        self.heard = 0
        self.dies_after = dies_after  # windows

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
        check_window(samples, language, self.languages)
        self.heard += 1
        if self.heard > self.dies_after:
            raise RuntimeError("the process dies here")
        begins = self.whole.find(to_s16le(samples)[:3200]) / 2 / RATE
        until = begins + len(samples) / RATE
        found = [word for word in self.words if begins <= (word.start + word.end) / 2 < until]
        moved = (
            Word(
                text=word.text,
                start=at + max(0.0, word.start - begins),
                end=at + min(word.end, until) - begins,
                probability=0.9,
            )
            for word in found
        )
        return Hypothesis(words=tuple(moved), language="en")

    async def close(self) -> None:
        pass


def wav(pcm: bytes) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setparams((1, 2, RATE, 0, "NONE", ""))
        out.writeframes(pcm)
    return buffer.getvalue()


async def in_pieces(data: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(data), 50_000):
        yield data[at : at + 50_000]


async def hand_in(site: Running, meeting: str, data: bytes, name: str = "meeting.wav") -> Upload:
    return await site.uploads.receive(meeting, in_pieces(data), name=name, account=ANN)


async def work(site: Running) -> None:
    """Do all jobs that can be done now, as the worker would."""
    while taken := await site.jobs.take(QUEUE, limit=4, lease_s=30):
        for job in taken:
            await site.uploads.hear(job)


async def said(site: Running, meeting: str) -> list[str]:
    stored, _ = await site.service.transcript(meeting, ["en"])
    return [one.caption.text for one in stored]


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await condition():  # noqa: ASYNC110 -- rows are looked at, as a page does
            await asyncio.sleep(0.001)


async def _heard(site: Running, meeting: str, upload: str) -> bool:
    return (await site.uploads.get(meeting, upload)).heard_s > 0


async def _failed(site: Running, meeting: str, upload: str) -> bool:
    return (await site.uploads.get(meeting, upload)).state == "failed"


async def _receiving(site: Running) -> bool:
    return site.uploads._receiving > 0


def files(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "uploads").glob("*"))


async def test_recording_becomes_the_captions_of_the_meeting(build: Build, tmp_path: Path) -> None:
    site = await build(recogniser=SoundRecogniser(), upload_options=UploadOptions(part_s=15, quiet_s=6))
    meeting = (await site.meeting()).meeting.id

    upload = await hand_in(site, meeting, (SPEECH / "briefing.flac").read_bytes(), "Elternabend.flac")
    assert (upload.state, upload.name, len(files(tmp_path))) == ("waiting", "Elternabend.flac", 1)
    await work(site)

    after = await site.uploads.get(meeting, upload.id)
    assert (after.state, after.broken, after.trouble) == ("done", False, None)
    assert after.seconds == pytest.approx(45.256, abs=0.001)
    assert after.heard_s == after.seconds
    words = [word.text for word in speech(LONG).words]
    assert " ".join(await said(site, meeting)).split() == " ".join(words).split()
    assert files(tmp_path) == []
    assert (await site.service.progress(meeting)).stored_samples == round(45.2559375 * RATE)


async def test_sound_of_a_recording_is_kept_where_the_meeting_wants_it(build: Build) -> None:
    site = await build(recogniser=SoundRecogniser(), upload_options=UploadOptions(part_s=15, quiet_s=6))
    made = await site.service.create(title="T", language="en", account=None, plan=Plan(audio_days=7))

    await hand_in(site, made.meeting.id, (SPEECH / "briefing.flac").read_bytes())
    await work(site)

    assert await site.keeper.samples(made.meeting.id) == round(45.2559375 * RATE)


async def test_times_are_those_of_the_recording(build: Build) -> None:
    site = await build(recogniser=SoundRecogniser(), upload_options=UploadOptions(part_s=15, quiet_s=6))
    meeting = (await site.meeting()).meeting.id
    await hand_in(site, meeting, (SPEECH / "briefing.flac").read_bytes())
    await work(site)

    stored, _ = await site.service.transcript(meeting, ["en"])
    starts = [word.start for word in speech(LONG).words]
    assert all(min(abs(one.caption.start - start) for start in starts) < 0.01 for one in stored)
    assert [one.caption.seq for one in stored] == list(range(1, len(stored) + 1))


async def test_interrupted_recording_goes_on_after_the_last_stored_segment(build: Build) -> None:
    """The process dies in mid-recording; another does the same job again."""
    options = UploadOptions(part_s=12, quiet_s=5)
    before = await build(recogniser=SoundRecogniser(dies_after=2), upload_options=options)
    meeting = (await before.meeting()).meeting.id
    await hand_in(before, meeting, (SPEECH / "briefing.flac").read_bytes())
    (job,) = await before.jobs.take(QUEUE, limit=1, lease_s=0)
    with pytest.raises(RuntimeError):
        await before.uploads.hear(job)
    left = await said(before, meeting)
    assert left

    after = await build(recogniser=SoundRecogniser(), upload_options=options)
    await work(after)

    words = [word.text for word in speech(LONG).words]
    assert " ".join(await said(after, meeting)).split() == " ".join(words).split()
    assert (await said(after, meeting))[: len(left)] == left
    assert [each.state for each in await after.uploads.of_meeting(meeting)] == ["done"]


async def test_worker_takes_an_interrupted_recording_up_again_by_itself(build: Build) -> None:
    site = await build(recogniser=SoundRecogniser(dies_after=1), upload_options=UploadOptions(part_s=12))
    meeting = (await site.meeting()).meeting.id
    upload = await hand_in(site, meeting, wav(speech(LONG).pcm))
    worker = Worker(
        site.jobs, queue=QUEUE, handle=site.uploads.hear, attempts=1, buried=site.uploads.given_up
    )
    task = site.tasks.spawn("worker", worker.run())
    await until(lambda: _failed(site, meeting, upload.id))
    task.cancel()
    assert (await site.uploads.get(meeting, upload.id)).trouble == "error"


async def test_second_recording_follows_the_first(build: Build) -> None:
    site = await build(recogniser=SoundRecogniser())
    meeting = (await site.meeting()).meeting.id
    data = wav(speech(SHORT).pcm)
    await hand_in(site, meeting, data)
    await hand_in(site, meeting, data)
    await work(site)
    await work(site)

    first, second = reversed(await site.uploads.of_meeting(meeting))
    assert (first.first_sample, second.first_sample) == (0, int(SHORT * RATE))
    texts = await said(site, meeting)
    assert texts[: len(texts) // 2] == texts[len(texts) // 2 :]
    stored, _ = await site.service.transcript(meeting, ["en"])
    starts = [one.caption.start for one in stored]
    assert starts == sorted(starts)


async def test_file_that_breaks_off_is_used_as_far_as_it_goes(build: Build) -> None:
    site = await build(recogniser=SoundRecogniser())
    meeting = (await site.meeting()).meeting.id
    whole = (SPEECH / "briefing.flac").read_bytes()
    await hand_in(site, meeting, whole[: len(whole) // 2])
    await work(site)

    (upload,) = await site.uploads.of_meeting(meeting)
    assert (upload.state, upload.broken) == ("done", True)
    assert upload.seconds is not None
    assert 15 < upload.seconds < 30
    assert await said(site, meeting)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is not audio that can be read"),
        (b"This is a text that somebody named speech.mp3.", "is not audio that can be read"),
        (wav(b""), "holds no sound"),
        (b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n#EXT-X-ENDLIST\n", "is not audio that can be read"),
    ],
)
async def test_what_is_not_audio_is_refused_at_once_and_leaves_nothing(
    build: Build, tmp_path: Path, data: bytes, sentence: str
) -> None:
    site = await build(seconds=SHORT)
    meeting = (await site.meeting()).meeting.id
    with pytest.raises(UnreadableAudio, match=sentence):
        await hand_in(site, meeting, data, "speech.mp3")
    assert (await site.uploads.of_meeting(meeting), files(tmp_path)) == ([], [])


async def test_file_is_cut_off_as_soon_as_it_is_too_large(build: Build, tmp_path: Path) -> None:
    site = await build(seconds=SHORT, audio_limits=AudioLimits(bytes=3 * 1024 * 1024))
    meeting = (await site.meeting()).meeting.id
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 50_000
            yield bytes(50_000)

    with pytest.raises(TooLarge, match="3 MiB"):
        await site.uploads.receive(meeting, endless(), name="", account=None)
    assert sent < 5 * 1024 * 1024
    assert files(tmp_path) == []


async def test_recording_that_turns_out_too_long_gives_no_captions(build: Build, tmp_path: Path) -> None:
    """Its length is not in its head, so only reading it tells."""
    site = await build(recogniser=SoundRecogniser(), audio_limits=AudioLimits(seconds=20))
    meeting = (await site.meeting()).meeting.id
    await hand_in(site, meeting, encoded("mp3", "libmp3lame", seconds=25.0))
    await work(site)

    (upload,) = await site.uploads.of_meeting(meeting)
    assert (upload.state, upload.trouble) == ("failed", "seconds")
    assert (await said(site, meeting), files(tmp_path)) == ([], [])


async def test_recording_that_says_it_is_too_long_is_refused_at_once(build: Build) -> None:
    site = await build(seconds=SHORT, audio_limits=AudioLimits(seconds=20))
    meeting = (await site.meeting()).meeting.id
    with pytest.raises(TooLarge, match="longer than 20 seconds"):
        await hand_in(site, meeting, wav(speech(LONG).pcm))


async def test_stopped_recording_keeps_what_was_heard(build: Build, tmp_path: Path) -> None:
    site = await build(recogniser=SoundRecogniser(), upload_options=UploadOptions(part_s=12, quiet_s=5))
    meeting = (await site.meeting()).meeting.id
    upload = await hand_in(site, meeting, wav(speech(LONG).pcm))
    task = site.tasks.spawn("work", work(site))
    await until(lambda: _heard(site, meeting, upload.id))
    stopped = await site.uploads.stop(meeting, upload.id)
    await task

    assert (stopped.state, stopped.trouble) == ("failed", "stopped")
    assert 0 < stopped.heard_s < LONG
    assert await said(site, meeting)
    assert (files(tmp_path), await site.jobs.count(QUEUE)) == ([], {"done": 1})


async def test_stopping_twice_is_harmless(build: Build) -> None:
    site = await build(recogniser=SoundRecogniser())
    meeting = (await site.meeting()).meeting.id
    upload = await hand_in(site, meeting, wav(speech(SHORT).pcm))
    await site.uploads.stop(meeting, upload.id)
    assert (await site.uploads.stop(meeting, upload.id)).trouble == "stopped"
    await work(site)
    assert await said(site, meeting) == []


async def test_file_that_vanished_is_told(build: Build, tmp_path: Path) -> None:
    site = await build(recogniser=SoundRecogniser())
    meeting = (await site.meeting()).meeting.id
    upload = await hand_in(site, meeting, wav(speech(SHORT).pcm))
    files(tmp_path)[0].unlink()
    await work(site)
    assert (await site.uploads.get(meeting, upload.id)).trouble == "missing"


async def test_ended_meeting_takes_no_recording(build: Build) -> None:
    site = await build(seconds=SHORT)
    meeting = (await site.meeting()).meeting.id
    await site.service.end(meeting)
    with pytest.raises(Conflict, match="has ended"):
        await hand_in(site, meeting, wav(speech(SHORT).pcm))


async def test_meeting_that_is_heard_live_takes_no_recording(build: Build) -> None:
    site = await build(seconds=SHORT)
    meeting = (await site.meeting()).meeting.id
    await site.live.open(meeting, sender="microphone")
    with pytest.raises(Conflict, match="stop that first"):
        await hand_in(site, meeting, wav(speech(SHORT).pcm))


async def test_meeting_with_a_recording_takes_no_live_sound(build: Build) -> None:
    site = await build(seconds=SHORT)
    made = await site.meeting()
    await hand_in(site, made.meeting.id, wav(speech(SHORT).pcm))
    socket = await site.visitor.ws_connect(
        site.url(f"/meetings/{made.meeting.id}/audio?token={made.sender_token}")
    )
    await socket.send_json({"type": "start"})
    refused = await socket.receive_json()
    assert (refused["code"], refused["message"][:12]) == ("conflict", "A recording ")


async def test_language_that_the_model_does_not_hear_is_refused(build: Build) -> None:
    site = await build(seconds=SHORT)
    meeting = (await site.meeting(language="ja")).meeting.id
    with pytest.raises(Unavailable, match="does not hear ja"):
        await hand_in(site, meeting, wav(speech(SHORT).pcm))


async def test_no_more_recordings_wait_than_may(build: Build) -> None:
    site = await build(seconds=SHORT, upload_options=UploadOptions(waiting=1))
    meeting = (await site.meeting()).meeting.id
    await hand_in(site, meeting, wav(speech(SHORT).pcm))
    with pytest.raises(Busy):
        await hand_in(site, meeting, wav(speech(SHORT).pcm))


async def test_no_more_files_come_in_at_once_than_may(build: Build) -> None:
    site = await build(seconds=SHORT, upload_options=UploadOptions(receiving=1))
    meeting = (await site.meeting()).meeting.id
    gate = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield wav(speech(SHORT).pcm)
        await gate.wait()

    first = site.tasks.spawn("first", site.uploads.receive(meeting, slowly(), name="", account=None))
    await asyncio.sleep(0)
    await until(lambda: _receiving(site))
    with pytest.raises(Busy):
        await hand_in(site, meeting, wav(speech(SHORT).pcm))
    gate.set()
    assert (await first).state == "waiting"


async def test_files_that_nobody_needs_are_removed(build: Build, tmp_path: Path) -> None:
    site = await build(seconds=SHORT)
    meeting = (await site.meeting()).meeting.id
    upload = await hand_in(site, meeting, wav(speech(SHORT).pcm))
    (tmp_path / "uploads" / "left-over").write_bytes(b"x")
    assert await site.uploads.tidy() == 0
    assert await site.uploads.tidy(older_than_s=-1) == 1
    assert [file.name for file in files(tmp_path)] == [upload.id]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ann\\talk.mp3", "talk.mp3"),
        ("", "recording"),
        ("a\u202eb.mp3", "ab.mp3"),
        ("x" * 300, "x" * 120),
    ],
)
async def test_name_of_a_file_is_only_shown(build: Build, tmp_path: Path, given: str, kept: str) -> None:
    site = await build(seconds=SHORT)
    meeting = (await site.meeting()).meeting.id
    upload = await hand_in(site, meeting, wav(speech(1.0).pcm), given)
    assert (upload.name, [file.name for file in files(tmp_path)]) == (kept, [upload.id])


def test_cut_falls_into_the_quietest_place() -> None:
    loud = np.ones(RATE * 10, np.float32) * 0.5
    loud[RATE * 7 : RATE * 7 + RATE // 2] = 0.001
    cut = quiet_place(to_s16le(loud), search=RATE * 5)
    assert RATE * 7 < cut < RATE * 7.5


def test_quiet_place_before_the_search_is_left_alone() -> None:
    loud = np.ones(RATE * 10, np.float32) * 0.5
    loud[RATE : 2 * RATE] = 0
    assert quiet_place(to_s16le(loud), search=RATE * 5) >= RATE * 5


def test_short_piece_is_cut_at_its_end() -> None:
    assert quiet_place(to_s16le(np.ones(1000, np.float32)), search=RATE) == 1000


def test_shifted_segment_moves_with_its_words() -> None:
    moved = shifted(segment(1), 10.0, 7)
    assert (moved.seq, moved.start, moved.end) == (7, 12.0, 13.5)
    assert [word.start for word in moved.words] == [12.0] * len(moved.words)


# Over HTTP


async def answer_of(client: ClientSession, url: str, **what: object) -> tuple[int, dict[str, object]]:
    async with client.post(url, **what) as answer:  # type: ignore[arg-type]
        return answer.status, await answer.json()


async def test_api_takes_the_file_as_the_body(build: Build) -> None:
    site = await build(recogniser=SoundRecogniser())
    meeting = (await site.meeting()).meeting.id
    clerk = await site.log_in("clerk", "staff")
    url = site.url(f"/api/v1/meetings/{meeting}/recording")
    status, made = await answer_of(clerk, f"{url}?name=talk.wav", data=wav(speech(SHORT).pcm))
    assert (status, made["state"], made["name"]) == (202, "waiting", "talk.wav")
    await work(site)
    async with clerk.get(url) as answer:
        (shown,) = (await answer.json())["recordings"]
    assert (shown["state"], shown["heard_s"], shown["seconds"]) == ("done", SHORT, SHORT)


async def test_api_takes_the_file_as_a_part_of_a_form(build: Build) -> None:
    site = await build(seconds=SHORT)
    meeting = (await site.meeting()).meeting.id
    clerk = await site.log_in("clerk", "interpreter")
    form = FormData()
    form.add_field("file", wav(speech(SHORT).pcm), filename="talk.wav")
    status, made = await answer_of(clerk, site.url(f"/api/v1/meetings/{meeting}/recording"), data=form)
    assert (status, made["name"]) == (202, "talk.wav")


async def test_api_answers_what_is_not_audio_with_one_sentence(build: Build) -> None:
    site = await build(seconds=SHORT)
    meeting = (await site.meeting()).meeting.id
    clerk = await site.log_in("clerk", "staff")
    status, told = await answer_of(clerk, site.url(f"/api/v1/meetings/{meeting}/recording"), data=b"x" * 5000)
    assert (status, told) == (
        400,
        {
            "error": {
                "code": "unreadable_audio",
                "message": "This file is not audio that can be read; send WAV, FLAC, MP3, M4A, OGG or WebM.",
            }
        },
    )


async def test_api_stops_a_recording(build: Build) -> None:
    site = await build(seconds=SHORT)
    meeting = (await site.meeting()).meeting.id
    clerk = await site.log_in("clerk", "staff")
    url = site.url(f"/api/v1/meetings/{meeting}/recording")
    _, made = await answer_of(clerk, url, data=wav(speech(SHORT).pcm))
    async with clerk.delete(f"{url}/{made['id']}") as answer:
        assert (answer.status, (await answer.json())["trouble"]) == (200, "stopped")
    async with clerk.delete(f"{url}/nothing") as answer:
        assert answer.status == 404


async def test_visitor_and_sender_token_may_not_hand_in(build: Build) -> None:
    site = await build(seconds=SHORT)
    made = await site.meeting()
    for path in ("", f"?token={made.sender_token}"):
        url = site.url(f"/api/v1/meetings/{made.meeting.id}/recording{path}")
        status, _ = await answer_of(site.visitor, url, data=wav(speech(1.0).pcm))
        assert status == 403


def form_of(token: str | None, data: bytes, *, late: bool = False) -> FormData:
    form = FormData()
    fields = [("csrf_token", token)] if token is not None else []
    if not late:
        for name, value in fields:
            form.add_field(name, value)
    form.add_field("file", data, filename="talk.wav")
    if late:
        for name, value in fields:
            form.add_field(name, value)
    return form


@pytest.mark.parametrize(
    ("token", "late", "status"),
    [("right", False, 200), ("wrong", False, 403), (None, False, 403), ("right", True, 403)],
)
async def test_form_without_scripts_must_show_its_token_first(
    build: Build, tmp_path: Path, token: str | None, late: bool, status: int
) -> None:
    site = await build(seconds=SHORT, audio_limits=AudioLimits(bytes=8 * 1024 * 1024))
    meeting = (await site.meeting()).meeting.id
    clerk = await site.log_in("clerk", "staff")
    right = clerk.headers.pop("X-CSRF-Token")
    shown = right if token == "right" else token
    data = wav(speech(LONG).pcm)  # larger than a body may usually be
    async with clerk.post(
        site.url(f"/meetings/{meeting}/recording"),
        data=form_of(shown, data, late=late),
        headers={"Accept": "text/html"},
    ) as answer:
        assert answer.status == status
    assert len(files(tmp_path)) == (1 if status == 200 else 0)


async def test_form_from_another_site_is_refused_even_with_the_token(build: Build, tmp_path: Path) -> None:
    site = await build(seconds=SHORT)
    meeting = (await site.meeting()).meeting.id
    clerk = await site.log_in("clerk", "staff")
    right = clerk.headers.pop("X-CSRF-Token")
    async with clerk.post(
        site.url(f"/meetings/{meeting}/recording"),
        data=form_of(right, wav(speech(1.0).pcm)),
        headers={"Sec-Fetch-Site": "cross-site"},
    ) as answer:
        assert answer.status == 403
    assert files(tmp_path) == []


async def test_page_shows_what_is_wrong_in_its_own_language(build: Build) -> None:
    site = await build(seconds=SHORT)
    meeting = (await site.meeting()).meeting.id
    clerk = await site.log_in("clerk", "staff")
    form = FormData()
    form.add_field("file", b"not audio", filename="talk.mp3")
    async with clerk.post(site.url(f"/meetings/{meeting}/recording?ui=ja"), data=form) as answer:
        page = await answer.text()
    assert answer.status == 400
    assert "音声として読めないファイルです。" in page


async def test_page_shows_every_state(build: Build) -> None:
    site = await build(recogniser=SoundRecogniser())
    meeting = (await site.meeting()).meeting.id
    clerk = await site.log_in("clerk", "staff")

    async def page() -> str:
        async with clerk.get(site.url(f"/meetings/{meeting}/recording?ui=en")) as answer:
            assert answer.status == 200
            return await answer.text()

    assert "None yet." in await page()
    upload = await hand_in(site, meeting, wav(speech(SHORT).pcm), "<b>talk</b>.wav")
    waiting = await page()
    assert "b&gt;.wav" in waiting
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in waiting
    await work(site)
    done = await page()
    assert "0:13 written down" in done
    assert "refresh" not in done
    other = await hand_in(site, meeting, wav(speech(SHORT).pcm))
    async with clerk.post(site.url(f"/meetings/{meeting}/recording/{other.id}/stop")) as answer:
        assert "Somebody stopped it." in await answer.text()
    assert upload.id != other.id


async def test_page_is_for_staff(site: Running) -> None:
    made = await site.meeting()
    async with site.visitor.get(
        site.url(f"/meetings/{made.meeting.id}/recording"), allow_redirects=False
    ) as answer:
        assert answer.status == 403 or answer.headers["Location"].startswith("/login")


def test_sound_recogniser_finds_its_place() -> None:
    """The tests above rest on this."""
    piece = from_s16le(speech(LONG).pcm[2 * RATE * 5 : 2 * RATE * 10])
    found = asyncio.run(SoundRecogniser().recognise(piece, language="en", at=0.0))
    expected = [word.text for word in speech(LONG).words if 5 <= (word.start + word.end) / 2 < 10]
    assert [word.text for word in found.words] == expected
