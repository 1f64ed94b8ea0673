from __future__ import annotations

import pytest

from core.web.login import LANDING
from tests.core.conftest import PASSWORD, Browser


async def test_form_is_shown_in_japanese_and_in_english(browser: Browser) -> None:
    japanese = await (await browser.http.get("/login")).text()
    english = await (await browser.http.get("/login?ui=en")).text()

    assert '<html lang="ja"' in japanese
    assert '<html lang="en"' in english


@pytest.mark.parametrize("name", ["ito", "mori", "abe"])
async def test_login_leads_to_where_the_role_works(browser: Browser, name: str) -> None:
    role = {"ito": "staff", "mori": "interpreter", "abe": "admin"}[name]

    answer = await browser.log_in(name)

    assert (answer.status, answer.headers["Location"]) == (303, LANDING[role])


async def test_login_leads_back_to_where_somebody_wanted_to_go(browser: Browser) -> None:
    refused = await browser.http.get("/who?a=1&b=2", allow_redirects=False)
    assert (refused.status, refused.headers["Location"]) == (303, "/login?next=/who?a%3D1%26b%3D2")
    form = await (await browser.http.get(refused.headers["Location"])).text()
    assert 'value="/who?a=1&amp;b=2"' in form

    answer = await browser.log_in(next="/who?a=1&b=2")

    assert answer.headers["Location"] == "/who?a=1&b=2"


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "http:evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        "/desk\r\nSet-Cookie: a=b",
        "evil.example",
        " //evil.example",
    ],
)
async def test_login_never_leads_to_another_site(browser: Browser, target: str) -> None:
    answer = await browser.log_in(next=target)

    assert (answer.status, answer.headers["Location"]) == (303, "/desk")


async def test_who_is_logged_in_already_is_led_on(browser: Browser) -> None:
    await browser.log_in()

    answer = await browser.http.get("/login?next=//evil.example", allow_redirects=False)

    assert (answer.status, answer.headers["Location"]) == (303, "/desk")


async def test_wrong_password_and_unknown_name_get_the_same_answer(browser: Browser) -> None:
    wrong = await browser.log_in("ito", "not the secret")
    unknown = await browser.log_in("itx", "not the secret")

    assert (wrong.status, unknown.status) == (403, 403)
    assert (await wrong.text()).replace("ito", "itx") == await unknown.text()
    assert browser.token == ""


async def test_name_stays_in_the_form_and_the_password_does_not(browser: Browser) -> None:
    page = await (await browser.log_in('"><b>ito', "not the secret")).text()

    assert 'value="&#34;&gt;&lt;b&gt;ito"' in page
    assert "not the secret" not in page


async def test_guessing_at_one_name_is_stopped_even_for_the_right_password(browser: Browser) -> None:
    statuses = [(await browser.log_in("ito", f"guess number {number}")).status for number in range(10)]

    assert statuses == [403] * 10
    assert (await browser.log_in("ito", PASSWORD)).status == 429
    assert browser.token == ""


async def test_guessing_at_one_name_does_not_lock_out_another(browser: Browser) -> None:
    for number in range(11):
        await browser.log_in("ito", f"guess number {number}")

    assert (await browser.log_in("mori")).status == 303


async def test_guessing_at_many_names_from_one_address_is_stopped(browser: Browser) -> None:
    statuses = [(await browser.log_in(f"name {number}", "a guess")).status for number in range(61)]

    assert statuses == [403] * 60 + [429]


async def test_endless_password_is_only_a_wrong_one(browser: Browser) -> None:
    assert (await browser.log_in("ito", PASSWORD + "x" * 5000)).status == 403


async def test_form_without_fields_is_refused(browser: Browser) -> None:
    assert (await browser.http.post("/login", data={})).status == 403


async def test_way_to_the_form_keeps_the_language_of_the_page(browser: Browser) -> None:
    refused = await browser.http.get("/who?ui=en", allow_redirects=False)

    assert refused.headers["Location"] == "/login?ui=en&next=/who?ui%3Den"
