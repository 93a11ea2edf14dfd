"""create expenses"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "expense_batches",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("approval_limit", sa.Numeric(precision=15, scale=2), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_expense_batches_job_id_jobs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_expense_batches")),
    )
    op.create_table(
        "service_activities",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("cnaes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_service_activities_workspace_id_workspaces"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "service", name=op.f("pk_service_activities")),
    )
    op.create_table(
        "expenses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("cnpj", sa.Text(), nullable=False),
        sa.Column("transaction_id", sa.Text(), nullable=True),
        sa.Column("service_type", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=15, scale=2), nullable=True),
        sa.Column("spent_on", sa.Date(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("is_answered", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("registry_status", sa.Text(), nullable=True),
        sa.Column("risk", sa.Text(), nullable=True),
        sa.Column("is_cnae_valid", sa.Boolean(), nullable=True),
        sa.Column("legal_name", sa.Text(), nullable=True),
        sa.Column("main_cnae", sa.CHAR(length=7), nullable=True),
        sa.Column("was_cached", sa.Boolean(), nullable=True),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("signals", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("review", sa.Text(), server_default="none", nullable=False),
        sa.Column("review_note", sa.Text(), nullable=True),
        sa.Column("reviewed_by", sa.Uuid(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["expense_batches.job_id"],
            name=op.f("fk_expenses_batch_id_expense_batches"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expenses")),
    )
    op.create_index(
        "ix_expenses_review",
        "expenses",
        ["workspace_id", "id"],
        unique=False,
        postgresql_where=sa.text("review = 'pending'"),
    )
    op.create_index(
        "ix_expenses_unanswered",
        "expenses",
        ["batch_id", "no"],
        unique=False,
        postgresql_where=sa.text("NOT is_answered"),
    )
    op.create_index(
        "ix_expenses_workspace_id_cnpj_amount", "expenses", ["workspace_id", "cnpj", "amount"], unique=False
    )
    op.create_index("ix_expenses_workspace_id_id", "expenses", ["workspace_id", "id"], unique=False)
    op.create_index("uq_expenses_batch_id_no", "expenses", ["batch_id", "no"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_expenses_batch_id_no", table_name="expenses")
    op.drop_index("ix_expenses_workspace_id_id", table_name="expenses")
    op.drop_index("ix_expenses_workspace_id_cnpj_amount", table_name="expenses")
    op.drop_index("ix_expenses_unanswered", table_name="expenses", postgresql_where=sa.text("NOT is_answered"))
    op.drop_index("ix_expenses_review", table_name="expenses", postgresql_where=sa.text("review = 'pending'"))
    op.drop_table("expenses")
    op.drop_table("service_activities")
    op.drop_table("expense_batches")
