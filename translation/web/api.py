"""`/api/v1/memory` and `/api/v1/translate`: what programs use. Written down in docs/openapi.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from core.errors import InvalidInput
from core.web import read_object
from translation.memory import Suggestion, Unit
from translation.web.memory import changed
from translation.web.site import LanguageSite, check_pair, check_texts, chosen_tag
from translation.web.trials import describe

LIMIT = 200  # units in one answer
SUGGESTIONS = 10  # in one answer


class Api:
    """The memory and the translator as JSON."""

    def __init__(self, site: LanguageSite) -> None:
        self._site = site

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/api/v1/memory", self.search),
            web.post("/api/v1/memory", self.learn),
            web.get("/api/v1/memory/suggest", self.suggest),
            web.get("/api/v1/memory/{id}", self.show),
            web.put("/api/v1/memory/{id}", self.change),
            web.delete("/api/v1/memory/{id}", self.forget),
            web.post("/api/v1/translate", self.translate),
        ]

    async def search(self, request: web.Request) -> web.Response:
        self._site.reader(request)
        limit = _number(request, "limit", LIMIT, self._site.options.page_rows)
        found = await self._site.memory.search(
            words=request.query.get("words", "")[: self._site.options.words_limit],
            source=chosen_tag(request, "from"),
            target=chosen_tag(request, "to"),
            after=request.query.get("after", "")[:36],
            limit=limit + 1,
        )
        following = found[limit - 1].id if len(found) > limit else ""
        return web.json_response({"units": [unit_data(unit) for unit in found[:limit]], "next": following})

    async def learn(self, request: web.Request) -> web.Response:
        here = self._site.reader(request)
        body = await read_object(request)
        source, target = _text(body, "source"), _text(body, "target")
        texts = _texts(body)
        check_pair(source, target)
        check_texts(**texts, limit=self._site.options.text_limit)
        unit = await self._site.memory.learn(
            source=source, target=target, **texts, author=here.display_name, came_from="page"
        )
        return web.json_response(unit_data(unit), status=201)

    async def show(self, request: web.Request) -> web.Response:
        self._site.reader(request)
        return web.json_response(unit_data(await self._site.memory.get(request.match_info["id"])))

    async def change(self, request: web.Request) -> web.Response:
        here = self._site.reader(request)
        texts = _texts(await read_object(request))
        return web.json_response(unit_data(await changed(self._site, request.match_info["id"], texts, here)))

    async def forget(self, request: web.Request) -> web.Response:
        self._site.reader(request)
        await self._site.memory.forget(request.match_info["id"])
        return web.Response(status=204)

    async def suggest(self, request: web.Request) -> web.Response:
        self._site.reader(request)
        source, target = chosen_tag(request, "from"), chosen_tag(request, "to")
        check_pair(source, target)
        text = request.query.get("text", "")
        if len(text) > self._site.options.text_limit:
            raise InvalidInput(f"A text has at most {self._site.options.text_limit} characters.")
        limit = _number(request, "limit", SUGGESTIONS, 3)
        found = await self._site.memory.suggest(text, source, target, limit=limit)
        return web.json_response({"suggestions": [_suggestion_data(one) for one in found]})

    async def translate(self, request: web.Request) -> web.Response:
        """Translate a text, as `madoguchi translate --json` does."""
        here = self._site.reader(request)
        body = await read_object(request)
        source, target = _text(body, "from"), _text(body, "to")
        made = await self._site.translate(here, _text(body, "text"), source, target, "en")
        check = self._site.glossary.check(made.source_text, made.text, source, target)
        return web.json_response(describe(made, check))


def unit_data(unit: Unit) -> dict[str, Any]:
    """A unit as JSON."""
    return {
        "id": unit.id,
        "source": unit.source,
        "target": unit.target,
        "source_text": unit.source_text,
        "target_text": unit.target_text,
        "origin": unit.origin,
        "author": unit.author,
        "came_from": unit.came_from,
        "created_at": unit.created_at.isoformat(),
        "updated_at": unit.updated_at.isoformat(),
    }


def _suggestion_data(suggestion: Suggestion) -> dict[str, Any]:
    return {
        "score": round(suggestion.score, 4),
        "text": suggestion.text,
        "unit": unit_data(suggestion.unit),
    }


def _texts(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _text(body, name) for name in ("source_text", "target_text")}


def _text(body: Mapping[str, Any], name: str) -> str:
    """A text of a JSON object. Raises InvalidInput when it is missing or something else."""
    value = body.get(name)
    if not isinstance(value, str):
        raise InvalidInput(f"“{name}” must be a text.")
    return value


def _number(request: web.Request, name: str, highest: int, otherwise: int) -> int:
    """A number from 1 to `highest` in the query. Raises InvalidInput."""
    value = request.query.get(name, str(otherwise))
    if value.isascii() and value.isdecimal() and len(value) < 6 and 1 <= int(value) <= highest:
        return int(value)
    raise InvalidInput(f"“{name}” must be a number from 1 to {highest}.")
