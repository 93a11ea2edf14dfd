"""Searching procurements, items, contracts and price records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from malha.db import ReadSession
from malha.db.paging import Window
from malha.identity.policy import Principal
from malha.procurement.repository import reading, searching
from malha.procurement.repository.searching import Found
from malha.procurement.rules.highlights import highlight
from malha.procurement.rules.masks import Eyes
from malha.procurement.schemas.search import ProcurementHit, RecordQuery, SearchPage
from malha.procurement.service._rights import check_numbers, eyes_of

Hit = TypeVar("Hit")


async def search_procurements(
    session: ReadSession, principal: Principal, query: RecordQuery, window: Window
) -> SearchPage[ProcurementHit]:
    """Procurements, ranked or by date."""
    check_numbers(principal, query)
    found = await searching.find_page(session, searching.PROCUREMENTS, query.wanted(), query.sorting, window)
    rows = await reading.read_procurements(session, [place.keys[0] for place in found.places], found.tsquery)
    eyes = eyes_of(principal)
    return show_page(found, {(number,): row for number, row in rows.items()}, lambda row: show_procurement(row, eyes))


def show_page(found: Found, rows: Mapping[tuple[Any, ...], Any], show: Callable[[Any], Hit]) -> SearchPage[Hit]:
    """The rows in the order of their places. A row that went away in between is left out."""
    items = [show(rows[place.keys]) for place in found.places if place.keys in rows]
    return SearchPage(items=items, next_cursor=found.next_cursor, total=found.total, has_more=found.has_more)


def show_procurement(row: Any, eyes: Eyes) -> ProcurementHit:
    """A procurement with the names that belong to it."""
    procurement, marked, organ, unit, city = row
    text = eyes.text(procurement.object)
    named = {"organ_name": organ, "unit_name": unit, "city": city, "object": text}
    shown = {name: getattr(procurement, name) for name in ProcurementHit.model_fields if hasattr(procurement, name)}
    return ProcurementHit(**shown | named, highlight=show_highlight(text, marked))


def show_highlight(text: str | None, marked: str | None) -> str | None:
    """The passage around the hits, as whoever sees the text may see it: hiding a number keeps its length."""
    return highlight(text, marked) if text and marked else None
