"""How many pushes the month still has, as LINE counts them.

Replies are free; pushes are counted for each recipient, and over the limit LINE refuses them (429). What a plan allows
is asked for now and then, so that staff hear of it before it happens and only what matters is pushed near the end.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Literal, Protocol

from bot.messenger import Limited, NoAnswer, QuotaReached, Rejected
from core.clock import Clock
from core.log import get_logger
from core.metrics import gauge

log = get_logger(__name__)

USED = gauge("line_quota_used", "Messages of this month that LINE counted")
LIMIT = gauge("line_quota_limit", "Messages that the month may have; 0: no limit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What LINE says."""

    limit: int | None  # messages a month; None: no limit
    used: int

    @property
    def share(self) -> float:
        """How much is used up, 0..1 and more; 0 without a limit."""
        if self.limit is None:
            return 0.0
        return self.used / self.limit if self.limit else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaOptions:
    """When to warn and when to hold back."""

    warn: float = 0.8  # share at which staff are warned
    hold: float = 0.95  # share above which only what matters is pushed
    every_s: float = 600.0  # seconds between two looks


Held = Literal["nothing", "small", "all"]  # of what is sent unasked; replies are always made


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaNotice:
    """What staff are told near the end of the quota."""

    used: int
    limit: int
    held: Held


class QuotaSource(Protocol):
    """Who knows the quota."""

    async def quota(self) -> Quota:
        """The month's quota. Raises NoAnswer, Limited, Rejected."""
        ...


class QuotaWatch:
    """Remembers what LINE said last. Nothing known means no limit: a message too few is worse than one refused."""

    def __init__(self, source: QuotaSource, clock: Clock, options: QuotaOptions | None = None) -> None:
        self._source = source
        self._clock = clock
        self._options = options or QuotaOptions()
        self._known: Quota | None = None
        self._looked_at = float("-inf")

    @property
    def known(self) -> Quota | None:
        """What LINE said last; None if it never answered."""
        return self._known

    async def look(self) -> Quota | None:
        """Ask LINE if the last answer is old. Never raises: without an answer the last one stands."""
        now = self._clock.monotonic()
        if now - self._looked_at < self._options.every_s:
            return self._known
        self._looked_at = now
        try:
            found = await self._source.quota()
        except (NoAnswer, Limited, Rejected, QuotaReached) as error:
            log.info("quota_not_known", kind=type(error).__name__)
            return self._known
        before, self._known = self._known, found
        USED.set(found.used)
        LIMIT.set(found.limit or 0)
        if self.warning and (before is None or before.share < self._options.warn):
            log.warning("quota_nearly_used", used=found.used, limit=found.limit)
        return found

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(self._options.every_s)

    @property
    def notice(self) -> QuotaNotice | None:
        """What staff are told; None while there is enough."""
        known = self._known
        if known is None or known.limit is None or not self.warning:
            return None
        held: Held = "nothing"
        if not self.allows(True):
            held = "all"
        elif not self.allows(False):
            held = "small"
        return QuotaNotice(used=known.used, limit=known.limit, held=held)

    @property
    def warning(self) -> bool:
        """Whether staff should be warned."""
        return self._known is not None and self._known.share >= self._options.warn

    def allows(self, matters: bool) -> bool:
        """Whether a push should be made now: near the end of the quota only one that matters, over it none."""
        share = self._known.share if self._known else 0.0
        return share < 1.0 if matters else share < self._options.hold
