"""The side of Microsoft Teams."""

from __future__ import annotations

from aiohttp import web

from transcripts.relays.simulators.receiver import Receiver, Refusal, Shown

LINE_LIMIT = 120  # characters


class TeamsSimulator(Receiver):
    """Takes captions; each request is a new line."""

    path = "/cartcaption"
    query = "meetingid=%7b%22tId%22%3a%2272f988bf%22%7d&token=eyJhbGciOi.x-y&lang=en-us"

    def check_query(self, request: web.Request) -> None:
        if self.expired or request.rel_url.raw_query_string != self.query:
            raise Refusal(401, "bad or expired token, or the URL was changed")
        if not self.started:
            raise Refusal(404, "the meeting has not begun")

    def show(self, request: web.Request, text: str) -> None:
        if len(text) > LINE_LIMIT:
            self.violations.append(f"a line of {len(text)} characters")
        if "\n" in text:
            self.violations.append("a line break")
        self.add(Shown(text=text, language=request.query["lang"]))
