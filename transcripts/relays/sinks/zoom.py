"""Zoom's closed caption API (Zoom support, "Integrating a third-party closed captioning service", KB0060372).

A POST for each caption with a number that rises by one and stays the same on a retry; `/closedcaption/seq` tells the
last number taken. The body is the text alone. 400: the meeting has not begun. 403: the number or the URL is wrong.
"""

from __future__ import annotations

from core.metrics import counter
from transcripts.relays.address import Place
from transcripts.relays.model import CaptionUrl, Kind, Packet, Trouble
from transcripts.relays.sink import Receipt, UrlRefused
from transcripts.relays.sinks.http import Answer, CaptionHttp, server_time
from transcripts.relays.wording import Shape
from translation.languages import language

PATH = "/closedcaption"
ODD_ANSWERS = counter("relay_odd_answers", "Answers of receivers that could not be understood", ["kind"])


class ZoomSink:
    """Zoom."""

    kind: Kind = "zoom"
    shape = Shape()
    repeats_safely = True
    tells_number = True

    def __init__(self, http: CaptionHttp, *, hosts: tuple[str, ...], allow_local: bool = False) -> None:
        self._http = http
        self.place = Place(
            name="Zoom",
            hosts=hosts,
            path=PATH,
            needs=("id", "ns", "expire", "signature"),
            refuses=("seq", "lang"),
            allow_local=allow_local,
        )

    async def send(self, url: CaptionUrl, packet: Packet, *, timeout_s: float) -> Receipt:
        address = f"{url.text}&seq={packet.number}&lang={language(packet.language).zoom_code}"
        answer = await self._http.post(
            self.kind, address, packet.text, content_type="text/plain; charset=utf-8", timeout_s=timeout_s
        )
        return numbered_receipt(answer)

    async def last_accepted(self, url: CaptionUrl, *, timeout_s: float) -> int | None:
        address = url.text.replace(f"{PATH}?", f"{PATH}/seq?", 1)
        answer = await self._http.get(self.kind, address, timeout_s=timeout_s)
        if answer.status == 403:
            raise UrlRefused
        if answer.status != 200:
            return None
        if not (answer.body.isascii() and answer.body.isdigit()):
            ODD_ANSWERS.labels(self.kind).inc()
            return None
        return int(answer.body)


def numbered_receipt(answer: Answer) -> Receipt:
    """What an answer to a numbered packet means; Zoom and YouTube share the rules.

    Both ask to retry all of 400, 403, 405, 408, 500, 502, 503, 504, and a repeated number does no harm.
    """
    if answer.status == 200:
        return Receipt(outcome="shown", clock=server_time(answer.body))
    if answer.status == 403:
        return Receipt(outcome="misnumbered", trouble="url_expired")
    return Receipt(
        outcome="unclear" if maybe_taken(answer) else "again",
        trouble=trouble_of(answer, {400: "not_started"}),
    )


def maybe_taken(answer: Answer) -> bool:
    """Whether the receiver may have taken the packet although it did not say so."""
    return answer.status in (408, 504) or (answer.status == 0 and answer.sent)


def trouble_of(answer: Answer, known: dict[int, Trouble]) -> Trouble:
    """The trouble that an answer tells of."""
    if answer.trouble is not None:
        return answer.trouble
    if answer.status in known:
        return known[answer.status]
    if 300 <= answer.status < 400:
        return "redirected"
    return "rejected" if 400 <= answer.status < 500 and answer.status != 408 else "server_error"
