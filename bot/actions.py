"""What the dialogue and its skills decide: plain values that `bot.service` carries out and `bot.replies` renders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.model import Button, Card


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Say a phrase. `values` fill its placeholders; a `language` is given as a tag and shown by its own name, a
    `when` as ISO 8601 and shown as the reader writes it."""

    phrase: str
    values: tuple[tuple[str, str], ...] = ()
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """Say a text that a city's own file gives for each language; a language without one is shown the nearest there
    is. `values` as for `Say`."""

    texts: Mapping[str, str]
    values: tuple[tuple[str, str], ...] = ()
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowCard:
    """Show a card of labelled values, as the summary of a form."""

    card: Card


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowArticle:
    """Show an article with its source, and ask whether it was right."""

    slug: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowPart:
    """Show what an article says about a part of it (one of `bot.talk.PARTS`); all of it where no part is named or
    no line is about that."""

    slug: str
    part: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowTitles:
    """Offer articles by their titles."""

    slugs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRequest:
    """Put a message into the staff's queue."""

    message_id: str
    department: str
    urgent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AddToRequest:
    """Put a message under a request that exists."""

    request_id: str
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRequest:
    """The resident no longer wants an answer."""

    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetReachable:
    """Whether messages can be delivered."""

    reachable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Something that a skill wants done in the transaction. What its `carry_out` gives fills the placeholders of the
    messages said in the same step."""

    skill: str
    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)


Action = (
    Say
    | Tell
    | ShowCard
    | ShowArticle
    | ShowPart
    | ShowTitles
    | OpenRequest
    | AddToRequest
    | CancelRequest
    | SetReachable
    | Effect
)
