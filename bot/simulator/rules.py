"""Limits on messages that LINE documents in words and its OpenAPI does not carry.

Source: LINE's Messaging API reference, "Message objects", "Action objects", "Flex Message", "Quick reply" and
"Character counting". Text is counted in UTF-16 code units; labels and what is shown of them in grapheme clusters.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import regex

from bot.simulator.model import Json, Problem

MAX_TEXT = 5000  # UTF-16 code units
MAX_ALT_TEXT = 1500
MAX_QUICK_REPLIES = 13
MAX_LABEL = 20  # grapheme clusters
MAX_BUTTON_LABEL = 40
MAX_ACTION_TEXT = 300  # postback data and displayText, message action text
MAX_URI = 1000
MAX_BUBBLE = 30_000  # bytes of JSON
MAX_CAROUSEL = 50_000
MAX_BUBBLES = 12
MAX_PLACE = 100  # title and address of a location
MAX_SENDER = 20
URI_SCHEMES = frozenset({"http", "https", "tel", "line"})
COLOUR = regex.compile(r"#[0-9A-Fa-f]{6}([0-9A-Fa-f]{2})?")


def utf16_units(text: str) -> int:
    """Length as LINE counts a text message: a character outside the BMP counts 2."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def graphemes(text: str) -> int:
    """Length as LINE counts a label: what a person sees as one character counts 1."""
    return len(regex.findall(r"\X", text))


def check_messages(messages: list[Json]) -> Iterator[Problem]:
    """Everything that LINE would refuse in these message objects, which already have the right shape."""
    for index, message in enumerate(messages):
        path = f"messages[{index}]"
        yield from _check_kind(message, path)
        yield from _check_sender(message.get("sender") or {}, path)
        yield from _check_quick_reply(message.get("quickReply"), path)


def _check_kind(message: Json, path: str) -> Iterator[Problem]:
    match message["type"]:
        case "text" | "textV2":
            yield from _size(message["text"], MAX_TEXT, f"{path}.text", utf16_units)
        case "flex":
            yield from _size(message["altText"], MAX_ALT_TEXT, f"{path}.altText", utf16_units)
            yield from _check_flex(message["contents"], f"{path}.contents")
        case "template":
            yield from _size(message["altText"], MAX_ALT_TEXT, f"{path}.altText", utf16_units)
            yield from _check_tree(message["template"], f"{path}.template", MAX_LABEL)
        case "location":
            yield from _size(message["title"], MAX_PLACE, f"{path}.title", utf16_units)
            yield from _size(message["address"], MAX_PLACE, f"{path}.address", utf16_units)
        case "image" | "video" | "audio":
            if urlsplit(message["originalContentUrl"]).scheme != "https":
                yield Problem(property=f"{path}.originalContentUrl", message="must be an https URL")


def _check_sender(sender: Json, path: str) -> Iterator[Problem]:
    name = sender.get("name")
    if name is None:
        return
    yield from _size(name, MAX_SENDER, f"{path}.sender.name", graphemes)
    if "line" in name.lower().split():
        yield Problem(property=f"{path}.sender.name", message="may not use the word LINE")


def _check_quick_reply(quick_reply: Json | None, path: str) -> Iterator[Problem]:
    if quick_reply is None:
        return
    items = quick_reply.get("items") or []
    if not 1 <= len(items) <= MAX_QUICK_REPLIES:
        yield Problem(
            property=f"{path}.quickReply.items", message=f"size must be between 1 and {MAX_QUICK_REPLIES}"
        )
    for index, item in enumerate(items):
        here = f"{path}.quickReply.items[{index}].action"
        action = item.get("action") or {}
        if not action.get("label") and action.get("type") != "uri":
            yield Problem(property=f"{here}.label", message="must be specified")
        yield from check_action(action, here, MAX_LABEL)


def _check_flex(contents: Json, path: str) -> Iterator[Problem]:
    size = len(json.dumps(contents, ensure_ascii=False).encode())
    bubbles = contents["contents"] if contents["type"] == "carousel" else [contents]
    limit = MAX_CAROUSEL if contents["type"] == "carousel" else MAX_BUBBLE
    if size > limit:
        yield Problem(property=path, message=f"may have at most {limit} bytes")
    if not 1 <= len(bubbles) <= MAX_BUBBLES:
        yield Problem(property=f"{path}.contents", message=f"size must be between 1 and {MAX_BUBBLES}")
    yield from _check_tree(contents, path, MAX_BUTTON_LABEL)


def _check_tree(node: object, path: str, label: int) -> Iterator[Problem]:
    """Actions, colours and texts anywhere below `node`."""
    if isinstance(node, list):
        for index, child in enumerate(node):
            yield from _check_tree(child, f"{path}[{index}]", label)
    elif isinstance(node, dict):
        if node.get("type") in ("text", "span") and not node.get("contents") and not node.get("text"):
            yield Problem(property=f"{path}.text", message="must be non-empty text")
        for key, child in node.items():
            here = f"{path}.{key}"
            if key in ("action", "defaultAction") and isinstance(child, dict):
                yield from check_action(child, here, label)
            elif key == "actions" and isinstance(child, list):
                for index, action in enumerate(child):
                    yield from check_action(action, f"{here}[{index}]", label)
            elif key.lower().endswith("color") and not COLOUR.fullmatch(str(child)):
                yield Problem(property=here, message="must be #RRGGBB or #RRGGBBAA")
            else:
                yield from _check_tree(child, here, label)


def check_action(action: Json, path: str, label: int) -> Iterator[Problem]:
    if action.get("label"):
        yield from _size(action["label"], label, f"{path}.label", graphemes)
    match action.get("type"):
        case "message":
            yield from _size(action.get("text") or "", MAX_ACTION_TEXT, f"{path}.text", graphemes)
        case "postback":
            yield from _size(action.get("data") or "", MAX_ACTION_TEXT, f"{path}.data", utf16_units)
            if action.get("displayText") is not None:
                yield from _size(action["displayText"], MAX_ACTION_TEXT, f"{path}.displayText", graphemes)
        case "uri":
            uri = action.get("uri") or ""
            yield from _size(uri, MAX_URI, f"{path}.uri", utf16_units)
            if urlsplit(uri).scheme not in URI_SCHEMES:
                yield Problem(property=f"{path}.uri", message="invalid uri scheme")


def _size(text: str, limit: int, path: str, count: Callable[[str], int]) -> Iterator[Problem]:
    length = count(text)
    if not 1 <= length <= limit:
        yield Problem(property=path, message=f"length must be between 1 and {limit}, is {length}")
