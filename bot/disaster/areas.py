"""The parts of the city, from `shelters.toml`. A place belongs to the area whose centre is nearest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.city import distance_m, in_language, read_toml
from bot.model import Place
from core.errors import InvalidInput

FAR_M = 20_000.0  # a place so far from every centre is in no area


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A part of the city."""

    id: str
    names: Mapping[str, str]
    place: Place  # its centre


class Areas:
    """All areas of one city, in the order of its file."""

    def __init__(self, areas: Iterable[Area]) -> None:
        self._areas = {area.id: area for area in areas}

    def __iter__(self) -> Iterator[Area]:
        return iter(self._areas.values())

    def __contains__(self, area_id: object) -> bool:
        return area_id in self._areas

    def get(self, area_id: str) -> Area | None:
        return self._areas.get(area_id)

    def name(self, area_id: str, language: str) -> str:
        """An area's name for a reader of `language`; nothing for an unknown one."""
        area = self._areas.get(area_id)
        return in_language(area.names, language) if area else ""

    def nearest(self, place: Place) -> str:
        """The id of the area that a place belongs to, or an empty string."""
        near = min(((distance_m(place, area.place), area.id) for area in self), default=(FAR_M, ""))
        return near[1] if near[0] < FAR_M else ""


def read_areas(city_dir: Path) -> Areas:
    """The areas of a city. Raises InvalidInput for a faulty entry."""
    entries = read_toml(city_dir / "shelters.toml").get("areas", [])
    try:
        return Areas(
            Area(
                id=entry["id"],
                names=entry["name"],
                place=Place(latitude=float(entry["lat"]), longitude=float(entry["lon"])),
            )
            for entry in entries
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInput(f"An area in shelters.toml has a wrong or missing entry: {error}.") from error
