"""What the handlers of this package need, and helpers that they share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from core.errors import InvalidInput
from transcripts.hub import Hub
from transcripts.keeping import Keeper
from transcripts.model import Meeting
from transcripts.relays.service import RelayService
from transcripts.retention import Retention
from transcripts.rtms.service import RtmsService
from transcripts.service import MeetingService
from transcripts.sources import LiveMeetings
from transcripts.uploads import Uploads
from translation.languages import find_language


@dataclass(frozen=True, slots=True, kw_only=True)
class WebOptions:
    """Limits and addresses of the web edge."""

    public_url: str = ""  # such as https://captions.city.example; empty: as the request says
    shown_segments: int = 300  # on the page when it is opened; the transcript files have all
    files_at_once: int = 2  # transcript files that are written at the same time
    file_wait_s: float = 20.0  # for which a file waits for captions that are not translated yet
    files_waiting: int = 16  # requests that wait for that; more are refused
    review_rows: int = 100  # segments on one page of the review room
    audio_message: int = 64 * 1024  # bytes of one WebSocket message
    start_s: float = 10.0  # how long a connection that sends audio may take to begin
    stream_buffer: int = (
        32 * 1024
    )  # bytes that the kernel may hold for a viewer of captions (Linux takes it twice)
    ack_samples: int = 8_000  # an acknowledgement at least after so many samples (half a second)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptionsSite:
    """Everything behind the routes."""

    service: MeetingService
    hub: Hub
    live: LiveMeetings
    options: WebOptions = WebOptions()
    relays: RelayService | None = None  # None: captions go nowhere else
    keeper: Keeper | None = None  # None: sound cannot be kept
    retention: Retention | None = None  # None: meetings cannot be deleted
    uploads: Uploads | None = None  # None: recordings cannot be handed in
    rtms: RtmsService | None = None  # None: no app at Zoom is set up

    async def meeting(self, request: web.Request) -> Meeting:
        """The meeting that the address names. Raises NotFound."""
        return await self.service.get(request.match_info["meeting"])

    def address(self, request: web.Request, path: str) -> str:
        """`path` as an address that other devices can open."""
        return (self.options.public_url.rstrip("/") or str(request.url.origin())) + path

    def same_origin(self, request: web.Request) -> bool:
        """Whether the request comes from one of our own pages, or from no page at all.

        Browsers always send Origin with a WebSocket handshake (RFC 6455, 4.1) and scripts cannot forge it.
        """
        origin = request.headers.get("Origin")
        if origin is None:
            return True
        return urlsplit(origin).netloc in {request.host, urlsplit(self.options.public_url).netloc} - {""}


def text_of(body: Mapping[str, Any], name: str) -> str:
    """A text from a JSON object. Raises InvalidInput when it is missing or something else."""
    value = body.get(name)
    if not isinstance(value, str):
        raise InvalidInput(f"“{name}” must be a text.")
    return value


def number_of(value: object, name: str) -> int:
    """A whole number ≥ 0 from JSON or from a query. Raises InvalidInput."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 15:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**15:
        return value
    raise InvalidInput(f"“{name}” must be a whole number, 0 or more.")


def preferred_language(request: web.Request, meeting: Meeting) -> str:
    """The caption language that the browser's languages ask for; the spoken one when none fits."""
    for part in request.headers.get("Accept-Language", "")[:200].split(","):
        found = find_language(part.partition(";")[0])
        if found is not None and found.tag in meeting.languages:
            return found.tag
    return meeting.language
