"""From settings to running objects. Everything that the house consists of is made here and nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from bot.attachments.model import AttachmentOptions
from bot.attachments.service import ATTACHMENTS, FETCH_ATTEMPTS, Attachments
from bot.attachments.web import AttachmentPages
from bot.city import City, read_city
from bot.counter.service import NOTICES
from bot.desk import Desk
from bot.disaster.broadcasts import WRITE
from bot.disaster.reminders import REMIND
from bot.disaster.sending import ATTEMPTS, SEND
from bot.forms.reminders import REMINDERS
from bot.knowledge import Knowledge
from bot.knowledge.desk import ArticlePages
from bot.knowledge.feedback import FeedbackSkill
from bot.line.menus import LineMenus
from bot.line.quota import QuotaWatch
from bot.line.webhook import INBOX, Inbox
from bot.outbox import OUTBOX, Outbox
from bot.privacy.erasing import ERASE
from bot.privacy.retention import RETENTION
from bot.replies import Renderer
from bot.requests import RequestDesk
from bot.richmenu.service import MENUS, MenuLinks
from bot.richmenu.skill import MenuSkill
from bot.service import TRANSLATE, ChatService
from config.captions import CaptionParts, make_captions
from config.chat import make_chat, make_desk
from config.counter import CounterParts, make_counter
from config.disaster import DisasterParts, make_disaster
from config.forms import FormParts, make_forms
from config.listening import RecogniserListener
from config.migrations.runner import open_database
from config.names import own_names
from config.opening import (
    Parts,
    Progress,
    Tools,
    city_glossary,
    make_memory,
    make_translator,
    open_knowledge,
    open_messenger,
    open_pool,
    prepare_models,
    quiet,
    voice_limits,
    watch_quota,
)
from config.privacy import PrivacyParts, make_privacy
from config.settings import Settings
from core.accounts import Accounts
from core.bus import Bus, LocalBus
from core.clock import Clock, SystemClock
from core.database import Database
from core.jobs import Job, Jobs, Worker
from core.nats import NatsBus
from core.tasks import Tasks
from core.web.sessions import DatabaseStorage, SessionOptions
from transcripts.audio import AudioDecoder
from transcripts.service import EARLIER
from transcripts.service import QUEUE as CAPTIONS
from transcripts.uploads import QUEUE as UPLOADS
from translation.detection import Detector
from translation.glossary import Glossary
from translation.memory import Memory
from translation.service import Translator


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
    attachments: Attachments
    attachment_pages: AttachmentPages
    forms: FormParts
    disaster: DisasterParts
    articles: ArticlePages
    privacy: PrivacyParts
    counter: CounterParts
    menus: MenuLinks
    quota: QuotaWatch
    outbox: Outbox
    requests: RequestDesk
    desk: Desk
    captions: CaptionParts
    storage: DatabaseStorage
    inbox: Inbox
    tasks: Tasks


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
                menus=LineMenus(messenger),
                quota=watch_quota(settings, messenger, clock),
            ),
        )
        stack.push_async_callback(service.captions.close)
        yield service


def connect(settings: Settings, parts: Parts) -> Service:
    """Everything that works on opened parts. Opens nothing itself."""
    jobs = Jobs(parts.database, parts.bus, parts.clock)
    renderer = Renderer(parts.city, own_names())
    outbox = Outbox(jobs, parts.messenger, parts.bus)
    attachments = Attachments(
        jobs,
        parts.messenger,
        parts.bus,
        settings.data_dir / "attachments",
        AttachmentOptions(**settings.attachments.model_dump()),
    )
    tools = Tools(
        settings=settings,
        parts=parts,
        jobs=jobs,
        renderer=renderer,
        outbox=outbox,
        attachments=attachments,
    )
    requests, desk = make_desk(tools)
    forms, disaster, privacy, counter = (
        make_forms(tools),
        make_disaster(tools),
        make_privacy(tools),
        make_counter(tools),
    )
    menus = MenuLinks(parts.menus, jobs)
    slugs = {slug for slug, _ in parts.city.articles}
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
        chat=make_chat(
            tools,
            [
                forms.skill,
                privacy.skill,
                FeedbackSkill(slugs),
                counter.skill,
                MenuSkill({form.id: form.title for form in forms.forms.values()}),
                *disaster.skills,
            ],
            menus,
        ),
        menus=menus,
        counter=counter,
        quota=parts.quota,
        attachments=attachments,
        attachment_pages=AttachmentPages(attachments),
        forms=forms,
        disaster=disaster,
        articles=ArticlePages(
            database=parts.database, clock=parts.clock, city=parts.city, knowledge=parts.knowledge
        ),
        privacy=privacy,
        outbox=outbox,
        requests=requests,
        desk=desk,
        captions=make_captions(settings, parts, jobs),
        storage=DatabaseStorage(parts.database, parts.clock, _session_options(settings)),
        inbox=Inbox(jobs, parts.tasks, parts.clock),
        tasks=parts.tasks,
    )


def _session_options(settings: Settings) -> SessionOptions:
    return SessionOptions(
        idle_s=settings.http.session_idle_s,
        absolute_s=settings.http.session_absolute_s,
        secure=settings.http.public_url.startswith("https://"),
    )


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
        worker(
            ATTACHMENTS,
            service.attachments.handle,
            2,
            attempts=FETCH_ATTEMPTS,
            buried=service.attachments.given_up,
        ),
        worker(REMINDERS, service.forms.reminders.remind, 1),
        worker(REMIND, service.disaster.reminders.remind, 1),
        worker(WRITE, service.disaster.notices.translate, 1),
        worker(
            SEND,
            service.disaster.sending.deliver,
            1,
            attempts=ATTEMPTS,
            buried=service.disaster.sending.given_up,
        ),
        worker(CAPTIONS, service.captions.meetings.translate, 2),
        worker(MENUS, service.menus.link, 1),
        worker(NOTICES, service.counter.counters.notify, 1),
        worker(RETENTION, service.privacy.retention.run, 1),
        worker(ERASE, service.privacy.erasing.finish, 1),
        worker(
            UPLOADS,
            service.captions.uploads.hear,
            service.settings.uploads.at_once,
            attempts=30,
            buried=service.captions.uploads.given_up,
        ),
        worker(EARLIER, service.captions.meetings.translate_earlier, 1),
    ]
