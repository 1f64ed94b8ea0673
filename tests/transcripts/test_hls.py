"""Segments and playlists for HLS players."""

from __future__ import annotations

import datetime as dt
import io

import pytest
import webvtt
from hypothesis import given
from hypothesis import strategies as st

from core.accounts import Account
from tests.transcripts.conftest import Running, segment
from tests.transcripts.test_exports import caption
from transcripts import hls
from transcripts.hls import Published
from transcripts.service import Plan

BEGAN = dt.datetime(2026, 11, 24, 10, 0, 0, 500_000, tzinfo=dt.timezone(dt.timedelta(hours=9)))
ANN = Account(id="ann", name="ann", display_name="Ann", role="interpreter", department="")


def published(complete_s: float, *, ended: bool = False) -> Published:
    return Published(began=BEGAN, complete_s=complete_s, ended=ended)


def test_live_playlist_names_what_is_complete() -> None:
    assert hls.playlist(published(13.5)) == (
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:0\n"
        "#EXT-X-PROGRAM-DATE-TIME:2026-11-24T01:00:00.500Z\n"
        "#EXTINF:6.000,\nseg0.vtt\n#EXTINF:6.000,\nseg1.vtt\n"
    )


def test_wall_clock_after_a_pause_of_the_source_is_the_one_of_the_new_beginning() -> None:
    again = BEGAN + dt.timedelta(hours=1)
    paused = Published(began=BEGAN, complete_s=25.0, ended=False, anchors=((0.0, BEGAN), (14.0, again)))
    lines = hls.playlist(paused).splitlines()
    assert lines[4:] == [
        "#EXT-X-PROGRAM-DATE-TIME:2026-11-24T01:00:00.500Z",
        "#EXTINF:6.000,",
        "seg0.vtt",
        "#EXTINF:6.000,",
        "seg1.vtt",
        "#EXTINF:6.000,",
        "seg2.vtt",
        "#EXT-X-PROGRAM-DATE-TIME:2026-11-24T02:00:04.500Z",
        "#EXTINF:6.000,",
        "seg3.vtt",
    ]


def test_segment_waits_for_words_that_began_just_before_its_end() -> None:
    assert [published(seconds).segments for seconds in (0, 6, 6.9, 7, 12.9, 13)] == [0, 0, 0, 1, 1, 2]


def test_live_playlist_slides() -> None:
    lines = hls.playlist(published(6 * 25 + 1)).splitlines()
    assert "#EXT-X-MEDIA-SEQUENCE:15" in lines
    assert [line for line in lines if line.endswith(".vtt")] == [
        f"seg{number}.vtt" for number in range(15, 25)
    ]
    assert "#EXT-X-PROGRAM-DATE-TIME:2026-11-24T01:01:30.500Z" in lines
    assert "#EXT-X-ENDLIST" not in lines


def test_playlist_of_an_ended_meeting_has_everything_and_ends() -> None:
    lines = hls.playlist(published(6 * 25 + 2.25, ended=True)).splitlines()
    assert [line for line in lines if line.endswith(".vtt")] == [f"seg{number}.vtt" for number in range(26)]
    assert lines[-3:] == ["#EXTINF:2.250,", "seg25.vtt", "#EXT-X-ENDLIST"]
    assert "#EXT-X-PLAYLIST-TYPE:VOD" in lines


def test_playlist_before_anything_was_said_is_valid_and_empty() -> None:
    assert "seg" not in hls.playlist(published(0.0))
    assert hls.playlist(published(0.0, ended=True)).endswith("#EXT-X-ENDLIST\n")


def test_cue_that_spans_segments_is_whole_in_each() -> None:
    told = [caption(1, "Good <morning>.", 5.0, 7.0), caption(2, "Later.", 20.0, 21.0)]
    cue = "1\n00:00:05.000 --> 00:00:07.000\nGood &lt;morning&gt;.\n"
    head = "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n"
    assert [hls.segment(number, told) for number in (0, 1, 2)] == [f"{head}\n{cue}", f"{head}\n{cue}", head]


def test_segment_does_not_depend_on_what_comes_after_it() -> None:
    first = caption(1, "A long sentence that nobody reads in a second.", 1.0, 2.0)
    assert hls.segment(0, [first]) == hls.segment(0, [first, caption(2, "Next.", 9.0, 10.0)])


@given(st.lists(st.tuples(st.text(max_size=60), st.floats(0, 60), st.floats(0, 9)), max_size=6))
def test_every_segment_is_read_by_another_parser_and_no_cue_is_lost(
    told: list[tuple[str, float, float]],
) -> None:
    captions = [
        caption(at, text, start, start + length) for at, (text, start, length) in enumerate(told, start=1)
    ]
    from transcripts.exports import cues

    seen = set()
    for number in range(12):
        text = hls.segment(number, captions).replace(f"{hls.TIMESTAMP_MAP}\n", "", 1)
        seen |= {cue.identifier for cue in webvtt.from_buffer(io.StringIO(text))}
    assert seen == {cue.id for cue in cues(captions, extend=False)}


# Over HTTP


async def get(site: Running, path: str, *, status: int = 200) -> tuple[str, dict[str, str]]:
    async with site.visitor.get(site.url(path)) as answer:
        assert answer.status == status
        return await answer.text(), dict(answer.headers)


async def spoken(site: Running, *others: str, segments: int = 10) -> str:
    made = await site.meeting(*others)
    await site.service.start(made.meeting.id)
    for seq in range(1, segments + 1):
        await site.service.commit_segment(made.meeting.id, segment(seq, f"Sentence {seq}."))
    return made.meeting.id


async def test_live_meeting_is_read_segment_by_segment(site: Running) -> None:
    meeting = await spoken(site)  # heard until 21.5 s
    text, headers = await get(site, f"/meetings/{meeting}/hls/en/playlist.m3u8")
    assert [line for line in text.splitlines() if line.endswith(".vtt")] == [
        "seg0.vtt",
        "seg1.vtt",
        "seg2.vtt",
    ]
    assert headers["Content-Type"] == "application/vnd.apple.mpegurl; charset=utf-8"
    assert (headers["Cache-Control"], headers["Access-Control-Allow-Origin"]) == ("public, max-age=2", "*")
    first, headers = await get(site, f"/meetings/{meeting}/hls/en/seg0.vtt")
    assert [line for line in first.splitlines() if line.startswith("Sentence")] == [
        "Sentence 1.",
        "Sentence 2.",
    ]
    assert headers["Cache-Control"] == "public, max-age=3600, immutable"


async def test_segment_that_is_not_complete_is_not_there(site: Running) -> None:
    meeting = await spoken(site)
    await get(site, f"/meetings/{meeting}/hls/en/seg3.vtt", status=404)
    await get(site, f"/meetings/{meeting}/hls/en/seg99999999.vtt", status=404)


async def test_correction_does_not_change_a_published_segment(site: Running) -> None:
    meeting = await spoken(site)
    before = await get(site, f"/meetings/{meeting}/hls/en/seg0.vtt")
    await site.service.correct(meeting, seq=1, lang="en", text="Sentence one.", rev=1, account=ANN)
    assert (await get(site, f"/meetings/{meeting}/hls/en/seg0.vtt"))[0] == before[0]


async def test_translated_segment_waits_for_its_translations(site: Running) -> None:
    meeting = await spoken(site, "ja")
    empty, _ = await get(site, f"/meetings/{meeting}/hls/ja/playlist.m3u8")
    await site.translated()
    full, _ = await get(site, f"/meetings/{meeting}/hls/ja/playlist.m3u8")
    assert (empty.count(".vtt"), full.count(".vtt")) == (0, 3)


async def test_easy_japanese_is_served_as_japanese(site: Running) -> None:
    meeting = await spoken(site, "ja-Hira")
    await site.translated()
    text, _ = await get(site, f"/meetings/{meeting}/hls/ja-Hira/playlist.m3u8")
    assert text.count(".vtt") == 3


async def test_playlist_goes_on_in_a_long_silence(site: Running) -> None:
    meeting = await spoken(site)
    before, _ = await get(site, f"/meetings/{meeting}/hls/en/playlist.m3u8")
    await site.service.note_samples(meeting, 60 * 16_000)
    after, _ = await get(site, f"/meetings/{meeting}/hls/en/playlist.m3u8")
    assert (before.count(".vtt"), after.count(".vtt")) == (3, 9)


async def test_player_is_a_reader_and_gets_every_caption_from_the_beginning(site: Running) -> None:
    plan = Plan(languages=("ja",), recorded=())
    made = await site.service.create(title="T", language="en", account=None, plan=plan)
    for number in range(1, 5):
        await site.service.commit_segment(made.meeting.id, segment(number))
    await get(site, f"/meetings/{made.meeting.id}/hls/ja/playlist.m3u8")
    await site.translated()
    text, _ = await get(site, f"/meetings/{made.meeting.id}/hls/ja/playlist.m3u8")
    assert text.count(".vtt") == 1


async def test_wall_clock_of_a_source_that_began_anew_is_kept(site: Running) -> None:
    meeting = await spoken(site)
    await site.service.anchor(meeting, 0)
    await site.service.anchor(meeting, 10 * 16_000)
    found = await site.service.published(await site.service.get(meeting), "en")
    assert [since for since, _ in found.anchors] == [0.0, 10.0]
    await site.service.anchor(meeting, 5 * 16_000)
    found = await site.service.published(await site.service.get(meeting), "en")
    assert [since for since, _ in found.anchors] == [0.0, 5.0]


async def test_ended_meeting_is_a_recording(site: Running) -> None:
    meeting = await spoken(site)
    await site.service.end(meeting)
    text, headers = await get(site, f"/meetings/{meeting}/hls/en/playlist.m3u8")
    assert text.splitlines()[-3:] == ["#EXTINF:3.500,", "seg3.vtt", "#EXT-X-ENDLIST"]
    assert headers["Cache-Control"] == "public, max-age=60"
    last, headers = await get(site, f"/meetings/{meeting}/hls/en/seg3.vtt")
    assert "Sentence 10." in last
    assert headers["Cache-Control"] == "public, max-age=60"


@pytest.mark.parametrize(
    ("path", "status"), [("xx/playlist.m3u8", 400), ("ja/playlist.m3u8", 400), ("en/seg-1.vtt", 404)]
)
async def test_what_is_not_there_is_refused(site: Running, path: str, status: int) -> None:
    meeting = await spoken(site, segments=1)
    await get(site, f"/meetings/{meeting}/hls/{path}", status=status)
