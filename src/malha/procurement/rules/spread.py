"""How values lie around their middle, by measures that a few wrong ones cannot move.

Prices spread by factors, not by amounts, so distances are taken between logarithms; limits are told as amounts again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

ROBUST_Z = 3.5
"""Beyond this many robust deviations a value is an outlier (Iglewicz and Hoaglin, 1993)."""
FENCE = 1.5
"""Quartile fences stand this many interquartile ranges away (Tukey, 1977)."""
LEAST_DEVIATION = 0.1
"""A deviation of logarithms is taken for no less: ten equal prices do not make an eleventh, 5 % higher, an outlier."""

# MAD times this estimates a standard deviation; small samples need more (Croux and Rousseeuw, 1992).
_CONSISTENCY = 1.4826
_SMALL = {2: 1.196, 3: 1.495, 4: 1.363, 5: 1.206, 6: 1.200, 7: 1.140, 8: 1.129, 9: 1.107}


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and quartiles of logarithms, and their robust standard deviation."""

    count: int
    middle: float
    deviation: float
    lower_quartile: float
    upper_quartile: float

    @property
    def median(self) -> float:
        """As an amount."""
        return math.exp(self.middle)

    def distance(self, value: float | Decimal) -> float:
        """Robust deviations between a positive value and the median, signed."""
        return (math.log(value) - self.middle) / self.deviation

    def mad_limits(self, z: float = ROBUST_Z) -> tuple[float, float]:
        """The amounts within `z` robust deviations of the median."""
        reach = z * self.deviation
        return math.exp(self.middle - reach), math.exp(self.middle + reach)

    def fences(self, times: float = FENCE) -> tuple[float, float]:
        """The amounts between the quartile fences."""
        reach = times * max(self.upper_quartile - self.lower_quartile, 1.349 * LEAST_DEVIATION)
        return math.exp(self.lower_quartile - reach), math.exp(self.upper_quartile + reach)


def spread_of(values: Sequence[float | Decimal]) -> Spread:
    """The spread of positive values; ValueError for none at all."""
    logs = sorted(math.log(value) for value in values)
    middle = quantile(logs, 0.5)
    deviations = sorted(abs(log - middle) for log in logs)
    deviation = deviation_of(quantile(deviations, 0.5), len(logs))
    return Spread(len(logs), middle, deviation, quantile(logs, 0.25), quantile(logs, 0.75))


def deviation_of(mad: float, count: int) -> float:
    """The robust standard deviation from a median absolute deviation of this many logarithms."""
    correction = _SMALL.get(count, count / (count - 0.8)) if count > 1 else 1.0
    return max(_CONSISTENCY * correction * mad, LEAST_DEVIATION)


def quantile(ordered: Sequence[float], share: float) -> float:
    """Linear between neighbours, as PostgreSQL's `percentile_cont`."""
    if not ordered:
        raise ValueError("no values")
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
