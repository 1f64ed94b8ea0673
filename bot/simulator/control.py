"""The control API: what residents do, for the page, for tests and for the demonstration.

Answers are JSON; errors are `{"error": {"code", "message"}}`. There is no login: run the simulator where only
those who try it can reach it. Requests from other web sites are refused.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web

from bot.simulator.api import Handler
from bot.simulator.channel import Channel
from bot.simulator.events import pack
from bot.simulator.faults import Faults
from bot.simulator.memory import CHANGED
from bot.simulator.model import Entry, Json
from bot.simulator.names import new_user_id
from bot.simulator.phone import Phone
from bot.simulator.residents import Resident, topic
from bot.simulator.scene import Scene
from bot.simulator.webhook import Webhooks
from core.errors import AppError, Busy, InvalidInput, NotAuthorised, NotFound
from core.ids import new_id

PREFIX = "/simulator/api"
SAMPLE_TYPES = {
    ".flac": "audio/flac",
    ".m4a": "audio/x-m4a",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".wav": "audio/wav",
}
MAX_SAMPLES = 20
MAX_BATCH = 100  # actions in one webhook
MAX_NAME = 60  # characters
HEARTBEAT_S = 15.0


class ControlApi:
    """Handlers of the control API."""

    def __init__(
        self, *, channel: Channel, phone: Phone, webhooks: Webhooks, faults: Faults, scene: Scene
    ) -> None:
        self._channel = channel
        self._phone = phone
        self._webhooks = webhooks
        self._faults = faults
        self._scene = scene
        self._run = new_id()  # tells a page that the simulator was restarted
        self._streams = 0
        self._closing = False

    def routes(self) -> list[web.AbstractRouteDef]:
        users = f"{PREFIX}/users"
        return [
            web.get(users, self.list_users),
            web.post(users, self.create_user),
            web.post(f"{users}/{{id}}/send", self.send),
            web.get(f"{users}/{{id}}/messages", self.messages),
            web.get(f"{users}/{{id}}/media/{{message}}", self.media),
            web.get(f"{users}/{{id}}/menu", self.menu),
            web.get(f"{PREFIX}/menus/{{menu}}", self.menu_picture),
            web.get(f"{PREFIX}/scene", self.scene),
            web.get(f"{PREFIX}/log", self.log),
            web.post(f"{PREFIX}/webhook", self.raw_webhook),
            web.post(f"{PREFIX}/events/{{id}}/redeliver", self.redeliver),
            web.get(f"{PREFIX}/faults", self.list_faults),
            web.post(f"{PREFIX}/faults", self.add_fault),
            web.delete(f"{PREFIX}/faults", self.clear_faults),
            web.get("/simulator/events", self.stream),
        ]

    async def list_users(self, request: web.Request) -> web.Response:
        residents = self._channel.residents
        return web.json_response({"users": [residents.view(resident) for resident in residents.all()]})

    async def create_user(self, request: web.Request) -> web.Response:
        """`{"name", "language", "app_language"?, "friend"?}`; `app_language` null: LINE does not tell it."""
        body = await _object(request)
        name, language = body.get("name"), body.get("language")
        if not isinstance(name, str) or not 1 <= len(name.strip()) <= MAX_NAME:
            raise InvalidInput(f"name must have 1 to {MAX_NAME} characters.")
        if not isinstance(language, str) or not 2 <= len(language) <= 35:
            raise InvalidInput("language must be a language tag such as pt-BR.")
        app_language = body.get("app_language", line_language(language))
        if app_language is not None and not isinstance(app_language, str):
            raise InvalidInput("app_language must be a language tag or null.")
        resident = self._channel.residents.add(
            user_id=new_user_id(),
            name=name.strip(),
            language=language,
            app_language=app_language,
            friend=bool(body.get("friend", True)),
        )
        return web.json_response(self._channel.residents.view(resident), status=201)

    async def send(self, request: web.Request) -> web.Response:
        """One action as JSON, or as a form whose field `file` (or `sample`, a name) is the content."""
        resident = self._resident(request)
        action = await (_form(request) if request.content_type == "multipart/form-data" else _object(request))
        if isinstance(action.get("sample"), str):
            path = self._sample(action["sample"])
            action["data"] = await asyncio.to_thread(path.read_bytes)
            action["media_type"] = SAMPLE_TYPES[path.suffix]
        return web.json_response(await self._phone.send(resident, action))

    async def messages(self, request: web.Request) -> web.Response:
        """`?after=N&wait=SECONDS&from=bot|resident`: what is new on the phone or has changed since position N."""
        resident = self._resident(request)
        after = _query(request, "after", 0)
        wait_s = min(_query(request, "wait", 0), self._channel.options.max_wait_s)
        author = request.query.get("from")
        loop = asyncio.get_running_loop()
        until = loop.time() + wait_s
        with self._channel.bus.subscribe(topic(resident)) as hint:
            while not (found := _news(resident, after, author)) and not self._closing:
                if (left := until - loop.time()) <= 0:
                    break
                await hint.wait(left)
        state = self._channel.residents.view(resident)
        menu = self._channel.menus.shown_to(resident.id)
        shown = {"menu": menu.id if menu else "", "messages": [entry.view() for entry in found]}
        return web.json_response(state | shown)

    async def media(self, request: web.Request) -> web.Response:
        """What this resident sent, for playing it on the phone."""
        resident = self._resident(request)
        place = self._channel.entry(request.match_info["message"])
        content = self._channel.contents.get(request.match_info["message"])
        if place is None or place[0] is not resident or content is None:
            raise NotFound("This message has no content any more.")
        headers = {
            "content-type": content.media_type,
            "content-disposition": "attachment",
            "x-content-type-options": "nosniff",
        }
        return web.Response(body=content.data, headers=headers)

    async def menu(self, request: web.Request) -> web.Response:
        """The rich menu on a phone: the one that the bot gave it, with its picture, or the scene's."""
        resident = self._resident(request)
        menu = self._channel.menus.shown_to(resident.id)
        if menu is None:
            return web.json_response({"items": list(self._scene.menu(resident.language))})
        picture = f"{PREFIX}/menus/{menu.id}"
        return web.json_response({"items": [], "id": menu.id, "picture": picture, **menu.body})

    async def menu_picture(self, request: web.Request) -> web.Response:
        """The picture of a rich menu, for the page."""
        for menu in self._channel.menus.all():
            if menu["richMenuId"] == request.match_info["menu"]:
                data = self._channel.menus.get(menu["richMenuId"]).picture
                return web.Response(body=data, content_type="image/png")
        raise NotFound("There is no such menu.")

    async def scene(self, request: web.Request) -> web.Response:
        """What can be chosen on the page: places, sample voice messages, languages of a new resident."""
        return web.json_response(
            {
                "places": [asdict(place) for place in self._scene.places],
                "samples": [path.name for path in await asyncio.to_thread(self._samples)],
                "languages": list(self._scene.languages),
            }
        )

    async def log(self, request: web.Request) -> web.Response:
        """`?after=ID`: what LINE saw since."""
        entries = self._channel.traffic.after(int(_query(request, "after", 0)))
        return web.json_response({"log": [entry.view() for entry in entries]})

    async def raw_webhook(self, request: web.Request) -> web.Response:
        """Post what no phone would send. `{"events": […]}` as they are; `{"body": "…"}` any bytes;
        `{"batch": [{"user": ID, …action}]}` several actions in one webhook. `signature` replaces the right one."""
        body = await _object(request)
        if isinstance(body.get("batch"), list) and len(body["batch"]) <= MAX_BATCH:
            actions = [
                (self._find(str(one.get("user"))), one) for one in body["batch"] if isinstance(one, dict)
            ]
            return web.json_response({"results": await self._phone.send_batch(actions)})
        if isinstance(body.get("body"), str):
            raw = body["body"].encode()
        elif isinstance(body.get("events"), list):
            raw = pack(str(body.get("destination") or self._channel.bot_id), body["events"])
        else:
            raise InvalidInput(f"Give events, a batch of at most {MAX_BATCH} actions, or body.")
        signature = body.get("signature")
        if signature is not None and not (isinstance(signature, str) and signature.isprintable()):
            raise InvalidInput("signature must be a text without control characters.")
        delivery = await self._webhooks.post(raw, action="raw", signature=signature)
        return web.json_response(delivery.view())

    async def redeliver(self, request: web.Request) -> web.Response:
        return web.json_response((await self._webhooks.redeliver(request.match_info["id"])).view())

    async def list_faults(self, request: web.Request) -> web.Response:
        return web.json_response({"faults": [asdict(fault) for fault in self._faults.waiting()]})

    async def add_fault(self, request: web.Request) -> web.Response:
        return web.json_response(asdict(self._faults.add(await _object(request))), status=201)

    async def clear_faults(self, request: web.Request) -> web.Response:
        self._faults.clear()
        return web.json_response({"faults": []})

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: after each change, how far everything has come; the page fetches what is new."""
        if self._streams >= self._channel.options.max_streams:
            raise Busy(f"{self._channel.options.max_streams} pages are already open; close one.")
        self._streams += 1
        try:
            response = web.StreamResponse(
                headers={"content-type": "text/event-stream", "cache-control": "no-store"}
            )
            await response.prepare(request)
            async for chunk in self._changes():
                await response.write(chunk)
        finally:
            self._streams -= 1
        return response

    async def _changes(self) -> AsyncIterator[bytes]:
        with self._channel.bus.subscribe(CHANGED) as hint:
            while not self._closing:
                state = {
                    "run": self._run,
                    "connected": bool(self._channel.webhook_url),
                    "position": self._channel.residents.position,
                    "log": self._channel.traffic.last,
                }
                yield f"event: changed\ndata: {json.dumps(state)}\n\n".encode()
                while not await hint.wait(HEARTBEAT_S):
                    yield b": still here\n\n"

    async def close(self, app: web.Application) -> None:
        """End streams and waiting requests, so that the server can stop at once."""
        self._closing = True
        self._channel.bus.publish(CHANGED)
        for resident in self._channel.residents.all():
            self._channel.bus.publish(topic(resident))

    def _resident(self, request: web.Request) -> Resident:
        return self._find(request.match_info["id"])

    def _find(self, user_id: str) -> Resident:
        resident = self._channel.residents.get(user_id)
        if resident is None:
            raise NotFound("There is no resident with this id.")
        return resident

    def _samples(self) -> list[Path]:
        folder = self._channel.options.samples
        if folder is None or not folder.is_dir():
            return []
        found = sorted(path for path in folder.iterdir() if path.suffix in SAMPLE_TYPES and path.is_file())
        return found[:MAX_SAMPLES]

    def _sample(self, name: str) -> Path:
        for path in self._samples():
            if path.name == name:
                return path
        raise NotFound("There is no sample with this name.")


@web.middleware
async def control_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """JSON errors, and no requests from other web sites: a page elsewhere must not play a resident."""
    if not request.path.startswith("/simulator"):
        return await handler(request)
    try:
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.host:
            raise NotAuthorised("Requests from other web sites are refused.")
        return await handler(request)
    except AppError as error:
        return web.json_response({"error": {"code": error.code, "message": str(error)}}, status=error.status)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        body = {"error": {"code": "http", "message": error.reason}}
        return web.json_response(body, status=error.status)


def line_language(language: str) -> str:
    """What LINE would call the language of somebody's app: it knows no Easy Japanese."""
    return "ja" if language == "ja-Hira" else language


def _news(resident: Resident, after: float, author: str | None) -> list[Entry]:
    return [
        entry
        for entry in resident.entries.values()
        if entry.position > after and author in (None, entry.author)
    ]


async def _object(request: web.Request) -> Json:
    try:
        body = json.loads(await request.read())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise InvalidInput("The body must be a JSON object.")
    return body


async def _form(request: web.Request) -> Json:
    """A form as an action: `file` becomes `data` and `media_type`, numbers become numbers."""
    action: Json = {}
    for key, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            action["data"] = value.file.read()
            action["media_type"] = value.content_type
            action["file_name"] = value.filename
        elif isinstance(value, str):
            action[key] = _float(value, key) if key in ("duration_ms", "preparing_s") else value
    return action


def _query(request: web.Request, key: str, default: float) -> float:
    return _float(request.query.get(key, default), key)


def _float(value: str | float, name: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InvalidInput(f"{name} must be a number.")
    return number
