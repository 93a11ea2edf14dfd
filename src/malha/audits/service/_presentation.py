"""Rows as the API shows them, in the words of its contract."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from malha.audits.models import Audit, AuditDocument, AuditFinding
from malha.audits.rules import summarize_input
from malha.audits.schemas import (
    STATUS_OF,
    AuditRead,
    AuditStatus,
    DocumentRead,
    FindingRead,
    Progress,
    StoredFile,
)
from malha.audits.service._completion import tell_summary
from malha.audits.service._rows import facts_of_row, finding_of_row
from malha.fiscal.judgement import DocumentStatus, place_in_report
from malha.fiscal.phrases import to_english
from malha.fiscal.reports import describe_document
from malha.jobs import Job, JobState, NewJob, SubmittedJob


def show_audit(audit: Audit, job: Job, report: dict[str, Any] | None = None, *, language: str) -> AuditRead:
    """`report` is what the result shows of it; lists leave its documents out."""
    state = JobState(job.state)
    return AuditRead(
        id=audit.job_id,
        status=STATUS_OF[state],
        state=state,
        idempotency_key=audit.idempotency_key,
        input_summary=show_input(audit, language),
        storage_path=audit.storage_path,
        input_payload=[StoredFile.model_validate(file) for file in audit.files],
        options=audit.options,
        result_payload=(
            _result(audit, job, report, language) if state.is_final and state is not JobState.CANCELLED else None
        ),
        error_payload=_error(job) if state.is_final else None,
        progress=Progress(total=job.total, done=job.done, failed=job.failed, stage=job.stage, message=job.message),
        document_count=audit.document_count,
        created_at=job.created_at,
        updated_at=job.updated_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )


def show_new_audit(new: NewJob, job: SubmittedJob, language: str) -> dict[str, Any]:
    """What `show_audit` says of an audit in the moment of its submission, without a row having been read."""
    audit = new.companion_values
    return {
        "id": job.id,
        "status": AuditStatus.PENDING,
        "state": JobState.QUEUED,
        "idempotency_key": job.key,
        "input_summary": summarize_input([StoredFile.model_validate(file) for file in audit["files"].obj], language),
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


def show_input(audit: Audit, language: str) -> str:
    """How many files were sent, and how large they are together."""
    return summarize_input([StoredFile.model_validate(file) for file in audit.files], language)


def show_document(document: AuditDocument) -> DocumentRead:
    """A document; one with errors shows no classification, because nothing in it can be relied on."""
    columns = {name: getattr(document, name) for name in DocumentRead.model_fields if name != "id"}
    if document.status == DocumentStatus.ERROR:
        columns["classification"] = None
    return DocumentRead(id=document_id(document.file_no, document.no), **columns)


def show_finding(finding: AuditFinding) -> FindingRead:
    """A finding with the id of its document."""
    made = {
        "document_id": document_id(finding.file_no, finding.document_no),
        "expected_en": to_english(finding.expected),
        "formula_en": to_english(finding.formula),
    }
    return FindingRead(
        **made, **{name: getattr(finding, name) for name in FindingRead.model_fields.keys() - made.keys()}
    )


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
    return describe_document(
        facts_of_row(document),
        DocumentStatus(document.status),
        document.score,
        sorted(map(finding_of_row, findings), key=place_in_report),
        id=document_id(document.file_no, document.no),
        name=document.name,
        size=document.size,
        sha256=document.sha256,
        language=language,
        finding_count=document.finding_count,
    )


def _result(audit: Audit, job: Job, report: dict[str, Any] | None, language: str) -> dict[str, Any] | None:
    if job.result is None:
        return None
    summary = job.result.get("summary")
    return {
        "message": tell_summary(summary, language) if summary else job.result.get("message"),
        "files": audit.files,
        "summary": summary,
        "report": report,
    }


def _error(job: Job) -> dict[str, Any] | None:
    if job.error is None:
        return None
    return {**job.error, "failed_parts": job.failed, "total_parts": job.total}
