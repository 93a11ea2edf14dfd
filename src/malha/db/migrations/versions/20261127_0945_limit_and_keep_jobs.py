"""limit the parts of a job that run, and let workspaces take turns"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("max_running", sa.Integer(), nullable=True))
    op.add_column("jobs", sa.Column("in_flight", sa.Integer(), server_default="0", nullable=False))
    op.create_index(
        "ix_jobs_limited",
        "jobs",
        ["id"],
        unique=False,
        postgresql_where=sa.text("max_running IS NOT NULL AND finished_at IS NULL"),
    )
    op.create_index(
        "ix_jobs_finished_at_id",
        "jobs",
        ["finished_at", "id"],
        unique=False,
        postgresql_where=sa.text("finished_at IS NOT NULL"),
    )
    op.add_column(
        "job_parts",
        sa.Column("workspace_id", sa.Uuid(), server_default="00000000-0000-0000-0000-000000000000", nullable=False),
    )
    op.execute(
        "UPDATE job_parts p SET workspace_id = j.workspace_id FROM jobs j"
        " WHERE j.id = p.job_id AND j.workspace_id IS NOT NULL AND p.state IN ('queued', 'held', 'running')"
    )
    op.create_index(
        "ix_job_parts_held", "job_parts", ["job_id", "no"], unique=False, postgresql_where=sa.text("state = 'held'")
    )
    op.create_index(
        "ix_job_parts_waiting",
        "job_parts",
        ["kind", "workspace_id", "run_after"],
        unique=False,
        postgresql_where=sa.text("state = 'queued' AND attempts = 0 AND sends = 0"),
    )
    op.alter_column("job_events", "at", server_default=sa.text("clock_timestamp()"))


def downgrade() -> None:
    op.alter_column("job_events", "at", server_default=sa.text("now()"))
    op.drop_index(
        "ix_job_parts_waiting",
        table_name="job_parts",
        postgresql_where=sa.text("state = 'queued' AND attempts = 0 AND sends = 0"),
    )
    op.drop_index("ix_job_parts_held", table_name="job_parts", postgresql_where=sa.text("state = 'held'"))
    op.drop_column("job_parts", "workspace_id")
    op.drop_index("ix_jobs_finished_at_id", table_name="jobs", postgresql_where=sa.text("finished_at IS NOT NULL"))
    op.drop_index(
        "ix_jobs_limited",
        table_name="jobs",
        postgresql_where=sa.text("max_running IS NOT NULL AND finished_at IS NULL"),
    )
    op.drop_column("jobs", "in_flight")
    op.drop_column("jobs", "max_running")
