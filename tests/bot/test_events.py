"""LINE's events as values, whatever LINE sends."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.line.events import (
    ACCOUNT,
    IGNORED,
    KINDS,
    MAX_TEXT,
    READERS,
    Incoming,
    event_id,
    parse,
    user_id,
    without_my_number,
)
from bot.model import Place

USER = "U4af4980629b5bb0f4a1a3b0c0f0e0d0c"
COMMON = {
    "webhookEventId": "01H810YECXQQZ37VAXPF6H9E6T",
    "deliveryContext": {"isRedelivery": False},
    "timestamp": 1692251666727,
    "source": {"type": "user", "userId": USER},
    "mode": "active",
}


def event(kind: str, *, reply: bool = True, **parts: Any) -> dict[str, Any]:
    token = {"replyToken": "38ef843bde154d9b91c21320ffd17a0f"} if reply else {}
    return {"type": kind, **copy.deepcopy(COMMON), **token, **parts}


def message(kind: str, **parts: Any) -> dict[str, Any]:
    read = {"id": "468789577898262530", "type": kind, "markAsReadToken": "30yhdy232", **parts}
    return event("message", message=read)


MEDIA = {"contentProvider": {"type": "line"}}
EVENTS: dict[str, dict[str, Any]] = {
    "text": message("text", text="Onde jogo o lixo? 🍎", quoteToken="yHAz4Ua2wx7"),
    "text with an emoji": message(
        "text", text="(love)", emojis=[{"index": 0, "length": 6, "productId": "p", "emojiId": "001"}]
    ),
    "text that quotes": message("text", text="yes", quotedMessageId="468789532432007169"),
    "sticker": message(
        "sticker", packageId="446", stickerId="1988", stickerResourceType="ANIMATION", keywords=["cony"]
    ),
    "image": message("image", **MEDIA, imageSet={"id": "E005", "index": 1, "total": 2}),
    "video": message("video", duration=60000, **MEDIA),
    "audio": message("audio", duration=4740, **MEDIA),
    "file": message("file", fileName="file.txt", fileSize=2138),
    "location": message(
        "location", title="my location", address="1-3 Kioicho", latitude=35.67966, longitude=139.73669
    ),
    "new kind of message": message("hologram", depth=3),
    "unsend": event("unsend", reply=False, unsend={"messageId": "325708"}),
    "follow": event("follow", follow={"isUnblocked": False}),
    "unblock": event("follow", follow={"isUnblocked": True}),
    "old follow": event("follow"),
    "unfollow": event("unfollow", reply=False),
    "postback": event("postback", postback={"data": "do=article&v=moving-in"}),
    "postback with a date": event("postback", postback={"data": "do=x", "params": {"date": "2026-11-02"}}),
    "join": event("join", source={"type": "group", "groupId": "C1"}),
    "leave": event("leave", reply=False, source={"type": "room", "roomId": "R1"}),
    "member joined": event("memberJoined", joined={"members": [{"type": "user", "userId": USER}]}),
    "member left": event("memberLeft", reply=False, left={"members": []}),
    "video viewing complete": event("videoPlayComplete", videoPlayComplete={"trackingId": "t"}),
    "beacon": event("beacon", beacon={"hwid": "d41d8cd98f", "type": "enter"}),
    "account link": event("accountLink", link={"result": "ok", "nonce": "n"}),
    "membership": event("membership", membership={"type": "joined", "membershipId": 3189}),
    "edited": event("messageEdited", message={"id": "1", "type": "text", "text": "new"}),
    "module": event("module", reply=False, module={"type": "attached", "botId": "U0"}),
    "activated": event("activated", reply=False, chatControl={"expireAt": 1462629479859}),
    "deactivated": event("deactivated", reply=False),
    "suspended": {**event("botSuspended", reply=False), "source": {}},
    "resumed": {**event("botResumed", reply=False), "source": {}},
    "detached": event(
        "module", reply=False, module={"type": "detached", "botId": "U0", "reason": "bot_deleted"}
    ),
    "delivery": event("delivery", reply=False, delivery={"data": "15034552939884E28681A7D668CEA94C147C716C"}),
    "redelivered": {**message("text", text="hi"), "deliveryContext": {"isRedelivery": True}},
    "external image": message(
        "image", contentProvider={"type": "external", "originalContentUrl": "https://x"}
    ),
    "beacon banner": event("beacon", beacon={"hwid": "d41d8cd98f", "type": "banner", "dm": "00"}),
    "membership left": event("membership", membership={"type": "left", "membershipId": 3189}),
    "account link failed": event("accountLink", link={"result": "failed", "nonce": "n"}),
    "group message": event(
        "message",
        message={"type": "text", "id": "1", "text": "hi"},
        source={"type": "group", "groupId": "C1", "userId": USER},
    ),
    "standby": {**message("text", text="hi"), "mode": "standby"},
}
UNDERSTOOD = {
    "text": "message", "text with an emoji": "message", "text that quotes": "message", "sticker": "message",
    "image": "message", "video": "message", "audio": "message", "file": "message", "location": "message",
    "new kind of message": "message", "unsend": "unsend", "follow": "follow", "unblock": "follow",
    "old follow": "follow", "unfollow": "unfollow", "postback": "postback", "postback with a date": "postback",
    "edited": "edited", "suspended": "account", "resumed": "account", "redelivered": "message",
    "external image": "message",
}  # fmt: skip


@pytest.mark.parametrize("name", EVENTS)
def test_event_of_every_type_is_understood_or_ignored(name: str) -> None:
    assert parse(EVENTS[name]).type == UNDERSTOOD.get(name, "ignored")


# LINE's own description

DESCRIPTION = Path(__file__).parents[3] / "shared" / "reference" / "line-openapi" / "webhook.yml"


@cache
def schemas() -> dict[str, Any]:
    if not DESCRIPTION.is_file():
        pytest.skip("clone github.com/line/line-openapi to ../shared/reference/line-openapi to run this")
    described: dict[str, Any] = yaml.safe_load(DESCRIPTION.read_text(encoding="utf-8"))["components"][
        "schemas"
    ]
    return described


def described(schema: str) -> set[str]:
    """The types that a schema of the description may have."""
    return set(schemas()[schema]["discriminator"]["mapping"])


def test_every_event_type_that_line_describes_is_read_or_ignored_on_purpose() -> None:
    assert described("Event") | {"messageEdited"} == READERS.keys() | ACCOUNT.keys() | IGNORED.keys()


def test_no_event_type_is_both_read_and_ignored() -> None:
    assert len(READERS) + len(ACCOUNT) + len(IGNORED) == len(READERS.keys() | ACCOUNT.keys() | IGNORED.keys())


def test_every_event_type_that_line_describes_is_tried_here() -> None:
    assert described("Event") <= {one["type"] for one in EVENTS.values()}


def test_every_kind_of_message_that_line_describes_is_known_and_tried_here() -> None:
    tried = {one["message"]["type"] for one in EVENTS.values() if one["type"] == "message"}
    assert described("MessageContent") == KINDS
    assert tried >= KINDS


@pytest.mark.parametrize("name", EVENTS)
@pytest.mark.parametrize("kind", ["group", "room"])
def test_event_of_a_group_or_a_room_is_ignored(name: str, kind: str) -> None:
    assert {"group", "room"} == described("Source") - {"user"}
    of_group = {**EVENTS[name], "source": {"type": kind, f"{kind}Id": "C1", "userId": USER}}
    if of_group["type"] not in ACCOUNT:
        assert parse(of_group).type == "ignored"


@pytest.mark.parametrize("name", EVENTS)
def test_event_in_standby_is_ignored(name: str) -> None:
    assert set(schemas()["EventMode"]["enum"]) == {"active", "standby"}
    assert parse({**EVENTS[name], "mode": "standby"}).type == "ignored"


@pytest.mark.parametrize("name", EVENTS)
def test_event_that_is_delivered_again_reads_the_same(name: str) -> None:
    again = {**EVENTS[name], "deliveryContext": {"isRedelivery": True}}
    assert (parse(again), event_id(again)) == (parse(EVENTS[name]), event_id(EVENTS[name]))


def test_suspended_account_is_nobodys_event() -> None:
    assert parse(EVENTS["suspended"]) == Incoming(type="account", user_id="", state="suspended")
    assert parse(EVENTS["resumed"]).state == "resumed"


@pytest.mark.parametrize("name", EVENTS)
def test_event_reads_the_same_after_a_way_through_json(name: str) -> None:
    assert parse(json.loads(json.dumps(EVENTS[name]))) == parse(EVENTS[name])


@pytest.mark.parametrize("name", EVENTS)
def test_properties_that_line_adds_later_change_nothing(name: str) -> None:
    more = copy.deepcopy(EVENTS[name]) | {"newProperty": {"deep": [1]}}
    more["source"]["newProperty"] = 1
    assert parse(more) == parse(EVENTS[name])


def test_text_message_is_read_whole() -> None:
    assert parse(EVENTS["text"]) == Incoming(
        type="message",
        user_id=USER,
        kind="text",
        reply_token="38ef843bde154d9b91c21320ffd17a0f",
        line_message_id="468789577898262530",
        text="Onde jogo o lixo? 🍎",
        quote_token="yHAz4Ua2wx7",
    )


def test_other_messages_keep_what_they_are() -> None:
    kinds = {name: parse(EVENTS[name]).kind for name in ("sticker", "image", "file", "new kind of message")}
    assert kinds == {"sticker": "sticker", "image": "image", "file": "file", "new kind of message": "other"}


def test_audio_has_its_length_and_location_its_place() -> None:
    assert parse(EVENTS["audio"]).duration_ms == 4740
    assert parse(EVENTS["location"]).place == Place(latitude=35.67966, longitude=139.73669)


@pytest.mark.parametrize("duration", [None, -1, "5", True, float("nan"), float("inf"), 1e12, []])
def test_odd_length_of_a_voice_message_counts_as_unknown(duration: Any) -> None:
    assert parse(message("audio", duration=duration)).duration_ms == int(duration is True)


@pytest.mark.parametrize("latitude", [None, 91, -91, "35", True, float("nan"), float("inf"), [], 10**400])
def test_place_that_is_not_on_earth_is_another_kind_of_message(latitude: Any) -> None:
    read = parse(message("location", latitude=latitude, longitude=139.7))
    assert (read.kind, read.place) == ("other", None)


def test_follow_says_whether_it_is_an_unblocking() -> None:
    assert not parse(EVENTS["follow"]).unblocked
    assert not parse(EVENTS["old follow"]).unblocked
    assert parse(EVENTS["unblock"]).unblocked


def test_unsend_names_the_message() -> None:
    assert parse(EVENTS["unsend"]).line_message_id == "325708"


def test_text_over_the_limit_is_cut() -> None:
    assert len(parse(message("text", text="x" * (MAX_TEXT + 1))).text) == MAX_TEXT


def test_characters_that_no_database_holds_are_left_out() -> None:
    assert parse(message("text", text="a\x00b\ud800c")).text == "abc"


# Ids


def test_id_of_an_event_is_line_s() -> None:
    assert event_id(EVENTS["text"]) == "01H810YECXQQZ37VAXPF6H9E6T"


@pytest.mark.parametrize("given_id", [None, "", 5, "x" * 65, "\ud800", "a b", "é", []])
def test_event_without_a_usable_id_is_known_by_its_content(given_id: Any) -> None:
    odd = {**EVENTS["text"], "webhookEventId": given_id}
    other = {**odd, "timestamp": 1}
    assert event_id(odd).startswith("sha256:")
    assert event_id(odd) == event_id(dict(reversed(odd.items())))
    assert event_id(odd) != event_id(other)
    assert len(event_id(odd)) <= 80


@pytest.mark.parametrize("source", [None, {}, "U1", {"type": "user"}, {"type": "user", "userId": 5}])
def test_event_of_nobody_is_ignored(source: Any) -> None:
    assert user_id({"source": source}) == ""
    assert parse({**EVENTS["text"], "source": source}).type == "ignored"


# My Number


def test_event_without_a_my_number_is_the_same_object() -> None:
    assert without_my_number(EVENTS["text"]) == (EVENTS["text"], False)


def test_my_number_is_masked_in_a_copy() -> None:
    written = message("text", text="é 1234 5678 9018!")
    masked, found = without_my_number(written)
    assert (masked["message"]["text"], found) == ("é **** **** ****!", True)
    assert written["message"]["text"] == "é 1234 5678 9018!"
    assert {**masked, "message": None} == {**written, "message": None}


@pytest.mark.parametrize("odd", [None, 5, [], {}, {"message": 5}, {"message": {"text": 5}}])
def test_masking_leaves_odd_events_alone(odd: Any) -> None:
    assert without_my_number(odd) == (odd, False)


# Anything

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(json_values)
def test_any_json_is_read_without_an_error(value: Any) -> None:
    assert isinstance(parse(value), Incoming)
    assert 0 < len(event_id(value)) <= 80
    without_my_number(value)


@settings(max_examples=300)
@given(st.sampled_from(sorted(EVENTS)), st.data())
def test_event_with_a_part_replaced_by_anything_is_read_without_an_error(name: str, data: Any) -> None:
    changed = copy.deepcopy(EVENTS[name])
    where: Any = changed
    while True:
        key = data.draw(st.sampled_from(sorted(where)))
        if not isinstance(where[key], dict) or not where[key] or data.draw(st.booleans()):
            break
        where = where[key]
    where[key] = data.draw(json_values)
    read = parse(changed)
    assert isinstance(read, Incoming)
    assert len(read.user_id) <= 64
    assert len(read.line_message_id) <= 64
    read.text.encode()
    read.user_id.encode()
