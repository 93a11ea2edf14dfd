"""Whole processes, page after page, for files that others read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import String, cast, literal, select, tuple_
from sqlalchemy.dialects.postgresql import TSQUERY

from malha.db import Base, ReadSession
from malha.db.paging import Order, Page, Window, fetch_page
from malha.procurement.models import Contract, Item, Organ, Procurement, Result, Unit, Version
from malha.procurement.repository.filtering import procurement_conditions
from malha.procurement.rules.filters import RecordFilter
from malha.procurement.rules.ocds import Process
from malha.procurement.rules.records import procurement_row

Rows = Mapping[str, list[dict[str, Any]]]
_OLDEST_FIRST = Order(Procurement.published_at, Procurement.control_number)
_COMPUTED = frozenset({"search", "facets", "raw"})


async def list_processes(
    session: ReadSession, wanted: RecordFilter, tsquery: str | None, window: Window
) -> Page[Process]:
    """Processes whose procurement answers the filter, in the order of publication, with all that hangs on them."""
    query = select(Procurement).where(*procurement_conditions(wanted))
    if tsquery is not None:
        query = query.where(Procurement.search.op("@@")(cast(literal(tsquery, String), TSQUERY)))
    page: Page[Procurement] = await fetch_page(session, query, _OLDEST_FIRST, window)
    processes = {process.procurement["control_number"]: process for process in await _gather(session, page.items)}
    return page.map(lambda procurement: processes[procurement.control_number])


async def _gather(session: ReadSession, procurements: Sequence[Procurement]) -> list[Process]:
    rows = [_row(each) for each in procurements]
    numbers = [row["control_number"] for row in rows]
    organs = {each.cnpj: _row(each) for each in await _organs(session, {row["organ_cnpj"] for row in rows})}
    units = await _units(session, {(row["organ_cnpj"], row["unit_code"]) for row in rows if row["unit_code"]})
    items = await _children(session, Item, Item.control_number, numbers, Item.number)
    results = await _children(session, Result, Result.control_number, numbers, Result.item_number, Result.sequence)
    number = Contract.procurement_control_number
    contracts = await _children(session, Contract, number, numbers, Contract.control_number)
    former = await _former(session, rows)
    return [
        Process(
            procurement=row,
            organ=organs.get(row["organ_cnpj"], {}),
            unit=units.get((row["organ_cnpj"], row["unit_code"])),
            items=items[row["control_number"]],
            results=results[row["control_number"]],
            contracts=contracts[row["control_number"]],
            former=former[row["control_number"]],
        )
        for row in rows
    ]


async def _organs(session: ReadSession, cnpjs: set[str]) -> Sequence[Organ]:
    return (await session.scalars(select(Organ).where(Organ.cnpj.in_(cnpjs)))).all()


async def _units(session: ReadSession, keys: set[tuple[str, str]]) -> dict[tuple[str, str], dict[str, Any]]:
    query = select(Unit).where(tuple_(Unit.organ_cnpj, Unit.code).in_(list(keys)))
    return {(each.organ_cnpj, each.code): _row(each) for each in await session.scalars(query)} if keys else {}


async def _children(session: ReadSession, model: type[Base], number: Any, numbers: Sequence[str], *order: Any) -> Rows:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for each in await session.scalars(select(model).where(number.in_(numbers)).order_by(number, *order)):
        found[getattr(each, number.key)].append(_row(each))
    return found


async def _former(session: ReadSession, rows: Sequence[dict[str, Any]]) -> Rows:
    """Earlier versions, as PNCP sent them, read as the current one was."""
    current = [(row["control_number"], row["digest"]) for row in rows]
    dates = {row["control_number"]: row["version_at"] for row in rows}
    query = select(Version).where(
        Version.kind == "procurement",
        Version.control_number.in_([number for number, _ in current]),
        tuple_(Version.control_number, Version.digest).not_in(current),
    )
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for version in await session.scalars(query.order_by(Version.control_number, Version.version_at, Version.digest)):
        if version.version_at <= dates[version.control_number]:
            found[version.control_number].append(procurement_row(version.raw))
    return found


def _row(entity: Base) -> dict[str, Any]:
    columns = entity.__mapper__.column_attrs.keys()
    return {name: getattr(entity, name) for name in columns if name not in _COMPUTED}
