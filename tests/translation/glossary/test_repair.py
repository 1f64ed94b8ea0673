"""Right terms in the places of wrong ones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.translation.glossary.municipal import GLOSSARY
from translation.glossary import Glossary, read_glossary
from translation.glossary.repair import repair
from translation.glossary.standins import choose, spots


@pytest.fixture(scope="module")
def glossary() -> Glossary:
    """The city's terms by their names alone, so that other good words are put right too."""
    return Glossary([replace(term, also={}) for term in read_glossary(GLOSSARY).terms])


def repaired(glossary: Glossary, source_text: str, text: str, source: str, target: str) -> str:
    check = glossary.check(source_text, text, source, target)
    absent = [use for use in glossary.terms_in(source_text, source, target) if use not in check.kept]
    return repair(text, [(use, use.expected[0]) for use in absent], check.forbidden, check.spans, target)


@pytest.mark.parametrize(
    ("source_text", "text", "expected"),
    [
        ("窓口", "Please come to window 3.", "Please come to counter 3."),
        ("窓口", "All windows are closed.", "All counters are closed."),
        ("総合窓口", "the information window", "the information counter"),
        ("台風", "A hurricane is near.", "A typhoon is near."),
        ("避難所", "Is there a shelter?", "Is there an evacuation shelter?"),
        ("保険料", "The premiums are high.", "The insurance premiums are high."),
        ("保険料の通知", "The premium notice.", "The insurance premium notice."),
        ("母子健康手帳", "a Maternal and Child Health Handbook", "a Mother and Child Health Handbook"),
        ("就学援助", "Apply for school expense assistance.", "Apply for school expense support."),
        ("市営住宅", "We live in municipal housing.", "We live in city housing."),
        ("在留カード", "Please bring a card.", "Please bring a residence card."),
        ("確定申告", "You file a tax return.", "You file a final tax return."),
        ("粗大ごみ処理券", "Buy two oversized garbage tickets.", "Buy two oversized garbage stickers."),
    ],
)
def test_wrong_wording_is_replaced_where_it_stands(
    glossary: Glossary, source_text: str, text: str, expected: str
) -> None:
    assert repaired(glossary, source_text, text, "ja", "en") == expected


@pytest.mark.parametrize(
    ("source_text", "text"),
    [
        ("休日診療所", "the vacation hospital"),  # the forbidden word is a part of the wrong name only
        ("窓口", "window to window"),  # which of the two?
        ("在留カード", "I lost it."),
        ("在留カード", "This card or that card?"),
        ("社会保険", "Please tell me about social welfare."),
        ("住民票", "The certificate of residence is here."),
    ],
)
def test_doubtful_place_is_left_alone(glossary: Glossary, source_text: str, text: str) -> None:
    assert repaired(glossary, source_text, text, "ja", "en") == text


@pytest.mark.parametrize(
    ("source_text", "text", "expected"),
    [
        ("Mother and Child Health Handbook", "母子手帳を見せて", "母子健康手帳を見せて"),
        ("driver's license", "外国の運転免許です", "外国の運転免許証です"),
        ("oversized garbage sticker", "粗大ごみ券はここ", "粗大ごみ処理券はここ"),
        ("family register", "戸籍謄本は何ですか", "戸籍は何ですか"),
    ],
)
def test_japanese_is_compared_by_characters(
    glossary: Glossary, source_text: str, text: str, expected: str
) -> None:
    assert repaired(glossary, source_text, text, "en", "ja") == expected


def test_place_of_another_term_is_not_taken(glossary: Glossary) -> None:
    text = "The tax certificate is here."

    assert repaired(glossary, "課税証明書と納税証明書", text, "ja", "en") == text


def test_other_languages_only_replace_what_is_forbidden(glossary: Glossary) -> None:
    assert repaired(glossary, "counter", "na janela 3", "en", "pt-BR") == "na balcão 3"
    assert repaired(glossary, "city housing", "moradia da cidade", "en", "pt-BR") == "moradia da cidade"


def test_stand_in_has_the_number_of_the_term_and_the_gender_of_its_translation() -> None:
    feminine = choose("child allowances", "ajuda infantil", ("en", "pt-BR"), 0, "")
    masculine = choose("residence card", "cartão de residência", ("en", "pt-BR"), 0, "")

    assert feminine is not None
    assert masculine is not None
    assert (feminine.given, feminine.forms) == ("libraries", ("biblioteca", "bibliotecas"))
    assert masculine.forms == ("hospital", "hospitais")


def test_stand_ins_take_turns_and_avoid_words_of_the_text() -> None:
    given = [choose("住民票", "x", ("ja", "en"), turn, "カメラを") for turn in range(3)]

    assert [one.given for one in given if one] == ["先生", "病院", "自転車"]
    assert choose("a", "b", ("vi", "th"), 0, "X7 Q4 Z9 K5") is None


def test_stand_in_gives_its_number_and_article_to_the_term() -> None:
    stand_in = choose("資格確認書", "eligibility certificate", ("ja", "en"), 0, "")
    assert stand_in is not None

    one = spots("I have a camera.", stand_in, "eligibility certificate", "en")
    several = spots("Two cameras!", stand_in, "eligibility certificate", "en")

    assert [(spot.article, spot.wording, spot.lead, spot.start) for spot in one] == [
        ("an ", "eligibility certificate", 7, 9)
    ]
    assert [(spot.article, spot.wording) for spot in several] == [("", "eligibility certificates")]
    assert spots("cameraman", stand_in, "x", "en") == []


@pytest.mark.parametrize(
    ("target", "text", "number"),
    [("zh-Hans", "我的X7丢了", 1), ("ko", "X7를 잃었다", 1), ("th", "ฉันทำX7หาย", 1), ("vi", "Tôi mất X7.", 1),
     ("vi", "AX7", 0), ("zh-Hans", "AX7", 0), ("ru", "X7 и X7", 2)],
)  # fmt: skip
def test_other_languages_have_a_stand_in_too(target: str, text: str, number: int) -> None:
    stand_in = choose("住民票", "x", ("ja", target), 0, "")

    assert stand_in is not None
    assert len(spots(text, stand_in, "x", target)) == number
