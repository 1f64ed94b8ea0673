"""What stands between the network and every handler: error answers, security headers, request metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from aiohttp.typedefs import Handler

from core.clock import Clock
from core.errors import AppError, NotAuthorised
from core.ids import new_id
from core.log import get_logger
from core.metrics import counter, histogram
from core.web.pages import PAGES, page_language, render
from core.web.sessions import account

log = get_logger(__name__)

REQUESTS = counter("http_requests", "Requests answered", ["method", "route", "status"])
REQUEST_SECONDS = histogram("http_request_seconds", "From the request to the end of its answer", ["route"])

# No inline scripts or styles anywhere: text from residents can then never become code (OWASP ASVS 3.4.3).
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "media-src 'self' blob:",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'self'",
    ]
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self), display-capture=(self)",
}

BEGUN: web.RequestKey[bool] = web.RequestKey("begun", bool)  # whether the head of an answer was sent

LONGEST_PATH = 1000  # characters; no address here is longer, and file systems refuse such names with an error

# aiohttp's own refusals, in our words.
_HTTP_SENTENCES = {
    400: ("invalid_input", "This request cannot be understood."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take that method."),
    413: ("too_large", "What was sent is too large."),
}


async def add_security_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Signal `on_response_prepare`: also reaches streams, which have no later chance."""
    request[BEGUN] = True
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")


def wants_json(request: web.Request) -> bool:
    """Whether the caller is a program: an API path, or an Accept header that prefers JSON."""
    accepts = request.headers.get("Accept", "")
    return (
        request.path.startswith(("/api/", "/line/"))
        or "application/json" in accepts
        or ("text/html" not in accepts and "text/event-stream" in accepts)
    )


async def answer_error(
    request: web.Request,
    status: int,
    code: str,
    sentence: str,
    *,
    key: str = "",
    values: Mapping[str, object] | None = None,
) -> web.Response:
    """The error as JSON for programs and as a page for people, in the page's words where `key` names some."""
    if wants_json(request):
        return web.json_response({"error": {"code": code, "message": sentence}}, status=status)
    language = page_language(request) if key else "en"
    if key:
        sentence = request.app[PAGES].words.get(language, key, **(values or {}))
    try:
        return await render(
            request,
            "core/error.html",
            status=status,
            code=code,
            sentence=sentence,
            sentence_language=language,
            error_status=status,
        )
    except Exception:
        # The page itself needs what is broken (the database, for the session): the sentence alone must do.
        log.exception("error_page_failed")
        return web.Response(text=sentence, status=status)


def observe_middleware(clock: Clock) -> Any:
    """Count and time requests by route (never by path: paths carry ids)."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        started = clock.monotonic()
        resource = request.match_info.route.resource
        route = resource.canonical if resource else "unknown"
        status = 500
        try:
            response = await handler(request)
            status = response.status
            return response
        except web.HTTPException as answer:
            status = answer.status
            raise
        finally:
            REQUESTS.labels(request.method, route, str(status)).inc()
            REQUEST_SECONDS.labels(route).observe(clock.monotonic() - started)

    return middleware


@web.middleware
async def error_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn errors into answers: ours into their sentence, unknown ones into a number to ask for."""
    try:
        if len(request.path) > LONGEST_PATH:
            raise web.HTTPNotFound
        return await handler(request)
    except NotAuthorised as error:
        if account(request) is None and request.method == "GET" and not wants_json(request):
            raise web.HTTPSeeOther(f"/login?{_next(request)}") from error
        return await answer_error(
            request, error.status, error.code, str(error), key=error.key, values=error.values
        )
    except AppError as error:
        return await answer_error(
            request, error.status, error.code, str(error), key=error.key, values=error.values
        )
    except web.HTTPException as error:
        if error.status not in _HTTP_SENTENCES:
            raise
        code, sentence = _HTTP_SENTENCES[error.status]
        answer = await answer_error(request, error.status, code, sentence)
        if "Allow" in error.headers:
            answer.headers["Allow"] = error.headers["Allow"]
        return answer
    except (ConnectionResetError, TimeoutError) as error:
        # The other side went away; there is nobody to answer.
        log.info("client_gone", kind=type(error).__name__)
        raise
    except Exception:
        number = new_id()[:8]
        log.exception("request_failed", number=number)
        if BEGUN in request:
            raise  # a second answer inside the first would read as part of it; the connection is cut instead
        return await answer_error(
            request, 500, "error", f"Something went wrong here (number {number}). Please try again."
        )


def _next(request: web.Request) -> str:
    chosen = {"ui": request.query["ui"]} if "ui" in request.query else {}
    return urlencode({**chosen, "next": request.path_qs})
