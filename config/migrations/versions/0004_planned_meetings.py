"""What is planned for a meeting: languages, names, sound; who reads it, and how it renders names and numbers."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


# Added one by one: SQLite makes a table anew for anything else, and dropping the old one would delete, by its foreign
# keys, everything that was said in the meetings.
def plan() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("also_spoken", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("recorded", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("names", sa.Text(), nullable=False, server_default=""),
        sa.Column("partials", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("audio_days", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("audio_trouble", sa.String(length=20), nullable=True),
        sa.Column("anchors", sa.JSON(), nullable=False, server_default="[]"),
    )


def upgrade() -> None:
    for column in plan():
        op.add_column("meetings", column)
    # Meetings so far were translated into all of their languages.
    op.execute(sa.text("UPDATE meetings SET recorded = languages"))
    # A segment's language is now that of its spoken caption, which was the meeting's.
    own = "(SELECT language FROM meetings WHERE meetings.id = segments.meeting_id)"
    op.execute(sa.text(f"UPDATE segments SET language = {own}"))
    op.create_table(
        "caption_readers",
        sa.Column("meeting_id", sa.String(length=36), nullable=False),
        sa.Column("lang", sa.String(length=35), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meetings.id"], name=op.f("fk_caption_readers_meeting_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("meeting_id", "lang", name=op.f("pk_caption_readers")),
    )
    op.create_table(
        "caption_renderings",
        sa.Column("meeting_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("source_lang", sa.String(length=35), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("lang", sa.String(length=35), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("by_person", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meetings.id"], name=op.f("fk_caption_renderings_meeting_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "meeting_id", "kind", "source_lang", "source", "lang", name=op.f("pk_caption_renderings")
        ),
    )


def downgrade() -> None:
    op.drop_table("caption_renderings")
    op.drop_table("caption_readers")
    for column in reversed(plan()):
        op.drop_column("meetings", column.name)
