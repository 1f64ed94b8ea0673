from __future__ import annotations

import pytest

from core.web.sessions import CSRF_REFUSED
from tests.core.conftest import Browser


async def test_change_with_the_token_in_a_header_is_taken(browser: Browser) -> None:
    await browser.log_in()

    answer = await browser.http.post("/api/change", headers={"X-CSRF-Token": await browser.csrf()})

    assert (answer.status, await answer.json()) == (200, {"changed": True})


@pytest.mark.parametrize("multipart", [False, True])
async def test_change_with_the_token_in_a_form_is_taken(browser: Browser, multipart: bool) -> None:
    import aiohttp

    await browser.log_in()
    form = aiohttp.FormData({"csrf_token": await browser.csrf()}, default_to_multipart=multipart)

    assert (await browser.http.post("/api/change", data=form)).status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_change_without_the_token_is_refused(browser: Browser, method: str) -> None:
    await browser.log_in()
    before = CSRF_REFUSED._value.get()

    answer = await browser.http.request(method, "/api/change")

    assert answer.status == 403
    assert (await answer.json())["error"] == {
        "code": "not_authorised",
        "message": "This page is too old to be sent; load it again. Your text is still there if you go back.",
    }
    assert CSRF_REFUSED._value.get() == before + 1


@pytest.mark.parametrize("token", ["wrong", "", "日本語"])
async def test_change_with_a_wrong_token_is_refused(browser: Browser, token: str) -> None:
    await browser.log_in()

    assert (await browser.http.post("/api/change", data={"csrf_token": token})).status == 403


async def test_token_of_another_session_is_refused(browser: Browser) -> None:
    await browser.log_in("mori")
    other = await browser.csrf()
    browser.http.session.cookie_jar.clear()
    await browser.log_in("ito")

    assert (await browser.http.post("/api/change", headers={"X-CSRF-Token": other})).status == 403


async def test_token_in_the_address_does_not_count(browser: Browser) -> None:
    await browser.log_in()

    assert (await browser.http.post(f"/api/change?csrf_token={await browser.csrf()}")).status == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_change_from_another_site_is_refused_even_with_the_token(browser: Browser, site: str) -> None:
    await browser.log_in()
    headers = {"X-CSRF-Token": await browser.csrf(), "Sec-Fetch-Site": site}

    assert (await browser.http.post("/api/change", headers=headers)).status == 403


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example"])
async def test_change_from_a_foreign_origin_is_refused(browser: Browser, origin: str) -> None:
    await browser.log_in()
    headers = {"X-CSRF-Token": await browser.csrf(), "Origin": origin}

    assert (await browser.http.post("/api/change", headers=headers)).status == 403


async def test_change_from_our_own_pages_is_taken(browser: Browser) -> None:
    await browser.log_in()
    own = str(browser.http.make_url("/")).rstrip("/")
    headers = {"X-CSRF-Token": await browser.csrf(), "Origin": own, "Sec-Fetch-Site": "same-origin"}

    assert (await browser.http.post("/api/change", headers=headers)).status == 200


async def test_login_from_another_site_is_refused(browser: Browser) -> None:
    answer = await browser.http.post(
        "/login",
        data={"name": "ito", "password": "a long secret"},
        headers={"Sec-Fetch-Site": "cross-site"},
        allow_redirects=False,
    )

    assert answer.status == 403
    assert browser.token == ""


async def test_path_with_a_protection_of_its_own_needs_no_token(browser: Browser) -> None:
    await browser.log_in()

    assert (await browser.http.post("/hook", headers={"Sec-Fetch-Site": "cross-site"})).status == 200


async def test_reading_needs_no_token(browser: Browser) -> None:
    await browser.log_in()

    assert (await browser.http.get("/api/who", headers={"Sec-Fetch-Site": "cross-site"})).status == 200
