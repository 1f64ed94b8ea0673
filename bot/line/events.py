"""LINE's webhook events as our values.

LINE adds fields, types and values without notice, so an event is read field by field with care: what is not
understood becomes an event of the type "ignored" and never an exception.

`READERS`, `ACCOUNT` and `IGNORED` at the end of this module together name every event type that LINE describes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from bot.model import Place
from translation.facts.my_number import mask

KINDS = frozenset({"text", "audio", "location", "sticker", "image", "video", "file"})
MAX_KEYWORDS = 15  # of a sticker
MAX_TEXT = 5000  # characters; LINE's own limit on what a resident can send
_EVENT_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")  # a ULID today; what a database column can hold in any case


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One event from one resident. Fields that an event type lacks are empty."""

    type: str  # message, edited, follow, unfollow, unsend, postback, account; "ignored" for all others
    user_id: str
    kind: str = ""  # of a message: one of KINDS
    reply_token: str = ""
    line_message_id: str = ""
    text: str = ""
    data: str = ""  # of a postback
    place: Place | None = None
    duration_ms: int = 0
    quote_token: str = ""
    unblocked: bool = False
    keywords: tuple[str, ...] = ()  # of a sticker
    more: bool = False  # one of several pictures that were sent together, and not the first
    quoted: str = ""  # LINE's id of the message that is quoted
    timestamp_ms: int = 0  # of an edit: the largest is the newest
    state: str = ""  # of the account: suspended or resumed


def event_id(event: Any) -> str:
    """What makes an event the same when it is delivered again: its ULID, or a digest where LINE left that out."""
    given = event.get("webhookEventId") if isinstance(event, dict) else None
    if isinstance(given, str) and _EVENT_ID.fullmatch(given):
        return given
    canonical = json.dumps(event, sort_keys=True, ensure_ascii=True, default=str)
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def without_my_number(event: Any) -> tuple[Any, bool]:
    """The event with every My Number in its text masked, and whether there was one: it must never be stored, not
    even in the inbox."""
    message = event.get("message") if isinstance(event, dict) else None
    if not isinstance(message, dict) or not isinstance(text := message.get("text"), str):
        return event, False
    masked = mask(text)
    if masked == text:
        return event, False
    return {**event, "message": {**message, "text": masked}}, True


def user_id(event: Any) -> str:
    """Whose event it is; empty when it is nobody's."""
    source = event.get("source") if isinstance(event, dict) else None
    if not isinstance(source, dict) or source.get("type") != "user":
        return ""
    return _text(source, "userId", 64)


def parse(event: Any) -> Incoming:
    """The event as a value. Group chats, standby mode and types that are not read are ignored on purpose."""
    who = user_id(event)
    kind = event.get("type") if isinstance(event, dict) else None
    if not isinstance(kind, str) or event.get("mode") == "standby":
        return Incoming(type="ignored", user_id=who)
    if kind in ACCOUNT:
        return Incoming(type="account", user_id="", state=ACCOUNT[kind])
    read = READERS[kind](event, who) if who and kind in READERS else None
    return read or Incoming(type="ignored", user_id=who)


def _token(event: dict[str, Any]) -> str:
    return _text(event, "replyToken", 200)


def _postback(event: dict[str, Any], who: str) -> Incoming:
    postback = _table(event, "postback")
    data = _text(postback, "data", 300) + _picked(postback)
    return Incoming(type="postback", user_id=who, reply_token=_token(event), data=data)


def _follow(event: dict[str, Any], who: str) -> Incoming:
    unblocked = _table(event, "follow").get("isUnblocked") is True
    return Incoming(type="follow", user_id=who, reply_token=_token(event), unblocked=unblocked)


def _unfollow(event: dict[str, Any], who: str) -> Incoming:
    return Incoming(type="unfollow", user_id=who)


def _unsend(event: dict[str, Any], who: str) -> Incoming | None:
    message_id = _text(_table(event, "unsend"), "messageId", 64)
    return Incoming(type="unsend", user_id=who, line_message_id=message_id) if message_id else None


def _edited(event: dict[str, Any], who: str) -> Incoming | None:
    """New words of a text message. (LINE sends this for groups only, so far.)"""
    message = _table(event, "message")
    message_id, text = _text(message, "id", 64), _text(message, "text", MAX_TEXT)
    at = event.get("timestamp")
    if message.get("type") != "text" or not message_id or not text:
        return None
    at = at if isinstance(at, int) and not isinstance(at, bool) and 0 < at < 2**53 else 1
    return Incoming(
        type="edited",
        user_id=who,
        kind="text",
        line_message_id=message_id,
        text=text,
        timestamp_ms=at,
    )


def _picked(postback: dict[str, Any]) -> str:
    """What was chosen in a picker of dates and times, which belongs behind the button's data."""
    params = _table(postback, "params")
    return next((found for name in ("datetime", "date", "time") if (found := _text(params, name, 20))), "")


def _message(event: dict[str, Any], who: str) -> Incoming:
    message = _table(event, "message")
    kind = message.get("type")
    known = kind if isinstance(kind, str) and kind in KINDS else "other"
    place = _place(message) if known == "location" else None
    if known == "location" and place is None:
        known = "other"
    duration = message.get("duration")
    return Incoming(
        type="message",
        user_id=who,
        kind=known,
        reply_token=_token(event),
        line_message_id=_text(message, "id", 64),
        text=_text(message, "text", MAX_TEXT) if known == "text" else "",
        place=place,
        duration_ms=int(duration) if isinstance(duration, (int, float)) and 0 <= duration < 1e9 else 0,
        quote_token=_text(message, "quoteToken", 200),
        keywords=_keywords(message) if known == "sticker" else (),
        more=_is_further(message),
        quoted=_text(message, "quotedMessageId", 64),
    )


def _keywords(message: dict[str, Any]) -> tuple[str, ...]:
    """What a sticker means, in English words (LINE: at most 15, experimental)."""
    given = message.get("keywords")
    if not isinstance(given, list):
        return ()
    return tuple(_storable(word[:40]) for word in given[:MAX_KEYWORDS] if isinstance(word, str))


def _is_further(message: dict[str, Any]) -> bool:
    """Whether a picture is the second or later of a set."""
    index = _table(message, "imageSet").get("index")
    return isinstance(index, int) and index > 1


def _place(message: dict[str, Any]) -> Place | None:
    latitude, longitude = message.get("latitude"), message.get("longitude")
    if isinstance(latitude, bool) or isinstance(longitude, bool):
        return None
    if not isinstance(latitude, (int, float)) or not isinstance(longitude, (int, float)):
        return None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None
    return Place(latitude=float(latitude), longitude=float(longitude))


def _table(value: dict[str, Any], key: str) -> dict[str, Any]:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _text(value: dict[str, Any], key: str, limit: int) -> str:
    """A string field as it can be stored."""
    found = value.get(key)
    return _storable(found[:limit]) if isinstance(found, str) else ""


def _storable(text: str) -> str:
    """Without characters that a database cannot hold (lone surrogates, NUL)."""
    return text.encode("utf-8", "ignore").decode().replace("\x00", "")


_Reader = Callable[[dict[str, Any], str], Incoming | None]

# Every event type of LINE's webhook description (github.com/line/line-openapi, webhook.yml) is in one of these
# tables. A type that is in none is new and is ignored too.
READERS: Mapping[str, _Reader] = MappingProxyType(
    {
        "message": _message,
        "messageEdited": _edited,  # described in the reference, not yet in webhook.yml
        "unsend": _unsend,
        "follow": _follow,
        "unfollow": _unfollow,
        "postback": _postback,
    }
)
# What becomes of the account itself: nobody is there to be answered, so it is said in the log.
ACCOUNT: Mapping[str, str] = MappingProxyType({"botSuspended": "suspended", "botResumed": "resumed"})
IGNORED: Mapping[str, str] = MappingProxyType(
    {
        "join": "the city answers single residents; what others in a group ask is nobody's business",
        "leave": "as join",
        "memberJoined": "as join",
        "memberLeft": "as join",
        "videoPlayComplete": "the city sends no videos with a tracking id",
        "beacon": "where somebody walks past is not wanted",
        "accountLink": "residents have no accounts to link",
        "membership": "a city sells no memberships",
        "module": "for module channels, which act for other accounts",
        "activated": "for module channels",
        "deactivated": "for module channels",
        "delivery": "for notification messages to telephone numbers, which are not sent",
    }
)
