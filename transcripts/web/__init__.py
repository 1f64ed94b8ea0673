"""The edges of meetings: pages, the stream of captions, the audio that comes in, the API.

site      what the handlers need, and small helpers that they share
meetings  the list of meetings, planning and ending one
viewer    the page that shows captions, and its QR code
downloads the transcript as a file, in many formats
hls       captions for HLS players
stream    captions as server-sent events
sender    the microphone page and the WebSocket that takes audio (docs/protocol.md)
review    the review room
relays    where captions go on to
uploads   recordings that are handed in
rtms      sound from Zoom
api       /api/v1/meetings
"""

from __future__ import annotations

from aiohttp import web

from transcripts.web.api import Api
from transcripts.web.downloads import Downloads
from transcripts.web.hls import HlsCaptions
from transcripts.web.meetings import MeetingPages
from transcripts.web.relays import relay_routes
from transcripts.web.review import ReviewPages
from transcripts.web.rtms import rtms_routes
from transcripts.web.sender import Sender
from transcripts.web.site import CaptionsSite, WebOptions
from transcripts.web.stream import Stream
from transcripts.web.uploads import upload_routes
from transcripts.web.viewer import ViewerPages

__all__ = ["CaptionsSite", "WebOptions", "routes"]


def routes(site: CaptionsSite) -> list[web.AbstractRouteDef]:
    """All routes of the package."""
    rooms = (
        MeetingPages(site),
        ViewerPages(site),
        Downloads(site),
        HlsCaptions(site),
        Stream(site),
        Sender(site),
        ReviewPages(site),
        Api(site),
    )
    elsewhere = relay_routes(site, site.relays) if site.relays is not None else []
    recordings = upload_routes(site, site.uploads) if site.uploads is not None else []
    zoom = rtms_routes(site, site.rtms) if site.rtms is not None else []
    return [*(route for room in rooms for route in room.routes()), *elsewhere, *recordings, *zoom]
