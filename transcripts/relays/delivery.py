"""One packet on its way: tries with a random, growing pause between them, and the end of trying.

A caption that is late is worth less than the next one in time, so a packet is given up after about five seconds (the
rule of Zoom and YouTube). Where a receiver has no numbers, a packet whose fate is unclear is sent once more and no
further: a line read twice is understood, a missing line is not.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from core.clock import Clock
from core.metrics import counter
from transcripts.relays.model import CaptionUrl, Packet, Trouble
from transcripts.relays.sink import CaptionSink, Receipt, UrlRefused

RETRIES = counter("relay_retries", "Packets sent again", ["kind"])
RENUMBERED = counter("relay_renumbered", "Packets whose number was corrected by the receiver's", ["kind"])


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryOptions:
    """How long and how often."""

    request_s: float = 4.0  # seconds that one request may take
    give_up_s: float = 5.0  # seconds after which the next packet has its turn
    first_pause_s: float = (
        0.1  # the pause before a retry is chosen at random below this, and the limit doubles
    )
    longest_pause_s: float = 1.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What became of a packet: `taken`, or given up because of `trouble`. `number` is the one it ended with."""

    number: int
    taken: bool
    trouble: Trouble | None = None
    refused: bool = False  # the URL is of no use any more
    offset_s: float | None = None  # the receiver's clock minus ours, where it told


class Courier:
    """Delivers packets. `pause` and `uniform` are there for tests."""

    def __init__(
        self,
        clock: Clock,
        options: DeliveryOptions,
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._clock = clock
        self._options = options
        self._pause = pause
        self._uniform = uniform

    async def deliver(self, sink: CaptionSink, url: CaptionUrl, packet: Packet) -> Delivery:
        """Send the packet until it is taken, given up or refused."""
        deadline = self._clock.monotonic() + self._options.give_up_s
        longest = self._options.first_pause_s
        unclear = 0
        while True:
            receipt = await sink.send(url, packet, timeout_s=self._time(deadline))
            refused = receipt.outcome == "refused"
            if receipt.outcome == "shown":
                return self._taken(packet, receipt)
            if receipt.outcome == "misnumbered":
                number, refused = await self._ask(sink, url, packet, deadline)
                if number == packet.number:
                    return self._taken(packet, receipt)
                if number is not None and number != packet.number - 1:
                    RENUMBERED.labels(sink.kind).inc()
                    packet = replace(packet, number=number + 1)
            unclear += receipt.outcome == "unclear"
            wait = self._uniform(0.0, longest)
            longest = min(longest * 2, self._options.longest_pause_s)
            over = self._clock.monotonic() + wait >= deadline or receipt.outcome == "refused"
            if over or (unclear > 1 and not sink.repeats_safely):
                return Delivery(number=packet.number, taken=False, trouble=receipt.trouble, refused=refused)
            await self._pause(wait)
            RETRIES.labels(sink.kind).inc()

    def _time(self, deadline: float) -> float:
        return max(0.05, min(self._options.request_s, deadline - self._clock.monotonic()))

    def _taken(self, packet: Packet, receipt: Receipt) -> Delivery:
        offset = (receipt.clock - self._clock.now()).total_seconds() if receipt.clock else None
        return Delivery(number=packet.number, taken=True, offset_s=offset)

    async def _ask(
        self, sink: CaptionSink, url: CaptionUrl, packet: Packet, deadline: float
    ) -> tuple[int | None, bool]:
        """The number that the receiver has, and whether the URL seems to be at fault instead."""
        try:
            number = await sink.last_accepted(url, timeout_s=self._time(deadline))
        except UrlRefused:
            return None, True
        return number, not sink.tells_number

    async def last_accepted(self, sink: CaptionSink, url: CaptionUrl) -> int | None:
        """The number of the last packet that the receiver took; None when it does not say."""
        try:
            return await sink.last_accepted(url, timeout_s=self._options.request_s)
        except UrlRefused:
            return None  # the next packet finds out whether that is for good
