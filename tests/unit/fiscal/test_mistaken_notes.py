"""Every plain mistake is named by a rule that says what it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.factories.mistaken_notes import CASES, SOUND
from tests.factories.nfe import NoteBuilder
from tests.factories.truth import TruthCase

from malha.fiscal.audit import audit_file
from malha.fiscal.findings import Severity
from malha.fiscal.rules import all_rules


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_mistake_is_named(case: TruthCase) -> None:
    findings = case.findings()
    assert case.named_by(findings), sorted({finding.rule_id for finding in findings})


@pytest.mark.parametrize("note", SOUND, ids=lambda note: f"{note.__module__.rpartition('_')[2]}-{note.__name__}")
def test_the_note_before_the_mistake_is_right(note: Callable[[], NoteBuilder]) -> None:
    """Otherwise a finding could be about something else than the mistake."""
    findings = audit_file(note().authorised(), "nota.xml").findings
    assert [finding.rule_id for finding in findings if finding.severity is not Severity.INFO] == []


def test_the_suite_is_large_and_its_cases_are_told_apart() -> None:
    assert len(CASES) >= 150
    assert len({case.name for case in CASES}) == len(CASES)
    assert {rule for case in CASES for rule in case.rules} <= {rule.id for rule in all_rules()}
