"""The ten item rules of the seed system, under its own codes, with its own conditions and tolerances."""

from __future__ import annotations

import re
from decimal import Decimal

from malha.fiscal.documents import Item, Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.money import HUNDRED, cents
from malha.fiscal.options import AuditOptions
from malha.fiscal.rules._registry import NFE_NFCE, Scope, rule

_ERROR, _ALERT = Severity.HIGH, Severity.MEDIUM
_SERVICE_WORDS = re.compile(
    r"servi[cç]|consultor|assessor|manuten[cç]|instala[cç]|treinament|loca[cç][aã]o|m[aã]o de obra|frete|honor[aá]ri",
    re.IGNORECASE,
)
_RETURN_PREFIXES = ("12", "22", "52", "62")
_TAXED_CONTRIBUTION = frozenset({"01", "02"})
_TAXED_ICMS = frozenset({"00", "20"})
_PER_MILLE = Decimal("0.001")
_CENT = Decimal("0.01")
_ICMS_TOLERANCE = Decimal("0.015")


@rule(
    "CFOP-INV-01", severity=_ERROR, scope=Scope.ITEM, models=NFE_NFCE, legacy_code="CFOP-INV-01",
    reference="Convênio s/nº de 1970, Anexo II",
    pt="CFOP de saída (5xxx ou 6xxx) em operação em que a própria empresa é a destinatária: a escrituração da compra "
       "pede CFOP de entrada.",
    en="A CFOP of exit (5xxx or 6xxx) where one's own company is the recipient: the purchase is booked under a CFOP of "
       "entry.",
)  # fmt: skip
def own_purchase_has_entry_cfop(note: Note, item: Item, options: AuditOptions) -> Breach | None:
    if not options.own_companies or note.recipient_id not in options.own_companies:
        return None
    if not item.cfop or item.cfop[0] not in "56":
        return None
    return Breach(item.prod, "CFOP", item.cfop, "1xxx ou 2xxx", f"destinatário {note.recipient_id}")


@rule(
    "NCM-INV-01", severity=_ALERT, scope=Scope.ITEM, models=NFE_NFCE, legacy_code="NCM-INV-01",
    reference="Nomenclatura Comum do Mercosul",
    pt="NCM zerada em item que não parece ser serviço.", en="An all-zero NCM on an item that does not look a service.",
)  # fmt: skip
def zero_ncm_is_a_service(_: Note, item: Item) -> Breach | None:
    code = item.ncm
    if not code or code.strip("0") or item.issqn or _SERVICE_WORDS.search(item.name or ""):
        return None
    return Breach(item.prod, "NCM", code, formula=item.name)


@rule(
    "NCM-INV-02", severity=_ERROR, scope=Scope.ITEM, models=NFE_NFCE, legacy_code="NCM-INV-02",
    reference="Nomenclatura Comum do Mercosul",
    pt="NCM sem oito dígitos.", en="An NCM without eight digits.",
)  # fmt: skip
def ncm_has_eight_digits(_: Note, item: Item) -> Breach | None:
    code = item.ncm
    if not code or (len(code) == 8 and code.isdecimal()) or not code.strip("0"):
        return None
    return Breach(item.prod, "NCM", code, "8 dígitos")


@rule(
    "VAL-ERR-01", severity=_ERROR, scope=Scope.ITEM, models=NFE_NFCE, legacy_code="VAL-ERR-01",
    reference="MOC, I10 a I11",
    pt="Quantidade x valor unitário difere do total do item.", en="Quantity times unit price is not the item's total.",
)  # fmt: skip
def total_is_quantity_times_price(_: Note, item: Item) -> Breach | None:
    prod = item.prod
    quantity, price, total = prod.amount("qCom"), prod.amount("vUnCom"), prod.amount("vProd")
    if not quantity or not price or not total or min(quantity, price, total) < 0:
        return None
    computed = quantity * price
    difference = abs(computed - total)
    if difference <= _CENT or difference <= computed * _PER_MILLE:
        return None
    return Breach(
        prod, "vProd", total, cents(computed), lambda: f"qCom {quantity} x vUnCom {price} = {cents(computed)}",
    )  # fmt: skip


@rule(
    "VAL-WARN-01", severity=_ALERT, scope=Scope.ITEM, models=NFE_NFCE, legacy_code="VAL-WARN-01",
    reference="Convênio s/nº de 1970, Anexo II (5910, 6910)",
    pt="Item com quantidade e valor zero: bonificação ou amostra pede CFOP próprio (5910, 6910).",
    en="An item with quantity and no value: a gift or sample has a CFOP of its own (5910, 6910).",
)  # fmt: skip
def item_has_a_value(_: Note, item: Item) -> Breach | None:
    prod = item.prod
    total = prod.amount("vProd")
    if total is None or total:
        return None
    quantity = prod.amount("qCom")
    return Breach(prod, "vProd", total, formula=f"qCom {quantity}") if quantity and quantity > 0 else None


@rule(
    "CFOP-GEO-01", severity=_ERROR, scope=Scope.ITEM, models=NFE_NFCE, legacy_code="CFOP-GEO-01",
    reference="Convênio s/nº de 1970, Anexo II",
    pt="CFOP interestadual (6xxx) entre empresas do mesmo estado.",
    en="An interstate CFOP (6xxx) between parties in one state.",
)  # fmt: skip
def interstate_cfop_crosses_states(note: Note, item: Item) -> Breach | None:
    if not item.cfop or item.cfop[0] != "6" or not note.issuer_uf or note.issuer_uf != note.recipient_uf:
        return None
    return Breach(item.prod, "CFOP", item.cfop, "5xxx", f"emitente e destinatário em {note.issuer_uf}")


@rule(
    "CFOP-GEO-02", severity=_ERROR, scope=Scope.ITEM, models=NFE_NFCE, legacy_code="CFOP-GEO-02",
    reference="Convênio s/nº de 1970, Anexo II",
    pt="CFOP interno (5xxx) entre estados diferentes.", en="An internal CFOP (5xxx) between different states.",
)  # fmt: skip
def internal_cfop_stays_in_state(note: Note, item: Item) -> Breach | None:
    issuer, recipient = note.issuer_uf, note.recipient_uf
    if not item.cfop or item.cfop[0] != "5" or not issuer or not recipient or issuer == recipient:
        return None
    return Breach(item.prod, "CFOP", item.cfop, "6xxx", f"emitente em {issuer}, destinatário em {recipient}")


@rule(
    "PIS-COFINS-CST-INV-01", severity=_ALERT, scope=Scope.ITEM, models=NFE_NFCE, legacy_code="PIS-COFINS-CST-INV-01",
    reference="IN RFB 2.121/2022; tabelas de CST de PIS e COFINS",
    pt="Devolução com PIS ou COFINS tributados como venda (CST 01 ou 02).",
    en="A return whose PIS or COFINS is taxed as a sale (CST 01 or 02).",
)  # fmt: skip
def return_has_no_sale_contributions(_: Note, item: Item) -> Breach | None:
    if not item.cfop or not item.cfop.startswith(_RETURN_PREFIXES):
        return None
    for group in (item.pis, item.cofins):
        code = group.text("CST")
        if code in _TAXED_CONTRIBUTION:
            return Breach(group, "CST", code, formula=f"CFOP {item.cfop}")
    return None


@rule(
    "ICMS-CST-INV-01", severity=_ALERT, scope=Scope.ITEM, models=NFE_NFCE, legacy_code="ICMS-CST-INV-01",
    reference="Convênio s/nº de 1970, Anexo I",
    pt="Devolução com ICMS tributado como venda (CST 00 ou 20): confira se repete a nota de origem.",
    en="A return whose ICMS is taxed as a sale (CST 00 or 20): check that it repeats the original note.",
)  # fmt: skip
def return_has_no_sale_icms(_: Note, item: Item) -> Breach | None:
    if not item.cfop or item.is_simples or item.icms_code not in _TAXED_ICMS:
        return None
    if not item.cfop.startswith(_RETURN_PREFIXES):
        return None
    return Breach(item.icms, "CST", item.icms_code, formula=f"CFOP {item.cfop}")


@rule(
    "ICMS-CALC-01", severity=_ERROR, scope=Scope.ITEM, models=NFE_NFCE, legacy_code="ICMS-CALC-01",
    reference="LC 87/96 art. 13",
    pt="Base x alíquota difere do valor do ICMS.", en="Base times rate is not the ICMS amount.",
)  # fmt: skip
def icms_is_base_times_rate(_: Note, item: Item) -> Breach | None:
    icms = item.icms
    base, rate = icms.amount("vBC"), icms.amount("pICMS")
    if not base or not rate or base < 0 or rate < 0:
        return None
    # Under deferral vICMS is what remains; the amount that base and rate give is vICMSOp.
    tag = "vICMSOp" if "vICMSOp" in icms else "vICMS"
    value = icms.amount(tag)
    if not value or value < 0:
        return None
    computed = base * rate / HUNDRED
    if abs(computed - value) <= _ICMS_TOLERANCE:
        return None
    return Breach(icms, tag, value, cents(computed), lambda: f"vBC {base} x pICMS {rate}% = {cents(computed)}")
