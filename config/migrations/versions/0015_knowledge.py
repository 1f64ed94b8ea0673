"""How often articles were said to be right or wrong."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "article_feedback",
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("said_right", sa.Integer(), server_default="0", nullable=False),
        sa.Column("said_wrong", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("slug", "language", name=op.f("pk_article_feedback")),
    )


def downgrade() -> None:
    op.drop_table("article_feedback")
