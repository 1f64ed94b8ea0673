"""The staff page of the counters."""

from __future__ import annotations

import re

import pytest

from core.words import Words
from tests.bot.counter.conftest import CITY, COUNTER, Hall

WORDS = CITY.parents[1] / "bot" / "words" / "counter"


def test_page_has_the_same_words_in_both_languages() -> None:
    words = Words(WORDS)
    assert words.keys("ja") == words.keys("en")


async def test_visitor_is_sent_to_the_login(hall: Hall) -> None:
    async with hall.http.get(f"{hall.base}/counters", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"][:6]) == (303, "/login")


async def test_interpreter_may_not_see_it(hall: Hall) -> None:
    from tests.bot.counter.conftest import PASSWORD

    await hall.accounts.add("sato", PASSWORD, role="interpreter", display_name="Sato")
    async with hall.http.post(f"{hall.base}/login", data={"name": "sato", "password": PASSWORD}):
        pass
    async with hall.http.get(f"{hall.base}/counters") as answer:
        assert answer.status == 403


async def test_clerk_reads_how_the_counters_stand(hall: Hall) -> None:
    await hall.log_in("tanaka")
    assert (await hall.page()).count("Nothing was heard yet") == 4
    await hall.called(42, waiting=7)
    hall.clock.advance(120)
    page = await hall.page()
    assert "<strong>7 waiting</strong> · now serving 42" in page
    assert "as of 2 min ago" in page


async def test_clerk_sees_what_is_too_old(hall: Hall) -> None:
    await hall.log_in("tanaka")
    await hall.called(42, waiting=7)
    hall.clock.advance(901)
    assert "Too old to be shown to residents (11/02 09:30)" in await hall.page()


async def test_page_is_in_japanese_too(hall: Hall) -> None:
    await hall.log_in("tanaka")
    await hall.called(42, waiting=7)
    assert "<strong>7人待ち</strong> · ただいま42番" in await hall.page("?ui=ja")


async def test_clerk_enters_by_hand(hall: Hall) -> None:
    csrf = await hall.log_in("tanaka")
    await hall.say("Tell me when 12 is near at Civil Affairs")
    status, page = await hall.form(f"/{COUNTER}/report", csrf, called="12", waiting="3", open="1")
    await hall.work()
    assert status == 200
    assert "<strong>3 waiting</strong> · now serving 12" in page
    assert (await hall.read())[-1].startswith("It's your turn.")


async def test_clerk_closes_a_counter(hall: Hall) -> None:
    csrf = await hall.log_in("tanaka")
    _, page = await hall.form(f"/{COUNTER}/report", csrf, called="12", waiting="0")
    assert "Closed" in page


@pytest.mark.parametrize("called", ["", "-1", "1.5", "12345", "一", "x" * 100])
async def test_wrong_number_is_explained(hall: Hall, called: str) -> None:
    csrf = await hall.log_in("tanaka")
    status, page = await hall.form(f"/{COUNTER}/report", csrf, called=called, waiting="3", open="1")
    assert status == 400
    assert "Write whole numbers from 0 to 9999." in page


async def test_form_without_the_sessions_token_is_refused(hall: Hall) -> None:
    await hall.log_in("tanaka")
    status, _ = await hall.form(f"/{COUNTER}/report", "wrong", called="12", waiting="3")
    assert status == 403


async def test_unknown_counter_is_not_found(hall: Hall) -> None:
    csrf = await hall.log_in("tanaka")
    status, _ = await hall.form("/nowhere/report", csrf, called="12", waiting="3")
    assert status == 404


async def test_clerk_says_that_papers_are_ready(hall: Hall) -> None:
    csrf = await hall.log_in("tanaka")
    hall.receipts["C00012"] = (await hall.known()).id
    _, page = await hall.form(f"/{COUNTER}/ready", csrf, number=" C00012 ")
    assert "No. C00012: 1 will be told." in page
    await hall.work()
    found = re.search(r"/counters(/papers/[^/]+/collected)", await hall.page())
    assert found is not None
    _, page = await hall.form(found[1], csrf)
    assert "No papers wait to be collected" in page


async def test_clerk_hears_that_nobody_asked(hall: Hall) -> None:
    csrf = await hall.log_in("tanaka")
    _, page = await hall.form(f"/{COUNTER}/ready", csrf, number="57")
    assert "No. 57: nobody asked to be told." in page


async def test_number_with_code_in_it_is_refused_and_not_shown(hall: Hall) -> None:
    csrf = await hall.log_in("tanaka")
    status, page = await hall.form(f"/{COUNTER}/ready", csrf, number="<b>1</b>")
    assert status == 400
    assert "<b>1</b>" not in page


async def test_papers_that_do_not_exist_are_not_found(hall: Hall) -> None:
    csrf = await hall.log_in("tanaka")
    assert (await hall.form("/papers/none/collected", csrf))[0] == 404


async def test_administrator_makes_and_ends_a_token(hall: Hall) -> None:
    csrf = await hall.log_in("chief", "admin")
    _, page = await hall.form(f"/{COUNTER}/machines", csrf, name="Hall <1>")
    token = re.search(r'class="token">([^<]+)<', page)
    assert token is not None
    assert "Hall &lt;1&gt;" in page
    assert (await hall.post({"called": 1, "waiting": 1, "open": True}, token[1]))[0] == 200
    shown = await hall.page()
    assert token[1] not in shown
    assert "last heard 11/02 09:30" in shown
    found = re.search(r"/counters(/machines/[^/]+/remove)", shown)
    assert found is not None
    await hall.form(found[1], csrf)
    assert (await hall.post({"called": 1, "waiting": 1, "open": True}, token[1]))[0] == 403


async def test_machine_needs_a_name(hall: Hall) -> None:
    csrf = await hall.log_in("chief", "admin")
    status, page = await hall.form(f"/{COUNTER}/machines", csrf, name=" ")
    assert status == 400
    assert "Give the machine a name" in page


async def test_counter_has_so_many_machines_at_most(hall: Hall) -> None:
    csrf = await hall.log_in("chief", "admin")
    for _ in range(hall.counters.options.machines):
        await hall.machine()
    status, page = await hall.form(f"/{COUNTER}/machines", csrf, name="one more")
    assert status == 409
    assert "too many machines" in page


async def test_clerk_may_not_make_tokens(hall: Hall) -> None:
    csrf = await hall.log_in("tanaka")
    assert "Ticket machines" not in await hall.page()
    assert (await hall.form(f"/{COUNTER}/machines", csrf, name="mine"))[0] == 403


async def test_page_counts_who_wants_what(hall: Hall) -> None:
    await hall.log_in("tanaka")
    await hall.press("off:turn")
    page = await hall.page()
    assert 'Turn at the counter: <span class="number">0 want them · 1 do not</span>' in page
