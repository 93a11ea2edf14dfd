"""Run the rules over documents and report every finding, always in the same order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from malha.fiscal.batch import Batch
from malha.fiscal.documents import Document, Event, Note, Unreadable
from malha.fiscal.readers import read_or_explain
from malha.fiscal.rules import rulebook
from malha.fiscal.rules._registry import AuditOptions, Bound, Breach, Finding, Level, Rulebook

__all__ = ["AuditOptions", "AuditReport", "DocumentResult", "audit", "audit_file"]

_ORDER = list(Level)
_IMPORT_FAIL_SCORE = 99


@dataclass(frozen=True, slots=True)
class DocumentResult:
    """What the audit says of one document; ``score`` adds the weight of each broken rule once."""

    document: Document
    status: Level
    score: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The results in the order in which the documents were given."""

    results: tuple[DocumentResult, ...]

    @property
    def findings(self) -> list[Finding]:
        return [finding for result in self.results for finding in result.findings]


def audit_file(data: bytes, name: str, options: AuditOptions | None = None) -> AuditReport:
    """Read one file and audit what is in it; a file that cannot be read is reported, never raised."""
    return audit(read_or_explain(data, name), options=options)


def audit(documents: Iterable[Document], *, options: AuditOptions | None = None) -> AuditReport:
    """Audit documents together: each alone, then what only shows between them."""
    options = options or AuditOptions()
    book = rulebook(options)
    batch = Batch(list(documents), options)
    findings: dict[int, list[Finding]] = {id(document): [] for document in batch.documents}
    files: set[int] = set()
    for document in batch.documents:
        if id(document.source) not in files:
            files.add(id(document.source))
            _apply(book.file, document, findings[id(document)])
        _alone(book, document, findings[id(document)])
    for rule, check in book.batch:
        for breach in _breaches(check(batch)):
            if breach.document is None:
                raise ValueError(f"{rule.id} found a breach without saying in which document")
            findings[id(breach.document)].append(Finding.of(rule, breach, breach.document))
    return AuditReport(tuple(_result(document, findings[id(document)]) for document in batch.documents))


def _alone(book: Rulebook, document: Document, into: list[Finding]) -> None:
    if isinstance(document, Note):
        rules = book.for_note(document)
        _apply(rules.note, document, into)
        for rule, check in rules.item:  # the outer loop, so that the interpreter specialises the call for each rule
            for item in document.items:
                outcome = check(document, item)
                if outcome is not None:
                    into.extend(Finding.of(rule, breach, document) for breach in _breaches(outcome))
    elif isinstance(document, Event):
        _apply(book.event, document, into)


def _apply(rules: Bound, document: Document, into: list[Finding]) -> None:
    for rule, check in rules:
        outcome = check(document)
        if outcome is not None:
            into.extend(Finding.of(rule, breach, document) for breach in _breaches(outcome))


def _breaches(outcome: Breach | Sequence[Breach] | None) -> Sequence[Breach]:
    if outcome is None:
        return ()
    return (outcome,) if isinstance(outcome, Breach) else outcome


def _result(document: Document, findings: list[Finding]) -> DocumentResult:
    findings.sort(key=lambda one: (one.rule_id, one.n_item or 0, one.xpath, one.found or ""))
    worst = max((finding.level for finding in findings), key=_ORDER.index, default=Level.OK)
    status = Level.OK if worst is Level.INFO else worst
    score = sum({finding.rule_id: finding.weight for finding in findings}.values())
    if isinstance(document, Unreadable):
        status, score = Level.ERROR, _IMPORT_FAIL_SCORE
    return DocumentResult(document, status, score, tuple(findings))
