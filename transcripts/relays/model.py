"""The values of relays."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["zoom", "teams", "youtube"]
KINDS: tuple[Kind, ...] = ("zoom", "teams", "youtube")

# "refused": the receiver will take nothing more on this URL until a person does something.
RelayState = Literal["on", "paused", "refused"]

Trouble = Literal[
    "not_started",  # the meeting over there has not begun, or captions are off there
    "url_expired",  # the receiver does not know the URL (any more)
    "url_deleted",  # we deleted the URL, some time after the meeting
    "rejected",  # the receiver found fault with what was sent
    "server_error",  # the receiver failed
    "unreachable",  # no connection
    "no_answer",  # connected, but no answer in time
    "redirected",  # the receiver wanted to send us elsewhere
    "forbidden_address",  # the host's name leads into a private network
]


@dataclass(frozen=True, slots=True)
class CaptionUrl:
    """A URL that lets its holder write captions. It does not show itself where values are printed."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """What one request carries: at most what a reader takes in at once. `number` is the same on every retry."""

    number: int
    text: str  # lines are separated by "\n"
    language: str  # of the relay
    at: dt.datetime  # when it was said, by the receiver's clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A packet of a caption already taken from the store, not yet delivered nor given up."""

    text: str
    at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A caption that may be relayed. `said_at` is when its first word was said, `ready_at` when it was committed."""

    seq: int
    lang: str
    text: str
    said_at: dt.datetime
    ready_at: dt.datetime
    written_in: str = ""  # the language of the text, where that is another: it could not be translated


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """One target of a meeting's captions in one language."""

    id: str
    meeting_id: str
    kind: Kind
    language: str
    url: CaptionUrl | None
    version: int  # rises with every change of the URL
    state: RelayState
    number: int  # of the last packet delivered or given up
    last_seq: int  # of the last segment taken up or skipped
    outgoing: tuple[Outgoing, ...]
    offset_s: float  # the receiver's clock minus ours
    sent: int  # packets delivered
    skipped: int  # captions left out, and packets given up
    last_ok_at: dt.datetime | None
    trouble: Trouble | None  # of the last try; None after a success
    trouble_at: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a relay is, for people. `seconds` since the last success; None when there was none."""

    level: Literal["ok", "waiting", "trouble", "refused", "paused"]
    seconds: int | None = None
    trouble: Trouble | None = None


def health(relay: Relay, now: dt.datetime) -> Health:
    """The relay's health at `now`."""
    seconds = max(0, int((now - relay.last_ok_at).total_seconds())) if relay.last_ok_at else None
    if relay.state != "on":
        return Health(level=relay.state, seconds=seconds, trouble=relay.trouble)
    if relay.trouble is not None:
        return Health(level="trouble", seconds=seconds, trouble=relay.trouble)
    return Health(level="waiting" if seconds is None else "ok", seconds=seconds)
