"""Findings become a judgement: consequences are folded into their causes, the gravest come first."""

from __future__ import annotations

from itertools import permutations

from malha.fiscal.findings import LEVELS, WEIGHTS, Finding, Level, Severity
from malha.fiscal.judgement import fold, judge


def finding(
    rule: str, *related: str, item: int | None = None, severity: Severity = Severity.HIGH, xpath: str = "/NFe"
) -> Finding:
    level = LEVELS[severity]
    return Finding(rule, severity, level, WEIGHTS[level], "", "a.xml", item, xpath, None, None, None, None, "pt", "en",
                   None, related=related)  # fmt: skip


def told(findings: object) -> list[tuple[str, int | None, tuple[str, ...]]]:
    assert isinstance(findings, list | tuple)
    return [(one.rule_id, one.n_item, one.related) for one in findings]


def test_a_consequence_is_folded_into_its_cause() -> None:
    assert told(fold([finding("A", "B"), finding("B"), finding("C")])) == [("A", None, ("B",)), ("C", None, ())]


def test_a_cause_that_comes_later_folds_too() -> None:
    assert told(fold([finding("B"), finding("A", "B")])) == [("A", None, ("B",))]


def test_only_consequences_that_fired_are_named() -> None:
    assert told(fold([finding("A", "B", "X"), finding("B")])) == [("A", None, ("B",))]
    assert told(fold([finding("A", "X")])) == [("A", None, ())]


def test_a_consequence_is_told_when_its_cause_did_not_fire() -> None:
    assert told(fold([finding("B")])) == [("B", None, ())]


def test_another_items_finding_is_no_consequence() -> None:
    found = fold([finding("A", "B", item=1), finding("B", item=1), finding("B", item=2)])

    assert told(found) == [("A", 1, ("B",)), ("B", 2, ())]


def test_a_note_as_a_whole_and_its_items_are_one_place() -> None:
    assert told(fold([finding("A", "B", item=3), finding("B")])) == [("A", 3, ("B",))]
    assert told(fold([finding("A", "B"), finding("B", item=3), finding("B", item=4)])) == [("A", None, ("B",))]


def test_consequences_of_a_consequence_belong_to_the_first_cause() -> None:
    chain = [finding("A", "B"), finding("B", "C"), finding("C")]
    for order in permutations(chain):
        assert told(fold(order)) == [("A", None, ("B", "C"))]


def test_of_two_that_name_each_other_one_stays() -> None:
    assert told(fold([finding("A", "B"), finding("B", "A")])) == [("A", None, ("B",))]
    assert told(fold([finding("A", "A")])) == [("A", None, ())]


def test_findings_come_gravest_first_then_by_rule_and_item() -> None:
    found = [
        finding("B", severity=Severity.INFO),
        finding("Z", severity=Severity.CRITICAL),
        finding("C", item=10),
        finding("C", item=2),
        finding("A", severity=Severity.MEDIUM),
    ]

    _, _, ordered = judge(found)

    assert [(one.rule_id, one.n_item) for one in ordered] == [
        ("Z", None),
        ("C", 2),
        ("C", 10),
        ("A", None),
        ("B", None),
    ]


def test_the_score_counts_each_rule_once_with_its_gravest_finding() -> None:
    found = [finding("A", item=1, severity=Severity.LOW), finding("A", item=2), finding("B", severity=Severity.LOW)]

    assert judge(found)[:2] == (Level.ERROR, 12)


def test_information_leaves_a_document_clean() -> None:
    assert judge([finding("A", severity=Severity.INFO)])[:2] == (Level.OK, 0)
    assert judge([])[:2] == (Level.OK, 0)
