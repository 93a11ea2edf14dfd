"""The seed's rules on items by themselves: exact conditions, tolerances, codes and weights."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.factories.nfe import NoteBuilder
from tests.factories.rule_cases import RuleCase, assert_fires, assert_silent, findings

from malha.fiscal.audit import audit_file
from malha.fiscal.findings import Level
from malha.fiscal.options import AuditOptions
from malha.fiscal.rules import all_rules

CODES = {
    "CFOP-INV-01": Level.ERROR, "NCM-INV-01": Level.ALERT, "NCM-INV-02": Level.ERROR, "VAL-ERR-01": Level.ERROR,
    "VAL-WARN-01": Level.ALERT, "CFOP-GEO-01": Level.ERROR, "CFOP-GEO-02": Level.ERROR,
    "ICMS-CALC-01": Level.ERROR,
}  # fmt: skip


def sale() -> NoteBuilder:
    """Items of CST 00, 20, 60, 40."""
    return NoteBuilder(101)


def interstate() -> NoteBuilder:
    return NoteBuilder(102).with_items(2, "00").interstate("BA")


def entry() -> NoteBuilder:
    """Bought by the auditor, booked under entry codes."""
    note = sale().set("ide/tpNF", "0")
    for number in range(1, 5):
        note.set(f"det[{number}]/prod/CFOP", "1102")
    return note


def buyer() -> AuditOptions:
    recipient = sale().plan().recipient
    assert recipient is not None
    return AuditOptions(own_companies=frozenset({recipient.tax_id}))


def priced(total: str) -> NoteBuilder:
    """One item of 1 x 1,000.00."""
    note = NoteBuilder(103).with_items(1, "00").set("det[1]/prod/qCom", "1.0000")
    return note.set("det[1]/prod/vUnCom", "1000.0000000000").set("det[1]/prod/vProd", total)


_PROD = "det[1]/prod"
_ICMS = "det[1]/imposto/ICMS/*"

CASES = [
    RuleCase("CFOP-INV-01", "internal", entry, (("set", f"{_PROD}/CFOP", "5102"),), "prod/CFOP", 1, options=buyer()),
    RuleCase("CFOP-INV-01", "interstate", entry, (("set", f"{_PROD}/CFOP", "6102"),), "prod/CFOP", 1, options=buyer()),
    RuleCase("NCM-INV-01", "goods", sale, (("set", f"{_PROD}/NCM", "00000000"),), "prod/NCM", 1),
    RuleCase("NCM-INV-02", "seven digits", sale, (("set", f"{_PROD}/NCM", "8471301"),), "prod/NCM", 1),
    RuleCase("VAL-ERR-01", "above both tolerances", lambda: priced("1001.00"),
             (("set", f"{_PROD}/vProd", "1001.01"),), "prod/vProd", 1),
    RuleCase("VAL-WARN-01", "no value", sale, (("set", f"{_PROD}/vProd", "0.00"),), "prod/vProd", 1),
    RuleCase("CFOP-GEO-01", "same state", sale, (("set", f"{_PROD}/CFOP", "6102"),), "prod/CFOP", 1),
    RuleCase("CFOP-GEO-02", "two states", interstate, (("set", f"{_PROD}/CFOP", "5102"),), "prod/CFOP", 1),
    RuleCase("ICMS-CALC-01", "amount", sale, (("set", f"{_ICMS}/vICMS", "1.00"),), "ICMS00/vICMS", 1),
    RuleCase("ICMS-CALC-01", "deferred", lambda: NoteBuilder(105).with_items(1, "51"),
             (("set", f"{_ICMS}/vICMSOp", "1.00"),), "ICMS51/vICMSOp", 1),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rule_fires_on_its_mutation(case: RuleCase) -> None:
    assert_fires(case)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rule_is_silent_on_the_note_before(case: RuleCase) -> None:
    assert_silent(case)


def test_the_codes_keep_their_levels_and_are_their_own_legacy_codes() -> None:
    rules = {one.id: one for one in all_rules()}
    assert {code: rules[code].legacy_code for code in CODES} == {code: code for code in CODES}
    (finding,) = findings("VAL-ERR-01", priced("2000.00"))
    assert (finding.level, finding.weight) == (Level.ERROR, 10)
    (finding,) = findings("VAL-WARN-01", sale().set(f"{_PROD}/vProd", "0.00"))
    assert (finding.level, finding.weight) == (Level.ALERT, 2)


@pytest.mark.parametrize("code", CODES)
def test_every_code_reports_its_level(code: str) -> None:
    case = next(case for case in CASES if case.rule_id == code)
    (finding, *_) = findings(code, case.broken(), case.options)
    assert finding.level is CODES[code]


def test_the_score_counts_a_code_once_whatever_the_number_of_items() -> None:
    note = sale().set("det[1]/prod/CFOP", "6102").set("det[2]/prod/CFOP", "6102").set("det[3]/prod/NCM", "0")
    options = AuditOptions(only=frozenset({"CFOP-GEO-01", "NCM-INV-01"}))
    (result,) = audit_file(note.authorised(), "nota.xml", options).results
    assert (result.score, result.status) == (12, Level.ERROR)
    assert [one.n_item for one in result.findings if one.rule_id == "CFOP-GEO-01"] == [1, 2]


@pytest.mark.parametrize(("total", "is_wrong"), [("1001.00", False), ("1001.01", True), ("998.99", True)])
def test_an_item_total_may_be_off_by_one_per_mille(total: str, is_wrong: bool) -> None:
    assert bool(findings("VAL-ERR-01", priced(total))) is is_wrong


def test_an_item_total_of_little_value_may_be_off_by_a_cent() -> None:
    cheap = priced("0.11").set(f"{_PROD}/vUnCom", "0.1000000000")
    assert findings("VAL-ERR-01", cheap) == []
    assert findings("VAL-ERR-01", priced("0.12").set(f"{_PROD}/vUnCom", "0.1000000000"))


@pytest.mark.parametrize(("cents_off", "is_wrong"), [("0.01", False), ("0.02", True)])
def test_icms_may_be_off_by_one_and_a_half_cents(cents_off: str, is_wrong: bool) -> None:
    note = NoteBuilder(106).with_items(1, "00").set(f"{_ICMS}/vBC", "100.00").set(f"{_ICMS}/pICMS", "18.00")
    note.set(f"{_ICMS}/vICMS", str(Decimal("18.00") + Decimal(cents_off)))
    assert bool(findings("ICMS-CALC-01", note)) is is_wrong


@pytest.mark.parametrize("name", ["Consultoria contábil", "SERVICO DE INSTALACAO", "Manutenção de rede"])
def test_a_service_may_have_no_ncm(name: str) -> None:
    assert findings("NCM-INV-01", sale().set(f"{_PROD}/NCM", "00").set(f"{_PROD}/xProd", name)) == []


def test_no_company_of_ones_own_means_no_own_purchases() -> None:
    assert findings("CFOP-INV-01", sale()) == []
    assert len(findings("CFOP-INV-01", sale(), buyer())) == 4


def counter_sale(destination: str = "1", presence: str = "1") -> NoteBuilder:
    """Taken at the shop by a consumer from another state."""
    note = NoteBuilder(107).with_items(1, "00").interstate("BA").to_consumer().set("ide/idDest", destination)
    note.set("ide/indPres", presence).set("det[1]/prod/CFOP", "5102")
    return note.remove("det[1]/imposto/ICMSUFDest")


def test_the_destination_decides_whether_goods_leave_the_state() -> None:
    assert findings("CFOP-GEO-02", counter_sale()) == []
    assert findings("CFOP-GEO-02", counter_sale(presence="5")) == []
    assert len(findings("CFOP-GEO-02", counter_sale(destination="2", presence="9"))) == 1


def test_where_the_buyer_of_a_retail_note_lives_does_not_matter() -> None:
    buyer = NoteBuilder(108).interstate("BA").to_consumer(individual=True).plan().recipient
    assert buyer is not None
    assert findings("CFOP-GEO-02", NoteBuilder(109, model="65").bought_by(buyer)) == []


def test_goods_delivered_in_another_state_are_sold_across_states() -> None:
    place = NoteBuilder(110).interstate("BA").plan().recipient
    assert place is not None
    address = f"<CNPJ>{place.tax_id}</CNPJ><xLgr>Rua</xLgr><nro>1</nro><xBairro>Centro</xBairro><cMun>2927408</cMun>"
    delivered = sale().add(".", f"<entrega>{address}<xMun>Salvador</xMun><UF>BA</UF></entrega>")
    assert findings("CFOP-GEO-01", delivered.set("ide/idDest", "2").set(f"{_PROD}/CFOP", "6102")) == []
    assert len(findings("CFOP-GEO-01", delivered.set("ide/idDest", "1"))) == 1
