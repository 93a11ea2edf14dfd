"""Legitimate movements that sell nothing, sales in stages, returns, complements and adjustments (model 55)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tests.factories.settled import SettledNote
from tests.factories.truth import File, TruthCase

from malha.simulators.nfe.builder import BRASILIA
from malha.simulators.nfe.check_digits import close_cnpj
from malha.simulators.nfe.parties import Party

_UNTAXED = "<ICMS40><orig>0</orig><CST>{cst}</CST></ICMS40>"
_LATE = datetime(2026, 10, 20, 9, 0, tzinfo=BRASILIA)
_BY_ITEM = datetime(2026, 11, 3, 9, 0, tzinfo=BRASILIA)


def _note(*taxes: str, seed: int = 401, items: int = 2) -> SettledNote:
    return SettledNote(seed).with_items(items, *(taxes or ("00",)))


def _party(seed: int = 402, uf: str = "SP") -> Party:
    party = SettledNote(seed).from_state(uf).plan().recipient
    assert party is not None
    return party


def _branch(uf: str = "SP") -> Party:
    """Another establishment of the usual issuer."""
    issuer = _note().plan().issuer
    return replace(_party(uf=uf), tax_id=close_cnpj(issuer.tax_id[:8] + "0002"), name=issuer.name)


def _moved(cfop: str, name: str, *, cst: str = "50", uf: str = "SP", code: str = "410999") -> SettledNote:
    """Goods that leave and are to come back: ICMS suspended or outside."""
    note = _note().interstate(uf) if uf != "SP" else _note()
    return note.moving(cfop, name, code).each_icms(_UNTAXED.format(cst=cst)).each("prod/cBenef", "SP099999").settled()


def _taxed_move(cfop: str, name: str, *, uf: str = "SP", code: str = "410999") -> SettledNote:
    note = _note().interstate(uf) if uf != "SP" else _note()
    return note.moving(cfop, name, code).settled()


def _transfer(cfop: str, uf: str) -> SettledNote:
    return _taxed_move(cfop, "Transferência de mercadoria", uf=uf, code="410002").bought_by(_branch(uf))


def _mixed_transfer() -> SettledNote:
    """Substituted goods (5409) beside others (5152)."""
    note = _note("00", "60", items=4).moving("5152", "Transferência de mercadoria", "410002").bought_by(_branch())
    return note.set("det[2]/prod/CFOP", "5409").set("det[4]/prod/CFOP", "5409").settled()


def _maker_transfer() -> SettledNote:
    """Own production under substitution (5408) beside other production (5151)."""
    note = _note("00", "60", items=2).moving("5151", "Transferência de produção", "410002").bought_by(_branch())
    return note.set("det[2]/prod/CFOP", "5408").settled()


def _to_itself(cfop: str, name: str, *, uf: str | None = None) -> SettledNote:
    """The issuer is its own recipient: sales outside the establishment, losses."""
    issuer = _note().plan().issuer
    note = _taxed_move(cfop, name).bought_by(issuer)
    return note.set("ide/idDest", "2") if uf else note


def _referring(note: SettledNote, key: str) -> SettledNote:
    return note.add("ide", f"<NFref><refNFe>{key}</refNFe></NFref>")


def _back(cfop: str, name: str) -> SettledNote:
    return _referring(_moved(cfop, name), _note(seed=409).key)


def _industrialised() -> SettledNote:
    """Goods of the customer go back (5902) with the work done on them (5124)."""
    note = _note(items=2).each("prod/CFOP", "5124").set("ide/natOp", "Industrialização por encomenda")
    note.set("det[2]/prod/CFOP", "5902").set("det[2]/prod/cBenef", "SP099999")
    note.replace("det[2]/imposto/ICMS/ICMS00", _UNTAXED.format(cst="50"))
    return note.settled()


def _gift(cfop: str, cst: str | None = None) -> SettledNote:
    if cst is None:
        return _taxed_move(cfop, "Remessa em bonificação, doação ou brinde", code="410001")
    return _moved(cfop, "Remessa de amostra grátis", cst=cst)


def _gift_beside_a_sale() -> SettledNote:
    """The gift is in the note and in its total, not in the invoice."""
    note = _note(items=3).set("det[3]/prod/CFOP", "5910").remove("det[3]/imposto/IBSCBS")
    group = "<IBSCBS><CST>410</CST><cClassTrib>410001</cClassTrib></IBSCBS>"
    return note.add("det[3]/imposto", group).paid("15").settled()


def _billed_ahead() -> SettledNote:
    note = _note().each("prod/CFOP", "5922").set("ide/natOp", "Simples faturamento para entrega futura").untaxed("49")
    note.each_remove("imposto/PIS").each_remove("imposto/COFINS")
    note.each_add("imposto", "<PIS><PISNT><CST>08</CST></PISNT></PIS>")
    note.each_add("imposto", "<COFINS><COFINSNT><CST>08</CST></COFINSNT></COFINS>")
    return note.each_icms(_UNTAXED.format(cst="41")).each("prod/cBenef", "SP099999").reformed("410999").settled()


def _delivered_later() -> SettledNote:
    note = _note().each("prod/CFOP", "5117").set("ide/natOp", "Remessa de entrega futura").numbered(81).unpaid()
    return _referring(note.settled(), _billed_ahead().key)


def _returned(sale: SettledNote, back: SettledNote) -> list[File]:
    return [("venda.xml", sale.authorised()), ("devolucao.xml", back.authorised())]


def _return_of_a_purchase(*taxes: str, uf: str = "SP", items: int = 2) -> list[File]:
    """The buyer sends everything back with the taxes of the sale."""
    sale = _note(*taxes, items=items).interstate(uf) if uf != "SP" else _note(*taxes, items=items)
    plan = sale.plan()
    assert plan.recipient is not None
    back = _note(*taxes, items=items).sold_by(plan.recipient).bought_by(plan.issuer).numbered(77).returning(sale.key)
    return _returned(sale, back)


def _return_with_ipi() -> list[File]:
    sale = _note().manufactured("10.00")
    plan = sale.plan()
    assert plan.recipient is not None
    back = _note().sold_by(plan.recipient).bought_by(plan.issuer).numbered(77).returning(sale.key)
    for number, line in enumerate(plan.lines, start=1):
        ipi = f"<pDevol>100.00</pDevol><IPI><vIPIDevol>{line.ipi}</vIPIDevol></IPI>"
        back.add(f"det[{number}]", f"<impostoDevol>{ipi}</impostoDevol>")
    return _returned(sale, back.settled())


def _return_taken_in(model: str = "55") -> list[File]:
    """The seller takes goods back from a person with a note of entry of its own."""
    sale = SettledNote(403, model=model).with_items(2, "00")
    if model == "55":
        sale.to_consumer(individual=True)
    buyer = _note(seed=404).to_consumer(individual=True).plan().recipient
    assert buyer is not None
    sale.bought_by(buyer)
    back = (
        SettledNote(403).with_items(2, "00").to_consumer(individual=True).sold_by(sale.plan().issuer).bought_by(buyer)
    )
    back.numbered(78).returning(sale.key).set("ide/tpNF", "0").each("prod/CFOP", "1202").each_remove("imposto/vTotTrib")
    if model == "65":
        _repeat_items(back, sale)
    return _returned(sale, back.set("ide/natOp", "Devolução de venda").settled())


def _repeat_items(back: SettledNote, sale: SettledNote) -> None:
    """Return the first item of another model's note: half of it, so that the original covers it."""
    sold = sale.plan().lines[0]
    back.with_items(1, "00").set("det[1]/prod/NCM", sold.product.ncm).set("det[1]/prod/xProd", sold.product.name)
    back.set("det[1]/prod/qCom", "1.0000").set("det[1]/prod/qTrib", "1.0000")
    for tag, value in (("vUnCom", "1.0000000000"), ("vUnTrib", "1.0000000000"), ("vProd", "1.00")):
        back.set(f"det[1]/prod/{tag}", value)
    back.set("det[1]/imposto/ICMS/*/vBC", "1.00").set("det[1]/imposto/ICMS/*/vICMS", "0.18")
    for tax, value in (("PIS", "0.01"), ("COFINS", "0.06")):
        back.set(f"det[1]/imposto/{tax}/*/vBC", "0.82").set(f"det[1]/imposto/{tax}/*/v{tax}", value)


def _return_named_by_item() -> list[File]:
    """Since October 2026 each returned item names the item that it returns."""
    sale = _note().issued(_LATE)
    plan = sale.plan()
    assert plan.recipient is not None
    back = _note().issued(_BY_ITEM).sold_by(plan.recipient).bought_by(plan.issuer).numbered(77).returning(sale.key)
    back.remove("ide/NFref")
    for number in (1, 2):
        named = f"<chaveAcesso>{sale.key}</chaveAcesso><nItem>{number}</nItem>"
        back.add(f"det[{number}]", f"<DFeReferenciado>{named}</DFeReferenciado>")
    return _returned(sale, back)


def _complement_of_price() -> list[File]:
    sale = _note()
    more = _note(items=1).numbered(79).set("ide/finNFe", "2").set("ide/natOp", "Complemento de preço").paid("15")
    return [("venda.xml", sale.authorised()), ("complemento.xml", _referring(more, sale.key).authorised())]


def _complement_of_tax() -> list[File]:
    """ICMS alone: no quantity, no value of goods."""
    sale = _note()
    more = _note(items=1).numbered(80).set("ide/finNFe", "2").set("ide/natOp", "Complemento de ICMS").untaxed()
    for tag, value in (("qCom", "0.0000"), ("qTrib", "0.0000"), ("vUnCom", "0.0000000000"),
                       ("vUnTrib", "0.0000000000"), ("vProd", "0.00")):  # fmt: skip
        more.set(f"det[1]/prod/{tag}", value)
    own = "<ICMS00><orig>0</orig><CST>00</CST><modBC>3</modBC><vBC>100.00</vBC><pICMS>18.00</pICMS><vICMS>18.00</vICMS>"
    more.each_icms(f"{own}</ICMS00>").reformed("410999").unpaid().settled()
    return [("venda.xml", sale.authorised()), ("complemento.xml", _referring(more, sale.key).authorised())]


def _adjustment() -> SettledNote:
    """ICMS written off: the issuer to itself, without goods."""
    note = _note(items=1).set("ide/finNFe", "3").set("ide/natOp", "Estorno de crédito de ICMS").untaxed()
    for tag, value in (("qCom", "0.0000"), ("qTrib", "0.0000"), ("vUnCom", "0.0000000000"),
                       ("vUnTrib", "0.0000000000"), ("vProd", "0.00"), ("CFOP", "5949"), ("NCM", "00"),
                       ("cEAN", "SEM GTIN"), ("cEANTrib", "SEM GTIN")):  # fmt: skip
        note.set(f"det[1]/prod/{tag}", value)
    own = "<ICMS90><orig>0</orig><CST>90</CST><modBC>3</modBC><vBC>0.00</vBC><pICMS>0.00</pICMS><vICMS>50.00</vICMS>"
    note.each_icms(f"{own}</ICMS90>").reformed("410999").unpaid()
    return note.bought_by(note.plan().issuer).settled()


def _sold_to_order(cfop: str) -> SettledNote:
    note = _note().interstate("MG").each("prod/CFOP", cfop).set("ide/natOp", "Venda à ordem")
    return note.settled()


def _rural_purchase() -> SettledNote:
    """Goods bought of a rural producer (a person), with a note of entry of the buyer."""
    producer = _note(seed=405).to_consumer(individual=True).plan().recipient
    assert producer is not None
    note = _note(items=1).to_consumer(individual=True).bought_by(producer).set("ide/tpNF", "0")
    note.set("ide/natOp", "Compra de produtor rural").set("ide/indFinal", "0").each("prod/CFOP", "1102").untaxed("73")
    note.each_remove("imposto/vTotTrib").each_remove("imposto/PIS").each_remove("imposto/COFINS")
    for tax in ("PIS", "COFINS"):
        zero = f"<vBC>0.00</vBC><p{tax}>0.00</p{tax}><v{tax}>0.00</v{tax}>"
        note.each_add("imposto", f"<{tax}><{tax}Outr><CST>70</CST>{zero}</{tax}Outr></{tax}>")
    note.each_icms("<ICMS51><orig>0</orig><CST>51</CST></ICMS51>").each("prod/cBenef", "SP080051")
    return note.reformed("410014").unpaid().settled()


MOVEMENTS = (
    TruthCase("transfer inside the state", lambda: _transfer("5152", "SP").authorised()),
    TruthCase("transfer across states", lambda: _transfer("6152", "BA").authorised()),
    TruthCase("transfer of substituted and other goods", lambda: _mixed_transfer().authorised()),
    TruthCase("transfer of own production, substituted and other", lambda: _maker_transfer().authorised()),
    TruthCase("transfer of supplies", lambda: _moved("5557", "Transferência de uso e consumo", cst="41", code="410002")
              .bought_by(_branch()).authorised()),
    TruthCase("sent for repair", lambda: _moved("5915", "Remessa para conserto").authorised()),
    TruthCase("sent for repair to another state", lambda: _moved("6915", "Remessa para conserto", uf="PR")
              .authorised()),
    TruthCase("back from repair", lambda: _back("5916", "Retorno de conserto").authorised()),
    TruthCase("sent for demonstration", lambda: _moved("5912", "Remessa para demonstração").authorised()),
    TruthCase("back from demonstration", lambda: _back("5913", "Retorno de demonstração").authorised()),
    TruthCase("sent on consignment", lambda: _taxed_move("5917", "Remessa em consignação").authorised()),
    TruthCase("sale of goods on consignment", lambda: _note().each("prod/CFOP", "5114").settled().authorised()),
    TruthCase("sale of goods taken on consignment", lambda: _note().each("prod/CFOP", "5115").settled().authorised()),
    TruthCase("sent for industrialisation", lambda: _moved("5901", "Remessa para industrialização").authorised()),
    TruthCase("back from industrialisation with the work", lambda: _industrialised().authorised()),
    TruthCase("gift", lambda: _gift("5910").authorised()),
    TruthCase("gift beside a sale", lambda: _gift_beside_a_sale().authorised()),
    TruthCase("sample", lambda: _gift("5911", "40").authorised()),
    TruthCase("lent for use", lambda: _moved("5908", "Remessa em comodato", cst="41").authorised()),
    TruthCase("packaging sent", lambda: _moved("5920", "Remessa de vasilhame", cst="40").authorised()),
    TruthCase("sent to storage", lambda: _moved("5905", "Remessa para depósito", cst="41").authorised()),
    TruthCase("asset sold", lambda: _note("41").each("prod/CFOP", "5551").settled().authorised()),
    TruthCase("taken along to sell", lambda: _to_itself("5904", "Remessa para venda fora").authorised()),
    TruthCase("taken along to sell in another state",
              lambda: _to_itself("6904", "Remessa para venda fora", uf="PR").authorised()),
    TruthCase("loss", lambda: _to_itself("5927", "Baixa de estoque por perda").authorised()),
    TruthCase("billed for delivery later", lambda: _billed_ahead().authorised()),
    TruthCase("delivered after it was billed", lambda: _delivered_later().authorised()),
    TruthCase("sold to order", lambda: _sold_to_order("6119").authorised()),
    TruthCase("delivered to order of another", lambda: _taxed_move("6923", "Remessa por conta e ordem", uf="MG")
              .authorised()),
    TruthCase("return of a purchase", _return_of_a_purchase),
    TruthCase("return of a purchase across states", lambda: _return_of_a_purchase(uf="MG")),
    TruthCase("return of goods with a reduced base", lambda: _return_of_a_purchase("20")),
    TruthCase("return of substituted goods", lambda: _return_of_a_purchase("60")),
    TruthCase("return with IPI", _return_with_ipi),
    TruthCase("return that names its items", _return_named_by_item),
    TruthCase("return without the original at hand",
              lambda: _note().returning(_note(seed=406).key).authorised()),
    TruthCase("taken back from a person", _return_taken_in),
    TruthCase("taken back what a retail note sold", lambda: _return_taken_in("65")),
    TruthCase("complement of price", _complement_of_price),
    TruthCase("complement of tax", _complement_of_tax),
    TruthCase("adjustment", lambda: _adjustment().authorised()),
    TruthCase("bought of a rural producer", lambda: _rural_purchase().authorised()),
)  # fmt: skip
