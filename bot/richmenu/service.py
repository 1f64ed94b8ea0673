"""Menus at LINE: made once for each language, and linked to each resident by the language they use.

LINE never changes a menu: a new picture is a new menu. A menu's name therefore carries a digest of all that it is, so
that `apply` makes only what has changed, and points an alias for each language at it. Whoever had a menu that is
deleted has none, so residents are linked to the new one before the old one goes.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messenger import Limited, NoAnswer, Rejected
from bot.richmenu.layout import MenuWords, alias_of, menu_object
from core.errors import Unavailable
from core.jobs import Job, Jobs, RetryLater
from core.log import get_logger
from core.metrics import counter

log = get_logger(__name__)

MENUS = "line.menus"  # queue of residents whose menu has to change
PREFIX = "madoguchi "  # of the names of our menus; others are left alone
BULK = 500  # residents linked in one call (LINE's limit)
DIGEST = 16

LINKED = counter("line_menus_linked", "Menus linked to residents", ["result"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """A menu at LINE."""

    id: str
    name: str


class MenuApi(Protocol):
    """LINE's calls for menus. All may raise NoAnswer, Limited and Rejected."""

    async def menus(self) -> Sequence[Menu]:
        """All menus of the channel."""
        ...

    async def create(self, menu: Mapping[str, Any]) -> str:
        """Make a menu without a picture; gives its id."""
        ...

    async def upload(self, menu_id: str, png: bytes) -> None:
        """Give a menu its picture, once."""
        ...

    async def delete(self, menu_id: str) -> None:
        """Delete a menu; whoever had it has none."""
        ...

    async def aliases(self) -> Mapping[str, str]:
        """Alias → menu id."""
        ...

    async def set_alias(self, alias: str, menu_id: str, *, known: bool) -> None:
        """Point an alias at a menu; `known` if there is such an alias."""
        ...

    async def delete_alias(self, alias: str) -> None: ...

    async def set_default(self, menu_id: str) -> None:
        """Show a menu to everybody who has none of their own."""
        ...

    async def clear_default(self) -> None: ...

    async def link(self, user_id: str, menu_id: str) -> None:
        """Show a menu to a resident. For somebody who blocked the account this does nothing."""
        ...

    async def link_many(self, user_ids: Sequence[str], menu_id: str) -> None:
        """The same for at most 500 residents."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What `apply` did, language by language."""

    made: tuple[str, ...]
    kept: tuple[str, ...]
    deleted: int
    linked: int


Draw = Callable[[MenuWords], bytes]


class RichMenus:
    """Makes and removes the menus."""

    def __init__(self, api: MenuApi, draw: Draw) -> None:
        self._api = api
        self._draw = draw

    async def apply(
        self, menus: Sequence[MenuWords], *, default: str, residents: Mapping[str, Sequence[str]]
    ) -> Applied:
        """Make what is missing or has changed, point the aliases at it, link `residents` (language → LINE user ids)
        and delete what is old. Harmless to repeat, also after it broke off. Raises Unavailable."""
        try:
            return await self._apply(menus, default=default, residents=residents)
        except (NoAnswer, Limited, Rejected) as error:
            raise Unavailable(
                "LINE did not take the menus; check the channel access token and try again in some minutes."
            ) from error

    async def _apply(
        self, menus: Sequence[MenuWords], *, default: str, residents: Mapping[str, Sequence[str]]
    ) -> Applied:
        there = {menu.name: menu.id for menu in await self._api.menus()}
        aliases = await self._api.aliases()
        made: list[str] = []
        kept: list[str] = []
        wanted: dict[str, str] = {}
        linked = 0
        for said in menus:
            png = await asyncio.to_thread(self._draw, said)
            name = menu_name(said, png)
            alias = alias_of(said.language)
            menu_id = there.get(name, "")
            complete = bool(menu_id) and aliases.get(alias) == menu_id
            if not complete:
                menu_id = await self._make(said, name, png, broken=menu_id)
                await self._api.set_alias(alias, menu_id, known=alias in aliases)
            (kept if complete else made).append(said.language)
            wanted[said.language] = menu_id
            linked += await self._link_all(residents.get(said.language, ()), menu_id)
        if default in wanted:
            await self._api.set_default(wanted[default])
        deleted = await self._delete(
            id for name, id in there.items() if name.startswith(PREFIX) and id not in wanted.values()
        )
        return Applied(made=tuple(made), kept=tuple(kept), deleted=deleted, linked=linked)

    async def _make(self, said: MenuWords, name: str, png: bytes, *, broken: str) -> str:
        """A new menu with its picture. One that an earlier run left without alias may have no picture either."""
        if broken:
            await self._api.delete(broken)
        menu_id = await self._api.create(menu_object(said, name))
        await self._api.upload(menu_id, png)
        return menu_id

    async def _link_all(self, user_ids: Sequence[str], menu_id: str) -> int:
        for start in range(0, len(user_ids), BULK):
            await self._api.link_many(user_ids[start : start + BULK], menu_id)
        return len(user_ids)

    async def _delete(self, menu_ids: Iterable[str]) -> int:
        gone = 0
        for menu_id in menu_ids:
            try:
                await self._api.delete(menu_id)
            except Rejected:  # it is gone already
                continue
            gone += 1
        return gone

    async def there(self, languages: Sequence[str]) -> dict[str, Menu | None]:
        """Language → its menu at LINE, as the aliases say. Raises Unavailable."""
        try:
            by_id = {menu.id: menu for menu in await self._api.menus()}
            aliases = await self._api.aliases()
        except (NoAnswer, Limited, Rejected) as error:
            raise Unavailable(
                "LINE did not show its menus; check the channel access token and try again in some minutes."
            ) from error
        return {tag: by_id.get(aliases.get(alias_of(tag), "")) for tag in languages}

    async def remove(self) -> int:
        """Delete all our menus and aliases; gives how many menus. Raises Unavailable."""
        try:
            for alias in await self._api.aliases():
                if alias.startswith(alias_of("")):
                    await self._api.delete_alias(alias)
            await self._api.clear_default()
            ours = [menu.id for menu in await self._api.menus() if menu.name.startswith(PREFIX)]
            return await self._delete(ours)
        except (NoAnswer, Limited, Rejected) as error:
            raise Unavailable(
                "LINE did not remove the menus; check the channel access token and try again in some minutes."
            ) from error


def menu_name(said: MenuWords, png: bytes) -> str:
    """The name of a menu: its language and a digest of all that it is."""
    whole = json.dumps(menu_object(said, ""), sort_keys=True, ensure_ascii=True).encode() + png
    return f"{PREFIX}{said.language} {hashlib.sha256(whole).hexdigest()[:DIGEST]}"


class MenuLinks:
    """Shows each resident the menu of their language: when they come, come back, or change the language."""

    def __init__(self, api: MenuApi, jobs: Jobs) -> None:
        self._api = api
        self._jobs = jobs
        self._aliases: Mapping[str, str] = {}

    async def plan(self, connection: AsyncConnection, user_id: str, language: str) -> None:
        """Plan the change in the caller's transaction; call `hint` after the commit."""
        await self._jobs.add(
            connection, queue=MENUS, key=user_id, payload={"user": user_id, "language": language}
        )

    def hint(self) -> None:
        self._jobs.hint(MENUS)

    async def link(self, job: Job) -> None:
        """Handle a job of the queue `line.menus`. Harmless to repeat."""
        try:
            result = await self._link(job.payload["user"], job.payload["language"])
        except NoAnswer as error:
            raise RetryLater("no answer to a menu") from error
        except Limited as error:
            raise RetryLater("limited", delay_s=error.retry_s) from error
        LINKED.labels(result).inc()
        async with self._jobs.database.write() as connection:
            await self._jobs.finish(connection, job)

    async def _link(self, user_id: str, language: str) -> str:
        """Link by what is known of the aliases; if that menu is gone, they are read once more."""
        alias = alias_of(language)
        for fresh in (False, True):
            if fresh or alias not in self._aliases:
                self._aliases = await self._api.aliases()
            if alias not in self._aliases:
                return "no menu"  # the city has none in this language; the default one stays
            try:
                await self._api.link(user_id, self._aliases[alias])
            except Rejected:
                continue
            return "linked"
        log.info("menu_not_linked", language=language)
        return "refused"
