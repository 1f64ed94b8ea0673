"""The desk's pages for bookings: `/desk/forms`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from bot.attachments.service import Attachments
from bot.attachments.web import shown
from bot.forms.bookings import FormDesk, Load
from bot.forms.filling import local_value
from bot.forms.model import LIVE, STATES, Booking
from bot.forms.showing import show_day, show_fee, show_moment
from core.accounts import Account
from core.errors import AppError, NotFound
from core.web import render, require
from core.web.pages import PAGES, page_language

VERSION_DIGITS = 10  # Python refuses to read numbers of thousands of digits


class FormPages:
    """Routes for staff."""

    def __init__(self, desk: FormDesk, attachments: Attachments) -> None:
        self._desk = desk
        self._attachments = attachments

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/desk/forms", self.overview),
            web.get("/desk/forms/{form}", self.list),
            web.get("/desk/forms/{form}/calendar", self.calendar),
            web.get("/desk/forms/{form}/bookings.csv", self.export),
            web.get("/desk/bookings/{id}", self.show),
            web.post("/desk/bookings/{id}", self.change),
        ]

    @property
    def _zone(self) -> dt.tzinfo:
        return self._desk.city.hours.zone

    async def overview(self, request: web.Request) -> web.StreamResponse:
        """All forms with what waits in them."""
        require(request, "staff")
        rows = [
            {
                "id": form.id,
                "title": form.title.get("ja", form.id),
                "department": self._desk.city.department(form.department, "ja"),
                "counts": counts,
            }
            for form, counts in await self._desk.overview()
        ]
        return await render(request, "bot/forms.html", forms=rows)

    async def list(self, request: web.Request) -> web.StreamResponse:
        """The bookings of a form, filtered."""
        require(request, "staff")
        form = self._desk.form(request.match_info["form"])
        filters = _filters(request)
        found = await self._desk.find(form.id, **filters)
        return await render(
            request,
            "bot/form_bookings.html",
            form={"id": form.id, "title": form.title.get("ja", form.id)},
            bookings=[self._row(booking, name) for booking, name in found],
            states=STATES,
            shown=filters["states"],
            since=request.query.get("since", ""),
            until=request.query.get("until", ""),
            query=request.query_string,
        )

    def _row(self, booking: Booking, name: str) -> dict[str, Any]:
        when = local_value(booking, self._desk.city.hours.zone)
        return {
            "id": booking.id,
            "receipt": booking.receipt,
            "state": booking.state,
            "name": name,
            "language": booking.language,
            "when": show_moment(when, "ja") if when else "",
            "fee": show_fee(booking.fee) if booking.fee else "",
            "created": booking.created_at.astimezone(self._zone),
        }

    async def show(self, request: web.Request) -> web.StreamResponse:
        """One booking."""
        require(request, "staff")
        return await self._page(request)

    async def _page(
        self, request: web.Request, *, error: str = "", reason: str = "", status: int = 200
    ) -> web.Response:
        opened = await self._desk.open(request.match_info["id"])
        booking = opened.booking
        return await render(
            request,
            "bot/form_booking.html",
            status=status,
            form={"id": opened.form.id, "title": opened.form.title.get("ja", opened.form.id)},
            booking={
                **self._row(booking, opened.resident.display_name),
                "version": booking.version,
                "reason": booking.reason,
                "changed": booking.changed_at.astimezone(self._zone),
            },
            rows=[
                {"label": label, "value": value, "japanese": opened.japanese.get(label, "")}
                for label, value in opened.rows
            ],
            photos=[shown(one) for one in (await self._attachments.of(opened.photos)).values()],
            place=opened.place,
            reachable=opened.resident.reachable,
            next_states=opened.next_states,
            error=error,
            draft=reason,
        )

    async def change(self, request: web.Request) -> web.StreamResponse:
        """Change a booking's state."""
        account: Account = require(request, "staff")
        form = await request.post()
        seen, reason = str(form.get("version", "")), str(form.get("reason", ""))
        booking_id = request.match_info["id"]
        try:
            await self._desk.change(
                booking_id,
                account,
                str(form.get("state", "")),
                reason=reason,
                version=int(seen) if seen.isdecimal() and len(seen) < VERSION_DIGITS else 0,
            )
        except AppError as error:
            if error.status == 404:
                raise
            words = request.app[PAGES].words
            sentence = (
                words.get(page_language(request), error.key, **error.values) if error.key else str(error)
            )
            return await self._page(request, error=sentence, reason=reason, status=error.status)
        raise web.HTTPSeeOther(f"/desk/bookings/{booking_id}")

    async def export(self, request: web.Request) -> web.StreamResponse:
        """The bookings as a file for spreadsheets (UTF-8 with a mark, which Excel needs)."""
        require(request, "staff")
        form_id = request.match_info["form"]
        text = await self._desk.export(form_id, **_filters(request))
        return web.Response(
            body=b"\xef\xbb\xbf" + text.encode(),
            content_type="text/csv",
            charset="utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="{self._desk.form(form_id).id}.csv"',
                "Cache-Control": "no-store",
            },
        )

    async def calendar(self, request: web.Request) -> web.StreamResponse:
        """How full the coming weeks are."""
        require(request, "staff")
        form = self._desk.form(request.match_info["form"])
        first = _day(request.query.get("from", "")) or self._desk.today()
        first -= dt.timedelta(days=first.weekday())
        days, events = await self._desk.calendar(form.id, first)
        return await render(
            request,
            "bot/form_calendar.html",
            form={"id": form.id, "title": form.title.get("ja", form.id)},
            days=[
                {
                    "date": day.date.isoformat(),
                    "shown": show_day(day.date, "ja"),
                    "today": day.date == self._desk.today(),
                    "loads": [_load(load) for load in day.loads],
                }
                for day in days
            ],
            events=[_load(load) for load in events],
            before=(first - dt.timedelta(days=35)).isoformat(),
            after=(first + dt.timedelta(days=35)).isoformat(),
        )


def _load(load: Load) -> dict[str, Any]:
    full = load.capacity > 0 and load.taken >= load.capacity
    level = "full" if full else "some" if load.taken else "none"
    return {"name": load.name, "taken": load.taken, "capacity": load.capacity, "level": level}


def _filters(request: web.Request) -> dict[str, Any]:
    """What the page's filters ask for; nonsense is left out."""
    wanted = request.query.getall("state", [])
    states: Sequence[str] = [state for state in wanted if state in STATES] or LIVE
    return {
        "states": tuple(states),
        "since": _day(request.query.get("since", "")),
        "until": _day(request.query.get("until", "")),
    }


def _day(text: str) -> dt.date | None:
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise NotFound("There is no such day.") from error
