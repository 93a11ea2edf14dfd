"""Run the rules over documents and report every finding, always in the same order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from malha.fiscal.batch import Batch
from malha.fiscal.documents import Document, Event, Note, Unreadable
from malha.fiscal.readers import read_or_explain
from malha.fiscal.rules import rulebook
from malha.fiscal.rules._registry import AuditOptions, Bound, Breach, Finding, Level, Rule, Rulebook, Severity
from malha.fiscal.tree import ZERO

__all__ = ["AuditOptions", "AuditReport", "DocumentResult", "Inconsistency", "Totals", "audit", "audit_file", "judge"]

_ORDER = list(Level)
_GRAVITY = list(Severity)
STATUSES = (Level.OK, Level.ALERT, Level.ERROR)
_IMPORT_FAIL_SCORE = 99


@dataclass(frozen=True, slots=True)
class Inconsistency:
    """One rule's findings in one document: how many, and on which items (none for those of the note as a whole)."""

    rule_id: str
    severity: Severity
    level: Level
    weight: int
    message_pt: str
    message_en: str
    reference: str | None
    count: int
    n_items: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DocumentResult:
    """What the audit says of one document; ``score`` adds the weight of each broken rule once."""

    document: Document
    status: Level
    score: int
    findings: tuple[Finding, ...]

    @property
    def inconsistencies(self) -> list[Inconsistency]:
        """The findings by rule; the words are those of the gravest one."""
        return [_together(list(group)) for _, group in groupby(self.findings, key=lambda finding: finding.rule_id)]


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over notes, each key once, from their own totals (`ICMSTot`)."""

    notes: int
    items: int
    value: Decimal
    products: Decimal
    icms: Decimal
    pis: Decimal
    cofins: Decimal

    @classmethod
    def of(cls, notes: Iterable[Note]) -> Totals:
        """Notes without a readable total count as zero."""
        distinct = list({note.key or id(note): note for note in notes}.values())
        sums = (sum((note.total.amount_or_zero(tag) for note in distinct), ZERO) for tag in _SUMMED)
        return cls(len(distinct), sum(len(note.items) for note in distinct), *sums)


_SUMMED = ("vNF", "vProd", "vICMS", "vPIS", "vCOFINS")


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The results in the order in which the documents were given."""

    results: tuple[DocumentResult, ...]

    @property
    def findings(self) -> list[Finding]:
        return [finding for result in self.results for finding in result.findings]

    @property
    def documents_by_status(self) -> dict[Level, int]:
        """Documents with OK, ALERTA and ERRO."""
        return {status: sum(result.status is status for result in self.results) for status in STATUSES}

    @property
    def findings_by_severity(self) -> dict[Severity, int]:
        found = Counter(finding.severity for finding in self.findings)
        return {severity: found[severity] for severity in Severity}

    @property
    def totals(self) -> Totals:
        """Of the notes that are valid, which here means not ERRO."""
        return self.totals_of(Level.OK, Level.ALERT)

    def totals_of(self, *statuses: Level) -> Totals:
        """Of the notes with one of these statuses."""
        return Totals.of(
            result.document
            for result in self.results
            if result.status in statuses and isinstance(result.document, Note)
        )


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
        _alone(book, document, options, findings[id(document)])
    for rule, check in book.batch:
        for breach in _breaches(check(batch)):
            if breach.document is None:
                raise ValueError(f"{rule.id} found a breach without saying in which document")
            findings[id(breach.document)].append(Finding.of(rule, breach, breach.document))
    return AuditReport(tuple(_result(document, findings[id(document)]) for document in batch.documents))


def _alone(book: Rulebook, document: Document, options: AuditOptions, into: list[Finding]) -> None:
    if isinstance(document, Note):
        rules = book.for_note(document)
        _apply(rules.note, document, into)
        for rule, check in rules.item:  # the outer loop, so that the interpreter specialises the call for each rule
            for item in document.items:
                if (outcome := check(document, item)) is not None:
                    _report(rule, outcome, document, into)
        for rule, check in rules.item_with_options:
            for item in document.items:
                if (outcome := check(document, item, options)) is not None:
                    _report(rule, outcome, document, into)
    elif isinstance(document, Event):
        _apply(book.event, document, into)


def _apply(rules: Bound, document: Document, into: list[Finding]) -> None:
    for rule, check in rules:
        if (outcome := check(document)) is not None:
            _report(rule, outcome, document, into)


def _report(rule: Rule, outcome: Breach | Sequence[Breach], document: Document, into: list[Finding]) -> None:
    into.extend(Finding.of(rule, breach, document) for breach in _breaches(outcome))


def _breaches(outcome: Breach | Sequence[Breach] | None) -> Sequence[Breach]:
    if outcome is None:
        return ()
    return (outcome,) if isinstance(outcome, Breach) else outcome


def _result(document: Document, findings: list[Finding]) -> DocumentResult:
    status, score, ordered = judge(findings, is_unreadable=isinstance(document, Unreadable))
    return DocumentResult(document, status, score, ordered)


def judge(findings: Iterable[Finding], *, is_unreadable: bool = False) -> tuple[Level, int, tuple[Finding, ...]]:
    """Status and score of a document with these findings, and the findings in the order of a report."""
    ordered = tuple(sorted(findings, key=lambda one: (one.rule_id, one.n_item or 0, one.xpath, one.found or "")))
    if is_unreadable:
        return Level.ERROR, _IMPORT_FAIL_SCORE, ordered
    worst = max((finding.level for finding in ordered), key=_ORDER.index, default=Level.OK)
    weights: dict[str, int] = {}
    for finding in ordered:
        weights[finding.rule_id] = max(finding.weight, weights.get(finding.rule_id, 0))
    return Level.OK if worst is Level.INFO else worst, sum(weights.values()), ordered


def _together(findings: list[Finding]) -> Inconsistency:
    worst = min(findings, key=lambda finding: _GRAVITY.index(finding.severity))
    items = {finding.n_item for finding in findings if finding.n_item is not None}
    return Inconsistency(
        worst.rule_id, worst.severity, worst.level, worst.weight, worst.message_pt, worst.message_en, worst.reference,
        len(findings), tuple(sorted(items)),
    )  # fmt: skip
