"""The value of an item from its quantities and prices, and the ceiling price of medicines."""

from __future__ import annotations

from malha.fiscal.documents import Item, Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.money import cents
from malha.fiscal.options import AuditOptions
from malha.fiscal.rules._arithmetic import GOODS_PURPOSES, unit_breach
from malha.fiscal.rules._registry import NFE_NFCE, Scope, rule
from malha.fiscal.rules._since import AS_LONG_AS_NOTES, MOC_4_01
from malha.fiscal.tree import ZERO


@rule(
    "NF-ITM-001", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE_NFCE, purposes=GOODS_PURPOSES,
    valid_from=MOC_4_01, reference="Rejeição 629 (I11-10)", facultative=True,
    explains=("NF-ITM-002", "NF-PRD-011", "NF-TOT-007", "NF-ICMS-003", "NF-ST-001", "RTC-009", "RTC-012",
              "NF-PIS-005", "NF-CRT-003", "NF-TOT-011", "NF-IPI-004"),
    pt="A quantidade comercial vezes o preço unitário não dá o valor do produto.",
    en="Commercial quantity times unit price is not the product's value.",
)  # fmt: skip
def commercial_quantity_times_price(note: Note, item: Item, options: AuditOptions) -> Breach | None:
    return unit_breach(item.prod, ("qCom", "vUnCom", "vProd"), options.tolerance)


@rule(
    "NF-ITM-002", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE_NFCE, purposes=GOODS_PURPOSES,
    valid_from=MOC_4_01, reference="Rejeição 630 (I11-20)", facultative=True,
    explains=("NF-PRD-011",),
    pt="A quantidade tributável vezes o preço unitário tributável não dá o valor do produto.",
    en="Taxable quantity times taxable unit price is not the product's value.",
)  # fmt: skip
def taxable_quantity_times_price(note: Note, item: Item, options: AuditOptions) -> Breach | None:
    return unit_breach(item.prod, ("qTrib", "vUnTrib", "vProd"), options.tolerance)


@rule(
    "NF-ITM-003", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE_NFCE, valid_from=AS_LONG_AS_NOTES,
    reference="MOC, I17 (vDesc)",
    explains=("NF-TOT-004", "NF-ICMS-003", "NF-PIS-005", "RTC-009", "NF-CRT-003"),
    pt="O desconto é maior do que o valor do produto.", en="The discount is greater than the product's value.",
)  # fmt: skip
def discount_is_within_the_value(_: Note, item: Item) -> Breach | None:
    prod = item.prod
    if "vDesc" not in prod:
        return None
    discount, value = prod.amount("vDesc"), prod.amount("vProd")
    if discount is None or value is None or discount <= value:
        return None
    return Breach(prod, "vDesc", discount, f"até {value}", f"vProd {value}")


@rule(
    "NF-PMC-001", severity=Severity.LOW, scope=Scope.ITEM, models=NFE_NFCE, purposes=GOODS_PURPOSES,
    valid_from=MOC_4_01, reference="CMED, preço máximo ao consumidor (K06)",
    pt="O medicamento foi vendido acima do preço máximo ao consumidor informado na própria nota.",
    en="The medicine was sold above the maximum consumer price that the note itself states.",
)  # fmt: skip
def medicine_within_ceiling_price(note: Note, item: Item) -> Breach | None:
    if "med" not in item.prod:
        return None
    prod, medicine = item.prod, item.prod.group("med")
    ceiling, quantity = medicine.amount_or_zero("vPMC"), prod.amount_or_zero("qCom")
    if ceiling <= ZERO or quantity <= ZERO:
        return None
    value, discount = prod.amount_or_zero("vProd"), prod.amount_or_zero("vDesc")
    price = (value - discount) / quantity
    if price <= ceiling:
        return None
    return Breach(
        medicine, "vPMC", cents(price), ceiling,
        lambda: f"(vProd {value} - vDesc {discount}) / qCom {quantity} = {cents(price)} > vPMC {ceiling}",
    )  # fmt: skip
