"""The list and the drawing."""

from __future__ import annotations

import math

import pytest

from bot.city import City
from bot.disaster.areas import Areas
from bot.disaster.map import WIDTH, draw
from bot.disaster.model import CheckIn, Person, ShelterState
from bot.disaster.people import Filter, summarise, to_csv
from bot.disaster.shelters import nearest, walking_link
from bot.model import Place
from tests.bot.disaster.conftest import DISASTER

WORDS = {name: name for name in ("closed", "open", "full", "safe", "help")}


def person(**told: object) -> Person:
    checkin = CheckIn(disaster_id="d1", resident_id="r1", **{"safe": "safe", "consent": "share", **told})  # type: ignore[arg-type]
    return Person(checkin=checkin, name="Maria", language="pt-BR", reachable=True)


def test_groups_are_counted_as_people_and_needs_as_groups() -> None:
    found = summarise(
        [
            person(area="chuo", place="home", adults=2, children=1, elderly=0, needs=("baby",)),
            person(
                area="chuo", place="shelter", shelter_id="citizens-gym", adults=1, needs=("baby", "medicine")
            ),
            person(safe="help"),
        ]
    )
    assert (found.checkins, found.people, found.children, found.help) == (3, 5, 1, 1)
    assert found.by_area == {"chuo": 4, "-": 1}
    assert found.by_place == {"shelter": 1, "home": 3, "-": 1}
    assert found.by_need == {"medicine": 1, "baby": 2}
    assert found.by_shelter == {"citizens-gym": 1}


@pytest.mark.parametrize(
    ("chosen", "taken"),
    [
        (Filter(), True),
        (Filter(area="chuo", need="baby"), True),
        (Filter(area="-"), False),
        (Filter(need="medicine"), False),
        (Filter(place="home"), True),
        (Filter(safe="help"), False),
    ],
)
def test_filters(chosen: Filter, taken: bool) -> None:
    assert chosen.takes(person(area="chuo", place="home", needs=("baby",))) is taken


def test_csv_runs_nothing_in_a_spreadsheet() -> None:
    made = to_csv([["=1+1", "+81", "-5", "@x", "ok, 港"]]).decode("utf-8-sig")
    assert made == "'=1+1,+81,-5,'@x,\"ok, 港\"\r\n"


def test_every_centre_lies_in_its_own_cell_and_cells_fill_the_picture(city: City, areas: Areas) -> None:
    drawing = draw(areas, city.shelters, {}, [], language="en", words=WORDS)
    assert drawing is not None
    total = 0.0
    for cell in drawing.cells:
        points = [tuple(map(float, pair.split(","))) for pair in cell.outline.split()]
        total += _area(points)
        assert 0 < cell.at[0] < WIDTH
    assert math.isclose(total, WIDTH * drawing.height, rel_tol=1e-3)
    assert len(drawing.shelters) == len(city.shelters)


def _area(points: list[tuple[float, ...]]) -> float:
    pairs = zip(points, points[1:] + points[:1], strict=True)
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs)) / 2


def test_people_are_drawn_where_they_are_and_help_on_top(city: City, areas: Areas) -> None:
    people = [
        person(safe="help", latitude=35.6, longitude=139.5),
        person(area="minato"),
        person(shelter_id="citizens-gym"),
        person(),  # nothing is known about the place
    ]
    drawing = draw(areas, city.shelters, {}, people, language="en", words=WORDS)
    assert drawing is not None
    assert [mark.kind for mark in drawing.people] == ["safe", "safe", "help"]


def test_who_is_outside_is_drawn_at_the_border(city: City, areas: Areas) -> None:
    people = [person(latitude=36.6, longitude=120.0)]
    drawing = draw(areas, city.shelters, {}, people, language="en", words=WORDS)
    assert drawing is not None
    assert drawing.people[0].at == (0.0, 0.0)


def test_names_of_areas_stand_inside_the_picture_and_on_no_shelter(city: City, areas: Areas) -> None:
    drawing = draw(areas, city.shelters, {}, [], language="en", words=WORDS)
    assert drawing is not None
    for cell in drawing.cells:
        assert 60 <= cell.at[0] <= WIDTH - 60
        assert [
            mark.label
            for mark in drawing.shelters
            if abs(mark.at[0] - cell.at[0]) < 20 and cell.at[1] - 14 < mark.at[1] < cell.at[1] + 8
        ] == []


def test_a_city_without_places_has_no_map() -> None:
    assert draw(Areas([]), {}, {}, [], language="en", words=WORDS) is None


HERE = Place(latitude=35.6012, longitude=139.4986)


def test_before_a_disaster_the_nearest_designated_are_shown(city: City) -> None:
    found, is_open = nearest(list(city.shelters.values()), HERE, disaster=None, states={})
    assert (found[0].shelter.id, len(found), is_open) == ("aoba-elementary", 3, False)


def test_shelters_that_are_not_built_for_a_flood_are_left_out(city: City) -> None:
    from dataclasses import replace

    at = city.shelters["minato-community"].place
    found, _ = nearest(list(city.shelters.values()), at, disaster=replace(DISASTER, kind="flood"), states={})
    assert "minato-community" not in [one.shelter.id for one in found]
    opened = {"minato-community": ShelterState(shelter_id="minato-community", state="open")}
    found, is_open = nearest(
        list(city.shelters.values()), at, disaster=replace(DISASTER, kind="flood"), states=opened
    )
    assert ([one.shelter.id for one in found], is_open) == (["minato-community"], True)


def test_a_full_shelter_is_not_offered_while_others_may_open(city: City) -> None:
    full = {"aoba-elementary": ShelterState(shelter_id="aoba-elementary", state="full")}
    found, is_open = nearest(list(city.shelters.values()), HERE, disaster=DISASTER, states=full)
    assert "aoba-elementary" not in [one.shelter.id for one in found]
    assert is_open is False


def test_nothing_is_near_far_away(city: City) -> None:
    far = Place(latitude=43.0, longitude=141.3)
    assert nearest(list(city.shelters.values()), far, disaster=None, states={}) == ([], False)


def test_walking_link() -> None:
    link = walking_link(Place(latitude=35.5, longitude=139.25))
    assert link == "https://www.google.com/maps/dir/?api=1&destination=35.5,139.25&travelmode=walking"


def test_areas_are_found_by_the_nearest_centre(areas: Areas) -> None:
    for area in areas:
        assert areas.nearest(area.place) == area.id
    assert areas.nearest(Place(latitude=0.0, longitude=0.0)) == ""
