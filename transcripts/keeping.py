"""The sound of a meeting, kept for its review room where the meeting says so, and deleted when its time is over.

Samples go into files of five minutes each, at the place that their number says. So a write that is repeated changes
nothing, sound that never arrived is silence, and a process that is killed loses nothing of what it had written: the
length of the last file says how far the sound goes. Nothing here stops a meeting: when there is no room left on the
disk, captions go on without the sound, and staff are told.
"""

from __future__ import annotations

import asyncio
import errno
import os
import re
import shutil
import struct
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from core.clock import Clock
from core.errors import AppError
from core.log import get_logger
from core.metrics import counter, gauge
from transcripts.model import Meeting
from transcripts.recogniser import RATE

log = get_logger(__name__)

Trouble = Literal["disk_full", "disk_limit", "write_failed"]

KEPT = counter("kept_audio_seconds", "Seconds of meetings' sound written to disk")
STOPPED = counter("kept_audio_stopped", "Times that a meeting's sound could not be kept", ["reason"])
DELETED = counter("kept_audio_deleted", "Meetings whose sound was deleted")
BYTES = gauge("kept_audio_bytes", "Bytes that the kept sound of all meetings takes")

SAMPLE_BYTES = 2  # signed 16-bit little-endian, mono
WAV_HEAD = 44  # bytes
WAV_LIMIT = 2**32 - 1 - WAV_HEAD  # bytes of sound that a WAV file can describe (37 hours)
PIECE = 64 * 1024  # bytes that are read at once
T = TypeVar("T")
_ID = re.compile(r"[A-Za-z0-9-]{1,36}")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepingOptions:
    """Limits of the kept sound. An hour takes 110 MiB."""

    file_s: int = 300  # seconds of sound in one file
    limit_mb: int = 20_000  # MiB of all meetings together
    reserve_mb: int = 500  # MiB that stay free on the disk
    look_s: float = 30.0  # seconds between looks at the plan of a meeting and at the disk


@dataclass(slots=True)
class _Keeping:
    """A meeting whose sound comes in."""

    wanted: bool = False
    trouble: Trouble | None = None
    looked_at: float | None = None  # monotonic seconds


class Keeper:
    """The kept sound of all meetings. Close it in the end."""

    def __init__(
        self,
        folder: Path,
        *,
        meeting: Callable[[str], Awaitable[Meeting]],
        note_trouble: Callable[[str, str | None], Awaitable[None]],
        clock: Clock,
        options: KeepingOptions | None = None,
    ) -> None:
        """`meeting` tells what is planned, `note_trouble` writes down why a meeting's sound is not kept any more."""
        self.options = options or KeepingOptions()
        self._folder = folder
        self._meeting = meeting
        self._note_trouble = note_trouble
        self._clock = clock
        self._keeping: dict[str, _Keeping] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="kept-sound")

    async def append(self, meeting_id: str, first_sample: int, pcm: bytes) -> None:
        """Keep samples (s16le, 16 kHz, mono), of which the first has the number `first_sample`, if the meeting's sound
        is kept at all. They are on disk when this returns. Raises nothing for want of room or for a faulty disk."""
        keeping = self._keeping.setdefault(meeting_id, _Keeping())
        tick = self._clock.monotonic()
        if keeping.looked_at is None or tick - keeping.looked_at >= self.options.look_s:
            keeping.looked_at = tick
            await self._look(meeting_id, keeping)
        if not keeping.wanted or keeping.trouble is not None:
            return
        try:
            await self._in_thread(self._write, meeting_id, first_sample, pcm)
            KEPT.inc(len(pcm) / SAMPLE_BYTES / RATE)
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            await self._stop(meeting_id, keeping, "disk_full" if full else "write_failed")

    async def _look(self, meeting_id: str, keeping: _Keeping) -> None:
        try:
            keeping.wanted = (await self._meeting(meeting_id)).audio_days > 0
        except AppError:
            keeping.wanted = False
        if not keeping.wanted:
            return
        trouble = await self._in_thread(self._room)
        if trouble is not None:
            await self._stop(meeting_id, keeping, trouble)
        elif keeping.trouble is not None:
            keeping.trouble = None
            log.info("sound_kept_again", meeting=meeting_id)
            await self._note_trouble(meeting_id, None)

    async def _stop(self, meeting_id: str, keeping: _Keeping, trouble: Trouble) -> None:
        if keeping.trouble is None:
            STOPPED.labels(trouble).inc()
            log.error("sound_not_kept", meeting=meeting_id, reason=trouble)
            await self._note_trouble(meeting_id, trouble)
        keeping.trouble = trouble

    def _room(self) -> Trouble | None:
        """Why nothing more may be written."""
        self._folder.mkdir(parents=True, exist_ok=True)
        taken = sum(file.stat().st_size for file in self._folder.glob("*/*.s16le"))
        BYTES.set(taken)
        if taken >= self.options.limit_mb * 2**20:
            return "disk_limit"
        return "disk_full" if shutil.disk_usage(self._folder).free < self.options.reserve_mb * 2**20 else None

    def _write(self, meeting_id: str, first_sample: int, pcm: bytes) -> None:
        folder = self._place(meeting_id)
        folder.mkdir(parents=True, exist_ok=True)
        whole = self.options.file_s * RATE * SAMPLE_BYTES
        at, data = first_sample * SAMPLE_BYTES, memoryview(pcm)
        while data:
            number, offset = divmod(at, whole)
            part = data[: whole - offset]
            target = os.open(folder / f"{number:06}.s16le", os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                done = os.pwrite(target, part, offset)
            finally:
                os.close(target)
            at += done
            data = data[done:]

    def forget(self, meeting_id: str) -> None:
        """The meeting's sound has ended, or its plan changed: look again with the next samples."""
        self._keeping.pop(meeting_id, None)

    # Reading

    async def samples(self, meeting_id: str) -> int:
        """How many samples are kept, counted from the beginning of the meeting's audio; 0: none."""
        return await asyncio.to_thread(self._samples, meeting_id)

    def _samples(self, meeting_id: str) -> int:
        files = sorted(self._place(meeting_id).glob("*.s16le"))
        if not files:
            return 0
        return int(files[-1].stem) * self.options.file_s * RATE + files[-1].stat().st_size // SAMPLE_BYTES

    async def wav(self, meeting_id: str, samples: int, start: int, stop: int) -> bytes:
        """Bytes `start` to `stop` of the kept sound as a WAV file of so many samples. Ask for `PIECE` at most."""
        return await asyncio.to_thread(self._wav, meeting_id, samples, start, stop)

    def _wav(self, meeting_id: str, samples: int, start: int, stop: int) -> bytes:
        head = wav_head(samples)[start:stop] if start < WAV_HEAD else b""
        begin, end = max(start - WAV_HEAD, 0), max(stop - WAV_HEAD, 0)
        return head + b"".join(self._pieces(meeting_id, begin, end))

    def _pieces(self, meeting_id: str, begin: int, end: int) -> Iterator[bytes]:
        whole = self.options.file_s * RATE * SAMPLE_BYTES
        while begin < end:
            number, offset = divmod(begin, whole)
            wanted = min(end - begin, whole - offset)
            found = b""
            file = self._place(meeting_id) / f"{number:06}.s16le"
            if file.exists():
                with file.open("rb") as source:
                    source.seek(offset)
                    found = source.read(wanted)
            yield found + bytes(wanted - len(found))
            begin += wanted

    # Deleting

    async def delete(self, meeting_id: str) -> bool:
        """Delete the sound of a meeting for good; False when there was none. Raises OSError."""
        gone = await self._in_thread(self._delete, meeting_id)
        self.forget(meeting_id)
        if gone:
            DELETED.inc()
            log.info("sound_deleted", meeting=meeting_id)
        return gone

    def _delete(self, meeting_id: str) -> bool:
        folder = self._place(meeting_id)
        if not folder.exists():
            return False
        shutil.rmtree(folder)
        return True

    async def meetings(self) -> list[str]:
        """The meetings of which there is sound."""

        def look() -> list[str]:
            found = self._folder.iterdir() if self._folder.exists() else ()
            return sorted(one.name for one in found if one.is_dir() and _ID.fullmatch(one.name))

        return await asyncio.to_thread(look)

    def _place(self, meeting_id: str) -> Path:
        if not _ID.fullmatch(meeting_id):
            raise ValueError("no meeting has such an id")
        return self._folder / meeting_id

    async def _in_thread(self, work: Callable[..., T], *values: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *values)

    async def close(self) -> None:
        """Finish the write in hand."""
        await asyncio.to_thread(self._thread.shutdown)


def wav_head(samples: int) -> bytes:
    """The head of a WAV file (RIFF, PCM) of 16 kHz mono samples of 16 bits."""
    size = min(samples * SAMPLE_BYTES, WAV_LIMIT)
    form = struct.pack("<HHIIHH", 1, 1, RATE, RATE * SAMPLE_BYTES, SAMPLE_BYTES, 8 * SAMPLE_BYTES)
    return (
        struct.pack("<4sI4s4sI", b"RIFF", size + 36, b"WAVE", b"fmt ", 16)
        + form
        + struct.pack("<4sI", b"data", size)
    )


def wav_bytes(samples: int) -> int:
    """The length of such a file."""
    return WAV_HEAD + min(samples * SAMPLE_BYTES, WAV_LIMIT)
