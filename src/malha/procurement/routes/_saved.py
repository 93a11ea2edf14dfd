"""Saved searches, and what they have found."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from malha.db.paging import Page, Window
from malha.dependencies import ReadSessionDep, WriteSessionDep, window_of
from malha.errors import problem_responses
from malha.identity.policy import AuditTrailDep, Principal, require
from malha.procurement import service
from malha.procurement.errors import (
    PersonalNumberRefusedError,
    SavedSearchEndpointUnknownError,
    SavedSearchLimitError,
    SavedSearchNotFoundError,
    SearchTextCommonError,
)
from malha.procurement.schemas.watching import (
    SavedSearchCreate,
    SavedSearchRead,
    SavedSearchUpdate,
    SearchMatchRead,
)

router = APIRouter(prefix="/saved-searches")

Reader = Annotated[Principal, Depends(require("procurement:read"))]
Writer = Annotated[Principal, Depends(require("procurement:write"))]
WindowDep = Annotated[Window, window_of(50, most=200)]
NOT_FOUND = problem_responses(SavedSearchNotFoundError)
REFUSED = problem_responses(SearchTextCommonError, PersonalNumberRefusedError, SavedSearchEndpointUnknownError)


@router.post("", status_code=201, responses=REFUSED | problem_responses(SavedSearchLimitError))
async def create_saved_search(
    principal: Writer, session: WriteSessionDep, trail: AuditTrailDep, body: SavedSearchCreate
) -> SavedSearchRead:
    """Save a search: the workspace is told of each procurement and version that it finds from now on, once."""
    return await service.create_search(session, principal, trail, body)


@router.get("")
async def list_saved_searches(principal: Reader, session: ReadSessionDep, window: WindowDep) -> Page[SavedSearchRead]:
    """Saved searches, newest first."""
    return await service.read_searches(session, principal, window)


@router.get("/{search_id}", responses=NOT_FOUND)
async def get_saved_search(principal: Reader, session: ReadSessionDep, search_id: UUID) -> SavedSearchRead:
    """One saved search."""
    return await service.read_search(session, principal, search_id)


@router.patch("/{search_id}", responses=NOT_FOUND | REFUSED)
async def update_saved_search(
    principal: Writer, session: WriteSessionDep, trail: AuditTrailDep, search_id: UUID, body: SavedSearchUpdate
) -> SavedSearchRead:
    """Change a search, switch it off or on. What it has not told of yet is compared with the new filter."""
    return await service.update_search(session, principal, trail, search_id, body)


@router.delete("/{search_id}", status_code=204, responses=NOT_FOUND)
async def delete_saved_search(
    principal: Writer, session: WriteSessionDep, trail: AuditTrailDep, search_id: UUID
) -> None:
    """Delete a search with what it has found."""
    await service.delete_search(session, principal, trail, search_id)


@router.get("/{search_id}/matches", responses=NOT_FOUND)
async def list_search_matches(
    principal: Reader, session: ReadSessionDep, window: WindowDep, search_id: UUID
) -> Page[SearchMatchRead]:
    """What a search has found, the latest first, and why."""
    return await service.read_matches(session, principal, search_id, window)
