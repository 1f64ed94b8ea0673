"""Microsoft Teams, CART captions (MicrosoftDocs/msteams-docs, meeting-apps-apis.md, "Send real-time captions API").

Each POST is a new line of 80 to 120 characters; there are no numbers, so what is sent twice is shown twice. The URL
must be used exactly as it was copied. 401: it is no longer valid. 404: the meeting has not begun, or captions are off.
"""

from __future__ import annotations

from transcripts.relays.address import Place
from transcripts.relays.model import CaptionUrl, Kind, Packet
from transcripts.relays.sink import Receipt
from transcripts.relays.sinks.http import CaptionHttp
from transcripts.relays.sinks.zoom import maybe_taken, trouble_of
from transcripts.relays.wording import Shape


class TeamsSink:
    """Microsoft Teams."""

    kind: Kind = "teams"
    shape = Shape(columns=120, lines=1)
    repeats_safely = False
    tells_number = False

    def __init__(self, http: CaptionHttp, *, hosts: tuple[str, ...], allow_local: bool = False) -> None:
        self._http = http
        self.place = Place(
            name="Microsoft Teams",
            hosts=hosts,
            path="/cartcaption",
            needs=("meetingid", "token"),
            allow_local=allow_local,
        )

    async def send(self, url: CaptionUrl, packet: Packet, *, timeout_s: float) -> Receipt:
        answer = await self._http.post(
            self.kind, url.text, packet.text, content_type="text/plain; charset=utf-8", timeout_s=timeout_s
        )
        if 200 <= answer.status < 300:
            return Receipt(outcome="shown")
        if answer.status == 401:
            return Receipt(outcome="refused", trouble="url_expired")
        return Receipt(
            outcome="unclear" if maybe_taken(answer) else "again",
            trouble=trouble_of(answer, {404: "not_started"}),
        )

    async def last_accepted(self, url: CaptionUrl, *, timeout_s: float) -> int | None:
        return None
