"""The end of an audit: what only shows across documents, the counts, the report."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from malha.audits import repository
from malha.audits.models import Audit, AuditDocument, AuditFinding
from malha.audits.rules import CrossValidation, Priced, human_size
from malha.audits.schemas import DocumentStatus
from malha.audits.service._options import load_options
from malha.audits.service._rows import UNREADABLE, Leaf, Place, Rows
from malha.db import Session
from malha.db.bulk import copy_rows
from malha.fiscal.audit import audit
from malha.fiscal.documents import Document, Note
from malha.fiscal.selection import across_documents
from malha.fiscal.skeleton import read_skeleton

TOP_CONTENT_TYPES = 3
MOST_COMPARED_BYTES = 8 * 1024 * 1024
"""Of skeletons, which take fifty times as much while they are compared: some 4,000 notes in 400 MB."""


async def complete_audit(session: Session, job_id: UUID) -> dict[str, Any]:
    """All that follows the last part, in its transaction; returns the job's result."""
    found = await repository.find_audit(session, job_id)
    if found is None:
        return {"message": "A auditoria foi excluída antes do fim."}
    await _record_lost_files(session, found)
    comparison = await _Comparison.load(session, found)
    await comparison.write_findings()
    summary = await _summarize(session, found) | {"compared_documents": len(comparison.documents)}
    report = {
        "summary": summary,
        "aggregatedMetrics": await _metrics(session, job_id),
        "deterministicCrossValidation": await comparison.discrepancies(),
        "crossValidationResults": None,
        "aiDrivenInsights": None,
        "reconciliationResult": None,
    }
    await repository.save_report(session, job_id, report, summary["document_count"])
    return {"message": _message(summary), "summary": summary}


async def _record_lost_files(session: Session, found: Audit) -> None:
    """A file whose part died leaves a document behind too: none is ever missing from the report."""
    rows = Rows()
    for lost in await repository.find_lost_files(session, found.job_id):
        reason = (lost.error or {}).get("message") or "-"
        rows.add_failure(
            Place(found.job_id, found.workspace_id, lost.part_no, lost.file["no"], 0),
            Leaf(lost.file["name"], lost.file["size"], lost.file["sha256"]),
            f"O processamento do arquivo falhou ({reason}). Tente de novo o que falhou.",
            f"Processing the file failed ({reason}). Retry what failed.",
        )
    await copy_rows(session, AuditDocument, rows.documents)
    await copy_rows(session, AuditFinding, rows.findings)


class _Comparison:
    """The documents of an audit beside each other, as their skeletons tell them."""

    def __init__(self, session: Session, found: Audit) -> None:
        self.documents: list[Document] = []
        self._places: list[Place] = []
        self._names: list[str] = []
        self._session = session
        self._audit = found

    @classmethod
    async def load(cls, session: Session, found: Audit) -> _Comparison:
        made = cls(session, found)
        for one in await repository.list_skeletons(session, found.job_id, most_bytes=MOST_COMPARED_BYTES):
            for offset, document in enumerate(read_skeleton(one.skeleton, name=one.name, sha256=one.sha256)):
                place = Place(found.job_id, found.workspace_id, one.part_no, one.file_no, one.no + offset)
                made.documents.append(document)
                made._places.append(place)
                made._names.append(one.name)
        return made

    async def write_findings(self) -> None:
        """Run the rules that look across documents and judge the documents again."""
        options = across_documents(load_options(self._audit.options))
        if options is None:
            return
        job_id = self._audit.job_id
        results = audit(self.documents, options=options).results
        has_changed = await repository.delete_findings_of_rules(self._session, job_id, options.only)
        if any(result.findings for result in results):
            has_changed = True
            last = await repository.last_finding_numbers(self._session, job_id)
            rows = Rows()
            for result, place in zip(results, self._places, strict=True):
                rows.add_findings(place, result.findings, first_no=last.get((place.file_no, place.no), 0) + 1)
            await copy_rows(self._session, AuditFinding, rows.findings)
        if has_changed:
            await repository.judge_again(self._session, job_id)

    async def discrepancies(self) -> list[dict[str, Any]]:
        """Compare NCM and price of the products of all notes without errors."""
        wrong = await repository.list_error_places(self._session, self._audit.job_id)
        validation = CrossValidation()
        for document, place, name in zip(self.documents, self._places, self._names, strict=True):
            if isinstance(document, Note) and (place.file_no, place.no) not in wrong:
                for item in document.items:
                    price = item.prod.amount("vUnCom")
                    validation.add(Priced(name, (item.name or "").strip(), item.ncm, price))
        return validation.discrepancies()


async def _summarize(session: Session, found: Audit) -> dict[str, Any]:
    counted = await repository.summarize_documents(session, found.job_id)
    types = Counter(file["content_type"] for file in found.files)
    return {
        "job_id": str(found.job_id),
        "summary": found.input_summary,
        "file_count": len(found.files),
        "total_size_bytes": sum(file["size"] for file in found.files),
        "content_types": [name for name, _ in types.most_common(TOP_CONTENT_TYPES)],
        "storage_path": found.storage_path,
        "document_count": counted.documents,
        "documents_by_status": {status.value: counted.statuses.get(status.value, 0) for status in DocumentStatus},
        "documents_by_kind": counted.kinds,
        "finding_count": sum(counted.severities.values()),
        "findings_by_severity": counted.severities,
    }


async def _metrics(session: Session, job_id: UUID) -> dict[str, str | int]:
    """The accountant's sums over valid notes; money as text, so that no reader rounds it."""
    sums = await repository.sum_valid_notes(session, job_id)
    return {
        "numberOfNotes": int(sums["notes"]),
        "itemsProcessed": int(sums["items"]),
        "notesTotal": f"{sums['total']:.2f}",
        "productsTotal": f"{sums['products']:.2f}",
        "icmsTotal": f"{sums['icms']:.2f}",
        "pisTotal": f"{sums['pis']:.2f}",
        "cofinsTotal": f"{sums['cofins']:.2f}",
    }


def _message(summary: dict[str, Any]) -> str:
    documents, by_status = summary["document_count"], summary["documents_by_status"]
    noun = "documento auditado" if documents == 1 else "documentos auditados"
    told = [f"{documents} {noun} ({human_size(summary['total_size_bytes'])})"]
    for status, words in (
        (DocumentStatus.ERROR, "com erro"),
        (DocumentStatus.ALERT, "com alerta"),
        (DocumentStatus.OK, "sem problemas"),
        (DocumentStatus.UNSUPPORTED, "de tipo ainda não suportado"),
    ):
        if count := by_status[status.value]:
            told.append(f"{count} {words}")
    compared = summary["compared_documents"]
    read = documents - summary["documents_by_kind"].get(UNREADABLE, 0) - by_status[DocumentStatus.UNSUPPORTED.value]
    limit = f" Só os {compared} primeiros foram comparados entre si." if compared < read else ""
    return f"{', '.join(told)}.{limit}"
