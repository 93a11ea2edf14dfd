"""Rules of the tax reform: duty, codes, groups, rates, amounts and totals of IBS, CBS and IS."""

from __future__ import annotations

from datetime import datetime

import pytest
from tests.factories.nfe import NoteBuilder
from tests.factories.rule_cases import RuleCase, assert_fires, assert_silent, findings

from malha.fiscal.findings import Severity


def issued(note: NoteBuilder, day: str) -> NoteBuilder:
    return note.issued(datetime.fromisoformat(f"{day}T10:00:00-03:00"))


def sale() -> NoteBuilder:
    """Two items of full taxation in May 2026."""
    return NoteBuilder(111).with_items(2, "00")


def simples() -> NoteBuilder:
    return NoteBuilder(112).simples().with_items(2, "102")


def taxed(ibs: str, *, cst: str = "000", code: str = "000001", extra: str = "", rest: str = "") -> str:
    """An IBSCBS group on a base of 1,000.00: ``ibs`` holds the three parts and vIBS, ``extra`` what follows them."""
    return (
        f"<IBSCBS><CST>{cst}</CST><cClassTrib>{code}</cClassTrib>"
        f"<gIBSCBS><vBC>1000.00</vBC>{ibs}{extra}</gIBSCBS>{rest}</IBSCBS>"
    )


def parts(rates: tuple[str, str, str] = ("0.10", "0.00", "0.90"), reduction: str = "", deferral: str = "",
          values: tuple[str, str, str] = ("1.00", "0.00", "9.00")) -> str:  # fmt: skip
    """State IBS, city IBS, their sum and CBS."""
    more = deferral + reduction
    total = f"{float(values[0]) + float(values[1]):.2f}"
    return (
        f"<gIBSUF><pIBSUF>{rates[0]}</pIBSUF>{more}<vIBSUF>{values[0]}</vIBSUF></gIBSUF>"
        f"<gIBSMun><pIBSMun>{rates[1]}</pIBSMun>{_for(more, rates[1])}<vIBSMun>{values[1]}</vIBSMun></gIBSMun>"
        f"<vIBS>{total}</vIBS>"
        f"<gCBS><pCBS>{rates[2]}</pCBS>{_for(more, rates[2])}<vCBS>{values[2]}</vCBS></gCBS>"
    )


def _for(groups: str, rate: str) -> str:
    """The groups written for the state part, with the amounts of another rate."""
    effective = f"{float(rate) * 0.4:.4f}"
    deferred = f"{float(rate) * 10:.2f}"
    return groups.replace("0.0400", effective).replace("<vDif>1.00", f"<vDif>{deferred}")


_REDUCTION = "<gRed><pRedAliq>60.00</pRedAliq><pAliqEfet>0.0400</pAliqEfet></gRed>"
_DEFERRAL = "<gDif><pDif>100.00</pDif><vDif>1.00</vDif></gDif>"
_REGULAR = (
    "<gTribRegular><CSTReg>000</CSTReg><cClassTribReg>000001</cClassTribReg>"
    "<pAliqEfetRegIBSUF>0.10</pAliqEfetRegIBSUF><vTribRegIBSUF>1.00</vTribRegIBSUF>"
    "<pAliqEfetRegIBSMun>0.00</pAliqEfetRegIBSMun><vTribRegIBSMun>0.00</vTribRegIBSMun>"
    "<pAliqEfetRegCBS>0.90</pAliqEfetRegCBS><vTribRegCBS>9.00</vTribRegCBS></gTribRegular>"
)
_ICMS = "<ICMS><ICMS40><orig>0</orig><CST>41</CST></ICMS40></ICMS>"
_ITEM = "det[1]/imposto/IBSCBS"
_TAXED = f"{_ITEM}/gIBSCBS"
_TOTAL = "total/IBSCBSTot"


def with_group(markup: str) -> NoteBuilder:
    return NoteBuilder(113).with_items(1, "00").replace(_ITEM, markup)


def reduced() -> NoteBuilder:
    values = ("0.40", "0.00", "3.60")
    return with_group(taxed(parts(reduction=_REDUCTION, values=values), cst="200", code="200034"))


def deferred() -> NoteBuilder:
    return with_group(taxed(parts(deferral=_DEFERRAL, values=("0.00", "0.00", "0.00")), cst="510", code="510001"))


def suspended() -> NoteBuilder:
    zero = ("0.00", "0.00", "0.00")
    return with_group(taxed(parts(rates=zero, values=zero), cst="550", code="550001", extra=_REGULAR))


def exempt() -> NoteBuilder:
    return with_group("<IBSCBS><CST>410</CST><cClassTrib>410001</cClassTrib></IBSCBS>")


def fuel() -> NoteBuilder:
    group = "<gIBSCBSMono><gMonoPadrao><vIBSMono>1.00</vIBSMono><vCBSMono>2.00</vCBSMono></gMonoPadrao></gIBSCBSMono>"
    note = with_group(f"<IBSCBS><CST>620</CST><cClassTrib>620001</cClassTrib>{group}</IBSCBS>")
    return note.replace(_TOTAL, "<IBSCBSTot><vBCIBSCBS>0.00</vBCIBSCBS><gMono><vIBSMono>1.00</vIBSMono>"
                                "<vCBSMono>2.00</vCBSMono></gMono></IBSCBSTot>")  # fmt: skip


def selective() -> NoteBuilder:
    group = "<IS><CSTIS>000</CSTIS><cClassTribIS>000001</cClassTribIS><vBCIS>100.00</vBCIS><pIS>10.00</pIS>"
    note = sale().add("det[1]/imposto", f"{group}<vIS>10.00</vIS></IS>")
    return note.add("total", "<ISTot><vIS>10.00</vIS></ISTot>")


def credit_note() -> NoteBuilder:
    note = NoteBuilder(114).with_items(1, "00").set("ide/finNFe", "5").set("ide/tpNF", "0")
    note.set("ide/tpNFCredito", "01").remove("det[1]/imposto/ICMS")
    return note.remove("det[1]/imposto/PIS").remove("det[1]/imposto/COFINS")


def debit_note() -> NoteBuilder:
    note = issued(NoteBuilder(114), "2026-09-01").with_items(1, "00").set("ide/finNFe", "6")
    note.set("ide/tpNFDebito", "01").set(f"{_ITEM}/CST", "800").set(f"{_ITEM}/cClassTrib", "800002")
    return note.remove("det[1]/imposto/ICMS").remove("det[1]/imposto/PIS").remove("det[1]/imposto/COFINS")


CASES = [
    RuleCase("RTC-001", "legal duty", sale, (("remove", _ITEM),), "imposto/IBSCBS", 1, Severity.MEDIUM),
    RuleCase("RTC-001", "no longer refused", lambda: issued(sale(), "2026-08-03"), (("remove", _ITEM),),
             "imposto/IBSCBS", 1),
    RuleCase("RTC-002", "CST", sale, (("set", f"{_ITEM}/CST", "999"),), "IBSCBS/CST", 1),
    RuleCase("RTC-002", "class", sale, (("set", f"{_ITEM}/cClassTrib", "000999"),), "IBSCBS/cClassTrib", 1),
    RuleCase("RTC-002", "of another document", sale,
             (("set", f"{_ITEM}/cClassTrib", "000002"),), "IBSCBS/cClassTrib", 1),
    RuleCase("RTC-002", "no longer in force", sale,
             (("set", f"{_ITEM}/CST", "220"), ("set", f"{_ITEM}/cClassTrib", "220001")), "IBSCBS/cClassTrib", 1),
    RuleCase("RTC-002", "regular CST", suspended, (("set", f"{_TAXED}/gTribRegular/CSTReg", "999"),), "/CSTReg", 1),
    RuleCase("RTC-002", "regular class", suspended,
             (("set", f"{_TAXED}/gTribRegular/cClassTribReg", "999999"),), "/cClassTribReg", 1),
    RuleCase("RTC-003", "of another CST", sale, (("set", f"{_ITEM}/cClassTrib", "200034"),), "IBSCBS/cClassTrib", 1),
    RuleCase("RTC-004", "no group", sale, (("remove", _TAXED),), "IBSCBS/gIBSCBS", 1),
    RuleCase("RTC-004", "undue group", exempt,
             (("add", _ITEM, f"<gIBSCBS><vBC>1000.00</vBC>{parts()}</gIBSCBS>"),), "IBSCBS/gIBSCBS", 1),
    RuleCase("RTC-004", "undue single phase", sale, (("add", _ITEM, "<gIBSCBSMono/>"),), "IBSCBS/gIBSCBSMono", 1),
    RuleCase("RTC-004", "undue transfer", sale, (("add", _ITEM, "<gTransfCred><vIBS>1.00</vIBS></gTransfCred>"),),
             "IBSCBS/gTransfCred", 1),
    RuleCase("RTC-004", "undue reversal", sale,
             (("add", _ITEM, "<gEstornoCred><vIBSEstCred>1.00</vIBSEstCred></gEstornoCred>"),), "/gEstornoCred", 1),
    RuleCase("RTC-004", "undue reduction", sale, (("add", f"{_TAXED}/gIBSUF", _REDUCTION),), "gIBSUF/gRed", 1),
    RuleCase("RTC-004", "missing reduction", reduced, (("remove", f"{_TAXED}/gCBS/gRed"),), "gCBS/gRed", 1),
    RuleCase("RTC-004", "undue deferral", sale, (("add", f"{_TAXED}/gIBSMun", _DEFERRAL),), "gIBSMun/gDif", 1),
    RuleCase("RTC-004", "missing deferral", deferred, (("remove", f"{_TAXED}/gIBSUF/gDif"),), "gIBSUF/gDif", 1),
    RuleCase("RTC-004", "missing regular taxation", suspended,
             (("remove", f"{_TAXED}/gTribRegular"),), "/gTribRegular", 1),
    RuleCase("RTC-004", "undue regular taxation", sale, (("add", _TAXED, _REGULAR),), "/gTribRegular", 1),
    RuleCase("RTC-005", "state", sale, (("set", f"{_TAXED}/gIBSUF/pIBSUF", "0.0500"),), "gIBSUF/pIBSUF", 1),
    RuleCase("RTC-005", "city", sale, (("set", f"{_TAXED}/gIBSMun/pIBSMun", "0.0500"),), "gIBSMun/pIBSMun", 1),
    RuleCase("RTC-005", "CBS", sale, (("set", f"{_TAXED}/gCBS/pCBS", "8.8000"),), "gCBS/pCBS", 1),
    RuleCase("RTC-005", "suspended", suspended, (("set", f"{_TAXED}/gCBS/pCBS", "0.90"),), "gCBS/pCBS", 1),
    RuleCase("RTC-006", "another reduction", reduced,
             (("set", f"{_TAXED}/gIBSUF/gRed/pRedAliq", "30.00"),), "gIBSUF/gRed/pRedAliq", 1),
    RuleCase("RTC-006", "effective rate", reduced,
             (("set", f"{_TAXED}/gCBS/gRed/pAliqEfet", "0.9000"),), "gCBS/gRed/pAliqEfet", 1),
    RuleCase("RTC-007", "state", sale, (("set", f"{_TAXED}/gIBSUF/vIBSUF", "500.00"),), "gIBSUF/vIBSUF", 1),
    RuleCase("RTC-007", "city", sale, (("set", f"{_TAXED}/gIBSMun/vIBSMun", "0.02"),), "gIBSMun/vIBSMun", 1),
    RuleCase("RTC-007", "CBS at its reduced rate", reduced, (("set", f"{_TAXED}/gCBS/vCBS", "9.00"),), "gCBS/vCBS", 1),
    RuleCase("RTC-007", "deferred part", deferred,
             (("set", f"{_TAXED}/gCBS/gDif/pDif", "50.00"),), "gCBS/gDif/vDif", 1),
    RuleCase("RTC-008", "sum", sale, (("set", f"{_TAXED}/vIBS", "0.01"),), "gIBSCBS/vIBS", 1),
    RuleCase("RTC-009", "taxes left in", sale, (("set", f"{_TAXED}/vBC", "1.00"),), "gIBSCBS/vBC", 1),
    RuleCase("RTC-010", "base", sale, (("set", f"{_TOTAL}/vBCIBSCBS", "1.00"),), "IBSCBSTot/vBCIBSCBS"),
    RuleCase("RTC-010", "state", sale, (("set", f"{_TOTAL}/gIBS/gIBSUF/vIBSUF", "999.00"),), "gIBSUF/vIBSUF"),
    RuleCase("RTC-010", "deferral", sale, (("set", f"{_TOTAL}/gIBS/gIBSUF/vDif", "999.00"),), "gIBSUF/vDif"),
    RuleCase("RTC-010", "city", sale, (("set", f"{_TOTAL}/gIBS/gIBSMun/vIBSMun", "999.00"),), "gIBSMun/vIBSMun"),
    RuleCase("RTC-010", "given back", sale, (("set", f"{_TOTAL}/gIBS/gIBSMun/vDevTrib", "9.00"),), "gIBSMun/vDevTrib"),
    RuleCase("RTC-010", "IBS", sale, (("set", f"{_TOTAL}/gIBS/vIBS", "999.00"),), "gIBS/vIBS"),
    RuleCase("RTC-010", "credit", sale, (("set", f"{_TOTAL}/gCBS/vCredPres", "999.00"),), "gCBS/vCredPres"),
    RuleCase("RTC-010", "CBS", sale, (("set", f"{_TOTAL}/gCBS/vCBS", "999.00"),), "gCBS/vCBS"),
    RuleCase("RTC-010", "single phase", fuel, (("set", f"{_TOTAL}/gMono/vCBSMono", "9.00"),), "gMono/vCBSMono"),
    RuleCase("RTC-010", "IS", selective, (("set", "total/ISTot/vIS", "99.00"),), "ISTot/vIS"),
    RuleCase("RTC-010", "a cent", selective, (("set", "total/ISTot/vIS", "10.01"),), "ISTot/vIS", None, Severity.LOW),
    RuleCase("RTC-011", "no totals", sale, (("remove", _TOTAL),), "total/IBSCBSTot"),
    RuleCase("RTC-011", "no items", sale,
             (("remove", "det[1]/imposto/IBSCBS"), ("remove", "det[2]/imposto/IBSCBS")), "total/IBSCBSTot"),
    RuleCase("RTC-011", "no IS total", selective, (("remove", "total/ISTot"),), "total/ISTot"),
    RuleCase("RTC-012", "none", sale, (("remove", "total/vNFTot"),), "total/vNFTot", None, Severity.LOW),
    RuleCase("RTC-012", "sum of items", sale, (("set", "total/vNFTot", "1.00"),), "total/vNFTot"),
    RuleCase("RTC-012", "item", sale, (("set", "det[2]/vItem", "1.00"),), "det[2]/vItem", 2),
    RuleCase("RTC-013", "old taxes", credit_note,
             (("add", "det[1]/imposto", _ICMS),), "imposto/ICMS", 1),
    RuleCase("RTC-013", "no kind", credit_note, (("remove", "ide/tpNFCredito"),), "ide/tpNFCredito"),
    RuleCase("RTC-013", "direction", credit_note, (("set", "ide/tpNF", "1"),), "ide/tpNF"),
    RuleCase("RTC-013", "kind in a sale", sale, (("set", "ide/tpNFDebito", "04"),), "ide/tpNFDebito"),
    RuleCase("RTC-013", "debit without kind", debit_note, (("remove", "ide/tpNFDebito"),), "ide/tpNFDebito"),
    RuleCase("RTC-014", "amount", selective, (("set", "det[1]/imposto/IS/vIS", "11.00"),), "IS/vIS", 1),
    RuleCase("RTC-014", "inside", sale, (("add", _ITEM, "<IS><vIS>1.00</vIS></IS>"),), "IBSCBS/IS", 1),
    RuleCase("RTC-015", "too early", simples, (("add", "det[2]/imposto", taxed(parts())),), "imposto/IBSCBS", 2),
    RuleCase("RTC-017", "debit", debit_note, (("set", f"{_ITEM}/cClassTrib", "811001"),), "IBSCBS/cClassTrib", 1),
    RuleCase("RTC-018", "state", suspended,
             (("set", f"{_TAXED}/gTribRegular/vTribRegIBSUF", "5.00"),), "/vTribRegIBSUF", 1),
    RuleCase("RTC-018", "CBS", suspended, (("set", f"{_TAXED}/gTribRegular/vTribRegCBS", "5.00"),), "/vTribRegCBS", 1),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rule_fires_on_its_mutation(case: RuleCase) -> None:
    assert_fires(case)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rule_is_silent_on_the_note_before(case: RuleCase) -> None:
    assert_silent(case)


_ANP = "<comb><cProdANP>320102001</cProdANP><descANP>Gasolina</descANP></comb>"
_PUBLIC = "<gCompraGov><tpEnteGov>1</tpEnteGov><pRedutor>10.0000</pRedutor><tpOperGov>1</tpOperGov></gCompraGov>"


def manaus() -> NoteBuilder:
    note = sale().set("emit/enderEmit/cMun", "1302603").set("dest/enderDest/cMun", "1303569")
    return note.set("det[1]/prod/NCM", "94036000").set(f"{_TAXED}/gCBS/pCBS", "0.00")


EXCEPTIONS = [
    ("RTC-001", issued(sale(), "2025-12-31")),
    ("RTC-001", simples()),
    ("RTC-001", sale().remove(_ITEM).add("det[1]/prod", _ANP)),
    ("RTC-001", issued(NoteBuilder(115).with_items(1, "00"), "2027-06-01").returning(sale().key).remove(_ITEM)),
    ("RTC-004", sale().set("ide/tpNFDebito", "07").remove(_TAXED).remove("det[2]/imposto/IBSCBS/gIBSCBS")),
    ("RTC-005", issued(sale(), "2027-02-01").returning(sale().key)),
    ("RTC-005", manaus()),
    ("RTC-006", reduced().add("ide", _PUBLIC).set(f"{_TAXED}/gIBSUF/gRed/pRedAliq", "0.00")
     .set(f"{_TAXED}/gIBSUF/gRed/pAliqEfet", "0.0900").set(f"{_TAXED}/gCBS/gRed/pRedAliq", "0.00")
     .set(f"{_TAXED}/gCBS/gRed/pAliqEfet", "0.8100")),
    ("RTC-012", sale().set("det[1]/vItem", "0.00").set("det[1]/prod/indTot", "0").remove("det[2]/vItem")),
    ("RTC-013", credit_note().set("ide/tpNFCredito", "03")
     .add("det[1]/imposto", _ICMS)),
    ("RTC-015", issued(simples(), "2027-01-04").add("det[2]/imposto", taxed(parts()))),
]  # fmt: skip


@pytest.mark.parametrize(("rule_id", "note"), EXCEPTIONS, ids=[f"{rule} {n}" for n, (rule, _) in enumerate(EXCEPTIONS)])
def test_exceptions_of_the_technical_note_are_kept(rule_id: str, note: NoteBuilder) -> None:
    assert findings(rule_id, note) == []


def test_simples_must_inform_from_2027_on() -> None:
    (first, _) = findings("RTC-001", issued(simples(), "2027-01-04"))
    assert first.severity is Severity.HIGH
    assert findings("RTC-001", issued(simples(), "2027-01-03")) == []


def test_cbs_of_perfumes_is_not_zero_in_the_free_zone() -> None:
    (finding,) = findings("RTC-005", manaus().set("det[1]/prod/NCM", "33019010"))
    assert finding.expected == "0.9"


def test_rates_of_2027_are_those_of_the_law() -> None:
    found = {one.xpath.rpartition("/")[2]: one.expected for one in findings("RTC-005", issued(sale(), "2027-02-01"))}
    assert found == {"pIBSUF": "0.05", "pIBSMun": "0.05"}, "the CBS rate of 2027 awaits its law"


def test_item_values_count_the_new_taxes_from_2027_on() -> None:
    found = findings("RTC-012", issued(sale(), "2027-02-01"))
    assert [one.n_item for one in found] == [1, 2]
    assert findings("RTC-012", issued(sale(), "2026-12-31")) == []
