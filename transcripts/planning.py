"""Planning meetings, beginning and ending them, and deleting them."""

from __future__ import annotations

import datetime as dt
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.accounts import Account
from core.errors import InvalidInput
from core.ids import digest, new_secret
from core.log import get_logger
from transcripts import store
from transcripts.common import EARLIER, QUEUE, Office, clean, shown_for, topic
from transcripts.model import Meeting, MeetingState
from transcripts.naming import read_names
from transcripts.store import Progress
from translation.languages import language as served

log = get_logger(__name__)

# Characters that are easy to read aloud from a screen: no 0/o, 1/i/l.
_ID_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What staff choose for a meeting, beside its title."""

    languages: Sequence[str] = ()  # of the captions; spoken ones are always among them
    # Those that captions are always translated into; None: all. The others are translated while somebody reads them.
    recorded: Sequence[str] | None = None
    also_spoken: Sequence[str] = ()
    names: str = ""  # one a line (transcripts.naming)
    partials: bool = False  # what is being said now is translated too
    audio_days: int = 0  # days after the end for which the sound is kept; 0: it is not kept


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMeeting:
    """A meeting just created. The token is shown once and only its digest is kept."""

    meeting: Meeting
    sender_token: str


class Planning(Office):
    """The room in which meetings are made and moved."""

    async def create(
        self,
        *,
        title: str,
        language: str,
        languages: Sequence[str] = (),
        account: Account | None,
        plan: Plan | None = None,
    ) -> NewMeeting:
        """Plan a meeting. The main spoken language is always its first caption language; `languages` are further
        ones, as in `plan`.

        Raises InvalidInput for an unknown language, a missing title, too many languages, or an unusable plan.
        """
        plan = plan or Plan()
        meeting = Meeting(
            id="".join(secrets.choice(_ID_ALPHABET) for _ in range(10)),
            title=self._title(title),
            language=self._spoken(language),
            languages=(),
            state="planned",
            created_at=self._clock.now(),
        )
        meeting = self._planned(meeting, replace(plan, languages=(*plan.languages, *languages)))
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

    async def replan(self, meeting_id: str, *, title: str, plan: Plan) -> Meeting:
        """Change what was planned; what was said stays. Languages that have captions already cannot be taken away.

        Raises NotFound and InvalidInput.
        """
        async with self._database.write() as connection:
            meeting = await self._get(connection, meeting_id)
            new = self._planned(replace(meeting, title=self._title(title)), plan)
            gone = set(meeting.languages) - set(new.languages)
            used = gone & await store.caption_languages(connection, meeting_id)
            if used:
                raise InvalidInput(
                    f"This meeting has captions in {', '.join(sorted(used))} already; keep these languages."
                )
            await store.change_plan(connection, new)
        log.info("meeting_replanned", meeting=meeting_id)
        self._bus.publish(topic(meeting_id))
        return new

    def _title(self, title: str) -> str:
        title = clean(title)
        if not title or len(title) > self.options.title_limit:
            raise InvalidInput(f"A meeting needs a title of 1 to {self.options.title_limit} characters.")
        return title

    def _planned(self, meeting: Meeting, plan: Plan) -> Meeting:
        """The meeting with everything that the plan says, checked."""
        also = tuple(tag for tag in dict.fromkeys(plan.also_spoken) if self._spoken(tag) != meeting.language)
        languages = self._caption_languages((meeting.language, *also), plan.languages)
        # Who speaks one of the languages must be able to read what is said in the others.
        recorded = languages if plan.recorded is None else (meeting.language, *also, *plan.recorded)
        if len(plan.names) > self.options.names_limit:
            raise InvalidInput(f"The list of names has at most {self.options.names_limit} characters.")
        read_names(plan.names, languages)
        if not 0 <= plan.audio_days <= self.options.audio_days_limit:
            raise InvalidInput(f"Sound is kept for at most {self.options.audio_days_limit} days.")
        return replace(
            meeting,
            languages=languages,
            also_spoken=also,
            recorded=tuple(tag for tag in languages if tag in recorded),
            names=plan.names.strip(),
            partials=plan.partials,
            audio_days=plan.audio_days,
        )

    def _spoken(self, tag: str) -> str:
        if served(tag).human_only:
            raise InvalidInput(f"Speech cannot be recognised in {tag}; choose {served(tag).model_tag}.")
        return tag

    def _caption_languages(self, spoken: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
        # Easy Japanese falls back to Japanese, so that must be there.
        tags = tuple(dict.fromkeys((*spoken, *(one for tag in others for one in reversed(shown_for(tag))))))
        if len(tags) > self.options.languages_limit:
            raise InvalidInput(
                f"A meeting has captions in at most {self.options.languages_limit} languages; {len(tags)} were given."
            )
        return tags

    async def meetings(self, *, states: Sequence[MeetingState]) -> list[Meeting]:
        """Meetings in one of `states`, the newest first."""
        async with self._database.read() as connection:
            return await store.list_meetings(connection, states=states, limit=self.options.list_limit)

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

    async def remove(self, meeting_id: str) -> None:
        """Delete the meeting with all that was said in it. What its interpreters taught the translation memory
        stays. Harmless when there is none. Its sound must be deleted before (`transcripts.keeping`)."""
        async with self._database.write() as connection:
            for queue in (QUEUE, EARLIER):
                await self._jobs.drop(connection, queue=queue, containing=meeting_id, states=["ready"])
            await store.remove_meeting(connection, meeting_id)
        log.info("meeting_removed", meeting=meeting_id)
        self._bus.publish(topic(meeting_id))

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
        """Remember that audio before `samples` is done with: its words are stored, or it was silent."""
        async with self._database.write() as connection:
            await store.set_stored_samples(connection, meeting_id, samples)

    async def anchor(self, meeting_id: str, samples: int) -> None:
        """Remember that sample `samples` is heard now, and did not follow at once on the one before it."""
        async with self._database.write() as connection:
            await store.add_anchor(connection, meeting_id, samples, at=self._clock.now())

    async def audio_trouble(self, meeting_id: str) -> str | None:
        """Why the sound of the meeting is not kept any more: "disk_full", "disk_limit", "write_failed"."""
        async with self._database.read() as connection:
            return await store.audio_trouble(connection, meeting_id)

    async def note_audio_trouble(self, meeting_id: str, trouble: str | None) -> None:
        """Remember why, or that there is nothing any more."""
        async with self._database.write() as connection:
            await store.set_audio_trouble(connection, meeting_id, trouble)
        self._bus.publish(topic(meeting_id))

    async def over(self) -> list[tuple[Meeting, dt.datetime]]:
        """Meetings that are over, and since when: ended, or left open with nothing said for a day."""
        quiet_since = self._clock.now() - dt.timedelta(days=1)
        async with self._database.read() as connection:
            return await store.over(connection, quiet_since=quiet_since)
