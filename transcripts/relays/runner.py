"""The senders: one for each relay, in one of the processes.

A sender takes a caption from the store and writes its packets down before it sends them, then one after the other. When
a process dies, its lease runs out and another goes on with the packet that was in hand; Zoom tells whether that one had
arrived. A request never outlasts the lease, so two processes never send for one relay at the same time.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.bus import Bus, Hint
from core.clock import Clock
from core.database import Database
from core.ids import new_id
from core.log import get_logger
from core.metrics import counter, gauge, histogram
from core.tasks import Tasks
from transcripts.relays import store
from transcripts.relays.delivery import Courier, Delivery, DeliveryOptions
from transcripts.relays.model import Kind, Outgoing, Packet, Relay, Spoken
from transcripts.relays.planning import PlanOptions, plan
from transcripts.relays.sink import CaptionSink
from transcripts.relays.wording import Shape, packets
from transcripts.service import shown_for, topic

log = get_logger(__name__)

TOPIC = "relays"  # hints that a relay was added or changed

SENDERS = gauge("relay_senders", "Relays that this process sends for")
FULL = counter("relay_senders_full", "Times that no sender was free to take up a relay")
SENT = counter("relay_packets", "Packets of captions, by what became of them", ["kind", "result"])
SKIPPED = counter("relay_captions_skipped", "Captions that were not relayed", ["kind", "reason"])
DELAY = histogram("relay_delay_seconds", "From the committed caption to the receiver's answer", ["kind"])
FORGOTTEN = counter("relay_urls_deleted", "URLs deleted because their time was over")


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayOptions:
    """Limits of the senders."""

    plan: PlanOptions = field(default_factory=PlanOptions)
    delivery: DeliveryOptions = field(default_factory=DeliveryOptions)
    senders: int = 64  # relays in this process; others wait for another process
    lease_s: float = 20.0  # after which another process takes over; more than twice the time for one packet
    poll_s: float = 2.0  # seconds between looks at the tables when nothing hints
    looked_at: int = 200  # captions read at once; older ones are skipped unseen
    keep_url_s: float = 3600.0  # seconds that a URL is kept after its meeting ended
    url_days: float = 7.0  # days after which a URL is deleted in any case
    tidy_s: float = 60.0  # seconds between looks for URLs whose time is over


class Relays:
    """All senders of this process. `run` until cancelled, then `close`."""

    def __init__(
        self,
        *,
        database: Database,
        bus: Bus,
        clock: Clock,
        sinks: Mapping[Kind, CaptionSink],
        options: RelayOptions | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self.options = options or RelayOptions()
        self._database = database
        self._bus = bus
        self._clock = clock
        self._sinks = sinks
        self._courier = Courier(clock, self.options.delivery, pause=pause, uniform=uniform)
        self._tasks = Tasks()
        self._senders: set[Sender] = set()
        self._tidied_at = clock.monotonic() - self.options.tidy_s
        self._claiming = asyncio.Lock()
        self._closing = False

    async def run(self) -> None:
        """Give every relay that has none a sender, and delete URLs whose time is over."""
        with self._bus.subscribe(TOPIC) as hint:
            while not self._closing:
                await self._tidy()
                async with self._claiming:
                    await self._take_up()
                await hint.wait(self.options.poll_s)

    def watched(self) -> dict[str, set[str]]:
        """The languages that this process sends on, by meeting: relays are readers too."""
        found: dict[str, set[str]] = {}
        for sender in self._senders:
            found.setdefault(sender.meeting_id, set()).add(sender.language)
        return found

    async def close(self, *, grace_s: float = 1.0) -> None:
        """Let packets in hand be answered for `grace_s` seconds, then stop and give all leases back."""
        self._closing = True
        async with self._claiming:
            pass  # relays that are being taken up now are stopped like the others
        for sender in self._senders:
            sender.stop()
        await self._tasks.close(grace_s=grace_s)

    async def _take_up(self) -> None:
        if self._closing:
            return
        free = self.options.senders - len(self._senders)
        if free <= 0:
            FULL.inc()
            return
        lease, now = new_id(), self._clock.now()
        until = now + dt.timedelta(seconds=self.options.lease_s)
        async with self._database.write() as connection:
            taken = await store.claim(connection, lease, now=now, until=until, limit=free)
        for relay in taken:
            sender = Sender(
                relay,
                lease,
                until,
                database=self._database,
                bus=self._bus,
                clock=self._clock,
                sink=self._sinks[relay.kind],
                courier=self._courier,
                options=self.options,
            )
            self._count(sender, begins=True)
            self._tasks.spawn("relay", self._send(sender))

    async def _send(self, sender: Sender) -> None:
        try:
            await sender.run()
        finally:
            self._count(sender, begins=False)
            await sender.release()

    def _count(self, sender: Sender, *, begins: bool) -> None:
        (self._senders.add if begins else self._senders.discard)(sender)
        SENDERS.set(len(self._senders))

    async def _tidy(self) -> None:
        if self._clock.monotonic() - self._tidied_at < self.options.tidy_s:
            return
        self._tidied_at = self._clock.monotonic()
        now = self._clock.now()
        async with self._database.write() as connection:
            forgotten = await store.forget_urls(
                connection,
                ended_before=now - dt.timedelta(seconds=self.options.keep_url_s),
                set_before=now - dt.timedelta(days=self.options.url_days),
                now=now,
            )
        if forgotten:
            FORGOTTEN.inc(forgotten)
            log.info("relay_urls_deleted", count=forgotten)


class Sender:
    """Sends for one relay as long as it holds the lease and the relay is on."""

    def __init__(
        self,
        relay: Relay,
        lease: str,
        until: dt.datetime,
        *,
        database: Database,
        bus: Bus,
        clock: Clock,
        sink: CaptionSink,
        courier: Courier,
        options: RelayOptions,
    ) -> None:
        self._relay = relay
        self._lease = lease
        self._until = until
        self._database = database
        self._bus = bus
        self._clock = clock
        self._sink = sink
        self._courier = courier
        self._options = options
        self._known_version = 0  # of the URL whose receiver was asked for its number
        self._stopping = False
        self.meeting_id = relay.meeting_id
        self.language = relay.language

    async def run(self) -> None:
        """Send until there is a reason to stop."""
        with self._bus.subscribe(topic(self._relay.meeting_id)) as hint:
            while not self._stopping and (relay := await self._look()) is not None:
                if relay.state != "on" or relay.url is None:
                    return
                await self._step(relay, hint)

    async def _step(self, relay: Relay, hint: Hint) -> None:
        """The next thing to do: find out the receiver's number, send a packet, take up a caption, or wait."""
        if relay.version != self._known_version:
            await self._recover(relay)
        elif relay.outgoing:
            await self._send(relay)
        elif not await self._take(relay):
            await hint.wait(self._options.poll_s)

    def stop(self) -> None:
        """End after the packet in hand."""
        self._stopping = True
        self._bus.publish(topic(self._relay.meeting_id))

    async def release(self) -> None:
        """Give the lease back."""
        async with self._database.write() as connection:
            await store.release(connection, self._relay.id, self._lease)

    async def _look(self) -> Relay | None:
        """The relay as it is now, with enough of the lease left for one packet; None when it is no longer ours."""
        now = self._clock.now()
        if (self._until - now).total_seconds() > self._options.lease_s / 2:
            async with self._database.read() as connection:
                return await store.held(connection, self._relay.id, self._lease)
        self._until = now + dt.timedelta(seconds=self._options.lease_s)
        async with self._database.write() as connection:
            return await store.hold(connection, self._relay.id, self._lease, until=self._until)

    async def _settle(self, relay: Relay, **values: Any) -> bool:
        async with self._database.write() as connection:
            return await store.settle(connection, relay, self._lease, **values) is not None

    async def _recover(self, relay: Relay) -> None:
        """Go on after the receiver's number. A packet that had arrived before a restart is not sent again."""
        assert relay.url is not None
        last = await self._courier.last_accepted(self._sink, relay.url)
        values: dict[str, Any] = {}
        if last is not None and last != relay.number:
            values["number"] = last
            if last == relay.number + 1 and relay.outgoing:
                values |= {
                    "outgoing": store.packed(relay.outgoing[1:]),
                    "sent": relay.sent + 1,
                    "last_ok_at": self._clock.now(),
                }
        if not values or await self._settle(relay, **values):
            self._known_version = relay.version

    async def _take(self, relay: Relay) -> bool:
        """Take up the next caption. False when there is none."""
        languages = shown_for(relay.language)
        async with self._database.read() as connection:
            captions = await store.captions_waiting(
                connection,
                relay.meeting_id,
                languages,
                last_seq=relay.last_seq,
                limit=self._options.looked_at,
            )
        chosen = plan(
            captions, languages, last_seq=relay.last_seq, now=self._clock.now(), options=self._options.plan
        )
        if chosen.last_seq == relay.last_seq:
            return False
        outgoing = to_packets(chosen.next, self._sink.shape) if chosen.next else ()
        done = await self._settle(
            relay,
            last_seq=chosen.last_seq,
            outgoing=store.packed(outgoing),
            skipped=relay.skipped + chosen.late + chosen.crowded,
        )
        if done:
            SKIPPED.labels(relay.kind, "late").inc(chosen.late)
            SKIPPED.labels(relay.kind, "crowded").inc(chosen.crowded)
        return True

    async def _send(self, relay: Relay) -> None:
        """Deliver the packet in hand and write down what became of it."""
        assert relay.url is not None
        first = relay.outgoing[0]
        packet = Packet(
            number=relay.number + 1,
            text=first.text,
            language=relay.language,
            at=first.at + dt.timedelta(seconds=relay.offset_s),
        )
        done = await self._courier.deliver(self._sink, relay.url, packet)
        SENT.labels(relay.kind, "taken" if done.taken else "given_up").inc()
        if done.taken:
            DELAY.labels(relay.kind).observe(max(0.0, (self._clock.now() - first.at).total_seconds()))
        else:
            log.warning("relay_packet_given_up", relay=relay.id, kind=relay.kind, trouble=done.trouble)
        await self._settle(relay, **self._after(relay, done))

    def _after(self, relay: Relay, done: Delivery) -> dict[str, Any]:
        values: dict[str, Any] = {"number": done.number, "outgoing": store.packed(relay.outgoing[1:])}
        if done.offset_s is not None:
            values["offset_s"] = done.offset_s
        if done.taken:
            return values | {"sent": relay.sent + 1, "last_ok_at": self._clock.now(), "trouble": None}
        values |= {"skipped": relay.skipped + 1, "trouble": done.trouble, "trouble_at": self._clock.now()}
        if done.refused:
            values |= {"state": "refused", "outgoing": [], "number": relay.number}
        return values


def to_packets(caption: Spoken, shape: Shape) -> tuple[Outgoing, ...]:
    """The caption's packets; their times are spread over the time that was spoken."""
    texts = packets(caption.text, caption.written_in or caption.lang, shape)
    length = (caption.ready_at - caption.said_at) / max(1, len(texts))
    return tuple(Outgoing(text=text, at=caption.said_at + at * length) for at, text in enumerate(texts))
