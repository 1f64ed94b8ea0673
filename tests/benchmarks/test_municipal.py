"""The generator of municipal sentences."""

from __future__ import annotations

import re
import tomllib

import pytest

from benchmarks.translate.municipal import SLOT, fill, glossary
from benchmarks.translate.sentences import DATA, captions, plain
from benchmarks.translate.slots import SLOTS, Expected

LANGUAGES = ["ja", "en", "pt-BR"]
TABLE = tomllib.loads((DATA / "municipal.toml").read_text("utf-8"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_are_the_same_each_time(language: str) -> None:
    assert fill(language, 300) == fill(language, 300)


@pytest.mark.parametrize("language", LANGUAGES)
def test_another_seed_gives_other_sentences(language: str) -> None:
    one, other = ({filled.text for filled in fill(language, 300, seed=seed)} for seed in (1, 2))

    assert len(one & other) < 30


@pytest.mark.parametrize("language", LANGUAGES)
def test_two_thousand_sentences_are_all_different(language: str) -> None:
    assert len({filled.text for filled in fill(language, 2000)}) == 2000


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_sixty_templates_and_all_are_used(language: str) -> None:
    assert len(set(TABLE[language])) >= 60
    assert {filled.template for filled in fill(language, 200)} == set(range(len(TABLE[language])))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_has_one_to_four_facts(language: str) -> None:
    assert {len(filled.facts) for filled in fill(language, 500)} <= {1, 2, 3, 4}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_slot_of_a_template_is_known(language: str) -> None:
    named = {name for template in TABLE[language] for name in SLOT.findall(template)}

    assert named - SLOTS.keys() - TABLE["terms"].keys() == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_slot_stays_unfilled(language: str) -> None:
    assert [filled.text for filled in fill(language, 500) if re.search(r"[{}]", filled.text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_fact_comes_up(language: str) -> None:
    kinds = {fact.kind for filled in fill(language, 500) for fact in filled.facts}

    assert kinds == {"url", "email", "phone", "postal", "date", "weekday", "time", "number"}


def test_every_term_is_in_the_glossary_in_every_language() -> None:
    keys = {key for keys in TABLE["terms"].values() for key in keys}

    assert [key for key in keys if not all(glossary()[key][language] for language in LANGUAGES)] == []


def test_an_era_year_is_expected_as_its_western_year() -> None:
    found = [
        (re.search(r"令和(\d+)年(\d+)月(\d+)日", filled.text), fact)
        for filled in fill("ja", 500)
        for fact in filled.facts
        if fact.kind == "date" and "令和" in filled.text
    ]

    assert len(found) > 10
    for match, fact in found:
        assert match is not None
        year, month, day = map(int, match.groups())
        assert fact == Expected(kind="date", value=f"{year + 2018}-{month:02}-{day:02}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_plain_sentences_are_many_different_and_without_digits(language: str) -> None:
    sentences = plain(language)

    assert len(sentences) == len(set(sentences)) >= 1000
    assert [text for text in sentences if re.search(r"\d", text)] == []
    assert max(map(len, captions(language))) <= 40
