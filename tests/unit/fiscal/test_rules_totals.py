"""Rules on totals and withholdings: each fires on its own mutation and is silent on the note before it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from tests.factories.nfe import NoteBuilder
from tests.factories.rule_cases import RuleCase, assert_fires, assert_silent, findings

from malha.fiscal.findings import Severity
from malha.fiscal.options import AuditOptions


def full() -> NoteBuilder:
    """Goods with every cost, IPI, substitution and exempted ICMS."""
    note = NoteBuilder(51).with_items(4, "00", "10", "40-deson", "20").manufactured("10.00")
    return note.with_freight("50.00").with_insurance("5.00").with_discount("20.00").with_other_costs("7.00")


def with_fund() -> NoteBuilder:
    return NoteBuilder(52).from_state("RJ").with_items(2, "00", "10")


def difal() -> NoteBuilder:
    return NoteBuilder(53).with_items(2, "00").interstate("RJ").to_consumer()


def fuel() -> NoteBuilder:
    return NoteBuilder(54).with_items(2, "02", "61")


def services() -> NoteBuilder:
    return NoteBuilder(55).with_items(3, "00", "ISSQN").with_freight("30.00")


def withheld() -> NoteBuilder:
    taxes = "<vRetPIS>6.50</vRetPIS><vRetCOFINS>30.00</vRetCOFINS><vRetCSLL>10.00</vRetCSLL>"
    bases = "<vBCIRRF>1000.00</vBCIRRF><vIRRF>15.00</vIRRF><vBCRetPrev>500.00</vBCRetPrev><vRetPrev>55.00</vRetPrev>"
    return services().add("total", f"<retTrib>{taxes}{bases}</retTrib>")


_TOTAL = "total/ICMSTot"
_WRONG = "0.07"


def _total(rule_id: str, clean: Callable[[], NoteBuilder], *names: str) -> list[RuleCase]:
    return [RuleCase(rule_id, name, clean, (("set", f"{_TOTAL}/{name}", _WRONG),), f"ICMSTot/{name}") for name in names]


CASES = [
    *_total("NF-TOT-001", full, "vBC"),
    *_total("NF-TOT-002", full, "vICMS"),
    *_total("NF-TOT-003", full, "vBCST", "vST"),
    *_total("NF-TOT-004", full, "vFrete", "vSeg", "vDesc", "vOutro"),
    *_total("NF-TOT-004", services, "vFrete"),
    *_total("NF-TOT-005", full, "vII", "vIPI", "vIPIDevol"),
    *_total("NF-TOT-006", full, "vPIS", "vCOFINS"),
    *_total("NF-TOT-007", full, "vProd"),
    *_total("NF-TOT-008", full, "vICMSDeson", "vFCPSTRet"),
    *_total("NF-TOT-008", with_fund, "vFCP", "vFCPST"),
    *_total("NF-TOT-008", difal, "vFCPUFDest", "vICMSUFDest", "vICMSUFRemet"),
    *_total("NF-TOT-008", fuel, "qBCMono", "vICMSMono", "qBCMonoRet", "vICMSMonoRet"),
    *_total("NF-TOT-009", full, "vNF"),
    *_total("NF-TOT-009", services, "vNF"),
    *_total("NF-TOT-010", difal, "vTotTrib"),
    RuleCase("NF-TOT-001", "item left out", full, (("set", "det[1]/imposto/ICMS/*/vBC", "0.00"),), "ICMSTot/vBC"),
    RuleCase("NF-TOT-007", "item outside the total", full, (("set", "det[1]/prod/indTot", "0"),), "ICMSTot/vProd"),
    RuleCase("NF-TOT-006", "PIS of services", services, (("set", "total/ISSQNtot/vPIS", _WRONG),), "ISSQNtot/vPIS"),
    RuleCase("NF-TOT-009", "PIS-ST that counts", full,
             (("add", "det[1]/imposto", "<PISST><vBC>10.00</vBC><pPIS>10.00</pPIS><vPIS>1.00</vPIS>"
               "<indSomaPISST>1</indSomaPISST></PISST>"),), "ICMSTot/vNF"),
    RuleCase("NF-TOT-011", "value", services, (("set", "total/ISSQNtot/vServ", _WRONG),), "ISSQNtot/vServ"),
    RuleCase("NF-TOT-011", "ISS", services, (("set", "total/ISSQNtot/vISS", _WRONG),), "ISSQNtot/vISS"),
    RuleCase("NF-TOT-011", "withheld", services, (("set", "total/ISSQNtot/vISSRet", _WRONG),), "ISSQNtot/vISSRet"),
    RuleCase("NF-TOT-011", "no service total", services, (("remove", "total/ISSQNtot"),), "total/ISSQNtot"),
    RuleCase("NF-RET-001", "income tax", withheld, (("set", "total/retTrib/vIRRF", "16.00"),), "retTrib/vIRRF"),
    RuleCase("NF-RET-001", "social security", withheld, (("set", "total/retTrib/vRetPrev", "60.00"),), "/vRetPrev"),
    RuleCase("NF-RET-001", "PIS", withheld, (("set", "total/retTrib/vRetPIS", "8.00"),), "retTrib/vRetPIS"),
    RuleCase("NF-RET-001", "CSLL", withheld, (("set", "total/retTrib/vRetCSLL", "12.00"),), "retTrib/vRetCSLL"),
    RuleCase("NF-TOT-012", "value", full, (("set", f"{_TOTAL}/vNF", "90000000.01"),), "ICMSTot/vNF",
             options=AuditOptions(note_limit=Decimal(90_000_000))),
    RuleCase("NF-TOT-012", "ICMS", full, (("set", f"{_TOTAL}/vICMS", "90000000.01"),), "ICMSTot/vICMS",
             options=AuditOptions(icms_limit=Decimal(90_000_000))),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule_fires_where_the_total_was_made_wrong(case: RuleCase) -> None:
    assert_fires(case)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule_is_silent_on_the_note_before_the_mutation(case: RuleCase) -> None:
    assert_silent(case)


def _value(note: NoteBuilder) -> Decimal:
    """vNF of the note as generated."""
    total = findings("NF-TOT-009", note.set(f"{_TOTAL}/vNF", "0.00"))[0].expected
    assert total is not None
    return Decimal(total)


def test_a_cent_of_difference_in_a_total_is_a_low_finding() -> None:
    value = _value(full())
    (finding,) = findings("NF-TOT-009", full().set(f"{_TOTAL}/vNF", str(value + Decimal("0.01"))))
    assert finding.severity is Severity.LOW
    (finding,) = findings("NF-TOT-009", full().set(f"{_TOTAL}/vNF", str(value + Decimal("0.02"))))
    assert finding.severity is Severity.CRITICAL


def test_both_legal_sums_with_exempted_icms_are_accepted() -> None:
    """Exception 3 of rejection 610: the exempted amount may or may not be deducted."""
    note = NoteBuilder(56).with_items(2, "00", "40-deson")
    deducted = _value(NoteBuilder(56).with_items(2, "00", "40-deson"))
    line = note.plan().lines[1]
    spared = (line.value * Decimal("0.18")).quantize(Decimal("0.01"))
    assert findings("NF-TOT-009", note) == []
    whole = NoteBuilder(56).with_items(2, "00", "40-deson").set(f"{_TOTAL}/vNF", str(deducted + spared))
    assert findings("NF-TOT-009", whole) == []
    half = NoteBuilder(56).with_items(2, "00", "40-deson").set(f"{_TOTAL}/vNF", str(deducted + spared / 2))
    assert len(findings("NF-TOT-009", half)) == 1


def test_exempted_icms_deducted_only_where_the_item_says_so_is_accepted() -> None:
    def note() -> NoteBuilder:
        built = NoteBuilder(57).with_items(2, "40-deson")
        return built.set("det[1]/imposto/ICMS/*/indDeduzDeson", "0")

    line = note().plan().lines[0]
    kept = (line.value * Decimal("0.18")).quantize(Decimal("0.01"))
    deducted = _value(NoteBuilder(57).with_items(2, "40-deson"))
    assert _value(note()) == deducted + kept
    assert findings("NF-TOT-009", note().set(f"{_TOTAL}/vNF", str(deducted + kept))) == []


def test_vehicle_billed_by_its_maker_leaves_substitution_out_of_the_total() -> None:
    def note() -> NoteBuilder:
        return NoteBuilder(58).with_items(1, "10").add("det[1]/prod", "<veicProd><tpOp>2</tpOp></veicProd>")

    line = note().plan().lines[0]
    assert _value(note()) == line.value
    assert findings("NF-TOT-009", note().set(f"{_TOTAL}/vNF", str(line.value))) == []


def test_imports_are_left_to_other_rules() -> None:
    note = full().set("ide/tpNF", "0").set("det[1]/prod/CFOP", "3102").set(f"{_TOTAL}/vNF", "1.00")
    assert findings("NF-TOT-009", note) == []


def test_formula_of_the_note_total_lists_the_terms() -> None:
    (finding,) = findings("NF-TOT-009", NoteBuilder(59).with_items(1).with_freight("3.00").set(f"{_TOTAL}/vNF", "1.00"))
    value = NoteBuilder(59).with_items(1).plan().lines[0].value
    assert finding.formula == f"vProd {value} + vFrete 3.00 = {value + 3}"


def test_freight_total_may_hold_the_goods_only() -> None:
    note = services().set("det[2]/prod/vFrete", "9.00")
    assert findings("NF-TOT-004", note) == []
    assert findings("NF-TOT-004", services().set("det[2]/prod/vFrete", "9.00").set(f"{_TOTAL}/vFrete", "39.00")) == []


def test_fund_total_may_be_what_is_due_after_deferral() -> None:
    deferred = "<vBCFCP>100.00</vBCFCP><pFCP>2.00</pFCP><vFCP>2.00</vFCP>"
    rest = "<pFCPDif>50.00</pFCPDif><vFCPDif>1.00</vFCPDif><vFCPEfet>1.00</vFCPEfet>"

    def note(total: str) -> NoteBuilder:
        built = NoteBuilder(60).with_items(1, "51").add("det[1]/imposto/ICMS/ICMS51", deferred + rest)
        return built.set(f"{_TOTAL}/vFCP", total)

    assert findings("NF-TOT-008", note("1.00")) == []
    assert findings("NF-TOT-008", note("2.00")) == []
    assert len(findings("NF-TOT-008", note("1.50"))) == 1


def test_withholding_of_vehicle_parts_is_accepted() -> None:
    taxes = "<vRetPIS>1.00</vRetPIS><vRetCOFINS>5.00</vRetCOFINS>"
    assert findings("NF-RET-001", full().add("total", f"<retTrib>{taxes}</retTrib>")) == []


def test_limits_are_silent_without_options() -> None:
    assert findings("NF-TOT-012", full().set(f"{_TOTAL}/vNF", "9999999999.00")) == []
