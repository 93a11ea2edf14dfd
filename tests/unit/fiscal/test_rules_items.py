"""Rules on the arithmetic of items: each fires on its own mutation and is silent on the note before it."""

from __future__ import annotations

from datetime import datetime

import pytest
from tests.factories.nfe import NoteBuilder
from tests.factories.rule_cases import RuleCase, assert_fires, assert_silent, findings

from malha.fiscal.findings import Severity
from malha.fiscal.options import AuditOptions


def goods() -> NoteBuilder:
    """Items of CST 00, 20, 60, 40."""
    return NoteBuilder(31)


def substituted() -> NoteBuilder:
    return NoteBuilder(32).with_items(2, "10")


def substituted_interstate() -> NoteBuilder:
    return NoteBuilder(32).with_items(2, "10").interstate("BA")


def with_fund() -> NoteBuilder:
    """Rio de Janeiro: CST 00 and 10, both with FCP."""
    return NoteBuilder(33).from_state("RJ").with_items(2, "00", "10")


def deferred() -> NoteBuilder:
    return NoteBuilder(34).with_items(1, "51")


def exempted() -> NoteBuilder:
    return NoteBuilder(35).with_items(1, "40-deson")


def to_consumer() -> NoteBuilder:
    return NoteBuilder(36).with_items(2, "60", "00").to_consumer()


def difal() -> NoteBuilder:
    return NoteBuilder(37).with_items(2, "00").interstate("BA").to_consumer()


def interstate() -> NoteBuilder:
    return NoteBuilder(38).with_items(2, "00").interstate("BA")


def manufactured() -> NoteBuilder:
    return NoteBuilder(39).with_items(2, "00").manufactured("10.00")


def simples() -> NoteBuilder:
    return NoteBuilder(40).simples()


def simples_substituted() -> NoteBuilder:
    return NoteBuilder(41).simples().with_items(2, "201", "202")


def fuel() -> NoteBuilder:
    return NoteBuilder(42).with_items(2, "02", "61")


def services() -> NoteBuilder:
    return NoteBuilder(43).with_items(2, "00", "ISSQN")


def medicine() -> NoteBuilder:
    return goods().add("det[1]/prod", "<med><cProdANVISA>1000000000001</cProdANVISA><vPMC>99999.00</vPMC></med>")


_ICMS = "det[1]/imposto/ICMS/*"
_DIFAL = "det[1]/imposto/ICMSUFDest"
_RETURNED_IPI = "<impostoDevol><pDevol>10.00</pDevol><IPI><vIPIDevol>5.00</vIPIDevol></IPI></impostoDevol>"

CASES = [
    RuleCase("NF-ITM-001", "unit price", goods,
             (("set", "det[1]/prod/vUnCom", "1.0000000000"),), "det[1]/prod/vProd", 1),
    RuleCase("NF-ITM-001", "value", goods, (("set", "det[3]/prod/vProd", "1.00"),), "det[3]/prod/vProd", 3),
    RuleCase("NF-ITM-002", "quantity", goods, (("set", "det[2]/prod/qTrib", "9999.0000"),), "det[2]/prod/vProd", 2),
    RuleCase("NF-PMC-001", "low ceiling", medicine, (("set", "det[1]/prod/med/vPMC", "0.01"),), "med/vPMC", 1),
    RuleCase("NF-ICMS-001", "amount", goods, (("set", f"{_ICMS}/vICMS", "0.50"),), "ICMS00/vICMS", 1),
    RuleCase("NF-ICMS-001", "rate of a reduced base", goods,
             (("set", "det[2]/imposto/ICMS/*/pICMS", "12.00"),), "ICMS20/vICMS", 2),
    RuleCase("NF-ICMS-002", "amount before deferral", deferred, (("set", f"{_ICMS}/vICMSOp", "1.00"),), "/vICMSOp", 1),
    RuleCase("NF-ICMS-002", "deferred part", deferred, (("set", f"{_ICMS}/vICMSDif", "1.00"),), "/vICMSDif", 1),
    RuleCase("NF-ICMS-002", "what is left", deferred, (("set", f"{_ICMS}/vICMS", "1.00"),), "ICMS51/vICMS", 1),
    RuleCase("NF-ICMS-002", "no data", deferred,
             (("replace", _ICMS, "<ICMS51><orig>0</orig><CST>51</CST></ICMS51>"),), "/vICMSDif", 1, Severity.INFO),
    RuleCase("NF-ICMS-003", "base of another value", goods, (("set", f"{_ICMS}/vBC", "10.00"),), "ICMS00/vBC", 1),
    RuleCase("NF-ICMS-003", "freight left out of the base", goods,
             (("set", "det[1]/prod/vFrete", "30.00"),), "ICMS00/vBC", 1),
    RuleCase("NF-ICMS-003", "reduction not made", goods,
             (("set", "det[2]/imposto/ICMS/*/pRedBC", "50.00"),), "/vBC", 2),
    RuleCase("NF-ICMS-003", "IPI left out for the final consumer", lambda: manufactured().to_final_use(),
             (("set", "det[1]/imposto/IPI/IPITrib/vIPI", "0.00"),), "ICMS00/vBC", 1),
    RuleCase("NF-ICMS-004", "amount without reason", exempted, (("remove", f"{_ICMS}/motDesICMS"),), "/motDesICMS", 1),
    RuleCase("NF-ICMS-004", "reason without amount", exempted, (("remove", f"{_ICMS}/vICMSDeson"),), "/vICMSDeson", 1),
    RuleCase("NF-ICMS-004", "state that asks", lambda: NoteBuilder(1).from_state("RJ").with_items(1, "20"),
             (("remove", f"{_ICMS}/vICMSDeson"), ("remove", f"{_ICMS}/motDesICMS")), "/vICMSDeson", 1, Severity.LOW),
    RuleCase("NF-ICMS-005", "nothing retained is stated", to_consumer,
             (("replace", _ICMS, "<ICMS60><orig>0</orig><CST>60</CST></ICMS60>"),), "ICMS60/vBCSTRet", 1),
    RuleCase("NF-ICMS-006", "amount", fuel, (("set", f"{_ICMS}/vICMSMono", "1.00"),), "ICMS02/vICMSMono", 1),
    RuleCase("NF-ICMS-006", "amount paid before", fuel,
             (("set", "det[2]/imposto/ICMS/*/vICMSMonoRet", "1.00"),), "ICMS61/vICMSMonoRet", 2),
    RuleCase("NF-ICMS-006", "rate of another year", fuel, (("set", f"{_ICMS}/adRemICMS", "1.4700"),), "/adRemICMS", 1),
    RuleCase("NF-ICMS-007", "fuel not described", fuel, (("remove", "det[1]/prod/comb"),), "prod/comb", 1),
    RuleCase("NF-ICMS-007", "fuel CFOP", goods, (("set", "det[1]/prod/CFOP", "5656"),), "prod/comb", 1),
    RuleCase("NF-ICMS-007", "taxed as other goods", fuel,
             (("replace", _ICMS, "<ICMS40><orig>0</orig><CST>41</CST></ICMS40>"),), "ICMS40/CST", 1),
    RuleCase("NF-FCP-001", "amount", with_fund, (("set", f"{_ICMS}/vFCP", "0.01"),), "ICMS00/vFCP", 1),
    RuleCase("NF-FCP-001", "amount on its own base", with_fund,
             (("set", "det[2]/imposto/ICMS/*/vFCP", "0.01"),), "ICMS10/vFCP", 2),
    RuleCase("NF-FCP-001", "zero", with_fund, (("set", f"{_ICMS}/pFCP", "0.00"),), "ICMS00/pFCP", 1),
    RuleCase("NF-FCP-001", "above the limit", with_fund, (("set", f"{_ICMS}/pFCP", "5.00"),), "ICMS00/pFCP", 1),
    RuleCase("NF-ST-001", "base", substituted, (("set", f"{_ICMS}/vBCST", "10.00"),), "ICMS10/vBCST", 1),
    RuleCase("NF-ST-005", "no margin", substituted, (("remove", f"{_ICMS}/pMVAST"),), "/pMVAST", 1),
    RuleCase("NF-ST-005", "margin out of place", substituted,
             (("set", f"{_ICMS}/modBCST", "5"),), "/pMVAST", 1, Severity.MEDIUM),
    RuleCase("NF-ST-002", "amount", substituted, (("set", f"{_ICMS}/vICMSST", "0.10"),), "ICMS10/vICMSST", 1),
    RuleCase("NF-ST-002", "amount of a Simples issuer", simples_substituted,
             (("set", f"{_ICMS}/vICMSST", "0.10"),), "ICMSSN201/vICMSST", 1),
    RuleCase("NF-ST-003", "unadjusted margin", substituted_interstate,
             (("set", f"{_ICMS}/pMVAST", "5.00"),), "ICMS10/pMVAST", 1),
    RuleCase("NF-ST-004", "amount", with_fund, (("set", "det[2]/imposto/ICMS/*/vFCPST", "0.01"),), "ICMS10/vFCPST", 2),
    RuleCase("NF-DIFAL-001", "group missing", difal, (("remove", _DIFAL),), "imposto/ICMSUFDest", 1),
    RuleCase("NF-DIFAL-001", "group undue for a taxpayer", difal,
             (("set", "dest/indIEDest", "1"),), "det[2]/imposto/ICMSUFDest/vICMSUFDest", 2),
    RuleCase("NF-DIFAL-002", "amount", difal, (("set", f"{_DIFAL}/vICMSUFDest", "0.10"),), "/vICMSUFDest", 1),
    RuleCase("NF-DIFAL-002", "split of another year", difal,
             (("set", f"{_DIFAL}/pICMSInterPart", "80.00"),), "/pICMSInterPart", 1),
    RuleCase("NF-DIFAL-002", "part of the origin", difal,
             (("set", f"{_DIFAL}/vICMSUFRemet", "3.00"),), "/vICMSUFRemet", 1),
    RuleCase("NF-DIFAL-002", "fund", difal, (("set", f"{_DIFAL}/pFCPUFDest", "2.00"),), "/vFCPUFDest", 1),
    RuleCase("NF-DIFAL-003", "rate between states", difal,
             (("set", f"{_DIFAL}/pICMSInter", "12.00"),), "/pICMSInter", 1),
    RuleCase("NF-DIFAL-003", "rate of the item", interstate, (("set", f"{_ICMS}/pICMS", "18.00"),), "ICMS00/pICMS", 1),
    RuleCase("NF-IPI-001", "amount", manufactured,
             (("set", "det[1]/imposto/IPI/IPITrib/vIPI", "0.10"),), "IPITrib/vIPI", 1),
    RuleCase("NF-IPI-001", "amount per unit", manufactured,
             (("replace", "det[1]/imposto/IPI/IPITrib", "<IPITrib><CST>50</CST><qUnid>2.0000</qUnid>"
               "<vUnid>1.5000</vUnid><vIPI>9.00</vIPI></IPITrib>"),), "IPITrib/vIPI", 1),
    RuleCase("NF-IPI-002", "code of an entry", manufactured,
             (("set", "det[1]/imposto/IPI/IPITrib/CST", "49"),), "IPITrib/CST", 1),
    RuleCase("NF-IPI-002", "framing", manufactured,
             (("replace", "det[1]/imposto/IPI/IPITrib", "<IPINT><CST>54</CST></IPINT>"),), "IPI/cEnq", 1),
    RuleCase("NF-IPI-003", "sale that returns IPI", manufactured, (("add", "det[1]", _RETURNED_IPI),), "/vIPIDevol", 1),
    RuleCase("NF-PIS-001", "amount", goods, (("set", "det[1]/imposto/PIS/*/vPIS", "0.10"),), "PISAliq/vPIS", 1),
    RuleCase("NF-PIS-001", "amount per unit", goods,
             (("replace", "det[1]/imposto/PIS/PISAliq", "<PISQtde><CST>03</CST><qBCProd>2.0000</qBCProd>"
               "<vAliqProd>1.5000</vAliqProd><vPIS>9.00</vPIS></PISQtde>"),), "PISQtde/vPIS", 1),
    RuleCase("NF-PIS-001", "value where there is none", goods,
             (("replace", "det[1]/imposto/PIS/PISAliq", "<PISNT><CST>07</CST><vPIS>1.00</vPIS></PISNT>"),),
             "PISNT/vPIS", 1),
    RuleCase("NF-COF-001", "amount", goods, (("set", "det[1]/imposto/COFINS/*/vCOFINS", "0.10"),), "/vCOFINS", 1),
    RuleCase("NF-COF-001", "other operations", simples,
             (("set", "det[1]/imposto/COFINS/*/vCOFINS", "7.00"),), "COFINSOutr/vCOFINS", 1),
    RuleCase("NF-PIS-002", "of COFINS", goods, (("set", "det[1]/imposto/COFINS/*/pCOFINS", "6.70"),),
             "COFINSAliq/pCOFINS", 1),
    RuleCase("NF-PIS-002", "unknown pair", goods, (("set", "det[1]/imposto/PIS/*/pPIS", "0.65"),), "PISAliq/pPIS", 1),
    RuleCase("NF-PIS-002", "taxed in the Simples", goods,
             (("set", "emit/CRT", "1"),), "det[1]/imposto/PIS/PISAliq/CST", 1),
    RuleCase("NF-PIS-003", "codes differ", goods, (("set", "det[1]/imposto/COFINS/*/CST", "02"),), "/CST", 1),
    RuleCase("NF-PIS-003", "bases differ", goods, (("set", "det[1]/imposto/COFINS/*/vBC", "1.00"),), "/vBC", 1),
    RuleCase("NF-ISS-001", "amount", services, (("set", "det[2]/imposto/ISSQN/vISSQN", "0.10"),), "ISSQN/vISSQN", 2),
    RuleCase("NF-ISS-001", "rate too low", services,
             (("set", "det[2]/imposto/ISSQN/vAliq", "1.00"), ("set", "det[2]/imposto/ISSQN/vBC", "100.00"),
              ("set", "det[2]/imposto/ISSQN/vISSQN", "1.00")), "ISSQN/vAliq", 2),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule_fires_where_the_item_was_made_wrong(case: RuleCase) -> None:
    assert_fires(case)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule_is_silent_on_the_note_before_the_mutation(case: RuleCase) -> None:
    assert_silent(case)


def test_pis_base_with_icms_in_it_is_information_only() -> None:
    clean = goods()
    assert findings("NF-PIS-004", clean) == []
    value = next(iter(clean.plan().lines)).value
    (finding,) = findings("NF-PIS-004", goods().set("det[1]/imposto/PIS/PISAliq/vBC", str(value)))
    assert finding.severity is Severity.INFO
    assert finding.weight == 0


def test_formula_shows_the_numbers() -> None:
    line = goods().plan().lines[0]
    (finding,) = findings("NF-ITM-001", goods().set("det[1]/prod/vProd", "1.00"))
    assert finding.formula == f"qCom {line.quantity} x vUnCom {line.price} = {line.value}"
    assert (finding.found, finding.expected) == ("1.00", str(line.value))


def test_a_cent_of_rounding_in_an_item_is_no_finding() -> None:
    value = goods().plan().lines[0].value
    for cents, expected in (("0.01", 0), ("0.02", 1)):
        changed = goods().set("det[1]/prod/vProd", str(value + type(value)(cents)))
        assert len(findings("NF-ITM-001", changed)) == expected


def test_tolerance_of_the_audit_is_used() -> None:
    value = goods().plan().lines[0].value
    changed = goods().set("det[1]/prod/vProd", str(value + 1))
    assert findings("NF-ITM-001", changed, AuditOptions(tolerance=type(value)("1.00"))) == []


def test_complementary_notes_are_not_asked_for_quantities() -> None:
    note = goods().set("ide/finNFe", "2").set("det[1]/prod/qCom", "0.0000")
    assert findings("NF-ITM-001", note) == []


def test_ipi_stays_out_of_the_icms_base_between_taxpayers() -> None:
    assert findings("NF-ICMS-003", manufactured()) == []
    assert findings("NF-ICMS-003", manufactured().to_final_use()) == []


def test_difal_of_states_with_a_double_base_is_accepted() -> None:
    note = difal().plan().lines[0].operation_value
    own = note * 7 / 100
    base = ((note - own) / (1 - type(note)("0.205"))).quantize(type(note)("0.01"))
    due = (base * type(note)("0.205") - own).quantize(type(note)("0.01"))
    changed = (
        difal().set(f"{_DIFAL}/vBCUFDest", str(base)).set(f"{_DIFAL}/vICMSUFDest", str(due)).set(
            f"{_DIFAL}/vBCFCPUFDest", str(base)
        )
    )  # fmt: skip
    assert findings("NF-DIFAL-002", changed) == []


@pytest.mark.parametrize(("year", "part"), [(2016, "40.00"), (2017, "60.00"), (2018, "80.00")])
def test_difal_split_follows_the_year(year: int, part: str) -> None:
    moment = datetime.fromisoformat(f"{year}-06-01T10:00:00-03:00")
    found = findings("NF-DIFAL-002", difal().issued(moment))
    assert {one.expected for one in found if one.xpath.endswith("pICMSInterPart")} == {part.removesuffix(".00")}


def test_imported_goods_take_four_percent_between_states() -> None:
    note = interstate().set("det[1]/imposto/ICMS/*/orig", "1")
    assert findings("NF-DIFAL-003", note) == []
    note = difal().set("det[1]/imposto/ICMS/*/orig", "1")
    (finding,) = findings("NF-DIFAL-003", note)
    assert finding.expected == "4"


def test_substitution_base_may_keep_the_discount() -> None:
    line = NoteBuilder(32).with_items(1, "10").plan().lines[0]
    gross = (line.value * type(line.value)("1.4")).quantize(type(line.value)("0.01"))
    note = NoteBuilder(32).with_items(1, "10").with_discount("10.00").set("det[1]/imposto/ICMS/*/vBCST", str(gross))
    assert findings("NF-ST-001", note) == []
