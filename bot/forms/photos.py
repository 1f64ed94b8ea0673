"""Pictures that belong to answers, on the city's own disk.

LINE deletes them after an unstated time, so they are fetched at once, by a durable job. A file is named after its
message and is only ever served by its row; a picture that was taken back has no row that is found.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterable
from pathlib import Path

from bot.forms import store
from bot.forms.model import FormOptions, Photo
from bot.messenger import ContentGone, ContentNotReady, Limited, Messenger, NoAnswer
from core.errors import NotFound, TooLarge
from core.jobs import Job, Jobs, RetryLater
from core.log import get_logger
from core.metrics import counter

log = get_logger(__name__)

PHOTOS = "forms.photos"
FETCHED = counter("form_photos", "Pictures fetched from LINE", ["result"])
_TYPES = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))


def media_type(data: bytes) -> str:
    """What kind of picture this is by its first bytes; empty if it is none that is shown."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _TYPES if data.startswith(start)), "")


class Photos:
    """Fetches, reads and forgets pictures."""

    def __init__(self, jobs: Jobs, messenger: Messenger, folder: Path, options: FormOptions) -> None:
        self._jobs = jobs
        self._messenger = messenger
        self._folder = folder
        self._options = options

    def _path(self, photo_id: str) -> Path:
        return self._folder / photo_id

    async def fetch(self, job: Job) -> None:
        """Handle a job of the queue `forms.photos`. Harmless to repeat."""
        async with self._jobs.database.read() as connection:
            photo = await store.get_photo(connection, job.payload["photo"])
        kind = ""
        if photo is not None:
            kind = await self._fetched(photo)
        async with self._jobs.database.write() as connection:
            if photo is not None:
                await store.set_photo(connection, photo.id, "kept" if kind else "gone", kind)
            await self._jobs.finish(connection, job)

    async def _fetched(self, photo: Photo) -> str:
        """The type of the picture, which is on the disk now; empty if there is none."""
        try:
            data = await self._messenger.content(photo.line_message_id, limit=self._options.photo_bytes)
        except (ContentGone, TooLarge) as error:
            FETCHED.labels(type(error).__name__).inc()
            return ""
        except ContentNotReady as error:
            raise RetryLater("picture not ready", delay_s=1.0) from error
        except (NoAnswer, Limited) as error:
            raise RetryLater("picture not fetched", delay_s=5.0) from error
        kind = media_type(data)
        if kind:
            await asyncio.to_thread(self._write, photo.id, data)
        FETCHED.labels("kept" if kind else "no picture").inc()
        return kind

    def _write(self, photo_id: str, data: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path(photo_id).write_bytes(data)

    async def read(self, photo_id: str) -> tuple[bytes, str]:
        """A picture and its type. Raises NotFound."""
        async with self._jobs.database.read() as connection:
            photo = await store.get_photo(connection, photo_id)
        if photo is None or photo.state != "kept":
            raise NotFound("There is no such picture.")
        try:
            return await asyncio.to_thread(self._path(photo.id).read_bytes), photo.media_type
        except FileNotFoundError as error:
            raise NotFound("There is no such picture any more.") from error

    async def remove(self, ids: Iterable[str]) -> None:
        """Remove the files of pictures whose rows are gone."""
        for photo_id in ids:
            await asyncio.to_thread(self._path(photo_id).unlink, missing_ok=True)

    async def tidy(self) -> int:
        """Forget pictures that were taken back or have served their time, and old drafts. Gives how many pictures."""
        now = self._jobs.clock.now()
        async with self._jobs.database.write() as connection:
            before = now - dt.timedelta(days=self._options.photo_days)
            gone = await store.photos_to_erase(connection, before=before)
            await store.erase_photos(connection, gone)
            oldest = now - dt.timedelta(days=self._options.draft_days)
            await store.forget_drafts(connection, before=oldest)
        await self.remove(gone)
        log.info("forms_tidied", photos=len(gone))
        return len(gone)
