"""A whole captions site for tests: real SQLite, real HTTP, real voice detection, words from a script.

What is "heard" are the words of the demo speech at the times at which its audio has them, so that only the speech
model is missing; translation runs without models (`untranslated`) unless a test asks for `translator`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import functools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import argon2
import pytest
from aiohttp import ClientResponse, ClientSession, CookieJar
from aiohttp.test_utils import TestServer

from core.accounts import Accounts
from core.bus import LocalBus
from core.clock import SystemClock
from core.database import Database
from core.jobs import Jobs
from core.tasks import Tasks
from core.web import Site, make_app
from core.web.pages import Pages
from core.web.sessions import DatabaseStorage, SessionOptions
from core.words import Words
from transcripts.audio import AudioLimits, decode, to_s16le
from transcripts.hub import Hub, HubOptions
from transcripts.keeping import Keeper, KeepingOptions
from transcripts.model import Segment, Word
from transcripts.pool import RecogniserPool
from transcripts.recogniser import Recogniser
from transcripts.recognisers.scripted import ScriptedRecogniser
from transcripts.relays.service import RelayService
from transcripts.relays.sinks import make_sinks
from transcripts.relays.sinks.http import CaptionHttp
from transcripts.retention import Retention
from transcripts.rtms.protocol import Credentials
from transcripts.rtms.service import RtmsOptions, RtmsService
from transcripts.rtms.stream import StreamOptions
from transcripts.rtms.webhook import PATH as RTMS_PATH
from transcripts.rtms.webhook import RtmsWebhook
from transcripts.service import EARLIER, QUEUE, MeetingOptions, MeetingService, NewMeeting
from transcripts.session import LiveOptions
from transcripts.sources import LiveMeetings, SourceOptions
from transcripts.translating import PartialTranslations
from transcripts.uploads import UploadOptions, Uploads
from transcripts.web import CaptionsSite, WebOptions, routes
from translation.languages import languages
from translation.memory import Memory
from translation.service import Translator

ROOT = Path(__file__).parents[2]
SPEECH = ROOT / "config" / "demo" / "speech"
PASSWORD = "a long enough password"
ZOOM_APP = Credentials(client_id="client", client_secret="a secret", secret_token="a token")
LOCAL_STREAM = StreamOptions(
    hosts=("127.0.0.1",),
    allow_local=True,
    pauses_s=(0.01, 0.02),
    handshake_s=2.0,
    silent_s=5.0,
    give_up_s=1.0,
)


@dataclass(kw_only=True)
class Speech:
    """The demo speech: samples as bytes, words, and the sentences that it has."""

    pcm: bytes
    words: list[Word]
    sentences: list[str]


@functools.cache
def speech(seconds: float) -> Speech:
    """The first `seconds` of the demo speech."""
    if not (SPEECH / "briefing.flac").exists():
        pytest.skip(
            "config/demo/speech/briefing.flac is missing; make it with config/demo/speech/make_speech.py"
        )
    samples = decode((SPEECH / "briefing.flac").read_bytes(), limits=AudioLimits())
    told = json.loads((SPEECH / "briefing.json").read_text("utf-8"))
    words = [
        Word(text=word["text"], start=word["start"], end=word["end"], probability=0.9)
        for word in told["words"]
    ]
    return Speech(
        pcm=to_s16le(samples[: int(seconds * 16_000)]),
        words=words,
        sentences=[one["text"] for one in told["sentences"] if one["end"] <= seconds],
    )


def segment(seq: int, text: str = "The school opens at 9.", *, probability: float = 0.9) -> Segment:
    """A segment of two seconds, the `seq`-th in its meeting."""
    words = tuple(
        Word(text=word, start=2.0 * seq, end=2.0 * seq + 1, probability=probability) for word in text.split()
    )
    return Segment(seq=seq, start=2.0 * seq, end=2.0 * seq + 1.5, language="en", text=text, words=words)


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event."""

    name: str
    data: dict[str, Any]
    id: str


async def events(response: ClientResponse) -> AsyncIterator[Event]:
    """Server-sent events, read as the specification says. Comments and retry lines are skipped."""
    name, data, number = "", "", ""
    async for raw in response.content:
        line = raw.decode().rstrip("\n")
        key, _, value = line.partition(": ")
        if line == "" and data:
            yield Event(name, json.loads(data), number)
        if line == "":
            name, data, number = "", "", ""
        elif key == "event":
            name = value
        elif key == "data":
            data = value
        elif key == "id":
            number = value


async def captions(response: ClientResponse, count: int) -> list[Event]:
    """The next `count` captions of a stream."""
    found: list[Event] = []
    async with asyncio.timeout(20):
        async for event in events(response):
            if event.name == "caption":
                found.append(event)
            if len(found) == count:
                return found
    return found


@dataclass(kw_only=True)
class Running:
    """A running site, and clients for it."""

    service: MeetingService
    hub: Hub
    live: LiveMeetings
    uploads: Uploads
    rtms: RtmsService
    keeper: Keeper
    retention: Retention
    database: Database
    bus: LocalBus
    jobs: Jobs
    server: TestServer
    visitor: ClientSession
    accounts: Accounts
    tasks: Tasks
    memory: Memory | None = None
    relays: RelayService | None = None
    clients: list[ClientSession] = field(default_factory=list)

    def url(self, path: str) -> str:
        return str(self.server.make_url(path))

    async def meeting(self, *others: str, language: str = "en", title: str = "School briefing") -> NewMeeting:
        return await self.service.create(title=title, language=language, languages=others, account=None)

    async def log_in(self, name: str, role: str) -> ClientSession:
        """A client with a session of a new account; its CSRF token is a default header."""
        await self.accounts.add(name, PASSWORD, role=role, display_name=f"Person {name}")
        client = ClientSession(cookie_jar=CookieJar(unsafe=True))
        self.clients.append(client)
        form = {"name": name, "password": PASSWORD, "next": "/meetings"}
        async with client.post(self.url("/login"), data=form) as answer:
            assert answer.status == 200
            page = await answer.text()
        token = page.split('name="csrf-token" content="')[1].split('"')[0]
        client.headers["X-CSRF-Token"] = token
        return client

    async def translated(self) -> None:
        """Do the work of the queues of captions, as their workers would."""
        while taken := await self.jobs.take(QUEUE, limit=8, lease_s=30):
            for job in taken:
                await self.service.translate(job)
        while taken := await self.jobs.take(EARLIER, limit=8, lease_s=30):
            for job in taken:
                await self.service.translate_earlier(job)


Build = Callable[..., Awaitable[Running]]


@pytest.fixture
async def build(tmp_path: Path) -> AsyncIterator[Build]:
    """Builds sites; a second one in a test sees the database of the first, as after a restart."""
    built: list[Running] = []

    async def make(
        *,
        translator: Translator | None = None,
        seconds: float = 0.0,
        script: list[Word] | None = None,
        sources: SourceOptions | None = None,
        hub_options: HubOptions | None = None,
        meeting_options: MeetingOptions | None = None,
        web_options: WebOptions | None = None,
        remember: bool = False,
        recogniser: Recogniser | None = None,
        audio_limits: AudioLimits | None = None,
        upload_options: UploadOptions | None = None,
    ) -> Running:
        clock, bus, tasks = SystemClock(), LocalBus(), Tasks()
        database = Database(f"sqlite+aiosqlite:///{tmp_path / 'captions.db'}")
        await database.open()
        await database.create_all()
        jobs = Jobs(database, bus, clock)
        memory = Memory(database, bus, clock, tasks) if remember else None
        if memory is not None:
            await memory.open()
        service = MeetingService(
            database=database,
            jobs=jobs,
            bus=bus,
            clock=clock,
            translator=translator or Translator([]),
            memory=memory,
            options=meeting_options,
        )
        hub = Hub(read_after=service.read_after, bus=bus, clock=clock, tasks=tasks, options=hub_options)
        words = script if script is not None else speech(seconds).words if seconds else []
        pool = RecogniserPool(recogniser or ScriptedRecogniser(words), clock=clock)
        keeper = Keeper(
            tmp_path / "sound",
            meeting=service.get,
            note_trouble=service.note_audio_trouble,
            clock=clock,
            options=KeepingOptions(reserve_mb=0),
        )
        partials = PartialTranslations(
            translator=service.translator,
            look=service.plan_and_names,
            readers=hub.readers,
            show=hub.show_partial,
            clock=clock,
            tasks=tasks,
        )
        live = LiveMeetings(
            service=service,
            hub=hub,
            recogniser=pool,
            live=LiveOptions(),
            clock=clock,
            tasks=tasks,
            options=sources,
            keeper=keeper,
            partials=partials,
        )
        uploads = Uploads(
            database=database,
            jobs=jobs,
            clock=clock,
            meetings=service,
            recogniser=pool,
            folder=tmp_path / "uploads",
            limits=audio_limits or AudioLimits(),
            is_live=live.is_live,
            keep=keeper.append,
            options=upload_options,
        )
        rtms = RtmsService(
            database=database,
            clock=clock,
            meetings=service,
            live=live,
            credentials=ZOOM_APP,
            options=RtmsOptions(stream=LOCAL_STREAM, poll_s=0.05, lease_s=0.5),
        )
        accounts = Accounts(database, clock, hasher=argon2.PasswordHasher(time_cost=1, memory_cost=64))
        site = CaptionsSite(
            service=service,
            hub=hub,
            live=live,
            options=web_options or WebOptions(),
            relays=relay_service(database, bus, clock, service),
            keeper=keeper,
            retention=Retention(service=service, keeper=keeper, clock=clock),
            uploads=uploads,
            rtms=rtms,
        )
        app = make_app(
            Site(
                accounts=accounts,
                storage=DatabaseStorage(database, clock, SessionOptions(secure=False)),
                clock=clock,
                pages=pages(),
                templates=[ROOT / "core/web/templates", ROOT / "transcripts/templates"],
                routes=[*routes(site), *RtmsWebhook(rtms, clock, LOCAL_STREAM).routes()],
                csrf_exempt=frozenset({RTMS_PATH}),
                ready=ready,
            )
        )
        server = TestServer(app, host="127.0.0.1")
        await server.start_server()
        running = Running(
            service=service,
            hub=hub,
            memory=memory,
            relays=site.relays,
            uploads=uploads,
            rtms=rtms,
            keeper=keeper,
            retention=Retention(service=service, keeper=keeper, clock=clock),
            live=live,
            database=database,
            bus=bus,
            jobs=jobs,
            server=server,
            visitor=ClientSession(),
            accounts=accounts,
            tasks=tasks,
        )
        running.clients.append(running.visitor)
        built.append(running)
        return running

    yield make
    for running in built:
        await stop(running)


def relay_service(
    database: Database, bus: LocalBus, clock: SystemClock, meetings: MeetingService
) -> RelayService:
    """Relays that nobody sends for."""
    sinks = make_sinks(
        CaptionHttp(),
        zoom_hosts=("wmcapi.zoom.us",),
        teams_hosts=("api.captions.office.microsoft.com",),
        youtube_hosts=("upload.youtube.com",),
    )
    places = {kind: sink.place for kind, sink in sinks.items()}
    return RelayService(database=database, bus=bus, clock=clock, meetings=meetings, places=places)


async def ready() -> dict[str, bool]:
    return {}


def pages() -> Pages:
    return Pages(
        words=Words(ROOT / "core/web/words", ROOT / "transcripts/words"),
        city_name={"ja": "あおば市", "en": "Aoba City"},
        language_names={tag: language.own_name for tag, language in languages().items()},
        static_folders={"core": ROOT / "core/web/static", "transcripts": ROOT / "transcripts/static"},
    )


async def stop(running: Running) -> None:
    """Shut a site down in the order in which the service does."""
    running.hub.close_all()
    await running.rtms.close()
    await running.live.close()
    for client in running.clients:
        await client.close()
    await running.server.close()
    if running.memory is not None:
        await running.memory.close()
    await running.tasks.close()
    await running.keeper.close()
    running.accounts.close()
    await running.database.close()


@pytest.fixture
async def site(build: Build) -> Running:
    return await build()


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the starter models."""
    packages = pytest.importorskip("translation.packages")
    folder = tmp_path_factory.mktemp("models")
    packages.ModelStore(folder).prepare_starter(lambda *progress: None)
    return folder


@pytest.fixture
async def translator(models: Path) -> AsyncIterator[Translator]:
    """Real models: English, Japanese, Portuguese."""
    from translation.assembly import build_translator

    made = build_translator(models)
    yield made
    await made.close()


MOMENT = dt.datetime(2026, 11, 2, 0, 30, tzinfo=dt.UTC)
