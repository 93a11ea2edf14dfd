"""Prices of one month told in the money of another, by an index's monthly rates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

FACTOR_PLACES = Decimal("0.0000000001")
KNOWN = {"IPCA": 433, "IGP-M": 189}
"""Indexes by name, with their series in the Banco Central's time series system (per cent a month)."""

Rates = Mapping[date, Decimal]
"""Per cent by the first day of the month."""


class IndexMonthMissingError(ValueError):
    """The table lacks months between a price's and the last one: nothing is guessed for them."""

    def __init__(self, name: str, months: list[date]) -> None:
        super().__init__(f"{name} lacks {', '.join(f'{month:%m/%Y}' for month in months)}")
        self.name = name
        self.months = months


@dataclass(frozen=True, slots=True)
class Correction:
    """What a price is multiplied with: the product of the rates of the months after `base`, up to `until`."""

    index: str
    base: date
    until: date
    factor: Decimal

    @property
    def is_none(self) -> bool:
        """Whether the price is of the last month of the table, or later: nothing to correct yet."""
        return self.base >= self.until


def correction_for(index: str, rates: Rates, *, day: date, until: date) -> Correction:
    """The correction of a price of `day` to the month `until`, the month of the price itself not counted.

    Raises IndexMonthMissingError.
    """
    base = month_of(day)
    months = list(months_after(base, until))
    missing = [month for month in months if month not in rates]
    if missing:
        raise IndexMonthMissingError(index, missing)
    factor = Decimal(1)
    for month in months:
        factor *= 1 + rates[month] / 100
    return Correction(index, base, until, factor.quantize(FACTOR_PLACES))


def last_month(rates: Rates, *, at_most: date) -> date | None:
    """The last month that the table has up to a day; None where it has none."""
    return max((month for month in rates if month <= month_of(at_most)), default=None)


def month_of(day: date) -> date:
    """Its first day."""
    return day.replace(day=1)


def months_after(base: date, until: date) -> Iterator[date]:
    """The months after the first one up to and with the last."""
    month = base
    while month < until:
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
        yield month
