"""What can be done with meetings and their captions: the transactions.

A segment is stored before anyone sees it, together with the job that translates it. Translations are made outside
any transaction and stored with the end of their job. What a person wrote is never overwritten by a machine.
"""

from __future__ import annotations

import asyncio
import hmac
import re
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from core.accounts import Account
from core.bus import Bus
from core.clock import Clock
from core.database import Database
from core.errors import AppError, Conflict, InvalidInput, NotFound, TooLarge
from core.ids import digest, new_secret
from core.jobs import Job, Jobs
from core.log import get_logger
from core.metrics import counter
from transcripts import store
from transcripts.hls import Published
from transcripts.lessons import Lessons
from transcripts.model import HUMAN_CHECKED, UNTRANSLATED, Caption, Meeting, MeetingState, Segment
from transcripts.records import (
    Record,
    TextChoice,
    read_everything,
    read_first_texts,
    read_published,
    read_record,
)
from transcripts.store import Draft, Progress, Revision, StoredCaption
from translation.languages import language as served
from translation.memory import Memory
from translation.service import Translator

log = get_logger(__name__)

QUEUE = "captions"

STORED = counter("captions_stored", "Captions stored, by who made them", ["origin"])
UNTRANSLATED_COUNT = counter(
    "captions_untranslated", "Captions shown in the spoken language for want of a translation"
)
CONFLICTS = counter("caption_conflicts", "Corrections refused because somebody else was first")

# Characters that are easy to read aloud from a screen: no 0/o, 1/i/l.
_ID_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
# Control characters, bidirectional overrides and invisible marks that could disguise a text (ASVS 5.0, 1.3).
_DISGUISE = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_BREAKS = re.compile("[ \t-\r\x85\u2028\u2029]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingOptions:
    """Limits of meetings and captions."""

    title_limit: int = 120  # characters
    text_limit: int = 1000  # characters of one caption
    languages_limit: int = 8  # caption languages of one meeting
    list_limit: int = 200  # meetings on the list
    page_limit: int = 500  # captions that one answer of the API holds
    record_limit: int = 20_000  # segments that a file holds (about 17 hours)
    translate_attempts: int = 3  # then the spoken text is shown, so that later captions are not held up


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMeeting:
    """A meeting just created. The token is shown once and only its digest is kept."""

    meeting: Meeting
    sender_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Captions, the position up to which they are complete, and the meeting's state at that moment."""

    captions: tuple[Caption, ...]
    position: int
    state: MeetingState


def topic(meeting_id: str) -> str:
    """The bus topic that hints at changed captions of a meeting."""
    return f"captions:{meeting_id}"


def clean(text: str) -> str:
    """The text without invisible characters that could disguise it, on one line."""
    return _DISGUISE.sub("", _BREAKS.sub(" ", text)).strip()


def shown_for(tag: str) -> tuple[str, ...]:
    """The caption languages that a reader of `tag` is shown, the preferred one first.

    A language that only people write (Easy Japanese) falls back, segment by segment, to one that is always there.
    """
    wanted = served(tag)
    return (tag, wanted.model_tag) if wanted.human_only else (tag,)


def prefer(captions: Sequence[StoredCaption], tags: Sequence[str]) -> list[StoredCaption]:
    """One caption for each segment: that in the first of `tags` that it has. Keeps the order of segments."""
    best: dict[int, StoredCaption] = {}
    for stored in captions:
        seq = stored.caption.seq
        if seq not in best or tags.index(stored.caption.lang) < tags.index(best[seq].caption.lang):
            best[seq] = stored
    return [best[seq] for seq in sorted(best)]


class MeetingService:
    """Meetings, their segments and their captions."""

    def __init__(
        self,
        *,
        database: Database,
        jobs: Jobs,
        bus: Bus,
        clock: Clock,
        translator: Translator,
        memory: Memory | None = None,
        options: MeetingOptions | None = None,
    ) -> None:
        """`memory` learns what is approved in the review room."""
        self._database = database
        self._jobs = jobs
        self._bus = bus
        self._clock = clock
        self._translator = translator
        self._lessons = Lessons(memory)
        self.options = options or MeetingOptions()

    # Meetings

    async def create(
        self, *, title: str, language: str, languages: Sequence[str], account: Account | None
    ) -> NewMeeting:
        """Plan a meeting. The spoken language is always one of its caption languages, and the first.

        Raises InvalidInput for an unknown language, a missing title or too many languages.
        """
        title = clean(title)
        if not title or len(title) > self.options.title_limit:
            raise InvalidInput(f"A meeting needs a title of 1 to {self.options.title_limit} characters.")
        meeting = Meeting(
            id="".join(secrets.choice(_ID_ALPHABET) for _ in range(10)),
            title=title,
            language=self._spoken(language),
            languages=self._caption_languages(language, languages),
            state="planned",
            created_at=self._clock.now(),
        )
        token = new_secret()
        async with self._database.write() as connection:
            await store.add_meeting(
                connection,
                meeting,
                sender_digest=digest(token),
                created_by=account.id if account else None,
            )
        log.info("meeting_created", meeting=meeting.id, languages=list(meeting.languages))
        return NewMeeting(meeting=meeting, sender_token=token)

    def _spoken(self, tag: str) -> str:
        if served(tag).human_only:
            raise InvalidInput(f"Speech cannot be recognised in {tag}; choose {served(tag).model_tag}.")
        return tag

    def _caption_languages(self, spoken: str, others: Sequence[str]) -> tuple[str, ...]:
        tags = [spoken]
        for tag in others:
            for shown in reversed(
                shown_for(tag)
            ):  # Easy Japanese falls back to Japanese, so that must be there
                if shown not in tags:
                    tags.append(shown)
        if len(tags) > self.options.languages_limit:
            raise InvalidInput(
                f"A meeting has captions in at most {self.options.languages_limit} languages; {len(tags)} were given."
            )
        return tuple(tags)

    async def meetings(self, *, states: Sequence[MeetingState]) -> list[Meeting]:
        """Meetings in one of `states`, the newest first."""
        async with self._database.read() as connection:
            return await store.list_meetings(connection, states=states, limit=self.options.list_limit)

    async def get(self, meeting_id: str) -> Meeting:
        """The meeting. Raises NotFound."""
        async with self._database.read() as connection:
            return await self._get(connection, meeting_id)

    async def _get(self, connection: AsyncConnection, meeting_id: str) -> Meeting:
        meeting = await store.find_meeting(connection, meeting_id)
        if meeting is None:
            raise NotFound("There is no such meeting; check the address.")
        return meeting

    async def start(self, meeting_id: str) -> Meeting:
        """Open the meeting to audio. Harmless when it is live already; an ended one is opened again."""
        return await self._move(meeting_id, "live")

    async def end(self, meeting_id: str) -> Meeting:
        """Close the meeting. Harmless when it has ended already."""
        return await self._move(meeting_id, "ended")

    async def _move(self, meeting_id: str, state: MeetingState) -> Meeting:
        async with self._database.write() as connection:
            meeting = await self._get(connection, meeting_id)
            if meeting.state != state:
                await store.set_state(connection, meeting_id, state, at=self._clock.now())
                log.info("meeting_moved", meeting=meeting_id, state=state)
            meeting = await self._get(connection, meeting_id)
        self._bus.publish(topic(meeting_id))
        return meeting

    async def may_send(self, meeting_id: str, token: str) -> bool:
        """Whether `token` is the meeting's sender token."""
        async with self._database.read() as connection:
            expected = await store.sender_digest(connection, meeting_id)
        return expected is not None and hmac.compare_digest(expected, digest(token))

    async def progress(self, meeting_id: str) -> Progress:
        """Where a recogniser has to go on."""
        async with self._database.read() as connection:
            return await store.progress(connection, meeting_id)

    async def note_samples(self, meeting_id: str, samples: int) -> None:
        """Remember that audio before `samples` is done with."""
        async with self._database.write() as connection:
            await store.set_stored_samples(connection, meeting_id, samples)

    # Captions

    async def commit_segment(self, meeting_id: str, segment: Segment) -> Caption:
        """Store a segment, its caption in the spoken language and the job that translates it, all or nothing."""
        async with self._database.write() as connection:
            meeting = await self._get(connection, meeting_id)
            await store.add_segment(connection, meeting_id, segment, at=self._clock.now())
            caption = await store.put_caption(
                connection,
                Draft(
                    meeting_id=meeting_id,
                    seq=segment.seq,
                    lang=meeting.language,
                    text=clean(segment.text),
                    start=segment.start,
                    end=segment.end,
                    origin="speech",
                ),
                at=self._clock.now(),
            )
            await store.set_stored_samples(connection, meeting_id, int(segment.end * 16_000))
            await self._queue_translation(connection, meeting_id, segment.seq)
        STORED.labels("speech").inc()
        self._changed(meeting_id)
        return caption

    async def _queue_translation(self, connection: AsyncConnection, meeting_id: str, seq: int) -> None:
        await self._jobs.add(
            connection, queue=QUEUE, payload={"meeting_id": meeting_id, "seq": seq}, key=meeting_id
        )

    def _changed(self, meeting_id: str) -> None:
        self._bus.publish(topic(meeting_id))
        self._jobs.hint(QUEUE)

    async def translate(self, job: Job) -> None:
        """Handler of the captions queue: bring a segment's machine-made captions up to date with its spoken text."""
        meeting_id, seq = str(job.payload["meeting_id"]), int(job.payload["seq"])
        async with self._database.read() as connection:
            meeting = await self._get(connection, meeting_id)
            known = await store.captions_of(connection, meeting_id, seq)
        source = known[meeting.language]
        targets = [
            tag
            for tag in meeting.languages
            if tag != meeting.language and not served(tag).human_only and _outdated(known.get(tag), source)
        ]
        last_try = job.attempts >= self.options.translate_attempts
        drafts = await asyncio.gather(*(self._draft(source, tag, last_try=last_try) for tag in targets))
        async with self._database.write() as connection:
            now_known = await store.captions_of(connection, meeting_id, seq)
            for draft in drafts:
                if _outdated(now_known.get(draft.lang), source):
                    await store.put_caption(connection, draft, at=self._clock.now())
                    STORED.labels("machine").inc()
            await self._jobs.finish(connection, job)
        self._bus.publish(topic(meeting_id))

    async def _draft(self, spoken: StoredCaption, tag: str, *, last_try: bool) -> Draft:
        source = spoken.caption
        text, flags = await self._translated(source, tag, last_try=last_try)
        return Draft(
            meeting_id=source.meeting_id,
            seq=source.seq,
            lang=tag,
            text=text or source.text,
            start=source.start,
            end=source.end,
            origin="machine",
            flags=flags if text else (UNTRANSLATED,),
            spoken_rev=spoken.spoken_rev,
        )

    async def _translated(self, source: Caption, tag: str, *, last_try: bool) -> tuple[str, tuple[str, ...]]:
        """The translation and its flags; empty where none can be made."""
        try:
            made = await self._translator.translate(source.text, source=source.lang, target=tag, lane="live")
            return clean(made.text), made.flags
        except Exception as error:
            # Our own errors (no model, no route) stay as they are; anything else may pass, but not for ever.
            if not isinstance(error, AppError) and not last_try:
                raise
            UNTRANSLATED_COUNT.inc()
            log.warning(
                "caption_untranslated", meeting=source.meeting_id, language=tag, kind=type(error).__name__
            )
        return "", ()

    async def correct(
        self, meeting_id: str, *, seq: int, lang: str, text: str, rev: int, account: Account
    ) -> Caption:
        """Put a person's text in place of revision `rev` (0: there is none yet) and keep the old one as history.

        A corrected spoken text is translated again for the languages that no person has written. The translation
        memory follows in the same transaction. Raises Conflict when the caption is no longer at `rev`, NotFound,
        InvalidInput, TooLarge.
        """
        text = self._checked_text(text)
        async with self._database.write() as connection:
            meeting, known = await self._opened(connection, meeting_id, seq=seq, lang=lang, rev=rev)
            spoken = known[meeting.language]
            reworded = lang == meeting.language and text != spoken.caption.text
            draft = _written(spoken, lang, text, account)
            draft = replace(draft, flags=(HUMAN_CHECKED,), spoken_rev=spoken.spoken_rev + reworded)
            caption = await self._put_written(connection, meeting, known, draft, account)
            if reworded:
                await self._queue_translation(connection, meeting_id, seq)
        log.info("caption_corrected", meeting=meeting_id, seq=seq, language=lang, account=account.id)
        await self._tell(meeting)
        return caption

    async def withdraw(self, meeting_id: str, *, seq: int, lang: str, rev: int, account: Account) -> Caption:
        """Take the approval of a caption back: the text stays, as a draft that machines leave alone, and the
        translation memory forgets it.

        Raises Conflict when the caption is no longer at `rev` or is not approved, NotFound, InvalidInput.
        """
        async with self._database.write() as connection:
            meeting, known = await self._opened(connection, meeting_id, seq=seq, lang=lang, rev=rev)
            stored = known.get(lang)
            if stored is None or HUMAN_CHECKED not in stored.caption.flags:
                raise Conflict("This caption is not approved; load the page again.")
            spoken = known[meeting.language]
            draft = _written(spoken, lang, stored.caption.text, account)
            draft = replace(draft, spoken_rev=stored.spoken_rev)
            caption = await self._put_written(connection, meeting, known, draft, account)
        log.info("approval_withdrawn", meeting=meeting_id, seq=seq, language=lang, account=account.id)
        await self._tell(meeting)
        return caption

    async def _opened(
        self, connection: AsyncConnection, meeting_id: str, *, seq: int, lang: str, rev: int
    ) -> tuple[Meeting, dict[str, StoredCaption]]:
        """The meeting and a segment's captions, where the one in `lang` is still at `rev`."""
        meeting = await self._get(connection, meeting_id)
        self.check_languages(meeting, [lang])
        known = await store.captions_of(connection, meeting_id, seq)
        if meeting.language not in known:
            raise NotFound("There is no such caption in this meeting; load the page again.")
        old = known.get(lang)
        if (old.caption.rev if old else 0) != rev:
            CONFLICTS.inc()
            raise Conflict("Somebody else changed this caption first; look at the new text and decide again.")
        return meeting, known

    async def _put_written(
        self,
        connection: AsyncConnection,
        meeting: Meeting,
        known: Mapping[str, StoredCaption],
        draft: Draft,
        account: Account,
    ) -> Caption:
        caption = await store.put_caption(connection, draft, at=self._clock.now())
        await self._lessons.follow(connection, meeting, known, caption, author=account.display_name)
        return caption

    async def _tell(self, meeting: Meeting) -> None:
        """After the commit: the memory uses what it learnt, and everybody who watches looks again."""
        await self._lessons.settle()
        STORED.labels("human").inc()
        self._changed(meeting.id)

    async def learnt(self, caption: Caption) -> bool:
        """Whether an approved caption is what the next translation of the same words will say."""
        async with self._database.read() as connection:
            meeting = await self._get(connection, caption.meeting_id)
            known = await store.captions_of(connection, caption.meeting_id, caption.seq)
        return self.is_used(meeting, known[meeting.language].caption, caption)

    def is_used(self, meeting: Meeting, spoken: Caption, caption: Caption) -> bool:
        """The same, where the spoken caption is known."""
        return self._lessons.is_used(meeting, spoken.text, caption)

    def _checked_text(self, text: str) -> str:
        text = clean(text)
        if not text:
            raise InvalidInput("A caption cannot be empty; write what was said.")
        if len(text) > self.options.text_limit:
            raise TooLarge(f"A caption has at most {self.options.text_limit} characters; shorten it.")
        return text

    def check_languages(self, meeting: Meeting, tags: Sequence[str]) -> None:
        """Raise InvalidInput unless the meeting has captions in each of `tags`."""
        for tag in tags:
            if tag not in meeting.languages:
                raise InvalidInput(
                    f"This meeting has no captions in “{tag[:20]}”; choose one of {', '.join(meeting.languages)}."
                )

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

    async def history(self, meeting_id: str, *, seq: int, lang: str) -> list[Revision]:
        """Every text that a caption had, oldest first."""
        async with self._database.read() as connection:
            return await store.revisions(connection, meeting_id, seq, lang)


def _written(spoken: StoredCaption, lang: str, text: str, account: Account) -> Draft:
    """A person's text for the segment of `spoken`, not approved."""
    return Draft(
        meeting_id=spoken.caption.meeting_id,
        seq=spoken.caption.seq,
        lang=lang,
        text=text,
        start=spoken.caption.start,
        end=spoken.caption.end,
        origin="human",
        account_id=account.id,
    )


def _outdated(stored: StoredCaption | None, spoken: StoredCaption) -> bool:
    """Whether a machine should write this caption: it is missing, or made by a machine from an older text."""
    if stored is None:
        return True
    return stored.caption.origin == "machine" and stored.spoken_rev < spoken.spoken_rev
