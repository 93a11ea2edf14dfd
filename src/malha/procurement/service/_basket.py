"""A basket's prices found, judged, and told as the items of a price reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from malha.db import ReadSession
from malha.procurement.errors import (
    PriceBasketTooWideError,
    PriceIndexMissingError,
    PriceUnitUnknownError,
    PriceUnknownError,
)
from malha.procurement.models import Item, Organ, Procurement, Result, Unit
from malha.procurement.repository import marks, prices
from malha.procurement.repository.prices import PriceQuery
from malha.procurement.rules.indexes import Correction, IndexMonthMissingError, Rates, correction_for, last_month
from malha.procurement.rules.marks import mark_item
from malha.procurement.rules.prices import ByHand, Calculation, Judged, Limits, Price, calculate
from malha.procurement.rules.regions import STATES
from malha.procurement.rules.spread import Spread
from malha.procurement.rules.suppliers import bare_tax_id, mask_supplier
from malha.procurement.rules.units import UnitName, normalize_unit
from malha.procurement.schemas.prices import BasketItem, HandChoice, PriceBasket
from malha.procurement.service._marks import SpreadKey, spread_keys, values_of

MOST_PRICES = 500
"""Of one item: so many can be looked through by the person who signs."""
PORTAL = "https://pncp.gov.br/app/editais"

Row = tuple[Result, Item, Procurement, Organ, Unit | None, date]


@dataclass(frozen=True, slots=True)
class IndexTable:
    """An index as it stands, and the month that prices are corrected to."""

    name: str
    rates: Rates
    until: date
    sources: Sequence[str]


async def find_index(session: ReadSession, basket: PriceBasket) -> IndexTable | None:
    """The index that a basket wants; PriceIndexMissingError where the table has no month up to its period's end."""
    if basket.index is None:
        return None
    rates, sources = await prices.find_index(session, basket.index)
    until = last_month(rates, at_most=basket.last)
    if until is None:
        raise PriceIndexMissingError(index=basket.index, months=f"{basket.last:%m/%Y}")
    return IndexTable(basket.index, rates, until, sources)


async def judge_item(session: ReadSession, basket: PriceBasket, place: int, index: IndexTable | None) -> dict[str, Any]:
    """One item with all its prices, what they came to, and what was left aside.

    Raises PriceUnitUnknownError, PriceBasketTooWideError, PriceUnknownError, PriceIndexMissingError.
    """
    wanted = basket.items[place - 1]
    unit = normalize_unit(wanted.unit)
    if not unit.key:
        raise PriceUnitUnknownError(item=place, unit=wanted.unit)
    query = query_of(basket, wanted)
    counted = await prices.count_by_unit(session, query)
    same = [spelled for spelled in counted if spelled is not None and normalize_unit(spelled).key == unit.key]
    rows = await prices.list_prices(session, query, same, limit=MOST_PRICES + 1)
    if len(rows) > MOST_PRICES:
        raise PriceBasketTooWideError(item=place, most=MOST_PRICES)
    spreads = await marks.find_spreads(session, {key for row in rows for key in spread_keys(row[1])})
    found = [price_of(tuple(row), spreads) for row in rows]
    _check_hand(place, found, wanted)
    calculation = calculate(
        found,
        method=basket.method,
        outliers=basket.outliers,
        by_hand=ByHand(_reasons(wanted.excluded), _reasons(wanted.included)),
        corrections=_corrections(found, index),
    )
    others = {spelled or "": count for spelled, count in counted.items() if spelled not in same}
    return _told(wanted, unit, calculation, others)


def query_of(basket: PriceBasket, wanted: BasketItem) -> PriceQuery:
    """An item and its filter as the repository asks for them."""
    chosen = wanted.filter
    ufs = {uf for region in chosen.regions for uf in STATES[region]} | set(chosen.ufs)
    return PriceQuery(
        first=basket.first,
        last=basket.last,
        catalog_code=wanted.catalog_code,
        ncm_code=wanted.ncm_code,
        words=[words for words in (wanted.text, chosen.keyword) if words],
        ufs=sorted(ufs),
        brand=chosen.brand,
        modalities=chosen.modalities,
        least_quantity=chosen.least_quantity,
        most_quantity=chosen.most_quantity,
        supplier=bare_tax_id(chosen.supplier) if chosen.supplier else None,
        organ=bare_tax_id(chosen.organ) if chosen.organ else None,
    )


def price_of(row: Any, spreads: Mapping[SpreadKey, Spread]) -> Price:
    """A result as a price, with the doubts about what was paid and not those about the estimate alone."""
    result, item, procurement, organ, unit, day = row
    values = values_of(item, [result], dict(spreads))
    doubts = sorted({mark.rule.value for mark in mark_item(values) if mark.numbers.get("side") != "estimated"})
    organ_cnpj, year, sequence = procurement.organ_cnpj, procurement.year, procurement.sequence
    owner = procurement.control_number.split("-", 1)[0]
    details = {
        "control_number": procurement.control_number,
        "item": item.number,
        "result": result.sequence,
        "link": f"{PORTAL}/{owner}/{year}/{sequence}",
        "description": item.description,
        "unit": item.unit,
        "organ_cnpj": organ_cnpj,
        "organ": organ.name,
        "buying_unit": unit.name if unit else None,
        "city": unit.city if unit else None,
        "uf": procurement.uf,
        "modality": procurement.modality_name,
        "supplier": result.supplier_name,
        "supplier_id": mask_supplier(result.supplier_id),
        "dated_by": "result" if result.decided_on else "publication",
    }
    key = f"{procurement.control_number}#{item.number}.{result.sequence}"
    quantity = result.quantity if result.quantity is not None else item.quantity
    return Price(key, result.unit_value, day, quantity, doubts, details)


def _check_hand(place: int, found: Sequence[Price], wanted: BasketItem) -> None:
    known = {price.key for price in found}
    unknown = sorted({choice.price for choice in (*wanted.excluded, *wanted.included)} - known)
    if unknown:
        raise PriceUnknownError(item=place, prices=", ".join(unknown))


def _reasons(choices: Sequence[HandChoice]) -> dict[str, str]:
    return {choice.price: choice.justification for choice in choices}


def _corrections(found: Sequence[Price], index: IndexTable | None) -> dict[str, Correction]:
    if index is None:
        return {}
    try:
        return {price.key: correction_for(index.name, index.rates, day=price.day, until=index.until) for price in found}
    except IndexMonthMissingError as error:
        months = ", ".join(f"{month:%m/%Y}" for month in error.months)
        raise PriceIndexMissingError(index=error.name, months=months) from error


def _told(wanted: BasketItem, unit: UnitName, found: Calculation, others: Mapping[str, int]) -> dict[str, Any]:
    figures = found.figures
    return {
        **wanted.model_dump(mode="json", exclude={"unit"}),
        "unit": {"text": wanted.unit, "name": unit.key, "is_known": unit.is_known, "is_vague": unit.is_vague},
        "prices": [_price(entry) for entry in found.judged],
        "other_units": [{"unit": spelled, "prices": others[spelled]} for spelled in sorted(others)],
        "without_uf": sum(entry.price.details["uf"] is None for entry in found.judged),
        "limits": [_limit(limit) for limit in found.limits],
        "figures": {
            "count": figures.count, "mean": str(figures.mean), "median": str(figures.median),
            "lowest": str(figures.lowest), "highest": str(figures.highest), "deviation": str(figures.deviation),
            "variation_percent": str(figures.variation_percent),
        } if figures else None,
        "method": found.method.value,
        "value": _text(found.value),
        "total": _text(found.value * wanted.quantity) if found.value is not None else None,
    }  # fmt: skip


def _price(entry: Judged) -> dict[str, Any]:
    price, correction = entry.price, entry.correction
    return {
        "key": price.key,
        **price.details,
        "quantity": _text(price.quantity),
        "day": price.day.isoformat(),
        "value": str(price.value),
        "factor": str(correction.factor) if correction else None,
        "corrected": str(entry.corrected),
        "is_kept": entry.is_kept,
        "removal": entry.removal.value if entry.removal else None,
        "rule": entry.rule,
        "numbers": {name: value if isinstance(value, list) else str(value) for name, value in entry.numbers.items()},
        "marks": list(price.marks),
        "justification": entry.justification,
    }


def _limit(limit: Limits) -> dict[str, Any]:
    numbers = {
        name: value if isinstance(value, (list, int, float)) else str(value) for name, value in limit.numbers.items()
    }
    return {"rule": limit.rule.value, "low": str(limit.low), "high": str(limit.high), "numbers": numbers}


def _text(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")
