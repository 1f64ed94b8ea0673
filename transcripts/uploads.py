"""Recordings that staff hand in: a file becomes the captions of a meeting, by the offline path.

A file comes in piece by piece and lies in a folder until its job is done. The job decodes it in a process of its own
and hears it part by part. A part's segments are stored as those of a live meeting are, together with how far the
meeting's audio came, so a job that was interrupted goes on after the last stored segment: nothing is lost, and nothing
is there twice. The file is deleted when its job ends, however it ends.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import sqlalchemy as sa

from core.accounts import Account
from core.clock import Clock
from core.database import Database, UtcDateTime, metadata
from core.errors import AppError, Busy, Conflict, InvalidInput, NotFound, TooLarge, Unavailable
from core.ids import new_id
from core.jobs import Job, Jobs, RetryLater
from core.log import get_logger
from core.metrics import counter
from transcripts.audio import AudioLimits, DecodedFile, check_file, from_s16le, open_file
from transcripts.model import Meeting, Segment
from transcripts.offline import transcribe
from transcripts.recogniser import RATE, Hints, Recogniser
from transcripts.service import MeetingService, clean

log = get_logger(__name__)

QUEUE = "uploads"

UPLOADS = counter("uploads", "Recordings handed in, by how they ended", ["end"])
HEARD_SECONDS = counter("uploads_heard_seconds", "Seconds of recordings that were heard")

UploadState = Literal["waiting", "reading", "hearing", "done", "failed"]
ACTIVE: tuple[UploadState, ...] = ("waiting", "reading", "hearing")
CHUNK = 1024 * 1024  # bytes written at once
NAME_LIMIT = 120  # characters of a file's name that are kept

uploads_table = sa.Table(
    "uploads",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("meeting_id", sa.ForeignKey("meetings.id", ondelete="CASCADE"), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),  # of the file, as its owner calls it
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("state", sa.String(8), nullable=False),
    sa.Column("first_sample", sa.BigInteger),  # of the meeting's audio, where this recording begins
    sa.Column("seconds", sa.Float),  # its length, when it was read once
    sa.Column("heard_s", sa.Float, nullable=False),
    sa.Column("broken", sa.Boolean, nullable=False),  # it ends before it should
    sa.Column("trouble", sa.String(20)),  # why it failed
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("created_by", sa.String(36)),
    sa.Column("ended_at", UtcDateTime),
    sa.Index("ix_uploads_meeting_id", "meeting_id"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadOptions:
    """Limits of recordings, beside those of the audio itself."""

    receiving: int = 4  # files that may come in at the same time
    stall_s: float = 60.0  # longest pause while a file comes in
    receive_s: float = 3600.0  # longest time that a file may take to come in
    waiting: int = 16  # recordings that may wait for their turn, all meetings together
    shown: int = 20  # recordings of a meeting on its page
    part_s: float = 60.0  # of a recording, heard at once; memory is bounded by this
    quiet_s: float = 20.0  # the end of a part in which a quiet place is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A recording and how far it came."""

    id: str
    meeting_id: str
    name: str
    bytes: int
    state: UploadState
    first_sample: int | None
    seconds: float | None
    heard_s: float
    broken: bool
    trouble: str | None
    created_at: dt.datetime

    @property
    def active(self) -> bool:
        """Whether something will still happen."""
        return self.state in ACTIVE


class Stopped(Exception):
    """Somebody stopped the recording while it was heard."""


def _upload(row: Any) -> Upload:
    assert row.state in get_args(UploadState)
    return Upload(**{name: getattr(row, name) for name in Upload.__dataclass_fields__})


class Uploads:
    """Recordings: taken in, heard, shown."""

    def __init__(
        self,
        *,
        database: Database,
        jobs: Jobs,
        clock: Clock,
        meetings: MeetingService,
        recogniser: Recogniser,
        folder: Path,
        limits: AudioLimits,
        is_live: Callable[[str], bool],
        keep: Callable[[str, int, bytes], Awaitable[None]],
        options: UploadOptions | None = None,
    ) -> None:
        """`folder` holds the files; all processes must see the same. `is_live` says whether this process is hearing
        a meeting from a live source just now. `keep` keeps the sound of meetings that want it (`Keeper.append`)."""
        self._database = database
        self._jobs = jobs
        self._clock = clock
        self._meetings = meetings
        self._recogniser = recogniser
        self._folder = folder
        self._is_live = is_live
        self._keep = keep
        self._receiving = 0
        self.limits = limits
        self.options = options or UploadOptions()

    # Coming in

    async def receive(
        self, meeting_id: str, chunks: AsyncIterator[bytes], *, name: str, account: Account | None
    ) -> Upload:
        """Take a file in and queue it. It was looked into when this returns: sound can be had from it.

        Raises NotFound, Conflict (the meeting ended, or is being heard live), Busy (too many at once),
        Unavailable (no model for the language), TooLarge and UnreadableAudio.
        """
        await self._check(meeting_id)
        if self._receiving >= self.options.receiving:
            raise Busy("Several files are coming in already; try again in a minute.", key="uploads.busy")
        self._receiving += 1
        upload_id = new_id()
        path = self._folder / upload_id
        try:
            size = await self._write(path, chunks)
            await check_file(path, limits=self.limits)
            await self._check(meeting_id)  # that may have changed while the file came in
            return await self._queue(upload_id, meeting_id, name=name, size=size, account=account)
        except BaseException:
            await asyncio.to_thread(path.unlink, missing_ok=True)
            raise
        finally:
            self._receiving -= 1

    async def _check(self, meeting_id: str) -> None:
        meeting = await self._meetings.get(meeting_id)
        if meeting.state == "ended":
            raise Conflict("This meeting has ended; open it again first.", key="uploads.ended")
        if self._is_live(meeting_id):
            raise Conflict("Sound is being sent to this meeting; stop that first.", key="uploads.live")
        if meeting.language.partition("-")[0] not in self._recogniser.languages:
            raise Unavailable(
                f"The speech model does not hear {meeting.language}; set a multilingual speech model.",
                key="uploads.language",
            )
        async with self._database.read() as connection:
            waiting = await connection.scalar(
                sa.select(sa.func.count()).where(uploads_table.c.state.in_(ACTIVE))
            )
        if (waiting or 0) >= self.options.waiting:
            raise Busy("Many recordings are waiting already; try again later.", key="uploads.busy")

    async def _write(self, path: Path, chunks: AsyncIterator[bytes]) -> int:
        """Write what comes to a file. Raises TooLarge as soon as there is too much."""
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True, mode=0o700)
        size = 0
        file = await asyncio.to_thread(path.open, "xb")
        try:
            async with asyncio.timeout(self.options.receive_s):
                async for chunk in self._in_blocks(chunks):
                    size += len(chunk)
                    if size > self.limits.bytes:
                        raise self._too_large()
                    await asyncio.to_thread(file.write, chunk)
        except TimeoutError as error:
            raise InvalidInput(
                "The file came in too slowly; try again.", key="uploads.trouble.slow_upload"
            ) from error
        finally:
            await asyncio.to_thread(file.close)
        return size

    async def _in_blocks(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        block = bytearray()
        while True:
            async with asyncio.timeout(self.options.stall_s):
                chunk = await anext(chunks, None)
            if chunk is None:
                break
            block += chunk
            if len(block) >= CHUNK:
                yield bytes(block)
                block.clear()
        if block:
            yield bytes(block)

    def _too_large(self) -> TooLarge:
        most = self.limits.bytes // (1024 * 1024)
        return TooLarge(
            f"A recording may have {most} MiB; save it as MP3 or cut it into parts.",
            key="uploads.trouble.bytes",
        )

    async def _queue(
        self, upload_id: str, meeting_id: str, *, name: str, size: int, account: Account | None
    ) -> Upload:
        shown = clean(name).replace("\\", "/").rpartition("/")[2][:NAME_LIMIT]
        async with self._database.write() as connection:
            await connection.execute(
                uploads_table.insert().values(
                    id=upload_id,
                    meeting_id=meeting_id,
                    name=shown or "recording",
                    bytes=size,
                    state="waiting",
                    heard_s=0.0,
                    broken=False,
                    created_at=self._clock.now(),
                    created_by=account.id if account else None,
                )
            )
            await self._jobs.add(connection, queue=QUEUE, payload={"upload": upload_id}, key=meeting_id)
        self._jobs.hint(QUEUE)
        log.info("upload_queued", meeting=meeting_id, upload=upload_id, bytes=size)
        return await self.get(meeting_id, upload_id)

    # Looking at them

    async def of_meeting(self, meeting_id: str) -> list[Upload]:
        """The meeting's recordings, the newest first."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                sa.select(uploads_table)
                .where(uploads_table.c.meeting_id == meeting_id)
                .order_by(uploads_table.c.created_at.desc(), uploads_table.c.id)
                .limit(self.options.shown)
            )
            return [_upload(row) for row in rows]

    async def get(self, meeting_id: str, upload_id: str) -> Upload:
        """One recording. Raises NotFound."""
        found = await self._find(upload_id)
        if found is None or found.meeting_id != meeting_id:
            raise NotFound("There is no such recording; look at the list again.")
        return found

    async def _find(self, upload_id: str) -> Upload | None:
        async with self._database.read() as connection:
            row = (
                await connection.execute(sa.select(uploads_table).where(uploads_table.c.id == upload_id))
            ).one_or_none()
        return _upload(row) if row is not None else None

    async def is_hearing(self, meeting_id: str) -> bool:
        """Whether a recording of the meeting waits or is being heard; no live source may send meanwhile."""
        async with self._database.read() as connection:
            found = await connection.scalar(
                sa.select(sa.func.count()).where(
                    uploads_table.c.meeting_id == meeting_id, uploads_table.c.state.in_(ACTIVE)
                )
            )
        return bool(found)

    async def stop(self, meeting_id: str, upload_id: str) -> Upload:
        """Give a recording up. What was heard stays. Harmless when it has ended. Raises NotFound."""
        upload = await self.get(meeting_id, upload_id)
        await self._end(upload, state="failed", trouble="stopped")
        return await self.get(meeting_id, upload_id)

    # Hearing them

    async def hear(self, job: Job) -> None:
        """Handler of the queue: hear one recording."""
        upload = await self._find(str(job.payload["upload"]))
        if upload is not None and upload.active:
            try:
                await self._hear(upload)
            except Stopped:
                pass
            except Busy as busy:
                raise RetryLater("busy", delay_s=10.0) from busy
            except (TooLarge, InvalidInput) as error:
                await self._end(upload, state="failed", trouble=_reason(error))
            except FileNotFoundError:
                await self._end(upload, state="failed", trouble="missing")
        async with self._database.write() as connection:
            await self._jobs.finish(connection, job)
        if upload is not None:
            await self._remove_file(upload.id)

    async def given_up(self, job: Job) -> None:
        """After the last attempt."""
        upload = await self._find(str(job.payload["upload"]))
        if upload is not None:
            await self._end(upload, state="failed", trouble="error")

    async def _hear(self, upload: Upload) -> None:
        meeting = await self._meetings.get(upload.meeting_id)
        if self._is_live(meeting.id):
            raise RetryLater("live", delay_s=10.0)
        path = self._folder / upload.id
        if upload.seconds is None:
            upload = await self._measure(upload, path)
        if meeting.state == "planned":
            await self._meetings.start(meeting.id)
        async with open_file(path, limits=self.limits) as file:
            await self._hear_parts(upload, meeting, file)
        await self._end(upload, state="done")

    async def _measure(self, upload: Upload, path: Path) -> Upload:
        """Read the whole file once, so that its length is known and one that is too long gives no captions at all."""
        await self._change(upload, state="reading")
        samples = 0
        async with open_file(path, limits=self.limits) as file:
            while pcm := await file.read(RATE * 10):
                samples += len(pcm) // 2
        progress = await self._meetings.progress(upload.meeting_id)
        known = {"seconds": samples / RATE, "broken": file.broken, "first_sample": progress.stored_samples}
        return await self._change(upload, state="hearing", **known)

    async def _hear_parts(self, upload: Upload, meeting: Meeting, file: DecodedFile) -> None:
        assert upload.first_sample is not None
        progress = await self._meetings.progress(meeting.id)
        hints = Hints(hotwords=await self._meetings.hotwords(meeting), languages=meeting.spoken)
        language = None if meeting.also_spoken else meeting.language
        at = max(
            0, progress.stored_samples - upload.first_sample
        )  # what is before was stored by an earlier attempt
        await _skip(file, at)
        held, seq = b"", progress.next_seq
        while True:
            wanted = int(self.options.part_s * RATE) - len(held) // 2
            more = await file.read(wanted)
            held += more
            if not held:
                return
            ends = len(more) < 2 * wanted
            cut = len(held) if ends else 2 * quiet_place(held, search=int(self.options.quiet_s * RATE))
            part, held = held[:cut], held[cut:]
            begins_s = (upload.first_sample + at) / RATE
            await self._keep(meeting.id, upload.first_sample + at, part)
            for segment in await transcribe(
                from_s16le(part), recogniser=self._recogniser, language=language, hints=hints
            ):
                await self._meetings.commit_segment(meeting.id, shifted(segment, begins_s, seq))
                seq += 1
            at += len(part) // 2
            await self._meetings.note_samples(meeting.id, upload.first_sample + at)
            HEARD_SECONDS.inc(len(part) / 2 / RATE)
            await self._change(upload, heard_s=at / RATE)

    async def _change(self, upload: Upload, **values: Any) -> Upload:
        """Note how far it came. Raises Stopped when somebody stopped it."""
        async with self._database.write() as connection:
            result = await connection.execute(
                uploads_table.update()
                .where(uploads_table.c.id == upload.id, uploads_table.c.state.in_(ACTIVE))
                .values(**values)
            )
        if not result.rowcount:
            raise Stopped
        return replace(upload, **values)

    async def _end(self, upload: Upload, *, state: UploadState, trouble: str | None = None) -> None:
        async with self._database.write() as connection:
            result = await connection.execute(
                uploads_table.update()
                .where(uploads_table.c.id == upload.id, uploads_table.c.state.in_(ACTIVE))
                .values(state=state, trouble=trouble, ended_at=self._clock.now())
            )
        if result.rowcount:
            UPLOADS.labels(trouble or state).inc()
            log.info("upload_ended", meeting=upload.meeting_id, upload=upload.id, state=state, reason=trouble)
        await self._remove_file(upload.id)

    async def _remove_file(self, upload_id: str) -> None:
        await asyncio.to_thread((self._folder / upload_id).unlink, missing_ok=True)

    async def tidy(self, *, older_than_s: float = 7200.0) -> int:
        """Delete files that no recording needs any more, as after a process died while one came in. Gives how many."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                sa.select(uploads_table.c.id).where(uploads_table.c.state.in_(ACTIVE))
            )
            needed = {row.id for row in rows}
        before = self._clock.now().timestamp() - older_than_s
        return await asyncio.to_thread(_remove_old, self._folder, needed, before)


def _reason(error: AppError) -> str:
    """What the table keeps of an error of `transcripts.decoding`."""
    return error.key.rpartition(".")[2] or "unreadable"


def _remove_old(folder: Path, needed: set[str], before: float) -> int:
    removed = 0
    for file in folder.glob("*") if folder.is_dir() else ():
        if file.name not in needed and file.stat().st_mtime < before:
            file.unlink(missing_ok=True)
            removed += 1
    return removed


async def _skip(file: DecodedFile, samples: int) -> None:
    while samples > 0 and (pcm := await file.read(min(samples, RATE * 10))):
        samples -= len(pcm) // 2


def shifted(segment: Segment, by_s: float, seq: int) -> Segment:
    """The segment under another number, `by_s` seconds later."""
    return replace(
        segment,
        seq=seq,
        start=segment.start + by_s,
        end=segment.end + by_s,
        words=tuple(replace(word, start=word.start + by_s, end=word.end + by_s) for word in segment.words),
    )


def quiet_place(pcm: bytes, *, search: int) -> int:
    """The sample in the middle of the quietest 0.4 s among the last `search` samples: the best place for a cut."""
    hop, window = RATE // 50, 20  # 20 ms; 0.4 s
    samples = np.frombuffer(pcm, "<i2").astype(np.float32)
    begin = max(0, len(samples) - search)
    tail = samples[begin : begin + (len(samples) - begin) // hop * hop].reshape(-1, hop)
    if len(tail) < window:
        return len(samples)
    energy = np.convolve(np.square(tail).mean(axis=1), np.ones(window), mode="valid")
    return begin + (int(np.argmin(energy)) + window // 2) * hop
