"""What the API asks of audits that exist, and the few things it does to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from malha.audits import repository
from malha.audits.errors import AuditActiveError, AuditUnfinishedError
from malha.audits.models import Audit
from malha.audits.repository import AuditRow, DocumentFilter, FindingFilter, Page
from malha.audits.schemas import (
    JOB_STATES,
    STATUS_OF,
    AuditPage,
    AuditRead,
    AuditStatus,
    DocumentPage,
    FindingPage,
)
from malha.audits.service._presentation import report_documents, show_audit, show_document, show_finding
from malha.db import ReadSession, Session
from malha.identity.policy import Principal
from malha.jobs.control import Action, act_on_one
from malha.jobs.feed import Feed
from malha.jobs.states import JobState

SHOWN_DOCUMENTS = 100
SHOWN_FINDINGS = 50
"""What the result of one audit carries itself; the rest is in its lists and its report."""


async def read_audit(session: ReadSession, principal: Principal, job_id: UUID) -> AuditRead:
    """One audit with the first documents of its report; AuditNotFoundError."""
    audit, job = await repository.get_audit(session, principal, job_id)
    return show_audit(audit, job, await _shown_report(session, audit))


async def read_audits(
    session: ReadSession, principal: Principal, statuses: Sequence[AuditStatus], page: Page
) -> AuditPage:
    """A page of audits, newest first."""
    states = [state for status in statuses for state in JOB_STATES[status]]
    rows, following = await repository.list_audits(session, principal, states, page)
    return AuditPage(
        items=[show_audit(audit, job) for audit, job in rows],
        total=await repository.count_audits(session, principal, states),
        limit=page.limit,
        offset=page.offset,
        next_cursor=following,
    )


async def read_documents(
    session: ReadSession, principal: Principal, job_id: UUID, wanted: DocumentFilter, page: Page
) -> DocumentPage:
    """A page of the audit's documents."""
    await repository.get_audit(session, principal, job_id)
    documents, following = await repository.list_documents(session, job_id, wanted, page)
    return DocumentPage(items=[show_document(document) for document in documents], next_cursor=following)


async def read_findings(
    session: ReadSession, principal: Principal, job_id: UUID, wanted: FindingFilter, page: Page
) -> FindingPage:
    """A page of the audit's findings."""
    await repository.get_audit(session, principal, job_id)
    findings, following = await repository.list_findings(session, job_id, wanted, page)
    return FindingPage(items=[show_finding(finding) for finding in findings], next_cursor=following)


async def move_audit(session: Session, feed: Feed, principal: Principal, job_id: UUID, action: Action) -> AuditRead:
    """Cancel or retry, commit, and tell of it; AuditNotFoundError, JobMoveIllegalError."""
    job = (await repository.get_audit(session, principal, job_id)).job
    event = await act_on_one(session, action, job_id, state=job.state)
    await session.commit()
    feed.publish(event)
    await session.refresh(job)
    return await read_audit(session, principal, job_id)


async def delete_audit(session: Session, principal: Principal, job_id: UUID) -> Audit:
    """Delete the rows of an audit that has ended; its files go after the commit. AuditActiveError for others."""
    audit, job = await repository.get_audit(session, principal, job_id)
    state = JobState(job.state)
    if not state.is_final:
        raise AuditActiveError(status=STATUS_OF[state].value)
    await repository.delete_audit(session, job_id)
    return audit


async def find_report(session: ReadSession, principal: Principal, job_id: UUID) -> AuditRow:
    """A finished audit; AuditUnfinishedError for one that has no report yet."""
    row = await repository.get_audit(session, principal, job_id)
    if row.audit.report is None:
        raise AuditUnfinishedError(status=STATUS_OF[JobState(row.job.state)].value)
    return row


async def _shown_report(session: ReadSession, audit: Audit) -> dict[str, Any] | None:
    if audit.report is None:
        return None
    page = Page(limit=SHOWN_DOCUMENTS)
    documents, following = await repository.list_documents(session, audit.job_id, DocumentFilter(), page)
    findings = await repository.findings_of(session, audit.job_id, documents, most=SHOWN_FINDINGS)
    return {
        **audit.report,
        "documents": report_documents(documents, findings),
        "isTruncated": following is not None,
    }
