"""LINE's API for rich menus over HTTP."""

from __future__ import annotations

import json

from aiohttp import web

from bot.simulator.channel import USER_ID, Channel
from bot.simulator.menus import MAX_BULK, RichMenus
from bot.simulator.model import Json, LineError
from bot.simulator.schema import Schema


class MenuApi:
    """Handlers; what all endpoints have in common is done by `bot.simulator.api.MessagingApi.middleware`."""

    def __init__(self, channel: Channel, schema: Schema) -> None:
        self._channel = channel
        self._schema = schema

    @property
    def _menus(self) -> RichMenus:
        return self._channel.menus

    def routes(self) -> list[web.AbstractRouteDef]:
        bot = "/v2/bot"
        menu = f"{bot}/richmenu"
        return [
            web.post(menu, self.create, name="menu_create"),
            web.post(f"{menu}/validate", self.validate, name="menu_validate"),
            web.get(f"{menu}/list", self.list_menus, name="menu_list"),
            web.post(f"{menu}/alias", self.add_alias, name="menu_alias_create"),
            web.get(f"{menu}/alias/list", self.aliases, name="menu_alias_list"),
            web.post(f"{menu}/alias/{{alias}}", self.change_alias, name="menu_alias_change"),
            web.delete(f"{menu}/alias/{{alias}}", self.delete_alias, name="menu_alias_delete"),
            web.post(f"{menu}/bulk/link", self.link_many, name="menu_link_many"),
            web.post(f"{menu}/{{menu}}/content", self.set_picture, name="menu_picture"),
            web.get(f"{menu}/{{menu}}/content", self.picture, name="menu_picture_get"),
            web.get(f"{menu}/{{menu}}", self.get, name="menu_get"),
            web.delete(f"{menu}/{{menu}}", self.delete, name="menu_delete"),
            web.post(f"{bot}/user/all/richmenu/{{menu}}", self.set_default, name="menu_default_set"),
            web.get(f"{bot}/user/all/richmenu", self.default, name="menu_default"),
            web.delete(f"{bot}/user/all/richmenu", self.clear_default, name="menu_default_clear"),
            web.post(f"{bot}/user/{{user}}/richmenu/{{menu}}", self.link, name="menu_link"),
            web.get(f"{bot}/user/{{user}}/richmenu", self.linked, name="menu_linked"),
            web.delete(f"{bot}/user/{{user}}/richmenu", self.unlink, name="menu_unlink"),
        ]

    async def create(self, request: web.Request) -> web.Response:
        return web.json_response(
            {"richMenuId": self._menus.create(await self._body(request, "RichMenuRequest"))}
        )

    async def validate(self, request: web.Request) -> web.Response:
        RichMenus().create(await self._body(request, "RichMenuRequest"))
        return web.json_response({})

    async def list_menus(self, request: web.Request) -> web.Response:
        return web.json_response({"richmenus": self._menus.all()})

    async def get(self, request: web.Request) -> web.Response:
        return web.json_response(self._menus.get(request.match_info["menu"]).view())

    async def delete(self, request: web.Request) -> web.Response:
        self._menus.delete(request.match_info["menu"])
        self._touch()
        return web.json_response({})

    async def set_picture(self, request: web.Request) -> web.Response:
        self._menus.set_picture(request.match_info["menu"], await request.read(), request.content_type)
        return web.json_response({})

    async def picture(self, request: web.Request) -> web.Response:
        menu = self._menus.get(request.match_info["menu"])
        if not menu.picture:
            raise LineError(404, "Not found")
        return web.Response(body=menu.picture, content_type="image/png")

    async def aliases(self, request: web.Request) -> web.Response:
        return web.json_response({"aliases": self._menus.aliases()})

    async def add_alias(self, request: web.Request) -> web.Response:
        body = await self._body(request, "CreateRichMenuAliasRequest")
        self._menus.add_alias(body["richMenuAliasId"], body["richMenuId"])
        return web.json_response({})

    async def change_alias(self, request: web.Request) -> web.Response:
        body = await self._body(request, "UpdateRichMenuAliasRequest")
        self._menus.change_alias(request.match_info["alias"], str(body.get("richMenuId")))
        return web.json_response({})

    async def delete_alias(self, request: web.Request) -> web.Response:
        self._menus.delete_alias(request.match_info["alias"])
        return web.json_response({})

    async def set_default(self, request: web.Request) -> web.Response:
        self._menus.set_default(request.match_info["menu"])
        self._touch()
        return web.json_response({})

    async def default(self, request: web.Request) -> web.Response:
        return web.json_response({"richMenuId": self._menus.default})

    async def clear_default(self, request: web.Request) -> web.Response:
        self._menus.clear_default()
        self._touch()
        return web.json_response({})

    async def link(self, request: web.Request) -> web.Response:
        user_id = request.match_info["user"]
        self._link([user_id], request.match_info["menu"])
        return web.json_response({})

    async def link_many(self, request: web.Request) -> web.Response:
        body = await self._body(request, "RichMenuBulkLinkRequest")
        if not 1 <= len(body["userIds"]) <= MAX_BULK:
            raise LineError(400, f"userIds: size must be between 1 and {MAX_BULK}")
        self._link(body["userIds"], body["richMenuId"])
        return web.json_response({}, status=202)

    def _link(self, user_ids: list[str], menu_id: str) -> None:
        """Link whoever is a friend; for others LINE answers 200 and does nothing."""
        if not all(USER_ID.fullmatch(user_id) for user_id in user_ids):
            raise LineError(400, "The property, 'userId', is invalid")
        found = [resident for user_id in user_ids if (resident := self._channel.residents.get(user_id))]
        friends = [resident for resident in found if resident.friend and not resident.blocked]
        self._menus.link([resident.id for resident in friends], menu_id)
        for resident in friends:
            self._channel.residents.touch(resident)

    async def linked(self, request: web.Request) -> web.Response:
        return web.json_response({"richMenuId": self._menus.linked(request.match_info["user"])})

    async def unlink(self, request: web.Request) -> web.Response:
        self._menus.unlink(request.match_info["user"])
        self._touch()
        return web.json_response({})

    def _touch(self) -> None:
        """Every phone may look different now."""
        for resident in self._channel.residents.all():
            self._channel.residents.touch(resident)

    async def _body(self, request: web.Request, model: str) -> Json:
        try:
            body = json.loads(await request.read())
        except ValueError:
            raise LineError(400, "The request body could not be parsed as JSON") from None
        problems = self._schema.problems(model, body) if isinstance(body, dict) else ()
        if problems or not isinstance(body, dict):
            count = f"{len(problems) or 1} error{'s' if len(problems) > 1 else ''}"
            raise LineError(400, f"The request body has {count}", problems=problems)
        return body
