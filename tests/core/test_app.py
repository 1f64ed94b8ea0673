from __future__ import annotations

from core.web.pages import LANGUAGE_COOKIE
from tests.core.conftest import Browser, MakeBrowser


async def test_alive_answers_without_looking_at_anything(browser: Browser) -> None:
    answer = await browser.http.get("/healthz")

    assert (answer.status, await answer.json()) == (200, {"status": "alive"})


async def test_ready_when_every_part_is(browser: Browser) -> None:
    answer = await browser.http.get("/readyz")

    assert (answer.status, await answer.json()) == (200, {"status": "ready", "parts": {"database": True}})


async def test_not_ready_when_one_part_is_not(make_browser: MakeBrowser) -> None:
    browser = await make_browser(ready={"database": True, "models": False})

    answer = await browser.http.get("/readyz")

    assert (answer.status, await answer.json()) == (
        503,
        {"status": "not ready", "parts": {"database": True, "models": False}},
    )


async def test_metrics_are_in_the_text_format_of_prometheus(browser: Browser) -> None:
    await browser.http.get("/healthz")

    answer = await browser.http.get("/metrics")

    text = await answer.text()
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert 'madoguchi_http_requests_total{method="GET",route="/healthz",status="200"}' in text
    assert "# TYPE madoguchi_http_request_seconds histogram" in text


async def test_home_greets_in_japanese_first(browser: Browser) -> None:
    page = await (await browser.http.get("/")).text()

    assert '<html lang="ja"' in page
    assert "あおば市" in page


async def test_chosen_page_language_is_remembered(browser: Browser) -> None:
    first = await browser.http.get("/?ui=en")
    again = await (await browser.http.get("/")).text()

    assert first.cookies[LANGUAGE_COOKIE].value == "en"
    assert '<html lang="en"' in again
    assert "Aoba City" in again


async def test_page_language_that_does_not_exist_is_ignored(browser: Browser) -> None:
    answer = await browser.http.get("/?ui=<script>")

    assert '<html lang="ja"' in await answer.text()
    assert LANGUAGE_COOKIE not in answer.cookies


async def test_static_files_are_served_with_a_version_in_their_address(browser: Browser) -> None:
    page = await (await browser.http.get("/")).text()
    address = page.split('<link rel="stylesheet" href="')[1].split('"')[0]

    answer = await browser.http.get(address)

    assert address.startswith("/static/core/base.css?v=")
    assert (answer.status, answer.content_type) == (200, "text/css")


async def test_static_folder_cannot_be_left(browser: Browser) -> None:
    for path in ("/static/core/../app.py", "/static/core/%2e%2e/app.py", "/static/core/..%2fapp.py"):
        assert (await browser.http.get(path)).status == 404


async def test_folder_of_static_files_is_not_listed(browser: Browser) -> None:
    assert (await browser.http.get("/static/core/")).status == 403
