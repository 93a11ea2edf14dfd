"""Decimal rounding and apportioning as the layout writes its numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal("0.00")


def cents(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def share(base: Decimal, percent: Decimal) -> Decimal:
    """``percent`` per cent of ``base``, in cents."""
    return cents(base * percent / 100)


def apportion(total: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Split ``total`` by ``weights`` in cents; what rounding leaves over goes to the heaviest part."""
    whole = sum(weights, ZERO)
    parts = [cents(total * weight / whole) for weight in weights]
    parts[weights.index(max(weights))] += total - sum(parts, ZERO)
    return parts


def total(values: Iterable[Decimal | None]) -> Decimal:
    return sum((value for value in values if value is not None), ZERO)
