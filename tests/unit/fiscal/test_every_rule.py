"""What every rule owes: a test case, words in two languages, an id of its own shape."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.factories.all_cases import all_cases

from malha.fiscal.findings import LEVELS, Level, Severity
from malha.fiscal.rules import Rule, Scope, all_rules

HERE = Path(__file__).parent
SEED = {"CFOP-INV-01", "NCM-INV-01", "NCM-INV-02", "VAL-ERR-01", "VAL-WARN-01", "CFOP-GEO-01", "CFOP-GEO-02",
        "PIS-COFINS-CST-INV-01", "ICMS-CST-INV-01", "ICMS-CALC-01", "IMPORT-FAIL"}  # fmt: skip

TESTED_APART = {"NF-65-394", "NF-65-397", "NF-PIS-004", "NF-PRD-005", "NF-PRD-013", "NF-REF-003", "NF-REF-004"}
"""Rules whose tests say more than a table of cases holds, in the test_rules_ modules."""


def cases() -> set[str]:
    """The rule ids of every table of cases."""
    return {case.rule_id for case in all_cases()}


def test_every_rule_has_a_case() -> None:
    assert {rule.id for rule in all_rules()} - cases() - TESTED_APART == set()


@pytest.mark.parametrize("rule_id", sorted(TESTED_APART))
def test_a_rule_tested_apart_is_tested(rule_id: str) -> None:
    assert any(f'"{rule_id}"' in path.read_text(encoding="utf-8") for path in HERE.glob("test_rules_*.py"))


def test_no_case_is_of_a_rule_that_is_gone() -> None:
    assert cases() - {rule.id for rule in all_rules()} == set()


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.id)
def test_a_rule_is_well_formed(rule: Rule) -> None:
    assert re.fullmatch(r"(NF(-65)?|RTC)-([A-Z]+-)?[0-9]{3,4}", rule.id) or rule.id in SEED
    assert rule.pt.strip()
    assert rule.en.strip()
    assert rule.pt != rule.en
    assert rule.valid_from is None or rule.valid_to is None or rule.valid_from <= rule.valid_to


def test_the_seeds_rules_keep_their_codes_and_weights() -> None:
    legacy = {rule.id: rule for rule in all_rules() if rule.legacy_code}
    assert set(legacy) == SEED
    assert all(rule.legacy_code == code for code, rule in legacy.items())
    warnings = {"NCM-INV-01", "VAL-WARN-01", "PIS-COFINS-CST-INV-01", "ICMS-CST-INV-01"}
    assert {code for code, rule in legacy.items() if rule.severity is Severity.MEDIUM} == warnings
    assert all(LEVELS[rule.severity] is Level.ERROR for code, rule in legacy.items() if code not in warnings)


def test_rules_that_look_at_files_need_no_note() -> None:
    assert all(rule.models is None for rule in all_rules() if rule.scope in {Scope.FILE, Scope.BATCH, Scope.EVENT})
