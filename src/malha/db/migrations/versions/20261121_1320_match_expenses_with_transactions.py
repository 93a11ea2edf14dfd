"""match expenses with transactions, and make room for their answers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("expenses", sa.Column("payment", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.drop_index("ix_expenses_unanswered", table_name="expenses", postgresql_where=sa.text("NOT is_answered"))
    op.execute("ALTER TABLE expenses SET (fillfactor = 25)")


def downgrade() -> None:
    op.execute("ALTER TABLE expenses RESET (fillfactor)")
    op.create_index(
        "ix_expenses_unanswered",
        "expenses",
        ["batch_id", "no"],
        unique=False,
        postgresql_where=sa.text("NOT is_answered"),
    )
    op.drop_column("expenses", "payment")
