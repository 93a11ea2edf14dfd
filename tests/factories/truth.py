"""The shape of the two suites that measure an audit: notes on which it must be silent, and notes with one mistake."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from malha.fiscal.audit import AuditOptions, audit
from malha.fiscal.readers import read_or_explain
from malha.fiscal.rules._registry import Finding, Severity

File = tuple[str, bytes]


@dataclass(frozen=True)
class TruthCase:
    """One named set of files that are audited together.

    ``build`` gives the bytes of one XML file, or (name, bytes) of several. ``rules`` are the ids of which any one names
    the mistake; none for a legitimate case. A suite is a tuple of these: ``legitimate_notes.CASES`` and
    ``mistaken_notes.CASES``.
    """

    name: str
    build: Callable[[], bytes | Sequence[File]]
    rules: frozenset[str] = frozenset()
    options: AuditOptions = field(default_factory=AuditOptions)

    def __str__(self) -> str:
        return self.name

    def findings(self) -> list[Finding]:
        """What the audit says of the files above mere information."""
        built = self.build()
        files = [("nota.xml", built)] if isinstance(built, bytes) else built
        documents = [document for name, data in files for document in read_or_explain(data, name)]
        found = audit(documents, options=self.options).findings
        return [finding for finding in found if finding.severity is not Severity.INFO]

    def named_by(self, findings: Sequence[Finding]) -> bool:
        """Whether one of them names the mistake, itself or as its consequence."""
        return any(self.rules & {finding.rule_id, *finding.related} for finding in findings)
