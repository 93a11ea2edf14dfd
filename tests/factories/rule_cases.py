"""Tables of rule tests: a note on which a rule is silent, and the edit that makes it speak."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from malha.fiscal.audit import audit_file
from malha.fiscal.findings import Finding, Severity
from malha.fiscal.options import AuditOptions
from malha.simulators.nfe import NoteBuilder

Edit = tuple[str, ...]


@dataclass(frozen=True)
class RuleCase:
    """``edits`` are (verb, path, value): the NoteBuilder method to call with the rest as arguments.

    ``at`` is the end of the finding's xpath; ``severity`` is given where it is not the rule's own.
    """

    rule_id: str
    label: str
    clean: Callable[[], NoteBuilder]
    edits: tuple[Edit, ...]
    at: str
    item: int | None = None
    severity: Severity | None = None
    options: AuditOptions = field(default_factory=AuditOptions)

    def __str__(self) -> str:
        return f"{self.rule_id} {self.label}"

    def broken(self) -> NoteBuilder:
        note = self.clean()
        for verb, *arguments in self.edits:
            getattr(note, verb)(*arguments)
        return note


def findings(rule_id: str, note: NoteBuilder, options: AuditOptions | None = None) -> list[Finding]:
    """What one rule says of an authorised note."""
    options = options or AuditOptions()
    only = AuditOptions(
        own_companies=options.own_companies,
        tolerance=options.tolerance,
        now=options.now,
        note_limit=options.note_limit,
        icms_limit=options.icms_limit,
        only=frozenset({rule_id}),
    )
    return audit_file(note.authorised(), "nota.xml", only).findings


def assert_fires(case: RuleCase) -> None:
    """The rule reports the edited note once where the case says, in both languages, with its reference."""
    found = findings(case.rule_id, case.broken(), case.options)
    matching = [one for one in found if one.xpath.endswith(case.at) and one.n_item == case.item]
    assert len(matching) == 1, [(one.xpath, one.n_item, one.found, one.formula) for one in found]
    (finding,) = matching
    assert finding.message_pt
    assert finding.message_en
    assert finding.reference
    if case.severity is not None:
        assert finding.severity is case.severity


def assert_silent(case: RuleCase) -> None:
    assert findings(case.rule_id, case.clean(), case.options) == []
