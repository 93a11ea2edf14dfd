"""name consequences of findings, count files left out"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("audit_findings", "related", new_column_name="others")
    op.add_column(
        "audit_findings",
        sa.Column("related", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
    )
    op.create_table(
        "audit_left_out",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("part_no", sa.Integer(), nullable=False),
        sa.Column("extension", sa.Text(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["audits.job_id"], name="fk_audit_left_out_job_id_audits", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", "part_no", "extension", name="pk_audit_left_out"),
    )


def downgrade() -> None:
    op.drop_table("audit_left_out")
    op.drop_column("audit_findings", "related")
    op.alter_column("audit_findings", "others", new_column_name="related")
