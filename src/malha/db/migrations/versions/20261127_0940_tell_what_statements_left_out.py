"""tell what statements left out"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLE = "bank_statements"
NAMES = ("problem_pt", "mapping_column", "skipped_count", "unreadable_count", "remarks", "opening_balance", "balance",
         "balance_day")  # fmt: skip


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("problem_pt", sa.Text(), nullable=True))
    op.add_column(TABLE, sa.Column("mapping_column", sa.Text(), nullable=True))
    op.add_column(TABLE, sa.Column("skipped_count", sa.Integer(), server_default="0", nullable=False))
    op.add_column(TABLE, sa.Column("unreadable_count", sa.Integer(), server_default="0", nullable=False))
    op.add_column(TABLE, sa.Column("remarks", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False))
    op.add_column(TABLE, sa.Column("opening_balance", sa.Numeric(15, 2), nullable=True))
    op.add_column(TABLE, sa.Column("balance", sa.Numeric(15, 2), nullable=True))
    op.add_column(TABLE, sa.Column("balance_day", sa.Date(), nullable=True))


def downgrade() -> None:
    for name in reversed(NAMES):
        op.drop_column(TABLE, name)
