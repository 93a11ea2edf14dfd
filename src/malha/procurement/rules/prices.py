"""A price reference: which prices count, which do not and why, and what they come to (IN SEGES/ME 65/2021, art. 6)."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any

from malha.procurement.rules.indexes import Correction
from malha.procurement.rules.spread import FENCE, ROBUST_Z, Spread, spread_of

LEAST_PRICES = 3
CENT = Decimal("0.01")
PRICE_PLACES = Decimal("0.0001")


class Method(StrEnum):
    """The three that art. 6 knows."""

    MEAN = "mean"
    MEDIAN = "median"
    LOWEST = "lowest"


class OutlierRule(StrEnum):
    """How prices far from the others are found, between logarithms of corrected prices."""

    MAD = "mad"
    FENCES = "fences"


class Removal(StrEnum):
    """Why a price does not count. The last three are art. 6's words: inconsistente, inexequível, excessivo."""

    BY_HAND = "by-hand"
    INCONSISTENT = "inconsistent"
    UNFEASIBLE = "unfeasible"
    EXCESSIVE = "excessive"


@dataclass(frozen=True, slots=True)
class Price:
    """One awarded price: `key` names the result at PNCP, `details` is what a reader wants to know of it."""

    key: str
    value: Decimal
    day: date
    quantity: Decimal | None = None
    marks: Sequence[str] = ()
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Judged:
    """A price as it went into the calculation, or did not."""

    price: Price
    corrected: Decimal
    correction: Correction | None
    removal: Removal | None = None
    rule: str | None = None
    numbers: Mapping[str, Any] = field(default_factory=dict[str, Any])
    justification: str | None = None
    """Of whoever took it out or kept it in by hand."""

    @property
    def is_kept(self) -> bool:
        """Whether it counts."""
        return self.removal is None


@dataclass(frozen=True, slots=True)
class Limits:
    """Between which amounts a rule leaves prices, and from how many it was computed."""

    rule: OutlierRule
    low: Decimal
    high: Decimal
    numbers: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Figures:
    """The prices that count, in numbers."""

    count: int
    mean: Decimal
    median: Decimal
    lowest: Decimal
    highest: Decimal
    deviation: Decimal
    variation_percent: Decimal


@dataclass(frozen=True, slots=True)
class Calculation:
    """The whole memory of one item of a basket. `value` is None while fewer than three prices count."""

    judged: Sequence[Judged]
    limits: Sequence[Limits]
    figures: Figures | None
    method: Method
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class ByHand:
    """Prices taken out and kept in by hand, each with a justification."""

    excluded: Mapping[str, str] = field(default_factory=dict[str, str])
    included: Mapping[str, str] = field(default_factory=dict[str, str])


def calculate(
    prices: Sequence[Price],
    *,
    method: Method,
    outliers: Sequence[OutlierRule],
    by_hand: ByHand | None = None,
    corrections: Mapping[str, Correction] | None = None,
) -> Calculation:
    """Judge every price and compute the reference. `corrections` by the key of the price; none are corrected without.

    Limits are computed once, over the corrected prices that neither a hand nor a doubt has taken out.
    """
    by_hand = by_hand or ByHand()
    judged = [_before_outliers(price, by_hand, (corrections or {}).get(price.key)) for price in prices]
    standing = [entry.corrected for entry in judged if entry.is_kept]
    limits = [_limits(rule, spread_of(standing)) for rule in outliers] if len(standing) >= LEAST_PRICES else []
    final = [_against_limits(entry, limits, by_hand) if entry.is_kept else entry for entry in judged]
    kept = [entry.corrected for entry in final if entry.is_kept]
    figures = _figures(kept) if kept else None
    value = _value(figures, method) if figures is not None and figures.count >= LEAST_PRICES else None
    return Calculation(final, limits, figures, method, value)


def corrected_value(value: Decimal, correction: Correction | None) -> Decimal:
    """With four decimals, as PNCP keeps unit values, halves rounded up."""
    return (value * (correction.factor if correction else 1)).quantize(PRICE_PLACES, ROUND_HALF_UP)


def _before_outliers(price: Price, by_hand: ByHand, correction: Correction | None) -> Judged:
    corrected = corrected_value(price.value, correction)
    if price.key in by_hand.excluded:
        reason = by_hand.excluded[price.key]
        return Judged(price, corrected, correction, Removal.BY_HAND, justification=reason)
    justification = by_hand.included.get(price.key)
    if price.marks and justification is None:
        return Judged(price, corrected, correction, Removal.INCONSISTENT, price.marks[0], {"marks": list(price.marks)})
    return Judged(price, corrected, correction, justification=justification)


def _against_limits(entry: Judged, limits: Sequence[Limits], by_hand: ByHand) -> Judged:
    if entry.price.key in by_hand.included:
        return entry
    for limit in limits:
        if limit.low <= entry.corrected <= limit.high:
            continue
        removal = Removal.UNFEASIBLE if entry.corrected < limit.low else Removal.EXCESSIVE
        numbers = {"value": entry.corrected, "low": limit.low, "high": limit.high}
        return Judged(entry.price, entry.corrected, entry.correction, removal, limit.rule.value, numbers)
    return entry


def _limits(rule: OutlierRule, spread: Spread) -> Limits:
    low, high = spread.mad_limits() if rule is OutlierRule.MAD else spread.fences()
    numbers: dict[str, Any] = {"prices": spread.count, "median": _amount(spread.median)}
    if rule is OutlierRule.MAD:
        numbers |= {"deviation_of_logarithms": round(spread.deviation, 6), "times": ROBUST_Z}
    else:
        quartiles = (spread.lower_quartile, spread.upper_quartile)
        numbers |= {"quartiles_of_logarithms": [round(value, 6) for value in quartiles], "times": FENCE}
    # Limits are widened to whole ten-thousandths, so that rounding never takes a price out.
    return Limits(rule, _amount(low) - PRICE_PLACES, _amount(high) + PRICE_PLACES, numbers)


def _figures(kept: Sequence[Decimal]) -> Figures:
    mean = statistics.mean(kept)
    deviation = statistics.stdev(kept) if len(kept) > 1 else Decimal(0)
    return Figures(
        count=len(kept),
        mean=_rounded(mean, PRICE_PLACES),
        median=_rounded(statistics.median(kept), PRICE_PLACES),
        lowest=min(kept),
        highest=max(kept),
        deviation=_rounded(deviation, PRICE_PLACES),
        variation_percent=_rounded(deviation / mean * 100, CENT) if mean else Decimal(0),
    )


def _value(figures: Figures, method: Method) -> Decimal:
    chosen = {Method.MEAN: figures.mean, Method.MEDIAN: figures.median, Method.LOWEST: figures.lowest}[method]
    # Below a real two decimals would lose what PNCP keeps.
    return _rounded(chosen, CENT if chosen >= 1 else PRICE_PLACES)


def _rounded(value: Decimal, places: Decimal) -> Decimal:
    return value.quantize(places, ROUND_HALF_UP)


def _amount(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(PRICE_PLACES, ROUND_HALF_UP)
