from __future__ import annotations

import pytest

from translation.facts.clauses import clauses
from translation.facts.template import template_of

CUT = [
    (
        "ja",
        "軽自動車税は148,000円で、納期限は11月30日です。",
        ["軽自動車税は148,000円で", "納期限は11月30日です。"],
    ),
    ("ja", "図書館では15冊を2日間借りられます。", ["図書館では15冊を", "2日間借りられます。"]),
    ("ja", "世帯員51人の場合は10万円です。", ["世帯員51人の場合は", "10万円です。"]),
    ("ja", "9月23日に市民課へ行ったら、750円でした。", ["9月23日に市民課へ行ったら", "750円でした。"]),
    ("ja", "保育課は8階の14番窓口です。", ["保育課は8階の14番窓口です。"]),
    ("ja", "雨なので、会議は3月5日です。", ["雨なので、会議は3月5日です。"]),
    ("ja", "受付時間：9:00", ["受付時間", "9:00"]),
    ("en", "It costs 300 yen and takes 5 minutes.", ["It costs 300 yen", "and takes 5 minutes."]),
    ("en", "Get it at counter 26 for 2,500 yen.", ["Get it at counter 26", "for 2,500 yen."]),
    ("en", "For a household of 5 people, it is 900 yen.", ["For a household of 5 people", "it is 900 yen."]),
    ("en", "Prepare 5 copies of Form No. 12.", ["Prepare 5 copies of Form No. 12."]),
    ("en", "It is 500 yen a month under 15.", ["It is 500 yen a month under 15."]),
    ("pt-BR", "A taxa é de 300 ienes e leva 5 minutos.", ["A taxa é de 300 ienes", "e leva 5 minutos."]),
    ("fr", "Coût : 300 yens, délai : 5 jours.", ["Coût", "300 yens, délai", "5 jours."]),
    ("id", "Biayanya 300 yen untuk 5 hari.", ["Biayanya 300 yen untuk 5 hari."]),
    ("ja", "市役所です。", ["市役所です。"]),
]


@pytest.mark.parametrize(("language", "text", "parts"), CUT)
def test_sentence_is_cut_between_its_facts(language: str, text: str, parts: list[str]) -> None:
    made = clauses(template_of(text, language), language)
    assert [clause.template.text for clause in made] == parts


@pytest.mark.parametrize(("language", "text", "parts"), CUT)
def test_no_fact_is_lost_at_a_cut(language: str, text: str, parts: list[str]) -> None:
    template = template_of(text, language)
    cut = [slot for clause in clauses(template, language) for slot in clause.template.slots]
    assert cut == list(template.slots)


def test_colon_is_remembered() -> None:
    made = clauses(template_of("受付時間：9:00", "ja"), "ja")
    assert [clause.colon for clause in made] == [True, False]
