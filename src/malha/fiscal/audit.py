"""Run the rules over documents and report every finding, always in the same order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from malha.fiscal.batch import Batch
from malha.fiscal.documents import Document, Event, Note, Unreadable
from malha.fiscal.findings import Breach, Finding, Level, Severity
from malha.fiscal.judgement import fold, judge
from malha.fiscal.options import AuditOptions
from malha.fiscal.readers import read_or_explain
from malha.fiscal.rules import Bound, Rule, Rulebook, rulebook
from malha.fiscal.tree import ZERO, IllegibleAmountError

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
        """The findings by rule, gravest first; the words are those of the gravest one."""
        by_rule: defaultdict[str, list[Finding]] = defaultdict(list)
        for finding in self.findings:
            by_rule[finding.rule_id].append(finding)
        return [_together(findings) for findings in by_rule.values()]


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
        sums = (sum((note.total.amount(tag) or ZERO for note in distinct), ZERO) for tag in _SUMMED)
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
    across: defaultdict[int, list[Finding]] = defaultdict(list)
    for rule, check in book.batch:
        for breach in _breaches(check(batch)):
            if breach.document is None:
                raise ValueError(f"{rule.id} found a breach without saying in which document")
            across[id(breach.document)].append(rule.report(breach, breach.document))
    return AuditReport(
        tuple(
            _result(document, [*fold(findings[id(document)]), *fold(across.get(id(document), ()))])
            for document in batch.documents
        )
    )


def _alone(book: Rulebook, document: Document, options: AuditOptions, into: list[Finding]) -> None:
    if isinstance(document, Note):
        rules = book.for_note(document)
        _apply(rules.note, document, into)
        for rule, check in rules.item:  # the outer loop, so that the interpreter specialises the call for each rule
            for item in document.items:
                try:
                    if (outcome := check(document, item)) is not None:
                        _report(rule, outcome, document, into)
                except IllegibleAmountError:
                    continue  # the schema's rule tells it
        for rule, check in rules.item_with_options:
            for item in document.items:
                try:
                    if (outcome := check(document, item, options)) is not None:
                        _report(rule, outcome, document, into)
                except IllegibleAmountError:
                    continue
    elif isinstance(document, Event):
        _apply(book.event, document, into)


def _apply(rules: Bound, document: Document, into: list[Finding]) -> None:
    for rule, check in rules:
        try:
            if (outcome := check(document)) is not None:
                _report(rule, outcome, document, into)
        except IllegibleAmountError:
            continue


def _report(rule: Rule, outcome: Breach | Sequence[Breach], document: Document, into: list[Finding]) -> None:
    into.extend(rule.report(breach, document) for breach in _breaches(outcome))


def _breaches(outcome: Breach | Sequence[Breach] | None) -> Sequence[Breach]:
    if outcome is None:
        return ()
    return (outcome,) if isinstance(outcome, Breach) else outcome


def _result(document: Document, findings: list[Finding]) -> DocumentResult:
    status, score, ordered = judge(findings)
    if isinstance(document, Unreadable):
        status, score = Level.ERROR, _IMPORT_FAIL_SCORE
    return DocumentResult(document, status, score, ordered)


def _together(findings: list[Finding]) -> Inconsistency:
    worst = findings[0]
    items = {finding.n_item for finding in findings if finding.n_item is not None}
    return Inconsistency(
        worst.rule_id, worst.severity, worst.level, worst.weight, worst.message_pt, worst.message_en, worst.reference,
        len(findings), tuple(sorted(items)),
    )  # fmt: skip
