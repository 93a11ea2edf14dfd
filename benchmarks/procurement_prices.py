"""How well value marks find planted wrong values, and how rarely they doubt a right one.

Truth: codes with one to three units each, 5 to 400 items a code and unit; prices log-normal around a median between
R$ 0.50 and R$ 5,000, standard deviations of logarithms between 0.10 and 0.45 (public purchases of one code differ by
10 to 50 %), estimates and awards of each item apart by a discount of up to 40 %. One item in twenty is spoilt, on both
sides or on one, its totals following or not: the price of a whole package for one piece, factors of 10 and of 100
either way, fillers. An item counts as found when it has any mark. The control is what spreadsheets do: marked is what
lies beyond two standard deviations of the mean of its code and unit.

Nothing of the rules is fitted to this: their limits are of the literature (3.5 robust deviations) or of the data
sheet of PNCP (four decimals).
"""

from __future__ import annotations

import math
import random
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from _report import Series, Verdict, finish, parse_arguments

from malha.procurement.rules.marks import LEAST_PEERS, AwardValues, ItemValues, mark_item
from malha.procurement.rules.spread import Spread, spread_of
from malha.procurement.rules.units import normalize_unit

_SPELLINGS = {
    "unidade": ["UN", "und", "Unidade", "UNID.", "PC"],
    "quilograma": ["KG", "Quilo", "kg."],
    "caixa:100 unidade": ["CX C/ 100 UN", "Caixa com 100 unidades"],
    "litro": ["L", "Litro", "LITROS"],
    "mes": ["MES", "Mês", "mensal"],
}
_PACKAGE_SIZES = (6, 10, 12, 20, 24, 50, 100, 500, 1000)
_FILLERS = ("1.00", "0.01", "999.99", "9999.99", "99999.00", "999999.99")
_SPOILT_SHARE = 0.05
_TARGET = 0.95


@dataclass(frozen=True, slots=True)
class Truth:
    """An item as published, its code and unit, and what was done to it (empty for nothing)."""

    code: str
    unit: str
    item: ItemValues
    spoilt: str = ""


def generate(seed: int, codes: int) -> list[Truth]:
    """A year of purchases."""
    luck = random.Random(seed)
    found: list[Truth] = []
    for code in range(codes):
        median = math.exp(luck.uniform(math.log(0.5), math.log(5000)))
        for unit in luck.sample(sorted(_SPELLINGS), luck.choice([1, 1, 2, 3])):
            size = round(math.exp(luck.uniform(math.log(5), math.log(400))))
            scale = luck.uniform(0.3, 3) * (90 if unit.startswith("caixa") else 1)
            deviation = luck.uniform(0.10, 0.45)
            for _ in range(size):
                number = len(found) + 1
                estimated = median * scale * math.exp(luck.gauss(0, deviation))
                sound = _sound(luck, number, estimated)
                name = luck.choice(_SPELLINGS[unit])
                spoilt = luck.choice(list(_SPOILING)) if luck.random() < _SPOILT_SHARE else ""
                item = _spoil(luck, sound, spoilt) if spoilt else sound
                found.append(Truth(f"c{code}", name, item, spoilt))
    return found


def _sound(luck: random.Random, number: int, estimated: float) -> ItemValues:
    quantity = Decimal(luck.choice([1, 2, 5, 10, 50, 100, 250, 1000, 12000]))
    unit_value = _rounded(estimated)
    awarded = _rounded(float(unit_value) * (1 - luck.betavariate(1.5, 4) * 0.6))
    award = AwardValues(quantity, awarded, _cents(quantity * awarded))
    return ItemValues(number, quantity, unit_value, _cents(quantity * unit_value), [award])


def _spoil(luck: random.Random, item: ItemValues, kind: str) -> ItemValues:
    value = _SPOILING[kind]
    side = luck.choice(["both", "estimated", "awarded"])
    follows = luck.random() < 0.7  # totals are mostly computed from whatever unit value was typed
    factor = value if isinstance(value, float) else None
    if kind == "package":
        factor = float(luck.choice(_PACKAGE_SIZES))
    filler = Decimal(luck.choice(_FILLERS)) if factor is None else None

    def spoil(quantity: Decimal, unit_value: Decimal, total: Decimal) -> tuple[Decimal, Decimal]:
        wrong = filler if filler is not None else _rounded(float(unit_value) * (factor or 1))
        return wrong, _cents(quantity * wrong) if follows else total

    quantity = item.quantity or Decimal(1)
    changed = item
    if side in {"both", "estimated"}:
        unit_value, total = spoil(quantity, item.unit_value or Decimal(0), item.total or Decimal(0))
        changed = replace(changed, unit_value=unit_value, total=total)
    if side in {"both", "awarded"}:
        [award] = item.awards
        unit_value, total = spoil(quantity, award.unit_value or Decimal(0), award.total or Decimal(0))
        changed = replace(changed, awards=[AwardValues(quantity, unit_value, total)])
    return changed


_SPOILING: dict[str, float | None] = {
    "package": None, "times 10": 10.0, "tenth": 0.1, "times 100": 100.0, "hundredth": 0.01, "filler": None,
}  # fmt: skip


def _rounded(value: float) -> Decimal:
    """As PNCP keeps unit values: two decimals, four for what costs less than a real."""
    return max(Decimal(str(round(value, 2 if value >= 1 else 4))), Decimal("0.0001"))


def _cents(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"))


def price_of(item: ItemValues) -> Decimal:
    """What an item counts with among its peers: its award, else its estimate."""
    return next((award.unit_value for award in item.awards if award.unit_value), item.unit_value or Decimal(0))


def groups_of(truths: Iterable[Truth]) -> dict[tuple[str, str], list[Truth]]:
    """Items by code and unit; the units as their many spellings say."""
    groups: dict[tuple[str, str], list[Truth]] = defaultdict(list)
    for truth in truths:
        groups[truth.code, normalize_unit(truth.unit).key].append(truth)
    return groups


def find_marked(truths: Sequence[Truth]) -> set[int]:
    """The items that the rules mark."""
    marked: set[int] = set()
    for group in groups_of(truths).values():
        peers: Spread | None = spread_of([price_of(truth.item) for truth in group])
        if len(group) < LEAST_PEERS:
            peers = None
        marked |= {truth.item.number for truth in group if any(mark_item(replace(truth.item, peers=peers)))}
    return marked


def find_by_mean(truths: Sequence[Truth]) -> set[int]:
    """The control."""
    marked: set[int] = set()
    for group in groups_of(truths).values():
        prices = [float(price_of(truth.item)) for truth in group]
        mean, deviation = statistics.fmean(prices), statistics.pstdev(prices)
        far = [abs(price - mean) > 2 * deviation for price in prices]
        marked |= {truth.item.number for truth, is_far in zip(group, far, strict=True) if is_far}
    return marked


def score(truths: Sequence[Truth], marked: set[int]) -> tuple[float, float]:
    """Precision and recall."""
    spoilt = {truth.item.number for truth in truths if truth.spoilt}
    right = len(marked & spoilt)
    return right / len(marked) if marked else 1.0, right / len(spoilt)


def main() -> None:
    arguments = parse_arguments((__doc__ or "").splitlines()[0])
    seeds, codes = (3, 120) if arguments.quick else (10, 400)
    ours: list[tuple[float, float]] = []
    control: list[tuple[float, float]] = []
    missed: Counter[str] = Counter()
    planted: Counter[str] = Counter()
    for seed in range(seeds):
        truths = generate(20261127 + seed, codes)
        marked = find_marked(truths)
        ours.append(score(truths, marked))
        control.append(score(truths, find_by_mean(truths)))
        planted.update(truth.spoilt for truth in truths if truth.spoilt)
        missed.update(truth.spoilt for truth in truths if truth.spoilt and truth.item.number not in marked)
        print(f"seed {seed}: {len(truths):,} items, {sum(bool(truth.spoilt) for truth in truths):,} spoilt")
    for kind in sorted(planted):
        print(f"  {kind:<12} {planted[kind]:>6} planted, {missed[kind]:>5} missed")
    series = [
        Series(f"{name}, {side}", [pair[place] for pair in pairs], "")
        for name, place in (("precision", 0), ("recall", 1))
        for side, pairs in (("value marks", ours), ("control: mean and 2 deviations", control))
    ]
    precision = Verdict("precision, worst seed", min(pair[0] for pair in ours), _TARGET, at_most=False)
    recall = Verdict("recall, worst seed", min(pair[1] for pair in ours), _TARGET, at_most=False)
    finish(series, [precision, recall])


if __name__ == "__main__":
    main()
