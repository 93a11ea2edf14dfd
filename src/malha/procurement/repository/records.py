"""Records written: newer versions over older ones, never the other way, and children as whole sets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select, text, tuple_, update

from malha.db import Base, ReadSession, Session
from malha.procurement.models import (
    CollectionInstrument,
    Contract,
    Item,
    Modality,
    Plan,
    PlanItem,
    PriceRecord,
    Procurement,
    ProcurementFunding,
    Result,
    Version,
)
from malha.procurement.repository.sets import insert_rows, upsert_rows
from malha.procurement.rules.wire import dump

Row = Mapping[str, Any]

VERSIONED: Mapping[str, type[Procurement | Contract | PriceRecord | CollectionInstrument | Plan]] = {
    "procurement": Procurement,
    "contract": Contract,
    "price_record": PriceRecord,
    "collection_instrument": CollectionInstrument,
    "plan": Plan,
}
# In the order of their numbers, so that two writers never wait for each other.
_MARK_COMPLETE = text("""
WITH filled AS MATERIALIZED (
    SELECT p.control_number, f.n FROM procurements p
    JOIN jsonb_to_recordset(CAST(:rows AS jsonb)) AS f(control_number text, digest text, n integer)
      ON f.control_number = p.control_number AND f.digest = p.digest
    ORDER BY p.control_number FOR UPDATE OF p)
UPDATE procurements p SET items_state = 'complete', items_wanted = filled.n, items_reason = NULL
FROM filled WHERE p.control_number = filled.control_number RETURNING p.control_number
""")


async def upsert_references(session: Session, model: type[Base], rows: Iterable[Row]) -> None:
    """Organs, units, legal bases, funding sources: the last names win, and nothing known is made empty.

    What is there already is only read: a written row would be locked for everybody else until the transaction ends.
    """
    table = model.__table__
    keys = [column.name for column in table.primary_key]
    unique = {tuple(row[key] for key in keys): row for row in rows if all(row[key] is not None for key in keys)}
    if not unique:
        return
    names = list(next(iter(unique.values())))
    place = tuple_(*(table.columns[key] for key in keys))
    known = await session.execute(select(*(table.columns[name] for name in names)).where(place.in_(list(unique))))
    for row in known.mappings():
        key = tuple(row[name] for name in keys)
        if all(unique[key][name] in {None, row[name]} for name in names):
            del unique[key]
    filled = [f"{name} = coalesce(excluded.{name}, {model.__tablename__}.{name})" for name in names if name not in keys]
    conflict = f"({', '.join(keys)}) DO UPDATE SET {', '.join(filled)} RETURNING {keys[0]}"
    # In one order for all writers, so that two of them never wait for each other.
    await upsert_rows(session, model, [unique[key] for key in sorted(unique)], conflict)


async def known_digests(session: Session, record_kind: str, numbers: Sequence[str]) -> dict[str, str]:
    """Which texts of these records are here."""
    model = VERSIONED[record_kind]
    rows = await session.execute(select(model.control_number, model.digest).where(model.control_number.in_(numbers)))
    return {row[0]: row[1] for row in rows}


async def upsert_versioned(session: Session, record_kind: str, rows: Sequence[Row]) -> list[str]:
    """Write records that are not older than what is there; returns the numbers of those that were new or other."""
    if not rows:
        return []
    model = VERSIONED[record_kind]
    newest = {row["control_number"]: row for row in sorted(rows, key=lambda row: row["version_at"])}
    changes = [f"{name} = excluded.{name}" for name in rows[0] if name != "control_number"]
    if model is Procurement:
        changes += ["seen_at = now()", "items_state = 'unknown'", "items_reason = NULL"]
    table = model.__tablename__
    conflict = (
        f"(control_number) DO UPDATE SET {', '.join(changes)} WHERE {table}.version_at <= excluded.version_at "
        f"AND {table}.digest <> excluded.digest RETURNING control_number"
    )
    return await upsert_rows(session, model, [newest[number] for number in sorted(newest)], conflict)


async def keep_versions(session: Session, rows: Sequence[Row]) -> int:
    """Keep each text of a record once; returns how many were new."""
    unique = {(row["kind"], row["control_number"], row["digest"]): row for row in rows}
    in_order = [unique[key] for key in sorted(unique)]
    return len(await upsert_rows(session, Version, in_order, "DO NOTHING RETURNING control_number"))


async def replace_fundings(session: Session, links: Mapping[str, Sequence[int]]) -> None:
    """The funding sources of procurements, as sets."""
    await session.execute(delete(ProcurementFunding).where(ProcurementFunding.control_number.in_(list(links))))
    rows = [{"control_number": number, "code": code} for number, codes in links.items() for code in sorted(set(codes))]
    await insert_rows(session, ProcurementFunding, rows)


async def replace_children(
    session: Session, numbers: Sequence[str], items: Sequence[Row], results: Sequence[Row]
) -> None:
    """The items and results of procurements, as sets."""
    await session.execute(delete(Item).where(Item.control_number.in_(numbers)))
    await insert_rows(session, Item, items)
    await insert_rows(session, Result, results)


async def replace_plan_items(session: Session, numbers: Sequence[str], items: Sequence[Row]) -> None:
    """The items of plans, as sets."""
    await session.execute(delete(PlanItem).where(PlanItem.control_number.in_(numbers)))
    await insert_rows(session, PlanItem, items)


async def note_modalities(session: Session, rows: Iterable[Row]) -> None:
    """Keep the modalities that records name."""
    unique = {row["code"]: row for row in rows if row["code"] is not None}
    await upsert_rows(session, Modality, [unique[code] for code in sorted(unique)], "(code) DO NOTHING RETURNING code")


async def known_modalities(session: ReadSession) -> list[int]:
    """Every modality that a record has named."""
    return list((await session.scalars(select(Modality.code).order_by(Modality.code))).all())


async def mark_complete(session: Session, wanted: Mapping[str, tuple[str, int]]) -> list[str]:
    """Say that procurements have all their items, by their digest and how many; those that are still that version."""
    values = [{"control_number": number, "digest": digest, "n": n} for number, (digest, n) in wanted.items()]
    connection = await session.connection()
    marked = await connection.execute(_MARK_COMPLETE, {"rows": dump(values)})
    return list(marked.scalars())


async def mark_partial(session: Session, number: str, digest: str, *, reason: str) -> None:
    """Say why a procurement does not have all its items, unless it has become another version meanwhile."""
    is_same = (Procurement.control_number == number, Procurement.digest == digest)
    await session.execute(update(Procurement).where(*is_same).values(items_state="partial", items_reason=reason))


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
