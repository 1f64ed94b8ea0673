"""The pages of the memory and the glossary as a whole site: real SQLite, real HTTP, the real memory and glossary.

No model is installed unless a test asks for `translator`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import argon2
import pytest
from aiohttp import ClientSession, CookieJar
from aiohttp.test_utils import TestServer

from core.accounts import Accounts
from core.bus import LocalBus
from core.clock import ManualClock
from core.database import Database
from core.tasks import Tasks
from core.web import Site, make_app
from core.web.pages import Pages
from core.web.sessions import DatabaseStorage, SessionOptions
from core.words import Words
from translation.glossary import Glossary, read_glossary
from translation.languages import languages
from translation.memory import Memory, Unit
from translation.service import Translator
from translation.web import LanguageSite, WebOptions, routes

ROOT = Path(__file__).parents[3]
GLOSSARY = ROOT / "config/city/glossary.csv"
PASSWORD = "a long enough password"
JAPANESE_NAMES = {"ja": "日本語", "en": "英語", "pt-BR": "ポルトガル語", "vi": "ベトナム語"}
FOLDERS = {"core": ROOT / "core/web", "translation": ROOT / "translation"}


@dataclass(kw_only=True)
class Running:
    """A running site, and clients for it."""

    memory: Memory
    clock: ManualClock
    database: Database
    accounts: Accounts
    server: TestServer
    clients: list[ClientSession] = field(default_factory=list)

    def url(self, path: str) -> str:
        return str(self.server.make_url(path))

    async def visitor(self) -> ClientSession:
        """A client that nobody logged in with."""
        client = ClientSession(cookie_jar=CookieJar(unsafe=True))
        self.clients.append(client)
        return client

    async def log_in(self, role: str, name: str = "") -> ClientSession:
        """A client with a session of a new account; its CSRF token is a default header."""
        name = name or role
        await self.accounts.add(name, PASSWORD, role=role, display_name=f"Person {name}")
        client = await self.visitor()
        form = {"name": name, "password": PASSWORD, "next": "/memory"}
        async with client.post(self.url("/login"), data=form) as answer:
            assert answer.status == 200
            page = await answer.text()
        client.headers["X-CSRF-Token"] = page.split('name="csrf-token" content="')[1].split('"')[0]
        return client

    async def learn(self, source_text: str = "窓口は9時に開きます。", **changes: Any) -> Unit:
        """A unit in the memory, a second later than the one before."""
        self.clock.advance(1)
        return await self.memory.learn(
            **{
                "source": "ja",
                "target": "en",
                "source_text": source_text,
                "target_text": "The counter opens at 9.",
                "author": "佐藤 花子",
                "came_from": "page",
                **changes,
            }
        )

    async def all(self) -> list[Unit]:
        return await self.memory.search(limit=500)


Build = Callable[..., Awaitable[Running]]


@pytest.fixture
async def build(tmp_path: Path) -> AsyncIterator[Build]:
    """Builds sites."""
    built: list[tuple[Running, Tasks]] = []

    async def make(
        *,
        translator: Translator | None = None,
        glossary: Glossary | None = None,
        options: WebOptions | None = None,
        body_limit: int = 1024 * 1024,
    ) -> Running:
        clock, tasks = ManualClock(), Tasks()
        database = Database(f"sqlite+aiosqlite:///{tmp_path / 'pages.db'}")
        await database.open()
        await database.create_all()
        memory = Memory(database, LocalBus(), clock, tasks)
        await memory.open()
        accounts = Accounts(database, clock, hasher=argon2.PasswordHasher(time_cost=1, memory_cost=64))
        site = LanguageSite(
            memory=memory,
            glossary=glossary or read_glossary(GLOSSARY),
            translator=translator or Translator([]),
            japanese_names=JAPANESE_NAMES,
            zone=dt.timezone(dt.timedelta(hours=9)),
            options=options or WebOptions(),
        )
        app = make_app(
            Site(
                accounts=accounts,
                storage=DatabaseStorage(database, clock, SessionOptions(secure=False)),
                clock=clock,
                pages=pages(),
                templates=[folder / "templates" for folder in FOLDERS.values()],
                routes=routes(site),
                ready=ready,
                body_limit=body_limit,
            )
        )
        server = TestServer(app, host="127.0.0.1")
        await server.start_server()
        running = Running(memory=memory, clock=clock, database=database, accounts=accounts, server=server)
        built.append((running, tasks))
        return running

    yield make
    for running, tasks in built:
        for client in running.clients:
            await client.close()
        await running.server.close()
        await running.memory.close()
        await tasks.close()
        running.accounts.close()
        await running.database.close()


async def ready() -> dict[str, bool]:
    return {}


def pages() -> Pages:
    return Pages(
        words=Words(*(folder / "words" for folder in FOLDERS.values())),
        city_name={"ja": "あおば市", "en": "Aoba City"},
        language_names={tag: language.own_name for tag, language in languages().items()},
        static_folders={name: folder / "static" for name, folder in FOLDERS.items()},
    )


@pytest.fixture
async def site(build: Build) -> Running:
    return await build()
