"""Number, gender and articles of names of things."""

from __future__ import annotations

import pytest

from translation.glossary.inflection import (
    base,
    gender,
    head_base,
    is_plural,
    pluralise,
    tail_base,
    with_article,
)


@pytest.mark.parametrize(
    ("language", "one", "several"),
    [
        ("en", "certificate of residence", "certificates of residence"),
        ("en", "residence card", "residence cards"),
        ("en", "family register", "family registers"),
        ("en", "entrance ceremony", "entrance ceremonies"),
        ("en", "police box", "police boxes"),
        ("en", "status of residence", "statuses of residence"),
        ("en", "child", "children"),
        ("en", "registered alias", "registered aliases"),
        ("en", "dependent (status of residence)", "dependents (status of residence)"),
        ("pt-BR", "cartão de residência", "cartões de residência"),
        ("pt-BR", "balcão", "balcões"),
        ("pt-BR", "cidadão", "cidadãos"),
        ("pt-BR", "lixo queimável", "lixos queimáveis"),
        ("pt-BR", "nível de alerta", "níveis de alerta"),
        ("pt-BR", "imposto residencial", "impostos residenciais"),
        ("pt-BR", "lixo não queimável", "lixos não queimáveis"),
        ("pt-BR", "procurador", "procuradores"),
        ("pt-BR", "jardim de infância", "jardins de infância"),
        ("pt-BR", "cartão My Number", "cartões My Number"),
        ("es", "tarjeta de residencia", "tarjetas de residencia"),
        ("es", "notificación", "notificaciones"),
        ("es", "luz", "luces"),
        ("fr", "carte de séjour", "cartes de séjour"),
        ("fr", "bureau", "bureaux"),
    ],
)
def test_name_is_put_into_the_plural_and_known_again(language: str, one: str, several: str) -> None:
    assert pluralise(one, language) == several
    assert is_plural(several, language)
    assert not is_plural(one, language)


@pytest.mark.parametrize(
    ("language", "wording"),
    [
        ("en", "National Health Insurance"),
        ("en", "My Number"),
        ("en", "burnable garbage"),
        ("en", "identification"),
        ("en", "children on the waiting list"),
        ("pt-BR", "férias remuneradas"),
        ("pt-BR", "status de residência"),
        ("pt-BR", "Divisão de Saúde"),
        ("pt-BR", "pai, mãe ou responsável"),
        ("ja", "在留カード"),
        ("vi", "thẻ cư trú"),
    ],
)
def test_names_and_what_is_not_counted_have_no_plural(language: str, wording: str) -> None:
    assert pluralise(wording, language) == wording


@pytest.mark.parametrize(
    ("language", "word", "other"),
    [
        ("en", "certificates", "certificate"),
        ("en", "employees'", "employee"),
        ("en", "driver's", "driver"),
        ("en", "Boxes", "box"),
        ("pt-BR", "cartões", "cartão"),
        ("pt-BR", "papéis", "papel"),
        ("pt-BR", "fáceis", "fácil"),
        ("pt-BR", "níveis", "nível"),
        ("pt-BR", "da", "de"),
        ("pt-BR", "residenciais", "residencial"),
        ("es", "notificaciones", "notificación"),
        ("es", "luces", "luz"),
        ("fr", "impôts", "impôt"),
        ("ru", "карты", "карта"),
        ("uk", "посвідкою", "посвідка"),
        ("tr", "kartı", "kart"),
        ("id", "kartunya", "kartu"),
    ],
)
def test_forms_of_a_word_have_one_base(language: str, word: str, other: str) -> None:
    assert base(word, language) == base(other, language)


@pytest.mark.parametrize(
    ("language", "word", "other"),
    [("en", "residence", "resident"), ("en", "registration", "register"), ("en", "notification", "notify"),
     ("pt-BR", "residência", "residente"), ("pt-BR", "registro", "registrado"), ("ru", "карта", "карман")],
)  # fmt: skip
def test_related_words_stay_apart(language: str, word: str, other: str) -> None:
    assert base(word, language) != base(other, language)


def test_gender_of_persons_and_of_adjectives_does_not_matter() -> None:
    assert head_base("procuradora", "pt-BR") == head_base("procurador", "pt-BR")
    assert head_base("abogadas", "es") == head_base("abogado", "es")
    assert tail_base("registrada", "pt-BR") == tail_base("registrado", "pt-BR")
    assert head_base("conta", "pt-BR") != head_base("conto", "pt-BR")


@pytest.mark.parametrize(
    ("language", "wording", "expected"),
    [("pt-BR", "cartão de residência", "m"), ("pt-BR", "renovação", "f"), ("pt-BR", "creche", "f"),
     ("pt-BR", "sistema médico", "m"), ("pt-BR", "tsunami", "m"), ("pt-BR", "ordens", "f"), ("es", "ciudad", "f"),
     ("es", "día", "m"), ("fr", "carte", "f"), ("en", "card", ""), ("ja", "市役所", "")],
)  # fmt: skip
def test_gender_follows_the_first_word(language: str, wording: str, expected: str) -> None:
    assert gender(wording, language) == expected


@pytest.mark.parametrize(
    ("language", "before", "wording", "expected"),
    [
        ("en", "You need a ", "eligibility certificate", (9, "an ")),
        ("en", "You need an ", "card", (9, "a ")),
        ("en", "You need a ", "unit", (9, "a ")),
        ("en", "A ", "application form", (0, "An ")),
        ("en", "It is a ", "identification", (6, "")),
        ("en", "See the ", "fee", (8, "")),
        ("pt-BR", "Sobre o ", "recados em desastres", (6, "os ")),
        ("pt-BR", "Falei da ", "férias remuneradas", (6, "das ")),
        ("pt-BR", "O ", "recados em desastres", (0, "Os ")),
        ("pt-BR", "Sobre o ", "cartão", (8, "")),
        ("ja", "これは", "住民票", (3, "")),
    ],
)
def test_article_fits_the_name(language: str, before: str, wording: str, expected: tuple[int, str]) -> None:
    assert with_article(before, wording, language) == expected


def test_article_of_several_stays() -> None:
    assert with_article("Sobre os ", "férias", "pt-BR", several=True) == (9, "")
