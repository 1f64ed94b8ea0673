"""Terms of a source text, and what became of them in its translation."""

from __future__ import annotations

import pytest

from translation.glossary import Glossary, parse_glossary

CITY = """ja,en,pt-BR,forbidden_en,forbidden_pt-BR,note
窓口,counter,balcão,window,janela,
住民票,certificate of residence;juminhyo,atestado de residência,resident's vote,voto;bilhete,
住民票の写し,copy of the certificate of residence,cópia do atestado de residência,,,
世帯,household,família (moradores da casa),world,,
世帯主,head of household,chefe da família,homeowner,,
印鑑,seal,carimbo,stamp collection,,
印鑑登録証明書,seal certificate,certificado de registro de carimbo,,,
届出,notification,notificação,,,
通知,notification,,,,
マイナンバー,My Number,My Number,,,
災害用伝言ダイヤル,disaster message line (171),recados em desastres (171),,,
"""


@pytest.fixture(scope="module")
def glossary() -> Glossary:
    made, mistakes = parse_glossary(CITY)
    assert mistakes == ()
    return made


def kept(glossary: Glossary, source_text: str, text: str, source: str, target: str) -> list[str]:
    return [use.wording for use in glossary.check(source_text, text, source, target).kept]


def lost(glossary: Glossary, source_text: str, text: str, source: str, target: str) -> list[str]:
    return [use.wording for use in glossary.check(source_text, text, source, target).lost]


def test_term_names_its_place_and_what_is_expected(glossary: Glossary) -> None:
    (use,) = glossary.terms_in("次に住民票を出す", "ja", "en")

    assert (use.wording, use.start, use.end, use.term.row) == ("住民票", 2, 5, 3)
    assert use.expected == ("certificate of residence", "juminhyo")


def test_term_without_a_wording_in_the_target_is_none(glossary: Glossary) -> None:
    assert glossary.terms_in("通知です", "ja", "pt-BR") == ()
    assert glossary.terms_in("住民票", "ja", "vi") == ()
    assert glossary.terms_in("住民票", "vi", "ja") == ()


def test_each_term_is_reported_once(glossary: Glossary) -> None:
    text = "住民票と世帯主の住民票"

    assert [use.wording for use in glossary.terms_in(text, "ja", "en")] == ["住民票", "世帯主"]
    assert len(glossary.occurrences(text, "ja", "en")) == 3


def test_term_said_twice_need_be_there_once(glossary: Glossary) -> None:
    assert (
        lost(glossary, "住民票です。住民票を出す。", "The certificate of residence. Submit it.", "ja", "en")
        == []
    )


@pytest.mark.parametrize(
    "text",
    ["Two Certificates of Residence", "the juminhyo", "certificates of the residence", "CERTIFICATE OF RESIDENCE"],
)  # fmt: skip
def test_any_allowed_wording_in_any_form_is_right(glossary: Glossary, text: str) -> None:
    assert kept(glossary, "住民票", text, "ja", "en") == ["住民票"]


def test_explanation_in_brackets_is_optional(glossary: Glossary) -> None:
    assert kept(glossary, "世帯", "a família", "ja", "pt-BR") == ["世帯"]
    assert kept(glossary, "世帯", "a família (moradores da casa)", "ja", "pt-BR") == ["世帯"]


def test_other_words_lose_the_term(glossary: Glossary) -> None:
    assert lost(glossary, "住民票", "the resident card", "ja", "en") == ["住民票"]


def test_longer_term_is_not_the_shorter_one(glossary: Glossary) -> None:
    assert lost(glossary, "世帯の人", "the head of household", "ja", "en") == ["世帯"]
    assert kept(glossary, "世帯主の世帯", "the household of the head of household", "ja", "en") == [
        "世帯主",
        "世帯",
    ]


def test_part_of_a_longer_word_may_be_in_a_longer_term(glossary: Glossary) -> None:
    assert kept(glossary, "印鑑証明", "a seal certificate", "ja", "en") == ["印鑑"]
    assert lost(glossary, "印鑑証明", "a certificate", "ja", "en") == []
    assert lost(glossary, "印鑑", "a seal certificate", "ja", "en") == ["印鑑"]


def test_terms_of_one_wording_are_each_right(glossary: Glossary) -> None:
    for text in ("届出を見る", "通知を見る"):
        assert kept(glossary, "See the notification.", text, "en", "ja") == ["notification"]
    assert glossary.terms_in("notification", "en", "ja")[0].expected == ("届出", "通知")


@pytest.mark.parametrize("text", ["the window", "two Windows", "at the window's side"])
def test_forbidden_wording_is_found_in_any_form(glossary: Glossary, text: str) -> None:
    found = glossary.check("窓口", text, "ja", "en").forbidden

    assert [one.wording.lower().removesuffix("'s") for one in found] in (["window"], ["windows"])
    assert text[found[0].start : found[0].end] == found[0].wording


def test_forbidden_wording_counts_with_its_term_only(glossary: Glossary) -> None:
    assert glossary.check("窓", "the window", "ja", "en").forbidden == ()
    assert glossary.check("世帯", "the window", "ja", "en").forbidden == ()


def test_forbidden_wording_counts_beside_the_right_one(glossary: Glossary) -> None:
    check = glossary.check("窓口", "the counter window", "ja", "en")

    assert ([use.wording for use in check.kept], [one.wording for one in check.forbidden]) == (
        ["窓口"],
        ["window"],
    )


def test_forbidden_wording_inside_an_allowed_one_is_fine() -> None:
    glossary, _ = parse_glossary("ja,en,forbidden_en\n券,garbage ticket,ticket\n")

    assert glossary.check("券", "a garbage ticket", "ja", "en").forbidden == ()
    assert len(glossary.check("券", "a ticket", "ja", "en").forbidden) == 1


def test_name_that_is_the_same_everywhere_keeps_its_case(glossary: Glossary) -> None:
    assert glossary.terms_in("My number is 090-1234-5678.", "en", "ja") == ()
    assert [use.wording for use in glossary.terms_in("Is My Number needed?", "en", "ja")] == ["My Number"]


def test_spans_are_the_places_in_the_translation(glossary: Glossary) -> None:
    text = "Go to the counter with the seal."

    assert [text[start:end] for start, end in glossary.check("窓口に印鑑", text, "ja", "en").spans] == [
        "counter",
        "seal",
    ]


def test_text_without_terms_has_nothing_to_check(glossary: Glossary) -> None:
    check = glossary.check("こんにちは", "the window", "ja", "en")

    assert (check.kept, check.lost, check.forbidden, check.spans) == ((), (), (), ())


ALSO = "ja,en,also_ja,also_en\n申請書,application form,申込書,form;paper\n"


def test_what_is_also_right_counts_in_a_translation() -> None:
    glossary, mistakes = parse_glossary(ALSO)
    check = glossary.check("申請書を出してください。", "Please hand in the forms.", "ja", "en")
    assert (mistakes, [use.wording for use in check.kept], check.lost) == ((), ["申請書"], ())


def test_what_is_also_right_is_not_looked_for_in_a_source() -> None:
    glossary, _ = parse_glossary(ALSO)
    assert glossary.terms_in("There is water in the form of ice.", "en", "ja") == ()
    assert glossary.terms_in("申込書を書きます。", "ja", "en") == ()


def test_what_is_also_right_is_never_what_is_written() -> None:
    glossary, _ = parse_glossary(ALSO)
    assert [use.expected for use in glossary.terms_in("申請書", "ja", "en")] == [("application form",)]


def test_a_wording_cannot_be_right_and_forbidden() -> None:
    _, mistakes = parse_glossary("ja,en,also_en,forbidden_en\n窓口,counter,window,window\n")
    assert [mistake.sentence for mistake in mistakes] == [
        "Row 2: “window” is both allowed and forbidden in en; decide for one."
    ]


def test_terms_that_share_a_word_are_both_there() -> None:
    glossary, _ = parse_glossary("ja,en\n住民税,resident tax\n課税証明書,tax certificate\n")
    check = glossary.check("住民税の課税証明書", "a resident tax certificate", "ja", "en")
    assert ([use.wording for use in check.kept], check.lost) == (["住民税", "課税証明書"], ())
