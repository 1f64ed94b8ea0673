"""Storing what is said, and translating it: for the languages that the meeting records and those that are read now.

A segment is stored before anyone sees it, together with the job that translates it. Translations are made outside any
transaction and stored with the end of their job. What a person wrote is never overwritten by a machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from core.errors import Busy, Unavailable
from core.jobs import Job, RetryLater
from core.log import get_logger
from core.metrics import counter
from transcripts import naming, readers, renderings, store
from transcripts.common import EARLIER, STORED, Office, clean, shown_for, topic
from transcripts.model import Caption, Meeting, Segment
from transcripts.naming import Rendering, read_names
from transcripts.store import Draft, StoredCaption
from transcripts.translating import CaptionTranslator, Translated
from translation.languages import language as served
from translation.model import Lane

log = get_logger(__name__)

ASKED = counter("captions_earlier_asked", "Times that earlier captions were asked for in a language", ["why"])


def spoken_tag(meeting: Meeting, heard: str) -> str:
    """The spoken language of the meeting that a recogniser means by `heard`; the main one where it means none."""
    base = heard.partition("-")[0]
    exact = [tag for tag in meeting.spoken if tag == heard]
    alike = [tag for tag in meeting.spoken if tag.partition("-")[0] == base]
    return (*exact, *alike, meeting.language)[0]


class Captioning(Office):
    """The room in which captions are written."""

    def __init__(self, *, translator: CaptionTranslator, **office: Any) -> None:
        super().__init__(**office)
        self._translator = translator
        self._seen: dict[tuple[str, str], float] = {}  # when a reader was last written down, monotonic

    async def commit_segment(self, meeting_id: str, segment: Segment) -> Caption:
        """Store a segment, its caption in the language in which it was said and the job that translates it, all or
        nothing."""
        now = self._clock.now()
        async with self._database.write() as connection:
            meeting = await self._get(connection, meeting_id)
            spoken = spoken_tag(meeting, segment.language)
            await store.add_segment(connection, meeting_id, replace(segment, language=spoken), at=now)
            draft = Draft(
                meeting_id=meeting_id,
                seq=segment.seq,
                lang=spoken,
                text=clean(segment.text),
                start=segment.start,
                end=segment.end,
                origin="speech",
            )
            caption = await store.put_caption(connection, draft, at=now)
            await store.set_stored_samples(connection, meeting_id, int(segment.end * 16_000))
            if await self._wanted(connection, meeting) - {spoken}:
                await self._queue_translation(connection, meeting_id, segment.seq)
        STORED.labels("speech").inc()
        self._changed(meeting_id)
        return caption

    async def _wanted(self, connection: AsyncConnection, meeting: Meeting) -> set[str]:
        """The languages that captions are translated into now."""
        read = await readers.read_languages(connection, meeting.id, now=self._clock.now())
        return {shown_for(tag)[-1] for tag in meeting.languages if tag in read or tag in meeting.recorded}

    async def translate(self, job: Job) -> None:
        """Handler of the captions queue: bring a segment's machine-made captions up to date with its spoken text.

        A language that nobody reads any more is brought up to date where it has a caption already.
        """
        meeting_id, seq = str(job.payload["meeting_id"]), int(job.payload["seq"])
        async with self._database.read() as connection:
            meeting = await store.find_meeting(connection, meeting_id)
            known = await store.captions_of(connection, meeting_id, seq)
            wanted = await self._wanted(connection, meeting) if meeting else set()
            called = await renderings.known(connection, meeting_id)
        made: list[Translated] = []
        source = store.spoken_caption(known)
        if meeting is not None and source is not None:
            targets = [tag for tag in _machine_tags(meeting) if tag in wanted or tag in known]
            last_try = job.attempts >= self.options.translate_attempts
            made = await self._make(meeting, known, targets, called, lane="live", last_try=last_try)
        async with self._database.write() as connection:
            await self._store(connection, meeting_id, made)
            await self._jobs.finish(connection, job)
        self._bus.publish(topic(meeting_id))

    async def _make(
        self,
        meeting: Meeting,
        known: Mapping[str, StoredCaption],
        tags: Iterable[str],
        called: Sequence[Rendering],
        *,
        lane: Lane,
        last_try: bool,
    ) -> list[Translated]:
        source = store.spoken_caption(known)
        if source is None:
            return []
        work = (
            self._translator.caption(meeting, source, tag, called, lane=lane, last_try=last_try)
            for tag in tags
            if tag != source.caption.lang and outdated(known.get(tag), source)
        )
        return await asyncio.gather(*work)

    async def _store(self, connection: AsyncConnection, meeting_id: str, made: Sequence[Translated]) -> None:
        """Store what is still wanted: meanwhile a person may have written, or the meeting may be gone."""
        now = self._clock.now()
        for one in made:
            known = await store.captions_of(connection, meeting_id, one.draft.seq)
            source = store.spoken_caption(known)
            if source is None or source.spoken_rev != one.draft.spoken_rev:
                continue
            if outdated(known.get(one.draft.lang), source):
                await store.put_caption(connection, one.draft, at=now)
                await renderings.keep(
                    connection, meeting_id, one.learnt, at=now, limit=self.options.renderings
                )
                STORED.labels("machine").inc()

    # Who reads, and what was said before

    async def note_readers(self, meeting_id: str, tags: Iterable[str], *, everything: bool = False) -> None:
        """Somebody reads the meeting in these languages now: translate into them for a while.

        What was said before in a language that nobody read is translated too: the newest captions at once, those
        before in their turn; with `everything` back to the beginning. Cheap to repeat. Harmless for a meeting
        that is gone.
        """
        now, tick = self._clock.now(), self._clock.monotonic()
        shown = dict.fromkeys(shown_for(tag)[-1] for tag in tags)
        due = [tag for tag in shown if self._seen.get((meeting_id, tag), -1e9) + self.options.renew_s <= tick]
        if not due:
            return
        self._forget_seen(tick)
        self._seen.update(((meeting_id, tag), tick) for tag in due)
        async with self._database.write() as connection:
            meeting = await store.find_meeting(connection, meeting_id)
            if meeting is None:
                return
            here = [tag for tag in due if tag in meeting.languages]
            new = await readers.renew(connection, meeting_id, here, now=now, lasts_s=self.options.reader_s)
            for tag in here if everything else new:
                await self._queue_earlier(connection, meeting, tag, why="asked" if everything else "read")
        self._jobs.hint(EARLIER)

    def _forget_seen(self, tick: float) -> None:
        old = [key for key, seen in self._seen.items() if seen + self.options.renew_s <= tick]
        for key in old:
            del self._seen[key]

    async def _queue_earlier(
        self, connection: AsyncConnection, meeting: Meeting, tag: str, *, why: str
    ) -> None:
        last = (await store.progress(connection, meeting.id)).next_seq - 1
        since = 1 if why == "asked" else max(1, last - self.options.earlier + 1)
        if not await store.missing(connection, meeting.id, tag, since=since, limit=1):
            return
        ASKED.labels(why).inc()
        payload = {"meeting_id": meeting.id, "lang": tag, "since": since, "why": why, "done": 0}
        # The same wish again within the hour is the same job.
        dedupe = f"{meeting.id}/{tag}/{why}/{last}/{self._clock.now():%d%H}"
        await self._jobs.add(
            connection, queue=EARLIER, payload=payload, key=f"{meeting.id}/{tag}", dedupe=dedupe
        )

    async def translate_earlier(self, job: Job) -> None:
        """Handler of the queue of earlier captions: translate the newest that are missing, and queue the rest.

        What was only wanted for reading ends when nobody reads it any more.
        """
        meeting_id, tag = str(job.payload["meeting_id"]), str(job.payload["lang"])
        done, why, since = int(job.payload["done"]), str(job.payload["why"]), int(job.payload["since"])
        async with self._database.read() as connection:
            meeting = await store.find_meeting(connection, meeting_id)
            wanted = await self._wanted(connection, meeting) if meeting else set()
            limit = self.options.recent if not done else self.options.part
            missing = await store.missing(connection, meeting_id, tag, since=since, limit=limit)
            segments = {seq: await store.captions_of(connection, meeting_id, seq) for seq in missing}
            called = await renderings.known(connection, meeting_id)
        made: list[Translated] = []
        if meeting is not None and (why == "asked" or tag in wanted):
            lane: Lane = "chat" if why == "read" and not done else "bulk"
            last_try = job.attempts >= self.options.translate_attempts
            try:
                parts = await asyncio.gather(
                    *(
                        self._make(meeting, known, [tag], called, lane=lane, last_try=last_try)
                        for known in segments.values()
                    )
                )
                made = [one for part in parts for one in part]
            except Busy as error:
                raise RetryLater("translation is busy", delay_s=5.0) from error
        async with self._database.write() as connection:
            await self._store(connection, meeting_id, made)
            await self._jobs.finish(connection, job)
            if made:
                payload = {**job.payload, "done": done + len(made)}
                await self._jobs.add(connection, queue=EARLIER, payload=payload, key=job.key)
        self._bus.publish(topic(meeting_id))
        self._jobs.hint(EARLIER)

    async def complete(self, meeting: Meeting, tags: Sequence[str], *, wait_s: float) -> None:
        """Have every caption in `tags` by translating those that are missing, and wait for them.

        Raises Unavailable when that takes longer; it goes on meanwhile.
        """
        shown = list(dict.fromkeys(shown_for(tag)[-1] for tag in tags))
        async with self._database.read() as connection:
            lacking = [tag for tag in shown if await store.missing(connection, meeting.id, tag, limit=1)]
        if not lacking:
            return
        with self._bus.subscribe(topic(meeting.id)) as hint:
            async with self._database.write() as connection:
                last = (await store.progress(connection, meeting.id)).next_seq - 1
                for tag in lacking:
                    await self._queue_earlier(connection, meeting, tag, why="asked")
            self._jobs.hint(EARLIER)
            end = self._clock.monotonic() + wait_s
            while left := await self._left(meeting.id, lacking, last):
                if self._clock.monotonic() >= end:
                    raise Unavailable(
                        f"{left} captions are still being translated; ask again in a minute.",
                        key="record.waiting",
                        count=left,
                    )
                await hint.wait(min(1.0, wait_s))

    async def _left(self, meeting_id: str, tags: Sequence[str], last: int) -> int:
        async with self._database.read() as connection:
            found = [await store.missing(connection, meeting_id, tag) for tag in tags]
        return sum(seq <= last for missing in found for seq in missing)

    # Names

    async def hotwords(self, meeting: Meeting) -> tuple[str, ...]:
        """Names and terms that are likely to be said in the meeting, as they are written; the meeting's own first.
        Bounded in number and length."""
        return naming.hotwords(
            read_names(meeting.names, meeting.languages),
            self._translator.city,
            meeting.spoken,
            limit=self.options.hotwords,
            characters=self.options.hotword_characters,
        )

    async def plan_and_names(self, meeting_id: str) -> tuple[Meeting, tuple[Rendering, ...]]:
        """The meeting as it is planned now, and what it has called names and numbers so far. Raises NotFound."""
        async with self._database.read() as connection:
            meeting = await self._get(connection, meeting_id)
            return meeting, await renderings.known(connection, meeting_id)


def _machine_tags(meeting: Meeting) -> list[str]:
    """The caption languages that machines write."""
    return [tag for tag in meeting.languages if not served(tag).human_only]


def outdated(stored: StoredCaption | None, spoken: StoredCaption) -> bool:
    """Whether a machine should write this caption: it is missing, or made by a machine from an older text."""
    if stored is None:
        return True
    return stored.caption.origin == "machine" and stored.spoken_rev < spoken.spoken_rev
