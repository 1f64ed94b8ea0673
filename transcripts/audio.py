"""Audio in: whatever FFmpeg can read, made into 16 kHz mono samples within limits.

Short recordings are decoded in this process, from memory; long files in a process of their own, piece by piece, so
that neither their length nor their faults are ours. `decoding` says what may be opened.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import Busy
from transcripts.decoding import REFUSED, AudioLimits, Outcome, command, pieces, refusal
from transcripts.recogniser import Samples

__all__ = [
    "AudioDecoder",
    "AudioLimits",
    "DecodedFile",
    "check_file",
    "decode",
    "from_int16",
    "from_s16le",
    "open_file",
    "to_s16le",
]

REPORT_LIMIT = 64 * 1024  # bytes of what a decoding process may say at its end
STALL_S = 60.0  # seconds without a sample after which a file counts as unreadable


def decode(data: bytes, *, limits: AudioLimits) -> Samples:
    """The first audio stream of a file as 16 kHz mono samples. Blocking: see `AudioDecoder` for the event loop.

    Raises `TooLarge` when a limit is passed and `UnreadableAudio` when there is no audio to be had.
    """
    if len(data) > limits.bytes:
        raise refusal("bytes", limits)
    pcm = b"".join(pieces(io.BytesIO(data), limits, Outcome()))
    if not pcm:
        raise refusal("empty", limits)
    return from_s16le(pcm)


class DecodedFile:
    """A file that is being decoded by a process of its own. It waits while nobody reads."""

    def __init__(self, process: asyncio.subprocess.Process, limits: AudioLimits, stall_s: float) -> None:
        self._process = process
        self._limits = limits
        self._stall_s = stall_s
        self._ended = False
        self.broken = False  # known when all was read: the file ends before it should

    async def read(self, samples: int) -> bytes:
        """The next `samples` samples as s16le; fewer only at the end, none after it.

        Raises as `decode`, also when the process takes longer or more than it may.
        """
        assert self._process.stdout is not None
        if self._ended:
            return b""
        try:
            async with asyncio.timeout(self._stall_s):
                return await self._process.stdout.readexactly(2 * samples)
        except asyncio.IncompleteReadError as end:
            await self._look_at_end()
            return end.partial
        except TimeoutError as error:
            raise refusal("slow", self._limits) from error

    async def _look_at_end(self) -> None:
        assert self._process.stderr is not None
        report = (await self._process.stderr.read(REPORT_LIMIT)).decode("utf-8", "replace")
        if await self._process.wait() != 0:  # killed for its memory or its time, or by a fault in a decoder
            raise refusal(
                "slow" if self._process.returncode == -signal.SIGXCPU else "unreadable", self._limits
            )
        told = json.loads(report.splitlines()[-1])
        if told["reason"]:
            raise refusal(told["reason"], self._limits)
        self._ended, self.broken = True, told["broken"]


@asynccontextmanager
async def open_file(
    path: Path, *, limits: AudioLimits, stall_s: float = STALL_S
) -> AsyncIterator[DecodedFile]:
    """Decode a file of any length. Raises `TooLarge` for one with too many bytes; `read` raises the rest."""
    if (await asyncio.to_thread(path.stat)).st_size > limits.bytes:
        raise refusal("bytes", limits)
    process = await asyncio.create_subprocess_exec(
        *command(path, limits),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PYTHONPATH": os.pathsep.join(sys.path), "OPENBLAS_NUM_THREADS": "1"},  # and none of our secrets
    )
    try:
        yield DecodedFile(process, limits, stall_s)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()  # `wait` alone never ends while a pipe holds what nobody read


async def check_file(path: Path, *, limits: AudioLimits) -> None:
    """Whether sound can be had from the file at all: its first second is decoded. Raises as `decode`."""
    async with open_file(path, limits=limits) as file:
        if not await file.read(16_000):
            raise refusal("empty", limits)


def from_int16(values: NDArray[np.int16]) -> Samples:
    """Integers of 16 bits as samples between -1 and 1."""
    return values.astype(np.float32) / np.float32(32768.0)


def from_s16le(pcm: bytes) -> Samples:
    """Raw little-endian 16-bit PCM as samples. An odd byte at the end is not a sample and is left out."""
    return from_int16(np.frombuffer(pcm, dtype="<i2", count=len(pcm) // 2).astype(np.int16))


def to_s16le(samples: Samples) -> bytes:
    """Samples as raw little-endian 16-bit PCM; what is louder than full scale is clipped."""
    scaled = np.clip(np.round(samples * 32768.0), -32768, 32767)
    return scaled.astype("<i2").tobytes()


class AudioDecoder:
    """Decodes files away from the event loop, a few at a time."""

    def __init__(self, *, limits: AudioLimits, workers: int = 1, waiting: int = 8) -> None:
        self._limits = limits
        self._waiting = waiting + workers  # files being decoded or waiting for it
        self._held = 0
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="audio-decode")

    async def decode(self, data: bytes) -> Samples:
        """As `decode`; raises `Busy` when too many files wait already."""
        if self._held >= self._waiting:
            REFUSED.labels("busy").inc()
            raise Busy("Too many audio files are being read; send this one again in a minute.")
        self._held += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, lambda: decode(data, limits=self._limits))
        finally:
            self._held -= 1

    async def close(self) -> None:
        """Finish the file being read and stop."""
        await asyncio.get_running_loop().run_in_executor(
            None, lambda: self._threads.shutdown(cancel_futures=True)
        )
