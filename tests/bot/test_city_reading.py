"""Reading what a city edits: opening hours, shelters, articles, and mistakes in them."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from bot.city import City, in_language, read_city
from core.errors import InvalidInput
from tests.bot.conftest import CITY, LANGUAGES

JAPAN = dt.timezone(dt.timedelta(hours=9))


def at(day: str, clock: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=JAPAN).astimezone(dt.UTC)


@pytest.mark.parametrize(
    ("day", "clock", "opens"),
    [
        ("2026-11-02", "08:30:00", None),  # Monday
        ("2026-11-02", "12:00:00", None),
        ("2026-11-02", "17:14:59", None),
        ("2026-11-02", "08:29:59", "2026-11-02T08:30:00"),
        ("2026-11-02", "17:15:00", "2026-11-04T08:30:00"),  # Tuesday is Culture Day
        ("2026-11-03", "10:00:00", "2026-11-04T08:30:00"),
        ("2026-11-06", "18:00:00", "2026-11-09T08:30:00"),  # Friday evening
        ("2026-11-07", "10:00:00", "2026-11-09T08:30:00"),
        ("2026-12-28", "18:00:00", "2027-01-04T08:30:00"),  # over New Year
        ("2026-12-31", "23:59:59", "2027-01-04T08:30:00"),
    ],
)
def test_next_opening_knows_weekends_holidays_and_new_year(
    city: City, day: str, clock: str, opens: str | None
) -> None:
    found = city.hours.next_opening(at(day, clock))
    assert (found.replace(tzinfo=None).isoformat() if found else None) == opens


def test_city_that_never_opens_has_no_next_opening(city: City) -> None:
    assert replace(city.hours, days=frozenset()).next_opening(at("2026-11-02", "10:00:00")) is None


def test_name_in_one_other_language_is_better_than_none() -> None:
    assert in_language({"vi": "v"}, "pt-BR") == "v"


def test_article_is_shown_in_the_nearest_language(city: City) -> None:
    found = {tag: city.article("moving-in", tag) for tag in ("pt-BR", "th", "ja-Hira")}
    assert {tag: one.language for tag, one in found.items() if one} == {
        "pt-BR": "pt-BR",
        "th": "en",
        "ja-Hira": "ja-Hira",
    }
    assert city.article("nothing", "en") is None


def test_unknown_department_is_shown_by_its_id(city: City) -> None:
    assert city.department("moon", "en") == "moon"
    assert city.department("multicultural", "ja") != "multicultural"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_article_is_read_in_every_language(city: City, language: str) -> None:
    slugs = {slug for slug, _ in city.articles}
    assert {slug for slug, tag in city.articles if tag == language} == slugs
    assert len(slugs) >= 15


# Mistakes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the demo city to make mistakes in."""
    copy = tmp_path / "city"
    shutil.copytree(CITY, copy)
    return copy


def test_copy_of_the_city_reads_like_the_city(folder: Path, city: City) -> None:
    assert read_city(folder).articles == city.articles


@pytest.mark.parametrize("name", ["city.toml", "shelters.toml"])
def test_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(InvalidInput, match=name):
        read_city(folder)


def test_file_that_is_not_toml_is_named(folder: Path) -> None:
    (folder / "city.toml").write_text("name = ", encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"city\.toml is not valid TOML"):
        read_city(folder)


def test_missing_entry_is_named(folder: Path) -> None:
    text = (folder / "city.toml").read_text(encoding="utf-8").replace("timezone", "time_zone")
    (folder / "city.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput, match="timezone"):
        read_city(folder)


@pytest.mark.parametrize(
    ("old", "new"),
    [("slug:", "slag:"), ("updated: 2026", "updated: soon"), ("questions:", "questions: 5\nothers:")],
)
def test_article_with_a_mistake_is_named(folder: Path, old: str, new: str) -> None:
    path = folder / "articles" / "moving-in.en.md"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"moving-in\.en\.md"):
        read_city(folder)


def test_folder_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="CITY_DIR"):
        read_city(tmp_path / "nowhere")
