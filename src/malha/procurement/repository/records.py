"""Records written: newer versions over older ones, never the other way, and children as whole sets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import delete, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from malha.db import Base, ReadSession, Session
from malha.procurement.models import (
    Contract,
    Item,
    PriceRecord,
    Procurement,
    ProcurementFunding,
    Result,
    Version,
)

Row = Mapping[str, Any]
ROWS_PER_STATEMENT = 500

VERSIONED: Mapping[str, type[Procurement | Contract | PriceRecord]] = {
    "procurement": Procurement,
    "contract": Contract,
    "price_record": PriceRecord,
}


async def upsert_references(session: Session, model: type[Base], rows: Iterable[Row]) -> None:
    """Organs, units, legal bases, funding sources: the last names win, and nothing known is made empty."""
    keys = [column.name for column in model.__table__.primary_key]
    unique = {tuple(row[key] for key in keys): dict(row) for row in rows if all(row[key] is not None for key in keys)}
    if not unique:
        return
    # In one order for all writers, so that two of them never wait for each other.
    statement = insert(model).values([unique[key] for key in sorted(unique)])
    filled = {
        column.name: func.coalesce(statement.excluded[column.name], column)
        for column in model.__table__.columns
        if not column.primary_key
    }
    differs = or_(*(filled[name].is_distinct_from(model.__table__.columns[name]) for name in filled))
    await session.execute(statement.on_conflict_do_update(index_elements=keys, set_=filled, where=differs))


async def upsert_versioned(session: Session, record_kind: str, rows: Sequence[Row]) -> list[str]:
    """Write records that are not older than what is there; returns the numbers of those that were new or other."""
    if not rows:
        return []
    model = VERSIONED[record_kind]
    newest = {row["control_number"]: row for row in sorted(rows, key=lambda row: row["version_at"])}
    statement = insert(model).values([dict(newest[number]) for number in sorted(newest)])
    columns = {name: statement.excluded[name] for name in rows[0] if name != "control_number"}
    if model is Procurement:
        columns |= {"seen_at": func.now(), "items_state": literal("unknown"), "items_reason": None}
    upsert = statement.on_conflict_do_update(
        index_elements=["control_number"],
        set_=columns,
        where=(model.version_at <= statement.excluded.version_at) & (model.digest != statement.excluded.digest),
    ).returning(model.control_number)
    return list((await session.scalars(upsert)).all())


async def keep_versions(session: Session, rows: Sequence[Row]) -> int:
    """Keep each text of a record once; returns how many were new."""
    if not rows:
        return 0
    unique = {(row["kind"], row["control_number"], row["digest"]): dict(row) for row in rows}
    statement = insert(Version).values([unique[key] for key in sorted(unique)]).on_conflict_do_nothing()
    return len((await session.scalars(statement.returning(Version.control_number))).all())


async def replace_fundings(session: Session, links: Mapping[str, Sequence[int]]) -> None:
    """The funding sources of procurements, as sets."""
    await session.execute(delete(ProcurementFunding).where(ProcurementFunding.control_number.in_(list(links))))
    rows = [{"control_number": number, "code": code} for number, codes in links.items() for code in sorted(set(codes))]
    if rows:
        await session.execute(insert(ProcurementFunding).values(rows))


async def replace_children(session: Session, number: str, items: Sequence[Row], results: Sequence[Row]) -> None:
    """The items and results of a procurement, as sets."""
    await session.execute(delete(Item).where(Item.control_number == number))
    for model, rows in ((Item, items), (Result, results)):
        for start in range(0, len(rows), ROWS_PER_STATEMENT):
            await session.execute(insert(model).values([dict(row) for row in rows[start : start + ROWS_PER_STATEMENT]]))


async def mark_items(
    session: Session,
    number: str,
    digest: str,
    *,
    state: Literal["complete", "partial"],
    wanted: int | None,
    reason: str | None = None,
) -> bool:
    """Say what became of a procurement's items; False when it has become another version meanwhile."""
    statement = (
        update(Procurement)
        .where(Procurement.control_number == number, Procurement.digest == digest)
        .values(items_state=state, items_wanted=wanted, items_reason=reason)
        .returning(Procurement.control_number)
    )
    return (await session.scalar(statement)) is not None


async def open_items(session: Session, numbers: Sequence[str]) -> list[str]:
    """Of these procurements those without all their items, which somebody tries to fetch from now on."""
    statement = (
        update(Procurement)
        .where(Procurement.control_number.in_(numbers), Procurement.items_state != "complete")
        .values(items_state="unknown", items_reason=None)
        .returning(Procurement.control_number)
    )
    return sorted((await session.scalars(statement)).all())


async def digests_to_fill(session: ReadSession, numbers: Sequence[str]) -> dict[str, str]:
    """Of these procurements those whose items nobody has tried to fetch yet, with the version that they belong to."""
    query = select(Procurement.control_number, Procurement.digest).where(
        Procurement.control_number.in_(numbers), Procurement.items_state == "unknown"
    )
    return {row[0]: row[1] for row in await session.execute(query.order_by(Procurement.control_number))}
