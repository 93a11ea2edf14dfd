"""Audits, documents and findings as the API shows them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from malha.fiscal.judgement import DocumentStatus
from malha.jobs import JobState


class AuditStatus(StrEnum):
    """The state of an audit in the words of its API."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class ReportFormat(StrEnum):
    """Forms of the report."""

    JSON = "json"
    CSV = "csv"
    HTML = "html"


# A paused audit shows as what it was before: it waits, or has run in part.
JOB_STATES = {
    AuditStatus.PENDING: (JobState.QUEUED,),
    AuditStatus.RUNNING: (JobState.RUNNING, JobState.PAUSED),
    AuditStatus.COMPLETED: (JobState.SUCCEEDED, JobState.PARTIAL),
    AuditStatus.FAILED: (JobState.FAILED,),
    AuditStatus.CANCELLED: (JobState.CANCELLED,),
}
STATUS_OF = {state: status for status, states in JOB_STATES.items() for state in states}


class StoredFile(BaseModel):
    """An uploaded file. `original_name` and `content_type` are the sender's words."""

    original_name: str
    stored_name: str
    content_type: str
    size: int
    sha256: str
    stored_path: str


class Progress(BaseModel):
    """The job's counters speak of its parts (groups of files)."""

    total: int
    done: int
    failed: int
    stage: str | None
    message: str | None


class AuditRead(BaseModel):
    """An audit: what was sent, how far it is, and its result once there is one."""

    id: UUID
    status: AuditStatus
    state: JobState = Field(description="The engine's own state: also tells paused and partly failed audits apart.")
    idempotency_key: str
    input_summary: str
    storage_path: str
    input_payload: list[StoredFile]
    options: dict[str, Any]
    result_payload: dict[str, Any] | None
    error_payload: dict[str, Any] | None
    progress: Progress
    document_count: int
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class DocumentRead(BaseModel):
    """A document and what the audit says of it; `id` is its place: file in the request, document in the file.

    Numbers of documents rise with their order; those in a large ZIP have gaps.
    """

    model_config = ConfigDict(from_attributes=True)

    id: str
    file_no: int
    no: int
    name: str
    kind: str
    status: DocumentStatus
    score: int
    message_pt: str | None
    message_en: str | None
    finding_count: int
    sha256: str | None
    size: int
    key: str | None
    model: str | None
    series: str | None
    number: str | None
    issued_at: datetime | None
    issuer_id: str | None
    issuer_name: str | None
    issuer_uf: str | None
    recipient_id: str | None
    recipient_name: str | None
    recipient_uf: str | None
    item_count: int
    total: Decimal | None
    classification: dict[str, Any] | None


class FindingRead(BaseModel):
    """One breach of one rule; `document_id` is the document's `id`.

    `others` are the access keys or files that it was compared with, `related` the ids of rules that were broken as a
    consequence of it and are not told apart.
    """

    model_config = ConfigDict(from_attributes=True)

    document_id: str
    no: int
    rule_id: str
    severity: str
    level: str
    weight: int
    key: str | None
    n_item: int | None
    xpath: str
    found: str | None
    expected: str | None
    formula: str | None
    reference: str | None
    expected_en: str | None
    formula_en: str | None
    message_pt: str
    message_en: str
    legacy_code: str | None
    others: list[str]
    related: list[str]
