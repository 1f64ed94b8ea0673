from __future__ import annotations

from translation.languages import languages
from translation.routes import Candidate, Quality, find_route, measured_quality

ARGOS_JA_EN = Candidate(0, "argos", "1.1", ("ja", "en"))
FIREFOX_JA_EN = Candidate(1, "firefox", "2.0", ("ja", "en"))
STARTER_JA_EN = Candidate(2, "argos", "0.1", ("ja", "en"))
EN_PT = Candidate(3, "firefox", "2.0", ("en", "pt-BR"))
JA_PT = Candidate(4, "argos", "1.0", ("ja", "pt-BR"))


def test_better_measured_engine_is_taken_whatever_the_order() -> None:
    for installed in ([ARGOS_JA_EN, FIREFOX_JA_EN], [FIREFOX_JA_EN, ARGOS_JA_EN]):
        route = find_route("ja", "en", installed, measured_quality())
        assert route is not None
        assert route.hops == (FIREFOX_JA_EN,)


def test_full_package_is_taken_before_the_starter() -> None:
    route = find_route("ja", "en", [STARTER_JA_EN, ARGOS_JA_EN], measured_quality())
    assert route is not None
    assert route.hops == (ARGOS_JA_EN,)


def test_pivot_goes_through_english() -> None:
    route = find_route("ja", "pt-BR", [STARTER_JA_EN, EN_PT], measured_quality())
    assert route is not None
    assert (route.tags, route.engine) == (("ja", "en", "pt-BR"), "argos+firefox")


def test_direct_model_is_taken_before_a_pivot() -> None:
    route = find_route("ja", "pt-BR", [FIREFOX_JA_EN, EN_PT, JA_PT], measured_quality())
    assert route is not None
    assert route.tags == ("ja", "pt-BR")


def test_engine_of_both_hops_is_named_once() -> None:
    route = find_route("ja", "pt-BR", [FIREFOX_JA_EN, EN_PT], measured_quality())
    assert route is not None
    assert route.engine == "firefox"


def test_no_route_where_half_of_the_pivot_is_missing() -> None:
    assert find_route("ja", "pt-BR", [ARGOS_JA_EN], measured_quality()) is None
    assert find_route("ja", "pt-BR", [EN_PT], measured_quality()) is None


def test_no_route_without_models() -> None:
    assert find_route("ja", "en", [], measured_quality()) is None


def test_quality_of_a_version_goes_before_that_of_its_engine() -> None:
    quality = Quality({"argos": {"ja-en": 78.0}, "argos/0.1": {"ja-en": 60.0}}, unknown=70.0)
    assert (quality.of(ARGOS_JA_EN), quality.of(STARTER_JA_EN)) == (78.0, 60.0)


def test_pair_that_nobody_measured_has_the_unknown_quality() -> None:
    assert Quality({}, unknown=70.0).of(EN_PT) == 70.0


def test_table_that_ships_has_firefox_ahead_of_argos_in_every_pair_of_both() -> None:
    quality = measured_quality()
    for pair in [("en", "ja"), ("ja", "en"), ("en", "pt-BR"), ("pt-BR", "en"), ("en", "ko"), ("es", "en")]:
        assert quality.of(Candidate(0, "firefox", "x", pair)) > quality.of(Candidate(0, "argos", "x", pair))


def test_third_engine_is_measured_by_its_own_name_and_fills_what_the_others_lack() -> None:
    quality = measured_quality()
    nllb = Candidate(5, "nllb-200-distilled-600M", "1", ("ja", "en"))
    route = find_route("ja", "en", [ARGOS_JA_EN, nllb], quality)
    assert route is not None
    assert route.hops == (nllb,)
    route = find_route("ja", "en", [nllb, FIREFOX_JA_EN], quality)
    assert route is not None
    assert route.hops == (FIREFOX_JA_EN,)


def test_pairs_that_are_of_no_use_are_not_looked_at() -> None:
    class Strict(Quality):
        def of(self, candidate: Candidate) -> float:
            assert "ko" not in candidate.pair
            return super().of(candidate)

    others = [Candidate(n, "many", "1", ("ko", tag)) for n, tag in enumerate(["ja", "en", "th"])]
    route = find_route("ja", "en", [*others, *others, ARGOS_JA_EN], Strict({}, 70.0))
    assert route is not None
    assert route.hops == (ARGOS_JA_EN,)


def test_pairs_of_the_table_are_of_served_languages() -> None:
    pairs = {f"{source}-{target}" for source in languages() for target in languages()}
    table = measured_quality()._table
    assert all(key in pairs or key == "together" for row in table.values() for key in row)
