"""LINE's simulator as the place where menus go."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

import config
from bot.line.menus import LineMenus
from bot.line.messenger import LineMessenger
from bot.richmenu.drawing import draw_menu
from bot.richmenu.fonts import Fonts
from bot.richmenu.layout import MenuWords, menu_words
from bot.simulator import SimulatorOptions, make_simulator
from core.clock import ManualClock
from core.errors import Unavailable
from core.words import Words

FOLDER = Path(config.__file__).parent / "city" / "phrases" / "menu"
LANGUAGES = ("ja", "ja-Hira", "en", "zh-Hans", "ko", "vi", "pt-BR", "es", "tl", "id", "ne")
TOKEN = "a-channel-access-token"


@pytest.fixture(scope="session")
def words() -> Words:
    return Words(FOLDER)


@pytest.fixture(scope="session")
def fonts() -> Fonts:
    """This machine's fonts. Skips where there are none for all of the languages."""
    found = Fonts()
    for tag in LANGUAGES:
        try:
            found.load(tag, 20)
        except Unavailable as error:
            pytest.skip(str(error))
    return found


@pytest.fixture(scope="session")
def pictures(words: Words, fonts: Fonts) -> dict[str, bytes]:
    """Every language's picture, drawn once."""
    return {tag: draw_menu(menu_words(words, tag), fonts) for tag in LANGUAGES}


@dataclass(kw_only=True)
class Line:
    """The simulator and the bot's way to it."""

    http: TestClient[Any, Any]
    messenger: LineMessenger
    menus: LineMenus

    async def call(self, method: str, path: str, **parts: Any) -> tuple[int, Any]:
        """A raw call of the bot: status and JSON."""
        headers = {"Authorization": f"Bearer {TOKEN}", **parts.pop("headers", {})}
        async with self.http.request(method, path, headers=headers, **parts) as answer:
            return answer.status, await answer.json()

    async def control(self, method: str, path: str, **parts: Any) -> Any:
        async with self.http.request(method, f"/simulator/api{path}", **parts) as answer:
            body = await answer.json()
            assert answer.status < 300, body
            return body

    async def resident(self, name: str, language: str) -> str:
        made = await self.control("POST", "/users", json={"name": name, "language": language})
        return str(made["id"])

    async def shown(self, user: str) -> str:
        """The name of the menu on a phone; empty where it is the scene's."""
        return str((await self.control("GET", f"/users/{user}/menu")).get("name", ""))


@pytest.fixture
async def line(clock: ManualClock) -> AsyncIterator[Line]:
    async with AsyncExitStack() as stack:
        options = SimulatorOptions(channel_secret="secret", access_token=TOKEN, monthly_quota=100)
        http = await stack.enter_async_context(TestClient(TestServer(make_simulator(options, clock))))
        base = str(http.make_url("/")).rstrip("/")
        messenger = LineMessenger(access_token=TOKEN, api_base=base, data_api_base=base, timeout_s=5.0)
        stack.push_async_callback(messenger.close)
        yield Line(http=http, messenger=messenger, menus=LineMenus(messenger))


@pytest.fixture(scope="session")
def said(words: Words) -> list[MenuWords]:
    return [menu_words(words, tag) for tag in ("ja", "en")]
