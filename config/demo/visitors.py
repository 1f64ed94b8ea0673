"""People in the demo story, as they are on the network: a browser of staff, a viewer of captions."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from typing import Any, Self

import aiohttp

from config.demo.phone import PATIENCE_S
from config.demo.stage import PASSWORD

TRANSLATED_WITHIN_S = 30.0
_BOOKING = re.compile(r'href="(/desk/bookings/[^"]+)"')
_VERSION = re.compile(r'name="version" value="([0-9]+)"')
_CSRF = re.compile(r'name="csrf-token" content="([^"]*)"')


class Account:
    """A browser in which somebody has logged in."""

    def __init__(self, http: aiohttp.ClientSession, address: str, csrf: str) -> None:
        self._http = http
        self._address = address
        self._csrf = csrf

    @classmethod
    async def log_in(cls, address: str, name: str) -> Self:
        """Fill in the login form."""
        http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        async with http.post(f"{address}/login", data={"name": name, "password": PASSWORD}) as answer:
            page = await answer.text()
            found = _CSRF.search(page)
        if answer.status != 200 or found is None or not found[1]:
            await http.close()
            raise RuntimeError(f"{name} could not log in.")
        return cls(http, address, found[1])

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._http.close()

    async def find_request(self, name: str) -> dict[str, Any]:
        """The waiting request of a resident."""
        async with self._http.get(f"{self._address}/api/v1/requests") as answer:
            answer.raise_for_status()
            rows = (await answer.json())["requests"]
        return next(row for row in rows if row["name"] == name)

    async def japanese_of(self, request_id: str) -> str:
        """What the resident asked, in Japanese, as soon as it is translated."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                async with self._http.get(f"{self._address}/api/v1/requests/{request_id}") as answer:
                    opened = await answer.json()
                asked = [one for one in opened["messages"] if one["direction"] == "resident"]
                if asked and (japanese := asked[0]["japanese"]):
                    return str(japanese)
                await asyncio.sleep(0.2)

    async def preview(self, request_id: str, text: str) -> dict[str, Any]:
        """What the resident would read."""
        async with self._http.post(
            f"{self._address}/api/v1/requests/{request_id}/preview",
            json={"text": text},
            headers={"X-CSRF-Token": self._csrf},
        ) as answer:
            answer.raise_for_status()
            preview: dict[str, Any] = await answer.json()
            return preview

    async def press(self, request_id: str, button: str, **fields: str) -> None:
        """Send one of the desk's forms."""
        async with self._http.post(
            f"{self._address}/desk/requests/{request_id}/{button}", data={"csrf_token": self._csrf, **fields}
        ) as answer:
            answer.raise_for_status()

    async def settle(self, form_id: str, state: str) -> None:
        """Bring the newest booking of a form into a state, as its page does."""
        async with self._http.get(f"{self._address}/desk/forms/{form_id}") as answer:
            answer.raise_for_status()
            found = _BOOKING.search(await answer.text())
        if found is None:
            raise RuntimeError(f"No booking of {form_id} is shown at the desk.")
        async with self._http.get(f"{self._address}{found[1]}") as answer:
            answer.raise_for_status()
            version = _VERSION.search(await answer.text())
        fields = {"csrf_token": self._csrf, "state": state, "version": version[1] if version else ""}
        async with self._http.post(f"{self._address}{found[1]}", data=fields) as answer:
            answer.raise_for_status()

    async def correct(self, meeting_id: str, seq: int, language: str, text: str, *, rev: int) -> None:
        """Correct a caption."""
        async with self._http.put(
            f"{self._address}/api/v1/meetings/{meeting_id}/captions/{seq}",
            json={"lang": language, "text": text, "rev": rev},
            headers={"X-CSRF-Token": self._csrf},
        ) as answer:
            answer.raise_for_status()


class Viewer:
    """Somebody who reads captions as they come."""

    def __init__(self, http: aiohttp.ClientSession, meeting: str, languages: Sequence[str]) -> None:
        self._http = http
        self._url = f"{meeting}/captions"
        self._languages = languages
        self._captions: dict[tuple[str, int], dict[str, Any]] = {}
        self._changed = asyncio.Condition()
        self._reading: asyncio.Task[None] | None = None
        self._connected = asyncio.Event()

    async def open(self) -> None:
        """Begin to read."""
        self._reading = asyncio.get_running_loop().create_task(self._read(), name="demo viewer")
        await asyncio.wait_for(self._connected.wait(), PATIENCE_S)

    async def close(self) -> None:
        """Stop reading."""
        if self._reading is not None:
            self._reading.cancel()

    async def _read(self) -> None:
        query = [("lang", tag) for tag in self._languages]
        timeout = aiohttp.ClientTimeout(total=None, sock_read=60)
        async with self._http.get(self._url, params=query, timeout=timeout) as answer:
            answer.raise_for_status()
            self._connected.set()
            event = ""
            async for raw in answer.content:
                line = raw.decode().rstrip("\n")
                if line.startswith("event:"):
                    event = line.removeprefix("event:").strip()
                elif line.startswith("data:") and event == "caption":
                    caption = json.loads(line.removeprefix("data:"))
                    async with self._changed:
                        self._captions[caption["lang"], caption["seq"]] = caption
                        self._changed.notify_all()

    def caption(self, language: str, seq: int) -> dict[str, Any]:
        """The caption as shown now."""
        return self._captions[language, seq]

    def text(self, language: str, seq: int) -> str:
        """Its text."""
        return str(self.caption(language, seq)["text"])

    def first(self) -> int:
        """The number of the first segment."""
        return min(seq for _, seq in self._captions)

    async def wait_until_translated(self, count: int) -> list[int]:
        """The segments, in order, when `count` of them are there and each in every language."""

        def complete() -> bool:
            seqs = {seq for _, seq in self._captions}
            translated = all((tag, seq) in self._captions for tag in self._languages for seq in seqs)
            return len(seqs) >= count and translated

        async with asyncio.timeout(TRANSLATED_WITHIN_S), self._changed:
            await self._changed.wait_for(complete)
        return sorted({seq for _, seq in self._captions})

    async def wait_for_revision(self, language: str, seq: int, rev: int) -> dict[str, Any]:
        """The caption, when it has come to a revision."""
        async with asyncio.timeout(PATIENCE_S), self._changed:
            await self._changed.wait_for(lambda: self._captions[language, seq]["rev"] >= rev)
        return self._captions[language, seq]
