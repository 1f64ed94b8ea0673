"""The list of people for staff: who, where, how many, who needs what; counted, filtered, and as CSV."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bot.disaster.model import NEEDS, PLACES, Person

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a cell that begins so is run by spreadsheets


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which people to show; empty means all."""

    area: str = ""  # id; "-" for those without one
    place: str = ""
    need: str = ""
    safe: str = ""

    def takes(self, person: Person) -> bool:
        """Whether a person is to be shown."""
        checkin = person.checkin
        return (
            self.area in ("", checkin.area or "-")
            and self.place in ("", checkin.place or "-")
            and self.need in ("", *(checkin.needs or ()))
            and self.safe in ("", checkin.safe)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Counts of a list of check-ins. All but `checkins` and `help` count people, whole groups."""

    checkins: int
    people: int
    children: int
    elderly: int
    help: int
    by_area: dict[str, int]  # "-" for those without one
    by_place: dict[str, int]
    by_need: dict[str, int]  # groups that need it
    by_shelter: dict[str, int]


def summarise(people: Sequence[Person]) -> Summary:
    """Count."""
    areas: Counter[str] = Counter()
    places: Counter[str] = Counter()
    needs: Counter[str] = Counter()
    shelters: Counter[str] = Counter()
    for person in people:
        checkin = person.checkin
        areas[checkin.area or "-"] += checkin.people
        places[checkin.place or "-"] += checkin.people
        needs.update(checkin.needs or ())
        if checkin.shelter_id:
            shelters[checkin.shelter_id] += checkin.people
    return Summary(
        checkins=len(people),
        people=sum(person.checkin.people for person in people),
        children=sum(person.checkin.children or 0 for person in people),
        elderly=sum(person.checkin.elderly or 0 for person in people),
        help=sum(person.checkin.safe == "help" for person in people),
        by_area=dict(areas),
        by_place={place: places[place] for place in (*PLACES, "-") if places[place]},
        by_need={need: needs[need] for need in NEEDS if needs[need]},
        by_shelter=dict(shelters),
    )


def to_csv(rows: Iterable[Sequence[object]]) -> bytes:
    """CSV that spreadsheets open in Japanese: UTF-8 with its mark, CRLF, nothing that could be run as a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for row in rows:
        writer.writerow([_safe(str(value)) for value in row])
    return "\ufeff".encode() + out.getvalue().encode()


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) and not _is_number(cell) else cell


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def cells(
    person: Person,
    *,
    word: Callable[[str], str],
    area: str,
    shelter: str,
    language: str,
    moment: dt.datetime | None,
) -> list[object]:
    """One row of the list. `word` gives the page's words for a key below `disaster.`."""
    checkin = person.checkin
    return [
        person.name,
        language,
        word(f"safe.{checkin.safe}") if checkin.safe else "",
        area,
        word(f"place.{checkin.place}") if checkin.place else "",
        shelter,
        "" if checkin.adults is None else checkin.adults,
        "" if checkin.adults is None else checkin.children or 0,
        "" if checkin.adults is None else checkin.elderly or 0,
        " / ".join(word(f"need.{need}") for need in checkin.needs or ()),
        word(f"consent.{checkin.consent or 'open'}"),
        "" if checkin.latitude is None else f"{checkin.latitude:.5f}",
        "" if checkin.longitude is None else f"{checkin.longitude:.5f}",
        f"{moment:%Y-%m-%d %H:%M}" if moment else "",
    ]


COLUMNS = (
    "name",
    "language",
    "safe",
    "area",
    "place",
    "shelter",
    "adults",
    "children",
    "elderly",
    "needs",
    "consent",
    "latitude",
    "longitude",
    "answered",
)
