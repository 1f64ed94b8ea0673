from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from core import errors
from core.database import Database
from core.errors import AppError
from core.metrics import exposition
from core.web.guards import CONTENT_SECURITY_POLICY, HEADERS, REQUESTS
from tests.core.conftest import Browser, MakeBrowser

HTML = {"Accept": "text/html,application/xhtml+xml"}
ERRORS = [
    (errors.InvalidInput, 400, "invalid_input"),
    (errors.NotAuthorised, 403, "not_authorised"),
    (errors.NotFound, 404, "not_found"),
    (errors.Conflict, 409, "conflict"),
    (errors.TooLarge, 413, "too_large"),
    (errors.Busy, 429, "busy"),
    (errors.Unavailable, 503, "unavailable"),
    (errors.AppError, 500, "error"),
]


def raising(error: Exception) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handler(request: web.Request) -> web.Response:
        raise error

    return handler


@pytest.mark.parametrize(("kind", "status", "code"), ERRORS)
async def test_error_is_json_under_api(
    make_browser: MakeBrowser, kind: type[AppError], status: int, code: str
) -> None:
    browser = await make_browser(routes=[web.get("/api/x", raising(kind("The <b>sentence</b>.")))])

    answer = await browser.http.get("/api/x", headers=HTML)

    assert answer.status == status
    assert await answer.json() == {"error": {"code": code, "message": "The <b>sentence</b>."}}


@pytest.mark.parametrize(("kind", "status", "code"), ERRORS[2:])
async def test_error_is_a_page_for_people_with_its_sentence_escaped(
    make_browser: MakeBrowser, kind: type[AppError], status: int, code: str
) -> None:
    browser = await make_browser(routes=[web.get("/x", raising(kind("The <b>sentence</b>.")))])

    answer = await browser.http.get("/x", headers=HTML)

    page = await answer.text()
    assert (answer.status, answer.content_type) == (status, "text/html")
    assert '<span lang="en">The &lt;b&gt;sentence&lt;/b&gt;.</span>' in page
    assert answer.headers["Cache-Control"] == "no-store"


async def test_program_that_asks_for_json_gets_json_anywhere(make_browser: MakeBrowser) -> None:
    browser = await make_browser(routes=[web.get("/x", raising(errors.Conflict("Look again.")))])

    answer = await browser.http.get("/x", headers={"Accept": "application/json"})

    assert (await answer.json())["error"]["code"] == "conflict"


@pytest.mark.parametrize("path", ["/x", "/api/x"])
async def test_unknown_exception_shows_a_number_and_nothing_of_the_inside(
    make_browser: MakeBrowser, path: str
) -> None:
    browser = await make_browser(routes=[web.get(path, raising(ValueError("SELECT secret FROM inside")))])

    with capture_logs() as logged:
        answer = await browser.http.get(path, headers=HTML)

    text = await answer.text()
    assert answer.status == 500
    assert "Something went wrong here (number " in text
    for inside in ("SELECT", "secret", "ValueError", "Traceback", ".py"):
        assert inside not in text
    number = text.split("(number ")[1].split(")")[0]
    assert [(entry["event"], entry["number"]) for entry in logged] == [("request_failed", number)]


@pytest.mark.parametrize(("path", "method", "status"), [("/nowhere", "GET", 404), ("/who", "POST", 405)])
async def test_refusal_of_the_router_is_an_error_like_others(
    browser: Browser, path: str, method: str, status: int
) -> None:
    page = await browser.http.request(method, path, headers=HTML)
    program = await browser.http.request(method, path, headers={"Accept": "application/json"})

    assert (page.status, page.content_type) == (status, "text/html")
    assert program.status == status
    assert set((await program.json())["error"]) == {"code", "message"}


async def test_method_that_is_not_allowed_is_answered_with_those_that_are(browser: Browser) -> None:
    answer = await browser.http.post("/who", headers=HTML)

    assert answer.headers["Allow"] == "GET,HEAD"


async def test_body_over_the_limit_is_refused(make_browser: MakeBrowser) -> None:
    async def read(request: web.Request) -> web.Response:
        return web.json_response({"bytes": len(await request.read())})

    browser = await make_browser(routes=[web.post("/api/read", read)])

    fits = await browser.http.post("/api/read", data=b"x" * 10_000)
    answer = await browser.http.post("/api/read", data=b"x" * 10_001)

    assert (fits.status, await fits.json()) == (200, {"bytes": 10_000})
    assert (answer.status, (await answer.json())["error"]["code"]) == (413, "too_large")


async def stream(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    await response.write(b"data: one\n\n")
    if "break" in request.query:
        raise ValueError("something inside")
    return response


@pytest.mark.parametrize(
    "path",
    ["/", "/login", "/nowhere", "/api/nowhere", "/healthz", "/stream", "/broken", "/static/core/base.css"],
)
async def test_security_headers_are_on_every_answer(make_browser: MakeBrowser, path: str) -> None:
    routes = [web.get("/stream", stream), web.get("/broken", raising(ValueError()))]
    browser = await make_browser(routes=routes)

    answer = await browser.http.get(path, headers=HTML)

    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


def test_policy_allows_no_inline_code_and_no_other_site() -> None:
    rules = dict(rule.split(" ", 1) for rule in CONTENT_SECURITY_POLICY.split("; "))

    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == "'self'"
    assert rules["style-src"] == "'self'"
    for words in ("unsafe-inline", "unsafe-eval", "http:", "https:", "*"):
        assert words not in CONTENT_SECURITY_POLICY


async def test_tls_is_insisted_on_only_where_there_is_tls(browser: Browser) -> None:
    answer = await browser.http.get("/healthz")

    assert "Strict-Transport-Security" not in answer.headers


async def test_failure_in_the_middle_of_a_stream_cuts_it_and_adds_nothing(make_browser: MakeBrowser) -> None:
    browser = await make_browser(routes=[web.get("/stream", stream)])
    url = browser.http.make_url("/stream?break=1")
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(b"GET /stream?break=1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
    received = await reader.read()
    writer.close()

    assert received.count(b"HTTP/1.1") == 1
    assert b"data: one" in received
    assert not received.endswith(b"0\r\n\r\n")  # an end that the reader could take for a good one


async def test_database_that_is_gone_is_one_plain_sentence(browser: Browser, database: Database) -> None:
    await browser.log_in()
    await database.close()

    page = await browser.http.get("/who", headers=HTML)
    program = await browser.http.get("/api/who")

    assert (page.status, await page.text()) == (503, "The database is closed.")
    assert (program.status, (await program.json())["error"]["code"]) == (503, "unavailable")


async def test_session_that_cannot_be_stored_is_an_error_like_others(
    make_browser: MakeBrowser, database: Database
) -> None:
    import aiohttp_session

    async def begin(request: web.Request) -> web.Response:
        (await aiohttp_session.new_session(request))["account"] = "somebody"
        await database.close()
        return web.json_response({})

    browser = await make_browser(routes=[web.get("/api/begin", begin)])

    answer = await browser.http.get("/api/begin")

    assert (answer.status, (await answer.json())["error"]["code"]) == (503, "unavailable")


def counted(method: str, route: str, status: int) -> float:
    return REQUESTS.labels(method, route, str(status))._value.get()  # type: ignore[no-any-return]


async def test_requests_are_counted_by_route_and_status(make_browser: MakeBrowser) -> None:
    async def show(request: web.Request) -> web.Response:
        return web.json_response({})

    browser = await make_browser(routes=[web.get("/api/counted/{id}", show)])

    await browser.http.get("/api/counted/17")
    await browser.http.get("/api/counted/18")

    assert counted("GET", "/api/counted/{id}", 200) == 2
    assert b"/api/counted/17" not in exposition()


async def test_redirect_is_not_counted_as_a_failure(browser: Browser) -> None:
    before, failures = counted("POST", "/login", 303), counted("POST", "/login", 500)

    await browser.log_in()

    assert counted("POST", "/login", 303) == before + 1
    assert counted("POST", "/login", 500) == failures


async def test_paths_that_do_not_exist_share_one_count(browser: Browser) -> None:
    before = counted("GET", "unknown", 404)

    await browser.http.get("/wp-admin.php")
    await browser.http.get("/etc/passwd")

    assert counted("GET", "unknown", 404) == before + 2


@pytest.mark.parametrize("path", ["/static/core/", "/"])
async def test_endless_address_is_an_address_where_nothing_is(browser: Browser, path: str) -> None:
    answer = await browser.http.get(path + "x" * 5000)

    assert answer.status == 404
