"""Legitimate notes of other regimes and issuers, of contingency, and of retail (model 65)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tests.factories.settled import SettledNote
from tests.factories.truth import TruthCase

from malha.simulators.nfe.builder import BRASILIA
from malha.simulators.nfe.parties import Party
from malha.simulators.nfe.places import PLACES

_AFTER_LETTERS = datetime(2026, 9, 15, 10, 30, tzinfo=BRASILIA)


def _simples(*codes: str, items: int = 2) -> SettledNote:
    return SettledNote(601).simples().with_items(items, *codes)


def _shop(*taxes: str, seed: int = 602, items: int = 3) -> SettledNote:
    return SettledNote(seed, model="65").with_items(items, *(taxes or ("00",)))


def _other_of_simples() -> SettledNote:
    own = "<modBC>3</modBC><vBC>0.00</vBC><pICMS>0.00</pICMS><vICMS>0.00</vICMS>"
    note = _simples("102").each("prod/CFOP", "5949").set("ide/natOp", "Outra saída")
    return note.each_icms(f"<ICMSSN900><orig>0</orig><CSOSN>900</CSOSN>{own}</ICMSSN900>").unpaid().settled()


def _mei(*codes: str) -> SettledNote:
    return _simples(*(codes or ("102",))).set("emit/CRT", "4")


def _above_the_limit() -> SettledNote:
    """CRT 2: above the state limit of Simples, ICMS as in the normal regime, contributions inside the DAS."""
    note = (
        SettledNote(603)
        .with_items(2, "00")
        .set("emit/CRT", "2")
        .each_remove("imposto/PIS")
        .each_remove("imposto/COFINS")
    )
    for tax in ("PIS", "COFINS"):
        zero = f"<vBC>0.00</vBC><p{tax}>0.00</p{tax}><v{tax}>0.00</v{tax}>"
        note.each_add("imposto", f"<{tax}><{tax}Outr><CST>49</CST>{zero}</{tax}Outr></{tax}>")
    note.each_remove("imposto/IBSCBS").each_remove("vItem")
    return note.remove("total/IBSCBSTot").remove("total/vNFTot").settled()


def _rural_producer() -> SettledNote:
    """A person with a state registration sells what it grew (series 920 to 969), signed by CPF."""
    person = SettledNote(604).to_consumer(individual=True).plan().recipient
    assert person is not None
    producer = Party(person.tax_id, "Produtora Rural de Exemplo", PLACES["PR"], SettledNote(604).from_state("PR")
                     .plan().issuer.registration)  # fmt: skip
    note = SettledNote(604).from_state("PR").with_items(1, "51").sold_by(producer).numbered(12, series=920)
    note.each_icms("<ICMS51><orig>0</orig><CST>51</CST></ICMS51>").each("prod/cBenef", "PR830001").untaxed("08")
    note.each("prod/NCM", "12019000").each("prod/xProd", "Soja em grãos de exemplo").each("prod/CFOP", "5101")
    return note.reformed("410014").settled()


def _to_letters() -> SettledNote:
    """The buyer's CNPJ has letters."""
    buyer = SettledNote(605).alphanumeric().plan().issuer
    return (
        SettledNote(606)
        .with_items(2, "00")
        .bought_by(replace(buyer, name="Compradora Fictícia Ltda"))
        .issued(_AFTER_LETTERS)
    )


def _in_contingency(kind: str, *, model: str = "55", number: str | None = None) -> SettledNote:
    note = SettledNote(607, model=model).with_items(2, "00").in_contingency(kind)
    return note.set("protNFe/infProt/nProt", number) if number else note


def _delivered_at_home() -> SettledNote:
    note = _shop().to_consumer(individual=True).set("ide/indPres", "4").set("transp/modFrete", "0")
    carrier = note.plan().carrier
    return note.add("transp", f"<transporta><CNPJ>{carrier.tax_id}</CNPJ><xNome>{carrier.name}</xNome></transporta>")


def _from_another_state() -> SettledNote:
    buyer = SettledNote(608).interstate("BA").to_consumer(individual=True).plan().recipient
    assert buyer is not None
    return _shop().bought_by(buyer)


def _integrated_card() -> SettledNote:
    note = _shop().paid("03").set("pag/detPag/card/tpIntegra", "1")
    return note.add("pag/detPag/card", "<CNPJ>11222333000181</CNPJ>")


def high_value() -> SettledNote:
    """Above 10,000.00, so the buyer is named."""
    note = _shop(items=1).to_consumer(individual=True).remove("dest/enderDest")
    for tag, value in (("qCom", "1.0000"), ("qTrib", "1.0000"), ("vUnCom", "12000.0000000000"),
                       ("vUnTrib", "12000.0000000000"), ("vProd", "12000.00")):  # fmt: skip
        note.set(f"det[1]/prod/{tag}", value)
    note.set("det[1]/imposto/ICMS/*/vBC", "12000.00").set("det[1]/imposto/ICMS/*/vICMS", "2160.00")
    for tax, amount in (("PIS", "162.36"), ("COFINS", "747.84")):
        note.set(f"det[1]/imposto/{tax}/*/vBC", "9840.00").set(f"det[1]/imposto/{tax}/*/v{tax}", amount)
    return note.settled()


def _discount_on_all() -> SettledNote:
    return _shop("00", "20", items=4).with_discount("3.33").paid("01", change="10.00")


def _loose_goods() -> SettledNote:
    """Weighed at the till under an own code: no GTIN."""
    return _shop().each("prod/cEAN", "SEM GTIN").each("prod/cEANTrib", "SEM GTIN")


def _ticket() -> SettledNote:
    """Fuel at the pump: single-phase paid before, with the pump's data."""
    return _shop("61", items=1)


REGIMES = (
    *(TruthCase(f"Simples, CSOSN {code}", lambda code=code: _simples(code).authorised())
      for code in ("101", "102", "103", "201", "202", "300", "400", "500")),
    TruthCase("Simples, CSOSN 203", lambda: _simples("202").each("imposto/ICMS/*/CSOSN", "203").authorised()),
    TruthCase("Simples, CSOSN 900", lambda: _other_of_simples().authorised()),
    TruthCase("Simples to a person", lambda: _simples("102").to_consumer(individual=True).authorised()),
    TruthCase("Simples to a person of another state",
              lambda: _simples("102").to_consumer(individual=True).interstate("RJ").authorised()),
    TruthCase("Simples across states with credit", lambda: _simples("101").interstate("RS").authorised()),
    TruthCase("Simples returns a purchase", lambda: _simples("102").each("prod/CFOP", "5202")
              .returning(SettledNote(609).key).authorised()),
    TruthCase("individual entrepreneur (MEI)", lambda: _mei().authorised()),
    TruthCase("individual entrepreneur to a person", lambda: _mei().to_consumer(individual=True).authorised()),
    TruthCase("Simples above the state limit", lambda: _above_the_limit().authorised()),
    TruthCase("rural producer", lambda: _rural_producer().authorised()),
    TruthCase("issuer with letters in its CNPJ", lambda: SettledNote(610).alphanumeric().with_items(2, "00")
              .authorised()),
    TruthCase("buyer with letters in its CNPJ", lambda: _to_letters().authorised()),
    TruthCase("contingency by security paper (FS-DA)", lambda: _in_contingency("5").authorised()),
    TruthCase("contingency by EPEC", lambda: _in_contingency("4").authorised()),
    TruthCase("contingency SVC-AN", lambda: _in_contingency("6", number="891260000001607").authorised()),
    TruthCase("contingency SVC-RS", lambda: _in_contingency("7", number="943260000001607").authorised()),
    TruthCase("special regime NFF", lambda: _in_contingency("3").authorised()),
    TruthCase("retail, cash", lambda: _shop().paid("01").authorised()),
    TruthCase("retail, change", lambda: _shop().paid("01", change="5.00").authorised()),
    TruthCase("retail, cards", lambda: _shop().paid("03", "04").authorised()),
    TruthCase("retail, card of an integrated till", lambda: _integrated_card().authorised()),
    TruthCase("retail, Pix", lambda: _shop().paid("17").authorised()),
    TruthCase("retail, all situations", lambda: _shop("00", "20", "40", "41", "60", items=5).authorised()),
    TruthCase("retail, poverty fund", lambda: _shop().from_state("RJ").authorised()),
    TruthCase("retail, consumer named", lambda: _shop().to_consumer(individual=True).authorised()),
    TruthCase("retail, company named", lambda: _shop().to_consumer().authorised()),
    TruthCase("retail, consumer of another state", lambda: _from_another_state().authorised()),
    TruthCase("retail, delivered at home", lambda: _delivered_at_home().authorised()),
    TruthCase("retail, high value", lambda: high_value().authorised()),
    TruthCase("retail, discount", lambda: _discount_on_all().authorised()),
    TruthCase("retail, no bar code", lambda: _loose_goods().authorised()),
    TruthCase("retail, fuel", lambda: _ticket().authorised()),
    TruthCase("retail, Simples", lambda: _shop("102", "500").simples().authorised()),
    TruthCase("retail, MEI", lambda: _shop("102").simples().set("emit/CRT", "4").authorised()),
    TruthCase("retail, offline", lambda: _in_contingency("9", model="65").authorised()),
)  # fmt: skip
