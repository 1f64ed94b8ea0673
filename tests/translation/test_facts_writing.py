from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translation.facts import check, find, mask, write
from translation.facts.my_number import is_my_number
from translation.facts.numerals import fold, parse_number


def written(text: str, source: str, target: str) -> str:
    (fact,) = find(text, source)
    return write(fact, target)


@pytest.mark.parametrize(
    ("text", "english", "portuguese", "japanese"),
    [
        ("18,600円", "18,600 yen", "18.600 ienes", "18,600円"),
        ("125億円", "12.5 billion yen", "12,5 bilhões de ienes", "125億円"),
        ("令和7年3月31日", "March 31, 2025", "31 de março de 2025", "2025年3月31日"),
        ("5/3", "May 3", "3 de maio", "5月3日"),
        ("8月", "August", "agosto", "8月"),
        ("令和7年", "2025", "2025", "2025年"),
        ("2025年4月", "April 2025", "abril de 2025", "2025年4月"),
        ("午後5時15分", "17:15", "17h15", "17時15分"),
        ("午前9時", "9:00", "9h", "9時"),
        ("火曜日", "Tuesday", "terça-feira", "火曜日"),
        ("80%", "80%", "80%", "80%"),
        ("1,200本", "1,200", "1.200", "1,200"),
        ("250万人", "2.5 million", "2,5 milhões", "250万"),
        ("2.5倍", "2.5", "2,5", "2.5"),
        ("〒1234567", "〒123-4567", "〒123-4567", "〒123-4567"),
    ],
)
def test_facts_are_written_as_readers_expect(text: str, english: str, portuguese: str, japanese: str) -> None:
    assert [written(text, "ja", tag) for tag in ("en", "pt-BR", "ja")] == [english, portuguese, japanese]


@pytest.mark.parametrize("text", ["2026", "1204", "0033"])
def test_number_without_marks_gets_none(text: str) -> None:
    assert written(f"番号{text}です", "ja", "pt-BR") == text


def test_cents_keep_two_digits() -> None:
    assert written("R$ 1.234,50", "pt-BR", "pt-BR") == "R$ 1.234,50"


def test_language_that_is_not_served_uses_english_formats() -> None:
    assert written("令和7年3月31日", "ja", "da") == "March 31, 2025"


@given(st.text(max_size=40))
def test_folding_keeps_every_character_in_its_place(text: str) -> None:
    assert len(fold(text)) == len(text)


@pytest.mark.parametrize(
    ("text", "language", "value"),
    [
        ("1.800", "pt-BR", "1800"),
        ("1.800", "en", "1800"),
        ("1,5", "pt-BR", "1.5"),
        ("1.50", "en", "1.5"),
        ("007", "en", "7"),
        ("千二百", "ja", "1200"),
        ("万", "ja", "10000"),
        ("一〇一", "ja", "101"),
    ],
)
def test_numbers_are_read_by_the_marks_of_their_language(text: str, language: str, value: str) -> None:
    assert parse_number(text, language) == value


def test_my_number_is_told_from_other_twelve_digits_by_its_check_digit() -> None:
    assert is_my_number("123456789018")
    assert [n for n in range(10) if is_my_number(f"12345678901{n}")] == [8]


@pytest.mark.parametrize(
    "digits", ["", "12345678901", "1234567890188", "12345678901a", "１２３４５６７８９０１８"]
)
def test_other_strings_are_no_my_number(digits: str) -> None:
    assert not is_my_number(digits)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("番号は123456789018です", "番号は************です"),
        ("1234-5678-9018", "****-****-****"),
        ("1234 5678 9018", "**** **** ****"),
        ("１２３４５６７８９０１８", "************"),
        ("１２３４－５６７８－９０１８", "****－****－****"),
        ("1234　5678　9018", "****　****　****"),
        ("1234 - 5678 - 9018", "**** - **** - ****"),
        ("123-456-789-018", "***-***-***-***"),
        ("1 2 3 4 5 6 7 8 9 0 1 8", "* * * * * * * * * * * *"),
        ("१२३४५६७८९०१८", "************"),
        ("১২৩৪ ৫৬৭৮ ৯০১৮", "**** **** ****"),
        ("๑๒๓๔๕๖๗๘๙๐๑๘", "************"),
        ("၁၂၃၄-၅၆၇၈-၉၀၁၈", "****-****-****"),
        ("១២៣៤៥៦៧៨៩០១៨", "************"),
        ("一二三四五六七八九〇一八", "************"),
        ("123456789018 2026", "************ 2026"),
        ("123456789012", "123456789012"),
        ("+123456789018", "+123456789018"),
        ("1234567890188", "1234567890188"),
        ("123.456.789.018", "123.456.789.018"),
    ],
)
def test_my_number_is_masked_in_place(text: str, masked: str) -> None:
    assert mask(text) == masked
    assert len(masked) == len(text)


def test_masked_my_number_is_still_a_fact_and_says_nothing() -> None:
    (fact,) = find("番号は**** **** ****です", "ja")
    assert (fact.kind, fact.text, fact.value) == ("my_number", "**** **** ****", "************")


def test_unmasked_my_number_never_shows_in_a_fact() -> None:
    (fact,) = find("1234 5678 9018", "ja")
    assert (fact.kind, fact.text) == ("my_number", "**** **** ****")


def outcome(source_text: str, source: str, text: str, target: str) -> tuple[list[str], list[str], list[str]]:
    found = check(source_text, source, text, target)
    return ([f.value for f in found.kept], [f.value for f in found.lost], [f.value for f in found.added])


def test_fact_in_another_format_is_kept() -> None:
    assert outcome("18,600円を令和7年3月31日まで", "ja", "18.600 ienes até 31 de março de 2025", "pt-BR") == (
        ["JPY18600", "2025-03-31"],
        [],
        [],
    )


def test_wrong_number_is_lost_and_the_invented_one_is_added() -> None:
    assert outcome("17人", "ja", "1717171 people", "en") == ([], ["17"], ["1717171"])


def test_half_of_the_day_matters() -> None:
    assert outcome("午前8時", "ja", "8 p.m.", "en") == ([], ["08:00"], ["20:00"])


def test_fact_said_twice_must_be_there_twice() -> None:
    assert outcome("3人と3人", "ja", "3 people", "en") == (["3"], ["3"], [])


def test_words_stand_for_small_numbers() -> None:
    assert outcome("3階で10時に", "ja", "at ten on the third floor", "en") == (["3", "10:00"], [], [])


def test_number_that_the_source_says_in_words_is_not_invented() -> None:
    assert outcome("two children", "en", "2人の子ども", "ja") == ([], [], [])


def test_currency_matters() -> None:
    assert outcome("30 euros", "en", "$30", "en") == ([], ["EUR30"], ["USD30"])


def test_plus_sign_of_a_foreign_telephone_number_matters() -> None:
    assert outcome("+447378099903", "en", "447378099903", "en")[1] == ["+447378099903"]


def test_year_may_stand_as_a_bare_number() -> None:
    assert outcome("令和7年", "ja", "in 2025", "en") == (["2025"], [], [])


def test_fiscal_year_may_stand_as_a_year() -> None:
    assert outcome("令和7年度", "ja", "in 2025", "en") == (["fy2025"], [], [])


@pytest.mark.parametrize("text", ["counter 3", "counter No. 3", "the third counter"])
def test_counter_number_is_kept_in_each_way_of_saying_it(text: str) -> None:
    assert outcome("3番窓口へどうぞ", "ja", f"Please go to {text}.", "en") == (["3"], [], [])
