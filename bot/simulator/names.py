"""Identifiers in LINE's forms."""

from __future__ import annotations

import hashlib
import itertools
import secrets

from core.clock import Clock

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_user_id() -> str:
    """`U` and 32 hexadecimal digits, as `U[0-9a-f]{32}` in LINE's OpenAPI."""
    return f"U{secrets.token_hex(16)}"


def fixed_user_id(name: str) -> str:
    """The same user id for the same name, so that residents of the scene survive a restart."""
    return f"U{hashlib.sha256(name.encode()).hexdigest()[:32]}"


def new_event_id(clock: Clock) -> str:
    """A ULID: 48 bits of milliseconds and 80 random bits in Crockford's base 32."""
    number = (int(clock.now().timestamp() * 1000) << 80) | secrets.randbits(80)
    return "".join(CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))


class MessageIds:
    """Digits that rise and do not repeat after a restart, because they begin with the time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._count = itertools.count(1)

    def new(self) -> str:
        return f"{int(self._clock.now().timestamp() * 1000)}{next(self._count) % 100_000:05d}"
