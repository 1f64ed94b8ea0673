"""Running the service: started in order, stopped in order, within five seconds and without losing what was promised.

Stopping: no new connections; streams are told to come back; meetings store what was said; workers finish the job in
hand; what is left keeps its lease and is taken up at the next start.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import gc
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

from aiohttp import web

from config.assembly import Service, make_workers
from config.site import make_health_site, make_site
from core.errors import Unavailable
from core.log import get_logger
from core.tasks import Tasks

log = get_logger(__name__)

Role = Literal["all", "web", "worker"]
REQUEST_GRACE_S = 1.0  # for requests in progress when stopping
WORK_GRACE_S = 2.0  # for jobs in progress when stopping
TIDY_EVERY_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A started server."""

    service: Service
    address: str  # http://host:port


@asynccontextmanager
async def serving(
    service: Service, *, role: Role = "all", home: Sequence[dict[str, str]] = ()
) -> AsyncIterator[Running]:
    """The service on its port, with its workers, until the block is left."""
    settings = service.settings
    tasks = Tasks()
    workers = make_workers(service) if role in ("all", "worker") else []
    app = make_site(service, home=home) if role != "worker" else make_health_site(service)

    async def end_streams(app: web.Application) -> None:
        service.captions.hub.close_all()
        service.desk.close_streams()
        service.disaster.pages.close_streams()

    app.on_shutdown.append(end_streams)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=REQUEST_GRACE_S, handler_cancellation=True)
    await runner.setup()
    try:
        address = await listen(runner, settings.http.host, settings.http.port)
        for number, worker in enumerate(workers):
            tasks.keep(f"worker {number}", worker.run)
        if role in ("all", "worker"):
            tasks.keep("relays", service.captions.relaying.run)
        if service.captions.rtms is not None and role in ("all", "web"):
            tasks.keep("rtms", service.captions.rtms.run)
        if role in ("all", "web"):
            tasks.keep("retention", service.captions.retention.run)
        tasks.keep("readers", service.captions.readers.run)
        if settings.line.channel_access_token.get_secret_value():
            tasks.keep(
                "quota", service.quota.run
            )  # in every role: the desk's pages show it, workers keep to it
        tasks.keep("tidy", lambda: _tidy(service))
        log.info("serving", address=address, role=role)
        yield Running(service=service, address=address)
    finally:
        await runner.cleanup()
        if service.captions.rtms is not None:
            await service.captions.rtms.close()
        await service.captions.live.close()
        await asyncio.gather(
            service.captions.relaying.close(grace_s=WORK_GRACE_S),
            *(worker.drain(grace_s=WORK_GRACE_S) for worker in workers),
        )
        await tasks.close()
        log.info("stopped")


def settle_memory() -> None:
    """Tell the garbage collector that what is loaded by now stays, for a process that serves until it ends.

    A full collection would otherwise walk through some 290,000 objects and hold the event loop up for 150 ms.
    """
    gc.collect()
    gc.freeze()


async def listen(runner: web.AppRunner, host: str, port: int) -> str:
    """Open the port; gives the address. Raises Unavailable when it is taken."""
    site = web.TCPSite(runner, host, port, reuse_address=True)
    try:
        await site.start()
    except OSError as error:
        reason = (error.strerror or str(error)).rpartition(": ")[2]  # asyncio puts the address before it
        raise Unavailable(
            f"Port {port} on {host} cannot be opened ({reason}); set MADOGUCHI_HTTP__PORT to a free one."
        ) from error
    bound = runner.addresses[0]
    shown = "127.0.0.1" if bound[0] in ("0.0.0.0", "::") else bound[0]
    return f"http://{shown}:{bound[1]}"


async def _tidy(service: Service) -> None:
    """Forget what has served its time."""
    while True:
        before = service.clock.now() - dt.timedelta(days=service.settings.work.keep_done_days)
        forgotten = await service.jobs.forget(before=before)
        await service.storage.forget()
        await service.forms.skill.tidy()
        await service.attachments.tidy()
        await service.disaster.desk.tidy()
        await service.counter.counters.forget()
        await service.privacy.retention.schedule()
        await service.captions.uploads.tidy()
        await service.database.checkpoint()
        log.info("tidied", jobs=forgotten)
        await asyncio.sleep(TIDY_EVERY_S)


def stop_requested() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set from now on, instead of ending the process at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


async def until_stopped() -> None:
    """Wait for SIGTERM or SIGINT."""
    await stop_requested().wait()
