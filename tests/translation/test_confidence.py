from __future__ import annotations

import dataclasses
import math
import tomllib
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translation.confidence import Evidence, Family, HopEvidence, bounded, estimate, features, read_families
from translation.guards import FLAGS, SURE

HOP = HopEvidence(engine="argos", version="0.1", pair=("ja", "en"), score=-0.3, prior=0.6)
SILENT = HopEvidence(engine="firefox", version="2.0", pair=("en", "pt-BR"), score=None, prior=0.888)
EVIDENCE = Evidence(
    source="ja",
    target="en",
    source_text="市役所はどこにありますか。",
    text="Where is the city hall?",
    hops=(HOP,),
    flags=(),
    tries=0,
    facts=0,
)


def with_hops(*hops: HopEvidence) -> Evidence:
    return dataclasses.replace(EVIDENCE, hops=hops)


def with_score(score: float | None) -> HopEvidence:
    return dataclasses.replace(HOP, score=score)


def test_better_score_is_more_confidence() -> None:
    found = [estimate(with_hops(with_score(score))) for score in (-2.0, -1.0, -0.6, -0.3, -0.1)]
    assert found == sorted(found)
    assert found[0] < SURE < found[-1]


def test_two_hops_multiply() -> None:
    one, other = estimate(with_hops(HOP)), estimate(with_hops(SILENT))
    assert estimate(with_hops(HOP, SILENT)) == pytest.approx(one * other)


def test_facts_alone_are_certain() -> None:
    assert estimate(with_hops(with_score(0.0))) == 1.0
    assert estimate(with_hops()) == 1.0


@pytest.mark.parametrize("flag", list(FLAGS))
def test_no_flag_leaves_more_confidence_than_its_limit(flag: str) -> None:
    evidence = dataclasses.replace(EVIDENCE, hops=(with_score(-0.01),), flags=(flag,))
    assert estimate(evidence) <= FLAGS[flag]


def test_worst_flag_decides() -> None:
    evidence = dataclasses.replace(EVIDENCE, flags=("fact_moved", "empty"))
    assert estimate(evidence) == 0.0


def test_flag_that_says_nothing_about_quality_changes_nothing() -> None:
    assert estimate(dataclasses.replace(EVIDENCE, flags=("human_only",))) == estimate(EVIDENCE)


def test_second_tries_lower_confidence() -> None:
    assert estimate(dataclasses.replace(EVIDENCE, tries=2)) < estimate(EVIDENCE)


def test_single_word_is_less_sure_than_a_sentence() -> None:
    word = dataclasses.replace(EVIDENCE, source_text="ユーフォリア", text="Euphoria")
    assert estimate(word) < estimate(EVIDENCE)


def test_missing_full_stop_after_a_sentence_changes_little() -> None:
    chatted = dataclasses.replace(EVIDENCE, source_text="市役所はどこにありますか")
    assert estimate(chatted) == pytest.approx(estimate(EVIDENCE), abs=0.03)


def test_text_that_lost_half_is_less_sure() -> None:
    assert estimate(dataclasses.replace(EVIDENCE, text="Where?")) < estimate(EVIDENCE)


def test_engine_without_scores_is_judged_by_its_usual_quality() -> None:
    better = dataclasses.replace(SILENT, prior=0.92)
    assert estimate(with_hops(SILENT)) < estimate(with_hops(better))


def test_unknown_engine_is_read_as_one_that_gives_scores_or_none() -> None:
    other = dataclasses.replace(HOP, engine="seq2seq")
    assert estimate(with_hops(other)) == estimate(with_hops(HOP))
    silent = dataclasses.replace(SILENT, engine="other")
    assert estimate(with_hops(silent)) == estimate(with_hops(SILENT))


def test_score_is_bounded_on_both_sides() -> None:
    assert (bounded(0.3), bounded(-90.0), bounded(-1.5), bounded(None)) == (0.0, -4.0, -1.5, 0.0)


def test_own_weights_may_be_given() -> None:
    even = {"argos": Family({"base": 0.0}, 0.6, 0.0)}
    assert estimate(EVIDENCE, even) == 0.5


def test_every_fitted_weight_has_its_feature() -> None:
    text = (resources.files("translation") / "data" / "calibration.toml").read_text("utf-8")
    families = read_families(tomllib.loads(text))
    names = set(features(EVIDENCE))
    assert {name: set(family.weights) for name, family in families.items()} == {
        "argos": {*names, "score"},
        "firefox": names,
    }


def test_weights_point_the_way_that_sense_says() -> None:
    text = (resources.files("translation") / "data" / "calibration.toml").read_text("utf-8")
    weights = read_families(tomllib.loads(text))["argos"].weights
    assert weights["score"] > 0
    assert max(weights[name] for name in ("shorter", "longer", "repetition", "tries", "fragment")) < 0


@pytest.mark.parametrize(
    ("source_text", "text", "feature", "value"),
    [
        ("あ", "Oh", "very_short", 1.0),
        ("市役所はどこにありますか。", "Where?", "very_short", 0.0),
        ("ごみ、かん、びん", "x", "clauses", 1.0),
        ("市役所", "City hall", "fragment", 1.0),
        ("市役所です。", "It is the city hall", "fragment", 0.0),
        ("市役所です", "It is the city hall", "fragment", 0.0),
        ("x。", "the sound of the sound", "repetition", 0.4),
        ("x。", "", "repetition", 0.0),
    ],
)
def test_feature_is_what_it_says(source_text: str, text: str, feature: str, value: float) -> None:
    evidence = dataclasses.replace(EVIDENCE, source_text=source_text, text=text)
    assert features(evidence)[feature] == pytest.approx(value)


def test_source_without_full_stop_is_a_fragment_only_if_it_is_short() -> None:
    english = dataclasses.replace(EVIDENCE, source="en", target="pt-BR", text="x")
    found = [
        features(dataclasses.replace(english, source_text=text))["fragment"]
        for text in ("City hall", "where is the city hall", "Where?")
    ]
    assert found == [1.0, 0.0, 0.0]


@given(
    st.text(max_size=80),
    st.text(max_size=80),
    st.floats(-1e6, 1e6) | st.none(),
    st.sampled_from(["ja", "en", "pt-BR", "km", "zh-Hant"]),
    st.lists(st.sampled_from(list(FLAGS)), max_size=3),
    st.integers(0, 1000),
)
def test_estimate_is_a_probability_for_any_evidence(
    source_text: str, text: str, score: float | None, target: str, flags: list[str], number: int
) -> None:
    evidence = Evidence(
        source="vi",
        target=target,
        source_text=source_text,
        text=text,
        hops=(with_score(score), SILENT),
        flags=tuple(flags),
        tries=number,
        facts=number,
    )
    found = estimate(evidence)
    assert 0.0 <= found <= 1.0
    assert not math.isnan(found)
