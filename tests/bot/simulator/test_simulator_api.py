"""LINE's side: what the bot may do, and what LINE answers."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from linebot.v3.messaging import (
    ApiException,
    MarkMessagesAsReadByTokenRequest,
    MulticastRequest,
    PushMessageRequest,
    ReplyMessageRequest,
    Sender,
    ShowLoadingAnimationRequest,
    TextMessage,
    ValidateMessageRequest,
)

from tests.bot.simulator.conftest import SECRET, TOKEN, Rig

STRANGER = "U" + "0" * 32


def reply(token: str, *texts: str) -> ReplyMessageRequest:
    return ReplyMessageRequest(reply_token=token, messages=[TextMessage(text=text) for text in texts])


def push(to: str, *texts: str, **parts: Any) -> PushMessageRequest:
    return PushMessageRequest(to=to, messages=[TextMessage(text=text, **parts) for text in texts])


def text(content: str, **parts: Any) -> dict[str, Any]:
    return {"type": "text", "text": content, **parts}


async def test_reply_reaches_the_phone_and_returns_message_ids(rig: Rig) -> None:
    await rig.send("text", text="Olá")

    answer = await rig.line.reply_message(reply(rig.bot.reply_token, "Bom dia", "Como posso ajudar?"))

    shown = await rig.shown(**{"from": "bot"})
    assert [(entry["via"], entry["message"]["text"]) for entry in shown] == [
        ("reply", "Bom dia"),
        ("reply", "Como posso ajudar?"),
    ]
    assert [sent.id for sent in answer.sent_messages] == [entry["id"] for entry in shown]
    assert all(sent.quote_token for sent in answer.sent_messages)


async def test_reply_token_works_once(rig: Rig) -> None:
    await rig.send("text", text="Olá")
    await rig.line.reply_message(reply(rig.bot.reply_token, "um"))

    with pytest.raises(ApiException) as refused:
        await rig.line.reply_message(reply(rig.bot.reply_token, "dois"))

    assert (refused.value.status, refused.value.body) == (400, '{"message": "Invalid reply token"}')
    assert [entry["message"]["text"] for entry in await rig.shown(**{"from": "bot"})] == ["um"]


async def test_reply_token_works_until_sixty_seconds_after_delivery(rig: Rig) -> None:
    await rig.send("text", text="Olá")
    rig.clock.advance(60)

    await rig.line.reply_message(reply(rig.bot.reply_token, "ainda"))

    assert len(await rig.shown(**{"from": "bot"})) == 1


async def test_reply_token_expires_after_sixty_seconds(rig: Rig) -> None:
    await rig.send("text", text="Olá")
    rig.clock.advance(60.1)

    with pytest.raises(ApiException) as refused:
        await rig.line.reply_message(reply(rig.bot.reply_token, "tarde"))

    assert refused.value.status == 400


async def test_reply_token_lifetime_is_an_option(make_rig: Callable[..., Any]) -> None:
    rig = await make_rig(reply_token_s=5)
    await rig.send("text", text="Olá")
    rig.clock.advance(6)

    with pytest.raises(ApiException) as refused:
        await rig.line.reply_message(reply(rig.bot.reply_token, "tarde"))

    assert refused.value.status == 400


async def test_redelivery_revives_an_expired_reply_token(rig: Rig) -> None:
    sent = await rig.send("text", text="Olá")
    rig.clock.advance(600)
    await rig.control("POST", f"/events/{sent['event_id']}/redeliver")

    await rig.line.reply_message(reply(rig.bot.reply_token, "agora"))

    assert len(await rig.shown(**{"from": "bot"})) == 1


async def test_redelivery_twenty_minutes_later_does_not_revive_the_reply_token(rig: Rig) -> None:
    sent = await rig.send("text", text="Olá")
    rig.clock.advance(1201)
    await rig.control("POST", f"/events/{sent['event_id']}/redeliver")

    with pytest.raises(ApiException) as refused:
        await rig.line.reply_message(reply(rig.bot.reply_token, "tarde"))

    assert refused.value.status == 400


async def test_redelivery_does_not_revive_a_used_reply_token(rig: Rig) -> None:
    sent = await rig.send("text", text="Olá")
    await rig.line.reply_message(reply(rig.bot.reply_token, "um"))
    await rig.control("POST", f"/events/{sent['event_id']}/redeliver")

    with pytest.raises(ApiException) as refused:
        await rig.line.reply_message(reply(rig.bot.reply_token, "dois"))

    assert refused.value.status == 400


async def test_refused_body_does_not_use_up_the_reply_token(rig: Rig) -> None:
    await rig.send("text", text="Olá")
    with pytest.raises(ApiException):
        await rig.line.reply_message(reply(rig.bot.reply_token, "x" * 5001))

    await rig.line.reply_message(reply(rig.bot.reply_token, "curto"))

    assert [entry["message"]["text"] for entry in await rig.shown(**{"from": "bot"})] == ["curto"]


async def test_reply_with_a_retry_key_is_refused(rig: Rig) -> None:
    await rig.send("text", text="Olá")

    response = await rig.bot_call(
        "POST",
        "/v2/bot/message/reply",
        headers={"X-Line-Retry-Key": str(uuid.uuid4())},
        json={"replyToken": rig.bot.reply_token, "messages": [text("oi")]},
    )

    assert response.status == 400
    assert await rig.shown(**{"from": "bot"}) == []


@pytest.mark.parametrize("header", ["", "Bearer wrong", f"Basic {TOKEN}"])
async def test_wrong_access_token_is_401(rig: Rig, header: str) -> None:
    response = await rig.push(text("oi"), headers={"Authorization": header})

    assert response.status == 401
    assert await rig.shown() == []


async def test_issued_token_works_until_it_expires(rig: Rig) -> None:
    form = {"grant_type": "client_credentials", "client_id": "2000000000", "client_secret": SECRET}
    status, issued = await rig.call("POST", "/oauth2/v3/token", data=form)
    headers = {"Authorization": f"Bearer {issued['access_token']}"}

    fresh = await rig.push(text("oi"), headers=headers)
    rig.clock.advance(issued["expires_in"] + 1)
    stale = await rig.push(text("oi"), headers=headers)

    assert (status, issued["token_type"], fresh.status, stale.status) == (200, "Bearer", 200, 401)


async def test_token_for_a_wrong_secret_is_refused(rig: Rig) -> None:
    form = {"client_id": "2000000000", "client_secret": "guess"}

    status, body = await rig.call("POST", "/v2/oauth/accessToken", data=form)

    assert (status, body["error"]) == (400, "invalid_client")


async def test_channel_secret_is_not_kept_in_the_log(rig: Rig) -> None:
    await rig.call("POST", "/oauth2/v3/token", data={"client_id": "2000000000", "client_secret": SECRET})

    assert [(entry["request"], entry["response"]) for entry in await rig.log()] == [("", "")]


async def test_every_answer_carries_a_request_id(rig: Rig) -> None:
    good = await rig.push(text("oi"))
    bad = await rig.push(text(""))
    unknown = await rig.bot_call("GET", "/v2/bot/nothing")

    ids = [response.headers["x-line-request-id"] for response in (good, bad, unknown)]
    assert [response.status for response in (good, bad, unknown)] == [200, 400, 404]
    assert len(set(ids)) == 3
    assert [entry["request_id"] for entry in await rig.log()] == ids


async def test_push_with_a_used_retry_key_is_409_with_the_first_answer(rig: Rig) -> None:
    key = str(uuid.uuid4())
    first = await rig.line.push_message_with_http_info(push(rig.user, "oi"), x_line_retry_key=key)

    with pytest.raises(ApiException) as again:
        await rig.line.push_message(push(rig.user, "oi"), x_line_retry_key=key)

    assert again.value.status == 409
    assert again.value.headers["x-line-accepted-request-id"] == first.headers["x-line-request-id"]
    assert first.data.sent_messages[0].id in again.value.body
    assert len(await rig.shown()) == 1


async def test_retry_key_is_forgotten_after_a_day(rig: Rig) -> None:
    key = str(uuid.uuid4())
    await rig.line.push_message(push(rig.user, "oi"), x_line_retry_key=key)
    rig.clock.advance(86401)

    await rig.line.push_message(push(rig.user, "oi"), x_line_retry_key=key)

    assert len(await rig.shown()) == 2


async def test_retry_key_of_a_refused_push_stays_free(rig: Rig) -> None:
    key = {"X-Line-Retry-Key": str(uuid.uuid4())}
    refused = await rig.push(text(""), headers=key)

    accepted = await rig.push(text("oi"), headers=key)

    assert (refused.status, accepted.status) == (400, 200)


async def test_retry_key_that_is_no_uuid_is_refused(rig: Rig) -> None:
    response = await rig.push(text("oi"), headers={"X-Line-Retry-Key": "42"})

    assert response.status == 400


async def test_push_to_a_blocked_resident_is_200_and_not_delivered(rig: Rig) -> None:
    await rig.send("unfollow")

    answer = await rig.line.push_message(push(rig.user, "oi"))

    assert len(answer.sent_messages) == 1
    assert await rig.shown() == []


async def test_push_to_an_unknown_user_is_400(rig: Rig) -> None:
    with pytest.raises(ApiException) as refused:
        await rig.line.push_message(push(STRANGER, "oi"))

    assert refused.value.status == 400


async def test_push_to_something_that_is_no_user_id_is_400(rig: Rig) -> None:
    response = await rig.push(text("oi"), to="Maria")

    assert response.status == 400


async def test_push_reaches_a_stranger_only_within_seven_days_of_writing(rig: Rig) -> None:
    stranger = await rig.control("POST", "/users", json={"name": "Ana", "language": "es", "friend": False})
    await rig.line.push_message(push(stranger["id"], "antes"))
    await rig.send("text", stranger["id"], text="Hola")
    await rig.line.push_message(push(stranger["id"], "dentro"))
    rig.clock.advance(7 * 86400 + 1)
    await rig.line.push_message(push(stranger["id"], "después"))

    shown = await rig.shown(stranger["id"], **{"from": "bot"})

    assert [entry["message"]["text"] for entry in shown] == ["dentro"]


async def test_more_than_five_messages_are_refused(rig: Rig) -> None:
    response = await rig.push(*[text(str(number)) for number in range(6)])

    assert response.status == 400
    assert await rig.shown() == []


async def test_nothing_is_sent_when_one_of_the_messages_is_wrong(rig: Rig) -> None:
    response = await rig.push(text("good"), text("x" * 5001))

    assert response.status == 400
    assert (await response.json())["details"] == [
        {"message": "length must be between 1 and 5000, is 5001", "property": "messages[1].text"}
    ]
    assert await rig.shown() == []


async def test_body_that_is_no_json_is_400(rig: Rig) -> None:
    response = await rig.bot_call("POST", "/v2/bot/message/push", data=b"{")

    assert response.status == 400


@pytest.mark.parametrize(
    "body", [[], {"to": 1, "messages": []}, {"messages": "x"}, {"to": None, "messages": [7]}]
)
async def test_body_of_another_shape_is_400(rig: Rig, body: object) -> None:
    response = await rig.bot_call("POST", "/v2/bot/message/push", json=body)

    assert response.status == 400


async def test_body_over_two_megabytes_is_413(rig: Rig) -> None:
    response = await rig.push(text("x" * 2_000_001))

    assert response.status == 413


async def test_validate_says_what_push_would_say_and_sends_nothing(rig: Rig) -> None:
    await rig.line.validate_push(ValidateMessageRequest(messages=[TextMessage(text="oi")]))
    with pytest.raises(ApiException) as refused:
        await rig.line.validate_reply(ValidateMessageRequest(messages=[TextMessage(text="x" * 5001)]))

    assert refused.value.status == 400
    assert await rig.shown() == []


async def test_multicast_reaches_friends_only(rig: Rig) -> None:
    stranger = await rig.control("POST", "/users", json={"name": "Ana", "language": "es", "friend": False})

    await rig.line.multicast(
        MulticastRequest(to=[rig.user, stranger["id"], STRANGER], messages=[TextMessage(text="aviso")])
    )

    assert [entry["via"] for entry in await rig.shown()] == ["multicast"]
    assert await rig.shown(stranger["id"]) == []


async def test_quota_counts_recipients_of_pushes_and_not_replies(make_rig: Callable[..., Any]) -> None:
    rig = await make_rig(monthly_quota=10)
    await rig.send("text", text="Olá")
    await rig.line.reply_message(reply(rig.bot.reply_token, "oi"))
    await rig.line.push_message(push(rig.user, "a", "b", "c"))
    await rig.send("unfollow")
    await rig.line.push_message(push(rig.user, "not counted"))

    quota = await rig.line.get_message_quota()
    used = await rig.line.get_message_quota_consumption()

    assert (quota.type, quota.value, used.total_usage) == ("limited", 10, 1)


async def test_push_over_the_quota_is_429_and_replies_go_on(make_rig: Callable[..., Any]) -> None:
    rig = await make_rig(monthly_quota=1)
    await rig.line.push_message(push(rig.user, "one"))
    await rig.send("text", text="Olá")

    with pytest.raises(ApiException) as refused:
        await rig.line.push_message(push(rig.user, "two"))
    await rig.line.reply_message(reply(rig.bot.reply_token, "three"))

    assert (refused.value.status, refused.value.body) == (
        429,
        '{"message": "You have reached your monthly limit."}',
    )
    assert [entry["message"]["text"] for entry in await rig.shown(**{"from": "bot"})] == ["one", "three"]


async def test_without_a_quota_the_type_is_none(rig: Rig) -> None:
    assert (await rig.line.get_message_quota()).type == "none"


async def test_rate_limit_is_429_per_endpoint_and_refills(make_rig: Callable[..., Any]) -> None:
    rig = await make_rig(requests_per_s=2)
    statuses = [(await rig.push(text("oi"))).status for _ in range(3)]
    profile = await rig.line.get_profile(rig.user)
    rig.clock.advance(0.5)

    again = await rig.push(text("oi"))

    assert statuses == [200, 200, 429]
    assert profile.display_name == "Maria"
    assert again.status == 200


async def test_profile_tells_name_and_language(rig: Rig) -> None:
    profile = await rig.line.get_profile(rig.user)

    assert (profile.user_id, profile.display_name, profile.language) == (rig.user, "Maria", "pt-BR")


async def test_profile_leaves_out_a_language_that_line_does_not_know(rig: Rig) -> None:
    shy = await rig.control(
        "POST", "/users", json={"name": "Li", "language": "zh-Hans", "app_language": None}
    )

    response = await rig.bot_call("GET", f"/v2/bot/profile/{shy['id']}")

    assert await response.json() == {"userId": shy["id"], "displayName": "Li"}


async def test_profile_of_an_easy_japanese_reader_says_japanese(rig: Rig) -> None:
    rina = await rig.control("POST", "/users", json={"name": "Rina", "language": "ja-Hira"})

    assert (await rig.line.get_profile(rina["id"])).language == "ja"


async def test_profile_is_404_when_blocked_or_unknown(rig: Rig) -> None:
    await rig.send("unfollow")

    blocked = await rig.bot_call("GET", f"/v2/bot/profile/{rig.user}")
    unknown = await rig.bot_call("GET", f"/v2/bot/profile/{STRANGER}")

    assert (blocked.status, unknown.status) == (404, 404)


async def test_bot_info_names_the_account_that_webhooks_are_for(rig: Rig) -> None:
    await rig.send("follow")

    info = await rig.line.get_bot_info()

    assert (info.display_name, info.chat_mode) == ("あおば市", "chat")
    assert info.user_id.encode() in rig.bot.bodies[0]


async def test_loading_shows_until_the_next_message(rig: Rig) -> None:
    await rig.line.show_loading_animation(ShowLoadingAnimationRequest(chat_id=rig.user, loading_seconds=10))
    before = await rig.control("GET", f"/users/{rig.user}/messages")
    await rig.line.push_message(push(rig.user, "pronto"))
    after = await rig.control("GET", f"/users/{rig.user}/messages")

    assert (before["typing_s"], after["typing_s"]) == (10, 0)


async def test_loading_ends_by_itself_after_its_seconds(rig: Rig) -> None:
    await rig.line.show_loading_animation(ShowLoadingAnimationRequest(chat_id=rig.user))
    start = await rig.control("GET", f"/users/{rig.user}/messages")
    rig.clock.advance(20)
    end = await rig.control("GET", f"/users/{rig.user}/messages")

    assert (start["typing_s"], end["typing_s"]) == (20, 0)


@pytest.mark.parametrize(
    ("seconds", "status"), [(5, 202), (60, 202), (0, 400), (7, 400), (65, 400), ("5", 400)]
)
async def test_loading_takes_five_to_sixty_seconds_in_steps_of_five(
    rig: Rig, seconds: object, status: int
) -> None:
    response = await rig.bot_call(
        "POST", "/v2/bot/chat/loading/start", json={"chatId": rig.user, "loadingSeconds": seconds}
    )

    assert response.status == status


async def test_mark_as_read_marks_this_message_and_all_earlier_ones(rig: Rig) -> None:
    for word in ("um", "dois", "três"):
        await rig.send("text", text=word)
    token = rig.bot.events[1]["message"]["markAsReadToken"]

    await rig.line.mark_messages_as_read_by_token(MarkMessagesAsReadByTokenRequest(mark_as_read_token=token))

    assert [entry["status"] for entry in await rig.shown()] == ["read", "read", "sent"]


async def test_unknown_read_token_is_400(rig: Rig) -> None:
    with pytest.raises(ApiException) as refused:
        await rig.line.mark_messages_as_read_by_token(
            MarkMessagesAsReadByTokenRequest(mark_as_read_token="x")
        )

    assert refused.value.status == 400


async def test_reply_that_quotes_shows_which_message(rig: Rig) -> None:
    sent = await rig.send("text", text="Quanto custa?")
    quote = rig.bot.events[0]["message"]["quoteToken"]

    await rig.line.push_message(
        PushMessageRequest(to=rig.user, messages=[TextMessage(text="600 ienes", quote_token=quote)])
    )

    assert (await rig.shown(**{"from": "bot"}))[0]["quoted"] == sent["message_id"]


async def test_unknown_quote_token_is_400_and_keeps_the_reply_token(rig: Rig) -> None:
    await rig.send("text", text="Olá")
    body = {"replyToken": rig.bot.reply_token, "messages": [text("oi", quoteToken="x")]}

    refused = await rig.bot_call("POST", "/v2/bot/message/reply", json=body)
    await rig.line.reply_message(reply(rig.bot.reply_token, "oi"))

    assert refused.status == 400
    assert len(await rig.shown(**{"from": "bot"})) == 1


async def test_sender_name_is_kept_for_the_phone(rig: Rig) -> None:
    await rig.line.push_message(push(rig.user, "oi", sender=Sender(name="市民課")))

    assert (await rig.shown())[0]["message"]["sender"] == {"name": "市民課"}


async def test_content_is_what_the_resident_sent(rig: Rig) -> None:
    sent = await rig.send("image", data="/9j/4AAQ", media_type="image/jpeg")

    answer = await rig.blob.get_message_content_with_http_info(sent["message_id"])

    assert (bytes(answer.data), answer.headers["Content-Type"]) == (b"\xff\xd8\xff\xe0\x00\x10", "image/jpeg")


async def test_large_audio_is_202_until_it_is_ready(make_rig: Callable[..., Any]) -> None:
    rig = await make_rig(transcode_over=3, transcode_s=2)
    sent = await rig.send("audio", data="AAAAAAAA")
    path = f"/v2/bot/message/{sent['message_id']}/content"

    early = await rig.bot_call("GET", path)
    waiting = await rig.blob.get_message_content_transcoding_by_message_id(sent["message_id"])
    rig.clock.advance(2)
    ready = await rig.blob.get_message_content_transcoding_by_message_id(sent["message_id"])
    late = await rig.bot_call("GET", path)

    assert (early.status, waiting.status) == (202, "processing")
    assert (ready.status, late.status, await late.read()) == ("succeeded", 200, bytes(6))


async def test_content_of_an_unknown_message_is_404(rig: Rig) -> None:
    response = await rig.bot_call("GET", "/v2/bot/message/1/content")

    assert response.status == 404


async def test_content_is_410_after_unsending(rig: Rig) -> None:
    sent = await rig.send("audio", data="AAAA")
    await rig.send("unsend", message_id=sent["message_id"])

    content = await rig.bot_call("GET", f"/v2/bot/message/{sent['message_id']}/content")
    on_the_phone = await rig.http.get(f"/simulator/api/users/{rig.user}/media/{sent['message_id']}")

    assert (content.status, on_the_phone.status) == (410, 404)


async def test_oldest_content_is_forgotten_when_the_store_is_full(make_rig: Callable[..., Any]) -> None:
    rig = await make_rig(max_content=10)
    first = await rig.send("audio", data="AAAAAAAA")
    second = await rig.send("audio", data="AAAAAAAA")

    statuses = [
        (await rig.bot_call("GET", f"/v2/bot/message/{sent['message_id']}/content")).status
        for sent in (first, second)
    ]

    assert statuses == [404, 200]


async def test_injected_error_sends_nothing_and_happens_once(rig: Rig) -> None:
    await rig.control("POST", "/faults", json={"kind": "error", "endpoint": "push"})

    first = await rig.push(text("oi"))
    shown = await rig.shown()
    second = await rig.push(text("oi"))

    assert (first.status, shown, second.status) == (500, [], 200)


async def test_injected_error_after_acceptance_makes_the_retry_a_409(rig: Rig) -> None:
    await rig.control("POST", "/faults", json={"kind": "error_after", "endpoint": "push"})
    key = {"X-Line-Retry-Key": str(uuid.uuid4())}

    first = await rig.push(text("oi"), headers=key)
    second = await rig.push(text("oi"), headers=key)

    assert (first.status, second.status) == (500, 409)
    assert len(await rig.shown()) == 1


async def test_injected_timeout_closes_the_connection_without_an_answer(rig: Rig) -> None:
    await rig.control("POST", "/faults", json={"kind": "timeout", "endpoint": "push"})

    with pytest.raises(aiohttp.ServerDisconnectedError):
        await rig.push(text("oi"))

    assert await rig.shown() == []
    assert [(entry["status"], entry["facts"]["fault"]) for entry in await rig.log()] == [(0, "timeout")]


async def test_injected_timeout_after_a_reply_leaves_the_token_used(rig: Rig) -> None:
    await rig.send("text", text="Olá")
    await rig.control("POST", "/faults", json={"kind": "timeout_after", "endpoint": "reply"})
    body = {"replyToken": rig.bot.reply_token, "messages": [text("oi")]}

    with pytest.raises(aiohttp.ServerDisconnectedError):
        await rig.bot_call("POST", "/v2/bot/message/reply", json=body)
    second = await rig.bot_call("POST", "/v2/bot/message/reply", json=body)

    assert second.status == 400
    assert len(await rig.shown(**{"from": "bot"})) == 1


@pytest.mark.parametrize(("kind", "status"), [("rate", 429), ("quota", 429), ("unauthorised", 401)])
async def test_injected_refusals(rig: Rig, kind: str, status: int) -> None:
    await rig.control("POST", "/faults", json={"kind": kind})

    response = await rig.push(text("oi"))

    assert (response.status, await rig.shown()) == (status, [])


async def test_slow_call_ends_well(rig: Rig) -> None:
    await rig.control("POST", "/faults", json={"kind": "slow", "delay_s": 0.01})

    response = await rig.push(text("oi"))

    assert (response.status, len(await rig.shown())) == (200, 1)
    assert (await rig.log())[0]["facts"] == {"fault": "slow", "messages": 1}


async def test_fault_of_one_endpoint_leaves_others_alone(rig: Rig) -> None:
    await rig.control("POST", "/faults", json={"kind": "error", "endpoint": "profile", "times": 2})

    pushed = await rig.push(text("oi"))
    profiles = [(await rig.bot_call("GET", f"/v2/bot/profile/{rig.user}")).status for _ in range(3)]

    assert (pushed.status, profiles) == (200, [500, 500, 200])


async def test_webhook_address_can_be_read_set_and_tested(rig: Rig) -> None:
    before = await rig.line.get_webhook_endpoint()
    tested = await rig.bot_call("POST", "/v2/bot/channel/webhook/test")
    await rig.bot_call(
        "PUT", "/v2/bot/channel/webhook/endpoint", json={"endpoint": "http://127.0.0.1:1/gone"}
    )
    gone = await rig.bot_call("POST", "/v2/bot/channel/webhook/test")

    assert before.endpoint.endswith("/line/webhook")
    assert ((await tested.json())["success"], (await gone.json())["reason"]) == (True, "COULD_NOT_CONNECT")
    assert rig.bot.events == []
