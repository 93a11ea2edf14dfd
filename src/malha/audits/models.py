"""Tables of the audits: what was asked, the documents found in the files, and the findings in the documents."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CHAR,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from malha.db import Base, CreatedAt

EMPTY_OBJECT = text("'{}'")
EMPTY_LIST = text("'[]'")


class Audit(Base):
    """One request for an audit; its job carries the state and the counters of the parts."""

    __tablename__ = "audits"
    __table_args__ = (Index("ix_audits_workspace_id_created_at_job_id", "workspace_id", "created_at", "job_id"),)

    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    workspace_id: Mapped[UUID]
    owner_id: Mapped[UUID]
    idempotency_key: Mapped[str] = mapped_column(Text)
    input_summary: Mapped[str] = mapped_column(Text)
    storage_path: Mapped[str] = mapped_column(Text)
    files: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    options: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=EMPTY_OBJECT)
    document_count: Mapped[int] = mapped_column(Integer, server_default="0")
    report: Mapped[dict[str, Any] | None] = mapped_column(JSONB, deferred=True)
    """The parts of the report that are not rows of their own: summary, metrics, cross-validation."""

    created_at: Mapped[CreatedAt]


class AuditDocument(Base):
    """A document found in a file, or the file itself where no document could be read.

    `file_no` is the place of the uploaded file in its request, `no` the place of the document in that file.
    """

    __tablename__ = "audit_documents"
    __table_args__ = (
        Index("ix_audit_documents_job_id_status", "job_id", "status", "file_no", "no"),
        Index("ix_audit_documents_workspace_id_key", "workspace_id", "key"),
    )

    job_id: Mapped[UUID] = mapped_column(ForeignKey("audits.job_id", ondelete="CASCADE"), primary_key=True)
    file_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    no: Mapped[int] = mapped_column(Integer, primary_key=True)
    part_no: Mapped[int] = mapped_column(Integer)
    workspace_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str | None] = mapped_column(CHAR(64))
    size: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    score: Mapped[int] = mapped_column(Integer)
    message_pt: Mapped[str | None] = mapped_column(Text)
    message_en: Mapped[str | None] = mapped_column(Text)
    finding_count: Mapped[int] = mapped_column(Integer, server_default="0")
    key: Mapped[str | None] = mapped_column(Text)
    model: Mapped[str | None] = mapped_column(Text)
    series: Mapped[str | None] = mapped_column(Text)
    number: Mapped[str | None] = mapped_column(Text)
    issued_at: Mapped[datetime | None]
    issuer_id: Mapped[str | None] = mapped_column(Text)
    issuer_name: Mapped[str | None] = mapped_column(Text)
    issuer_uf: Mapped[str | None] = mapped_column(Text)
    recipient_id: Mapped[str | None] = mapped_column(Text)
    recipient_name: Mapped[str | None] = mapped_column(Text)
    recipient_uf: Mapped[str | None] = mapped_column(Text)
    item_count: Mapped[int] = mapped_column(Integer, server_default="0")
    total: Mapped[Decimal | None] = mapped_column(Numeric)
    products_total: Mapped[Decimal | None] = mapped_column(Numeric)
    icms_total: Mapped[Decimal | None] = mapped_column(Numeric)
    pis_total: Mapped[Decimal | None] = mapped_column(Numeric)
    cofins_total: Mapped[Decimal | None] = mapped_column(Numeric)
    classification: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    briefs: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """What rules across documents need of all documents of the file, packed; on the first of them."""


class AuditFinding(Base):
    """One breach of one rule in one document."""

    __tablename__ = "audit_findings"
    __table_args__ = (
        ForeignKeyConstraint(
            ["job_id", "file_no", "document_no"],
            ["audit_documents.job_id", "audit_documents.file_no", "audit_documents.no"],
            ondelete="CASCADE",
        ),
        Index("ix_audit_findings_job_id_severity", "job_id", "severity", "file_no", "document_no", "no"),
        Index("ix_audit_findings_job_id_rule_id", "job_id", "rule_id", "file_no", "document_no", "no"),
    )

    job_id: Mapped[UUID] = mapped_column(primary_key=True)
    file_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    document_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    no: Mapped[int] = mapped_column(Integer, primary_key=True)
    rule_id: Mapped[str] = mapped_column(Text)
    severity: Mapped[str] = mapped_column(Text)
    level: Mapped[str] = mapped_column(Text)
    weight: Mapped[int] = mapped_column(SmallInteger)
    key: Mapped[str | None] = mapped_column(Text)
    n_item: Mapped[int | None] = mapped_column(Integer)
    xpath: Mapped[str] = mapped_column(Text)
    found: Mapped[str | None] = mapped_column(Text)
    expected: Mapped[str | None] = mapped_column(Text)
    formula: Mapped[str | None] = mapped_column(Text)
    reference: Mapped[str | None] = mapped_column(Text)
    message_pt: Mapped[str] = mapped_column(Text)
    message_en: Mapped[str] = mapped_column(Text)
    legacy_code: Mapped[str | None] = mapped_column(Text)
    others: Mapped[list[str]] = mapped_column(JSONB, server_default=EMPTY_LIST)
    """Keys or files that it was compared with."""

    related: Mapped[list[str]] = mapped_column(JSONB, server_default=EMPTY_LIST)
    """Ids of rules whose findings were its consequences."""


class AuditLeftOut(Base):
    """How many files of one extension a part left out: a PDF, a text, a signature beside the XML in an archive."""

    __tablename__ = "audit_left_out"

    job_id: Mapped[UUID] = mapped_column(ForeignKey("audits.job_id", ondelete="CASCADE"), primary_key=True)
    part_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    extension: Mapped[str] = mapped_column(Text, primary_key=True)
    files: Mapped[int] = mapped_column(Integer)
