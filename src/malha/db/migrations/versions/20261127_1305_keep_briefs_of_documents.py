"""keep briefs of documents"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_audit_documents_skeletons", table_name="audit_documents")
    op.drop_column("audit_documents", "skeleton")
    op.add_column("audit_documents", sa.Column("briefs", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("audit_documents", "briefs")
    op.add_column("audit_documents", sa.Column("skeleton", sa.LargeBinary(), nullable=True))
    op.create_index(
        "ix_audit_documents_skeletons",
        "audit_documents",
        ["job_id", "file_no", "no"],
        postgresql_where=sa.text("skeleton IS NOT NULL"),
    )
