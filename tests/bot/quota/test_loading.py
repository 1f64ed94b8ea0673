"""Showing that an answer is being prepared."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.line.webhook import INBOX
from tests.bot.conftest import Office


async def arrived() -> None:
    """Return when every sign that is on its way has arrived."""
    signs = [task for task in asyncio.all_tasks() if task.get_name() == "loading"]
    await asyncio.gather(*signs, return_exceptions=True)


async def shown(office: Office) -> list[Any]:
    """The seconds of every sign that reached LINE."""
    await arrived()
    return [call["facts"]["loading_s"] for call in await office.calls("loading")]


async def test_message_that_waited_shows_it_once(office: Office) -> None:
    await office.send("text", text="Olá")
    office.clock.advance(1.6)
    await office.work()
    assert await shown(office) == [20]


@pytest.mark.parametrize("seconds", [0.0, 1.5])
async def test_message_that_is_answered_in_time_shows_nothing(office: Office, seconds: float) -> None:
    await office.send("text", text="Olá")
    office.clock.advance(seconds)
    await office.work()
    assert await shown(office) == []


async def test_button_shows_nothing(office: Office) -> None:
    await office.send("postback", data="do=menu")
    office.clock.advance(60)
    await office.work()
    assert await shown(office) == []


async def test_nothing_is_shown_while_a_clerk_answers(office: Office) -> None:
    await office.ask_for_clerk("Onde jogo fora um sofá?")
    clerk = await office.clerk("ito")
    await office.service.requests.claim((await office.request()).id, clerk)
    await office.send("text", text="E uma cama?")
    office.clock.advance(60)
    await office.work()
    assert await shown(office) == []


@pytest.mark.parametrize("source", [{"type": "group", "groupId": "C1"}, {"type": "room", "roomId": "R1"}])
async def test_group_is_never_shown_it(office: Office, source: dict[str, str]) -> None:
    await office.raw(
        {
            "type": "message",
            "message": {"type": "text", "id": "468789577898262530", "text": "Olá", "quoteToken": "q"},
            "webhookEventId": "01FZ74A0TDDPYRVKNK77XKC3ZR",
            "deliveryContext": {"isRedelivery": False},
            "timestamp": 1692251666727,
            "source": {**source, "userId": office.user},
            "replyToken": "a-token",
            "mode": "active",
        }
    )
    office.clock.advance(60)
    await office.work()
    assert await shown(office) == []


@pytest.mark.parametrize("kind", ["error", "timeout", "rate", "quota", "unauthorised"])
async def test_trouble_with_it_troubles_nobody(office: Office, kind: str) -> None:
    await office.fault(kind, "loading")
    await office.send("text", text="Olá")
    office.clock.advance(2)
    await office.work()
    await arrived()
    assert len(await office.read()) >= 1
    assert await office.jobs(INBOX) == {"done": 1}
