"""Rules on the form of the note, addresses, transport, foreign parties and what references say of it."""

from __future__ import annotations

from datetime import datetime

import pytest
from tests.factories.mistaken_notes_operations import abroad, delivered, export, imported, interstate, sale, to_person
from tests.factories.nfe import NoteBuilder
from tests.factories.rule_cases import RuleCase, assert_fires, assert_silent, findings

from malha.simulators.nfe.check_digits import access_key
from malha.simulators.nfe.parties import Party

_INTERMEDIARY = "<infIntermed><CNPJ>11222333000181</CNPJ><idCadIntTran>loja</idCadIntTran></infIntermed>"
_EXIT = "<exporta><UFSaidaPais>SP</UFSaidaPais><xLocExporta>Santos</xLocExporta></exporta>"
_TEST_NAME = "NF-E EMITIDA EM AMBIENTE DE HOMOLOGACAO - SEM VALOR FISCAL"
_DI = "det[1]/prod/DI"


def in_contingency() -> NoteBuilder:
    return sale().set("ide/tpEmis", "7").set("ide/dhCont", "2026-05-12T10:20:00-03:00").set("ide/xJust", "Sem acesso")


def of_receipt() -> NoteBuilder:
    note = NoteBuilder(1001).with_items(1, "00").set("det[1]/prod/CFOP", "5929")
    return note.add("ide", f"<NFref><refNFe>{NoteBuilder(1002, model='65').key}</refNFe></NFref>")


_CTE = access_key("3526051122233300018157001000000001100000001")
_RECEIVED = "det[1]/prod/detExport/exportInd"


def of_transport() -> NoteBuilder:
    return NoteBuilder(1007).add("ide", f"<NFref><refCTe>{_CTE}</refCTe></NFref>")


def of_paper() -> NoteBuilder:
    paper = "<cUF>35</cUF><AAMM>2605</AAMM><CNPJ>11222333000181</CNPJ><mod>01</mod><serie>1</serie><nNF>7</nNF>"
    return NoteBuilder(1008).add("ide", f"<NFref><refNF>{paper}</refNF></NFref>")


def indirect_export() -> NoteBuilder:
    received = f"<nRE>123456789012</nRE><chNFe>{NoteBuilder(1).key}</chNFe><qExport>1.0000</qExport>"
    return export().add("det[1]/prod", f"<detExport><exportInd>{received}</exportInd></detExport>")


def to_foreigner() -> NoteBuilder:
    note = to_person().remove("dest/CPF").set("dest/idEstrangeiro", "AB123456")
    return note.set("ide/indPres", "1").set("ide/indIntermed", "0")


def shop_to_person() -> NoteBuilder:
    return NoteBuilder(1003, model="65").to_consumer(individual=True)


def computers() -> NoteBuilder:
    return sale().set("det[1]/prod/NCM", "84713012").set("det[1]/prod/uTrib", "UN")


CASES = [
    RuleCase("NF-IDE-001", "NFC-e's form", sale, (("set", "ide/tpImp", "5"),), "ide/tpImp"),
    RuleCase("NF-IDE-002", "home delivery", sale, (("set", "ide/indPres", "4"),), "ide/indPres"),
    RuleCase("NF-IDE-003", "off-line", sale, (("set", "ide/tpEmis", "9"),), "ide/tpEmis"),
    RuleCase("NF-IDE-004", "not named", sale, (("set", "ide/indIntermed", "1"),), "infNFe/infIntermed"),
    RuleCase("NF-IDE-004", "denied", sale, (("add", ".", _INTERMEDIARY),), "ide/indIntermed"),
    RuleCase("NF-IDE-004", "not told", sale, (("remove", "ide/indIntermed"),), "ide/indIntermed"),
    RuleCase("NF-IDE-005", "began later", in_contingency, (("set", "ide/dhCont", "2026-05-12T11:00:00-03:00"),),
             "ide/dhCont"),
    RuleCase("NF-KEY-007", "series of persons", sale, (("set", "ide/serie", "920"),), "ide/serie"),
    RuleCase("NF-KEY-007", "series of nobody", sale, (("set", "ide/serie", "980"),), "ide/serie"),
    RuleCase("NF-ID-008", "other state", sale, (("set", "ide/cUF", "31"),), "ide/cUF"),
    RuleCase("NF-ID-009", "country", sale, (("set", "dest/enderDest/cPais", "2496"),), "enderDest/cPais"),
    RuleCase("NF-ID-009", "CNPJ abroad", export, (("set", "dest/CNPJ", "11222333000181"),), "dest/CNPJ"),
    RuleCase("NF-ID-009", "Brazil abroad", export, (("set", "dest/enderDest/cPais", "1058"),), "enderDest/cPais"),
    RuleCase("NF-ID-009", "taxpayer abroad", export, (("set", "dest/indIEDest", "1"),), "dest/indIEDest"),
    RuleCase("NF-ID-010", "not final", to_foreigner, (("set", "ide/indFinal", "0"),), "ide/indFinal"),
    RuleCase("NF-ID-010", "at a distance", to_foreigner, (("set", "ide/indPres", "2"),), "ide/indPres"),
    RuleCase("NF-ID-010", "across states", to_foreigner, (("set", "ide/idDest", "2"),), "dest/idEstrangeiro"),
    RuleCase("NF-ID-011", "buyer", sale, (("set", "dest/xNome", _TEST_NAME),), "dest/xNome"),
    RuleCase("NF-ID-011", "first item", sale, (("set", "det[1]/prod/xProd", _TEST_NAME),), "det[1]/prod/xProd", 1),
    RuleCase("NF-ID-012", "buyer", interstate, (("set", "dest/enderDest/CEP", "20010000"),), "enderDest/CEP"),
    RuleCase("NF-ID-012", "issuer", sale, (("set", "emit/enderEmit/CEP", "72800000"),), "enderEmit/CEP"),
    RuleCase("NF-ID-013", "neighbour", sale, (("set", "dest/enderDest/xMun", "Campinas"),), "enderDest/xMun"),
    RuleCase("NF-65-789", "", shop_to_person, (("set", "dest/indIEDest", "1"),), "dest/indIEDest"),
    RuleCase("NF-REF-008", "digit of a paper note's issuer", of_paper,
             (("set", "ide/NFref/refNF/CNPJ", "11222333000182"),), "refNF/CNPJ"),
    RuleCase("NF-REF-008", "digit of a transport key", of_transport,
             (("set", "ide/NFref/refCTe", f"{_CTE[:43]}{(int(_CTE[43]) + 1) % 10}"),), "NFref/refCTe"),
    RuleCase("NF-REF-008", "note as transport", of_transport, (("set", "ide/NFref/refCTe", NoteBuilder(1).key),),
             "NFref/refCTe"),
    RuleCase("NF-EXP-004", "digit", indirect_export, (("set", f"{_RECEIVED}/chNFe", NoteBuilder(1).key[:43] + "x"),),
             "exportInd/chNFe", 1),
    RuleCase("NF-EXP-004", "shop's note", indirect_export,
             (("set", f"{_RECEIVED}/chNFe", NoteBuilder(1, model="65").key),), "exportInd/chNFe", 1),
    RuleCase("NF-65-807", "", shop_to_person, (("add", "det[1]/imposto", "<ICMSUFDest><vBCUFDest>1.00</vBCUFDest>"
             "</ICMSUFDest>"),), "imposto/ICMSUFDest", 1),
    RuleCase("NF-ID-009", "nobody abroad", export, (("remove", "dest/idEstrangeiro"),), "dest/idEstrangeiro"),
    RuleCase("NF-REF-007", "", of_receipt, (("remove", "ide/NFref"),), "ide/NFref"),
    RuleCase("NF-CFOP-011", "", sale, (("set", "ide/natOp", "DEVOLUCAO DE VENDA"),), "ide/natOp"),
    RuleCase("NF-TRA-002", "", delivered, (("set", "transp/modFrete", "9"),), "transp/modFrete"),
    RuleCase("NF-TRA-003", "", delivered, (("set", "transp/vol/pesoB", "1.000"),), "vol/pesoB"),
    RuleCase("NF-TRA-004", "", delivered, (("remove", "transp/transporta/UF"),), "transporta/UF"),
    RuleCase("NF-EXP-002", "", sale, (("add", ".", _EXIT),), "exporta/UFSaidaPais"),
    RuleCase("NF-EXP-003", "kilograms of computers", export, (("set", "det[1]/prod/uTrib", "KG"),), "prod/uTrib", 1),
    RuleCase("NF-EXP-003", "on the way to export", sale,
             (("set", "det[1]/prod/CFOP", "5501"), ("set", "det[1]/prod/uTrib", "DUZIA")), "prod/uTrib", 1),
    RuleCase("NF-PRD-017", "kilograms of computers", computers, (("set", "det[1]/prod/uTrib", "KG"),), "prod/uTrib", 1),
    RuleCase("NF-ID-014", "left out", sale, (("remove", "emit/IE"),), "emit/IE"),
    RuleCase("NF-ID-014", "empty", sale, (("set", "emit/IE", ""),), "emit/IE"),
    RuleCase("NF-ID-014", "zeros", sale, (("set", "emit/IE", "000000000000"),), "emit/IE"),
    RuleCase("NF-ID-014", "of a shop", shop_to_person, (("remove", "emit/IE"),), "emit/IE"),
    RuleCase("NF-IMP-002", "cleared later", imported, (("set", f"{_DI}/dDesemb", "2026-05-13"),), "DI/dDesemb", 1),
    RuleCase("NF-IMP-002", "cleared early", imported, (("set", f"{_DI}/dDesemb", "2026-05-01"),), "DI/dDesemb", 1),
    RuleCase("NF-IMP-002", "by sea", imported, (("remove", f"{_DI}/vAFRMM"),), "DI/vAFRMM", 1),
    RuleCase("NF-IMP-002", "for another", imported, (("set", f"{_DI}/tpIntermedio", "3"),), "DI/CNPJ", 1),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rule_fires_on_its_mutation(case: RuleCase) -> None:
    assert_fires(case)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rule_is_silent_on_the_note_before(case: RuleCase) -> None:
    assert_silent(case)


def farmer(series: int) -> NoteBuilder:
    issuer = NoteBuilder(1004).plan().issuer
    note = NoteBuilder(1004).sold_by(Party("52998224725", "Produtor de Exemplo", issuer.place, issuer.registration))
    return note.numbered(5, series)


ACCEPTED = [
    ("NF-KEY-007", farmer(920)),
    ("NF-KEY-007", farmer(910)),
    ("NF-KEY-007", farmer(891)),
    ("NF-KEY-007", sale().numbered(5, 899)),
    ("NF-KEY-007", sale().numbered(5, 909)),
    ("NF-KEY-007", sale().numbered(5, 950).issued(datetime.fromisoformat("2013-05-12T10:30:00-03:00"))),
    ("NF-IDE-004", sale().set("ide/indIntermed", "1").add(".", _INTERMEDIARY)),
    ("NF-IDE-004", sale().remove("ide/indIntermed").set("ide/indPres", "1")),
    ("NF-IDE-004", sale().remove("ide/indIntermed").issued(datetime.fromisoformat("2020-05-12T10:30:00-03:00"))),
    ("NF-IDE-005", in_contingency().set("ide/dhCont", "2026-05-12T10:40:00-03:00")),
    ("NF-ID-011", sale().homologation()),
    ("NF-ID-012", sale().remove("dest/enderDest/CEP")),
    ("NF-ID-013", sale().set("dest/enderDest/xMun", "SAO PAULO")),
    ("NF-ID-013", sale().set("dest/enderDest/xMun", "Santo Amaro")),
    ("NF-CFOP-011", NoteBuilder(1005).with_items(1, "00").returning(sale().key)),
    ("NF-TRA-002", delivered().set("transp/modFrete", "1")),
    ("NF-TRA-003", delivered().remove("transp/vol/pesoB")),
    ("NF-TRA-004", delivered().set("transp/transporta/IE", "ISENTO").remove("transp/transporta/UF")),
    ("NF-EXP-003", export().set("det[1]/prod/uTrib", "und")),
    ("NF-EXP-003", sale().set("det[1]/prod/uTrib", "CX")),
    ("NF-PRD-017", computers().set("det[1]/prod/uTrib", "CX")),
    ("NF-PRD-017", sale().set("det[1]/prod/NCM", "32091010").set("det[1]/prod/uTrib", "L")),
    ("NF-PRD-017", export().set("det[1]/prod/uTrib", "KG")),
    ("NF-ID-014", sale().set("emit/CRT", "4").remove("emit/IE")),
    ("NF-ID-014", sale().numbered(5, 890).remove("emit/IE")),
    ("NF-ID-014", sale().set("ide/procEmi", "1").remove("emit/IE")),
    ("NF-ID-014", farmer(920).remove("emit/IE")),
    ("NF-ID-014", NoteBuilder(1011).with_items(1, "41").remove("emit/IE")),
    ("NF-IMP-002", imported().set(f"{_DI}/tpViaTransp", "4").remove(f"{_DI}/vAFRMM")),
    ("NF-ID-010", abroad(NoteBuilder(1006).with_items(1, "00"))),
]


@pytest.mark.parametrize(("rule_id", "note"), ACCEPTED, ids=[f"{rule} {no}" for no, (rule, _) in enumerate(ACCEPTED)])
def test_what_the_law_allows_is_no_finding(rule_id: str, note: NoteBuilder) -> None:
    assert findings(rule_id, note) == []
