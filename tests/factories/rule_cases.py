"""A rule shown at work: a document that breaks it, the findings wanted, and nothing on the clean one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from malha.fiscal.audit import audit
from malha.fiscal.readers import read_or_explain
from malha.fiscal.rules._registry import AuditOptions, Finding, Severity

from .nfe import NoteBuilder

Files = bytes | Sequence[bytes]


@dataclass(frozen=True)
class Case:
    """``broken`` gives the file or files that break ``rule``; ``clean`` those that do not (an authorised note)."""

    rule: str
    broken: Callable[[], Files]
    clean: Callable[[], Files] = lambda: NoteBuilder().authorised()
    options: AuditOptions = AuditOptions()
    severity: Severity | None = None
    name: str = ""

    def __str__(self) -> str:
        return f"{self.rule}{'-' if self.name else ''}{self.name}"

    def fires(self) -> list[Finding]:
        return self._findings(self.broken())

    def stays_silent(self) -> list[Finding]:
        return self._findings(self.clean())

    def _findings(self, files: Files) -> list[Finding]:
        several = [files] if isinstance(files, bytes) else files
        documents = [one for at, data in enumerate(several) for one in read_or_explain(data, f"{at}.xml")]
        report = audit(documents, options=self.options)
        return [finding for finding in report.findings if finding.rule_id == self.rule]


def check(case: Case) -> None:
    """Assert that the rule fires on the broken document, with its words, and not on the clean one."""
    found = case.fires()
    assert found, f"{case} did not fire"
    assert case.severity in {None, found[0].severity}
    assert all(finding.message_pt and finding.message_en for finding in found)
    assert case.stays_silent() == []
