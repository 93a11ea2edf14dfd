"""Procurements to look at, the spreads that their values are compared with, and the marks that they get."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, func, or_, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert

from malha.db import ReadSession, Session
from malha.procurement.models import Item, Marking, PriceSpread, Procurement, Result, UnitSpelling, ValueMark
from malha.procurement.rules.marks import LEAST_PEERS, Mark
from malha.procurement.rules.spread import Spread, deviation_of

SpreadKey = tuple[str, str, str]
"""Kind, code, unit."""

CANCELLED_RESULT = 2

# One price for an item: what it was awarded for, else its estimate. Discounts are no prices.
_SPREADS = f"""
WITH awarded AS (
    SELECT control_number, item_number, avg(unit_value) AS unit_value FROM procurement_results
    WHERE unit_value > 0 AND situation_id IS DISTINCT FROM {CANCELLED_RESULT} GROUP BY 1, 2
), price AS MATERIALIZED (
    SELECT coded.kind, coded.code, spelling.key AS unit,
           ln(coalesce(awarded.unit_value, item.estimated_unit_value))::float8 AS value
    FROM procurement_items AS item
    JOIN procurement_unit_spellings AS spelling ON spelling.text = item.unit AND spelling.key <> ''
    LEFT JOIN awarded ON awarded.control_number = item.control_number AND awarded.item_number = item.number
    CROSS JOIN LATERAL (VALUES ('catalog-' || coalesce(item.nature, 'M'), item.catalog_code), ('ncm', item.ncm_code))
        AS coded(kind, code)
    WHERE coded.code IS NOT NULL AND coalesce(awarded.unit_value, item.estimated_unit_value) > 0
      AND item.raw ->> 'criterioJulgamentoId' IS DISTINCT FROM '2'
), middle AS (
    SELECT kind, code, unit, count(*)::int AS count,
           percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY value) AS quartiles
    FROM price GROUP BY 1, 2, 3 HAVING count(*) >= :least
)
SELECT kind, code, unit, middle.count AS prices, middle.quartiles,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(price.value - middle.quartiles[2])) AS mad
FROM middle JOIN price USING (kind, code, unit)
GROUP BY kind, code, unit, middle.count, middle.quartiles
"""  # noqa: S608 - a constant of this module
SPREADS_PER_STATEMENT = 2000


async def list_unmarked(
    session: Session, *, since: datetime | None, after: tuple[datetime, str] | None, limit: int
) -> list[Procurement]:
    """Procurements with all their items that nobody has looked at in their version, locked until the transaction ends.

    In the order of `(seen_at, control_number)`, those beyond `after`. What another transaction holds is left to it.
    """
    query = (
        select(Procurement)
        .outerjoin(Marking, Marking.control_number == Procurement.control_number)
        .where(Procurement.items_state == "complete", Marking.digest.is_distinct_from(Procurement.digest))
        .order_by(Procurement.seen_at, Procurement.control_number)
        .limit(limit)
        .with_for_update(of=Procurement, key_share=True, skip_locked=True)
    )
    if since is not None:
        query = query.where(Procurement.seen_at >= since)
    if after is not None:  # what lies before is not walked through again
        query = query.where(tuple_(Procurement.seen_at, Procurement.control_number) > after)
    return list((await session.scalars(query)).all())


async def find_items(
    session: ReadSession, numbers: Sequence[str]
) -> tuple[dict[str, list[Item]], dict[tuple[str, int], list[Result]]]:
    """The items of procurements, by procurement, and their results that were not cancelled, by item."""
    items: dict[str, list[Item]] = defaultdict(list)
    query = select(Item).where(Item.control_number.in_(numbers)).order_by(Item.control_number, Item.number)
    for item in (await session.scalars(query)).all():
        items[item.control_number].append(item)
    results: dict[tuple[str, int], list[Result]] = defaultdict(list)
    standing = select(Result).where(
        Result.control_number.in_(numbers), Result.situation_id.is_distinct_from(CANCELLED_RESULT)
    )
    for result in (await session.scalars(standing.order_by(Result.sequence))).all():
        results[result.control_number, result.item_number].append(result)
    return items, results


async def find_spreads(session: ReadSession, keys: Iterable[SpreadKey]) -> dict[SpreadKey, Spread]:
    """The spreads of these codes and units, where there are any."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    query = select(PriceSpread).where(tuple_(PriceSpread.kind, PriceSpread.code, PriceSpread.unit).in_(wanted))
    return {
        (row.kind, row.code, row.unit): Spread(
            row.count, row.middle, row.deviation, row.lower_quartile, row.upper_quartile
        )
        for row in (await session.scalars(query)).all()
    }


async def replace_marks(session: Session, marks: Mapping[str, Sequence[Mark]]) -> int:
    """The marks of procurements as sets; what stands already keeps its date. Returns how many stand now."""
    rows = [
        {"control_number": number, "item_number": mark.item, "rule": mark.rule.value, "numbers": _plain(mark.numbers)}
        for number, found in marks.items()
        for mark in found
    ]
    place = tuple_(ValueMark.control_number, ValueMark.item_number, ValueMark.rule)
    kept = [(row["control_number"], row["item_number"], row["rule"]) for row in rows]
    gone = delete(ValueMark).where(ValueMark.control_number.in_(list(marks)))
    await session.execute(gone.where(place.not_in(kept)) if kept else gone)
    if rows:
        statement = insert(ValueMark).values(rows)
        changed = {"numbers": statement.excluded.numbers, "marked_at": func.now()}
        await session.execute(
            statement.on_conflict_do_update(
                index_elements=["control_number", "item_number", "rule"], set_=changed,
                where=ValueMark.numbers != statement.excluded.numbers,
            )
        )  # fmt: skip
    return len(rows)


async def note_marked(session: Session, digests: Mapping[str, str]) -> None:
    """Note in which version procurements were looked at."""
    rows = [{"control_number": number, "digest": digest} for number, digest in digests.items()]
    statement = insert(Marking).values(rows)
    changed = {"digest": statement.excluded.digest, "marked_at": func.now()}
    await session.execute(statement.on_conflict_do_update(index_elements=["control_number"], set_=changed))


async def forget_markings(session: Session) -> None:
    """Have every procurement looked at again; their marks stand until then."""
    await session.execute(delete(Marking))


async def list_marks(session: ReadSession, number: str) -> Sequence[ValueMark]:
    """The marks of a procurement."""
    query = select(ValueMark).where(ValueMark.control_number == number)
    return (await session.scalars(query.order_by(ValueMark.item_number, ValueMark.rule))).all()


async def list_new_spellings(session: ReadSession) -> list[str]:
    """Units of items that have no name yet."""
    query = (
        select(Item.unit)
        .distinct()
        .outerjoin(UnitSpelling, UnitSpelling.text == Item.unit)
        .where(and_(Item.unit.is_not(None), UnitSpelling.text.is_(None)))
    )
    return [unit for unit in (await session.scalars(query)).all() if unit is not None]


async def save_spellings(session: Session, names: Mapping[str, str]) -> None:
    """Name units, in one order for all writers."""
    rows = [{"text": spelled, "key": names[spelled]} for spelled in sorted(names)]
    for start in range(0, len(rows), SPREADS_PER_STATEMENT):
        statement = insert(UnitSpelling).values(rows[start : start + SPREADS_PER_STATEMENT])
        await session.execute(
            statement.on_conflict_do_update(
                index_elements=["text"], set_={"key": statement.excluded.key},
                where=or_(UnitSpelling.key != statement.excluded.key),
            )
        )  # fmt: skip


async def refresh_spreads(session: Session) -> int:
    """Compute the spreads of all codes and units that have enough prices; returns how many there are."""
    await session.execute(text("SET LOCAL statement_timeout = 0"))
    found = (await session.execute(text(_SPREADS), {"least": LEAST_PEERS})).all()
    await session.execute(delete(PriceSpread))
    rows = [
        {
            "kind": row.kind, "code": row.code, "unit": row.unit, "count": row.prices, "middle": row.quartiles[1],
            "deviation": deviation_of(row.mad, row.prices),
            "lower_quartile": row.quartiles[0], "upper_quartile": row.quartiles[2],
        }
        for row in found
    ]  # fmt: skip
    for start in range(0, len(rows), SPREADS_PER_STATEMENT):
        await session.execute(insert(PriceSpread).values(rows[start : start + SPREADS_PER_STATEMENT]))
    return len(rows)


def _plain(numbers: Mapping[str, Any]) -> dict[str, Any]:
    """Amounts as text, as JSON keeps them exactly."""
    return {
        name: value if isinstance(value, (str, int, float)) or value is None else str(value)
        for name, value in numbers.items()
    }
