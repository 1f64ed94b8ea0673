"""Facts in every language served; the texts are in data/facts.toml."""

from __future__ import annotations

import functools
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from babel import Locale
from hypothesis import given, settings
from hypothesis import strategies as st

from translation.facts import check, find, mentions, write
from translation.facts.checking import same
from translation.facts.local_words import local_words
from translation.languages import languages
from translation.model import Fact, FactKind

LANGUAGES = tuple(languages())
BY_HAND = ("ja", "ja-Hira", "en", "pt-BR")
language = st.sampled_from(LANGUAGES)


@functools.cache
def table() -> list[dict[str, Any]]:
    return tomllib.loads((Path(__file__).parent / "data" / "facts.toml").read_text("utf-8"))["fact"]


def values(text: str, tag: str) -> list[tuple[str, str]]:
    return [(fact.kind, fact.value) for fact in find(text, tag)]


def fact_of(kind: FactKind, value: str, text: str = "") -> Fact:
    return Fact(kind=kind, text=text or value, value=value, start=0, end=len(text or value))


def read_back(fact: Fact, tag: str) -> list[tuple[str, str, bool]]:
    """What is found in the fact as it is written, and whether nothing is left over."""
    written = write(fact, tag)
    return [(again.kind, again.value, again.text == written) for again in find(written, tag)]


def test_table_has_every_language_for_every_fact() -> None:
    assert len(table()) >= 15
    assert [set(row["in"]) for row in table()] == [set(LANGUAGES)] * len(table())


def test_every_language_is_written_by_hand_or_has_a_table() -> None:
    assert [tag for tag in LANGUAGES if (local_words(tag) is None) != (tag in BY_HAND)] == []


@pytest.mark.parametrize("tag", LANGUAGES)
def test_fact_has_one_value_in_every_language(tag: str) -> None:
    found = {row["in"][tag]: values(row["in"][tag], tag) for row in table()}
    assert found == {row["in"][tag]: [(row["kind"], row["value"])] for row in table()}


@pytest.mark.parametrize("tag", LANGUAGES)
def test_fact_is_kept_from_japanese_into_every_language_and_back(tag: str) -> None:
    for row in table():
        for source, target in (("ja", tag), (tag, "ja")):
            found = check(row["in"][source], source, row["in"][target], target)
            assert (len(found.kept), found.lost, found.added) == (1, (), ()), row["in"][tag]


@pytest.mark.parametrize("tag", LANGUAGES)
def test_weekdays_are_read_back(tag: str) -> None:
    facts = [fact_of("date", f"w{day}") for day in range(1, 8)]
    assert [read_back(fact, tag) for fact in facts] == [[("date", fact.value, True)] for fact in facts]


@pytest.mark.parametrize("tag", [tag for tag in LANGUAGES if tag != "en"])
def test_months_are_read_back(tag: str) -> None:
    facts = [fact_of("date", f"--{month:02d}") for month in range(1, 13)]
    assert [read_back(fact, tag) for fact in facts] == [[("date", fact.value, True)] for fact in facts]


@pytest.mark.parametrize("tag", LANGUAGES)
def test_years_are_read_back_as_years_or_numbers(tag: str) -> None:
    fact = fact_of("date", "2025")
    (again,) = find(write(fact, tag), tag)
    assert same(fact, again)


@pytest.mark.parametrize("tag", LANGUAGES)
def test_fiscal_years_are_read_back(tag: str) -> None:
    assert read_back(fact_of("date", "fy2025"), tag) == [("date", "fy2025", True)]


@pytest.mark.parametrize("code", ["JPY", "USD", "EUR", "BRL"])
@pytest.mark.parametrize("tag", LANGUAGES)
def test_currencies_are_read_back(tag: str, code: str) -> None:
    facts = [fact_of("price", f"{code}{amount}") for amount in ("1", "2", "5", "21", "1234.5")]
    assert [read_back(fact, tag) for fact in facts] == [[("price", fact.value, True)] for fact in facts]


@settings(max_examples=150)
@given(st.integers(min_value=0, max_value=10**11 - 1), language)
def test_prices_are_read_back(amount: int, tag: str) -> None:
    assert read_back(fact_of("price", f"JPY{amount}"), tag) == [("price", f"JPY{amount}", True)]


@settings(max_examples=150)
@given(st.integers(min_value=1, max_value=2000), st.integers(min_value=4, max_value=7), language)
def test_round_prices_are_read_back(count: int, zeros: int, tag: str) -> None:
    value = f"JPY{count * 10**zeros}"
    assert read_back(fact_of("price", value), tag) == [("price", value, True)]


@settings(max_examples=150)
@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2059, 12, 31)), language)
def test_dates_are_read_back(day: date, tag: str) -> None:
    for value in (str(day), f"--{str(day)[5:]}", str(day)[:7]):
        assert read_back(fact_of("date", value), tag) == [("date", value, True)]


@settings(max_examples=150)
@given(st.integers(0, 23), st.integers(0, 59), language)
def test_times_are_read_back(hour: int, minute: int, tag: str) -> None:
    value = f"{hour:02d}:{minute:02d}"
    assert read_back(fact_of("time", value), tag) == [("time", value, True)]


@settings(max_examples=150)
@given(st.integers(0, 10**11 - 1), st.sampled_from(["", "%"]), language)
def test_grouped_numbers_are_read_back(number: int, percent: str, tag: str) -> None:
    fact = fact_of("number", f"{number}{percent}", f"{number:,}{percent}")
    assert read_back(fact, tag) == [("number", f"{number}{percent}", True)]


@given(st.integers(0, 999), st.integers(1, 99), language)
def test_decimals_are_read_back(whole: int, hundredths: int, tag: str) -> None:
    value = f"{whole}.{hundredths:02d}".rstrip("0")
    assert read_back(fact_of("number", value), tag) == [("number", value, True)]


@pytest.mark.parametrize("tag", LANGUAGES)
@pytest.mark.parametrize("digits", ["3", "1204", "007"])
def test_number_on_a_door_keeps_its_digits(digits: str, tag: str) -> None:
    assert write(fact_of("number", str(int(digits)), digits), tag) == digits


@pytest.mark.parametrize(
    ("tag", "price", "day", "time"),
    [
        ("en", "18,600 yen", "March 5, 2026", "14:30"),
        ("zh-Hans", "18,600日元", "2026年3月5日", "14:30"),
        ("zh-Hant", "18,600日圓", "2026年3月5日", "14:30"),
        ("ko", "18,600엔", "2026년 3월 5일", "14:30"),
        ("vi", "18.600 yên", "ngày 5 tháng 3 năm 2026", "14:30"),
        ("es", "18.600 yenes", "5 de marzo de 2026", "14:30"),
        ("tl", "18,600 yen", "Marso 5, 2026", "14:30"),
        ("id", "18.600 yen", "5 Maret 2026", "14.30"),
        ("ne", "१८,६०० येन", "२०२६ मार्च ५", "१४:३०"),
        ("th", "18,600 เยน", "5 มีนาคม ค.ศ. 2026", "14:30 น."),
        ("my", "၁၈,၆၀၀ ယန်း", "၂၀၂၆ ခုနှစ် မတ်လ ၅ ရက်", "၁၄:၃၀"),
        ("km", "18,600 យ៉េន", "ថ្ងៃទី 5 ខែមីនា ឆ្នាំ 2026", "14:30"),
        ("uk", "18\u00a0600 єн", "5 березня 2026\u202fр.", "14:30"),
        ("ru", "18\u00a0600 иен", "5 марта 2026\u202fг.", "14:30"),
        ("fr", "18\u202f600 yens", "5 mars 2026", "14:30"),
        ("hi", "18,600 येन", "5 मार्च 2026", "14:30"),
        ("bn", "১৮,৬০০ ইয়েন", "৫ মার্চ ২০২৬", "১৪:৩০"),
        ("si", "යෙන් 18,600", "2026 මාර්තු 5", "14:30"),
        ("mn", "18,600 иен", "2026 оны 3-р сарын 5", "14:30"),
        ("tr", "18.600 yen", "5 Mart 2026", "14:30"),
    ],
)
def test_facts_are_written_as_readers_expect(tag: str, price: str, day: str, time: str) -> None:
    facts = [fact_of("price", "JPY18600"), fact_of("date", "2026-03-05"), fact_of("time", "14:30")]
    assert [write(fact, tag) for fact in facts] == [price, day, time]


@pytest.mark.parametrize(
    ("amount", "yen"), [("1", "1 иена"), ("2", "2 иены"), ("5", "5 иен"), ("21", "21 иена"), ("11", "11 иен")]
)
def test_word_for_the_money_agrees_with_the_amount(amount: str, yen: str) -> None:
    assert write(fact_of("price", f"JPY{amount}"), "ru") == yen


def test_month_alone_stands_in_the_nominative() -> None:
    assert [write(fact_of("date", value), "ru") for value in ("--03", "--03-05")] == ["март", "5 марта"]


@pytest.mark.parametrize(
    ("tag", "text", "expected"),
    [
        ("zh-Hans", "请于３月５日（星期四）下午２：３０来", ["--03-05", "w4", "14:30"]),
        ("zh-Hans", "周一至周五9点～17点", ["w1", "w5", "09:00", "17:00"]),
        ("zh-Hans", "3万5千日元", ["JPY35000"]),
        ("zh-Hans", "一亿二千五百万日元", ["JPY125000000"]),
        ("zh-Hans", "二〇二五年四月一日", ["2025-04-01"]),
        ("zh-Hant", "1月31日(六)", ["--01-31", "w6"]),
        ("ko", "3월 31일 (월) 오전 9시~오후 5시", ["--03-31", "w1", "09:00", "17:00"]),
        ("ko", "1억 2,500만 엔", ["JPY125000000"]),
        ("ko", "3만 5천 엔", ["JPY35000"]),
        ("ko", "2026. 3. 5. 까지", ["2026-03-05"]),
        ("vi", "Thứ 2 đến thứ 6, 8h-17h", ["w1", "w5", "08:00", "17:00"]),
        ("vi", "từ 8 giờ sáng đến 5 giờ chiều", ["08:00", "17:00"]),
        ("vi", "1 giờ đêm", ["01:00"]),
        ("es", "de 9:00 a. m. a 5:00 p. m.", ["09:00", "17:00"]),
        ("es", "10 mil yenes", ["JPY10000"]),
        ("fr", "de 9 h 30 à 17 h", ["09:30", "17:00"]),
        ("fr", "le 1er mars", ["--03-01"]),
        ("id", "Senin–Jumat, 08.30–17.15", ["w1", "w5", "08:30", "17:15"]),
        ("tl", "alas dos ng hapon", ["14:00"]),
        ("ru", "с 1 тыс. до 2,5 тыс. иен", ["1000", "JPY2500"]),
        ("uk", "у пʼятницю о 9 годині", ["w5", "09:00"]),
        ("th", "จันทร์-ศุกร์ 09.00 - 17.00 น.", ["w1", "w5", "09:00", "17:00"]),
        ("th", "บ่าย 2 โมง", ["14:00"]),
        ("th", "2 ทุ่ม", ["20:00"]),
        ("th", "วันที่ ๕ มี.ค. ๒๕๖๘", ["2025-03-05"]),
        ("hi", "१,२५,००० येन", ["JPY125000"]),
        ("hi", "2 लाख 50 हज़ार येन", ["JPY250000"]),
        ("tr", "%20 indirim", ["20%"]),
    ],
)
def test_ways_of_writing_that_only_some_languages_have(tag: str, text: str, expected: list[str]) -> None:
    assert [fact.value for fact in find(text, tag)] == expected


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("२०८२ चैत १७", ["2082", "17"]),
        ("वि.सं. २०८२ साल", ["2082"]),
        ("2082-12-17", ["2082", "12", "17"]),
        ("2082/12/17", ["2082", "12", "17"]),
    ],
)
def test_dates_of_the_nepali_calendar_are_numbers(text: str, numbers: list[str]) -> None:
    assert values(text, "ne") == [("number", number) for number in numbers]


@pytest.mark.parametrize("text", ["พ.ศ. 2568", "ค.ศ. 2025", "ปี 2568"])
def test_buddhist_and_common_years_are_one(text: str) -> None:
    assert values(text, "th") == [("date", "2025")]


NO_FACTS = {
    "ja": ("三鷹市", "四国", "万が一", "十分です", "千葉県", "一緒に", "半額", "時間がない"),
    "en": ("May I ask?", "a second opinion", "He sat down", "the sun", "He wed her", "a third party"),
    "pt-BR": ("segunda via", "quarta parte", "um momento", "motivo real", "às vezes"),
    "es": ("uno de ellos", "una persona", "segundo piso", "la mayoría", "mil gracias"),
    "fr": ("un document", "la mairie", "maintenant", "une personne"),
    "zh-Hans": (
        "一些人",
        "一起去",
        "三鹰市",
        "一周一次",
        "每周三次",
        "十分感谢",
        "万一",
        "有三点要求",
        "第一次",
    ),
    "zh-Hant": ("一些人", "三鷹市", "每週三天", "一般"),
    "ko": ("네, 알겠습니다", "일본", "시청", "천천히", "만나요", "억울해요", "일이 있어요", "세금"),
    "vi": ("năm ngoái", "bốn mùa", "ba mẹ", "tư vấn", "tầng thứ hai", "lần thứ hai", "mỗi tháng", "yên tĩnh"),
    "tl": ("isang linggo", "sa susunod na linggo", "may tanong ako", "una sa lahat"),
    "id": ("minggu depan", "Minggu depan", "dua minggu", "jam kerja", "tahun lalu"),
    "tr": ("pazar yeri", "ekim yapmak", "ocak", "bin kere", "on"),
    "ru": ("окружающая среда", "майка", "один раз", "второй этаж", "средний", "часть"),
    "uk": ("серед нас", "середина", "травма", "четвертий", "північ"),
    "mn": ("нэг хүн", "ням", "цаг", "Бямба гуай"),
    "ne": ("के छ", "मेरो नाम", "एक जना", "मेला"),
    "hi": ("दो", "एक बार", "जूनियर"),
    "bn": ("মেয়ে", "নয়", "টাকা"),
    "th": ("สามารถ", "สองสามวัน", "อาทิตย์หน้า"),
    "my": ("တစ်ယောက်", "အင်္ဂါရပ်", "လေးစား", "မေတ္တာ", "မေး"),
    "km": ("មួយ", "អាទិត្យក្រោយ"),
    "si": ("එක", "දෙක"),
}


@pytest.mark.parametrize("tag", NO_FACTS)
def test_words_that_look_like_facts_are_none(tag: str) -> None:
    assert [text for text in NO_FACTS[tag] if find(text, tag)] == []


@pytest.mark.parametrize(
    ("tag", "text", "value"),
    [
        ("zh-Hans", "三楼", "3"),
        ("ko", "세 명", "3"),
        ("vi", "tầng ba", "3"),
        ("es", "el tercer piso", "3"),
        ("tl", "ikatlong palapag", "3"),
        ("id", "lantai ketiga", "3"),
        ("th", "ชั้นสาม", "3"),
        ("my", "သုံးယောက်", "3"),
        ("km", "បីនាក់", "3"),
        ("ru", "на третьем этаже", "3"),
        ("uk", "на третьому поверсі", "3"),
        ("fr", "au troisième étage", "3"),
        ("hi", "तीसरी मंज़िल", "3"),
        ("ne", "तेस्रो तला", "3"),
        ("bn", "তিনজন", "3"),
        ("si", "තෙවන මහල", "3"),
        ("mn", "гуравдугаар давхар", "3"),
        ("tr", "üçüncü kat", "3"),
    ],
)
def test_numbers_in_words_can_stand_for_a_fact(tag: str, text: str, value: str) -> None:
    assert value in [fact.value for fact in mentions(text, tag)]


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("th", "สามารถขอได้"),
        ("vi", "năm ngoái, ba mẹ"),
        ("ko", "네, 세금입니다"),
        ("zh-Hans", "一些三鹰市民"),
        ("my", "လေးစားပါသည်"),
    ],
)
def test_syllables_inside_words_do_not_stand_for_a_fact(tag: str, text: str) -> None:
    assert mentions(text, tag) == ()


ODD = st.text(
    alphabet="0123456789.,:/-%() \u00a0年月日時円万亿点号周一二三월일시분엔만억thángngàygiờmạrçоктября"
    "मार्चबजे५লাখ৫মার্চพ.ศ.นค๕ရက်လ၅ខែម៉ោង៥yenesmil€¥",
    max_size=40,
)


@settings(max_examples=200)
@given(ODD, language)
def test_facts_of_any_text_are_in_order_and_do_not_overlap(text: str, tag: str) -> None:
    at = 0
    for fact in mentions(text, tag):
        assert at <= fact.start < fact.end <= len(text)
        at = fact.end


@given(st.text(max_size=60), language)
def test_any_text_can_be_searched(text: str, tag: str) -> None:
    assert {fact.kind for fact in find(text, tag)} <= {
        *("number", "date", "time", "price", "phone", "url", "email", "postal", "my_number")
    }


@pytest.mark.parametrize("tag", LANGUAGES)
def test_endless_runs_of_digits_and_words_are_searched_to_their_end(tag: str) -> None:
    text = "1,000 " * 400 + "9" * 5000 + " mil 万 만 triệu लाख" * 200
    assert find(text, tag)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("May 3 anak ako.", [("number", "3")]),  # "I have three children"
        ("May 50,000 yen ako.", [("price", "JPY50000")]),
        ("Pumunta sa May 8.", [("date", "--05-08")]),
        ("May 8, 2026 ang huling araw.", [("date", "2026-05-08")]),
        ("Mayo 8", [("date", "--05-08")]),
    ],
)
def test_tagalog_may_is_a_month_where_it_can_only_be_one(text: str, expected: list[tuple[str, str]]) -> None:
    assert values(text, "tl") == expected


@pytest.mark.parametrize("tag", LANGUAGES)
def test_names_of_months_and_weekdays_beside_numbers_never_raise(tag: str) -> None:
    locale = Locale.parse(
        {"tl": "fil", "zh-Hans": "zh_Hans", "zh-Hant": "zh_Hant"}.get(tag, tag.split("-")[0])
    )
    english = Locale.parse("en")
    names = {
        name
        for spoken in (locale, english)
        for table in (spoken.months, spoken.days)
        for width in table["format"].values()
        for name in width.values()
    }
    for name in names:
        for written in (name, name.lower(), name.capitalize()):
            for text in (
                f"{written} 8",
                f"8 {written}",
                f"a {written} 8, 2026",
                f"{written} 50,000",
                written,
            ):
                assert all(text[fact.start : fact.end] == fact.text for fact in find(text, tag))
