"""Putting a site together from the packages' routes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp_session
from aiohttp import web

from core import metrics
from core.accounts import Accounts
from core.clock import Clock
from core.web.guards import add_security_headers, error_middleware, observe_middleware
from core.web.login import Login
from core.web.pages import PAGES, Pages, render, set_up_templates
from core.web.sessions import DatabaseStorage, session_middleware

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What a site is made of."""

    accounts: Accounts
    storage: DatabaseStorage
    clock: Clock
    pages: Pages
    templates: Sequence[Path]  # folders; the first that has a template wins
    routes: Sequence[web.AbstractRouteDef]
    csrf_exempt: frozenset[str] = frozenset()  # paths that prove their sender in another way
    ready: Callable[[], Awaitable[Mapping[str, bool]]]  # what /readyz reports, part by part
    home: Mapping[str, Any] = field(default_factory=dict)  # context of the home page
    body_limit: int = 1024 * 1024  # bytes of a request body


def health_routes(ready: Callable[[], Awaitable[Mapping[str, bool]]]) -> list[web.AbstractRouteDef]:
    """What watches a process: does it live, can it work, what does it count."""

    async def alive(request: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def readiness(request: web.Request) -> web.Response:
        parts = dict(await ready())
        good = all(parts.values())
        status = "ready" if good else "not ready"
        return web.json_response({"status": status, "parts": parts}, status=200 if good else 503)

    async def show_metrics(request: web.Request) -> web.Response:
        return web.Response(body=metrics.exposition(), headers={"Content-Type": metrics.CONTENT_TYPE})

    return [
        web.get("/healthz", alive),
        web.get("/readyz", readiness),
        web.get("/metrics", show_metrics),
    ]


def make_app(site: Site) -> web.Application:
    """The web application. Importing or making it opens nothing; aiohttp's signals do."""
    app = web.Application(
        client_max_size=site.body_limit,
        middlewares=[
            observe_middleware(site.clock),
            error_middleware,
            aiohttp_session.session_middleware(site.storage),
            session_middleware(site.accounts, exempt=site.csrf_exempt),
        ],
        handler_args={"handler_cancellation": True},  # a stream whose reader left must end
    )
    app[PAGES] = site.pages
    set_up_templates(app, list(site.templates))
    app.on_response_prepare.append(add_security_headers)

    async def home(request: web.Request) -> web.Response:
        return await render(request, "core/home.html", **site.home)

    app.add_routes(
        [web.get("/", home), *health_routes(site.ready), *Login(site.accounts).routes(), *site.routes]
    )
    for package, folder in site.pages.static_folders.items():
        if folder.is_dir():
            app.router.add_static(f"/static/{package}/", folder, append_version=False)
    return app
