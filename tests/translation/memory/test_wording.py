"""When two texts have the same wording."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translation.memory.wording import digest_of, key_of, masked_key, storable


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("Where is the counter", "where is THE counter."),
        ("ＡＢＣ１２３", "abc123"),
        ("ごみを出す", "ごみを出す。"),
        ("ごみ  を\n出す", "ごみ を 出す"),
        ("ｶﾞｽを止める", "ガスを止める"),
        ("zero\u200bwidth", "zerowidth"),
        ("\u202emarked\u202c", "marked"),
        ("Olá!", "olá"),
        ("¡Hola!", "hola"),
        ("Straße", "STRASSE"),
        ("cafe\u0301", "café"),
        ("नमस्ते।", "नमस्ते"),
        ("မင်္ဂလာပါ။", "မင်္ဂလာပါ"),
        ("Wait…", "wait"),
    ],
)
def test_width_case_marks_and_ends_do_not_matter(text: str, other: str) -> None:
    assert key_of(text) == key_of(other)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("Está aberto?", "Está aberto."),
        ("開いている？", "開いている。"),
        ("¿Abierto?", "Abierto"),
        ("a.b", "ab"),
        ("ha", "hà"),
        ("クミン", "グミン"),
        ("room A", "room B"),
        ("Do not go", "Do go"),
    ],
)
def test_different_words_and_questions_are_different(text: str, other: str) -> None:
    assert key_of(text) != key_of(other)


def test_question_mark_counts_however_the_end_is_decorated() -> None:
    assert key_of("Really?!") == key_of("really?") == key_of("Really ？！")


@given(st.text())
def test_key_of_a_key_is_itself(text: str) -> None:
    assert key_of(key_of(text)) == key_of(text)


@given(st.text())
def test_digest_is_short_whatever_the_text(text: str) -> None:
    assert len(digest_of(storable(text))) == 64


@given(st.text(st.characters(codec="utf-8")))
def test_storable_text_can_be_stored_and_keeps_its_wording(text: str) -> None:
    kept = storable(text)

    assert storable(kept) == kept
    assert "\x00" not in kept
    assert key_of(kept) == key_of(text.translate({0xFFFE: None, 0xFFFF: None}))


def test_lone_surrogates_and_control_characters_are_not_stored() -> None:
    assert storable(" a\ud800b\x00c\x1b\ufffed ") == "abcd"


@pytest.mark.parametrize(
    ("text", "other", "language"),
    [
        ("Open until 17:00.", "open until 5 p.m.", "en"),
        ("Open until 17:00.", "Open until 9:30", "en"),
        ("3月31日まで", "4月2日まで。", "ja"),
        ("Call 03-1234-5678.", "Call 0120-555-321", "en"),
        ("手数料は300円です。", "手数料は1,200円です。", "ja"),
    ],
)
def test_facts_of_one_kind_have_one_masked_key(text: str, other: str, language: str) -> None:
    assert masked_key(text, language) == masked_key(other, language)


@pytest.mark.parametrize(
    ("text", "other", "language"),
    [
        ("Open until 17:00.", "Open until March 3.", "en"),
        ("5月3日です", "5月です", "ja"),
        ("It costs 300 yen.", "It costs $300.", "en"),
        ("80% of residents", "80 of residents", "en"),
        ("Open until 17:00?", "Open until 17:00.", "en"),
        ("17:00 to 18:00", "17:00 to March 3", "en"),
    ],
)
def test_facts_that_bend_the_words_around_them_differ(text: str, other: str, language: str) -> None:
    assert masked_key(text, language) != masked_key(other, language)


def test_text_cannot_pretend_to_have_a_fact() -> None:
    assert masked_key("Open until \x00time\x00.", "en") != masked_key("Open until 17:00.", "en")
