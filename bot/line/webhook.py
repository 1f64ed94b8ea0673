"""`POST /line/webhook`: verify, write each event once, commit, answer 200. Nothing else happens before the 200.

LINE counts an answer after two seconds as failed and may deliver an event again, or twice, at any time. So the
answer waits for nothing but the disk, and an event's id is unique in the table of jobs.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from bot.line.events import event_id, user_id, without_my_number
from bot.line.signature import is_signed
from core.clock import Clock
from core.errors import InvalidInput, NotAuthorised, TooLarge, Unavailable
from core.jobs import Jobs
from core.log import get_logger
from core.metrics import counter, histogram
from core.tasks import Tasks

log = get_logger(__name__)

INBOX = "line.inbox"
PATH = "/line/webhook"
MAX_EVENTS = 500  # in one body; LINE sends far fewer

EVENTS = counter("line_events", "Events delivered by LINE", ["result"])
REFUSED = counter("line_webhooks_refused", "Webhooks refused", ["reason"])
STORE_SECONDS = histogram("line_webhook_store_seconds", "From a verified webhook to its commit")


class Inbox:
    """Stores events with group commit: whoever gets the writer stores for all who wait, so that a burst costs a
    few disk syncs instead of one for each webhook."""

    def __init__(self, jobs: Jobs, tasks: Tasks, clock: Clock) -> None:
        self._jobs = jobs
        self._tasks = tasks
        self._clock = clock
        self._waiting: list[tuple[Sequence[Any], asyncio.Future[None]]] = []
        self._writing = False

    async def store(self, events: Sequence[Any]) -> None:
        """Return when the events are on the disk. Raises Unavailable when they could not be stored."""
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((events, stored))
        if not self._writing:
            self._writing = True
            self._tasks.spawn("inbox", self._write())
        await stored

    async def _write(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                await self._commit(batch)
        finally:
            self._writing = False

    async def _commit(self, batch: list[tuple[Sequence[Any], asyncio.Future[None]]]) -> None:
        failure: BaseException | None = None
        try:
            await self._insert([event for events, _ in batch for event in events])
        except Exception as error:
            log.exception("inbox_failed")
            failure = Unavailable(
                f"The events could not be stored ({type(error).__name__}); send them again."
            )
        for _, stored in batch:
            if stored.done():
                continue  # LINE hung up; it will deliver again, and the event id makes that harmless
            if failure is None:
                stored.set_result(None)
            else:
                stored.set_exception(failure)
        self._jobs.hint(INBOX)

    async def _insert(self, events: list[Any]) -> None:
        received = self._clock.now().isoformat()
        async with self._jobs.database.write() as connection:
            for event in events:
                kept, my_number = without_my_number(event)
                added = await self._jobs.add(
                    connection,
                    queue=INBOX,
                    key=user_id(event),
                    dedupe=event_id(event),
                    # As text: what JSON allows and a database's JSON does not (NaN, half a surrogate pair) would
                    # otherwise fail the commit of every event that came with it.
                    payload={"event": json.dumps(kept), "received_at": received, "my_number": my_number},
                )
                EVENTS.labels("stored" if added else "known").inc()


class Webhook:
    """The route."""

    def __init__(self, inbox: Inbox, secrets: Sequence[str], *, body_limit: int = 1024 * 1024) -> None:
        """`secrets` are the channel secrets that are valid now; `body_limit` is in bytes."""
        self._inbox = inbox
        self._secrets = tuple(secrets)
        self._body_limit = body_limit

    def routes(self) -> list[web.AbstractRouteDef]:
        return [web.post(PATH, self.receive)]

    async def receive(self, request: web.Request) -> web.Response:
        """Answer 200 exactly when every event is stored."""
        body = await self._body(request)
        if not is_signed(self._secrets, body, request.headers.get("x-line-signature")):
            REFUSED.labels("signature").inc()
            raise NotAuthorised("The signature does not fit; check the channel secret.")
        events = self._events(body)
        if events:
            with STORE_SECONDS.time():
                await self._inbox.store(events)
        return web.json_response({})

    async def _body(self, request: web.Request) -> bytes:
        if (request.content_length or 0) > self._body_limit:
            REFUSED.labels("size").inc()
            raise TooLarge(f"A webhook may have {self._body_limit} bytes.")
        body = bytearray()
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > self._body_limit:
                REFUSED.labels("size").inc()
                raise TooLarge(f"A webhook may have {self._body_limit} bytes.")
        return bytes(body)

    def _events(self, body: bytes) -> list[Any]:
        try:
            parsed = json.loads(body)
        except (ValueError, RecursionError) as error:
            REFUSED.labels("json").inc()
            raise InvalidInput("The body is not JSON.") from error
        events = parsed.get("events") if isinstance(parsed, dict) else None
        if not isinstance(events, list) or len(events) > MAX_EVENTS:
            REFUSED.labels("shape").inc()
            raise InvalidInput(f"The body has no list of at most {MAX_EVENTS} events.")
        return events
