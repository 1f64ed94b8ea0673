"""People in the demo story, as they are on the network: a phone, a browser of staff, a viewer of captions."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from typing import Any, Self

import aiohttp

from config.demo.stage import PASSWORD

PATIENCE_S = 60.0
TRANSLATED_WITHIN_S = 30.0
_CSRF = re.compile(r'name="csrf-token" content="([^"]*)"')


class Phone:
    """A resident's phone, through the simulator's control API."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = url
        self._seen = 0
        self._texts: list[str] = []

    @classmethod
    async def add(cls, http: aiohttp.ClientSession, simulator: str, name: str, language: str) -> Self:
        """A new resident."""
        async with http.post(
            f"{simulator}/simulator/api/users", json={"name": name, "language": language}
        ) as answer:
            answer.raise_for_status()
            user = await answer.json()
        return cls(http, f"{simulator}/simulator/api/users/{user['id']}")

    async def send(self, action: dict[str, Any]) -> float:
        """Do something on the phone; gives how long the webhook took, in milliseconds."""
        async with self._http.post(f"{self._url}/send", json=action) as answer:
            return _webhook_ms(await answer.json())

    async def send_sample(self, name: str) -> float:
        """Send one of the simulator's recordings as a voice message."""
        return await self.send({"type": "audio", "sample": name})

    async def wait_for(self, words: str) -> str:
        """The first message from the city that contains `words`, now or later."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for text in self._texts:
                    if words in text:
                        return text
                await self._look()

    async def wait_for_any(self) -> str:
        """The next message from the city."""
        async with asyncio.timeout(PATIENCE_S):
            before = len(self._texts)
            while len(self._texts) == before:
                await self._look()
        return self._texts[-1]

    async def _look(self) -> None:
        query = {"after": str(self._seen), "wait": "10", "from": "bot"}
        async with self._http.get(f"{self._url}/messages", params=query) as answer:
            answer.raise_for_status()
            found = await answer.json()
        for message in found["messages"]:
            self._seen = max(self._seen, message["position"])
            self._texts.append(_words(message["message"]))


def _webhook_ms(answer: dict[str, Any]) -> float:
    """How long the bot took to answer the webhook. Raises RuntimeError if it did not take the event."""
    webhook = answer.get("webhook", {})
    if webhook.get("status") != 200:
        raise RuntimeError(f"The bot did not take the event: {webhook or answer}.")
    return float(webhook["ms"])


def _words(message: dict[str, Any]) -> str:
    """All text that a message shows, in reading order."""
    if message.get("type") == "text":
        return str(message["text"])
    found: list[str] = []

    def collect(value: Any) -> None:
        if isinstance(value, dict):
            if value.get("type") == "text":
                found.append(str(value.get("text", "")))
            for child in value.values():
                collect(child)
        elif isinstance(value, list):
            for child in value:
                collect(child)

    collect(message.get("contents"))
    return "\n".join(found)


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

    async def wait_until_translated(self) -> list[int]:
        """The segments, in order, when each is there in every language."""

        def complete() -> bool:
            seqs = {seq for _, seq in self._captions}
            return bool(seqs) and all((tag, seq) in self._captions for tag in self._languages for seq in seqs)

        async with asyncio.timeout(TRANSLATED_WITHIN_S), self._changed:
            await self._changed.wait_for(complete)
        return sorted({seq for _, seq in self._captions})

    async def wait_for_revision(self, language: str, seq: int, rev: int) -> dict[str, Any]:
        """The caption, when it has come to a revision."""
        async with asyncio.timeout(PATIENCE_S), self._changed:
            await self._changed.wait_for(lambda: self._captions[language, seq]["rev"] >= rev)
        return self._captions[language, seq]
