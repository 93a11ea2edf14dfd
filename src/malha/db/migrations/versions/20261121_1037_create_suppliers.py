"""create suppliers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "supplier_claims",
        sa.Column("cnpj", sa.CHAR(length=14), nullable=False),
        sa.Column("token", sa.Uuid(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("cnpj", name=op.f("pk_supplier_claims")),
    )
    op.create_table(
        "suppliers",
        sa.Column("cnpj", sa.CHAR(length=14), nullable=False),
        sa.Column("is_found", sa.Boolean(), nullable=False),
        sa.Column("legal_name", sa.Text(), server_default="", nullable=False),
        sa.Column("trade_name", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), server_default="UNKNOWN", nullable=False),
        sa.Column("status_since", sa.Date(), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.Column("main_cnae_code", sa.CHAR(length=7), nullable=True),
        sa.Column("main_cnae_description", sa.Text(), nullable=True),
        sa.Column(
            "secondary_cnaes", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False
        ),
        sa.Column("street", sa.Text(), nullable=True),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("complement", sa.Text(), nullable=True),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("zip_code", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("city_code", sa.CHAR(length=7), nullable=True),
        sa.Column("uf", sa.CHAR(length=2), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("partners", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("capital", sa.Numeric(precision=18, scale=2), nullable=True),
        sa.Column("is_simples", sa.Boolean(), nullable=True),
        sa.Column("is_mei", sa.Boolean(), nullable=True),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raw", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("refresh_requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("cnpj ~ '^[0-9A-Z]{12}[0-9]{2}$'", name=op.f("ck_suppliers_cnpj_shape")),
        sa.PrimaryKeyConstraint("cnpj", name=op.f("pk_suppliers")),
    )


def downgrade() -> None:
    op.drop_table("suppliers")
    op.drop_table("supplier_claims")
