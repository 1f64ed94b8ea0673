"""Zoom's simulator on loopback, and what talks to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp.test_utils import TestServer

from core.clock import SystemClock
from tests.transcripts.conftest import LOCAL_STREAM, ZOOM_APP
from transcripts.rtms.simulator import RtmsSimulator

CREDENTIALS, LOCAL = ZOOM_APP, LOCAL_STREAM

Simulate = Callable[..., Awaitable[RtmsSimulator]]


@pytest.fixture
async def simulate() -> AsyncIterator[Simulate]:
    """Starts simulators."""
    running: list[tuple[RtmsSimulator, TestServer]] = []

    async def make(pcm: bytes, *, speed: float = 0.0, heartbeat_s: float = 1.0) -> RtmsSimulator:
        simulator = RtmsSimulator(SystemClock(), CREDENTIALS, pcm, speed=speed, heartbeat_s=heartbeat_s)
        server = TestServer(simulator.app(), host="127.0.0.1")
        await server.start_server()
        simulator.base = str(server.make_url("")).rstrip("/").replace("http", "ws")
        running.append((simulator, server))
        return simulator

    yield make
    for simulator, server in running:
        await simulator.close()
        await server.close()
