"""Webhook events as LINE builds them (webhook.yml of line-openapi), and their signature."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence

from bot.simulator.model import Json


def make_event(
    kind: str,
    *,
    user_id: str,
    event_id: str,
    timestamp_ms: int,
    reply_token: str | None = None,
    **parts: object,
) -> Json:
    """One event of `kind` (message, follow, postback …). `reply_token` is None for kinds that have none."""
    event: Json = {
        "type": kind,
        "timestamp": timestamp_ms,
        "source": {"type": "user", "userId": user_id},
        "webhookEventId": event_id,
        "deliveryContext": {"isRedelivery": False},
        "mode": "active",
    }
    if reply_token is not None:
        event["replyToken"] = reply_token
    return event | parts


def redelivered(event: Json) -> Json:
    """The same event as LINE sends it again: only `isRedelivery` differs."""
    return event | {"deliveryContext": {"isRedelivery": True}}


def pack(destination: str, events: Sequence[object]) -> bytes:
    """The body of one webhook."""
    body = {"destination": destination, "events": list(events)}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def sign(secret: str, body: bytes) -> str:
    """The value of `x-line-signature`: base64 of the HMAC-SHA256 over the bytes that are sent."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
