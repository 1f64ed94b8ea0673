"""Which words of a text are terms."""

from __future__ import annotations

import pytest

from translation.glossary.finding import Wording, fold, make_finder


def found(tag: str, wordings: list[str], text: str, *, as_source: bool = False) -> list[str]:
    finder = make_finder([Wording(wording, row) for row, wording in enumerate(wordings)], tag)
    return [text[one.start : one.end] for one in finder.find(text, as_source=as_source)]


@pytest.mark.parametrize(
    ("wording", "text", "expected"),
    [
        ("residence card", "Two Residence Cards, please.", "Residence Cards"),
        ("residence card", "the residence card's number", "residence card"),
        ("driver's license", "My drivers’ licenses expired.", "drivers’ licenses"),
        ("family register", "copies of family registers", "family registers"),
        ("copy of the certificate", "two copies of a certificate", "copies of a certificate"),
        ("after-school care", "After school care is full.", "After school care"),
        ("police box", "Ask at police boxes.", "police boxes"),
        ("fee", "ＦＥＥ: 300", "ＦＥＥ"),
        ("PIN", "two PINs", "PINs"),
    ],
)  # fmt: skip
def test_english_in_its_forms(wording: str, text: str, expected: str) -> None:
    assert found("en", [wording], text) == [expected]


@pytest.mark.parametrize(
    ("wording", "text"),
    [("fee", "Have some coffee."), ("seal", "The seaside is near."), ("residence card", "the resident's card"),
     ("counter", "an encounter"), ("tax certificate", "tax. Certificate 4")],
)  # fmt: skip
def test_english_not_inside_other_words(wording: str, text: str) -> None:
    assert found("en", [wording], text) in ([], ["tax. Certificate"])


@pytest.mark.parametrize(
    ("tag", "wording", "text", "expected"),
    [
        ("pt-BR", "cartão de residência", "os cartões de residência", "cartões de residência"),
        ("pt-BR", "atestado de residência", "o atestado da residência", "atestado da residência"),
        ("pt-BR", "lixo queimável", "Lixos queimáveis", "Lixos queimáveis"),
        ("pt-BR", "carimbo registrado", "carimbos registrados", "carimbos registrados"),
        ("pt-BR", "procurador", "a procuradora", "procuradora"),
        ("pt-BR", "seguro-desemprego", "o seguro desemprego", "seguro desemprego"),
        ("es", "tarjeta de residencia", "las tarjetas de la residencia", "tarjetas de la residencia"),
        ("es", "impuesto municipal", "impuestos municipales", "impuestos municipales"),
        ("fr", "carte d'assurance", "les cartes d’assurance", "cartes d’assurance"),
        ("fr", "bureau de l'état civil", "aux bureaux de l'état civil", "bureaux de l'état civil"),
        ("ru", "карта резидента", "Потерял карту резидента", "карту резидента"),
        ("uk", "посвідка на проживання", "без посвідки на проживання", "посвідки на проживання"),
        ("tr", "ikamet kartı", "ikamet kartını", "ikamet kartını"),
        ("vi", "thẻ cư trú", "Tôi mất Thẻ cư trú.", "Thẻ cư trú"),
        ("id", "kartu penduduk", "kartu penduduknya hilang", "kartu penduduknya"),
        ("hi", "निवास कार्ड", "मेरा निवास कार्ड खो गया", "निवास कार्ड"),
        ("ne", "आवास कार्ड", "मेरो आवास कार्डमा", "आवास कार्डमा"),
        ("tl", "kard ng paninirahan", "mga kard ng paninirahan", "kard ng paninirahan"),
        ("ko", "주민표", "주민표를 주세요", "주민표"),
        ("ko", "시청", "시청에서는 안 됩니다", "시청"),
        ("ko", "재류 카드", "재류 카드입니다", "재류 카드"),
        ("zh-Hans", "居民卡", "我的居民卡丢了", "居民卡"),
        ("th", "บัตรประจำตัว", "ฉันทำบัตรประจำตัวหาย", "บัตรประจำตัว"),
        ("ja", "在留カード", "在留ｶｰﾄﾞをなくした", "在留ｶｰﾄﾞ"),
    ],
)  # fmt: skip
def test_other_languages_in_their_forms(tag: str, wording: str, text: str, expected: str) -> None:
    assert found(tag, [wording], text) == [expected]


@pytest.mark.parametrize(
    ("tag", "wording", "text"),
    [("ja", "市", "市民の方"), ("ja", "市", "都市です"), ("ja", "ペン", "ペンギン"), ("ja", "カード", "スカード"),
     ("ko", "시청", "시청각 교육"), ("ko", "세금", "부세금"), ("zh-Hant", "市", "市長")],
)  # fmt: skip
def test_pieces_of_longer_words_are_no_terms(tag: str, wording: str, text: str) -> None:
    assert found(tag, [wording], text) == []


def test_single_character_stands_alone() -> None:
    assert found("ja", ["市"], "この市の人") == ["市"]


def test_longest_wins_and_nothing_overlaps() -> None:
    terms = ["国民健康保険", "保険料", "住民票", "住民票の写し"]

    assert found("ja", terms, "国民健康保険料と住民票の写しと住民票") == [
        "国民健康保険",
        "住民票の写し",
        "住民票",
    ]
    assert found("en", ["household", "head of household"], "The head of household of the household") == [
        "head of household", "household",
    ]  # fmt: skip


def test_longer_wins_over_the_one_that_starts_before() -> None:
    assert found(
        "pt-BR", ["valor do seguro", "seguro social da empresa"], "O valor do seguro social da empresa"
    ) == ["seguro social da empresa"]
    assert found("ja", ["児童手当", "手当申請書類"], "児童手当申請書類") == ["手当申請書類"]


@pytest.mark.parametrize("after", ["される", "します", "できる", "し、", "いたします", "せずに", "すると"])
def test_japanese_verb_is_no_term_of_the_source(after: str) -> None:
    assert found("ja", ["免除"], f"保険料が免除{after}", as_source=True) == []
    assert found("ja", ["免除"], f"保険料が免除{after}") == ["免除"]


@pytest.mark.parametrize("after", ["しか", "をする", "の", "", "です"])
def test_japanese_noun_is_a_term(after: str) -> None:
    assert found("ja", ["免除"], f"免除{after}", as_source=True) == ["免除"]


def test_case_counts_where_it_makes_another_word() -> None:
    finder = make_finder([Wording("My Number", 1, True), Wording("PIN", 2, True)], "en")
    text = "My number is 3. my pin. My Number, PINs"

    assert [one.rows for one in finder.find(text, as_source=True)] == [{1}, {2}]
    assert len(finder.find(text)) == 4


@pytest.mark.parametrize(
    ("tag", "wording", "text", "expected"),
    [
        ("en", "fee", "the lunch fee", (True, True)),
        ("en", "fee", "School fees", (True, True)),
        ("en", "fee", "Pay the fee.", (False, False)),
        ("en", "fee", "Fee: 300 yen", (False, False)),
        ("en", "seal registration", "a seal registration form", (True, False)),
        ("en", "elementary school", "elementary school children", (True, True)),
        ("en", "elementary school", "the elementary school is", (False, False)),
        ("pt-BR", "taxa", "taxa de lixo", (True, True)),
        ("pt-BR", "taxa", "a taxa é", (False, False)),
        ("ja", "印鑑", "印鑑証明", (True, True)),
        ("ja", "保険料", "保険料額", (True, False)),
        ("ja", "印鑑", "印鑑の", (False, False)),
        ("ja", "窓口", "総合窓口", (True, True)),
    ],
)
def test_part_of_a_longer_name_is_known(
    tag: str, wording: str, text: str, expected: tuple[bool, bool]
) -> None:
    (one,) = make_finder([Wording(wording, 1)], tag).find(text, as_source=True)

    assert (one.compound, one.loose) == expected


def test_only_some_terms() -> None:
    finder = make_finder([Wording("household", 1), Wording("head of household", 2)], "en")

    assert [one.rows for one in finder.find("head of household")] == [{2}]
    assert [one.rows for one in finder.find("head of household", only={1})] == [{1}]


def test_terms_with_one_wording_are_found_together() -> None:
    for tag, wording in (("en", "notification"), ("ja", "届出")):
        (one,) = make_finder([Wording(wording, 1), Wording(wording, 2)], tag).find(wording)
        assert one.rows == {1, 2}


@pytest.mark.parametrize("text", ["", " ", "...", "😊", "1234", "\u0301", "ﾞ", "\ud83d"])
@pytest.mark.parametrize("tag", ["en", "ja", "ko", "hi"])
def test_odd_texts_have_no_terms(tag: str, text: str) -> None:
    assert found(tag, ["fee", "住民票", "주민표"], text) == []


def test_folding_keeps_track_of_places() -> None:
    folded, places = fold("ﾊﾞｽ㈱")

    assert folded == "バス(株)"
    assert places == [0, 2, 3, 3, 3, 4]
    assert fold("plain") == ("plain", None)
