"""Saved searches made, changed and shown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from malha.db import ReadSession, Session
from malha.db.paging import Page, Window
from malha.identity.policy import Principal
from malha.identity.service import Act, AuditTrail
from malha.kit.clock import utc_now
from malha.kit.ids import new_id
from malha.notifications.service import find_endpoint_ids
from malha.procurement.errors import (
    SavedSearchEndpointUnknownError,
    SavedSearchLimitError,
    SearchTextCommonError,
)
from malha.procurement.models import SavedSearch, SearchMatch
from malha.procurement.repository import saved as repository
from malha.procurement.repository import watching
from malha.procurement.rules.digests import Frequency, next_digest
from malha.procurement.schemas.search import RecordQuery
from malha.procurement.schemas.watching import (
    SavedSearchCreate,
    SavedSearchRead,
    SavedSearchUpdate,
    SearchMatchRead,
)
from malha.procurement.service._rights import check_numbers

MOST_SEARCHES = 200
LOOKS_BACK = timedelta(days=7)
"""Versions older than this when a search is made are no news to it, whenever they are fetched."""

_COMPARED = frozenset({"filter", "look_in", "tell_of"})
_TIMED = frozenset({"frequency", "hour", "weekday", "time_zone"})


async def create_search(
    session: Session, principal: Principal, trail: AuditTrail, body: SavedSearchCreate
) -> SavedSearchRead:
    """Save a search. Raises SavedSearchLimitError, SavedSearchEndpointUnknownError and what searching raises."""
    await _check(session, principal, body.filter, body.endpoint_ids)
    if await repository.count_searches(session, principal.workspace_id) >= MOST_SEARCHES:
        raise SavedSearchLimitError(limit=MOST_SEARCHES)
    search = SavedSearch(
        id=new_id(),
        workspace_id=principal.workspace_id,
        owner_id=principal.user_id,
        is_active=True,
        revision=1,
        since=utc_now() - LOOKS_BACK,
        **_values(body.model_dump()),
    )
    search.next_digest_at = _next(search)
    session.add(search)
    await session.flush()
    await session.refresh(search)
    await trail.record(session, _act(search, "SAVED_SEARCH_CREATED"))
    return SavedSearchRead.model_validate(search)


async def update_search(
    session: Session, principal: Principal, trail: AuditTrail, search_id: UUID, body: SavedSearchUpdate
) -> SavedSearchRead:
    """Change a search. What it has found and not told of is compared anew; what it has told of stays told.

    Raises SavedSearchNotFoundError and what `create_search` does.
    """
    search = await repository.get_search(session, principal, search_id, lock=True)
    changed = {name: value for name, value in body.model_dump(exclude_unset=True).items() if value is not None}
    await _check(session, principal, body.filter, body.endpoint_ids or [])
    for name, value in _values(changed).items():
        setattr(search, name, value)
    if _TIMED & changed.keys():
        search.next_digest_at = _next(search)
    if _COMPARED & changed.keys():
        search.revision += 1
        await watching.add_changes(session, await watching.drop_untold(session, search.id))
    await session.flush()
    await session.refresh(search)
    await trail.record(session, _act(search, "SAVED_SEARCH_UPDATED"))
    return SavedSearchRead.model_validate(search)


async def delete_search(session: Session, principal: Principal, trail: AuditTrail, search_id: UUID) -> None:
    """Delete a search with what it has found; SavedSearchNotFoundError."""
    search = await repository.get_search(session, principal, search_id, lock=True)
    await session.delete(search)
    await session.flush()
    await trail.record(session, _act(search, "SAVED_SEARCH_DELETED"))


async def read_searches(session: ReadSession, principal: Principal, window: Window) -> Page[SavedSearchRead]:
    """Saved searches, newest first."""
    return (await repository.list_searches(session, principal, window)).map(SavedSearchRead.model_validate)


async def read_search(session: ReadSession, principal: Principal, search_id: UUID) -> SavedSearchRead:
    """One saved search; SavedSearchNotFoundError."""
    return SavedSearchRead.model_validate(await repository.get_search(session, principal, search_id))


async def read_matches(
    session: ReadSession, principal: Principal, search_id: UUID, window: Window
) -> Page[SearchMatchRead]:
    """What a search has found, the latest first; SavedSearchNotFoundError."""
    await repository.get_search(session, principal, search_id)
    return (await repository.list_matches(session, principal, search_id, window)).map(_show_match)


async def _check(session: Session, principal: Principal, query: RecordQuery | None, endpoint_ids: list[UUID]) -> None:
    if query is not None:
        check_numbers(principal, query)
        text = query.wanted().text
        if text is not None and await watching.read_tsquery(session, text) is None:
            raise SearchTextCommonError(text=text)
    wanted = set(endpoint_ids)
    if unknown := wanted - await find_endpoint_ids(session, principal.workspace_id, wanted):
        raise SavedSearchEndpointUnknownError(ids=", ".join(sorted(map(str, unknown))))


def _values(given: dict[str, Any]) -> dict[str, Any]:
    """As columns hold them."""
    values = dict(given)
    if "filter" in values:
        values["filter"] = RecordQuery.model_validate(values["filter"]).model_dump(mode="json", exclude_defaults=True)
    return values


def _next(search: SavedSearch) -> Any:
    return next_digest(
        utc_now(), Frequency(search.frequency), hour=search.hour, weekday=search.weekday, zone=search.time_zone
    )


def _show_match(match: SearchMatch) -> SearchMatchRead:
    return SearchMatchRead(
        control_number=match.control_number,
        version=match.digest,
        version_at=match.version_at,
        is_new=match.is_new,
        matched_at=match.matched_at,
        message_id=match.message_id,
        procurement=match.shown,
        reasons=match.reasons,
    )


def _act(search: SavedSearch, action: str) -> Act:
    state = {"name": search.name, "filter": search.filter, "frequency": search.frequency, "is_active": search.is_active}
    return Act(entity_type="saved_search", entity_id=search.id, action=action, new_state=state)
