"""A meeting that goes on meanwhile: a speech at speaking speed, read along in two languages that it is not held in."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp

from benchmarks.captions.bench import CLOCK, SPEECH, NotMeasured
from benchmarks.chat.house import CLERK, House
from config.demo.speaker import BYTES_PER_S, PIECE_BYTES
from config.demo.stage import PASSWORD
from core.tasks import Tasks
from transcripts.audio import AudioLimits, decode, to_s16le

READ = ("ja", "pt-BR")
_CSRF = re.compile(r'name="csrf-token" content="([^"]*)"')


@dataclass(slots=True)
class Heard:
    """What the reader was shown: captions by language."""

    captions: Counter[str] = field(default_factory=Counter)


@asynccontextmanager
async def meeting_running(house: House) -> AsyncIterator[Heard]:
    """A meeting that speaks until the block is left. Raises NotMeasured."""
    meeting, token = await _create(house)
    heard, tasks, enough = Heard(), Tasks(), asyncio.Event()
    tasks.spawn("reader", _read(house, meeting, heard))
    speech = to_s16le(decode((SPEECH / "briefing.flac").read_bytes(), limits=AudioLimits()))
    speaking = tasks.spawn("speaker", _speak(house, meeting, token, speech, enough))
    try:
        async with asyncio.timeout(60):
            while not all(heard.captions[tag] for tag in READ):  # noqa: ASYNC110 -- the stream has no event for it
                await asyncio.sleep(0.1)
    except TimeoutError as error:
        raise NotMeasured("The meeting shows no translated captions.") from error
    try:
        yield heard
        if speaking.done():
            raise NotMeasured("The meeting ended before the questions did.")
    finally:
        enough.set()
        await asyncio.wait([speaking], timeout=10)
        await tasks.close()


async def _create(house: House) -> tuple[str, str]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        form = {"name": CLERK, "password": PASSWORD}
        async with browser.post(f"{house.address}/login", data=form) as answer:
            found = _CSRF.search(await answer.text())
        if found is None:
            raise NotMeasured("The clerk could not log in.")
        async with browser.post(
            f"{house.address}/api/v1/meetings",
            json={"title": "Measured", "language": "en", "languages": ["en", *READ]},
            headers={"X-CSRF-Token": found[1]},
        ) as answer:
            answer.raise_for_status()
            made = await answer.json()
    return made["id"], made["sender_token"]


async def _speak(house: House, meeting: str, token: str, speech: bytes, enough: asyncio.Event) -> None:
    """The speech again and again at speaking speed, until it is enough."""
    url = f"{house.address}/meetings/{meeting}/audio"
    async with house.http.ws_connect(url, headers={"Authorization": f"Bearer {token}"}) as socket:
        await socket.send_json({"type": "start", "sender": "benchmark"})
        ready = await socket.receive_json(timeout=30)
        if ready["type"] != "ready":
            raise NotMeasured(f"The meeting does not take sound: {ready.get('message')}")
        began, sent = CLOCK.monotonic(), 0
        while not enough.is_set():
            await asyncio.sleep(max(0.0, began + sent / BYTES_PER_S - CLOCK.monotonic()))
            at = sent % len(speech)
            await socket.send_bytes(speech[at : at + PIECE_BYTES])
            sent += len(speech[at : at + PIECE_BYTES])
            with contextlib.suppress(TimeoutError):
                await socket.receive(timeout=0.001)  # acknowledgements, so that they do not pile up
        await socket.send_json({"type": "end"})


async def _read(house: House, meeting: str, heard: Heard) -> None:
    url, query = f"{house.address}/meetings/{meeting}/captions", [("lang", tag) for tag in READ]
    timeout = aiohttp.ClientTimeout(total=None, sock_read=60)
    async with house.http.get(url, params=query, timeout=timeout) as answer:
        answer.raise_for_status()
        event = ""
        async for raw in answer.content:
            line = raw.decode().rstrip("\n")
            if line.startswith("event:"):
                event = line.removeprefix("event:").strip()
            elif line.startswith("data:") and event == "caption":
                heard.captions[json.loads(line.removeprefix("data:"))["lang"]] += 1
