"""Audit results as rows: one of a document, one of each finding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from malha.audits.rules import classify
from malha.audits.schemas import DocumentStatus
from malha.fiscal.audit import DocumentResult
from malha.fiscal.documents import Document, Event, Inutilization, Note, Protocol, Unreadable
from malha.fiscal.findings import Finding

IMPORT_FAIL = "IMPORT-FAIL"
IMPORT_FAIL_SCORE = 99
IMPORT_FAIL_WEIGHT = 10
UNREADABLE = "unreadable"
UNSUPPORTED = "unsupported"
LONGEST_TEXT = 2_000
LONGEST_WORD = 300
MOST_OTHERS = 100


@dataclass(frozen=True, slots=True)
class Place:
    """Where a document stands: its job and part, the uploaded file, the document within that file."""

    job_id: UUID
    workspace_id: UUID
    part_no: int
    file_no: int
    no: int


@dataclass(frozen=True, slots=True)
class Leaf:
    """A file as it is audited: an uploaded one, or one out of an archive with the path as its name."""

    name: str
    size: int
    sha256: str | None


@dataclass(slots=True)
class Rows:
    """What is to be copied into the tables of documents and findings."""

    documents: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)

    def add_result(self, place: Place, leaf: Leaf, result: DocumentResult, skeleton: bytes | None) -> None:
        """A document that was read and audited."""
        self.documents.append(
            {
                **_base(place, leaf),
                **_facts(result.document),
                "status": result.status.value,
                "score": result.score,
                "finding_count": len(result.findings),
                "skeleton": skeleton,
            }
        )
        self.add_findings(place, result.findings)

    def add_findings(self, place: Place, findings: Sequence[Finding], *, first_no: int = 1) -> None:
        """Findings of a document, numbered from `first_no`."""
        self.findings.extend(_finding(place, no, finding) for no, finding in enumerate(findings, first_no))

    def add_unsupported(self, place: Place, leaf: Leaf, message_pt: str, message_en: str) -> None:
        """A file of a kind that is not audited: no fault of it."""
        self._add_unread(place, leaf, UNSUPPORTED, (message_pt, message_en))
        self.documents[-1] |= {"status": DocumentStatus.UNSUPPORTED.value, "score": 0}

    def add_failure(self, place: Place, leaf: Leaf, message_pt: str, message_en: str) -> None:
        """A file that should have been read and could not: the seed's IMPORT-FAIL."""
        self._add_unread(place, leaf, UNREADABLE, (message_pt, message_en))
        self.documents[-1] |= {
            "status": DocumentStatus.ERROR.value,
            "score": IMPORT_FAIL_SCORE,
            "finding_count": 1,
        }
        self.findings.append(
            {
                "job_id": place.job_id,
                "file_no": place.file_no,
                "document_no": place.no,
                "no": 1,
                "rule_id": IMPORT_FAIL,
                "severity": "critical",
                "level": DocumentStatus.ERROR.value,
                "weight": IMPORT_FAIL_WEIGHT,
                "xpath": "/",
                "message_pt": clip(message_pt, LONGEST_TEXT),
                "message_en": clip(message_en, LONGEST_TEXT),
                "legacy_code": IMPORT_FAIL,
                "others": [],
                "related": [],
            }
        )

    def _add_unread(self, place: Place, leaf: Leaf, kind: str, messages: tuple[str, str]) -> None:
        pt, en = (clip(message, LONGEST_TEXT) for message in messages)
        self.documents.append(
            {
                **_base(place, leaf),
                "kind": kind,
                "message_pt": pt,
                "message_en": en,
                "finding_count": 0,
                "item_count": 0,
            }
        )


def clip(text: str | None, length: int) -> str | None:
    """Text that is not endless and holds no character that PostgreSQL refuses."""
    return None if text is None else text[:length].replace("\0", "")


def _base(place: Place, leaf: Leaf) -> dict[str, Any]:
    return {
        "job_id": place.job_id,
        "workspace_id": place.workspace_id,
        "part_no": place.part_no,
        "file_no": place.file_no,
        "no": place.no,
        "name": clip(leaf.name, LONGEST_TEXT),
        "size": leaf.size,
        "sha256": leaf.sha256,
        "item_count": 0,
    }


def _facts(document: Document) -> dict[str, Any]:
    match document:
        case Note():
            return _note_facts(document)
        case Event():
            return {
                "kind": "event",
                "key": _word(document.key),
                "issued_at": document.at,
                "issuer_id": _word(document.author_id),
                "number": _word(document.sequence),
                "model": _word(document.kind),
            }
        case Protocol():
            return {
                "kind": "protocol",
                "key": _word(document.key),
                "issued_at": document.received_at,
                "number": _word(document.number),
            }
        case Inutilization():
            return {
                "kind": "inutilization",
                "issuer_id": _word(document.issuer_id),
                "model": _word(document.model),
                "series": _word(document.series),
                "number": f"{document.first}-{document.last}",
            }
        case Unreadable():
            return {
                "kind": UNREADABLE,
                "message_pt": clip(document.error.message_pt, LONGEST_TEXT),
                "message_en": clip(document.error.message_en, LONGEST_TEXT),
            }


def _note_facts(note: Note) -> dict[str, Any]:
    total = note.total
    return {
        "kind": "nfce" if note.is_nfce else "nfe",
        "key": _word(note.key),
        "model": _word(note.model),
        "series": _word(note.series),
        "number": _word(note.number),
        "issued_at": note.issued_at,
        "issuer_id": _word(note.issuer_id),
        "issuer_name": _word(note.emit.text("xNome")),
        "issuer_uf": _word(note.issuer_uf),
        "recipient_id": _word(note.recipient_id),
        "recipient_name": _word(note.dest.text("xNome")),
        "recipient_uf": _word(note.recipient_uf),
        "item_count": len(note.items),
        "total": total.amount("vNF"),
        "products_total": total.amount("vProd"),
        "icms_total": total.amount("vICMS"),
        "pis_total": total.amount("vPIS"),
        "cofins_total": total.amount("vCOFINS"),
        "classification": classify(note).as_json(),
    }


def _finding(place: Place, no: int, finding: Finding) -> dict[str, Any]:
    return {
        "job_id": place.job_id,
        "file_no": place.file_no,
        "document_no": place.no,
        "no": no,
        "rule_id": finding.rule_id,
        "severity": finding.severity.value,
        "level": finding.level.value,
        "weight": finding.weight,
        "key": _word(finding.key),
        "n_item": finding.n_item,
        "xpath": clip(finding.xpath, LONGEST_TEXT),
        "found": clip(finding.found, LONGEST_TEXT),
        "expected": clip(finding.expected, LONGEST_TEXT),
        "formula": clip(finding.formula, LONGEST_TEXT),
        "reference": finding.reference,
        "message_pt": clip(finding.message_pt, LONGEST_TEXT),
        "message_en": clip(finding.message_en, LONGEST_TEXT),
        "legacy_code": finding.legacy_code,
        "others": list(finding.others[:MOST_OTHERS]),
        "related": list(finding.related),
    }


def _word(text: str | None) -> str | None:
    return clip(text, LONGEST_WORD) or None
