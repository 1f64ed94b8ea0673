"""What ticket machines send."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from bot.counter import store
from core.errors import NotFound
from core.ids import digest
from tests.bot.counter.conftest import COUNTER, Hall

REPORT = {"called": 42, "waiting": 7, "open": True}


async def listed(hall: Hall) -> Any:
    async with hall.http.get(f"{hall.base}/api/v1/counters") as answer:
        assert answer.status == 200
        return {one["id"]: one for one in (await answer.json())["counters"]}


async def test_machine_reports(hall: Hall) -> None:
    token = await hall.machine()
    assert await hall.post(REPORT, token) == (200, {"result": "stored"})
    shown = (await listed(hall))[COUNTER]
    assert (shown["called"], shown["waiting"], shown["open"], shown["fresh"]) == (42, 7, True, True)
    assert shown["at"] == hall.clock.now().isoformat()


async def test_list_hides_what_is_too_old(hall: Hall) -> None:
    await hall.post(REPORT, await hall.machine())
    hall.clock.advance(901)
    shown = (await listed(hall))[COUNTER]
    assert (shown["called"], shown["waiting"], shown["open"], shown["fresh"]) == (None, None, None, False)


async def test_same_event_twice_is_stored_once(hall: Hall) -> None:
    token = await hall.machine()
    await hall.post({**REPORT, "event": "e-1"}, token)
    assert await hall.post({**REPORT, "called": 99, "event": "e-1"}, token) == (200, {"result": "repeated"})
    assert (await listed(hall))[COUNTER]["called"] == 42


async def test_repeated_event_tells_nobody_again(hall: Hall) -> None:
    token = await hall.machine()
    await hall.say("Tell me when 42 is near at Civil Affairs")
    for _ in range(3):
        await hall.post({**REPORT, "event": "e-1"}, token)
        await hall.work()
    assert len([text for text in await hall.read() if text.startswith("It's your turn")]) == 1


async def test_events_of_two_machines_are_two(hall: Hall) -> None:
    one, other = await hall.machine(), await hall.machine()
    await hall.post({**REPORT, "event": "e-1"}, one)
    assert await hall.post({**REPORT, "event": "e-1"}, other) == (200, {"result": "stored"})


async def test_late_event_does_not_turn_the_counter_back(hall: Hall) -> None:
    token = await hall.machine()
    await hall.post({**REPORT, "at": "2026-11-02T09:30:00+09:00"}, token)
    late = {**REPORT, "called": 41, "at": "2026-11-02T09:29:00+09:00"}
    assert await hall.post(late, token) == (200, {"result": "older"})
    assert (await listed(hall))[COUNTER]["called"] == 42


async def test_token_is_stored_as_a_digest_only(hall: Hall) -> None:
    token = await hall.machine()
    async with hall.database.read() as connection:
        rows = (await connection.execute(sa.select(store.machines))).all()
    assert [row.digest for row in rows] == [digest(token)]
    assert token not in str(rows)


@pytest.mark.parametrize("token", ["", "wrong", "Bearer", "x" * 5000])
async def test_wrong_token_is_refused(hall: Hall, token: str) -> None:
    status, body = await hall.post(REPORT, token)
    assert (status, body["error"]["code"]) == (403, "not_authorised")


async def test_token_of_another_counter_is_refused(hall: Hall) -> None:
    token = await hall.machine("tax")
    assert (await hall.post(REPORT, token))[0] == 403
    assert (await hall.post(REPORT, token, "tax"))[0] == 200


async def test_token_that_was_ended_is_refused(hall: Hall) -> None:
    token = await hall.machine()
    (machine,) = await hall.counters.machines()
    await hall.counters.remove_machine(machine.id)
    assert (await hall.post(REPORT, token))[0] == 403
    with pytest.raises(NotFound):
        await hall.counters.remove_machine(machine.id)


async def test_unknown_counter_is_refused(hall: Hall) -> None:
    assert (await hall.post(REPORT, await hall.machine(), "nowhere"))[0] == 403


async def test_machine_that_says_too_much_is_refused_for_a_minute(hall: Hall) -> None:
    token = await hall.machine()
    for _ in range(60):
        assert (await hall.post(REPORT, token))[0] == 200
    status, body = await hall.post(REPORT, token)
    assert (status, body["error"]["code"]) == (429, "busy")
    hall.clock.advance(60)
    assert (await hall.post(REPORT, token))[0] == 200


async def test_one_machine_does_not_use_up_the_others_rate(hall: Hall) -> None:
    one, other = await hall.machine(), await hall.machine()
    for _ in range(61):
        await hall.post(REPORT, one)
    assert (await hall.post(REPORT, other))[0] == 200


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"called": -1}, "“called” must be a whole number"),
    ({"called": 10000}, "“called” must be a whole number"),
    ({"called": "42"}, "“called” must be a whole number"),
    ({"called": True}, "“called” must be a whole number"),
    ({"called": 42.5}, "“called” must be a whole number"),
    ({"called": None}, "“called” must be a whole number"),
    ({"called": 1000}, "“called” may be 999 at most"),
    ({"waiting": -1}, "“waiting” must be a whole number"),
    ({"open": 1}, "“open” must be true or false"),
    ({"open": None}, "“open” must be true or false"),
    ({"event": 5}, "“event” may have"),
    ({"event": "a b"}, "“event” may have"),
    ({"event": "x" * 65}, "“event” may have"),
    ({"at": "yesterday"}, "“at” must be a time with its zone"),
    ({"at": "2026-11-02T09:30:00"}, "“at” must be a time with its zone"),
    ({"at": 5}, "“at” must be a time with its zone"),
    ({"at": "0001-01-01T00:00:00+09:00"}, "“at” is no time of this world"),
    ({"at": "2026-11-02T09:33:00+09:00"}, "“at” lies in the future"),
    ({"colour": "red"}, "no field “colour”"),
]


async def test_wrong_report_is_named_and_changes_nothing(hall: Hall) -> None:
    token = await hall.machine()
    for change, sentence in WRONG:
        status, body = await hall.post({**REPORT, **change}, token)
        assert (status, sentence in body["error"]["message"]) == (400, True), change
    assert (await listed(hall))[COUNTER]["called"] is None


@pytest.mark.parametrize("body", [[], "text", 5, None])
async def test_body_that_is_no_object_is_refused(hall: Hall, body: Any) -> None:
    assert (await hall.post(body, await hall.machine()))[0] == 400


async def test_body_that_is_too_large_is_refused(hall: Hall) -> None:
    assert (await hall.post({**REPORT, "event": "x" * 5000}, await hall.machine()))[0] == 400


async def test_reports_at_the_same_time_tell_once(hall: Hall) -> None:
    token = await hall.machine()
    await hall.say("Tell me when 42 is near at Civil Affairs")
    await asyncio.gather(*(hall.post({**REPORT, "event": f"e-{n}"}, token) for n in range(10)))
    await hall.work()
    assert len([text for text in await hall.read() if text.startswith("It's your turn")]) == 1


async def test_closed_counter_calls_nobody(hall: Hall) -> None:
    await hall.say("Tell me when 42 is near at Civil Affairs")
    assert await hall.called(42, is_open=False) == []


async def test_counter_that_called_nobody_yet_tells_nobody(hall: Hall) -> None:
    await hall.say("Tell me when 2 is near at Civil Affairs")
    assert await hall.called(0) == []


async def test_machine_says_that_papers_are_ready(hall: Hall) -> None:
    token = await hall.machine()
    hall.receipts["C00012"] = (await hall.known()).id
    assert await hall.post({"number": "C00012"}, token, what="/ready") == (200, {"told": 1})


@pytest.mark.parametrize("number", [None, True, [], "", "a b", "x" * 21, "<b>"])
async def test_wrong_number_of_papers_is_refused(hall: Hall, number: Any) -> None:
    assert (await hall.post({"number": number}, await hall.machine(), what="/ready"))[0] == 400


async def test_papers_need_a_token_or_a_login(hall: Hall) -> None:
    assert (await hall.post({"number": "57"}, "", what="/ready"))[0] == 403


async def test_what_is_over_is_forgotten(hall: Hall) -> None:
    await hall.post({**REPORT, "event": "e-1"}, await hall.machine())
    await hall.say("Tell me when 57 is near at Civil Affairs")
    hall.clock.advance(31 * 86400)
    assert await hall.counters.forget() == 3  # an event, a call, a ticket
    assert await hall.counters.forget() == 0


async def test_everything_about_a_resident_is_shown_and_erased(hall: Hall) -> None:
    await hall.say("Tell me when 57 is near at Civil Affairs")
    resident = await hall.known()
    async with hall.database.write() as connection:
        shown = await store.rows_of(connection, resident.id)
        assert {name: len(rows) for name, rows in shown.items()} == {
            "counter_watches": 1,
            "notice_choices": 1,
            "counter_papers": 0,
        }
        assert await store.erase_resident(connection, resident.id) == 2
        assert await store.erase_resident(connection, resident.id) == 0
