"""The peer WhisperLive: its own server in its own environment, with the same model, over its own protocol."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np

from benchmarks.captions.bench import CLOCK, Bench, NotMeasured
from benchmarks.captions.scores import Timeline
from core.tasks import Tasks
from transcripts.recogniser import RATE, Samples
from transcripts.recognisers.whisper import starter_folder

START = Path(__file__).with_name("start_whisper_live.py")
PIECE_S = 0.25  # as its own client sends
START_S = 60.0  # longest wait for the server
QUIET_S = 5.0  # after the end of the audio, nothing more is awaited when nothing came for so long …
MOST_QUIET_S = 30.0  # … or after this
OPTIONS = {
    "uid": "benchmark",
    "language": "en",
    "task": "transcribe",
    "model": "tiny.en",
    "use_vad": True,
    "send_last_n_segments": 500,
}


class Transcript:
    """What its messages say: segments that are complete, and the one that is not."""

    def __init__(self) -> None:
        self._complete: dict[str, str] = {}
        self._open = ""

    def take(self, segments: list[dict[str, Any]]) -> None:
        self._open = ""
        for segment in segments:
            if segment.get("completed"):
                self._complete[str(segment["start"])] = str(segment["text"]).strip()
            else:
                self._open = str(segment["text"]).strip()

    @property
    def stable(self) -> str:
        return " ".join(self._complete.values())

    @property
    def text(self) -> str:
        return " ".join(part for part in (self.stable, self._open) if part)


async def whisper_live(samples: Samples, bench: Bench) -> Timeline:
    """At speaking speed. Raises NotMeasured when there is no environment for it or its server does not start."""
    if bench.whisper_live is None:
        raise NotMeasured(
            "WhisperLive needs an environment of its own (docs/captions.md); name its Python with --whisper-live."
        )
    timeline, transcript, tasks = Timeline(), Transcript(), Tasks()
    async with (
        _server(bench.whisper_live, bench.scratch) as url,
        aiohttp.ClientSession() as session,
        session.ws_connect(url, max_msg_size=0) as connection,
    ):
        await connection.send_json(OPTIONS)
        async with asyncio.timeout(START_S):
            while "SERVER_READY" not in str((await connection.receive()).data):
                pass
        began, last, heard = CLOCK.monotonic(), 0.0, 0.0

        async def watch() -> None:
            nonlocal last, heard
            async for message in connection:
                if message.type is aiohttp.WSMsgType.TEXT and (
                    found := json.loads(message.data).get("segments")
                ):
                    before = transcript.text
                    transcript.take(found)
                    now = heard = CLOCK.monotonic() - began
                    timeline.partial(now, transcript.text, len(transcript.stable))
                    last = now if transcript.text != before else last

        watching = tasks.spawn("watch", watch())
        step = int(PIECE_S * RATE)
        for at in range(0, len(samples), step):
            piece = samples[at : at + step].astype(np.float32)
            await asyncio.sleep(max(0.0, began + (at + len(piece)) / RATE - CLOCK.monotonic()))
            await connection.send_bytes(piece.tobytes())
        # Its own client waits like this before it says that the audio has ended: what is open then is lost.
        ended = heard = CLOCK.monotonic() - began
        while CLOCK.monotonic() - began < min(heard + QUIET_S, ended + MOST_QUIET_S):  # noqa: ASYNC110 -- nothing is to come
            await asyncio.sleep(0.1)
        await connection.send_bytes(b"END_OF_AUDIO")
        await asyncio.wait({watching}, timeout=1.0)
    await tasks.close()
    timeline.segment(last, transcript.text)
    return timeline


@asynccontextmanager
async def _server(python: Path, home: Path) -> AsyncIterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"HOME": str(home), "OMP_NUM_THREADS": "1"}
    log = home / "whisper-live.log"
    process = await asyncio.create_subprocess_exec(
        python,
        START,
        str(port),
        starter_folder(),
        env=environment,
        stdout=log.open("wb"),
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        await _reachable(port, process)
        yield f"ws://127.0.0.1:{port}"
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _reachable(port: int, process: asyncio.subprocess.Process) -> None:
    until = CLOCK.monotonic() + START_S
    while CLOCK.monotonic() < until and process.returncode is None:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.5)
        else:
            writer.close()
            return
    raise NotMeasured("WhisperLive's server did not start in its environment.")
