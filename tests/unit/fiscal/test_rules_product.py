"""Rules on product codes, tax data of products, units and lots."""

from __future__ import annotations

from datetime import datetime

import pytest
from tests.factories.nfe import NoteBuilder
from tests.factories.rule_cases import RuleCase, assert_fires, assert_silent, findings

from malha.fiscal.findings import Severity


def sale() -> NoteBuilder:
    """Items of CST 00, 20, 60, 40."""
    return NoteBuilder(81)


def old_sale() -> NoteBuilder:
    return NoteBuilder(81, layout="3.10")


def interstate() -> NoteBuilder:
    return NoteBuilder(82).with_items(2, "00").interstate("BA")


def imported() -> NoteBuilder:
    note = NoteBuilder(83).with_items(1, "00").interstate("BA").set("det[1]/imposto/ICMS/*/orig", "1")
    return note.set("det[1]/imposto/ICMS/*/pICMS", "4.00")


def with_fci() -> NoteBuilder:
    note = NoteBuilder(84).with_items(1, "00").interstate("BA").set("det[1]/imposto/ICMS/*/orig", "5")
    return note.set("det[1]/prod/nFCI", "B01F70AF-10BF-4B1F-848C-65FF57F616FE")


def medicine() -> NoteBuilder:
    note = NoteBuilder(85).with_items(1, "00").set("det[1]/prod/NCM", "30049099")
    lot = "<nLote>A1</nLote><qLote>3.000</qLote><dFab>2026-01-05</dFab><dVal>2027-01-05</dVal>"
    note.add("det[1]/prod", f"<rastro>{lot}</rastro>").set("det[1]/prod/qCom", "3.0000")
    return note.add("det[1]/prod", "<med><cProdANVISA>1000000000001</cProdANVISA><vPMC>999.00</vPMC></med>")


def others_with_substitution() -> NoteBuilder:
    note = NoteBuilder(86).with_items(1, "10")
    icms = "<orig>0</orig><CST>90</CST><vBCST>100.00</vBCST><pICMSST>18.00</pICMSST><vICMSST>18.00</vICMSST>"
    return note.replace("det[1]/imposto/ICMS/ICMS10", f"<ICMS90>{icms}</ICMS90>")


def moved_to(note: NoteBuilder, day: str) -> NoteBuilder:
    return note.issued(datetime.fromisoformat(f"{day}T10:00:00-03:00"))


_PROD = "det[1]/prod"
_ICMS = "det[1]/imposto/ICMS/*"

CASES = [
    RuleCase("NF-PRD-001", "short", sale, (("set", f"{_PROD}/NCM", "8471"),), "prod/NCM", 1),
    RuleCase("NF-PRD-001", "letters", sale, (("set", f"{_PROD}/NCM", "8471301A"),), "prod/NCM", 1),
    RuleCase("NF-PRD-002", "never existed", sale, (("set", f"{_PROD}/NCM", "84713099"),), "prod/NCM", 1),
    RuleCase("NF-PRD-002", "chapter", sale, (("set", f"{_PROD}/NCM", "77010000"),), "prod/NCM", 1),
    RuleCase("NF-PRD-002", "revoked", sale, (("set", f"{_PROD}/NCM", "04031000"),), "prod/NCM", 1),
    RuleCase("NF-PRD-003", "sold", sale, (("set", f"{_PROD}/cEAN", "7891000100104"),), "prod/cEAN", 1),
    RuleCase("NF-PRD-003", "taxed", sale, (("set", f"{_PROD}/cEANTrib", "123"),), "prod/cEANTrib", 1),
    RuleCase("NF-PRD-003", "empty", sale, (("set", f"{_PROD}/cEAN", ""),), "prod/cEAN", 1),
    RuleCase("NF-PRD-004", "scale label", sale, (("set", f"{_PROD}/cEAN", "2000000000015"),), "prod/cEAN", 1),
    RuleCase("NF-PRD-006", "CST 60", sale, (("remove", "det[3]/prod/CEST"),), "prod/CEST", 3),
    RuleCase("NF-PRD-006", "CSOSN 500", lambda: NoteBuilder(87).simples(),
             (("remove", "det[3]/prod/CEST"),), "prod/CEST", 3),
    RuleCase("NF-PRD-006", "CST 90 that charges it", others_with_substitution,
             (("remove", f"{_PROD}/CEST"),), "prod/CEST", 1),
    RuleCase("NF-PRD-007", "unknown", sale, (("set", "det[3]/prod/CEST", "9999999"),), "prod/CEST", 3),
    RuleCase("NF-PRD-007", "of another NCM", sale, (("set", "det[3]/prod/NCM", "84713012"),), "prod/CEST", 3),
    RuleCase("NF-PRD-008", "another state", sale, (("set", "det[2]/prod/cBenef", "PR800020"),), "prod/cBenef", 2),
    RuleCase("NF-PRD-008", "missing where asked", lambda: NoteBuilder(88).from_state("PR"),
             (("remove", "det[2]/prod/cBenef"),), "prod/cBenef", 2, Severity.LOW),
    RuleCase("NF-PRD-009", "12 per cent", imported, (("set", f"{_ICMS}/pICMS", "12.00"),), "ICMS00/pICMS", 1),
    RuleCase("NF-PRD-010", "no number", with_fci, (("remove", f"{_PROD}/nFCI"),), "prod/nFCI", 1),
    RuleCase("NF-PRD-011", "another quantity", sale, (("set", f"{_PROD}/qTrib", "1.5000"),), "prod/qTrib", 1),
    RuleCase("NF-PRD-012", "expired when made", medicine,
             (("set", f"{_PROD}/rastro/dVal", "2025-12-31"),), "rastro/dVal", 1),
    RuleCase("NF-PRD-012", "made later", medicine, (("set", f"{_PROD}/rastro/dFab", "2026-06-01"),), "rastro/dFab", 1),
    RuleCase("NF-PRD-012", "lots and quantity", medicine, (("set", f"{_PROD}/rastro/qLote", "2.000"),), "prod/qCom", 1),
    RuleCase("NF-PRD-012", "no lot", medicine, (("remove", f"{_PROD}/rastro"),), "prod/rastro", 1),
    RuleCase("NF-PRD-012", "no medicine group", medicine,
             (("remove", f"{_PROD}/med"),), "prod/med", 1, Severity.INFO),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rule_fires_on_its_mutation(case: RuleCase) -> None:
    assert_fires(case)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rule_is_silent_on_the_note_before(case: RuleCase) -> None:
    assert_silent(case)


EXCEPTIONS = [
    ("NF-PRD-001", sale().set(f"{_PROD}/NCM", "00")),
    ("NF-PRD-002", moved_to(sale(), "2021-06-01").set(f"{_PROD}/NCM", "04031000")),
    ("NF-PRD-002", moved_to(sale(), "2019-06-01").set(f"{_PROD}/NCM", "84713099")),
    ("NF-PRD-003", sale().set(f"{_PROD}/cEAN", "SEM GTIN").set(f"{_PROD}/cEANTrib", "SEM GTIN")),
    ("NF-PRD-003", old_sale()),
    ("NF-PRD-006", moved_to(sale(), "2018-03-31").remove("det[3]/prod/CEST")),
    ("NF-PRD-007", sale().set("det[3]/prod/CEST", "2800100").set("det[3]/prod/NCM", "84713012")),
    ("NF-PRD-008", sale().set("det[2]/prod/cBenef", "SEM CBENEF")),
    ("NF-PRD-008", moved_to(NoteBuilder(88).from_state("PR"), "2019-01-10").remove("det[2]/prod/cBenef")),
    ("NF-PRD-009", imported().set(f"{_ICMS}/pICMS", "12.00").set("det[1]/prod/CFOP", "6916")),
    ("NF-PRD-010", with_fci().remove(f"{_PROD}/nFCI").set("ide/idDest", "1")),
    ("NF-PRD-011", sale().set(f"{_PROD}/qTrib", "1.5000").set(f"{_PROD}/uTrib", "CX")),
    ("NF-PRD-012", medicine().remove(f"{_PROD}/rastro").set("ide/indPres", "2")),
]


@pytest.mark.parametrize(("rule_id", "note"), EXCEPTIONS, ids=[f"{rule} {n}" for n, (rule, _) in enumerate(EXCEPTIONS)])
def test_exceptions_are_kept(rule_id: str, note: NoteBuilder) -> None:
    assert findings(rule_id, note) == []


def test_an_ncm_before_its_first_day_says_since_when() -> None:
    (finding,) = findings("NF-PRD-002", moved_to(sale(), "2021-06-01").set(f"{_PROD}/NCM", "97019100"))
    assert finding.expected == "desde 2022-04-01"
    assert "vigência" in finding.message_pt


def test_interstate_sales_of_national_goods_say_nothing_of_import() -> None:
    assert findings("NF-PRD-009", interstate()) == []
    assert findings("NF-PRD-010", interstate()) == []
