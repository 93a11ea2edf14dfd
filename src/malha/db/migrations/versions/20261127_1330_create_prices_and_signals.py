"""create prices and signals"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def _now(name: str) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)


def _of_procurement(table: str) -> tuple[sa.Column, sa.ForeignKeyConstraint]:
    key = sa.ForeignKeyConstraint(
        ["control_number"],
        ["procurements.control_number"],
        name=op.f(f"fk_{table}_control_number_procurements"),
        ondelete="CASCADE",
    )
    return sa.Column("control_number", sa.Text(), nullable=False), key


def upgrade() -> None:
    op.create_index("ix_procurements_seen_at", "procurements", ["seen_at"])
    for code in ("catalog_code", "ncm_code"):
        op.create_index(
            f"ix_procurement_items_{code}", "procurement_items", [code], postgresql_where=sa.text(f"{code} IS NOT NULL")
        )
    op.create_table(
        "procurement_markings",
        *_of_procurement("procurement_markings"),
        sa.Column("digest", sa.Text(), nullable=False),
        _now("marked_at"),
        sa.PrimaryKeyConstraint("control_number", name=op.f("pk_procurement_markings")),
    )
    op.create_table(
        "procurement_unit_spellings",
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("text", name=op.f("pk_procurement_unit_spellings")),
    )
    op.create_table(
        "procurement_price_spreads",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("middle", sa.Double(), nullable=False),
        sa.Column("deviation", sa.Double(), nullable=False),
        sa.Column("lower_quartile", sa.Double(), nullable=False),
        sa.Column("upper_quartile", sa.Double(), nullable=False),
        _now("computed_at"),
        sa.PrimaryKeyConstraint("kind", "code", "unit", name=op.f("pk_procurement_price_spreads")),
    )
    op.create_table(
        "procurement_signals",
        *_of_procurement("procurement_signals"),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("numbers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        _now("found_at"),
        sa.PrimaryKeyConstraint("control_number", "rule", "subject", name=op.f("pk_procurement_signals")),
    )
    op.create_index("ix_procurement_signals_rule", "procurement_signals", ["rule", "control_number"])
    op.create_table(
        "procurement_sanctions",
        sa.Column("list_name", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("cnpj", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("authority", sa.Text(), nullable=True),
        sa.Column("process", sa.Text(), nullable=True),
        sa.Column("as_of", sa.Date(), nullable=False),
        _now("imported_at"),
        sa.PrimaryKeyConstraint("list_name", "line", name=op.f("pk_procurement_sanctions")),
    )
    op.create_index("ix_procurement_sanctions_cnpj", "procurement_sanctions", ["cnpj"])
    op.create_table(
        "procurement_price_indexes",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("rate", sa.Numeric(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        _now("imported_at"),
        sa.PrimaryKeyConstraint("name", "month", name=op.f("pk_procurement_price_indexes")),
    )
    op.create_table(
        "procurement_price_reference_counts",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_procurement_price_reference_counts")),
    )
    op.create_table(
        "procurement_price_references",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        _now("created_at"),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procurement_price_references")),
        sa.UniqueConstraint("workspace_id", "number", name=op.f("uq_procurement_price_references_workspace_id_number")),
    )
    op.execute(
        "CREATE TRIGGER procurement_price_references_append_only "
        "BEFORE UPDATE OR DELETE OR TRUNCATE ON procurement_price_references "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse_change()"
    )


def downgrade() -> None:
    for table in (
        "procurement_price_references",
        "procurement_price_reference_counts",
        "procurement_price_indexes",
        "procurement_sanctions",
        "procurement_signals",
        "procurement_price_spreads",
        "procurement_unit_spellings",
        "procurement_markings",
    ):
        op.drop_table(table)
    op.drop_index("ix_procurement_items_ncm_code", table_name="procurement_items")
    op.drop_index("ix_procurement_items_catalog_code", table_name="procurement_items")
    op.drop_index("ix_procurements_seen_at", table_name="procurements")
