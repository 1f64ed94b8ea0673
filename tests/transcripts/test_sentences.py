"""Where words are cut into segments."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcripts.model import Word, join_words
from transcripts.sentences import SegmentLimits, cut, ends_sentence

LIMITS = SegmentLimits()


def words(text: str, *, start: float = 0.0, each_s: float = 0.3, joined: bool = False) -> list[Word]:
    return [
        Word(
            text=each,
            start=start + at * each_s,
            end=start + (at + 1) * each_s,
            probability=1.0,
            joined=joined,
        )
        for at, each in enumerate(text if joined else text.split())
    ]


def texts(segments: list[tuple[Word, ...]]) -> list[str]:
    return [join_words(each) for each in segments]


@pytest.mark.parametrize(
    "text", ["closed.", "today?", "Stop!", "です。", "か？", '"today."', "(closed.)", "so…"]
)
def test_sentence_ends_with_its_mark(text: str) -> None:
    assert ends_sentence(Word(text=text, start=0, end=1, probability=1))


@pytest.mark.parametrize("text", ["closed", "closed,", "Mr.", "p.m.", "J.", "8.15", "", '"'])
def test_sentence_does_not_end_here(text: str) -> None:
    assert not ends_sentence(Word(text=text, start=0, end=1, probability=1))


def test_sentence_is_cut_when_a_word_follows() -> None:
    segments, rest = cut(words("The school is closed. If your"), LIMITS, closed=False)
    assert (texts(segments), join_words(rest)) == (["The school is closed."], "If your")


def test_sentence_waits_while_nothing_follows() -> None:
    assert cut(words("The school is closed."), LIMITS, closed=False)[0] == []


def test_expected_word_counts_as_following() -> None:
    following = Word(text="If", start=9.0, end=9.2, probability=1)
    segments, _ = cut(words("The school is closed."), LIMITS, closed=False, following=following)
    assert texts(segments) == ["The school is closed."]


def test_closed_words_all_come_out() -> None:
    segments, rest = cut(words("One sentence here. And half"), LIMITS, closed=True)
    assert (texts(segments), rest) == (["One sentence here.", "And half"], ())


def test_very_short_sentence_joins_the_next() -> None:
    assert texts(cut(words("Yes. The school is closed."), LIMITS, closed=True)[0]) == [
        "Yes. The school is closed."
    ]


def test_pause_cuts_inside_a_sentence() -> None:
    spoken = words("When there is") + words("a storm", start=1.6)
    assert texts(cut(spoken, LIMITS, closed=True)[0]) == ["When there is", "a storm"]


def test_long_sentence_is_cut_after_a_clause() -> None:
    text = (
        "If your child is sick in the morning before school begins, call the school office or write a message"
    )
    segments, _ = cut(words(text, each_s=0.2), LIMITS, closed=True)
    assert texts(segments)[0] == "If your child is sick in the morning before school begins,"


def test_slow_sentence_is_cut_by_time() -> None:
    segments, _ = cut(words("one two three four five six seven eight nine", each_s=1.0), LIMITS, closed=True)
    assert all(each[-1].end - each[0].start <= LIMITS.seconds for each in segments)


def test_japanese_is_joined_without_spaces() -> None:
    segments, _ = cut(
        words("本日は休校です。明日は学校があります。", joined=True, each_s=0.1), LIMITS, closed=True
    )
    assert "".join(texts(segments)) == "本日は休校です。明日は学校があります。"


def test_a_single_word_longer_than_the_limit_is_a_segment() -> None:
    assert texts(cut(words("a" * 200 + " b"), LIMITS, closed=True)[0]) == ["a" * 200, "b"]


WORDS = st.lists(
    st.tuples(
        st.sampled_from(["yes.", "no,", "the", "school", "closed?", "x" * 90]),
        st.floats(0, 2),
        st.floats(0, 3),
    ),
    max_size=40,
)


@given(WORDS, st.booleans())
def test_no_word_is_lost_doubled_or_moved(raw: list[tuple[str, float, float]], closed: bool) -> None:
    at, spoken = 0.0, []
    for text, gap, length in raw:
        spoken.append(Word(text=text, start=at + gap, end=at + gap + length, probability=1))
        at += gap + length
    segments, rest = cut(spoken, LIMITS, closed=closed)
    assert [word for segment in segments for word in segment] + list(rest) == spoken
    assert all(segments)
    assert not (closed and rest)
