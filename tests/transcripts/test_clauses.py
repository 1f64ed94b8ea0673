"""Where a sentence that goes on for long is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcripts.clauses import HoldLimits, clauses, early_cut
from transcripts.model import Word, join_words

LIMITS = HoldLimits()
FOREVER = 100.0


def words(text: str, *, joined: bool = False, each_s: float = 0.3, start: float = 0.0) -> list[Word]:
    return [
        Word(
            text=each, start=start + at * each_s, end=start + (at + 1) * each_s, probability=1, joined=joined
        )
        for at, each in enumerate(text.split())
    ]


def head(
    text: str, waited_s: float, *, following: str = "", language: str = "en", joined: bool = False
) -> str:
    """The text before the cut."""
    said = words(text, joined=joined)
    size = early_cut(
        said, LIMITS, waited_s=waited_s, language=language, following=words(following, start=99.0)
    )
    return join_words(tuple(said[:size]))


def test_nothing_is_cut_before_its_time() -> None:
    assert head("When the river rises, older people leave", LIMITS.clause_s - 0.1) == ""


def test_comma_is_the_first_place() -> None:
    assert head("When the river rises, older people leave", LIMITS.clause_s) == "When the river rises,"


def test_conjunction_waits_longer_than_a_comma() -> None:
    text = "The office is open and the desk"
    assert head(text, LIMITS.link_s - 0.1) == ""
    assert head(text, LIMITS.link_s) == "The office is open"


def test_any_two_words_wait_longest() -> None:
    text = "The office near station opens daily"
    assert head(text, LIMITS.anywhere_s - 0.1) == ""
    assert head(text, LIMITS.anywhere_s) == "The office near station opens"


def test_pause_counts_as_a_comma() -> None:
    said = words("The office opens daily") + words("near here", start=1.5)
    assert early_cut(said, LIMITS, waited_s=LIMITS.clause_s, language="en", following=()) == 4


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("School lunch costs exactly 4,800 yen", "School lunch costs exactly 4,800 yen"),
        ("We all meet at Nagomi Hall", "We all meet"),
        ("Please wait here with the doctor", "Please wait here with"),
        ("Please wait with old Mr. Sato", "Please wait with old"),
    ],
)
def test_phrase_name_and_number_stay_whole(text: str, cut: str) -> None:
    assert head(text, LIMITS.anywhere_s) != cut


def test_even_a_phrase_is_cut_in_the_end() -> None:
    assert head("in the of to at the of the", LIMITS.never_s - 0.1) == ""
    assert head("in the of to at the of the", LIMITS.never_s) == "in the of to at the of"


def test_fewer_words_than_the_least_are_never_cut_off() -> None:
    assert head("Yes, we can, but only", FOREVER).split() == ["Yes,", "we", "can,", "but"]


def test_stump_of_a_sentence_is_not_left_alone() -> None:
    assert head("Take the bus to school, my friend.", FOREVER) == ""


def test_stump_that_is_still_expected_is_seen_too() -> None:
    assert head("Take the bus to school,", LIMITS.clause_s, following="my friend.") == ""
    assert head("Take the bus to school,", LIMITS.clause_s, following="my friend and walk home.") != ""


def test_cut_at_the_last_word_needs_to_know_what_follows() -> None:
    assert head("Take the bus to school,", FOREVER) != "Take the bus to school,"


def test_japanese_is_cut_after_a_particle() -> None:
    assert (
        head("大きな 台風 が 来る ので 小学校 は 明日 休み", LIMITS.link_s, language="ja", joined=True)
        == "大きな台風が来るので小学校は"
    )


def test_language_without_rules_is_cut_at_commas() -> None:
    assert head("aa bb cc dd, ee ff gg hh", LIMITS.clause_s, language="xx") == "aa bb cc dd,"


def test_tag_with_a_region_has_the_rules_of_its_language() -> None:
    assert clauses("pt-BR").links == clauses("pt").links != frozenset()


SAID = st.lists(st.sampled_from(["yes.", "no,", "the", "school", "and", "7", "Hall"]), max_size=30)


@given(SAID, SAID, st.floats(0, 20))
def test_cut_leaves_whole_words_and_never_too_few(said: list[str], then: list[str], waited_s: float) -> None:
    size = early_cut(
        words(" ".join(said)),
        LIMITS,
        waited_s=waited_s,
        language="en",
        following=words(" ".join(then), start=99.0),
    )
    assert size == 0 or LIMITS.least_words <= size <= len(said)
    assert size < len(said) or size == 0 or then


@given(SAID, st.floats(0, 20), st.floats(0, 20))
def test_whoever_waits_longer_is_cut_too(said: list[str], one: float, other: float) -> None:
    sizes = [
        early_cut(words(" ".join(said)), LIMITS, waited_s=waited, language="en", following=())
        for waited in sorted((one, other))
    ]
    assert not sizes[0] or sizes[1]


def test_waits_grow_together() -> None:
    longer = HoldLimits().times(2.0)
    assert (longer.clause_s, longer.link_s, longer.anywhere_s, longer.never_s) == (2.8, 4.4, 6.8, 14.0)
    assert (longer.pause_s, longer.least_words) == (HoldLimits().pause_s, HoldLimits().least_words)
