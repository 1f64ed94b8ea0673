"""Queries of meetings, segments and captions.

Every change of a caption takes the meeting's next `position` in its own transaction, and the row of the meeting is
locked by that, so positions are committed in order and a reader that asks "what came after N" never misses one.
The functions take a connection and leave the transaction to the caller.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from core.accounts import accounts_table
from core.database import UtcDateTime
from transcripts.model import Caption, Meeting, MeetingState, Origin, Segment, Word
from transcripts.tables import (
    caption_revisions_table,
    captions_table,
    meetings_table,
    segments_table,
)

ANCHORS = 200  # times at which a meeting's sound began anew that are remembered


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a meeting's audio came: where a new recogniser has to go on."""

    next_seq: int
    stored_samples: int  # of 16 kHz audio since the meeting's audio began


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A caption on its way into the store, which gives it its revision and position."""

    meeting_id: str
    seq: int
    lang: str
    text: str
    start: float
    end: float
    origin: Origin
    flags: tuple[str, ...] = ()
    spoken_rev: int = 1
    account_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCaption:
    """A caption together with the wording of the spoken text that it says.

    `spoken_rev` starts at 1 and rises when the spoken text is reworded; a translation whose number is lower than
    that of the spoken caption is older than its source.
    """

    caption: Caption
    spoken_rev: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One entry of a caption's history."""

    rev: int
    text: str
    origin: Origin
    by: str | None  # name of the account; None when a machine made it
    at: dt.datetime


def as_meeting(row: sa.Row[tuple[object, ...]]) -> Meeting:
    """A row of the table of meetings."""
    return Meeting(
        id=row.id,
        title=row.title,
        language=row.language,
        languages=tuple(row.languages),
        state=row.state,
        created_at=row.created_at,
        also_spoken=tuple(row.also_spoken),
        recorded=tuple(row.recorded),
        names=row.names,
        partials=row.partials,
        audio_days=row.audio_days,
    )


def said_captions() -> sa.Select[tuple[object, ...]]:
    """All captions, each with the language in which its segment was said. Read its rows with `as_caption`."""
    segments = segments_table
    said = sa.and_(
        segments.c.meeting_id == captions_table.c.meeting_id, segments.c.seq == captions_table.c.seq
    )
    spoken = segments.c.language.label("spoken")
    query: sa.Select[tuple[object, ...]] = sa.select(captions_table, spoken).join(segments, said)
    return query


def as_caption(row: sa.Row[tuple[object, ...]]) -> Caption:
    """A row of `said_captions`."""
    return Caption(
        meeting_id=row.meeting_id,
        seq=row.seq,
        rev=row.rev,
        lang=row.lang,
        text=row.text,
        start=row.start,
        end=row.end,
        origin=row.origin,
        flags=tuple(row.flags),
        position=row.position,
        spoken=row.spoken,
    )


def _stored(row: sa.Row[tuple[object, ...]]) -> StoredCaption:
    return StoredCaption(caption=as_caption(row), spoken_rev=row.spoken_rev)


async def add_meeting(
    connection: AsyncConnection, meeting: Meeting, *, sender_digest: str, created_by: str | None
) -> None:
    """Store a new meeting."""
    await connection.execute(
        meetings_table.insert().values(
            id=meeting.id,
            title=meeting.title,
            language=meeting.language,
            languages=list(meeting.languages),
            state=meeting.state,
            created_at=meeting.created_at,
            created_by=created_by,
            sender_digest=sender_digest,
            position=0,
            stored_samples=0,
            anchors=[],
            **_plan(meeting),
        )
    )


def _plan(meeting: Meeting) -> dict[str, object]:
    """What may be planned anew while the meeting is there."""
    return {
        "recorded": list(meeting.recorded),
        "also_spoken": list(meeting.also_spoken),
        "names": meeting.names,
        "partials": meeting.partials,
        "audio_days": meeting.audio_days,
    }


async def change_plan(connection: AsyncConnection, meeting: Meeting) -> None:
    """Store what was planned anew."""
    await connection.execute(
        meetings_table.update()
        .where(meetings_table.c.id == meeting.id)
        .values(title=meeting.title, languages=list(meeting.languages), **_plan(meeting))
    )


async def remove_meeting(connection: AsyncConnection, meeting_id: str) -> None:
    """Delete a meeting with everything that was said in it."""
    await connection.execute(meetings_table.delete().where(meetings_table.c.id == meeting_id))


async def find_meeting(connection: AsyncConnection, meeting_id: str) -> Meeting | None:
    """The meeting, or None."""
    row = (
        await connection.execute(sa.select(meetings_table).where(meetings_table.c.id == meeting_id))
    ).one_or_none()
    return as_meeting(row) if row is not None else None


async def list_meetings(
    connection: AsyncConnection, *, states: Sequence[MeetingState], limit: int
) -> list[Meeting]:
    """The newest meetings first, at most `limit`."""
    rows = await connection.execute(
        sa.select(meetings_table)
        .where(meetings_table.c.state.in_(states))
        .order_by(meetings_table.c.created_at.desc(), meetings_table.c.id)
        .limit(limit)
    )
    return [as_meeting(row) for row in rows]


async def set_state(
    connection: AsyncConnection, meeting_id: str, state: MeetingState, *, at: dt.datetime
) -> None:
    """Move a meeting to `state`; the first start and the last end are kept."""
    values: dict[str, object] = {"state": state}
    if state == "live":
        values["started_at"] = sa.func.coalesce(meetings_table.c.started_at, at)
    if state == "ended":
        values["ended_at"] = at
    await connection.execute(
        meetings_table.update().where(meetings_table.c.id == meeting_id).values(**values)
    )


async def sender_digest(connection: AsyncConnection, meeting_id: str) -> str | None:
    """What the digest of the meeting's sender token must be."""
    return await connection.scalar(
        sa.select(meetings_table.c.sender_digest).where(meetings_table.c.id == meeting_id)
    )


async def last_position(connection: AsyncConnection, meeting_id: str) -> int:
    """The position of the meeting's last change; 0 when there was none."""
    return (
        await connection.scalar(sa.select(meetings_table.c.position).where(meetings_table.c.id == meeting_id))
    ) or 0


async def add_anchor(connection: AsyncConnection, meeting_id: str, samples: int, *, at: dt.datetime) -> None:
    """Note that sample `samples` of the meeting's sound was heard at `at`, after a pause or for the first time."""
    known = await anchors(connection, meeting_id)
    kept = [(first, moment) for first, moment in known if first < samples][-ANCHORS + 1 :]
    await connection.execute(
        meetings_table.update()
        .where(meetings_table.c.id == meeting_id)
        .values(anchors=[[first, moment.isoformat()] for first, moment in [*kept, (samples, at)]])
    )


async def anchors(connection: AsyncConnection, meeting_id: str) -> list[tuple[int, dt.datetime]]:
    """The samples with which the meeting's sound began anew, and when; in order."""
    found = await connection.scalar(
        sa.select(meetings_table.c.anchors).where(meetings_table.c.id == meeting_id)
    )
    return [(int(first), dt.datetime.fromisoformat(moment)) for first, moment in found or ()]


async def progress(connection: AsyncConnection, meeting_id: str) -> Progress:
    """Where the meeting's audio has to go on."""
    last = await connection.scalar(
        sa.select(sa.func.max(segments_table.c.seq)).where(segments_table.c.meeting_id == meeting_id)
    )
    stored = await connection.scalar(
        sa.select(meetings_table.c.stored_samples).where(meetings_table.c.id == meeting_id)
    )
    return Progress(next_seq=(last or 0) + 1, stored_samples=stored or 0)


async def set_stored_samples(connection: AsyncConnection, meeting_id: str, samples: int) -> None:
    """Note that audio before `samples` need not be sent again; it never goes back."""
    await connection.execute(
        meetings_table.update()
        .where(meetings_table.c.id == meeting_id, meetings_table.c.stored_samples < samples)
        .values(stored_samples=samples)
    )


async def add_segment(
    connection: AsyncConnection, meeting_id: str, segment: Segment, *, at: dt.datetime
) -> None:
    """Store a committed segment with its words."""
    await connection.execute(
        segments_table.insert().values(
            meeting_id=meeting_id,
            seq=segment.seq,
            start=segment.start,
            end=segment.end,
            language=segment.language,
            text=segment.text,
            words=[asdict(word) for word in segment.words],
            created_at=at,
        )
    )


async def segments(connection: AsyncConnection, meeting_id: str) -> list[Segment]:
    """All segments of a meeting, in order."""
    rows = await connection.execute(
        sa.select(segments_table)
        .where(segments_table.c.meeting_id == meeting_id)
        .order_by(segments_table.c.seq)
    )
    return [
        Segment(
            seq=row.seq,
            start=row.start,
            end=row.end,
            language=row.language,
            text=row.text,
            words=tuple(Word(**word) for word in row.words),
        )
        for row in rows
    ]


async def put_caption(connection: AsyncConnection, draft: Draft, *, at: dt.datetime) -> Caption:
    """Store a caption as new or as the next revision, with its history, at the meeting's next position."""
    same = _same_caption(draft.meeting_id, draft.seq, draft.lang)
    rev = ((await connection.scalar(sa.select(captions_table.c.rev).where(same))) or 0) + 1
    position = await connection.scalar(
        meetings_table.update()
        .where(meetings_table.c.id == draft.meeting_id)
        .values(position=meetings_table.c.position + 1)
        .returning(meetings_table.c.position)
    )
    values = {
        "rev": rev,
        "spoken_rev": draft.spoken_rev,
        "position": position,
        "text": draft.text,
        "origin": draft.origin,
        "flags": list(draft.flags),
        "changed_at": at,
    }
    key = {"meeting_id": draft.meeting_id, "seq": draft.seq, "lang": draft.lang}
    if rev == 1:
        times = {"start": draft.start, "end": draft.end}
        await connection.execute(captions_table.insert().values(**key, **times, **values))
    else:
        await connection.execute(captions_table.update().where(same).values(**values))
    await connection.execute(
        caption_revisions_table.insert().values(
            **key, rev=rev, text=draft.text, origin=draft.origin, account_id=draft.account_id, at=at
        )
    )
    return as_caption((await connection.execute(said_captions().where(same))).one())


def _same_caption(meeting_id: str, seq: int, lang: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        captions_table.c.meeting_id == meeting_id,
        captions_table.c.seq == seq,
        captions_table.c.lang == lang,
    )


async def captions_of(connection: AsyncConnection, meeting_id: str, seq: int) -> dict[str, StoredCaption]:
    """All captions of one segment, by language."""
    found = await captions_between(connection, meeting_id, seq, seq)
    return found.get(seq, {})


async def captions_between(
    connection: AsyncConnection, meeting_id: str, first: int, last: int
) -> dict[int, dict[str, StoredCaption]]:
    """All captions of the segments from `first` to `last`, by segment and language."""
    rows = await connection.execute(
        said_captions()
        .where(captions_table.c.meeting_id == meeting_id, captions_table.c.seq.between(first, last))
        .order_by(captions_table.c.seq)
    )
    found: dict[int, dict[str, StoredCaption]] = {}
    for row in rows:
        found.setdefault(row.seq, {})[row.lang] = _stored(row)
    return found


def spoken_caption(known: Mapping[str, StoredCaption]) -> StoredCaption | None:
    """Of a segment's captions the one in the language in which it was said."""
    return next((stored for tag, stored in known.items() if tag == stored.caption.spoken), None)


async def missing(
    connection: AsyncConnection, meeting_id: str, tag: str, *, since: int = 1, limit: int | None = None
) -> list[int]:
    """Segments from `since` on that have no caption in `tag`, the newest first."""
    segments = segments_table
    written = sa.exists().where(
        captions_table.c.meeting_id == segments.c.meeting_id,
        captions_table.c.seq == segments.c.seq,
        captions_table.c.lang == tag,
    )
    rows = await connection.scalars(
        sa.select(segments.c.seq)
        .where(segments.c.meeting_id == meeting_id, segments.c.seq >= since, ~written)
        .order_by(segments.c.seq.desc())
        .limit(limit)
    )
    return list(rows)


async def captions_after(
    connection: AsyncConnection,
    meeting_id: str,
    position: int,
    *,
    languages: Iterable[str] | None = None,
    limit: int,
) -> list[Caption]:
    """What changed after `position`, in order of change, at most `limit`; None means all languages."""
    query = said_captions().where(
        captions_table.c.meeting_id == meeting_id, captions_table.c.position > position
    )
    if languages is not None:
        query = query.where(captions_table.c.lang.in_(list(languages)))
    rows = await connection.execute(query.order_by(captions_table.c.position).limit(limit))
    return [as_caption(row) for row in rows]


async def transcript(
    connection: AsyncConnection, meeting_id: str, languages: Iterable[str], *, last: int | None = None
) -> list[StoredCaption]:
    """Captions in the order in which things were said; with `last`, only those of the last so many segments."""
    query = said_captions().where(
        captions_table.c.meeting_id == meeting_id, captions_table.c.lang.in_(list(languages))
    )
    if last is not None:
        newest = (
            sa.select(sa.func.max(segments_table.c.seq))
            .where(segments_table.c.meeting_id == meeting_id)
            .scalar_subquery()
        )
        query = query.where(captions_table.c.seq > newest - last)
    rows = await connection.execute(query.order_by(captions_table.c.seq, captions_table.c.lang))
    return [_stored(row) for row in rows]


async def revisions(connection: AsyncConnection, meeting_id: str, seq: int, lang: str) -> list[Revision]:
    """The history of one caption, oldest first."""
    table = caption_revisions_table
    rows = await connection.execute(
        sa.select(table, accounts_table.c.display_name)
        .outerjoin(accounts_table, accounts_table.c.id == table.c.account_id)
        .where(table.c.meeting_id == meeting_id, table.c.seq == seq, table.c.lang == lang)
        .order_by(table.c.rev)
    )
    return [
        Revision(rev=row.rev, text=row.text, origin=row.origin, by=row.display_name, at=row.at)
        for row in rows
    ]


async def set_audio_trouble(connection: AsyncConnection, meeting_id: str, trouble: str | None) -> None:
    """Note why the sound of the meeting is not kept any more; None: it is kept."""
    await connection.execute(
        meetings_table.update().where(meetings_table.c.id == meeting_id).values(audio_trouble=trouble)
    )


async def audio_trouble(connection: AsyncConnection, meeting_id: str) -> str | None:
    """Why the sound of the meeting is not kept any more."""
    return await connection.scalar(
        sa.select(meetings_table.c.audio_trouble).where(meetings_table.c.id == meeting_id)
    )


async def over(connection: AsyncConnection, *, quiet_since: dt.datetime) -> list[tuple[Meeting, dt.datetime]]:
    """Meetings that have ended, and those that were left open and where nothing was said since then; with when that
    was."""
    table = meetings_table
    said = (
        sa.select(sa.func.max(segments_table.c.created_at))
        .where(segments_table.c.meeting_id == table.c.id)
        .scalar_subquery()
    )
    open_since = sa.func.coalesce(said, table.c.started_at)
    since = sa.case((table.c.state == "ended", table.c.ended_at), else_=open_since)
    rows = await connection.execute(
        sa.select(table, sa.type_coerce(since, UtcDateTime).label("since")).order_by(table.c.id)
    )
    return [
        (as_meeting(row), row.since)
        for row in rows
        if row.since is not None and (row.state == "ended" or row.since < quiet_since)
    ]


async def caption_languages(connection: AsyncConnection, meeting_id: str) -> set[str]:
    """The languages in which the meeting has captions."""
    rows = await connection.scalars(
        sa.select(captions_table.c.lang).where(captions_table.c.meeting_id == meeting_id).distinct()
    )
    return set(rows)
