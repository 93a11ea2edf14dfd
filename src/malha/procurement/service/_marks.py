"""Value marks: computed for procurements whose items have changed, batch after batch, and again for all on demand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from malha.db import ReadSession, Session
from malha.jobs import Owner, PartContext, submit
from malha.procurement.models import Item, Procurement, Result
from malha.procurement.repository import marks
from malha.procurement.repository.marks import SpreadKey
from malha.procurement.rules.mark_words import explain_mark
from malha.procurement.rules.marks import AwardValues, ItemValues, Mark, mark_procurement
from malha.procurement.rules.spread import Spread
from malha.procurement.rules.units import normalize_unit
from malha.procurement.rules.wire import whole
from malha.procurement.schemas.signals import ValueMarkRead

MARK_KIND = "procurement.mark_values"
SPREAD_KIND = "procurement.refresh_spreads"
BATCH = 300
NOBODY = Owner(None, None)


async def request_marking(session: Session, *, since: datetime | None = None, again: bool = False) -> Any:
    """Have procurements marked that changed `since` and are not; with `again` all of them, with fresh spreads."""
    job_input = {"since": since.isoformat() if since else None, "again": again}
    return await submit(session, MARK_KIND, input=job_input, parts=[{"begins": again}], owner=NOBODY)


async def begin_again(part: PartContext) -> dict[str, Any]:
    """Refresh the spreads, and let no procurement count as looked at."""
    found = await refresh_spreads(part)
    await marks.forget_markings(await part.session())
    part.spawn([{}])
    return found


async def mark_batch(part: PartContext) -> dict[str, Any]:
    """Mark the next procurements, and go on in another part until there are no more."""
    since, after = part.job_input.get("since"), part.input.get("after")
    session = await part.session()
    found = await marks.list_unmarked(
        session,
        since=datetime.fromisoformat(since) if since else None,
        after=(datetime.fromisoformat(after[0]), after[1]) if after else None,
        limit=BATCH,
    )
    if not found:
        return {"procurements": 0}
    judged = await judge_values(session, found)
    count = await marks.replace_marks(session, judged)
    await marks.note_marked(session, {row.control_number: row.digest for row in found})
    part.spawn([{"after": [found[-1].seen_at.isoformat(), found[-1].control_number]}])
    return {"procurements": len(found), "marks": count}


async def refresh_spreads(part: PartContext) -> dict[str, Any]:
    """Name the units that are new, and compute the spreads of prices from all that is here."""
    session = await part.session()
    spelled = await marks.list_new_spellings(session)
    await marks.save_spellings(session, {unit: normalize_unit(unit).key for unit in spelled})
    return {"spellings": len(spelled), "spreads": await marks.refresh_spreads(session)}


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
        criterion=whole(item.raw, "criterioJulgamentoId"),
    )


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
