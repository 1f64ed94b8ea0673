"""What is said although nobody said it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcripts.agreement import normal
from transcripts.guards import GuardLimits, made_up, without_loops, without_made_up
from transcripts.model import Word

LIMITS = GuardLimits()


def words(
    text: str, *, each_s: float = 0.3, probability: float = 0.9, joined: bool = False
) -> tuple[Word, ...]:
    return tuple(
        Word(text=each, start=at * each_s, end=(at + 1) * each_s, probability=probability, joined=joined)
        for at, each in enumerate(text if joined else text.split())
    )


def believed(
    said: tuple[Word, ...], *, language: str = "en", voiced_s: float = 1.5, before: tuple[str, ...] = ()
) -> str:
    kept = without_made_up(said, language=language, voiced_s=voiced_s, said=before, limits=LIMITS)
    return " ".join(word.text for word in kept)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("no no no no no no no no", "no"),
        ("go to the go to the go to the desk", "go to the desk"),
        ("and so on. And so on. And so on.", "and so on."),
        ("please sit down down down down down down down now", "please sit down now"),
    ],
)
def test_loop_is_kept_once(text: str, kept: str) -> None:
    assert " ".join(word.text for word in without_loops(words(text), LIMITS)) == kept


@pytest.mark.parametrize(
    "text", ["no no no no", "bye bye", "very very good", "thank you thank you", "one two one two"]
)
def test_what_people_repeat_is_no_loop(text: str) -> None:
    assert without_loops(words(text), LIMITS) == words(text)


@given(st.lists(st.sampled_from(["a", "b", "c"]), max_size=40))
def test_guard_leaves_nothing_to_find_in_what_it_keeps_first(texts: list[str]) -> None:
    said = words(" ".join(texts))
    kept = without_loops(said, LIMITS)
    assert set(kept) <= set(said)
    assert [word.start for word in kept] == sorted(word.start for word in kept)
    assert bool(kept) == bool(said)


def test_phrase_with_too_little_voice_is_dropped() -> None:
    assert believed(words("Thank you for watching."), voiced_s=0.3) == ""


def test_phrase_that_the_recogniser_doubts_is_dropped() -> None:
    assert believed(words("Thank you.", probability=0.2)) == ""


def test_thanks_with_enough_voice_are_kept() -> None:
    assert believed(words("Thank you.")) == "Thank you."


def test_other_words_are_kept_whatever_the_sound_says() -> None:
    assert believed(words("Thank you, Ms. Sato.", probability=0.1), voiced_s=0.0) == "Thank you, Ms. Sato."


def test_only_the_last_sentence_is_dropped() -> None:
    said = words("The school is closed. Thank you.")
    assert believed(said, voiced_s=4 * 0.3 + 0.1) == "The school is closed."


def test_last_sentence_with_voice_of_its_own_is_kept() -> None:
    assert (
        believed(words("The school is closed. Thank you."), voiced_s=6 * 0.3)
        == "The school is closed. Thank you."
    )


@pytest.mark.parametrize(
    ("language", "text"),
    [("ja", "ご視聴ありがとうございました。"), ("zh-Hans", "谢谢观看"), ("ko", "감사합니다.")],
)
def test_phrase_without_spaces_is_known(language: str, text: str) -> None:
    assert believed(words(text, joined=True), language=language, voiced_s=0.2) == ""


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("tr", "Abone olmayı unutmayın."),
        ("pt-BR", "Obrigado por assistir!"),
        ("ne", "Thank you for watching!"),
    ],
)
def test_phrase_with_spaces_is_known(language: str, text: str) -> None:
    assert believed(words(text), language=language, voiced_s=0.2) == ""


def test_japanese_thanks_that_are_said_are_kept() -> None:
    said = words("ありがとうございました。", joined=True, each_s=0.12)
    assert len(believed(said, language="ja", voiced_s=1.4).replace(" ", "")) == len(said)


def test_sentence_heard_again_without_voice_is_dropped() -> None:
    assert believed(words("The school is closed."), voiced_s=0.1, before=("theschoolisclosed",)) == ""


def test_sentence_said_twice_is_kept_twice() -> None:
    assert believed(words("The school is closed."), before=("theschoolisclosed",)) == "The school is closed."


def test_nothing_is_left_of_nothing() -> None:
    assert believed(()) == ""


def test_lists_hold_normal_texts() -> None:
    assert all(
        phrase == "".join(map(normal, phrase)) for tag in ("en", "ja", "vi", "fr") for phrase in made_up(tag)
    )
