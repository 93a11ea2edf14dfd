"""Pages of documents and findings of one audit, which the caller has found visible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, or_, select, tuple_

from malha.audits.models import AuditDocument, AuditFinding
from malha.db import ReadSession
from malha.db.paging import Order, Page, Window, fetch_page

_DOCUMENTS = Order(AuditDocument.file_no, AuditDocument.no)
_FINDINGS = Order(AuditFinding.file_no, AuditFinding.document_no, AuditFinding.no)


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """Empty sequences do not filter. `text` is looked for in names, keys and parties."""

    statuses: Sequence[str] = ()
    kinds: Sequence[str] = ()
    text: str | None = None


@dataclass(frozen=True, slots=True)
class FindingFilter:
    """Empty sequences do not filter. `places` are (file_no, no) of documents, `keys` their access keys."""

    severities: Sequence[str] = ()
    levels: Sequence[str] = ()
    rules: Sequence[str] = ()
    places: Sequence[tuple[int, int]] = ()
    keys: Sequence[str] = ()


async def list_documents(
    session: ReadSession, job_id: UUID, wanted: DocumentFilter, window: Window
) -> Page[AuditDocument]:
    """Documents in the order of the files."""
    query = select(AuditDocument).where(AuditDocument.job_id == job_id)
    if wanted.statuses:
        query = query.where(AuditDocument.status.in_(wanted.statuses))
    if wanted.kinds:
        query = query.where(AuditDocument.kind.in_(wanted.kinds))
    if wanted.text:
        columns = (
            AuditDocument.name,
            AuditDocument.key,
            AuditDocument.issuer_name,
            AuditDocument.issuer_id,
            AuditDocument.recipient_name,
            AuditDocument.recipient_id,
        )
        query = query.where(or_(*(column.icontains(wanted.text, autoescape=True) for column in columns)))
    return await fetch_page(session, query, _DOCUMENTS, window)


async def list_findings(
    session: ReadSession, job_id: UUID, wanted: FindingFilter, window: Window
) -> Page[AuditFinding]:
    """Findings in the order of the documents."""
    query = select(AuditFinding).where(AuditFinding.job_id == job_id)
    place = tuple_(AuditFinding.file_no, AuditFinding.document_no)
    if wanted.severities:
        query = query.where(AuditFinding.severity.in_(wanted.severities))
    if wanted.levels:
        query = query.where(AuditFinding.level.in_(wanted.levels))
    if wanted.rules:
        query = query.where(or_(AuditFinding.rule_id.in_(wanted.rules), AuditFinding.legacy_code.in_(wanted.rules)))
    if wanted.places or wanted.keys:
        with_key = select(AuditDocument.file_no, AuditDocument.no).where(
            AuditDocument.job_id == job_id, AuditDocument.key.in_(wanted.keys)
        )
        query = query.where(or_(place.in_(wanted.places), place.in_(with_key)))
    return await fetch_page(session, query, _FINDINGS, window)


async def findings_of(
    session: ReadSession, job_id: UUID, documents: Sequence[AuditDocument], *, most: int
) -> list[AuditFinding]:
    """The first `most` findings of each of some neighbouring documents, in their order."""
    if not documents:
        return []
    first, last = documents[0], documents[-1]
    place = tuple_(AuditFinding.file_no, AuditFinding.document_no)
    query = (
        select(AuditFinding)
        .where(
            and_(
                AuditFinding.job_id == job_id,
                place >= (first.file_no, first.no),
                place <= (last.file_no, last.no),
                AuditFinding.no <= most,
            )
        )
        .order_by(AuditFinding.file_no, AuditFinding.document_no, AuditFinding.no)
    )
    return list((await session.execute(query)).scalars())
