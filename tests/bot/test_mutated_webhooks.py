"""Webhooks as nobody would send them: read without a crash, and without harm to the events beside them.

10,000 webhooks go over HTTP, every tenth with a good event beside the mutated one. Working on what they hold takes
longer, so that is done for a part of them; `MUTATED_WORKED=10000 pytest --timeout 900` does it for all.
"""

from __future__ import annotations

import asyncio
import copy
import json
import os
import random
from collections.abc import Sequence
from typing import Any

import aiohttp
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import store
from bot.line.events import Incoming, event_id, parse, user_id, without_my_number
from bot.line.signature import sign
from bot.line.webhook import PATH
from tests.bot.conftest import SECRET, Office, event_rows
from tests.bot.test_events import EVENTS
from tests.bot.test_service import dead_letters, phrase

WEBHOOKS = 10_000
WORKED = int(os.environ.get("MUTATED_WORKED", "150"))
NEIGHBOUR_EVERY = 10
AT_ONCE = 40  # webhooks on their way
EXAMPLES = 1000  # of the property test, which looks for the strangest
JUNKS: tuple[Any, ...] = (None, 7, [], "\ud800")  # None: the part is left out
STRANGE: tuple[Any, ...] = (
    None, True, 0, -1, 2**70, 1.5, float("nan"), float("inf"), "", "x" * 6000, "\ud800\x00", [], [[]], {}, {"type": {}},
    "user", "text", "123456789018",
)  # fmt: skip
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


def mutate(chance: random.Random, number: int) -> Any:
    """An event with up to four of its parts left out, spoilt or exchanged, mostly under an id of its own."""
    event = copy.deepcopy(chance.choice(list(EVENTS.values())))
    for _ in range(chance.randint(1, 4)):
        *way, last = chance.choice(places(event) or [("type",)])
        inner = event
        for key in way:
            inner = inner[key]
        match chance.randrange(4):
            case 0:
                inner.pop(last, None)
            case 1:
                inner[last] = copy.deepcopy(chance.choice(STRANGE))
            case 2:
                inner[last] = copy.deepcopy(chance.choice(list(EVENTS.values())))
            case 3:
                event["type"] = chance.choice([one["type"] for one in EVENTS.values()])
    if isinstance(event.get("webhookEventId"), str) and chance.random() < 0.95:
        event["webhookEventId"] = f"M{number}"
    return event


def neighbour(office: Office, number: int) -> Any:
    """A good event under an id of its own."""
    hello = copy.deepcopy(EVENTS["text"])
    hello["source"]["userId"], hello["webhookEventId"] = office.user, f"GOOD{number}"
    hello["message"] = {"type": "text", "id": f"9{number}", "text": "Oi"}
    return hello


async def deliver(office: Office, bodies: Sequence[bytes], signatures: Sequence[str]) -> list[int]:
    """Post webhooks, many at once; gives their statuses."""
    gate, client = asyncio.Semaphore(AT_ONCE), aiohttp.ClientSession()

    async def post(body: bytes, signature: str) -> int:
        headers = {"x-line-signature": signature}
        async with gate, client.post(office.url(PATH), data=body, headers=headers) as answer:
            return answer.status

    async with client:
        return await asyncio.gather(*map(post, bodies, signatures))


async def test_ten_thousand_mutated_webhooks_are_taken_with_their_neighbours(office: Office) -> None:
    chance = random.Random(10_000)
    events = [[mutate(chance, number)] for number in range(WEBHOOKS)]
    for number in range(0, WEBHOOKS, NEIGHBOUR_EVERY):
        events[number].insert(chance.randint(0, 1), neighbour(office, number))
    bodies = [json.dumps({"destination": "U0", "events": each}).encode() for each in events]
    signatures = [sign(SECRET, body) for body in bodies]
    assert set(await deliver(office, bodies, signatures)) == {200}
    stored = {
        row["dedupe"]: json.loads(row["payload"]["event"]) for row in await event_rows(office.service.jobs)
    }
    for number in range(0, WEBHOOKS, NEIGHBOUR_EVERY):
        assert stored[f"GOOD{number}"] == neighbour(office, number)
    assert len(stored) > WEBHOOKS  # a mutation that is the same as another is one event
    assert {parse(event).type for event in stored.values()} == KNOWN


async def test_webhook_that_is_changed_on_its_way_is_refused(office: Office) -> None:
    chance = random.Random(1)
    events = [[mutate(chance, number), neighbour(office, number)] for number in range(200)]
    bodies = [json.dumps({"destination": "U0", "events": each}).encode() for each in events]
    changed = []
    for body in bodies:
        at = chance.randrange(len(body))
        changed.append(body[:at] + bytes([body[at] ^ 1 << chance.randrange(8)]) + body[at + 1 :])
    assert set(await deliver(office, changed, [sign(SECRET, body) for body in bodies])) == {403}
    assert await event_rows(office.service.jobs) == []


async def test_mutated_webhooks_are_worked_on_and_every_neighbour_is_answered(office: Office) -> None:
    chance, goods = random.Random(7), 0
    for number in range(WORKED):
        events = [mutate(chance, number)]
        if number % 15 == 0:
            events.insert(chance.randint(0, 1), neighbour(office, goods))
            goods += 1
        await deliver(office, [body := json.dumps({"events": events}).encode()], [sign(SECRET, body)])
        await office.work()
        office.clock.advance(30)
    async with office.database.read() as connection:
        resident = await store.find_resident(connection, office.user)
        assert resident is not None
        said = sa.select(store.messages.c.text).where(
            store.messages.c.direction == "bot", store.messages.c.resident_id == resident.id
        )
        answered = (await connection.execute(said)).scalars().all()
    assert answered == [phrase(office, "smalltalk.hello")] * goods
    assert await dead_letters(office) == 0


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
        part = events[start : start + 30]
        await office.raw(*part[:15], neighbour(office, number), *part[15:])
    await office.work()
    answered = [one.text for one in await office.messages() if one.direction == "bot"]
    assert answered == [phrase(office, "smalltalk.hello")] * (number + 1)
    assert await dead_letters(office) == 0
