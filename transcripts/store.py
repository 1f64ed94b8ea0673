"""Tables and queries of meetings, segments and captions.

Every change of a caption takes the meeting's next `position` in its own transaction, and the row of the meeting is
locked by that, so positions are committed in order and a reader that asks "what came after N" never misses one.
The functions take a connection and leave the transaction to the caller.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from core.accounts import accounts_table
from core.database import UtcDateTime, metadata
from transcripts.model import Caption, Meeting, MeetingState, Origin, Segment, Word

meetings_table = sa.Table(
    "meetings",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("language", sa.String(35), nullable=False),
    sa.Column("languages", sa.JSON, nullable=False),
    sa.Column("state", sa.String(8), nullable=False),  # planned, live, ended
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("created_by", sa.String(36)),  # account id; None for the demo and the command line
    sa.Column("started_at", UtcDateTime),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("sender_digest", sa.String(64), nullable=False),  # SHA-256 of the sender token
    sa.Column("position", sa.Integer, nullable=False),  # the last one given out
    sa.Column(
        "stored_samples", sa.BigInteger, nullable=False
    ),  # audio before this is in segments or was silent
)

segments_table = sa.Table(
    "segments",
    metadata,
    sa.Column("meeting_id", sa.ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("start", sa.Float, nullable=False),
    sa.Column("end", sa.Float, nullable=False),
    sa.Column("language", sa.String(35), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("words", sa.JSON, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

captions_table = sa.Table(
    "captions",
    metadata,
    sa.Column("meeting_id", sa.String(36), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("lang", sa.String(35), primary_key=True),
    sa.Column("rev", sa.Integer, nullable=False),
    sa.Column("spoken_rev", sa.Integer, nullable=False),  # which wording of the spoken text this caption says
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("start", sa.Float, nullable=False),
    sa.Column("end", sa.Float, nullable=False),
    sa.Column("origin", sa.String(8), nullable=False),  # speech, machine, human
    sa.Column("flags", sa.JSON, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sa.ForeignKeyConstraint(
        ["meeting_id", "seq"], ["segments.meeting_id", "segments.seq"], ondelete="CASCADE"
    ),
    sa.UniqueConstraint("meeting_id", "position"),
)

caption_revisions_table = sa.Table(
    "caption_revisions",
    metadata,
    sa.Column("meeting_id", sa.String(36), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("lang", sa.String(35), primary_key=True),
    sa.Column("rev", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("origin", sa.String(8), nullable=False),
    sa.Column("account_id", sa.String(36)),  # who; None when a machine made it
    sa.Column("at", UtcDateTime, nullable=False),
    sa.ForeignKeyConstraint(
        ["meeting_id", "seq", "lang"],
        ["captions.meeting_id", "captions.seq", "captions.lang"],
        ondelete="CASCADE",
    ),
)


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


def _meeting(row: sa.Row[tuple[object, ...]]) -> Meeting:
    return Meeting(
        id=row.id,
        title=row.title,
        language=row.language,
        languages=tuple(row.languages),
        state=row.state,
        created_at=row.created_at,
    )


def _caption(row: sa.Row[tuple[object, ...]]) -> Caption:
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
    )


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
        )
    )


async def find_meeting(connection: AsyncConnection, meeting_id: str) -> Meeting | None:
    """The meeting, or None."""
    row = (
        await connection.execute(sa.select(meetings_table).where(meetings_table.c.id == meeting_id))
    ).one_or_none()
    return _meeting(row) if row is not None else None


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
    return [_meeting(row) for row in rows]


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
    row = (await connection.execute(sa.select(captions_table).where(same))).one()
    return _caption(row)


def _same_caption(meeting_id: str, seq: int, lang: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        captions_table.c.meeting_id == meeting_id,
        captions_table.c.seq == seq,
        captions_table.c.lang == lang,
    )


async def captions_of(connection: AsyncConnection, meeting_id: str, seq: int) -> dict[str, StoredCaption]:
    """All captions of one segment, by language."""
    rows = await connection.execute(
        sa.select(captions_table).where(
            captions_table.c.meeting_id == meeting_id, captions_table.c.seq == seq
        )
    )
    return {row.lang: StoredCaption(caption=_caption(row), spoken_rev=row.spoken_rev) for row in rows}


async def captions_after(
    connection: AsyncConnection,
    meeting_id: str,
    position: int,
    *,
    languages: Iterable[str] | None = None,
    limit: int,
) -> list[Caption]:
    """What changed after `position`, in order of change, at most `limit`; None means all languages."""
    query = sa.select(captions_table).where(
        captions_table.c.meeting_id == meeting_id, captions_table.c.position > position
    )
    if languages is not None:
        query = query.where(captions_table.c.lang.in_(list(languages)))
    rows = await connection.execute(query.order_by(captions_table.c.position).limit(limit))
    return [_caption(row) for row in rows]


async def transcript(
    connection: AsyncConnection, meeting_id: str, languages: Iterable[str], *, last: int | None = None
) -> list[StoredCaption]:
    """Captions in the order in which things were said; with `last`, only those of the last so many segments."""
    query = sa.select(captions_table).where(
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
    return [StoredCaption(caption=_caption(row), spoken_rev=row.spoken_rev) for row in rows]


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
