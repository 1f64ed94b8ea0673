"""The chat page at /simulator: looks and behaves like a phone, and shows what LINE saw beside it.

It has templates, words and scripts of its own, so that it runs without the rest of the service; the shared look
(base.css, theme.js) is core's.
"""

from __future__ import annotations

from pathlib import Path

import jinja2
from aiohttp import web

import core.web
from bot.simulator.options import SimulatorOptions
from core.words import Words

FOLDER = Path(__file__).parent
LANGUAGES = ("ja", "en")  # the page's own words; residents may write in any language
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https:; media-src 'self' blob:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}


class Page:
    """Handlers of the page. `?ui=ja|en` chooses its words; without it the browser's languages do."""

    def __init__(self, options: SimulatorOptions) -> None:
        self._account_name = options.account_name
        self._words = Words(FOLDER / "words")
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
        )

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/", self.to_page),
            web.get("/simulator", self.page),
            web.get("/simulator/words", self.words),
            web.static("/static/simulator", FOLDER / "static"),
            web.static("/static/core", Path(core.web.__path__[0]) / "static"),
        ]

    async def to_page(self, request: web.Request) -> web.Response:
        raise web.HTTPFound("/simulator")

    async def page(self, request: web.Request) -> web.Response:
        language = choose_language(request)
        html = self._templates.get_template("simulator/phone.html").render(
            t=lambda key, **values: self._words.get(language, key, **values),
            page_language=language,
            account_name=self._account_name,
        )
        return web.Response(text=html, content_type="text/html", headers=HEADERS)

    async def words(self, request: web.Request) -> web.Response:
        """The page's words for its script, `{"key": "text with {placeholders}"}`."""
        language = choose_language(request)
        words = {key: self._words.get(language, key) for key in sorted(self._words.keys(language))}
        return web.json_response(words, headers=HEADERS)


def choose_language(request: web.Request) -> str:
    """`?ui=`, then the first of the browser's languages that the page speaks, then Japanese."""
    accepted = request.headers.get("Accept-Language", "").split(",")
    wanted = [request.query.get("ui", ""), *accepted]
    return next((tag for text in wanted if (tag := text.strip()[:2].lower()) in LANGUAGES), LANGUAGES[0])
