"""What several arithmetic rules share: a rate applied to a base, the value of an operation, totals compared exactly."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations

from malha.fiscal.documents import Item
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.money import CENT, cents
from malha.fiscal.tree import ZERO, Group

GOODS_PURPOSES = frozenset({"1", "4"})
"""Normal notes and returns: complementary and adjustment notes state amounts without quantities or bases."""

PER_CENT = Decimal("0.01")
"""Multiplying by it is three times faster than dividing by a hundred."""

_OPERATION_PARTS = ("vFrete", "vSeg", "vOutro")


def rate_breach(group: Group, names: tuple[str, str, str], tolerance: Decimal) -> Breach | None:
    """Compare ``value`` with ``base`` x ``rate`` / 100, the three named in that order; silent when one is absent."""
    base_name, rate_name, value_name = names
    base, rate, value = group.amount(base_name), group.amount(rate_name), group.amount(value_name)
    if base is None or rate is None or value is None:
        return None
    exact = base * rate * PER_CENT
    if abs(value - exact) <= tolerance:
        return None
    return Breach(
        group, value_name, value, cents(exact),
        lambda: f"{base_name} {base} x {rate_name} {rate}% = {cents(exact)}",
    )  # fmt: skip


def unit_breach(group: Group, names: tuple[str, str, str], tolerance: Decimal) -> Breach | None:
    """Compare ``value`` with ``quantity`` x ``price``, the three named in that order; silent when one is absent."""
    quantity_name, price_name, value_name = names
    quantity, price, value = group.amount(quantity_name), group.amount(price_name), group.amount(value_name)
    if quantity is None or price is None or value is None:
        return None
    exact = quantity * price
    if abs(value - exact) <= tolerance:
        return None
    return Breach(
        group, value_name, value, cents(exact),
        lambda: f"{quantity_name} {quantity} x {price_name} {price} = {cents(exact)}",
    )  # fmt: skip


def operation_value(prod: Group) -> Decimal:
    """vProd + vFrete + vSeg + vOutro - vDesc of an item (LC 87/96 art. 13)."""
    value = prod.amount_or_zero("vProd")
    for name in _OPERATION_PARTS:
        if name in prod:
            value += prod.amount_or_zero(name)
    return value - prod.amount_or_zero("vDesc") if "vDesc" in prod else value


def operation_formula(prod: Group, *extra: tuple[str, Decimal]) -> str:
    """The terms of `operation_value` that are there, with their numbers."""
    terms = [f"vProd {prod.amount_or_zero('vProd')}"]
    terms += [f"+ {name} {prod.amount(name)}" for name in _OPERATION_PARTS if name in prod]
    terms += [f"- vDesc {prod.amount('vDesc')}"] if "vDesc" in prod else []
    terms += [f"+ {name} {value}" for name, value in extra if value]
    return " ".join(terms)


def sums(amounts: list[Decimal]) -> list[Decimal]:
    """The sum of every choice of a few amounts, none included."""
    return [sum(chosen, ZERO) for size in range(len(amounts) + 1) for chosen in combinations(amounts, size)]


def item_ipi(item: Item) -> Decimal:
    return item.ipi.amount_or_zero("vIPI") if "vIPI" in item.ipi else ZERO


def total_severity(found: Decimal, expected: Decimal) -> Severity | None:
    """LOW for a cent of rounding in a total, which SEFAZ sums exactly; None leaves the rule's own severity."""
    return Severity.LOW if abs(found - expected) <= CENT else None


def total_breach(group: Group, name: str, expected: Decimal, formula: str) -> Breach:
    """A total that is not its exact sum."""
    severity = total_severity(group.amount_or_zero(name), expected)
    return Breach(group, name, group.amount(name), expected, formula, severity=severity)
