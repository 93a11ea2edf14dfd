"""Pages of documents and findings of one audit, which the caller has found visible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, or_, select, tuple_

from malha.audits.models import AuditDocument, AuditFinding
from malha.audits.repository._audits import Page
from malha.db import ReadSession
from malha.kit.pagination import CursorInvalidError, decode_cursor, encode_cursor


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
    session: ReadSession, job_id: UUID, wanted: DocumentFilter, page: Page
) -> tuple[list[AuditDocument], str | None]:
    """A page of documents in the order of the files, and the cursor of the next."""
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
    if page.cursor is not None:
        query = query.where(tuple_(AuditDocument.file_no, AuditDocument.no) > _numbers(page.cursor, 2))
    query = query.order_by(AuditDocument.file_no, AuditDocument.no).limit(page.limit + 1)
    documents = list((await session.execute(query)).scalars())
    if len(documents) <= page.limit:
        return documents, None
    last = documents[page.limit - 1]
    return documents[: page.limit], encode_cursor([last.file_no, last.no])


async def list_findings(
    session: ReadSession, job_id: UUID, wanted: FindingFilter, page: Page
) -> tuple[list[AuditFinding], str | None]:
    """A page of findings in the order of the documents, and the cursor of the next."""
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
    position = tuple_(AuditFinding.file_no, AuditFinding.document_no, AuditFinding.no)
    if page.cursor is not None:
        query = query.where(position > _numbers(page.cursor, 3))
    query = query.order_by(AuditFinding.file_no, AuditFinding.document_no, AuditFinding.no).limit(page.limit + 1)
    findings = list((await session.execute(query)).scalars())
    if len(findings) <= page.limit:
        return findings, None
    last = findings[page.limit - 1]
    return findings[: page.limit], encode_cursor([last.file_no, last.document_no, last.no])


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


def _numbers(cursor: str, length: int) -> tuple[int, ...]:
    values = decode_cursor(cursor, length=length)
    if not all(type(value) is int and 0 <= value < 2**31 for value in values):
        raise CursorInvalidError(cursor)
    return tuple(values)
