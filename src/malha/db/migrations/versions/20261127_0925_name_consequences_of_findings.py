"""name consequences of findings"""

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


def downgrade() -> None:
    op.drop_column("audit_findings", "related")
    op.alter_column("audit_findings", "others", new_column_name="related")
