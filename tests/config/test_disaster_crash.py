"""A disaster with two hundred residents; the process is killed while it writes to them and while they answer."""

from __future__ import annotations

import asyncio
import csv
import io
import re
import signal
from collections.abc import Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from tests.config.conftest import Madoguchi
from tests.config.test_server import Line, line, serving  # noqa: F401 -- `line` is a fixture

RESIDENTS = 200
ASKED = "tell the city how you are"  # in the notice
CONSENT = "keep your answers"  # in the answer to "I am safe"
PLACE = "Where are you staying"  # in the answer to consent
ASKED_BEFORE = 20  # that have the notice when the process is killed
SETTINGS: dict[str, Any] = {"DISASTER__BATCH": "10", "DISASTER__PEOPLE_PER_S": "80"}
PASSWORD = "a long secret"


async def act(line: Line, who: str, **action: str) -> int:  # noqa: F811
    """Do something on a phone; gives the webhook's status."""
    async with line.http.post(f"{line.address}/simulator/api/users/{who}/send", json=action) as answer:
        return int((await answer.json())["webhook"]["status"])


async def press_all(line: Line, people: list[str], value: str) -> None:  # noqa: F811
    statuses = await asyncio.gather(
        *(act(line, who, type="postback", data=f"do=checkin&v={value}") for who in people)
    )
    assert set(statuses) == {200}


async def have(line: Line, people: Sequence[str], words: str, many: int = RESIDENTS) -> None:  # noqa: F811
    """Return when so many phones show `words`."""
    loop = asyncio.get_running_loop()
    waiting = [loop.create_task(line.wait_for(who, words)) for who in people]
    for count, shown in enumerate(asyncio.as_completed(waiting), 1):
        await shown
        if count == many:
            break
    for one in waiting:
        one.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


class Staff:
    """Somebody at the pages of disaster mode."""

    def __init__(self, browser: aiohttp.ClientSession, address: str) -> None:
        self._browser = browser
        self._address = address

    async def post(self, path: str, **form: str) -> tuple[str, str]:
        """Send a form of the pages; gives the address that it leads to, and its page."""
        page = await self.page("/disaster")
        token = re.search(r'name="csrf-token" content="([^"]*)"', page)
        assert token is not None
        data = {"csrf_token": token[1], **form}
        async with self._browser.post(f"{self._address}{path}", data=data) as answer:
            text = await answer.text()
            assert answer.status == 200, text
            return answer.url.path, text

    async def page(self, path: str) -> str:
        async with self._browser.get(f"{self._address}{path}") as answer:
            assert answer.status == 200
            return (await answer.read()).decode("utf-8")


@asynccontextmanager
async def staff_at(address: str) -> Any:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar, headers={"Accept": "text/html"}) as browser:
        form = {"name": "ito", "password": PASSWORD}
        async with browser.post(f"{address}/login", data=form) as answer:
            assert answer.status == 200
        yield Staff(browser, address)


async def test_killed_service_loses_and_doubles_nothing_for_two_hundred_residents(
    fresh: Madoguchi,
    line: Line,  # noqa: F811
) -> None:
    fresh("users", "add", "ito", "--role", "staff", stdin=f"{PASSWORD}\n")
    people = await asyncio.gather(*(line.resident(f"Resident {number}") for number in range(RESIDENTS)))

    async with serving(fresh, line, **SETTINGS) as served:
        assert set(await asyncio.gather(*(act(line, who, type="follow") for who in people))) == {200}
        await have(line, people, "I agree")
        async with staff_at(served.address) as staff:
            await staff.post("/disaster/start", kind="earthquake")
            path, page = await staff.post("/disaster/notices", template="check_in")
            version = re.search(r'name="version" value="(\d+)"', page)
            assert version is not None
            await staff.post(f"{path}/send", version=version[1])
        await have(line, people, ASKED, ASKED_BEFORE)
        await served.end(signal.SIGKILL)
    assert sum([await line.count(who, ASKED) for who in people]) < RESIDENTS  # it was killed in the middle

    async with serving(fresh, line, **SETTINGS) as served:
        await have(line, people, ASKED)
        await press_all(line, people, "safe:safe")
        await have(line, people, CONSENT, 20)
        await served.end(signal.SIGKILL)

    async with serving(fresh, line, **SETTINGS) as served:
        await have(line, people, CONSENT)
        await press_all(line, people, "consent:share:safe")
        await have(line, people, PLACE)
        async with staff_at(served.address) as staff:
            listed = list(csv.reader(io.StringIO(await staff.page("/disaster/people.csv?ui=en"))))
            counted = await staff.page(f"{path}/part?ui=en")
        await served.end(signal.SIGTERM)

    for words in (ASKED, CONSENT, PLACE):  # nothing more can come: nothing runs
        assert {await line.count(who, words) for who in people} == {1}, words
    assert sorted(row[0] for row in listed[1:]) == sorted(f"Resident {number}" for number in range(RESIDENTS))
    assert re.search(rf"\b{RESIDENTS}\b", counted)
