"""Exports, read back by parsers that are not ours."""

from __future__ import annotations

import io
from dataclasses import replace

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
        "WEBVTT\n\n1\n00:00:00.500 --> 00:00:01.330\nGood morning.\n\n2\n00:01:01.000 --> 01:02:03.004\nWelcome.\n"
    )


def test_srt_is_exactly_what_players_read() -> None:
    assert to_srt(TWO) == (
        "1\n00:00:00,500 --> 00:00:01,330\nGood morning.\n\n2\n00:01:01,000 --> 01:02:03,004\nWelcome.\n"
    )


def test_txt_has_one_caption_a_line() -> None:
    assert (
        to_txt([caption(1, "Line one\nline two", 0, 1), caption(2, "Next.", 1, 2)])
        == "Line one line two\nNext.\n"
    )


def test_empty_transcript_is_a_valid_file() -> None:
    assert (to_vtt([]), to_srt([]), to_txt([])) == ("WEBVTT\n", "", "")


def test_captions_are_sorted_by_time() -> None:
    assert to_txt([caption(2, "Second.", 5, 6), caption(1, "First.", 1, 2)]) == "First.\n\nSecond.\n"


def test_caption_without_text_is_left_out() -> None:
    assert to_txt([caption(1, " \n ", 0, 1), caption(2, "Here.", 1, 2)]) == "Here.\n"


def test_end_is_after_start_even_when_it_was_not() -> None:
    assert "00:00:05.000 --> 00:00:05.001" in to_vtt([caption(1, "Hm.\nHm.", 5.0, 4.0)])


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
    lines = [line for line in to_txt(captions).splitlines() if line]
    assert len([cue for cue in cues if "-" not in str(cue[0])]) == len(lines)
    assert [start for _, start, _, _ in cues] == sorted(start for _, start, _, _ in cues)
    assert all(end > start for _, start, end, _ in cues)
    assert len(list(srt.parse(to_srt(captions)))) == len(cues)


LUNCH = (
    "Lunch costs four thousand five hundred yen a month, and you pay it by bank transfer. "
    "Please hand in the form at the school office by the end of March."
)


def test_long_caption_becomes_several_cues_of_two_lines() -> None:
    cues = read_vtt(to_vtt([caption(7, LUNCH, 10.0, 20.0)]))
    assert [(name, text) for name, _, _, text in cues] == [
        ("7", "Lunch costs four thousand five hundred yen\na month, and you pay it by bank transfer."),
        ("7-2", "Please hand in the form at the school\noffice by the end of March."),
    ]
    assert [start for _, start, _, _ in cues[1:]] == [end for _, _, end, _ in cues[:-1]]
    assert (cues[0][1], cues[-1][2]) == (10.0, 20.0)


def test_caption_stays_for_slow_readers_until_the_next_one() -> None:
    text = "You can put questions to us at the end."
    (first, _) = read_vtt(to_vtt([caption(1, text, 0.0, 1.0), caption(2, "Next.", 1.5, 3.0)]))
    assert first[2] == 1.42


def test_caption_with_lines_of_its_own_keeps_them() -> None:
    ((_, _, _, text),) = read_vtt(to_vtt([caption(1, "a\n" + "b " * 60, 0, 1)]))
    assert text == "a\n" + ("b " * 60).strip()


def test_what_the_file_is_stands_in_a_note_that_players_skip() -> None:
    written = to_vtt([caption(1, "Hello.", 0, 1)], about=["A --> B\n\n1", "English", ""])
    assert written.startswith("WEBVTT\n\nNOTE\nA → B 1\nEnglish\n\n1\n")
    assert [cue[3] for cue in read_vtt(written)] == ["Hello."]


def test_text_in_another_language_than_the_file_is_marked() -> None:
    left = replace(caption(1, "給食費です。", 0, 1), lang="en", spoken="ja", flags=("untranslated",))
    assert "<lang ja>給食費です。</lang>" in to_vtt([left])
    assert read_vtt(to_vtt([left]))[0][3] == "給食費です。"


def test_spoken_language_itself_is_not_marked() -> None:
    assert "<lang" not in to_vtt([replace(caption(1, "Hello.", 0, 1), spoken="en")])


@pytest.mark.parametrize("mark", ["\u202e", "\u2066", "\x00", "\x1b", "\ufeff", "\ud800"])
def test_marks_that_disguise_or_break_a_file_are_left_out(mark: str) -> None:
    one = [caption(1, f"a{mark}b", 0, 1)]
    assert to_txt(one) == "ab\n"
    assert mark not in to_vtt(one) + to_srt(one)


def test_txt_begins_a_paragraph_after_a_pause_and_can_tell_the_time() -> None:
    told = [caption(1, "One.", 1, 2), caption(2, "Two.", 3.9, 5), caption(3, "Three.", 3723, 3724)]
    assert to_txt(told) == "One.\nTwo.\n\nThree.\n"
    assert to_txt(told, times=True) == "0:00:01  One.\n0:00:03  Two.\n\n1:02:03  Three.\n"
