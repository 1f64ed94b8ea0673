"""Names and numbers of a meeting: read from what staff typed, worded in one way, learnt from corrections."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from transcripts.naming import (
    LINES,
    Name,
    Rendering,
    corrected_names,
    counterpart,
    expected_names,
    hotwords,
    meeting_glossary,
    nameless,
    numbers,
    read_names,
    used_name,
    used_numbers,
    with_known_numbers,
)
from translation.glossary import Glossary, Term

LANGUAGES = ("ja", "en", "pt-BR")


def wordings(text: str, languages: tuple[str, ...] = LANGUAGES) -> list[dict[str, str]]:
    return [dict(name.wordings) for name in read_names(text, languages)]


def rendering(
    said: str, text: str, *, source: str = "ja", lang: str = "en", by_person: bool = False
) -> Rendering:
    return Rendering(kind="name", source_lang=source, source=said, lang=lang, text=text, by_person=by_person)


def number(key: str, text: str, lang: str = "en") -> Rendering:
    return Rendering(kind="number", source_lang="", source=key, lang=lang, text=text)


# What staff typed


def test_part_goes_to_the_language_in_whose_script_it_is_written() -> None:
    assert wordings("Ichiro Tanaka = 田中一郎") == [
        {"en": "Ichiro Tanaka", "pt-BR": "Ichiro Tanaka", "ja": "田中一郎"}
    ]


def test_full_width_sign_and_spaces_do_not_matter() -> None:
    assert wordings("  田中一郎＝Ichiro Tanaka ") == wordings("田中一郎 = Ichiro Tanaka")


def test_second_latin_part_goes_to_the_second_latin_language() -> None:
    assert wordings("青葉小学校 = Aoba Elementary School = Escola Primária Aoba") == [
        {"ja": "青葉小学校", "en": "Aoba Elementary School", "pt-BR": "Escola Primária Aoba"}
    ]


def test_tag_says_the_language() -> None:
    assert wordings("pt-BR: Escola Aoba = ja: 青葉小学校") == [
        {"en": "Escola Aoba", "pt-BR": "Escola Aoba", "ja": "青葉小学校"}
    ]


def test_what_only_looks_like_a_tag_belongs_to_the_name() -> None:
    assert wordings("Re: Start = 再開") == [{"en": "Re: Start", "pt-BR": "Re: Start", "ja": "再開"}]


def test_name_in_one_language_is_a_name_all_the_same() -> None:
    assert wordings("田中一郎") == [{"ja": "田中一郎"}]


def test_empty_lines_and_parts_are_left_out() -> None:
    assert wordings("\n田中一郎 = = Ichiro Tanaka\n\n") == wordings("田中一郎 = Ichiro Tanaka")


def test_script_that_the_meeting_does_not_have_is_refused_with_what_to_do() -> None:
    with pytest.raises(
        InvalidInput, match="in which language of the meeting “김철수” is; write its tag before it"
    ):
        read_names("田中一郎 = 김철수", LANGUAGES)


def test_long_name_is_refused() -> None:
    with pytest.raises(InvalidInput, match="A name has at most 80 characters"):
        read_names("x" * 81, LANGUAGES)


def test_too_many_names_are_refused() -> None:
    with pytest.raises(InvalidInput, match=f"at most {LINES} names; {LINES + 1} were given"):
        read_names("A\n" * (LINES + 1), LANGUAGES)


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused_in_one_sentence(text: str) -> None:
    try:
        found = read_names(text, LANGUAGES)
    except InvalidInput:
        return
    assert all(name.wordings and set(name.wordings) <= set(LANGUAGES) for name in found)


# Which wording is right

TANAKA = read_names("田中一郎 = Ichiro Tanaka", LANGUAGES)
ALONE = read_names("田中一郎", LANGUAGES)


def expected(names: tuple[Name, ...], *known: Rendering) -> list[str]:
    return [name.wordings["en"] for name in expected_names(names, known, "ja", "en")]


def test_listed_wording_goes_before_what_a_machine_wrote() -> None:
    assert expected(TANAKA, rendering("田中一郎", "Taro Tanaka")) == ["Ichiro Tanaka"]


def test_wording_of_an_interpreter_goes_before_the_list() -> None:
    assert expected(TANAKA, rendering("田中一郎", "Ichirou Tanaka", by_person=True)) == ["Ichirou Tanaka"]


def test_first_wording_of_a_machine_stays_where_the_list_has_none() -> None:
    assert expected(ALONE, rendering("田中一郎", "Tanaka Ichiro")) == ["Tanaka Ichiro"]
    assert expected(ALONE) == []


def test_wording_in_another_language_does_not_count() -> None:
    assert expected(ALONE, rendering("田中一郎", "Tanaka", lang="pt-BR")) == []


def test_name_without_a_wording_is_nameless_only_where_it_is_said() -> None:
    assert nameless("田中一郎です。", ALONE, (), "ja", "en") == ["田中一郎"]
    assert nameless("こんにちは。", ALONE, (), "ja", "en") == []
    assert nameless("田中一郎です。", TANAKA, (), "ja", "en") == []


def test_name_is_learnt_where_a_candidate_stands_in_the_translation() -> None:
    assert used_name("João Silva", ["João Silva"], "João Silva speaks.", "pt-BR", "en") == rendering(
        "João Silva", "João Silva", source="pt-BR"
    )


def test_name_is_not_learnt_from_what_is_not_there() -> None:
    assert used_name("田中一郎", ["Taro is Tanaka.", ""], "Mr. Tanaka speaks.", "ja", "en") is None


DIVISION = {"ja": ("市民課", "市民係"), "en": ("Civil Affairs Division", "Citizens' Division")}
CITY = Glossary(
    (
        Term(row=2, wordings=DIVISION, forbidden={}),
        Term(row=3, wordings={"ja": ("窓口",), "en": ("counter", "desk")}, forbidden={}),
    )
)  # fmt: skip


def test_glossary_of_a_meeting_has_the_city_s_terms_and_its_names() -> None:
    glossary = meeting_glossary(CITY, TANAKA, (), "ja", "en")
    uses = glossary.terms_in("市民課の田中一郎です。", "ja", "en")
    assert [(use.wording, use.expected) for use in uses] == [
        ("市民課", ("Civil Affairs Division",)),
        ("田中一郎", ("Ichiro Tanaka",)),
    ]


def test_proper_name_of_the_city_has_one_wording_and_a_common_word_keeps_all() -> None:
    terms = meeting_glossary(CITY, (), (), "ja", "en").terms
    assert [term.wordings["en"] for term in terms] == [("Civil Affairs Division",), ("counter", "desk")]
    assert terms[0].wordings["ja"] == ("市民課", "市民係")


def test_glossary_of_the_city_goes_before_a_name_of_the_meeting() -> None:
    names = read_names("市民課 = Citizen Section", LANGUAGES)
    [term, _] = meeting_glossary(CITY, names, (), "ja", "en").terms
    assert term.row == 2


# Numbers


def test_number_keeps_its_first_wording() -> None:
    known = used_numbers("It costs 4,500 yen.", "en")
    assert with_known_numbers("So 4500 yen it is.", "en", known) == "So 4,500 yen it is."


def test_other_number_stays() -> None:
    known = used_numbers("It costs 4,500 yen.", "en")
    assert with_known_numbers("So 4600 yen it is.", "en", known) == "So 4600 yen it is."


def test_wording_of_another_language_is_not_used() -> None:
    known = used_numbers("Custa 4.500 ienes.", "pt-BR")
    assert with_known_numbers("It costs 4,500 yen.", "en", known) == "It costs 4,500 yen."


def test_small_numbers_have_no_wording_of_their_own() -> None:
    assert numbers("Room 3 on floor 12.", "en") == []
    assert [key for key, _ in numbers("Room 312.", "en")] == ["number:312"]


def test_wording_that_would_mean_something_else_there_is_not_put_in() -> None:
    known = [number("price:JPY4500", "seven cats")]
    assert with_known_numbers("It costs 4,500 yen.", "en", known) == "It costs 4,500 yen."


@given(st.text(alphabet="0123456789,. 円yen月日at:", max_size=60))
def test_numbers_mean_the_same_afterwards(text: str) -> None:
    known = used_numbers("It costs 4,500 yen at 9:00 and 12,000 more.", "en")
    changed = with_known_numbers(text, "en", known)
    assert [key for key, _ in numbers(changed, "en")] == [key for key, _ in numbers(text, "en")]


# Corrections


@pytest.mark.parametrize(
    ("old", "new", "place", "words", "found"),
    [
        ("Mr. Ichiro Tanaka spoke.", "Mr. Ichirou Tanaka spoke.", "Ichiro Tanaka", True, "Ichirou Tanaka"),
        ("Ichiro Tanaka will come", "Kazuo Mori will come soon", "Ichiro Tanaka", True, "Kazuo Mori"),
        ("次は田中一郎が話します", "次は田中市郎が話します", "田中一郎", False, "田中市郎"),
        ("Ichiro Tanaka will come", "He comes", "Ichiro Tanaka", True, None),
        ("We thank Ichiro Tanaka.", "We thank all of you.", "Ichiro Tanaka", True, None),
        ("Now Ichiro Tanaka.", "Now.", "Ichiro Tanaka", True, None),
    ],
)
def test_counterpart_is_what_stands_in_its_place(
    old: str, new: str, place: str, words: bool, found: str | None
) -> None:
    at = old.index(place)
    assert counterpart(old, new, at, at + len(place), words=words) == found


@given(st.text(max_size=80), st.text(max_size=80), st.integers(0, 80), st.integers(1, 30), st.booleans())
def test_counterpart_is_always_part_of_the_new_text(
    old: str, new: str, start: int, length: int, words: bool
) -> None:
    found = counterpart(old, new, start, start + length, words=words)
    assert found is None or found in new


def test_interpreter_s_name_is_learnt_from_a_correction() -> None:
    names = expected_names(TANAKA, (), "ja", "en")
    learnt = corrected_names(
        names, "田中一郎です。", "I am Ichiro Tanaka.", "I am Kazuro Tanaka.", "ja", "en"
    )
    assert learnt == [rendering("田中一郎", "Kazuro Tanaka", by_person=True)]


def test_nothing_is_learnt_where_the_name_stays() -> None:
    names = expected_names(TANAKA, (), "ja", "en")
    old, new = "I am Ichiro Tanaka.", "My name is Ichiro Tanaka."
    assert corrected_names(names, "田中一郎です。", old, new, "ja", "en") == []


def test_nothing_is_learnt_about_a_name_that_was_not_said() -> None:
    names = expected_names(TANAKA, (), "ja", "en")
    assert corrected_names(names, "こんにちは。", "Ichiro Tanaka.", "Kazuo Tanaka.", "ja", "en") == []


# Hotwords


def test_hotwords_are_the_meeting_s_names_first_then_the_city_s_terms_as_spoken() -> None:
    assert hotwords(TANAKA, CITY, ("ja",), limit=10, characters=100) == ("田中一郎", "市民課", "窓口")


def test_hotwords_come_in_every_spoken_language_once() -> None:
    names = read_names("João Silva", ("pt-BR", "en"))
    assert hotwords(names, None, ("pt-BR", "en"), limit=10, characters=100) == ("João Silva",)


def test_hotwords_are_bounded_in_number_and_in_length() -> None:
    assert len(hotwords(TANAKA, CITY, ("ja",), limit=2, characters=100)) == 2
    assert hotwords(TANAKA, CITY, ("ja",), limit=10, characters=6) == ("田中一郎", "窓口")
    assert hotwords(TANAKA, CITY, ("ja",), limit=0, characters=100) == ()
