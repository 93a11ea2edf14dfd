"""Amounts compared and rounded the way fiscal rules do."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

CENT = Decimal("0.01")
HUNDRED = Decimal(100)
_WIDE = Context(prec=100)
"""A hostile file may multiply twenty digits by twenty, which the usual 28 cannot round to cents."""


def cents(amount: Decimal) -> Decimal:
    """Rounded half up to two decimals."""
    return rounded(amount, CENT)


def rounded(amount: Decimal, unit: Decimal) -> Decimal:
    """Rounded half up to the decimals of ``unit`` (0.0001 for four)."""
    return amount.quantize(unit, rounding=ROUND_HALF_UP, context=_WIDE)


def differs(found: Decimal, expected: Decimal, tolerance: Decimal = CENT) -> bool:
    """Whether two amounts are further apart than the tolerance; exactly the tolerance apart is equal."""
    return abs(found - expected) > tolerance


def percent(base: Decimal, rate: Decimal) -> Decimal:
    """``rate`` per cent of ``base``, not rounded."""
    return base * rate / HUNDRED


def plain(amount: Decimal) -> str:
    """Without exponent, as a layout would write it."""
    return format(amount, "f")


_TO_PORTUGUESE = str.maketrans(",.", ".,")


def show_number(amount: Decimal, language: str) -> str:
    """As people write it: 134.965,50 in Portuguese, 134,965.50 in English; all decimals are kept."""
    text = format(amount, ",f")
    return text if language == "en" else text.translate(_TO_PORTUGUESE)


def show_money(amount: Decimal, language: str) -> str:
    """R$ 134.965,50 in Portuguese, R$ 134,965.50 in English; the amount's own decimals, but at least two."""
    exponent = amount.as_tuple().exponent
    exact = amount if isinstance(exponent, int) and exponent <= -2 else cents(amount)
    return f"R$ {show_number(exact, language)}"
