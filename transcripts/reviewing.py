"""The review room's transactions: a person's text in place of a machine's, approvals, and what is learnt from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from core.accounts import Account
from core.errors import Conflict, InvalidInput, NotFound, TooLarge
from core.log import get_logger
from core.metrics import counter
from transcripts import renderings, store
from transcripts.common import STORED, Office, clean
from transcripts.lessons import Lessons
from transcripts.model import HUMAN_CHECKED, Caption, Meeting
from transcripts.naming import Rendering, corrected_names, expected_names, numbers, read_names, used_numbers
from transcripts.store import Draft, Revision, StoredCaption
from translation.memory import Memory

log = get_logger(__name__)

CONFLICTS = counter("caption_conflicts", "Corrections refused because somebody else was first")


class Reviewing(Office):
    """The room in which people correct captions."""

    def __init__(self, *, memory: Memory | None, **office: Any) -> None:
        """`memory` learns what is approved."""
        super().__init__(**office)
        self._lessons = Lessons(memory)

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
            spoken = _spoken(known)
            reworded = lang == spoken.caption.lang and text != spoken.caption.text
            draft = _written(spoken, lang, text, account)
            draft = replace(draft, flags=(HUMAN_CHECKED,), spoken_rev=spoken.spoken_rev + reworded)
            caption = await self._put_written(connection, known, draft, account)
            await self._learn_names(connection, meeting, known, caption)
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
            spoken = _spoken(known)
            draft = _written(spoken, lang, stored.caption.text, account)
            draft = replace(draft, spoken_rev=stored.spoken_rev)
            caption = await self._put_written(connection, known, draft, account)
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
        _spoken(known)
        old = known.get(lang)
        if (old.caption.rev if old else 0) != rev:
            CONFLICTS.inc()
            raise Conflict("Somebody else changed this caption first; look at the new text and decide again.")
        return meeting, known

    async def _put_written(
        self,
        connection: AsyncConnection,
        known: Mapping[str, StoredCaption],
        draft: Draft,
        account: Account,
    ) -> Caption:
        caption = await store.put_caption(connection, draft, at=self._clock.now())
        await self._lessons.follow(connection, known, caption, author=account.display_name)
        return caption

    async def _learn_names(
        self,
        connection: AsyncConnection,
        meeting: Meeting,
        before: Mapping[str, StoredCaption],
        caption: Caption,
    ) -> None:
        """From now on the meeting calls names and numbers as this person did."""
        spoken = _spoken(before).caption
        if caption.lang == spoken.lang:
            return
        meant = {key for key, _ in numbers(spoken.text, spoken.lang)}
        learnt: list[Rendering] = [
            one for one in used_numbers(caption.text, caption.lang, by_person=True) if one.source in meant
        ]
        old = before.get(caption.lang)
        if old is not None and old.caption.text != caption.text:
            known = await renderings.known(connection, meeting.id)
            names = read_names(meeting.names, meeting.languages)
            called = expected_names(names, known, spoken.lang, caption.lang)
            learnt += corrected_names(
                called, spoken.text, old.caption.text, caption.text, spoken.lang, caption.lang
            )
        await renderings.keep(
            connection, meeting.id, learnt, at=self._clock.now(), limit=self.options.renderings
        )

    async def _tell(self, meeting: Meeting) -> None:
        """After the commit: the memory uses what it learnt, and everybody who watches looks again."""
        await self._lessons.settle()
        STORED.labels("human").inc()
        self._changed(meeting.id)

    async def learnt(self, caption: Caption) -> bool:
        """Whether an approved caption is what the next translation of the same words will say."""
        async with self._database.read() as connection:
            known = await store.captions_of(connection, caption.meeting_id, caption.seq)
        return self.is_used(_spoken(known).caption, caption)

    def is_used(self, spoken: Caption, caption: Caption) -> bool:
        """The same, where the spoken caption is known."""
        return self._lessons.is_used(spoken, caption)

    def _checked_text(self, text: str) -> str:
        text = clean(text)
        if not text:
            raise InvalidInput("A caption cannot be empty; write what was said.")
        if len(text) > self.options.text_limit:
            raise TooLarge(f"A caption has at most {self.options.text_limit} characters; shorten it.")
        return text

    async def history(self, meeting_id: str, *, seq: int, lang: str) -> list[Revision]:
        """Every text that a caption had, oldest first."""
        async with self._database.read() as connection:
            return await store.revisions(connection, meeting_id, seq, lang)


def _spoken(known: Mapping[str, StoredCaption]) -> StoredCaption:
    """The caption in the language in which the segment was said. Raises NotFound."""
    spoken = store.spoken_caption(known)
    if spoken is None:
        raise NotFound("There is no such caption in this meeting; load the page again.")
    return spoken


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
