"""Values that the parts of the simulator hand to each other."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
Author = Literal["resident", "bot"]
Status = Literal["sending", "sent", "failed", "read", "unsent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One bubble on a resident's phone."""

    seq: int  # 1, 2, …: the order on the phone, for one resident
    position: int  # rises with every change anywhere in the simulator; `after=` compares with it
    id: str  # LINE's message id; empty for a tapped postback that shows a text
    author: Author
    via: str  # reply, push or multicast for the bot; event for a resident
    message: Json  # a LINE message object, as sent by the bot or as delivered in the webhook
    at: dt.datetime
    status: Status
    quoted: str = ""  # the message id that this one quotes
    event_id: str = ""  # the webhook event that carried it
    reason: str = ""  # why the webhook failed, in LINE's words

    def view(self) -> Json:
        """The form that the control API answers with."""
        return {
            "seq": self.seq,
            "position": self.position,
            "id": self.id,
            "from": self.author,
            "via": self.via,
            "message": self.message,
            "at": self.at.isoformat(),
            "status": self.status,
            "quoted": self.quoted,
            "event_id": self.event_id,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One call that LINE answered or one webhook that it posted."""

    id: int
    at: dt.datetime
    side: Literal["api", "webhook"]
    action: str  # reply, push, content … or the types of the events
    status: int  # 0: no answer
    ms: float
    resident: str  # user id where one is known
    request_id: str  # x-line-request-id, or the first event's webhookEventId
    facts: Json  # small facts for reading: token_age_s, messages, retry_key, redelivery, reason …
    request: str  # the body as text, cut to the limit
    response: str

    def view(self) -> Json:
        """The form that the control API answers with."""
        return {
            "id": self.id,
            "at": self.at.isoformat(),
            "side": self.side,
            "action": self.action,
            "status": self.status,
            "ms": round(self.ms, 1),
            "resident": self.resident,
            "request_id": self.request_id,
            "facts": self.facts,
            "request": self.request,
            "response": self.response,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A picture, voice message or file that a resident sent."""

    data: bytes
    media_type: str
    ready_at: float  # monotonic seconds; before it LINE answers 202
    duration_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How one webhook went."""

    status: int  # 0: no answer
    ms: float
    reason: str = ""  # LINE's words: could_not_connect, request_timeout, error_status_code, unclassified

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def view(self) -> Json:
        """The form that the control API answers with."""
        return {"status": self.status, "ms": round(self.ms, 1), "reason": self.reason}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that LINE would refuse in a request body."""

    property: str  # e.g. messages[0].quickReply.items[2].action.label
    message: str


class LineError(Exception):
    """An answer other than 2xx, in LINE's form."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        problems: tuple[Problem, ...] = (),
        body: Json | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.problems = problems
        self.extra = body or {}
        self.headers = headers or {}

    def body(self) -> Json:
        """`{"message": …, "details": [{"message", "property"}]}`; details only if there are any."""
        answer: Json = {"message": str(self), **self.extra}
        if self.problems:
            answer["details"] = [{"message": p.message, "property": p.property} for p in self.problems]
        return answer


@dataclass(slots=True, kw_only=True)
class Call:
    """What is being learnt about an API call while it is answered, for the log."""

    request_id: str
    action: str
    resident: str = ""
    body: bytes = b""
    facts: Json = field(default_factory=dict)
