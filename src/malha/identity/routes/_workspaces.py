"""`/workspaces`: where everything belongs."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from malha.db.paging import Page
from malha.dependencies import ReadSessionDep, WriteSessionDep
from malha.errors import problem_responses
from malha.identity import service
from malha.identity.errors import RoleInsufficientError, VersionConflictError, WorkspaceNotFoundError
from malha.identity.policy import GUARDED, AuditTrailDep, Principal, PrincipalDep, Role, require
from malha.identity.routes._lists import Listed
from malha.identity.routes._versions import ExpectedVersionDep, write_version
from malha.identity.schemas import WorkspaceCreate, WorkspaceRead, WorkspaceUpdate

router = APIRouter(prefix="/workspaces", tags=["workspaces"], responses=GUARDED)

Reader = Annotated[Principal, Depends(require("workspaces:read"))]
Writer = Annotated[Principal, Depends(require("workspaces:write"))]
NOT_FOUND = problem_responses(WorkspaceNotFoundError)


@router.get("")
async def list_workspaces(
    principal: Reader,
    session: ReadSessionDep,
    window: Listed,
) -> Page[WorkspaceRead]:
    """The workspaces that the caller is a member of, newest first."""
    found = await service.list_workspaces(session, principal.user_id, window, only=principal.bound_to)
    return found.map(WorkspaceRead.model_validate)


@router.post("", status_code=201)
async def create_workspace(
    body: WorkspaceCreate, principal: Writer, session: WriteSessionDep, trail: AuditTrailDep
) -> WorkspaceRead:
    """Make a workspace; the caller owns it."""
    workspace = await service.create_workspace(session, principal, body.model_dump(), trail)
    return WorkspaceRead.model_validate(workspace)


@router.post("/ensure-default")
async def ensure_default_workspace(principal: Writer, session: WriteSessionDep, trail: AuditTrailDep) -> WorkspaceRead:
    """The caller's oldest workspace, made now if there is none."""
    workspace = await service.ensure_workspace(session, principal.user_id, trail)
    return WorkspaceRead.model_validate(workspace)


@router.get("/{workspace_id}", responses=NOT_FOUND)
async def get_workspace(
    workspace_id: UUID, principal: PrincipalDep, session: ReadSessionDep, response: Response
) -> WorkspaceRead:
    """One workspace."""
    workspace = await service.enter_workspace(session, principal, workspace_id, scope="workspaces:read")
    write_version(response, workspace.version)
    return WorkspaceRead.model_validate(workspace)


@router.patch(
    "/{workspace_id}",
    responses=problem_responses(WorkspaceNotFoundError, RoleInsufficientError, VersionConflictError),
)
async def update_workspace(
    workspace_id: UUID,
    body: WorkspaceUpdate,
    principal: PrincipalDep,
    session: WriteSessionDep,
    response: Response,
    *,
    trail: AuditTrailDep,
    expected_version: ExpectedVersionDep,
) -> WorkspaceRead:
    """Change a workspace (editors and owners)."""
    workspace = await service.enter_workspace(
        session, principal, workspace_id, scope="workspaces:write", role=Role.EDITOR
    )
    changes = body.model_dump(exclude_unset=True)
    if changes.get("name", "") is None:
        del changes["name"]
    await service.update_workspace(
        session, workspace, changes, trail.within(workspace_id), expected_version=expected_version
    )
    write_version(response, workspace.version)
    return WorkspaceRead.model_validate(workspace)


@router.delete(
    "/{workspace_id}", status_code=204, responses=problem_responses(WorkspaceNotFoundError, RoleInsufficientError)
)
async def delete_workspace(
    workspace_id: UUID, principal: PrincipalDep, session: WriteSessionDep, trail: AuditTrailDep
) -> None:
    """Take a workspace and all that is in it out of sight (owners)."""
    workspace = await service.enter_workspace(
        session, principal, workspace_id, scope="workspaces:manage", role=Role.OWNER
    )
    await service.delete_workspace(session, workspace, trail.within(workspace_id))
