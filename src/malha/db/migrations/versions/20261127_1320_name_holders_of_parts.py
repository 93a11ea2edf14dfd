"""name holders of parts"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("job_parts", sa.Column("holder", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("job_parts", "holder")
