"""What staff do with relays."""

from __future__ import annotations

import datetime as dt

import pytest

from core.errors import Conflict, InvalidInput, NotFound
from tests.transcripts.relays.conftest import ANN, World
from transcripts.relays import store
from transcripts.relays.model import Health, Relay, health

NOW = dt.datetime(2026, 11, 2, 0, 30, tzinfo=dt.UTC)


async def changed(world: World, relay: Relay, **values: object) -> Relay:
    async with world.database.write() as connection:
        await store.change(connection, relay.id, **values)
    return await world.relay(relay)


async def test_new_relay_is_on_and_waits(any_world: World) -> None:
    meeting = await any_world.meeting("ja")
    relay = await any_world.add(meeting, "zoom", "ja")

    assert await any_world.service.of_meeting(meeting) == [relay]
    assert (relay.state, relay.number, relay.language) == ("on", 0, "ja")
    assert any_world.service.health(relay) == Health(level="waiting")


async def test_unknown_kind_language_and_meeting_are_refused(world: World) -> None:
    meeting = await world.meeting()
    url = world.url("zoom")
    with pytest.raises(InvalidInput, match="zoom, teams, youtube"):
        await world.service.add(meeting, kind="webex", language="en", url=url, account=ANN)
    with pytest.raises(InvalidInput, match="no captions in"):
        await world.service.add(meeting, kind="zoom", language="ja", url=url, account=ANN)
    with pytest.raises(NotFound):
        await world.service.add("none", kind="zoom", language="en", url=url, account=ANN)


async def test_one_url_serves_one_relay(any_world: World) -> None:
    first, second = await any_world.meeting(), await any_world.meeting()
    await any_world.add(first, "zoom")
    with pytest.raises(Conflict, match="in use"):
        await any_world.add(second, "zoom")

    other = await any_world.add(second, "teams")
    again = await any_world.service.replace_url(second, other.id, url=any_world.url("teams"), account=ANN)
    assert again.version == 2


async def test_meeting_has_a_limit_of_relays(world: World) -> None:
    meeting = await world.meeting()
    for number in range(8):
        url = f"{world.url('zoom')}{number}"
        await world.service.add(meeting, kind="zoom", language="en", url=url, account=ANN)

    with pytest.raises(Conflict, match="at most 8"):
        await world.add(meeting, "teams")


async def test_meeting_that_ended_gets_no_relay(world: World) -> None:
    meeting = await world.meeting()
    await world.meetings.end(meeting)

    with pytest.raises(Conflict, match="has ended"):
        await world.add(meeting, "zoom")


async def test_new_url_begins_with_number_one_again(world: World) -> None:
    meeting = await world.meeting()
    relay = await world.add(meeting, "zoom")
    await changed(world, relay, number=9, state="refused", trouble="url_expired", offset_s=3.0)

    fresh = await world.service.replace_url(meeting, relay.id, url=world.url("zoom") + "2", account=ANN)

    assert (fresh.number, fresh.state, fresh.trouble, fresh.offset_s) == (0, "on", None, 0.0)


async def test_relay_without_a_url_cannot_go_on(world: World) -> None:
    meeting = await world.meeting()
    relay = await world.add(meeting, "zoom")
    await changed(world, relay, url=None, url_digest=None, state="refused")

    with pytest.raises(Conflict, match="give a new one"):
        await world.service.move(meeting, relay.id, state="on", account=ANN)


async def test_refused_relay_may_be_tried_again_with_the_same_url(world: World) -> None:
    meeting = await world.meeting()
    relay = await world.add(meeting, "zoom")
    await changed(world, relay, number=4, state="refused", trouble="url_expired")

    again = await world.service.move(meeting, relay.id, state="on", account=ANN)

    assert (again.state, again.trouble, again.number) == ("on", None, 4)


async def test_removed_relay_is_gone_with_its_url(world: World) -> None:
    meeting = await world.meeting()
    relay = await world.add(meeting, "zoom")
    await world.service.remove(meeting, relay.id, account=ANN)

    assert await world.service.of_meeting(meeting) == []
    with pytest.raises(NotFound):
        await world.service.remove(meeting, relay.id, account=ANN)


async def test_health_in_every_state(world: World) -> None:
    relay = await world.add(await world.meeting(), "zoom")
    ok = await changed(world, relay, last_ok_at=NOW - dt.timedelta(seconds=3.9))
    troubled = await changed(world, relay, trouble="no_answer")
    refused = await changed(world, relay, state="refused", trouble="url_expired")
    paused = await changed(world, relay, state="paused", trouble=None)

    assert health(ok, NOW) == Health(level="ok", seconds=3)
    assert health(troubled, NOW) == Health(level="trouble", seconds=3, trouble="no_answer")
    assert health(refused, NOW) == Health(level="refused", seconds=3, trouble="url_expired")
    assert health(paused, NOW) == Health(level="paused", seconds=3)
    assert health(ok, NOW - dt.timedelta(seconds=60)).seconds == 0  # clocks of two machines differ
