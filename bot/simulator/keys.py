"""Things that work once or for a while: reply tokens, retry keys, access tokens, the rate limit."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from bot.simulator.memory import Bounded
from bot.simulator.model import Json, LineError
from bot.simulator.options import SimulatorOptions
from core.clock import Clock
from core.ids import new_secret


@dataclass(slots=True, kw_only=True)
class ReplyToken:
    """A permission to answer one event. Times are monotonic seconds."""

    user_id: str
    event_at: float
    delivered_at: float
    used: bool = False


class ReplyTokens:
    """Reply tokens: single use, for a minute from each delivery of their event."""

    def __init__(self, options: SimulatorOptions, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        self._tokens: Bounded[str, ReplyToken] = Bounded("reply_tokens", options.max_keys)

    def issue(self, user_id: str) -> str:
        token = new_secret()
        now = self._clock.monotonic()
        self._tokens[token] = ReplyToken(user_id=user_id, event_at=now, delivered_at=now)
        return token

    def delivered(self, token: str) -> None:
        """A webhook with this token goes out now. A redelivery revives it, unless the event is too old."""
        known = self._tokens.get(token)
        now = self._clock.monotonic()
        if known is not None and now - known.event_at <= self._options.reply_token_reach_s:
            known.delivered_at = now

    def find(self, token: str) -> ReplyToken:
        """The token, if it may be used now; raises LineError 400 as LINE does."""
        known = self._tokens.get(token)
        if known is None or known.used or self.age(known) > self._options.reply_token_s:
            raise LineError(400, "Invalid reply token")
        return known

    def age(self, token: ReplyToken) -> float:
        """Seconds since the webhook that carried it."""
        return self._clock.monotonic() - token.delivered_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A request that was accepted under a retry key."""

    request_id: str
    body: Json
    at: float  # monotonic seconds


class RetryKeys:
    """X-Line-Retry-Key: the same key a second time is a 409 that repeats the first answer."""

    def __init__(self, options: SimulatorOptions, clock: Clock) -> None:
        self._lifetime_s = options.retry_key_s
        self._clock = clock
        self._accepted: Bounded[str, Accepted] = Bounded("retry_keys", options.max_keys)

    def check(self, key: str | None) -> None:
        """Raises LineError 400 for a key that is no UUID, and 409 for one that was accepted before."""
        if key is None:
            return
        try:
            uuid.UUID(key)
        except ValueError:
            raise LineError(400, "The retry key is not a UUID") from None
        known = self._accepted.get(key.lower())
        if known is not None and self._clock.monotonic() - known.at <= self._lifetime_s:
            raise LineError(
                409,
                "The retry key is already accepted",
                body=known.body,
                headers={"x-line-accepted-request-id": known.request_id},
            )

    def accept(self, key: str | None, request_id: str, body: Json) -> None:
        if key is not None:
            self._accepted[key.lower()] = Accepted(
                request_id=request_id, body=body, at=self._clock.monotonic()
            )


class AccessTokens:
    """The long-lived token of the options, and short-lived ones issued for the channel's secret."""

    def __init__(self, options: SimulatorOptions, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        self._issued: Bounded[str, float] = Bounded("access_tokens", options.max_keys)

    def issue(self, channel_id: str, secret: str) -> str:
        """A new token; raises LineError 400 for the wrong channel or secret."""
        if (channel_id, secret) != (self._options.channel_id, self._options.channel_secret):
            raise LineError(400, "invalid_client", body={"error": "invalid_client"})
        token = new_secret()
        self._issued[token] = self._clock.monotonic() + self._options.issued_token_s
        return token

    def check(self, header: str) -> None:
        """Raises LineError 401 unless `header` is `Bearer` and a token that works."""
        scheme, _, token = header.partition(" ")
        fits = token == self._options.access_token or self._issued.get(token, 0.0) > self._clock.monotonic()
        if scheme != "Bearer" or not fits:
            raise LineError(
                401,
                "Authentication failed. Confirm that the access token in the authorization header is valid.",
            )


class RateLimit:
    """A token bucket per endpoint that holds one second's worth of requests."""

    def __init__(self, per_second: float, clock: Clock) -> None:
        self._per_second = per_second
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}  # endpoint → (requests left, when that was)

    def take(self, endpoint: str) -> None:
        """Count one request; raises LineError 429 when there are too many."""
        now = self._clock.monotonic()
        left, since = self._left.get(endpoint, (self._per_second, now))
        left = min(self._per_second, left + (now - since) * self._per_second)
        if left < 1:
            raise LineError(429, "The API rate limit has been exceeded. Try again later.")
        self._left[endpoint] = (left - 1, now)
