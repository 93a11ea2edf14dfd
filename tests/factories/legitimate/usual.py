"""Legitimate habits that look odd: facultative groups left out, kits, marketplaces, letters, the state's site."""

from __future__ import annotations

from datetime import datetime

from tests.factories.settled import SettledNote
from tests.factories.truth import File, TruthCase

from malha.simulators.nfe import certificate, correction
from malha.simulators.nfe.amounts import cents
from malha.simulators.nfe.builder import BRASILIA

_IN_2017 = datetime(2017, 8, 8, 9, 0, tzinfo=BRASILIA)


def _note(*taxes: str, seed: int = 751, items: int = 2) -> SettledNote:
    return SettledNote(seed).with_items(items, *(taxes or ("00",)))


def _shop(*taxes: str, seed: int = 752, items: int = 2) -> SettledNote:
    return SettledNote(seed, model="65").with_items(items, *(taxes or ("00",)))


def _bare(code: str, note: SettledNote) -> SettledNote:
    """Retained earlier, and no more said of it."""
    group, tag = ("ICMSSN500", "CSOSN") if len(code) == 3 else ("ICMS60", "CST")
    return note.each_icms(f"<{group}><orig>0</orig><{tag}>{code}</{tag}></{group}>")


def _through_a_marketplace(note: SettledNote, presence: str) -> SettledNote:
    seller = "<infIntermed><CNPJ>11222333000181</CNPJ><idCadIntTran>loja de exemplo</idCadIntTran></infIntermed>"
    return note.set("ide/indPres", presence).set("ide/indIntermed", "1").add(".", seller)


def _delivered_by_app() -> SettledNote:
    note = _shop().to_consumer(individual=True).set("transp/modFrete", "9")
    return _through_a_marketplace(note, "4")


def _kit() -> SettledNote:
    """The parts of a kit are listed and do not count (indTot 0): their value is in the kit."""
    note = _note(items=3).set("det[2]/prod/indTot", "0").set("det[3]/prod/indTot", "0")
    for number in (2, 3):
        note.replace(f"det[{number}]/imposto/ICMS/ICMS00", "<ICMS40><orig>0</orig><CST>41</CST></ICMS40>")
        for tax in ("PIS", "COFINS"):
            note.remove(f"det[{number}]/imposto/{tax}")
            note.add(f"det[{number}]/imposto", f"<{tax}><{tax}NT><CST>08</CST></{tax}NT></{tax}>")
        note.remove(f"det[{number}]/imposto/IBSCBS").set(f"det[{number}]/prod/cBenef", "SP099999")
        group = "<IBSCBS><CST>410</CST><cClassTrib>410999</cClassTrib></IBSCBS>"
        note.add(f"det[{number}]/imposto", group)
    return note.settled()


def _down_payment() -> SettledNote:
    """A part at once in cash, the rest in instalments that the invoice lists."""
    note = _note(items=1)
    value = note.plan().lines[0].value
    rest = value - 10
    note.in_instalments(1).set("pag/detPag/vPag", str(rest)).set("cobr/fat/vLiq", str(rest))
    note.set("cobr/fat/vOrig", str(rest)).set("cobr/dup/vDup", str(rest))
    return note.add("pag", "<detPag><indPag>0</indPag><tPag>01</tPag><vPag>10.00</vPag></detPag>")


def _invoice_discount() -> SettledNote:
    note = _note(items=1).in_instalments(1)
    net = str(note.plan().lines[0].value - 5)
    return note.set("cobr/fat/vDesc", "5.00").set("cobr/fat/vLiq", net).set("cobr/dup/vDup", net)


def _bought_by_a_city() -> SettledNote:
    """A public buyer with its commitment, order and contract."""
    order = "<compra><xNEmp>2026NE000123</xNEmp><xPed>55</xPed><xCont>12/2026</xCont></compra>"
    return _note().to_consumer().add(".", order)


def _picked_up_elsewhere() -> SettledNote:
    place = "<cMun>3550308</cMun><xMun>São Paulo</xMun><UF>SP</UF>"
    address = f"<CNPJ>11222333000181</CNPJ><xLgr>Rua</xLgr><nro>9</nro><xBairro>Centro</xBairro>{place}"
    return _note().add(".", f"<retirada>{address}</retirada>")


def _of_the_states_site() -> SettledNote:
    """A single note made at the state's own site (series 890), signed by the state."""
    return _note().numbered(7, series=890).signed_by(certificate("46377222000129", "Secretaria de Exemplo", 2026))


def _with_two_units() -> SettledNote:
    """Sold by the box, taxed by the piece."""
    note = _note(items=1)
    line = note.plan().lines[0]
    note.set("det[1]/prod/uTrib", "PC").set("det[1]/prod/qTrib", f"{line.quantity * 10:.4f}")
    return note.set("det[1]/prod/vUnTrib", f"{line.price / 10:.10f}")


def _transferred_credit() -> SettledNote:
    """Accumulated ICMS handed to another company: no goods move."""
    note = _note(items=1).set("ide/natOp", "Transferência de crédito acumulado").untaxed().set("ide/finNFe", "3")
    for tag, value in (("qCom", "1.0000"), ("qTrib", "1.0000"), ("vUnCom", "500.0000000000"),
                       ("vUnTrib", "500.0000000000"), ("vProd", "500.00"), ("CFOP", "5601"), ("NCM", "00"),
                       ("cEAN", "SEM GTIN"), ("cEANTrib", "SEM GTIN"),
                       ("xProd", "Crédito acumulado de ICMS")):  # fmt: skip
        note.set(f"det[1]/prod/{tag}", value)
    own = "<ICMS90><orig>0</orig><CST>90</CST></ICMS90>"
    return note.each_icms(own).reformed("410999").unpaid().settled()


def _service_withheld() -> SettledNote:
    note = _note("ISSQN", items=1)
    tax = note.plan().lines[0].value * 5 / 100
    return note.set("det[1]/imposto/ISSQN/vISSRet", f"{tax:.2f}").set("total/ISSQNtot/vISSRet", f"{tax:.2f}")


def _beside(note: SettledNote, event: bytes) -> list[File]:
    return [("nota.xml", note.authorised()), ("evento.xml", event)]


def _of_a_producer() -> SettledNote:
    """The buyer's counter-note names the producer's paper note and the carrier's document."""
    note = _note(items=1).set("ide/tpNF", "0").each("prod/CFOP", "1102").untaxed("70").each_remove("imposto/vTotTrib")
    note.each_remove("imposto/PIS").each_remove("imposto/COFINS").set("ide/natOp", "Compra")
    for tax in ("PIS", "COFINS"):
        zero = f"<vBC>0.00</vBC><p{tax}>0.00</p{tax}><v{tax}>0.00</v{tax}>"
        note.each_add("imposto", f"<{tax}><{tax}Outr><CST>98</CST>{zero}</{tax}Outr></{tax}>")
    paper = "<cUF>35</cUF><AAMM>2604</AAMM><CPF>52998224725</CPF><IE>ISENTO</IE>"
    paper += "<mod>04</mod><serie>1</serie><nNF>33</nNF>"
    return note.add("ide", f"<NFref><refNFP>{paper}</refNFP></NFref>").unpaid().settled()


def _shared_difal() -> SettledNote:
    """In 2017 the destination had 60 % of it and the origin 40 % (EC 87/15); Bahia's rate was 18 %."""
    note = SettledNote(754, layout="3.10").with_items(1, "00").interstate("BA").to_consumer().issued(_IN_2017)
    due = note.plan().lines[0].operation_value * 11 / 100
    for tag, value in (("pICMSUFDest", "18.00"), ("pICMSInterPart", "60.00"),
                       ("vICMSUFDest", f"{cents(due * 60 / 100)}"),
                       ("vICMSUFRemet", f"{cents(due * 40 / 100)}")):  # fmt: skip
        note.set(f"det[1]/imposto/ICMSUFDest/{tag}", value)
    return note.settled()


USUAL = (
    TruthCase("substituted goods at a shop, nothing said of what was retained",
              lambda: _bare("60", _shop("60")).settled().authorised()),
    TruthCase("substituted goods of Simples at a shop",
              lambda: _bare("500", _shop("500").simples()).settled().authorised()),
    TruthCase("substituted goods to a final consumer by NF-e",
              lambda: _bare("60", _note("60").to_consumer()).settled().authorised()),
    TruthCase("card in an NF-e without the card's group",
              lambda: _note().paid("03").remove("pag/detPag/card").authorised()),
    TruthCase("Pix in an NF-e without its group", lambda: _note().paid("17").remove("pag/detPag/card").authorised()),
    *(TruthCase(f"paid by {code}", lambda code=code: _note().paid(code).authorised())
      for code in ("02", "05", "10", "16", "18", "19", "20", "21", "23")),
    TruthCase("sold through a marketplace",
              lambda: _through_a_marketplace(_note().to_consumer(individual=True), "2").authorised()),
    TruthCase("sold on one's own site", lambda: _note().to_consumer(individual=True).set("ide/indPres", "2")
              .authorised()),
    TruthCase("delivered at home by an app", lambda: _delivered_by_app().authorised()),
    TruthCase("sold outside the shop", lambda: _note().set("ide/indPres", "5").each("prod/CFOP", "5104").authorised()),
    TruthCase("kit whose parts do not count", lambda: _kit().authorised()),
    TruthCase("down payment and instalments", lambda: _down_payment().authorised()),
    TruthCase("discount on the invoice", lambda: _invoice_discount().authorised()),
    TruthCase("bought by a city with its commitment", lambda: _bought_by_a_city().authorised()),
    TruthCase("picked up elsewhere", lambda: _picked_up_elsewhere().authorised()),
    TruthCase("note of the state's site", lambda: _of_the_states_site().authorised()),
    TruthCase("sold by the box, taxed by the piece", lambda: _with_two_units().authorised()),
    TruthCase("credit of ICMS handed over", lambda: _transferred_credit().authorised()),
    TruthCase("service with ISS withheld", lambda: _service_withheld().authorised()),
    TruthCase("counter-note of a producer's paper note", lambda: _of_a_producer().authorised()),
    TruthCase("note with a harmless letter", lambda: _beside(_note(), correction(_note().plan()).processed())),
    TruthCase("veterinary medicine", lambda: _note(items=1).set("det[1]/prod/NCM", "30049099")
              .set("det[1]/prod/xProd", "Vermífugo para cães").authorised()),
    TruthCase("tip or other costs at a shop", lambda: _shop().with_other_costs("3.30").authorised()),
    TruthCase("retail of 2017", lambda: SettledNote(753, model="65", layout="3.10").authorised()),
    TruthCase("DIFAL while it was shared", lambda: _shared_difal().authorised()),
)  # fmt: skip
