"""The control API: residents, phones, log, streams, limits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from linebot.v3.messaging import PushMessageRequest, TextMessage

from bot.simulator.scene import read_scene
from core.errors import InvalidInput
from tests.bot.simulator.conftest import Rig


def push(to: str, text: str) -> PushMessageRequest:
    return PushMessageRequest(to=to, messages=[TextMessage(text=text)])


async def test_residents_of_the_scene_keep_their_ids_over_restarts(make_rig: Callable[..., Any]) -> None:
    first, second = await make_rig(), await make_rig()

    listed = [(await rig.control("GET", "/users"))["users"][:4] for rig in (first, second)]

    assert listed[0] == listed[1]
    assert [(user["name"], user["language"], user["friend"]) for user in listed[0]] == [
        ("Maria Souza", "pt-BR", False),
        ("James Okafor", "en", False),
        ("Rina Putri", "ja-Hira", False),
        ("山田 花子", "ja", False),
    ]


@pytest.mark.parametrize(
    "body",
    [{}, {"name": "", "language": "en"}, {"name": "A", "language": 5}, {"name": "x" * 61, "language": "en"}],
)
async def test_resident_without_a_proper_name_or_language_is_refused(rig: Rig, body: dict[str, Any]) -> None:
    status, answer = await rig.call("POST", "/simulator/api/users", json=body)

    assert (status, answer["error"]["code"]) == (400, "invalid_input")


async def test_simulator_that_is_full_takes_no_more_residents(make_rig: Callable[..., Any]) -> None:
    rig = await make_rig(max_residents=8)

    status, answer = await rig.call("POST", "/simulator/api/users", json={"name": "Ana", "language": "es"})

    assert (status, answer["error"]["code"]) == (409, "conflict")


@pytest.mark.parametrize(
    "action",
    [
        {},
        {"type": "dance"},
        {"type": ["text"]},
        {"type": "text"},
        {"type": "text", "text": ""},
        {"type": "text", "text": "x" * 5001},
        {"type": "text", "text": "Olá", "copies": 11},
        {"type": "audio", "data": "not base64!"},
        {"type": "location", "latitude": 91, "longitude": 0},
        {"type": "location", "latitude": True, "longitude": 0},
        {"type": "postback", "data": "x" * 301},
    ],
)
async def test_wrong_action_is_refused_and_reaches_nobody(rig: Rig, action: dict[str, Any]) -> None:
    status, answer = await rig.call("POST", f"/simulator/api/users/{rig.user}/send", json=action)

    assert (status, answer["error"]["code"]) == (400, "invalid_input")
    assert (rig.bot.bodies, await rig.shown()) == ([], [])


async def test_unknown_resident_is_404(rig: Rig) -> None:
    status, answer = await rig.call("GET", "/simulator/api/users/nobody/messages")

    assert (status, answer["error"]["code"]) == (404, "not_found")


async def test_resident_can_unsend_only_their_own_messages(rig: Rig) -> None:
    other = await rig.control("POST", "/users", json={"name": "James", "language": "en"})
    sent = await rig.send("text", text="Olá")

    status, _ = await rig.call(
        "POST",
        f"/simulator/api/users/{other['id']}/send",
        json={"type": "unsend", "message_id": sent["message_id"]},
    )

    assert status == 404
    assert [entry["status"] for entry in await rig.shown()] == ["sent"]


async def test_resident_cannot_quote_what_is_on_another_phone(rig: Rig) -> None:
    other = await rig.control("POST", "/users", json={"name": "James", "language": "en"})
    sent = await rig.send("text", text="Olá")

    status, _ = await rig.call(
        "POST",
        f"/simulator/api/users/{other['id']}/send",
        json={"type": "text", "text": "?", "quote": sent["message_id"]},
    )

    assert status == 404


async def test_upload_over_the_limit_is_413(make_rig: Callable[..., Any]) -> None:
    rig = await make_rig(max_upload=5)

    status, answer = await rig.call(
        "POST", f"/simulator/api/users/{rig.user}/send", json={"type": "audio", "data": "AAAAAAAA"}
    )

    assert (status, answer["error"]["code"]) == (413, "too_large")


async def test_form_upload_is_a_voice_message_with_its_type(rig: Rig) -> None:
    form = aiohttp.FormData({"type": "audio", "duration_ms": "1200"})
    form.add_field("file", b"sound", filename="a.webm", content_type="audio/webm")

    sent = await rig.control("POST", f"/users/{rig.user}/send", data=form)
    content = await rig.bot_call("GET", f"/v2/bot/message/{sent['message_id']}/content")

    assert rig.bot.events[0]["message"]["duration"] == 1200
    assert (await content.read(), content.headers["Content-Type"]) == (b"sound", "audio/webm")


async def test_sample_is_sent_by_name(make_rig: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "hello.flac").write_bytes(b"flac")
    (tmp_path / "secret.txt").write_text("no sound")
    rig = await make_rig(samples=tmp_path)

    offered = (await rig.control("GET", "/scene"))["samples"]
    sent = await rig.send("audio", sample="hello.flac")
    content = await rig.bot_call("GET", f"/v2/bot/message/{sent['message_id']}/content")

    assert offered == ["hello.flac"]
    assert (await content.read(), content.headers["Content-Type"]) == (b"flac", "audio/flac")


@pytest.mark.parametrize("name", ["secret.txt", "../hello.flac", "hello.flac/../hello.flac"])
async def test_only_offered_samples_can_be_sent(
    make_rig: Callable[..., Any], tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "samples"
    folder.mkdir()
    (folder / "secret.txt").write_text("no sound")
    (tmp_path / "hello.flac").write_bytes(b"flac")
    rig = await make_rig(samples=folder)

    status, _ = await rig.call(
        "POST", f"/simulator/api/users/{rig.user}/send", json={"type": "audio", "sample": name}
    )

    assert status == 404


async def test_phone_plays_its_own_media_and_no_other(rig: Rig) -> None:
    other = await rig.control("POST", "/users", json={"name": "James", "language": "en"})
    sent = await rig.send("image", data="AAAA", media_type="image/png")
    path = "/simulator/api/users/{}/media/" + sent["message_id"]

    own = await rig.http.get(path.format(rig.user))
    foreign = await rig.http.get(path.format(other["id"]))

    assert (own.status, own.headers["Content-Type"], await own.read()) == (200, "image/png", bytes(3))
    assert (own.headers["Content-Disposition"], own.headers["X-Content-Type-Options"]) == (
        "attachment",
        "nosniff",
    )
    assert foreign.status == 404


async def test_messages_after_a_position_are_what_is_new(rig: Rig) -> None:
    await rig.send("text", text="um")
    seen = await rig.control("GET", f"/users/{rig.user}/messages")
    await rig.line.push_message(push(rig.user, "dois"))

    news = await rig.shown(after=seen["position"])

    assert [entry["message"]["text"] for entry in news] == ["dois"]


async def test_change_of_an_old_message_is_news(rig: Rig) -> None:
    sent = await rig.send("text", text="um")
    await rig.send("text", text="dois")
    seen = await rig.control("GET", f"/users/{rig.user}/messages")
    await rig.send("unsend", message_id=sent["message_id"])

    news = await rig.shown(after=seen["position"])

    assert [(entry["seq"], entry["status"]) for entry in news] == [(1, "unsent")]


async def test_waiting_for_messages_ends_with_the_first_of_the_bot(rig: Rig) -> None:
    waiting = asyncio.ensure_future(rig.shown(wait=20, **{"from": "bot"}))  # noqa: TID251 -- a test may wait by hand
    await rig.send("text", text="Olá")
    assert not waiting.done()

    await rig.line.push_message(push(rig.user, "oi"))

    assert [entry["message"]["text"] for entry in await waiting] == ["oi"]


async def test_waiting_in_vain_answers_with_nothing(make_rig: Callable[..., Any]) -> None:
    rig = await make_rig(max_wait_s=0.02)

    assert await rig.shown(wait=3600) == []


@pytest.mark.parametrize("query", ["after=x", "wait=nan", "after=inf"])
async def test_query_that_is_no_number_is_400(rig: Rig, query: str) -> None:
    status, _ = await rig.call("GET", f"/simulator/api/users/{rig.user}/messages?{query}")

    assert status == 400


async def test_oldest_messages_leave_a_full_phone(make_rig: Callable[..., Any]) -> None:
    rig = await make_rig(max_entries=2)
    for word in ("um", "dois", "três"):
        await rig.send("text", text=word)

    assert [entry["message"]["text"] for entry in await rig.shown()] == ["dois", "três"]


async def test_log_tells_what_line_saw_in_order(rig: Rig) -> None:
    await rig.send("text", text="Olá")
    rig.clock.advance(3.1)
    body = {"replyToken": rig.bot.reply_token, "messages": [{"type": "text", "text": "oi"}]}
    await rig.bot_call("POST", "/v2/bot/message/reply", json=body)

    webhook, reply = await rig.log()

    assert (webhook["side"], webhook["action"], webhook["status"]) == ("webhook", "message text", 200)
    assert (reply["side"], reply["action"], reply["status"], reply["facts"]) == (
        "api",
        "reply",
        200,
        {"messages": 1, "token_age_s": 3.1},
    )
    assert (webhook["resident"], reply["resident"]) == (rig.user, rig.user)
    assert webhook["request"].encode() == rig.bot.bodies[0]
    assert json.loads(reply["request"]) == body


async def test_log_knows_whose_profile_and_content_was_read(rig: Rig) -> None:
    sent = await rig.send("audio", data="AAAA")
    await rig.bot_call("GET", f"/v2/bot/profile/{rig.user}")
    await rig.bot_call("GET", f"/v2/bot/message/{sent['message_id']}/content")

    assert [(entry["action"], entry["resident"]) for entry in await rig.log()] == [
        ("message audio", rig.user),
        ("profile", rig.user),
        ("content", rig.user),
    ]


async def test_log_keeps_the_newest_and_cuts_long_bodies(make_rig: Callable[..., Any]) -> None:
    rig = await make_rig(max_log=2, max_detail=10)
    for word in ("um", "dois", "três"):
        await rig.send("text", text=word)

    log = await rig.log()

    assert [(entry["id"], len(entry["request"])) for entry in log] == [(2, 10), (3, 10)]


async def read_change(response: aiohttp.ClientResponse) -> dict[str, Any]:
    """The next `changed` event of a stream."""
    while True:
        line = (await response.content.readline()).decode()
        if line.startswith("data: "):
            state: dict[str, Any] = json.loads(line.removeprefix("data: "))
            return state


async def test_stream_says_when_something_changed(rig: Rig) -> None:
    async with rig.http.get("/simulator/events") as response:
        before = await read_change(response)
        await rig.line.push_message(push(rig.user, "oi"))
        after = await read_change(response)

    assert response.headers["Content-Type"] == "text/event-stream"
    assert after["run"] == before["run"]
    assert (after["position"], after["log"]) == (before["position"] + 1, before["log"] + 1)


async def test_streams_are_limited(make_rig: Callable[..., Any]) -> None:
    rig = await make_rig(max_streams=1)
    async with rig.http.get("/simulator/events") as first:
        await read_change(first)
        status, answer = await rig.call("GET", "/simulator/events")

    assert (status, answer["error"]["code"]) == (429, "busy")


async def test_faults_are_listed_and_cleared(rig: Rig) -> None:
    await rig.control("POST", "/faults", json={"kind": "rate", "endpoint": "push", "times": 3})
    listed = (await rig.control("GET", "/faults"))["faults"]
    await rig.control("DELETE", "/faults")

    assert [(fault["kind"], fault["endpoint"], fault["times"]) for fault in listed] == [("rate", "push", 3)]
    assert (await rig.control("GET", "/faults"))["faults"] == []


@pytest.mark.parametrize(
    "fault",
    [{}, {"kind": "earthquake"}, {"kind": "error", "times": 0}, {"kind": "error", "status": 200}, {"x": 1}],
)
async def test_fault_that_makes_no_sense_is_refused(rig: Rig, fault: dict[str, Any]) -> None:
    status, answer = await rig.call("POST", "/simulator/api/faults", json=fault)

    assert (status, answer["error"]["code"]) == (400, "invalid_input")


async def test_waiting_faults_are_limited(make_rig: Callable[..., Any]) -> None:
    rig = await make_rig(max_faults=1)
    await rig.control("POST", "/faults", json={"kind": "rate"})

    status, answer = await rig.call("POST", "/simulator/api/faults", json={"kind": "rate"})

    assert (status, answer["error"]["code"]) == (429, "busy")


async def test_requests_from_other_web_sites_are_refused(rig: Rig) -> None:
    status, answer = await rig.call(
        "POST",
        f"/simulator/api/users/{rig.user}/send",
        json={"type": "text", "text": "Olá"},
        headers={"Origin": "https://elsewhere.example"},
    )

    assert (status, answer["error"]["code"]) == (403, "not_authorised")
    assert rig.bot.bodies == []


async def test_unknown_event_cannot_be_redelivered(rig: Rig) -> None:
    status, answer = await rig.call("POST", "/simulator/api/events/01/redeliver")

    assert (status, answer["error"]["code"]) == (400, "invalid_input")


async def test_rich_menu_is_in_the_residents_language_or_english(rig: Rig) -> None:
    other = await rig.control("POST", "/users", json={"name": "Thu", "language": "vi"})

    own = (await rig.control("GET", f"/users/{rig.user}/menu"))["items"]
    fallback = (await rig.control("GET", f"/users/{other['id']}/menu"))["items"]

    assert (len(own), own[0]["label"]) == (6, "Lixo")
    assert (len(fallback), fallback[0]["label"]) == (6, "Rubbish")


def test_scene_with_a_misspelt_key_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "city.toml"
    path.write_text('[[residents]]\nname = "Ana"\nlangauge = "es"\n', encoding="utf-8")

    with pytest.raises(InvalidInput, match=r"city\.toml"):
        read_scene(path)


def test_scene_file_that_is_missing_says_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"gone\.toml"):
        read_scene(tmp_path / "gone.toml")
