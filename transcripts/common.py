"""What the rooms of the meeting service share: limits, names of queues and topics, and their common ground."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from core.bus import Bus
from core.clock import Clock
from core.database import Database
from core.errors import InvalidInput, NotFound
from core.jobs import Jobs
from core.metrics import counter
from transcripts import store
from transcripts.model import Meeting
from transcripts.store import StoredCaption
from translation.languages import language as served

QUEUE = "captions"  # segments to translate while they are being said
EARLIER = "earlier_captions"  # what was said before somebody read it in a language, or asked for a file

STORED = counter("captions_stored", "Captions stored, by who made them", ["origin"])

# Control characters, bidirectional overrides and invisible marks that could disguise a text (ASVS 5.0, 1.3).
_DISGUISE = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_BREAKS = re.compile("[ \t-\r\x85\u2028\u2029]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingOptions:
    """Limits of meetings and captions."""

    title_limit: int = 120  # characters
    text_limit: int = 1000  # characters of one caption
    names_limit: int = 20_000  # characters of the list of names
    languages_limit: int = 8  # caption languages of one meeting
    list_limit: int = 200  # meetings on the list
    page_limit: int = 500  # captions that one answer of the API holds
    record_limit: int = 20_000  # segments that a file holds (about 17 hours)
    translate_attempts: int = 3  # then the spoken text is shown, so that later captions are not held up
    reader_s: float = 60.0  # seconds for which a language counts as read after somebody was seen reading it
    renew_s: float = 20.0  # seconds after which that is written down anew
    recent: int = 20  # newest captions that are translated at once for whoever joins in a new language …
    earlier: int = 300  # … and how far back the others are, which wait for everything else: what a page shows
    part: int = 20  # earlier captions that one job translates, before another gets its turn
    renderings: int = 2000  # names and numbers whose wording a meeting remembers
    hotwords: int = 60  # names and terms that the recogniser is told …
    hotword_characters: int = 600  # … of so many characters in all
    audio_days_limit: int = 30  # longest time for which a meeting's sound may be kept


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


class Office:
    """The parts that every room works with, and how each looks up a meeting and tells that it changed."""

    def __init__(
        self, *, database: Database, jobs: Jobs, bus: Bus, clock: Clock, options: MeetingOptions | None = None
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._bus = bus
        self._clock = clock
        self.options = options or MeetingOptions()

    async def get(self, meeting_id: str) -> Meeting:
        """The meeting. Raises NotFound."""
        async with self._database.read() as connection:
            return await self._get(connection, meeting_id)

    async def _get(self, connection: AsyncConnection, meeting_id: str) -> Meeting:
        meeting = await store.find_meeting(connection, meeting_id)
        if meeting is None:
            raise NotFound("There is no such meeting; check the address.")
        return meeting

    def check_languages(self, meeting: Meeting, tags: Sequence[str]) -> None:
        """Raise InvalidInput unless the meeting has captions in each of `tags`."""
        for tag in tags:
            if tag not in meeting.languages:
                raise InvalidInput(
                    f"This meeting has no captions in “{tag[:20]}”; choose one of {', '.join(meeting.languages)}."
                )

    async def _queue_translation(self, connection: AsyncConnection, meeting_id: str, seq: int) -> None:
        await self._jobs.add(
            connection, queue=QUEUE, payload={"meeting_id": meeting_id, "seq": seq}, key=meeting_id
        )

    def _changed(self, meeting_id: str) -> None:
        self._bus.publish(topic(meeting_id))
        self._jobs.hint(QUEUE)
