"""What the API asks of audits that exist, and the few things it does to them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from malha.audits.errors import AuditActiveError, AuditUnfinishedError
from malha.audits.models import Audit
from malha.audits.repository import audits, listings
from malha.audits.repository.audits import AuditRow
from malha.audits.repository.listings import DocumentFilter, FindingFilter
from malha.audits.schemas import (
    JOB_STATES,
    STATUS_OF,
    AuditRead,
    AuditStatus,
    DocumentRead,
    FindingRead,
)
from malha.audits.service._presentation import report_documents, show_audit, show_document, show_finding
from malha.db import ReadSession, Session
from malha.db.paging import OffsetPage, Page, Window
from malha.identity.policy import Principal
from malha.identity.service import Act, AuditTrail
from malha.jobs import Action, JobState, act_on_one
from malha.storage import Storage

SHOWN_DOCUMENTS = 100
SHOWN_FINDINGS = 50
"""What the result of one audit carries itself; the rest is in its lists and its report."""


async def read_audit(session: ReadSession, principal: Principal, job_id: UUID, language: str) -> AuditRead:
    """One audit with the first documents of its report; AuditNotFoundError."""
    audit, job = await audits.get_audit(session, principal, job_id)
    return show_audit(audit, job, await _shown_report(session, audit, language), language=language)


async def read_audits(
    session: ReadSession, principal: Principal, statuses: Sequence[AuditStatus], window: Window, language: str
) -> OffsetPage[AuditRead]:
    """Audits, newest first."""
    states = [state for status in statuses for state in JOB_STATES[status]]
    found = await audits.list_audits(session, principal, states, window)
    total = await audits.count_audits(session, principal, states)
    return found.map(lambda row: show_audit(row.audit, row.job, language=language)).counted_at(window, total)


async def read_documents(
    session: ReadSession, principal: Principal, job_id: UUID, wanted: DocumentFilter, window: Window
) -> Page[DocumentRead]:
    """The audit's documents."""
    await audits.get_audit(session, principal, job_id)
    return (await listings.list_documents(session, job_id, wanted, window)).map(show_document)


async def read_findings(
    session: ReadSession, principal: Principal, job_id: UUID, wanted: FindingFilter, window: Window
) -> Page[FindingRead]:
    """The audit's findings."""
    await audits.get_audit(session, principal, job_id)
    return (await listings.list_findings(session, job_id, wanted, window)).map(show_finding)


async def move_audit(session: Session, principal: Principal, job_id: UUID, action: Action, language: str) -> AuditRead:
    """Cancel or retry; AuditNotFoundError, JobMoveIllegalError."""
    job = (await audits.get_audit(session, principal, job_id)).job
    await act_on_one(session, action, job_id, state=job.state)
    await session.refresh(job)
    return await read_audit(session, principal, job_id, language)


async def delete_audit(
    session: Session, storage: Storage, principal: Principal, trail: AuditTrail, job_id: UUID
) -> None:
    """Delete an audit that has ended, and after the commit its files; AuditActiveError for others."""
    audit, job = await audits.get_audit(session, principal, job_id)
    state = JobState(job.state)
    if not state.is_final:
        raise AuditActiveError(status=STATUS_OF[state].value)
    await audits.delete_audit(session, job_id)
    await trail.record(session, Act(entity_type="audit", entity_id=job_id, action="AUDIT_DELETED"))
    session.after_commit(partial(storage.delete_prefix, audit.storage_path))


async def find_report(session: ReadSession, principal: Principal, job_id: UUID) -> AuditRow:
    """A finished audit; AuditUnfinishedError for one that has no report yet."""
    row = await audits.get_audit(session, principal, job_id)
    if row.audit.report is None:
        raise AuditUnfinishedError(status=STATUS_OF[JobState(row.job.state)].value)
    return row


async def _shown_report(session: ReadSession, audit: Audit, language: str) -> dict[str, Any] | None:
    if audit.report is None:
        return None
    page = await listings.list_documents(session, audit.job_id, DocumentFilter(), Window(SHOWN_DOCUMENTS))
    findings = await listings.findings_of(session, audit.job_id, page.items, most=SHOWN_FINDINGS)
    return {
        **audit.report,
        "documents": report_documents(page.items, findings, language=language),
        "isTruncated": page.next_cursor is not None,
    }
