"""What ticket machines and other programs call: `/api/v1/counters`."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.counter.model import MAX_NUMBER, Status
from bot.counter.service import Counters, Report
from bot.counter.speed import shown_minutes
from core.errors import InvalidInput
from core.web import read_object, require

_EVENT = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_FIELDS = frozenset({"called", "waiting", "open", "at", "event"})
MAX_BODY = 4096  # bytes of a report


class CounterApi:
    """Routes for programs. A machine shows its own token; staff are known by their session."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/api/v1/counters", self.list_counters),
            web.post("/api/v1/counters/{id}", self.report),
            web.post("/api/v1/counters/{id}/ready", self.ready),
        ]

    async def list_counters(self, request: web.Request) -> web.StreamResponse:
        """How every counter stands. Open to all: it says what the screens in the hall say."""
        statuses = await self._counters.statuses()
        return web.json_response({"counters": [shown(status) for status in statuses]})

    async def report(self, request: web.Request) -> web.StreamResponse:
        """What a machine says about its counter."""
        counter = request.match_info["id"]
        machine = await self._counters.authorise(counter, bearer(request))
        report = read_report(await _small_object(request))
        result = await self._counters.report(counter, report, machine=machine.id)
        return web.json_response({"result": result})

    async def ready(self, request: web.Request) -> web.StreamResponse:
        """Papers are ready; a machine or staff may say so."""
        counter = request.match_info["id"]
        by = await self._speaker(request, counter)
        number = (await _small_object(request)).get("number")
        if isinstance(number, bool) or not isinstance(number, (str, int)):
            raise InvalidInput("“number” must be the number of a ticket or of a receipt.")
        return web.json_response({"told": await self._counters.ready(counter, str(number), by=by)})

    async def _speaker(self, request: web.Request, counter: str) -> str:
        """The name of the machine or the clerk who calls."""
        if token := bearer(request):
            return (await self._counters.authorise(counter, token)).name
        return require(request, "staff").display_name


async def _small_object(request: web.Request) -> Mapping[str, Any]:
    if (request.content_length or 0) > MAX_BODY:
        raise InvalidInput(f"A report may have {MAX_BODY} bytes.")
    return await read_object(request)


def bearer(request: web.Request) -> str:
    """The token in the Authorization header, or nothing."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip()[:200] if scheme.lower() == "bearer" else ""


def read_report(body: Mapping[str, Any]) -> Report:
    """A report from JSON. Raises InvalidInput with the field that is wrong."""
    if unknown := sorted(set(body) - _FIELDS):
        raise InvalidInput(f"A report has no field “{unknown[0][:40]}”.")
    event = body.get("event", "")
    if not isinstance(event, str) or (event and not _EVENT.fullmatch(event)):
        raise InvalidInput("“event” may have 64 letters, digits and . _ : - at most.")
    is_open = body.get("open")
    if not isinstance(is_open, bool):
        raise InvalidInput("“open” must be true or false.")
    return Report(
        called=_count(body, "called"),
        waiting=_count(body, "waiting"),
        open=is_open,
        at=_moment(body.get("at")),
        event=event,
    )


def _count(body: Mapping[str, Any], name: str) -> int:
    value = body.get(name)
    if type(value) is not int or not 0 <= value <= MAX_NUMBER:
        raise InvalidInput(f"“{name}” must be a whole number from 0 to {MAX_NUMBER}.")
    return value


def _moment(value: object) -> dt.datetime | None:
    if value is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(value) if isinstance(value, str) and len(value) <= 40 else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidInput("“at” must be a time with its zone, such as 2026-11-24T10:00:00+09:00.")
    try:
        return moment.astimezone(dt.UTC)
    except OverflowError as error:
        raise InvalidInput("“at” is no time of this world.") from error


def shown(status: Status) -> dict[str, Any]:
    """A status as JSON; what is too old is not told."""
    reading = status.reading if status.fresh else None
    minutes = shown_minutes(status.wait_s) if reading and status.wait_s is not None else None
    return {
        "id": status.counter.id,
        "name": dict(status.counter.names),
        "department": status.counter.department,
        "called": reading.called if reading else None,
        "waiting": reading.waiting if reading else None,
        "open": reading.open if reading else None,
        "wait_minutes": minutes if reading and reading.open else None,
        "at": status.reading.at.isoformat() if status.reading else None,
        "fresh": status.fresh,
    }
