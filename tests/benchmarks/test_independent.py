"""The second opinion on facts, terms and stand-ins finds what was planted, and nothing else."""

from __future__ import annotations

import pytest

from benchmarks.translate.independent import Opinion, has_term, judge, terms_expected
from benchmarks.translate.municipal import fill
from benchmarks.translate.slots import Expected, Kind

FINE = Opinion((), (), ())


def fact(kind: Kind, value: str) -> Expected:
    return Expected(kind=kind, value=value)


@pytest.mark.parametrize("language", ["ja", "en", "pt-BR"])
def test_every_generated_sentence_has_its_own_facts(language: str) -> None:
    wrong = [
        (filled.text, opinion)
        for filled in fill(language, 1000)
        if (opinion := judge(filled.text, filled.facts, filled.text, language, language)) != FINE
    ]

    assert wrong == []


@pytest.mark.parametrize("language", ["ja", "en", "pt-BR"])
def test_a_sentence_without_any_fact_misses_all(language: str) -> None:
    for filled in fill(language, 300):
        opinion = judge(filled.text, filled.facts, "***", language, language)
        assert sorted(opinion.missing, key=repr) == sorted(filled.facts, key=repr)


@pytest.mark.parametrize(
    ("kind", "value", "target", "text"),
    [
        ("date", "--03-31", "en", "by March 31"),
        ("date", "--03-31", "en", "by the 31st of March"),
        ("date", "--03-31", "pt-BR", "até 31 de março"),
        ("date", "--03-31", "pt-BR", "até 31/03"),
        ("date", "--03-31", "ja", "3月31日まで"),
        ("date", "2025-03-31", "ja", "令和7年3月31日"),
        ("date", "2025-03-31", "en", "March 31, 2025"),
        ("date", "2025-03-31", "pt-BR", "31 de março de 2025"),
        ("weekday", "1", "en", "on Tuesday"),
        ("weekday", "1", "ja", "3月31日（火）"),
        ("weekday", "1", "pt-BR", "na terça"),
        ("time", "17:15", "en", "at 17:15"),
        ("time", "17:15", "en", "at 5:15 p.m."),
        ("time", "17:15", "pt-BR", "às 17h15"),
        ("time", "17:15", "ja", "午後5時15分"),
        ("time", "17:30", "ja", "17時半"),
        ("time", "12:00", "en", "at noon"),
        ("number", "18600", "en", "18,600 yen"),
        ("number", "18600", "pt-BR", "18.600 ienes"),
        ("number", "18600", "ja", "1万8,600円"),
        ("number", "18600", "ja", "１８６００円"),
        ("number", "3", "en", "the third floor"),
        ("number", "3", "en", "three copies"),
        ("number", "2", "pt-BR", "duas cópias"),
        ("number", "50", "en", "my child is fifty"),
        ("number", "21", "en", "twenty-one people"),
        ("number", "32", "pt-BR", "trinta e duas pessoas"),
        ("number", "12", "ja", "十二人"),
        ("phone", "0312345678", "en", "call 03-1234-5678."),
        ("phone", "0312345678", "ja", "（03）1234-5678"),
        ("postal", "1234567", "ja", "〒123-4567"),
        ("url", "https://a.example.jp/x_y", "ja", "https://a.example.jp/x_yを"),
        ("email", "a_b@example.jp", "en", "write to a_b@example.jp."),
    ],
)
def test_a_fact_counts_however_it_is_written(kind: Kind, value: str, target: str, text: str) -> None:
    assert judge(text, [fact(kind, value)], text, "ja", target).missing == ()


@pytest.mark.parametrize(
    ("kind", "value", "target", "text"),
    [
        ("date", "--03-31", "en", "by March 3"),
        ("date", "--03-01", "ja", "3月10日"),
        ("date", "2025-03-31", "en", "March 31"),
        ("date", "2025-03-31", "en", "March 31, 2026"),
        ("weekday", "1", "en", "on Thursday"),
        ("time", "17:15", "en", "at 5:15"),
        ("time", "17:15", "en", "at 5:15 a.m."),
        ("time", "05:15", "en", "at 5:15 p.m."),
        ("time", "17:00", "ja", "17時30分"),
        ("number", "18600", "en", "18,60 yen"),
        ("number", "18600", "en", "118,600 yen"),
        ("number", "2", "en", "from February"),
        ("number", "7", "en", "in 17 days"),
        ("phone", "0312345678", "en", "call 03-1234-567."),
        ("postal", "1234567", "ja", "〒123-456"),
        ("url", "https://a.example.jp/x_y", "ja", "https://a.example.jp/x y"),
        ("email", "a_b@example.jp", "en", "write to b@example.jp"),
    ],
)
def test_a_changed_fact_is_missing(kind: Kind, value: str, target: str, text: str) -> None:
    assert judge("?", [fact(kind, value)], text, "ja", target).missing == (fact(kind, value),)


def test_the_same_number_twice_must_be_there_twice() -> None:
    twice = [fact("number", "3"), fact("number", "3")]

    assert judge("3枚を3階へ", twice, "Take 3 copies to floor 3.", "ja", "en") == FINE
    assert judge("3枚を3階へ", twice, "Take 3 copies.", "ja", "en").missing == (fact("number", "3"),)


def test_a_number_from_nowhere_is_added() -> None:
    opinion = judge(
        "手数料は300円です。", [fact("number", "300")], "The fee is 300 yen for 45 days.", "ja", "en"
    )

    assert opinion == Opinion((), ("45",), ())


def test_a_month_from_nowhere_is_added() -> None:
    time = [fact("time", "07:30")]

    assert judge("7:30までに", time, "by October 7:30", "ja", "en") == Opinion((), ("October",), ())
    assert judge("7:30までに", time, "You may come at 7:30.", "ja", "en") == FINE


def test_a_number_of_the_source_is_not_added() -> None:
    assert judge("1通300円", [fact("number", "300")], "300 yen for 1 copy", "ja", "en") == FINE


@pytest.mark.parametrize(
    "text", ["See X for details.", "Tom is open.", "Call NHK.", "Go to \ue001.", "See {0}."]
)
def test_a_stand_in_in_the_output_has_leaked(text: str) -> None:
    assert len(judge("詳しくは市役所へ。", [], text, "ja", "en").leaked) == 1


def test_a_word_of_the_source_is_no_leak() -> None:
    assert judge("NHKの受信料です。", [], "It is the NHK fee.", "ja", "en").leaked == ()
    assert judge("見て", [], "See https://x.example.jp/X now, Xavier.", "ja", "en").leaked == ()


def test_the_longest_term_counts_and_none_inside_it() -> None:
    assert terms_expected("住民票の写しをください。", "ja", "en") == ["住民票の写し"]
    assert terms_expected("I need my Residence Card.", "en", "ja") == ["在留カード"]
    assert terms_expected("Prefiro a residência.", "pt-BR", "en") == []


@pytest.mark.parametrize(
    ("text", "key", "target", "there"),
    [
        ("I need two certificates of residence.", "住民票", "en", True),
        ("The Residence Card is here.", "在留カード", "en", True),
        ("Bring your stay card.", "在留カード", "en", False),
        ("Show a driver's license.", "運転免許証", "en", True),
        ("Os cartões de residência", "在留カード", "pt-BR", True),
        ("在留カードをなくしました。", "在留カード", "ja", True),
        ("カードをなくしました。", "在留カード", "ja", False),
    ],
)
def test_a_term_counts_with_another_ending(text: str, key: str, target: str, there: bool) -> None:
    assert has_term(text, key, target) is there
