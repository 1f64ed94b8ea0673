"""A city hall whose chat knows the counters: the real city, SQLite, LINE's simulator and the real web site."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import argon2
import pytest
from aiohttp import ClientSession, CookieJar, DummyCookieJar, web
from aiohttp.test_utils import TestClient, TestServer

import bot
import config
import core.web
from bot.city import City, read_city
from bot.counter.api import CounterApi
from bot.counter.catalogue import Catalogue, read_catalogue
from bot.counter.pages import CounterPages
from bot.counter.service import NOTICES, Counters, Report
from bot.counter.skill import NoticeSkill
from bot.counter.telling import Teller
from bot.counter.wording import Wording
from bot.knowledge import Knowledge
from bot.line.messenger import LineMessenger
from bot.line.webhook import INBOX, Inbox, Webhook
from bot.model import Resident
from bot.outbox import OUTBOX, Outbox
from bot.privacy.store import set_consent
from bot.replies import Renderer
from bot.service import ChatOptions, ChatService
from bot.simulator import SimulatorOptions, make_simulator
from bot.store import add_resident, find_resident
from bot.understanding import Understanding
from config.names import own_names
from core.accounts import Accounts
from core.bus import LocalBus
from core.clock import ManualClock
from core.database import Database
from core.jobs import Job, Jobs, RetryLater
from core.tasks import Tasks
from core.web import Site, make_app
from core.web.pages import Pages
from core.web.sessions import DatabaseStorage, SessionOptions
from core.words import Words
from translation.detection import Detector

CITY = Path(config.__file__).parent / "city"
SECRET = "8c570fa6dd201bb328f1c1eac23a96d8"
TOKEN = "a-channel-access-token"
PASSWORD = "a long enough password"
LANGUAGES = ("ja", "ja-Hira", "en", "zh-Hans", "ko", "vi", "pt-BR", "es", "tl", "id", "ne")
COUNTER = "civil-affairs"


@pytest.fixture(scope="session")
def city() -> City:
    return read_city(CITY)


@pytest.fixture(scope="session")
def catalogue(city: City) -> Catalogue:
    return read_catalogue(CITY, city.departments)


@pytest.fixture(scope="session")
def wording(city: City) -> Wording:
    return Wording(city.phrases, city.languages, city.hours.zone)


@dataclass(kw_only=True)
class Hall:
    """The running city hall."""

    clock: ManualClock
    jobs: Jobs
    counters: Counters
    skill: NoticeSkill
    chat: ChatService
    outbox: Outbox
    accounts: Accounts
    phones: TestClient[Any, Any]
    http: ClientSession  # a browser
    machine_http: ClientSession  # keeps no cookies
    base: str
    allows: dict[str, bool]
    receipts: dict[str, str]
    user: str = ""

    @property
    def database(self) -> Database:
        return self.jobs.database

    async def control(self, method: str, path: str, **parts: Any) -> Any:
        async with self.phones.request(method, f"/simulator/api{path}", **parts) as response:
            body = await response.json()
            assert response.status < 300, body
            return body

    async def resident(self, name: str, language: str) -> str:
        """Somebody new, who has agreed to what is kept."""
        made = await self.control("POST", "/users", json={"name": name, "language": language})
        user, now = str(made["id"]), self.clock.now()
        async with self.database.write() as connection:
            await add_resident(
                connection, line_user_id=user, display_name=name, profile_language=language, now=now
            )
            found = await find_resident(connection, user)
            assert found is not None
            await set_consent(connection, found.id, given=True, notice="test", now=now)
        return user

    async def work(self) -> None:
        """Do every job that is due."""
        handlers: dict[str, Callable[[Job], Awaitable[None]]] = {
            INBOX: self.chat.handle,
            NOTICES: self.counters.notify,
            OUTBOX: self.outbox.deliver,
        }
        while taken := [
            job for queue in handlers for job in await self.jobs.take(queue, limit=20, lease_s=30)
        ]:
            for job in taken:
                try:
                    await handlers[job.queue](job)
                except RetryLater as later:
                    await self.jobs.put_back(job, delay_s=later.delay_s or 0.5, reason=str(later))

    async def bubbles(self, user: str = "") -> list[dict[str, Any]]:
        """What the city wrote on a phone."""
        found = await self.control("GET", f"/users/{user or self.user}/messages", params={"from": "bot"})
        messages: list[dict[str, Any]] = found["messages"]
        return messages

    async def read(self, user: str = "") -> list[str]:
        return [one["message"].get("text") or one["message"]["altText"] for one in await self.bubbles(user)]

    async def _act(self, user: str, action: dict[str, Any]) -> list[str]:
        before = len(await self.read(user))
        await self.control("POST", f"/users/{user or self.user}/send", json=action)
        await self.work()
        return (await self.read(user))[before:]

    async def say(self, text: str, user: str = "") -> list[str]:
        """Write, let the city hall work, and give what came back."""
        return await self._act(user, {"type": "text", "text": text})

    async def press(self, value: str, user: str = "", action: str = "notice") -> list[str]:
        return await self._act(user, {"type": "postback", "data": f"do={action}&v={value}"})

    async def language(self, tag: str, user: str = "") -> None:
        """Choose a language, so that the tests do not depend on detection."""
        await self.press(tag, user, action="language")

    async def called(self, number: int, *, waiting: int = 5, is_open: bool = True, **more: Any) -> list[str]:
        """The machine calls a number; gives what that brings to the phone."""
        before = len(await self.read())
        await self.counters.report(COUNTER, Report(called=number, waiting=waiting, open=is_open, **more))
        await self.work()
        return (await self.read())[before:]

    async def known(self, user: str = "") -> Resident:
        async with self.database.read() as connection:
            found = await find_resident(connection, user or self.user)
        assert found is not None
        return found

    async def machine(self, counter: str = COUNTER) -> str:
        """The token of a new machine."""
        return (await self.counters.add_machine(counter, "Machine 1", by="an account"))[1]

    async def post(self, body: Any, token: str, counter: str = COUNTER, what: str = "") -> tuple[int, Any]:
        """Status and JSON of a report."""
        async with self.machine_http.post(
            f"{self.base}/api/v1/counters/{counter}{what}",
            json=body,
            headers={"Authorization": f"Bearer {token}"},
        ) as answer:
            return answer.status, await answer.json()

    async def log_in(self, name: str, role: str = "staff") -> str:
        """Log somebody new in; gives the CSRF token."""
        await self.accounts.add(name, PASSWORD, role=role, display_name=f"Clerk {name}")
        form = {"name": name, "password": PASSWORD}
        async with self.http.post(f"{self.base}/login", data=form, allow_redirects=False) as answer:
            assert answer.status == 303
        found = re.search(r'name="csrf-token" content="([^"]*)"', await self.page())
        assert found is not None
        return found[1]

    async def page(self, query: str = "?ui=en") -> str:
        async with self.http.get(f"{self.base}/counters{query}") as answer:
            assert answer.status == 200, answer.status
            return await answer.text()

    async def form(self, path: str, csrf: str, **fields: str) -> tuple[int, str]:
        """Send a form of the page."""
        async with self.http.post(
            f"{self.base}/counters{path}?ui=en", data={"csrf_token": csrf, **fields}
        ) as answer:
            return answer.status, await answer.text()


OpenHall = Callable[..., Awaitable[Hall]]


@pytest.fixture
async def open_hall(
    tmp_path: Path, clock: ManualClock, city: City, catalogue: Catalogue
) -> AsyncIterator[OpenHall]:
    async with AsyncExitStack() as stack:

        async def make(catalogue: Catalogue = catalogue, **simulator: Any) -> Hall:
            options = SimulatorOptions(channel_secret=SECRET, access_token=TOKEN, **simulator)
            phones = await stack.enter_async_context(TestClient(TestServer(make_simulator(options, clock))))
            line = str(phones.make_url("/")).rstrip("/")
            database = Database(f"sqlite+aiosqlite:///{tmp_path / 'hall.db'}")
            await database.open()
            await database.create_all()
            stack.push_async_callback(database.close)
            tasks, bus = Tasks(), LocalBus()
            stack.push_async_callback(tasks.close)
            accounts = Accounts(database, clock, hasher=argon2.PasswordHasher(time_cost=1, memory_cost=64))
            stack.callback(accounts.close)
            knowledge = Knowledge([], None, cache_dir=tmp_path / "cache")
            await knowledge.open()
            stack.callback(knowledge.close)
            messenger = LineMessenger(access_token=TOKEN, api_base=line, data_api_base=line, timeout_s=5.0)
            stack.push_async_callback(messenger.close)
            jobs = Jobs(database, bus, clock)
            renderer, outbox = Renderer(city, own_names()), Outbox(jobs, messenger, bus)
            allows, receipts = {"all": True, "small": True}, {}
            wording = Wording(city.phrases, city.languages, city.hours.zone)

            async def find_receipt(connection: Any, number: str) -> str | None:
                return receipts.get(number)

            teller = Teller(
                city=city,
                renderer=renderer,
                outbox=outbox,
                wording=wording,
                allows=lambda matters: allows["all"] and (matters or allows["small"]),
            )
            counters = Counters(
                catalogue=catalogue,
                jobs=jobs,
                bus=bus,
                teller=teller,
                zone=city.hours.zone,
                receipts=find_receipt,
            )
            skill = NoticeSkill(counters, wording, clock)
            chat = ChatService(
                jobs=jobs,
                bus=bus,
                clock=clock,
                understanding=Understanding(city, knowledge, Detector(), renderer),
                messenger=messenger,
                listener=None,
                renderer=renderer,
                outbox=outbox,
                options=ChatOptions(),
                skills=[skill],
            )
            app = _site(clock, city, accounts, database, counters, Inbox(jobs, tasks, clock))
            server = TestServer(app, host="127.0.0.1")
            await server.start_server()
            stack.push_async_callback(server.close)
            http = await stack.enter_async_context(
                ClientSession(cookie_jar=CookieJar(unsafe=True), headers={"Accept": "text/html"})
            )
            async with phones.put(
                "/v2/bot/channel/webhook/endpoint",
                json={"endpoint": str(server.make_url("/line/webhook"))},
                headers={"Authorization": f"Bearer {TOKEN}"},
            ) as answer:
                assert answer.status == 200
            hall = Hall(
                clock=clock,
                jobs=jobs,
                counters=counters,
                skill=skill,
                chat=chat,
                outbox=outbox,
                accounts=accounts,
                phones=phones,
                http=http,
                machine_http=await stack.enter_async_context(ClientSession(cookie_jar=DummyCookieJar())),
                base=str(server.make_url("/")).rstrip("/"),
                allows=allows,
                receipts=receipts,
            )
            hall.user = await hall.resident("Maria", "en")
            await hall.language("en")
            return hall

        yield make


def _site(
    clock: ManualClock, city: City, accounts: Accounts, database: Database, counters: Counters, inbox: Inbox
) -> web.Application:
    folders = {"core": Path(core.web.__path__[0]), "bot": Path(bot.__path__[0])}
    return make_app(
        Site(
            accounts=accounts,
            storage=DatabaseStorage(database, clock, SessionOptions(secure=False)),
            clock=clock,
            pages=Pages(
                words=Words(
                    *(folder / "words" for folder in folders.values()), folders["bot"] / "words" / "counter"
                ),
                city_name=city.names,
                language_names=own_names(),
                static_folders={name: folder / "static" for name, folder in folders.items()},
            ),
            templates=[folder / "templates" for folder in folders.values()],
            routes=[
                *Webhook(inbox, [SECRET], body_limit=200_000).routes(),
                *CounterApi(counters).routes(),
                *CounterPages(counters).routes(),
            ],
            csrf_exempt=frozenset({"/line/webhook"}),
            ready=_ready,
        )
    )


async def _ready() -> dict[str, bool]:
    return {}


@pytest.fixture
async def hall(open_hall: OpenHall) -> Hall:
    return await open_hall()


def moment(text: str) -> dt.datetime:
    """A moment in Japan's time."""
    return dt.datetime.fromisoformat(f"{text}+09:00")
