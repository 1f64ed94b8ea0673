"""A ticket machine, the service as a process, and a phone: what docs/counter.md says, with curl."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from html import unescape

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from bot.simulator import SimulatorOptions, make_simulator
from core.clock import SystemClock
from tests.config.conftest import Madoguchi
from tests.config.test_server import SECRET, TOKEN, Line, serving

COUNTER = "civil-affairs"
PASSWORD = "a long secret"


async def new_machine(address: str) -> str:
    """Log in as an administrator and make a machine's token, as the page shows it once."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        async with browser.post(f"{address}/login", data={"name": "admin", "password": PASSWORD}) as answer:
            assert answer.status == 200
        async with browser.get(f"{address}/counters?ui=en") as answer:
            csrf = re.search(r'name="csrf-token" content="([^"]*)"', await answer.text())
        assert csrf is not None
        form = {"csrf_token": csrf[1], "name": "Machine 1"}
        async with browser.post(f"{address}/counters/{COUNTER}/machines?ui=en", data=form) as answer:
            token = re.search(r'<code class="token">([^<]*)</code>', await answer.text())
        assert token is not None
        return unescape(token[1])


async def curl(address: str, token: str, report: dict[str, object]) -> object:
    """Post a report as an operator would try it."""
    process = await asyncio.create_subprocess_exec(
        "curl",
        "--silent",
        "--header",
        f"Authorization: Bearer {token}",
        "--json",
        json.dumps(report),
        f"{address}/api/v1/counters/{COUNTER}",
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    return json.loads(out)


async def act(line: Line, who: str, action: dict[str, str]) -> None:
    async with line.http.post(f"{line.address}/simulator/api/users/{who}/send", json=action) as answer:
        assert (await answer.json())["webhook"]["status"] == 200


async def test_reading_that_is_posted_with_curl_reaches_the_phone(fresh: Madoguchi) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is missing; install it with `apt install curl`")
    assert fresh("users", "add", "admin", "--role", "admin", stdin=f"{PASSWORD}\n").code == 0
    options = SimulatorOptions(channel_secret=SECRET, access_token=TOKEN, monthly_quota=200)
    async with (
        TestServer(make_simulator(options, SystemClock())) as simulator,
        aiohttp.ClientSession() as http,
    ):
        line = Line(address=str(simulator.make_url("/")).rstrip("/"), http=http)
        maria = await line.resident("Maria")
        async with serving(fresh, line) as served:
            token = await new_machine(served.address)
            reading = {"called": 50, "waiting": 9, "open": True, "event": "0193-50"}
            assert await curl(served.address, token, reading) == {"result": "stored"}
            assert await curl(served.address, token, reading) == {"result": "repeated"}

            await act(line, maria, {"type": "postback", "data": "do=language&v=en"})
            await act(line, maria, {"type": "postback", "data": "do=privacy&v=agree"})
            assert (await line.say(maria, "Tell me when 57 is near at Civil Affairs"))[0] == 200
            await line.wait_for(maria, "before number 57")

            assert await curl(served.address, token, {**reading, "called": 54, "event": "0193-54"}) == {
                "result": "stored"
            }
            await line.wait_for(maria, "Your turn is near")
            called = {**reading, "called": 57, "waiting": 3, "event": "0193-57"}
            assert await curl(served.address, token, called) == {"result": "stored"}
            await line.wait_for(maria, "number 57 is called")
            assert await line.count_for_good(maria, "turn is near") == 1

            async with http.get(f"{served.address}/api/v1/counters") as answer:
                (shown,) = [one for one in (await answer.json())["counters"] if one["id"] == COUNTER]
            assert (shown["called"], shown["waiting"], shown["fresh"]) == (57, 3, True)
            async with http.get(f"{served.address}/metrics") as answer:
                metrics = await answer.text()
            # What is sent unasked counts; that is why the service keeps an eye on the month's messages.
            assert "line_quota_limit 200.0" in metrics
            refused = await curl(served.address, "not-a-token", reading)
            assert isinstance(refused, dict)
            assert refused["error"]["message"].startswith("This token may not speak for this counter")
