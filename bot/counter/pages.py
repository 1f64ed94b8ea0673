"""`/counters`: how the counters stand, papers that are ready, machines and their tokens. Every change is a form."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from bot.counter.model import MAX_NUMBER, Machine, Papers, Status
from bot.counter.service import Counters, Report
from bot.counter.speed import shown_minutes
from core.accounts import Account
from core.errors import AppError, InvalidInput
from core.web import render, require
from core.web.pages import PAGES, page_language

PAGE = "/counters"


class CounterPages:
    """Routes of the page. Machines are an administrator's work."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get(PAGE, self.page),
            web.post(PAGE + "/{id}/report", self.report),
            web.post(PAGE + "/{id}/ready", self.ready),
            web.post(PAGE + "/{id}/machines", self.add_machine),
            web.post(PAGE + "/machines/{machine}/remove", self.remove_machine),
            web.post(PAGE + "/papers/{papers}/collected", self.collected),
        ]

    async def page(self, request: web.Request) -> web.StreamResponse:
        return await self._page(request, require(request, "staff"))

    async def _page(
        self, request: web.Request, account: Account, *, status: int = 200, **shown: Any
    ) -> web.Response:
        language = page_language(request)
        machines = await self._counters.machines()
        context = {
            "counters": [
                self._counter(one, [m for m in machines if m.counter == one.counter.id], language)
                for one in await self._counters.statuses()
            ],
            "papers": [self._papers(one, language) for one in await self._counters.open_papers()],
            "choices": await self._counters.choices(),
            "may_manage": account.role == "admin",
            "highest": MAX_NUMBER,
            "error": None,
            "token": None,
            "told": None,
            **shown,
        }
        return await render(request, "bot/counters.html", status=status, **context)

    def _counter(self, status: Status, machines: list[Machine], language: str) -> dict[str, Any]:
        zone, reading = self._counters.zone, status.reading
        return {
            "id": status.counter.id,
            "name": status.counter.names.get(language, status.counter.names["ja"]),
            "reading": reading,
            "at": reading.at.astimezone(zone) if reading else None,
            "fresh": status.fresh,
            "age_minutes": status.age_s // 60,
            "wait_minutes": shown_minutes(status.wait_s) if status.wait_s is not None else None,
            "machines": [
                {
                    "id": one.id,
                    "name": one.name,
                    "seen": one.seen_at.astimezone(zone) if one.seen_at else None,
                }
                for one in machines
            ],
        }

    def _papers(self, papers: Papers, language: str) -> dict[str, Any]:
        counter = self._counters.catalogue.counters.get(papers.counter)
        zone = self._counters.zone
        return {
            "id": papers.id,
            "number": papers.number,
            "counter": counter.names.get(language, counter.names["ja"]) if counter else papers.counter,
            "since": papers.created_at.astimezone(zone),
            "told": papers.told_at.astimezone(zone) if papers.told_at else None,
            "reminded": papers.reminded_at.astimezone(zone) if papers.reminded_at else None,
        }

    async def report(self, request: web.Request) -> web.StreamResponse:
        """A clerk says how a counter stands, where there is no machine or it is broken."""
        account = require(request, "staff")
        form = await request.post()
        try:
            report = Report(
                called=_number(form.get("called")),
                waiting=_number(form.get("waiting")),
                open=form.get("open") == "1",
            )
            await self._counters.report(request.match_info["id"], report)
        except AppError as error:
            return await self._refused(request, account, error)
        raise web.HTTPSeeOther(PAGE)

    async def ready(self, request: web.Request) -> web.StreamResponse:
        """Papers are ready; the page then says how many people that told."""
        account = require(request, "staff")
        number = str((await request.post()).get("number", ""))
        try:
            told = await self._counters.ready(request.match_info["id"], number, by=account.display_name)
        except AppError as error:
            return await self._refused(request, account, error)
        return await self._page(request, account, told={"number": number.strip(), "count": told})

    async def collected(self, request: web.Request) -> web.StreamResponse:
        require(request, "staff")
        await self._counters.collected(request.match_info["papers"])
        raise web.HTTPSeeOther(PAGE)

    async def add_machine(self, request: web.Request) -> web.StreamResponse:
        """Make a token; the page shows it this once."""
        account = require(request, "admin")
        name = str((await request.post()).get("name", ""))
        try:
            machine, token = await self._counters.add_machine(request.match_info["id"], name, by=account.id)
        except AppError as error:
            return await self._refused(request, account, error)
        return await self._page(request, account, token={"counter": machine.counter, "value": token})

    async def remove_machine(self, request: web.Request) -> web.StreamResponse:
        require(request, "admin")
        await self._counters.remove_machine(request.match_info["machine"])
        raise web.HTTPSeeOther(PAGE)

    async def _refused(self, request: web.Request, account: Account, error: AppError) -> web.Response:
        """The page again, with the reason."""
        if error.status == 404:
            raise error
        words = request.app[PAGES].words
        sentence = words.get(page_language(request), error.key, **error.values) if error.key else str(error)
        return await self._page(request, account, status=error.status, error=sentence)


def _number(value: object) -> int:
    text = str(value or "")
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        raise InvalidInput(
            "Write whole numbers from 0 to 9999.", key="counters.error.number", highest=MAX_NUMBER
        )
    return int(text)
