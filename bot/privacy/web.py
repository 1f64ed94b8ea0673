"""The page behind a link to one's own data: no login, the link itself is the key."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from bot.city import City
from bot.privacy.exporting import EXPORTS, PATH, Export, Exports
from core.errors import NotFound
from core.web import render
from core.web.pages import render_string

LONGEST_TOKEN = 64  # characters
# What is of no use to a reader; the JSON has all of it.
_HIDDEN = frozenset(
    {"id", "translation", "sources", "conversation", "seen_at", "changed_at", "edited_ms", "seats"}
)
_PRIVATE = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex", "Cache-Control": "no-store"}


class MyDataPages:
    """Routes for residents."""

    def __init__(self, exports: Exports, city: City) -> None:
        self._exports = exports
        self._city = city

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get(f"{PATH}/{{token}}", self.look),
            web.post(f"{PATH}/{{token}}", self.take),
        ]

    async def look(self, request: web.Request) -> web.StreamResponse:
        """What the link is for. Uses up nothing."""
        language = await self._exports.language_of(_token(request))
        if language is None:
            return await self._gone(request)
        return await self._page(request, language, gone=False)

    async def take(self, request: web.Request) -> web.StreamResponse:
        """All of it, once: to read here, or as an archive."""
        form = await request.post()
        try:
            export = await self._exports.take(_token(request))
        except NotFound:
            return await self._gone(request)
        shown = self._shown(export)
        if form.get("as") == "page":
            EXPORTS.labels("page").inc()
            return _private(await render(request, "bot/my_data.html", alone=False, **shown))
        EXPORTS.labels("archive").inc()
        page = await render_string(request, "bot/my_data.html", alone=True, **shown)
        return web.Response(
            body=await self._exports.pack(export, page),
            content_type="application/zip",
            headers={**_PRIVATE, "Content-Disposition": 'attachment; filename="my-data.zip"'},
        )

    async def _gone(self, request: web.Request) -> web.Response:
        """Whose link it was is not known any more, so it is said in the languages of the city's pages."""
        return await self._page(request, "ja", gone=True, status=404)

    async def _page(
        self, request: web.Request, language: str, *, gone: bool, status: int = 200
    ) -> web.Response:
        page = await render(
            request,
            "bot/my_data_link.html",
            status=status,
            language=language,
            say=self._say(language),
            in_english=self._say("en"),
            gone=gone,
            minutes=self._exports.options.minutes,
        )
        return _private(page)

    def _say(self, language: str) -> Callable[..., str]:
        city = self._city.name(language)

        def say(key: str, **values: object) -> str:
            return self._city.phrases.get(language, f"privacy.{key}", city=city, **values)

        return say

    def _shown(self, export: Export) -> dict[str, Any]:
        return {
            "language": export.language,
            "say": self._say(export.language),
            "made_at": export.made_at.astimezone(self._zone),
            "kinds": {
                kind: [self._row(row, export.language) for row in rows] for kind, rows in export.kinds.items()
            },
            "files": [file.name for file in export.files],
        }

    @property
    def _zone(self) -> ZoneInfo:
        return self._city.hours.zone

    def _row(self, row: Mapping[str, Any], language: str) -> list[tuple[str, str]]:
        """What a row says, under names in the reader's language; under its own where nothing of it has one."""
        filled = {
            name: self._readable(value)
            for name, value in row.items()
            if value not in (None, "", [], {}) and name not in _HIDDEN and not name.endswith("_id")
        }
        known, say = self._city.phrases.keys("en"), self._say(language)
        named = [
            (say(f"field.{name}"), value)
            for name, value in filled.items()
            if f"privacy.field.{name}" in known
        ]
        return named or list(filled.items())

    def _readable(self, value: Any) -> str:
        if isinstance(value, bool):
            return "✓" if value else "–"
        if isinstance(value, Mapping):
            return "\n".join(f"{name}: {self._readable(one)}" for name, one in value.items() if one)
        if isinstance(value, (list, tuple)):
            return ", ".join(self._readable(one) for one in value)
        if isinstance(value, dt.datetime):
            return f"{value.astimezone(self._zone):%Y-%m-%d %H:%M}"
        return str(value)


def _token(request: web.Request) -> str:
    return request.match_info["token"][:LONGEST_TOKEN]


def _private(response: web.Response) -> web.Response:
    response.headers.update(_PRIVATE)
    return response
