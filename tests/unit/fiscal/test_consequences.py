"""One mistake is one finding: what follows from it is named by its cause, and another mistake is not hidden by it."""

from __future__ import annotations

from dataclasses import replace
from graphlib import TopologicalSorter

import pytest
from tests.factories.nfe import NoteBuilder
from tests.factories.rule_cases import RuleCase

from malha.fiscal.audit import audit_file
from malha.fiscal.findings import Finding, Level, Severity
from malha.fiscal.judgement import fold
from malha.fiscal.options import AuditOptions
from malha.fiscal.rules import all_rules

_PROD, _ICMS = "det[1]/prod", "det[1]/imposto/ICMS/*"


def sale() -> NoteBuilder:
    return NoteBuilder(801).with_items(2, "00")


def found(note: NoteBuilder, options: AuditOptions | None = None) -> list[Finding]:
    report = audit_file(note.authorised(), "nota.xml", options)
    return [finding for finding in report.findings if finding.severity is not Severity.INFO]


ONE_MISTAKE = [
    RuleCase("VAL-ERR-01", "value", sale, (("set", f"{_PROD}/vProd", "7.00"),), "NF-ITM-001 NF-ITM-002 NF-TOT-007"),
    RuleCase("VAL-ERR-01", "quantity", sale, (("set", f"{_PROD}/qCom", "999.0000"),), "NF-ITM-001"),
    RuleCase("CFOP-GEO-01", "code across states", sale, (("set", f"{_PROD}/CFOP", "6102"),), "NF-CFOP-003 NF-CFOP-005"),
    RuleCase("NF-CFOP-006", "destination", sale, (("set", "ide/idDest", "2"),), "NF-CFOP-003"),
    RuleCase("ICMS-CALC-01", "tax", sale, (("set", f"{_ICMS}/vICMS", "7.00"),), "NF-ICMS-001 NF-TOT-002 RTC-009"),
    RuleCase("NF-TOT-007", "sum of products", sale, (("set", "total/ICMSTot/vProd", "7.00"),), "NF-TOT-009"),
    RuleCase("NF-TOT-009", "value of the note", sale, (("set", "total/ICMSTot/vNF", "7.00"),), "NF-DUP-104 NF-PAY-002"),
    RuleCase("RTC-012", "value of an item", sale, (("set", "det[1]/vItem", "7.00"),), "RTC-012"),
    RuleCase("RTC-007", "CBS", sale, (("set", "det[1]/imposto/IBSCBS/gIBSCBS/gCBS/vCBS", "7.00"),), "RTC-010"),
    RuleCase("NCM-INV-02", "digits of the NCM", sale, (("set", f"{_PROD}/NCM", "8471301"),), "NF-PRD-001 NF-STR-002"),
    RuleCase("NF-STR-002", "value left out", sale, (("remove", f"{_PROD}/vProd"),), "NF-TOT-007 RTC-009"),
]  # fmt: skip
"""``at`` holds rules that must be among the consequences."""


@pytest.mark.parametrize("case", ONE_MISTAKE, ids=str)
def test_one_mistake_is_one_finding_that_names_what_follows(case: RuleCase) -> None:
    (finding,) = found(case.broken())
    assert finding.rule_id == case.rule_id
    assert set(case.at.split()) <= set(finding.related)


@pytest.mark.parametrize("case", ONE_MISTAKE, ids=str)
def test_a_consequence_is_told_when_its_cause_is_not_audited(case: RuleCase) -> None:
    others = frozenset(case.at.split()) - {case.rule_id}
    if others:
        findings = found(case.broken(), AuditOptions(only=others))
        assert {rule for one in findings for rule in (one.rule_id, *one.related)} == others


@pytest.mark.parametrize("note", [sale(), NoteBuilder(802, model="65").with_items(2, "00"),
                                  NoteBuilder(803).simples().with_items(1, "102"),
                                  NoteBuilder(804).interstate("BA").with_items(3, "00").in_instalments(2)],
                         ids=["sale", "shop", "simples", "instalments"])  # fmt: skip
def test_a_changed_model_is_one_finding(note: NoteBuilder) -> None:
    other = "55" if note.key[20:22] == "65" else "65"
    (finding,) = found(note.set("ide/mod", other))
    assert (finding.rule_id, finding.xpath.rpartition("/")[2]) == ("NF-KEY-003", "mod")


def test_a_lot_out_of_order_does_not_explain_a_total() -> None:
    lot = "<rastro><nLote>1</nLote><dFab>2026-01-01</dFab><dVal>2027-01-01</dVal></rastro>"
    note = sale().add(f"{_PROD}", lot).set("total/ICMSTot/vICMS", "7.00")
    assert "NF-TOT-002" in {finding.rule_id for finding in found(note)}


def test_another_mistake_in_a_total_does_not_hide_behind_the_first() -> None:
    note = sale().set(f"{_PROD}/vProd", "7.00").set("total/ICMSTot/vProd", "9.00")
    assert {"VAL-ERR-01", "NF-TOT-007"} <= {finding.rule_id for finding in found(note)}


def test_mistakes_of_several_items_explain_their_total_together() -> None:
    note = sale().set(f"{_PROD}/vProd", "7.00").set("det[2]/prod/vProd", "9.00")
    assert [(one.rule_id, one.n_item) for one in found(note)] == [("VAL-ERR-01", 1), ("VAL-ERR-01", 2)]


def test_the_same_mistake_in_two_items_is_two_findings() -> None:
    note = sale().set(f"{_PROD}/CFOP", "6102").set("det[2]/prod/CFOP", "6102")
    assert [(one.rule_id, one.n_item) for one in found(note)] == [("CFOP-GEO-01", 1), ("CFOP-GEO-01", 2)]


def test_a_cause_is_as_grave_as_its_gravest_consequence() -> None:
    (finding,) = found(sale().set("total/ICMSTot/vProd", "7.00"))
    assert (finding.severity, finding.level, finding.weight) == (Severity.CRITICAL, Level.ERROR, 10)


def test_an_audit_without_consequences_names_none() -> None:
    assert all(not finding.related for finding in found(sale().set(f"{_PROD}/cEAN", "7891234567890")))


def _finding(rule_id: str, *, item: int | None = None, related: tuple[str, ...] = (), xpath: str = "/a") -> Finding:
    return Finding(
        rule_id=rule_id, severity=Severity.LOW, level=Level.ALERT, weight=2, key="", source_name="a.xml", n_item=item,
        xpath=xpath, found=None, expected=None, formula=None, reference=None, message_pt="", message_en="",
        legacy_code=None, related=related,
    )  # fmt: skip


def test_a_consequence_of_a_consequence_belongs_to_the_first_cause() -> None:
    chain = [_finding("C"), _finding("B", related=("C",)), _finding("A", related=("B",))]
    assert fold(chain) == [replace(chain[2], related=("B", "C"))]


def test_two_that_name_each_other_leave_one() -> None:
    (left,) = fold([_finding("A", related=("B",)), _finding("B", related=("A",))])
    assert (left.rule_id, left.related) == ("A", ("B",))


def test_items_explain_only_themselves_and_the_whole() -> None:
    findings = [_finding("A", item=1, related=("B",)), _finding("B", item=1), _finding("B", item=2), _finding("B")]
    assert [(one.rule_id, one.n_item) for one in fold(findings)] == [("A", 1), ("B", 2)]


def test_what_the_layout_refuses_is_told_by_the_rule_that_knows_the_place() -> None:
    general = replace(_finding("NF-STR-002", xpath="/p/next"), found="next", expected="lost, wanted")
    assert [one.rule_id for one in fold([general, _finding("A", xpath="/p/wanted")])] == ["A"]
    assert len(fold([general, _finding("A", xpath="/q/wanted")])) == 2


def test_rules_explain_rules_that_exist_and_not_in_circles() -> None:
    ids = {rule.id for rule in all_rules()}
    graph = {rule.id: set(rule.explains) - {rule.id} for rule in all_rules()}
    assert {other for others in graph.values() for other in others} <= ids
    TopologicalSorter(graph).prepare()
