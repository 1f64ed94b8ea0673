"""The pages of disaster mode: `/disaster` with the situation, the list of people and the shelters."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.city import City, in_language
from bot.disaster.areas import Areas
from bot.disaster.broadcasts import Notices
from bot.disaster.checkin import TOPIC
from bot.disaster.desk import DisasterDesk, Situation
from bot.disaster.map import draw
from bot.disaster.model import (
    CROWDING,
    KINDS,
    NEEDS,
    PLACES,
    STATES,
    SUPPLIES,
    DisasterOptions,
    Person,
    ShelterState,
)
from bot.disaster.people import COLUMNS, Filter, cells, summarise, to_csv
from core.accounts import Account
from core.bus import Bus
from core.errors import AppError
from core.web import render, require
from core.web.changes import ChangeStreams
from core.web.pages import PAGES, page_language

SETTLE_S = 0.5  # between a change and telling the pages: what comes in bursts is told once
VERSION_DIGITS = 10  # Python refuses to read numbers of thousands of digits


class DisasterPages:
    """Routes for staff."""

    def __init__(
        self,
        desk: DisasterDesk,
        notices: Notices,
        *,
        city: City,
        areas: Areas,
        bus: Bus,
        language_names: Mapping[str, str],
        options: DisasterOptions,
        max_streams: int = 200,
    ) -> None:
        """`language_names` is language tag → its name in Japanese; `max_streams` bounds open event streams."""
        self._desk = desk
        self._notices = notices
        self._city = city
        self._areas = areas
        self._language_names = language_names
        self._options = options
        self._changes = ChangeStreams(bus, TOPIC, most=max_streams, settle_s=SETTLE_S)

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/disaster", self.page),
            web.get("/disaster/part", self.part),
            web.get("/disaster/events", self.events),
            web.post("/disaster/start", self.start),
            web.post("/disaster/end", self.end),
            web.get("/disaster/people.csv", self.export),
            web.get("/disaster/shelters", self.shelters),
            web.post("/disaster/shelters/{id}", self.set_shelter),
        ]

    async def page(self, request: web.Request) -> web.StreamResponse:
        """The situation."""
        account = require(request, "staff")
        return await self._page(request, account)

    async def part(self, request: web.Request) -> web.StreamResponse:
        """What changes by itself, for replacing it in place."""
        require(request, "staff")
        return await render(request, "bot/_disaster_live.html", **await self._context(request))

    async def _page(
        self, request: web.Request, account: Account, *, status: int = 200, error: str = ""
    ) -> web.Response:
        context = await self._context(request)
        return await render(request, "bot/disaster.html", status=status, error=error, **context)

    async def _context(self, request: web.Request) -> dict[str, Any]:
        found = await self._desk.situation()
        chosen = _filter(request)
        shown = [person for person in found.people if chosen.takes(person)]
        language = page_language(request)
        word = _words(request)
        newest = await self._notices.newest()
        return {
            "situation": found,
            "since": self._local(found.disaster.started_at) if found.disaster else None,
            "until": self._local(found.disaster.ended_at) if found.disaster else None,
            "area_names": {area.id: in_language(area.names, language) for area in self._areas},
            "shelter_names": {
                one.id: in_language(one.names, language) for one in self._city.shelters.values()
            },
            "counts": summarise(found.people),
            "chosen": chosen,
            "people": [self._row(person) for person in shown[: self._options.shown]],
            "hidden": max(0, len(shown) - self._options.shown),
            "drawing": self._draw(found, shown, language, word),
            "kinds": KINDS,
            "places": PLACES,
            "needs": NEEDS,
            "open_shelters": sum(state.state == "open" for state in found.shelters.values()),
            "full_shelters": sum(state.state == "full" for state in found.shelters.values()),
            "notices": [
                {"notice": notice, "text": text, "counts": counts, "at": self._local(notice.created_at)}
                for notice, text, counts in newest
            ],
            "notes": [{"entry": note, "at": self._local(note.at)} for note in found.notes],
            "query": request.query_string,
        }

    def _draw(self, found: Situation, shown: list[Person], language: str, word: Any) -> Any:
        return draw(
            self._areas,
            self._city.shelters,
            found.shelters,
            shown[: self._options.shown],
            language=language,
            words={
                **{state: word(f"state.{state}") for state in STATES},
                **{safe: word(f"safe.{safe}") for safe in ("safe", "help")},
            },
        )

    def _row(self, person: Person) -> dict[str, Any]:
        checkin = person.checkin
        return {
            "person": person,
            "checkin": checkin,
            "language_name": self._language_names.get(person.language, person.language),
            "at": self._local(checkin.answered_at),
        }

    def _local(self, moment: dt.datetime | None) -> dt.datetime | None:
        return moment.astimezone(self._city.hours.zone) if moment else None

    async def start(self, request: web.Request) -> web.StreamResponse:
        account = require(request, "staff")
        form = await request.post()
        try:
            await self._desk.start(
                account, str(form.get("kind", "")), [str(one) for one in form.getall("area", [])]
            )
        except AppError as error:
            return await self._page(request, account, status=error.status, error=sentence(request, error))
        raise web.HTTPSeeOther("/disaster")

    async def end(self, request: web.Request) -> web.StreamResponse:
        account = require(request, "staff")
        form = await request.post()
        try:
            await self._desk.end(account, str(form.get("disaster", "")))
        except AppError as error:
            return await self._page(request, account, status=error.status, error=sentence(request, error))
        raise web.HTTPSeeOther("/disaster")

    async def export(self, request: web.Request) -> web.StreamResponse:
        """Everybody in the list, filtered as on the page, as CSV."""
        account = require(request, "staff")
        word, language, chosen = _words(request), page_language(request), _filter(request)
        rows: list[list[object]] = [[word(f"column.{name}") for name in COLUMNS]]
        for person in await self._desk.export(account):
            if not chosen.takes(person):
                continue
            shelter = self._city.shelters.get(person.checkin.shelter_id)
            rows.append(
                cells(
                    person,
                    word=word,
                    area=self._areas.name(person.checkin.area, language),
                    shelter=in_language(shelter.names, language) if shelter else "",
                    language=self._language_names.get(person.language, person.language),
                    moment=self._local(person.checkin.answered_at),
                )
            )
        return web.Response(
            body=to_csv(rows),
            headers={
                "Content-Type": "text/csv; charset=utf-8",
                "Content-Disposition": 'attachment; filename="check-ins.csv"',
                "Cache-Control": "no-store",
            },
        )

    async def shelters(self, request: web.Request) -> web.StreamResponse:
        """All shelters with a form each."""
        require(request, "staff")
        return await self._shelters(request)

    async def _shelters(self, request: web.Request, *, status: int = 200, error: str = "") -> web.Response:
        found = await self._desk.situation()
        language = page_language(request)
        there = summarise(found.people).by_shelter
        rows = [
            {
                "id": one.id,
                "name": in_language(one.names, language),
                "address": in_language(one.addresses, language),
                "capacity": one.capacity,
                "kinds": one.kinds,
                "state": found.shelters.get(one.id, ShelterState(shelter_id=one.id)),
                "at": self._local(found.shelters[one.id].updated_at) if one.id in found.shelters else None,
                "people": there.get(one.id, 0),
            }
            for one in self._city.shelters.values()
        ]
        return await render(
            request,
            "bot/disaster_shelters.html",
            status=status,
            error=error,
            shelters=rows,
            states=STATES,
            crowding=CROWDING,
            supplies=SUPPLIES,
        )

    async def set_shelter(self, request: web.Request) -> web.StreamResponse:
        account, shelter_id = require(request, "staff"), request.match_info["id"]
        form = await request.post()
        told = {name: str(form.get(f"supply-{name}", "")) for name in SUPPLIES}
        try:
            await self._desk.set_shelter(
                account,
                shelter_id,
                state=str(form.get("state", "")),
                crowding=str(form.get("crowding", "")),
                supplies={name: value == "yes" for name, value in told.items() if value in ("yes", "no")},
                version=version_of(form.get("version", "")),
            )
        except AppError as error:
            if error.status == 404:
                raise
            return await self._shelters(request, status=error.status, error=sentence(request, error))
        raise web.HTTPSeeOther(f"/disaster/shelters#{shelter_id}")

    async def events(self, request: web.Request) -> web.StreamResponse:
        """A stream that says `changed` whenever something on these pages did. Carries no content."""
        require(request, "staff")
        return await self._changes.follow(request)

    def close_streams(self) -> None:
        """End all streams, so that the service can stop."""
        self._changes.close()


def sentence(request: web.Request, error: AppError) -> str:
    """The reason in the page's words."""
    words = request.app[PAGES].words
    return words.get(page_language(request), error.key, **error.values) if error.key else str(error)


def version_of(value: object) -> int:
    """A version that a form sends back; -1, which is nobody's, for anything else."""
    seen = str(value)
    return int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < VERSION_DIGITS else -1


def _words(request: web.Request) -> Any:
    words, language = request.app[PAGES].words, page_language(request)
    return lambda key: words.get(language, f"disaster.{key}")


def _filter(request: web.Request) -> Filter:
    return Filter(**{name: request.query.get(name, "")[:40] for name in ("area", "place", "need", "safe")})
