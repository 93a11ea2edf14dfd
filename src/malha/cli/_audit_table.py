"""The audit's result for a person at a terminal: plain text that fits 80 columns, coloured where colours are shown."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import Callable

from malha.fiscal.bulk import BulkReport
from malha.fiscal.findings import Finding, Level
from malha.fiscal.judgement import DocumentStatus
from malha.fiscal.leaves import AuditedDocument
from malha.fiscal.wording import (
    PAGE,
    SEVERITIES,
    STATUSES,
    count_of,
    expected_of,
    formula_of,
    list_left_out,
    list_statuses,
    message_of,
    show_formula,
    show_value,
)

_COLOURS = {
    Level.OK: "32",
    Level.INFO: "36",
    Level.ALERT: "33",
    Level.ERROR: "31",
    DocumentStatus.UNSUPPORTED: "2",
}
_WIDEST = 120
_INDENT = " " * 15


def print_table(report: BulkReport, *, language: str, write: Callable[[str], object] | None = None) -> None:
    """Print each document with its findings, then the counts; `write` takes it instead of standard output."""
    has_colours = write is None and sys.stdout.isatty()
    out = write or sys.stdout.write
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    for file, document in report.documents:
        status = STATUSES[language][document.status].ljust(6)
        out(f"{_paint(status, document.status, has_colours)} {document.score:>3}  {file.name}\n")
        if not document.findings:
            out(_described(document, language, width))
        for finding in document.findings:
            out(_finding_lines(finding, language, width, has_colours=has_colours))
    out(f"\n{_counts(report, language)}\n")


def _counts(report: BulkReport, language: str) -> str:
    statuses = Counter(document.status.value for _, document in report.documents)
    findings = sum(len(document.findings) for _, document in report.documents)
    counts = f"{count_of(statuses.total(), 'document', language)}: {list_statuses(statuses, language)}"
    told = [counts if statuses else count_of(0, "document", language), count_of(findings, "finding", language)]
    return "; ".join([*told, *filter(None, [list_left_out(report.left_out, language)])])


def _described(document: AuditedDocument, language: str, width: int) -> str:
    told = document.facts.message_pt if language == "pt" else document.facts.message_en
    lines = textwrap.wrap(told or "", width, initial_indent=" " * 12, subsequent_indent=" " * 12)
    return "".join(f"{line}\n" for line in lines)


def _finding_lines(finding: Finding, language: str, width: int, *, has_colours: bool) -> str:
    severity = SEVERITIES[language][finding.severity]
    place = f" [item {finding.n_item}]" if finding.n_item is not None else ""
    head = f"{severity:<10} {finding.rule_id}{place} "
    lines = textwrap.wrap(head + message_of(finding, language), width, initial_indent="    ", subsequent_indent=_INDENT)
    lines[0] = lines[0].replace(severity, _paint(severity, finding.level, has_colours), 1)
    also = f"{PAGE[language]['also']}: {', '.join(finding.related)}" if finding.related else ""
    shown = (
        show_formula(formula_of(finding, language), language),
        _difference(finding, language),
        finding.reference,
        also,
    )
    details = [part for part in shown if part]
    if details:
        lines += textwrap.wrap(" · ".join(details), width, initial_indent=_INDENT, subsequent_indent=_INDENT)
    return "\n".join(lines) + "\n"


def _difference(finding: Finding, language: str) -> str:
    values = finding.found, expected_of(finding, language)
    found, expected = (show_value(text, finding.xpath, language) for text in values)
    if found is None and expected is None:
        return ""
    return f"{found or '-'} ≠ {expected}" if expected else str(found)


def _paint(text: str, level: Level | DocumentStatus, is_shown: bool) -> str:  # noqa: FBT001 - three words read well at each call
    return f"\033[{_COLOURS[level]}m{text}\033[0m" if is_shown else text
