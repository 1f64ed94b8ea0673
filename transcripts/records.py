"""A meeting's record: all that was said, in one or more languages, as it goes into a file.

Which text: the newest; the draft, which is what machines made before anybody corrected it; or only what a person
approved. Long meetings are read in parts, so that the event loop is never held up, and in one transaction, so that the
parts fit together.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from core.accounts import accounts_table
from core.errors import InvalidInput, TooLarge
from transcripts import store
from transcripts.hls import Published
from transcripts.model import HUMAN_CHECKED, UNTRANSLATED, Caption, Meeting
from transcripts.recogniser import RATE
from transcripts.store import as_caption, said_captions
from transcripts.tables import caption_revisions_table, captions_table, meetings_table, segments_table

TextChoice = Literal["newest", "draft", "approved"]

PART = 200  # segments that are read at once
MACHINES = ("speech", "machine")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One segment: its captions in the order of the record's languages, None where there is none."""

    seq: int
    start: float
    captions: tuple[Caption | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a file is made of."""

    meeting: Meeting
    began: dt.datetime  # when it was opened; when it was planned, if it was not opened yet
    languages: tuple[str, ...]
    choice: TextChoice
    rows: tuple[Row, ...]

    def captions(self, at: int = 0) -> list[Caption]:
        """The captions in the language at that place, without those that are missing."""
        return [caption for row in self.rows if (caption := row.captions[at]) is not None]

    def checked(self) -> tuple[int, int]:
        """How many captions a person has approved, and how many there are."""
        found = [caption for row in self.rows for caption in row.captions if caption is not None]
        return sum(HUMAN_CHECKED in caption.flags for caption in found), len(found)


def text_choice(value: str) -> TextChoice:
    """The choice that a query names; the newest text when it names none. Raises InvalidInput."""
    for choice in get_args(TextChoice):
        if value in (choice, ""):
            return "newest" if not value else choice
    raise InvalidInput("“text” is newest, draft or approved.")


async def read_record(
    connection: AsyncConnection,
    meeting: Meeting,
    languages: Mapping[str, Sequence[str]],
    choice: TextChoice,
    *,
    limit: int,
) -> Record:
    """The record in `languages`: for each, the caption languages that serve it, the preferred one first.

    Raises TooLarge when the meeting has more than `limit` segments.
    """
    await _check_length(connection, meeting.id, limit)
    wanted = {tag for tags in languages.values() for tag in tags} | {meeting.language}
    rows: list[Row] = []
    async for first, last in _parts(connection, meeting.id):
        found = await _captions(connection, meeting, sorted(wanted), choice, first, last)
        rows += _rows(found, languages)
    return Record(
        meeting=meeting,
        began=await began(connection, meeting),
        languages=tuple(languages),
        choice=choice,
        rows=tuple(rows),
    )


async def began(connection: AsyncConnection, meeting: Meeting) -> dt.datetime:
    """When the meeting was opened first, or planned if it never was."""
    found = await connection.scalar(
        sa.select(meetings_table.c.started_at).where(meetings_table.c.id == meeting.id)
    )
    return found or meeting.created_at


async def _check_length(connection: AsyncConnection, meeting_id: str, limit: int) -> None:
    count = await connection.scalar(
        sa.select(sa.func.count())
        .select_from(segments_table)
        .where(segments_table.c.meeting_id == meeting_id)
    )
    if (count or 0) > limit:
        raise TooLarge(
            f"This meeting has {count} captions and a file holds {limit}; read it by /api/v1/meetings/…/captions."
        )


async def _parts(connection: AsyncConnection, meeting_id: str) -> AsyncIterator[tuple[int, int]]:
    """First and last sequence number of each part of the meeting."""
    last = await connection.scalar(
        sa.select(sa.func.max(segments_table.c.seq)).where(segments_table.c.meeting_id == meeting_id)
    )
    for first in range(1, (last or 0) + 1, PART):
        yield first, first + PART - 1


def _within(table: sa.Table, meeting_id: str, first: int, last: int) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.meeting_id == meeting_id, table.c.seq.between(first, last))


async def _captions(
    connection: AsyncConnection,
    meeting: Meeting,
    tags: Sequence[str],
    choice: TextChoice,
    first: int,
    last: int,
) -> list[Caption]:
    query = said_captions().where(
        _within(captions_table, meeting.id, first, last), captions_table.c.lang.in_(tags)
    )
    newest = [as_caption(row) for row in await connection.execute(query.order_by(captions_table.c.seq))]
    if choice == "draft":
        return await _drafts(connection, meeting.id, newest, first, last)
    return [one for one in newest if choice == "newest" or HUMAN_CHECKED in one.flags]


async def _drafts(
    connection: AsyncConnection, meeting_id: str, newest: Sequence[Caption], first: int, last: int
) -> list[Caption]:
    """What machines wrote last in place of each caption; without those that only people wrote."""
    table = caption_revisions_table
    query = sa.select(table.c.seq, table.c.lang, table.c.rev, table.c.text, table.c.origin).where(
        _within(table, meeting_id, first, last), table.c.origin.in_(MACHINES)
    )
    made = {(row.seq, row.lang): row for row in await connection.execute(query.order_by(table.c.rev))}
    drafts = []
    for caption in newest:
        row = made.get((caption.seq, caption.lang))
        if row is None:
            continue
        flags = caption.flags if row.rev == caption.rev else _draft_flags(row, made, caption.spoken)
        drafts.append(replace(caption, rev=row.rev, text=row.text, origin=row.origin, flags=flags))
    return drafts


def _draft_flags(row: Any, made: Mapping[tuple[int, str], Any], spoken: str) -> tuple[str, ...]:
    """Flags are not kept with history; that a text was left in the spoken language can be seen."""
    source = made.get((row.seq, spoken))
    same = row.lang != spoken and source is not None and source.text == row.text
    return (UNTRANSLATED,) if same else ()


def _rows(found: Sequence[Caption], languages: Mapping[str, Sequence[str]]) -> list[Row]:
    segments: dict[int, dict[str, Caption]] = {}
    for caption in found:
        segments.setdefault(caption.seq, {})[caption.lang] = caption
    rows = []
    for seq, known in sorted(segments.items()):
        captions = tuple(
            next((known[tag] for tag in tags if tag in known), None) for tags in languages.values()
        )
        if any(captions):
            rows.append(Row(seq=seq, start=next(iter(known.values())).start, captions=captions))
    return rows


async def read_everything(
    connection: AsyncConnection,
    meeting: Meeting,
    languages: Sequence[str],
    choice: TextChoice,
    *,
    with_people: bool,
    limit: int,
) -> AsyncIterator[list[dict[str, Any]]]:
    """Segments with words, captions and, `with_people`, every revision and who wrote it; in parts.

    Raises TooLarge like `read_record`. The shape is described in docs/openapi.yaml (TranscriptSegment).
    """
    await _check_length(connection, meeting.id, limit)
    table = segments_table
    async for first, last in _parts(connection, meeting.id):
        query = sa.select(table).where(_within(table, meeting.id, first, last)).order_by(table.c.seq)
        heard = (await connection.execute(query)).all()
        captions = await _captions(connection, meeting, languages, choice, first, last)
        history = await _history(connection, meeting.id, first, last) if with_people else None
        by_seq: dict[int, dict[str, Any]] = {}
        for caption in captions:
            past = None if history is None else history.get((caption.seq, caption.lang), [])
            by_seq.setdefault(caption.seq, {})[caption.lang] = _caption_data(caption, past)
        yield [
            {
                "seq": row.seq,
                "start": row.start,
                "end": row.end,
                "language": row.language,
                "heard": row.text,
                "words": row.words,
                "captions": by_seq.get(row.seq, {}),
            }
            for row in heard
        ]


def _caption_data(caption: Caption, history: list[dict[str, Any]] | None) -> dict[str, Any]:
    checked = HUMAN_CHECKED in caption.flags
    data: dict[str, Any] = {
        "text": caption.text,
        "rev": caption.rev,
        "origin": caption.origin,
        "checked": checked,
        "flags": list(caption.flags),
    }
    if history is not None:
        writer = next((one["by"] for one in history if one["rev"] == caption.rev), None)
        data |= {"checked_by": writer if checked else None, "revisions": history}
    return data


async def _history(
    connection: AsyncConnection, meeting_id: str, first: int, last: int
) -> dict[tuple[int, str], list[dict[str, Any]]]:
    table = caption_revisions_table
    rows = await connection.execute(
        sa.select(table, accounts_table.c.display_name)
        .outerjoin(accounts_table, accounts_table.c.id == table.c.account_id)
        .where(_within(table, meeting_id, first, last))
        .order_by(table.c.seq, table.c.lang, table.c.rev)
    )
    history: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for row in rows:
        history.setdefault((row.seq, row.lang), []).append(
            {
                "rev": row.rev,
                "text": row.text,
                "origin": row.origin,
                "by": row.display_name,
                "at": row.at.isoformat(),
            }
        )
    return history


async def read_published(connection: AsyncConnection, meeting: Meeting, tag: str) -> Published:
    """How far the captions in `tag` are complete: recognised or silent, and there."""
    heard = await connection.scalar(
        sa.select(meetings_table.c.stored_samples).where(meetings_table.c.id == meeting.id)
    )
    written = sa.exists().where(
        captions_table.c.meeting_id == segments_table.c.meeting_id,
        captions_table.c.seq == segments_table.c.seq,
        captions_table.c.lang == tag,
    )
    mine = segments_table.c.meeting_id == meeting.id
    waiting = await connection.scalar(sa.select(sa.func.min(segments_table.c.start)).where(mine, ~written))
    last = await connection.scalar(sa.select(sa.func.max(segments_table.c.end)).where(mine))
    complete = max((heard or 0) / RATE, last or 0.0)
    return Published(
        began=await began(connection, meeting),
        anchors=tuple((first / RATE, at) for first, at in await store.anchors(connection, meeting.id)),
        complete_s=complete if waiting is None else min(waiting, complete),
        ended=meeting.state == "ended" and waiting is None,
    )


async def read_first_texts(
    connection: AsyncConnection, meeting_id: str, tag: str, *, begin: float, end: float
) -> list[Caption]:
    """The captions in `tag` that are shown between two times, as they were written first."""
    table = caption_revisions_table
    rows = await connection.execute(
        said_captions()
        .add_columns(table.c.text.label("first_text"))
        .join(
            table,
            sa.and_(
                table.c.meeting_id == captions_table.c.meeting_id,
                table.c.seq == captions_table.c.seq,
                table.c.lang == captions_table.c.lang,
                table.c.rev == 1,
            ),
        )
        .where(
            captions_table.c.meeting_id == meeting_id,
            captions_table.c.lang == tag,
            captions_table.c.start < end,
            captions_table.c.end > begin,
        )
        .order_by(captions_table.c.seq)
    )
    return [replace(as_caption(row), rev=1, text=row.first_text, flags=()) for row in rows]
