from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translation.facts import find, finding, mentions, twins


def values(text: str, language: str = "ja") -> list[tuple[str, str]]:
    return [(fact.kind, fact.value) for fact in find(text, language)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("18600", "18600"),
        ("１８，６００", "18600"),
        ("2.5倍", "2.5"),
        ("三百二十人", "320"),
        ("1万5千人", "15000"),
        ("250万人", "2500000"),
        ("2.5万人", "25000"),
        ("二〇二五個", "2025"),
        ("3番窓口", "3"),
        ("第2会議室", "2"),
        ("三番窓口", "3"),
        ("一番窓口", "1"),
        ("様式第五号", "5"),
        ("第二庁舎", "2"),
        ("八〇〇〇番", "8000"),
    ],
)
def test_japanese_numbers(text: str, value: str) -> None:
    assert values(text) == [("number", value)]


@pytest.mark.parametrize(
    "text",
    ["一緒に行きます", "一番近い", "十分です", "一部の人", "一般の方", "一時金", "A4の紙", "1通ください"],
)
def test_words_with_numerals_in_them_are_not_facts(text: str) -> None:
    assert values(text) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("令和7年3月31日", "2025-03-31"),
        ("令和元年5月1日", "2019-05-01"),
        ("平成31年4月", "2019-04"),
        ("昭和60年", "1985"),
        ("2025年12月1日", "2025-12-01"),
        ("二〇二五年四月一日", "2025-04-01"),
        ("5/3", "--05-03"),
        ("５月３日", "--05-03"),
        ("2025/3/31", "2025-03-31"),
        ("2025-03-31", "2025-03-31"),
        ("8月", "--08"),
        ("令和7年度", "fy2025"),
        ("2025ねん3がつ5にち", "2025-03-05"),
        ("3月（がつ）5日（にち）", "--03-05"),
        ("げつようび", "w1"),
        ("月曜日", "w1"),
        ("日曜", "w7"),
    ],
)
def test_japanese_dates(text: str, value: str) -> None:
    assert values(text) == [("date", value)]


def test_weekday_in_brackets_after_a_date_is_a_fact() -> None:
    assert values("3月31日（月）") == [("date", "--03-31"), ("date", "w1")]


@pytest.mark.parametrize("text", ["13月5日", "2/30/"])
def test_impossible_japanese_date_is_not_a_date(text: str) -> None:
    assert all(kind != "date" or value.startswith("w") for kind, value in values(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("午前8時30分", "08:30"),
        ("午後5時", "17:00"),
        ("午後0時15分", "12:15"),
        ("午前12時", "00:00"),
        ("8時半", "08:30"),
        ("13:45", "13:45"),
        ("１６：３０", "16:30"),
        ("午後1:05", "13:05"),
        ("夜8時", "20:00"),
        ("夕方5時半", "17:30"),
        ("正午", "12:00"),
        ("ごご2じはん", "14:30"),
    ],
)
def test_japanese_times(text: str, value: str) -> None:
    assert values(text) == [("time", value)]


def test_second_time_of_an_afternoon_range_is_in_the_afternoon() -> None:
    assert values("午後1時から4時まで") == [("time", "13:00"), ("time", "16:00")]


def test_durations_are_numbers_not_times() -> None:
    assert values("8時間と30分間") == [("number", "8"), ("number", "30")]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("18,600円", "JPY18600"),
        ("￥500", "JPY500"),
        ("1万5千円", "JPY15000"),
        ("三億円", "JPY300000000"),
        ("125億円", "JPY12500000000"),
        ("1億2,500万円", "JPY125000000"),
        ("300ドル", "USD300"),
        ("50レアル", "BRL50"),
    ],
)
def test_japanese_prices(text: str, value: str) -> None:
    assert values(text) == [("price", value)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("80%", "80%"),
        ("８０％", "80%"),
        ("3割", "30%"),
        ("2割引", "20%"),
        ("十二パーセント", "12%"),
        ("2.5パーセント", "2.5%"),
    ],
)
def test_percentages(text: str, value: str) -> None:
    assert values(text) == [("number", value)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("03-1234-5678", "+81312345678"),
        ("(03)1234-5678", "+81312345678"),
        ("０９０-１２３４-５６７８", "+819012345678"),
        ("+81 3-1234-5678", "+81312345678"),
        ("0120-555-321", "+81120555321"),
        ("+55 11 91234-5678", "+5511912345678"),
        ("0312345678", "+81312345678"),
    ],
)
def test_telephone_numbers_have_one_normal_form(text: str, value: str) -> None:
    assert values(f"電話は{text}です") == [("phone", value)]


@pytest.mark.parametrize(
    "url",
    [
        "https://www.city.example.jp/hoken",
        "http://a.example/x?y=1&z=%20#top",
        "www.city.example.jp/a_b",
        "city.example.jp",
    ],
)
def test_addresses_on_the_net_end_where_japanese_begins(url: str) -> None:
    assert [fact.text for fact in find(f"詳しくは{url}をご覧ください。", "ja") if fact.kind == "url"] == [url]


def test_full_stop_after_an_address_is_not_part_of_it() -> None:
    assert values("See https://a.example/b.", "en") == [("url", "https://a.example/b")]


def test_email_is_found_and_compared_without_case() -> None:
    assert values("Info_Desk@Example.JPまで") == [("email", "info_desk@example.jp")]


@pytest.mark.parametrize("text", ["〒123-4567", "〒1234567", "123-4567"])
def test_postal_codes(text: str) -> None:
    assert values(text) == [("postal", "1234567")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("March 31, 2025", ("date", "2025-03-31")),
        ("31 March 2025", ("date", "2025-03-31")),
        ("May 3rd", ("date", "--05-03")),
        ("3rd of May", ("date", "--05-03")),
        ("Sept. 9", ("date", "--09-09")),
        ("in May", ("date", "--05")),
        ("July twelfth", ("date", "--07-12")),
        ("August thirty-first", ("date", "--08-31")),
        ("8:00 tonight", ("time", "20:00")),
        ("October 2025", ("date", "2025-10")),
        ("5/3/2025", ("date", "2025-05-03")),
        ("Mondays", ("date", "w1")),
        ("8:30 a.m.", ("time", "08:30")),
        ("5 p.m.", ("time", "17:00")),
        ("12 AM", ("time", "00:00")),
        ("17:15", ("time", "17:15")),
        ("10 o'clock", ("time", "10:00")),
        ("18,600 yen", ("price", "JPY18600")),
        ("¥300", ("price", "JPY300")),
        ("$2 million", ("price", "USD2000000")),
        ("12.5 billion yen", ("price", "JPY12500000000")),
        ("3 million people", ("number", "3000000")),
        ("80 percent", ("number", "80%")),
        ("counter 21", ("number", "21")),
        ("counter No. 3", ("number", "3")),
        ("Form No.5", ("number", "5")),
        ("until noon", ("time", "12:00")),
        ("12 noon", ("time", "12:00")),
        ("midnight", ("time", "00:00")),
        ("March 31, Reiwa 7", ("date", "2025-03-31")),
        ("Reiwa 7", ("date", "2025")),
        ("fiscal year 2025", ("date", "fy2025")),
        ("FY2025", ("date", "fy2025")),
    ],
)
def test_english_facts(text: str, expected: tuple[str, str]) -> None:
    assert values(text, "en") == [expected]


@pytest.mark.parametrize(
    "text", ["You may go.", "March with us", "one of them", "room A4", "the first time", "He sat in the sun"]
)
def test_english_words_are_not_facts(text: str) -> None:
    assert values(text, "en") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("31 de março de 2025", ("date", "2025-03-31")),
        ("1º de maio", ("date", "--05-01")),
        ("3/5", ("date", "--05-03")),
        ("em maio", ("date", "--05")),
        ("segunda-feira", ("date", "w1")),
        ("aos sábados", ("date", "w6")),
        ("8h30", ("time", "08:30")),
        ("17h", ("time", "17:00")),
        ("às 10 horas", ("time", "10:00")),
        ("5 da tarde", ("time", "17:00")),
        ("8:30 da manhã", ("time", "08:30")),
        ("18.600 ienes", ("price", "JPY18600")),
        ("10 mil ienes", ("price", "JPY10000")),
        ("R$ 1.234,50", ("price", "BRL1234.5")),
        ("12,5 bilhões de ienes", ("price", "JPY12500000000")),
        ("10 horas de espera", ("number", "10")),
        ("80%", ("number", "80%")),
        ("2,5 metros", ("number", "2.5")),
        ("guichê nº 3", ("number", "3")),
        ("até o meio-dia", ("time", "12:00")),
        ("31 de março de Reiwa 7", ("date", "2025-03-31")),
        ("ano 7 da era Reiwa", ("date", "2025")),
        ("ano fiscal de 2025", ("date", "fy2025")),
    ],
)
def test_portuguese_facts(text: str, expected: tuple[str, str]) -> None:
    assert values(text, "pt-BR") == [expected]


@pytest.mark.parametrize(
    ("text", "language", "value"),
    [
        ("Please come at ten.", "en", "10"),
        ("the third floor", "en", "3"),
        ("two hundred yen", "en", "JPY200"),
        ("once a month", "en", "1"),
        ("at six thirty", "en", "06:30"),
        ("ten percent", "en", "10%"),
        ("six billion yen", "en", "JPY6000000000"),
        ("I called twice.", "en", "2"),
        ("5,000 yen per night", "en", "1"),
        ("5.000 ienes por noite", "pt-BR", "1"),
        ("百十二の手続き", "ja", "112"),
        ("at noon", "en", "12:00"),
        ("正午", "ja", "12:00"),
        ("二人", "ja", "2"),
        ("segundo andar", "pt-BR", "2"),
        ("segunda via", "pt-BR", "2"),
        ("na segunda", "pt-BR", "w1"),
        ("お昼に", "ja", "12:00"),
        ("a 21st counter", "en", "21"),
    ],
)
def test_mentions_see_what_could_stand_for_a_fact(text: str, language: str, value: str) -> None:
    assert value in [fact.value for fact in mentions(text, language)]


def test_language_that_is_not_served_still_keeps_what_looks_the_same_everywhere() -> None:
    assert values("Ring 03-1234-5678 kl. 8:30, 1.800", "da") == [
        ("phone", "+81312345678"),
        ("time", "08:30"),
        ("number", "1800"),
    ]


@pytest.mark.parametrize(
    ("text", "tag"),
    [("3,000 to 5,000 yen", "en"), ("3.000 a 5.000 ienes", "pt-BR"), ("3,000円から5,000円", "ja")],
)
def test_both_ends_of_a_range_of_prices_are_prices(text: str, tag: str) -> None:
    assert values(text, tag) == [("price", "JPY3000"), ("price", "JPY5000")]


def test_facts_know_where_they_stand() -> None:
    text = "手数料は１通３００円です。"
    assert [text[fact.start : fact.end] for fact in find(text, "ja")] == ["３００円"]


@given(
    st.text(alphabet="0123456789年月日時分円万億%:/-.,〒@a 一二三０４５", max_size=40),
    st.sampled_from(["ja", "en", "pt-BR", "vi"]),
)
def test_facts_of_any_text_are_in_order_and_do_not_overlap(text: str, language: str) -> None:
    at = 0
    for fact in mentions(text, language):
        assert at <= fact.start < fact.end <= len(text)
        at = fact.end


@pytest.mark.parametrize(
    "text", ["1.2.3万円", "1,23.4,5円", "1.1.1.1千人", "0.0.0", "1,2,3 million yen", "2.3.4 mil"]
)
@pytest.mark.parametrize("language", ["ja", "en", "pt-BR"])
def test_stammered_numbers_are_read_without_failing(text: str, language: str) -> None:
    assert all(fact.value for fact in mentions(text, language))


@given(
    st.text(alphabet="0123456789.,万億千百十円 yenmilhões時年月日:", max_size=24),
    st.sampled_from(["ja", "en", "pt-BR"]),
)
def test_no_number_whatever_its_form_makes_the_search_fail(text: str, language: str) -> None:
    assert isinstance(mentions(text, language), tuple)


def test_twin_of_a_fact_is_how_the_translation_writes_it() -> None:
    facts = find("保険料は18,600円です。期限は1月31日です。電話は045-000-1102です。", "ja")
    text = "O prazo é 31 de janeiro e o valor é 18.600 ienes."

    assert twins(facts, text, "pt-BR") == ("18.600 ienes", "31 de janeiro", "")


def test_clock_time_after_a_wide_colon_is_found() -> None:
    assert [(fact.kind, fact.value) for fact in find("受付時間：9:00～17:00", "ja")] == [
        ("time", "09:00"),
        ("time", "17:00"),
    ]
    assert [fact.kind for fact in find("1:23:45", "en")] != ["time", "time"]


def facts_of_all_languages() -> list[tuple[str, str]]:
    table = tomllib.loads((Path(__file__).parent / "data" / "facts.toml").read_text("utf-8"))
    return [pair for row in table["fact"] for pair in row["in"].items()]


@pytest.mark.parametrize("patterns", [finding._patterns, finding._loose_patterns])
def test_pattern_never_matches_a_text_that_lacks_what_it_needs(
    patterns: Callable[[str], finding._Patterns],
) -> None:
    texts = facts_of_all_languages()
    assert len(texts) > 400
    for language, text in texts:
        known = patterns(language)
        needless = finding._Patterns.of(tuple(replace(pattern, needs=()) for pattern in known.all))
        assert known.search(text, ()) == needless.search(text, ())


@pytest.mark.parametrize(
    "text",
    [
        "At noon on Monday, May 3rd, twenty-one of us pay ten yen a day.",
        "FY2025 ends on the first Tuesday of March; JPY500 or 500yen.",
        "ONCE a month, or twice per week, at TEN O'CLOCK until midnight",
        "Annually, thirty percent; ten fifteen; Reiwa 7; 2.5 million; 12 noon.",
    ],
)
def test_words_in_any_case_are_found_as_without_a_look_at_the_words_first(text: str) -> None:
    for patterns in (finding._patterns("en"), finding._loose_patterns("en")):
        needless = finding._Patterns.of(tuple(replace(pattern, needs=()) for pattern in patterns.all))
        assert patterns.search(text, ()) == needless.search(text, ()) != ()


def test_full_stop_at_the_end_makes_no_address() -> None:
    assert find("Ask at the counter.", "en") == ()
    assert values("See www.city.example.jp.", "en") == [("url", "www.city.example.jp")]
