"""The list of meetings; planning, ending, reopening and deleting one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from multidict import MultiDictProxy

from core.errors import Conflict, InvalidInput
from core.web import account, render, require
from transcripts.exports import clock
from transcripts.model import Meeting, MeetingState
from transcripts.recogniser import RATE
from transcripts.service import Plan
from transcripts.web.site import CaptionsSite, number_of
from translation.languages import languages

FIRST_LANGUAGES = ("ja", "ja-Hira", "en", "pt-BR")  # ticked for a new meeting
DAYS = (1, 3, 7, 14, 30, 60, 90)  # choices for how long the sound is kept


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanForm:
    """What stands in the form."""

    title: str = ""
    language: str = ""  # of a meeting that is there; it cannot be changed
    languages: tuple[str, ...] = FIRST_LANGUAGES
    recorded: tuple[str, ...] = ()
    also_spoken: tuple[str, ...] = ()
    names: str = ""
    partials: bool = False
    audio_days: int = 0
    day_choices: tuple[int, ...] = ()


class MeetingPages:
    """`/meetings`."""

    def __init__(self, site: CaptionsSite) -> None:
        self._site = site

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/meetings", self.show),
            web.post("/meetings", self.create),
            web.get("/meetings/{meeting}/plan", self.plan),
            web.post("/meetings/{meeting}/plan", self.replan),
            web.post("/meetings/{meeting}/end", self.end),
            web.post("/meetings/{meeting}/reopen", self.reopen),
            web.post("/meetings/{meeting}/sound/delete", self.delete_sound),
            web.post("/meetings/{meeting}/delete", self.remove),
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
            **self._choices(PlanForm(day_choices=self._days(0))),
        }

    def _choices(self, plan: PlanForm) -> dict[str, Any]:
        return {
            "languages": list(languages().values()),
            "plan": plan,
            "audio_days_limit": self._longest_sound(),
        }

    def _longest_sound(self) -> int:
        return self._site.service.options.audio_days_limit if self._site.keeper is not None else 0

    def _days(self, chosen: int) -> tuple[int, ...]:
        limit = self._longest_sound()
        return tuple(sorted({days for days in (*DAYS, chosen, limit) if 0 < days <= limit}))

    async def create(self, request: web.Request) -> web.Response:
        here = require(request, "staff", "interpreter")
        form = await request.post()
        made = await self._site.service.create(
            title=str(form.get("title", "")),
            language=str(form.get("language", "")),
            account=here,
            plan=_plan(form),
        )
        return await render(
            request,
            "transcripts/created.html",
            status=201,
            meeting=made.meeting,
            watch=self._site.address(request, f"/meetings/{made.meeting.id}"),
            send=self._site.address(request, f"/meetings/{made.meeting.id}/send?token={made.sender_token}"),
        )

    async def plan(self, request: web.Request) -> web.Response:
        require(request, "staff", "interpreter")
        meeting = await self._site.meeting(request)
        return await self._plan_page(request, meeting, saved=request.query.get("saved") == "1")

    async def _plan_page(
        self,
        request: web.Request,
        meeting: Meeting,
        *,
        title: str | None = None,
        plan: Plan | None = None,
        **shown: Any,
    ) -> web.Response:
        """The page; with what was typed where that could not be saved."""
        keeper = self._site.keeper
        samples = await keeper.samples(meeting.id) if keeper is not None else 0
        source = plan or meeting
        form = PlanForm(
            title=meeting.title if title is None else title,
            language=meeting.language,
            languages=tuple(source.languages),
            recorded=tuple(source.recorded or ()),
            also_spoken=tuple(source.also_spoken),
            names=source.names,
            partials=source.partials,
            audio_days=source.audio_days,
            day_choices=self._days(source.audio_days),
        )
        facts = {
            "meeting": meeting,
            "saved": False,
            "wrong": "",
            "trouble": await self._site.service.audio_trouble(meeting.id),
            "has_sound": samples > 0,
            "sound_time": clock(samples / RATE),
            "may_remove": self._site.retention is not None and meeting.state != "live",
            **self._choices(form),
        }
        status = int(shown.pop("status", 200))
        return await render(request, "transcripts/plan.html", status=status, **(facts | shown))

    async def replan(self, request: web.Request) -> web.Response:
        require(request, "staff", "interpreter")
        meeting = await self._site.meeting(request)
        form = await request.post()
        title, plan = str(form.get("title", "")), _plan(form)
        try:
            await self._site.service.replan(meeting.id, title=title, plan=plan)
        except InvalidInput as error:
            return await self._plan_page(
                request, meeting, title=title, plan=plan, wrong=str(error), status=error.status
            )
        if self._site.keeper is not None:
            self._site.keeper.forget(meeting.id)
        raise web.HTTPSeeOther(f"/meetings/{meeting.id}/plan?saved=1")

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

    async def delete_sound(self, request: web.Request) -> web.Response:
        require(request, "staff", "interpreter")
        meeting = await self._site.meeting(request)
        if self._site.retention is not None:
            await self._site.retention.delete_sound(meeting.id)
        raise web.HTTPSeeOther(f"/meetings/{meeting.id}/plan")

    async def remove(self, request: web.Request) -> web.Response:
        require(request, "staff", "interpreter")
        meeting = await self._site.meeting(request)
        if (await request.post()).get("sure") != "1":
            raise InvalidInput("Tick that the meeting is to be deleted for good.")
        if meeting.state == "live" or self._site.live.is_live(meeting.id):
            raise Conflict("This meeting is going on; end it first.")
        if self._site.retention is not None:
            await self._site.retention.remove(meeting.id)
        raise web.HTTPSeeOther("/meetings")


def _plan(form: MultiDictProxy[Any]) -> Plan:
    def tags(name: str) -> tuple[str, ...]:
        return tuple(str(tag) for tag in form.getall(name, []))

    return Plan(
        languages=tuple(dict.fromkeys((*tags("languages"), *tags("recorded")))),
        recorded=tags("recorded"),
        also_spoken=tags("also_spoken"),
        names=_text(form, "names"),
        partials=form.get("partials") == "1",
        audio_days=number_of(_text(form, "audio_days") or "0", "audio_days"),
    )


def _text(form: Mapping[str, Any], name: str) -> str:
    return str(form.get(name, ""))
