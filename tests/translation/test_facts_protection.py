from __future__ import annotations

import pytest

from translation.facts.protection import last_resort, leaks, protect, restore, stand_ins
from translation.facts.template import group_facts, merge_ranges, template_of, usual
from translation.guards import FLAGS

JA_EN = ("ja", "en")


WITH_FACTS = "令和7年3月31日の午前8時30分、１８，６００円"


def test_template_is_the_sentence_as_it_was_written() -> None:
    assert template_of(WITH_FACTS, "ja").text == WITH_FACTS


def test_usual_formats_of_facts() -> None:
    assert usual(template_of(WITH_FACTS, "ja"), "ja").text == "2025年3月31日の8時30分、18,600円"


def test_frame_has_no_facts() -> None:
    assert template_of("300円です", "ja").frame == "です"


def test_address_goes_to_a_small_model_as_a_stand_in() -> None:
    protected = protect(template_of("https://a.example/bを見て", "ja"), JA_EN, 0)
    assert protected.text == "Xを見て"


def test_address_has_other_stand_ins_where_the_table_has_none_for_the_pair() -> None:
    template = template_of("See https://a.example/b now", "en")
    assert [protect(template, ("en", "pt-BR"), attempt).text for attempt in (0, 1, 2)] == [
        "See X7 now",
        "See X7 now",
        "See Q4 now",
    ]


def test_price_gets_an_easier_price_at_the_second_try() -> None:
    template = template_of("保険料は18,600円です", "ja")
    assert [protect(template, JA_EN, attempt).text for attempt in (0, 1, 2)] == [
        "保険料は18,600円です",
        "保険料は300円です",
        "保険料は500円です",
    ]


def test_fact_does_not_stand_in_for_itself() -> None:
    template = template_of("3番で300円", "ja")
    assert protect(template, JA_EN, 1).text == "10番で500円"


def test_small_model_is_given_a_weekday_for_a_date() -> None:
    protected = protect(template_of("締め切りは3月31日です", "ja"), JA_EN, 1)
    assert protected.text == "締め切りは水曜日です"
    assert restore("The deadline is on Wednesday.", protected, "en").template.text == (
        "The deadline is on March 31."
    )


def test_two_facts_of_a_kind_get_two_stand_ins() -> None:
    template = template_of("a@example.jpかb@example.jpへ", "ja")
    assert protect(template, JA_EN, 0).text == "大阪かトムへ"


def test_stand_in_that_the_sentence_has_already_is_not_used() -> None:
    template = template_of("大阪さん、a@example.jpへ", "ja")
    assert protect(template, JA_EN, 0).text == "大阪さん、トムへ"


def test_restoring_puts_facts_back_in_the_targets_format() -> None:
    protected = protect(template_of("保険料は18,600円です", "ja"), JA_EN, 1)
    assert restore("The premium is 300 yen.", protected, "en").template.text == "The premium is 18,600 yen."


def test_literal_that_comes_twice_is_not_trusted() -> None:
    protected = protect(template_of("03-1234-5678に電話", "ja"), JA_EN, 0)
    restored = restore("Kyoto calls Kyoto.", protected, "en")
    assert [fact.value for fact in restored.missing] == ["+81312345678"]
    assert leaks(restored.template.frame, protected, "en")


def test_literal_inside_a_word_does_not_count() -> None:
    protected = protect(template_of("03-1234-5678に電話", "ja"), JA_EN, 0)
    assert restore("Take a Kyotoite.", protected, "en").missing


def test_number_in_words_stays_in_words_where_it_is_right() -> None:
    protected = protect(template_of("3階です", "ja"), JA_EN, 0)
    assert restore("It is on the third floor.", protected, "en").template.text == "It is on the third floor."


@pytest.mark.parametrize(
    ("number", "ordinal"), [("12", "12th"), ("21", "21st"), ("2", "2nd"), ("13", "13th"), ("33", "33rd")]
)
def test_stand_in_that_came_out_as_an_ordinal_gives_an_ordinal(number: str, ordinal: str) -> None:
    protected = protect(template_of(f"{number}階です", "ja"), JA_EN, 1)
    assert (
        restore("It is on the third floor.", protected, "en").template.text
        == f"It is on the {ordinal} floor."
    )


def test_missing_fact_is_named() -> None:
    protected = protect(template_of("10時に300円", "ja"), JA_EN, 0)
    assert [fact.value for fact in restore("300 yen please", protected, "en").missing] == ["10:00"]


@pytest.mark.parametrize(
    ("text", "language", "merged"),
    [
        ("受付は8時30分から17時15分までです", "ja", "受付は8時30分〜17時15分です"),
        ("13時から16時までいます", "ja", "13時〜16時にいます"),
        ("月曜日から金曜日まで", "ja", "月曜日〜金曜日"),
        ("Open from 8:30 to 17:15.", "en", "Open at 8:30–17:15."),
        ("Open from Monday to Friday.", "en", "Open on Monday–Friday."),
    ],
)
def test_range_becomes_one_slot(text: str, language: str, merged: str) -> None:
    template = merge_ranges(template_of(text, language), language)
    assert template.text == merged
    assert [len(slot.facts) for slot in template.slots] == [2]


def test_two_facts_that_are_no_range_stay_two() -> None:
    template = template_of("月曜日と木曜日", "ja")
    assert merge_ranges(template, "ja") is template


def test_range_is_restored_with_both_ends() -> None:
    merged = merge_ranges(template_of("8時30分から17時15分まで開いています", "ja"), "ja")
    protected = protect(merged, JA_EN, 1)
    assert protected.text == "10時に開いています"
    assert restore("It is open at ten.", protected, "en").template.text == "It is open at 8:30–17:15."


def test_last_resort_has_words_in_the_places_of_facts() -> None:
    assert last_resort(template_of("03-1234-5678に電話", "ja"), "ja") == "この番号に電話"


def test_every_kind_of_fact_has_a_stand_in_and_a_word() -> None:
    table = stand_ins()
    kinds = {"number", "date", "weekday", "time", "price"}
    assert all(kinds | {"percent"} == values.keys() for values in table.values.values())
    assert all(table.hard == literals.keys() for literals in table.literals.values())
    assert all(kinds | table.hard <= words.keys() for words in table.words.values())


def test_flags_that_lower_confidence_lower_it() -> None:
    assert all(0.0 <= factor <= 1.0 for factor in FLAGS.values())


def test_plural_of_a_weekday_stays() -> None:
    protected = protect(template_of("Every Tuesday.", "en"), ("en", "pt-BR"), 0)
    assert restore("Todas as terças-feiras.", protected, "pt-BR").template.text == "Todas as terças-feiras."


def test_price_that_stood_in_and_shows_twice_is_a_leak() -> None:
    protected = protect(template_of("保険料は18,600円です", "ja"), JA_EN, 1)
    restored = restore("The fee is 300 yen, 300 yen.", protected, "en")
    assert leaks(restored.template.frame, protected, "en")


def test_sentence_with_every_stand_in_replaced_does_not_leak() -> None:
    protected = protect(template_of("保険料は18,600円です", "ja"), JA_EN, 1)
    restored = restore("The fee is 300 yen.", protected, "en")
    assert not leaks(restored.template.frame, protected, "en")


@pytest.mark.parametrize(
    ("text", "language", "grouped"),
    [
        ("締め切りは3月31日（火）です", "ja", "締め切りは3月31日（火曜日）です"),
        ("3月31日（火）の10時に", "ja", "3月31日（火曜日）10時に"),
        ("2026年3月31日10時から、", "ja", "2026年3月31日10時から、"),
        ("Come on Tuesday, March 31 at 10:00.", "en", "Come on March 31 (Tuesday), 10:00."),
        ("It is at 10:00 on March 31", "en", "It is on March 31, 10:00"),
        ("terça-feira, 31 de março, às 10h", "pt-BR", "31 de março (terça-feira), 10h"),
        ("das 9h às 17h", "pt-BR", "das 9h–17h"),
    ],
)
def test_facts_that_belong_together_are_one_slot(text: str, language: str, grouped: str) -> None:
    template = template_of(text, language)
    made = group_facts(usual(template, language), language)
    assert made.text == grouped
    assert len(made.slots) == 1
    assert sorted(fact.start for fact in made.slots[0].facts) == [
        slot.facts[0].start for slot in template.slots
    ]


def test_facts_that_do_not_belong_together_stay_apart() -> None:
    template = template_of("300円を3月31日までに", "ja")
    assert group_facts(template, "ja") is template


def test_group_is_restored_where_its_stand_in_stood() -> None:
    grouped = group_facts(usual(template_of("会議は3月31日（火）の15時です", "ja"), "ja"), "ja")
    protected = protect(grouped, JA_EN, 1)
    assert protected.text == "会議は水曜日です"
    assert restore("The meeting is on Wednesday.", protected, "en").template.text == (
        "The meeting is on March 31 (Tuesday), 15:00."
    )


@pytest.mark.parametrize(
    ("source_text", "output", "target", "text"),
    [
        ("一割です", "It is ten percent.", "en", "It is ten percent."),
        ("先着五十名", "the first fifty people", "en", "the first fifty people"),
        ("18時に始まる", "It starts at 6:00 p.m.", "en", "It starts at 18:00"),
        ("18時に始まる", "It starts at six.", "en", "It starts at 18:00."),
        ("6時に始まる", "It starts at six o'clock.", "en", "It starts at 6:00."),
        ("4,500円", "four thousand five hundred yen", "en", "4,500 yen"),
        ("It is 7,000 yen.", "七七七千円です。", "ja", "7,000円です。"),
        ("on April 1", "四月一日に", "ja", "4月1日に"),
        ("from the 20th", "二十日から", "ja", "二十日から"),
        ("正午に閉まる", "We close at noon.", "en", "We close at noon."),
        ("令和8年5月1日", "on May 1, Reiwa 8", "en", "on May 1, 2026"),
        ("It is 450,000 yen.", "約45万円です。", "ja", "約45万円です。"),
        ("at counter 2", "二番窓口で", "ja", "二番窓口で"),
        ("on October 1", "10月1日に", "ja", "10月1日に"),
        ("at 6:00 p.m.", "午後6時に", "ja", "18時に"),
        ("at 9:30 a.m.", "午前9時30分に", "ja", "午前9時30分に"),
    ],
)
def test_right_words_of_the_engine_stay_and_strange_formats_do_not(
    source_text: str, output: str, target: str, text: str
) -> None:
    source = "en" if target == "ja" else "ja"
    protected = protect(template_of(source_text, source), (source, target), 0)
    assert restore(output, protected, target).template.text == text


@pytest.mark.parametrize(
    ("target", "output", "text"),
    [
        ("es", "Es el tercero.", "Es el 12º."),
        ("fr", "C'est le troisième.", "C'est le 12."),
        ("pt-BR", "É o terceiro.", "É o 12º."),
    ],
)
def test_ordinals_of_every_language_are_known(target: str, output: str, text: str) -> None:
    mark_for_three = protect(template_of("12階です", "ja"), ("ja", target), 1)
    assert restore(output, mark_for_three, target).template.text == text
