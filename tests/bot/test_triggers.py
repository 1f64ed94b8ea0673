"""Words that mean something by themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.city import City
from bot.triggers import PERSON_LENGTH, Triggers, normalise

WORDS = {
    "en": {
        "emergency": ["house is on fire", "fire here"],
        "emergency_alone": ["fire", "119"],
        "urgent": ["hits me"],
        "person": ["talk to staff"],
        "hello": ["hi"],
        "yes": ["yes"],
        "no": ["no"],
    },
    "ja": {"emergency": ["火事です"], "urgent": ["DVで"], "thanks": ["ありがとう"], "yes": ["はい"]},
}
triggers = Triggers(WORDS)


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("  Hello,\n there!! ", "hello, there"),
        ("ＡＢＣ１２３", "abc123"),
        ("ﾊﾛｰ", "ハロー"),
        ("it's ok 👍", "it's ok"),
        ("zero\u200bwidth", "zerowidth"),
        ("きゅうきゅうしゃを　よんで\nください", "きゅうきゅうしゃをよんでください"),
        ("DV の そうだん", "dv のそうだん"),
        ("…!?", ""),
        ("ÀÉ", "àé"),
    ],
)
def test_text_is_compared_without_case_width_and_edges(said: str, plain: str) -> None:
    assert normalise(said) == plain


@pytest.mark.parametrize(
    "said",
    [
        "My HOUSE is on fire!!",
        "help, house  is\non fire please",
        "大変、火事です。早く",
        "Fire",
        "１１９",
        "fire!!",
    ],
)
def test_danger_is_found(said: str) -> None:
    assert triggers.find(said) == "emergency"


@pytest.mark.parametrize(
    "said", ["what is the fire station's number?", "firehere", "campfire here", "bonfires", "119 street"]
)
def test_word_that_only_looks_like_danger_is_not(said: str) -> None:
    assert triggers.find(said) != "emergency"


def test_japanese_word_may_stand_beside_others() -> None:
    assert triggers.find("夫のDVで困っています") == "urgent"
    assert triggers.find("夫のＤＶで困っています") == "urgent"


def test_danger_comes_before_everything_else() -> None:
    assert triggers.find("talk to staff, he hits me and the house is on fire") == "emergency"
    assert triggers.find("talk to staff, he hits me") == "urgent"


def test_small_talk_counts_only_alone() -> None:
    assert triggers.find("Hi!") == "hello"
    assert triggers.find("Hi, where do I throw away glass?") == ""
    assert triggers.find("no") == "no"
    assert triggers.find("no garbage was collected") == ""


def test_wish_for_a_person_counts_only_in_a_short_message() -> None:
    assert triggers.find("please let me talk to staff") == "person"
    assert triggers.find("x" * PERSON_LENGTH + " talk to staff") == ""


def test_no_words_find_nothing() -> None:
    assert Triggers({}).find("fire") == ""
    assert triggers.find("") == ""


@given(st.text())
def test_any_text_is_read_without_an_error(said: str) -> None:
    assert triggers.find(said) in ("", "emergency", "urgent", "person", "hello", "yes", "no", "thanks")
    assert normalise(normalise(said)) == normalise(said)


@given(st.sampled_from([phrase for words in WORDS.values() for phrase in words["urgent"]]), st.text())
def test_danger_is_found_after_any_other_sentence(phrase: str, before: str) -> None:
    assert triggers.find(f"{before}。 {phrase}") in ("urgent", "emergency")


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("Socorro, minha casa está pegando fogo", "emergency"),
        ("Please send an ambulance, my father is not breathing", "emergency"),
        ("火事です！助けて", "emergency"),
        ("きゅうきゅうしゃを よんでください", "emergency"),
        ("Meu marido me bate", "urgent"),
        ("I want to die", "urgent"),
        ("死にたい", "urgent"),
        ("quero falar com uma pessoa", "person"),
        ("職員と話したい", "person"),
        ("obrigada!", "thanks"),
        ("Quando passa o caminhão de bombeiros na festa?", ""),
        ("Where do I throw away a fire extinguisher?", ""),
        ("消火器はどこに捨てますか", ""),
    ],
)
def test_the_city_s_words(city: City, said: str, kind: str) -> None:
    assert city.triggers.find(said) == kind
