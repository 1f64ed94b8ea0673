"""Messages and signatures of RTMS. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

SEND_RATE_MS = 100
AUDIO_LIMIT = 64 * 1024  # bytes of one packet's sound; 100 ms are 3,200


class Kind(IntEnum):
    """`msg_type`, as far as we send or heed it."""

    SIGNALING_REQUEST = 1
    SIGNALING_ANSWER = 2
    MEDIA_REQUEST = 3
    MEDIA_ANSWER = 4
    READY = 7
    STREAM_STATE = 8
    SESSION_STATE = 9
    KEEP_ALIVE = 12
    ALIVE = 13
    AUDIO = 14


class StreamState(IntEnum):
    """`state` in a message about the stream."""

    INACTIVE = 0
    ACTIVE = 1
    INTERRUPTED = 2
    TERMINATING = 3
    TERMINATED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What our app at Zoom has. `secret_token` signs webhooks; the others sign handshakes."""

    client_id: str
    client_secret: str
    secret_token: str

    def __repr__(self) -> str:
        return "Credentials(…)"  # never into a log


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """`meeting.rtms_started`: a stream can be fetched."""

    meeting_uuid: str
    stream_id: str
    server_urls: tuple[str, ...]
    number: str = ""  # of the Zoom meeting, where Zoom says it


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """`meeting.rtms_stopped`: the stream is over."""

    stream_id: str
    reason: int


def handshake_signature(credentials: Credentials, meeting_uuid: str, stream_id: str) -> str:
    """Proves to Zoom's servers that the stream is for us."""
    message = f"{credentials.client_id},{meeting_uuid},{stream_id}"
    return hmac.new(credentials.client_secret.encode(), message.encode(), hashlib.sha256).hexdigest()


def webhook_signature(secret_token: str, timestamp: str, body: bytes) -> str:
    """The header `x-zm-signature` of a webhook."""
    message = f"v0:{timestamp}:".encode() + body
    return "v0=" + hmac.new(secret_token.encode(), message, hashlib.sha256).hexdigest()


def plain_token_signature(secret_token: str, plain: str) -> str:
    """The answer to `endpoint.url_validation`."""
    return hmac.new(secret_token.encode(), plain.encode(), hashlib.sha256).hexdigest()


def handshake(kind: Kind, started: Started, credentials: Credentials, *, sequence: int = 0) -> dict[str, Any]:
    """The first message on the signaling or the media connection."""
    message: dict[str, Any] = {
        "msg_type": int(kind),
        "protocol_version": 1,
        "sequence": sequence,
        "meeting_uuid": started.meeting_uuid,
        "rtms_stream_id": started.stream_id,
        "signature": handshake_signature(credentials, started.meeting_uuid, started.stream_id),
    }
    if kind is Kind.MEDIA_REQUEST:
        # Raw L16, 16 kHz, mono, all participants in one.
        audio = {"content_type": 1, "sample_rate": 1, "channel": 1, "codec": 1, "data_opt": 1}
        message |= {
            "media_type": 1,
            "payload_encryption": False,
            "media_params": {"audio": {**audio, "send_rate": SEND_RATE_MS}},
        }
    return message


def media_url(answer: Mapping[str, Any]) -> str:
    """Where the sound is to be had, from the answer to the signaling handshake; empty when it does not say."""
    server = answer.get("media_server")
    urls = server.get("server_urls") if isinstance(server, Mapping) else None
    if isinstance(urls, str):
        return urls.split(",")[0].strip()
    if isinstance(urls, Mapping):
        found = urls.get("audio") or urls.get("all")
        return found if isinstance(found, str) else ""
    return ""


def sound_of(message: Mapping[str, Any]) -> bytes | None:
    """The samples of an audio packet (L16 as Zoom sends it: little-endian); None when it is not usable."""
    content = message.get("content")
    data = content.get("data") if isinstance(content, Mapping) else None
    if not isinstance(data, str) or len(data) > AUDIO_LIMIT * 4 // 3 + 4:
        return None
    try:
        pcm = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return None
    return pcm if pcm and len(pcm) % 2 == 0 else None


def is_over(message: Mapping[str, Any]) -> bool:
    """Whether the message says that the stream will not come back."""
    return message.get("msg_type") == Kind.STREAM_STATE and message.get("state") == StreamState.TERMINATED
