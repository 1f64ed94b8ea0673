"""Counters, tickets that residents watch, papers, and what residents want to be told."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def _resident(table: str) -> list[Any]:
    return [
        sa.Column("resident_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f(f"fk_{table}_resident_id")),
    ]


def upgrade() -> None:
    op.create_table(
        "counter_machines",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("counter", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=36), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counter_machines")),
        sa.UniqueConstraint("digest", name=op.f("uq_counter_machines_digest")),
    )
    op.create_index("ix_counter_machines_counter", "counter_machines", ["counter"])
    op.create_table(
        "counter_readings",
        sa.Column("counter", sa.String(length=40), nullable=False),
        sa.Column("called", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("counter", name=op.f("pk_counter_readings")),
    )
    op.create_table(
        "counter_events",
        sa.Column("machine", sa.String(length=36), nullable=False),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("machine", "event", name=op.f("pk_counter_events")),
    )
    op.create_index("ix_counter_events_created_at", "counter_events", ["created_at"])
    op.create_table(
        "counter_calls",
        sa.Column("position", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("counter", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_counter_calls")),
    )
    op.create_index("ix_counter_calls_counter_at", "counter_calls", ["counter", "at"])
    _create_residents()


def _create_residents() -> None:
    op.create_table(
        "counter_watches",
        sa.Column("id", sa.String(length=36), nullable=False),
        *_resident("counter_watches"),
        sa.Column("counter", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("near_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ready", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counter_watches")),
        sa.UniqueConstraint(
            "resident_id", "counter", "number", name=op.f("uq_counter_watches_resident_id_counter_number")
        ),
    )
    op.create_index("ix_counter_watches_counter_number", "counter_watches", ["counter", "number"])
    op.create_table(
        "notice_choices",
        *_resident("notice_choices"),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("resident_id", "kind", name=op.f("pk_notice_choices")),
    )
    op.create_table(
        "counter_papers",
        sa.Column("id", sa.String(length=36), nullable=False),
        *_resident("counter_papers"),
        sa.Column("counter", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=60), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counter_papers")),
        sa.UniqueConstraint(
            "resident_id",
            "counter",
            "number",
            "day",
            name=op.f("uq_counter_papers_resident_id_counter_number_day"),
        ),
    )
    op.create_index("ix_counter_papers_state", "counter_papers", ["state"])


def downgrade() -> None:
    for table in (
        "counter_papers",
        "notice_choices",
        "counter_watches",
        "counter_calls",
        "counter_events",
        "counter_readings",
        "counter_machines",
    ):
        op.drop_table(table)
