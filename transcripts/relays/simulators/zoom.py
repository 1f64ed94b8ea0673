"""Zoom's side of the closed caption API."""

from __future__ import annotations

import re

from aiohttp import web

from transcripts.relays.simulators.receiver import NumberedReceiver, Shown

_LANG = re.compile("[a-z]{2,3}-[A-Z]{2}")


class ZoomSimulator(NumberedReceiver):
    """Takes captions, tells the last number."""

    path = "/closedcaption"
    query = "id=200610693&ns=GZHkEA==&expire=86400&spparams=id%2Cns%2Cexpire&signature=nYtXJqRKCW"

    def more_routes(self) -> list[web.AbstractRouteDef]:
        return [web.get(f"{self.path}/seq", self.tell)]

    async def tell(self, request: web.Request) -> web.Response:
        """`GET /closedcaption/seq`."""
        if not self.started:
            return web.Response(status=400)
        if self.expired or request.rel_url.raw_query_string != self.query:
            return web.Response(status=403)
        return web.Response(text=str(self.last))

    def show(self, request: web.Request, text: str) -> None:
        label = request.query.get("lang", "")
        if not _LANG.fullmatch(label):
            self.violations.append(f"lang is {label or 'missing'}")
        if (request.charset or "").lower() != "utf-8":
            self.violations.append("no charset")
        if text.count("\n") > 1:
            self.violations.append("more than two lines")
        if self.is_new(request, text):
            self.add(Shown(text=text, number=self.last, language=label))
