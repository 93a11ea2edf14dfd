"""Members of workspaces: invited, promoted, removed. There is always an owner."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from malha.db import Session
from malha.identity.errors import InvitationNotFoundError, LastOwnerError, MemberNotFoundError, ScopeMissingError
from malha.identity.models import Workspace, WorkspaceInvitation, WorkspaceMember
from malha.identity.repository import workspaces
from malha.identity.rules.access import Role
from malha.identity.rules.principal import Principal
from malha.identity.rules.secrets import hash_secret, new_secret
from malha.identity.service._audit_trail import Act, AuditTrail
from malha.identity.service._workspaces import ensure_workspace
from malha.kit.clock import utc_now
from malha.kit.ids import new_id

INVITATION_LIFE = timedelta(days=7)


async def change_role(session: Session, workspace_id: UUID, user_id: UUID, role: Role, trail: AuditTrail) -> None:
    """Make a member something else; raises MemberNotFoundError, or LastOwnerError for the only owner."""
    members = await workspaces.lock_members(session, workspace_id)
    if user_id not in members:
        raise MemberNotFoundError
    if role is not Role.OWNER:
        _keep_an_owner(members, user_id)
    await workspaces.set_role(session, workspace_id, user_id, role)
    act = Act(
        entity_type="workspace_member",
        entity_id=user_id,
        action="ROLE_CHANGED",
        previous_state={"role": members[user_id], "workspace_id": workspace_id},
        new_state={"role": role, "workspace_id": workspace_id},
    )
    await trail.record(session, act)


async def remove_member(session: Session, workspace_id: UUID, user_id: UUID, trail: AuditTrail) -> None:
    """End a membership; somebody who has no other workspace gets one of their own."""
    members = await workspaces.lock_members(session, workspace_id)
    if user_id not in members:
        raise MemberNotFoundError
    _keep_an_owner(members, user_id)
    await _remove(session, workspace_id, user_id, trail)
    await ensure_workspace(session, user_id, trail)


async def leave_all_workspaces(session: Session, user_id: UUID, trail: AuditTrail) -> None:
    """For an account about to go: leave shared workspaces, delete those that nobody else is a member of."""
    for workspace_id in await workspaces.workspaces_of(session, user_id):
        members = await workspaces.lock_members(session, workspace_id)
        if set(members) == {user_id}:
            await workspaces.mark_deleted(session, workspace_id)
            await trail.record(
                session, Act(entity_type="workspace", entity_id=workspace_id, action="WORKSPACE_DELETED")
            )
        else:
            _keep_an_owner(members, user_id)
            await _remove(session, workspace_id, user_id, trail)


async def invite(
    session: Session, workspace_id: UUID, *, email: str, role: Role, principal: Principal, trail: AuditTrail
) -> tuple[WorkspaceInvitation, str]:
    """An invitation for seven days and its secret, which the inviter passes on."""
    secret = new_secret()
    invitation = WorkspaceInvitation(
        id=new_id(),
        workspace_id=workspace_id,
        email=email,
        role=role,
        secret_hash=hash_secret(secret),
        invited_by=principal.user_id,
        expires_at=utc_now() + INVITATION_LIFE,
    )
    session.add(invitation)
    await session.flush()
    await session.refresh(invitation)
    state = {"email": email, "role": role, "workspace_id": workspace_id}
    act = Act(entity_type="invitation", entity_id=invitation.id, action="INVITATION_CREATED", new_state=state)
    await trail.record(session, act)
    return invitation, secret


async def withdraw_invitation(session: Session, workspace_id: UUID, invitation_id: UUID, trail: AuditTrail) -> None:
    """Make an invitation worthless; raises InvitationNotFoundError."""
    email = await workspaces.delete_invitation(session, workspace_id, invitation_id)
    if email is None:
        raise InvitationNotFoundError
    state = {"email": email, "workspace_id": workspace_id}
    act = Act(entity_type="invitation", entity_id=invitation_id, action="INVITATION_WITHDRAWN", previous_state=state)
    await trail.record(session, act)


async def accept_invitation(session: Session, principal: Principal, secret: str, trail: AuditTrail) -> Workspace:
    """Join the workspace of an invitation to one's own address; a member keeps the role that they have."""
    if principal.bound_to is not None:
        raise ScopeMissingError("workspaces:write")
    accepted = await workspaces.use_invitation(session, hash_secret(secret), principal.email)
    workspace = await workspaces.find_workspace(session, accepted[0]) if accepted else None
    if accepted is None or workspace is None:
        raise InvitationNotFoundError
    workspace_id, role = accepted
    membership = insert(WorkspaceMember).values(workspace_id=workspace_id, user_id=principal.user_id, role=role)
    await session.execute(membership.on_conflict_do_nothing())
    state = {"role": role, "workspace_id": workspace_id}
    act = Act(
        entity_type="workspace_member", entity_id=principal.user_id, action="INVITATION_ACCEPTED", new_state=state
    )
    await trail.within(workspace_id).record(session, act)
    return workspace


async def _remove(session: Session, workspace_id: UUID, user_id: UUID, trail: AuditTrail) -> None:
    await workspaces.remove_member(session, workspace_id, user_id)
    state = {"workspace_id": workspace_id}
    act = Act(entity_type="workspace_member", entity_id=user_id, action="MEMBER_REMOVED", previous_state=state)
    await trail.record(session, act)


def _keep_an_owner(members: dict[UUID, Role], leaving: UUID) -> None:
    others = [role for user_id, role in members.items() if user_id != leaving]
    if Role.OWNER not in others:
        raise LastOwnerError
