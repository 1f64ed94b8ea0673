"""Values of the chat."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

RequestState = Literal["open", "claimed", "answered", "closed"]
Direction = Literal["resident", "bot", "staff"]
MessageState = Literal["received", "waiting", "sent", "failed", "unreachable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """What the dialogue remembers about a resident. Message ids only, never message text: what a resident
    unsends is then nowhere but in its own row."""

    language: str = ""  # language tag; empty until known
    language_chosen: bool = False  # by the resident, so a detection may not overrule it
    awaiting: Literal["", "question_for_person", "was_right", "offer", "consent"] = ""
    last_question: str = ""  # id of the message that a person would have to answer
    skill: str = ""  # name of the skill that is going on
    skill_state: Mapping[str, Any] = field(default_factory=dict)  # its own, as JSON
    topic: str = ""  # slug of the article that was shown last
    topic_at: str = ""  # when (ISO 8601)
    topic_message: str = ""  # id of the message that it answered; empty if a button was pressed
    earlier: tuple[str, ...] = ()  # slugs of the articles before it, newest last
    slowed: str = ""  # the limit that the resident was told about: "minute" or "day"
    wish: Mapping[str, str] = field(default_factory=dict)  # what waits for consent (bot.dialogue.put_off)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """Somebody who writes to the city."""

    id: str
    line_user_id: str
    display_name: str
    profile_language: str  # language of the resident's LINE app: a prior, not the truth
    reachable: bool  # False after they blocked the account
    conversation: Conversation


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A question that waits for staff."""

    id: str
    number: int
    resident_id: str
    department: str
    state: RequestState
    urgent: bool
    claimed_by: str  # account id, or empty
    version: int  # rises with every change of state
    opened_at: dt.datetime
    answered_at: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a conversation, from any side."""

    id: str
    resident_id: str
    request_id: str  # empty if no request
    direction: Direction
    kind: str  # text, voice, location, sticker, image, notice …
    text: str  # as the resident wrote or reads it
    language: str
    japanese: str | None  # None while it is not translated yet
    translation: dict[str, Any]  # route, engine, confidence, flags, facts, lost
    line_message_id: str
    quote_token: str
    state: MessageState
    author: str  # display name of the clerk, empty otherwise
    created_at: dt.datetime
    article: str = ""  # slug of the article that it shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A quick reply or a card button: what it says and what pressing it sends back.

    `texts` (language → label) comes before `label`, for labels from a city's own files. `kind` names LINE's other
    actions: "location" and "camera" open that part of the app, "date", "time" and "datetime" a picker (ISO 8601), "uri"
    the address in `data`.
    """

    label: str = ""  # key of a phrase, or text if `literal`
    data: str = ""
    literal: bool = False
    texts: Mapping[str, str] | None = None
    kind: Literal["postback", "location", "camera", "date", "time", "datetime", "uri"] = "postback"
    initial: str = ""  # of a picker
    least: str = ""
    most: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Words on a card: a phrase, or a city's own text for each language, or the same in every language."""

    phrase: str = ""
    texts: Mapping[str, str] | None = None
    literal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A titled list of labelled values with buttons under it."""

    title: Label
    rows: tuple[tuple[Label, Label], ...] = ()
    note: Label | None = None
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A point on the map, in degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """An article that may answer a question. `score` is a calibrated 0..1."""

    slug: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What the knowledge base says about a question: at most one sure answer, best candidates first."""

    sure: str = ""
    candidates: tuple[str, ...] = ()
    matches: tuple[Match, ...] = field(default=())
    stale: tuple[str, ...] = ()  # candidates whose text is past its date
