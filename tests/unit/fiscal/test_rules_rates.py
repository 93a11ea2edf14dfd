"""Rules on rates and bases against the law's tables, and on products with groups of their own."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from tests.factories.mistaken_notes_models import reform
from tests.factories.mistaken_notes_products import car, fuel, interstate, part_imported, sale
from tests.factories.mistaken_notes_taxes import (
    at_rate,
    deferred,
    difal,
    difal_at,
    exempted,
    in_bahia,
    made_here,
    service,
    substituted_to_bahia,
    taxed,
    to_bahia,
    to_rio,
    with_costs,
)
from tests.factories.mistaken_notes_totals import instalments
from tests.factories.nfe import NoteBuilder
from tests.factories.rule_cases import RuleCase, assert_fires, assert_silent, findings

from malha.fiscal.findings import Severity

_I = "det[1]/imposto"
_ICMS = f"{_I}/ICMS/*"
_DIFAL = f"{_I}/ICMSUFDest"
_PROD = "det[1]/prod"


def free_zone() -> NoteBuilder:
    return exempted().set(f"{_ICMS}/motDesICMS", "7").set("dest/ISUF", "200000000").set(f"{_PROD}/CFOP", "6109")


def at_the_pump() -> NoteBuilder:
    pump = "<nBico>1</nBico><nTanque>1</nTanque><vEncIni>100.000</vEncIni><vEncFin>120.000</vEncFin>"
    return fuel().add(f"{_PROD}/comb", f"<encerrante>{pump}</encerrante>")


def of_class(code: str, ncm: str) -> NoteBuilder:
    note = reform().set(f"{_PROD}/NCM", ncm)
    return note.set(f"{_I}/IBSCBS/CST", code[:3]).set(f"{_I}/IBSCBS/cClassTrib", code)


def with_food() -> NoteBuilder:
    return of_class("200003", "10063021")


CASES = [
    RuleCase("NF-ICMS-008", "zero", taxed, (("set", f"{_ICMS}/pICMS", "0.00"),), "ICMS00/pICMS", 1),
    RuleCase("NF-ICMS-009", "81 %", taxed, (("set", f"{_ICMS}/pICMS", "81.00"),), "ICMS00/pICMS", 1),
    RuleCase("NF-ICMS-009", "81 % of a deferred item", deferred, (("set", f"{_ICMS}/pICMS", "81.00"),), "/pICMS", 1),
    RuleCase("NF-ICMS-009", "1.8 %", taxed, (("set", f"{_ICMS}/pICMS", "1.80"),), "ICMS00/pICMS", 1),
    RuleCase("NF-ICMS-009", "of the year before", in_bahia, (("set", f"{_ICMS}/pICMS", "19.00"),), "ICMS00/pICMS", 1,
             Severity.MEDIUM),
    RuleCase("NF-ICMS-009", "of a neighbour", taxed, (("set", f"{_ICMS}/pICMS", "17.00"),), "ICMS00/pICMS", 1,
             Severity.INFO),
    RuleCase("NF-ICMS-010", "nothing", sale, (("set", "det[2]/imposto/ICMS/*/pRedBC", "0.00"),), "/pRedBC", 2),
    RuleCase("NF-ICMS-011", "no registration", free_zone, (("remove", "dest/ISUF"),), "dest/ISUF"),
    RuleCase("NF-ICMS-011", "plain code", free_zone, (("set", f"{_PROD}/CFOP", "6102"),), "prod/CFOP", 1),
    RuleCase("NF-DIFAL-003", "5 %", to_bahia, (("set", f"{_ICMS}/pICMS", "5.00"),), "ICMS00/pICMS", 1, Severity.HIGH),
    RuleCase("NF-DIFAL-003", "7 for 12 %", to_rio, (("set", f"{_ICMS}/pICMS", "7.00"),), "ICMS00/pICMS", 1,
             Severity.MEDIUM),
    RuleCase("NF-DIFAL-004", "of the years before", difal, (("set", f"{_DIFAL}/pICMSUFDest", "18.00"),),
             "/pICMSUFDest", 1, Severity.MEDIUM),
    RuleCase("NF-DIFAL-004", "of nobody", difal, (("set", f"{_DIFAL}/pICMSUFDest", "205.00"),), "/pICMSUFDest", 1,
             Severity.HIGH),
    RuleCase("NF-DIFAL-004", "fund", difal, (("set", f"{_DIFAL}/pFCPUFDest", "20.00"),), "/pFCPUFDest", 1),
    RuleCase("NF-DIFAL-005", "half", difal, (("set", f"{_DIFAL}/vBCUFDest", "1.00"),), "/vBCUFDest", 1),
    RuleCase("NF-ST-006", "of the years before", substituted_to_bahia, (("set", f"{_ICMS}/pICMSST", "19.00"),),
             "ICMS10/pICMSST", 1, Severity.MEDIUM),
    RuleCase("NF-IPI-004", "half", made_here, (("set", f"{_I}/IPI/IPITrib/vBC", "1.00"),), "IPITrib/vBC", 1),
    RuleCase("NF-PIS-005", "half", sale, (("set", f"{_I}/PIS/PISAliq/vBC", "1.00"),), "PISAliq/vBC", 1),
    RuleCase("NF-PIS-006", "PIS", sale, (("set", f"{_I}/PIS/PISAliq/CST", "50"),), "PISAliq/CST", 1),
    RuleCase("NF-PIS-006", "COFINS", sale, (("set", f"{_I}/COFINS/COFINSAliq/CST", "60"),), "COFINSAliq/CST", 1),
    RuleCase("NF-PIS-007", "PIS", sale, (("remove", f"{_I}/PIS"),), "imposto/PIS", 1),
    RuleCase("NF-PIS-007", "COFINS", sale, (("remove", f"{_I}/COFINS"),), "imposto/COFINS", 1),
    RuleCase("NF-ISS-002", "registration", service, (("remove", "emit/IM"),), "emit/IM"),
    RuleCase("NF-ISS-002", "service", service, (("set", f"{_I}/ISSQN/cListServ", "14.99"),), "ISSQN/cListServ", 1),
    RuleCase("NF-ISS-002", "city", service, (("set", f"{_I}/ISSQN/cMunFG", "3550380"),), "ISSQN/cMunFG", 1),
    RuleCase("NF-ISS-003", "goods", service, (("set", f"{_PROD}/CFOP", "5102"),), "prod/CFOP", 1),
    RuleCase("NF-ISS-003", "service", sale, (("set", f"{_PROD}/CFOP", "5933"),), "prod/CFOP", 1),
    RuleCase("NF-ITM-003", "discount", with_costs, (("set", f"{_PROD}/vDesc", "99999999.00"),), "prod/vDesc", 1),
    RuleCase("NF-PRD-014", "gasoline", sale, (("set", f"{_PROD}/NCM", "27101259"),), "prod/comb", 1),
    RuleCase("NF-PRD-014", "jet fuel to a consumer elsewhere", interstate,
             (("set", f"{_PROD}/NCM", "27101911"), ("set", f"{_PROD}/CFOP", "6108")), "prod/comb", 1),
    RuleCase("NF-PRD-016", "reading below the first", at_the_pump,
             (("set", f"{_PROD}/comb/encerrante/vEncFin", "99.000"),), "encerrante/vEncFin", 1),
    RuleCase("NF-PRD-015", "national", part_imported, (("set", f"{_ICMS}/orig", "0"),), "ICMS00/orig", 1),
    RuleCase("NF-VEI-001", "maker", car, (("remove", f"{_PROD}/veicProd"),), "prod/veicProd", 1, Severity.MEDIUM),
    RuleCase("NF-VEI-001", "dealer", interstate, (("set", f"{_PROD}/NCM", "87032310"),), "prod/veicProd", 1,
             Severity.LOW),
    RuleCase("NF-VEI-002", "past", car, (("set", f"{_PROD}/veicProd/anoMod", "2025"),), "veicProd/anoMod", 1),
    RuleCase("NF-VEI-002", "future", car, (("set", f"{_PROD}/veicProd/anoMod", "2028"),), "veicProd/anoMod", 1),
    RuleCase("NF-PAY-006", "", instalments, (("set", "pag/detPag/tPag", "90"),), "detPag/tPag"),
    RuleCase("RTC-019", "computer as food", with_food, (("set", f"{_PROD}/NCM", "84713012"),), "/cClassTrib", 1),
    RuleCase("RTC-019", "goose liver", with_food, (("set", f"{_PROD}/NCM", "02074300"),), "/cClassTrib", 1),
    RuleCase("RTC-019", "salmon", with_food, (("set", f"{_PROD}/NCM", "03021400"),), "/cClassTrib", 1),
    RuleCase("RTC-019", "cachaça", with_food, (("set", f"{_PROD}/NCM", "22084000"),), "/cClassTrib", 1),
    RuleCase("RTC-019", "shampoo as soap", lambda: of_class("200035", "34011190"),
             (("set", f"{_PROD}/NCM", "33051000"),), "/cClassTrib", 1),
    RuleCase("RTC-019", "mushroom as vegetable", lambda: of_class("200014", "07020000"),
             (("set", f"{_PROD}/NCM", "07095100"),), "/cClassTrib", 1),
    RuleCase("RTC-019", "lobster as food", lambda: of_class("200034", "03061790"),
             (("set", f"{_PROD}/NCM", "03061110"),), "/cClassTrib", 1),
    RuleCase("RTC-019", "vegetable as basic food", with_food, (("set", f"{_PROD}/NCM", "07020000"),), "/cClassTrib", 1,
             Severity.INFO),
    RuleCase("RTC-019", "syringe beside the list", lambda: of_class("200004", "90181100"),
             (("set", f"{_PROD}/NCM", "90183119"),), "/cClassTrib", 1, Severity.INFO),
    RuleCase("RTC-019", "furniture as a device", lambda: of_class("200004", "90181100"),
             (("set", f"{_PROD}/NCM", "94036000"),), "/cClassTrib", 1),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rule_fires_on_its_mutation(case: RuleCase) -> None:
    assert_fires(case)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rule_is_silent_on_the_note_before(case: RuleCase) -> None:
    assert_silent(case)


def in_year(note: NoteBuilder, year: int) -> NoteBuilder:
    return note.issued(datetime.fromisoformat(f"{year}-05-12T10:30:00-03:00"))


def used_car(**edits: str) -> NoteBuilder:
    note = interstate().set(f"{_PROD}/NCM", "87032310")
    for field, value in edits.items():
        note.set(f"{_PROD}/{field}", value)
    return note


ACCEPTED = [
    ("NF-ICMS-009", in_bahia().set(f"{_ICMS}/pICMS", "17.00")),
    ("NF-ICMS-009", in_bahia().set(f"{_ICMS}/pICMS", "12.00")),
    ("NF-ICMS-009", taxed().set(f"{_ICMS}/pICMS", "25.00")),
    ("NF-DIFAL-004", difal_at("17.00")),
    ("RTC-019", of_class("200034", "10011900")),
    ("RTC-019", of_class("200034", "08051000")),
    ("RTC-019", of_class("200014", "06031100")),
    ("RTC-019", of_class("200007", "87131000")),
    ("NF-ICMS-008", taxed().set(f"{_PROD}/vProd", "0.00").set(f"{_ICMS}/pICMS", "0.00")),
    ("NF-ICMS-009", at_rate(taxed(), "7.00")),
    ("NF-ICMS-009", at_rate(taxed(), "12.00")),
    ("NF-ICMS-009", at_rate(taxed(), "25.00")),
    ("NF-ICMS-009", at_rate(taxed(), "20.00")),
    ("NF-ICMS-009", in_year(at_rate(in_bahia(), "19.00"), 2023)),
    ("NF-DIFAL-003", to_bahia().set(f"{_PROD}/CFOP", "6119").set(f"{_ICMS}/pICMS", "5.00")),
    ("NF-DIFAL-004", difal_at("12.00")),
    ("NF-DIFAL-004", difal_at("25.00")),
    ("NF-DIFAL-004", in_year(difal_at("19.00"), 2023)),
    ("NF-ICMS-011", exempted()),
    ("NF-PIS-006", sale().set(f"{_I}/PIS/PISAliq/CST", "49")),
    ("NF-PRD-014", sale().set(f"{_PROD}/NCM", "27101932")),
    ("NF-PRD-014", sale().set(f"{_PROD}/NCM", "27101259").set(f"{_PROD}/CFOP", "5949")),
    ("NF-VEI-001", used_car(indBemMovelUsado="1")),
    ("NF-VEI-001", used_car(xProd="Automóvel usado 2018")),
    ("NF-VEI-001", used_car(NCM="87116000")),
    ("NF-VEI-001", used_car(CFOP="6915")),
    ("NF-VEI-002", car().set(f"{_PROD}/veicProd/anoMod", "2027")),
    ("RTC-019", reform()),
]


@pytest.mark.parametrize(("rule_id", "note"), ACCEPTED, ids=[f"{rule} {no}" for no, (rule, _) in enumerate(ACCEPTED)])
def test_what_the_law_allows_is_no_finding(rule_id: str, note: NoteBuilder) -> None:
    assert findings(rule_id, note) == []


@pytest.mark.parametrize("kept", [("vICMS",), ("vICMS", "vFrete"), ("vFrete", "vSeg"), ()])
def test_every_usual_reading_of_the_contributions_base_is_accepted(kept: tuple[str, ...]) -> None:
    """With or without ICMS and costs: what is in ``kept`` is left out of the base."""
    line = with_costs().plan().lines[0]
    parts = {"vICMS": line.operation_value * 18 / 100, "vFrete": line.freight, "vSeg": line.insurance}
    base = line.operation_value - sum(parts[name] for name in kept)
    assert findings("NF-PIS-005", with_costs().set(f"{_I}/PIS/PISAliq/vBC", f"{base:.2f}")) == []


@pytest.mark.parametrize("divisor", ["1", "0.795"])
def test_a_base_with_the_destinations_tax_inside_is_accepted(divisor: str) -> None:
    value = difal().plan().lines[0].operation_value
    base = value / Decimal(divisor)
    assert findings("NF-DIFAL-005", difal().set(f"{_DIFAL}/vBCUFDest", f"{base:.2f}")) == []
