"""What the simulator is set up with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorOptions:
    """Keys, timings and limits. The defaults are LINE's own where LINE publishes them."""

    channel_secret: str  # signs webhooks; the bot verifies with the same one
    access_token: str  # the bearer token that the bot's calls carry
    channel_id: str = "2000000000"  # for issuing short-lived tokens
    webhook_url: str = ""  # where the bot listens; may also be set with PUT /v2/bot/channel/webhook/endpoint
    account_name: str = "あおば市"
    scene: Path | None = None  # TOML with residents, places and the rich menu; None: the shipped one
    samples: Path | None = None  # folder with audio files that the page offers as voice messages

    reply_token_s: float = 60.0  # seconds from a delivery in which a reply token works
    reply_token_reach_s: float = (
        1200.0  # seconds from the event after which a redelivery no longer revives it
    )
    retry_key_s: float = 86400.0  # seconds in which a repeated retry key is answered with 409
    push_window_s: float = (
        604800.0  # seconds after writing in which somebody who is no friend can be pushed to
    )
    issued_token_s: float = 900.0  # seconds an issued access token lives
    webhook_timeout_s: float = 2.0  # seconds the bot has to answer a webhook
    redelivery_after_s: tuple[float, ...] = ()  # seconds before each redelivery; empty: off, as with LINE
    monthly_quota: int | None = None  # messages to single recipients; None: no limit
    requests_per_s: float = 2000.0  # per endpoint, as a token bucket of one second's size
    transcode_over: int = 1_000_000  # bytes; larger audio and video answer 202 at first
    transcode_s: float = 2.0  # seconds until they are ready

    max_api_body: int = 2_000_000  # bytes of one call of the bot
    max_upload: int = 20_000_000  # bytes of one picture or voice message
    max_content: int = 100_000_000  # bytes of all pictures and voice messages kept
    max_residents: int = 10_000
    max_entries: int = 500  # messages kept per resident
    max_log: int = 500  # calls and deliveries kept
    max_detail: int = 8_000  # characters of a body kept in the log
    max_keys: int = 50_000  # reply tokens, retry keys, quote tokens … each
    max_faults: int = 20  # faults waiting to happen
    max_streams: int = 50  # open pages
    max_wait_s: float = 30.0  # seconds one request may wait for a new message
