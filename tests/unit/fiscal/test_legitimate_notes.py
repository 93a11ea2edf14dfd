"""A false finding on a legitimate note is a defect of the first order: every usual variant passes in silence."""

from __future__ import annotations

import pytest
from tests.factories.legitimate_notes import CASES
from tests.factories.truth import TruthCase


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_audit_says_nothing_of_a_legitimate_note(case: TruthCase) -> None:
    assert [(one.rule_id, one.n_item, one.xpath, one.found, one.expected) for one in case.findings()] == []


def test_the_suite_is_large_and_its_names_differ() -> None:
    assert len(CASES) >= 80
    assert len({case.name for case in CASES}) == len(CASES)
