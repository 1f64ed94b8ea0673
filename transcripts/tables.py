"""The tables of meetings: what was planned, what was said, how it was translated, who reads it."""

from __future__ import annotations

import sqlalchemy as sa

from core.database import UtcDateTime, metadata

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
    # Audio before this is in segments or was silent.
    sa.Column("stored_samples", sa.BigInteger, nullable=False),
    sa.Column("also_spoken", sa.JSON, nullable=False),
    sa.Column("recorded", sa.JSON, nullable=False),  # languages that captions are always translated into
    sa.Column("names", sa.Text, nullable=False),  # as staff typed them, one a line
    sa.Column("partials", sa.Boolean, nullable=False),
    sa.Column("audio_days", sa.Integer, nullable=False),  # 0: the sound is not kept
    sa.Column("audio_trouble", sa.String(20)),  # why the sound is not kept any more
    # [sample, moment]: sources whose sound began anew, and when that was.
    sa.Column("anchors", sa.JSON, nullable=False),
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

# Languages that somebody reads now, in any process. A row counts until its time is over and is renewed before that.
caption_readers_table = sa.Table(
    "caption_readers",
    metadata,
    sa.Column("meeting_id", sa.ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("lang", sa.String(35), primary_key=True),
    sa.Column("until", UtcDateTime, nullable=False),
)

# How a meeting has rendered a name or a number so far.
caption_renderings_table = sa.Table(
    "caption_renderings",
    metadata,
    sa.Column("meeting_id", sa.ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("kind", sa.String(8), primary_key=True),  # name, number
    sa.Column("source_lang", sa.String(35), primary_key=True),  # of a name; "" for a number
    sa.Column("source", sa.String(200), primary_key=True),  # the name as it is said; what the number means
    sa.Column("lang", sa.String(35), primary_key=True),
    sa.Column("text", sa.String(200), nullable=False),
    sa.Column("by_person", sa.Boolean, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)
