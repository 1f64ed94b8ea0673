"""Exports, read back by parsers that are not ours."""

from __future__ import annotations

import io

import pytest
import srt
import webvtt
from hypothesis import given
from hypothesis import strategies as st

from transcripts.exports import to_srt, to_txt, to_vtt
from transcripts.model import Caption


def caption(seq: int, text: str, start: float, end: float) -> Caption:
    return Caption(
        meeting_id="m",
        seq=seq,
        rev=1,
        lang="en",
        text=text,
        start=start,
        end=end,
        origin="speech",
        flags=(),
        position=seq,
    )


def seconds(stamp: str) -> float:
    hours, minutes, rest = stamp.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def read_vtt(text: str) -> list[tuple[str | None, float, float, str]]:
    cues = webvtt.from_buffer(io.StringIO(text))
    return [(cue.identifier, seconds(cue.start), seconds(cue.end), cue.text) for cue in cues]


TWO = [caption(1, "Good morning.", 0.5, 1.25), caption(2, "Welcome.", 61.0, 3723.004)]


def test_vtt_is_exactly_what_the_format_says() -> None:
    assert to_vtt(TWO) == (
        "WEBVTT\n\n1\n00:00:00.500 --> 00:00:01.250\nGood morning.\n\n2\n00:01:01.000 --> 01:02:03.004\nWelcome.\n"
    )


def test_srt_is_exactly_what_players_read() -> None:
    assert to_srt(TWO) == (
        "1\n00:00:00,500 --> 00:00:01,250\nGood morning.\n\n2\n00:01:01,000 --> 01:02:03,004\nWelcome.\n"
    )


def test_txt_has_one_caption_a_line() -> None:
    assert (
        to_txt([caption(1, "Line one\nline two", 0, 1), caption(2, "Next.", 1, 2)])
        == "Line one line two\nNext.\n"
    )


def test_empty_transcript_is_a_valid_file() -> None:
    assert (to_vtt([]), to_srt([]), to_txt([])) == ("WEBVTT\n", "", "")


def test_captions_are_sorted_by_time() -> None:
    assert to_txt([caption(2, "Second.", 5, 6), caption(1, "First.", 1, 2)]) == "First.\nSecond.\n"


def test_caption_without_text_is_left_out() -> None:
    assert to_txt([caption(1, " \n ", 0, 1), caption(2, "Here.", 1, 2)]) == "Here.\n"


def test_end_is_after_start_even_when_it_was_not() -> None:
    assert "00:00:05.000 --> 00:00:05.001" in to_vtt([caption(1, "Hm.", 5.0, 4.0)])


def test_start_before_the_audio_is_zero() -> None:
    assert "00:00:00.000 --> 00:00:01.000" in to_vtt([caption(1, "Hm.", -0.2, 1.0)])


def test_hours_past_ninety_nine_are_written_out() -> None:
    assert "100:00:00.000 --> 100:00:01.000" in to_vtt([caption(1, "Late.", 360_000.0, 360_001.0)])


def test_markup_in_speech_stays_text_in_vtt() -> None:
    assert "a &lt;b&gt; &amp; c" in to_vtt([caption(1, "a <b> & c", 0, 1)])


@pytest.mark.parametrize("arrow", ["a --> b", "00:00:01.000 --> 00:00:02.000"])
def test_arrow_in_text_does_not_make_a_cue(arrow: str) -> None:
    assert len(read_vtt(to_vtt([caption(1, arrow, 0, 1)]))) == 1
    assert len(list(srt.parse(to_srt([caption(1, arrow, 0, 1)])))) == 1


def test_blank_line_in_text_does_not_end_the_cue() -> None:
    ((_, _, _, text),) = read_vtt(to_vtt([caption(1, "one\n\n2\r\n\r\nthree", 0, 1)]))
    assert text == "one\n2\nthree"


def test_japanese_survives_every_format() -> None:
    text = "入学式は4月7日です。"
    one = [caption(1, text, 0, 1)]
    assert read_vtt(to_vtt(one))[0][3] == text
    assert next(iter(srt.parse(to_srt(one)))).content == text
    assert to_txt(one) == text + "\n"


CAPTIONS = st.lists(
    st.builds(
        caption,
        st.integers(1, 999),
        st.text(max_size=40),
        st.floats(-1, 400_000),
        st.floats(-1, 400_000),
    ),
    max_size=8,
)


@given(CAPTIONS)
def test_any_captions_make_a_file_that_parsers_read_back(captions: list[Caption]) -> None:
    cues = read_vtt(to_vtt(captions))
    lines = to_txt(captions).splitlines()
    assert len(cues) == len(lines)
    assert [start for _, start, _, _ in cues] == sorted(start for _, start, _, _ in cues)
    assert all(end > start for _, start, end, _ in cues)
    assert len(list(srt.parse(to_srt(captions)))) == len(lines)
