"""Rich menus as LINE keeps them: menus, their pictures, aliases, the default one and those of single residents.

Source: LINE's Messaging API reference, "Rich menu object" and "Rich menu", and its OpenAPI.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.simulator.model import Json, LineError, Problem
from bot.simulator.rules import check_action, graphemes
from core.ids import new_id

MAX_MENUS = 1000
MAX_AREAS = 20
MAX_BAR = 14  # grapheme clusters
MAX_NAME = 300
MAX_PICTURE = 1_000_000  # bytes
MAX_BULK = 500
WIDTHS = range(800, 2501)
LEAST_HEIGHT = 250
LEAST_RATIO = 1.45
MAX_LABEL = 20
ALIAS = re.compile(r"[a-z0-9_-]{1,32}")


@dataclass(slots=True, kw_only=True)
class RichMenu:
    """One menu and its picture, which can be given once."""

    id: str
    body: Json
    picture: bytes = b""

    def view(self) -> Json:
        """As LINE lists it."""
        return {"richMenuId": self.id, **self.body}


class RichMenus:
    """All menus of the account. Methods raise LineError as LINE would answer."""

    def __init__(self) -> None:
        self._menus: dict[str, RichMenu] = {}
        self._aliases: dict[str, str] = {}
        self._linked: dict[str, str] = {}
        self._default = ""

    def create(self, body: Json) -> str:
        """A new menu; its body has the right shape already."""
        if problems := tuple(check_menu(body)):
            count = f"{len(problems)} error{'s' if len(problems) > 1 else ''}"
            raise LineError(400, f"The request body has {count}", problems=problems)
        if len(self._menus) >= MAX_MENUS:
            raise LineError(400, "The maximum number of rich menus has been reached")
        menu = RichMenu(id=f"richmenu-{new_id().replace('-', '')}", body=body)
        self._menus[menu.id] = menu
        return menu.id

    def all(self) -> list[Json]:
        return [menu.view() for menu in self._menus.values()]

    def get(self, menu_id: str) -> RichMenu:
        """The menu; 404 when there is none."""
        menu = self._menus.get(menu_id)
        if menu is None:
            raise LineError(404, "Not found")
        return menu

    def delete(self, menu_id: str) -> None:
        """A deleted menu is nobody's any more; aliases to it go too."""
        del self._menus[self.get(menu_id).id]
        self._linked = {user: menu for user, menu in self._linked.items() if menu != menu_id}
        self._aliases = {alias: menu for alias, menu in self._aliases.items() if menu != menu_id}
        if self._default == menu_id:
            self._default = ""

    def set_picture(self, menu_id: str, data: bytes, media_type: str) -> None:
        """Give a menu its picture: PNG or JPEG, exactly as large as the menu, once."""
        menu = self.get(menu_id)
        if menu.picture:
            raise LineError(400, "An image has already been uploaded to the richmenu")
        size = menu.body["size"]
        if len(data) > MAX_PICTURE:
            raise LineError(413, "Request body too large")
        if media_type not in ("image/png", "image/jpeg") or (found := picture_size(data)) is None:
            raise LineError(400, "The image must be a JPEG or PNG")
        if found != (size["width"], size["height"]):
            raise LineError(400, "The image size is not the same as the rich menu's")
        menu.picture = data

    def _complete(self, menu_id: str) -> RichMenu:
        menu = self.get(menu_id)
        if not menu.picture:
            raise LineError(400, "must upload richmenu image before applying it to user")
        return menu

    def aliases(self) -> list[Json]:
        return [{"richMenuAliasId": alias, "richMenuId": menu_id} for alias, menu_id in self._aliases.items()]

    def add_alias(self, alias: str, menu_id: str) -> None:
        if not ALIAS.fullmatch(alias):
            raise LineError(400, "The property, 'richMenuAliasId', in the request body is invalid")
        if alias in self._aliases:
            raise LineError(400, "conflict richmenu alias id")
        self._aliases[alias] = self._found_for_alias(menu_id)

    def change_alias(self, alias: str, menu_id: str) -> None:
        if alias not in self._aliases:
            raise LineError(404, "richmenu alias not found")
        self._aliases[alias] = self._found_for_alias(menu_id)

    def _found_for_alias(self, menu_id: str) -> str:
        try:
            return self._complete(menu_id).id
        except LineError:
            raise LineError(400, "richmenu not found") from None

    def delete_alias(self, alias: str) -> None:
        if self._aliases.pop(alias, None) is None:
            raise LineError(404, "richmenu alias not found")

    def set_default(self, menu_id: str) -> None:
        self._default = self._complete(menu_id).id

    def clear_default(self) -> None:
        self._default = ""

    @property
    def default(self) -> str:
        if not self._default:
            raise LineError(404, "no default richmenu")
        return self._default

    def link(self, user_ids: Sequence[str], menu_id: str) -> None:
        """Show a menu to these residents; the caller leaves out those with whom it has no effect."""
        menu = self._complete(menu_id)
        for user_id in user_ids:
            self._linked[user_id] = menu.id

    def unlink(self, user_id: str) -> None:
        self._linked.pop(user_id, None)

    def linked(self, user_id: str) -> str:
        """The resident's own menu; 404 when there is none."""
        if user_id not in self._linked:
            raise LineError(404, "the user has no richmenu")
        return self._linked[user_id]

    def shown_to(self, user_id: str) -> RichMenu | None:
        """What the phone shows: one's own menu before the default one."""
        return self._menus.get(self._linked.get(user_id, "") or self._default)


def check_menu(body: Mapping[str, object]) -> Iterator[Problem]:
    """Everything that LINE would refuse in a menu of the right shape."""
    size, areas = body.get("size"), body.get("areas")
    name, bar = body.get("name"), body.get("chatBarText")
    if not isinstance(name, str) or not 1 <= len(name) <= MAX_NAME:
        yield Problem(property="name", message=f"length must be between 1 and {MAX_NAME}")
    if not isinstance(bar, str) or not 1 <= graphemes(bar) <= MAX_BAR:
        yield Problem(property="chatBarText", message=f"length must be between 1 and {MAX_BAR}")
    if not isinstance(body.get("selected"), bool):
        yield Problem(property="selected", message="must be specified")
    width, height = _pair(size, "width", "height")
    if width not in WIDTHS or height < LEAST_HEIGHT or width / max(height, 1) < LEAST_RATIO:
        yield Problem(property="size", message="width 800 to 2500, height 250 at least, ratio 1.45 at least")
    if not isinstance(areas, list) or len(areas) > MAX_AREAS:
        yield Problem(property="areas", message=f"size must be between 0 and {MAX_AREAS}")
        return
    for index, area in enumerate(areas):
        yield from _check_area(area, f"areas[{index}]", width, height)


def _check_area(area: Json, path: str, width: int, height: int) -> Iterator[Problem]:
    bounds = area.get("bounds")
    left, top = _pair(bounds, "x", "y")
    wide, high = _pair(bounds, "width", "height")
    if min(left, top) < 0 or min(wide, high) < 1 or left + wide > width or top + high > height:
        yield Problem(property=f"{path}.bounds", message="must lie within the menu")
    action = area.get("action") or {}
    if not action.get("type"):
        yield Problem(property=f"{path}.action", message="must be specified")
    yield from check_action(action, f"{path}.action", MAX_LABEL)


def _pair(value: object, one: str, other: str) -> tuple[int, int]:
    """Two whole numbers of an object; -1 for what is none."""
    table = value if isinstance(value, dict) else {}
    first, second = table.get(one), table.get(other)
    return first if type(first) is int else -1, second if type(second) is int else -1


def picture_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG or JPEG; None for anything else."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return width, height
    if data[:2] != b"\xff\xd8":
        return None
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        kind = data[at + 1]
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + int(struct.unpack(">H", data[at + 2 : at + 4])[0])
    return None
