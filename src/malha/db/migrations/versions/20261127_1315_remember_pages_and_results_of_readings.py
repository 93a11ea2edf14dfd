"""remember pages and results of readings"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "procurement_fetched_results",
        sa.Column("control_number", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("item_number", sa.Integer(), nullable=False),
        sa.Column("results", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("control_number", "digest", "item_number", name=op.f("pk_procurement_fetched_results")),
    )
    op.add_column("procurement_reading_keys", sa.Column("page", sa.Integer(), server_default="1", nullable=False))
    op.add_column("procurement_readings", sa.Column("doubts", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("procurement_readings", "doubts")
    op.drop_column("procurement_reading_keys", "page")
    op.drop_table("procurement_fetched_results")
