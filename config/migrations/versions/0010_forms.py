"""Forms: bookings, places, drafts; and files that residents send."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "form_bookings",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("receipt", sa.String(length=20), nullable=False),
        sa.Column("resident_id", sa.String(length=36), nullable=False),
        sa.Column("form", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fee", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=600), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_form_bookings_resident_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_form_bookings")),
        sa.UniqueConstraint("id", name=op.f("uq_form_bookings_id")),
        sa.UniqueConstraint("receipt", name=op.f("uq_form_bookings_receipt")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("form_bookings", schema=None) as batch_op:
        batch_op.create_index("ix_form_bookings_resident_id", ["resident_id"], unique=False)
        batch_op.create_index("ix_form_bookings_form_state", ["form", "state"], unique=False)
        batch_op.create_index("ix_form_bookings_form_starts_at", ["form", "starts_at"], unique=False)
        batch_op.create_index("ix_form_bookings_reminded_at", ["reminded_at"], unique=False)
    op.create_table(
        "form_places",
        sa.Column("form", sa.String(length=40), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("form", "place", name=op.f("pk_form_places")),
    )
    op.create_table(
        "form_drafts",
        sa.Column("resident_id", sa.String(length=36), nullable=False),
        sa.Column("form", sa.String(length=40), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_form_drafts_resident_id")),
        sa.PrimaryKeyConstraint("resident_id", "form", name=op.f("pk_form_drafts")),
    )
    op.create_table(
        "attachments",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("resident_id", sa.String(length=36), nullable=False),
        sa.Column("line_message_id", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=8), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_attachments_resident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
    )
    with op.batch_alter_table("attachments", schema=None) as batch_op:
        batch_op.create_index("ix_attachments_line_message_id", ["line_message_id"], unique=False)
        batch_op.create_index("ix_attachments_resident_id", ["resident_id"], unique=False)
        batch_op.create_index("ix_attachments_created_at", ["created_at"], unique=False)


def downgrade() -> None:
    for table in ("attachments", "form_drafts", "form_places", "form_bookings"):
        op.drop_table(table)
