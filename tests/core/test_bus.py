from __future__ import annotations

import asyncio

from core.bus import LocalBus


async def test_hints_that_come_while_nobody_waits_melt_into_one() -> None:
    bus = LocalBus()
    with bus.subscribe("desk") as hint:
        for _ in range(5):
            bus.publish("desk")

        assert await hint.wait(0) is True
        assert await hint.wait(0) is False


async def test_waiting_reader_is_woken() -> None:
    bus = LocalBus()
    with bus.subscribe("desk") as hint:
        waiting = asyncio.get_running_loop().create_task(hint.wait(30))
        await asyncio.sleep(0)
        bus.publish("desk")

        assert await waiting is True


async def test_every_reader_has_a_hint_of_its_own() -> None:
    bus = LocalBus()
    with bus.subscribe("desk") as one, bus.subscribe("desk") as two:
        bus.publish("desk")

        assert [await one.wait(0), await two.wait(0)] == [True, True]


async def test_reader_that_left_gets_nothing_and_takes_nothing_from_others() -> None:
    bus = LocalBus()
    with bus.subscribe("desk") as stays:
        with bus.subscribe("desk") as leaves:
            pass
        bus.publish("desk")

        assert [await leaves.wait(0), await stays.wait(0)] == [False, True]


async def test_topics_are_forgotten_with_their_last_reader() -> None:
    bus = LocalBus()
    for number in range(100):
        with bus.subscribe(f"meeting {number}"):
            pass
        bus.publish(f"nobody {number}")

    assert len(bus._readers) == 0
