"""How languages are reached, and which models are used."""

from __future__ import annotations

from pathlib import Path

from translation.packages.info import ModelInfo
from translation.packages.served import Served, Way, served, uses
from translation.routes import Quality, measured_quality


def model(engine: str, *pairs: str, version: str = "1", state: str = "ready") -> ModelInfo:
    """An installed model of these pairs, each as "en>ja"."""
    return ModelInfo(
        pairs=tuple((pair.split(">")[0], pair.split(">")[1]) for pair in pairs),
        engine=engine,
        version=version,
        path=Path(engine),
        size_bytes=1,
        sha256="",
        licence="",
        scores={},
        state=state,  # type: ignore[arg-type]
    )


def ways(*models: ModelInfo) -> dict[str, Served]:
    return {row.tag: row for row in served(models, measured_quality())}


def test_every_served_language_but_japanese_has_a_row() -> None:
    rows = ways()

    assert len(rows) == 22
    assert "ja" not in rows
    assert rows["vi"].own_name == "Tiếng Việt"


def test_direct_model() -> None:
    assert ways(model("firefox", "en>ja"))["en"].to_ja == Way(
        reach="direct", route=("en", "ja"), engines=("firefox",)
    )


def test_way_through_english() -> None:
    row = ways(model("argos", "ja>en"), model("firefox", "en>ko"))["ko"]

    assert row.from_ja == Way(reach="pivot", route=("ja", "en", "ko"), engines=("argos", "firefox"))
    assert row.to_ja == Way(reach="missing", install=("ko-en", "en-ja"))


def test_only_the_missing_half_is_named() -> None:
    assert ways(model("argos", "ja>en"))["vi"].from_ja.install == ("en-vi",)


def test_easy_japanese_is_written_by_people_and_read_as_japanese() -> None:
    row = ways(model("argos", "ja>en", "en>ja"))["ja-Hira"]

    assert (row.from_ja.reach, row.to_ja.reach) == ("human_only", "same")


def test_language_that_no_source_knows_has_nothing_to_install() -> None:
    assert ways(model("argos", "ja>en", "en>ja"))["ne"].from_ja == Way(reach="unpublished")


def test_imported_model_serves_a_language_that_no_source_knows() -> None:
    assert ways(model("nllb", "ja>ne"))["ne"].from_ja.reach == "direct"


def test_broken_model_serves_nothing() -> None:
    assert ways(model("firefox", "en>ja", state="broken"))["en"].to_ja.reach == "missing"


def test_best_model_is_in_use_and_names_itself_to_the_others() -> None:
    worse, better = uses(
        [model("argos", "en>ja"), model("firefox", "en>ja", version="3.0")], measured_quality()
    )

    assert (worse.best_in, worse.pairs, worse.by) == (0, 1, "firefox 3.0")
    assert (better.best_in, better.pairs, better.by) == (1, 1, "")


def test_model_of_many_pairs_may_be_used_in_some() -> None:
    quality = Quality({"a": {"en-ja": 90.0}, "many": {"en-ja": 80.0}}, 70.0)

    many, _ = uses([model("many", "en>ja", "en>ko", "ko>en"), model("a", "en>ja")], quality)

    assert (many.best_in, many.pairs, many.by) == (2, 3, "a 1")
