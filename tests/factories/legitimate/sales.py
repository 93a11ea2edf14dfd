"""Legitimate sales of goods (model 55, normal regime): buyers, places, freight, taxes, payments."""

from __future__ import annotations

from datetime import datetime

from tests.factories.settled import SettledNote
from tests.factories.truth import TruthCase

from malha.simulators.nfe.builder import BRASILIA
from malha.simulators.nfe.places import PLACES

BEFORE_REFORM = datetime(2024, 3, 5, 9, 0, tzinfo=BRASILIA)


def _note(*taxes: str, seed: int = 301, items: int = 2) -> SettledNote:
    return SettledNote(seed).with_items(items, *(taxes or ("00",)))


def _counter_sale(note: SettledNote) -> SettledNote:
    """The buyer of another state takes the goods at the shop: the sale is internal (idDest 1)."""
    note.interstate("BA").set("ide/idDest", "1").set("ide/indPres", "1").each("prod/CFOP", "5102")
    return note.taxed_at("18.00").each_remove("imposto/ICMSUFDest").settled()


def _delivered(uf: str) -> str:
    place = PLACES[uf]
    address = f"<cMun>{place.city_code}</cMun><xMun>{place.city}</xMun><UF>{uf}</UF>"
    return (
        f"<entrega><CNPJ>11222333000181</CNPJ><xLgr>Rua</xLgr><nro>1</nro><xBairro>Centro</xBairro>{address}</entrega>"
    )


def _imported() -> SettledNote:
    note = _note().interstate("PR").each("imposto/ICMS/*/orig", "1")
    return note.taxed_at("4.00").settled()


def _with_imported_content() -> SettledNote:
    note = _note().interstate("PR").each("imposto/ICMS/*/orig", "3")
    return note.each("prod/nFCI", "B01F70AF-10BF-4B1F-848C-65FF57F616FE").taxed_at("4.00").settled()


def _carried(mode: str, carrier: str | None = None) -> SettledNote:
    note = _note().with_freight("90.00") if mode == "0" else _note()
    note.set("transp/modFrete", mode)
    if carrier is None:
        return note
    party = note.plan().issuer if carrier == "issuer" else note.plan().recipient
    assert party is not None
    return note.add("transp", f"<transporta><CNPJ>{party.tax_id}</CNPJ><xNome>{party.name}</xNome></transporta>")


def _ipi(markup: str) -> SettledNote:
    note = _note().manufactured("10.00").each_remove("imposto/IPI")
    return note.each_add("imposto", f"<IPI>{markup}</IPI>").settled()


def _contributions(pis: str, cofins: str) -> SettledNote:
    note = _note().each_remove("imposto/PIS").each_remove("imposto/COFINS")
    return note.each_add("imposto", f"<PIS>{pis}</PIS>").each_add("imposto", f"<COFINS>{cofins}</COFINS>").settled()


def _by_rate(cst: str, pis: str, cofins: str) -> SettledNote:
    """One item of 1,000.00 whose base leaves out 180.00 of ICMS."""
    note = _priced().set("det[1]/imposto/PIS/*/CST", cst).set("det[1]/imposto/COFINS/*/CST", cst)
    for tax, rate in (("PIS", pis), ("COFINS", cofins)):
        note.set(f"det[1]/imposto/{tax}/*/p{tax}", rate)
        note.set(f"det[1]/imposto/{tax}/*/v{tax}", f"{round(820 * float(rate) / 100, 2):.2f}")
    return note.settled()


def _priced(tax: str = "00") -> SettledNote:
    """One item of 10 at 100.00."""
    note = _note(tax, items=1)
    for tag, value in (("qCom", "10.0000"), ("qTrib", "10.0000"), ("vUnCom", "100.0000000000"),
                       ("vUnTrib", "100.0000000000"), ("vProd", "1000.00")):  # fmt: skip
        note.set(f"det[1]/prod/{tag}", value)
    if tax != "00":
        return note
    note.set("det[1]/imposto/ICMS/*/vBC", "1000.00").set("det[1]/imposto/ICMS/*/vICMS", "180.00")
    for name, amount in (("PIS", "13.53"), ("COFINS", "62.32")):
        note.set(f"det[1]/imposto/{name}/*/vBC", "820.00").set(f"det[1]/imposto/{name}/*/v{name}", amount)
    return note


_ST = "<modBCST>4</modBCST><pMVAST>40.00</pMVAST><vBCST>1400.00</vBCST><pICMSST>18.00</pICMSST>"
_OWN = "<modBC>3</modBC><vBC>1000.00</vBC><pICMS>18.00</pICMS><vICMS>180.00</vICMS>"


def _substitution(group: str, cst: str, own: str, due: str, cfop: str = "5403") -> SettledNote:
    note = _priced().set("det[1]/prod/CFOP", cfop).set("det[1]/prod/NCM", "33051000")
    note.set("det[1]/prod/CEST", "2001700").set("det[1]/prod/cBenef", "SP080070")
    markup = f"<{group}><orig>0</orig><CST>{cst}</CST>{own}{_ST}<vICMSST>{due}</vICMSST></{group}>"
    return note.each_icms(markup).settled()


def _reduced_substitution() -> SettledNote:
    own = "<modBC>3</modBC><pRedBC>50.00</pRedBC><vBC>500.00</vBC><pICMS>18.00</pICMS><vICMS>90.00</vICMS>"
    return _substitution("ICMS70", "70", own, "162.00")


def _by_price_list() -> SettledNote:
    own = f"<ICMS10><orig>0</orig><CST>10</CST>{_OWN}<modBCST>5</modBCST><vBCST>1300.00</vBCST>"
    note = (
        _priced().set("det[1]/prod/CFOP", "5403").set("det[1]/prod/NCM", "33051000").set("det[1]/prod/CEST", "2001700")
    )
    return note.each_icms(f"{own}<pICMSST>18.00</pICMSST><vICMSST>54.00</vICMSST></ICMS10>").settled()


def _deferred_whole() -> SettledNote:
    amounts = "<vICMSOp>180.00</vICMSOp><pDif>100.0000</pDif><vICMSDif>180.00</vICMSDif><vICMS>0.00</vICMS>"
    base = "<modBC>3</modBC><vBC>1000.00</vBC><pICMS>18.00</pICMS>"
    note = _priced().set("det[1]/prod/cBenef", "SP080051")
    return note.each_icms(f"<ICMS51><orig>0</orig><CST>51</CST>{base}{amounts}</ICMS51>").settled()


def _public_body() -> SettledNote:
    """A state agency withholds income tax and contributions (IN RFB 1.234/12, 5.85 %)."""
    taxes = "<vRetPIS>6.50</vRetPIS><vRetCOFINS>30.00</vRetCOFINS><vRetCSLL>10.00</vRetCSLL>"
    note = (
        _priced()
        .to_consumer()
        .add("total", f"<retTrib>{taxes}<vBCIRRF>1000.00</vBCIRRF><vIRRF>12.00</vIRRF></retTrib>")
    )
    return note.each("imposto/vTotTrib", "314.50").settled()


SALES = (
    TruthCase("sale inside the state", lambda: _note().authorised()),
    TruthCase("sale across states at 7 %", lambda: _note().interstate("BA").authorised()),
    TruthCase("sale across states at 12 %", lambda: _note().from_state("BA").interstate("SP").authorised()),
    TruthCase("imported goods across states at 4 %", lambda: _imported().authorised()),
    TruthCase("imported content across states with FCI", lambda: _with_imported_content().authorised()),
    TruthCase("own use of a taxpayer", lambda: _note().to_final_use().authorised()),
    TruthCase("own use of a taxpayer in another state", lambda: _note().to_final_use().interstate("PR").authorised()),
    TruthCase("company that is no taxpayer", lambda: _note().to_consumer().settled().authorised()),
    TruthCase("DIFAL to a company", lambda: _note().to_consumer().interstate("BA").authorised()),
    TruthCase("DIFAL to an individual", lambda: _note().to_consumer(individual=True).interstate("MG").authorised()),
    TruthCase("DIFAL with poverty fund", lambda: _note().to_consumer(individual=True).interstate("RJ").authorised()),
    TruthCase("counter sale to a consumer of another state", lambda: _counter_sale(_note().to_consumer()).authorised()),
    TruthCase("counter sale to a person of another state",
              lambda: _counter_sale(_note().to_consumer(individual=True)).authorised()),
    TruthCase("counter sale to a company of another state", lambda: _counter_sale(_note()).authorised()),
    TruthCase("delivered in the issuer's state to a buyer of another",
              lambda: _counter_sale(_note()).set("ide/indPres", "9").add(".", _delivered("SP")).authorised()),
    TruthCase("delivered in another state to a buyer of one's own", lambda: _note().set("ide/idDest", "2")
              .each("prod/CFOP", "6102").taxed_at("7.00").add(".", _delivered("BA")).settled().authorised()),
    TruthCase("freight paid by the seller", lambda: _note(items=5).with_freight("123.45").authorised()),
    TruthCase("freight paid by the buyer", lambda: _carried("1", "recipient").authorised()),
    TruthCase("freight paid by a third", lambda: _carried("2").authorised()),
    TruthCase("carried by the seller", lambda: _carried("3", "issuer").authorised()),
    TruthCase("carried by the buyer", lambda: _carried("4", "recipient").authorised()),
    TruthCase("freight, insurance, discount and other costs", lambda: _note("00", "20", items=7).with_freight("99.99")
              .with_insurance("10.01").with_discount("33.33").with_other_costs("7.77").authorised()),
    TruthCase("own production with IPI", lambda: _note().manufactured("9.75").authorised()),
    TruthCase("own production with IPI to a final consumer", lambda: _note().manufactured().to_consumer().authorised()),
    TruthCase("IPI suspended", lambda: _ipi("<cEnq>101</cEnq><IPINT><CST>55</CST></IPINT>").authorised()),
    TruthCase("IPI exempt", lambda: _ipi("<cEnq>301</cEnq><IPINT><CST>52</CST></IPINT>").authorised()),
    TruthCase("IPI not taxed", lambda: _ipi("<cEnq>999</cEnq><IPINT><CST>53</CST></IPINT>").authorised()),
    TruthCase("tax substitute inside the state", lambda: _note("10").authorised()),
    TruthCase("tax substitute across states", lambda: _note("10").interstate("MG").authorised()),
    TruthCase("tax substitute with poverty fund", lambda: _note("10").from_state("RJ").authorised()),
    TruthCase("substituted goods sold again", lambda: _note("60").authorised()),
    TruthCase("substituted goods sold to a consumer", lambda: _note("60").to_consumer().authorised()),
    TruthCase("exempt with substitution (30)", lambda: _substitution("ICMS30", "30", "", "72.00").authorised()),
    TruthCase("reduced with substitution (70)", lambda: _reduced_substitution().authorised()),
    TruthCase("other with substitution (90)", lambda: _substitution("ICMS90", "90", _OWN, "72.00").authorised()),
    TruthCase("substitution by price list", lambda: _by_price_list().authorised()),
    TruthCase("poverty fund inside the state", lambda: _note().from_state("RJ").authorised()),
    TruthCase("part of the ICMS deferred", lambda: _note("51").authorised()),
    TruthCase("all of the ICMS deferred", lambda: _deferred_whole().authorised()),
    TruthCase("deferred without amounts", lambda: _note("51").each_icms(
        "<ICMS51><orig>0</orig><CST>51</CST></ICMS51>").settled().authorised()),
    TruthCase("reduced base", lambda: _note("20").authorised()),
    TruthCase("reduced base that states the exempted amount", lambda: _note("20").from_state("RJ").authorised()),
    TruthCase("exempt", lambda: _note("40").authorised()),
    TruthCase("exempt, amount deducted", lambda: _note("40-deson").authorised()),
    TruthCase("outside ICMS", lambda: _note("41").authorised()),
    TruthCase("suspended", lambda: _note("50").authorised()),
    TruthCase("contributions of the cumulative regime", lambda: _by_rate("01", "0.65", "3.00").authorised()),
    TruthCase("single phase at the maker", lambda: _by_rate("02", "2.20", "10.30").authorised()),
    TruthCase("single phase sold again", lambda: _note().untaxed("04").settled().authorised()),
    TruthCase("contributions at zero", lambda: _note().untaxed("06").settled().authorised()),
    TruthCase("contributions suspended", lambda: _note().untaxed("09").settled().authorised()),
    TruthCase("contributions by unit", lambda: _contributions(
        "<PISQtde><CST>03</CST><qBCProd>10.0000</qBCProd><vAliqProd>0.0500</vAliqProd><vPIS>0.50</vPIS></PISQtde>",
        "<COFINSQtde><CST>03</CST><qBCProd>10.0000</qBCProd><vAliqProd>0.2300</vAliqProd><vCOFINS>2.30</vCOFINS>"
        "</COFINSQtde>").authorised()),
    TruthCase("public body that withholds", lambda: _public_body().authorised()),
    TruthCase("990 items", lambda: SettledNote(302).with_items(990, "00", "20", "60", "40").with_freight("100.00")
              .with_own_codes().authorised()),
    TruthCase("goods and a service", lambda: _note("00", "ISSQN").authorised()),
    TruthCase("services alone", lambda: _note("ISSQN").authorised()),
    TruthCase("cash with change", lambda: _note().paid("01", change="12.34").authorised()),
    TruthCase("several ways of paying", lambda: _note().paid("01", "03", "04", "17", "15").authorised()),
    TruthCase("twelve instalments", lambda: _note().in_instalments(12).authorised()),
    TruthCase("barter, described", lambda: _note().paid("99").authorised()),
    TruthCase("paid later", lambda: _note().paid("91").authorised()),
    TruthCase("issued before the reform", lambda: _note().issued(BEFORE_REFORM).authorised()),
    TruthCase("layout 3.10 in its time", lambda: SettledNote(303, layout="3.10").authorised()),
)  # fmt: skip
