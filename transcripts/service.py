"""What can be done with meetings and their captions: the transactions, room by room.

planning    meetings are made, moved and deleted
captioning  what is said is stored and translated
reviewing   people correct and approve it
reading     viewers, files and players read it
"""

from __future__ import annotations

from core.bus import Bus
from core.clock import Clock
from core.database import Database
from core.jobs import Jobs
from transcripts.captioning import Captioning
from transcripts.common import EARLIER, QUEUE, MeetingOptions, clean, prefer, shown_for, topic
from transcripts.planning import NewMeeting, Plan, Planning
from transcripts.reading import Reading, ReadingRoom
from transcripts.reviewing import Reviewing
from transcripts.translating import CaptionTranslator
from translation.glossary import Glossary
from translation.memory import Memory
from translation.service import Translator

__all__ = [
    "EARLIER",
    "QUEUE",
    "MeetingOptions",
    "MeetingService",
    "NewMeeting",
    "Plan",
    "Reading",
    "clean",
    "prefer",
    "shown_for",
    "topic",
]


class MeetingService(Planning, Captioning, Reviewing, ReadingRoom):
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
        glossary: Glossary | None = None,
        options: MeetingOptions | None = None,
    ) -> None:
        """`memory` learns what is approved in the review room; `glossary` holds the city's words."""
        self.translator = CaptionTranslator(translator, glossary)
        super().__init__(
            translator=self.translator,
            memory=memory,
            database=database,
            jobs=jobs,
            bus=bus,
            clock=clock,
            options=options,
        )
