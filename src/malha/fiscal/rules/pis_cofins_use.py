"""PIS and COFINS of an item against the note: the groups are there, the codes are of the direction, the base fits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import islice

from malha.fiscal.documents import Item, Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.options import AuditOptions
from malha.fiscal.rules._arithmetic import operation_value, sums
from malha.fiscal.rules._registry import NFE, NFE_NFCE, Scope, rule
from malha.fiscal.rules._since import LAYOUT_3_10, MOC_4_01

_NORMAL = frozenset({"1"})
_OUTSIDE_SIMPLES = frozenset({"2", "3"})
_CREDIT_CODES = frozenset({"50", "51", "52", "53", "54", "55", "56", "60", "61", "62", "63", "64", "65", "66", "67"})
_END = date(2026, 12, 31)
"""CBS takes the place of both from 2027 on (LC 214/2025 art. 542)."""
_ICMS_INSIDE = ("vICMS", "vFCP", "vICMSDeson", "vICMSEfet", "vICMSMono", "vICMSSubstituto", "vICMSSTRet")
_MOST_TAXES = 5
"""No ICMS group of the layout has more of them; a hostile file with all would make a thousand sums an item."""
_COSTS = ("vFrete", "vSeg", "vOutro")
_TWO_CENTS = Decimal("0.02")


@rule(
    "NF-PIS-005", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE_NFCE, purposes=_NORMAL,
    crts=_OUTSIDE_SIMPLES, valid_from=LAYOUT_3_10, valid_to=_END,
    reference="Lei 12.973/14; Leis 10.637/02 e 10.833/03, art. 1º; STF, tema 69",
    explains=("NF-PIS-001", "NF-COF-001", "NF-PIS-003", "NF-TOT-006", "RTC-009"),
    pt="A base do PIS e da COFINS (CST 01) não é o valor do item, com ou sem o ICMS.",
    en="The PIS and COFINS base (CST 01) is not the item's value, with or without ICMS.",
)  # fmt: skip
def contribution_base_is_the_items_value(note: Note, item: Item, options: AuditOptions) -> Breach | None:
    """Accepts every usual reading: with or without costs, IPI, and the ICMS, poverty fund and DIFAL inside."""
    pis = item.pis
    if pis.text("CST") != "01" or note.direction != "1" or item.prod.text("indTot") == "0":
        return None
    base, value = pis.amount("vBC"), item.prod.amount("vProd")
    if not base or value is None:
        return None
    whole = operation_value(item.prod)
    if base in (whole, whole - item.icms.amount_or_zero("vICMS")):  # as nearly every item has it
        return None
    net = value - item.prod.amount_or_zero("vDesc")
    if _is_usual(item, base, net, max(options.tolerance, _TWO_CENTS)):
        return None
    return Breach(pis, "vBC", base, net, lambda: f"vProd {value} - vDesc {value - net}")


def _is_usual(item: Item, base: Decimal, net: Decimal, tolerance: Decimal) -> bool:
    added = [amount for name in _COSTS if (amount := item.prod.amount(name))]
    if ipi := item.ipi.amount("vIPI"):
        added.append(ipi)
    taxes = list(islice(_taxes_inside(item), _MOST_TAXES))
    return any(abs(base - net - plus + minus) <= tolerance for plus in sums(added) for minus in sums(taxes))


def _taxes_inside(item: Item) -> Iterator[Decimal]:
    icms, destination = item.icms, item.imposto.group("ICMSUFDest")
    amounts = (
        *(icms.amount(name) for name in _ICMS_INSIDE),
        *(destination.amount(name) for name in ("vICMSUFDest", "vFCPUFDest")),
        item.issqn.amount("vISSQN"),
    )
    return (amount for amount in amounts if amount)


@rule(
    "NF-PIS-006", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE_NFCE, purposes=_NORMAL,
    valid_from=MOC_4_01, valid_to=_END, reference="IN RFB 1.009/10, tabelas II e III",
    explains=("NF-STR-002",),
    pt="CST de PIS ou COFINS de entrada com crédito em nota de saída.",
    en="A PIS or COFINS code of entries with credit in a note of exit.",
)  # fmt: skip
def contribution_code_is_of_the_direction(note: Note, item: Item) -> Sequence[Breach] | None:
    if note.direction != "1":
        return None
    return [
        Breach(group, "CST", code, "01 a 49 ou 99", "tpNF 1")
        for group in (item.pis, item.cofins)
        if (code := group.text("CST")) in _CREDIT_CODES
    ]


@rule(
    "NF-PIS-007", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE, purposes=frozenset({"1", "4"}),
    valid_from=LAYOUT_3_10, valid_to=_END, layouts=frozenset({"3.10", "4.00"}),
    reference="Rejeições 745 e 748 (Q01-10, S01-10)",
    explains=("NF-TOT-006", "RTC-009"),
    pt="Item sem o grupo do PIS ou da COFINS.", en="An item without its PIS or COFINS group.",
)  # fmt: skip
def item_has_both_contributions(_: Note, item: Item) -> Breach | None:
    missing = next((tax for tax in ("PIS", "COFINS") if tax not in item.imposto), None)
    return Breach(item.imposto, missing) if missing and item.imposto else None
