"""Disaster mode: check-ins, shelters, notices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = (
    "disaster_notice_texts",
    "disaster_notice_recipients",
    "disaster_notice_batches",
    "disaster_checkins",
    "disaster_areas",
    "disasters",
    "disaster_shelters",
    "disaster_notices",
    "disaster_audit",
)


def upgrade() -> None:
    op.create_table(
        "disaster_audit",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("who", sa.String(length=60), nullable=False),
        sa.Column("action", sa.String(length=30), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_disaster_audit")),
    )
    op.create_table(
        "disaster_notices",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("template", sa.String(length=30), nullable=False),
        sa.Column("filled", sa.JSON(), nullable=False),
        sa.Column("areas", sa.JSON(), nullable=False),
        sa.Column("unknown_area", sa.Boolean(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("check_in", sa.Boolean(), nullable=False),
        sa.Column("unchecked_japanese", sa.Boolean(), nullable=False),
        sa.Column("trouble", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=60), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_by", sa.String(length=60), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_disaster_notices")),
        sa.UniqueConstraint("id", name=op.f("uq_disaster_notices_id")),
    )
    op.create_table(
        "disaster_shelters",
        sa.Column("shelter_id", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=6), nullable=False),
        sa.Column("crowding", sa.String(length=8), nullable=False),
        sa.Column("supplies", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("shelter_id", name=op.f("pk_disaster_shelters")),
    )
    op.create_table(
        "disasters",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("areas", sa.JSON(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_by", sa.String(length=60), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=60), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("active", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disasters")),
        sa.UniqueConstraint("active", name=op.f("uq_disasters_active")),
    )
    op.create_table(
        "disaster_areas",
        sa.Column("resident_id", sa.String(length=36), nullable=False),
        sa.Column("area", sa.String(length=40), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_disaster_areas_resident_id")
        ),
        sa.PrimaryKeyConstraint("resident_id", name=op.f("pk_disaster_areas")),
    )
    op.create_table(
        "disaster_checkins",
        sa.Column("disaster_id", sa.String(length=36), nullable=False),
        sa.Column("resident_id", sa.String(length=36), nullable=False),
        sa.Column("safe", sa.String(length=4), nullable=False),
        sa.Column("consent", sa.String(length=5), nullable=False),
        sa.Column("place", sa.String(length=8), nullable=False),
        sa.Column("shelter_id", sa.String(length=60), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("area", sa.String(length=40), nullable=False),
        sa.Column("adults", sa.Integer(), nullable=True),
        sa.Column("children", sa.Integer(), nullable=True),
        sa.Column("elderly", sa.Integer(), nullable=True),
        sa.Column("needs", sa.JSON(), nullable=True),
        sa.Column("quiet", sa.Boolean(), nullable=False),
        sa.Column("asks", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["disaster_id"], ["disasters.id"], name=op.f("fk_disaster_checkins_disaster_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_disaster_checkins_resident_id")
        ),
        sa.PrimaryKeyConstraint("disaster_id", "resident_id", name=op.f("pk_disaster_checkins")),
    )
    with op.batch_alter_table("disaster_checkins", schema=None) as batch_op:
        batch_op.create_index("ix_disaster_checkins_asked_at", ["disaster_id", "asked_at"], unique=False)
        batch_op.create_index("ix_disaster_checkins_resident_id", ["resident_id"], unique=False)

    op.create_table(
        "disaster_notice_batches",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("notice_id", sa.String(length=36), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("retry_key", sa.String(length=36), nullable=False),
        sa.Column("messages", sa.JSON(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["disaster_notices.id"], name=op.f("fk_disaster_notice_batches_notice_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disaster_notice_batches")),
    )
    with op.batch_alter_table("disaster_notice_batches", schema=None) as batch_op:
        batch_op.create_index("ix_disaster_notice_batches_notice_id", ["notice_id"], unique=False)

    op.create_table(
        "disaster_notice_recipients",
        sa.Column("notice_id", sa.String(length=36), nullable=False),
        sa.Column("resident_id", sa.String(length=36), nullable=False),
        sa.Column("batch_id", sa.String(length=36), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["disaster_notices.id"], name=op.f("fk_disaster_notice_recipients_notice_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_disaster_notice_recipients_resident_id")
        ),
        sa.PrimaryKeyConstraint("notice_id", "resident_id", name=op.f("pk_disaster_notice_recipients")),
    )
    with op.batch_alter_table("disaster_notice_recipients", schema=None) as batch_op:
        batch_op.create_index("ix_disaster_notice_recipients_batch_id", ["batch_id"], unique=False)
        batch_op.create_index("ix_disaster_notice_recipients_resident_id", ["resident_id"], unique=False)

    op.create_table(
        "disaster_notice_texts",
        sa.Column("notice_id", sa.String(length=36), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("back", sa.Text(), nullable=False),
        sa.Column("flags", sa.JSON(), nullable=False),
        sa.Column("lost", sa.JSON(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("checked_by", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["disaster_notices.id"], name=op.f("fk_disaster_notice_texts_notice_id")
        ),
        sa.PrimaryKeyConstraint("notice_id", "language", name=op.f("pk_disaster_notice_texts")),
    )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
