"""What goes on in the demo city by itself, so that no page is empty: menus under the chat, ticket machines at the
counters, bookings of neighbours, and a check-in of the neighbourhood as soon as staff start disaster mode.

All of it comes in where it would come in a real city: through LINE (the simulator) and through the HTTP API.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.counter.model import Counter
from bot.disaster.checkin import TOPIC
from config.demo.phone import Phone
from config.demo.stage import Stage
from config.menus import apply_menus, open_menus
from core.errors import AppError
from core.ids import new_id
from core.log import get_logger
from core.tasks import Tasks

log = get_logger(__name__)

MACHINE = "体験版の番号札発行機"
TICK_S = 20.0  # between two reports of a machine
EARLIER = 4  # reports from before the start, so that the wait is known at once
LOOK_EVERY_S = 30.0  # at least, for disaster mode
ARRIVE_S = 1.0  # between two neighbours

FAULTS = (AppError, aiohttp.ClientError, TimeoutError, RuntimeError, KeyError, StopIteration)


@dataclass(slots=True, kw_only=True)
class Queue:
    """What one ticket machine shows."""

    called: int
    waiting: int

    def move(self, dice: random.Random, wrap: int) -> None:
        """The next number is called, and people come."""
        if self.waiting:
            self.called = self.called % wrap + 1
            self.waiting -= 1
        self.waiting = min(self.waiting + dice.choice((0, 0, 1, 1, 2)), 30)


def liven(stage: Stage, scene: Mapping[str, Any], tasks: Tasks) -> None:
    """Begin all of it. `scene` is demo.toml; what it leaves out does not happen."""
    tasks.spawn("demo neighbourhood", _settle(stage, scene.get("bookings", [])))
    tasks.spawn("demo neighbours", _check_in(stage, scene.get("neighbours", [])))
    for machine in scene.get("machines", []):
        tasks.spawn("demo machine", _run_machine(stage, machine))


async def _settle(stage: Stage, bookings: Sequence[Mapping[str, Any]]) -> None:
    """The menus first: whoever comes then gets that of their language."""
    await _hang_menus(stage)
    await _book(stage, bookings)


async def _hang_menus(stage: Stage) -> None:
    settings = stage.service.settings
    try:
        async with open_menus(settings) as menus:
            await apply_menus(settings, menus, stage.service.database)
    except AppError as error:
        log.warning("demo_without_menus", reason=str(error))  # fonts are missing


async def _run_machine(stage: Stage, scene: Mapping[str, Any]) -> None:
    """Report as a ticket machine does, until the demo ends."""
    counters, clock = stage.service.counter.counters, stage.service.clock
    counter = counters.counter(scene["counter"])
    token = await machine_token(stage, counter)
    queue, dice = Queue(called=scene["called"], waiting=scene["waiting"]), random.Random(counter.id)
    async with aiohttp.ClientSession() as http:
        for number in range(EARLIER, 0, -1):
            earlier = clock.now() - dt.timedelta(seconds=TICK_S * 6 * number)
            await report(http, stage, counter, token, queue, at=earlier)
            queue.move(dice, counter.wrap)
        while True:
            try:
                await report(http, stage, counter, token, queue)
            except FAULTS as error:
                log.warning("demo_machine_refused", reason=str(error))
            queue.move(dice, counter.wrap)
            await asyncio.sleep(TICK_S * dice.choice((4, 6, 8)))


async def machine_token(stage: Stage, counter: Counter) -> str:
    """A token for the counter's machine; that of an earlier start, which nobody knows any more, ends."""
    counters = stage.service.counter.counters
    for machine in await counters.machines():
        if machine.counter == counter.id and machine.name == MACHINE:
            await counters.remove_machine(machine.id)
    _, token = await counters.add_machine(counter.id, MACHINE, by="demo")
    return token


async def report(
    http: aiohttp.ClientSession,
    stage: Stage,
    counter: Counter,
    token: str,
    queue: Queue,
    *,
    at: dt.datetime | None = None,
) -> str:
    """Say how a counter stands, as its machine does; gives what came of it."""
    moment = at or stage.service.clock.now()
    async with http.post(
        f"{stage.address}/api/v1/counters/{counter.id}",
        json={
            "called": queue.called,
            "waiting": queue.waiting,
            "open": True,
            "event": new_id(),
            "at": moment.isoformat(),
        },
        headers={"Authorization": f"Bearer {token}"},
    ) as answer:
        answer.raise_for_status()
        return str((await answer.json())["result"])


async def _book(stage: Stage, bookings: Sequence[Mapping[str, Any]]) -> None:
    """Neighbours fill in forms at the first start; later they only add the account again: the simulator forgot them."""
    booked = any(any(counts.values()) for _, counts in await stage.service.forms.desk.overview())
    async with aiohttp.ClientSession() as http:
        for booking in bookings:
            try:
                phone = await Phone.of(http, stage.simulator, booking["name"])
                if booked:
                    await phone.send({"type": "follow"})
                else:
                    await phone.join()
                    await phone.play(booking["steps"])
            except FAULTS as error:
                log.warning("demo_booking_failed", reason=f"{type(error).__name__}: {error}")


async def _check_in(stage: Stage, neighbours: Sequence[Mapping[str, Any]]) -> None:
    """Whenever staff start disaster mode, the neighbourhood says how it is."""
    desk, told = stage.service.disaster.desk, ""
    with stage.service.bus.subscribe(TOPIC) as hint:
        while True:
            found = await desk.situation()
            if found.active and found.disaster and found.disaster.id != told:
                told = found.disaster.id
                if not found.people:
                    await play_check_ins(stage, neighbours)
            await hint.wait(LOOK_EVERY_S)


async def play_check_ins(stage: Stage, neighbours: Sequence[Mapping[str, Any]]) -> None:
    """One after the other they write to the city, and answer what they are asked."""
    timeout = aiohttp.ClientTimeout(total=120)
    async with aiohttp.ClientSession(timeout=timeout) as http:

        async def one(number: int, neighbour: Mapping[str, Any]) -> None:
            await asyncio.sleep(number * ARRIVE_S)
            try:
                phone = await Phone.add(http, stage.simulator, neighbour["name"], neighbour["language"])
                await phone.join()
                await phone.play(neighbour["steps"])
            except FAULTS as error:
                log.warning("demo_check_in_failed", reason=f"{type(error).__name__}: {error}")

        await asyncio.gather(*(one(number, each) for number, each in enumerate(neighbours)))
