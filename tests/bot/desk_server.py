"""A desk with sample data on a real server: the page, its parts, its events and its preview, under the real
content policy. What the forms send is kept for the test to read."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

from aiohttp import web

from core.web.guards import add_security_headers
from tests.bot import desk_fixture as sample
from tests.core.page_renderer import CLERK, STATIC, PageRenderer

DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


class DeskServer:
    """Tests change `context`, call `changed()`, and look at `sent` and `asked`."""

    def __init__(self) -> None:
        self.address = ""  # of the page, once it is served
        self.pages = PageRenderer()
        self.context: dict[str, Any] = sample.desk()
        self.preview: dict[str, Any] = sample.PREVIEW
        self.preview_status = 200
        self.events_status = 200
        self.sent: list[tuple[str, dict[str, str]]] = []  # (action, form)
        self.asked: list[str] = []  # texts that a preview was asked for
        self._streams: set[asyncio.Queue[str | None]] = set()
        self.watched = asyncio.Event()

    def application(self) -> web.Application:
        app = web.Application()
        app.on_response_prepare.append(add_security_headers)
        app.add_routes(
            [
                web.get("/desk", self.page),
                web.get("/desk/events", self.events),
                web.get("/desk/parts/{part}", self.part),
                web.get("/desk/attachments/{id}", self.attachment),
                web.post("/desk/requests/{id}/{action}", self.act),
                web.post("/api/v1/requests/{id}/preview", self.show_preview),
            ]
        )
        for package, folder in STATIC.items():
            app.router.add_static(f"/static/{package}/", folder)
        return app

    async def attachment(self, request: web.Request) -> web.Response:
        """A picture of one dot."""
        return web.Response(body=base64.b64decode(DOT), content_type="image/png")

    async def page(self, request: web.Request) -> web.Response:
        return self._render("bot/desk.html", request)

    async def part(self, request: web.Request) -> web.Response:
        return self._render(f"bot/_{request.match_info['part']}.html", request)

    def _render(self, template: str, request: web.Request) -> web.Response:
        context = self.context if "request" in request.query else self.context | {"selected": None}
        language = request.query.get("ui", "en")
        html = self.pages.render(template, language=language, account=CLERK, path="/desk", **context)
        return web.Response(text=html, content_type="text/html")

    async def act(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.sent.append((request.match_info["action"], form))
        raise web.HTTPSeeOther(f"/desk?request={request.match_info['id']}")

    async def show_preview(self, request: web.Request) -> web.Response:
        self.asked.append((await request.json())["text"])
        if request.headers.get("X-CSRF-Token") != "token-of-this-session":
            return web.json_response({"error": {"code": "x", "message": "no token"}}, status=403)
        if self.preview_status != 200:
            error = {"code": "unavailable", "message": "No model is installed."}
            return web.json_response({"error": error}, status=self.preview_status)
        return web.json_response(self.preview)

    async def events(self, request: web.Request) -> web.StreamResponse:
        if self.events_status != 200:
            return web.Response(status=self.events_status)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b": hello\n\n")
        queue: asyncio.Queue[str | None] = asyncio.Queue()
        self._streams.add(queue)
        self.watched.set()
        try:
            while (name := await queue.get()) is not None:
                await response.write(f"event: {name}\ndata: {{}}\n\n".encode())
        finally:
            self._streams.discard(queue)
        return response

    def changed(self) -> None:
        """Tell every open page that something changed."""
        for queue in self._streams:
            queue.put_nowait("changed")

    def cut(self) -> None:
        """End every open stream."""
        self.watched.clear()
        for queue in self._streams:
            queue.put_nowait(None)
