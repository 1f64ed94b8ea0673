from __future__ import annotations

import pytest

from translation.errors import UnknownLanguage
from translation.languages import find_language, language, languages

SERVED = "ja ja-Hira en zh-Hans zh-Hant ko vi pt-BR es tl id ne th my km uk ru fr hi bn si mn tr"


def test_every_language_of_the_plan_is_served() -> None:
    assert set(languages()) == set(SERVED.split())


def test_languages_without_spaces_are_the_ones_written_without_them() -> None:
    assert {tag for tag, row in languages().items() if not row.spaces} == {
        "ja",
        "ja-Hira",
        "zh-Hans",
        "zh-Hant",
        "th",
        "my",
        "km",
    }


def test_every_fallback_is_served_and_none_is_the_language_itself() -> None:
    for tag, row in languages().items():
        assert row.fallbacks
        assert set(row.fallbacks) <= languages().keys() - {tag}


def test_only_easy_japanese_is_human_only_and_reads_as_japanese() -> None:
    assert [tag for tag, row in languages().items() if row.human_only] == ["ja-Hira"]
    assert language("ja-Hira").model_tag == "ja"


def test_brazilian_portuguese_prefers_the_brazilian_argos_package() -> None:
    row = language("pt-BR")
    assert (row.argos_code, row.argos_codes, row.firefox_code) == ("pb", ("pb", "pt"), "pt")


def test_vietnamese_has_no_argos_code() -> None:
    assert language("vi").argos_code is None


def test_zoom_gets_the_code_that_it_prints_for_japanese() -> None:
    assert language("ja").zoom_code == "jp-JP"


def test_easy_japanese_has_no_line_code() -> None:
    assert language("ja-Hira").line_code is None


def test_own_names_are_all_different() -> None:
    assert len({row.own_name for row in languages().values()}) == len(languages())


def test_unknown_tag_is_refused_with_the_tags_served() -> None:
    with pytest.raises(UnknownLanguage, match="“xx” is not served; use one of ja, "):
        language("xx")


def test_long_unknown_tag_is_shortened_in_the_sentence() -> None:
    with pytest.raises(UnknownLanguage) as raised:
        language("x" * 5000)
    assert len(str(raised.value)) < 300


@pytest.mark.parametrize(
    ("code", "tag"),
    [
        ("pt", "pt-BR"),
        ("pt_PT", "pt-BR"),
        ("en-GB", "en"),
        ("en-AU", "en"),
        ("zh-TW", "zh-Hant"),
        ("zh", "zh-Hans"),
        ("fil", "tl"),
        ("in", "id"),
        ("JA", "ja"),
        ("ja-Hira", "ja-Hira"),
        ("es-419", "es"),
    ],
)
def test_codes_from_elsewhere_find_their_language(code: str, tag: str) -> None:
    found = find_language(code)
    assert found is not None
    assert found.tag == tag


def test_code_of_a_language_that_is_not_served_finds_nothing() -> None:
    assert find_language("de-DE") is None
    assert find_language("") is None
