"""What the parts and the finish step of an audit read and change."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, func, select, text

from malha.audits.models import AuditDocument, AuditFinding, AuditLeftOut
from malha.audits.schemas import DocumentStatus
from malha.db import Session
from malha.fiscal.facts import NOTE_KINDS

_SAVE_JUDGEMENTS = text(
    """
    UPDATE audit_documents d SET status = j.status, score = j.score, finding_count = j.findings
    FROM unnest(CAST(:file_nos AS int[]), CAST(:nos AS int[]), CAST(:statuses AS text[]), CAST(:scores AS int[]),
                CAST(:findings AS int[])) AS j(file_no, no, status, score, findings)
    WHERE d.job_id = :job_id AND d.file_no = j.file_no AND d.no = j.no
    """
)

_WEIGHED = text(
    """
    SELECT f.file_no, f.document_no, f.rule_id, f.level, f.weight
    FROM unnest(CAST(:file_nos AS int[]), CAST(:nos AS int[])) AS p(file_no, no)
    JOIN audit_findings f ON f.job_id = :job_id AND f.file_no = p.file_no AND f.document_no = p.no
    """
)

_LOST = text(
    """
    SELECT p.no AS part_no, p.error, f.file
    FROM job_parts p CROSS JOIN jsonb_array_elements(p.input -> 'files') AS f(file)
    WHERE p.job_id = :job_id AND p.state = 'dead'
      AND NOT EXISTS (SELECT 1 FROM audit_documents d
                      WHERE d.job_id = p.job_id AND d.file_no = CAST(f.file ->> 'no' AS int) AND d.part_no = p.no)
    ORDER BY CAST(f.file ->> 'no' AS int), p.no
    """
)

_EMPTY = text(
    """
    SELECT p.no AS part_no, p.error, f.file
    FROM job_parts p CROSS JOIN jsonb_array_elements(p.input -> 'files') AS f(file)
    WHERE p.job_id = :job_id AND NOT f.file ? 'section'
      AND NOT EXISTS (SELECT 1 FROM audit_documents d
                      WHERE d.job_id = p.job_id AND d.file_no = CAST(f.file ->> 'no' AS int))
    ORDER BY CAST(f.file ->> 'no' AS int)
    """
)


@dataclass(frozen=True, slots=True)
class PackedBriefs:
    """A file that was read: where its first document stands, and what comparisons need of all of them."""

    file_no: int
    no: int
    part_no: int
    name: str
    briefs: bytes


@dataclass(frozen=True, slots=True)
class PartsFile:
    """An uploaded file, or a section of it, as a part's input has it, and what the part died of."""

    part_no: int
    error: dict[str, Any] | None
    file: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Summary:
    """Documents by status and by kind, findings by severity, files left out by extension."""

    statuses: dict[str, int]
    kinds: dict[str, int]
    severities: dict[str, int]
    left_out: dict[str, int]


@dataclass(frozen=True, slots=True)
class WeighedFinding:
    """What a score needs of a finding; `place` is (file_no, no) of its document."""

    place: tuple[int, int]
    rule_id: str
    level: str
    weight: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a document's findings make of it; `place` is its (file_no, no)."""

    place: tuple[int, int]
    status: str
    score: int
    findings: int


class ValidNote(NamedTuple):
    """What sums need of a note."""

    kind: str
    key: str | None
    status: str
    item_count: int
    total: Decimal | None
    products_total: Decimal | None
    icms_total: Decimal | None
    pis_total: Decimal | None
    cofins_total: Decimal | None


async def delete_part_documents(session: Session, job_id: UUID, part_no: int) -> None:
    """Forget what an earlier attempt of the part, or its failure, has left."""
    for model in (AuditDocument, AuditLeftOut):
        await session.execute(delete(model).where(model.job_id == job_id, model.part_no == part_no))


async def find_lost_files(session: Session, job_id: UUID) -> list[PartsFile]:
    """What dead parts were to read, where no document stands for it."""
    return [PartsFile(row.part_no, row.error, row.file) for row in await session.execute(_LOST, {"job_id": job_id})]


async def walk_briefs(session: Session, job_id: UUID) -> AsyncIterator[PackedBriefs]:
    """The files that were read, in their order."""
    place = (AuditDocument.file_no, AuditDocument.no)
    query = select(*place, AuditDocument.part_no, AuditDocument.name, AuditDocument.briefs)
    query = query.where(AuditDocument.job_id == job_id, AuditDocument.briefs.is_not(None)).order_by(*place)
    async for row in await session.stream(query):
        yield PackedBriefs(*row)


async def find_empty_files(session: Session, job_id: UUID) -> list[PartsFile]:
    """Whole files without any document: archives of other things."""
    return [PartsFile(row.part_no, row.error, row.file) for row in await session.execute(_EMPTY, {"job_id": job_id})]


async def delete_findings_of_rules(session: Session, job_id: UUID, rules: Iterable[str]) -> set[tuple[int, int]]:
    """Forget the findings of some rules; returns (file_no, no) of the documents that had any."""
    query = delete(AuditFinding).where(AuditFinding.job_id == job_id, AuditFinding.rule_id.in_(list(rules)))
    deleted = await session.execute(query.returning(AuditFinding.file_no, AuditFinding.document_no))
    return {(file_no, no) for file_no, no in deleted}


async def last_finding_numbers(session: Session, job_id: UUID) -> dict[tuple[int, int], int]:
    """The highest `no` among the findings of each document that has any."""
    query = (
        select(AuditFinding.file_no, AuditFinding.document_no, func.max(AuditFinding.no))
        .where(AuditFinding.job_id == job_id)
        .group_by(AuditFinding.file_no, AuditFinding.document_no)
    )
    return {(file_no, no): last for file_no, no, last in await session.execute(query)}


async def list_weighed_findings(
    session: Session, job_id: UUID, places: Collection[tuple[int, int]]
) -> list[WeighedFinding]:
    """The findings of some documents, as far as their scores need them."""
    values = {"job_id": job_id, "file_nos": [file_no for file_no, _ in places], "nos": [no for _, no in places]}
    return [WeighedFinding((row[0], row[1]), *row[2:]) for row in await session.execute(_WEIGHED, values)]


async def save_judgements(session: Session, job_id: UUID, judgements: Sequence[Judgement]) -> None:
    """Write what became of some documents."""
    values = {
        "job_id": job_id,
        "file_nos": [judgement.place[0] for judgement in judgements],
        "nos": [judgement.place[1] for judgement in judgements],
        "statuses": [judgement.status for judgement in judgements],
        "scores": [judgement.score for judgement in judgements],
        "findings": [judgement.findings for judgement in judgements],
    }
    await session.execute(_SAVE_JUDGEMENTS, values)


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
    left_out = select(AuditLeftOut.extension, func.sum(AuditLeftOut.files)).where(AuditLeftOut.job_id == job_id)
    extensions = {row[0]: int(row[1]) for row in await session.execute(left_out.group_by(AuditLeftOut.extension))}
    return Summary(statuses, kinds, severities, extensions)


async def walk_notes(session: Session, job_id: UUID) -> AsyncIterator[ValidNote]:
    """The notes of an audit in the order of the files, as far as its sums need them."""
    columns = [getattr(AuditDocument, name) for name in ValidNote._fields]
    query = select(*columns).where(AuditDocument.job_id == job_id, AuditDocument.kind.in_(NOTE_KINDS))
    async for row in await session.stream(query.order_by(AuditDocument.file_no, AuditDocument.no)):
        yield ValidNote(*row)
