"""Trouble on demand: how a test or a demonstration makes LINE misbehave."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, replace

from bot.simulator.model import Json, LineError
from core.errors import Busy, InvalidInput

KINDS = ("error", "error_after", "timeout", "timeout_after", "rate", "quota", "slow", "unauthorised")
MAX_DELAY_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong with the next calls of one endpoint.

    error / timeout: nothing is sent, and the answer is a 500 or a closed connection after `delay_s`.
    error_after / timeout_after: the message IS sent, and then the same.
    rate / quota: 429. slow: `delay_s` later, otherwise well. unauthorised: 401.
    """

    kind: str
    endpoint: str = "*"  # reply, push, multicast, content, profile … or * for any
    times: int = 1
    delay_s: float = 0.0
    status: int = 500  # for error and error_after

    @property
    def after(self) -> bool:
        return self.kind.endswith("_after")


class Disconnect(Exception):
    """Close the connection without an answer."""


class Faults:
    """Faults waiting to happen, oldest first."""

    def __init__(self, limit: int) -> None:
        self._waiting: deque[Fault] = deque()
        self._limit = limit

    def add(self, data: Json) -> Fault:
        """From `{"kind", "endpoint", "times", "delay_s", "status"}`; raises InvalidInput or Busy."""
        try:
            fault = Fault(**data)
            right = (
                fault.kind in KINDS
                and 1 <= fault.times <= 1000
                and 0 <= fault.delay_s <= MAX_DELAY_S
                and 500 <= fault.status <= 599
            )
        except TypeError:
            right = False
        if not right:
            raise InvalidInput(
                f"A fault needs a kind of {', '.join(KINDS)}, and may have endpoint, times (1 to 1000), "
                f"delay_s (0 to {MAX_DELAY_S:.0f}) and status (500 to 599)."
            )
        if len(self._waiting) >= self._limit:
            raise Busy(f"{self._limit} faults are already waiting; clear them first.")
        self._waiting.append(fault)
        return fault

    def waiting(self) -> list[Fault]:
        return list(self._waiting)

    def clear(self) -> None:
        self._waiting.clear()

    def take(self, endpoint: str) -> Fault | None:
        """The fault for this call, used up by one."""
        for index, fault in enumerate(self._waiting):
            if fault.endpoint in ("*", endpoint):
                if fault.times > 1:
                    self._waiting[index] = replace(fault, times=fault.times - 1)
                else:
                    del self._waiting[index]
                return fault
        return None


async def happen(fault: Fault) -> None:
    """Let the fault happen: waits, then raises what the caller answers with. `slow` only waits."""
    if fault.delay_s:
        await asyncio.sleep(fault.delay_s)
    match fault.kind:
        case "error" | "error_after":
            raise LineError(fault.status, "Internal server error")
        case "timeout" | "timeout_after":
            raise Disconnect
        case "rate":
            raise LineError(429, "The API rate limit has been exceeded. Try again later.")
        case "quota":
            raise LineError(429, "You have reached your monthly limit.")
        case "unauthorised":
            raise LineError(
                401,
                "Authentication failed. Confirm that the access token in the authorization header is valid.",
            )
