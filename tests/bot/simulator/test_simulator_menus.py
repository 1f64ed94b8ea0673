"""Rich menus in the simulator: what LINE refuses, it refuses."""

from __future__ import annotations

import copy
import struct
from typing import Any

import pytest

from bot.simulator.menus import check_menu, picture_size
from tests.bot.simulator.conftest import Rig

MENU: dict[str, Any] = {
    "size": {"width": 2500, "height": 843},
    "selected": True,
    "name": "menu",
    "chatBarText": "Open",
    "areas": [
        {
            "bounds": {"x": 0, "y": 0, "width": 2500, "height": 843},
            "action": {"type": "postback", "label": "All", "data": "do=all"},
        }
    ],
}


def png(width: int, height: int) -> bytes:
    """The head of a PNG, which is all that is looked at."""
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", width, height) + b"\x08\x02"


def jpeg(width: int, height: int) -> bytes:
    app = b"\xff\xe0" + struct.pack(">H", 4) + b"xx"
    frame = b"\xff\xc0" + struct.pack(">HBHH", 8, 8, height, width) + b"\x01\x00"
    return b"\xff\xd8" + app + frame


def changed(path: str, value: object) -> dict[str, Any]:
    """The menu with one entry changed."""
    menu = copy.deepcopy(MENU)
    *way, last = path.split(".")
    here: Any = menu
    for step in way:
        here = here[int(step)] if step.isdigit() else here[step]
    here[last] = value
    return menu


async def call(rig: Rig, method: str, path: str, **parts: Any) -> tuple[int, Any]:
    response = await rig.bot_call(method, f"/v2/bot{path}", **parts)
    return response.status, await response.json()


async def make(rig: Rig, *, picture: bool = True) -> str:
    _, made = await call(rig, "POST", "/richmenu", json=MENU)
    if picture:
        assert (await upload(rig, made["richMenuId"], png(2500, 843)))[0] == 200
    return str(made["richMenuId"])


async def upload(rig: Rig, menu: str, data: bytes, kind: str = "image/png") -> tuple[int, Any]:
    return await call(rig, "POST", f"/richmenu/{menu}/content", data=data, headers={"Content-Type": kind})


def test_right_menu_has_no_problems() -> None:
    assert list(check_menu(MENU)) == []


@pytest.mark.parametrize(
    ("path", "value", "property"),
    [
        ("size.width", 799, "size"),
        ("size.width", 2501, "size"),
        ("size.height", 249, "size"),
        ("size.height", 1725, "size"),
        ("size.height", "843", "size"),
        ("name", "", "name"),
        ("name", "x" * 301, "name"),
        ("chatBarText", "", "chatBarText"),
        ("chatBarText", "x" * 15, "chatBarText"),
        ("selected", "yes", "selected"),
        ("areas", MENU["areas"] * 21, "areas"),
        ("areas.0.bounds.x", 1, "areas[0].bounds"),
        ("areas.0.bounds.y", -1, "areas[0].bounds"),
        ("areas.0.bounds.width", 0, "areas[0].bounds"),
        ("areas.0.bounds.height", 844, "areas[0].bounds"),
        ("areas.0.action", {}, "areas[0].action"),
        ("areas.0.action.label", "x" * 21, "areas[0].action.label"),
        ("areas.0.action.data", "x" * 301, "areas[0].action.data"),
    ],
)
def test_wrong_menu_is_named(path: str, value: object, property: str) -> None:
    assert property in [problem.property for problem in check_menu(changed(path, value))]


def test_bar_of_fourteen_emoji_fits() -> None:
    assert list(check_menu(changed("chatBarText", "👨‍👩‍👧‍👦" * 14))) == []


async def test_wrong_menu_is_answered_with_its_problems(rig: Rig) -> None:
    status, body = await call(rig, "POST", "/richmenu", json=changed("areas.0.bounds.x", 1))
    assert (status, body["details"][0]["property"]) == (400, "areas[0].bounds")


async def test_validating_makes_nothing(rig: Rig) -> None:
    assert (await call(rig, "POST", "/richmenu/validate", json=MENU))[0] == 200
    assert (await call(rig, "GET", "/richmenu/list"))[1] == {"richmenus": []}


async def test_menu_is_listed_read_and_deleted(rig: Rig) -> None:
    menu = await make(rig)
    assert (await call(rig, "GET", "/richmenu/list"))[1]["richmenus"] == [{"richMenuId": menu, **MENU}]
    assert (await call(rig, "GET", f"/richmenu/{menu}"))[1]["name"] == "menu"
    assert (await call(rig, "DELETE", f"/richmenu/{menu}"))[0] == 200
    assert (await call(rig, "GET", f"/richmenu/{menu}"))[0] == 404
    assert (await call(rig, "DELETE", f"/richmenu/{menu}"))[0] == 404


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        (png(2500, 843), "image/png", 200),
        (jpeg(2500, 843), "image/jpeg", 200),
        (png(2500, 844), "image/png", 400),
        (b"no picture", "image/png", 400),
        (png(2500, 843), "text/plain", 400),
        (png(2500, 843) + b"x" * 1_000_000, "image/png", 413),
        (b"\xff\xd8\xff", "image/jpeg", 400),
        (b"", "image/png", 400),
    ],
)
async def test_picture(rig: Rig, data: bytes, kind: str, status: int) -> None:
    assert (await upload(rig, await make(rig, picture=False), data, kind))[0] == status


async def test_picture_is_given_once(rig: Rig) -> None:
    assert (await upload(rig, await make(rig), png(2500, 843)))[0] == 400


async def test_picture_can_be_fetched(rig: Rig) -> None:
    menu = await make(rig)
    response = await rig.bot_call("GET", f"/v2/bot/richmenu/{menu}/content")
    assert await response.read() == png(2500, 843)
    assert (await call(rig, "GET", f"/richmenu/{await make(rig, picture=False)}/content"))[0] == 404


def test_size_of_a_picture() -> None:
    assert [picture_size(data) for data in (png(3, 4), jpeg(5, 6), b"", b"\xff\xd8\xff\xd9")] == [
        (3, 4),
        (5, 6),
        None,
        None,
    ]


async def test_menu_without_picture_cannot_be_shown(rig: Rig) -> None:
    menu = await make(rig, picture=False)
    assert (await call(rig, "POST", f"/user/{rig.user}/richmenu/{menu}"))[0] == 400
    assert (await call(rig, "POST", f"/user/all/richmenu/{menu}"))[0] == 400
    alias = {"richMenuAliasId": "a", "richMenuId": menu}
    assert (await call(rig, "POST", "/richmenu/alias", json=alias))[0] == 400


async def test_own_menu_comes_before_the_default_one(rig: Rig) -> None:
    own, default = await make(rig), await make(rig)
    await call(rig, "POST", f"/user/all/richmenu/{default}")
    shown = await rig.control("GET", f"/users/{rig.user}/menu")
    assert (shown["id"], shown["picture"]) == (default, f"/simulator/api/menus/{default}")
    await call(rig, "POST", f"/user/{rig.user}/richmenu/{own}")
    assert (await call(rig, "GET", f"/user/{rig.user}/richmenu"))[1] == {"richMenuId": own}
    assert (await rig.control("GET", f"/users/{rig.user}/messages"))["menu"] == own
    await call(rig, "DELETE", f"/user/{rig.user}/richmenu")
    assert (await rig.control("GET", f"/users/{rig.user}/messages"))["menu"] == default


async def test_default_menu_is_read_and_cleared(rig: Rig) -> None:
    assert (await call(rig, "GET", "/user/all/richmenu"))[0] == 404
    menu = await make(rig)
    await call(rig, "POST", f"/user/all/richmenu/{menu}")
    assert (await call(rig, "GET", "/user/all/richmenu"))[1] == {"richMenuId": menu}
    await call(rig, "DELETE", "/user/all/richmenu")
    assert (await call(rig, "GET", "/user/all/richmenu"))[0] == 404


async def test_phone_shows_the_scenes_menu_without_any(rig: Rig) -> None:
    shown = await rig.control("GET", f"/users/{rig.user}/menu")
    assert ("picture" in shown, len(shown["items"])) == (False, 6)


async def test_deleted_menu_is_nobodys(rig: Rig) -> None:
    menu = await make(rig)
    await call(rig, "POST", f"/user/{rig.user}/richmenu/{menu}")
    await call(rig, "POST", "/richmenu/alias", json={"richMenuAliasId": "a", "richMenuId": menu})
    await call(rig, "DELETE", f"/richmenu/{menu}")
    assert (await call(rig, "GET", f"/user/{rig.user}/richmenu"))[0] == 404
    assert (await call(rig, "GET", "/richmenu/alias/list"))[1] == {"aliases": []}


async def test_linking_whoever_blocked_the_account_does_nothing(rig: Rig) -> None:
    menu = await make(rig)
    await rig.send("unfollow")
    assert (await call(rig, "POST", f"/user/{rig.user}/richmenu/{menu}"))[0] == 200
    assert (await call(rig, "GET", f"/user/{rig.user}/richmenu"))[0] == 404


async def test_linking_many(rig: Rig) -> None:
    menu = await make(rig)
    body = {"richMenuId": menu, "userIds": [rig.user, "U" + "0" * 32]}
    assert (await call(rig, "POST", "/richmenu/bulk/link", json=body))[0] == 202
    assert (await call(rig, "GET", f"/user/{rig.user}/richmenu"))[1] == {"richMenuId": menu}


@pytest.mark.parametrize("users", [[], ["U" + "0" * 32] * 501, ["nobody"]])
async def test_linking_a_wrong_number_or_id_is_refused(rig: Rig, users: list[str]) -> None:
    body = {"richMenuId": await make(rig), "userIds": users}
    assert (await call(rig, "POST", "/richmenu/bulk/link", json=body))[0] == 400


async def test_alias_is_made_changed_and_deleted(rig: Rig) -> None:
    one, other = await make(rig), await make(rig)
    alias = {"richMenuAliasId": "madoguchi-en", "richMenuId": one}
    assert (await call(rig, "POST", "/richmenu/alias", json=alias))[0] == 200
    assert (await call(rig, "POST", "/richmenu/alias", json=alias))[0] == 400  # there is one
    change = {"richMenuId": other}
    assert (await call(rig, "POST", "/richmenu/alias/madoguchi-en", json=change))[0] == 200
    assert (await call(rig, "GET", "/richmenu/alias/list"))[1]["aliases"][0]["richMenuId"] == other
    assert (await call(rig, "DELETE", "/richmenu/alias/madoguchi-en"))[0] == 200
    assert (await call(rig, "DELETE", "/richmenu/alias/madoguchi-en"))[0] == 404
    assert (await call(rig, "POST", "/richmenu/alias/madoguchi-en", json=change))[0] == 404


@pytest.mark.parametrize("alias", ["", "A", "a b", "x" * 33])
async def test_wrong_alias_is_refused(rig: Rig, alias: str) -> None:
    body = {"richMenuAliasId": alias, "richMenuId": await make(rig)}
    assert (await call(rig, "POST", "/richmenu/alias", json=body))[0] == 400


@pytest.mark.parametrize("path", ["/richmenu", "/richmenu/alias", "/richmenu/bulk/link"])
async def test_body_that_is_no_object_is_refused(rig: Rig, path: str) -> None:
    assert (await call(rig, "POST", path, json=[]))[0] == 400
    assert (await call(rig, "POST", path, data=b"{"))[0] == 400


async def test_picture_for_the_page_of_an_unknown_menu(rig: Rig) -> None:
    status, _ = await rig.call("GET", "/simulator/api/menus/none")
    assert status == 404
