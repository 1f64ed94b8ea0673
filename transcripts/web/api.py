"""`/api/v1/meetings`: what programs and this package's own scripts use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from core.errors import InvalidInput
from core.web import read_object, require
from transcripts.hub import caption_data
from transcripts.model import Meeting
from transcripts.service import Plan
from transcripts.web.site import CaptionsSite, number_of, text_of


class Api:
    """Meetings and captions as JSON."""

    def __init__(self, site: CaptionsSite) -> None:
        self._site = site

    def routes(self) -> list[web.AbstractRouteDef]:
        meeting = "/api/v1/meetings/{meeting}"
        return [
            web.post("/api/v1/meetings", self.create),
            web.get(meeting, self.show),
            web.get(f"{meeting}/captions", self.captions),
            web.put(meeting + "/captions/{seq}", self.correct),
            web.delete(meeting + "/captions/{seq}/approval", self.withdraw),
            web.get(meeting + "/captions/{seq}/revisions", self.revisions),
        ]

    async def create(self, request: web.Request) -> web.Response:
        here = require(request, "staff", "interpreter")
        body = await read_object(request)
        made = await self._site.service.create(
            title=text_of(body, "title"),
            language=text_of(body, "language"),
            account=here,
            plan=_plan(body),
        )
        path = f"/meetings/{made.meeting.id}"
        answer = {
            **meeting_data(made.meeting),
            "sender_token": made.sender_token,
            "url": self._site.address(request, path),
            "sender_url": self._site.address(request, f"{path}/send?token={made.sender_token}"),
        }
        return web.json_response(answer, status=201)

    async def show(self, request: web.Request) -> web.Response:
        return web.json_response(meeting_data(await self._site.meeting(request)))

    async def captions(self, request: web.Request) -> web.Response:
        meeting = await self._site.meeting(request)
        tags = request.query.getall("lang", list(meeting.languages))
        self._site.service.check_languages(meeting, tags)
        after = number_of(request.query.get("after", "0"), "after")
        reading = await self._site.service.read_after(meeting.id, after, languages=tags)
        return web.json_response(
            {
                "position": reading.position,
                "state": reading.state,
                "captions": [caption_data(caption) for caption in reading.captions],
            }
        )

    async def correct(self, request: web.Request) -> web.Response:
        here = require(request, "interpreter")
        body = await read_object(request)
        caption = await self._site.service.correct(
            request.match_info["meeting"],
            seq=number_of(request.match_info["seq"], "seq"),
            lang=text_of(body, "lang"),
            text=text_of(body, "text"),
            rev=number_of(body.get("rev"), "rev"),
            account=here,
        )
        learnt = await self._site.service.learnt(caption)
        return web.json_response({**caption_data(caption), "learnt": learnt})

    async def withdraw(self, request: web.Request) -> web.Response:
        """Take the approval of a caption back."""
        here = require(request, "interpreter")
        caption = await self._site.service.withdraw(
            request.match_info["meeting"],
            seq=number_of(request.match_info["seq"], "seq"),
            lang=request.query.get("lang", ""),
            rev=number_of(request.query.get("rev", ""), "rev"),
            account=here,
        )
        return web.json_response({**caption_data(caption), "learnt": False})

    async def revisions(self, request: web.Request) -> web.Response:
        require(request, "interpreter", "staff")
        meeting = await self._site.meeting(request)
        lang = request.query.get("lang", meeting.language)
        self._site.service.check_languages(meeting, [lang])
        history = await self._site.service.history(
            meeting.id, seq=number_of(request.match_info["seq"], "seq"), lang=lang
        )
        return web.json_response(
            {
                "revisions": [
                    {
                        "rev": one.rev,
                        "text": one.text,
                        "origin": one.origin,
                        "by": one.by,
                        "at": one.at.isoformat(),
                    }
                    for one in history
                ]
            }
        )


def _plan(body: Mapping[str, Any]) -> Plan:
    return Plan(
        languages=_tags(body, "languages"),
        recorded=_tags(body, "recorded") if "recorded" in body else None,
        also_spoken=_tags(body, "also_spoken"),
        names=text_of(body, "names") if "names" in body else "",
        partials=body.get("partials") is True,
        audio_days=number_of(body.get("audio_days", 0), "audio_days"),
    )


def _tags(body: Mapping[str, Any], name: str) -> tuple[str, ...]:
    tags = body.get(name, [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise InvalidInput(f"“{name}” must be a list of language tags.")
    return tuple(tags)


def meeting_data(meeting: Meeting) -> dict[str, Any]:
    """A meeting as programs see it. Its names are for staff only."""
    return {
        "id": meeting.id,
        "title": meeting.title,
        "language": meeting.language,
        "languages": list(meeting.languages),
        "spoken": list(meeting.spoken),
        "recorded": list(meeting.recorded),
        "partials": meeting.partials,
        "audio_days": meeting.audio_days,
        "state": meeting.state,
        "created_at": meeting.created_at.isoformat(),
    }
