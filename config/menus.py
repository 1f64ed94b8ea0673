"""The menus under the chat, put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.city import City, read_city
from bot.line.menus import LineMenus
from bot.line.messenger import LineMessenger
from bot.richmenu.drawing import draw_menu
from bot.richmenu.fonts import Fonts
from bot.richmenu.layout import MenuWords, languages_missing, menu_words
from bot.richmenu.residents import reachable_by_language
from bot.richmenu.service import Applied, RichMenus
from config.settings import Settings
from core.database import Database
from core.errors import InvalidInput

DEFAULT = "ja"  # for whoever has no menu of their own yet


@asynccontextmanager
async def open_menus(settings: Settings) -> AsyncIterator[RichMenus]:
    """Menus at the configured LINE, drawn with this machine's fonts."""
    line = settings.line
    if not line.channel_access_token.get_secret_value():
        raise InvalidInput("LINE's access token is missing; set MADOGUCHI_LINE__CHANNEL_ACCESS_TOKEN.")
    messenger = LineMessenger(
        access_token=line.channel_access_token.get_secret_value(),
        api_base=line.api_base,
        data_api_base=line.data_api_base,
        timeout_s=line.timeout_s,
    )
    fonts = Fonts()
    try:
        yield RichMenus(LineMenus(messenger), lambda said: draw_menu(said, fonts))
    finally:
        await messenger.close()


def city_menus(city: City) -> list[MenuWords]:
    """The words of every language's menu. Raises InvalidInput where a language has none."""
    if missing := languages_missing(city.phrases, city.languages):
        raise InvalidInput(f"phrases/menu has no file for {', '.join(missing)}; write one.")
    return [menu_words(city.phrases, tag) for tag in city.languages]


async def apply_menus(settings: Settings, menus: RichMenus, database: Database) -> Applied:
    """Make the city's menus and link everybody who can be reached to that of their language. Raises Unavailable,
    before anything is changed, where a font is missing."""
    city = await asyncio.to_thread(read_city, settings.city_dir)
    await asyncio.to_thread(Fonts().require, city.languages)
    async with database.read() as connection:
        residents = await reachable_by_language(connection)
    return await menus.apply(city_menus(city), default=DEFAULT, residents=residents)


def draw_menus(settings: Settings, folder: Path) -> list[str]:
    """Write the pictures into a folder; gives the files' names. Raises Unavailable where a font is missing, and
    InvalidInput where the folder cannot be written to."""
    fonts = Fonts()
    city = read_city(settings.city_dir)
    fonts.require(city.languages)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(f"The folder “{folder}” cannot be made: {error.strerror}.") from error
    names = []
    for said in city_menus(city):
        name = f"{said.language}.png"
        (folder / name).write_bytes(draw_menu(said, fonts))
        names.append(name)
    return names
