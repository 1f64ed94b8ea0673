"""Usual notices, written by people in every language (`disaster.template.*` in the city's phrases).

Their places are filled with words that need no translation: names of areas and shelters in each language, a time, a
day. Only `place` is taken as it is written, unless it is the name of a shelter.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from babel.core import UnknownLocaleError
from babel.dates import format_date

from bot.city import City, in_language
from bot.disaster.areas import Areas
from core.errors import InvalidInput

# Template → what staff fill in. `{area}` is filled with the areas that the notice goes to.
TEMPLATES: Mapping[str, tuple[str, ...]] = {
    "check_in": (),
    "elderly_evacuation": (),
    "evacuation_order": (),
    "emergency_safety": (),
    "shelter_open": ("shelter",),
    "shelter_full": ("shelter",),
    "water_supply": ("place", "time"),
    "food_supply": ("place", "time"),
    "power_cut": (),
    "school_closed": ("day",),
    "stay_home": (),
    "rumours": (),
    "all_clear": (),
}
LONGEST_VALUE = 80  # characters
_DAYS = {"ja": "M月d日(E)", "zh": "M月d日 (E)", "ko": "M월 d일 (E)"}


class Templates:
    """Fills templates for one city."""

    def __init__(self, city: City, areas: Areas) -> None:
        self._city = city
        self._areas = areas
        self._by_name = {one.names["ja"]: one.names for one in city.shelters.values() if "ja" in one.names}

    def check(self, template: str, values: Mapping[str, str]) -> dict[str, str]:
        """The values that the template needs. Raises InvalidInput when one is missing or cannot be used."""
        if template not in TEMPLATES:
            raise InvalidInput("There is no such notice.", key="disaster.error.no_template")
        needed = {name: str(values.get(name, "")).strip()[:LONGEST_VALUE] for name in TEMPLATES[template]}
        for name, value in needed.items():
            usable = bool(value)
            if name == "shelter":
                usable = value in self._city.shelters
            if name == "day":
                usable = _day(value) is not None
            if not usable:
                raise InvalidInput(f"Fill in “{name}” first.", key=f"disaster.error.missing_{name}")
        return needed

    def fill(
        self, template: str, values: Mapping[str, str], areas: Sequence[str], language: str
    ) -> str | None:
        """The notice in a language; None if nobody wrote it in that language."""
        key = f"disaster.template.{template}"
        if key not in self._city.phrases.keys(language):
            return None
        shown = {name: self._show(name, value, language) for name, value in values.items()}
        return self._city.phrases.get(language, key, **shown, area=self.area_names(areas, language))

    def area_names(self, areas: Sequence[str], language: str) -> str:
        """The areas as a reader of `language` names them; "all of the city" for none."""
        if not areas:
            return self._city.phrases.get(
                language, "disaster.notice.whole_city", city=self._city.name(language)
            )
        comma = "、" if language.split("-")[0] in ("ja", "zh") else ", "
        return comma.join(self._areas.name(area, language) for area in areas)

    def _show(self, name: str, value: str, language: str) -> str:
        if name == "shelter":
            return in_language(self._city.shelters[value].names, language)
        if name == "place" and value in self._by_name:
            return in_language(self._by_name[value], language)
        if name == "day" and (day := _day(value)):
            return _show_day(day, language)
        return value


def _day(value: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        return None


def _show_day(day: dt.date, language: str) -> str:
    base = {"tl": "fil"}.get(language, language.split("-")[0])
    try:
        return format_date(day, _DAYS.get(base, "full"), locale=base)
    except UnknownLocaleError:
        return day.isoformat()
