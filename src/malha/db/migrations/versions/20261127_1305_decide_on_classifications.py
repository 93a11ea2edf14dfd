"""decide on classifications"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

# As the classifier reads a number without its separators: letters and digits of its model, and the letters alone.
_BARE = "regexp_replace(upper(code), '[^A-Z0-9]+', '', 'g')"
_MODEL = f"substring({_BARE} from '^(?:(?:[A-Z]+|[0-9]{{0,3}}[A-Z]+)?[0-9]+)')"
_LETTERS = f"substring({_BARE} from '^(?:[A-Z]+|[0-9]{{0,3}}[A-Z]*)')"
_LONG = f"CASE WHEN length({_MODEL}) > 3 THEN {_MODEL} END"
BACKFILL = (
    "UPDATE partnumbers SET"  # noqa: S608 - constants of this module
    f" series = coalesce({_LONG}, {_BARE}),"
    f" keys = array_remove(ARRAY['=' || {_BARE}, {_LONG}, left({_LONG}, -1),"
    f" nullif(nullif(nullif({_LETTERS}, ''), {_LONG}), left({_LONG}, -1))], NULL)"
)


def upgrade() -> None:
    op.add_column("partnumbers", sa.Column("series", sa.Text(), nullable=True))
    op.add_column("partnumbers", sa.Column("keys", postgresql.ARRAY(sa.Text()), nullable=True))
    op.add_column("partnumbers", sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("partnumbers", sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.execute(BACKFILL)
    op.alter_column("partnumbers", "series", nullable=False)
    op.alter_column("partnumbers", "keys", nullable=False)
    op.create_index(
        "ix_partnumbers_waiting",
        "partnumbers",
        ["workspace_id", "series", "code"],
        unique=False,
        postgresql_where=sa.text("confirmed_at IS NULL"),
    )
    op.create_index("ix_partnumbers_keys", "partnumbers", ["keys"], unique=False, postgresql_using="gin")
    op.add_column("classifications", sa.Column("origin", sa.Text(), server_default="ai", nullable=False))
    op.add_column("classifications", sa.Column("decided_by", sa.Uuid(), nullable=True))
    op.add_column("classifications", sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("classifications", sa.Column("note", sa.Text(), nullable=True))
    op.add_column("classifications", sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False))


def downgrade() -> None:
    for column in ("version", "note", "confirmed_at", "decided_by", "origin"):
        op.drop_column("classifications", column)
    op.drop_index("ix_partnumbers_keys", table_name="partnumbers", postgresql_using="gin")
    op.drop_index("ix_partnumbers_waiting", table_name="partnumbers", postgresql_where=sa.text("confirmed_at IS NULL"))
    for column in ("version", "confirmed_at", "keys", "series"):
        op.drop_column("partnumbers", column)
