"""Delivering what was decided.

A job holds the finished messages, the reply token with the moment until which it is worth trying, and a retry
key made before the first attempt. The reply is free, so it is tried first. If a reply gave no answer, it may have
arrived: the token is tried again, and "invalid" while it is fresh means that it did. A push with the stored key is
delivered once however often it is sent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import store
from bot.messenger import Limited, Messenger, NoAnswer, QuotaReached, Rejected, TokenInvalid
from bot.model import MessageState, Resident
from bot.replies import MESSAGES, Reply
from core.bus import Bus
from core.database import Database
from core.ids import new_id
from core.jobs import Job, Jobs, RetryLater
from core.log import get_logger
from core.metrics import counter

log = get_logger(__name__)

OUTBOX = "line.outbox"
REPLY_WITHIN_S = 50.0  # LINE gives a minute from the webhook; the rest is for the way there
QUOTA_PAUSE_S = 3600.0

DELIVERIES = counter("line_deliveries", "Messages handed to LINE", ["by", "result"])


# Whether a push may be made now; an argument says whether it matters much. `bot.line.quota.QuotaWatch.allows` is one.
Allows = Callable[[bool], bool]


def always(matters: bool) -> bool:
    """No limit on pushes."""
    return True


class Outbox:
    """Writes and delivers outgoing messages."""

    def __init__(self, jobs: Jobs, messenger: Messenger, bus: Bus) -> None:
        self._jobs = jobs
        self._messenger = messenger
        self._bus = bus

    @property
    def _database(self) -> Database:
        return self._jobs.database

    async def add(
        self,
        connection: AsyncConnection,
        resident: Resident,
        replies: Sequence[Reply],
        *,
        message_ids: Sequence[str],
        reply_token: str = "",
        received_at: dt.datetime | None = None,
        at_once: bool = False,
    ) -> None:
        """Add messages to a resident in the caller's transaction, in parts of at most five. They arrive in order,
        except what is said `at_once`: words about danger do not wait for an earlier message that is being retried."""
        for start in range(0, len(replies), MESSAGES):
            last = start + MESSAGES >= len(replies)
            token = reply_token if start == 0 else ""
            until = received_at + dt.timedelta(seconds=REPLY_WITHIN_S) if token and received_at else None
            await self._jobs.add(
                connection,
                queue=OUTBOX,
                key="" if at_once else resident.line_user_id,
                payload={
                    "to": resident.line_user_id,
                    "resident": resident.id,
                    "messages": [reply.line for reply in replies[start : start + MESSAGES]],
                    "message_ids": list(message_ids) if last else [],
                    "reply_token": token,
                    "reply_until": until.isoformat() if until else "",
                    "retry_key": new_id(),
                },
            )

    def hint(self) -> None:
        """Call after the commit."""
        self._jobs.hint(OUTBOX)

    async def deliver(self, job: Job) -> None:
        """Handle one job. No database session is open during the calls."""
        try:
            state = await self._state_after(job)
        except Rejected as error:
            log.error("delivery_rejected", job=job.id, reason=type(error).__name__)
            DELIVERIES.labels("line", "rejected").inc()
            state = "failed"
        await self._finish(job, state)

    async def _state_after(self, job: Job) -> MessageState:
        """Try to deliver. LINE accepts a push to somebody who blocked the account and drops it, so that is not
        tried."""
        if await self._reply(job):
            return "sent"
        if not await self._is_reachable(job.payload["resident"]):
            return "unreachable"
        await self._push(job.payload)
        return "sent"

    async def given_up(self, job: Job) -> None:
        """A job was tried too often: staff see that its messages did not arrive."""
        async with self._database.write() as connection:
            await store.set_message_state(connection, job.payload["message_ids"], "failed")
        self._bus.publish("desk")

    async def _reply(self, job: Job) -> bool:
        """Try the reply token. False: a push is needed."""
        payload = job.payload
        token, until = payload["reply_token"], payload["reply_until"]
        # What an old token says is worth nothing: whether it was used or has expired, the answer is the same. And a
        # message that comes twice is better than one that never comes.
        if not token or self._jobs.clock.now() >= dt.datetime.fromisoformat(until):
            return False
        try:
            sent = await self._messenger.reply(token, payload["messages"])
        except TokenInvalid:
            # A fresh token is invalid because it was used: by an attempt that got no answer, or by a process that
            # died after it.
            used = job.attempts > 1
            DELIVERIES.labels("reply", "arrived before" if used else "expired").inc()
            return used
        except NoAnswer as error:
            DELIVERIES.labels("reply", "no answer").inc()
            raise RetryLater("no answer to a reply", delay_s=1.0) from error
        except Limited as error:
            raise RetryLater("limited", delay_s=error.retry_s) from error
        DELIVERIES.labels("reply", "sent").inc()
        await self._remember(payload, sent)
        return True

    async def _push(self, payload: dict[str, Any]) -> None:
        without_token = {**payload, "reply_token": ""}  # it is spent: the next try begins with the push
        try:
            sent = await self._messenger.push(
                payload["to"], payload["messages"], retry_key=payload["retry_key"]
            )
        except NoAnswer as error:
            DELIVERIES.labels("push", "no answer").inc()
            raise RetryLater("no answer to a push", payload=without_token) from error
        except Limited as error:
            raise RetryLater("limited", delay_s=error.retry_s, payload=without_token) from error
        except QuotaReached as error:
            log.error("quota_reached", what_to_do="raise the plan or wait for the next month")
            DELIVERIES.labels("push", "quota").inc()
            raise RetryLater("quota", delay_s=QUOTA_PAUSE_S, payload=without_token) from error
        DELIVERIES.labels("push", "sent").inc()
        await self._remember(payload, sent)

    async def _remember(self, payload: dict[str, Any], sent: Sequence[str]) -> None:
        """What LINE calls the messages, for when the resident quotes one."""
        message_ids = payload["message_ids"]
        if not sent or len(sent) != len(message_ids):
            return
        try:
            async with self._database.write() as connection:
                await store.set_line_ids(connection, dict(zip(message_ids, sent, strict=True)))
        except Exception as error:  # what was delivered must not be sent again because of a courtesy
            log.warning("sent_ids_not_stored", kind=type(error).__name__)

    async def _is_reachable(self, resident_id: str) -> bool:
        async with self._database.read() as connection:
            return (await store.get_resident(connection, resident_id)).reachable

    async def _finish(self, job: Job, state: MessageState) -> None:
        async with self._database.write() as connection:
            await store.set_message_state(connection, job.payload["message_ids"], state)
            await self._jobs.finish(connection, job)
        self._bus.publish("desk")
