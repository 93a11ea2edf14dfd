"""Rows as the API shows them, in the words of its contract."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from malha.audits.models import Audit, AuditDocument, AuditFinding
from malha.audits.schemas import (
    STATUS_OF,
    AuditRead,
    AuditStatus,
    DocumentRead,
    DocumentStatus,
    FindingRead,
    Progress,
    StoredFile,
)
from malha.audits.service._rows import UNREADABLE
from malha.jobs.models import Job
from malha.jobs.once import NewJob, SubmittedJob
from malha.jobs.states import JobState

_IMPORT_STATUS = {DocumentStatus.UNSUPPORTED.value: "unsupported"}


def show_audit(audit: Audit, job: Job, report: dict[str, Any] | None = None) -> AuditRead:
    """`report` is what the result shows of it; lists leave its documents out."""
    state = JobState(job.state)
    return AuditRead(
        id=audit.job_id,
        status=STATUS_OF[state],
        state=state,
        idempotency_key=audit.idempotency_key,
        input_summary=audit.input_summary,
        storage_path=audit.storage_path,
        input_payload=[StoredFile.model_validate(file) for file in audit.files],
        options=audit.options,
        result_payload=_result(audit, job, report) if state.is_final and state is not JobState.CANCELLED else None,
        error_payload=_error(job) if state.is_final else None,
        progress=Progress(total=job.total, done=job.done, failed=job.failed, stage=job.stage, message=job.message),
        document_count=audit.document_count,
        created_at=job.created_at,
        updated_at=job.updated_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )


def show_new_audit(new: NewJob, job: SubmittedJob) -> dict[str, Any]:
    """What `show_audit` says of an audit in the moment of its submission, without a row having been read."""
    audit = new.companion_values
    return {
        "id": job.id,
        "status": AuditStatus.PENDING,
        "state": JobState.QUEUED,
        "idempotency_key": job.key,
        "input_summary": audit["input_summary"],
        "storage_path": audit["storage_path"],
        "input_payload": audit["files"].obj,
        "options": audit["options"].obj,
        "result_payload": None,
        "error_payload": None,
        "progress": {"total": job.total, "done": 0, "failed": 0, "stage": None, "message": None},
        "document_count": 0,
        "created_at": job.created_at,
        "updated_at": job.created_at,
        "started_at": None,
        "finished_at": None,
    }


def show_document(document: AuditDocument) -> DocumentRead:
    """A document; one with errors shows no classification, because nothing in it can be relied on."""
    columns = {name: getattr(document, name) for name in DocumentRead.model_fields if name != "id"}
    if document.status == DocumentStatus.ERROR:
        columns["classification"] = None
    return DocumentRead(id=document_id(document.file_no, document.no), **columns)


def show_finding(finding: AuditFinding) -> FindingRead:
    """A finding with the id of its document."""
    columns = {name: getattr(finding, name) for name in FindingRead.model_fields if name != "document_id"}
    return FindingRead(document_id=document_id(finding.file_no, finding.document_no), **columns)


def document_id(file_no: int, no: int) -> str:
    """A document's place in its audit as one word."""
    return f"{file_no}-{no}"


def report_documents(
    documents: Sequence[AuditDocument], findings: Sequence[AuditFinding], *, language: str = "pt"
) -> list[dict[str, Any]]:
    """Documents in the shape of the seed's report."""
    by_place: defaultdict[tuple[int, int], list[AuditFinding]] = defaultdict(list)
    for finding in findings:
        by_place[finding.file_no, finding.document_no].append(finding)
    return [_report_document(one, by_place[one.file_no, one.no], language) for one in documents]


def _report_document(document: AuditDocument, findings: list[AuditFinding], language: str) -> dict[str, Any]:
    shown = show_document(document)
    imported = "error" if document.kind == UNREADABLE else _IMPORT_STATUS.get(document.status, "parsed")
    return {
        "doc": {
            "id": shown.id,
            "name": shown.name,
            "kind": shown.kind,
            "size": shown.size,
            "status": imported,
            "error": shown.message_pt if language == "pt" else shown.message_en,
            "sha256": shown.sha256,
            "key": shown.key,
            "series": shown.series,
            "number": shown.number,
            "issuedAt": shown.issued_at,
            "issuer": {"id": shown.issuer_id, "name": shown.issuer_name, "uf": shown.issuer_uf},
            "recipient": {"id": shown.recipient_id, "name": shown.recipient_name, "uf": shown.recipient_uf},
            "total": None if shown.total is None else str(shown.total),
        },
        "status": shown.status.value,
        "score": shown.score,
        "inconsistencies": [_inconsistency(finding, language) for finding in findings],
        "inconsistencyCount": document.finding_count,
        "classification": shown.classification,
        "reconciliationStatus": None,
    }


def _inconsistency(finding: AuditFinding, language: str) -> dict[str, Any]:
    return {
        "code": finding.legacy_code or finding.rule_id,
        "ruleId": finding.rule_id,
        "message": finding.message_pt if language == "pt" else finding.message_en,
        "explanation": finding.formula,
        "normativeBase": finding.reference,
        "severity": finding.level,
        "item": finding.n_item,
        "xpath": finding.xpath,
        "found": finding.found,
        "expected": finding.expected,
    }


def _result(audit: Audit, job: Job, report: dict[str, Any] | None) -> dict[str, Any] | None:
    if job.result is None:
        return None
    return {
        "message": job.result.get("message"),
        "files": audit.files,
        "summary": job.result.get("summary"),
        "report": report,
    }


def _error(job: Job) -> dict[str, Any] | None:
    if job.error is None:
        return None
    return {**job.error, "failed_parts": job.failed, "total_parts": job.total}
