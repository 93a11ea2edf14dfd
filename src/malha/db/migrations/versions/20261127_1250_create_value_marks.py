"""create value marks"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "procurement_value_marks",
        sa.Column("control_number", sa.Text(), nullable=False),
        sa.Column("item_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("numbers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["control_number"],
            ["procurements.control_number"],
            name=op.f("fk_procurement_value_marks_control_number_procurements"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("control_number", "item_number", "rule", name=op.f("pk_procurement_value_marks")),
    )
    op.create_index("ix_procurement_value_marks_rule", "procurement_value_marks", ["rule", "control_number"])


def downgrade() -> None:
    op.drop_index("ix_procurement_value_marks_rule", table_name="procurement_value_marks")
    op.drop_table("procurement_value_marks")
