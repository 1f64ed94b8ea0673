"""What can happen in a conversation, as plain values. `bot.line.events` makes them from LINE's JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.model import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class TextReceived:
    """The resident wrote. `message_id` is our id of the stored message."""

    message_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceHeard:
    """A voice message that was understood as `text`."""

    message_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceNotHeard:
    """A voice message that was not understood, and why."""

    message_id: str
    reason: Literal["unsupported", "failed", "too_long"]
    detail: str  # languages that would be understood, or the longest time in seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationReceived:
    """The resident shared a place."""

    message_id: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaReceived:
    """A message without text that is not understood: a sticker, a picture, a file, or a voice message that is not
    listened to for now."""

    message_id: str
    kind: str
    keywords: tuple[str, ...] = ()  # of a sticker, in English, as LINE gives them
    more: bool = False  # another of several that were sent together


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """The resident added the account as a friend, or unblocked it."""

    unblocked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfollowed:
    """The resident blocked the account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """A button was pressed. `action` and `value` are those of `bot.dialogue.pressed`."""

    action: str
    value: str


Event = (
    TextReceived
    | VoiceHeard
    | VoiceNotHeard
    | LocationReceived
    | MediaReceived
    | Followed
    | Unfollowed
    | Pressed
)
