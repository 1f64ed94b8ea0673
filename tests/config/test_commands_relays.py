"""`relay-simulator`, in this process."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest
from yarl import URL

from config.commands.relays import _simulate
from core.tasks import Tasks


async def test_simulator_prints_what_viewers_would_see(capsys: pytest.CaptureFixture[str]) -> None:
    tasks = Tasks()
    tasks.spawn("simulator", _simulate("zoom", 0))
    told = ""
    async with asyncio.timeout(10), aiohttp.ClientSession() as http:
        while "\n" not in told:
            await asyncio.sleep(0.01)
            told += capsys.readouterr().err
        url = told.partition(": ")[2].strip()
        for number in (1, 1, 2):
            address = URL(f"{url}&seq={number}&lang=en-US", encoded=True)
            headers = {"Content-Type": "text/plain; charset=utf-8"}
            async with http.post(address, data=f"Sentence {number}.", headers=headers) as answer:
                assert answer.status == 200
    await tasks.close()

    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {"number": 1, "text": "Sentence 1."},
        {"number": 2, "text": "Sentence 2."},
    ]
