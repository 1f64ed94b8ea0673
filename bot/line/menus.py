"""LINE's calls for rich menus, through line-bot-sdk (Messaging API reference, "Rich menu")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.line.messenger import LineMessenger
from bot.richmenu.service import Menu


class LineMenus:
    """Menus over the messenger's connections."""

    def __init__(self, messenger: LineMessenger) -> None:
        self._line = messenger

    async def menus(self) -> Sequence[Menu]:
        found = await self._line.call(
            "menu list", lambda api, limit: api.get_rich_menu_list_with_http_info(**limit)
        )
        return [Menu(id=menu.rich_menu_id, name=menu.name) for menu in found.data.richmenus]

    async def create(self, menu: Mapping[str, Any]) -> str:
        from linebot.v3.messaging import RichMenuRequest  # noqa: PLC0415 -- 0.7 s and 65 MB

        body = RichMenuRequest.from_dict(dict(menu))
        made = await self._line.call(
            "menu create", lambda api, limit: api.create_rich_menu_with_http_info(body, **limit)
        )
        return str(made.data.rich_menu_id)

    async def upload(self, menu_id: str, png: bytes) -> None:
        await self._line.call_blob(
            "menu picture",
            lambda blob, limit: blob.set_rich_menu_image_with_http_info(
                menu_id, body=png, _headers={"Content-Type": "image/png"}, **limit
            ),
        )

    async def delete(self, menu_id: str) -> None:
        await self._line.call(
            "menu delete", lambda api, limit: api.delete_rich_menu_with_http_info(menu_id, **limit)
        )

    async def aliases(self) -> Mapping[str, str]:
        found = await self._line.call(
            "menu aliases", lambda api, limit: api.get_rich_menu_alias_list_with_http_info(**limit)
        )
        return {one.rich_menu_alias_id: one.rich_menu_id for one in found.data.aliases}

    async def set_alias(self, alias: str, menu_id: str, *, known: bool) -> None:
        from linebot.v3.messaging import (  # noqa: PLC0415 -- 0.7 s and 65 MB
            CreateRichMenuAliasRequest,
            UpdateRichMenuAliasRequest,
        )

        if known:
            change = UpdateRichMenuAliasRequest(richMenuId=menu_id)
            await self._line.call(
                "menu alias",
                lambda api, limit: api.update_rich_menu_alias_with_http_info(alias, change, **limit),
            )
            return
        new = CreateRichMenuAliasRequest(richMenuAliasId=alias, richMenuId=menu_id)
        await self._line.call(
            "menu alias", lambda api, limit: api.create_rich_menu_alias_with_http_info(new, **limit)
        )

    async def delete_alias(self, alias: str) -> None:
        await self._line.call(
            "menu alias", lambda api, limit: api.delete_rich_menu_alias_with_http_info(alias, **limit)
        )

    async def set_default(self, menu_id: str) -> None:
        await self._line.call(
            "menu default", lambda api, limit: api.set_default_rich_menu_with_http_info(menu_id, **limit)
        )

    async def clear_default(self) -> None:
        await self._line.call(
            "menu default", lambda api, limit: api.cancel_default_rich_menu_with_http_info(**limit)
        )

    async def link(self, user_id: str, menu_id: str) -> None:
        await self._line.call(
            "menu link",
            lambda api, limit: api.link_rich_menu_id_to_user_with_http_info(user_id, menu_id, **limit),
        )

    async def link_many(self, user_ids: Sequence[str], menu_id: str) -> None:
        from linebot.v3.messaging import RichMenuBulkLinkRequest  # noqa: PLC0415 -- 0.7 s and 65 MB

        body = RichMenuBulkLinkRequest(richMenuId=menu_id, userIds=list(user_ids))
        await self._line.call(
            "menu link", lambda api, limit: api.link_rich_menu_id_to_users_with_http_info(body, **limit)
        )
