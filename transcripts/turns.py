"""Turns at a recogniser that several meetings share, as a live session sees them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from transcripts.model import Hypothesis

Work = Callable[[], Awaitable[Hypothesis]]


class Turns(Protocol):
    """One meeting's turns."""

    async def take(self, work: Work, *, final: bool) -> Hypothesis:
        """Wait for a turn, run `work` in it and give what that gives.

        `work` is called when the turn has come, so it can take the newest audio. Cancelling gives the turn up.
        """
        ...

    def hurry(self) -> None:
        """What waits for a turn has become final: viewers wait for its words. Harmless when nothing waits."""
        ...


class OwnRecogniser:
    """The turns of a meeting that has a recogniser for itself: always at once."""

    async def take(self, work: Work, *, final: bool) -> Hypothesis:
        return await work()

    def hurry(self) -> None:
        pass
