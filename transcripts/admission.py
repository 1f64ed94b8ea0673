"""Whether one more meeting can be captioned in time. Pure; said before quality falls, not after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.errors import Busy

Reason = Literal["limit", "cost", "late"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the recogniser can do, as measured while it works."""

    capacity: int  # meetings that can speak at once, each with captions that grow often enough
    final_wait_s: float  # how long the recognition of what was said waits for its turn


class NoRoom(Busy):
    """One more meeting would make captions late."""

    def __init__(self, sentence: str, reason: Reason) -> None:
        super().__init__(sentence)
        self.reason = reason


def admit(live: int, *, most: int, promise_s: float, measured: Measured) -> None:
    """Raise NoRoom when one more than the `live` meetings would be too many.

    `most` is the limit whatever is measured; `promise_s` is the delay within which a word is to be read. The first
    meeting is always let in: late captions are better than none.
    """
    if live >= most:
        raise NoRoom(
            f"This machine captions at most {most} meetings at once; end another one first.", "limit"
        )
    if live == 0:
        return
    if live >= measured.capacity:
        raise NoRoom(
            f"This machine has no time left to caption more than the {live} meetings that are live; "
            "end another one first, or set a smaller speech model.",
            "cost",
        )
    if measured.final_wait_s > promise_s / 2:
        raise NoRoom(
            "Captions are late already at the moment; try again in a minute, or end another meeting first.",
            "late",
        )
