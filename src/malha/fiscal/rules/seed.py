"""The seed system's rules on an item by itself, under their codes; those on returns are in `returned_taxes`."""

from __future__ import annotations

import re
from decimal import Decimal

from malha.fiscal.documents import Item, Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.money import HUNDRED, cents
from malha.fiscal.options import AuditOptions
from malha.fiscal.rules._places import is_delivered_elsewhere, is_sold_as_export, is_to_itself
from malha.fiscal.rules._registry import NFE_NFCE, Scope, rule
from malha.fiscal.rules._since import MOC_4_01

_ERROR, _ALERT = Severity.HIGH, Severity.MEDIUM
_SERVICE_WORDS = re.compile(
    r"servi[cç]|consultor|assessor|manuten[cç]|instala[cç]|treinament|loca[cç][aã]o|m[aã]o de obra|frete|honor[aá]ri",
    re.IGNORECASE,
)
_GIFTS = frozenset({"910", "911"})
_WITHOUT_GOODS, _BALANCES = frozenset({"2", "3"}), "60"
_PER_MILLE = Decimal("0.001")
_CENT = Decimal("0.01")
_ICMS_TOLERANCE = Decimal("0.015")


@rule(
    "CFOP-INV-01", severity=_ERROR, scope=Scope.ITEM, models=NFE_NFCE, legacy_code="CFOP-INV-01",
    valid_from=MOC_4_01, reference="Convênio s/nº de 1970, Anexo II",
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
    valid_from=MOC_4_01, reference="Nomenclatura Comum do Mercosul",
    explains=("NF-PRD-001", "NF-PRD-002"),
    pt="NCM zerada em item que não parece ser serviço.", en="An all-zero NCM on an item that does not look a service.",
)  # fmt: skip
def zero_ncm_is_a_service(note: Note, item: Item) -> Breach | None:
    """Complements, adjustments and transfers of tax balances (x60x) move no goods: their NCM is 00 (MOC, I05)."""
    code = item.ncm
    if note.purpose in _WITHOUT_GOODS or (item.cfop or "")[1:3] == _BALANCES:
        return None
    if not code or code.strip("0") or item.issqn or _SERVICE_WORDS.search(item.name or ""):
        return None
    return Breach(item.prod, "NCM", code, formula=item.name)


@rule(
    "NCM-INV-02", severity=_ERROR, scope=Scope.ITEM, models=NFE_NFCE, legacy_code="NCM-INV-02",
    valid_from=MOC_4_01, reference="Nomenclatura Comum do Mercosul",
    explains=("NF-PRD-001", "NF-PRD-002"),
    pt="NCM sem oito dígitos.", en="An NCM without eight digits.",
)  # fmt: skip
def ncm_has_eight_digits(_: Note, item: Item) -> Breach | None:
    code = item.ncm
    if not code or (len(code) == 8 and code.isdecimal()) or not code.strip("0"):
        return None
    return Breach(item.prod, "NCM", code, "8 dígitos")


@rule(
    "VAL-ERR-01", severity=_ERROR, scope=Scope.ITEM, models=NFE_NFCE, legacy_code="VAL-ERR-01",
    valid_from=MOC_4_01, reference="MOC, I10 a I11",
    explains=("NF-ITM-001", "NF-ITM-002", "NF-PRD-011", "NF-TOT-007", "NF-ICMS-003", "NF-ST-001", "RTC-009",
              "RTC-012", "NF-PIS-005", "NF-CRT-003", "NF-TOT-011", "NF-IPI-004"),
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
    valid_from=MOC_4_01, reference="Convênio s/nº de 1970, Anexo II (5910, 6910)",
    explains=("NF-ITM-001", "NF-ITM-002", "NF-TOT-007", "NF-ICMS-003", "NF-ST-001", "RTC-009", "RTC-012",
              "NF-PIS-005"),
    pt="Item com quantidade e valor zero: bonificação ou amostra pede CFOP próprio (5910, 6910).",
    en="An item with quantity and no value: a gift or sample has a CFOP of its own (5910, 6910).",
)  # fmt: skip
def item_has_a_value(_: Note, item: Item) -> Breach | None:
    prod = item.prod
    total = prod.amount("vProd")
    if total is None or total or (item.cfop or "")[1:] in _GIFTS:
        return None
    quantity = prod.amount("qCom")
    return Breach(prod, "vProd", total, formula=f"qCom {quantity}") if quantity and quantity > 0 else None


@rule(
    "CFOP-GEO-01", severity=_ERROR, scope=Scope.ITEM, models=NFE_NFCE, legacy_code="CFOP-GEO-01",
    valid_from=MOC_4_01, reference="Convênio s/nº de 1970, Anexo II",
    explains=("NF-CFOP-003", "NF-CFOP-005", "NF-65-725"),
    pt="CFOP interestadual (6xxx) entre empresas do mesmo estado.",
    en="An interstate CFOP (6xxx) between parties in one state.",
)  # fmt: skip
def interstate_cfop_crosses_states(note: Note, item: Item) -> Breach | None:
    """Goods delivered in another state cross the border, and so do those that a company takes there to sell."""
    if not item.cfop or item.cfop[0] != "6" or not note.issuer_uf or note.issuer_uf != note.recipient_uf:
        return None
    if note.ide.text("idDest") == "2" and (is_delivered_elsewhere(note, item) or is_to_itself(note)):
        return None
    return Breach(item.prod, "CFOP", item.cfop, "5xxx", f"emitente e destinatário em {note.issuer_uf}")


@rule(
    "CFOP-GEO-02", severity=_ERROR, scope=Scope.ITEM, models=NFE_NFCE, legacy_code="CFOP-GEO-02",
    valid_from=MOC_4_01, reference="Convênio s/nº de 1970, Anexo II",
    explains=("NF-CFOP-003", "NF-CFOP-005"),
    pt="CFOP interno (5xxx) entre estados diferentes.", en="An internal CFOP (5xxx) between different states.",
)  # fmt: skip
def internal_cfop_stays_in_state(note: Note, item: Item) -> Breach | None:
    """Goods that the buyer takes at the counter, or has delivered in the issuer's state, are sold there (idDest 1)."""
    issuer, recipient = note.issuer_uf, note.recipient_uf
    if not item.cfop or item.cfop[0] != "5" or not issuer or not recipient or issuer == recipient:
        return None
    if note.is_nfce or note.ide.text("idDest") == "1" or is_sold_as_export(item):
        return None
    return Breach(item.prod, "CFOP", item.cfop, "6xxx", f"emitente em {issuer}, destinatário em {recipient}")


@rule(
    "ICMS-CALC-01", severity=_ERROR, scope=Scope.ITEM, models=NFE_NFCE, legacy_code="ICMS-CALC-01",
    valid_from=MOC_4_01, reference="LC 87/96 art. 13",
    explains=("NF-ICMS-001", "NF-ICMS-002", "NF-ICMS-003", "NF-ST-002", "NF-TOT-002", "RTC-009", "NF-PIS-005",
              "NF-FCP-001"),
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
