"""`/tokens`: the caller's API tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from malha.db.paging import Page
from malha.dependencies import ReadSessionDep, WriteSessionDep
from malha.errors import problem_responses
from malha.identity import service
from malha.identity.errors import ApiTokenNotFoundError, ScopeMissingError, ScopeUnknownError, WorkspaceNotFoundError
from malha.identity.policy import GUARDED, AuditTrailDep, Principal, refuse_unknown_scopes, require
from malha.identity.routes._lists import Listed
from malha.identity.schemas import ApiTokenCreate, ApiTokenCreated, ApiTokenRead, ApiTokenUpdate

router = APIRouter(prefix="/tokens", tags=["tokens"], responses=GUARDED)

Reader = Annotated[Principal, Depends(require("tokens:read"))]
Writer = Annotated[Principal, Depends(require("tokens:write"))]
NOT_FOUND = problem_responses(ApiTokenNotFoundError)


@router.get("")
async def list_tokens(
    principal: Reader,
    session: ReadSessionDep,
    window: Listed,
) -> Page[ApiTokenRead]:
    """The caller's tokens, newest first, without their secrets."""
    return (await service.list_api_tokens(session, principal.user_id, window)).map(ApiTokenRead.model_validate)


@router.post(
    "", status_code=201, responses=problem_responses(ScopeMissingError, ScopeUnknownError, WorkspaceNotFoundError)
)
async def create_token(
    body: ApiTokenCreate, principal: Writer, session: WriteSessionDep, trail: AuditTrailDep
) -> ApiTokenCreated:
    """Make a token. Its secret is in this answer and nowhere else."""
    refuse_unknown_scopes(body.scopes)
    new = service.NewToken(
        name=body.name,
        scopes=body.scopes,
        workspace_id=body.workspace_id,
        lifetime=timedelta(days=body.expires_in_days) if body.expires_in_days else None,
    )
    token, secret = await service.create_my_token(session, principal, new, trail.within(body.workspace_id))
    return ApiTokenCreated(**ApiTokenRead.model_validate(token).model_dump(), token=secret)


@router.get("/{token_id}", responses=NOT_FOUND)
async def get_token(token_id: UUID, principal: Reader, session: ReadSessionDep) -> ApiTokenRead:
    """One of the caller's tokens."""
    return ApiTokenRead.model_validate(await service.get_my_token(session, principal, token_id))


@router.patch("/{token_id}", responses=NOT_FOUND)
async def rename_token(
    token_id: UUID, body: ApiTokenUpdate, principal: Writer, session: WriteSessionDep
) -> ApiTokenRead:
    """Give a token another name."""
    token = await service.get_my_token(session, principal, token_id)
    token.name = body.name
    return ApiTokenRead.model_validate(token)


@router.delete("/{token_id}", status_code=204, responses=NOT_FOUND)
async def revoke_token(token_id: UUID, principal: Writer, session: WriteSessionDep, trail: AuditTrailDep) -> None:
    """Revoke a token. Other processes honour it within five seconds."""
    token = await service.get_my_token(session, principal, token_id)
    await service.revoke_api_token(session, token, trail.within(token.workspace_id))
