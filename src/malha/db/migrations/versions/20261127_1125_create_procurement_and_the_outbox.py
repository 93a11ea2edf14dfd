"""create procurement and the outbox"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outbox_messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_messages")),
    )
    op.create_index(
        "ix_outbox_messages_unsent",
        "outbox_messages",
        ["id"],
        unique=False,
        postgresql_where=sa.text("sent_at IS NULL"),
    )
    op.create_table(
        "procurement_contracts",
        sa.Column("control_number", sa.Text(), nullable=False),
        sa.Column("procurement_control_number", sa.Text(), nullable=True),
        sa.Column("organ_cnpj", sa.Text(), nullable=True),
        sa.Column("unit_code", sa.Text(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=True),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("object", sa.Text(), nullable=True),
        sa.Column("supplier_id", sa.Text(), nullable=True),
        sa.Column("supplier_kind", sa.Text(), nullable=True),
        sa.Column("supplier_name", sa.Text(), nullable=True),
        sa.Column("initial_value", sa.Numeric(), nullable=True),
        sa.Column("total", sa.Numeric(), nullable=True),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("control_number", name=op.f("pk_procurement_contracts")),
    )
    op.create_index(
        "ix_procurement_contracts_procurement", "procurement_contracts", ["procurement_control_number"], unique=False
    )
    op.create_index(
        "ix_procurement_contracts_published_at_control_number",
        "procurement_contracts",
        ["published_at", "control_number"],
        unique=False,
    )
    op.create_index("ix_procurement_contracts_supplier_id", "procurement_contracts", ["supplier_id"], unique=False)
    op.create_table(
        "procurement_funding_sources",
        sa.Column("code", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_procurement_funding_sources")),
    )
    op.create_table(
        "procurement_legal_bases",
        sa.Column("code", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_procurement_legal_bases")),
    )
    op.create_table(
        "procurement_organs",
        sa.Column("cnpj", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("power", sa.Text(), nullable=True),
        sa.Column("sphere", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("cnpj", name=op.f("pk_procurement_organs")),
    )
    op.create_table(
        "procurement_partitions",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("modality", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("wants", sa.Integer(), nullable=True),
        sa.Column("has", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("part_no", sa.Integer(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("kind", "day", "modality", name=op.f("pk_procurement_partitions")),
    )
    op.create_table(
        "procurement_price_records",
        sa.Column("control_number", sa.Text(), nullable=False),
        sa.Column("procurement_control_number", sa.Text(), nullable=True),
        sa.Column("organ_cnpj", sa.Text(), nullable=True),
        sa.Column("organ_name", sa.Text(), nullable=True),
        sa.Column("unit_code", sa.Text(), nullable=True),
        sa.Column("unit_name", sa.Text(), nullable=True),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("object", sa.Text(), nullable=True),
        sa.Column("is_cancelled", sa.Boolean(), nullable=True),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("control_number", name=op.f("pk_procurement_price_records")),
    )
    op.create_index(
        "ix_procurement_price_records_procurement",
        "procurement_price_records",
        ["procurement_control_number"],
        unique=False,
    )
    op.create_table(
        "procurement_reading_keys",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("part_no", sa.Integer(), nullable=False),
        sa.Column("control_number", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", "part_no", "control_number", name=op.f("pk_procurement_reading_keys")),
    )
    op.create_table(
        "procurement_readings",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("part_no", sa.Integer(), nullable=False),
        sa.Column("next_page", sa.Integer(), nullable=False),
        sa.Column("page_size", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("restarts", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("job_id", "part_no", name=op.f("pk_procurement_readings")),
    )
    op.create_table(
        "procurement_runs",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=True),
        sa.Column("window_end", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.Text(), server_default="queued", nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("counters", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_procurement_runs")),
    )
    op.create_index(
        "ix_procurement_runs_requested_at_request_id", "procurement_runs", ["requested_at", "request_id"], unique=False
    )
    op.create_table(
        "procurement_versions",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("control_number", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("version_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("is_live", sa.Boolean(), nullable=False),
        sa.Column("raw", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("kind", "control_number", "digest", name=op.f("pk_procurement_versions")),
    )
    op.create_index("ix_procurement_versions_seen_at", "procurement_versions", ["seen_at"], unique=False)
    op.create_table(
        "procurement_units",
        sa.Column("organ_cnpj", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("uf", sa.Text(), nullable=True),
        sa.Column("uf_name", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("city_code", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organ_cnpj"], ["procurement_organs.cnpj"], name=op.f("fk_procurement_units_organ_cnpj_procurement_organs")
        ),
        sa.PrimaryKeyConstraint("organ_cnpj", "code", name=op.f("pk_procurement_units")),
    )
    op.create_table(
        "procurements",
        sa.Column("control_number", sa.Text(), nullable=False),
        sa.Column("organ_cnpj", sa.Text(), nullable=False),
        sa.Column("unit_code", sa.Text(), nullable=True),
        sa.Column("uf", sa.Text(), nullable=True),
        sa.Column("city_code", sa.Text(), nullable=True),
        sa.Column("subrogated_organ_cnpj", sa.Text(), nullable=True),
        sa.Column("subrogated_unit_code", sa.Text(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("process", sa.Text(), nullable=True),
        sa.Column("modality_id", sa.Integer(), nullable=True),
        sa.Column("modality_name", sa.Text(), nullable=True),
        sa.Column("dispute_mode_id", sa.Integer(), nullable=True),
        sa.Column("dispute_mode_name", sa.Text(), nullable=True),
        sa.Column("instrument_id", sa.Integer(), nullable=True),
        sa.Column("instrument_name", sa.Text(), nullable=True),
        sa.Column("situation_id", sa.Integer(), nullable=True),
        sa.Column("situation_name", sa.Text(), nullable=True),
        sa.Column("is_price_registration", sa.Boolean(), nullable=True),
        sa.Column("object", sa.Text(), nullable=True),
        sa.Column("additional_information", sa.Text(), nullable=True),
        sa.Column("in_person_reason", sa.Text(), nullable=True),
        sa.Column("source_link", sa.Text(), nullable=True),
        sa.Column("process_link", sa.Text(), nullable=True),
        sa.Column("published_by", sa.Text(), nullable=True),
        sa.Column("legal_basis_code", sa.BigInteger(), nullable=True),
        sa.Column("estimated_total", sa.Numeric(), nullable=True),
        sa.Column("awarded_total", sa.Numeric(), nullable=True),
        sa.Column("included_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposals_open_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proposals_close_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("items_state", sa.Text(), server_default="unknown", nullable=False),
        sa.Column("items_wanted", sa.Integer(), nullable=True),
        sa.Column("items_reason", sa.Text(), nullable=True),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('portuguese'::regconfig, translate(coalesce(object, ''), 'ÁÀÂÃÄÉÈÊËÍÌÎÏÓÒÔÕÖÚÙÛÜÇÑáàâãäéèêëíìîïóòôõöúùûüçñ', 'AAAAAEEEEIIIIOOOOOUUUUCNaaaaaeeeeiiiiooooouuuucn'))",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["legal_basis_code"],
            ["procurement_legal_bases.code"],
            name=op.f("fk_procurements_legal_basis_code_procurement_legal_bases"),
        ),
        sa.ForeignKeyConstraint(
            ["organ_cnpj", "unit_code"],
            ["procurement_units.organ_cnpj", "procurement_units.code"],
            name="fk_procurements_unit",
        ),
        sa.ForeignKeyConstraint(
            ["organ_cnpj"], ["procurement_organs.cnpj"], name=op.f("fk_procurements_organ_cnpj_procurement_organs")
        ),
        sa.PrimaryKeyConstraint("control_number", name=op.f("pk_procurements")),
    )
    op.create_index(
        "ix_procurements_organ_cnpj_published_at", "procurements", ["organ_cnpj", "published_at"], unique=False
    )
    op.create_index(
        "ix_procurements_published_at_control_number", "procurements", ["published_at", "control_number"], unique=False
    )
    op.create_index("ix_procurements_search", "procurements", ["search"], unique=False, postgresql_using="gin")
    op.create_index("ix_procurements_uf_published_at", "procurements", ["uf", "published_at"], unique=False)
    op.create_table(
        "procurement_fundings",
        sa.Column("control_number", sa.Text(), nullable=False),
        sa.Column("code", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["code"],
            ["procurement_funding_sources.code"],
            name=op.f("fk_procurement_fundings_code_procurement_funding_sources"),
        ),
        sa.ForeignKeyConstraint(
            ["control_number"],
            ["procurements.control_number"],
            name=op.f("fk_procurement_fundings_control_number_procurements"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("control_number", "code", name=op.f("pk_procurement_fundings")),
    )
    op.create_table(
        "procurement_items",
        sa.Column("control_number", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("quantity", sa.Numeric(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("nature", sa.Text(), nullable=True),
        sa.Column("estimated_unit_value", sa.Numeric(), nullable=True),
        sa.Column("estimated_total", sa.Numeric(), nullable=True),
        sa.Column("situation_id", sa.Integer(), nullable=True),
        sa.Column("situation_name", sa.Text(), nullable=True),
        sa.Column("has_result", sa.Boolean(), nullable=True),
        sa.Column("is_budget_secret", sa.Boolean(), nullable=True),
        sa.Column("ncm_code", sa.Text(), nullable=True),
        sa.Column("catalog_code", sa.Text(), nullable=True),
        sa.Column("raw", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('portuguese'::regconfig, translate(coalesce(description, ''), 'ÁÀÂÃÄÉÈÊËÍÌÎÏÓÒÔÕÖÚÙÛÜÇÑáàâãäéèêëíìîïóòôõöúùûüçñ', 'AAAAAEEEEIIIIOOOOOUUUUCNaaaaaeeeeiiiiooooouuuucn'))",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["control_number"],
            ["procurements.control_number"],
            name=op.f("fk_procurement_items_control_number_procurements"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("control_number", "number", name=op.f("pk_procurement_items")),
    )
    op.create_index(
        "ix_procurement_items_search", "procurement_items", ["search"], unique=False, postgresql_using="gin"
    )
    op.create_table(
        "procurement_results",
        sa.Column("control_number", sa.Text(), nullable=False),
        sa.Column("item_number", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("supplier_id", sa.Text(), nullable=True),
        sa.Column("supplier_kind", sa.Text(), nullable=True),
        sa.Column("supplier_name", sa.Text(), nullable=True),
        sa.Column("quantity", sa.Numeric(), nullable=True),
        sa.Column("unit_value", sa.Numeric(), nullable=True),
        sa.Column("total", sa.Numeric(), nullable=True),
        sa.Column("situation_id", sa.Integer(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("raw", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["control_number", "item_number"],
            ["procurement_items.control_number", "procurement_items.number"],
            name="fk_procurement_results_item",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("control_number", "item_number", "sequence", name=op.f("pk_procurement_results")),
    )
    op.create_index("ix_procurement_results_supplier_id", "procurement_results", ["supplier_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_procurement_results_supplier_id", table_name="procurement_results")
    op.drop_table("procurement_results")
    op.drop_index("ix_procurement_items_search", table_name="procurement_items", postgresql_using="gin")
    op.drop_table("procurement_items")
    op.drop_table("procurement_fundings")
    op.drop_index("ix_procurements_uf_published_at", table_name="procurements")
    op.drop_index("ix_procurements_search", table_name="procurements", postgresql_using="gin")
    op.drop_index("ix_procurements_published_at_control_number", table_name="procurements")
    op.drop_index("ix_procurements_organ_cnpj_published_at", table_name="procurements")
    op.drop_table("procurements")
    op.drop_table("procurement_units")
    op.drop_index("ix_procurement_versions_seen_at", table_name="procurement_versions")
    op.drop_table("procurement_versions")
    op.drop_index("ix_procurement_runs_requested_at_request_id", table_name="procurement_runs")
    op.drop_table("procurement_runs")
    op.drop_table("procurement_readings")
    op.drop_table("procurement_reading_keys")
    op.drop_index("ix_procurement_price_records_procurement", table_name="procurement_price_records")
    op.drop_table("procurement_price_records")
    op.drop_table("procurement_partitions")
    op.drop_table("procurement_organs")
    op.drop_table("procurement_legal_bases")
    op.drop_table("procurement_funding_sources")
    op.drop_index("ix_procurement_contracts_supplier_id", table_name="procurement_contracts")
    op.drop_index("ix_procurement_contracts_published_at_control_number", table_name="procurement_contracts")
    op.drop_index("ix_procurement_contracts_procurement", table_name="procurement_contracts")
    op.drop_table("procurement_contracts")
    op.drop_index(
        "ix_outbox_messages_unsent", table_name="outbox_messages", postgresql_where=sa.text("sent_at IS NULL")
    )
    op.drop_table("outbox_messages")
