"""Run the rules over documents and report every finding, always in the same order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from malha.fiscal.batch import Batch
from malha.fiscal.briefs import Brief, brief_of
from malha.fiscal.documents import Document, Event, Note, Unreadable
from malha.fiscal.facts import facts_of
from malha.fiscal.findings import Breach, Finding
from malha.fiscal.judgement import DocumentStatus, fold, judge
from malha.fiscal.options import AuditOptions
from malha.fiscal.readers import read_or_explain
from malha.fiscal.rules import Bound, Rule, Rulebook, rulebook
from malha.fiscal.sums import Sums
from malha.fiscal.tree import IllegibleAmountError

MOST_TOLD = 1_000
"""Breaches of one rule that are told one by one: a note has up to 990 items and 999 references."""


@dataclass(frozen=True, slots=True)
class DocumentResult:
    """What the audit says of one document; ``score`` adds the weight of each broken rule once."""

    document: Document
    status: DocumentStatus
    score: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The results in the order in which the documents were given."""

    results: tuple[DocumentResult, ...]

    @property
    def findings(self) -> list[Finding]:
        return [finding for result in self.results for finding in result.findings]

    @property
    def sums(self) -> Sums:
        """Of the notes that are valid, which here means not ERRO."""
        sums = Sums()
        for result in self.results:
            sums.add(facts_of(result.document), result.status)
        return sums


def audit_file(data: bytes, name: str, options: AuditOptions | None = None) -> AuditReport:
    """Read one file and audit what is in it; a file that cannot be read is reported, never raised."""
    return audit(read_or_explain(data, name), options=options)


def audit(documents: Iterable[Document], *, options: AuditOptions | None = None) -> AuditReport:
    """Audit documents together: each alone, then what only shows between them."""
    options = options or AuditOptions()
    book, given = rulebook(options), list(documents)
    findings: dict[int, list[Finding]] = {id(document): [] for document in given}
    files: set[int] = set()
    for document in given:
        if id(document.source) not in files:
            files.add(id(document.source))
            _apply(book.file, document, findings[id(document)])
        _alone(book, document, options, findings[id(document)])
    across = compare([brief_of(document) for document in given], options) if book.batch else [()] * len(given)
    return AuditReport(
        tuple(
            _result(document, [*fold(findings[id(document)]), *between])
            for document, between in zip(given, across, strict=True)
        )
    )


def compare(briefs: Sequence[Brief | None], options: AuditOptions) -> list[Sequence[Finding]]:
    """What only shows between documents: the findings of each, in the order of the briefs. None is an unread file."""
    batch = Batch((brief for brief in briefs if brief is not None), options)
    across: defaultdict[int, list[Finding]] = defaultdict(list)
    for rule, check in rulebook(options).batch:
        for breach in _breaches(check(batch)):
            if breach.document is None:
                raise ValueError(f"{rule.id} found a breach without saying in which document")
            across[id(breach.document)].append(rule.report(breach, breach.document))
    return [fold(across[id(brief)]) if id(brief) in across else () for brief in briefs]


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
    breaches = _breaches(outcome)
    into.extend(rule.report(breach, document) for breach in breaches[:MOST_TOLD])
    if more := len(breaches[MOST_TOLD:]):
        last = into[-1]
        pt, en = f"{last.message_pt} E mais {more} vezes.", f"{last.message_en} And {more} times more."
        into[-1] = replace(last, message_pt=pt, message_en=en)


def _breaches(outcome: Breach | Sequence[Breach] | None) -> Sequence[Breach]:
    if outcome is None:
        return ()
    return (outcome,) if isinstance(outcome, Breach) else outcome


def _result(document: Document, findings: list[Finding]) -> DocumentResult:
    status, score, ordered = judge(findings, unread=document if isinstance(document, Unreadable) else None)
    return DocumentResult(document, status, score, ordered)
