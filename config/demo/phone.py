"""A resident's phone in the demo: what somebody writes and presses, through the simulator's control API."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self
from urllib.parse import unquote

import aiohttp

PATIENCE_S = 60.0
AGREE = "privacy&v=agree"  # the button under the notice of purpose


class Phone:
    """A resident's phone. Every wait raises TimeoutError after `PATIENCE_S`."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = url
        self._seen = 0
        self._texts: list[str] = []
        self._buttons: list[dict[str, Any]] = []  # of what came since the last own action, oldest first
        self._answered = True  # the city said something since then

    @classmethod
    async def add(cls, http: aiohttp.ClientSession, simulator: str, name: str, language: str) -> Self:
        """A new resident."""
        async with http.post(
            f"{simulator}/simulator/api/users", json={"name": name, "language": language}
        ) as answer:
            answer.raise_for_status()
            user = await answer.json()
        return cls(http, f"{simulator}/simulator/api/users/{user['id']}")

    @classmethod
    async def of(cls, http: aiohttp.ClientSession, simulator: str, name: str) -> Self:
        """Somebody of the simulator's scene, who keeps their id from start to start."""
        async with http.get(f"{simulator}/simulator/api/users") as answer:
            answer.raise_for_status()
            users = (await answer.json())["users"]
        user = next(user for user in users if user["name"] == name)
        return cls(http, f"{simulator}/simulator/api/users/{user['id']}")

    async def send(self, action: Mapping[str, Any]) -> float:
        """Do something on the phone; gives how long the webhook took, in milliseconds."""
        self._buttons, self._answered = [], False
        async with self._http.post(f"{self._url}/send", json=dict(action)) as answer:
            return _webhook_ms(await answer.json())

    async def write(self, text: str) -> float:
        """Send a text."""
        return await self.send({"type": "text", "text": text})

    async def send_sample(self, name: str) -> float:
        """Send one of the simulator's recordings as a voice message."""
        return await self.send({"type": "audio", "sample": name})

    async def join(self) -> None:
        """Add the account and agree to the notice of purpose."""
        await self.send({"type": "follow"})
        await self.tap(AGREE)
        await self.wait_for_answer()

    async def tap(self, part: str) -> str:
        """Press the first button whose data contains `part`, as soon as the city has shown one; gives its label."""
        async with asyncio.timeout(PATIENCE_S):
            while (button := next((one for one in self._buttons if part in _data(one)), None)) is None:
                await self._look()
        action = {"type": "postback", "data": button["data"], "displayText": button.get("displayText")}
        await self.send({key: value for key, value in action.items() if value})
        return str(button["label"])

    async def play(self, steps: Sequence[Mapping[str, Any]]) -> None:
        """One step after the other, each when the city has answered the one before: `{"tap": part}`, `{"say": text}` or
        `{"place": [latitude, longitude]}`."""
        for step in steps:
            if "tap" in step:
                await self.tap(step["tap"])
                continue
            await self.wait_for_answer()
            if "say" in step:
                await self.write(step["say"])
            else:
                latitude, longitude = step["place"]
                await self.send({"type": "location", "latitude": latitude, "longitude": longitude})
        await self.wait_for_answer()

    async def wait_for(self, words: str) -> str:
        """The first message from the city that contains `words`, now or later."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for text in self._texts:
                    if words in text:
                        return text
                await self._look()

    async def wait_for_answer(self) -> str:
        """The newest message from the city, once it has answered the last action."""
        async with asyncio.timeout(PATIENCE_S):
            while not self._answered:
                await self._look()
        return self._texts[-1] if self._texts else ""

    async def wait_for_push(self, *, after: str) -> str:
        """The newest message from the city, once it is another one than `after`."""
        async with asyncio.timeout(PATIENCE_S):
            while not self._texts or self._texts[-1] == after:
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
            self._buttons += _buttons(message["message"])
            self._answered = True


def _webhook_ms(answer: dict[str, Any]) -> float:
    """How long the bot took to answer the webhook. Raises RuntimeError if it did not take the event."""
    webhook = answer.get("webhook", {})
    if webhook.get("status") != 200:
        raise RuntimeError(f"The bot did not take the event: {webhook or answer}.")
    return float(webhook["ms"])


def _inside(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a message, in reading order."""
    if isinstance(value, dict):
        yield value
        for child in value.values():
            yield from _inside(child)
    elif isinstance(value, list):
        for child in value:
            yield from _inside(child)


def _words(message: dict[str, Any]) -> str:
    """All text that a message shows, in reading order."""
    if message.get("type") == "text":
        return str(message["text"])
    return "\n".join(
        str(one.get("text", "")) for one in _inside(message.get("contents")) if one.get("type") == "text"
    )


def _buttons(message: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in _inside(message) if one.get("type") == "postback"]


def _data(button: dict[str, Any]) -> str:
    return unquote(str(button["data"]))
