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
from transcripts.model import HUMAN_CHECKED, Caption
from transcripts.store import StoredCaption, spoken_caption
from translation.memory import Memory

log = get_logger(__name__)


class Lessons:
    """Keeps the memory in step with approvals; does nothing where there is no memory."""

    def __init__(self, memory: Memory | None) -> None:
        self._memory = memory

    async def follow(
        self,
        connection: AsyncConnection,
        before: Mapping[str, StoredCaption],
        caption: Caption,
        *,
        author: str,
    ) -> None:
        """Let the memory follow `caption`, which was just stored; `before` are the segment's captions until then.
        Call `settle` once the transaction is committed."""
        if self._memory is None:
            return
        source = spoken_caption(before)
        if source is None:
            return
        spoken = source.caption
        if caption.lang != spoken.lang and _teaches(spoken, caption):
            await self._learn(connection, spoken, caption, author)
            return
        for tag in before:
            if caption.lang == tag != spoken.lang or _reworded(spoken, caption):
                await self._forget(connection, spoken, tag)

    async def _learn(
        self, connection: AsyncConnection, spoken: Caption, caption: Caption, author: str
    ) -> None:
        assert self._memory is not None
        try:
            await self._memory.learn_in(
                connection,
                source=spoken.lang,
                target=caption.lang,
                source_text=spoken.text,
                target_text=caption.text,
                author=author,
                came_from=_place(spoken),
            )
        except (InvalidInput, TooLarge) as error:
            # Such as a caption of "…" alone. It is approved all the same.
            log.info("caption_not_learnt", meeting=spoken.meeting_id, seq=spoken.seq, reason=error.code)
            await self._forget(connection, spoken, caption.lang)

    async def _forget(self, connection: AsyncConnection, spoken: Caption, tag: str) -> None:
        """Forget the unit that this very caption taught. What others taught since stays."""
        assert self._memory is not None
        await self._memory.forget_in(
            connection,
            source=spoken.lang,
            target=tag,
            source_text=spoken.text,
            came_from=_place(spoken),
        )

    async def settle(self) -> None:
        """Make what was learnt usable, here at once and elsewhere soon. Call after the commit."""
        if self._memory is not None:
            await self._memory.committed()

    def is_used(self, spoken: Caption, caption: Caption) -> bool:
        """Whether this approved caption is what the next translation of the same words will say."""
        if self._memory is None or HUMAN_CHECKED not in caption.flags or caption.lang == spoken.lang:
            return False
        match = self._memory.find(spoken.text, spoken.lang, caption.lang)
        return match is not None and match.exact and match.text == caption.text


def _teaches(spoken: Caption, caption: Caption) -> bool:
    """An approved text that only repeats the spoken one is no translation."""
    return HUMAN_CHECKED in caption.flags and caption.text != spoken.text


def _reworded(spoken: Caption, caption: Caption) -> bool:
    """All translations of the segment said the old words."""
    return caption.lang == spoken.lang and caption.text != spoken.text


def _place(spoken: Caption) -> str:
    return f"review:{spoken.meeting_id}/{spoken.seq}"
