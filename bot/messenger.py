"""The port through which messages leave: LINE, or the simulator that speaks like it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol


class Rejected(Exception):
    """The messenger will never take this call: it is wrong, or its reply token has expired."""


class TokenInvalid(Rejected):
    """The reply token was used before or has expired."""


class NoAnswer(Exception):
    """Nothing is known about the call: no answer came in time, or the other side failed."""


class Limited(Exception):
    """Too many calls (try again after `retry_s` seconds)."""

    def __init__(self, retry_s: float) -> None:
        super().__init__(f"limited for {retry_s} s")
        self.retry_s = retry_s


class NotAllowed(Limited):
    """The access token does not work; the messages wait until an operator has changed it."""


class QuotaReached(Exception):
    """No more messages this month."""


class ContentGone(Exception):
    """The content was taken back or never existed."""


class ContentNotReady(Exception):
    """The content is still being prepared; ask again in a moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What the messenger knows about somebody. `language` may be empty."""

    display_name: str
    language: str


class Messenger(Protocol):
    """All methods may raise NoAnswer and Limited."""

    async def reply(self, token: str, messages: Sequence[dict[str, Any]]) -> Sequence[str]:
        """Answer an event; free, once, within a minute. Gives the messages' ids, as far as they are told. Raises
        TokenInvalid, Rejected."""
        ...

    async def push(
        self, user_id: str, messages: Sequence[dict[str, Any]], *, retry_key: str
    ) -> Sequence[str]:
        """Send unasked. The same `retry_key` is delivered once, so a repeat is harmless. Gives the messages' ids, as
        far as they are told. Raises Rejected, QuotaReached."""
        ...

    async def multicast(
        self, user_ids: Sequence[str], messages: Sequence[dict[str, Any]], *, retry_key: str
    ) -> None:
        """Send the same unasked to at most 500 friends; whoever is none is left out without a word. Otherwise as
        `push`."""
        ...

    async def profile(self, user_id: str) -> Profile | None:
        """Name and language; None if they are not given (blocked, no consent)."""
        ...

    async def content(self, message_id: str, *, limit: int) -> bytes:
        """The bytes of a recording, picture, video or file. Raises ContentGone, ContentNotReady, and TooLarge over
        `limit` bytes."""
        ...

    async def show_loading(self, user_id: str, seconds: int) -> None:
        """Show that an answer is being prepared. Fails silently: it is a courtesy."""
        ...

    async def close(self) -> None:
        """Close connections."""
        ...
