"""The port: one receiver of captions."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, Protocol

from transcripts.relays.address import Place
from transcripts.relays.model import CaptionUrl, Kind, Packet, Trouble
from transcripts.relays.wording import Shape

Outcome = Literal[
    "shown",  # taken
    "again",  # surely not taken; the same packet may be sent once more
    "unclear",  # perhaps taken
    "misnumbered",  # the receiver does not like the number, or the URL; `last_accepted` tells which
    "refused",  # the URL is of no use any more
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of one request. `clock` is the receiver's time when it answered, where it says so."""

    outcome: Outcome
    trouble: Trouble | None = None
    clock: dt.datetime | None = None


class UrlRefused(Exception):
    """The receiver does not know the URL."""


class CaptionSink(Protocol):
    """A receiver. One request at a time for each URL; the caller sees to order, retries and limits of time."""

    kind: Kind
    place: Place
    shape: Shape
    repeats_safely: bool  # a packet sent twice under one number is shown once
    tells_number: bool  # `last_accepted` can find something out

    async def send(self, url: CaptionUrl, packet: Packet, *, timeout_s: float) -> Receipt:
        """Send a packet, once. Never raises for what the network or the receiver does."""
        ...

    async def last_accepted(self, url: CaptionUrl, *, timeout_s: float) -> int | None:
        """The number of the last packet that the receiver took; None when it cannot be found out.

        Raises UrlRefused when the receiver does not know the URL.
        """
        ...
