"""What LINE accepts in a message."""

from __future__ import annotations

from typing import Any

import pytest

from bot.simulator.rules import check_messages, graphemes, utf16_units
from bot.simulator.schema import Schema

FAMILY = "👨‍👩‍👧‍👦"  # one grapheme, 7 code points, 11 UTF-16 units


def text(content: str = "oi", **parts: Any) -> dict[str, Any]:
    return {"type": "text", "text": content, **parts}


def quick_replies(*actions: dict[str, Any]) -> dict[str, Any]:
    return text(quickReply={"items": [{"type": "action", "action": action} for action in actions]})


def say(label: str, content: str = "x") -> dict[str, Any]:
    return {"type": "message", "label": label, "text": content}


def flex(*body: dict[str, Any], alt: str = "card", **bubble: Any) -> dict[str, Any]:
    box = {"type": "box", "layout": "vertical", "contents": list(body)}
    return {"type": "flex", "altText": alt, "contents": {"type": "bubble", "body": box, **bubble}}


def button(action: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return {"type": "button", "action": action, **parts}


def carousel(count: int, content: str = "x") -> dict[str, Any]:
    bubble = flex({"type": "text", "text": content})["contents"]
    return {
        "type": "flex",
        "altText": "cards",
        "contents": {"type": "carousel", "contents": [bubble] * count},
    }


@pytest.fixture(scope="module")
def schema() -> Schema:
    loaded = Schema()
    loaded.load()
    return loaded


@pytest.mark.parametrize(
    ("content", "units", "clusters"), [("abc", 3, 3), ("日本", 2, 2), ("🍎", 2, 1), (FAMILY, 11, 1)]
)
def test_text_is_counted_in_utf16_units_and_labels_in_graphemes(
    content: str, units: int, clusters: int
) -> None:
    assert (utf16_units(content), graphemes(content)) == (units, clusters)


@pytest.mark.parametrize(
    "message",
    [
        text("x" * 5000),
        text("🍎" * 2500),
        quick_replies(*[say("x")] * 13),
        quick_replies(say(FAMILY * 20)),
        quick_replies({"type": "postback", "label": "x", "data": "x" * 300, "displayText": FAMILY * 300}),
        text(sender={"name": "x" * 20}),
        text(sender={"name": "Online desk"}),
        flex({"type": "text", "text": "x", "color": "#0b5d5eff"}, alt="x" * 1500),
        flex(button(say("x" * 40)), button({"type": "uri", "label": "call", "uri": "tel:0425550123"})),
        carousel(12),
        {"type": "location", "title": "x" * 100, "address": "x" * 100, "latitude": 35.0, "longitude": 139.0},
        {"type": "sticker", "packageId": "446", "stickerId": "1988"},
    ],
)
def test_message_at_its_limit_is_accepted(schema: Schema, message: dict[str, Any]) -> None:
    body = {"to": "U", "messages": [message]}

    assert schema.problems("PushMessageRequest", body) == ()
    assert list(check_messages([message])) == []


@pytest.mark.parametrize(
    ("message", "where"),
    [
        (text(""), ".text"),
        (text("x" * 5001), ".text"),
        (text("🍎" * 2500 + "x"), ".text"),
        (quick_replies(say("x" * 21)), ".quickReply.items[0].action.label"),
        (quick_replies(say("ok"), say("")), ".quickReply.items[1].action.label"),
        (quick_replies(say("ok", "x" * 301)), ".quickReply.items[0].action.text"),
        (text(quickReply={"items": []}), ".quickReply.items"),
        (
            quick_replies({"type": "postback", "label": "x", "data": "d", "displayText": "x" * 301}),
            ".quickReply.items[0].action.displayText",
        ),
        (text(sender={"name": "x" * 21}), ".sender.name"),
        (text(sender={"name": "LINE support"}), ".sender.name"),
        (flex(alt=""), ".altText"),
        (flex(alt="x" * 1501), ".altText"),
        (flex({"type": "text", "text": ""}), ".contents.body.contents[0].text"),
        (flex({"type": "text", "text": "x", "color": "teal"}), ".contents.body.contents[0].color"),
        (flex(button(say("x" * 41))), ".contents.body.contents[0].action.label"),
        (
            flex(button({"type": "uri", "label": "x", "uri": "javascript:alert(1)"})),
            ".contents.body.contents[0].action.uri",
        ),
        (flex({"type": "text", "text": "x" * 30_000}), ".contents"),
        (carousel(12, "x" * 5000), ".contents"),
        (carousel(13), ".contents.contents"),
        (
            {"type": "location", "title": "x" * 101, "address": "a", "latitude": 35.0, "longitude": 139.0},
            ".title",
        ),
        (
            {"type": "audio", "originalContentUrl": "http://example.jp/a.m4a", "duration": 1},
            ".originalContentUrl",
        ),
        (
            {
                "type": "template",
                "altText": "x",
                "template": {"type": "buttons", "text": "x", "actions": [say("x" * 21)]},
            },
            ".template.actions[0].label",
        ),
    ],
)
def test_message_over_a_documented_limit_names_the_property(message: dict[str, Any], where: str) -> None:
    assert [problem.property for problem in check_messages([message])] == [f"messages[0]{where}"]


@pytest.mark.parametrize(
    "message",
    [
        {"type": "telegram", "text": "x"},
        {"type": "text"},
        {"type": "text", "text": 7},
        {"type": "text", "text": "x", "colour": "red"},
        {"type": "text", "text": "x", "quickReply": {"items": [{"type": "action", "acton": {}}]}},
        quick_replies(*[say("x")] * 14),
        quick_replies({"type": "postback", "label": "x", "data": "x" * 301}),
        flex({"type": "txet", "text": "x"}),
        flex({"type": "text", "text": "x", "wieght": "bold"}),
        flex(size="huge"),
        {"type": "flex", "altText": "x"},
        {"type": "location", "title": "x", "address": "x", "latitude": "north", "longitude": 1},
    ],
)
def test_message_of_another_shape_is_refused(schema: Schema, message: dict[str, Any]) -> None:
    assert schema.problems("PushMessageRequest", {"to": "U", "messages": [message]}) != ()


def test_misspelt_property_is_named_with_its_place(schema: Schema) -> None:
    body = {"to": "U", "messages": [flex({"type": "text", "text": "x", "wieght": "bold"})]}

    (problem,) = schema.problems("PushMessageRequest", body)

    assert (problem.property, problem.message) == (
        "messages[0].contents.body.contents[0].wieght",
        "unknown field",
    )


@pytest.mark.parametrize("count", [0, 6])
def test_request_has_one_to_five_messages(schema: Schema, count: int) -> None:
    assert schema.problems("ReplyMessageRequest", {"replyToken": "t", "messages": [text()] * count}) != ()


@pytest.mark.parametrize(("count", "fits"), [(0, False), (1, True), (500, True), (501, False)])
def test_multicast_has_one_to_five_hundred_recipients(schema: Schema, count: int, fits: bool) -> None:
    problems = schema.problems("MulticastRequest", {"to": ["U"] * count, "messages": [text()]})

    assert (problems == ()) is fits
