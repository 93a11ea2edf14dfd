"""Precedents: rulings and own decisions."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from malha.db.paging import Page, Window
from malha.dependencies import ReadSessionDep, WriteSessionDep, window_of
from malha.errors import problem_responses
from malha.identity.policy import AuditTrailDep
from malha.partnumbers import service
from malha.partnumbers.errors import NcmNotInForceError, PrecedentChangedError, PrecedentNotFoundError
from malha.partnumbers.routes._contract import Reader, Writer, router
from malha.partnumbers.schemas.precedents import Kind, PrecedentRead, PrecedentUpdate, PrecedentWrite

ABSENT = problem_responses(PrecedentNotFoundError)


@router.get("/precedents")
async def list_precedents(
    principal: Reader,
    session: ReadSessionDep,
    window: Annotated[Window, window_of(50, most=200)],
    *,
    q: Annotated[str | None, Query(max_length=300, description="Words, “whole phrases”, -without.")] = None,
    ncm: Annotated[str | None, Query(pattern=r"^[0-9.]{2,10}$", description="Its first digits.")] = None,
    kind: Kind | None = None,
) -> Page[PrecedentRead]:
    """Precedents, newest first; searched in Portuguese, with or without accents."""
    return await service.read_precedents(session, principal, window, words=q, ncm=ncm, kind=kind)


@router.post("/precedents", status_code=201, responses=problem_responses(NcmNotInForceError))
async def create_precedent(
    principal: Writer, session: WriteSessionDep, trail: AuditTrailDep, response: Response, *, body: PrecedentWrite
) -> PrecedentRead:
    """Keep a ruling, or a decision of one's own."""
    made = await service.add_precedent(session, principal, trail, body)
    response.headers["Location"] = f"/api/v1/partnumbers/precedents/{made.id}"
    return made


@router.get("/precedents/{precedent_id}", responses=ABSENT)
async def get_precedent(principal: Reader, session: ReadSessionDep, precedent_id: UUID) -> PrecedentRead:
    """One precedent."""
    return await service.read_precedent(session, principal, precedent_id)


@router.patch(
    "/precedents/{precedent_id}",
    responses=problem_responses(PrecedentNotFoundError, PrecedentChangedError, NcmNotInForceError),
)
async def update_precedent(
    principal: Writer, session: WriteSessionDep, trail: AuditTrailDep, precedent_id: UUID, body: PrecedentUpdate
) -> PrecedentRead:
    """Write a precedent anew."""
    return await service.change_precedent(session, principal, trail, precedent_id, body)


@router.delete("/precedents/{precedent_id}", status_code=204, responses=ABSENT)
async def delete_precedent(
    principal: Writer, session: WriteSessionDep, trail: AuditTrailDep, precedent_id: UUID
) -> None:
    """Delete a precedent; what it said stays in the audit log."""
    await service.drop_precedent(session, principal, trail, precedent_id)
