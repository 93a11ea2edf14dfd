"""IPI of an item: amount, situation code against direction and legal framing, returned IPI."""

from __future__ import annotations

from decimal import Decimal

from malha.fiscal.documents import Item, Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.options import AuditOptions
from malha.fiscal.rules._arithmetic import operation_formula, operation_value, rate_breach, sums, unit_breach
from malha.fiscal.rules._registry import NFE, Scope, rule
from malha.fiscal.rules._since import BY_LAYOUT_4_00, LAYOUT_3_10, MOC_4_01
from malha.fiscal.tree import ZERO

_NORMAL = frozenset({"1"})
_TWO_CENTS = Decimal("0.02")
_LAST_ENTRY_CODE = "49"
_FRAMING = {"02": ("301", "399"), "52": ("301", "399"), "04": ("001", "099"), "54": ("001", "099"),
            "05": ("101", "199"), "55": ("101", "199")}  # fmt: skip


@rule(
    "NF-IPI-001", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE, purposes=frozenset({"1", "4"}),
    valid_from=MOC_4_01, reference="MOC, O14 (vIPI); total na rejeição 538",
    explains=("NF-TOT-005", "NF-ICMS-003", "NF-ST-001", "RTC-012"),
    pt="O valor do IPI não é a base vezes a alíquota, nem a quantidade vezes o valor por unidade.",
    en="The IPI amount is neither base times rate nor quantity times value per unit.",
)  # fmt: skip
def ipi_adds_up(note: Note, item: Item, options: AuditOptions) -> Breach | None:
    ipi = item.ipi
    if ipi.tag != "IPITrib":
        return None
    by_rate = rate_breach(ipi, ("vBC", "pIPI", "vIPI"), options.tolerance)
    return by_rate or unit_breach(ipi, ("qUnid", "vUnid", "vIPI"), options.tolerance)


@rule(
    "NF-IPI-004", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE, purposes=_NORMAL, valid_from=MOC_4_01,
    reference="Lei 4.502/64 art. 14 (O10)",
    explains=("NF-IPI-001", "NF-TOT-005", "NF-ICMS-003", "NF-ST-001", "RTC-012"),
    pt="A base do IPI não é o valor do item, com ou sem as despesas e o desconto.",
    en="The IPI base is not the item's value, with or without costs and discount.",
)  # fmt: skip
def ipi_base_is_the_items_value(note: Note, item: Item) -> Breach | None:
    """Discounts stay in the base by Lei 4.502 and outside it by STF RE 567.935; imports have a base of their own."""
    ipi, prod = item.ipi, item.prod
    base, value = ipi.amount("vBC"), prod.amount("vProd")
    if not base or value is None or base == value or note.direction != "1" or prod.text("indTot") == "0":
        return None
    added = [amount for name in ("vFrete", "vSeg", "vOutro") if (amount := prod.amount(name))]
    discount = prod.amount_or_zero("vDesc")
    if any(abs(base - value - plus + minus) <= _TWO_CENTS for plus in sums(added) for minus in (ZERO, discount)):
        return None
    return Breach(ipi, "vBC", base, operation_value(prod), lambda: operation_formula(prod))


@rule(
    "NF-IPI-002", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE, valid_from=BY_LAYOUT_4_00,
    reference="Rejeições 387 e 388 (O09-10, O06-20)",
    pt="O CST do IPI não combina com o sentido da nota ou com o enquadramento legal.",
    en="The IPI situation code fits neither the note's direction nor the legal framing.",
)  # fmt: skip
def ipi_code_fits(note: Note, item: Item) -> Breach | None:
    ipi = item.ipi
    if not ipi:
        return None
    code = ipi.text("CST") or ""
    if (code <= _LAST_ENTRY_CODE) != (note.direction == "0"):
        expected = "00 a 49 (entrada)" if note.direction == "0" else "50 a 99 (saída)"
        return Breach(ipi, "CST", code, expected, f"tpNF {note.direction}")
    if ipi.tag == "IPINT" and ipi.amount_or_zero("vIPI"):
        return Breach(ipi, "vIPI", ipi.amount("vIPI"), ZERO, f"CST {code} não tem valor")
    limits, framing = _FRAMING.get(code), item.imposto.group("IPI").text("cEnq")
    if limits is None or framing is None or limits[0] <= framing <= limits[1]:
        return None
    return Breach(item.imposto.group("IPI"), "cEnq", framing, f"{limits[0]} a {limits[1]}", f"CST {code}")


@rule(
    "NF-IPI-003", severity=Severity.LOW, scope=Scope.ITEM, models=NFE, purposes=frozenset({"1", "2", "3"}),
    valid_from=LAYOUT_3_10, reference="Rejeições 354 e 390 (UA01-10)",
    explains=("NF-TOT-005",),
    pt="IPI devolvido em nota que não é de devolução.",
    en="Returned IPI in a note that is not a return.",
)  # fmt: skip
def returned_ipi_only_in_returns(note: Note, item: Item) -> Breach | None:
    if "impostoDevol" not in item.group:
        return None
    returned = item.group.group("impostoDevol").group("IPI")
    value = returned.amount_or_zero("vIPIDevol")
    return Breach(returned, "vIPIDevol", value, ZERO, f"finNFe {note.purpose}") if value else None
