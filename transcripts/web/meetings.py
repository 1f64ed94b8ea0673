"""The list of meetings; planning, ending and reopening one."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from core.web import account, render, require
from transcripts.model import MeetingState
from transcripts.web.site import CaptionsSite
from translation.languages import languages


class MeetingPages:
    """`/meetings`."""

    def __init__(self, site: CaptionsSite) -> None:
        self._site = site

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/meetings", self.show),
            web.post("/meetings", self.create),
            web.post("/meetings/{meeting}/end", self.end),
            web.post("/meetings/{meeting}/reopen", self.reopen),
        ]

    async def show(self, request: web.Request) -> web.Response:
        return await render(request, "transcripts/meetings.html", **await self._list(request))

    async def _list(self, request: web.Request) -> dict[str, Any]:
        # Past transcripts are for those who work with them; others reach one by the address they were given.
        states: tuple[MeetingState, ...] = (
            ("live", "planned", "ended") if account(request) else ("live", "planned")
        )
        found = await self._site.service.meetings(states=states)
        return {
            "meetings": sorted(found, key=lambda meeting: states.index(meeting.state)),
            "languages": list(languages().values()),
        }

    async def create(self, request: web.Request) -> web.Response:
        here = require(request, "staff", "interpreter")
        form = await request.post()
        made = await self._site.service.create(
            title=str(form.get("title", "")),
            language=str(form.get("language", "")),
            languages=[str(tag) for tag in form.getall("languages", [])],
            account=here,
        )
        return await render(
            request,
            "transcripts/created.html",
            status=201,
            meeting=made.meeting,
            watch=self._site.address(request, f"/meetings/{made.meeting.id}"),
            send=self._site.address(request, f"/meetings/{made.meeting.id}/send?token={made.sender_token}"),
        )

    async def end(self, request: web.Request) -> web.Response:
        require(request, "staff", "interpreter")
        meeting = await self._site.meeting(request)
        await self._site.live.end(meeting.id)
        await self._site.service.end(meeting.id)
        raise web.HTTPSeeOther(f"/meetings/{meeting.id}")

    async def reopen(self, request: web.Request) -> web.Response:
        require(request, "staff", "interpreter")
        meeting = await self._site.meeting(request)
        await self._site.service.start(meeting.id)
        raise web.HTTPSeeOther(f"/meetings/{meeting.id}/send")
