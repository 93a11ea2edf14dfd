"""Doubts about values: which are marked, why, and with which numbers. Nothing is ever corrected."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from malha.procurement.rules.spread import ROBUST_Z, Spread

WHOLE = 0
"""The item number of marks that are about the procurement's own totals."""
LEAST_PEERS = 8
"""A median of fewer values judges nobody."""
LEAST_FACTOR = 3.0
"""Nearer to the median than this factor no value is doubted, however alike its peers are."""
MOST_AWARD_RATIO = Decimal(2)
LEAST_AWARD_RATIO = Decimal("0.1")
DISCOUNT_CRITERION = 2
"""PNCP's `criterioJulgamentoId` of "maior desconto": what stands as a value may be a percentage."""

_CENT = Decimal("0.01")
_RELATIVE = Decimal("0.000001")
_UNIT_ROUNDING = Decimal("0.00005")
_ROUND_FILLERS = frozenset({Decimal(1), Decimal("0.01"), Decimal("0.0001")})
_JUMPS = (2, 4)
_NEAR_POWER = math.log10(2)


class MarkRule(StrEnum):
    """Why a value is doubted."""

    TOTAL_MISMATCH = "total-mismatch"
    FILLER = "filler"
    MAGNITUDE_JUMP = "magnitude-jump"
    AWARD_RATIO = "award-ratio"
    FAR_FROM_MEDIAN = "far-from-median"
    SUM_MISMATCH = "sum-mismatch"
    DISCOUNT = "discount-not-price"


@dataclass(frozen=True, slots=True)
class AwardValues:
    """What a result says."""

    quantity: Decimal | None
    unit_value: Decimal | None
    total: Decimal | None


@dataclass(frozen=True, slots=True)
class ItemValues:
    """What an item says, and the spread of what others with its code and unit say, where there are enough."""

    number: int
    quantity: Decimal | None
    unit_value: Decimal | None
    total: Decimal | None
    awards: Sequence[AwardValues] = ()
    peers: Spread | None = None
    is_secret: bool = False
    criterion: int | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A doubt: the item (or `WHOLE`), the rule, and the numbers that it compared."""

    item: int
    rule: MarkRule
    numbers: Mapping[str, Any] = field(default_factory=dict[str, Any])


def mark_procurement(items: Sequence[ItemValues], *, estimated: Decimal | None, awarded: Decimal | None) -> list[Mark]:
    """Every doubt about a procurement's values, each rule once for an item."""
    found = [mark for item in items for mark in mark_item(item)]
    found += _whole(items, estimated, awarded)
    unique: dict[tuple[int, MarkRule], Mark] = {}
    for mark in found:
        unique.setdefault((mark.item, mark.rule), mark)
    return list(unique.values())


def mark_item(item: ItemValues) -> Iterator[Mark]:
    """The doubts about one item and its results. Zero and absent values are unknown, not doubtful."""
    if item.criterion == DISCOUNT_CRITERION:
        yield Mark(item.number, MarkRule.DISCOUNT, {"criterion": item.criterion})
        return
    told = [("estimated", item.quantity, item.unit_value, item.total)]
    told += [("awarded", award.quantity, award.unit_value, award.total) for award in item.awards]
    for side, quantity, unit_value, total in told:
        yield from _product(item.number, side, quantity, unit_value, total)
        yield from _filler(item, side, unit_value)
        yield from _nines(item.number, side, total)
        yield from _against_peers(item, side, unit_value)
    yield from _award_against_estimate(item)


def _product(
    number: int, side: str, quantity: Decimal | None, unit_value: Decimal | None, total: Decimal | None
) -> Iterator[Mark]:
    if not quantity or not unit_value or not total:
        return
    product = quantity * unit_value
    # PNCP keeps four decimals of a unit value: what was cut off counts once for each unit.
    allowed = max(_CENT, _RELATIVE * abs(product), quantity * _UNIT_ROUNDING)
    if abs(product - total) <= allowed:
        return
    numbers = {"side": side, "quantity": quantity, "unit_value": unit_value, "total": total, "product": product}
    power = _exact_power(total / product)
    if power is not None:
        yield Mark(number, MarkRule.MAGNITUDE_JUMP, numbers | {"against": "product", "power": power})
    else:
        yield Mark(number, MarkRule.TOTAL_MISMATCH, numbers)


def _filler(item: ItemValues, side: str, unit_value: Decimal | None) -> Iterator[Mark]:
    if unit_value is None or not (is_nines(unit_value) or unit_value in _ROUND_FILLERS):
        return
    if item.peers is not None and _is_near(item.peers, unit_value):
        return  # others pay about this much: it may be what it says
    yield Mark(item.number, MarkRule.FILLER, {"side": side, "unit_value": unit_value})


def _nines(number: int, side: str, total: Decimal | None) -> Iterator[Mark]:
    if total is not None and is_nines(total) and total >= 1_000_000:
        yield Mark(number, MarkRule.FILLER, {"side": side, "total": total})


def _against_peers(item: ItemValues, side: str, unit_value: Decimal | None) -> Iterator[Mark]:
    peers = item.peers
    if peers is None or not unit_value or unit_value < 0 or _is_near(peers, unit_value):
        return
    ratio = float(unit_value) / peers.median
    numbers = {
        "side": side, "unit_value": unit_value, "median": round(peers.median, 4), "peers": peers.count,
        "ratio": round(ratio, 4), "distance": round(peers.distance(unit_value), 2), "limit": ROBUST_Z,
    }  # fmt: skip
    power = _near_power(ratio)
    if power is not None:
        yield Mark(item.number, MarkRule.MAGNITUDE_JUMP, numbers | {"against": "median", "power": power})
    else:
        yield Mark(item.number, MarkRule.FAR_FROM_MEDIAN, numbers)


def _award_against_estimate(item: ItemValues) -> Iterator[Mark]:
    if not item.unit_value or item.is_secret:
        return
    for award in item.awards:
        if not award.unit_value:
            continue
        ratio = award.unit_value / item.unit_value
        if LEAST_AWARD_RATIO <= ratio <= MOST_AWARD_RATIO:
            continue
        numbers = {
            "estimated": item.unit_value, "awarded": award.unit_value, "ratio": round(ratio, 4),
            "least": LEAST_AWARD_RATIO, "most": MOST_AWARD_RATIO,
        }  # fmt: skip
        power = _near_power(float(ratio))
        if power is not None:
            yield Mark(item.number, MarkRule.MAGNITUDE_JUMP, numbers | {"against": "estimate", "power": power})
        else:
            yield Mark(item.number, MarkRule.AWARD_RATIO, numbers)


def _whole(items: Sequence[ItemValues], estimated: Decimal | None, awarded: Decimal | None) -> Iterator[Mark]:
    for side, total in (("estimated", estimated), ("awarded", awarded)):
        if total is not None and (total in _ROUND_FILLERS or (is_nines(total) and total >= 1_000_000)):
            yield Mark(WHOLE, MarkRule.FILLER, {"side": side, "total": total})
    totals = [item.total for item in items]
    known = [total for total in totals if total is not None]
    if not estimated or len(known) != len(items) or not known or any(item.is_secret for item in items):
        return
    summed = sum(known, Decimal(0))
    if summed == 0 or abs(summed - estimated) <= max(_CENT * len(items), _RELATIVE * abs(summed)):
        return
    numbers = {"estimated_total": estimated, "sum_of_items": summed, "items": len(items)}
    power = _exact_power(estimated / summed)
    if power is not None:
        yield Mark(WHOLE, MarkRule.MAGNITUDE_JUMP, numbers | {"against": "sum", "power": power})
    else:
        yield Mark(WHOLE, MarkRule.SUM_MISMATCH, numbers)


def is_nines(value: Decimal) -> bool:
    """Whether its whole part is three nines or more, and its decimals are nines or zeros."""
    whole, _, decimals = format(value, "f").partition(".")
    return len(whole) >= 3 and set(whole) == {"9"} and len(set(decimals)) <= 1 and set(decimals) <= {"9", "0"}


def _is_near(peers: Spread, value: Decimal) -> bool:
    return value > 0 and (
        abs(peers.distance(value)) <= ROBUST_Z or abs(math.log(value) - peers.middle) <= math.log(LEAST_FACTOR)
    )


def _exact_power(ratio: Decimal) -> int | None:
    """The power of ten of a ratio that is one, up to 1 %; None for 1 and for others."""
    if ratio <= 0:
        return None
    power = math.log10(ratio)
    nearest = round(power)
    return nearest if nearest and abs(power - nearest) < math.log10(1.01) else None


def _near_power(ratio: float) -> int | None:
    """The power of a ratio within a factor of two of 10^2 or 10^4, as slips of cents and of decimals leave it."""
    power = math.log10(ratio)
    nearest = round(power)
    return nearest if abs(nearest) in _JUMPS and abs(power - nearest) <= _NEAR_POWER else None
