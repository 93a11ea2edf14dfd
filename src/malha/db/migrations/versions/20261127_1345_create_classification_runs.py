"""create classification runs"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "classification_runs",
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("part_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("heard_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lost", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("outcome", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["classification_tasks.job_id"],
            name=op.f("fk_classification_runs_task_id_classification_tasks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("task_id", "part_no", name=op.f("pk_classification_runs")),
        sa.UniqueConstraint("channel", name=op.f("uq_classification_runs_channel")),
    )
    op.create_index(
        "ix_classification_runs_silent",
        "classification_runs",
        ["heard_until"],
        postgresql_where=sa.text("outcome IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_classification_runs_silent", table_name="classification_runs")
    op.drop_table("classification_runs")
