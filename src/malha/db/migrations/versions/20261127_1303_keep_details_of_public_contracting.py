"""keep details of public contracting"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "ingest1"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
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
    op.add_column("procurement_contracts", sa.Column("price_record_control_number", sa.Text(), nullable=True))
    op.add_column("procurement_contracts", sa.Column("uf", sa.Text(), nullable=True))
    op.add_column("procurement_contracts", sa.Column("city_code", sa.Text(), nullable=True))
    op.add_column("procurement_contracts", sa.Column("process", sa.Text(), nullable=True))
    op.add_column("procurement_contracts", sa.Column("kind_id", sa.Integer(), nullable=True))
    op.add_column("procurement_contracts", sa.Column("kind_name", sa.Text(), nullable=True))
    op.add_column("procurement_contracts", sa.Column("category_id", sa.Integer(), nullable=True))
    op.add_column("procurement_contracts", sa.Column("category_name", sa.Text(), nullable=True))
    op.add_column("procurement_contracts", sa.Column("is_revenue", sa.Boolean(), nullable=True))
    op.add_column("procurement_contracts", sa.Column("corrections", sa.Integer(), nullable=True))
    op.add_column("procurement_contracts", sa.Column("additional_information", sa.Text(), nullable=True))
    op.add_column("procurement_contracts", sa.Column("accumulated_total", sa.Numeric(), nullable=True))
    op.add_column("procurement_contracts", sa.Column("installments", sa.Integer(), nullable=True))
    op.add_column("procurement_contracts", sa.Column("installment_value", sa.Numeric(), nullable=True))
    op.add_column("procurement_funding_sources", sa.Column("included_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("procurement_items", sa.Column("nature_name", sa.Text(), nullable=True))
    op.add_column("procurement_items", sa.Column("ncm_name", sa.Text(), nullable=True))
    op.add_column("procurement_items", sa.Column("catalog_name", sa.Text(), nullable=True))
    op.add_column("procurement_items", sa.Column("catalog_category", sa.Text(), nullable=True))
    op.add_column("procurement_items", sa.Column("category_id", sa.Integer(), nullable=True))
    op.add_column("procurement_items", sa.Column("category_name", sa.Text(), nullable=True))
    op.add_column("procurement_items", sa.Column("criterion_id", sa.Integer(), nullable=True))
    op.add_column("procurement_items", sa.Column("criterion_name", sa.Text(), nullable=True))
    op.add_column("procurement_items", sa.Column("benefit_id", sa.Integer(), nullable=True))
    op.add_column("procurement_items", sa.Column("benefit_name", sa.Text(), nullable=True))
    op.add_column("procurement_items", sa.Column("has_production_incentive", sa.Boolean(), nullable=True))
    op.add_column("procurement_items", sa.Column("needs_national_content", sa.Boolean(), nullable=True))
    op.add_column("procurement_items", sa.Column("has_normal_margin", sa.Boolean(), nullable=True))
    op.add_column("procurement_items", sa.Column("has_additional_margin", sa.Boolean(), nullable=True))
    op.add_column("procurement_items", sa.Column("normal_margin_percent", sa.Numeric(), nullable=True))
    op.add_column("procurement_items", sa.Column("additional_margin_percent", sa.Numeric(), nullable=True))
    op.add_column("procurement_items", sa.Column("margin_kind", sa.Text(), nullable=True))
    op.add_column("procurement_items", sa.Column("asset_code", sa.Text(), nullable=True))
    op.add_column("procurement_items", sa.Column("property_code", sa.Text(), nullable=True))
    op.add_column("procurement_items", sa.Column("additional_information", sa.Text(), nullable=True))
    op.add_column("procurement_items", sa.Column("included_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("procurement_items", sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("procurement_partitions", sa.Column("tries", sa.Integer(), server_default="0", nullable=False))
    op.add_column("procurement_partitions", sa.Column("recounted_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_procurement_partitions_state_day", "procurement_partitions", ["state", "day"], unique=False)
    op.add_column("procurement_price_records", sa.Column("cancelled_on", sa.Date(), nullable=True))
    op.add_column("procurement_price_records", sa.Column("published_by", sa.Text(), nullable=True))
    op.add_column("procurement_results", sa.Column("discount_percent", sa.Numeric(), nullable=True))
    op.add_column("procurement_results", sa.Column("situation_name", sa.Text(), nullable=True))
    op.add_column("procurement_results", sa.Column("company_size_id", sa.Integer(), nullable=True))
    op.add_column("procurement_results", sa.Column("company_size_name", sa.Text(), nullable=True))
    op.add_column("procurement_results", sa.Column("country_code", sa.Text(), nullable=True))
    op.add_column("procurement_results", sa.Column("rank", sa.Integer(), nullable=True))
    op.add_column("procurement_results", sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("procurement_results", sa.Column("cancellation_reason", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("procurement_results", "cancellation_reason")
    op.drop_column("procurement_results", "cancelled_at")
    op.drop_column("procurement_results", "rank")
    op.drop_column("procurement_results", "country_code")
    op.drop_column("procurement_results", "company_size_name")
    op.drop_column("procurement_results", "company_size_id")
    op.drop_column("procurement_results", "situation_name")
    op.drop_column("procurement_results", "discount_percent")
    op.drop_column("procurement_price_records", "published_by")
    op.drop_column("procurement_price_records", "cancelled_on")
    op.drop_index("ix_procurement_partitions_state_day", table_name="procurement_partitions")
    op.drop_column("procurement_partitions", "recounted_at")
    op.drop_column("procurement_partitions", "tries")
    op.drop_column("procurement_items", "updated_at")
    op.drop_column("procurement_items", "included_at")
    op.drop_column("procurement_items", "additional_information")
    op.drop_column("procurement_items", "property_code")
    op.drop_column("procurement_items", "asset_code")
    op.drop_column("procurement_items", "margin_kind")
    op.drop_column("procurement_items", "additional_margin_percent")
    op.drop_column("procurement_items", "normal_margin_percent")
    op.drop_column("procurement_items", "has_additional_margin")
    op.drop_column("procurement_items", "has_normal_margin")
    op.drop_column("procurement_items", "needs_national_content")
    op.drop_column("procurement_items", "has_production_incentive")
    op.drop_column("procurement_items", "benefit_name")
    op.drop_column("procurement_items", "benefit_id")
    op.drop_column("procurement_items", "criterion_name")
    op.drop_column("procurement_items", "criterion_id")
    op.drop_column("procurement_items", "category_name")
    op.drop_column("procurement_items", "category_id")
    op.drop_column("procurement_items", "catalog_category")
    op.drop_column("procurement_items", "catalog_name")
    op.drop_column("procurement_items", "ncm_name")
    op.drop_column("procurement_items", "nature_name")
    op.drop_column("procurement_funding_sources", "included_at")
    op.drop_column("procurement_contracts", "installment_value")
    op.drop_column("procurement_contracts", "installments")
    op.drop_column("procurement_contracts", "accumulated_total")
    op.drop_column("procurement_contracts", "additional_information")
    op.drop_column("procurement_contracts", "corrections")
    op.drop_column("procurement_contracts", "is_revenue")
    op.drop_column("procurement_contracts", "category_name")
    op.drop_column("procurement_contracts", "category_id")
    op.drop_column("procurement_contracts", "kind_name")
    op.drop_column("procurement_contracts", "kind_id")
    op.drop_column("procurement_contracts", "process")
    op.drop_column("procurement_contracts", "city_code")
    op.drop_column("procurement_contracts", "uf")
    op.drop_column("procurement_contracts", "price_record_control_number")
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
