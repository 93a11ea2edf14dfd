"""What the parts and the finish step of an audit read and change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, func, select, text

from malha.audits.models import AuditDocument, AuditFinding
from malha.audits.schemas import DocumentStatus
from malha.db import Session

_JUDGE = text(
    """
    WITH broken AS (
        SELECT file_no, document_no, rule_id, max(weight) AS weight, count(*) AS findings,
               bool_or(level = 'ERRO') AS is_error, bool_or(level = 'ALERTA') AS is_alert
        FROM audit_findings WHERE job_id = :job_id GROUP BY file_no, document_no, rule_id
    ), judged AS (
        SELECT d.file_no, d.no, coalesce(sum(b.findings), 0) AS findings, coalesce(sum(b.weight), 0) AS score,
               CASE WHEN bool_or(b.is_error) THEN 'ERRO' WHEN bool_or(b.is_alert) THEN 'ALERTA' ELSE 'OK' END AS status
        FROM audit_documents d LEFT JOIN broken b ON b.file_no = d.file_no AND b.document_no = d.no
        WHERE d.job_id = :job_id AND d.kind NOT IN ('unreadable', 'unsupported')
        GROUP BY d.file_no, d.no
    )
    UPDATE audit_documents d SET finding_count = j.findings, score = j.score, status = j.status
    FROM judged j
    WHERE d.job_id = :job_id AND d.file_no = j.file_no AND d.no = j.no
      AND (d.finding_count, d.score, d.status) IS DISTINCT FROM (j.findings, j.score, j.status)
    """
)

# A note that came twice counts once.
_METRICS = text(
    """
    WITH notes AS (
        SELECT DISTINCT ON (identity) *
        FROM (SELECT *, coalesce(key, file_no || '.' || no) AS identity FROM audit_documents
              WHERE job_id = :job_id AND kind IN ('nfe', 'nfce') AND status <> 'ERRO') AS valid
        ORDER BY identity, file_no, no
    )
    SELECT count(*) AS notes, coalesce(sum(total), 0) AS total, coalesce(sum(products_total), 0) AS products,
           coalesce(sum(icms_total), 0) AS icms, coalesce(sum(pis_total), 0) AS pis,
           coalesce(sum(cofins_total), 0) AS cofins, coalesce(sum(item_count), 0) AS items
    FROM notes
    """
)

_LOST = text(
    """
    SELECT p.no AS part_no, p.error, f.file
    FROM job_parts p CROSS JOIN jsonb_array_elements(p.input -> 'files') AS f(file)
    WHERE p.job_id = :job_id AND p.state = 'dead'
      AND NOT EXISTS (SELECT 1 FROM audit_documents d
                      WHERE d.job_id = p.job_id AND d.file_no = CAST(f.file ->> 'no' AS int))
    ORDER BY CAST(f.file ->> 'no' AS int)
    """
)


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A file that was read: where its first document stands, and what comparisons need of all of them."""

    file_no: int
    no: int
    part_no: int
    name: str
    sha256: str
    skeleton: bytes


@dataclass(frozen=True, slots=True)
class LostFile:
    """An uploaded file whose part died, as the part's input has it."""

    part_no: int
    error: dict[str, Any] | None
    file: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Summary:
    """Documents by status and by kind, findings by severity."""

    statuses: dict[str, int]
    kinds: dict[str, int]
    severities: dict[str, int]

    @property
    def documents(self) -> int:
        """How many documents there are."""
        return sum(self.statuses.values())


async def delete_part_documents(session: Session, job_id: UUID, part_no: int) -> None:
    """Forget what an earlier attempt of the part, or its failure, has left."""
    query = delete(AuditDocument).where(AuditDocument.job_id == job_id, AuditDocument.part_no == part_no)
    await session.execute(query)


async def find_lost_files(session: Session, job_id: UUID) -> list[LostFile]:
    """Files of dead parts that no document stands for."""
    return [LostFile(row.part_no, row.error, row.file) for row in await session.execute(_LOST, {"job_id": job_id})]


async def list_skeletons(session: Session, job_id: UUID, *, most_bytes: int) -> list[Skeleton]:
    """The files that were read, in their order, as far as their skeletons stay within so many bytes together."""
    place = (AuditDocument.file_no, AuditDocument.no)
    reached = func.sum(func.octet_length(AuditDocument.skeleton)).over(order_by=place).label("reached")
    sized = (
        select(*place, reached).where(AuditDocument.job_id == job_id, AuditDocument.skeleton.is_not(None)).subquery()
    )
    query = (
        select(
            AuditDocument.file_no,
            AuditDocument.no,
            AuditDocument.part_no,
            AuditDocument.name,
            AuditDocument.sha256,
            AuditDocument.skeleton,
        )
        .join(sized, and_(sized.c.file_no == AuditDocument.file_no, sized.c.no == AuditDocument.no))
        .where(AuditDocument.job_id == job_id, sized.c.reached <= most_bytes)
        .order_by(*place)
    )
    return [Skeleton(*row) for row in await session.execute(query)]


async def delete_findings_of_rules(session: Session, job_id: UUID, rules: Iterable[str]) -> bool:
    """Forget the findings of some rules; False when there were none."""
    query = delete(AuditFinding).where(AuditFinding.job_id == job_id, AuditFinding.rule_id.in_(list(rules)))
    return bool((await session.execute(query.returning(AuditFinding.no))).all())


async def last_finding_numbers(session: Session, job_id: UUID) -> dict[tuple[int, int], int]:
    """The highest `no` among the findings of each document that has any."""
    query = (
        select(AuditFinding.file_no, AuditFinding.document_no, func.max(AuditFinding.no))
        .where(AuditFinding.job_id == job_id)
        .group_by(AuditFinding.file_no, AuditFinding.document_no)
    )
    return {(file_no, no): last for file_no, no, last in await session.execute(query)}


async def judge_again(session: Session, job_id: UUID) -> None:
    """Bring status, score and count of every document in line with its findings."""
    await session.execute(_JUDGE, {"job_id": job_id})


async def list_error_places(session: Session, job_id: UUID) -> set[tuple[int, int]]:
    """`(file_no, no)` of the documents with status ERRO."""
    query = select(AuditDocument.file_no, AuditDocument.no).where(
        AuditDocument.job_id == job_id, AuditDocument.status == DocumentStatus.ERROR.value
    )
    return {(file_no, no) for file_no, no in await session.execute(query)}


async def summarize_documents(session: Session, job_id: UUID) -> Summary:
    """Count what the audit has."""
    documents = select(AuditDocument.status, AuditDocument.kind, func.count()).where(AuditDocument.job_id == job_id)
    findings = select(AuditFinding.severity, func.count()).where(AuditFinding.job_id == job_id)
    statuses: dict[str, int] = {}
    kinds: dict[str, int] = {}
    for status, kind, count in await session.execute(documents.group_by(AuditDocument.status, AuditDocument.kind)):
        statuses[status] = statuses.get(status, 0) + count
        kinds[kind] = kinds.get(kind, 0) + count
    severities = {row[0]: row[1] for row in await session.execute(findings.group_by(AuditFinding.severity))}
    return Summary(statuses, kinds, severities)


async def sum_valid_notes(session: Session, job_id: UUID) -> dict[str, Decimal]:
    """Sums over the notes without errors, each key once: notes, total, products, icms, pis, cofins, items."""
    row = (await session.execute(_METRICS, {"job_id": job_id})).one()
    return {name: Decimal(value) for name, value in row._mapping.items()}  # noqa: SLF001 - the public way to a mapping
