"""Two processes on PostgreSQL and NATS: one answers HTTP, the other does the work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from bot.simulator import SimulatorOptions, make_simulator
from core.clock import SystemClock
from tests.config.conftest import Madoguchi
from tests.config.test_server import IN_ANSWER, QUESTION, SECRET, TOKEN, Line, serving
from tests.servers import free_port, nats_server, postgres_server

NEVER_S = "3600"  # a worker that gets no hint would look after this long


@pytest.fixture
def shared() -> Iterator[dict[str, str]]:
    with postgres_server() as database, nats_server() as bus:
        yield {"DATABASE_URL": database, "NATS_URL": bus, "WORK__POLL_S": NEVER_S}


@pytest.fixture
async def phones() -> AsyncIterator[Line]:
    options = SimulatorOptions(channel_secret=SECRET, access_token=TOKEN)
    async with (
        TestServer(make_simulator(options, SystemClock())) as server,
        aiohttp.ClientSession() as http,
    ):
        yield Line(address=str(server.make_url("/")).rstrip("/"), http=http)


async def test_question_taken_by_one_process_is_answered_by_another(
    fresh: Madoguchi, phones: Line, shared: dict[str, str]
) -> None:
    maria = await phones.resident("Maria")
    async with serving(fresh, phones, "--role", "worker", **shared) as worker:
        async with serving(fresh, phones, "--role", "web", **shared):
            assert (await phones.say(maria, QUESTION))[0] == 200
            await phones.wait_for(maria, IN_ANSWER)

        async with phones.http.get(f"{worker.address}/healthz") as health:
            assert health.status == 200
        async with phones.http.get(f"{worker.address}/desk") as desk:
            assert desk.status == 404


async def test_nats_server_that_is_not_there_is_one_clear_sentence(fresh: Madoguchi) -> None:
    answer = await asyncio.to_thread(
        fresh,
        "serve",
        NATS_URL=f"nats://127.0.0.1:{free_port()}",
        LINE__CHANNEL_SECRET=SECRET,
        LINE__CHANNEL_ACCESS_TOKEN=TOKEN,
        HTTP__PORT="0",
    )

    assert "MADOGUCHI_NATS_URL" in answer.refusal
