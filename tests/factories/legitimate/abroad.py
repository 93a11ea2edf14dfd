"""Legitimate trade with other countries and with the Manaus free zone, and special goods (model 55)."""

from __future__ import annotations

from decimal import Decimal

from tests.factories.settled import SettledNote
from tests.factories.truth import TruthCase

from malha.simulators.nfe.parties import Party
from malha.simulators.nfe.places import Place

_MANAUS = Place("AM", "13", "Manaus", "1302603", "69005040", Decimal("20.00"))
_IN_MANAUS = Party("11222333000181", "Comercial Imaginária do Norte Ltda", _MANAUS, "041234561")
_UNTAXED = "<ICMS40><orig>0</orig><CST>{cst}</CST></ICMS40>"
_BUYER_ABROAD = (
    "<dest><idEstrangeiro>EX12345</idEstrangeiro><xNome>Imaginary Trading Inc</xNome><enderDest><xLgr>Example St</xLgr>"
    "<nro>1</nro><xBairro>Centre</xBairro><cMun>9999999</cMun><xMun>EXTERIOR</xMun><UF>EX</UF><cPais>2496</cPais>"
    "<xPais>ESTADOS UNIDOS</xPais></enderDest><indIEDest>9</indIEDest></dest>"
)


def _note(*taxes: str, seed: int = 501, items: int = 2) -> SettledNote:
    return SettledNote(seed).with_items(items, *(taxes or ("00",)))


def _abroad(note: SettledNote) -> SettledNote:
    return note.remove("dest").add(".", _BUYER_ABROAD).set("ide/idDest", "3")


def _exported(cfop: str = "7102") -> SettledNote:
    note = _abroad(_note(items=1).each("prod/CFOP", cfop).untaxed("08")).each_icms(_UNTAXED.format(cst="41"))
    note.set("ide/natOp", "Exportação").reformed("410004").each("prod/cBenef", "SP099999")
    return note.add(".", "<exporta><UFSaidaPais>SP</UFSaidaPais><xLocExporta>Santos</xLocExporta></exporta>").settled()


def _exported_through(cfop: str, uf: str = "SP") -> SettledNote:
    """Sold to a trading company for the specific purpose of export."""
    note = _note(items=1).interstate(uf) if uf != "SP" else _note(items=1)
    note.each("prod/CFOP", cfop).untaxed("08").each_icms(_UNTAXED.format(cst="41")).each("prod/cBenef", "SP099999")
    return note.set("ide/natOp", "Remessa com fim específico de exportação").reformed("410004").settled()


def _imported(cfop: str = "3102") -> SettledNote:
    """The importer's note of entry: import duty, IPI, ICMS with itself in its base, contributions on import."""
    note = _abroad(_note(items=1)).set("ide/tpNF", "0").set("ide/natOp", "Importação").each("prod/CFOP", cfop)
    for tag, value in (("qCom", "10.0000"), ("qTrib", "10.0000"), ("vUnCom", "100.0000000000"),
                       ("vUnTrib", "100.0000000000"), ("vProd", "1000.00"), ("vOutro", "60.00")):  # fmt: skip
        note.set(f"det[1]/prod/{tag}", value)
    addition = "<adi><nAdicao>1</nAdicao><nSeqAdic>1</nSeqAdic><cFabricante>F1</cFabricante></adi>"
    note.add("det[1]/prod", "<DI><nDI>2600000001</nDI><dDI>2026-05-04</dDI><xLocDesemb>Santos</xLocDesemb>"
             "<UFDesemb>SP</UFDesemb><dDesemb>2026-05-06</dDesemb><tpViaTransp>1</tpViaTransp><vAFRMM>20.00</vAFRMM>"
             f"<tpIntermedio>1</tpIntermedio><cExportador>X1</cExportador>{addition}</DI>")  # fmt: skip
    note.add(
        "det[1]/imposto", "<II><vBC>1000.00</vBC><vDespAdu>60.00</vDespAdu><vII>140.00</vII><vIOF>0.00</vIOF></II>"
    )
    note.add("det[1]/imposto", "<IPI><cEnq>999</cEnq><IPITrib><CST>00</CST><vBC>1140.00</vBC><pIPI>10.00</pIPI>"
             "<vIPI>114.00</vIPI></IPITrib></IPI>")  # fmt: skip
    own = "<modBC>3</modBC><vBC>1745.85</vBC><pICMS>18.00</pICMS><vICMS>314.25</vICMS>"
    note.each_icms(f"<ICMS00><orig>1</orig><CST>00</CST>{own}</ICMS00>")
    for tax, rate, value in (("PIS", "2.10", "21.00"), ("COFINS", "9.65", "96.50")):
        note.remove(f"det[1]/imposto/{tax}")
        amounts = f"<vBC>1000.00</vBC><p{tax}>{rate}</p{tax}><v{tax}>{value}</v{tax}>"
        note.add("det[1]/imposto", f"<{tax}><{tax}Outr><CST>50</CST>{amounts}</{tax}Outr></{tax}>")
    return note.unpaid().settled()


def _returned_from_abroad() -> SettledNote:
    note = _exported("3202").set("ide/tpNF", "0").set("ide/finNFe", "4").set("ide/natOp", "Devolução de exportação")
    note.remove("exporta").add("ide", f"<NFref><refNFe>{_note(seed=502).key}</refNFe></NFref>")
    return note.unpaid()


def _foreign_tourist() -> SettledNote:
    """A person who lives abroad buys at the counter: the goods stay inside (idDest 1)."""
    note = _note().to_consumer().remove("dest").add(".", _BUYER_ABROAD).set("ide/idDest", "1")
    return note.set("ide/indPres", "1").each("prod/CFOP", "5102").settled()


def _to_manaus() -> SettledNote:
    """Exempt with the amount deducted (motDesICMS 7), contributions at zero, buyer with its Suframa registration."""
    note = _note(items=1).bought_by(_IN_MANAUS).each("prod/CFOP", "6110").untaxed("06").set("dest/ISUF", "100000011")
    note.set("ide/idDest", "2").set("ide/natOp", "Venda para a Zona Franca de Manaus").set(
        "det[1]/prod/cBenef", "SP070040"
    )
    for tag, value in (("qCom", "10.0000"), ("qTrib", "10.0000"), ("vUnCom", "100.0000000000"),
                       ("vUnTrib", "100.0000000000"), ("vProd", "1000.00")):  # fmt: skip
        note.set(f"det[1]/prod/{tag}", value)
    spared = "<vICMSDeson>70.00</vICMSDeson><motDesICMS>7</motDesICMS><indDeduzDeson>1</indDeduzDeson>"
    note.each_icms(f"<ICMS40><orig>0</orig><CST>40</CST>{spared}</ICMS40>")
    regular = "".join(f"<pAliqEfetReg{tax}>{rate}</pAliqEfetReg{tax}><vTribReg{tax}>{value}</vTribReg{tax}>"
                      for tax, rate, value in (("IBSUF", "0.1000", "1.00"), ("IBSMun", "0.0000", "0.00"),
                                               ("CBS", "0.9000", "9.00")))  # fmt: skip
    regular = f"<gTribRegular><CSTReg>000</CSTReg><cClassTribReg>000001</cClassTribReg>{regular}</gTribRegular>"
    cut = "<gRed><pRedAliq>100.00</pRedAliq><pAliqEfet>0.0000</pAliqEfet></gRed>"
    taxed = "".join(f"<{group}><p{tax}>0.0000</p{tax}>{cut}<v{tax}>0.00</v{tax}></{group}>{total}"
                    for group, tax, total in (("gIBSUF", "IBSUF", ""), ("gIBSMun", "IBSMun", "<vIBS>0.00</vIBS>"),
                                              ("gCBS", "CBS", "")))  # fmt: skip
    return note.reformed("200022", f"<gIBSCBS><vBC>1000.00</vBC>{taxed}{regular}</gIBSCBS>").settled()


def _vehicle() -> SettledNote:
    note = (
        _note("10", items=1)
        .manufactured("7.00")
        .set("det[1]/prod/NCM", "87032310")
        .set("det[1]/prod/xProd", "Automóvel")
    )
    parts = (("tpOp", "1"), ("chassi", "9BWZZZ377VT004251"), ("cCor", "0001"), ("xCor", "BRANCA"), ("pot", "0110"),
             ("cilin", "1598"), ("pesoL", "1.0500"), ("pesoB", "1.1000"), ("nSerie", "000004251"), ("tpComb", "16"),
             ("nMotor", "ABC1234567"), ("CMT", "1.5000"), ("dist", "2600"), ("anoMod", "2026"), ("anoFab", "2026"),
             ("tpPint", "M"), ("tpVeic", "06"), ("espVeic", "1"), ("VIN", "N"), ("condVeic", "1"), ("cMod", "123456"),
             ("cCorDENATRAN", "04"), ("lota", "5"), ("tpRest", "0"))  # fmt: skip
    markup = "".join(f"<{tag}>{value}</{tag}>" for tag, value in parts)
    note.set("det[1]/prod/CEST", "2500600")
    return note.add("det[1]/prod", f"<veicProd>{markup}</veicProd>")


def _one(note: SettledNote, value: str = "1000.00") -> SettledNote:
    """A single piece at ``value``, its own taxes at 18, 1.65 and 7.60 per cent."""
    for tag, text in (("qCom", "1.0000"), ("qTrib", "1.0000"), ("vUnCom", f"{value}00000000"),
                      ("vUnTrib", f"{value}00000000"), ("vProd", value)):  # fmt: skip
        note.set(f"det[1]/prod/{tag}", text)
    note.set("det[1]/imposto/ICMS/*/vBC", value).set("det[1]/imposto/ICMS/*/vICMS", "180.00")
    for tax, amount in (("PIS", "13.53"), ("COFINS", "62.32")):
        note.set(f"det[1]/imposto/{tax}/*/vBC", "820.00").set(f"det[1]/imposto/{tax}/*/v{tax}", amount)
    return note


def _weapon() -> SettledNote:
    note = _one(_note(items=1)).set("det[1]/prod/NCM", "93032000").set("det[1]/prod/xProd", "Espingarda de exemplo")
    arma = "<arma><tpArma>0</tpArma><nSerie>A1</nSerie><nCano>C1</nCano><descr>Espingarda calibre 12</descr></arma>"
    return note.add("det[1]/prod", arma).settled()


def _medicine(lots: tuple[str, ...] = ("1.000",)) -> SettledNote:
    note = _one(_note(items=1)).set("det[1]/prod/NCM", "30049099").set("det[1]/prod/xProd", "Analgésico de exemplo")
    for number, quantity in enumerate(lots, start=1):
        lot = f"<nLote>L{number}</nLote><qLote>{quantity}</qLote><dFab>2026-01-10</dFab><dVal>2028-01-10</dVal>"
        note.add("det[1]/prod", f"<rastro>{lot}</rastro>")
    note.add("det[1]/prod", "<med><cProdANVISA>1234567890123</cProdANVISA><vPMC>1500.00</vPMC></med>")
    return note.untaxed("04").settled()


def _lubricant() -> SettledNote:
    note = (
        _note("60", items=1).set("det[1]/prod/NCM", "27101932").set("det[1]/prod/xProd", "Óleo lubrificante de exemplo")
    )
    fuel = "<comb><cProdANP>620505001</cProdANP><descANP>OLEOS LUBRIFICANTES</descANP><UFCons>SP</UFCons></comb>"
    note.set("det[1]/prod/CEST", "0600700").set("det[1]/prod/CFOP", "5655")
    return note.add("det[1]/prod", fuel).untaxed("04").settled()


ABROAD = (
    TruthCase("exported", lambda: _exported().authorised()),
    TruthCase("own production exported", lambda: _exported("7101").authorised()),
    TruthCase("sold for export inside the state", lambda: _exported_through("5502").authorised()),
    TruthCase("sold for export to another state", lambda: _exported_through("6501", "PR").authorised()),
    TruthCase("imported", lambda: _imported().authorised()),
    TruthCase("imported to be industrialised", lambda: _imported("3101").authorised()),
    TruthCase("came back from abroad", lambda: _returned_from_abroad().authorised()),
    TruthCase("sold at the counter to one who lives abroad", lambda: _foreign_tourist().authorised()),
    TruthCase("Manaus free zone", lambda: _to_manaus().authorised()),
    TruthCase("new vehicle", lambda: _vehicle().authorised()),
    TruthCase("weapon", lambda: _weapon().authorised()),
    TruthCase("medicine with its lot", lambda: _medicine().authorised()),
    TruthCase("medicine of two lots", lambda: _medicine(("0.400", "0.600")).authorised()),
    TruthCase("fuel at the maker", lambda: _note("02").authorised()),
    TruthCase("fuel sold again", lambda: _note("61").authorised()),
    TruthCase("fuel to a final consumer", lambda: _note("61").to_consumer().authorised()),
    TruthCase("lubricant under substitution", lambda: _lubricant().authorised()),
)  # fmt: skip
