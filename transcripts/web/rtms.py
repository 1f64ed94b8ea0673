"""Sound from Zoom, on a page: which Zoom meeting feeds this one."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from core.errors import AppError
from core.web import render, require
from transcripts.model import Meeting
from transcripts.rtms.service import RtmsService
from transcripts.web.site import CaptionsSite

ROLES = ("staff", "interpreter")
RESTARTED = {*range(10, 20), 24}  # reasons after which the stream must be started anew in Zoom


class RtmsPages:
    """`/meetings/{meeting}/zoom`: every button is a form, so it works without scripts."""

    def __init__(self, site: CaptionsSite, service: RtmsService) -> None:
        self._site = site
        self._service = service

    def routes(self) -> list[web.AbstractRouteDef]:
        page = "/meetings/{meeting}/zoom"
        return [web.get(page, self.show), web.post(page, self.link), web.post(page + "/remove", self.unlink)]

    async def show(self, request: web.Request) -> web.Response:
        require(request, *ROLES)
        return await self._page(request, await self._site.meeting(request))

    async def _page(
        self, request: web.Request, meeting: Meeting, *, error: AppError | None = None
    ) -> web.Response:
        link = await self._service.of_meeting(meeting.id)
        return await render(
            request,
            "transcripts/zoom.html",
            status=error.status if error else 200,
            meeting=meeting,
            link=link,
            error=error,
            restart=link is not None and link.stop_reason in RESTARTED,
            webhook=self._site.address(request, "/rtms/webhook"),
        )

    async def link(self, request: web.Request) -> web.Response:
        require(request, *ROLES)
        meeting = await self._site.meeting(request)
        form = await request.post()
        try:
            await self._service.link(meeting.id, str(form.get("zoom", ""))[:300])
        except AppError as error:
            if not error.key:
                raise
            return await self._page(request, meeting, error=error)
        raise web.HTTPSeeOther(f"/meetings/{meeting.id}/zoom")

    async def unlink(self, request: web.Request) -> web.Response:
        require(request, *ROLES)
        meeting = await self._site.meeting(request)
        await self._service.unlink(meeting.id)
        raise web.HTTPSeeOther(f"/meetings/{meeting.id}/zoom")


def rtms_routes(site: CaptionsSite, service: RtmsService) -> Sequence[web.AbstractRouteDef]:
    """The routes of the page; Zoom's webhook has its own."""
    return RtmsPages(site, service).routes()
