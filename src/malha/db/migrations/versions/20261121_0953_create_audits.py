"""create audits"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audits",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("input_summary", sa.Text(), nullable=False),
        sa.Column("storage_path", sa.Text(), nullable=False),
        sa.Column("files", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("options", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("document_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_audits_job_id_jobs"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_audits")),
    )
    op.create_index(
        "ix_audits_workspace_id_created_at_job_id", "audits", ["workspace_id", "created_at", "job_id"], unique=False
    )
    op.create_table(
        "audit_documents",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("file_no", sa.Integer(), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("part_no", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.CHAR(length=64), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("message_pt", sa.Text(), nullable=True),
        sa.Column("message_en", sa.Text(), nullable=True),
        sa.Column("finding_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("series", sa.Text(), nullable=True),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("issuer_id", sa.Text(), nullable=True),
        sa.Column("issuer_name", sa.Text(), nullable=True),
        sa.Column("issuer_uf", sa.Text(), nullable=True),
        sa.Column("recipient_id", sa.Text(), nullable=True),
        sa.Column("recipient_name", sa.Text(), nullable=True),
        sa.Column("recipient_uf", sa.Text(), nullable=True),
        sa.Column("item_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total", sa.Numeric(), nullable=True),
        sa.Column("products_total", sa.Numeric(), nullable=True),
        sa.Column("icms_total", sa.Numeric(), nullable=True),
        sa.Column("pis_total", sa.Numeric(), nullable=True),
        sa.Column("cofins_total", sa.Numeric(), nullable=True),
        sa.Column("classification", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("skeleton", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["job_id"], ["audits.job_id"], name=op.f("fk_audit_documents_job_id_audits"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", "file_no", "no", name=op.f("pk_audit_documents")),
    )
    op.create_index(
        "ix_audit_documents_job_id_status", "audit_documents", ["job_id", "status", "file_no", "no"], unique=False
    )
    op.create_index(
        "ix_audit_documents_skeletons",
        "audit_documents",
        ["job_id", "file_no", "no"],
        unique=False,
        postgresql_where=sa.text("skeleton IS NOT NULL"),
    )
    op.create_index("ix_audit_documents_workspace_id_key", "audit_documents", ["workspace_id", "key"], unique=False)
    op.create_table(
        "audit_findings",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("file_no", sa.Integer(), nullable=False),
        sa.Column("document_no", sa.Integer(), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("weight", sa.SmallInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("n_item", sa.Integer(), nullable=True),
        sa.Column("xpath", sa.Text(), nullable=False),
        sa.Column("found", sa.Text(), nullable=True),
        sa.Column("expected", sa.Text(), nullable=True),
        sa.Column("formula", sa.Text(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("message_pt", sa.Text(), nullable=False),
        sa.Column("message_en", sa.Text(), nullable=False),
        sa.Column("legacy_code", sa.Text(), nullable=True),
        sa.Column("related", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id", "file_no", "document_no"],
            ["audit_documents.job_id", "audit_documents.file_no", "audit_documents.no"],
            name=op.f("fk_audit_findings_job_id_file_no_document_no_audit_documents"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("job_id", "file_no", "document_no", "no", name=op.f("pk_audit_findings")),
    )
    op.create_index(
        "ix_audit_findings_job_id_rule_id",
        "audit_findings",
        ["job_id", "rule_id", "file_no", "document_no", "no"],
        unique=False,
    )
    op.create_index(
        "ix_audit_findings_job_id_severity",
        "audit_findings",
        ["job_id", "severity", "file_no", "document_no", "no"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index("ix_audit_findings_job_id_severity", table_name="audit_findings")
    op.drop_index("ix_audit_findings_job_id_rule_id", table_name="audit_findings")
    op.drop_table("audit_findings")
    op.drop_index("ix_audit_documents_workspace_id_key", table_name="audit_documents")
    op.drop_index(
        "ix_audit_documents_skeletons", table_name="audit_documents", postgresql_where=sa.text("skeleton IS NOT NULL")
    )
    op.drop_index("ix_audit_documents_job_id_status", table_name="audit_documents")
    op.drop_table("audit_documents")
    op.drop_index("ix_audits_workspace_id_created_at_job_id", table_name="audits")
    op.drop_table("audits")
