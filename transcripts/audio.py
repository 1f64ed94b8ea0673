"""Audio in: whatever FFmpeg can read, made into 16 kHz mono samples within limits.

Decoding reads from memory only. The list of container formats leaves out playlists and every other format that
can name further files or addresses, and the list of protocols is empty but for memory, so an uploaded file
cannot make the service read a file or call an address.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from core.errors import Busy, TooLarge
from core.metrics import counter
from transcripts.errors import UnreadableAudio
from transcripts.recogniser import RATE, Samples

FORMATS = "aac,ac3,aiff,amr,asf,au,caf,flac,matroska,webm,mov,mp4,m4a,3gp,mp3,mpeg,mpegts,ogg,w64,wav"

REFUSED = counter("audio_refused", "Audio files refused, by the limit or fault", ["reason"])


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioLimits:
    """How much audio one caller may hand over at once."""

    bytes: int = 64 * 1024 * 1024
    seconds: float = 2 * 3600.0
    streams: int = 16  # streams of any kind inside the container


def decode(data: bytes, *, limits: AudioLimits) -> Samples:
    """The first audio stream of a file as 16 kHz mono samples. Blocking: see `AudioDecoder` for the event loop.

    Raises `TooLarge` when a limit is passed and `UnreadableAudio` when there is no audio to be had.
    """
    if len(data) > limits.bytes:
        raise _too_large(
            "bytes", f"This audio file is larger than {limits.bytes // 1024} KiB; send a shorter one."
        )
    try:
        pieces = list(_pieces(data, limits))
    except av.error.FFmpegError as error:
        raise _unreadable(
            "This file is not audio that can be read; send WAV, FLAC, MP3, M4A, OGG or WebM."
        ) from error
    samples = np.concatenate(pieces) if pieces else np.zeros(0, np.int16)
    if not len(samples):
        raise _unreadable("This audio file holds no sound; record it again.")
    return from_int16(samples)


def _pieces(data: bytes, limits: AudioLimits) -> Iterator[NDArray[np.int16]]:
    options = {"format_whitelist": FORMATS, "protocol_whitelist": "none"}
    with av.open(io.BytesIO(data), mode="r", metadata_errors="ignore", options=options) as container:
        if len(container.streams) > limits.streams:
            raise _too_large(
                "streams", f"This file has more than {limits.streams} streams; send the sound alone."
            )
        if not container.streams.audio:
            raise _unreadable("This file has no sound in it; send an audio file.")
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        room = int(limits.seconds * RATE)
        for frame in (*_frames(container), None):
            for out in resampler.resample(frame):
                piece = out.to_ndarray().reshape(-1).astype(np.int16, copy=False)
                room -= len(piece)
                if room < 0:
                    raise _too_large(
                        "seconds",
                        f"This audio is longer than {limits.seconds:.0f} seconds; cut it into parts.",
                    )
                yield piece


def _frames(container: Any) -> Iterator[Any]:
    """Frames until the end or, as long as something was heard, until the file breaks off."""
    heard = False
    try:
        for frame in container.decode(audio=0):
            heard = True
            yield frame
    except av.error.FFmpegError:
        if not heard:
            raise


def _too_large(reason: str, sentence: str) -> TooLarge:
    REFUSED.labels(reason).inc()
    return TooLarge(sentence)


def _unreadable(sentence: str) -> UnreadableAudio:
    REFUSED.labels("unreadable").inc()
    return UnreadableAudio(sentence)


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
