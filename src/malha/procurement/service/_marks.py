"""Value marks: which values of procurements are doubted, and why."""

from __future__ import annotations

from collections.abc import Sequence

from malha.db import ReadSession
from malha.procurement.models import Item, Procurement, Result
from malha.procurement.repository import marks
from malha.procurement.repository.marks import SpreadKey
from malha.procurement.rules.mark_words import explain_mark
from malha.procurement.rules.marks import AwardValues, ItemValues, Mark, mark_procurement
from malha.procurement.rules.spread import Spread
from malha.procurement.rules.units import normalize_unit
from malha.procurement.rules.wire import whole
from malha.procurement.schemas.signals import ValueMarkRead


async def judge_values(session: ReadSession, found: Sequence[Procurement]) -> dict[str, list[Mark]]:
    """The marks that procurements deserve, by control number."""
    items, results = await marks.find_items(session, [row.control_number for row in found])
    keys = {key for rows in items.values() for item in rows for key in spread_keys(item)}
    spreads = await marks.find_spreads(session, keys)
    return {
        row.control_number: mark_procurement(
            [values_of(item, results[item.control_number, item.number], spreads) for item in items[row.control_number]],
            estimated=row.estimated_total,
            awarded=row.awarded_total,
        )
        for row in found
    }


def spread_keys(item: Item) -> list[SpreadKey]:
    """What an item's price may be compared with, the closest first; nothing without a unit or a code."""
    unit = normalize_unit(item.unit).key
    coded = [(f"catalog-{item.nature or 'M'}", item.catalog_code), ("ncm", item.ncm_code)]
    return [(kind, code, unit) for kind, code in coded if code and unit]


def spread_for(item: Item, spreads: dict[SpreadKey, Spread]) -> Spread | None:
    """The closest spread that there is."""
    return next((spreads[key] for key in spread_keys(item) if key in spreads), None)


def values_of(item: Item, results: Sequence[Result], spreads: dict[SpreadKey, Spread]) -> ItemValues:
    """An item as the rules see it."""
    awards = [AwardValues(result.quantity, result.unit_value, result.total) for result in results]
    return ItemValues(
        number=item.number,
        quantity=item.quantity,
        unit_value=item.estimated_unit_value,
        total=item.estimated_total,
        awards=awards,
        peers=spread_for(item, spreads),
        is_secret=bool(item.is_budget_secret),
        criterion=criterion_of(item),
    )


def criterion_of(item: Item) -> int | None:
    """How the item is judged; of what was written before there was a column, its record says it."""
    return item.criterion_id if item.criterion_id is not None else whole(item.raw, "criterioJulgamentoId")


async def read_marks(session: ReadSession, number: str, language: str) -> list[ValueMarkRead]:
    """The marks of a procurement with their reasons."""
    return [
        ValueMarkRead(
            item=mark.item_number,
            rule=mark.rule,
            numbers=mark.numbers,
            reason=explain_mark(mark.rule, mark.numbers, language),
            marked_at=mark.marked_at,
        )
        for mark in await marks.list_marks(session, number)
    ]
