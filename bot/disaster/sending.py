"""Delivering notices: batches of recipients, each with a retry key made before its first try.

LINE takes a multicast with a known key as done, so that no repeat reaches anybody twice; it forgets keys after 24
hours, so that a batch is given up before. A batch that LINE refuses reached nobody; it is halved until the address that
is wrong stands alone. While LINE cannot be reached everything waits, and the notice says so.
"""

from __future__ import annotations

import datetime as dt

from bot.disaster import notices
from bot.disaster.checkin import TOPIC
from bot.disaster.model import DisasterOptions
from bot.disaster.notices import Batch
from bot.messenger import Limited, Messenger, NoAnswer, QuotaReached, Rejected
from bot.outbox import Allows, always
from core.bus import Bus
from core.database import Database
from core.jobs import Job, Jobs, RetryLater
from core.log import get_logger
from core.metrics import counter

log = get_logger(__name__)

SEND = "disaster.send"
ATTEMPTS = 5000  # of a batch; it is given up by time, not by number
LONGEST_PAUSE_S = 60.0
QUOTA_PAUSE_S = 1800.0

DELIVERED = counter("disaster_notice_recipients", "Recipients of notices", ["result"])


class Sending:
    """Works on the queue `disaster.send`."""

    def __init__(
        self,
        jobs: Jobs,
        messenger: Messenger,
        bus: Bus,
        options: DisasterOptions,
        *,
        allows: Allows = always,
    ) -> None:
        self._jobs = jobs
        self._messenger = messenger
        self._bus = bus
        self._options = options
        self._allows = allows

    @property
    def _database(self) -> Database:
        return self._jobs.database

    async def deliver(self, job: Job) -> None:
        """Handle one batch. No database session is open during the call. Harmless to repeat."""
        now = self._jobs.clock.now()
        async with self._database.write() as connection:
            batch = await notices.get_batch(connection, job.payload["batch"])
            if batch is not None and batch.tried_at is None:
                notice = await notices.get_notice(connection, batch.notice_id)
                if notice is None or notice.state == "cancelled":
                    await notices.settle_batch(connection, batch.id, "cancelled")
                await notices.begin_batch(connection, batch.id, now=now)
            people = await notices.waiting_in(connection, batch.id) if batch else []
        if batch is None or not people:  # cancelled, erased, or all have left
            await self._finish(job, batch, [], "delivered")
            return
        if now - (batch.tried_at or now) > dt.timedelta(hours=self._options.give_up_h):
            log.error("notice_given_up", batch=batch.id, people=len(people))
            await self._finish(job, batch, people, "failed")
            return
        if not self._allows(True):  # LINE would refuse it; staff see why the notice waits
            raise await self._later(batch, "quota", QUOTA_PAUSE_S)
        try:
            await self._call(batch, [line_id for _, line_id in people])
        except Rejected:
            await self._split(job, batch, people)
        except QuotaReached as error:
            log.error("quota_reached", what_to_do="raise the plan or wait for the next month")
            raise await self._later(batch, "quota", QUOTA_PAUSE_S) from error
        except Limited as error:
            raise await self._later(batch, "limited", error.retry_s) from error
        except NoAnswer as error:
            pause = min(LONGEST_PAUSE_S, 2.0 ** min(job.attempts, 8))
            raise await self._later(batch, "no_answer", pause) from error
        else:
            await self._finish(job, batch, people, "delivered")

    async def given_up(self, job: Job) -> None:
        """A job was tried too often: staff see that its people were not reached."""
        async with self._database.write() as connection:
            batch = await notices.get_batch(connection, job.payload["batch"])
            if batch is not None:
                await notices.settle_batch(connection, batch.id, "failed")
                await notices.end_if_over(connection, batch.notice_id, now=self._jobs.clock.now())
        self._bus.publish(TOPIC)

    async def _call(self, batch: Batch, line_ids: list[str]) -> None:
        if len(line_ids) == 1:
            await self._messenger.push(line_ids[0], batch.messages, retry_key=batch.retry_key)
        else:
            await self._messenger.multicast(line_ids, batch.messages, retry_key=batch.retry_key)

    async def _later(self, batch: Batch, trouble: str, pause_s: float) -> RetryLater:
        """Say why the notice waits."""
        async with self._database.write() as connection:
            await notices.set_trouble(connection, batch.notice_id, trouble)
        self._bus.publish(TOPIC)
        DELIVERED.labels(trouble).inc()
        return RetryLater(trouble, delay_s=pause_s)

    async def _split(self, job: Job, batch: Batch, people: list[tuple[str, str]]) -> None:
        """A refused call reached nobody. One person alone cannot be reached; others are tried in halves."""
        if len(people) == 1:
            await self._finish(job, batch, people, "failed")
            return
        middle = len(people) // 2
        async with self._database.write() as connection:
            for half in (people[:middle], people[middle:]):
                new = await notices.add_batch(
                    connection,
                    notice_id=batch.notice_id,
                    language=batch.language,
                    lines=batch.messages,
                    text=batch.text,
                )
                await notices.move_recipients(connection, [one for one, _ in half], batch.id, new)
                await self._jobs.add(connection, queue=SEND, payload={"batch": new})
            await self._jobs.finish(connection, job)
        self._jobs.hint(SEND)

    async def _finish(self, job: Job, batch: Batch | None, people: list[tuple[str, str]], state: str) -> None:
        now = self._jobs.clock.now()
        async with self._database.write() as connection:
            if batch is not None:
                await notices.settle_batch(connection, batch.id, state)
                if state == "delivered" and people:
                    japanese = (await notices.texts_of(connection, batch.notice_id))["ja"].text
                    await notices.show_in_conversations(
                        connection,
                        [one for one, _ in people],
                        text=batch.text,
                        language=batch.language,
                        japanese=japanese,
                        now=now,
                    )
                    await notices.set_trouble(connection, batch.notice_id, "")
                await notices.end_if_over(connection, batch.notice_id, now=now)
            await self._jobs.finish(connection, job)
        if people:
            DELIVERED.labels(state).inc(len(people))
        self._bus.publish(TOPIC)
