"""The webhook side: events, signatures, redelivery."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import io
import json
import re
import wave
from collections.abc import Callable
from typing import Any

import pytest
from linebot.v3 import WebhookParser

from bot.simulator.events import sign
from tests.bot.simulator.conftest import SECRET, Rig

ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")


def wav(seconds: float) -> str:
    """A silent WAV file as base64."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16000)
        sound.writeframes(bytes(int(seconds * 32000)))
    return base64.b64encode(buffer.getvalue()).decode()


def test_signature_matches_the_vector_in_lines_documentation() -> None:
    body = b'{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[]}'

    assert sign(SECRET, body) == "GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLs="


async def test_webhook_is_signed_over_the_bytes_that_are_sent(rig: Rig) -> None:
    await rig.send("text", text="日本語 e português 🍎")

    digest = hmac.new(SECRET.encode(), rig.bot.bodies[0], hashlib.sha256).digest()
    assert rig.bot.signatures == [base64.b64encode(digest).decode()]


async def test_lines_own_parser_reads_every_kind_of_event(rig: Rig) -> None:
    text = await rig.send("text", text="Olá")
    await rig.send("audio", data=wav(0.1))
    await rig.send("image", data="AAAA")
    await rig.send("location", latitude=35.65, longitude=139.45, title="あおば駅")
    await rig.send("sticker")
    await rig.send("postback", data="a=1")
    await rig.send("unsend", message_id=text["message_id"])
    await rig.send("unfollow")
    await rig.send("follow")
    parser = WebhookParser(SECRET)

    kinds = []
    for body, signature in zip(rig.bot.bodies, rig.bot.signatures, strict=True):
        (event,) = parser.parse(body.decode(), signature)
        kinds.append((type(event).__name__, type(getattr(event, "message", None)).__name__))

    assert kinds == [
        ("MessageEvent", "TextMessageContent"),
        ("MessageEvent", "AudioMessageContent"),
        ("MessageEvent", "ImageMessageContent"),
        ("MessageEvent", "LocationMessageContent"),
        ("MessageEvent", "StickerMessageContent"),
        ("PostbackEvent", "NoneType"),
        ("UnsendEvent", "NoneType"),
        ("UnfollowEvent", "NoneType"),
        ("FollowEvent", "NoneType"),
    ]


async def test_text_event_has_the_properties_of_lines_reference(rig: Rig) -> None:
    sent = await rig.send("text", text="Olá")

    (event,) = rig.bot.events
    assert {key: event[key] for key in ("type", "mode", "source", "deliveryContext", "timestamp")} == {
        "type": "message",
        "mode": "active",
        "source": {"type": "user", "userId": rig.user},
        "deliveryContext": {"isRedelivery": False},
        "timestamp": int(rig.clock.now().timestamp() * 1000),
    }
    assert (event["message"]["id"], event["message"]["text"]) == (sent["message_id"], "Olá")
    assert event["message"]["quoteToken"]
    assert event["message"]["markAsReadToken"]
    assert event["webhookEventId"] == sent["event_id"]


async def test_event_ids_are_ulids_and_differ(rig: Rig) -> None:
    ids = [(await rig.send("text", text="Olá"))["event_id"] for _ in range(20)]

    assert len(set(ids)) == 20
    assert all(ULID.fullmatch(one) for one in ids)


async def test_message_ids_rise_and_are_digits(rig: Rig) -> None:
    ids = [(await rig.send("text", text="Olá"))["message_id"] for _ in range(3)]

    assert sorted(ids, key=int) == ids
    assert len(set(ids)) == 3


async def test_audio_event_tells_the_duration_of_a_wav_file(rig: Rig) -> None:
    await rig.send("audio", data=wav(1.5))

    assert rig.bot.events[0]["message"]["duration"] == 1500
    assert rig.bot.events[0]["message"]["contentProvider"] == {"type": "line"}


async def test_audio_of_unknown_length_has_no_duration(rig: Rig) -> None:
    await rig.send("audio", data="AAAA")

    assert "duration" not in rig.bot.events[0]["message"]


async def test_quoting_a_message_names_its_id(rig: Rig) -> None:
    first = await rig.send("text", text="Olá")
    await rig.send("text", text="isto", quote=first["message_id"])

    assert rig.bot.events[1]["message"]["quotedMessageId"] == first["message_id"]


async def test_postback_carries_data_and_parameters_and_shows_its_text(rig: Rig) -> None:
    await rig.send("postback", data="form=1", displayText="Agendar", params={"date": "2026-11-24"})

    assert rig.bot.events[0]["postback"] == {"data": "form=1", "params": {"date": "2026-11-24"}}
    assert [entry["message"] for entry in await rig.shown()] == [{"type": "text", "text": "Agendar"}]


async def test_unfollow_has_no_reply_token_and_stops_the_resident(rig: Rig) -> None:
    await rig.send("unfollow")

    status, body = await rig.call(
        "POST", f"/simulator/api/users/{rig.user}/send", json={"type": "text", "text": "?"}
    )

    assert "replyToken" not in rig.bot.events[0]
    assert (status, body["error"]["code"]) == (409, "conflict")
    assert len(rig.bot.events) == 1


async def test_follow_says_whether_it_undoes_a_block(rig: Rig) -> None:
    await rig.send("follow")
    await rig.send("unfollow")
    await rig.send("follow")

    follows = [event["follow"] for event in rig.bot.events if event["type"] == "follow"]
    assert follows == [{"isUnblocked": False}, {"isUnblocked": True}]


async def test_unsend_names_the_message_and_clears_it_from_the_phone(rig: Rig) -> None:
    sent = await rig.send("text", text="my secret")
    await rig.send("unsend", message_id=sent["message_id"])

    event = rig.bot.events[1]
    assert (event["type"], event["unsend"]) == ("unsend", {"messageId": sent["message_id"]})
    assert "replyToken" not in event
    (entry,) = await rig.shown()
    assert (entry["status"], entry["message"]) == ("unsent", {"type": "text"})


async def test_copies_are_the_very_same_bytes(rig: Rig) -> None:
    await rig.send("text", text="Olá", copies=3)

    assert len(rig.bot.bodies) == 3
    assert len(set(rig.bot.bodies)) == 1
    assert len(await rig.shown()) == 1


async def test_redelivered_event_differs_only_in_is_redelivery(rig: Rig) -> None:
    sent = await rig.send("text", text="Olá")
    await rig.control("POST", f"/events/{sent['event_id']}/redeliver")

    first, again = rig.bot.events
    assert again == first | {"deliveryContext": {"isRedelivery": True}}


async def test_failed_webhook_is_redelivered_until_it_is_taken(make_rig: Callable[..., Any]) -> None:
    rig = await make_rig(redelivery_after_s=(0.0, 0.0, 0.0, 0.0))
    rig.bot.statuses = [500, 503]

    sent = await rig.send("text", text="Olá")
    await rig.bot.until(3)
    await rig.send("text", text="depois")

    assert sent["webhook"] == {"status": 500, "ms": 0, "reason": "error_status_code"}
    assert [
        (event["message"]["text"], event["deliveryContext"]["isRedelivery"]) for event in rig.bot.events
    ] == [
        ("Olá", False),
        ("Olá", True),
        ("Olá", True),
        ("depois", False),
    ]
    assert [entry["status"] for entry in await rig.shown()] == ["sent", "sent"]


async def test_redelivery_is_off_by_default(rig: Rig) -> None:
    rig.bot.statuses = [500]
    await rig.send("text", text="um")
    await rig.send("text", text="dois")

    assert [event["message"]["text"] for event in rig.bot.events] == ["um", "dois"]
    assert [entry["status"] for entry in await rig.shown()] == ["failed", "sent"]


async def test_bot_that_does_not_answer_in_time_is_a_request_timeout(make_rig: Callable[..., Any]) -> None:
    rig = await make_rig(webhook_timeout_s=0.05)
    rig.bot.release.clear()

    sent = await rig.send("text", text="Olá")

    assert (sent["webhook"]["status"], sent["webhook"]["reason"]) == (0, "request_timeout")
    assert [entry["status"] for entry in await rig.shown()] == ["failed"]


@pytest.mark.parametrize("address", ["", "http://127.0.0.1:1/line/webhook"])
async def test_bot_that_cannot_be_reached_is_could_not_connect(
    make_rig: Callable[..., Any], address: str
) -> None:
    rig = await make_rig(webhook_url=address)

    sent = await rig.send("text", text="Olá")

    assert sent["webhook"] == {"status": 0, "ms": 0, "reason": "could_not_connect"}
    assert [(entry["status"], entry["reason"]) for entry in await rig.shown()] == [
        ("failed", "could_not_connect")
    ]


async def test_message_read_before_the_bot_has_answered_stays_read(rig: Rig) -> None:
    rig.bot.release.clear()

    async def read_early() -> None:
        await rig.bot.until(1)
        token = rig.bot.events[0]["message"]["markAsReadToken"]
        await rig.bot_call("POST", "/v2/bot/chat/markAsRead", json={"markAsReadToken": token})
        rig.bot.release.set()

    await asyncio.gather(rig.send("text", text="Olá"), read_early())

    assert [entry["status"] for entry in await rig.shown()] == ["read"]


async def test_several_residents_can_share_one_webhook(rig: Rig) -> None:
    other = await rig.control("POST", "/users", json={"name": "James", "language": "en"})

    batch = [
        {"user": rig.user, "type": "text", "text": "Olá"},
        {"user": other["id"], "type": "text", "text": "Hello"},
    ]
    await rig.control("POST", "/webhook", json={"batch": batch})

    assert len(rig.bot.bodies) == 1
    assert [event["source"]["userId"] for event in rig.bot.events] == [rig.user, other["id"]]


async def test_raw_events_are_sent_as_they_are_with_a_right_signature(rig: Rig) -> None:
    odd = [{"type": "brandNew", "mode": "dozing"}, 42]

    await rig.control("POST", "/webhook", json={"events": odd})

    assert json.loads(rig.bot.bodies[0])["events"] == odd
    assert rig.bot.signatures == [sign(SECRET, rig.bot.bodies[0])]


async def test_raw_body_and_signature_can_be_anything(rig: Rig) -> None:
    await rig.control("POST", "/webhook", json={"body": "{not json", "signature": "wrong"})

    assert (rig.bot.bodies, rig.bot.signatures) == ([b"{not json"], ["wrong"])
