"""Reading what was said: for viewers, for files, for players."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from transcripts import store
from transcripts.common import Office, shown_for
from transcripts.hls import Published
from transcripts.model import Caption, Meeting, MeetingState, Segment
from transcripts.records import (
    Record,
    TextChoice,
    read_everything,
    read_first_texts,
    read_published,
    read_record,
)
from transcripts.store import StoredCaption


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Captions, the position up to which they are complete, and the meeting's state at that moment."""

    captions: tuple[Caption, ...]
    position: int
    state: MeetingState


class ReadingRoom(Office):
    """The room in which captions are read."""

    async def read_after(
        self,
        meeting_id: str,
        position: int,
        *,
        languages: Sequence[str] | None = None,
        limit: int | None = None,
    ) -> Reading:
        """What changed after `position` in `languages` (None: all), oldest change first, at most `limit`.

        A position that was never given out counts as the newest.
        The reading's own position says from where to go on, also when changes in other languages lie between.
        """
        limit = limit or self.options.page_limit
        async with self._database.read() as connection:
            newest = await store.last_position(connection, meeting_id)
            meeting = await self._get(connection, meeting_id)
            captions = await store.captions_after(
                connection, meeting_id, position, languages=languages, limit=limit
            )
        seen = captions[-1].position if captions else 0
        complete = seen if len(captions) == limit else max(newest, seen)
        return Reading(captions=tuple(captions), position=complete, state=meeting.state)

    async def transcript(
        self, meeting_id: str, tags: Sequence[str], *, last: int | None = None
    ) -> tuple[list[StoredCaption], int]:
        """Captions in `tags` in the order of speech, and the position up to which they are complete."""
        async with self._database.read() as connection:
            position = await store.last_position(connection, meeting_id)
            return await store.transcript(connection, meeting_id, tags, last=last), position

    async def segments(self, meeting_id: str) -> list[Segment]:
        """All segments with their words, in order."""
        async with self._database.read() as connection:
            return await store.segments(connection, meeting_id)

    async def record(self, meeting: Meeting, tags: Sequence[str], choice: TextChoice = "newest") -> Record:
        """The whole meeting in `tags`, as it goes into a file. Raises TooLarge."""
        languages = {tag: shown_for(tag) for tag in tags}
        async with self._database.read() as connection:
            return await read_record(connection, meeting, languages, choice, limit=self.options.record_limit)

    async def everything(
        self, meeting: Meeting, tags: Sequence[str], choice: TextChoice = "newest", *, with_people: bool
    ) -> AsyncIterator[list[dict[str, Any]]]:
        """The same with words and, `with_people`, the history of each caption, in parts. Raises TooLarge."""
        async with self._database.read() as connection:
            parts = read_everything(
                connection, meeting, tags, choice, with_people=with_people, limit=self.options.record_limit
            )
            async for part in parts:
                yield part

    async def published(self, meeting: Meeting, tag: str) -> Published:
        """How far captions are complete in the language that HLS players are given for `tag`."""
        async with self._database.read() as connection:
            return await read_published(connection, meeting, shown_for(tag)[-1])

    async def first_texts(self, meeting: Meeting, tag: str, *, begin: float, end: float) -> list[Caption]:
        """Captions shown between two times, as they were written first."""
        async with self._database.read() as connection:
            return await read_first_texts(connection, meeting.id, shown_for(tag)[-1], begin=begin, end=end)

    async def version(self, meeting_id: str) -> int:
        """A number that rises with every change of the meeting's captions."""
        async with self._database.read() as connection:
            return await store.last_position(connection, meeting_id)
