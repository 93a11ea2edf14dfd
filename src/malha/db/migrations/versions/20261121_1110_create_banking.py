"""create banking"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cost_centers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("cnpj", sa.CHAR(length=14), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cost_centers")),
        sa.UniqueConstraint("workspace_id", "code", name=op.f("uq_cost_centers_workspace_id_code")),
    )
    op.create_table(
        "pluggy_events",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("jobs", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_pluggy_events")),
    )
    op.create_table(
        "bank_accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("cost_center_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("bank_code", sa.Text(), nullable=True),
        sa.Column("branch", sa.Text(), nullable=True),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("balance", sa.Numeric(precision=15, scale=2), nullable=True),
        sa.Column("balance_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pluggy_item_id", sa.Uuid(), nullable=True),
        sa.Column("pluggy_account_id", sa.Uuid(), nullable=True),
        sa.Column("synced_until", sa.Date(), nullable=True),
        sa.Column("synced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["cost_center_id"],
            ["cost_centers.id"],
            name=op.f("fk_bank_accounts_cost_center_id_cost_centers"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_accounts")),
        sa.UniqueConstraint(
            "workspace_id", "pluggy_account_id", name=op.f("uq_bank_accounts_workspace_id_pluggy_account_id")
        ),
    )
    op.create_index(op.f("ix_bank_accounts_cost_center_id"), "bank_accounts", ["cost_center_id"], unique=False)
    op.create_index("ix_bank_accounts_pluggy_account_id", "bank_accounts", ["pluggy_account_id"], unique=False)
    op.create_index("ix_bank_accounts_pluggy_item_id", "bank_accounts", ["pluggy_item_id"], unique=False)
    op.create_index(
        "ix_bank_accounts_workspace_id_created_at_id",
        "bank_accounts",
        ["workspace_id", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "bank_statements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.CHAR(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("storage_path", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="PENDING", nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("format", sa.Text(), nullable=True),
        sa.Column("period_start", sa.Date(), nullable=True),
        sa.Column("period_end", sa.Date(), nullable=True),
        sa.Column("entry_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("added_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["bank_accounts.id"],
            name=op.f("fk_bank_statements_account_id_bank_accounts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_statements")),
    )
    op.create_index(
        "ix_bank_statements_account_id_created_at", "bank_statements", ["account_id", "created_at"], unique=False
    )
    op.create_index(op.f("ix_bank_statements_job_id"), "bank_statements", ["job_id"], unique=False)
    op.create_index(
        "ix_bank_statements_workspace_id_created_at_id",
        "bank_statements",
        ["workspace_id", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "bank_transactions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=15, scale=2), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("counterpart_document", sa.Text(), nullable=True),
        sa.Column("counterpart_name", sa.Text(), nullable=True),
        sa.Column("fitid", sa.Text(), nullable=True),
        sa.Column("nsu", sa.Text(), nullable=True),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=True),
        sa.Column("identity", sa.LargeBinary(), nullable=False),
        sa.Column("raw", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("direction IN ('CREDIT', 'DEBIT')", name=op.f("ck_bank_transactions_direction")),
        sa.CheckConstraint("status IN ('PENDING', 'POSTED')", name=op.f("ck_bank_transactions_status")),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_bank_transactions_amount_sign")),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["bank_accounts.id"],
            name=op.f("fk_bank_transactions_account_id_bank_accounts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["bank_statements.id"],
            name=op.f("fk_bank_transactions_statement_id_bank_statements"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_transactions")),
        sa.UniqueConstraint("account_id", "identity", name=op.f("uq_bank_transactions_account_id_identity")),
    )
    op.create_index(
        "ix_bank_transactions_account_amount_day",
        "bank_transactions",
        ["account_id", "amount", "day", "id"],
        unique=False,
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.create_index(
        "ix_bank_transactions_account_day_amount",
        "bank_transactions",
        ["account_id", "day", "amount", "id"],
        unique=False,
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.create_index(
        "ix_bank_transactions_amount_day_account",
        "bank_transactions",
        ["workspace_id", "amount", "day", "account_id", "id"],
        unique=False,
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.create_index(
        "ix_bank_transactions_counterpart",
        "bank_transactions",
        ["workspace_id", "counterpart_document", "day", "amount", "account_id", "id"],
        unique=False,
        postgresql_where=sa.text("removed_at IS NULL AND counterpart_document IS NOT NULL"),
    )
    op.create_index(
        "ix_bank_transactions_day_amount_account",
        "bank_transactions",
        ["workspace_id", "day", "amount", "account_id", "id"],
        unique=False,
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.create_index(
        "ix_bank_transactions_pending",
        "bank_transactions",
        ["workspace_id", "day", "amount", "account_id", "id"],
        unique=False,
        postgresql_where=sa.text("removed_at IS NULL AND status = 'PENDING'"),
    )
    op.create_index(
        "ix_bank_transactions_statement_id",
        "bank_transactions",
        ["statement_id"],
        unique=False,
        postgresql_where=sa.text("statement_id IS NOT NULL"),
    )
    op.create_index(
        "uq_bank_transactions_provider_id",
        "bank_transactions",
        ["account_id", "provider_id"],
        unique=True,
        postgresql_where=sa.text("provider_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "uq_bank_transactions_provider_id",
        table_name="bank_transactions",
        postgresql_where=sa.text("provider_id IS NOT NULL"),
    )
    op.drop_index(
        "ix_bank_transactions_statement_id",
        table_name="bank_transactions",
        postgresql_where=sa.text("statement_id IS NOT NULL"),
    )
    op.drop_index(
        "ix_bank_transactions_pending",
        table_name="bank_transactions",
        postgresql_where=sa.text("removed_at IS NULL AND status = 'PENDING'"),
    )
    op.drop_index(
        "ix_bank_transactions_day_amount_account",
        table_name="bank_transactions",
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.drop_index(
        "ix_bank_transactions_counterpart",
        table_name="bank_transactions",
        postgresql_where=sa.text("removed_at IS NULL AND counterpart_document IS NOT NULL"),
    )
    op.drop_index(
        "ix_bank_transactions_amount_day_account",
        table_name="bank_transactions",
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.drop_index(
        "ix_bank_transactions_account_day_amount",
        table_name="bank_transactions",
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.drop_index(
        "ix_bank_transactions_account_amount_day",
        table_name="bank_transactions",
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.drop_table("bank_transactions")
    op.drop_index("ix_bank_statements_workspace_id_created_at_id", table_name="bank_statements")
    op.drop_index(op.f("ix_bank_statements_job_id"), table_name="bank_statements")
    op.drop_index("ix_bank_statements_account_id_created_at", table_name="bank_statements")
    op.drop_table("bank_statements")
    op.drop_index("ix_bank_accounts_workspace_id_created_at_id", table_name="bank_accounts")
    op.drop_index("ix_bank_accounts_pluggy_item_id", table_name="bank_accounts")
    op.drop_index("ix_bank_accounts_pluggy_account_id", table_name="bank_accounts")
    op.drop_index(op.f("ix_bank_accounts_cost_center_id"), table_name="bank_accounts")
    op.drop_table("bank_accounts")
    op.drop_table("pluggy_events")
    op.drop_table("cost_centers")
