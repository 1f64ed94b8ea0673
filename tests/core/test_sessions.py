from __future__ import annotations

from http.cookies import SimpleCookie

import sqlalchemy as sa

from core.clock import ManualClock
from core.database import Database
from core.ids import digest
from core.web.sessions import end_sessions, sessions_table
from tests.core.conftest import PASSWORD, Browser, MakeBrowser


async def stored(database: Database) -> list[sa.Row[tuple[str, ...]]]:
    async with database.read() as connection:
        return list(await connection.execute(sa.select(sessions_table)))


async def test_login_begins_a_session(browser: Browser) -> None:
    assert (await browser.log_in()).status == 303

    async with browser.http.get("/api/who") as answer:
        assert (answer.status, (await answer.json())["name"]) == (200, "ito")


async def test_visit_without_login_leaves_no_session(browser: Browser, database: Database) -> None:
    await browser.http.get("/")
    await browser.http.get("/login")

    assert browser.token == ""
    assert await stored(database) == []


async def test_only_the_digest_of_the_token_is_stored(browser: Browser, database: Database) -> None:
    await browser.log_in()

    [row] = await stored(database)
    assert len(browser.token) >= 43  # 256 bits
    assert row.digest == digest(browser.token)
    assert browser.token not in str(row)


async def test_login_changes_the_token_and_ends_the_session_before(
    browser: Browser, database: Database
) -> None:
    await browser.log_in()
    first, first_csrf = browser.token, await browser.csrf()

    answer = await browser.http.post(
        "/login",
        data={"name": "mori", "password": PASSWORD, "csrf_token": first_csrf},
        allow_redirects=False,
    )

    assert answer.status == 303
    assert browser.token != first
    assert await browser.csrf() != first_csrf
    assert [row.digest for row in await stored(database)] == [digest(browser.token)]


async def test_token_that_somebody_planted_is_not_taken_over(browser: Browser) -> None:
    browser.set_token("planted-by-somebody-else")

    await browser.log_in()

    assert browser.token not in ("", "planted-by-somebody-else")


async def test_logout_ends_the_session_on_the_server(browser: Browser, database: Database) -> None:
    await browser.log_in()
    token = browser.token

    answer = await browser.http.post(
        "/logout", data={"csrf_token": await browser.csrf()}, allow_redirects=False
    )
    browser.set_token(token)

    assert (answer.status, answer.headers["Location"]) == (303, "/login")
    assert (await browser.http.get("/api/who")).status == 403
    assert await stored(database) == []


async def test_logout_takes_the_cookie_away(browser: Browser) -> None:
    await browser.log_in()

    await browser.http.post("/logout", data={"csrf_token": await browser.csrf()}, allow_redirects=False)

    assert browser.token == ""


async def test_session_ends_after_a_time_without_use(make_browser: MakeBrowser, clock: ManualClock) -> None:
    browser = await make_browser(idle_s=600)
    await browser.accounts.add("ito", PASSWORD, role="staff")
    await browser.log_in()

    clock.advance(599)
    assert (await browser.http.get("/api/who")).status == 200
    clock.advance(599)
    assert (await browser.http.get("/api/who")).status == 200
    clock.advance(600)
    assert (await browser.http.get("/api/who")).status == 403


async def test_busy_session_ends_after_a_working_day(make_browser: MakeBrowser, clock: ManualClock) -> None:
    browser = await make_browser(idle_s=600, absolute_s=1500)
    await browser.accounts.add("ito", PASSWORD, role="staff")
    await browser.log_in()

    statuses = []
    for _ in range(3):
        clock.advance(500)
        statuses.append((await browser.http.get("/api/who")).status)

    assert statuses == [200, 200, 403]


async def test_ended_sessions_are_forgotten(
    make_browser: MakeBrowser, clock: ManualClock, database: Database
) -> None:
    browser = await make_browser(idle_s=600)
    await browser.accounts.add("ito", PASSWORD, role="staff")
    await browser.log_in()
    clock.advance(601)

    await browser.storage.forget()

    assert await stored(database) == []


async def test_session_in_use_is_not_forgotten(browser: Browser, database: Database) -> None:
    await browser.log_in()

    await browser.storage.forget()

    assert len(await stored(database)) == 1


async def test_all_sessions_of_one_account_can_be_ended(browser: Browser, database: Database) -> None:
    ito = await browser.accounts.check("ito", PASSWORD)
    tokens = []
    for name in ("ito", "ito", "mori"):
        browser.http.session.cookie_jar.clear()
        await browser.log_in(name)
        tokens.append(browser.token)

    assert await end_sessions(database, ito.id) == 2

    assert [row.digest for row in await stored(database)] == [digest(tokens[2])]
    browser.set_token(tokens[0])
    assert (await browser.http.get("/api/who")).status == 403


async def test_cookie_is_kept_from_scripts_and_other_sites(browser: Browser) -> None:
    answer = await browser.log_in()

    morsel = SimpleCookie(answer.headers["Set-Cookie"])["madoguchi"]
    assert (morsel["httponly"], morsel["samesite"], morsel["path"], morsel["domain"]) == (
        True,
        "Lax",
        "/",
        "",
    )
    assert morsel["max-age"] == ""  # ends with the browser


async def test_cookie_is_bound_to_host_and_tls_where_there_is_tls(make_browser: MakeBrowser) -> None:
    browser = await make_browser(secure=True)
    await browser.accounts.add("ito", PASSWORD, role="staff")

    answer = await browser.log_in()

    morsel = SimpleCookie(answer.headers["Set-Cookie"])["__Host-madoguchi"]
    assert (morsel["secure"], morsel["path"], morsel["domain"]) == (True, "/", "")


async def test_token_that_was_made_up_opens_nothing(browser: Browser) -> None:
    browser.set_token("x" * 4000)

    assert (await browser.http.get("/api/who")).status == 403


async def test_role_decides_what_an_account_may_do(make_browser: MakeBrowser) -> None:
    from aiohttp import web

    from core.web import require

    async def review(request: web.Request) -> web.Response:
        return web.json_response({"name": require(request, "interpreter").name})

    browser = await make_browser(routes=[web.get("/api/review", review)])
    statuses = {}
    for role in ("staff", "interpreter", "admin"):
        await browser.accounts.add(role, PASSWORD, role=role)
        browser.http.session.cookie_jar.clear()
        await browser.log_in(role)
        statuses[role] = (await browser.http.get("/api/review")).status

    assert statuses == {"staff": 403, "interpreter": 200, "admin": 200}
