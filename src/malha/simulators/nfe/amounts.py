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
    """Split ``total`` by ``weights`` in cents; what rounding leaves over goes to the last part."""
    whole = sum(weights, ZERO)
    parts = [cents(total * weight / whole).min(total) for weight in weights[:-1]]
    return [*parts, total - sum(parts, ZERO)]


def total(values: Iterable[Decimal | None]) -> Decimal:
    return sum((value for value in values if value is not None), ZERO)
