"""What a city edits, read from its folder: facts, departments, hours, shelters, articles.

city.toml                 name, address, hours, departments
phrases/<language>.toml   what the bot says; phrases/<feature>/<language>.toml what a feature says
triggers/<language>.toml  words that mean something by themselves; triggers/safety/<language>.toml patterns of danger
talk/<language>.toml      small talk, follow-ups, corrections
articles/<slug>.<language>.md
shelters.toml
"""

from __future__ import annotations

import datetime as dt
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import frontmatter

from bot.holidays import is_holiday
from bot.model import Place
from bot.triggers import Triggers
from core.errors import InvalidInput
from core.words import Words

EARTH_RADIUS_M = 6_371_000.0
DAYS_AHEAD = 30  # how far the next opening time is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An answer in the knowledge base, in one language."""

    slug: str
    language: str
    title: str
    label: str  # the title in at most 20 characters, for buttons
    department: str
    source: str
    updated: dt.date
    valid_until: dt.date
    reviewed_by: str
    questions: tuple[str, ...]
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelter:
    """A place to go in a disaster."""

    id: str
    names: Mapping[str, str]
    addresses: Mapping[str, str]
    place: Place
    capacity: int
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When staff answer, in local time."""

    zone: ZoneInfo
    days: frozenset[int]  # Monday is 1
    opens: dt.time
    closes: dt.time
    closed_each_year: frozenset[str]  # "12-31"
    holidays: frozenset[dt.date]  # the city's own, besides the national ones

    def _open_on(self, day: dt.date) -> bool:
        return (
            day.isoweekday() in self.days
            and not is_holiday(day)
            and day not in self.holidays
            and f"{day:%m-%d}" not in self.closed_each_year
        )

    def next_opening(self, now: dt.datetime) -> dt.datetime | None:
        """When the desk opens next, in local time; None while it is open."""
        local = now.astimezone(self.zone)
        if self._open_on(local.date()) and self.opens <= local.time() < self.closes:
            return None
        for ahead in range(DAYS_AHEAD):
            day = local.date() + dt.timedelta(days=ahead)
            opening = dt.datetime.combine(day, self.opens, self.zone)
            if self._open_on(day) and opening > local:
                return opening
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """Everything that was read."""

    names: Mapping[str, str]
    languages: tuple[str, ...]
    departments: Mapping[str, Mapping[str, str]]  # id → language → name
    hours: Hours
    phrases: Words
    triggers: Triggers
    talk: Mapping[str, Mapping[str, Any]]  # language → words of bot.talk
    menu: tuple[str, ...]  # articles that are offered to who does not know what to ask
    desks: Mapping[str, str] = field(default_factory=dict)  # topic of an urgent message → department
    shelters: Mapping[str, Shelter]
    articles: Mapping[tuple[str, str], Article]  # (slug, language) → article

    def name(self, language: str) -> str:
        """The city's name for a reader of `language`."""
        return in_language(self.names, language)

    def department(self, department: str, language: str) -> str:
        """A department's name for a reader of `language`; the id itself if it is unknown."""
        names = self.departments.get(department)
        return in_language(names, language) if names else department

    def article(self, slug: str, language: str) -> Article | None:
        """The article in `language`, else in the nearest language that it is written in."""
        for tag in (language, language.split("-")[0], "en", "ja"):
            if found := self.articles.get((slug, tag)):
                return found
        return None


def in_language(names: Mapping[str, str], language: str) -> str:
    """The name in `language`, else in the nearest language there is."""
    for tag in (language, language.split("-")[0], "en", "ja"):
        if tag in names:
            return names[tag]
    return next(iter(names.values()))


def distance_m(one: Place, other: Place) -> float:
    """Great-circle distance in metres (haversine)."""
    lat1, lat2 = math.radians(one.latitude), math.radians(other.latitude)
    half_lat = (lat2 - lat1) / 2
    half_lon = math.radians(other.longitude - one.longitude) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(chord))


def read_city(folder: Path) -> City:
    """Read a city's folder. Raises InvalidInput with the file and what is wrong with it."""
    facts = read_toml(folder / "city.toml")
    try:
        triggers = {path.stem: read_toml(path) for path in sorted((folder / "triggers").glob("*.toml"))}
        return City(
            names=facts["name"],
            languages=tuple(facts["languages"]),
            departments={key: value["name"] for key, value in facts["departments"].items()},
            hours=_hours(facts),
            phrases=Words(folder / "phrases", *_features(folder / "phrases")),
            triggers=Triggers(triggers, _tables(folder / "triggers" / "safety")),
            talk={path.stem: read_toml(path) for path in sorted((folder / "talk").glob("*.toml"))},
            menu=tuple(facts.get("menu", ())),
            desks=_desks(folder / "hotlines.toml"),
            shelters=_shelters(read_toml(folder / "shelters.toml")),
            articles={
                (article.slug, article.language): article
                for article in map(_article, sorted((folder / "articles").glob("*.md")))
            },
        )
    except KeyError as error:
        raise InvalidInput(f"The city's folder {folder} lacks the entry {error}.") from error


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file. Raises InvalidInput when it is missing or is not TOML."""
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError as error:
        raise InvalidInput(f"The file {path} is missing; point CITY_DIR at a city's folder.") from error
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"The file {path} is not valid TOML: {error}.") from error


def _desks(path: Path) -> Mapping[str, str]:
    desks: Mapping[str, str] = read_toml(path).get("desks", {}) if path.exists() else {}
    return desks


def _tables(folder: Path) -> dict[str, dict[str, Any]]:
    return {path.stem: read_toml(path) for path in sorted(folder.glob("*.toml"))}


def _features(phrases: Path) -> list[Path]:
    """The folders of phrases that belong to one feature each; their keys begin with a table of that name."""
    return sorted(path for path in phrases.iterdir() if path.is_dir())


def _hours(facts: Mapping[str, Any]) -> Hours:
    hours = facts["hours"]
    return Hours(
        zone=ZoneInfo(facts["timezone"]),
        days=frozenset(hours["days"]),
        opens=hours["open"],
        closes=hours["close"],
        closed_each_year=frozenset(hours["closed_each_year"]),
        holidays=frozenset(hours.get("holidays", ())),
    )


def _shelters(table: Mapping[str, Any]) -> dict[str, Shelter]:
    entries: Sequence[Mapping[str, Any]] = table.get("shelters", [])
    return {
        entry["id"]: Shelter(
            id=entry["id"],
            names=entry["name"],
            addresses=entry["address"],
            place=Place(latitude=float(entry["lat"]), longitude=float(entry["lon"])),
            capacity=int(entry["capacity"]),
            kinds=tuple(entry["kinds"]),
        )
        for entry in entries
    }


def _article(path: Path) -> Article:
    try:
        post = frontmatter.loads(path.read_text(encoding="utf-8"))
        meta = post.metadata
        return Article(
            slug=str(meta["slug"]),
            language=str(meta["language"]),
            title=str(meta["title"]),
            label=str(meta["label"]),
            department=str(meta["department"]),
            source=str(meta["source"]),
            updated=_date(meta["updated"]),
            valid_until=_date(meta["valid_until"]),
            reviewed_by=str(meta["reviewed_by"]),
            questions=tuple(str(question) for question in meta["questions"]),
            body=post.content.strip(),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise InvalidInput(f"The article {path.name} has a wrong or missing entry: {error}.") from error


def _date(value: object) -> dt.date:
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value))
