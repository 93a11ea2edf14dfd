"""Rules of model 65: what an NFC-e must say and must leave out."""

from __future__ import annotations

import pytest
from tests.factories.nfe import NoteBuilder
from tests.factories.rule_cases import RuleCase, assert_fires, assert_silent, findings

from malha.fiscal.audit import audit_file
from malha.fiscal.options import AuditOptions


def shop_sale() -> NoteBuilder:
    """Two items of CST 00 and 60."""
    return NoteBuilder(91, model="65").with_items(2, "00", "60")


def simples_sale() -> NoteBuilder:
    return NoteBuilder(92, model="65").simples().with_items(2, "102", "500")


def delivered() -> NoteBuilder:
    return NoteBuilder(93, model="65").to_consumer(individual=True).set("ide/indPres", "4")


def small_sale() -> NoteBuilder:
    return NoteBuilder(94, model="65").set("total/ICMSTot/vNF", "9999.99")


_ICMS = "det[1]/imposto/ICMS/*"
_PART = "<ICMSPart><orig>0</orig><CST>10</CST></ICMSPart>"
_CARRIER = "<transporta><xNome>Transportadora</xNome></transporta>"


def _note(rejection: str, edit: tuple[str, ...], at: str) -> RuleCase:
    return RuleCase(f"NF-65-{rejection}", at, shop_sale, (edit,), at)


def _item(rejection: str, edit: tuple[str, ...], at: str) -> RuleCase:
    return RuleCase(f"NF-65-{rejection}", at, shop_sale, (edit,), at, 1)


CASES = [
    RuleCase("NF-65-001", "unnamed", small_sale, (("set", "total/ICMSTot/vNF", "10000.00"),), "ICMSTot/vNF"),
    _note("705", ("set", "ide/dhSaiEnt", "2026-05-12T10:30:00-03:00"), "ide/dhSaiEnt"),
    _note("706", ("set", "ide/tpNF", "0"), "ide/tpNF"),
    _note("707", ("set", "ide/idDest", "2"), "ide/idDest"),
    _note("708", ("add", "ide", f"<NFref><refNFe>{NoteBuilder(1).key}</refNFe></NFref>"), "ide/NFref"),
    _note("709", ("set", "ide/tpImp", "1"), "ide/tpImp"),
    _note("715", ("set", "ide/finNFe", "4"), "ide/finNFe"),
    _note("716", ("set", "ide/indFinal", "0"), "ide/indFinal"),
    _note("717", ("set", "ide/indPres", "2"), "ide/indPres"),
    _note("718", ("set", "emit/IEST", "123456789"), "emit/IEST"),
    RuleCase("NF-65-729", "", delivered, (("set", "dest/IE", "123456789"),), "dest/IE"),
    RuleCase("NF-65-730", "", delivered, (("set", "dest/ISUF", "123456789"),), "dest/ISUF"),
    _note("753", ("set", "transp/modFrete", "0"), "transp/modFrete"),
    _note("754", ("add", "transp", _CARRIER), "transp/transporta"),
    _note("755", ("add", "transp", "<retTransp><vServ>1.00</vServ></retTransp>"), "transp/retTransp"),
    _note("756", ("add", "transp", "<veicTransp><placa>ABC1D23</placa></veicTransp>"), "transp/veicTransp"),
    _note("757", ("add", "transp", "<reboque><placa>ABC1D23</placa></reboque>"), "transp/reboque"),
    _note("758", ("set", "transp/vagao", "1"), "transp/vagao"),
    _note("759", ("set", "transp/balsa", "B"), "transp/balsa"),
    _note("760", ("add", ".", "<cobr><fat><nFat>1</nFat></fat></cobr>"), "infNFe/cobr"),
    _note("762", ("add", ".", "<compra><xPed>1</xPed></compra>"), "infNFe/compra"),
    _note("763", ("add", ".", "<cana><safra>2026</safra></cana>"), "infNFe/cana"),
    _note("769", ("remove", "pag"), "infNFe/pag"),
    _note("1006", ("add", "ide", "<gCompraGov><tpEnteGov>1</tpEnteGov></gCompraGov>"), "ide/gCompraGov"),
    _note("1153", ("set", "ide/dPrevEntrega", "2026-06-01"), "ide/dPrevEntrega"),
    RuleCase("NF-65-787", "nobody", delivered, (("remove", "dest"),), "infNFe/dest"),
    RuleCase("NF-65-788", "nowhere", delivered, (("remove", "dest/enderDest"),), "dest/enderDest"),
    RuleCase("NF-65-1165", "", shop_sale, (("set", "det[1]/prod/tpCredPresIBSZFM", "1"),), "tpCredPresIBSZFM", 1),
    _item("348", ("set", "det[1]/prod/nRECOPI", "20260101000000000000"), "prod/nRECOPI"),
    _item("736", ("add", "det[1]/prod", "<veicProd><tpOp>1</tpOp></veicProd>"), "prod/veicProd"),
    _item("738", ("add", "det[1]/prod", "<arma><tpArma>0</tpArma></arma>"), "prod/arma"),
    _item("741", ("replace", _ICMS, _PART), "ICMS/ICMSPart"),
    _item("742", ("add", "det[1]/imposto", "<IPI><cEnq>999</cEnq></IPI>"), "imposto/IPI"),
    _item("743", ("add", "det[1]/imposto", "<II><vII>1.00</vII></II>"), "imposto/II"),
    _item("746", ("add", "det[1]/imposto", "<PISST><vPIS>1.00</vPIS></PISST>"), "imposto/PISST"),
    _item("749", ("add", "det[1]/imposto", "<COFINSST><vCOFINS>1.00</vCOFINS></COFINSST>"), "imposto/COFINSST"),
    _item("740", ("set", f"{_ICMS}/CST", "51"), "ICMS00/CST"),
    _item("766", ("set", f"{_ICMS}/CST", "50"), "ICMS00/CST"),
    RuleCase("NF-65-383", "credit", simples_sale, (("set", f"{_ICMS}/CSOSN", "101"),), "/CSOSN", 1),
    _item("774", ("set", "det[1]/prod/indTot", "0"), "prod/indTot"),
    _item("725", ("set", "det[1]/prod/CFOP", "5403"), "prod/CFOP"),
    _item("382", ("set", "det[1]/prod/CFOP", "5405"), "prod/CFOP"),
    RuleCase("NF-65-382", "CST 60", shop_sale, (("set", "det[2]/prod/CFOP", "5102"),), "prod/CFOP", 2),
    RuleCase("NF-65-386", "CSOSN 102", simples_sale, (("set", "det[1]/prod/CFOP", "5405"),), "prod/CFOP", 1),
    RuleCase("NF-65-386", "CSOSN 500", simples_sale, (("set", "det[2]/prod/CFOP", "5102"),), "prod/CFOP", 2),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rule_fires_on_its_mutation(case: RuleCase) -> None:
    assert_fires(case)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rule_is_silent_on_the_note_before(case: RuleCase) -> None:
    assert_silent(case)


def test_the_qr_code_must_be_there_and_of_this_note() -> None:
    """The builder writes it after signing, so the file itself is edited."""
    data = shop_sale().authorised()
    options = AuditOptions(only=frozenset({"NF-65-394", "NF-65-397"}))
    assert audit_file(data, "nota.xml", options).findings == []
    start, end = data.index(b"<qrCode>"), data.index(b"</qrCode>")
    (missing,) = audit_file(data[:start] + data[end + len(b"</qrCode>") :], "nota.xml", options).findings
    assert missing.rule_id == "NF-65-394"
    (foreign,) = audit_file(data[:start] + b"<qrCode>https://x?p=1" + data[end:], "nota.xml", options).findings
    assert (foreign.rule_id, foreign.expected) == ("NF-65-397", shop_sale().key)


@pytest.mark.parametrize(
    ("rule_id", "note"),
    [
        ("NF-65-753", delivered().set("transp/modFrete", "0")),
        ("NF-65-754", delivered().add("transp", _CARRIER)),
        ("NF-65-001", delivered().set("total/ICMSTot/vNF", "50000.00")),
        ("NF-65-382", shop_sale().from_state("RS").set(f"{_ICMS}/CST", "90").set("det[1]/prod/CFOP", "5949")),
        ("NF-65-769", NoteBuilder(95, model="65", layout="3.10")),
    ],
)
def test_exceptions_are_kept(rule_id: str, note: NoteBuilder) -> None:
    assert findings(rule_id, note) == []


def test_model_55_is_none_of_these_rules_business() -> None:
    note = NoteBuilder(96).interstate("BA").set("ide/tpImp", "1")
    assert findings("NF-65-", note) == []
