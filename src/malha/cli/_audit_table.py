"""The audit's result for a person at a terminal: plain text that fits 80 columns, coloured where colours are shown."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Callable, Sequence

from malha.fiscal.bulk import AuditedDocument
from malha.fiscal.findings import Finding, Level

_COLOURS = {Level.OK: "32", Level.INFO: "36", Level.ALERT: "33", Level.ERROR: "31"}
_LABELS = {
    "pt": ("documentos", "sem problemas", "com alerta", "com erro", "achados"),
    "en": ("documents", "clean", "with alerts", "with errors", "findings"),
}
_WIDEST = 120


def print_table(
    audited: Sequence[AuditedDocument], *, language: str, write: Callable[[str], object] | None = None
) -> None:
    """Print each document with its findings, then the counts; `write` takes it instead of standard output."""
    has_colours = write is None and sys.stdout.isatty()
    out = write or sys.stdout.write
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    for one in audited:
        out(f"{_paint(one.status.value.ljust(6), one.status, has_colours)} {one.score:>3}  {one.facts['name']}\n")
        for finding in one.findings:
            out(_finding_lines(finding, language, width, has_colours=has_colours))
    documents, clean, alerts, errors, findings = _LABELS[language]
    count = {status: sum(one.status is status for one in audited) for status in Level}
    total = sum(len(one.findings) for one in audited)
    out(
        f"\n{len(audited)} {documents}: {count[Level.OK]} {clean}, {count[Level.ALERT]} {alerts}, "
        f"{count[Level.ERROR]} {errors}; {total} {findings}\n"
    )


def _finding_lines(finding: Finding, language: str, width: int, *, has_colours: bool) -> str:
    message = finding.message_pt if language == "pt" else finding.message_en
    place = f" [item {finding.n_item}]" if finding.n_item is not None else ""
    head = f"{finding.severity.value:<8} {finding.rule_id}{place} "
    lines = textwrap.wrap(head + message, width, initial_indent="    ", subsequent_indent=" " * 13)
    lines[0] = lines[0].replace(finding.severity.value, _paint(finding.severity.value, finding.level, has_colours), 1)
    details = [part for part in (finding.formula, _difference(finding), finding.reference) if part]
    if details:
        lines += textwrap.wrap(" · ".join(details), width, initial_indent=" " * 13, subsequent_indent=" " * 13)
    return "\n".join(lines) + "\n"


def _difference(finding: Finding) -> str:
    if finding.found is None and finding.expected is None:
        return ""
    return f"{finding.found or '-'} ≠ {finding.expected}" if finding.expected else str(finding.found)


def _paint(text: str, level: Level, is_shown: bool) -> str:  # noqa: FBT001 - three words read well at each call
    return f"\033[{_COLOURS[level]}m{text}\033[0m" if is_shown else text
