"""Amounts compared and rounded the way fiscal rules do."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
HUNDRED = Decimal(100)


def cents(amount: Decimal) -> Decimal:
    """Rounded half up to two decimals."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def differs(found: Decimal, expected: Decimal, tolerance: Decimal = CENT) -> bool:
    """Whether two amounts are further apart than the tolerance; exactly the tolerance apart is equal."""
    return abs(found - expected) > tolerance


def percent(base: Decimal, rate: Decimal) -> Decimal:
    """``rate`` per cent of ``base``, not rounded."""
    return base * rate / HUNDRED


def plain(amount: Decimal) -> str:
    """Without exponent, as a layout would write it."""
    return format(amount, "f")
