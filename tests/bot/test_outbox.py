"""Delivering: the free reply first, then a push that arrives once, whatever LINE does."""

from __future__ import annotations

from typing import Any

import pytest

from bot import store
from bot.outbox import OUTBOX, REPLY_WITHIN_S
from bot.replies import Reply
from tests.bot.conftest import Office, OpenOffice

HELLO = "Oi"


async def vias(office: Office) -> list[str]:
    """How each message on the phone came."""
    return [one["via"] for one in await office.phone(**{"from": "bot"})]


async def write(office: Office, text: str = HELLO) -> None:
    """A message comes in and its answer waits to be delivered."""
    await office.send("text", text=text)
    await office.work("line.inbox")


async def states(office: Office) -> list[str]:
    """Of the city's messages."""
    return [one.state for one in await office.messages() if one.direction != "resident"]


def plain(text: str) -> Reply:
    return Reply(line={"type": "text", "text": text}, text=text)


async def later(office: Office, seconds: float, times: int = 1) -> None:
    for _ in range(times):
        office.clock.advance(seconds)
        await office.work()


async def answered_request(office: Office, text: str = "確認します。") -> None:
    """A clerk's answer waits to be delivered; it can only be pushed."""
    request = await office.ask_for_clerk("Meu vizinho toca bateria toda noite.")
    sato = await office.clerk("sato")
    await office.service.requests.claim(request.id, sato)
    await office.service.requests.answer(request.id, sato, text, confirmed=True)


async def test_answer_goes_out_as_a_reply(office: Office) -> None:
    await write(office)
    assert await states(office) == ["waiting"]
    await office.work()
    assert await vias(office) == ["reply"]
    assert await states(office) == ["sent"]
    assert await office.calls("push") == []


async def test_reply_is_used_until_its_time_is_nearly_over(office: Office) -> None:
    await write(office)
    await later(office, REPLY_WITHIN_S - 0.1)
    assert await vias(office) == ["reply"]


async def test_expired_token_is_not_even_tried(office: Office) -> None:
    await write(office)
    await later(office, REPLY_WITHIN_S)
    assert await vias(office) == ["push"]
    assert await office.calls("reply") == []


async def test_token_that_line_finds_invalid_is_followed_by_a_push(open_office: OpenOffice) -> None:
    office = await open_office(reply_token_s=10.0)
    await write(office)
    await later(office, 20)
    assert [call["status"] for call in await office.calls("reply")] == [400]
    assert await vias(office) == ["push"]
    assert await states(office) == ["sent"]


async def test_reply_that_arrived_without_an_answer_is_not_said_twice(office: Office) -> None:
    await write(office)
    await office.fault("timeout_after", "reply")
    await office.work()
    assert await states(office) == ["waiting"]
    await later(office, 1)
    assert [call["status"] for call in await office.calls("reply")] == [0, 400]
    assert await vias(office) == ["reply"]
    assert await states(office) == ["sent"]
    assert await office.calls("push") == []


async def test_reply_that_did_not_arrive_is_tried_again_with_its_token(office: Office) -> None:
    await write(office)
    await office.fault("timeout", "reply")
    await office.work()
    await later(office, 1)
    assert await vias(office) == ["reply"]


async def test_server_error_on_a_reply_is_tried_again(office: Office) -> None:
    await write(office)
    await office.fault("error", "reply", status=503)
    await office.work()
    await later(office, 1)
    assert await vias(office) == ["reply"]


async def test_outage_longer_than_the_token_loses_no_answer(office: Office) -> None:
    await write(office)
    await office.fault("error", "*", times=60)
    await office.work()
    await later(office, 1, times=60)
    await office.control("DELETE", "/faults")
    await later(office, 300, times=2)
    assert await vias(office) == ["push"]
    assert await states(office) == ["sent"]


async def test_process_that_dies_after_a_reply_does_not_say_it_twice(office: Office) -> None:
    await write(office)
    (job,) = await office.service.jobs.take(OUTBOX, limit=1, lease_s=30)
    await office.service.outbox._reply(job)  # and then nothing more happens in this process
    await later(office, 31)
    assert await vias(office) == ["reply"]
    assert await states(office) == ["sent"]


async def test_push_without_an_answer_is_repeated_with_the_same_key_and_arrives_once(
    office: Office,
) -> None:
    await write(office)
    office.clock.advance(REPLY_WITHIN_S)
    await office.fault("timeout_after", "push")
    await office.work()
    await later(office, 10)
    calls = await office.calls("push")
    assert [call["status"] for call in calls] == [0, 409]
    assert len({call["facts"]["retry_key"] for call in calls}) == 1
    assert await vias(office) == ["push"]
    assert await states(office) == ["sent"]


async def test_push_that_failed_is_repeated_until_it_arrives(office: Office) -> None:
    await write(office)
    office.clock.advance(REPLY_WITHIN_S)
    await office.fault("error", "push", times=3)
    await office.work()
    await later(office, 300, times=3)
    assert [call["status"] for call in await office.calls("push")] == [500, 500, 500, 200]
    assert await vias(office) == ["push"]


async def test_push_after_an_invalid_token_is_not_taken_for_a_delivered_reply(
    open_office: OpenOffice,
) -> None:
    office = await open_office(reply_token_s=1.0)
    await write(office)
    office.clock.advance(2)
    await office.fault("timeout", "push")
    await office.work()
    await later(office, 2)
    assert await vias(office) == ["push"]
    assert [call["status"] for call in await office.calls("reply")] == [400]


async def test_rate_limit_makes_a_reply_wait_and_keeps_it_a_reply(office: Office) -> None:
    await write(office)
    await office.fault("rate", "reply")
    await office.work()
    assert await states(office) == ["waiting"]
    await later(office, 2)
    assert await vias(office) == ["reply"]


async def test_rate_limit_makes_a_push_wait(office: Office) -> None:
    await write(office)
    office.clock.advance(REPLY_WITHIN_S)
    await office.fault("rate", "push")
    await office.work()
    await later(office, 2)
    assert [call["status"] for call in await office.calls("push")] == [429, 200]


async def test_quota_makes_staff_answers_wait_an_hour(open_office: OpenOffice) -> None:
    office = await open_office(monthly_quota=0)
    await answered_request(office)
    await office.work()
    assert (await states(office))[-1] == "waiting"
    await later(office, 3599)
    assert len(await office.calls("push")) == 1
    await later(office, 1)
    assert len(await office.calls("push")) == 2


async def test_words_about_danger_do_not_wait_for_an_earlier_message(open_office: OpenOffice) -> None:
    office = await open_office(monthly_quota=0)
    await answered_request(office)
    await office.work()
    (warning,) = await office.say("Minha casa está pegando fogo!")
    assert warning == office.service.city.phrases.get("pt-BR", "safety.emergency.fire")


async def test_ordinary_words_keep_their_order_behind_a_message_that_waits(
    open_office: OpenOffice,
) -> None:
    office = await open_office()
    await answered_request(office)
    await office.fault("rate", "push")
    await office.work()
    await write(office, "qual o melhor restaurante de churrasco da cidade")
    await office.work()
    assert len(await vias(office)) == 2
    await later(office, 2)
    assert await vias(office) == ["reply", "reply", "push", "push", "reply"]


async def test_message_that_line_refuses_is_shown_as_failed(office: Office) -> None:
    async with office.database.write() as connection:
        await store.add_resident(
            connection,
            line_user_id="U" + "0" * 32,
            display_name="Nobody",
            profile_language="ja",
            now=office.clock.now(),
        )
        nobody = await store.find_resident(connection, "U" + "0" * 32)
        assert nobody is not None
        message_id = await store.add_message(
            connection,
            now=office.clock.now(),
            resident_id=nobody.id,
            direction="staff",
            text="x",
            state="waiting",
        )
        replies = [plain("x")]
        await office.service.outbox.add(connection, nobody, replies, message_ids=[message_id])
    await office.work()
    assert [one.state for one in await office.messages("U" + "0" * 32)] == ["failed"]
    assert await office.jobs(OUTBOX) == {"done": 1}


async def test_answer_to_a_blocked_resident_is_marked_and_not_sent(office: Office) -> None:
    await answered_request(office)
    await office.send("unfollow")
    await office.work("line.inbox")
    await office.work()
    assert (await states(office))[-1] == "unreachable"
    assert await office.calls("push") == []


async def test_answer_whose_token_expired_is_not_pushed_to_who_blocked_the_account(
    office: Office,
) -> None:
    await write(office)
    await office.send("unfollow")
    await office.work("line.inbox")
    await later(office, 120)
    assert await states(office) == ["unreachable"]
    assert await office.calls("push") == []


async def test_given_up_message_is_shown_as_failed(office: Office) -> None:
    await write(office)
    (job,) = await office.service.jobs.take(OUTBOX, limit=1, lease_s=30)
    await office.service.jobs.bury(job, reason="tried too often")
    await office.service.outbox.given_up(job)
    assert await states(office) == ["failed"]


async def test_answers_of_several_residents_do_not_wait_for_each_other(office: Office) -> None:
    john = await office.resident("John", "en")
    await write(office)
    await office.fault("rate", "reply")
    await office.work()
    await office.say("hello", john)
    assert await vias(office) == []
    assert len(await office.read(john)) == 1


async def test_no_call_carries_more_than_five_messages(office: Office) -> None:
    async with office.database.write() as connection:
        await store.add_resident(
            connection,
            line_user_id=office.user,
            display_name="Maria",
            profile_language="pt-BR",
            now=office.clock.now(),
        )
        maria = await store.find_resident(connection, office.user)
        assert maria is not None
        replies = [plain(f"message {number}") for number in range(12)]
        await office.service.outbox.add(connection, maria, replies, message_ids=[])
    await office.work()
    assert [call["facts"]["messages"] for call in await office.calls("push")] == [5, 5, 2]
    assert await office.read() == [f"message {number}" for number in range(12)]


async def test_keys_of_different_messages_differ(office: Office) -> None:
    for _ in range(3):
        await write(office)
        await later(office, REPLY_WITHIN_S)
    keys: list[Any] = [call["facts"]["retry_key"] for call in await office.calls("push")]
    assert len(set(keys)) == 3


@pytest.mark.parametrize("endpoint", ["reply", "push"])
async def test_refused_access_token_makes_messages_wait(office: Office, endpoint: str) -> None:
    await write(office)
    if endpoint == "push":
        office.clock.advance(REPLY_WITHIN_S)
    await office.fault("unauthorised", endpoint)
    await office.work()
    assert await states(office) == ["waiting"]
    await later(office, 600)
    assert await states(office) == ["sent"]
    assert len(await vias(office)) == 1
