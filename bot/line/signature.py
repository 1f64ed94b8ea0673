"""Proving that a webhook comes from LINE.

The signature is base64(HMAC-SHA256(channel secret, body)) over the raw bytes; any re-encoding breaks it. Two
secrets are accepted while one replaces the other.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence


def sign(secret: str, body: bytes) -> str:
    """The value of the x-line-signature header for `body`."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def is_signed(secrets: Sequence[str], body: bytes, signature: str | None) -> bool:
    """Whether one of `secrets` signed `body`. False for a missing signature; takes the same time either way."""
    given = (signature or "").encode("utf-8", "replace")
    matches = [hmac.compare_digest(sign(secret, body).encode(), given) for secret in secrets if secret]
    return any(matches)
