"""The translation memory."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "translation_units",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("source_tag", sa.String(length=35), nullable=False),
        sa.Column("target_tag", sa.String(length=35), nullable=False),
        sa.Column("source_text", sa.Text(), nullable=False),
        sa.Column("target_text", sa.Text(), nullable=False),
        sa.Column("wording", sa.String(length=64), nullable=False),
        sa.Column("origin", sa.String(length=8), nullable=False),
        sa.Column("author", sa.String(length=60), nullable=False),
        sa.Column("came_from", sa.String(length=200), nullable=False),
        sa.Column("forgotten", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_translation_units")),
        sa.UniqueConstraint("position", name=op.f("uq_translation_units_position")),
        sa.UniqueConstraint(
            "wording",
            "source_tag",
            "target_tag",
            "origin",
            name=op.f("uq_translation_units_wording_source_tag_target_tag_origin"),
        ),
    )
    with op.batch_alter_table("translation_units", schema=None) as batch_op:
        batch_op.create_index("ix_translation_units_created_at_id", ["created_at", "id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("translation_units", schema=None) as batch_op:
        batch_op.drop_index("ix_translation_units_created_at_id")
    op.drop_table("translation_units")
