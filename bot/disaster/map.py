"""The city as a drawing, without anybody's map tiles: areas, shelters, people.

An area is drawn as what is nearer to its centre than to any other, which is how places are counted to areas.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.city import Shelter, in_language
from bot.disaster.areas import Areas
from bot.disaster.model import Person, ShelterState
from bot.model import Place

WIDTH = 560.0
MARGIN = 0.12  # of the city's width and height, around its shelters and areas
_KM_PER_DEGREE = 111.32
_NAME = (60.0, 22.0)  # half the width, and the height, that an area's name takes

Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """An area: its outline, and where its name stands."""

    id: str
    name: str
    outline: str  # as SVG's `points`
    at: Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A shelter or somebody who checked in."""

    kind: str  # closed, open, full; safe, help
    at: Point
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What the page draws, in units of the picture."""

    width: float
    height: float
    cells: tuple[Cell, ...]
    shelters: tuple[Mark, ...]
    people: tuple[Mark, ...]
    km: float  # length of one kilometre


class Frame:
    """Turns degrees into units of the picture. Flat, which is right within a city."""

    def __init__(self, places: Sequence[Place]) -> None:
        south = min(place.latitude for place in places)
        north = max(place.latitude for place in places)
        west = min(place.longitude for place in places)
        east = max(place.longitude for place in places)
        tall, wide = max(north - south, 0.01) * MARGIN, max(east - west, 0.01) * MARGIN
        self._north, self._west = north + tall, west - wide
        narrow = math.cos(math.radians((south + north) / 2))
        self._x = WIDTH / (east + wide - self._west)
        self._y = self._x / narrow
        self.height = round((self._north - (south - tall)) * self._y, 1)
        self.km = round(self._y / _KM_PER_DEGREE, 1)

    def point(self, place: Place) -> Point:
        """Where a place is, drawn at the border if it lies outside."""
        x = (place.longitude - self._west) * self._x
        y = (self._north - place.latitude) * self._y
        return round(min(max(x, 0.0), WIDTH), 1), round(min(max(y, 0.0), self.height), 1)


def draw(
    areas: Areas,
    shelters: Mapping[str, Shelter],
    states: Mapping[str, ShelterState],
    people: Sequence[Person],
    *,
    language: str,
    words: Mapping[str, str],
) -> Drawing | None:
    """The drawing; None for a city that has neither areas nor shelters. `words` names the kinds of marks."""
    places = [area.place for area in areas] + [shelter.place for shelter in shelters.values()]
    if not places:
        return None
    frame = Frame(places)
    centres = {area.id: frame.point(area.place) for area in areas}
    taken = [frame.point(shelter.place) for shelter in shelters.values()]
    return Drawing(
        width=WIDTH,
        height=frame.height,
        km=frame.km,
        cells=tuple(
            Cell(
                id=area.id,
                name=in_language(area.names, language),
                outline=" ".join(f"{x:.1f},{y:.1f}" for x, y in _cell(area.id, centres, frame.height)),
                at=_above(centres[area.id], taken),
            )
            for area in areas
        ),
        shelters=tuple(
            Mark(
                kind=(kind := states[one.id].state if one.id in states else "closed"),
                at=frame.point(one.place),
                label=f"{in_language(one.names, language)} – {words[kind]}",
            )
            for one in shelters.values()
        ),
        people=tuple(_people(frame, areas, shelters, people, words)),
    )


def _people(
    frame: Frame,
    areas: Areas,
    shelters: Mapping[str, Shelter],
    people: Sequence[Person],
    words: Mapping[str, str],
) -> list[Mark]:
    """Those of whom some place is known; who asks for help is drawn last, on top."""
    marks = []
    for number, person in enumerate(people):
        checkin = person.checkin
        if checkin.latitude is not None and checkin.longitude is not None:
            at = frame.point(Place(latitude=checkin.latitude, longitude=checkin.longitude))
        elif shelter := shelters.get(checkin.shelter_id):
            at = _beside(frame.point(shelter.place), number)
        elif area := areas.get(checkin.area):
            at = _beside(frame.point(area.place), number)
        else:
            continue
        kind = checkin.safe or "safe"
        marks.append(Mark(kind=kind, at=at, label=f"{person.name} – {words[kind]}"))
    return sorted(marks, key=lambda mark: mark.kind != "safe")


def _above(at: Point, taken: Sequence[Point]) -> Point:
    """Where an area's name stands: over its centre, and over the shelters there rather than on them."""
    wide, tall = _NAME
    x, y = min(max(at[0], wide), WIDTH - wide), at[1] - 15
    for mark in sorted(taken, key=lambda mark: -mark[1]):
        if abs(mark[0] - x) < wide and y - tall < mark[1] + 8 and mark[1] - 8 < y + 4:
            y = mark[1] - 14
    return round(x, 1), round(max(y, tall), 1)


def _beside(at: Point, number: int) -> Point:
    """Spread those of whom only the shelter or the area is known, in a spiral, so that each can be seen."""
    turn, far = number * 2.399963, 14 + 2.2 * math.sqrt(number % 400)
    return round(at[0] + far * math.cos(turn), 1), round(at[1] + far * math.sin(turn), 1)


def _cell(area_id: str, centres: Mapping[str, Point], height: float) -> list[Point]:
    """What is nearer to this centre than to any other: the picture, cut at the middle towards each other centre."""
    cell: list[Point] = [(0.0, 0.0), (WIDTH, 0.0), (WIDTH, height), (0.0, height)]
    mine = centres[area_id]
    for other_id, other in centres.items():
        if other_id != area_id and other != mine:
            cell = _cut(cell, mine, other)
    return cell


def _cut(cell: list[Point], mine: Point, other: Point) -> list[Point]:
    kept: list[Point] = []
    for here, there in zip(cell, cell[1:] + cell[:1], strict=True):
        near_here, near_there = _nearer(here, mine, other), _nearer(there, mine, other)
        if near_here >= 0:
            kept.append(here)
        if near_here * near_there < 0:
            share = near_here / (near_here - near_there)
            kept.append((here[0] + share * (there[0] - here[0]), here[1] + share * (there[1] - here[1])))
    return kept


def _nearer(point: Point, mine: Point, other: Point) -> float:
    """Positive where `mine` is nearer. Linear along any line, since it is a difference of squares."""
    return math.dist(point, other) ** 2 - math.dist(point, mine) ** 2
