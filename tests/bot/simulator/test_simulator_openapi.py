"""What goes over the wire, against LINE's own OpenAPI documents (line-openapi on GitHub)."""

from __future__ import annotations

import json
import uuid
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.bot.simulator.conftest import Rig

FOLDER = Path(__file__).parents[4] / "shared" / "reference" / "line-openapi"
PATHS = {
    "reply": ("/v2/bot/message/reply", "post"),
    "push": ("/v2/bot/message/push", "post"),
    "multicast": ("/v2/bot/message/multicast", "post"),
    "validate": ("/v2/bot/message/validate/push", "post"),
    "quota": ("/v2/bot/message/quota", "get"),
    "consumption": ("/v2/bot/message/quota/consumption", "get"),
    "transcoding": ("/v2/bot/message/{messageId}/content/transcoding", "get"),
    "profile": ("/v2/bot/profile/{userId}", "get"),
    "info": ("/v2/bot/info", "get"),
    "loading": ("/v2/bot/chat/loading/start", "post"),
    "markAsRead": ("/v2/bot/chat/markAsRead", "post"),
    "webhook": ("/v2/bot/channel/webhook/endpoint", "get"),
    "set_webhook": ("/v2/bot/channel/webhook/endpoint", "put"),
    "test_webhook": ("/v2/bot/channel/webhook/test", "post"),
}

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(),
    reason="clone github.com/line/line-openapi to ../shared/reference/line-openapi to run these",
)


@cache
def document(name: str) -> dict[str, Any]:
    """A document whose discriminators are spelt out as if/then, which JSON Schema validators understand."""
    loaded: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    schemas = loaded["components"]["schemas"]
    for parent in [key for key, schema in schemas.items() if "mapping" in schema.get("discriminator", {})]:
        spell_out(schemas, parent)
    return loaded


def spell_out(schemas: dict[str, Any], parent: str) -> None:
    base = schemas.pop(parent)
    mapping = base.pop("discriminator")["mapping"]
    own, plain = f"#/components/schemas/{parent}", f"#/components/schemas/{parent}Base"
    schemas[f"{parent}Base"] = base
    for reference in mapping.values():
        for part in schemas[reference.rsplit("/", 1)[1]].get("allOf", []):
            if part.get("$ref") == own:
                part["$ref"] = plain
    kinds = {"properties": {"type": {"enum": list(mapping)}}, "required": ["type"]}
    branches = [
        {"if": {"properties": {"type": {"const": kind}}}, "then": {"$ref": reference}}
        for kind, reference in mapping.items()
    ]
    schemas[parent] = {"allOf": [{"$ref": plain}, kinds, *branches]}


def complaints(name: str, schema: dict[str, Any], value: object) -> list[str]:
    """What the document says against `value`."""
    whole = {**schema, "components": document(name)["components"]}
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(whole).iter_errors(value)]


def request_schema(action: str) -> dict[str, Any]:
    path, method = PATHS[action]
    body = document("messaging-api.yml")["paths"][path][method]["requestBody"]
    schema: dict[str, Any] = body["content"]["application/json"]["schema"]
    return schema


def response_schema(action: str, status: int) -> dict[str, Any]:
    path, method = PATHS[action]
    answer = document("messaging-api.yml")["paths"][path][method]["responses"].get(str(status), {})
    content = answer.get("content", {}).get("application/json", {})
    schema: dict[str, Any] = content.get(
        "schema", {"$ref": "#/components/schemas/ErrorResponse"} if status >= 400 else {}
    )
    return schema


def test_these_checks_can_fail() -> None:
    event = {
        "type": "unsend",
        "timestamp": 1,
        "mode": "active",
        "webhookEventId": "x",
        "unsend": {"messageId": 7},
    }

    found = complaints("webhook.yml", {"$ref": "#/components/schemas/Event"}, event)

    assert set(found) == {
        "$.unsend.messageId: 7 is not of type 'string'",
        "$: 'deliveryContext' is a required property",
    }


async def test_every_webhook_fits_lines_document(rig: Rig) -> None:
    text = await rig.send("text", text="Olá")
    await rig.send("text", text="isto", quote=text["message_id"])
    await rig.send("audio", data="AAAA", duration_ms=1200)
    await rig.send("image", data="AAAA")
    await rig.send("video", data="AAAA")
    await rig.send("file", data="AAAA", file_name="申請書.pdf")
    await rig.send("location", latitude=35.65, longitude=139.45, title="駅", address="あおば市")
    await rig.send("sticker", keywords=["thanks"])
    await rig.send("postback", data="a=1", params={"date": "2026-11-24"})
    await rig.send("unsend", message_id=text["message_id"])
    await rig.send("unfollow")
    await rig.send("follow")
    await rig.bot_call("POST", "/v2/bot/channel/webhook/test")

    schema = {"$ref": "#/components/schemas/CallbackRequest"}
    assert len(rig.bot.bodies) == 13
    assert [complaints("webhook.yml", schema, json.loads(body)) for body in rig.bot.bodies] == [[]] * 13


async def use_every_endpoint(rig: Rig) -> None:
    """Each endpoint once well, and the sending ones in all the ways they can fail."""
    sent = await rig.send("audio", data="AAAA")
    event = rig.bot.events[-1]
    message = {"type": "text", "text": "oi"}
    key = {"X-Line-Retry-Key": str(uuid.uuid4())}
    reply = {"replyToken": event["replyToken"], "messages": [message]}
    read = {"markAsReadToken": event["message"]["markAsReadToken"]}
    for method, path, body, headers in [
        ("POST", "/v2/bot/message/reply", reply, {}),
        ("POST", "/v2/bot/message/reply", reply, {}),
        ("POST", "/v2/bot/message/push", {"to": rig.user, "messages": [message] * 2}, key),
        ("POST", "/v2/bot/message/push", {"to": rig.user, "messages": [message] * 2}, key),
        ("POST", "/v2/bot/message/push", {"to": "nobody", "messages": [message]}, {}),
        ("POST", "/v2/bot/message/multicast", {"to": [rig.user], "messages": [message]}, {}),
        ("POST", "/v2/bot/message/validate/push", {"messages": [message]}, {}),
        ("GET", "/v2/bot/message/quota", None, {}),
        ("GET", "/v2/bot/message/quota/consumption", None, {}),
        ("GET", f"/v2/bot/message/{sent['message_id']}/content/transcoding", None, {}),
        ("GET", f"/v2/bot/profile/{rig.user}", None, {}),
        ("GET", "/v2/bot/profile/nobody", None, {}),
        ("GET", "/v2/bot/info", None, {}),
        ("POST", "/v2/bot/chat/loading/start", {"chatId": rig.user, "loadingSeconds": 5}, {}),
        ("POST", "/v2/bot/chat/markAsRead", read, {}),
        ("GET", "/v2/bot/channel/webhook/endpoint", None, {}),
        ("POST", "/v2/bot/channel/webhook/test", {}, {}),
        ("PUT", "/v2/bot/channel/webhook/endpoint", {"endpoint": "https://example.jp/line"}, {}),
    ]:
        await rig.bot_call(method, path, headers=headers, json=body)
    await rig.control("POST", "/faults", json={"kind": "rate"})
    await rig.push(message)


async def test_every_answer_fits_lines_document(rig: Rig) -> None:
    await use_every_endpoint(rig)

    answers = [entry for entry in await rig.log() if entry["side"] == "api"]
    found = {
        (entry["action"], entry["status"]): complaints(
            "messaging-api.yml",
            response_schema(entry["action"], entry["status"]),
            json.loads(entry["response"]),
        )
        for entry in answers
    }
    statuses = {"reply": (200, 400), "push": (200, 409, 400, 429), "loading": (202,), "profile": (200, 404)}
    expected = {(action, status) for action in PATHS for status in statuses.get(action, (200,))}
    assert found == {key: [] for key in expected}


async def test_every_request_that_was_accepted_fits_lines_document(rig: Rig) -> None:
    await use_every_endpoint(rig)

    accepted = [
        entry
        for entry in await rig.log()
        if entry["side"] == "api" and entry["status"] < 300 and PATHS[entry["action"]][1] != "get"
    ]
    found = [
        complaints("messaging-api.yml", request_schema(entry["action"]), json.loads(entry["request"]))
        for entry in accepted
    ]
    assert len(accepted) == 8
    assert found == [[]] * 8
