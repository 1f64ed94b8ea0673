"""Terms in a template: marked, handed over, and put back."""

from __future__ import annotations

import pytest

from translation.facts.protection import TermTry, last_resort, leaks, protect, restore
from translation.facts.template import Template, TermSlot, template_of
from translation.glossary import Glossary, TermUse, parse_glossary


@pytest.fixture(scope="module")
def glossary() -> Glossary:
    made, _ = parse_glossary(
        "ja,en,pt-BR\n住民票,certificate of residence,atestado de residência\n"
        "後期高齢者医療,medical care for those 75 and over,assistência aos maiores de 75 anos\n"
        "市役所,city hall,prefeitura\n"
    )
    return made


def marked(glossary: Glossary, text: str, source: str, target: str) -> Template:
    return template_of(text, source, glossary.occurrences(text, source, target))


def first(use: TermUse) -> str:
    return use.expected[0]


def test_terms_and_facts_have_slots_in_order(glossary: Glossary) -> None:
    template = marked(glossary, "住民票は300円、市役所で", "ja", "en")

    assert [place.text for place in template.places] == ["住民票", "300円", "市役所"]
    assert [slot.use.term.row for slot in template.terms] == [2, 4]
    assert [slot.kind for slot in template.slots] == ["price"]
    assert template.text == "住民票は300円、市役所で"
    assert template.frame == "は 、 で"


def test_fact_within_a_term_belongs_to_the_term(glossary: Glossary) -> None:
    template = marked(glossary, "The medical care for those 75 and over costs 300 yen.", "en", "ja")

    assert [place.text for place in template.places] == ["medical care for those 75 and over", "300 yen"]


def test_term_within_a_fact_is_none(glossary: Glossary) -> None:
    template = marked(glossary, "See https://www.example.jp/city-hall/a or the city hall.", "en", "ja")

    assert [place.text for place in template.places] == ["https://www.example.jp/city-hall/a", "city hall"]


def test_terms_go_in_as_they_are_at_first(glossary: Glossary) -> None:
    protected = protect(marked(glossary, "住民票は300円", "ja", "en"), ("ja", "en"), 0)

    assert (protected.text, protected.terms) == ("住民票は300円", ())
    assert len(protected.marks) == 1


def test_every_term_gets_a_stand_in_of_its_own(glossary: Glossary) -> None:
    template = marked(glossary, "住民票は市役所で。住民票です。", "ja", "en")

    protected = protect(template, ("ja", "en"), 0, terms=TermTry(0, first))

    assert len({mark.stand_in.given for mark in protected.terms}) == 3
    assert "住民票" not in protected.text
    assert "市役所" not in protected.text


def test_term_takes_the_place_of_its_stand_in(glossary: Glossary) -> None:
    protected = protect(
        marked(glossary, "住民票は300円", "ja", "en"), ("ja", "en"), 0, terms=TermTry(0, first)
    )
    assert protected.text == "カメラは300円"

    restored = restore("A camera is 300 yen.", protected, "en")

    assert restored.template.text == "A certificate of residence is 300 yen."
    assert (restored.missing, restored.leaking) == ((), False)
    assert not leaks(restored.template.frame, protected, "en")


@pytest.mark.parametrize(
    "output", ["It is 300 yen.", "A camera and a camera: 300 yen.", "A film is 300 yen."]
)
def test_stand_in_must_be_there_exactly_once(glossary: Glossary, output: str) -> None:
    protected = protect(
        marked(glossary, "住民票は300円", "ja", "en"), ("ja", "en"), 0, terms=TermTry(0, first)
    )

    assert restore(output, protected, "en").leaking


def test_term_that_was_called_by_its_name_keeps_its_form(glossary: Glossary) -> None:
    template = marked(glossary, "住民票は300円", "ja", "en")
    text = "Certificates of residence: 300 yen"

    restored = restore(
        text, protect(template, ("ja", "en"), 0), "en", [(0, 25, TermSlot(template.terms[0].use, text[:25]))]
    )

    assert [place.text for place in restored.template.places] == ["Certificates of residence", "300 yen"]


def test_number_in_a_term_is_no_fact_of_the_translation(glossary: Glossary) -> None:
    template = marked(glossary, "後期高齢者医療です", "ja", "en")
    protected = protect(template, ("ja", "en"), 0, terms=TermTry(0, first))

    restored = restore("It is a camera.", protected, "en")

    assert restored.template.text == "It is a medical care for those 75 and over."
    assert restored.template.slots == ()
    assert restored.missing == ()


def test_last_resort_leaves_terms(glossary: Glossary) -> None:
    assert last_resort(marked(glossary, "住民票は300円", "ja", "en"), "ja") == "住民票はその金額"
