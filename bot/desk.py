"""The staff desk's pages: `/desk` and what its forms and script call.

Every change is a form that works without a script; the script only previews while somebody types and replaces
parts of the page when something changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from aiohttp import web

from bot.attachments.model import Attachment
from bot.attachments.service import Attachments
from bot.attachments.web import shown as shown_attachment
from bot.city import City
from bot.line.quota import QuotaWatch
from bot.model import Message
from bot.requests import FactsLost, Opened, Preview, RequestDesk, Waiting, describe
from core.accounts import Account
from core.bus import Bus
from core.errors import AppError
from core.web import read_object, render, require
from core.web.changes import ChangeStreams
from core.web.pages import PAGES, page_language
from translation.makers import maker_of

EXCERPT = 80  # characters
VERSION_DIGITS = 10  # Python refuses to read numbers of thousands of digits


class Desk:
    """Routes of the desk."""

    def __init__(
        self,
        requests: RequestDesk,
        bus: Bus,
        city: City,
        *,
        japanese_names: dict[str, str],
        saved_replies: Sequence[dict[str, str]] = (),
        attachments: Attachments | None = None,
        quota: QuotaWatch | None = None,
        max_streams: int = 200,
    ) -> None:
        """`japanese_names` is language tag → its name in Japanese; `attachments` are files that came with messages,
        `quota` is what staff are warned of, `max_streams` bounds open event streams."""
        self._requests = requests
        self._city = city
        self._japanese_names = japanese_names
        self._saved_replies = list(saved_replies)
        self._attachments = attachments
        self._quota = quota
        self._changes = ChangeStreams(bus, "desk", most=max_streams)

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/desk", self.page),
            web.get("/desk/events", self.events),
            web.get("/desk/parts/{part:queue|conversation}", self.part),
            web.post("/desk/requests/{id}/claim", self.claim),
            web.post("/desk/requests/{id}/release", self.release),
            web.post("/desk/requests/{id}/close", self.close),
            web.post("/desk/requests/{id}/answer", self.answer),
            web.get("/api/v1/requests", self.list_requests),
            web.get("/api/v1/requests/{id}", self.show_request),
            web.post("/api/v1/requests/{id}/preview", self.preview),
        ]

    async def page(self, request: web.Request) -> web.StreamResponse:
        """The desk, with one request opened by `?request=`."""
        account = require(request, "staff")
        return await self._page(request, account)

    async def _page(
        self,
        request: web.Request,
        account: Account,
        *,
        status: int = 200,
        request_id: str = "",
        **shown: Any,
    ) -> web.Response:
        context = await self._context(account, request_id or request.query.get("request", ""))
        context |= {
            "draft": "",
            "preview": None,
            "error": None,
            "saved_replies": self._saved_replies,
            "quota": self._quota.notice if self._quota else None,
            **shown,
        }
        return await render(request, "bot/desk.html", status=status, **context)

    async def part(self, request: web.Request) -> web.StreamResponse:
        """A part of the page, for replacing it in place."""
        account = require(request, "staff")
        context = await self._context(account, request.query.get("request", ""))
        return await render(request, f"bot/_{request.match_info['part']}.html", **context)

    async def _context(self, account: Account, request_id: str) -> dict[str, Any]:
        waiting = await self._requests.queue()
        groups: dict[str, list[dict[str, Any]]] = {"waiting": [], "mine": [], "others": []}
        for entry in waiting:
            mine = entry.request.claimed_by == account.id
            group = "waiting" if entry.request.state == "open" else "mine" if mine else "others"
            groups[group].append(self._row(entry))
        selected = await self._opened(request_id, account) if request_id else None
        return {"queue": {**groups, "done_today": await self._requests.done_today()}, "selected": selected}

    def _row(self, entry: Waiting) -> dict[str, Any]:
        request, resident, first = entry.request, entry.resident, entry.first
        words = (first.japanese or first.text) if first else ""
        language = resident.conversation.language or "ja"
        return {
            "id": request.id,
            "number": request.number,
            "name": resident.display_name or f"LINE {request.number}",
            "language": language,
            "language_name": self._japanese_names.get(language, language),
            "since": request.opened_at.astimezone(self._city.hours.zone),
            "urgent": request.urgent,
            "department_name": self._city.department(request.department, "ja"),
            "excerpt": words if len(words) <= EXCERPT else words[: EXCERPT - 1] + "…",
            "state": request.state,
            "claimed_by_name": entry.claimed_by_name,
        }

    async def _opened(self, request_id: str, account: Account) -> dict[str, Any]:
        opened = await self._requests.open(request_id)
        came = await self._files(opened)
        first = next(
            (message for message in opened.messages if message.request_id == opened.request.id), None
        )
        row = self._row(
            Waiting(
                request=opened.request,
                resident=opened.resident,
                first=first,
                claimed_by_name=opened.claimed_by_name,
            )
        )
        return {
            **row,
            "reachable": opened.resident.reachable,
            "claimed_by_me": opened.request.claimed_by == account.id,
            "version": opened.request.version,
            "messages": [self._message(message, came.get(message.id)) for message in opened.messages],
        }

    async def _files(self, opened: Opened) -> dict[str, Attachment]:
        if self._attachments is None:
            return {}
        return await self._attachments.of([message.id for message in opened.messages])

    def _message(self, message: Message, attachment: Attachment | None) -> dict[str, Any]:
        details = message.translation
        return {
            "direction": message.direction,
            "kind": message.kind,
            "text": message.text,
            "language": message.language or "und",
            "japanese": message.japanese,
            "route": details.get("route", []),
            "maker": maker_of(details.get("engine", "")),
            "confidence": details.get("confidence"),
            "flags": details.get("flags", []),
            "facts": details.get("facts", details.get("kept", [])),
            "lost": details.get("lost", []),
            "at": message.created_at.astimezone(self._city.hours.zone),
            "state": message.state,
            "author": message.author,
            "attachment": shown_attachment(attachment) if attachment else None,
        }

    async def claim(self, request: web.Request) -> web.StreamResponse:
        account, request_id = require(request, "staff"), request.match_info["id"]
        try:
            await self._requests.claim(request_id, account)
        except AppError as error:
            return await self._refused(request, account, error)
        raise _back_to(request_id)

    async def release(self, request: web.Request) -> web.StreamResponse:
        account, request_id = require(request, "staff"), request.match_info["id"]
        try:
            await self._requests.release(request_id, account)
        except AppError as error:
            return await self._refused(request, account, error)
        raise _back_to(request_id)

    async def close(self, request: web.Request) -> web.StreamResponse:
        account, request_id = require(request, "staff"), request.match_info["id"]
        try:
            await self._requests.close(request_id, account)
        except AppError as error:
            return await self._refused(request, account, error)
        raise web.HTTPSeeOther("/desk")

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Send the answer, or show its preview when that button was pressed."""
        account, request_id = require(request, "staff"), request.match_info["id"]
        form = await request.post()
        text = str(form.get("text", "")).replace("\r\n", "\n")
        try:
            if "take" in form:
                text = await self._requests.wording(str(form["take"]))
            if "take" in form or "preview" in form:
                preview = self._preview(await self._requests.preview(request_id, text))
                return await self._page(request, account, request_id=request_id, draft=text, preview=preview)
            seen = str(form.get("version", ""))
            await self._requests.answer(
                request_id,
                account,
                text,
                confirmed=form.get("confirm") == "1",
                version=int(seen) if seen.isdecimal() and len(seen) < VERSION_DIGITS else None,
            )
        except FactsLost as error:
            preview = self._preview(error.preview)
            return await self._refused(request, account, error, draft=text, preview=preview)
        except AppError as error:
            return await self._refused(request, account, error, draft=text)
        raise _back_to(request_id)

    async def _refused(
        self, request: web.Request, account: Account, error: AppError, **shown: Any
    ) -> web.Response:
        """The page again, with the reason and whatever was typed."""
        if error.status == 404:
            raise error
        words = request.app[PAGES].words
        sentence = words.get(page_language(request), error.key, **error.values) if error.key else str(error)
        return await self._page(
            request,
            account,
            status=error.status,
            request_id=request.match_info["id"],
            error=sentence,
            **shown,
        )

    async def list_requests(self, request: web.Request) -> web.StreamResponse:
        """All requests that are not closed."""
        require(request, "staff")
        rows = [self._row(entry) for entry in await self._requests.queue()]
        return web.json_response({"requests": [{**row, "since": row["since"].isoformat()} for row in rows]})

    async def show_request(self, request: web.Request) -> web.StreamResponse:
        """One request with its conversation."""
        account = require(request, "staff")
        opened = await self._opened(request.match_info["id"], account)
        opened["since"] = opened["since"].isoformat()
        for message in opened["messages"]:
            message["at"] = message["at"].isoformat()
        return web.json_response(opened)

    async def preview(self, request: web.Request) -> web.StreamResponse:
        """What the resident would read, as JSON."""
        require(request, "staff")
        body = await read_object(request)
        preview = await self._requests.preview(request.match_info["id"], str(body.get("text", "")))
        shown = self._preview(preview)
        for suggestion in shown["suggestions"]:
            suggestion["at"] = suggestion["at"].isoformat()
        return web.json_response(shown)

    def _preview(self, preview: Preview) -> dict[str, Any]:
        suggestions = [
            {**asdict(one), "at": one.at.astimezone(self._city.hours.zone)} for one in preview.suggestions
        ]
        return {**describe(preview), "maker": maker_of(preview.engine), "suggestions": suggestions}

    async def events(self, request: web.Request) -> web.StreamResponse:
        """A stream that says `changed` whenever the queue or a conversation did. Carries no content."""
        require(request, "staff")
        return await self._changes.follow(request)

    def close_streams(self) -> None:
        """End all streams, so that the service can stop."""
        self._changes.close()


def _back_to(request_id: str) -> web.HTTPSeeOther:
    return web.HTTPSeeOther(f"/desk?request={request_id}")
