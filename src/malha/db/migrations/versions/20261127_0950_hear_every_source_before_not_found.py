"""hear every source before "not found" is an answer"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# One source's word was enough so far: it is kept as that, and what was decided from it is looked at again.
_KEEP_DENIALS = """
UPDATE suppliers SET denials = jsonb_build_object(
    CASE WHEN provider IN ('brasilapi', 'minha_receita') THEN 'minha_receita'
         WHEN provider LIKE 'cnpj_ws%' THEN 'cnpj_ws' ELSE provider END,
    jsonb_build_object('provider', provider, 'at', to_char(fetched_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"')))
WHERE NOT is_found
"""


def upgrade() -> None:
    op.create_table(
        "supplier_retractions",
        sa.Column("cnpj", sa.CHAR(length=14), nullable=False),
        sa.Column("retracted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("cnpj", name=op.f("pk_supplier_retractions")),
    )
    op.add_column(
        "suppliers",
        sa.Column("denials", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    )
    op.execute(_KEEP_DENIALS)
    op.execute("INSERT INTO supplier_retractions (cnpj) SELECT cnpj FROM suppliers WHERE NOT is_found")
    op.create_index(
        "ix_suppliers_denied", "suppliers", ["cnpj"], unique=False, postgresql_where=sa.text("denials <> '{}'")
    )
    # The same questions are answered by it, and those about a CNPJ in every workspace as well.
    op.create_index(
        "ix_expenses_cnpj_workspace_id_amount", "expenses", ["cnpj", "workspace_id", "amount"], unique=False
    )
    op.drop_index("ix_expenses_workspace_id_cnpj_amount", table_name="expenses")


def downgrade() -> None:
    op.create_index(
        "ix_expenses_workspace_id_cnpj_amount", "expenses", ["workspace_id", "cnpj", "amount"], unique=False
    )
    op.drop_index("ix_expenses_cnpj_workspace_id_amount", table_name="expenses")
    op.drop_index("ix_suppliers_denied", table_name="suppliers", postgresql_where=sa.text("denials <> '{}'"))
    op.drop_column("suppliers", "denials")
    op.drop_table("supplier_retractions")
