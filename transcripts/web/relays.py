"""Relays on pages and in the API. The URL of a relay is taken in and never given out again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from core.errors import AppError, InvalidInput
from core.web import account, read_object, render, require
from transcripts.model import Meeting
from transcripts.relays.address import masked
from transcripts.relays.model import KINDS, Health, Relay
from transcripts.relays.service import RelayService
from transcripts.web.site import CaptionsSite, text_of

ROLES = ("staff", "interpreter")


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayRow:
    """A relay as the page shows it."""

    relay: Relay
    health: Health
    address: str  # masked


async def relay_rows(service: RelayService, meeting_id: str) -> list[RelayRow]:
    """The meeting's relays for the page."""
    return [
        RelayRow(relay=one, health=service.health(one), address=masked(one.url))
        for one in await service.of_meeting(meeting_id)
    ]


def may_relay(request: web.Request) -> bool:
    """Whether the reader of the page may see and change relays."""
    here = account(request)
    return here is not None and here.role in ("admin", *ROLES)


class RelayPages:
    """`/meetings/{meeting}/relays`: every button is a form, so it works without scripts."""

    def __init__(self, site: CaptionsSite, service: RelayService) -> None:
        self._site = site
        self._service = service

    def routes(self) -> list[web.AbstractRouteDef]:
        page = "/meetings/{meeting}/relays"
        return [
            web.get(page, self.show),
            web.post(page, self.add),
            web.post(page + "/{relay}/{action:pause|resume|remove|url}", self.change),
        ]

    async def show(self, request: web.Request) -> web.Response:
        require(request, *ROLES)
        return await self._page(request, await self._site.meeting(request))

    async def _page(
        self,
        request: web.Request,
        meeting: Meeting,
        *,
        error: AppError | None = None,
        kind: str = "",
        language: str = "",
    ) -> web.Response:
        return await render(
            request,
            "transcripts/relays.html",
            status=error.status if error else 200,
            meeting=meeting,
            kinds=KINDS,
            relays=await relay_rows(self._service, meeting.id),
            error=error,
            chosen_kind=kind,
            chosen_language=language or meeting.language,
        )

    async def add(self, request: web.Request) -> web.Response:
        here = require(request, *ROLES)
        meeting = await self._site.meeting(request)
        form = await request.post()
        kind, language = str(form.get("kind", "")), str(form.get("language", ""))
        try:
            await self._service.add(
                meeting.id, kind=kind, language=language, url=str(form.get("url", "")), account=here
            )
        except AppError as error:
            if not error.key:
                raise
            return await self._page(request, meeting, error=error, kind=kind, language=language)
        raise web.HTTPSeeOther(f"/meetings/{meeting.id}/relays")

    async def change(self, request: web.Request) -> web.Response:
        here = require(request, *ROLES)
        meeting = await self._site.meeting(request)
        relay, action = request.match_info["relay"], request.match_info["action"]
        form = await request.post()
        try:
            if action == "remove":
                await self._service.remove(meeting.id, relay, account=here)
            elif action == "url":
                url = str(form.get("url", ""))
                await self._service.replace_url(meeting.id, relay, url=url, account=here)
            else:
                state = "paused" if action == "pause" else "on"
                await self._service.move(meeting.id, relay, state=state, account=here)
        except AppError as error:
            if not error.key:
                raise
            return await self._page(request, meeting, error=error)
        raise web.HTTPSeeOther(f"/meetings/{meeting.id}/relays")


class RelayApi:
    """`/api/v1/meetings/{meeting}/relays`."""

    def __init__(self, site: CaptionsSite, service: RelayService) -> None:
        self._site = site
        self._service = service

    def routes(self) -> list[web.AbstractRouteDef]:
        relays = "/api/v1/meetings/{meeting}/relays"
        return [
            web.get(relays, self.list),
            web.post(relays, self.add),
            web.patch(relays + "/{relay}", self.change),
            web.delete(relays + "/{relay}", self.remove),
        ]

    async def list(self, request: web.Request) -> web.Response:
        require(request, *ROLES)
        meeting = await self._site.meeting(request)
        rows = await relay_rows(self._service, meeting.id)
        return web.json_response({"relays": [_data(row) for row in rows]})

    async def add(self, request: web.Request) -> web.Response:
        here = require(request, *ROLES)
        meeting = await self._site.meeting(request)
        body = await read_object(request)
        relay = await self._service.add(
            meeting.id,
            kind=text_of(body, "kind"),
            language=text_of(body, "language"),
            url=text_of(body, "url"),
            account=here,
        )
        return web.json_response(self._one(relay), status=201)

    async def change(self, request: web.Request) -> web.Response:
        """Another URL, or another state; one of the two."""
        here = require(request, *ROLES)
        meeting = await self._site.meeting(request)
        body = await read_object(request)
        if len({"url", "state"} & body.keys()) != 1:
            raise InvalidInput("Give either “url” or “state”.")
        relay_id = request.match_info["relay"]
        if "url" in body:
            url = text_of(body, "url")
            relay = await self._service.replace_url(meeting.id, relay_id, url=url, account=here)
        else:
            state = text_of(body, "state")
            relay = await self._service.move(meeting.id, relay_id, state=state, account=here)
        return web.json_response(self._one(relay))

    async def remove(self, request: web.Request) -> web.Response:
        here = require(request, *ROLES)
        meeting = await self._site.meeting(request)
        await self._service.remove(meeting.id, request.match_info["relay"], account=here)
        return web.Response(status=204)

    def _one(self, relay: Relay) -> dict[str, Any]:
        return _data(RelayRow(relay=relay, health=self._service.health(relay), address=masked(relay.url)))


def _data(row: RelayRow) -> dict[str, Any]:
    relay = row.relay
    return {
        "id": relay.id,
        "kind": relay.kind,
        "language": relay.language,
        "address": row.address,
        "state": relay.state,
        "health": row.health.level,
        "trouble": row.health.trouble,
        "last_ok_at": relay.last_ok_at.isoformat() if relay.last_ok_at else None,
        "sent": relay.sent,
        "skipped": relay.skipped,
    }


def relay_routes(site: CaptionsSite, service: RelayService) -> Sequence[web.AbstractRouteDef]:
    """All routes of relays."""
    return [*RelayPages(site, service).routes(), *RelayApi(site, service).routes()]
