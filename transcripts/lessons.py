"""What the translation memory learns from the review room.

An approved caption and the spoken text that it says are a translation by a person, also where the machine's words were
approved as they stood. The unit follows the caption in the same transaction: another approval rewords it, an approval
taken back or a reworded spoken text makes the memory forget it until the caption is approved again.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from core.errors import InvalidInput, TooLarge
from core.log import get_logger
from transcripts.model import HUMAN_CHECKED, Caption, Meeting
from transcripts.store import StoredCaption
from translation.memory import Memory

log = get_logger(__name__)


class Lessons:
    """Keeps the memory in step with approvals; does nothing where there is no memory."""

    def __init__(self, memory: Memory | None) -> None:
        self._memory = memory

    async def follow(
        self,
        connection: AsyncConnection,
        meeting: Meeting,
        before: Mapping[str, StoredCaption],
        caption: Caption,
        *,
        author: str,
    ) -> None:
        """Let the memory follow `caption`, which was just stored; `before` are the segment's captions until then.
        Call `settle` once the transaction is committed."""
        if self._memory is None:
            return
        spoken = before[meeting.language].caption.text
        if caption.lang != meeting.language and _teaches(spoken, caption):
            await self._learn(connection, meeting, spoken, caption, author)
            return
        for tag in before:
            if caption.lang == tag != meeting.language or _reworded(spoken, caption, meeting):
                await self._forget(connection, meeting, spoken, tag, caption.seq)

    async def _learn(
        self, connection: AsyncConnection, meeting: Meeting, spoken: str, caption: Caption, author: str
    ) -> None:
        assert self._memory is not None
        try:
            await self._memory.learn_in(
                connection,
                source=meeting.language,
                target=caption.lang,
                source_text=spoken,
                target_text=caption.text,
                author=author,
                came_from=_place(meeting, caption.seq),
            )
        except (InvalidInput, TooLarge) as error:
            # Such as a caption of "…" alone. It is approved all the same.
            log.info("caption_not_learnt", meeting=meeting.id, seq=caption.seq, reason=error.code)
            await self._forget(connection, meeting, spoken, caption.lang, caption.seq)

    async def _forget(
        self, connection: AsyncConnection, meeting: Meeting, spoken: str, tag: str, seq: int
    ) -> None:
        """Forget the unit that this very caption taught. What others taught since stays."""
        assert self._memory is not None
        await self._memory.forget_in(
            connection,
            source=meeting.language,
            target=tag,
            source_text=spoken,
            came_from=_place(meeting, seq),
        )

    async def settle(self) -> None:
        """Make what was learnt usable, here at once and elsewhere soon. Call after the commit."""
        if self._memory is not None:
            await self._memory.committed()

    def is_used(self, meeting: Meeting, spoken: str, caption: Caption) -> bool:
        """Whether this approved caption is what the next translation of the same words will say."""
        if self._memory is None or HUMAN_CHECKED not in caption.flags or caption.lang == meeting.language:
            return False
        match = self._memory.find(spoken, meeting.language, caption.lang)
        return match is not None and match.exact and match.text == caption.text


def _teaches(spoken: str, caption: Caption) -> bool:
    """An approved text that only repeats the spoken one is no translation."""
    return HUMAN_CHECKED in caption.flags and caption.text != spoken


def _reworded(spoken: str, caption: Caption, meeting: Meeting) -> bool:
    """All translations of the segment said the old words."""
    return caption.lang == meeting.language and caption.text != spoken


def _place(meeting: Meeting, seq: int) -> str:
    return f"review:{meeting.id}/{seq}"
