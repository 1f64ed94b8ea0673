"""The pages of notices: `/disaster/notices`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.city import City, in_language
from bot.disaster.areas import Areas
from bot.disaster.broadcasts import Notices, Target
from bot.disaster.model import DisasterOptions
from bot.disaster.templates import TEMPLATES
from bot.disaster.web import sentence, version_of
from core.errors import AppError
from core.web import render, require
from core.web.pages import page_language


class NoticePages:
    """Routes for staff."""

    def __init__(
        self,
        notices: Notices,
        *,
        city: City,
        areas: Areas,
        language_names: Mapping[str, str],
        options: DisasterOptions,
    ) -> None:
        self._notices = notices
        self._city = city
        self._areas = areas
        self._language_names = language_names
        self._options = options

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/disaster/notices/new", self.new),
            web.post("/disaster/notices", self.create),
            web.get("/disaster/notices/{id}", self.page),
            web.get("/disaster/notices/{id}/part", self.part),
            web.post("/disaster/notices/{id}/aim", self.aim),
            web.post("/disaster/notices/{id}/texts/{language}", self.edit),
            web.post("/disaster/notices/{id}/send", self.send),
            web.post("/disaster/notices/{id}/cancel", self.cancel),
        ]

    async def new(self, request: web.Request) -> web.StreamResponse:
        """Choose a template, or write a sentence."""
        require(request, "staff")
        return await self._new(request)

    async def _new(
        self,
        request: web.Request,
        *,
        status: int = 200,
        error: str = "",
        typed: Mapping[str, str] | None = None,
    ) -> web.Response:
        language = page_language(request)
        template = request.query.get("template", (typed or {}).get("template", ""))
        return await render(
            request,
            "bot/disaster_notice_new.html",
            status=status,
            error=error,
            templates={
                name: self._city.phrases.get("ja", f"disaster.template.{name}")
                .replace("{", "［")
                .replace("}", "］")
                for name in TEMPLATES
            },
            chosen=template if template in TEMPLATES else "",
            fields=TEMPLATES.get(template, ()),
            shelters={one.id: in_language(one.names, "ja") for one in self._city.shelters.values()},
            area_names=self._area_names(language),
            longest=self._options.longest_notice,
            typed=typed or {},
        )

    def _area_names(self, language: str) -> dict[str, str]:
        return {area.id: in_language(area.names, language) for area in self._areas}

    async def create(self, request: web.Request) -> web.StreamResponse:
        account = require(request, "staff")
        form = await request.post()
        typed = {name: str(value) for name, value in form.items() if isinstance(value, str)}
        target = Target(
            areas=tuple(area for area in map(str, form.getall("area", [])) if area in self._areas)
        )
        try:
            if template := typed.get("template", ""):
                notice_id = await self._notices.draft_template(account, template, typed, target)
            else:
                notice_id = await self._notices.draft_sentence(account, typed.get("text", ""), target)
        except AppError as error:
            return await self._new(request, status=error.status, error=sentence(request, error), typed=typed)
        raise web.HTTPSeeOther(f"/disaster/notices/{notice_id}")

    async def page(self, request: web.Request) -> web.StreamResponse:
        """A notice: its texts while it is a draft, how far it came afterwards."""
        require(request, "staff")
        return await self._page(request)

    async def part(self, request: web.Request) -> web.StreamResponse:
        """What changes by itself, for replacing it in place."""
        require(request, "staff")
        return await render(request, "bot/_disaster_counts.html", **await self._context(request))

    async def _page(self, request: web.Request, *, status: int = 200, error: str = "") -> web.Response:
        context = await self._context(request)
        return await render(request, "bot/disaster_notice.html", status=status, error=error, **context)

    async def _context(self, request: web.Request) -> dict[str, Any]:
        opened = await self._notices.open(request.match_info["id"])
        zone, notice = self._city.hours.zone, opened.notice
        return {
            "opened": opened,
            "notice": notice,
            "languages": {tag: self._language_names.get(tag, tag) for tag in self._city.languages},
            "area_names": self._area_names(page_language(request)),
            "waiting": sum(text.source == "waiting" for text in opened.texts),
            "people": sum(opened.reach.values()),
            "sent_at": notice.sent_at.astimezone(zone) if notice.sent_at else None,
            "longest": self._options.longest_notice,
        }

    async def aim(self, request: web.Request) -> web.StreamResponse:
        """Whom a notice is for."""
        account, notice_id = require(request, "staff"), request.match_info["id"]
        form = await request.post()
        languages = tuple(tag for tag in map(str, form.getall("language", [])) if tag in self._city.languages)
        target = Target(
            areas=tuple(area for area in map(str, form.getall("area", [])) if area in self._areas),
            unknown_area=form.get("unknown_area") == "1",
            languages=languages,
            check_in=form.get("check_in") == "1",
        )
        try:
            await self._notices.aim(
                account, notice_id, target, unchecked_japanese=form.get("unchecked_japanese") == "1"
            )
        except AppError as error:
            return await self._refused(request, error)
        raise web.HTTPSeeOther(f"/disaster/notices/{notice_id}")

    async def edit(self, request: web.Request) -> web.StreamResponse:
        """One language: its words, and whether somebody checked them."""
        account, notice_id = require(request, "staff"), request.match_info["id"]
        language = request.match_info["language"]
        form = await request.post()
        try:
            await self._notices.edit(
                account, notice_id, language, str(form.get("text", "")), checked=form.get("checked") == "1"
            )
        except AppError as error:
            return await self._refused(request, error)
        raise web.HTTPSeeOther(f"/disaster/notices/{notice_id}#text-{language}")

    async def send(self, request: web.Request) -> web.StreamResponse:
        account, notice_id = require(request, "staff"), request.match_info["id"]
        form = await request.post()
        try:
            await self._notices.send(account, notice_id, version=version_of(form.get("version", "")))
        except AppError as error:
            return await self._refused(request, error)
        raise web.HTTPSeeOther(f"/disaster/notices/{notice_id}")

    async def cancel(self, request: web.Request) -> web.StreamResponse:
        account, notice_id = require(request, "staff"), request.match_info["id"]
        try:
            await self._notices.cancel(account, notice_id)
        except AppError as error:
            return await self._refused(request, error)
        raise web.HTTPSeeOther(f"/disaster/notices/{notice_id}")

    async def _refused(self, request: web.Request, error: AppError) -> web.Response:
        """The page again, with the reason."""
        if error.status == 404:
            raise error
        return await self._page(request, status=error.status, error=sentence(request, error))
