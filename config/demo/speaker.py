"""Somebody who speaks into a meeting: streams a recording to its WebSocket at speaking speed."""

from __future__ import annotations

import asyncio

import aiohttp

from core.clock import Clock

PIECE_BYTES = 3200  # 100 ms of s16le at 16 kHz, as docs/protocol.md advises
BYTES_PER_S = 32_000


async def speak(
    http: aiohttp.ClientSession, service: str, meeting_id: str, token: str, pcm: bytes, clock: Clock
) -> int:
    """Stream `pcm` (s16le, 16 kHz, mono) at speaking speed; returns when every word is stored.

    Gives the number of samples that the service received. Raises RuntimeError if it refuses the audio.
    """
    url = f"{service}/meetings/{meeting_id}/audio"
    async with http.ws_connect(url, headers={"Authorization": f"Bearer {token}"}, heartbeat=20) as socket:
        await socket.send_json({"type": "start", "sender": "demo speaker"})
        ready = await socket.receive_json(timeout=30)
        if ready["type"] != "ready":
            raise RuntimeError(ready.get("message", "The meeting does not take audio."))
        listening = asyncio.get_running_loop().create_task(_until_ended(socket), name="demo acknowledgements")
        started = clock.monotonic()
        for at in range(0, len(pcm), PIECE_BYTES):
            due = started + at / BYTES_PER_S
            await asyncio.sleep(max(0.0, due - clock.monotonic()))
            await socket.send_bytes(pcm[at : at + PIECE_BYTES])
        await socket.send_json({"type": "end"})
        return await asyncio.wait_for(listening, timeout=60)


async def _until_ended(socket: aiohttp.ClientWebSocketResponse) -> int:
    async for message in socket:
        if message.type is not aiohttp.WSMsgType.TEXT:
            continue
        content = message.json()
        if content["type"] == "ended":
            return int(content["received_samples"])
        if content["type"] == "error":
            raise RuntimeError(content["message"])
    raise RuntimeError("The service closed the audio connection.")
