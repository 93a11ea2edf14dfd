"""Tables of rule tests on whole files: what breaks a rule, and what does not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from malha.fiscal.audit import audit
from malha.fiscal.findings import Finding, Severity
from malha.fiscal.options import AuditOptions
from malha.fiscal.readers import read_or_explain
from malha.simulators.nfe import NoteBuilder

Files = bytes | Sequence[bytes]


def authorised() -> Files:
    return NoteBuilder().authorised()


@dataclass(frozen=True)
class FileCase:
    """``at`` is the end of the first finding's xpath; files are named 0.xml, 1.xml... unless ``name`` is given."""

    rule_id: str
    label: str
    broken: Callable[[], Files]
    clean: Callable[[], Files] = authorised
    at: str = ""
    severity: Severity | None = None
    count: int = 1
    options: AuditOptions = field(default_factory=AuditOptions)
    name: str | None = None

    def __str__(self) -> str:
        return f"{self.rule_id} {self.label}"


def findings(case: FileCase, files: Files) -> list[Finding]:
    """What the case's rule alone says of the files together; among all rules it may be a consequence of another."""
    several = [files] if isinstance(files, bytes) else files
    documents = [one for no, data in enumerate(several) for one in read_or_explain(data, case.name or f"{no}.xml")]
    options = replace(case.options, only=frozenset({case.rule_id}))
    return [one for one in audit(documents, options=options).findings if one.rule_id == case.rule_id]


def assert_fires(case: FileCase) -> None:
    found = findings(case, case.broken())
    assert len(found) == case.count, [(one.xpath, one.found, one.expected) for one in found]
    assert found[0].xpath.endswith(case.at)
    assert all(one.message_pt and one.message_en for one in found)
    assert case.severity in {None, found[0].severity}


def assert_silent(case: FileCase) -> None:
    assert findings(case, case.clean()) == []
