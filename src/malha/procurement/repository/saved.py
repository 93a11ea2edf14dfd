"""Saved searches and their matches, as their owners see them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select

from malha.db import ReadSession
from malha.db.paging import Order, Page, Window, fetch_page
from malha.identity.policy import Principal, visible_to
from malha.procurement.errors import SavedSearchNotFoundError
from malha.procurement.models import SavedSearch, SearchMatch

_NEWEST = Order(SavedSearch.created_at, SavedSearch.id, is_descending=True)
_LATEST = Order(SearchMatch.matched_at, SearchMatch.control_number, SearchMatch.digest, is_descending=True)


async def list_searches(session: ReadSession, principal: Principal, window: Window) -> Page[SavedSearch]:
    """Saved searches, newest first."""
    return await fetch_page(session, visible_to(principal, SavedSearch), _NEWEST, window)


async def get_search(session: ReadSession, principal: Principal, search_id: UUID, *, lock: bool = False) -> SavedSearch:
    """The saved search, perhaps locked; SavedSearchNotFoundError when absent or another tenant's."""
    query = visible_to(principal, SavedSearch).where(SavedSearch.id == search_id)
    found = await session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise SavedSearchNotFoundError
    return found


async def count_searches(session: ReadSession, workspace_id: UUID) -> int:
    """How many a workspace has."""
    return await session.scalar(select(func.count()).where(SavedSearch.workspace_id == workspace_id)) or 0


async def list_matches(
    session: ReadSession, principal: Principal, search_id: UUID, window: Window
) -> Page[SearchMatch]:
    """What a search has found, the latest first."""
    query = visible_to(principal, SearchMatch).where(SearchMatch.search_id == search_id)
    return await fetch_page(session, query, _LATEST, window)
