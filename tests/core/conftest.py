"""A small site on a loopback port, and people to log in to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import argon2
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

import core.web
from core.accounts import Accounts
from core.clock import ManualClock
from core.database import Database
from core.web import Site, csrf_token, make_app, require
from core.web.pages import Pages
from core.web.sessions import DatabaseStorage, SessionOptions
from core.words import Words

PASSWORD = "a long secret"
CORE_WEB = Path(core.web.__path__[0])


@pytest.fixture
async def accounts(database: Database, clock: ManualClock) -> AsyncIterator[Accounts]:
    """Accounts with a hash that is quick to compute."""
    hasher = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    opened = Accounts(database, clock, hasher=hasher)
    yield opened
    opened.close()


async def who(request: web.Request) -> web.Response:
    """Who is there, and their CSRF token."""
    here = require(request, "staff", "interpreter")
    return web.json_response({"name": here.name, "csrf": await csrf_token(request)})


async def change(request: web.Request) -> web.Response:
    return web.json_response({"changed": True})


@dataclass
class Browser:
    """A client that keeps cookies."""

    http: TestClient[Any, Any]
    storage: DatabaseStorage
    accounts: Accounts

    async def log_in(
        self, name: str = "ito", password: str = PASSWORD, **form: str
    ) -> aiohttp.ClientResponse:
        return await self.http.post(
            "/login", data={"name": name, "password": password, **form}, allow_redirects=False
        )

    @property
    def token(self) -> str:
        """The session's cookie, empty when there is none."""
        cookies = self.http.session.cookie_jar.filter_cookies(self.http.make_url("/"))
        morsel = cookies.get(self.storage.cookie_name)
        return morsel.value if morsel else ""

    def set_token(self, token: str) -> None:
        self.http.session.cookie_jar.update_cookies(
            {self.storage.cookie_name: token}, self.http.make_url("/")
        )

    async def csrf(self) -> str:
        async with self.http.get("/api/who") as answer:
            return str((await answer.json())["csrf"])


MakeBrowser = Callable[..., Awaitable[Browser]]


@pytest.fixture
async def make_browser(
    database: Database, clock: ManualClock, accounts: Accounts
) -> AsyncIterator[MakeBrowser]:
    """Build a site and a browser on it: `await make_browser(routes=[…], secure=True, ready={"part": False})`."""
    async with AsyncExitStack() as stack:

        async def make(
            *,
            routes: Sequence[web.AbstractRouteDef] = (),
            ready: Mapping[str, bool] | None = None,
            secure: bool = False,
            **options: Any,
        ) -> Browser:
            storage = DatabaseStorage(database, clock, SessionOptions(secure=secure, **options))

            async def parts() -> Mapping[str, bool]:
                return {"database": True} if ready is None else ready

            app = make_app(
                Site(
                    accounts=accounts,
                    storage=storage,
                    clock=clock,
                    pages=Pages(
                        words=Words(CORE_WEB / "words"),
                        city_name={"ja": "あおば市", "en": "Aoba City"},
                        language_names={},
                        static_folders={"core": CORE_WEB / "static"},
                    ),
                    templates=[CORE_WEB / "templates"],
                    routes=[
                        web.get("/api/who", who),
                        web.get("/who", who),
                        web.post("/api/change", change),
                        web.put("/api/change", change),
                        web.delete("/api/change", change),
                        web.post("/hook", change),
                        *routes,
                    ],
                    csrf_exempt=frozenset({"/hook"}),
                    ready=parts,
                    body_limit=10_000,
                )
            )
            jar = aiohttp.CookieJar(unsafe=True)
            http = await stack.enter_async_context(TestClient(TestServer(app), cookie_jar=jar))
            return Browser(http=http, storage=storage, accounts=accounts)

        yield make


@pytest.fixture
async def browser(make_browser: MakeBrowser) -> Browser:
    """A browser on a site where ito (staff), mori (interpreter) and abe (admin) may log in."""
    made = await make_browser()
    for name, role in (("ito", "staff"), ("mori", "interpreter"), ("abe", "admin")):
        await made.accounts.add(name, PASSWORD, role=role)
    return made
