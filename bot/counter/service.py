"""What happens at the counters: a report comes in, somebody's turn comes near, papers are ready."""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.counter import store
from bot.counter.catalogue import Catalogue
from bot.counter.model import Call, Counter, Machine, Papers, Reading, Status, Watch
from bot.counter.quiet import next_allowed
from bot.counter.speed import WINDOW_S, ahead_of, seconds_a_number, wait_seconds
from bot.counter.telling import Teller
from bot.counter.wording import button
from core.bus import Bus
from core.clock import Clock
from core.database import Database
from core.errors import Busy, Conflict, InvalidInput, NotAuthorised, NotFound
from core.ids import digest, new_secret
from core.jobs import Job, Jobs
from core.log import get_logger
from core.metrics import counter as metric

log = get_logger(__name__)

NOTICES = "counter.notices"  # queue of papers and reminders
CHANGED = "counters"  # bus topic: how a counter stands has changed
FUTURE_S = 120.0  # how far a machine's clock may be ahead

POSTS = metric("counter_posts", "Reports of ticket machines", ["result"])

Result = Literal["stored", "repeated", "older"]
Receipts = Callable[[AsyncConnection, str], Awaitable[str | None]]  # a form's receipt number → resident's id


async def no_receipts(connection: AsyncConnection, number: str) -> str | None:
    """A city without forms."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a machine or a clerk says about a counter. `at` and `event` may be left out."""

    called: int
    waiting: int
    open: bool
    at: dt.datetime | None = None
    event: str = ""


@dataclass(slots=True)
class _Rate:
    """Reports of one machine in the running minute."""

    began: float
    count: int = field(default=0)


class Counters:
    """The counters of one city."""

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        jobs: Jobs,
        bus: Bus,
        teller: Teller,
        zone: ZoneInfo,
        receipts: Receipts = no_receipts,
    ) -> None:
        self.catalogue = catalogue
        self.options = catalogue.options
        self.zone = zone
        self._jobs = jobs
        self._bus = bus
        self._teller = teller
        self._receipts = receipts
        self._rates: dict[str, _Rate] = {}

    @property
    def _clock(self) -> Clock:
        return self._jobs.clock

    @property
    def _database(self) -> Database:
        return self._jobs.database

    def counter(self, counter_id: str) -> Counter:
        """The counter with this id. Raises NotFound."""
        found = self.catalogue.counters.get(counter_id)
        if found is None:
            raise NotFound("There is no such counter; counters.toml lists them.")
        return found

    # Machines

    async def add_machine(self, counter_id: str, name: str, *, by: str) -> tuple[Machine, str]:
        """A new machine and its token, which is shown this once. Raises InvalidInput, NotFound, Conflict."""
        self.counter(counter_id)
        name = name.strip()
        if not 1 <= len(name) <= 60:
            raise InvalidInput("Give the machine a name of 1 to 60 characters.", key="counters.error.name")
        token, now = new_secret(), self._clock.now()
        async with self._database.write() as connection:
            there = [one for one in await store.all_machines(connection) if one.counter == counter_id]
            if len(there) >= self.options.machines:
                raise Conflict("This counter has too many machines; remove one.", key="counters.error.many")
            machine_id = await store.add_machine(
                connection, counter=counter_id, name=name, digest=digest(token), created_by=by, now=now
            )
        machine = Machine(id=machine_id, counter=counter_id, name=name, created_at=now, seen_at=None)
        return machine, token

    async def machines(self) -> list[Machine]:
        async with self._database.read() as connection:
            return await store.all_machines(connection)

    async def remove_machine(self, machine_id: str) -> None:
        """End a machine's token at once. Raises NotFound."""
        async with self._database.write() as connection:
            if not await store.remove_machine(connection, machine_id):
                raise NotFound("There is no such machine.")
        self._rates.pop(machine_id, None)

    async def authorise(self, counter_id: str, token: str) -> Machine:
        """The machine that a token belongs to, if it may speak for this counter. Raises NotAuthorised, and Busy when
        it says too much."""
        async with self._database.read() as connection:
            machine = await store.find_machine(connection, digest(token)) if token else None
        if machine is None or not hmac.compare_digest(machine.counter.encode(), counter_id.encode()):
            POSTS.labels("refused").inc()
            raise NotAuthorised("This token may not speak for this counter; make one on the page “Counters”.")
        self._count(machine.id)
        return machine

    def _count(self, machine_id: str) -> None:
        now = self._clock.monotonic()
        rate = self._rates.setdefault(machine_id, _Rate(now))
        if now - rate.began >= 60:
            rate.began, rate.count = now, 0
        if rate.count >= self.options.posts_a_minute:
            POSTS.labels("limited").inc()
            raise Busy(f"A machine may report {self.options.posts_a_minute} times a minute.")
        rate.count += 1

    # How counters stand

    async def report(self, counter_id: str, report: Report, *, machine: str = "") -> Result:
        """Store how a counter stands and tell whoever's turn that makes it. Harmless to repeat: an event that came
        before changes nothing, and one that is older than what is known does not either. Raises InvalidInput."""
        counter, now = self.counter(counter_id), self._clock.now()
        at = report.at or now
        if (at - now).total_seconds() > FUTURE_S:
            raise InvalidInput("“at” lies in the future; check the machine's clock.")
        if report.called > counter.wrap:
            raise InvalidInput(f"“called” may be {counter.wrap} at most at this counter.")
        async with self._database.write() as connection:
            result = await self._store(connection, counter, report, at=at, machine=machine, now=now)
            if result == "stored" and report.open:
                await self._advance(connection, counter, report.called, now)
        POSTS.labels(result).inc()
        if result == "stored":
            self._teller.hint()
            self._bus.publish(CHANGED)
        return result

    async def _store(
        self,
        connection: AsyncConnection,
        counter: Counter,
        report: Report,
        *,
        at: dt.datetime,
        machine: str,
        now: dt.datetime,
    ) -> Result:
        if machine and not await store.see_machine(connection, machine, now):
            raise NotAuthorised("This token was ended.")
        if report.event and not await store.is_new(connection, machine, report.event, now):
            return "repeated"
        before = await store.current(connection, counter.id)
        if before is not None and at < before.at:
            return "older"
        if report.open and report.called and (before is None or before.called != report.called):
            await store.add_call(connection, counter.id, Call(number=report.called, at=at))
        await store.set_reading(
            connection,
            Reading(
                counter=counter.id, called=report.called, waiting=report.waiting, open=report.open, at=at
            ),
        )
        return "stored"

    async def _advance(
        self, connection: AsyncConnection, counter: Counter, called: int, now: dt.datetime
    ) -> None:
        """Tell those whose number is called or near. Called comes first: a number that is jumped to is called, not
        near."""
        if not called:  # nobody was called yet today
            return
        for watch in await store.live_watches(connection, since=self.watched_since(now), counter=counter.id):
            ahead = ahead_of(watch.number, called, counter.wrap)
            if ahead <= 0:
                if await store.mark_called(connection, watch.id, now):
                    await self._tell_turn(connection, "called", counter, watch, called, ahead, now)
            elif ahead <= self.options.near and await store.mark_near(connection, watch.id, now):
                await self._tell_turn(connection, "near", counter, watch, called, ahead, now)

    async def _tell_turn(
        self,
        connection: AsyncConnection,
        key: Literal["near", "called"],
        counter: Counter,
        watch: Watch,
        called: int,
        ahead: int,
        now: dt.datetime,
    ) -> None:
        papers = (button("papers", "papers"),) if key == "called" and not watch.ready else ()
        await self._teller.tell(
            connection,
            watch.resident_id,
            "turn",
            key,
            counter=counter,
            values={"number": str(watch.number), "called": str(called), "ahead": str(ahead)},
            buttons=papers,
            matters=key == "called",
            now=now,
        )

    def watched_since(self, now: dt.datetime) -> dt.datetime:
        """When a ticket that still counts was taken at the earliest."""
        return now - dt.timedelta(hours=self.options.watch_hours)

    async def statuses(self) -> list[Status]:
        """How every counter stands, in the order of counters.toml."""
        async with self._database.read() as connection:
            return await self.look(connection)

    async def look(self, connection: AsyncConnection) -> list[Status]:
        """The same on a connection that is open."""
        now = self._clock.now()
        readings = await store.all_readings(connection)
        calls = await store.calls_since(connection, now - dt.timedelta(seconds=WINDOW_S))
        return [
            self._status(counter, readings.get(counter.id), calls.get(counter.id, []), now)
            for counter in self.catalogue.counters.values()
        ]

    def _status(
        self, counter: Counter, reading: Reading | None, calls: list[Call], now: dt.datetime
    ) -> Status:
        age = max(0, int((now - reading.at).total_seconds())) if reading else 0
        wait = wait_seconds(reading.waiting, seconds_a_number(calls, counter.wrap)) if reading else None
        return Status(
            counter=counter,
            reading=reading,
            age_s=age,
            fresh=reading is not None and age <= self.options.stale_s,
            wait_s=wait,
        )

    # Papers

    async def ready(self, counter_id: str, number: str, *, by: str) -> int:
        """Papers are ready: tell whoever asked to be told with this ticket number, or who sent the form with this
        receipt. Gives how many people that is. Saying it twice a day tells once. Raises InvalidInput, NotFound, Busy.
        """
        counter, number = self.counter(counter_id), number.strip()
        if not 1 <= len(number) <= 20 or not number.isalnum():
            raise InvalidInput(
                "The number may have letters and digits only.", key="counters.error.ready_number"
            )
        now = self._clock.now()
        told = 0
        async with self._database.write() as connection:
            if await store.count_open_papers(connection) >= self.options.waiting_papers:
                raise Busy("Too many papers wait; mark those that were collected.", key="counters.error.full")
            for resident_id in await self._whose(connection, counter, number, now):
                papers_id = await store.add_papers(
                    connection,
                    resident_id=resident_id,
                    counter=counter.id,
                    number=number,
                    day=now.astimezone(self.zone).date(),
                    created_by=by,
                    now=now,
                )
                if papers_id is not None:
                    await self._plan(connection, papers_id, "ready", now)
                    told += 1
        self._jobs.hint(NOTICES)
        self._bus.publish(CHANGED)
        return told

    async def _whose(
        self, connection: AsyncConnection, counter: Counter, number: str, now: dt.datetime
    ) -> set[str]:
        found: set[str] = set()
        if number.isascii() and number.isdecimal() and len(number) <= 4:
            since = self.watched_since(now)
            watching = await store.watchers_of_papers(connection, counter.id, int(number), since)
            found |= {watch.resident_id for watch in watching}
        if sender := await self._receipts(connection, number):
            found.add(sender)
        return found

    async def _plan(
        self, connection: AsyncConnection, papers_id: str, what: str, earliest: dt.datetime
    ) -> None:
        local = earliest.astimezone(self.zone)
        at = next_allowed(local, self.options.quiet_from, self.options.quiet_until).astimezone(dt.UTC)
        await self._jobs.add(
            connection,
            queue=NOTICES,
            payload={"papers": papers_id, "what": what},
            dedupe=f"{what} {papers_id}",
            available_at=at,
        )

    async def notify(self, job: Job) -> None:
        """Handle a job of the queue `counter.notices`. Harmless to repeat."""
        now = self._clock.now()
        async with self._database.write() as connection:
            papers = await store.get_papers(connection, job.payload["papers"])
            counter = self.catalogue.counters.get(papers.counter) if papers else None
            if papers is not None and counter is not None:
                await self._tell_papers(connection, papers, counter, job.payload["what"], now)
            await self._jobs.finish(connection, job)
        self._teller.hint()
        self._bus.publish(CHANGED)

    async def _tell_papers(
        self, connection: AsyncConnection, papers: Papers, counter: Counter, what: str, now: dt.datetime
    ) -> None:
        values = {"number": papers.number}
        if what == "ready" and await store.mark_told(connection, papers.id, now):
            await self._teller.tell(
                connection, papers.resident_id, "ready", "ready", counter=counter, values=values, now=now
            )
            later = now + dt.timedelta(days=self.options.remind_after_days)
            await self._plan(connection, papers.id, "reminder", later)
        elif what == "reminder" and await store.mark_reminded(connection, papers.id, now):
            await self._teller.tell(
                connection,
                papers.resident_id,
                "reminder",
                "remind",
                counter=counter,
                values=values,
                matters=False,
                now=now,
            )

    async def open_papers(self) -> list[Papers]:
        """Papers that nobody came for yet, newest first."""
        async with self._database.read() as connection:
            return await store.open_papers(connection)

    async def collected(self, papers_id: str) -> None:
        """Somebody came for the papers. Raises NotFound."""
        async with self._database.write() as connection:
            if not await store.mark_collected(connection, papers_id):
                raise NotFound("There are no such papers, or somebody came for them before.")
        self._bus.publish(CHANGED)

    async def choices(self) -> dict[str, tuple[int, int]]:
        """How many residents want each kind of notice, and how many do not."""
        async with self._database.read() as connection:
            return await store.count_choices(connection)

    async def forget(self) -> int:
        """Erase what is over; run it once a day. Gives how many rows."""
        now = self._clock.now()
        async with self._database.write() as connection:
            gone = await store.forget(
                connection, now - dt.timedelta(days=self.options.keep_days), self.watched_since(now)
            )
        log.info("counters_tidied", rows=gone)
        return gone
