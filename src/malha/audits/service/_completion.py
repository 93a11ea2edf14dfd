"""The end of an audit: what only shows across documents, the counts, the report."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from malha.audits.models import Audit, AuditDocument, AuditFinding
from malha.audits.repository import audits, processing
from malha.audits.repository.processing import Judgement, PartsFile, WeighedFinding
from malha.audits.rules import NUMBERS_PER_FILE, human_size
from malha.audits.service._options import load_options
from malha.audits.service._part_file import PartFile
from malha.audits.service._rows import Place, Rows, finding_rows
from malha.db import Session
from malha.db.bulk import copy_rows
from malha.fiscal.audit import compare
from malha.fiscal.briefs import Brief, BriefReader, NoteBrief
from malha.fiscal.cross_validation import CrossValidation
from malha.fiscal.documents import UNSUPPORTED, ReadError
from malha.fiscal.facts import UNREADABLE
from malha.fiscal.judgement import score
from malha.fiscal.leaves import nothing_inside, refuse_file
from malha.fiscal.reports import show_summary
from malha.fiscal.selection import across_documents
from malha.fiscal.sums import Sums
from malha.fiscal.wording import count_of, list_left_out, list_statuses

TOP_CONTENT_TYPES = 3


async def complete_audit(session: Session, job_id: UUID) -> dict[str, Any]:
    """All that follows the last part, in its transaction; returns the job's result."""
    found = await audits.find_audit(session, job_id)
    if found is None:
        return {"message": "A auditoria foi excluída antes do fim."}
    await _record_unread_files(session, found)
    comparison = await _Comparison.load(session, found)
    await comparison.write_findings()
    summary = await _summarize(session, found) | {"compared_documents": len(comparison.briefs)}
    report = {
        "summary": summary,
        "aggregatedMetrics": await _metrics(session, job_id),
        "deterministicCrossValidation": await comparison.discrepancies(),
        "crossValidationResults": None,
        "aiDrivenInsights": None,
        "reconciliationResult": None,
    }
    await audits.save_report(session, job_id, report, summary["document_count"])
    return {"message": tell_summary(summary, "pt"), "summary": summary}


async def _record_unread_files(session: Session, found: Audit) -> None:
    """A file whose part died, or in which nothing is audited, has a document too: none is missing from the report."""
    for lost in await processing.find_lost_files(session, found.job_id):
        await _refuse(session, found, lost, _lost((lost.error or {}).get("message") or "-", PartFile.load(lost.file)))
    for empty in await processing.find_empty_files(session, found.job_id):
        await _refuse(session, found, empty, nothing_inside(1))


async def _refuse(session: Session, found: Audit, of_part: PartsFile, error: ReadError) -> None:
    part_file = PartFile.load(of_part.file)
    number = part_file.section.first * NUMBERS_PER_FILE if part_file.section else 0
    file = refuse_file(part_file.name, error, size=part_file.size, sha256=part_file.sha256)
    rows = Rows()
    place = Place(found.job_id, found.workspace_id, of_part.part_no, part_file.no, number)
    rows.add_document(place, file, file.documents[0], None)
    await copy_rows(session, AuditDocument, rows.documents)
    await copy_rows(session, AuditFinding, rows.findings)


def _lost(reason: str, file: PartFile) -> ReadError:
    if file.section is None:
        pt, en = "do arquivo", "the file"
    else:
        first, last = file.section.first + 1, file.section.last
        pt, en = f"dos arquivos {first} a {last} do ZIP", f"files {first} to {last} of the ZIP"
    return ReadError(
        "lost",
        f"O processamento {pt} falhou. Tente de novo o que falhou.",
        f"Processing {en} failed ({reason}). Retry what failed.",
    )


class _Comparison:
    """The documents of an audit beside each other, as their briefs tell them."""

    def __init__(self, session: Session, found: Audit) -> None:
        self.briefs: list[Brief | None] = []
        self._places: list[Place] = []
        self._session = session
        self._audit = found

    @classmethod
    async def load(cls, session: Session, found: Audit) -> _Comparison:
        made, reader = cls(session, found), BriefReader()
        async for file in processing.walk_briefs(session, found.job_id):
            for no, brief in enumerate(reader.read(file.briefs, name=file.name), file.no):
                made.briefs.append(brief)
                made._places.append(Place(found.job_id, found.workspace_id, file.part_no, file.file_no, no))
        return made

    async def write_findings(self) -> None:
        """Run the rules that look across documents and judge the documents again."""
        options = across_documents(load_options(self._audit.options))
        if options is None:
            return
        job_id = self._audit.job_id
        results = zip(self._places, await asyncio.to_thread(compare, self.briefs, options), strict=True)
        told = [(place, findings) for place, findings in results if findings]
        changed = await processing.delete_findings_of_rules(self._session, job_id, options.only)
        last = await processing.last_finding_numbers(self._session, job_id)
        rows = (
            row
            for place, findings in told
            for row in finding_rows(place, findings, first_no=last.get((place.file_no, place.no), 0) + 1)
        )
        await copy_rows(self._session, AuditFinding, rows)
        changed.update((place.file_no, place.no) for place, _ in told)
        await _judge_again(self._session, job_id, changed)

    async def discrepancies(self) -> list[dict[str, Any]]:
        """Compare NCM and price of the products of all notes without errors."""
        wrong = await processing.list_error_places(self._session, self._audit.job_id)
        validation = CrossValidation()
        for brief, place in zip(self.briefs, self._places, strict=True):
            if isinstance(brief, NoteBrief) and (place.file_no, place.no) not in wrong:
                validation.add_note(brief)
        return validation.discrepancies()


async def _judge_again(session: Session, job_id: UUID, places: set[tuple[int, int]]) -> None:
    """Bring status, score and count of some documents in line with their findings."""
    findings: dict[tuple[int, int], list[WeighedFinding]] = {place: [] for place in places}
    for finding in await processing.list_weighed_findings(session, job_id, places):
        findings[finding.place].append(finding)
    judged: list[Judgement] = []
    for place, found in sorted(findings.items()):
        status, points = score(found)
        judged.append(Judgement(place, status.value, points, len(found)))
    await processing.save_judgements(session, job_id, judged)


async def _summarize(session: Session, found: Audit) -> dict[str, Any]:
    counted = await processing.summarize_documents(session, found.job_id)
    types = Counter(file["content_type"] for file in found.files)
    return {
        "job_id": str(found.job_id),
        "summary": found.input_summary,
        "file_count": len(found.files),
        "total_size_bytes": sum(file["size"] for file in found.files),
        "content_types": [name for name, _ in types.most_common(TOP_CONTENT_TYPES)],
        "storage_path": found.storage_path,
        **show_summary(counted.statuses, counted.kinds, counted.severities, counted.left_out),
    }


async def _metrics(session: Session, job_id: UUID) -> dict[str, str | int]:
    """The accountant's sums over valid notes."""
    sums = Sums()
    async for note in processing.walk_notes(session, job_id):
        sums.add(note, note.status)
    return sums.as_metrics()


def tell_summary(summary: Mapping[str, Any], language: str) -> str:
    """The counts of an audit in a sentence."""
    documents = summary["document_count"]
    told = [
        f"{count_of(documents, 'audited', language)} ({human_size(summary['total_size_bytes'])})",
        list_statuses(summary["documents_by_status"], language),
        list_left_out(summary.get("left_out", {}), language),
    ]
    compared = summary["compared_documents"]
    unread = summary["documents_by_kind"].get(UNREADABLE, 0) + summary["documents_by_kind"].get(UNSUPPORTED, 0)
    limit = f" {_OLDER[language].format(compared)}" if compared < documents - unread else ""
    return f"{', '.join(filter(None, told))}.{limit}"


_OLDER = {
    "pt": "Só {} foram comparados entre si: os outros foram lidos por uma versão anterior. Audite-os de novo.",
    "en": "Only {} were compared with each other: an earlier version has read the others. Audit them again.",
}
