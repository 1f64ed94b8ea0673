"""Rendering pages: Jinja templates, words in the reader's language, static files with a version in their address."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import aiohttp_jinja2
import jinja2
from aiohttp import web

from core.web.sessions import account, csrf_token
from core.words import Words

PAGE_LANGUAGES = ("ja", "en")
LANGUAGE_COOKIE = "page_language"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """What every page needs."""

    words: Words  # of all packages
    city_name: Mapping[str, str]  # page language → name
    language_names: Mapping[str, str]  # language tag → the language's own name
    static_folders: Mapping[str, Path]  # package → folder


PAGES: web.AppKey[Pages] = web.AppKey("pages", Pages)


def page_language(request: web.Request) -> str:
    """The language of the page: `?ui=`, then what was chosen before, then Japanese."""
    for wanted in (request.query.get("ui"), request.cookies.get(LANGUAGE_COOKIE)):
        if wanted in PAGE_LANGUAGES:
            return wanted
    return "ja"


@lru_cache(maxsize=256)
def _version(path: Path, modified_ns: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


def static_url(folders: Mapping[str, Path], name: str) -> str:
    """The address of `package/file`, changing with its content so that browsers may keep it for ever."""
    package, _, file = name.partition("/")
    path = folders[package] / file
    return f"/static/{name}?v={_version(path, path.stat().st_mtime_ns)}"


async def _context(request: web.Request) -> dict[str, Any]:
    pages = request.app[PAGES]
    language = page_language(request)

    def t(key: str, /, **values: object) -> str:
        return pages.words.get(language, key, **values)

    return {
        "t": t,
        "page_language": language,
        "account": account(request),
        "csrf_token": await csrf_token(request),
        "city_name": pages.city_name.get(language) or next(iter(pages.city_name.values())),
        "own_name": lambda tag: pages.language_names.get(tag, tag),
        "static": lambda name: static_url(pages.static_folders, name),
        "path": request.path,
        "path_qs": request.path_qs,
    }


async def render_string(request: web.Request, template: str, **context: object) -> str:
    """The template as text, with what every page needs added to `context`."""
    environment = request.app[aiohttp_jinja2.APP_KEY]
    return environment.get_template(template).render({**await _context(request), **context})


async def render(
    request: web.Request, template: str, *, status: int = 200, **context: object
) -> web.Response:
    """An HTML page from a template."""
    response = web.Response(
        text=await render_string(request, template, **context), content_type="text/html", status=status
    )
    response.headers["Cache-Control"] = "no-store"
    if request.query.get("ui") in PAGE_LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE, request.query["ui"], max_age=365 * 86400, samesite="Lax", httponly=True
        )
    return response


def set_up_templates(app: web.Application, folders: list[Path]) -> None:
    """Load templates from the packages' folders; an unknown name in a template is an error, not an empty space."""
    aiohttp_jinja2.setup(
        app,
        loader=jinja2.FileSystemLoader(folders),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
