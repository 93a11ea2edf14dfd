"""keep details of public contracting"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

# What PNCP names and had no column yet.
ADDED: dict[str, list[tuple[str, Any]]] = {
    "procurement_contracts": [
        ("price_record_control_number", sa.Text()),
        ("uf", sa.Text()),
        ("city_code", sa.Text()),
        ("process", sa.Text()),
        ("kind_id", sa.Integer()),
        ("kind_name", sa.Text()),
        ("category_id", sa.Integer()),
        ("category_name", sa.Text()),
        ("is_revenue", sa.Boolean()),
        ("corrections", sa.Integer()),
        ("additional_information", sa.Text()),
        ("accumulated_total", sa.Numeric()),
        ("installments", sa.Integer()),
        ("installment_value", sa.Numeric()),
    ],
    "procurement_funding_sources": [
        ("included_at", sa.DateTime(timezone=True)),
    ],
    "procurement_items": [
        ("nature_name", sa.Text()),
        ("ncm_name", sa.Text()),
        ("catalog_name", sa.Text()),
        ("catalog_category", sa.Text()),
        ("category_id", sa.Integer()),
        ("category_name", sa.Text()),
        ("criterion_id", sa.Integer()),
        ("criterion_name", sa.Text()),
        ("benefit_id", sa.Integer()),
        ("benefit_name", sa.Text()),
        ("has_production_incentive", sa.Boolean()),
        ("needs_national_content", sa.Boolean()),
        ("has_normal_margin", sa.Boolean()),
        ("has_additional_margin", sa.Boolean()),
        ("normal_margin_percent", sa.Numeric()),
        ("additional_margin_percent", sa.Numeric()),
        ("margin_kind", sa.Text()),
        ("asset_code", sa.Text()),
        ("property_code", sa.Text()),
        ("additional_information", sa.Text()),
        ("included_at", sa.DateTime(timezone=True)),
        ("updated_at", sa.DateTime(timezone=True)),
    ],
    "procurement_partitions": [("recounted_at", sa.DateTime(timezone=True))],
    "procurement_price_records": [
        ("cancelled_on", sa.Date()),
        ("published_by", sa.Text()),
    ],
    "procurement_results": [
        ("discount_percent", sa.Numeric()),
        ("situation_name", sa.Text()),
        ("company_size_id", sa.Integer()),
        ("company_size_name", sa.Text()),
        ("country_code", sa.Text()),
        ("rank", sa.Integer()),
        ("cancelled_at", sa.DateTime(timezone=True)),
        ("cancellation_reason", sa.Text()),
    ],
}


def upgrade() -> None:
    for table, columns in ADDED.items():
        for name, kind in columns:
            op.add_column(table, sa.Column(name, kind, nullable=True))
    op.add_column("procurement_partitions", sa.Column("tries", sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "procurement_collection_instruments",
        sa.Column("control_number", sa.Text(), nullable=False),
        sa.Column("contract_control_number", sa.Text(), nullable=False),
        sa.Column("organ_cnpj", sa.Text(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("kind_id", sa.Integer(), nullable=True),
        sa.Column("kind_name", sa.Text(), nullable=True),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("access_key", sa.Text(), nullable=True),
        sa.Column("issuer_id", sa.Text(), nullable=True),
        sa.Column("issuer_name", sa.Text(), nullable=True),
        sa.Column("total", sa.Numeric(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("control_number", name=op.f("pk_procurement_collection_instruments")),
    )
    op.create_index(
        "ix_procurement_collection_instruments_contract",
        "procurement_collection_instruments",
        ["contract_control_number"],
        unique=False,
    )
    op.create_table(
        "procurement_detail_states",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("control_number", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="unknown", nullable=False),
        sa.Column("digest", sa.Text(), server_default="", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("kind", "control_number", name=op.f("pk_procurement_detail_states")),
    )
    op.create_index(
        "ix_procurement_detail_states_due",
        "procurement_detail_states",
        ["due_at", "kind", "control_number"],
        unique=False,
        postgresql_where=sa.text("state <> 'complete'"),
    )
    op.create_table(
        "procurement_files",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("control_number", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("document_kind_id", sa.Integer(), nullable=True),
        sa.Column("document_kind_name", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("raw", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("kind", "control_number", "sequence", name=op.f("pk_procurement_files")),
    )
    op.create_table(
        "procurement_history",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("control_number", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("action_id", sa.Integer(), nullable=True),
        sa.Column("action_name", sa.Text(), nullable=True),
        sa.Column("category_id", sa.Integer(), nullable=True),
        sa.Column("category_name", sa.Text(), nullable=True),
        sa.Column("item_number", sa.Integer(), nullable=True),
        sa.Column("done_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("raw", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("kind", "control_number", "place", name=op.f("pk_procurement_history")),
    )
    op.create_table(
        "procurement_modalities",
        sa.Column("code", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_procurement_modalities")),
    )
    op.create_table(
        "procurement_plans",
        sa.Column("control_number", sa.Text(), nullable=False),
        sa.Column("organ_cnpj", sa.Text(), nullable=True),
        sa.Column("organ_name", sa.Text(), nullable=True),
        sa.Column("unit_code", sa.Text(), nullable=True),
        sa.Column("unit_name", sa.Text(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("control_number", name=op.f("pk_procurement_plans")),
    )
    op.create_index("ix_procurement_plans_organ_cnpj_year", "procurement_plans", ["organ_cnpj", "year"], unique=False)
    op.create_table(
        "procurement_probes",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("host", "at", name=op.f("pk_procurement_probes")),
    )
    op.create_table(
        "procurement_amendments",
        sa.Column("contract_control_number", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("kind_name", sa.Text(), nullable=True),
        sa.Column("object", sa.Text(), nullable=True),
        sa.Column("legal_basis", sa.Text(), nullable=True),
        sa.Column("supplier_id", sa.Text(), nullable=True),
        sa.Column("supplier_kind", sa.Text(), nullable=True),
        sa.Column("supplier_name", sa.Text(), nullable=True),
        sa.Column("changes_value", sa.Boolean(), nullable=True),
        sa.Column("changes_term", sa.Boolean(), nullable=True),
        sa.Column("changes_supplier", sa.Boolean(), nullable=True),
        sa.Column("adjusts_price", sa.Boolean(), nullable=True),
        sa.Column("added_value", sa.Numeric(), nullable=True),
        sa.Column("added_days", sa.Integer(), nullable=True),
        sa.Column("total", sa.Numeric(), nullable=True),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("raw", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_control_number"],
            ["procurement_contracts.control_number"],
            name="fk_procurement_amendments_contract",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("contract_control_number", "sequence", name=op.f("pk_procurement_amendments")),
    )
    op.create_table(
        "procurement_plan_items",
        sa.Column("control_number", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("category_name", sa.Text(), nullable=True),
        sa.Column("class_code", sa.Text(), nullable=True),
        sa.Column("class_name", sa.Text(), nullable=True),
        sa.Column("catalog_code", sa.Text(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("requested_by", sa.Text(), nullable=True),
        sa.Column("quantity", sa.Numeric(), nullable=True),
        sa.Column("unit_value", sa.Numeric(), nullable=True),
        sa.Column("total", sa.Numeric(), nullable=True),
        sa.Column("budget_of_year", sa.Numeric(), nullable=True),
        sa.Column("wanted_on", sa.Date(), nullable=True),
        sa.Column("raw", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["control_number"],
            ["procurement_plans.control_number"],
            name=op.f("fk_procurement_plan_items_control_number_procurement_plans"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("control_number", "number", name=op.f("pk_procurement_plan_items")),
    )
    op.create_index("ix_procurement_partitions_state_day", "procurement_partitions", ["state", "day"], unique=False)


def downgrade() -> None:
    for table, columns in ADDED.items():
        for name, _ in columns:
            op.drop_column(table, name)
    op.drop_column("procurement_partitions", "tries")
    op.drop_index("ix_procurement_partitions_state_day", table_name="procurement_partitions")
    op.drop_table("procurement_plan_items")
    op.drop_table("procurement_amendments")
    op.drop_table("procurement_probes")
    op.drop_index("ix_procurement_plans_organ_cnpj_year", table_name="procurement_plans")
    op.drop_table("procurement_plans")
    op.drop_table("procurement_modalities")
    op.drop_table("procurement_history")
    op.drop_table("procurement_files")
    op.drop_index(
        "ix_procurement_detail_states_due",
        table_name="procurement_detail_states",
        postgresql_where=sa.text("state <> 'complete'"),
    )
    op.drop_table("procurement_detail_states")
    op.drop_index("ix_procurement_collection_instruments_contract", table_name="procurement_collection_instruments")
    op.drop_table("procurement_collection_instruments")
