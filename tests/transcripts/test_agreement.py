"""Which words of a hypothesis are known, and which are agreed on."""

from __future__ import annotations

import pytest

from transcripts.agreement import agreed, known_words, normal
from transcripts.model import Word


def words(text: str, *, start: float = 0.0, each_s: float = 0.4) -> list[Word]:
    return [
        Word(text=each, start=start + at * each_s, end=start + (at + 1) * each_s, probability=1)
        for at, each in enumerate(text.split())
    ]


@pytest.mark.parametrize(
    ("text", "same"), [("School,", "school"), ("9:30", "930"), ("ﾃｽﾄ", "テスト"), ("—", "")]
)
def test_normal_form_has_only_letters_and_digits(text: str, same: str) -> None:
    assert normal(text) == same


def test_comma_and_capital_do_not_disagree() -> None:
    assert agreed(words("the school, is"), words("The school is closed")) == 3


def test_agreement_stops_at_the_first_difference() -> None:
    assert agreed(words("the school was closed"), words("the school is closed")) == 2


def test_nothing_is_known_at_first() -> None:
    assert known_words([], words("good morning"), window_start=0.0) == 0


def test_known_words_are_found_again() -> None:
    assert known_words(words("good morning"), words("good morning everyone"), window_start=0.0) == 2


def test_known_words_heard_differently_are_still_known() -> None:
    assert known_words(words("my name is Sato"), words("mine name is Sata and I"), window_start=0.0) == 4


def test_word_before_the_window_is_not_taken_for_its_repetition() -> None:
    assert known_words(words("yes"), words("yes", start=3.0), window_start=2.9) == 0


def test_last_word_before_a_cut_that_is_heard_again_is_known() -> None:
    known = words("school is closed")
    assert known_words(known, words("closed today", start=0.8), window_start=1.1) == 1


def test_word_said_again_after_a_cut_is_not_taken_for_an_earlier_one() -> None:
    known = words("help you at the desk after this meeting thank", each_s=0.2)
    assert known_words(known, words("you for listening", start=1.8, each_s=0.2), window_start=1.8) == 0


def test_empty_hypothesis_knows_nothing() -> None:
    assert known_words(words("good morning"), [], window_start=0.0) == 0
