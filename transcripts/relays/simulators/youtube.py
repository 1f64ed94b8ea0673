"""YouTube's side of live captions over HTTP POST."""

from __future__ import annotations

import datetime as dt
import re

from aiohttp import web

from transcripts.relays.simulators.receiver import NumberedReceiver, Refusal, Shown

CLOCK_LIMIT_S = 60.0  # seconds by which a caption's time may differ from YouTube's own
_HEAD = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3})( region:reg1#cue1)?")


class YouTubeSimulator(NumberedReceiver):
    """Takes captions with times."""

    path = "/closedcaption"
    query = "cid=abcd-1234-efgh"

    def show(self, request: web.Request, text: str) -> None:
        head, _, rest = text.partition("\n")
        found = _HEAD.fullmatch(head)
        if found is None or not rest.endswith("\n") or not rest.strip():
            raise Refusal(400, "not a time and a text")
        at = dt.datetime.fromisoformat(found[1]).replace(tzinfo=dt.UTC)
        if self.shown and self.shown[-1].at and at < self.shown[-1].at:
            self.violations.append("time runs backwards")
        if not self.is_new(request, text):
            return
        if abs((at - self.now()).total_seconds()) > CLOCK_LIMIT_S:
            self.violations.append("the time is far from the server's")
            return
        self.add(Shown(text=rest[:-1].replace("<br>", "\n"), number=self.last, at=at))
