"""create products, attributes and precedents"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_OPERATOR = ("operator_code", "tin", "city", "region", "postal_code", "email")


def upgrade() -> None:
    for name in _OPERATOR:
        op.add_column("manufacturers", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("manufacturers", sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.create_table(
        "partnumber_products",
        sa.Column("partnumber_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("species", sa.Text(), nullable=True),
        sa.Column("brand", sa.Text(), nullable=True),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("commercial_name", sa.Text(), nullable=True),
        sa.Column("scientific_name", sa.Text(), nullable=True),
        sa.Column("characteristics", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("attributes", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("internal_codes", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnumber_id"],
            ["partnumbers.id"],
            ondelete="CASCADE",
            name=op.f("fk_partnumber_products_partnumber_id_partnumbers"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            ondelete="CASCADE",
            name=op.f("fk_partnumber_products_workspace_id_workspaces"),
        ),
        sa.PrimaryKeyConstraint("partnumber_id", name=op.f("pk_partnumber_products")),
    )
    op.create_index("ix_partnumber_products_workspace_id", "partnumber_products", ["workspace_id"], unique=False)
    op.create_table(
        "ncm_attribute_imports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("attributes", sa.Integer(), nullable=False),
        sa.Column("links", sa.Integer(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ncm_attribute_imports")),
    )
    op.create_table(
        "ncm_attributes",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("definition", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_ncm_attributes")),
    )
    op.create_table(
        "ncm_attribute_links",
        sa.Column("ncm", sa.Text(), nullable=False),
        sa.Column("attribute", sa.Text(), nullable=False),
        sa.Column("modality", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.Column("is_multivalued", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attribute"],
            ["ncm_attributes.code"],
            ondelete="CASCADE",
            name=op.f("fk_ncm_attribute_links_attribute_ncm_attributes"),
        ),
        sa.PrimaryKeyConstraint("ncm", "attribute", "modality", "since", name=op.f("pk_ncm_attribute_links")),
    )
    _create_precedents()


def _create_precedents() -> None:
    op.create_table(
        "classification_precedents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ncm", sa.Text(), nullable=False),
        sa.Column("exception", sa.Text(), nullable=True),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("classification_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('portuguese'::regconfig, translate(act || ' ' || text, "
                "'ÁÀÂÃÄÉÈÊËÍÌÎÏÓÒÔÕÖÚÙÛÜÇÑáàâãäéèêëíìîïóòôõöúùûüçñ', "
                "'AAAAAEEEEIIIIOOOOOUUUUCNaaaaaeeeeiiiiooooouuuucn'))",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            ondelete="CASCADE",
            name=op.f("fk_classification_precedents_workspace_id_workspaces"),
        ),
        sa.ForeignKeyConstraint(
            ["classification_id"],
            ["classifications.id"],
            ondelete="SET NULL",
            name=op.f("fk_classification_precedents_classification_id_classifications"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_classification_precedents")),
    )
    for name, columns in (("ncm", ["workspace_id", "ncm"]), ("list", ["workspace_id", "id"])):
        op.create_index(f"ix_classification_precedents_{name}", "classification_precedents", columns, unique=False)
    op.create_index(
        "uq_classification_precedents_classification_id",
        "classification_precedents",
        ["classification_id"],
        unique=True,
    )
    op.create_index(
        "ix_classification_precedents_search",
        "classification_precedents",
        ["search"],
        unique=False,
        postgresql_using="gin",
    )


def downgrade() -> None:
    for table in (
        "classification_precedents",
        "ncm_attribute_links",
        "ncm_attributes",
        "ncm_attribute_imports",
        "partnumber_products",
    ):
        op.drop_table(table)
    op.drop_column("manufacturers", "version")
    for name in reversed(_OPERATOR):
        op.drop_column("manufacturers", name)
