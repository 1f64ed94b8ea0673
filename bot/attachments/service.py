"""Attachments from LINE's servers to the city's own disk, and off it again.

LINE deletes contents after an unstated time, so what staff are to see is fetched at once, by a durable job. A file is
named after its message and only ever served by its row; what was taken back or erased has no row any more.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.attachments import store
from bot.attachments.kinds import media_type
from bot.attachments.model import Attachment, AttachmentOptions, Purpose, State
from bot.messenger import ContentGone, ContentNotReady, Limited, Messenger, NoAnswer
from bot.store import get_message
from core.bus import Bus
from core.errors import NotFound, TooLarge
from core.jobs import Job, Jobs, RetryLater
from core.log import get_logger
from core.metrics import counter, gauge

log = get_logger(__name__)

ATTACHMENTS = "line.attachments"  # queue of what is to be fetched, and of files that are to be removed
FETCH_ATTEMPTS = 24
LONGEST_PAUSE_S = 60.0
KINDS = frozenset({"image", "voice", "video", "file"})  # of messages that bring a file
UNFINISHED = ".part"

FETCHED = counter("attachments", "Files that residents sent", ["result"])
BYTES = gauge("attachment_bytes", "Bytes of all files of residents together")


class Attachments:
    """Fetches, reads and forgets files."""

    def __init__(
        self, jobs: Jobs, messenger: Messenger, bus: Bus, folder: Path, options: AttachmentOptions
    ) -> None:
        self._jobs = jobs
        self._messenger = messenger
        self._bus = bus
        self._folder = folder
        self._options = options

    def _path(self, attachment_id: str) -> Path:
        return self._folder / attachment_id

    # Fetching

    async def plan(self, connection: AsyncConnection, message_id: str, *, purpose: Purpose = "talk") -> None:
        """Have the file of a message fetched, in the caller's transaction; a message without one is left alone."""
        message = await get_message(connection, message_id)
        if message is None or message.kind not in KINDS or await store.get(connection, message_id):
            return
        refused = await self._is_refused(connection, message.resident_id)
        now = self._jobs.clock.now()
        state: State = "refused" if refused else "waiting"
        if await store.add(connection, message_id, purpose=purpose, state=state, now=now) and not refused:
            await self._jobs.add(
                connection,
                queue=ATTACHMENTS,
                key=message_id,
                dedupe=message_id,
                payload={"attachment": message_id},
            )

    async def _is_refused(self, connection: AsyncConnection, resident_id: str) -> bool:
        day_ago = self._jobs.clock.now() - dt.timedelta(days=1)
        if await store.count_since(connection, resident_id, day_ago) >= self._options.a_day:
            FETCHED.labels("too many").inc()
            return True
        total = await store.total_size(connection)
        BYTES.set(total)
        if total >= self._options.mb * 1024 * 1024:
            FETCHED.labels("no room").inc()
            log.error(
                "no_room_for_attachments", what_to_do="raise ATTACHMENTS__MB or lower ATTACHMENTS__DAYS"
            )
            return True
        return False

    def hint(self) -> None:
        """Call after the commit."""
        self._jobs.hint(ATTACHMENTS)

    async def handle(self, job: Job) -> None:
        """Handle a job of the queue `line.attachments`. Harmless to repeat."""
        if "files" in job.payload:
            await self._remove(job.payload["files"])
            async with self._jobs.database.write() as connection:
                await self._jobs.finish(connection, job)
            return
        await self._fetch(job)
        self._bus.publish("desk")

    async def _fetch(self, job: Job) -> None:
        attachment_id = str(job.payload["attachment"])
        async with self._jobs.database.read() as connection:
            found = await store.get(connection, attachment_id)
        if found is None or found.state != "waiting":
            async with self._jobs.database.write() as connection:
                await self._jobs.finish(connection, job)
            return
        data, state = await self._content(found, job.attempts)
        kind = media_type(data, sound=found.kind == "voice") if data else ""
        async with self._jobs.database.write() as connection:
            stays = await store.settle(connection, found.id, state, media_type=kind, size=len(data))
            await self._jobs.finish(connection, job)
        if not stays:  # taken back or erased while it was on its way
            await self._remove([found.id])

    async def _content(self, found: Attachment, attempts: int) -> tuple[bytes, State]:
        """The file, which is on the disk now; empty with the reason if there is none."""
        pause = min(LONGEST_PAUSE_S, 2.0 ** min(attempts, 8) / 2)
        try:
            data = await self._messenger.content(found.line_message_id, limit=self._options.bytes)
        except ContentGone:
            FETCHED.labels("gone").inc()
            return b"", "gone"
        except TooLarge:
            FETCHED.labels("too large").inc()
            return b"", "too_large"
        except ContentNotReady as error:
            raise RetryLater("content not ready", delay_s=pause) from error
        except NoAnswer as error:
            raise RetryLater("content not fetched", delay_s=pause) from error
        except Limited as error:
            raise RetryLater("limited", delay_s=error.retry_s) from error
        if not data:
            FETCHED.labels("empty").inc()
            return b"", "gone"
        try:
            await asyncio.to_thread(self._write, found.id, data)
        except OSError as error:
            log.error("attachment_not_written", what_to_do="make room on the disk", reason=error.strerror)
            raise RetryLater("no room on the disk", delay_s=LONGEST_PAUSE_S) from error
        FETCHED.labels("kept").inc()
        return data, "kept"

    def _write(self, attachment_id: str, data: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        unfinished = self._path(attachment_id + UNFINISHED)
        unfinished.write_bytes(data)
        unfinished.replace(self._path(attachment_id))

    async def given_up(self, job: Job) -> None:
        """A job was tried too often: staff see that the file could not be fetched."""
        if "attachment" in job.payload:
            FETCHED.labels("given up").inc()
            async with self._jobs.database.write() as connection:
                await store.settle(connection, job.payload["attachment"], "gone")
            self._bus.publish("desk")

    # Reading

    async def of(self, message_ids: Sequence[str]) -> dict[str, Attachment]:
        """What came with messages: message id → attachment."""
        async with self._jobs.database.read() as connection:
            return await store.of(connection, message_ids)

    async def open(self, attachment_id: str) -> tuple[Attachment, Path]:
        """An attachment and its file. Raises NotFound."""
        async with self._jobs.database.read() as connection:
            found = await store.get(connection, attachment_id)
        if found is None or found.state != "kept":
            raise NotFound("There is no such file.")
        path = self._path(found.id)
        if not await asyncio.to_thread(path.is_file):
            raise NotFound("There is no such file any more.")
        return found, path

    # Forgetting

    async def forget_message(self, connection: AsyncConnection, line_message_id: str) -> None:
        """A message was taken back: its file is not shown from now on, and is removed after the commit."""
        gone = await store.forget_message(connection, line_message_id)
        if gone:
            await self._jobs.add(connection, queue=ATTACHMENTS, payload={"files": gone})

    async def files_of(self, connection: AsyncConnection, resident_id: str) -> list[Path]:
        """The files of all that a resident has sent and that is kept."""
        return [self._path(one) for one in await store.kept_of(connection, resident_id)]

    async def forget_resident(self, connection: AsyncConnection, resident_id: str) -> list[Path]:
        """Erase all that a resident has sent; gives the files, which the caller removes after the commit."""
        return [self._path(one) for one in await store.forget_resident(connection, resident_id)]

    async def tidy(self) -> int:
        """Forget what has served its time, and files that belong to nothing. Gives how many files."""
        before = self._jobs.clock.now() - dt.timedelta(days=self._options.days)
        async with self._jobs.database.write() as connection:
            await store.forget_old(connection, before=before)
        names = await asyncio.to_thread(self._names)
        async with self._jobs.database.read() as connection:
            known = await store.known(connection, {name.removesuffix(UNFINISHED) for name in names})
            BYTES.set(await store.total_size(connection))
        gone = [name for name in names if name.removesuffix(UNFINISHED) not in known]
        await self._remove(gone)
        log.info("attachments_tidied", files=len(gone))
        return len(gone)

    def _names(self) -> list[str]:
        return [path.name for path in self._folder.iterdir()] if self._folder.is_dir() else []

    async def _remove(self, names: Sequence[str]) -> None:
        def remove() -> None:
            for name in names:
                self._path(name).unlink(missing_ok=True)

        await asyncio.to_thread(remove)
