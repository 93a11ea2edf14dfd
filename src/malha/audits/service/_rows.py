"""Audited files as rows: one of a document, one of each finding, one of each kind of files left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from malha.audits.models import AuditDocument, AuditFinding
from malha.fiscal.facts import Facts
from malha.fiscal.findings import Finding, Level, Severity
from malha.fiscal.leaves import AuditedDocument, AuditedFile

LONGEST_TEXT = 2_000
MOST_OTHERS = 100
_FACTS = tuple(Facts.__dataclass_fields__)
_OWN_FIELDS = frozenset({"key", "source_name", "severity", "level"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a document stands: its job and part, the uploaded file, the document within that file."""

    job_id: UUID
    workspace_id: UUID
    part_no: int
    file_no: int
    no: int


@dataclass(slots=True)
class Rows:
    """What is to be copied into the tables of documents and findings."""

    documents: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)

    def add_document(self, place: Place, file: AuditedFile, document: AuditedDocument, briefs: bytes | None) -> None:
        """A document with its findings; ``briefs`` go with the first document of its file."""
        self.documents.append(
            {
                **{name: _plain(value) for name, value in asdict(document.facts).items()},
                "job_id": place.job_id,
                "workspace_id": place.workspace_id,
                "part_no": place.part_no,
                "file_no": place.file_no,
                "no": place.no,
                "name": clip(file.name),
                "size": file.size,
                "sha256": file.sha256,
                "status": document.status.value,
                "score": document.score,
                "finding_count": len(document.findings),
                "briefs": briefs,
            }
        )
        self.findings.extend(finding_rows(place, document.findings, first_no=1))


def finding_rows(place: Place, findings: Sequence[Finding], *, first_no: int) -> Iterator[dict[str, Any]]:
    """Findings of a document, numbered from `first_no`."""
    return (_finding(place, no, finding) for no, finding in enumerate(findings, first_no))


def left_out_rows(job_id: UUID, part_no: int, left_out: Counter[str]) -> list[dict[str, Any]]:
    """How many files of each extension a part has left out."""
    return [
        {"job_id": job_id, "part_no": part_no, "extension": clip(extension), "files": files}
        for extension, files in sorted(left_out.items())
    ]


def facts_of_row(document: AuditDocument) -> Facts:
    """The facts that `add_document` has written."""
    return Facts(**{name: getattr(document, name) for name in _FACTS})


def finding_of_row(finding: AuditFinding) -> Finding:
    """The finding that `finding_rows` has made; the name of its file is its document's."""
    return Finding(
        rule_id=finding.rule_id,
        severity=Severity(finding.severity),
        level=Level(finding.level),
        weight=finding.weight,
        key=finding.key or "",
        source_name="",
        n_item=finding.n_item,
        xpath=finding.xpath,
        found=finding.found,
        expected=finding.expected,
        formula=finding.formula,
        reference=finding.reference,
        message_pt=finding.message_pt,
        message_en=finding.message_en,
        legacy_code=finding.legacy_code,
        others=tuple(finding.others),
        related=tuple(finding.related),
    )


def clip(text: str) -> str:
    """Text that is not endless and holds no character that PostgreSQL refuses."""
    return text[:LONGEST_TEXT].replace("\0", "")


def _plain(value: Any) -> Any:
    return clip(value) if isinstance(value, str) else value


def _finding(place: Place, no: int, finding: Finding) -> dict[str, Any]:
    told = {name: _plain(value) for name, value in asdict(finding).items() if name not in _OWN_FIELDS}
    return {
        **told,
        "job_id": place.job_id,
        "file_no": place.file_no,
        "document_no": place.no,
        "no": no,
        "severity": finding.severity.value,
        "level": finding.level.value,
        "key": finding.key[:LONGEST_TEXT] or None,
        "others": [clip(other) for other in finding.others[:MOST_OTHERS]],
        "related": list(finding.related),
    }
