"""The web application: every package's routes, pages, words and static files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from aiohttp import web

import bot
import core.web
import transcripts
import translation
from bot.line.webhook import PATH, Webhook
from config.assembly import Service
from config.migrations.runner import is_current
from config.names import japanese_names, own_names
from core.web import Site, health_routes, make_app
from core.web.pages import Pages
from core.words import Words
from transcripts.rtms.webhook import PATH as RTMS_PATH
from transcripts.rtms.webhook import RtmsWebhook
from transcripts.web import CaptionsSite, WebOptions
from transcripts.web import routes as captions_routes
from translation.web import LanguageSite
from translation.web import WebOptions as LanguageOptions
from translation.web import routes as language_routes

PACKAGES = (core.web, bot, transcripts, translation)  # that have pages


def make_site(service: Service, *, home: Sequence[dict[str, str]] = ()) -> web.Application:
    """The web application."""
    settings = service.settings
    folders = {package.__name__.split(".")[0]: Path(package.__path__[0]) for package in PACKAGES}
    pages = Pages(
        words=Words(*(words for folder in folders.values() for words in _words(folder / "words"))),
        city_name=service.city.names,
        language_names=own_names(),
        static_folders={name: folder / "static" for name, folder in folders.items()},
    )
    captions = CaptionsSite(
        service=service.captions.meetings,
        hub=service.captions.hub,
        live=service.captions.live,
        options=WebOptions(public_url=settings.http.public_url, file_wait_s=settings.captions.file_wait_s),
        relays=service.captions.relays,
        uploads=service.captions.uploads,
        rtms=service.captions.rtms,
        keeper=service.captions.keeper,
        retention=service.captions.retention,
    )
    language = LanguageSite(
        memory=service.memory,
        glossary=service.glossary,
        translator=service.translator,
        japanese_names=japanese_names(),
        zone=service.city.hours.zone,
        options=LanguageOptions(form_bytes=settings.http.body_limit),
    )
    line = settings.line
    secrets = [
        line.channel_secret.get_secret_value(),
        line.previous_channel_secret.get_secret_value(),
    ]

    return make_app(
        Site(
            accounts=service.accounts,
            storage=service.storage,
            clock=service.clock,
            pages=pages,
            templates=[folder / "templates" for folder in folders.values()],
            routes=[
                *Webhook(service.inbox, secrets, body_limit=settings.http.body_limit).routes(),
                *service.desk.routes(),
                *service.forms.pages.routes(),
                *service.attachment_pages.routes(),
                *service.disaster.pages.routes(),
                *service.disaster.notice_pages.routes(),
                *service.articles.routes(),
                *service.counter.api.routes(),
                *service.counter.pages.routes(),
                *service.privacy.pages.routes(),
                *captions_routes(captions),
                *_rtms_routes(service),
                *language_routes(language),
            ],
            csrf_exempt=frozenset({PATH, RTMS_PATH}),
            ready=lambda: _readiness(service),
            home={"demo": list(home)},
            body_limit=settings.http.body_limit,
        )
    )


def _rtms_routes(service: Service) -> list[web.AbstractRouteDef]:
    if service.captions.rtms is None:
        return []
    return RtmsWebhook(service.captions.rtms, service.clock, service.captions.rtms.options.stream).routes()


def make_health_site(service: Service) -> web.Application:
    """The web application of a process that only works: whether it lives, and its metrics."""
    app = web.Application()
    app.add_routes(health_routes(lambda: _readiness(service)))
    return app


def _words(folder: Path) -> list[Path]:
    """A package's folder of words, and those of its features."""
    return [folder, *sorted(path for path in folder.iterdir() if path.is_dir())]


async def _readiness(service: Service) -> dict[str, bool]:
    return {"database": await is_current(service.database)}
