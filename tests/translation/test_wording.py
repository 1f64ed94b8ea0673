from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translation.phrases import find_phrase
from translation.wording import clean, tidy


def test_bidi_and_zero_width_characters_are_removed() -> None:
    assert clean("a\u202eb\u200bc\u2066d\ufeffe") == "abcde"


@pytest.mark.parametrize(
    "hidden", ["\u061c", "\u180e", "\u3164", "\u2028\U000e0041\U000e0042"[1:], "\x9b", "\ufffa"]
)
def test_other_marks_that_hide_text_are_removed(hidden: str) -> None:
    assert clean(f"a{hidden}b") == "ab"


def test_flag_made_of_tags_stays() -> None:
    wales = "\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f"
    assert clean(f"a{wales}b") == f"a{wales}b"


def test_joiners_inside_emoji_and_indic_words_stay() -> None:
    for text in ("👨\u200d👩\u200d👧", "ශ්\u200dරී"):
        assert clean(text) == text


def test_control_characters_are_removed_and_line_breaks_stay() -> None:
    assert clean("a\x00b\nc\td\x1b[31m") == "ab\nc\td[31m"


@given(st.text(max_size=60))
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize(
    ("text", "source_text", "target", "tidied"),
    [
        ("どこですか?", "Where?", "ja", "どこですか？"),
        ("はい ! いいえ", "Yes! No", "ja", "はい！いいえ"),
        ("予約 です", "reservation", "ja", "予約です"),
        ("it is here", "ここです。", "en", "It is here."),
        ("Where is it", "どこですか？", "en", "Where is it?"),
        ("hello , world", "olá, mundo", "en", "hello, world"),
        ("ここです", "It is here.", "ja", "ここです。"),
        ("Already.", "もう。", "en", "Already."),
        ("See https://a.example/?q=1", "見て", "en", "See https://a.example/?q=1"),
        ("", "a.", "en", ""),
        ("在哪里?", "どこですか？", "zh-Hans", "在哪里？"),
        ("你好,世界.", "こんにちは、世界。", "zh-Hans", "你好，世界。"),
        ("請 進", "どうぞ。", "zh-Hant", "請進。"),
        ("ठीक है", "はい。", "hi", "ठीक है।"),
        ("ဟုတ်ကဲ့", "はい。", "my", "ဟုတ်ကဲ့။"),
        ("បាទ", "はい。", "km", "បាទ។"),
        ("ใช่ ครับ", "はい。", "th", "ใช่ ครับ"),
        ("Yes", "ठीक है।", "en", "Yes."),
        ("Dónde está", "どこですか？", "es", "¿Dónde está?"),
        ("où est-ce ?", "どこですか？", "fr", "Où est-ce\u202f?"),
        ("Où est-ce", "どこですか？", "fr", "Où est-ce\u202f?"),
        ("istasyon nerede?", "駅はどこですか？", "tr", "İstasyon nerede?"),
        ("Взнос 18\u00a0600 иен.", "18,600円です。", "ru", "Взнос 18\u00a0600 иен."),
    ],
)
def test_punctuation_is_the_targets_own(text: str, source_text: str, target: str, tidied: str) -> None:
    assert tidy(text, source_text, target) == tidied


@pytest.mark.parametrize(
    ("text", "source", "target", "expected"),
    [
        ("さようなら", "ja", "en", "Goodbye."),
        ("おやすみなさい", "ja", "en", "Good night."),
        ("おげんきですか", "ja", "en", "How are you?"),
        ("Thank you!", "en", "pt-BR", "Obrigado."),
        ("obrigada", "pt-BR", "ja", "ありがとうございます。"),
        ("SOCORRO!!!", "pt-BR", "ja", "助けてください。"),
        ("Um momento, por favor", "pt-BR", "en", "Please wait a moment."),
        ("I don’t understand", "en", "ja", "わかりません。"),
    ],
)
def test_everyday_phrases_are_said_as_people_say_them(
    text: str, source: str, target: str, expected: str
) -> None:
    assert find_phrase(text, source, target) == expected


def test_phrase_inside_a_longer_sentence_is_not_replaced() -> None:
    assert find_phrase("Thank you for the letter.", "en", "ja") is None


def test_phrase_in_a_language_that_the_table_lacks_is_not_found() -> None:
    assert find_phrase("さようなら", "ja", "vi") is None
    assert find_phrase("xin chào", "vi", "ja") is None


@pytest.mark.parametrize("text", ["", "。", "!!!", "😊"])
def test_text_without_letters_is_no_phrase(text: str) -> None:
    assert find_phrase(text, "ja", "en") is None
