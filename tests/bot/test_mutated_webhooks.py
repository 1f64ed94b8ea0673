"""Webhooks as nobody would send them: read without a crash, and without harm to the events beside them.

`MUTATED_WEBHOOKS=10000` runs as many as the acceptance asks for.
"""

from __future__ import annotations

import copy
import json
import os
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.line.events import Incoming, event_id, parse, user_id, without_my_number
from tests.bot.conftest import Office
from tests.bot.test_events import EVENTS
from tests.bot.test_service import dead_letters, phrase

EXAMPLES = int(os.environ.get("MUTATED_WEBHOOKS", "1000"))
JUNKS: tuple[Any, ...] = (None, 7, [], "\ud800")  # None: the part is left out
KNOWN = {"message", "edited", "follow", "unfollow", "unsend", "postback", "account", "ignored"}
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("\ud800\x00"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths to everything in an event."""
    found = [path] if path else []
    if isinstance(value, dict):
        for key, inner in value.items():
            found += places(inner, (*path, key))
    return found


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """An event with up to four of its parts left out, replaced or taken from another event."""
    event = copy.deepcopy(draw(st.sampled_from(list(EVENTS.values()))))
    for _ in range(draw(st.integers(1, 4))):
        *way, last = draw(st.sampled_from(places(event) or [("type",)]))
        inner = event
        for key in way:
            inner = inner[key]
        match draw(st.sampled_from(["drop", "junk", "type"])):
            case "drop":
                inner.pop(last, None)
            case "junk":
                inner[last] = draw(JUNK)
            case "type":
                event["type"] = draw(st.sampled_from([one["type"] for one in EVENTS.values()]))
    return event


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(mutated() | JUNK)
def test_mutated_event_is_read_as_something_known(event: Any) -> None:
    kept, _ = without_my_number(event)
    stored = json.loads(json.dumps(kept))
    assert 1 <= len(event_id(event)) <= 71
    assert isinstance(user_id(event), str)
    if not isinstance(stored, dict):
        assert user_id(stored) == ""
    read = parse(stored)
    assert isinstance(read, Incoming)
    assert read.type in KNOWN
    json.dumps([read.text, read.data, read.line_message_id, read.quoted]).encode()
    "".join((read.text, read.data, read.user_id, read.quoted, *read.keywords)).encode()


def broken() -> list[Any]:
    """Every event with each of its parts left out or spoilt, each under an id of its own."""
    spoilt: list[Any] = []
    for event in EVENTS.values():
        for *way, last in places(event):
            for junk in JUNKS:
                changed = copy.deepcopy(event)
                inner = changed
                for key in way:
                    inner = inner[key]
                if junk is None:
                    del inner[last]
                else:
                    inner[last] = junk
                if isinstance(changed.get("webhookEventId"), str):
                    changed["webhookEventId"] = f"B{len(spoilt)}"
                spoilt.append(changed)
    return spoilt


async def test_broken_events_spoil_no_neighbour(office: Office) -> None:
    events = broken()[::12]
    for number, start in enumerate(range(0, len(events), 30)):
        hello = copy.deepcopy(EVENTS["text"])
        hello["source"]["userId"], hello["webhookEventId"] = office.user, f"GOOD{number}"
        hello["message"] = {"type": "text", "id": f"9{number}", "text": "Oi"}
        part = events[start : start + 30]
        await office.raw(*part[:15], hello, *part[15:])
    await office.work()
    answered = [one.text for one in await office.messages() if one.direction == "bot"]
    assert answered == [phrase(office, "smalltalk.hello")] * (number + 1)
    assert await dead_letters(office) == 0
