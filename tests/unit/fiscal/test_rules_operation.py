"""Rules on direction, destination, CFOP, references, foreign trade, regime and freight."""

from __future__ import annotations

from datetime import datetime

import pytest
from tests.factories.nfe import NoteBuilder
from tests.factories.rule_cases import RuleCase, assert_fires, assert_silent, findings

from malha.fiscal.findings import Severity


def sale() -> NoteBuilder:
    """Items of CST 00, 20, 60, 40 inside São Paulo."""
    return NoteBuilder(51)


def interstate() -> NoteBuilder:
    return NoteBuilder(52).with_items(2, "00").interstate("BA")


def entry() -> NoteBuilder:
    """Goods taken in under a note of one's own."""
    note = NoteBuilder(53).with_items(1, "00").set("ide/tpNF", "0").set("det[1]/prod/CFOP", "1102")
    return note.set("ide/indFinal", "0")


def original() -> NoteBuilder:
    return NoteBuilder(54).with_items(2, "00")


def goods_return() -> NoteBuilder:
    return NoteBuilder(55).with_items(1, "00").returning(original().key)


def returned_item() -> NoteBuilder:
    note = NoteBuilder(55).with_items(1, "00").returning(original().key)
    note.issued(datetime.fromisoformat("2026-11-10T10:00:00-03:00"))
    return note.remove("ide/NFref").add("det[1]", _item_reference(original().key, 1))


def complement() -> NoteBuilder:
    sold = original().plan()
    note = NoteBuilder(56).with_items(1, "00").sold_by(sold.issuer).set("ide/finNFe", "2")
    return note.add("ide", f"<NFref><refNFe>{sold.key}</refNFe></NFref>")


def imported() -> NoteBuilder:
    note = entry().set("det[1]/prod/CFOP", "3102").set("ide/idDest", "3").set("dest/enderDest/UF", "EX")
    note.add("det[1]/prod", "<DI><nDI>1</nDI></DI>").add("det[1]/imposto", "<II><vII>0.00</vII></II>")
    return note.add("det[1]/imposto", "<IPI><cEnq>999</cEnq><IPINT><CST>02</CST></IPINT></IPI>")


def exported() -> NoteBuilder:
    note = NoteBuilder(57).with_items(1, "41").set("det[1]/prod/CFOP", "7102").set("ide/idDest", "3")
    note.set("dest/enderDest/UF", "EX").set("dest/indIEDest", "9").set("ide/indFinal", "1")
    return note.add(".", "<exporta><UFSaidaPais>SP</UFSaidaPais><xLocExporta>Santos</xLocExporta></exporta>")


def simples() -> NoteBuilder:
    return NoteBuilder(58).simples()


def simples_to_consumer() -> NoteBuilder:
    return NoteBuilder(58).simples().with_items(2, "102").to_consumer()


def to_consumer() -> NoteBuilder:
    return NoteBuilder(59).with_items(2, "00").to_consumer()


def delivered() -> NoteBuilder:
    return NoteBuilder(60).with_freight("50.00")


def _item_reference(key: str, number: int) -> str:
    return f"<DFeReferenciado><chaveAcesso>{key}</chaveAcesso><nItem>{number}</nItem></DFeReferenciado>"


_CFOP = "det[1]/prod/CFOP"
_WRONG_KEY = "35260521644756000143550010000010011761669513"
_CTE_KEY = "35260521644756000143570010000010011761669510"

CASES = [
    RuleCase("NF-CFOP-001", "entry code", sale, (("set", _CFOP, "1102"),), "prod/CFOP", 1),
    RuleCase("NF-CFOP-002", "exit code", entry, (("set", _CFOP, "5102"),), "prod/CFOP", 1),
    RuleCase("NF-CFOP-003", "interstate code inside", sale, (("set", _CFOP, "6102"),), "prod/CFOP", 1),
    RuleCase("NF-CFOP-003", "internal code across", interstate, (("set", _CFOP, "5102"),), "prod/CFOP", 1),
    RuleCase("NF-CFOP-003", "export code inside", sale, (("set", _CFOP, "7102"),), "prod/CFOP", 1),
    RuleCase("NF-CFOP-004", "foreign code at home", sale, (("set", _CFOP, "7102"),), "prod/CFOP", 1),
    RuleCase("NF-CFOP-005", "internal code, taxpayer elsewhere", interstate,
             (("set", "det[2]/prod/CFOP", "5102"),), "prod/CFOP", 2),
    RuleCase("NF-CFOP-005", "interstate code, same state", sale, (("set", _CFOP, "6102"),), "prod/CFOP", 1),
    RuleCase("NF-CFOP-006", "said internal", interstate, (("set", "ide/idDest", "1"),), "ide/idDest"),
    RuleCase("NF-CFOP-006", "said interstate", sale, (("set", "ide/idDest", "2"),), "ide/idDest"),
    RuleCase("NF-CFOP-006", "said interstate, sent abroad", interstate,
             (("set", "dest/enderDest/UF", "EX"),), "ide/idDest"),
    RuleCase("NF-CFOP-007", "invented", sale, (("set", _CFOP, "5999"),), "prod/CFOP", 1),
    RuleCase("NF-CFOP-008", "substitution charged under a plain sale", sale,
             (("set", "det[3]/prod/CFOP", "5102"),), "ICMS60/CST", 3),
    RuleCase("NF-CFOP-008", "no substitution under its code", sale, (("set", _CFOP, "5403"),), "ICMS00/CST", 1),
    RuleCase("NF-CFOP-008", "not paid before", sale, (("set", _CFOP, "5405"),), "ICMS00/CST", 1),
    RuleCase("NF-CFOP-008", "Simples", simples, (("set", "det[3]/prod/CFOP", "5102"),), "ICMSSN500/CSOSN", 3),
    RuleCase("NF-CFOP-009", "return code in a sale", sale, (("set", _CFOP, "5202"),), "prod/CFOP", 1),
    RuleCase("NF-CFOP-009", "sale code in a return", goods_return, (("set", _CFOP, "5102"),), "prod/CFOP", 1),
    RuleCase("NF-CFOP-009", "5949 in a return", goods_return, (("set", _CFOP, "5949"),), "prod/CFOP", 1),
    RuleCase("NF-CFOP-010", "sale and transfer", sale, (("set", "det[4]/prod/CFOP", "5152"),), "ide/natOp"),
    RuleCase("NF-REF-001", "return of nothing", goods_return, (("remove", "ide/NFref"),), "ide/NFref"),
    RuleCase("NF-REF-001", "complement of nothing", complement, (("remove", "ide/NFref"),), "ide/NFref"),
    RuleCase("NF-REF-001", "complement of two", complement,
             (("add", "ide", f"<NFref><refNFe>{sale().key}</refNFe></NFref>"),), "ide/NFref"),
    RuleCase("NF-REF-002", "check digit", goods_return, (("set", "ide/NFref/refNFe", _WRONG_KEY),), "NFref/refNFe"),
    RuleCase("NF-REF-002", "itself", goods_return,
             (("set", "ide/NFref/refNFe", goods_return().key),), "NFref/refNFe"),
    RuleCase("NF-REF-002", "transport document", goods_return,
             (("set", "ide/NFref/refNFe", _CTE_KEY),), "NFref/refNFe"),
    RuleCase("NF-REF-002", "twice", goods_return,
             (("add", "ide", f"<NFref><refNFe>{original().key}</refNFe></NFref>"),), "NFref[2]/refNFe"),
    RuleCase("NF-REF-005", "note as a whole", returned_item, (("remove", "det[1]/DFeReferenciado"),),
             "det[1]/DFeReferenciado", 1),
    RuleCase("NF-REF-006", "another issuer", complement, (("set", "emit/CNPJ", "11222333000181"),), "ide/NFref"),
    RuleCase("NF-IMP-001", "no declaration", imported, (("remove", "det[1]/prod/DI"),), "prod/DI", 1),
    RuleCase("NF-IMP-001", "no import tax", imported, (("remove", "det[1]/imposto/II"),), "imposto/II", 1,
             Severity.MEDIUM),
    RuleCase("NF-IMP-001", "no IPI", imported, (("remove", "det[1]/imposto/IPI"),), "imposto/IPI", 1, Severity.MEDIUM),
    RuleCase("NF-EXP-001", "no place of exit", exported, (("remove", "exporta"),), "infNFe/exporta"),
    RuleCase("NF-EXP-001", "taxed", exported, (("set", "det[1]/imposto/ICMS/*/vICMS", "10.00"),), "ICMS40/vICMS", 1),
    RuleCase("NF-CRT-001", "CST under Simples", sale, (("set", "emit/CRT", "1"),), "det[1]/imposto/ICMS/ICMS00/CST", 1),
    RuleCase("NF-CRT-001", "CSOSN under the normal regime", simples,
             (("set", "emit/CRT", "3"),), "det[2]/imposto/ICMS/ICMSSN101/CSOSN", 2),
    RuleCase("NF-CRT-002", "credit for one who cannot use it", simples_to_consumer,
             (("set", "det[1]/imposto/ICMS/*/CSOSN", "101"),), "/CSOSN", 1),
    RuleCase("NF-CRT-002", "others", simples_to_consumer,
             (("set", "det[2]/imposto/ICMS/*/CSOSN", "900"),), "/CSOSN", 2),
    RuleCase("NF-CRT-003", "amount", simples, (("set", "det[2]/imposto/ICMS/*/vCredICMSSN", "0.01"),),
             "/vCredICMSSN", 2),
    RuleCase("NF-CRT-003", "rate", simples, (("set", "det[2]/imposto/ICMS/*/pCredSN", "18.00"),), "/pCredSN", 2),
    RuleCase("NF-FIN-001", "not marked", to_consumer, (("set", "ide/indFinal", "0"),), "ide/indFinal"),
    RuleCase("NF-TRA-001", "carrier without transport", delivered,
             (("set", "transp/modFrete", "9"),), "transp/modFrete"),
    RuleCase("NF-TRA-001", "own transport by another", delivered,
             (("set", "transp/modFrete", "3"),), "transporta/CNPJ"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rule_fires_on_its_mutation(case: RuleCase) -> None:
    assert_fires(case)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rule_is_silent_on_the_note_before(case: RuleCase) -> None:
    assert_silent(case)


_DELIVERY = (
    "<entrega><CNPJ>11222333000181</CNPJ><xLgr>Rua</xLgr><nro>1</nro><xBairro>Centro</xBairro><cMun>2927408</cMun>"
    "<xMun>Salvador</xMun><UF>BA</UF></entrega>"
)
EXCEPTIONS = [
    ("NF-CFOP-004", exported().set("dest/enderDest/UF", "SP").set(_CFOP, "7667")),
    ("NF-CFOP-003", exported().set("ide/idDest", "1").set(_CFOP, "7552")),
    ("NF-CFOP-005", sale().set(_CFOP, "6102").add(".", _DELIVERY)),
    ("NF-CFOP-005", interstate().set("dest/indIEDest", "9").set(_CFOP, "5102")),
    ("NF-CFOP-006", interstate().set("ide/idDest", "1").set("ide/indPres", "1")),
    ("NF-CFOP-006", sale().set("ide/idDest", "2").add(".", _DELIVERY)),
    ("NF-CFOP-008", interstate().set(_CFOP, "6404")),
    ("NF-CFOP-009", goods_return().set("dest/indIEDest", "9").set("ide/tpNF", "0").set(_CFOP, "1949")),
    ("NF-CFOP-009", sale().set("ide/finNFe", "2").set(_CFOP, "5202")),
    ("NF-CFOP-009", sale().set("ide/finNFe", "5").set("ide/tpNFCredito", "04").set(_CFOP, "5202")),
    ("NF-CFOP-010", sale().set(_CFOP, "5910").set("det[2]/prod/CFOP", "5921")),
    (
        "NF-CFOP-010",
        sale()
        .set(_CFOP, "5408")
        .set("det[2]/prod/CFOP", "5151")
        .set("det[3]/prod/CFOP", "5409")
        .set("det[4]/prod/CFOP", "5557"),
    ),
    ("NF-CFOP-010", sale().set(_CFOP, "5124").set("det[2]/prod/CFOP", "5902")),
    ("NF-REF-001", goods_return().remove("ide/NFref").set(_CFOP, "1202")),
    ("NF-REF-005", goods_return()),
    ("NF-IMP-001", imported().remove("det[1]/prod/DI").set(_CFOP, "3202")),
    ("NF-EXP-001", exported().remove("exporta").set(_CFOP, "7202")),
    ("NF-CRT-001", NoteBuilder(61).with_items(1, "61").set("emit/CRT", "1")),
    ("NF-CRT-002", simples_to_consumer().set(_CFOP, "5915").set("det[1]/imposto/ICMS/*/CSOSN", "900")),
    ("NF-CRT-003", simples().with_discount("30.00")),
    ("NF-FIN-001", to_consumer().set("ide/indFinal", "0").set(_CFOP, "5915").set("det[2]/prod/CFOP", "5912")),
    ("NF-TRA-001", delivered().set("transp/modFrete", "1")),
]


@pytest.mark.parametrize(("rule_id", "note"), EXCEPTIONS, ids=[f"{rule} {n}" for n, (rule, _) in enumerate(EXCEPTIONS)])
def test_exceptions_of_the_authoriser_are_kept(rule_id: str, note: NoteBuilder) -> None:
    assert findings(rule_id, note) == []


def test_every_wrong_reference_is_reported() -> None:
    note = goods_return().set("ide/NFref/refNFe", _WRONG_KEY)
    note.add("ide", f"<NFref><refNFe>{goods_return().key}</refNFe></NFref>")
    assert len(findings("NF-REF-002", note)) == 2
