"""`POST /line/webhook` over real HTTP: nothing is acknowledged that is not on the disk."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from typing import Any

import pytest
import sqlalchemy as sa

from bot.line.signature import sign
from bot.line.webhook import INBOX, MAX_EVENTS, PATH
from tests.bot.conftest import SECRET, Office, event_rows


def message(number: int, user: str = "U" + "1" * 32, **changes: Any) -> dict[str, Any]:
    return {
        "type": "message",
        "message": {"type": "text", "id": str(number), "text": f"Hello {number}"},
        "webhookEventId": f"01EVENT{number:06d}",
        "deliveryContext": {"isRedelivery": False},
        "timestamp": 1692251666727,
        "source": {"type": "user", "userId": user},
        "replyToken": f"token{number}",
        "mode": "active",
    } | changes


def pack(*events: Any) -> bytes:
    return json.dumps({"destination": "U0", "events": list(events)}).encode()


async def post(
    office: Office, body: bytes, *, signature: str | None = None, secret: str = SECRET, **headers: str
) -> tuple[int, dict[str, Any]]:
    """Status and JSON of a webhook."""
    given = sign(secret, body) if signature is None else signature
    client = office.browser()
    signed = {"x-line-signature": given} if given else {}
    async with client.post(office.url(PATH), data=body, headers=signed | headers) as answer:
        return answer.status, await answer.json()


def stored_by_another_connection(office: Office) -> int:
    """How many events somebody else who opens the file can see."""
    connection = sqlite3.connect(office.folder / "madoguchi.db")
    try:
        (count,) = connection.execute("SELECT count(*) FROM jobs WHERE queue = ?", [INBOX]).fetchone()
        return int(count)
    finally:
        connection.close()


async def test_verification_without_events_is_answered_with_200(office: Office) -> None:
    assert await post(office, pack()) == (200, {})
    assert await event_rows(office.service.jobs) == []


async def test_line_s_own_signature_example_is_accepted(office: Office) -> None:
    body = b'{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[]}'
    assert await post(office, body, signature="GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLs=") == (200, {})


@pytest.mark.parametrize("signature", ["", "wrong", "é", "AAAA", sign("another secret", pack(message(1)))])
async def test_wrong_or_missing_signature_is_refused_and_stores_nothing(
    office: Office, signature: str
) -> None:
    status, answer = await post(office, pack(message(1)), signature=signature)
    assert (status, answer["error"]["code"]) == (403, "not_authorised")
    assert await event_rows(office.service.jobs) == []


async def test_body_changed_after_signing_is_refused(office: Office) -> None:
    body = pack(message(1))
    status, _ = await post(office, body.replace(b"Hello", b"Hallo"), signature=sign(SECRET, body))
    assert status == 403


async def test_same_json_in_other_bytes_needs_another_signature(office: Office) -> None:
    body = pack(message(1))
    status, _ = await post(office, body + b" ", signature=sign(SECRET, body))
    assert status == 403


async def test_header_name_may_be_written_in_any_case(office: Office) -> None:
    body = pack(message(1))
    client = office.browser()
    async with client.post(
        office.url(PATH), data=body, headers={"X-LINE-SIGNATURE": sign(SECRET, body)}
    ) as answer:
        assert answer.status == 200


async def test_oversized_body_is_413(office: Office) -> None:
    status, answer = await post(office, b"x" * 200_001)
    assert (status, answer["error"]["code"]) == (413, "too_large")


async def test_oversized_body_without_a_length_is_413(office: Office) -> None:
    async def chunks() -> Any:
        for _ in range(30):
            yield b"x" * 10_000

    client = office.browser()
    async with client.post(office.url(PATH), data=chunks()) as answer:
        assert answer.status == 413


@pytest.mark.parametrize(
    "body",
    [b"", b"not json", b"[]", b"null", b'{"events": null}', b'{"events": {}}', b"\xff\xfe", b"[" * 5000],
)
async def test_body_that_is_not_a_webhook_is_400(office: Office, body: bytes) -> None:
    status, answer = await post(office, body)
    assert (status, answer["error"]["code"]) == (400, "invalid_input")


async def test_more_events_than_line_ever_sends_are_400(office: Office) -> None:
    status, _ = await post(office, pack(*range(MAX_EVENTS + 1)))
    assert status == 400
    assert await event_rows(office.service.jobs) == []


async def test_get_is_405(office: Office) -> None:
    async with office.browser().get(office.url(PATH)) as answer:
        assert answer.status == 405


async def test_session_and_csrf_are_not_asked_for(office: Office) -> None:
    client = await office.log_in("sato")
    body = pack(message(1))
    async with client.post(
        office.url(PATH), data=body, headers={"x-line-signature": sign(SECRET, body)}
    ) as answer:
        assert answer.status == 200


async def test_events_are_stored_whole_with_the_time_of_arrival(office: Office) -> None:
    await post(office, pack(message(1)))
    (row,) = await event_rows(office.service.jobs)
    assert json.loads(row["payload"]["event"]) == message(1)
    assert row["payload"]["received_at"] == office.clock.now().isoformat()
    assert (row["key"], row["dedupe"], row["state"]) == ("U" + "1" * 32, "01EVENT000001", "ready")


async def test_event_is_on_the_disk_when_200_arrives(office: Office) -> None:
    for number in range(5):
        assert (await post(office, pack(message(number))))[0] == 200
        assert stored_by_another_connection(office) == number + 1


async def test_same_event_twice_is_stored_once(office: Office) -> None:
    again = message(1, deliveryContext={"isRedelivery": True})
    for body in (pack(message(1)), pack(again), pack(message(1), message(1))):
        assert await post(office, body) == (200, {})
    assert len(await event_rows(office.service.jobs)) == 1


async def test_event_without_an_id_is_stored_once_by_its_content(office: Office) -> None:
    nameless = message(1)
    del nameless["webhookEventId"]
    await post(office, pack(nameless))
    await post(office, pack(nameless))
    (row,) = await event_rows(office.service.jobs)
    assert row["dedupe"].startswith("sha256:")


@pytest.mark.parametrize(
    "odd",
    [
        None,
        17,
        "text",
        [],
        {},
        {"source": "somebody"},
        {"webhookEventId": 5, "source": {"type": "user", "userId": 7}},
        message(9, webhookEventId="\ud800"),
        message(9, webhookEventId="\x00"),
        message(9, webhookEventId="x" * 5000),
        message(9, source={"type": "user", "userId": "\ud800\x00"}),
        message(9, source={"type": "user", "userId": "x" * 5000}),
        message(9, message={"type": "text", "id": "1", "text": "\ud800"}),
        message(9, timestamp=1e400),
    ],
    ids=lambda odd: repr(odd)[:50],
)
async def test_malformed_event_spoils_none_of_its_neighbours(office: Office, odd: Any) -> None:
    assert (await post(office, pack(message(1), odd, message(2))))[0] == 200
    kept = [json.loads(row["payload"]["event"]) for row in await event_rows(office.service.jobs)]
    assert message(1) in kept
    assert message(2) in kept
    assert len(kept) == 3
    await office.work()
    assert (await office.jobs(INBOX)) == {"done": 3}


async def test_burst_of_webhooks_is_stored_completely(office: Office) -> None:
    answers = await asyncio.gather(
        *(post(office, pack(message(number, f"U{number:032d}"))) for number in range(200))
    )
    assert {status for status, _ in answers} == {200}
    assert stored_by_another_connection(office) == 200


async def test_burst_takes_far_fewer_commits_than_webhooks(office: Office) -> None:
    inbox, events = office.service.inbox, [[message(number)] for number in range(100)]
    commits = 0

    @sa.event.listens_for(sa.engine.Engine, "commit")
    def count(connection: sa.Connection) -> None:
        nonlocal commits
        commits += 1

    try:
        await asyncio.gather(*(inbox.store(one) for one in events))
    finally:
        sa.event.remove(sa.engine.Engine, "commit", count)
    assert len(await event_rows(office.service.jobs)) == 100
    assert commits <= 2


async def test_failing_database_acknowledges_nothing_and_recovers(office: Office) -> None:
    async with office.database.write() as connection:
        await connection.execute(sa.text("ALTER TABLE jobs RENAME TO hidden"))
    status, answer = await post(office, pack(message(1)))
    assert (status, answer["error"]["code"]) == (503, "unavailable")
    async with office.database.write() as connection:
        await connection.execute(sa.text("ALTER TABLE hidden RENAME TO jobs"))
    assert (await post(office, pack(message(1))))[0] == 200
    assert len(await event_rows(office.service.jobs)) == 1


async def test_failing_database_fails_every_webhook_of_the_same_commit(office: Office) -> None:
    await office.database.close()
    answers = await asyncio.gather(*(post(office, pack(message(number))) for number in range(5)))
    assert [status for status, _ in answers] == [503] * 5


async def test_sender_that_hangs_up_does_not_disturb_the_others(office: Office) -> None:
    inbox = office.service.inbox
    async with asyncio.TaskGroup() as group:
        gone = group.create_task(inbox.store([message(1)]))
        stays = group.create_task(inbox.store([message(2)]))
        await asyncio.sleep(0)
        gone.cancel()
    assert stays.result() is None
    ids = {row["dedupe"] for row in await event_rows(office.service.jobs)}
    assert "01EVENT000002" in ids


async def test_my_number_is_masked_before_the_event_is_stored(office: Office) -> None:
    written = message(1, message={"type": "text", "id": "1", "text": "1234-5678-9018"})
    await post(office, pack(written, message(2)))
    first, second = await event_rows(office.service.jobs)
    assert json.loads(first["payload"]["event"])["message"]["text"] == "****-****-****"
    assert (first["payload"]["my_number"], second["payload"]["my_number"]) == (True, False)


async def test_masking_does_not_make_two_events_of_one(office: Office) -> None:
    nameless = message(1, message={"type": "text", "id": "1", "text": "1234-5678-9018"})
    del nameless["webhookEventId"]
    await post(office, pack(nameless))
    await post(office, pack(nameless))
    assert len(await event_rows(office.service.jobs)) == 1


async def test_acknowledged_events_survive_the_death_of_the_process(office: Office) -> None:
    await post(office, pack(message(1), message(2)))
    files = {path.name: path.read_bytes() for path in office.folder.glob("madoguchi.db*")}
    copy = office.folder / "after the crash"
    copy.mkdir()
    for name, data in files.items():
        (copy / name).write_bytes(data)
    connection = sqlite3.connect(copy / "madoguchi.db")
    try:
        found = connection.execute("SELECT dedupe FROM jobs ORDER BY position").fetchall()
    finally:
        connection.close()
    assert found == [("01EVENT000001",), ("01EVENT000002",)]
