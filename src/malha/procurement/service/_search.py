"""Searching procurements, items, contracts and price records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from malha.db import ReadSession
from malha.db.paging import Window
from malha.identity.policy import Principal
from malha.procurement.repository import reading, searching
from malha.procurement.repository.searching import Found, Listing
from malha.procurement.schemas.search import (
    ContractHit,
    ItemHit,
    PriceRecordHit,
    ProcurementHit,
    RecordQuery,
    SearchPage,
)
from malha.procurement.service._hits import show_contract, show_item, show_price_record, show_procurement
from malha.procurement.service._rights import check_numbers, eyes_of

Hit = TypeVar("Hit")


async def search_procurements(
    session: ReadSession, principal: Principal, query: RecordQuery, window: Window
) -> SearchPage[ProcurementHit]:
    """Procurements, ranked or by date."""
    found = await _find(session, principal, searching.PROCUREMENTS, query, window)
    rows = await reading.read_procurements(session, found.keys, found.tsquery)
    eyes = eyes_of(principal)
    return _show(found, rows, lambda row: show_procurement(row, eyes))


async def search_items(
    session: ReadSession, principal: Principal, query: RecordQuery, window: Window
) -> SearchPage[ItemHit]:
    """Items with their winners."""
    found = await _find(session, principal, searching.ITEMS, query, window)
    rows = await reading.read_items(session, found.keys, found.tsquery)
    winners = await reading.read_winners(session, found.keys)
    eyes = eyes_of(principal)
    return _show(found, rows, lambda row: show_item(row, winners.get((row[0].control_number, row[0].number), ()), eyes))


async def search_contracts(
    session: ReadSession, principal: Principal, query: RecordQuery, window: Window
) -> SearchPage[ContractHit]:
    """Contracts and commitments."""
    found = await _find(session, principal, searching.CONTRACTS, query, window)
    rows = await reading.read_contracts(session, found.keys, found.tsquery)
    eyes = eyes_of(principal)
    return _show(found, rows, lambda row: show_contract(row, eyes))


async def search_price_records(
    session: ReadSession, principal: Principal, query: RecordQuery, window: Window
) -> SearchPage[PriceRecordHit]:
    """Price records."""
    found = await _find(session, principal, searching.PRICE_RECORDS, query, window)
    rows = await reading.read_price_records(session, found.keys, found.tsquery)
    eyes = eyes_of(principal)
    return _show(found, rows, lambda row: show_price_record(row, eyes))


async def _find(
    session: ReadSession, principal: Principal, listing: Listing, query: RecordQuery, window: Window
) -> Found:
    check_numbers(principal, query)
    return await searching.find_page(session, listing, query.wanted(), query.sorting, window)


def _show(found: Found, rows: Mapping[tuple[Any, ...], Any], show: Callable[[Any], Hit]) -> SearchPage[Hit]:
    """The rows in the order of their places. A row that went away in between is left out."""
    items = [show(rows[place.keys]) for place in found.places if place.keys in rows]
    return SearchPage(items=items, next_cursor=found.next_cursor, total=found.total, has_more=found.has_more)
