"""A resident's side: what they do on the phone becomes a bubble and a webhook event."""

from __future__ import annotations

import binascii
import io
import wave
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.simulator.channel import Channel
from bot.simulator.events import make_event
from bot.simulator.model import Content, Entry, Json
from bot.simulator.names import new_event_id
from bot.simulator.residents import Resident
from bot.simulator.rules import MAX_ACTION_TEXT, MAX_TEXT, utf16_units
from bot.simulator.webhook import Webhooks
from core.errors import Conflict, InvalidInput, NotFound, TooLarge

MAX_COPIES = 10
MAX_KEYWORDS = 15  # of a sticker
MAX_PREPARING_S = 600.0
MAX_DURATION_MS = 36_000_000
MAX_FILE_NAME = 200
# What LINE gives when nothing else is known.
MEDIA_TYPES = {
    "audio": "audio/x-m4a",
    "image": "image/jpeg",
    "video": "video/mp4",
    "file": "application/octet-stream",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """An action that was carried out on the phone; its event is not delivered yet."""

    event: Json
    entry: Entry | None  # the bubble, if there is one


class Phone:
    """All residents' phones. Actions are the control API's JSON objects; wrong ones raise InvalidInput."""

    def __init__(self, channel: Channel, webhooks: Webhooks) -> None:
        self._channel = channel
        self._webhooks = webhooks
        self._kinds: dict[str, Callable[[Resident, Json], Done]] = {
            "text": self._text,
            "audio": self._media,
            "image": self._media,
            "video": self._media,
            "file": self._media,
            "location": self._location,
            "sticker": self._sticker,
            "postback": self._postback,
            "follow": self._follow,
            "unfollow": self._unfollow,
            "unsend": self._unsend,
        }

    async def send(self, resident: Resident, action: Json) -> Json:
        """Do `action` and deliver its event. Answers `{"event_id", "message_id", "webhook": {"status", "ms",
        "reason"}}`. `copies` (1 to 10) delivers the same webhook more than once."""
        copies = _number(action, "copies", 1, 1, MAX_COPIES)
        return (await self._deliver([(resident, self._act(resident, action))], copies=int(copies)))[0]

    async def send_batch(self, actions: list[tuple[Resident, Json]]) -> list[Json]:
        """Several residents' actions in one webhook, as LINE may do."""
        return await self._deliver([(resident, self._act(resident, action)) for resident, action in actions])

    def _act(self, resident: Resident, action: Json) -> Done:
        kind = action.get("type")
        act = self._kinds.get(kind) if isinstance(kind, str) else None
        if act is None:
            raise InvalidInput(f"The type must be one of {', '.join(self._kinds)}.")
        if resident.blocked and kind != "follow":
            raise Conflict("This resident has blocked the account; send a follow first.")
        return act(resident, action)

    async def _deliver(self, done: list[tuple[Resident, Done]], *, copies: int = 1) -> list[Json]:
        delivery = await self._webhooks.deliver([one.event for _, one in done], copies=copies)
        return [
            {
                "event_id": one.event["webhookEventId"],
                "message_id": one.entry.id if one.entry else "",
                "seq": one.entry.seq if one.entry else 0,
                "webhook": delivery.view(),
            }
            for _, one in done
        ]

    def _event(self, kind: str, resident: Resident, *, can_reply: bool = True, **parts: Any) -> Json:
        clock = self._channel.clock
        return make_event(
            kind,
            user_id=resident.id,
            event_id=new_event_id(clock),
            timestamp_ms=int(clock.now().timestamp() * 1000),
            reply_token=self._channel.reply_tokens.issue(resident.id) if can_reply else None,
            **parts,
        )

    def _message(
        self, resident: Resident, message: Json, *, quotable: bool, quoted: str = "", message_id: str = ""
    ) -> Done:
        message_id = message_id or self._channel.ids.new()
        message = {"id": message_id, **message, "markAsReadToken": self._channel.new_read_token(message_id)}
        if quotable:
            message["quoteToken"] = self._channel.new_quote_token(message_id)
        if quoted:
            message["quotedMessageId"] = quoted
        event = self._event("message", resident, message=message)
        resident.last_wrote = self._channel.clock.now()
        entry = self._channel.show(
            resident,
            message,
            author="resident",
            via="event",
            status="sending",
            message_id=message_id,
            quoted=quoted,
            event_id=event["webhookEventId"],
        )
        return Done(event=event, entry=entry)

    def _text(self, resident: Resident, action: Json) -> Done:
        text = _string(action, "text", MAX_TEXT)
        quoted = str(action.get("quote") or "")
        if quoted:
            place = self._channel.entry(quoted)
            if place is None or place[0] is not resident:
                raise NotFound("The quoted message is not on this phone.")
        return self._message(resident, {"type": "text", "text": text}, quotable=True, quoted=quoted)

    def _media(self, resident: Resident, action: Json) -> Done:
        data = _bytes(action, self._channel.options.max_upload)
        kind = action["type"]
        message_id = self._channel.ids.new()
        duration = _duration_ms(data, action) if kind == "audio" else None
        large = kind in ("audio", "video") and len(data) > self._channel.options.transcode_over
        preparing = _number(
            action, "preparing_s", self._channel.options.transcode_s if large else 0, 0, MAX_PREPARING_S
        )
        content = Content(
            data=data,
            media_type=str(action.get("media_type") or MEDIA_TYPES[kind]),
            ready_at=self._channel.clock.monotonic() + preparing,
            duration_ms=duration,
        )
        self._channel.contents.put(message_id, content)
        message: Json = {"type": kind}
        if kind == "file":
            message["fileName"] = str(action.get("file_name") or "file")[:MAX_FILE_NAME]
            message["fileSize"] = len(data)
        else:
            message["contentProvider"] = {"type": "line"}
        if duration is not None:
            message["duration"] = duration
        quotable = kind in ("image", "video")
        return self._message(resident, message, quotable=quotable, message_id=message_id)

    def _location(self, resident: Resident, action: Json) -> Done:
        message: Json = {
            "type": "location",
            "latitude": _number(action, "latitude", None, -90, 90),
            "longitude": _number(action, "longitude", None, -180, 180),
        }
        for key in ("title", "address"):
            if action.get(key):
                message[key] = _string(action, key, 100)
        return self._message(resident, message, quotable=False)

    def _sticker(self, resident: Resident, action: Json) -> Done:
        message: Json = {
            "type": "sticker",
            "packageId": str(action.get("packageId") or "446"),
            "stickerId": str(action.get("stickerId") or "1988"),
            "stickerResourceType": "STATIC",
        }
        if isinstance(action.get("keywords"), list):
            message["keywords"] = [str(word) for word in action["keywords"][:MAX_KEYWORDS]]
        return self._message(resident, message, quotable=True)

    def _postback(self, resident: Resident, action: Json) -> Done:
        postback: Json = {"data": _string(action, "data", MAX_ACTION_TEXT)}
        if isinstance(action.get("params"), dict):
            postback["params"] = {str(key): str(value) for key, value in action["params"].items()}
        event = self._event("postback", resident, postback=postback)
        resident.last_wrote = self._channel.clock.now()
        entry = None
        if action.get("displayText"):
            entry = self._channel.show(
                resident,
                {"type": "text", "text": _string(action, "displayText", MAX_ACTION_TEXT)},
                author="resident",
                via="event",
                status="sending",
                event_id=event["webhookEventId"],
            )
        return Done(event=event, entry=entry)

    def _follow(self, resident: Resident, action: Json) -> Done:
        unblocked = resident.blocked
        resident.blocked, resident.friend = False, True
        self._channel.residents.touch(resident)
        return Done(event=self._event("follow", resident, follow={"isUnblocked": unblocked}), entry=None)

    def _unfollow(self, resident: Resident, action: Json) -> Done:
        resident.blocked, resident.typing_until = True, 0.0
        self._channel.residents.touch(resident)
        return Done(event=self._event("unfollow", resident, can_reply=False), entry=None)

    def _unsend(self, resident: Resident, action: Json) -> Done:
        message_id = _string(action, "message_id", 100)
        place = self._channel.entry(message_id)
        if place is None or place[0] is not resident or place[1].author != "resident":
            raise NotFound("There is no message of this resident with this message_id.")
        self._channel.residents.change(resident, place[1].seq, "unsent")
        self._channel.contents.drop(message_id)
        event = self._event("unsend", resident, can_reply=False, unsend={"messageId": message_id})
        return Done(event=event, entry=None)


def _string(action: Json, key: str, limit: int) -> str:
    value = action.get(key)
    if not isinstance(value, str) or not 1 <= utf16_units(value) <= limit:
        raise InvalidInput(f"{key} must be a text of 1 to {limit} characters.")
    return value


def _number(action: Json, key: str, default: float | None, low: float, high: float) -> float:
    value = action.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise InvalidInput(f"{key} must be a number from {low:g} to {high:g}.")
    return value


def _bytes(action: Json, limit: int) -> bytes:
    """The upload: bytes from a form, or base64 in `data`."""
    data = action.get("data")
    if isinstance(data, str):
        try:
            data = b64decode(data, validate=True)
        except binascii.Error:
            raise InvalidInput("data must be base64.") from None
    if not isinstance(data, bytes) or not data:
        raise InvalidInput("Send the content as base64 in data, or as the form field file.")
    if len(data) > limit:
        raise TooLarge(f"At most {limit} bytes can be sent.")
    return data


def _duration_ms(data: bytes, action: Json) -> int | None:
    """Length of a WAV file, or what the sender measured; LINE leaves it out where it does not know."""
    if action.get("duration_ms") is not None:
        return int(_number(action, "duration_ms", None, 0, MAX_DURATION_MS))
    try:
        with wave.open(io.BytesIO(data)) as sound:
            seconds: float = sound.getnframes() / sound.getframerate()
            return round(1000 * seconds)
    except (wave.Error, EOFError, ZeroDivisionError):
        return None
