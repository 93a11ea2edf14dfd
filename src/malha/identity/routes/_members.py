"""`/workspaces/{id}/members` and `/invitations`: who belongs to a workspace."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from malha.db.paging import Page
from malha.dependencies import ReadSessionDep, WriteSessionDep
from malha.errors import problem_responses
from malha.identity import service
from malha.identity.errors import (
    InvitationNotFoundError,
    LastOwnerError,
    MemberNotFoundError,
    RoleInsufficientError,
    WorkspaceNotFoundError,
)
from malha.identity.policy import GUARDED, AuditTrailDep, Principal, PrincipalDep, Role, require
from malha.identity.routes._lists import Listed
from malha.identity.schemas import (
    InvitationAccept,
    InvitationCreate,
    InvitationCreated,
    InvitationRead,
    MemberRead,
    RoleUpdate,
    WorkspaceRead,
)

router = APIRouter(prefix="/workspaces", tags=["members"], responses=GUARDED)

Writer = Annotated[Principal, Depends(require("workspaces:write"))]
OWNERS_ONLY = (WorkspaceNotFoundError, RoleInsufficientError)


@router.post("/invitations/accept", responses=problem_responses(InvitationNotFoundError))
async def accept_invitation(
    body: InvitationAccept, principal: Writer, session: WriteSessionDep, trail: AuditTrailDep
) -> WorkspaceRead:
    """Join a workspace with the secret of an invitation to one's own address."""
    workspace = await service.accept_invitation(session, principal, body.token, trail)
    return WorkspaceRead.model_validate(workspace)


@router.get("/{workspace_id}/members", responses=problem_responses(WorkspaceNotFoundError))
async def list_members(workspace_id: UUID, principal: PrincipalDep, session: ReadSessionDep) -> list[MemberRead]:
    """Everybody in the workspace."""
    await service.enter_workspace(session, principal, workspace_id, scope="workspaces:read")
    return [MemberRead.model_validate(each) for each in await service.list_members(session, workspace_id)]


@router.put(
    "/{workspace_id}/members/{user_id}",
    status_code=204,
    responses=problem_responses(*OWNERS_ONLY, MemberNotFoundError, LastOwnerError),
)
async def change_member_role(
    workspace_id: UUID,
    user_id: UUID,
    body: RoleUpdate,
    principal: PrincipalDep,
    session: WriteSessionDep,
    *,
    trail: AuditTrailDep,
) -> None:
    """Make a member an owner, an editor or a viewer (owners)."""
    await service.enter_workspace(session, principal, workspace_id, scope="workspaces:manage", role=Role.OWNER)
    await service.change_role(session, workspace_id, user_id, body.role, trail.within(workspace_id))


@router.delete(
    "/{workspace_id}/members/{user_id}",
    status_code=204,
    responses=problem_responses(*OWNERS_ONLY, MemberNotFoundError, LastOwnerError),
)
async def remove_member(
    workspace_id: UUID, user_id: UUID, principal: PrincipalDep, session: WriteSessionDep, trail: AuditTrailDep
) -> None:
    """Remove a member (owners), or leave (anybody)."""
    needed = Role.VIEWER if user_id == principal.user_id else Role.OWNER
    await service.enter_workspace(session, principal, workspace_id, scope="workspaces:manage", role=needed)
    await service.remove_member(session, workspace_id, user_id, trail.within(workspace_id))


@router.get("/{workspace_id}/invitations", responses=problem_responses(*OWNERS_ONLY))
async def list_invitations(
    workspace_id: UUID, principal: PrincipalDep, session: ReadSessionDep, window: Listed
) -> Page[InvitationRead]:
    """Invitations that can still be accepted, newest first (owners)."""
    await service.enter_workspace(session, principal, workspace_id, scope="workspaces:read", role=Role.OWNER)
    return (await service.list_invitations(session, workspace_id, window)).map(InvitationRead.model_validate)


@router.post("/{workspace_id}/invitations", status_code=201, responses=problem_responses(*OWNERS_ONLY))
async def create_invitation(
    workspace_id: UUID, body: InvitationCreate, principal: PrincipalDep, session: WriteSessionDep, trail: AuditTrailDep
) -> InvitationCreated:
    """Invite an address (owners). Pass the secret on: it is in this answer and nowhere else."""
    await service.enter_workspace(session, principal, workspace_id, scope="workspaces:manage", role=Role.OWNER)
    invitation, secret = await service.invite(
        session,
        workspace_id,
        email=body.email,
        role=body.role,
        principal=principal,
        trail=trail.within(workspace_id),
    )
    return InvitationCreated(**InvitationRead.model_validate(invitation).model_dump(), token=secret)


@router.delete(
    "/{workspace_id}/invitations/{invitation_id}",
    status_code=204,
    responses=problem_responses(*OWNERS_ONLY, InvitationNotFoundError),
)
async def withdraw_invitation(
    workspace_id: UUID, invitation_id: UUID, principal: PrincipalDep, session: WriteSessionDep, trail: AuditTrailDep
) -> None:
    """Make an invitation worthless (owners)."""
    await service.enter_workspace(session, principal, workspace_id, scope="workspaces:manage", role=Role.OWNER)
    await service.withdraw_invitation(session, workspace_id, invitation_id, trail.within(workspace_id))
