"""create part numbers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_NOW = sa.text("now()")


def upgrade() -> None:
    op.create_table(
        "classification_tasks",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("is_batch", sa.Boolean(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], ondelete="CASCADE", name=op.f("fk_classification_tasks_job_id_jobs")
        ),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_classification_tasks")),
        sa.UniqueConstraint("room_id", name=op.f("uq_classification_tasks_room_id")),
    )
    op.create_index(
        "ix_classification_tasks_workspace_id_job_id", "classification_tasks", ["workspace_id", "job_id"], unique=False
    )
    op.create_table(
        "manufacturers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            ondelete="CASCADE",
            name=op.f("fk_manufacturers_workspace_id_workspaces"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manufacturers")),
        sa.UniqueConstraint(
            "workspace_id",
            "name",
            "country",
            "address",
            name=op.f("uq_manufacturers_workspace_id_name_country_address"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "partnumbers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], ondelete="CASCADE", name=op.f("fk_partnumbers_workspace_id_workspaces")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partnumbers")),
        sa.UniqueConstraint("workspace_id", "code", name=op.f("uq_partnumbers_workspace_id_code")),
    )
    op.create_table(
        "classifications",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("partnumber_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("manufacturer_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("status", sa.Text(), server_default="active", nullable=False),
        sa.Column("ncm", sa.Text(), nullable=True),
        sa.Column("exception", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("confidence", sa.Numeric(precision=4, scale=3), nullable=True),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("confidence BETWEEN 0 AND 1", name=op.f("ck_classifications_confidence")),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            ondelete="CASCADE",
            name=op.f("fk_classifications_workspace_id_workspaces"),
        ),
        sa.ForeignKeyConstraint(
            ["partnumber_id"],
            ["partnumbers.id"],
            ondelete="CASCADE",
            name=op.f("fk_classifications_partnumber_id_partnumbers"),
        ),
        sa.ForeignKeyConstraint(
            ["manufacturer_id"],
            ["manufacturers.id"],
            ondelete="SET NULL",
            name=op.f("fk_classifications_manufacturer_id_manufacturers"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_classifications")),
    )
    op.create_index(
        "ix_classifications_active",
        "classifications",
        ["partnumber_id"],
        unique=False,
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_index("ix_classifications_workspace_id_id", "classifications", ["workspace_id", "id"], unique=False)
    op.create_table(
        "classification_items",
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("partnumber", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("manufacturer", sa.Text(), nullable=True),
        sa.Column("supplier", sa.Text(), nullable=True),
        sa.Column("ncm", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("progress_channel", sa.Text(), nullable=True),
        sa.Column("ai_job_id", sa.Text(), nullable=True),
        sa.Column("classification_id", sa.Uuid(), nullable=True),
        sa.Column("is_known", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["classification_tasks.job_id"],
            ondelete="CASCADE",
            name=op.f("fk_classification_items_task_id_classification_tasks"),
        ),
        sa.ForeignKeyConstraint(
            ["classification_id"],
            ["classifications.id"],
            ondelete="SET NULL",
            name=op.f("fk_classification_items_classification_id_classifications"),
        ),
        sa.PrimaryKeyConstraint("task_id", "no", name=op.f("pk_classification_items")),
    )
    op.create_index(
        "ix_classification_items_workspace_id_partnumber",
        "classification_items",
        ["workspace_id", "partnumber"],
        unique=False,
    )


def downgrade() -> None:
    for table in ("classification_items", "classifications", "partnumbers", "manufacturers", "classification_tasks"):
        op.drop_table(table)
