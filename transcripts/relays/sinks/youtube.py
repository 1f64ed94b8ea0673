"""YouTube's live captions over HTTP POST (YouTube help, answer 6077032).

Numbers are as Zoom has them. Each caption has a UTC time by which it is laid on the delayed picture, so the clock is
corrected by the time in YouTube's answers. `<br>` breaks a line; the body ends with a line break.
"""

from __future__ import annotations

import datetime as dt

from transcripts.relays.address import Place
from transcripts.relays.model import CaptionUrl, Kind, Packet
from transcripts.relays.sink import Receipt
from transcripts.relays.sinks.http import CaptionHttp
from transcripts.relays.sinks.zoom import numbered_receipt
from transcripts.relays.wording import Shape

REGION = "region:reg1#cue1"
# A text could otherwise hold markup of its own.
_MARKUP = str.maketrans({"<": "‹", ">": "›"})


class YouTubeSink:
    """YouTube."""

    kind: Kind = "youtube"
    shape = Shape()
    repeats_safely = True
    tells_number = False

    def __init__(self, http: CaptionHttp, *, hosts: tuple[str, ...], allow_local: bool = False) -> None:
        self._http = http
        self.place = Place(
            name="YouTube",
            hosts=hosts,
            path="/closedcaption",
            refuses=("seq",),
            allow_local=allow_local,
            lift_http=True,
        )

    async def send(self, url: CaptionUrl, packet: Packet, *, timeout_s: float) -> Receipt:
        joint = "&" if "?" in url.text else "?"
        answer = await self._http.post(
            self.kind,
            f"{url.text}{joint}seq={packet.number}",
            cue(packet),
            content_type="text/plain",  # a charset is not wanted here
            timeout_s=timeout_s,
        )
        return numbered_receipt(answer)

    async def last_accepted(self, url: CaptionUrl, *, timeout_s: float) -> int | None:
        return None


def cue(packet: Packet) -> str:
    """The body: time and region, then the text."""
    at = packet.at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
    return f"{at} {REGION}\n{packet.text.translate(_MARKUP).replace(chr(10), '<br>')}\n"
