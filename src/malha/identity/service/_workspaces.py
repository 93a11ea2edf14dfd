"""Workspaces: entered, made, changed and deleted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.orm.exc import StaleDataError

from malha.db import ReadSession, Session
from malha.identity.errors import (
    RoleInsufficientError,
    ScopeMissingError,
    VersionConflictError,
    WorkspaceNotFoundError,
)
from malha.identity.models import Workspace, WorkspaceMember
from malha.identity.repository import workspaces
from malha.identity.rules.access import Role
from malha.identity.rules.principal import Principal
from malha.identity.service._audit_trail import Act, AuditTrail
from malha.kit.clock import utc_now
from malha.kit.ids import new_id

DEFAULT_WORKSPACE_NAME = "Meu espaço de trabalho"


async def enter_workspace(
    session: ReadSession, principal: Principal, workspace_id: UUID, *, scope: str, role: Role = Role.VIEWER
) -> Workspace:
    """The workspace, for a caller who holds at least the role in it.

    Raises WorkspaceNotFoundError for strangers, ScopeMissingError for a token that is too narrow, and
    RoleInsufficientError for members who may look but not do this.
    """
    workspace = await workspaces.find_workspace(session, workspace_id)
    if workspace is None or principal.bound_to not in {None, workspace_id}:
        raise WorkspaceNotFoundError
    held = (
        Role.OWNER if principal.is_superuser else await workspaces.find_role(session, workspace_id, principal.user_id)
    )
    if held is None:
        raise WorkspaceNotFoundError
    if not principal.can(scope):
        raise ScopeMissingError(scope)
    if not held.includes(role):
        raise RoleInsufficientError(role=role.value)
    return workspace


async def add_workspace(session: Session, *, owner_id: UUID, trail: AuditTrail, name: str, **columns: Any) -> Workspace:
    """A new workspace with its owner."""
    workspace = Workspace(id=new_id(), name=name, **columns)
    session.add(workspace)
    await session.flush()
    session.add(WorkspaceMember(workspace_id=workspace.id, user_id=owner_id, role=Role.OWNER))
    await session.flush()
    await session.refresh(workspace)
    state = {"name": name, "owner": owner_id}
    await trail.within(workspace.id).record(session, _act(workspace.id, "WORKSPACE_CREATED", new_state=state))
    return workspace


async def create_workspace(
    session: Session, principal: Principal, columns: dict[str, Any], trail: AuditTrail
) -> Workspace:
    """A new workspace of the caller's. A token that is bound to one workspace may not make others."""
    if principal.bound_to is not None:
        raise ScopeMissingError("workspaces:write")
    return await add_workspace(session, owner_id=principal.user_id, trail=trail, **columns)


async def update_workspace(
    session: Session,
    workspace: Workspace,
    changes: dict[str, Any],
    trail: AuditTrail,
    *,
    expected_version: int | None = None,
) -> None:
    """Change columns of a workspace; raises VersionConflictError when somebody else did since it was read."""
    if expected_version is not None and workspace.version != expected_version:
        raise VersionConflictError
    before = {name: getattr(workspace, name) for name in changes}
    for name, value in changes.items():
        setattr(workspace, name, value)
    workspace.updated_at = utc_now()
    try:
        await session.flush()
    except StaleDataError as error:
        raise VersionConflictError from error
    await trail.record(session, _act(workspace.id, "WORKSPACE_UPDATED", previous_state=before, new_state=changes))


async def delete_workspace(session: Session, workspace: Workspace, trail: AuditTrail) -> None:
    """Take a workspace out of everybody's sight, and give every member who has no other one of their own."""
    members = await workspaces.lock_members(session, workspace.id)
    await workspaces.mark_deleted(session, workspace.id)
    await trail.record(session, _act(workspace.id, "WORKSPACE_DELETED", previous_state={"name": workspace.name}))
    for user_id in members:
        await ensure_workspace(session, user_id, trail)


async def ensure_workspace(session: Session, user_id: UUID, trail: AuditTrail) -> Workspace:
    """The user's oldest workspace, made now if there is none: nobody is ever without one."""
    workspace = await workspaces.find_oldest_workspace(session, user_id)
    return workspace or await add_workspace(session, owner_id=user_id, name=DEFAULT_WORKSPACE_NAME, trail=trail)


def _act(workspace_id: UUID, action: str, **states: dict[str, Any]) -> Act:
    return Act(entity_type="workspace", entity_id=workspace_id, action=action, **states)
