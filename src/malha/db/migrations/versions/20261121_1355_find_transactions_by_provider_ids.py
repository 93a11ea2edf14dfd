"""find transactions by provider ids"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_bank_transactions_workspace_id_provider_id",
        "bank_transactions",
        ["workspace_id", "provider_id"],
        unique=False,
        postgresql_where=sa.text("provider_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_bank_transactions_workspace_id_provider_id",
        table_name="bank_transactions",
        postgresql_where=sa.text("provider_id IS NOT NULL"),
    )
