"""Texts as they are compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.safety.folding import fold, joined, sentences, without_accents


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  HELP\n me ", "help me"),
        ("heeeelp", "help"),
        ("all good", "all good"),
        ("カジです", "かじです"),
        ("ﾀｽｹﾃ", "たすけて"),
        ("たすけてーーー", "たすけてー"),
        ("isn’t", "isnt"),
        ("l'immeuble", "l immeuble"),
        ("б'є", "бє"),
        ("夫のDVで", "夫の dv で"),
        ("119番", "119 番"),
        ("zero\u200bwidth", "zerowidth"),
        ("first\n\nsecond", "first . second"),
        ("", ""),
    ],
)
def test_text_is_folded(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("nhà cháy", "nha chay"),
        ("fogão", "fogao"),
        ("ещё", "еще"),
        ("がす", "がす"),
        ("मुझे", "मुझे"),
        ("불이", "불이"),
    ],
)
def test_accents_go_only_where_letters_stay_readable(text: str, plain: str) -> None:
    assert without_accents(fold(text)) == plain


def test_vietnamese_d_is_a_d() -> None:
    assert without_accents(fold("đánh")) == "danh"


def test_spaces_between_japanese_characters_mean_nothing() -> None:
    assert joined("かじ です help me 火 事") == "かじです help me 火事"


def test_sentences_end_at_any_full_stop() -> None:
    assert sentences("one. two。three! चार। five") == ["one", "two", "three", "चार", "five"]


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    once = fold(text)
    assert fold(once) == once or len(fold(once)) <= len(once)
